"""A year day by day: every letter that went out is one that the statement asks for, once, and none is lacking."""

import re
from collections import Counter

import pytest
from django.core import mail
from django.utils import timezone

from orgunits.models import Delivery
from reports.models import Digest, Notice, Reminder, SuperiorReminder
from tests.year.lives import DUE, lived
from tests.year.product import Lived, live
from tests.year.statement import Gathered, Named, Told, statement

UNITS = 64
SENT = Delivery.Status.SENT


@pytest.fixture
def year(db):
    made = Lived(lived(UNITS))
    live(made)
    return made


def told(year):
    codes = {unit.pk: code for code, unit in year.units.items()}
    rows = Reminder.objects.filter(status=SENT).select_related("recipient", "obligation__duty")
    for row in rows:
        kind, _, days = row.rung.partition("-")
        unit, duty = codes[row.obligation.org_unit_id], row.obligation.duty.name
        left = -int(days) if kind == "late" else int(days)
        yield Told(timezone.localdate(row.sent_at), row.recipient.email, unit, duty, left, row.due_on)


def named(year):
    """The units are read from the letters themselves."""
    codes = {unit.pk: code for code, unit in year.units.items()}
    texts = {message.extra_headers["Message-ID"]: message.body for message in mail.outbox}
    for row in SuperiorReminder.objects.filter(status=SENT).select_related("recipient", "duty"):
        units = re.findall(r"^\W*Đơn vị ([CX]\d+)\b", texts[row.message_id], re.MULTILINE)
        receiver, day = codes[row.receiving_unit_id], timezone.localdate(row.sent_at)
        yield Named(day, row.recipient.email, receiver, row.duty.name, row.step_on, tuple(sorted(units)))


def gathered():
    for row in Digest.objects.filter(status=SENT).select_related("recipient"):
        yield Gathered(timezone.localdate(row.sent_at), row.recipient.email, row.kind)


def differences(found, wanted):
    """What is there too much, and what is lacking."""
    found, wanted = Counter(found), Counter(wanted)
    return sorted((found - wanted).keys())[:20], sorted((wanted - found).keys())[:20]


def test_the_log_of_a_year_is_what_should_have_been_written(year):
    clerk = statement(year.year, DUE)
    assert differences(told(year), clerk.told) == ([], [])
    assert differences(named(year), clerk.named) == ([], [])
    assert differences(gathered(), clerk.gathered) == ([], [])
    # Every row that says "sent" is one letter that went out, and no letter went out twice or without a row.
    rows = [row for model in (Reminder, SuperiorReminder, Digest, Notice) for row in sent_ids(model)]
    assert Counter(message.extra_headers["Message-ID"] for message in mail.outbox) == Counter(rows)


def sent_ids(model):
    return model.objects.filter(status=SENT).values_list("message_id", flat=True)
