"""``python -m bench [NAME...]``: measures what the names say (see NAMES; all of these without a name).

The reform of 1/7/2025 is asked for by name and alone: ``reform`` is the nation, ``reform-province`` one province,
``reform-sqlite`` the same on SQLite. Alone too: ``deadlines``, what a nation owes, and
``year``, a year of letters day by day. Prints a table with the bars and ends with 1 when one is missed.
"""

import importlib
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.product import running

if TYPE_CHECKING:
    from bench.measures import Result
    from bench.product import Product
    from bench.province import Province

NAMES = ("pages", "import", "pdf", "documents", "memory", "letters")
REFORMS = {"reform": "NATION", "reform-province": "PROVINCE", "reform-sqlite": "PROVINCE_SQLITE"}


def main(wanted: list[str]) -> int:
    if len(wanted) == 1 and wanted[0] in REFORMS:
        return reform(wanted[0])
    if wanted == ["deadlines"]:
        return deadlines()
    if wanted == ["year"]:
        return year()
    if unknown := set(wanted) - set(NAMES):
        alone = ", ".join(["deadlines", "year", *REFORMS])
        print(f"Unknown: {', '.join(sorted(unknown))}. Choose from: {', '.join(NAMES)}; alone: {alone}.")
        return 2
    with running() as product:
        import django  # the environment that ``running`` sets must be there first

        django.setup()
        from django.core.management import call_command

        province = importlib.import_module("bench.province")
        started = time.monotonic()
        call_command("migrate", verbosity=0)
        made = province.build()
        _settle()
        print(f"Province built in {time.monotonic() - started:.0f} s.", flush=True)
        product.start()
        results = _measured(wanted or list(NAMES), product, made)
        _settle()
    return _told(results)


def _measured(chosen: list[str], product: "Product", made: "Province") -> "list[Result]":
    """What was asked for, part by part, on one province."""
    measures = importlib.import_module("bench.measures")
    results: list[Result] = []
    if "pages" in chosen:
        results += measures.pages(product, made)
    if "memory" in chosen:
        _settle()
        results += measures.memory_at_rest(product)
    if "import" in chosen:
        results += measures.imported_workbook(made)
    if "pdf" in chosen:
        results += measures.printed_report(made)
    if "documents" in chosen:
        results += importlib.import_module("bench.documents").documents(product, made)
    if "letters" in chosen:
        results += letters(product, made)
    return results


def letters(product: "Product", made: "Province") -> "list[Result]":
    """Without the product's own workers, which would send too."""
    product.stop()
    measured = importlib.import_module("bench.letters")
    return [*measured.reminder_rows(made), *measured.delivery(made)]


def reform(name: str) -> int:
    """The real reform, in a database of its own."""
    divisions = importlib.import_module("bench.divisions").load()
    with running(embedded=name == "reform-sqlite") as product:
        import django

        django.setup()
        from django.core.management import call_command

        measured = importlib.import_module("bench.reform")
        scale = getattr(measured, REFORMS[name])
        call_command("migrate", verbosity=0)
        nation, done, results = measured.run(scale, divisions, _settle)
        _settle()
        product.start(["web"])
        results += measured.speed(scale, product, nation, done)
        _close()
    return _told(results)


def deadlines() -> int:
    """The obligations of a nation, in a database of its own."""
    divisions = importlib.import_module("bench.divisions").load()
    with running():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        results = importlib.import_module("bench.deadlines").run(divisions, _settle)
        _close()
    return _told(results)


def year() -> int:
    """A year of letters, in a database of its own; 1 when one differs from the statement."""
    with running():
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        from config.celery import app

        setup_test_environment()  # letters are kept in memory
        app.conf.update(task_always_eager=True, task_eager_propagates=True)
        call_command("migrate", verbosity=0)
        found = importlib.import_module("bench.year").year()
        _close()
    print(f"{found} differences." if found else "No difference.")
    return 1 if found else 0


def _told(results: "Sequence[Result]") -> int:
    print(_table(results))
    if os.getloadavg()[0] > 2 * (os.cpu_count() or 1):
        print(f"The machine is busy with other work (load {os.getloadavg()[0]:.1f}): times are longer than they are.")
    return 1 if any(result.missed for result in results) else 0


def _settle() -> None:
    """Do what autovacuum does in a living installation, and leave no connection of ours in the measurements."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")
    _close()


def _close() -> None:
    from django.db import connection

    connection.close()


def _table(results: "Sequence[Result]") -> str:
    lines = [f"{'':34}{'measured':>12}{'bar':>12}"]
    for row in results:
        value = f"{row.value:,.2f}" if row.unit in "s×" else f"{row.value:,.0f}"
        bar = f"< {row.bar:,.1f}" if row.unit == "×" else f"< {row.bar:,.0f}"
        verdict = "MISSED" if row.missed else "ok"
        lines.append(f"{row.name:34}{value + ' ' + row.unit:>12}{bar + ' ' + row.unit:>12}  {verdict:7} {row.note}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
