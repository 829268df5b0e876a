"""Two administrators who confirm acts on one unit at the same moment: the second sees what the first has done."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from orgunits import acting, following, reorganisation, reversal
from orgunits.act_forms import RenameForm
from orgunits.models import Placement, Reorganisation, RoleAssignment
from orgunits.transitions import Conflict
from reports import obligation_following
from reports.workflow import submit
from tests.builders import content, make_cast, make_level, make_report
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
DAY = datetime.date(2026, 7, 1)
TODAY = datetime.date(2026, 8, 1)


def rename(cast, name):
    """A form that is filled in and was seen in its preview, and the press that confirms it."""
    place = Placement.objects.select_related("org_unit").get(org_unit=cast.base, is_final=True)
    data = {"name": name, "level": make_level().pk, "on": f"{DAY:%d/%m/%Y}"}
    form = RenameForm(data, unit=cast.base, by=cast.administrator, today=TODAY, place=place)
    assert form.is_valid()
    stamp = acting.preview(form, {}, by=cast.administrator, today=TODAY).stamp
    return lambda: acting.confirm(form, {}, stamp=stamp, by=cast.administrator, today=TODAY)


def test_of_two_confirmations_one_is_told_that_the_tree_has_changed():
    cast = make_cast()
    outcomes = press_together([rename(cast, "Tên thứ nhất"), rename(cast, "Tên thứ hai")])
    assert sorted(outcomes) == sorted(["won", acting.CHANGED])
    assert Reorganisation.objects.filter(act="rename").count() == 1


def test_control_without_the_stamp_the_second_writes_over_the_first(monkeypatch):
    cast = make_cast()
    monkeypatch.setattr(acting, "_refuse_changed", lambda now, shown: None)
    assert press_together([rename(cast, "Tên thứ nhất"), rename(cast, "Tên thứ hai")]) == ["won", "won"]
    assert Reorganisation.objects.filter(act="rename").count() == 2


def waiting_act(cast):
    act = reorganisation.end(cast.base, on=DAY, by=cast.administrator, successors=[cast.sibling])
    role = RoleAssignment.objects.get(user=cast.officer)
    following.follow(
        [act], {f"role-{role.pk}": f"to:{cast.sibling.code}"}, by=cast.administrator, today=DAY.replace(day=1, month=6)
    )
    return act


def carry_out_twice(cast):
    act = waiting_act(cast)

    def carry_out():
        if not following.carry_out(act, by=cast.administrator):
            raise Conflict("done already")

    return press_together([carry_out, carry_out])


def test_what_follows_is_carried_out_once_by_two_workers():
    cast = make_cast()
    assert sorted(carry_out_twice(cast)) == ["done already", "won"]
    assert RoleAssignment.objects.filter(user=cast.officer, org_unit=cast.sibling).count() == 1


def test_control_without_the_claim_both_workers_do_it(monkeypatch):
    cast = make_cast()
    monkeypatch.setattr(following, "_claim", lambda act: True)
    assert carry_out_twice(cast) == ["won", "won"]


def file_while_the_act_is_taken_back(cast, *, waits):
    """The successor's officer files, and before that is committed somebody takes the merger back."""
    act = reorganisation.end(cast.base, on=DAY, by=cast.administrator, successors=[cast.sibling])
    report = make_report(cast.sibling_obligation)
    filed, reversed_ = threading.Event(), threading.Event()

    def file():
        with transaction.atomic():
            submit(report, content(), by=cast.sibling_officer)
            filed.set()
            wait_for_a_waiter() if waits else reversed_.wait(PATIENCE)

    def take_back():
        assert filed.wait(PATIENCE)
        try:
            reversal.reverse(act, by=cast.administrator, reason="Nhầm")
        except ValidationError as error:
            raise Conflict("filed") from error
        finally:
            reversed_.set()

    return press_together([file, take_back])


def test_act_is_not_taken_back_under_a_filing_that_is_under_way():
    assert file_while_the_act_is_taken_back(make_cast(), waits=True) == ["won", "filed"]


def test_control_without_waiting_for_the_filing_it_is_taken_back(monkeypatch):
    monkeypatch.setattr(obligation_following, "_hold_filing", lambda units: None)
    assert file_while_the_act_is_taken_back(make_cast(), waits=False) == ["won", "won"]
