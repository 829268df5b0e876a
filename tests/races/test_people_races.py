"""Two administrators who press at the same moment."""

import datetime
import threading

import pytest
from django.db import connection, transaction

from orgunits import invitations
from orgunits.models import AuditEvent, Role, User
from tests.races.crowd import press_together, wait_for_a_waiter

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
        first_is_written.wait(20)
        invite(cast.sibling)

    assert press_together([first, second]) == ["won", "won"]
    held = User.objects.get(email="moi@vi-du.vn").role_assignments.values_list("org_unit", flat=True)
    assert set(held) == {cast.base.pk, cast.sibling.pk}
    assert AuditEvent.objects.filter(action="person.invite").count() == 1
