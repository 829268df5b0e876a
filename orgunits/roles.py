"""Who may do what where. A role on a unit holds for the unit's subtree on that day.

History follows succession: whoever holds a role on a unit holds it on the unit's predecessors too
(``OrgUnitQuerySet.visible_to`` states the same rule for reading).
"""

import datetime
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from orgunits.models import OrgUnit, Placement, Role, RoleAssignment, Succession, User
from orgunits.models.units import unit_pks


def may(user: User, roles: Role | Iterable[Role], unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user holds one of the roles on the unit or above it on that day."""
    wanted = [roles] if isinstance(roles, str) else list(roles)
    held = set(user.role_assignments.as_of(on).filter(role__in=wanted).values_list("org_unit_id", flat=True))
    if not held:
        return False
    return None in held or unit.pk in held or bool(units_above(unit, on=on) & held)


def units_above(unit: OrgUnit, *, on: datetime.date) -> set[int | None]:
    """The units on which a role reaches this one that day: itself, those above it, and so for its successors."""
    successors = Succession.objects.filter(predecessor=unit).values("successor_id")
    places = Placement.objects.known_by(on).filter(Q(org_unit=unit) | Q(org_unit__in=successors))
    return {unit.pk, *(pk for path in places.values_list("path", flat=True) for pk in unit_pks(path))}


def require(user: User, roles: Role | Iterable[Role], unit: OrgUnit, *, on: datetime.date) -> None:
    """Raise PermissionDenied (403) unless ``may``."""
    if not may(user, roles, unit, on=on):
        raise PermissionDenied


def reach(user: User, roles: Role | Iterable[Role], *, on: datetime.date) -> QuerySet[OrgUnit]:
    """All units for which ``may`` is true: ``visible_to`` narrowed to these roles."""
    wanted = [roles] if isinstance(roles, str) else list(roles)
    held = list(user.role_assignments.as_of(on).filter(role__in=wanted).values_list("org_unit_id", flat=True))
    if None in held:
        return OrgUnit.objects.all()
    paths = list(Placement.objects.known_by(on).filter(org_unit_id__in=held).values_list("path", flat=True))
    inside = Placement.objects.known_by(on).in_subtrees(paths).values("org_unit_id")
    succeeded = Succession.objects.filter(successor_id__in=inside).values("predecessor_id")
    return OrgUnit.objects.filter(Q(pk__in=inside) | Q(pk__in=succeeded) | Q(pk__in=held))


def is_system_administrator(user: User, *, on: datetime.date) -> bool:
    """Whether the user administers the whole installation."""
    return user.role_assignments.as_of(on).filter(role=Role.ADMINISTRATOR, org_unit__isnull=True).exists()


def administers_anything(user: User, *, on: datetime.date) -> bool:
    return user.role_assignments.as_of(on).filter(role=Role.ADMINISTRATOR).exists()


def units_where(user: User, roles: Role | Iterable[Role], *, on: datetime.date) -> list[OrgUnit]:
    """The units on which the user directly holds one of the roles that day, in name order."""
    wanted = [roles] if isinstance(roles, str) else list(roles)
    held = user.role_assignments.as_of(on).filter(role__in=wanted, org_unit__isnull=False).values("org_unit_id")
    units = OrgUnit.objects.filter(pk__in=held).prefetch_related("placements")
    return sorted(
        units,
        key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "",
    )


def users_for(unit: OrgUnit, role: Role, *, on: datetime.date) -> list[User]:
    """Active people who hold the role on this very unit that day: the addressees of its reminders."""
    holders = RoleAssignment.objects.as_of(on).filter(org_unit=unit, role=role)
    return list(User.objects.filter(pk__in=holders.values("user_id"), is_active=True).order_by("pk"))
