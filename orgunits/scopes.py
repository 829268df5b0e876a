"""Where a person administers, asked once and then answered in memory for thousands of rows."""

import datetime
from dataclasses import dataclass

from orgunits import roles
from orgunits.models import Placement, Role, User


@dataclass(frozen=True)
class Scope:
    """The branches by their paths; ``is_whole`` for who administers the whole installation."""

    is_whole: bool
    paths: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a place with this path lies in one of the branches."""
        return self.is_whole or path.startswith(self.paths)


def administered(user: User, *, on: datetime.date) -> Scope:
    """What ``OrgUnitQuerySet.administered_by`` says of units that have not ended."""
    if roles.is_system_administrator(user, on=on):
        return Scope(is_whole=True)
    held = user.role_assignments.as_of(on).filter(role=Role.ADMINISTRATOR).values("org_unit_id")
    return Scope(False, tuple(Placement.objects.known_by(on).filter(org_unit__in=held).values_list("path", flat=True)))
