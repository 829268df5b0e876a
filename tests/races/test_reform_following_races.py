"""What follows a reform while it is taken back, and while a section of it is taken up."""

import datetime
import threading

import pytest
from django.db import connection, transaction

from orgunits import following, reform_following, reorganisation, reversal
from orgunits.models import Reform, Reorganisation, RoleAssignment
from orgunits.models.reorganisations import ReorganisationQuerySet
from tests.builders import make_cast
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
DAY = datetime.date(2026, 7, 1)


@pytest.fixture
def cast():
    """The base unit ends by a reform whose roles are to follow; the officer's role there is ``held``."""
    cast = make_cast()
    cast.reform = Reform.objects.create(sector=cast.base.sector, name="Sắp xếp 2026", effective_on=DAY)
    with reorganisation.ordered(cast.base.sector, on=DAY, by=None, reform=cast.reform) as order:
        cast.act = order.end(cast.base, {cast.sibling: None})
    reform_following.keep(cast.reform, {"roles": "proposed", "obligations": "left"})
    cast.held = RoleAssignment.objects.get(user=cast.officer, org_unit=cast.base)
    return cast


def test_what_is_being_carried_out_is_undone_by_the_reversal_that_waits_for_it(cast):
    is_done = threading.Event()

    def carry_out():
        with transaction.atomic():
            assert following.carry_out(cast.act, by=None)
            is_done.set()
            wait_for_a_waiter()

    def take_back():
        assert is_done.wait(PATIENCE)
        reversal.reverse(cast.reform, by=cast.administrator, reason="Nhầm")

    assert press_together([carry_out, take_back]) == ["won", "won"]
    cast.held.refresh_from_db()
    assert cast.held.valid_to is None


def carry_out_during_the_reversal(cast) -> list[str]:
    is_reversed = threading.Event()

    def take_back():
        with transaction.atomic():
            reversal.reverse(cast.reform, by=cast.administrator, reason="Nhầm")
            is_reversed.set()
            wait_for_a_waiter()

    def carry_out():
        assert is_reversed.wait(PATIENCE)
        following.carry_out(Reorganisation.objects.get(pk=cast.act.pk), by=None)

    return press_together([take_back, carry_out])


def test_nothing_is_carried_out_of_a_reform_that_is_being_taken_back(cast):
    assert carry_out_during_the_reversal(cast) == ["won", "won"]
    cast.held.refresh_from_db()
    assert cast.held.valid_to is None


def test_control_reading_first_whether_the_act_stands_ends_roles_for_an_act_taken_back(cast, monkeypatch):
    monkeypatch.setattr(following, "_claim", lambda act: Reorganisation.objects.standing().filter(pk=act.pk).exists())
    assert carry_out_during_the_reversal(cast) == ["won", "won"]
    cast.held.refresh_from_db()
    assert cast.held.valid_to == DAY
    assert Reorganisation.objects.get(pk=cast.act.pk).reversed_at is not None


def take_up_during_the_carrying_out(cast) -> Reorganisation:
    """The worker has done the roles and not yet committed, when a person takes up the reports."""
    is_done = threading.Event()

    def carry_out():
        with transaction.atomic():
            following.carry_out(cast.act, by=None)
            is_done.set()
            wait_for_a_waiter()

    def take_up():
        assert is_done.wait(PATIENCE)
        reform_following.take_up(cast.reform, "obligations", by=cast.administrator)

    assert press_together([carry_out, take_up]) == ["won", "won"]
    return Reorganisation.objects.get(pk=cast.act.pk)


def test_section_that_is_taken_up_meanwhile_keeps_what_was_done(cast):
    act = take_up_during_the_carrying_out(cast)
    assert act.follow_up["rule"] == {"roles": "proposed", "obligations": "proposed"}
    assert act.follow_up["done"]["roles"]
    assert following.carry_out_due(DAY) == 1


def test_control_without_the_lock_what_was_done_is_forgotten(cast, monkeypatch):
    monkeypatch.setattr(ReorganisationQuerySet, "select_for_update", lambda self: self.all())
    assert "done" not in take_up_during_the_carrying_out(cast).follow_up


def test_each_act_is_carried_out_once_by_two_ticks(cast):
    found: list[int] = []

    def tick():
        found.append(following.carry_out_due(DAY))

    assert press_together([tick, tick]) == ["won", "won"]
    assert sum(found) == 1
