"""Who may write plans: the officers of the issuing unit, and its administrators."""

import datetime
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from orgunits import roles
from orgunits.models import OrgUnit, Placement, Role, User
from orgunits.models.units import unit_pks
from plans.models import Document, Plan

OWN_ROLES = (Role.REPORTER, Role.APPROVER)  # they write for their very unit, not for the units below it


def may_edit(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user may write the plans of that unit."""
    own = user.role_assignments.as_of(on).filter(role__in=OWN_ROLES, org_unit=unit)
    return own.exists() or roles.may(user, Role.ADMINISTRATOR, unit, on=on)


def may_register(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user may record number and day of the unit's own plan; the reviewer above it may, too."""
    return may_edit(user, unit, on=on) or roles.may(user, Role.REVIEWER, unit, on=on)


def may_issue(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user may give numbers for that unit: its own approver, or an administrator (the văn thư)."""
    wanted = user.role_assignments.as_of(on).filter(role__in=(Role.APPROVER, Role.ADMINISTRATOR))
    held = set(wanted.values_list("role", "org_unit_id"))
    if (Role.APPROVER, unit.pk) in held:
        return True
    administered = {place for role, place in held if role == Role.ADMINISTRATOR}
    return None in administered or (bool(administered) and bool(administered & roles.units_above(unit, on=on)))


def require_issuer(user: User, unit: OrgUnit, *, on: datetime.date) -> None:
    """Raise PermissionDenied (403) unless ``may_issue``."""
    if not may_issue(user, unit, on=on):
        raise PermissionDenied


def registrar_check(user: User, *, on: datetime.date) -> Callable[[Placement], bool]:
    """``may_register`` for many places of that day, at the price of one query."""
    return _check(user, {Role.ADMINISTRATOR, Role.REVIEWER}, on=on)


def editor_check(user: User, *, on: datetime.date) -> Callable[[Placement], bool]:
    """``may_edit`` for many places of that day, at the price of one query."""
    return _check(user, {Role.ADMINISTRATOR}, on=on)


def _check(user: User, reaching: set[Role], *, on: datetime.date) -> Callable[[Placement], bool]:
    held = list(user.role_assignments.as_of(on).values_list("role", "org_unit_id"))
    above = {unit for role, unit in held if role in reaching}
    own = {unit for role, unit in held if role in OWN_ROLES}

    def check(place: Placement) -> bool:
        return None in above or place.org_unit_id in own or not above.isdisjoint(unit_pks(place.path))

    return check


def readable_documents(user: User, *, on: datetime.date) -> QuerySet[Document]:
    """Documents of higher bodies that have no plan here, and those of the plans that the user may read."""
    return Document.objects.filter(Q(plan__isnull=True) | Q(plan__in=Plan.objects.visible_to(user, on)))


def writes_for_any_unit(user: User, *, on: datetime.date) -> bool:
    """Whether there is any unit for which the user may write a plan."""
    return user.role_assignments.as_of(on).filter(role__in=(*OWN_ROLES, Role.ADMINISTRATOR)).exists()


def require_editor(user: User, unit: OrgUnit, *, on: datetime.date) -> None:
    """Raise PermissionDenied (403) unless ``may_edit``."""
    if not may_edit(user, unit, on=on):
        raise PermissionDenied


def require_registrar(user: User, unit: OrgUnit, *, on: datetime.date) -> None:
    """Raise PermissionDenied (403) unless ``may_register``."""
    if not may_register(user, unit, on=on):
        raise PermissionDenied
