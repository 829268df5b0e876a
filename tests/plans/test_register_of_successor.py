"""Number series belong to a unit: a new unit begins at 01, whatever those before it had reached."""

import datetime

import pytest

from orgunits import reorganisation
from plans import register
from plans.official.blocks import DocumentNumber
from tests.builders import make_unit, make_user

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 7, 1)
NUMBER = DocumentNumber(None, "KH", "CĐCS", "")


def give(unit, on):
    return register.give(unit, "plan", number=NUMBER, on=on, by=make_user(), subject="Kế hoạch").serial


def test_new_unit_begins_at_01_and_one_that_goes_on_counts_on():
    first, second = make_unit(), make_unit()
    before = DAY - datetime.timedelta(days=1)
    assert [give(first, before), give(first, before), give(second, before)] == [1, 2, 1]
    new = make_unit("Mới", on=DAY)
    reorganisation.merge([first], [new, second], on=DAY, by=None)
    assert give(new, DAY) == 1
    assert give(second, DAY) == 2


def test_restored_unit_counts_on():
    unit = make_unit()
    give(unit, DAY)
    reorganisation.end(unit, on=DAY + datetime.timedelta(days=1), by=None)
    reorganisation.restore(unit, parent=None, on=DAY + datetime.timedelta(days=30), by=None)
    assert give(unit, DAY + datetime.timedelta(days=30)) == 2
