"""The sums of earlier periods in today's tree: *theo tổ chức hiện nay*, beside what ended and what cannot be allocated.

Each unit's own sums, as the rows as filed hold them, go where the acts since lead them (todays_places.py), and are
summed up today's tree, for each basis by itself. So over all roots, in every cell and every count:

    as filed = restated + ended + unallocated

1. All rows as filed are read in one statement: one picture, whatever is approved meanwhile.
2. What differs from the stored rows is written, and published in one transaction with what it was computed from.
3. That is compared on every page and by the tick: a slot is stale once a root as filed was computed anew, an act was
   recorded or taken back, or the day of one has come.
"""

import datetime
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from orgunits.models import Reorganisation
from orgunits.models.units import SEGMENT_WIDTH, unit_pks
from plans.models import ReportingDuty
from reports.models import Period, Restatement, Rollup
from reports.own_sums import COUNTS, Sums, batches
from reports.todays_places import Ways

log = logging.getLogger(__name__)
Basis = Rollup.Basis
BASES: Final = (Basis.RESTATED, Basis.ENDED, Basis.UNALLOCATED)
FIGURELESS: Final = (Reorganisation.Act.RENAME, Reorganisation.Act.ESTABLISH)  # acts that move no earlier figures
FIELDS: Final = ("own", "subtree", "path", "depth", "parent_id", *COUNTS)
CHUNK: Final = 2000
TICK: Final = 45  # seconds
REST: Final = 20  # a slot is computed anew at the earliest after this many times as long as it took

Slot = tuple[int, int]  # duty, period
Key = tuple[str, int]  # basis, unit


@dataclass
class Line:
    """A row to be: a unit's own sums and those of all below it, of one basis."""

    path: str
    own: Sums = field(default_factory=Sums)
    subtree: Sums = field(default_factory=Sums)

    @property
    def parent(self) -> int | None:
        return int(self.path[-2 * SEGMENT_WIDTH : -SEGMENT_WIDTH]) if len(self.path) > SEGMENT_WIDTH else None

    @property
    def values(self) -> tuple[Any, ...]:
        """As ``FIELDS``."""
        depth = len(self.path) // SEGMENT_WIDTH - 1
        counts = (self.subtree.counts[name] for name in COUNTS)
        return (self.own.figures, self.subtree.figures, self.path, depth, self.parent, *counts)


# --- when ---------------------------------------------------------------------------------------------------------


def is_stale(duty: ReportingDuty, period: Period, restatement: Restatement | None, *, on: datetime.date) -> bool:
    """Whether something has changed since the slot was computed; needs the duty's plan and its unit."""
    if restatement is None or restatement.computed_at is None:
        return True
    roots = _roots(Q(duty=duty, period=period))[duty.pk, period.pk]
    sector = duty.plan.org_unit.sector
    return restatement.roots != roots or restatement.acts != acts_marks([sector], on=on)[sector]


def stale_slots(*, on: datetime.date) -> list[tuple[ReportingDuty, Period]]:
    """Those to be computed now, the latest period first; each rests for a while after it was computed."""
    roots = _roots(Q())
    done = {(row.duty_id, row.period_id): row for row in Restatement.objects.all()}
    slots = roots.keys() | done.keys()
    duties = ReportingDuty.objects.select_related("plan__org_unit").in_bulk({duty for duty, _ in slots})
    periods = Period.objects.in_bulk({period for _, period in slots})
    marks = acts_marks({duty.plan.org_unit.sector for duty in duties.values()}, on=on)
    now = timezone.now()
    found = [
        (duties[duty], periods[period])
        for duty, period in slots
        if _is_due(done.get((duty, period)), now) and _differs(
            done.get((duty, period)), roots[duty, period], marks[duties[duty].plan.org_unit.sector]
        )
    ]  # fmt: skip
    return sorted(found, key=lambda slot: (slot[1].ends_on, slot[0].pk, slot[1].pk), reverse=True)


def _is_due(row: Restatement | None, now: datetime.datetime) -> bool:
    if row is None or row.computed_at is None:
        return True
    return now >= row.computed_at + datetime.timedelta(milliseconds=REST * row.milliseconds)


def _differs(row: Restatement | None, roots: list[list[Any]], acts: list[int]) -> bool:
    return row is None or row.computed_at is None or row.roots != roots or row.acts != acts


def _roots(slots: Q) -> defaultdict[Slot, list[list[Any]]]:
    """By slot: its topmost rows as filed, as a restatement keeps them."""
    found: defaultdict[Slot, list[list[Any]]] = defaultdict(list)
    rows = Rollup.objects.filter(slots, basis=Basis.AS_FILED, parent__isnull=True).order_by("org_unit_id")
    for duty, period, unit, computed_at in rows.values_list("duty_id", "period_id", "org_unit_id", "computed_at"):
        found[duty, period].append(_mark(unit, computed_at))
    return found


def _mark(unit: int, computed_at: datetime.datetime) -> list[Any]:
    return [unit, computed_at.astimezone(datetime.UTC).isoformat()]


def acts_marks(sectors: Iterable[str], *, on: datetime.date) -> dict[str, list[int]]:
    """By sector: how many acts were recorded, taken back, and are in force; none of these ever falls and rises."""
    acts = Reorganisation.objects.filter(org_unit__sector__in=sectors).exclude(act__in=FIGURELESS).order_by()
    counted = acts.values("org_unit__sector").annotate(
        recorded=Count("pk"),
        reversed=Count("pk", filter=Q(reversed_at__isnull=False)),
        in_force=Count("pk", filter=Q(reversed_at__isnull=True, effective_on__lte=on)),
    )
    found = {sector: [0, 0, 0] for sector in sectors}
    for row in counted:
        found[row["org_unit__sector"]] = [row["recorded"], row["reversed"], row["in_force"]]
    return found


# --- computing ----------------------------------------------------------------------------------------------------


def refresh(*, on: datetime.date) -> int:
    """Compute what is stale, beginning nothing more once the time of a tick is over; returns how many slots were."""
    started, done = time.monotonic(), 0
    for duty, period in stale_slots(on=on):
        if time.monotonic() - started > TICK:
            break
        done += rebuild(duty, period, on=on)
    return done


@transaction.atomic
def rebuild(duty: ReportingDuty, period: Period, *, on: datetime.date, force: bool = False) -> bool:
    """Compute a slot unless somebody else just did, or does; says whether it was computed."""
    Restatement.objects.get_or_create(duty=duty, period=period)
    held = Restatement.objects.select_for_update(skip_locked=not force).filter(duty=duty, period=period).first()
    if held is None or not (force or is_stale(duty, period, held, on=on)):
        return False
    started = time.monotonic()
    sector = duty.plan.org_unit.sector
    # Before the places are read: an act that comes in between is then seen to be missing.
    held.acts = acts_marks([sector], on=on)[sector]
    lines, held.roots = _lines(duty, period, Ways(sector, on=on))
    changed = _publish(duty, period, lines)
    held.computed_at = timezone.now()
    held.milliseconds = int((time.monotonic() - started) * 1000)
    held.save(update_fields=["acts", "roots", "computed_at", "milliseconds"])
    log.info("Restated duty %s, period %s: %s of %s rows changed", duty.pk, period.pk, changed, len(lines))
    return True


def _lines(duty: ReportingDuty, period: Period, ways: Ways) -> tuple[dict[Key, Line], list[list[Any]]]:
    """All rows of the slot in today's tree, and the roots as filed from which they were computed."""
    own, roots = _own_as_filed(duty, period)
    settled: dict[Key, Sums] = {}
    for unit, sums in own.items():
        for part in ways.settle(unit, sums, ends_on=period.ends_on):
            if (key := (part.basis, part.unit)) in settled:
                settled[key] = _added(settled[key], part.sums)
            else:
                settled[key] = part.sums
    paths = ways.hung({unit for _, unit in settled})
    lines: dict[Key, Line] = {}
    for (basis, unit), sums in settled.items():
        _line(lines, basis, paths[unit]).own = sums
    _sum_up(lines)
    return lines, sorted(roots)


def _own_as_filed(duty: ReportingDuty, period: Period) -> tuple[dict[int, Sums], list[list[Any]]]:
    """Each unit's own sums: its figures are stored, its counts are what its row has beyond the rows directly below."""
    own: dict[int, Sums] = {}
    below: dict[int, list[int]] = {}
    roots = []
    for unit, parent, computed_at, figures, *counts in _read(
        Rollup.objects.filter(duty=duty, period=period, basis=Basis.AS_FILED),
        "org_unit_id", "parent_id", "computed_at", "own", *COUNTS,
    ):  # fmt: skip
        own[unit] = Sums(figures, dict(zip(COUNTS, counts, strict=True)))
        if parent is None:
            roots.append(_mark(unit, computed_at))
        else:
            so_far = below.setdefault(parent, [0] * len(COUNTS))
            below[parent] = [first + second for first, second in zip(so_far, counts, strict=True)]
    for unit in below.keys() & own.keys():
        for name, count in zip(COUNTS, below[unit], strict=True):
            own[unit].counts[name] -= count
    return own, roots


def _read(rows: QuerySet[Rollup], *fields: str) -> Iterator[tuple[Any, ...]]:
    return rows.order_by().values_list(*fields).iterator(chunk_size=CHUNK)


def _added(first: Sums, second: Sums) -> Sums:
    total = Sums()
    total.add(first.figures, first.counts)
    total.add(second.figures, second.counts)
    return total


def _line(lines: dict[Key, Line], basis: str, path: str) -> Line:
    """The row of the path's unit; with it come those of all units above."""
    key = (basis, unit_pks(path[-SEGMENT_WIDTH:])[0])
    if key not in lines:
        lines[key] = Line(path)
        if len(path) > SEGMENT_WIDTH:
            _line(lines, basis, path[:-SEGMENT_WIDTH])
    return lines[key]


def _sum_up(lines: dict[Key, Line]) -> None:
    """Each row's own sums and its children's rows, deepest first."""
    children: dict[Key, list[Line]] = defaultdict(list)
    for (basis, unit), line in sorted(lines.items(), key=lambda item: -len(item[1].path)):
        line.subtree = line.own
        if below := children.pop((basis, unit), None):
            line.subtree = _added(line.own, Sums())
            for child in below:
                line.subtree.add(child.subtree.figures, child.subtree.counts)
        if line.parent is not None:
            children[basis, line.parent].append(line)


# --- publishing ---------------------------------------------------------------------------------------------------


def _publish(duty: ReportingDuty, period: Period, lines: dict[Key, Line]) -> int:
    """Write the rows that are new or changed, delete those that are no more."""
    stored = Rollup.objects.filter(duty=duty, period=period, basis__in=BASES)
    same, gone = set(), []
    for pk, basis, unit, *values in _read(stored, "pk", "basis", "org_unit_id", *FIELDS):
        line = lines.get((basis, unit))
        if line is None:
            gone.append(pk)
        elif line.values == tuple(values):
            same.add((basis, unit))
    for pks in batches(gone):
        Rollup.objects.filter(pk__in=pks).delete()
    changed = [key for key in lines if key not in same]
    for start in range(0, len(changed), CHUNK):
        Rollup.objects.bulk_create(
            [_row(duty, period, key, lines[key]) for key in changed[start : start + CHUNK]],
            update_conflicts=True,
            unique_fields=["basis", "org_unit", "duty", "period"],
            update_fields=["own", "subtree", "path", "depth", "parent", *COUNTS, "computed_at"],
            batch_size=500,
        )
    return len(changed) + len(gone)


def _row(duty: ReportingDuty, period: Period, key: Key, line: Line) -> Rollup:
    basis, unit = key
    values = dict(zip(FIELDS, line.values, strict=True))
    return Rollup(basis=basis, org_unit_id=unit, duty=duty, period=period, **values)
