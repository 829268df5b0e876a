"""Holds what the product has recorded and sent against the statement."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.core import mail
from django.utils import timezone

from orgunits.models import Delivery
from reports.models import Digest, Notice, Reminder, SuperiorReminder
from tests.year.lives import DUE
from tests.year.product import Lived
from tests.year.statement import Gathered, Named, Told, statement

SENT = Delivery.Status.SENT


def differences_of(year: Lived) -> Iterator[str]:
    """Every letter too much and every one that is lacking; nothing where the year was as it should have been."""
    clerk = statement(year.year, DUE)
    yield from _differences(_told(year), clerk.told)
    yield from _differences(_named(year), clerk.named)
    yield from _differences(_gathered(), clerk.gathered)
    # Every row that says "sent" is one letter that went out, and no letter went out twice or without a row.
    models = (Reminder, SuperiorReminder, Digest, Notice)
    rows = [key for model in models for key in model.objects.filter(status=SENT).values_list("message_id", flat=True)]
    yield from _differences((message.extra_headers["Message-ID"] for message in mail.outbox), rows)


def _differences(found: Iterable[Any], wanted: Iterable[Any]) -> Iterator[str]:
    there, asked = Counter(found), Counter(wanted)
    yield from (f"too much: {row}" for row in sorted((there - asked).keys()))
    yield from (f"lacking: {row}" for row in sorted((asked - there).keys()))


def _told(year: Lived) -> Iterator[Told]:
    codes = {unit.pk: code for code, unit in year.units.items()}
    for row in Reminder.objects.filter(status=SENT).select_related("recipient", "obligation__duty"):
        kind, _, days = row.rung.partition("-")
        unit, duty = codes[row.obligation.org_unit_id], row.obligation.duty.name
        left = -int(days) if kind == "late" else int(days)
        yield Told(timezone.localdate(row.sent_at), row.recipient.email, unit, duty, left, row.due_on)


def _named(year: Lived) -> Iterator[Named]:
    """The units are read from the letters themselves."""
    codes = {unit.pk: code for code, unit in year.units.items()}
    texts = {message.extra_headers["Message-ID"]: message.body for message in mail.outbox}
    for row in SuperiorReminder.objects.filter(status=SENT).select_related("recipient", "duty"):
        units = re.findall(r"^\W*Đơn vị ([CX]\d+)\b", texts[row.message_id], re.MULTILINE)
        receiver, day = codes[row.receiving_unit_id], timezone.localdate(row.sent_at)
        yield Named(day, row.recipient.email, receiver, row.duty.name, row.step_on, tuple(sorted(units)))


def _gathered() -> Iterator[Gathered]:
    for row in Digest.objects.filter(status=SENT).select_related("recipient"):
        yield Gathered(timezone.localdate(row.sent_at), row.recipient.email, row.kind)
