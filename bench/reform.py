"""The real reform of 1/7/2025 over made-up unions: ten years of reports, one transaction, and nothing lost.

Checked: every sum as filed is the same to the digit, every unit has a place or was ended by an act, every obligation
has its one owner, and the sums in today's tree add up. Measured: the reform, moves, lists, an import.
"""

import datetime
import hashlib
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.db.models import Count, Sum, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from bench import made_up_reports as made_up
from bench.deciding import LARGE_COMMUNE
from bench.divisions import Divisions
from bench.measures import Browser, Result, median_ms
from bench.nation import DAY, Nation, Replayed, build, misplaced, replay
from bench.product import Product
from bench.unit_workbook import imported_units
from orgunits import reorganisation
from orgunits.models import OrgUnit, Placement, Role, RoleAssignment, User
from orgunits.models.units import unit_pks
from plans.models import ReportingDuty
from reports import restated, restated_check, rollup_check
from reports.models import Obligation, Period, Report, Rollup
from reports.own_sums import COUNTS

MOVES = 6  # there and back
PAGE = 50  # units on a page of the list


@dataclass(frozen=True)
class Scale:
    """How large, and what may be asked of it."""

    name: str
    base_units: int
    years: range
    reform_bar: float  # seconds
    page_bar: float  # milliseconds
    province: int | None = None  # the new province that is taken alone
    every_field: bool = False  # compare all sums in today's tree by the product's own independent check


NATION = Scale("nation", 126_000, made_up.YEARS, reform_bar=30, page_bar=100)
PROVINCE = Scale("province", 1_600, made_up.YEARS, reform_bar=30, page_bar=100, province=96, every_field=True)
PROVINCE_SQLITE = Scale("province", 1_600, made_up.YEARS, reform_bar=30, page_bar=200, province=96, every_field=True)


class ReformFailed(Exception):
    """Something was lost or is wrong."""


def prepare(scale: Scale, divisions: Divisions) -> tuple[Nation, ReportingDuty, list[Period], User]:
    """The old structure and its reports."""
    by = User.objects.create_user("sap-xep@do-dac.example", full_name="Người ghi nhận")
    nation = build(divisions.only(scale.province) if scale.province else divisions, scale.base_units)
    _say(f"{OrgUnit.objects.count():,} units: {_structure(nation)}")
    duty, version = made_up.a_duty(nation)
    periods = [made_up.file_year(duty, version, year, by=by) for year in scale.years]
    owed, filed, sums = (model.objects.count() for model in (Obligation, Report, Rollup))
    _say(f"{owed:,} obligations, {filed:,} reports, {sums:,} sums")
    for difference in rollup_check.differences(duty, periods[-1]):
        raise ReformFailed(f"The made-up sums are not what the reports say: {difference}")
    return nation, duty, periods, by


def run(scale: Scale, divisions: Divisions, settle: Callable[[], None]) -> tuple[Nation, Replayed, list[Result]]:
    """Build, file, replay, check."""
    nation, duty, periods, by = prepare(scale, divisions)
    settle()
    before = as_filed()
    done = replay(nation, by=by)
    _say(f"{done.acts:,} acts in {done.seconds:.1f} s")
    _say_unresolved(nation)
    settle()
    if as_filed() != before:
        raise ReformFailed("A sum as filed, or an obligation, is not what it was.")
    for sentence in misplaced(nation):
        raise ReformFailed(sentence)
    owners_are_one()
    seconds = restated_adds_up(nation, done, duty, periods, every_field=scale.every_field)
    return nation, done, [
        Result(f"reform of the {scale.name}", done.seconds, scale.reform_bar, "s", f"{done.acts:,} acts"),
        Result("earlier sums in today's tree", max(seconds), 600, "s", "the slowest of ten years"),
    ]  # fmt: skip


# --- nothing is lost ----------------------------------------------------------------------------------------------


def as_filed() -> str:
    """One hash over every sum as filed and every obligation, in all columns."""
    found = hashlib.sha256()
    rows = Rollup.objects.filter(basis=Rollup.Basis.AS_FILED).annotate(
        own_text=Cast("own", TextField()), subtree_text=Cast("subtree", TextField())
    )
    fields = [
        "org_unit",
        "duty",
        "period",
        "parent",
        "path",
        "depth",
        "own_text",
        "subtree_text",
        *COUNTS,
        "computed_at",
    ]
    for row in rows.order_by("period", "org_unit").values_list(*fields).iterator(chunk_size=20_000):
        found.update(repr(row).encode())
    owed = Obligation.objects.order_by("pk").values_list(
        "pk", "org_unit", "duty", "period", "parent", "path", "receiving_unit", "due_on", "waived_at", "report__status"
    )
    for row in owed.iterator(chunk_size=20_000):
        found.update(repr(row).encode())
    return found.hexdigest()


def owners_are_one() -> None:
    """Each obligation is owed by one unit, once, and that unit has exactly one last place: it is there or it ended."""
    if Obligation.objects.values("org_unit", "duty", "period").annotate(n=Count("pk")).filter(n__gt=1).exists():
        raise ReformFailed("A report is owed twice.")
    last = set(Placement.objects.filter(is_final=True).values_list("org_unit_id", flat=True))
    owing = set(Obligation.objects.order_by().values_list("org_unit_id", flat=True).distinct())
    if owing - last:
        raise ReformFailed(f"{len(owing - last)} units that owe a report have no last place.")


def restated_adds_up(
    nation: Nation, done: Replayed, duty: ReportingDuty, periods: list[Period], *, every_field: bool
) -> list[float]:
    """Compute each year's sums in today's tree; returns the seconds that each took."""
    seconds = []
    for period in periods:
        started = time.perf_counter()
        if not restated.rebuild(duty, period, on=DAY, force=True):
            raise ReformFailed(f"{period} was not computed.")
        seconds.append(time.perf_counter() - started)
        if (filed := _at_the_top(period, ["as_filed"])) != (today := _at_the_top(period, restated.BASES)):
            raise ReformFailed(f"{period}: as filed {filed}, restated + ended + unallocated {today}")
        _base_units_lie_below_their_province(nation, done, period)
        if every_field:
            for difference in restated_check.differences(duty, period, on=DAY):
                raise ReformFailed(f"{period}: {difference}")
    _say(f"in today's tree: {_lines(periods[-1])}; {statistics.median(seconds):.1f} s a year")
    return seconds


def _at_the_top(period: Period, bases: "list[str] | tuple[str, ...]") -> dict[str, int]:
    """All cells and counts of the topmost rows, added up."""
    total: dict[str, int] = defaultdict(int)
    for row in Rollup.objects.filter(period=period, parent=None, basis__in=bases):
        for name in COUNTS:
            total[name] += getattr(row, name)
        for bucket, items in row.subtree.items():
            for code, cells in items.items():
                for cell, value in cells.items():
                    total[f"{bucket}.{code}.{cell}"] += value
    return dict(total)


def _base_units_lie_below_their_province(nation: Nation, done: Replayed, period: Period) -> None:
    """What base units filed, worked out once more without the product, is in the sums of the province of today."""
    below: dict[int, int] = defaultdict(int)
    base = {unit.pk for units in nation.base.values() for unit in units}
    places = Placement.objects.as_of(DAY).filter(level=nation.levels["co-so"]).order_by()
    for unit, path in places.values_list("org_unit_id", "path"):
        if unit in base:
            below[unit_pks(path)[1]] += made_up.figures(unit, period.year)["v"]
    above = {unit.pk for unit in (nation.root, *done.provinces.values(), *done.communes.values())}
    own: dict[int, int] = defaultdict(int)  # what lies with communes and the province itself
    rows = Rollup.objects.filter(period=period, basis=Rollup.Basis.RESTATED, org_unit__in=above)
    stored: dict[int, int] = {}
    for row in rows:
        units = unit_pks(row.path)
        if len(units) > 1:
            own[units[1]] += _v(row.own)
        if len(units) == 2:
            stored[row.org_unit_id] = _v(row.subtree)
    for unit in done.provinces.values():
        if stored.get(unit.pk, 0) != below[unit.pk] + own[unit.pk]:
            raise ReformFailed(
                f"{period}, {unit}: {stored.get(unit.pk)} is not {below[unit.pk]} of base units and {own[unit.pk]}"
            )


def _v(sums: dict[str, dict[str, dict[str, int]]]) -> int:
    return sums.get("approved", {}).get("so-tre", {}).get("v", 0)


def _lines(period: Period) -> str:
    counted = Rollup.objects.filter(period=period, parent=None).values_list("basis").annotate(Sum("expected"))
    return ", ".join(f"{basis} {count:,}" for basis, count in counted.order_by("basis"))


# --- speed --------------------------------------------------------------------------------------------------------


def speed(scale: Scale, product: Product, nation: Nation, done: Replayed) -> list[Result]:
    """What an administrator waits for."""
    return [*_communes_move(done), *_lists(scale, product, nation, done), imported_units(nation)]


def _communes_move(done: Replayed) -> Iterator[Result]:
    """A commune of middling size, and the smallest with 402 units or more.

    The second one's bar is our own: it writes a thousand rows of places, and the database alone takes 55 ms for them
    (the exclusion constraint 17 of these).
    """
    sizes = dict(
        Placement.objects.as_of(DAY).filter(parent__in=done.communes.values())
        .order_by().values_list("parent_id").annotate(Count("pk"))
    )  # fmt: skip
    by_size = sorted(sizes, key=lambda unit: (sizes[unit], unit))
    large = next((unit for unit in by_size if sizes[unit] >= LARGE_COMMUNE), by_size[-1])
    for name, pk, bar in (("a commune", by_size[len(by_size) // 2], 50), ("a large commune", large, 100)):
        note = f"with {sizes[pk]} units below it"
        yield Result(f"move of {name}", _move_ms(OrgUnit.objects.get(pk=pk), done), bar, "ms", note)


def _move_ms(commune: OrgUnit, done: Replayed) -> float:
    """Milliseconds (median) of a move to another province and back, each time a day later."""
    home = Placement.objects.as_of(DAY).get(org_unit=commune).parent
    others = [unit for unit in done.provinces.values() if unit != home] or [OrgUnit.objects.get(code="00")]
    seconds = []
    for turn in range(MOVES):
        parent = home if turn % 2 else others[0]
        started = time.perf_counter()
        reorganisation.move(commune, parent=parent, on=DAY + datetime.timedelta(days=turn + 1), by=None)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


def _lists(scale: Scale, product: Product, nation: Nation, done: Replayed) -> Iterator[Result]:
    """An administrator of the largest province leafs through all its units, and opens the tree."""
    sizes = {unit.pk: OrgUnit.objects.below(unit, DAY).count() for unit in done.provinces.values()}
    unit = max(done.provinces.values(), key=lambda each: (sizes[each.pk], -each.pk))
    person = User.objects.create_user("quan-tri@do-dac.example", full_name="Quản trị một tỉnh")
    RoleAssignment.objects.create(user=person, org_unit=unit, role=Role.ADMINISTRATOR, valid_from=DAY)
    browser = Browser(product, person)
    listed = reverse("orgunits:unit_list")
    branch = reverse("orgunits:unit_below", args=[unit.pk])
    told = re.search(r"trong ([\d.]+) đơn vị", browser.get(f"{branch}?ngay={DAY:%d/%m/%Y}"))
    size = int(told[1].replace(".", "")) if told else 0
    if size != sizes[unit.pk]:
        raise ReformFailed(f"The list shows {size} units of {sizes[unit.pk]}.")
    last = 1 + (size - 1) // PAGE
    for name, page in (("first", 1), ("middle", last // 2), ("last", last)):
        path = f"{branch}?ngay={DAY:%d/%m/%Y}&trang={page}"
        action = partial(browser.get, path)
        yield Result(f"list of a branch, {name} page", median_ms(action), scale.page_bar, "ms", f"{size:,} units")
    crowded = Placement.objects.as_of(DAY).filter(parent=unit).values_list("org_unit_id", flat=True).first()
    tree = {
        "tree, one province open": f"{listed}?mo={unit.pk}",
        "tree, opened to a commune": f"{listed}?mo={crowded}",
        "page of the province": unit.get_absolute_url(),
        "search for a name without marks": f"{listed}?q=phuc+tho",
    }
    for name, path in tree.items():
        yield Result(name, median_ms(partial(browser.get, path)), scale.page_bar, "ms", f"{size:,} units")


# --- what is printed ----------------------------------------------------------------------------------------------


def _structure(nation: Nation) -> str:
    rows = nation.divisions
    old = (
        f"{len(rows.old_provinces)} provinces, {len(rows.old_districts)} districts, {len(rows.old_communes):,} communes"
    )
    return f"{old}, {sum(len(units) for units in nation.base.values()):,} base units"


def _say_unresolved(nation: Nation) -> None:
    decisions = nation.decisions
    _say(
        f"{decisions.unresolved} to be decided by a person, here by a fixed rule: {len(decisions.split)} communes that "
        f"went into several, {len(decisions.unmapped)} of which no table says where they went, "
        f"{len(decisions.sourceless)} new ones without a source"
    )
    if nation.divisions.unknown:
        _say(f"{len(nation.divisions.unknown)} codes of the conversion table are in no list of old communes")


def _say(text: str) -> None:
    print(text, flush=True)
