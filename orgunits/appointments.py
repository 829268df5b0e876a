"""Who holds which role from when to when, and which accounts are open. Every change is guarded and audited.

An administrator acts on units inside the own scope. An account is one for all units, so it may be closed or renamed
only by somebody whose scope holds every role that the person has now.
"""

import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from orgunits import audit, delegations, roles
from orgunits.models import OrgUnit, Role, RoleAssignment, User
from orgunits.transitions import Conflict
from orgunits.vietnamese import nfc, person_sort_key, without_marks


@transaction.atomic
def give_role(
    user: User,
    role: str,
    unit: OrgUnit | None,
    *,
    since: datetime.date,
    until: datetime.date | None = None,
    by: User,
    on: datetime.date,
) -> RoleAssignment:
    """Give the person a role on the unit over ``[since, until)``; ``on`` is the day on which ``by`` decides.

    Without a unit it is the administrator of the whole installation, whom only another such one appoints.
    Raises PermissionDenied, or ValidationError where the person holds the role in that time or the dates are wrong.
    """
    _require_administrator(by, unit, on=on)
    User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise ValidationError("Tài khoản này đã ngừng hoạt động; hãy mở lại trước khi giao vai trò.")
    if unit is not None and unit.placement_on(since) is None:
        raise ValidationError(f"{unit} không hoạt động vào ngày {since:%d/%m/%Y}; hãy chọn ngày khác.")
    same = RoleAssignment.objects.filter(user=user, org_unit=unit, role=role, delegated_by__isnull=True)
    later = Q() if until is None else Q(valid_from__lt=until)
    if same.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=since), later).exists():
        raise ValidationError("Người này đã giữ vai trò đó ở đơn vị đó trong khoảng thời gian này.")
    given = RoleAssignment(user=user, org_unit=unit, role=role, valid_from=since, valid_to=until)
    given.full_clean()
    given.save()
    ends = until and until.isoformat()
    audit.record("role.give", user, by=by, org_unit=unit, role=role, valid_from=since.isoformat(), valid_to=ends)
    return given


@transaction.atomic
def end_role(held: RoleAssignment, *, ends_on: datetime.date, by: User, on: datetime.date) -> None:
    """The role no longer holds from ``ends_on`` (excluded). A role that has not begun is ended on its first day.

    What was delegated from it ends with it.
    """
    _require_administrator(by, held.org_unit, on=on)
    if held.role == Role.ADMINISTRATOR and held.org_unit_id is None:
        _keep_one_system_administrator(held.user, on=ends_on)
    ends_on = max(ends_on, held.valid_from)
    still = RoleAssignment.objects.filter(pk=held.pk).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=ends_on))
    if not still.update(valid_to=ends_on):
        raise Conflict("Vai trò này đã được kết thúc trước đó.")
    audit.record("role.end", held.user, by=by, org_unit=held.org_unit, role=held.role, valid_to=ends_on.isoformat())
    delegations.end_with_role(held, ends_on=ends_on, by=by)


@transaction.atomic
def deactivate(user: User, *, by: User, on: datetime.date) -> None:
    """Close the account: no sign-in, no mail. The roles stay as they are, so that history reads right.

    What the person had delegated ends: nobody reviews in the place of who is gone.
    """
    require_account_rights(user, by=by, on=on)
    if user.pk == by.pk:
        raise ValidationError("Không tự ngừng tài khoản của mình được; hãy nhờ một người quản trị khác.")
    _keep_one_system_administrator(user, on=on)
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise Conflict(f"Tài khoản của {user} đã ngừng hoạt động trước đó.")
    audit.record("person.deactivate", user, by=by)
    delegations.end_all_of(user, by=by, on=on)


@transaction.atomic
def reactivate(user: User, *, by: User, on: datetime.date) -> None:
    """Open the account again, with the roles that still hold."""
    require_account_rights(user, by=by, on=on)
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        raise Conflict(f"Tài khoản của {user} đang hoạt động.")
    audit.record("person.reactivate", user, by=by)


@transaction.atomic
def change_person(user: User, *, full_name: str, phone: str, by: User, on: datetime.date) -> None:
    """Correct name and telephone; the address stays, because it is how the person signs in."""
    require_account_rights(user, by=by, on=on)
    full_name, phone = nfc(" ".join(full_name.split())), phone.strip()
    before = {"full_name": user.full_name, "phone": user.phone}
    after = {"full_name": full_name, "phone": phone}
    changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if not changed:
        return
    User.objects.filter(pk=user.pk).update(
        **after, search_name=without_marks(full_name), sort_name=person_sort_key(full_name)
    )
    audit.record("person.change", user, by=by, changes=changed)


def may_manage_account(user: User, *, by: User, on: datetime.date) -> bool:
    """Whether every role that the person holds now lies where ``by`` administers."""
    if roles.is_system_administrator(by, on=on):
        return True
    held = user.role_assignments.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    inside = OrgUnit.objects.administered_by(by, on).values("pk")
    outside = held.exclude(org_unit__isnull=False, org_unit__in=inside)
    return User.objects.administered_by(by, on).filter(pk=user.pk).exists() and not outside.exists()


def require_account_rights(user: User, *, by: User, on: datetime.date) -> None:
    """Raise PermissionDenied unless ``may_manage_account``."""
    if not may_manage_account(user, by=by, on=on):
        raise PermissionDenied


def _require_administrator(by: User, unit: OrgUnit | None, *, on: datetime.date) -> None:
    if unit is not None:
        roles.require(by, Role.ADMINISTRATOR, unit, on=on)
    elif not roles.is_system_administrator(by, on=on):
        raise PermissionDenied


def _keep_one_system_administrator(user: User, *, on: datetime.date) -> None:
    """Raise ValidationError if, without this person, nobody would administer the whole installation from ``on``."""
    whole = RoleAssignment.objects.select_for_update().filter(
        role=Role.ADMINISTRATOR, org_unit__isnull=True, user__is_active=True
    )
    lasting = whole.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    holders = {row.user_id for row in lasting.order_by("pk")}
    if holders == {user.pk}:
        raise ValidationError("Đây là người quản trị toàn hệ thống duy nhất; hãy giao vai trò đó cho người khác trước.")
