"""Notifications in the product: written with the event, in its transaction, each once for each person."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from orgunits.models import Notification, OrgUnit, User
from orgunits.models.channels import NotificationQuerySet
from orgunits.vietnamese import nfc

BATCH = 500
MOST_SHOWN = 99  # the bell says "99+" beyond


@dataclass(frozen=True)
class Draft:
    """What one person is to be told. ``url`` is a path of our own; ``unit`` as ``Notification.org_unit``."""

    recipient: int
    key: str
    title: str
    url: str
    text: str = ""
    unit: int | None = None


def write(drafts: Iterable[Draft]) -> None:
    """Write what is not there yet; call it inside the transaction of the event."""
    rows = [
        Notification(
            recipient_id=draft.recipient,
            key=draft.key,
            title=nfc(draft.title)[:250],
            text=nfc(draft.text)[:500],
            url=draft.url,
            org_unit_id=draft.unit,
        )
        for draft in drafts
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def unread_count(user: User) -> int:
    """How many are unread, counted no further than the bell shows: one query on a partial index."""
    return Notification.objects.visible_to(user).unread().order_by()[: MOST_SHOWN + 1].count()


def open_one(notification: Notification) -> None:
    """The person has read it; the first time counts."""
    Notification.objects.filter(pk=notification.pk).unread().update(read_at=timezone.now())


def read_all(user: User, *, up_to: int) -> int:
    """Mark as read what the person saw on the page, not what has come since; returns how many."""
    return Notification.objects.visible_to(user).unread().filter(pk__lte=up_to).update(read_at=timezone.now())


def hidden(rows: Iterable[Notification], user: User, *, on: datetime.date) -> set[int]:
    """Those of the rows whose unit the person may no longer see: their words are not shown."""
    about = {row.org_unit_id for row in rows if row.org_unit_id}
    seen = set(OrgUnit.objects.visible_to(user, on).filter(pk__in=about).values_list("pk", flat=True))
    return {row.pk for row in rows if row.org_unit_id and row.org_unit_id not in seen}


def old(at: datetime.datetime) -> NotificationQuerySet:
    """What may be removed at that instant."""
    return Notification.objects.older_than(at - datetime.timedelta(days=settings.NOTIFICATION_DAYS))
