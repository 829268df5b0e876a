"""Two administrators who press at the same moment."""

import contextlib
import datetime
import threading
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from orgunits import delegations, invitations
from orgunits.models import AuditEvent, Role, RoleAssignment, User
from orgunits.models.people import RoleAssignmentQuerySet, UserQuerySet
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
DAY = datetime.date(2026, 11, 22)


def test_two_who_invite_the_same_address_make_one_account_with_both_roles(cast):
    first_is_written = threading.Event()

    def invite(unit) -> None:
        invitations.invite(
            email="moi@vi-du.vn", full_name="Lê Thị Mới", unit=unit, role=Role.REPORTER, since=DAY,
            by=cast.unit_administrator, on=DAY,
        )  # fmt: skip

    def first() -> None:
        with transaction.atomic():
            invite(cast.base)
            first_is_written.set()
            wait_for_a_waiter()

    def second() -> None:
        assert first_is_written.wait(PATIENCE)
        invite(cast.sibling)

    assert press_together([first, second]) == ["won", "won"]
    held = User.objects.get(email="moi@vi-du.vn").role_assignments.values_list("org_unit", flat=True)
    assert set(held) == {cast.base.pk, cast.sibling.pk}
    assert AuditEvent.objects.filter(action="person.invite").count() == 1


def delegate_twice(cast, monkeypatch, after_looking: Callable[[], object]) -> int:
    """A reviewer presses in two windows; ``after_looking`` is between the look whether there is one and the writing."""
    look = delegations._check_person

    def slow_look(*args, **days) -> None:
        look(*args, **days)
        after_looking()

    def press() -> None:
        until = DAY + datetime.timedelta(days=3)
        with contextlib.suppress(ValidationError):
            delegations.delegate(cast.union, to=cast.viewer, since=DAY, until=until, by=cast.reviewer, on=DAY)

    monkeypatch.setattr(delegations, "_check_person", slow_look)
    press_together([press, press])
    return RoleAssignment.objects.filter(delegated_by=cast.reviewer).count()


def test_reviewer_who_presses_in_two_windows_delegates_once(cast, monkeypatch):
    assert delegate_twice(cast, monkeypatch, wait_for_a_waiter) == 1


def test_without_the_lock_the_delegation_stands_twice(cast, monkeypatch):
    """The control: it is the lock that the test above is about."""
    for rows in (RoleAssignmentQuerySet, UserQuerySet):
        monkeypatch.setattr(rows, "select_for_update", lambda self: self)
    both_have_looked = threading.Barrier(2)
    assert delegate_twice(cast, monkeypatch, lambda: both_have_looked.wait(PATIENCE)) == 2
