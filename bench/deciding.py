"""How the made-up unions follow the reform of 1/7/2025: where base units lie before, and what becomes of each unit.

What the tables do not say a person would decide. Only here, so that the bench can run, fixed rules stand in:

- the base units of a commune that went into several are dealt out in turn, in the order of their numbers;
- the commune's own earlier figures are divided by how many each got, and not at all where one got none;
- a commune of which no table says where it went follows the first one of its district, else of its province;
- a new commune without a source is founded with nobody behind it;
- a province that went into two follows most of its communes.
"""

from collections import defaultdict
from dataclasses import dataclass

from bench.divisions import Divisions

LARGEST = 1  # Hà Nội: its branch is the one of 14,000 units
LARGEST_BASE = 13_400
LARGE_COMMUNE = 401  # base units of the first commune: with itself the 402 units of a move
WEIGHTS = {"phường": 4, "thị trấn": 2, "xã": 1}


def spread(divisions: Divisions, units: int) -> dict[int, int]:
    """By old commune how many base units lie below it: more in towns, at least one everywhere, ``units`` in all."""
    communes = sorted(divisions.old_communes)
    largest = [code for code in communes if divisions.old_province_of(code) == LARGEST]
    if not largest or len(largest) == len(communes):
        return _first_large(divisions, communes, units)
    others = [code for code in communes if divisions.old_province_of(code) != LARGEST]
    return _first_large(divisions, largest, LARGEST_BASE) | _share_out(divisions, others, units - LARGEST_BASE)


def _first_large(divisions: Divisions, communes: list[int], units: int) -> dict[int, int]:
    first, *rest = communes
    return {first: LARGE_COMMUNE} | _share_out(divisions, rest, units - LARGE_COMMUNE)


def _share_out(divisions: Divisions, communes: list[int], units: int) -> dict[int, int]:
    """One for each, the rest by weight and largest remainder."""
    weights = {code: WEIGHTS.get(divisions.old_communes[code].kind, 1) for code in communes}
    total, free = sum(weights.values()), units - len(communes)
    if free < 0:
        raise ValueError(f"{units} base units are too few for {len(communes)} communes.")
    counts = {code: 1 + free * weight // total for code, weight in weights.items()}
    by_remainder = sorted(communes, key=lambda code: (-(free * weights[code] % total), code))
    for code in by_remainder[: units - sum(counts.values())]:
        counts[code] += 1
    return counts


@dataclass(frozen=True)
class Decisions:
    """What becomes of provinces and communes, by code."""

    province_heirs: dict[int, int]  # old province → new
    provinces_stay: dict[int, int]  # new province → the one old one that goes on as it
    communes_stay: dict[int, int]  # new commune → the one old one that goes on as it
    merged: dict[int, list[int]]  # new commune → the old ones that went into it whole
    split: dict[int, tuple[int, ...]]  # old commune → the new ones that share it
    unmapped: dict[int, int]  # old commune of which nobody says where it went → new; also in ``merged``
    sourceless: list[int]  # new communes of which nobody says where they came from

    @property
    def unresolved(self) -> int:
        """How many communes a person would have to decide."""
        return len(self.split) + len(self.unmapped) + len(self.sourceless)


def decide(divisions: Divisions) -> Decisions:
    """A unit goes on where one old unit became one new one, both whole; all others end and are founded."""
    heirs = divisions.heir_of()
    sources: dict[int, list[int]] = defaultdict(list)
    for old, targets in divisions.went_to.items():
        for new in targets:
            sources[new].append(old)
    stay = {new: old[0] for new, old in sources.items() if len(old) == 1 and len(divisions.went_to[old[0]]) == 1}
    split = {old: targets for old, targets in divisions.went_to.items() if len(targets) > 1}
    unmapped = _follow_the_neighbours(divisions, heirs)
    merged: dict[int, list[int]] = defaultdict(list)
    going_on = set(stay.values())
    for old, targets in divisions.went_to.items():
        if len(targets) == 1 and old not in going_on:
            merged[targets[0]].append(old)
    for old, new in unmapped.items():
        merged[new].append(old)
    return Decisions(
        province_heirs=heirs,
        provinces_stay=_provinces_that_stay(heirs),
        communes_stay=stay,
        merged={new: sorted(old) for new, old in sorted(merged.items())},
        split=split,
        unmapped=unmapped,
        sourceless=sorted(divisions.new_communes.keys() - sources.keys()),
    )


def _provinces_that_stay(heirs: dict[int, int]) -> dict[int, int]:
    origins: dict[int, list[int]] = defaultdict(list)
    for old, new in heirs.items():
        origins[new].append(old)
    return {new: old[0] for new, old in origins.items() if len(old) == 1}


def _follow_the_neighbours(divisions: Divisions, heirs: dict[int, int]) -> dict[int, int]:
    first_of_district: dict[int, int] = {}
    for old in sorted(divisions.went_to):
        first_of_district.setdefault(divisions.old_communes[old].above, divisions.went_to[old][0])
    first_of_province: dict[int, int] = {}
    for new in sorted(divisions.new_communes):
        first_of_province.setdefault(divisions.new_communes[new].above, new)
    found = {}
    for code in sorted(divisions.old_communes.keys() - divisions.went_to.keys()):
        province = heirs[divisions.old_province_of(code)]
        found[code] = first_of_district.get(divisions.old_communes[code].above, first_of_province[province])
    return found


def dealt(units: list[int], targets: tuple[int, ...]) -> dict[int, list[int]]:
    """The units of a split commune, by target, in turn."""
    return {target: units[number :: len(targets)] for number, target in enumerate(targets)}


def shares(parts: dict[int, list[int]]) -> dict[int, int | None]:
    """By target the share of the commune's own earlier figures."""
    known = all(parts.values())
    return {target: len(units) if known else None for target, units in parts.items()}
