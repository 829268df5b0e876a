"""Celery's doors to reminders, notices, the sums in today's tree and the check of the sums."""

import datetime
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from orgunits import mail
from orgunits.bells import Bell
from orgunits.models import Delivery
from reports import (
    digests,
    letters,
    message_trials,
    official_letter_mail,
    reminders,
    restated,
    restated_check,
    rollup_check,
    sending_hours,
    superiors,
)
from reports.models import Digest, Notice, OfficialLetterNotice, Reminder, SuperiorReminder, TrialLetter

DRAINS: dict[str, tuple[type[Delivery], Callable[[], bool]]] = {
    "reminders": (Reminder, reminders.drain),
    "superiors": (SuperiorReminder, superiors.drain),
    "digests": (Digest, digests.drain),
    "trials": (TrialLetter, message_trials.drain),
}
AT_ONCE = 2  # workers that send letters of one kind
AT_WORK = datetime.timedelta(seconds=60)  # whoever claimed a row so lately is still sending


@shared_task(base=Bell, expires=600)
def deliver_reminder(pk: int) -> None:
    reminders.deliver(pk)


@shared_task(base=Bell, expires=600)
def deliver_notice(pk: int) -> None:
    letters.deliver_notice(pk)


@shared_task(base=Bell, expires=600)
def deliver_official_letter(pk: int) -> None:
    official_letter_mail.deliver(pk)


@shared_task(base=Bell, expires=600)
def drain_letters(kind: str) -> None:
    """Send letters of one kind for a while; what is left then waits behind the other work of the queue."""
    _, drain = DRAINS[kind]
    if drain():
        drain_letters.ring(kind)


@shared_task(expires=600)
def write_reminders() -> None:
    """Write the reminders and digests that are due now, in the hours in which they may reach people, and ring."""
    now = timezone.now()
    written = 0
    if sending_hours.is_waking_hour(now):
        written = reminders.write_reminders(timezone.localdate(now))
    if written + digests.write(now):
        ring_for_letters()


@shared_task(expires=120)
def ring_for_letters() -> None:
    """Ring again for letters that wait, and for those that a dead worker left."""
    now = timezone.now()
    for kind, (model, _) in DRAINS.items():
        ready = mail.unfinished(model, at=now, limit=mail.BATCH + 1)
        is_served = model.objects.filter(status=Delivery.Status.CLAIMED, claimed_at__gt=now - AT_WORK).exists()
        for _ in range(0 if is_served or not ready else AT_ONCE if len(ready) > mail.BATCH else 1):
            drain_letters.delay(kind)
    for pk in mail.unfinished(Notice, at=now):
        deliver_notice.delay(pk)
    for pk in mail.unfinished(OfficialLetterNotice, at=now):
        deliver_official_letter.delay(pk)


@shared_task(expires=3600)
def check_rollups() -> None:
    """Compare the stored sums with the reports and rebuild what differs."""
    on = timezone.localdate()
    rollup_check.heal(on=on)
    restated_check.heal(on=on)


@shared_task(expires=60)
def restate_rollups() -> None:
    """Compute the sums in today's tree where something has changed since they were."""
    restated.refresh(on=timezone.localdate())
