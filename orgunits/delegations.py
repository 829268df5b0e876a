"""Delegation of review: a reviewer on leave names another person on a unit, from a day to a day.

A delegation is a role of reviewer with ``delegated_by`` and an end, so that every question about rights and every
notice finds it by itself. It hangs on the delegator's own role: who reviews by delegation only cannot pass it on, and
it ends with that role or with the delegator's account. Nobody approves an own filing by it either (reports.workflow).
"""

import datetime
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q

from orgunits import audit, roles
from orgunits.models import OrgUnit, Placement, Role, RoleAssignment, User
from orgunits.models.people import RoleAssignmentQuerySet, UserQuerySet
from orgunits.models.units import unit_pks
from orgunits.transitions import Conflict

LONGEST = 366  # days: whoever is away for longer hands the post over


def delegations() -> RoleAssignmentQuerySet:
    """All delegations with the people and the unit that they name."""
    named = Prefetch("org_unit", OrgUnit.objects.prefetch_related("placements"))
    held = RoleAssignment.objects.filter(delegated_by__isnull=False).select_related("user", "delegated_by")
    return held.prefetch_related(named).order_by("-valid_from", "-pk")


def own_units(user: User, *, on: datetime.date) -> list[OrgUnit]:
    """The units whose review the person may delegate that day: those where the role of reviewer is the person's own."""
    held = _own_review(user).as_of(on).values("org_unit_id")
    units = OrgUnit.objects.filter(pk__in=held).prefetch_related("placements")
    return sorted(units, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")


def candidates(unit: OrgUnit, *, by: User, on: datetime.date) -> UserQuerySet:
    """Active people who hold a role of their own that day on the unit, above it or below it; without ``by``.

    Those of the unit itself come first, then by name.
    """
    place = unit.placement_on(on)
    near = Q(org_unit=unit)
    if place is not None:
        inside = Placement.objects.as_of(on).in_subtree(place.path)
        near = Q(org_unit__in=unit_pks(place.path)) | Q(org_unit__in=inside.values("org_unit_id"))
    held = RoleAssignment.objects.as_of(on).filter(near, delegated_by__isnull=True, user=OuterRef("pk"))
    people: UserQuerySet = User.objects.filter(Exists(held), is_active=True).exclude(pk=by.pk)
    return people.annotate(is_near=Exists(held.filter(org_unit=unit))).order_by("-is_near", "sort_name", "pk")


@transaction.atomic
def delegate(
    unit: OrgUnit, *, to: User, since: datetime.date, until: datetime.date, by: User, on: datetime.date
) -> RoleAssignment:
    """Let ``to`` review for the unit in place of ``by`` over ``[since, until)``; ``on`` is the day of the decision.

    Raises PermissionDenied to who does not review there in the own right, and ValidationError with a sentence where
    the days are wrong, the person is none of the ``candidates`` or reviews there already.
    """
    own = _own_review(by).as_of(on).filter(org_unit=unit).select_for_update().order_by("pk").first()
    if own is None:
        raise PermissionDenied
    User.objects.select_for_update().get(pk=to.pk)
    _check_days(own, since=since, until=until, on=on)
    _check_person(unit, to, since=since, until=until, by=by, on=on)
    given = RoleAssignment(
        user=to, org_unit=unit, role=Role.REVIEWER, valid_from=since, valid_to=until, delegated_by=by
    )
    given.full_clean()
    given.save()
    days = {"valid_from": since.isoformat(), "valid_to": until.isoformat()}
    audit.record("delegation.give", to, by=by, org_unit=unit, on_behalf_of=by.full_name, **days)
    return given


@transaction.atomic
def end(delegation: RoleAssignment, *, by: User, on: datetime.date) -> None:
    """The delegation holds no longer from ``on``; one that has not begun never holds.

    Raises PermissionDenied to all but the delegator and the administrators of the unit, Conflict where it is over.
    """
    if not may_end(delegation, by=by, on=on):
        raise PermissionDenied
    if not _cut(delegation, ends_on=on, by=by):
        raise Conflict("Ủy quyền này đã hết hiệu lực hoặc đã được kết thúc trước đó.")


def may_end(delegation: RoleAssignment, *, by: User, on: datetime.date) -> bool:
    """Whether the person may end it: who gave it, and who administers the unit."""
    unit = delegation.org_unit
    return delegation.delegated_by_id == by.pk or (unit is not None and roles.may(by, Role.ADMINISTRATOR, unit, on=on))


def end_with_role(held: RoleAssignment, *, ends_on: datetime.date, by: User) -> None:
    """End what hangs on this own role of reviewer; call it in the transaction in which the role ends."""
    if held.role != Role.REVIEWER or held.delegated_by_id is not None:
        return
    given = RoleAssignment.objects.filter(
        delegated_by=held.user_id, org_unit=held.org_unit_id, valid_from__gte=held.valid_from, valid_to__gt=ends_on
    )
    if held.valid_to is not None:  # what hangs on a later role of the same kind stays
        given = given.filter(valid_from__lt=held.valid_to)
    for delegation in given.select_related("user", "org_unit", "delegated_by").order_by("pk"):
        _cut(delegation, ends_on=ends_on, by=by)


def end_all_of(user: User, *, by: User, on: datetime.date) -> None:
    """End what the person has delegated; call it in the transaction in which the account is closed."""
    given = RoleAssignment.objects.filter(delegated_by=user, valid_to__gt=on)
    for delegation in given.select_related("user", "org_unit", "delegated_by").order_by("pk"):
        _cut(delegation, ends_on=on, by=by)


def principal(user: User, unit: OrgUnit, *, on: datetime.date) -> User | None:
    """In whose place the person reviews for the unit that day; None for who does so in the own right, or not at all."""
    held = user.role_assignments.as_of(on).filter(role=Role.REVIEWER)
    borrowed = list(held.filter(delegated_by__isnull=False).select_related("delegated_by").order_by("valid_from", "pk"))
    if not borrowed:
        return None
    reached = roles.units_above(unit, on=on)
    own = held.filter(delegated_by__isnull=True).values_list("org_unit_id", flat=True)
    if reached & set(own):
        return None
    return next((row.delegated_by for row in borrowed if row.org_unit_id in reached), None)


def principals(acts: Iterable[tuple[int, int, datetime.date]], unit: OrgUnit) -> dict[int, User]:
    """For acts of review on what ``unit`` receives, as (key, user's key, day): in whose place each was done, by key.

    Read from the roles as they stand now: a delegation that was ended holds for the whole of its last day here, as
    what was done on that day before its end was done by it. One query where none of the people was ever a delegate.
    """
    acts = list(acts)
    people = {user for _, user, _ in acts}
    rows = RoleAssignment.objects.filter(user__in=people, role=Role.REVIEWER)
    borrowed = list(rows.filter(delegated_by__isnull=False).select_related("delegated_by").order_by("valid_from", "pk"))
    if not borrowed:
        return {}
    own = list(rows.filter(delegated_by__isnull=True))
    found: dict[int, User] = {}
    for key, user, day in acts:
        reached = roles.units_above(unit, on=day)
        if any(row.user_id == user and row.org_unit_id in reached and row.holds_on(day) for row in own):
            continue
        theirs = [row for row in borrowed if row.user_id == user and row.org_unit_id in reached]
        row = next((row for row in theirs if row.holds_on(day)), None) or next(
            (row for row in theirs if row.valid_from <= day == row.valid_to), None
        )
        if row and row.delegated_by:
            found[key] = row.delegated_by
    return found


def _own_review(user: User) -> RoleAssignmentQuerySet:
    return user.role_assignments.filter(role=Role.REVIEWER, delegated_by__isnull=True, org_unit__isnull=False)


def _check_days(own: RoleAssignment, *, since: datetime.date, until: datetime.date, on: datetime.date) -> None:
    day = datetime.timedelta(days=1)
    if since < on:
        raise ValidationError({"since": f"Ủy quyền bắt đầu sớm nhất từ hôm nay, {on:%d/%m/%Y}."})
    if until <= since:
        raise ValidationError({"until": "Ngày cuối không được trước ngày bắt đầu."})
    if (until - since).days > LONGEST:
        raise ValidationError(
            {"until": "Mỗi lần ủy quyền không quá một năm. Nếu vắng lâu hơn, hãy nhờ quản trị viên giao vai trò."}
        )
    if own.valid_to is not None and until > own.valid_to:
        last = own.valid_to - day
        raise ValidationError(
            {"until": f"Vai trò xét duyệt của bạn chỉ đến hết ngày {last:%d/%m/%Y}; hãy chọn ngày cuối không sau đó."}
        )


def _check_person(
    unit: OrgUnit, to: User, *, since: datetime.date, until: datetime.date, by: User, on: datetime.date
) -> None:
    if to.pk == by.pk:
        raise ValidationError({"person": "Không ủy quyền cho chính mình được; hãy chọn người khác."})
    if not candidates(unit, by=by, on=on).filter(pk=to.pk).exists():
        raise ValidationError(
            {"person": f"{to} không giữ vai trò nào ở {unit}, đơn vị cấp trên hay cấp dưới của đơn vị này."}
        )
    same = RoleAssignment.objects.filter(user=to, org_unit=unit, role=Role.REVIEWER, valid_from__lt=until)
    clash = same.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=since)).exclude(valid_to=F("valid_from"))
    held = clash.select_related("delegated_by").order_by("pk").first()
    if held is None:
        return
    if held.delegated_by is None:
        raise ValidationError({"person": f"{to} đã là người xét duyệt của {unit} trong thời gian này."})
    raise ValidationError(
        {
            "person": f"{to} đã được {held.delegated_by} ủy quyền ở {unit} từ ngày {held.valid_from:%d/%m/%Y} đến hết "
            f"ngày {held.last_day:%d/%m/%Y}. Hãy kết thúc ủy quyền đó hoặc chọn thời gian khác."
        }
    )


def _cut(delegation: RoleAssignment, *, ends_on: datetime.date, by: User) -> bool:
    """True for exactly one of any number of callers."""
    ends_on = max(ends_on, delegation.valid_from)
    still = RoleAssignment.objects.filter(pk=delegation.pk, delegated_by__isnull=False, valid_to__gt=ends_on)
    if not still.update(valid_to=ends_on):
        return False
    audit.record(
        "delegation.end",
        delegation.user,
        by=by,
        org_unit=delegation.org_unit,
        on_behalf_of=str(delegation.delegated_by),
        valid_to=ends_on.isoformat(),
    )
    return True
