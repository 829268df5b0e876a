"""Keeps the stored sums of subtrees in step with the reports: recomputed from the children, never incremented.

A transition recomputes the rows of the units above it, in its own transaction:

1. Lock every row concerned, deepest first and by unit within a depth, so that two transactions never wait for each
   other in a circle. On SQLite the IMMEDIATE transaction is the lock.
2. Only then read the children and the units' own reports: under READ COMMITTED a read that follows the lock sees all
   that was committed by whoever held it.
3. Sum whole numbers and write the rows that changed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from orgunits import bulk_writing
from orgunits.models.units import SEGMENT_WIDTH, unit_pks
from plans.models import ReportingDuty
from reports.models import Obligation, Period, Rollup
from reports.own_sums import COUNTS, Sums, batches, own_sums

ATTEMPTS = 10

Key = tuple[int, int, int]  # duty, period, unit


class RollupsUnsettled(Exception):
    """The rows changed under us again and again; nothing was written and the transaction must be rolled back."""


@dataclass(frozen=True)
class Step:
    """One way up the tree in one duty and period."""

    duty: int
    period: int
    path: str


@transaction.atomic(savepoint=False)
def recompute_chain(obligations: Iterable[Obligation]) -> None:
    """Bring the rows of these obligations' units and of all units above them up to date.

    Takes any number of obligations and collects the units above them once: a batch calls it once, not in a loop.
    """
    steps = [Step(row.duty_id, row.period_id, row.path) for row in obligations]
    if steps:
        _recompute(_settled_chain(steps))


@transaction.atomic(savepoint=False)
def rebuild(duty: ReportingDuty, period: Period) -> None:
    """Write all rows of a duty and period from scratch; a row under which no obligation stands goes away."""
    slot = Q(duty=duty, period=period)
    for _ in range(ATTEMPTS):
        present = {_key(row) for row in _rows(slot).only("duty", "period", "org_unit")}
        _create([row for key, row in _places_of(duty, period).items() if key not in present])
        locked = list(_locked(_in_order(_rows(slot))))
        places = _places_of(duty, period)  # read again: obligations may have come while we waited
        if places.keys() <= {_key(row) for row in locked}:
            _replace(locked, places, own=own_sums(Obligation.objects.filter(slot)))
            return
    raise RollupsUnsettled


def begin(duty: ReportingDuty, period: Period, paths: Iterable[str]) -> None:
    """Write the rows of a duty and period that has none yet and for which nothing is filed: all there is to count is
    what is expected. The caller holds the lock under which obligations come into being (obligations.lock); all paths
    are of the tree of one day.
    """
    expected = Counter(path[:end] for path in paths for end in range(SEGMENT_WIDTH, len(path) + 1, SEGMENT_WIDTH))
    rows = (
        (int(path[-SEGMENT_WIDTH:]), _above(path), path, len(path) // SEGMENT_WIDTH - 1, count)
        for path, count in expected.items()
    )
    names = ("org_unit_id", "parent_id", "path", "depth", "expected")
    bulk_writing.insert(Rollup, names, rows, duty_id=duty.pk, period_id=period.pk)


def _above(path: str) -> int | None:
    """The unit directly above the one to which the path leads."""
    return int(path[-2 * SEGMENT_WIDTH : -SEGMENT_WIDTH]) if len(path) > SEGMENT_WIDTH else None


# --- which rows, and their locks ---------------------------------------------------------------------------------


def _settled_chain(steps: list[Step]) -> list[Rollup]:
    """The locked rows of all units on the paths, deepest first; rows that are missing are created.

    A row keeps the place with which it began, so that no report is counted twice where a later obligation names
    another way up; the units on that place's path are then part of the chain too.
    """
    steps = list(steps)
    for _ in range(ATTEMPTS):
        found = list(_rows(_of(_keys(steps))).only("duty", "period", "org_unit", "path"))
        held = [Step(row.duty_id, row.period_id, row.path) for row in found]
        steps += held
        missing = _keys(steps) - {_key(row) for row in found}
        if missing:
            # No lock is held yet: whoever waits here for another's new row does not make others wait in a circle.
            # The places that rows hold come first, they rule over the paths of the obligations.
            places = _places([*held, *steps])
            _create([row for key, row in places.items() if key in missing])
            continue
        locked = list(_locked(_in_order(_rows(_of(_keys(steps))))))
        above = [Step(row.duty_id, row.period_id, row.path) for row in locked]
        if _keys([*steps, *above]) <= {_key(row) for row in locked}:
            return locked
        steps += above  # a rebuild took rows away or gave them another place while we waited for the locks
    raise RollupsUnsettled


def _key(row: Rollup | Obligation) -> Key:
    return row.duty_id, row.period_id, row.org_unit_id


def _keys(steps: list[Step]) -> set[Key]:
    return {(step.duty, step.period, unit) for step in steps for unit in unit_pks(step.path)}


def _of(keys: Iterable[Key], unit_field: str = "org_unit") -> Q:
    """The condition for these units, grouped by duty and period."""
    units: dict[tuple[int, int], list[int]] = defaultdict(list)
    for duty, period, unit in sorted(keys):
        units[duty, period].append(unit)
    wanted = Q(pk__in=[])
    for (duty, period), pks in units.items():
        wanted |= Q(**{"duty": duty, "period": period, f"{unit_field}__in": pks})
    return wanted


def _rows(condition: Q) -> QuerySet[Rollup]:
    return Rollup.objects.filter(condition, basis=Rollup.Basis.AS_FILED)


def _in_order(rows: QuerySet[Rollup]) -> QuerySet[Rollup]:
    """The one order in which every transaction takes its locks. By ``_id``: no join, whose rows would be locked too."""
    return rows.order_by("-depth", "org_unit_id", "duty_id", "period_id")


def _locked(rows: QuerySet[Rollup]) -> QuerySet[Rollup]:
    return rows.select_for_update()


def _places(steps: list[Step]) -> dict[Key, Rollup]:
    """An empty row for every unit on the paths, at the place that the first path naming it gives."""
    places: dict[Key, Rollup] = {}
    for step in steps:
        above: Rollup | None = None
        for unit in unit_pks(step.path):
            key = (step.duty, step.period, unit)
            if key not in places:
                places[key] = _empty_row(key, above)
            above = places[key]
    return places


def _places_of(duty: ReportingDuty, period: Period) -> dict[Key, Rollup]:
    """The places of all units of a duty and period, by its obligations in the order in which they were made."""
    paths = Obligation.objects.filter(duty=duty, period=period).order_by("pk").values_list("path", flat=True)
    return _places([Step(duty.pk, period.pk, path) for path in paths])


def _empty_row(key: Key, above: Rollup | None) -> Rollup:
    duty, period, unit = key
    path = f"{above.path if above else ''}{unit:0{SEGMENT_WIDTH}d}"
    parent = above.org_unit_id if above else None
    depth = above.depth + 1 if above else 0
    return Rollup(duty_id=duty, period_id=period, org_unit_id=unit, parent_id=parent, path=path, depth=depth)


def _create(rows: list[Rollup]) -> None:
    """Of two transactions that create the same row the first one's stays."""
    rows.sort(key=lambda row: (-row.depth, row.org_unit_id, row.duty_id, row.period_id))
    Rollup.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


# --- sum and write -----------------------------------------------------------------------------------------------


def _recompute(locked: list[Rollup]) -> None:
    """Sum each locked row from its own report and its children, deepest first, and write what changed."""
    keys = {_key(row) for row in locked}
    own = own_sums(Obligation.objects.filter(_of(keys)))
    children: dict[Key, list[Rollup]] = defaultdict(list)
    below = _rows(_of(keys, "parent")).exclude(pk__in=[row.pk for row in locked])
    for child in below.only("duty", "period", "parent", "subtree", *COUNTS):
        children[child.duty_id, child.period_id, child.parent_id or 0].append(child)
    _write(_with_roots([row for row in locked if _sum(row, own, children)], locked))


def _replace(locked: list[Rollup], places: dict[Key, Rollup], *, own: dict[Key, Sums]) -> None:
    """Put every row in its place, sum all of them, delete those that have no place."""
    rows = [row for row in locked if _key(row) in places]
    moved = set()
    for row in rows:
        place = places[_key(row)]
        if (row.parent_id, row.path, row.depth) != (place.parent_id, place.path, place.depth):
            row.parent_id, row.path, row.depth = place.parent_id, place.path, place.depth
            moved.add(row.pk)
    rows.sort(key=lambda row: -row.depth)
    children: dict[Key, list[Rollup]] = defaultdict(list)
    changed = [row for row in rows if _sum(row, own, children) or row.pk in moved]
    gone = [row.pk for row in locked if _key(row) not in places]
    _write(
        _with_roots(changed, rows) if changed else [row for row in rows if gone and row.parent_id is None],
        "parent",
        "path",
        "depth",
    )
    for batch in batches(gone):
        Rollup.objects.filter(pk__in=batch).delete()


def _with_roots(changed: list[Rollup], locked: list[Rollup]) -> list[Rollup]:
    """What changed, and where anything did the topmost rows too: by their moment restated.py knows that it is stale.

    A change may leave the sum at the top as it was, where two units change against each other.
    """
    if not changed:
        return []
    written = {row.pk for row in changed}
    return [*changed, *(row for row in locked if row.parent_id is None and row.pk not in written)]


def _sum(row: Rollup, own: dict[Key, Sums], children: dict[Key, list[Rollup]]) -> bool:
    """Set the row's sums, hand the row on to the one above it, and say whether anything changed."""
    mine = own.get(_key(row), Sums())
    total = Sums()
    total.add(mine.figures, mine.counts)
    for child in children[_key(row)]:
        total.add(child.subtree, _counts(child))
    if row.parent_id:
        children[row.duty_id, row.period_id, row.parent_id].append(row)
    before = (row.own, row.subtree, _counts(row))
    row.own, row.subtree = mine.figures, total.figures
    for name, count in total.counts.items():
        setattr(row, name, count)
    return before != (row.own, row.subtree, _counts(row))


def _counts(row: Rollup) -> dict[str, int]:
    return {name: getattr(row, name) for name in COUNTS}


def _write(rows: list[Rollup], *more_fields: str) -> None:
    """One statement for all: the locked rows are there, so every insert of the upsert is an update.

    ``bulk_update`` would write the same with a CASE per field, fifty times slower for a province.
    """
    fields = ["own", "subtree", *COUNTS, "computed_at", *more_fields]
    Rollup.objects.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=fields, batch_size=500)
