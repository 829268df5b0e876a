"""Whom messages about a unit's reports go to: its reporters, its head, and the reviewers of who receives them.

Roles are read by the day. Where a unit has nobody, those of its successors stand in, who file what it still owes.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from orgunits.models import Placement, Role, RoleAssignment, Succession, User
from reports.ladders import Circle


@dataclass(frozen=True)
class Audience:
    """The people of one unit; ``reporters`` are its approvers where nobody else writes for it."""

    reporters: list[User] = field(default_factory=list)
    heads: list[User] = field(default_factory=list)

    def of(self, circle: str) -> list[User]:
        """Who gets a message of that circle, each once."""
        if circle == Circle.UNIT:
            return self.reporters
        return list({person.pk: person for person in [*self.reporters, *self.heads]}.values())


def audiences(units: Iterable[int], *, on: datetime.date) -> dict[int, Audience]:
    """The people of each unit that day, by the unit's pk.

    The active reporters of the unit; else its approvers; else those of its successors. The heads are the approvers of
    the same places. Nobody is written to for a unit that has ended and has successors, whatever role is open on it.
    """
    circles, people = _circles(units, [Role.REPORTER, Role.APPROVER], on=on)
    found: dict[int, Audience] = {}
    for unit, choices in circles.items():
        found[unit] = Audience()
        for places in choices:
            heads = _together(people, places, Role.APPROVER)
            reporters = _together(people, places, Role.REPORTER) or heads
            if reporters:
                found[unit] = Audience(reporters, heads)
                break
    return found


def addressees(units: Iterable[int], *, on: datetime.date) -> dict[int, list[User]]:
    """Whom to write to about each unit's reports that day; an empty list where there is nobody."""
    return {unit: audience.reporters for unit, audience in audiences(units, on=on).items()}


def reviewers(units: Iterable[int], *, on: datetime.date) -> dict[int, list[User]]:
    """Who reviews what each unit receives that day: those who hold that role on the unit, else on its successors."""
    circles, people = _circles(units, [Role.REVIEWER], on=on)
    found = {
        unit: [_together(people, places, Role.REVIEWER) for places in choices] for unit, choices in circles.items()
    }
    return {unit: next((group for group in groups if group), []) for unit, groups in found.items()}


_People = dict[tuple[int | None, str], dict[int, User]]


def _circles(
    units: Iterable[int], roles: list[Role], *, on: datetime.date
) -> tuple[dict[int, list[list[int]]], _People]:
    """For each unit the places to look at, the nearest first, and who holds one of the roles at any of them."""
    wanted = set(units)
    heirs: dict[int, list[int]] = defaultdict(list)
    for link in Succession.objects.filter(predecessor__in=wanted).order_by("successor_id"):
        heirs[link.predecessor_id].append(link.successor_id)
    places = wanted.union(*heirs.values())
    ended = _ended(places, on=on) if heirs else set()
    held = RoleAssignment.objects.as_of(on).filter(org_unit__in=places, role__in=roles, user__is_active=True)
    people: _People = defaultdict(dict)
    for row in held.select_related("user").order_by("user_id"):
        people[row.org_unit_id, row.role][row.user_id] = row.user
    circles = {}
    for unit in wanted:
        living = [pk for pk in heirs[unit] if pk not in ended]
        circles[unit] = [living] if unit in ended and living else [[unit], living]
    return circles, people


def _together(people: _People, places: list[int], role: Role) -> list[User]:
    return list({pk: user for place in places for pk, user in people[place, role].items()}.values())


def _ended(units: Iterable[int], *, on: datetime.date) -> set[int]:
    """Those of the units that are no more on that day."""
    last = Placement.objects.filter(org_unit__in=units, is_final=True, valid_to__lte=on)
    return set(last.values_list("org_unit_id", flat=True))
