"""A year day by day: every letter that went out is one that the statement asks for, once, and none is lacking.

Here with few units; ``sh scripts/bench year`` does the same with 1,500.
"""

import dataclasses
import datetime

import pytest
from django.core import mail

from reports.models import Reminder
from tests.year import comparison
from tests.year.lives import lived
from tests.year.product import Lived, live

UNITS = 64  # every kind of company and of life among them


@pytest.fixture
def year(db):
    made = Lived(lived(UNITS))
    live(made)
    return made


def test_the_letters_of_a_year_are_those_that_should_have_been_written(year):
    assert list(comparison.differences_of(year)) == []
    _the_comparison_sees_what_is_wrong(year)


def _the_comparison_sees_what_is_wrong(year):
    """The control, on the same year, which takes long to live: a letter lost, sent twice, or not due at all."""
    row = Reminder.objects.filter(status="sent").order_by("pk").first()
    Reminder.objects.filter(pk=row.pk).update(status="cancelled")
    assert len(list(comparison.differences_of(year))) == 2  # lacking in the log, and sent without a row
    Reminder.objects.filter(pk=row.pk).update(status="sent")
    mail.outbox.append(mail.outbox[0])
    assert len(list(comparison.differences_of(year))) == 1
    mail.outbox.pop()
    event = next(each for each in year.year.events if each.what == "file")
    year.year.events.remove(event)
    year.year.events.append(dataclasses.replace(event, moment=event.moment + datetime.timedelta(days=30)))
    year.year.events.sort(key=lambda each: each.moment)
    assert list(comparison.differences_of(year)) != []
