"""Letters that list things: the rows of a message kind written once, and the context of their one template."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.dispatch import Signal

from orgunits import mail
from orgunits.models import Delivery
from reports.message_texts import Message

BATCH = 1000


@dataclass(frozen=True)
class Line:
    name: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    lines: Sequence[Line]
    more: int = 0


def letter(message: Message, sections: Sequence[Section], *, path: str, button: str, is_sample: bool) -> mail.Letter:
    context = {
        "message": message,
        "sections": [section for section in sections if section.lines],
        "link": settings.SITE_URL + path,
        "button": button,
        "is_sample": is_sample,
    }
    return mail.Letter("listing", context)


def insert_once(model: type[Delivery], rows: Iterable[Any], *, signal: Signal) -> list[int]:
    """Insert what is not there yet; the pks of the rows that this call, and no other, has inserted.

    The Message-ID is made here: it tells our rows from those of another writer, whom ``ignore_conflicts`` hides. Ours
    are younger than any row that was there before, so that only the end of the table is looked at. The signal goes out
    inside the transaction, with ``pks``.
    """
    rows, written = list(rows), []
    for row in rows:
        row.message_id = f"<{model._meta.model_name}-{uuid.uuid4()}@{mail.mail_domain()}>"
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        with transaction.atomic():
            newest = model.objects.aggregate(pk=Max("pk"))["pk"] or 0
            model.objects.bulk_create(part, ignore_conflicts=True)
            found = model.objects.filter(pk__gt=newest, message_id__in=[row.message_id for row in part])
            ours = list(found.order_by("pk").values_list("pk", flat=True))
            if ours:
                signal.send(sender=model, pks=ours)
        written += ours
    return written
