"""Digests: one letter for many things. Who wants one, when it is written, and its delivery.

What a person owes is gathered on any day, at the hours of reminders; reviewers are told at the beginning of a working
day, and the province on Mondays or on the first working day after.
"""

import datetime
from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.dispatch import Signal
from django.utils import timezone

from orgunits import mail
from orgunits.models import Delivery, User
from reports import digest_contents, listings, sending_hours
from reports.message_texts import Texts
from reports.models import Digest, DigestRound, Reminder

Kind = Digest.Kind
# Sent inside the transaction, after digests were written; argument: pks, those of the rows that this call inserted.
digested = Signal()


def gather(on: datetime.date) -> int:
    """Write the day's digest of everybody for whom reminders were put aside, and say in those where they are told.

    A reminder that is put aside after the digest went out is told in the one of the next day.
    """
    aside = Reminder.objects.filter(status=Delivery.Status.GATHERED, digest=None)
    people = list(aside.order_by("recipient").values_list("recipient", flat=True).distinct())
    if not people:
        return 0
    written = _insert(Kind.OWED, people, day=on)
    todays = Digest.objects.waiting().filter(kind=Kind.OWED, day=on, resend_of=None, recipient=OuterRef("recipient"))
    aside.filter(recipient__in=people).update(digest=Subquery(todays.values("pk")[:1]))
    return written


def write(at: datetime.datetime) -> int:
    """Write the digests of superiors that are due at that instant of working time; returns how many were written."""
    if not sending_hours.is_working_time(at):
        return 0
    on = timezone.localdate(at)
    monday = on - datetime.timedelta(days=on.weekday())
    written = _round(Kind.REVIEW, on, digest_contents.reviewers_to_tell)
    return written + _round(Kind.PROVINCE, monday, digest_contents.province_people, on=on)


@transaction.atomic
def _round(
    kind: str, day: datetime.date, who: Callable[[datetime.date], list[int]], *, on: datetime.date | None = None
) -> int:
    """Once for each kind and day, however many try and whenever the first of them comes."""
    _, is_first = DigestRound.objects.get_or_create(kind=kind, day=day)
    return _insert(kind, who(on or day), day=day) if is_first else 0


def _insert(kind: str, people: Iterable[int], *, day: datetime.date) -> int:
    rows = [Digest(kind=kind, recipient_id=person, day=day) for person in people]
    return len(listings.insert_once(Digest, rows, signal=digested))


def deliver(pk: int) -> bool:
    return mail.deliver(Digest, pk, lambda row: prepare([row])(row))


def drain() -> bool:
    """Send what waits; True where more is left than there was time for."""
    return mail.drain(Digest, prepare)


def prepare(rows: list[Digest]) -> Callable[[Digest], mail.Letter]:
    """The function returned writes one digest, as things stand now."""
    now = timezone.now()
    on, texts = timezone.localdate(now), Texts()
    waking, working = sending_hours.next_waking(now), sending_hours.next_working(now)
    written: dict[str, Callable[..., mail.Letter]] = {
        Kind.OWED: digest_contents.owed,
        Kind.REVIEW: digest_contents.review,
        Kind.PROVINCE: digest_contents.province,
    }

    def write_one(row: Digest) -> mail.Letter:
        allowed_from = waking if row.kind == Kind.OWED else working
        if allowed_from > now and not row.resent_by_id:
            raise mail.NotYet(allowed_from)
        person: User = row.recipient
        return written[row.kind](row, person, texts=texts, on=on)

    return write_one
