"""A hundred documents at once take the numbers 1 to 100. The control reads and counts up itself, and twins appear."""

import datetime
import threading

import pytest
from django.db import IntegrityError, transaction

from plans import register
from plans.models import Letterhead, NumberSeries, OutgoingDocument
from plans.official.blocks import DocumentNumber
from tests.builders import LONG_AGO, make_unit, make_user
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 10
EACH = 10
DAY = datetime.date(2026, 11, 22)


@pytest.fixture
def unit():
    unit = make_unit()
    Letterhead.objects.create(org_unit=unit, valid_from=LONG_AGO, issuer_line="CÔNG ĐOÀN", body_code="CĐVC")
    return unit


def give(unit, by):
    return register.give(unit, "plan", number=DocumentNumber(None, "KH"), on=DAY, by=by, subject="Thử")


def test_a_hundred_at_once_leave_no_gap_and_no_twin(unit):
    by = make_user(unit=unit, role="approver")
    press_together([lambda: [give(unit, by) for _ in range(EACH)]] * CROWD)
    serials = list(OutgoingDocument.objects.order_by("serial").values_list("serial", flat=True))
    assert serials == list(range(1, CROWD * EACH + 1))
    assert NumberSeries.objects.get().last == CROWD * EACH


def test_what_is_rolled_back_leaves_no_gap(unit):
    by = make_user(unit=unit, role="approver")

    def fail():
        try:
            with transaction.atomic():
                give(unit, by)
                raise InterruptedError
        except InterruptedError:
            pass

    press_together([fail, lambda: give(unit, by)] * 5)
    assert list(OutgoingDocument.objects.order_by("serial").values_list("serial", flat=True)) == [1, 2, 3, 4, 5]


def test_of_two_who_use_a_kept_number_one_does(unit):
    by = make_user(unit=unit, role="approver")
    kept = register.reserve(unit, "plan", on=DAY, by=by, purpose="Kế hoạch sắp ban hành")
    number = DocumentNumber(None, "KH")

    def use():
        mine = OutgoingDocument.objects.get(pk=kept.pk)
        register.issue_reserved(mine, number=number, on=DAY, by=by, subject="Thử")

    assert sorted(press_together([use] * 4)).count("won") == 1


def test_control_counting_up_in_python_makes_twins(unit, monkeypatch):
    """The same crowd with the guard off: they read, count up and save; the constraint refuses the second."""
    by = make_user(unit=unit, role="approver")
    give(unit, by)
    seen, read = threading.local(), threading.Barrier(4)

    def unguarded(series):
        NumberSeries.objects.filter(pk=series.pk).update(last=seen.last + 1)
        return seen.last + 1

    def read_then_give():
        seen.last = NumberSeries.objects.values_list("last", flat=True).get()
        read.wait(PATIENCE)
        give(unit, by)

    monkeypatch.setattr(register, "take_serial", unguarded)
    with pytest.raises(IntegrityError):
        press_together([read_then_give] * 4)
