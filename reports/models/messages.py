"""Mail about reports: reminders by rung of the ladder, and notices that something happened to a report."""

from django.db import models
from django.db.models import Q

from orgunits.models import Delivery
from reports.models.obligations import Obligation
from reports.models.reports import ReviewEvent

UNFINISHED = Q(status__in=["waiting", "claimed"])


class Reminder(Delivery):
    """One reminder of one obligation to one person; the constraint makes any number of generators write it once.

    ``rung`` is ``before-14`` … ``before-1``, ``late-1``, ``late-7``, or ``manual-<ISO date>`` for the button *nhắc*.
    ``due_on`` is the last good day that it speaks of: an extension begins the ladder anew.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "thư điện tử"

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="reminders", verbose_name="báo cáo")
    rung = models.CharField("mốc nhắc", max_length=20)
    due_on = models.DateField("hạn chót được nhắc")
    channel = models.CharField("kênh", max_length=10, choices=Channel, default=Channel.EMAIL)
    requested_by = models.ForeignKey("orgunits.User", models.PROTECT, null=True, related_name="+")

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["obligation", "rung", "due_on", "recipient", "channel"], name="reminder_once"
            ),
            models.UniqueConstraint(
                fields=["obligation", "rung", "recipient", "channel"],
                condition=Q(requested_by__isnull=False),
                name="reminder_by_hand_once_a_day",
            ),
        ]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="reminder_unfinished")]

    def __str__(self) -> str:
        return f"{self.rung} {self.obligation}"


class Notice(Delivery):
    """Tells an officer that a report was returned, approved or reopened, or a reviewer that one was submitted."""

    event = models.ForeignKey(ReviewEvent, models.PROTECT, related_name="notices", verbose_name="sự kiện")

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["event", "recipient"], name="notice_once")]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="notice_unfinished")]

    def __str__(self) -> str:
        return str(self.event)
