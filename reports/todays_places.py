"""Where a unit's figures of a period belong in today's tree, by the acts on units since.

A unit that has a place today keeps what is its own. One that has ended hands it on to its successors: all to a single
one, to several by the shares of the act, and to nobody where the act gives none. What a unit that goes on after a
split had filed for periods that were over by then is divided in the same way. Acts taken back or still to come count
for nothing.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from orgunits.models import Placement, Reorganisation, ReorganisationUnit, Succession
from orgunits.models.units import SEGMENT_WIDTH
from orgunits.placing import batches
from reports.dividing import divided, is_empty
from reports.models import Rollup
from reports.own_sums import Sums

Act = Reorganisation.Act
Part = ReorganisationUnit.Part
Basis = Rollup.Basis

Moment = tuple[datetime.date, float]  # a day, and on it the number of the act
LEADING_ON = (Act.MERGE, Act.SPLIT, Act.DISSOLVE)


@dataclass(frozen=True)
class Way:
    """How one act leads on the figures of one unit; ``heirs`` holds the unit itself where it goes on."""

    moment: Moment
    heirs: Mapping[int, int | None]

    @property
    def shares(self) -> dict[int, int] | None:
        """None where they do not say how to divide."""
        given = {unit: share for unit, share in self.heirs.items() if share is not None}
        return given if len(given) == len(self.heirs) and any(given.values()) else None


@dataclass(frozen=True)
class Settled:
    """A part of somebody's sums where it belongs."""

    basis: str
    unit: int
    sums: Sums


class Ways:
    """All acts and places of a sector on a day, read in a fixed number of queries."""

    def __init__(self, sector: str, *, on: datetime.date) -> None:
        self.on = on
        places = Placement.objects.as_of(on).filter(org_unit__sector=sector).order_by()
        self.paths: dict[int, str] = dict(places.values_list("org_unit_id", "path"))
        self._ends: dict[int, Way] = {}  # by unit: the last one
        self._splits: dict[int, list[Way]] = defaultdict(list)  # by unit that went on
        self._read(sector)

    def _read(self, sector: str) -> None:
        in_force = Reorganisation.objects.standing().filter(
            org_unit__sector=sector, act__in=LEADING_ON, effective_on__lte=self.on
        )
        acts = {pk: (day, kind, kept) for pk, day, kind, kept in in_force.order_by("effective_on", "pk").values_list(
            "pk", "effective_on", "act", "kept_share"
        )}  # fmt: skip
        heirs: dict[tuple[int, int], dict[int, int | None]] = defaultdict(dict)
        links = Succession.objects.filter(reorganisation__in=in_force, direct=True).order_by("pk")
        for act, unit, successor, share in links.values_list("reorganisation", "predecessor", "successor", "share"):
            heirs[act, unit][successor] = share
        parts: dict[str, dict[int, list[int]]] = {Part.ORIGIN: defaultdict(list), Part.RESULT: defaultdict(list)}
        taking_part = ReorganisationUnit.objects.filter(reorganisation__in=in_force).order_by("pk")
        for act, unit, part in taking_part.values_list("reorganisation", "org_unit", "part"):
            parts[part][act].append(unit)
        for act, (day, kind, kept) in acts.items():
            for unit in parts[Part.ORIGIN][act]:
                if unit not in parts[Part.RESULT][act]:
                    self._ends[unit] = Way((day, act), heirs[act, unit])
                elif kind == Act.SPLIT:
                    self._splits[unit].append(Way((day, act), heirs[act, unit] | {unit: kept}))

    # --- figures -----------------------------------------------------------------------------------------------------
    def settle(self, unit: int, sums: Sums, *, ends_on: datetime.date) -> Iterator[Settled]:
        """Where the unit's own sums for a period that ended on that day belong; the parts add up to them."""
        yield from self._follow(unit, sums, (ends_on, inf))

    def _follow(self, unit: int, sums: Sums, after: Moment) -> Iterator[Settled]:
        for split in self._splits.get(unit, ()):
            if split.moment > after and not is_empty(sums):
                parts = self._divided(split, sums)
                if parts is None:
                    yield Settled(Basis.UNALLOCATED, unit, sums)
                    return
                sums = parts.pop(unit)
                for heir, part in parts.items():
                    yield from self._follow(heir, part, split.moment)
        if is_empty(sums):
            return
        if unit in self.paths:
            yield Settled(Basis.RESTATED, unit, sums)
        else:
            yield from self._hand_on(unit, sums)

    def _hand_on(self, unit: int, sums: Sums) -> Iterator[Settled]:
        end = self._ends.get(unit)
        if end is None or not end.heirs:
            yield Settled(Basis.ENDED, unit, sums)
        elif len(end.heirs) == 1:
            yield from self._follow(next(iter(end.heirs)), sums, end.moment)
        elif (parts := self._divided(end, sums)) is None:
            yield Settled(Basis.UNALLOCATED, unit, sums)
        else:
            for heir, part in parts.items():
                yield from self._follow(heir, part, end.moment)

    def _divided(self, way: Way, sums: Sums) -> dict[int, Sums] | None:
        shares = way.shares
        return divided(sums, shares) if shares is not None else None

    # --- places ------------------------------------------------------------------------------------------------------
    def hung(self, units: Iterable[int]) -> dict[int, str]:
        """The path in today's tree at which to show each unit, also one that has no place today.

        Such a unit hangs below the unit above it at its end, or what has become of that: its single successor, else
        the next one above. Where nothing has, it hangs alone.
        """
        units = set(units)
        above = self._last_parents(units - self.paths.keys())
        return {unit: self.paths.get(unit) or self._path_below(above, unit) for unit in units}

    def _path_below(self, above: dict[int, int | None], unit: int) -> str:
        seen = {unit}
        at = above.get(unit)
        while at is not None and at not in self.paths and at not in seen:
            seen.add(at)
            at = self._single_heir(at) or above.get(at)
        return f"{self.paths.get(at or 0, '')}{unit:0{SEGMENT_WIDTH}d}"

    def _single_heir(self, unit: int) -> int | None:
        end = self._ends.get(unit)
        return next(iter(end.heirs)) if end is not None and len(end.heirs) == 1 else None

    def _last_parents(self, units: set[int]) -> dict[int, int | None]:
        """By unit: the one above it at its last place; also for all units that are met on the way up."""
        found: dict[int, int | None] = {}
        waiting = units
        while waiting:
            for pks in batches(sorted(waiting)):
                places = Placement.objects.filter(org_unit__in=pks, valid_from__lte=self.on).order_by("valid_from")
                found |= dict.fromkeys(pks) | dict(places.values_list("org_unit_id", "parent_id"))
            met = {pk for unit in waiting for pk in (found[unit], self._single_heir(unit)) if pk is not None}
            waiting = met - self.paths.keys() - found.keys()
        return found
