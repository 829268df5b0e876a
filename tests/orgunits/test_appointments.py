import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from orgunits import appointments
from orgunits.models import AuditEvent, Role, RoleAssignment, User
from orgunits.transitions import Conflict
from tests.builders import LONG_AGO, give_role, make_unit, make_user

DAY = datetime.date(2026, 11, 22)
NEXT = DAY + datetime.timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return make_unit("Gốc")


@pytest.fixture
def branch(root):
    return make_unit("Nhánh", parent=root)


@pytest.fixture
def system():
    return make_user("Quản trị hệ thống", role=Role.ADMINISTRATOR)


@pytest.fixture
def local(branch):
    return make_user("Quản trị nhánh", unit=branch, role=Role.ADMINISTRATOR)


def give(user, unit, by, role=Role.REPORTER, since=DAY, until=None):
    return appointments.give_role(user, role, unit, since=since, until=until, by=by, on=DAY)


def test_administrator_gives_a_role_inside_the_scope_and_it_is_audited(branch, local):
    user = make_user()
    give(user, branch, local)
    event = AuditEvent.objects.get(action="role.give")
    assert (event.actor, event.org_unit, event.data["role"]) == (local, branch, "reporter")
    assert RoleAssignment.objects.as_of(DAY).filter(user=user, org_unit=branch, role=Role.REPORTER).exists()


def test_administrator_of_a_branch_gives_no_role_above_it(root, local):
    with pytest.raises(PermissionDenied):
        give(make_user(), root, local)


def test_only_the_whole_administrator_appoints_another_one(local, system):
    with pytest.raises(PermissionDenied):
        give(make_user(), None, local, role=Role.ADMINISTRATOR)
    assert give(make_user(), None, system, role=Role.ADMINISTRATOR).org_unit is None


def test_reviewer_gives_no_roles(branch):
    reviewer = make_user(unit=branch, role=Role.REVIEWER)
    with pytest.raises(PermissionDenied):
        give(make_user(), branch, reviewer)


@pytest.mark.parametrize(
    ("held", "wanted", "clash"),
    [
        ((LONG_AGO, None), (DAY, None), True),
        ((LONG_AGO, DAY), (DAY, None), False),  # the day on which the old one no longer holds
        ((LONG_AGO, NEXT), (DAY, None), True),
        ((NEXT, None), (DAY, NEXT), False),
        ((NEXT, None), (DAY, None), True),
    ],
)
def test_one_role_is_not_held_twice_at_a_time(branch, system, held, wanted, clash):
    user = make_user()
    give_role(user, Role.REPORTER, branch, on=held[0], until=held[1])
    if clash:
        with pytest.raises(ValidationError, match="đã giữ vai trò"):
            give(user, branch, system, since=wanted[0], until=wanted[1])
    else:
        assert give(user, branch, system, since=wanted[0], until=wanted[1]).pk


def test_role_cannot_begin_before_the_unit(root, system):
    young = make_unit("Mới lập", parent=root, on=DAY)
    with pytest.raises(ValidationError, match="không hoạt động"):
        give(make_user(), young, system, since=LONG_AGO)


def test_ended_role_holds_until_the_day_before(branch, local):
    user = make_user()
    held = give_role(user, Role.REPORTER, branch)
    appointments.end_role(held, ends_on=DAY, by=local, on=DAY)
    assert not RoleAssignment.objects.as_of(DAY).filter(pk=held.pk).exists()
    assert RoleAssignment.objects.as_of(DAY - datetime.timedelta(days=1)).filter(pk=held.pk).exists()
    with pytest.raises(Conflict, match="đã được kết thúc"):
        appointments.end_role(held, ends_on=DAY, by=local, on=DAY)


def test_role_that_has_not_begun_never_holds(branch, local):
    held = give_role(make_user(), Role.REPORTER, branch, on=NEXT)
    appointments.end_role(held, ends_on=DAY, by=local, on=DAY)
    assert not RoleAssignment.objects.as_of(NEXT).filter(pk=held.pk).exists()


def test_last_administrator_of_the_whole_cannot_leave(system):
    own = system.role_assignments.get()
    with pytest.raises(ValidationError, match="duy nhất"):
        appointments.end_role(own, ends_on=NEXT, by=system, on=DAY)
    other = make_user(role=Role.ADMINISTRATOR)
    appointments.deactivate(other, by=system, on=DAY)
    with pytest.raises(ValidationError, match="duy nhất"):
        appointments.end_role(own, ends_on=NEXT, by=system, on=DAY)
    appointments.reactivate(other, by=system, on=DAY)
    appointments.end_role(own, ends_on=NEXT, by=system, on=DAY)


def test_account_with_a_role_elsewhere_is_not_the_branch_administrators_to_close(root, branch, local):
    inside = make_user(unit=branch, role=Role.REPORTER)
    both = make_user(unit=branch, role=Role.REPORTER)
    give_role(both, Role.VIEWER, root)
    appointments.deactivate(inside, by=local, on=DAY)
    assert not User.objects.get(pk=inside.pk).is_active
    with pytest.raises(PermissionDenied):
        appointments.deactivate(both, by=local, on=DAY)


def test_branch_administrator_cannot_close_an_administrator_of_the_whole(branch, local, system):
    give_role(system, Role.VIEWER, branch)
    with pytest.raises(PermissionDenied):
        appointments.deactivate(system, by=local, on=DAY)


def test_second_deactivation_says_that_it_is_done(branch, local):
    user = make_user(unit=branch, role=Role.REPORTER)
    appointments.deactivate(user, by=local, on=DAY)
    with pytest.raises(Conflict):
        appointments.deactivate(user, by=local, on=DAY)
    assert AuditEvent.objects.filter(action="person.deactivate").count() == 1


def test_nobody_closes_the_own_account(local):
    with pytest.raises(ValidationError, match="Không tự ngừng"):
        appointments.deactivate(local, by=local, on=DAY)


def test_changed_name_is_found_without_marks_and_audited(branch, local):
    user = make_user("Tên Cũ", unit=branch, role=Role.REPORTER)
    appointments.change_person(user, full_name="  Đỗ   Thị Mới ", phone="", by=local, on=DAY)
    assert User.objects.search("do thi moi").get() == user
    assert AuditEvent.objects.get(action="person.change").data == {"changes": {"full_name": ["Tên Cũ", "Đỗ Thị Mới"]}}
