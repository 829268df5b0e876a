"""Compares every stored sum in today's tree with the reports, by a reading that shares no code with its computing.

restated.py follows each unit's figures from act to act. Here the figures lie with the units that filed them, and all
acts since are played one after the other, in the order of their days, each moving what it finds.
"""

import datetime
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from orgunits.models import Placement, Reorganisation
from orgunits.models.units import unit_pks
from plans.models import ReportingDuty
from reports import restated
from reports.models import Period, Restatement, Rollup
from reports.rollup_check import STILL_OPEN, SUNDAY, Difference, Expectation, answers

log = logging.getLogger(__name__)
BASES = ("restated", "ended", "unallocated")


@dataclass
class Lot:
    """What is left of one report: the counts to which it adds one, its bucket, and the cells of each item."""

    numbers: list[str]
    bucket: str
    items: dict[str, dict[str, int]] = field(default_factory=dict)


class Played:
    """Who holds which lots after all acts up to a day."""

    def __init__(self, sector: str, ends_on: datetime.date, *, on: datetime.date) -> None:
        self.ends_on, self.on = ends_on, on
        self.lots: dict[int, list[Lot]] = defaultdict(list)
        self.stuck: dict[int, list[Lot]] = defaultdict(list)  # by unit: what nobody can divide
        places = Placement.objects.filter(org_unit__sector=sector, valid_from__lte=on).order_by("valid_from")
        last = {place.org_unit_id: place for place in places}
        self.above = {unit: place.parent_id for unit, place in last.items()}
        self.paths = {unit: place.path for unit, place in last.items() if place.valid_to is None or place.valid_to > on}
        acts = Reorganisation.objects.filter(
            org_unit__sector=sector, reversed_at=None, effective_on__lte=on, act__in=["merge", "split", "dissolve"]
        )
        self.acts = list(acts.prefetch_related("units", "successions").order_by("effective_on", "pk"))
        self.last_end = {unit: act for act in self.acts for unit in self._ended_by(act)}

    def play(self) -> None:
        for act in self.acts:
            for unit in self._origins(act):
                heirs = {
                    link.successor_id: link.share
                    for link in act.successions.all()
                    if link.direct and link.predecessor_id == unit
                }
                if unit in self._ended_by(act):
                    # Only its last end counts, and none where the unit has a place again.
                    if self.last_end[unit] == act and unit not in self.paths and heirs:
                        self._hand_on(unit, heirs)
                elif act.act == "split" and self.ends_on < act.effective_on:
                    self._hand_on(unit, heirs | {unit: act.kept_share})

    def _origins(self, act: Reorganisation) -> list[int]:
        return [row.org_unit_id for row in act.units.all() if row.part == "origin"]

    def _ended_by(self, act: Reorganisation) -> list[int]:
        going_on = {row.org_unit_id for row in act.units.all() if row.part == "result"}
        return [unit for unit in self._origins(act) if unit not in going_on]

    def _hand_on(self, unit: int, heirs: dict[int, int | None]) -> None:
        held = self.lots.pop(unit, [])
        if len(heirs) == 1:
            self.lots[next(iter(heirs))] += held
            return
        weights = {heir: share for heir, share in heirs.items() if share is not None}
        if len(weights) < len(heirs) or not sum(weights.values()):
            self.stuck[unit] += held
            return
        for lot in held:
            for heir, part in _split(lot, weights).items():
                self.lots[heir].append(part)

    def rows(self) -> dict[tuple[str, int], Expectation]:
        """What the rows of the three bases should hold."""
        found: dict[tuple[str, int], Expectation] = {}
        for unit, lots in self.lots.items():
            for lot in lots:
                self._count(found, "restated" if unit in self.paths else "ended", unit, lot)
        for unit, lots in self.stuck.items():
            for lot in lots:
                self._count(found, "unallocated", unit, lot)
        return found

    def _count(self, rows: dict[tuple[str, int], Expectation], basis: str, unit: int, lot: Lot) -> None:
        if not lot.numbers and not lot.items:
            return  # nothing of the report came here
        path = self.paths.get(unit) or self._path_above(unit) + f"{unit:07d}"
        units = unit_pks(path)
        for depth, pk in enumerate(units):
            row = rows.setdefault(
                (basis, pk), Expectation(path[: 7 * (depth + 1)], units[depth - 1] if depth else None)
            )
            for name in lot.numbers:
                row.numbers[name] += 1
            _pour(row.subtree, lot)
        _pour(rows[basis, unit].own, lot)

    def _path_above(self, unit: int) -> str:
        """Of the nearest unit above, or its single successor, that is there today."""
        above = self.above.get(unit)
        for _ in range(len(self.above) + 1):
            if above is None or above in self.paths:
                break
            act = self.last_end.get(above)
            links = act.successions.all() if act else ()
            heirs = [link.successor_id for link in links if link.direct and link.predecessor_id == above]
            above = heirs[0] if len(heirs) == 1 else self.above.get(above)
        return self.paths.get(above or 0, "")


def heal(*, on: datetime.date) -> int:
    """As rollup_check.heal, for the sums in today's tree; what waits to be computed anew is left to that."""
    healed = 0
    for duty, period in settled_slots(on=on):
        if on.weekday() != SUNDAY and period.ends_on < on - STILL_OPEN:
            continue
        if found := list(differences(duty, period, on=on)):
            restated.rebuild(duty, period, on=on, force=True)
            healed += 1
            log.warning(
                "Restated sums of duty %s, period %s differed in %s fields: %s",
                duty.pk, period.pk, len(found), found[0],
            )  # fmt: skip
    return healed


def settled_slots(
    duty: int | None = None, period: int | None = None, *, on: datetime.date
) -> list[tuple[ReportingDuty, Period]]:
    """Those whose sums in today's tree were computed from what stands today, the latest period first."""
    asked = {name: pk for name, pk in (("duty", duty), ("period", period)) if pk is not None}
    done = Restatement.objects.filter(**asked).select_related("duty__plan__org_unit", "period")
    ordered = sorted(done, key=lambda row: (row.period.ends_on, row.duty_id, row.period_id), reverse=True)
    return [(row.duty, row.period) for row in ordered if not restated.is_stale(row.duty, row.period, row, on=on)]


def differences(duty: ReportingDuty, period: Period, *, on: datetime.date) -> Iterator[Difference]:
    """Every field of the slot's rows in today's tree that is not what the reports and the acts say."""
    played = Played(duty.plan.org_unit.sector, period.ends_on, on=on)
    for unit, numbers, bucket, items in answers(duty, period):
        played.lots[unit].append(Lot(numbers, bucket, items))
    played.play()
    right = played.rows()
    stored = {
        (row.basis, row.org_unit_id): row for row in Rollup.objects.filter(duty=duty, period=period, basis__in=BASES)
    }
    for basis, unit in sorted(right.keys() | stored.keys()):
        row, should = stored.get((basis, unit)), right.get((basis, unit))
        if row is None or should is None:
            yield Difference(unit, f"{basis}.row", row and "one row", should and "one row")
            continue
        values = {"path": should.path, "parent_id": should.parent, "own": should.own, "subtree": should.subtree}
        for name, value in (values | should.numbers).items():
            if getattr(row, name) != value:
                yield Difference(unit, f"{basis}.{name}", getattr(row, name), value)


# --- one lot among several ----------------------------------------------------------------------------------------


def _split(lot: Lot, weights: dict[int, int]) -> dict[int, Lot]:
    main = sorted(weights, key=lambda unit: (-weights[unit], unit))[0]
    parts = {unit: Lot([], lot.bucket) for unit, weight in weights.items() if weight}
    parts[main].numbers = lot.numbers
    for code, cells in lot.items.items():
        measured = {cell: value for cell, value in cells.items() if cell not in ("units", "nil", "met")}
        if code == "@tasks" or all(cell.endswith(".c") for cell in measured):
            parts[main].items[code] = cells
            continue
        for unit, part in parts.items():
            mine = {cell: _portion(cell, cells, weights, unit) for cell in measured if not cell.endswith(".c")}
            rest = {cell: cells[cell] if unit == main else 0 for cell in cells.keys() - mine.keys()}
            part.items[code] = mine | rest
    return parts


def _portion(cell: str, cells: dict[str, int], weights: dict[int, int], unit: int) -> int:
    """A denominator is its numerator and the others; a whole is its parts and what is in none of them."""
    inside: list[int] = []
    if cell.endswith(".d"):
        inside = [cells[cell[:-2] + ".n"]]
    elif cell == "v":
        inside = [value for name, value in cells.items() if name.endswith(".v")]
    elif cell == "amount_spent":
        inside = [value for name, value in cells.items() if name.startswith("amount_") and name != cell]
    outside = cells[cell] - sum(inside)
    pieces = [*inside, outside] if outside >= 0 else [cells[cell]]
    return sum(_whole_part(piece, weights, unit) for piece in pieces)


def _whole_part(value: int, weights: dict[int, int], unit: int) -> int:
    """The exact parts cut to whole numbers; what is then missing goes by one to those that lost most."""
    exact = {heir: Fraction(value * weight, sum(weights.values())) for heir, weight in weights.items()}
    lost = {heir: part - int(part) for heir, part in exact.items()}
    queue = sorted(weights, key=lambda heir: (lost[heir], weights[heir], -heir), reverse=True)
    return int(exact[unit]) + (queue.index(unit) < sum(lost.values()))


def _pour(figures: dict[str, Any], lot: Lot) -> None:
    for code, cells in lot.items.items():
        sums = figures.setdefault(lot.bucket, {}).setdefault(code, {})
        for cell, value in cells.items():
            sums[cell] = sums.get(cell, 0) + value
