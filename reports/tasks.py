"""Celery's doors to reminders, notices, the sums in today's tree and the check of the sums."""

from celery import shared_task
from django.utils import timezone

from orgunits import mail
from orgunits.bells import Bell
from reports import letters, official_letter_mail, reminders, restated, restated_check, rollup_check
from reports.models import Notice, OfficialLetterNotice, Reminder


@shared_task(base=Bell, expires=600)
def deliver_reminder(pk: int) -> None:
    reminders.deliver(pk)


@shared_task(base=Bell, expires=600)
def deliver_notice(pk: int) -> None:
    letters.deliver_notice(pk)


@shared_task(base=Bell, expires=600)
def deliver_official_letter(pk: int) -> None:
    official_letter_mail.deliver(pk)


@shared_task(expires=600)
def write_reminders() -> None:
    """Write the reminders that are due now, in the hours in which letters may reach people, and ring for them."""
    now = timezone.now()
    if reminders.is_waking_hour(now) and reminders.write_reminders(timezone.localdate(now)):
        ring_for_letters()


@shared_task(expires=120)
def ring_for_letters() -> None:
    """Ring again for letters that wait, and for those that a dead worker left."""
    now = timezone.now()
    for pk in mail.unfinished(Reminder, at=now):
        deliver_reminder.delay(pk)
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
