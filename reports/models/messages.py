"""Mail about reports: reminders by rung of the ladder, and notices that something happened to a report."""

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from orgunits.models import Delivery, OrgUnit, User
from orgunits.models.delivery import DeliveryQuerySet
from reports.models.obligations import Obligation
from reports.models.reports import ReviewEvent

UNFINISHED = Q(status__in=["waiting", "claimed"])


class ReminderQuerySet(DeliveryQuerySet["Reminder"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Reminders of the reports of units in the user's scope."""
        return self.filter(obligation__org_unit__in=OrgUnit.objects.visible_to(user, on))


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

    objects: ClassVar[ReminderQuerySet] = ReminderQuerySet.as_manager()  # type: ignore[assignment]

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


class NoticeQuerySet(DeliveryQuerySet["Notice"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Notices about the reports of units in the user's scope."""
        return self.filter(event__report__obligation__org_unit__in=OrgUnit.objects.visible_to(user, on))


class Notice(Delivery):
    """Tells an officer that a report was returned, approved or reopened, or a reviewer that one was submitted."""

    event = models.ForeignKey(ReviewEvent, models.PROTECT, related_name="notices", verbose_name="sự kiện")

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["event", "recipient"], name="notice_once")]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="notice_unfinished")]

    def __str__(self) -> str:
        return str(self.event)
