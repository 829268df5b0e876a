"""The tree of units on one day, branch by branch: a page never loads more than the branches that stand open.

``on`` is the day of the tree. What of it a person sees follows from the roles held ``today``, whatever day is shown.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet

from orgunits import roles
from orgunits.models import Placement, Role, Sector, User
from orgunits.models.units import unit_pks

BRANCH_LIMIT = 100  # a longer branch is fetched in pieces of so many


@dataclass
class Branch:
    """One unit in the tree with, where it stands open, the units directly below it."""

    place: Placement
    size: int  # units directly below
    is_open: bool = False
    below: list["Branch"] = field(default_factory=list)

    @property
    def shown(self) -> int:
        return len(self.below)

    @property
    def left_out(self) -> int:
        """Units directly below that are not in ``below`` although the branch stands open."""
        return self.size - len(self.below) if self.is_open else 0


def roots(
    user: User, *, sector: str, on: datetime.date, today: datetime.date, open_pk: int | None = None
) -> list[Branch]:
    """The topmost units that the user administers in one sector, opened down to and including ``open_pk``."""
    places = _top_places(user, on=on, today=today).filter(org_unit__sector=sector)
    top = [place for place in places if not _has_holder_above(place, places)]
    return _branches(top, on=on, opened=_way_to(open_pk, on=on))


def branch(place: Placement, *, on: datetime.date, is_open: bool) -> Branch:
    """One unit on its own, open or closed."""
    return _branches([place], on=on, opened={place.org_unit_id} if is_open else set())[0]


def more(place: Placement, *, on: datetime.date, start: int) -> tuple[list[Branch], int]:
    """The next piece of a long branch, closed, and how many units are left after it."""
    children = _children(place, on=on)
    piece = list(children[start : start + BRANCH_LIMIT])
    return _branches(piece, on=on, opened=set()), max(0, children.count() - start - len(piece))


def with_parents(places: Iterable[Placement], *, on: datetime.date) -> list[tuple[Placement, str]]:
    """Each place with the name of the unit above it on that day, which must not be asked for one by one."""
    places = list(places)
    above = {place.parent_id for place in places}
    names = dict(Placement.objects.as_of(on).filter(org_unit__in=above).order_by().values_list("org_unit_id", "name"))
    return [(place, names.get(place.parent_id or 0, "")) for place in places]


def sectors(user: User, *, on: datetime.date, today: datetime.date) -> list[str]:
    """The sectors in which the user administers units, in their usual order."""
    held = set(_top_places(user, on=on, today=today).order_by().values_list("org_unit__sector", flat=True))
    return [sector for sector in Sector.values if sector in held]


def _top_places(user: User, *, on: datetime.date, today: datetime.date) -> QuerySet[Placement]:
    places = Placement.objects.as_of(on).select_related("org_unit", "level").order_by("sort_name", "pk")
    if roles.is_system_administrator(user, on=today):
        return places.filter(parent__isnull=True)
    held = user.role_assignments.as_of(today).filter(role=Role.ADMINISTRATOR).values("org_unit_id")
    return places.filter(org_unit_id__in=held)


def _has_holder_above(place: Placement, places: QuerySet[Placement]) -> bool:
    return any(place.path != other.path and place.path.startswith(other.path) for other in places)


def _way_to(pk: int | None, *, on: datetime.date) -> set[int]:
    place = Placement.objects.as_of(on).filter(org_unit_id=pk).first() if pk else None
    return set(unit_pks(place.path)) if place else set()


def _branches(places: list[Placement], *, on: datetime.date, opened: set[int]) -> list[Branch]:
    counted = (
        Placement.objects.as_of(on)
        .filter(parent_id__in=[place.org_unit_id for place in places])
        .order_by()
        .values_list("parent_id")
        .annotate(Count("pk"))
    )
    sizes = dict(counted)
    found = []
    for place in places:
        size = sizes.get(place.org_unit_id, 0)
        is_open = place.org_unit_id in opened and size > 0
        found.append(Branch(place, size, is_open, _below(place, on=on, opened=opened) if is_open else []))
    return found


def _below(place: Placement, *, on: datetime.date, opened: set[int]) -> list[Branch]:
    return _branches(list(_children(place, on=on)[:BRANCH_LIMIT]), on=on, opened=opened)


def _children(place: Placement, *, on: datetime.date) -> QuerySet[Placement]:
    below = Placement.objects.as_of(on).filter(parent_id=place.org_unit_id)
    return below.select_related("org_unit", "level").order_by("sort_name", "pk")
