"""Divides the sums of one unit among those that took it over, in whole numbers that add up again to the digit."""

from collections.abc import Mapping
from typing import Final

from reports.own_sums import COUNTS, TASKS, Cells, Sums

TALLIES: Final = ("units", "nil", "met")  # of reports, not of what they report


def divided(sums: Sums, shares: Mapping[int, int]) -> dict[int, Sums]:
    """By unit its part of the sums of one report; ``shares`` in any common measure, not all of them 0.

    A report is counted once, and an answer or the status of a task said once: at the unit with the largest share.
    Figures are divided in proportion. A unit with share 0 takes nothing, which is not the same as taking zeros.
    """
    parts = {unit: Sums() for unit in shares}
    largest = largest_of(shares)
    parts[largest].counts = dict(sums.counts)
    for bucket, items in sums.figures.items():
        for code, cells in items.items():
            for unit, given in _divided_item(code, cells, shares).items():
                if given:
                    parts[unit].figures.setdefault(bucket, {})[code] = given
    return parts


def is_empty(sums: Sums) -> bool:
    return not sums.figures and not any(sums.counts[name] for name in COUNTS)


def largest_of(shares: Mapping[int, int]) -> int:
    """The unit with the largest share; of equal ones the oldest."""
    return min(shares, key=lambda unit: (-shares[unit], unit))


def portions(value: int, shares: Mapping[int, int]) -> dict[int, int]:
    """The whole number divided by the method of the largest remainder."""
    whole = sum(shares.values())
    found = {unit: value * share // whole for unit, share in shares.items()}
    order = sorted(shares, key=lambda unit: (-(value * shares[unit] % whole), -shares[unit], unit))
    for unit in order[: value - sum(found.values())]:
        found[unit] += 1
    return found


def _divided_item(code: str, cells: Cells, shares: Mapping[int, int]) -> dict[int, Cells]:
    figures = [cell for cell in cells if cell not in TALLIES and not cell.endswith(".c")]
    largest = largest_of(shares)
    if code == TASKS or not figures:
        return {largest: dict(cells)}
    taking = {unit: share for unit, share in shares.items() if share}
    parts: dict[int, Cells] = {unit: {} for unit in taking}
    for cell in figures:
        for unit, portion in _portions_of_cell(cell, cells, taking).items():
            parts[unit][cell] = portion
    for unit, part in parts.items():
        for cell in cells.keys() - set(figures):
            part[cell] = cells[cell] if unit == largest else 0
    return parts


def _portions_of_cell(cell: str, cells: Cells, shares: Mapping[int, int]) -> dict[int, int]:
    """A sum of others in the same item is divided as the sum of their portions, so that it stays their sum.

    So is a denominator: those in the numerator and the rest, each divided by itself; no part then exceeds 100 %
    where the whole did not.
    """
    summands = [other for other in _summands(cell, cells) if other in cells]
    rest = cells[cell] - sum(cells[other] for other in summands)
    if not summands or rest < 0:
        return portions(cells[cell], shares)
    found = portions(rest, shares)
    for other in summands:
        for unit, portion in portions(cells[other], shares).items():
            found[unit] += portion
    return found


def _summands(cell: str, cells: Cells) -> list[str]:
    if cell.endswith(".d"):
        return [f"{cell.removesuffix('.d')}.n"]
    if cell == "v":
        return [other for other in cells if other.endswith(".v")]
    if cell == "amount_spent":
        return [other for other in cells if other.startswith("amount_") and other != cell]
    return []
