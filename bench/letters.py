"""How fast reminders are written and sent: 126,000 rows, then letters over two workers to a server that takes all."""

import datetime
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone

from bench.measures import Result, timed
from bench.province import Province
from config.processes import answers, die_with_parent
from orgunits.models import Delivery, Role, RoleAssignment
from plans.models import ReportingDuty
from reports import reminders, tasks
from reports.models import Obligation, Period, Reminder, SendingHours
from tests.smtp import free_port

ROWS = 126_000
LETTERS = 6_000
BATCH = 2_000
MEBIBYTE = 1024  # ru_maxrss counts in KiB
MEMORY_BAR = 64  # MB that writing may add; all rows at once are several hundred
LIMIT = 300  # seconds
HOST = "127.0.0.1"
WORKER = "celery --quiet --app config worker --pool solo --queues default --loglevel warning"


def reminder_rows(province: Province) -> list[Result]:
    """Write one reminder for each of 126,000 expected reports, as beat does, on the day of a step."""
    on = timezone.localdate()
    owe(province, ROWS, due_on=on + datetime.timedelta(days=3))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = timed(lambda: reminders.write_reminders(on))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / MEBIBYTE
    written = Reminder.objects.filter(rung="before-3").count()
    if written < ROWS:
        raise RuntimeError(f"{written} reminders were written, not {ROWS}.")
    again = timed(lambda: reminders.write_reminders(on))
    return [
        Result("reminder rows written", seconds, 60, "s", f"{written} rows"),
        Result("the same asked again", again, 60, "s", "nothing to write"),
        Result("memory that writing added", grown, MEMORY_BAR, "MB"),
    ]


def delivery(province: Province) -> list[Result]:
    """Send waiting reminders with two workers to a mail server that takes everything."""
    on = timezone.localdate()
    if not Reminder.objects.filter(rung="before-3").exists():
        owe(province, LETTERS, due_on=on + datetime.timedelta(days=3))
        reminders.write_reminders(on)
    kept = list(Reminder.objects.waiting().order_by("pk").values_list("pk", flat=True)[:LETTERS])
    Reminder.objects.waiting().exclude(pk__lte=kept[-1]).update(status=Delivery.Status.CANCELLED)
    SendingHours.objects.update_or_create(
        only=True, defaults={"waking_from": datetime.time.min, "waking_to": datetime.time.max}
    )
    with _two_workers():
        tasks.ring_for_letters()
        _wait_until(lambda: _sent() > 0)
        first, started = _sent(), time.perf_counter()
        _wait_until(lambda: _sent() >= len(kept))
        seconds = time.perf_counter() - started
    rate = (len(kept) - first) / seconds
    # The table has bars that are not to be passed: so the time of a thousand letters, 200 a second.
    return [Result("1,000 letters to a local server", 1000 / rate, 5, "s", f"{rate:.0f} a second, two workers")]


def owe(province: Province, count: int, *, due_on: datetime.date) -> None:
    """So many expected reports of the grassroots unions that have an officer, spread over made-up duties."""
    held = RoleAssignment.objects.filter(role=Role.REPORTER).exclude(org_unit=province.root).order_by("org_unit_id")
    units = list(held.values_list("org_unit_id", "org_unit__placements__path").distinct())
    first = ReportingDuty.objects.order_by("pk").first()
    period = Period.objects.order_by("-year", "pk").first()
    if first is None or period is None:
        raise RuntimeError("The province has no duty.")
    duties = ReportingDuty.objects.bulk_create(
        [
            ReportingDuty(plan=first.plan, name=f"Báo cáo chuyên đề số {number}", recipient_unit=province.root)
            for number in range(-(-count // len(units)))
        ]
    )
    made = 0
    for duty in duties:  # one at a time, so that the memory that writing adds is seen
        rows = [
            Obligation(
                org_unit_id=unit,
                duty=duty,
                period=period,
                path=path,
                receiving_unit=province.root,
                due_on=due_on,
                cut_off_on=due_on,
            )
            for unit, path in units[: count - made]
        ]
        made += len(Obligation.objects.bulk_create(rows, batch_size=BATCH))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the server does by itself; the bench's has that switched off


def _sent() -> int:
    return Reminder.objects.filter(status=Delivery.Status.SENT).count()


@contextmanager
def _two_workers() -> Iterator[None]:
    """The server that takes all letters, and two workers of the product that send to it."""
    port = free_port()
    environment = {**os.environ, "EMAIL_URL": f"smtp://{HOST}:{port}"}
    commands = [f"bench.sink {port}", WORKER, WORKER]
    children = [
        subprocess.Popen([sys.executable, "-m", *line.split()], env=environment, preexec_fn=die_with_parent())
        for line in commands
    ]
    try:
        _wait_until(lambda: answers(HOST, port))
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def _wait_until(happened) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + LIMIT
    while not happened():
        if time.monotonic() > deadline:
            raise RuntimeError("The letters are not sent.")
        time.sleep(0.5)  # to count is work too
