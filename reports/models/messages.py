"""Mail about reports: reminders by rung of the ladder, to the superior with names, digests, notices, trial letters."""

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from orgunits.models import Delivery, OrgUnit, User
from orgunits.models.delivery import DeliveryQuerySet
from plans.models import ReportingDuty
from reports.models.obligations import Obligation, Period
from reports.models.reports import ReviewEvent

UNFINISHED = Q(status__in=["waiting", "claimed"])
FIRST = Q(resend_of__isnull=True)  # not sent again by a person


class ReminderQuerySet(DeliveryQuerySet["Reminder"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Reminders of the reports of units in the user's scope."""
        return self.filter(obligation__org_unit__in=OrgUnit.objects.visible_to(user, on))


class Reminder(Delivery):
    """One reminder of one obligation to one person; the constraint makes any number of generators write it once.

    ``rung`` is ``before-14``, ``due-0``, ``late-7`` or the like, or ``manual-<ISO date>`` for the button *nhắc*.
    ``due_on`` is the last good day that it speaks of: an extension begins the ladder anew. Who wants one letter a day
    gets what is not late yet in a ``digest``; the row is then GATHERED, and never sent by itself.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "thư điện tử"

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="reminders", verbose_name="báo cáo")
    rung = models.CharField("mốc nhắc", max_length=20)
    due_on = models.DateField("hạn chót được nhắc")
    channel = models.CharField("kênh", max_length=10, choices=Channel, default=Channel.EMAIL)
    requested_by = models.ForeignKey("orgunits.User", models.PROTECT, null=True, related_name="+")
    digest = models.ForeignKey(
        "reports.Digest", models.SET_NULL, null=True, blank=True, db_index=False, related_name="reminders"
    )

    objects: ClassVar[ReminderQuerySet] = ReminderQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [
            *Delivery.Meta.constraints,
            models.UniqueConstraint(
                fields=["obligation", "rung", "due_on", "recipient", "channel"], condition=FIRST, name="reminder_once"
            ),
            models.UniqueConstraint(
                fields=["obligation", "rung", "recipient", "channel"],
                condition=FIRST & Q(requested_by__isnull=False),
                name="reminder_by_hand_once_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "id"], condition=UNFINISHED, name="reminder_unfinished"),
            models.Index(fields=["recipient"], condition=Q(status="gathered", digest=None), name="reminder_to_gather"),
            models.Index(fields=["digest"], condition=Q(digest__isnull=False), name="reminder_of_digest"),
        ]

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
        constraints = [
            *Delivery.Meta.constraints,
            models.UniqueConstraint(fields=["event", "recipient"], condition=FIRST, name="notice_once"),
        ]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="notice_unfinished")]

    def __str__(self) -> str:
        return str(self.event)


class SuperiorReminder(Delivery):
    """Tells one reviewer of the receiving unit, by name, which units have not filed; one for each day of a step.

    ``step_on`` is the day on which the step falls for the units that it names. The names are looked up when it is
    sent.
    """

    duty = models.ForeignKey(ReportingDuty, models.PROTECT, related_name="+", verbose_name="chế độ báo cáo")
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", verbose_name="kỳ báo cáo")
    receiving_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name="nơi nhận báo cáo")
    step_on = models.DateField("ngày của mốc nhắc")

    objects: ClassVar[DeliveryQuerySet["SuperiorReminder"]] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [
            *Delivery.Meta.constraints,
            models.UniqueConstraint(
                fields=["duty", "period", "receiving_unit", "step_on", "recipient"],
                condition=FIRST,
                name="superior_reminder_once",
            ),
        ]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="superior_unfinished")]

    def __str__(self) -> str:
        return f"{self.duty} · {self.period} · {self.receiving_unit}"


class Digest(Delivery):
    """One letter that gathers what a person has to know that day; what it says is looked up when it is sent."""

    class Kind(models.TextChoices):
        OWED = "owed", "Báo cáo phải nộp"
        REVIEW = "review", "Báo cáo chờ xét duyệt và quá hạn"
        PROVINCE = "province", "Tình hình nộp báo cáo trong tuần"

    kind = models.CharField("loại", max_length=10, choices=Kind)
    day = models.DateField("ngày")  # of the weekly one its Monday

    objects: ClassVar[DeliveryQuerySet["Digest"]] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [
            *Delivery.Meta.constraints,
            models.UniqueConstraint(fields=["kind", "recipient", "day"], condition=FIRST, name="digest_once"),
        ]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="digest_unfinished")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.day:%d/%m/%Y}"


class DigestRound(models.Model):
    """Says that the digests of a kind were written for that day, also where nobody had to be told anything."""

    kind = models.CharField(max_length=10, choices=Digest.Kind)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "day"], name="digest_round_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class TrialLetter(Delivery):
    """A message in the words that an administrator is trying, sent to that administrator with made-up content."""

    kind = models.CharField("loại thư", max_length=30)
    subject = models.CharField("tiêu đề", max_length=200)
    body = models.TextField("nội dung", max_length=4000)

    objects: ClassVar[DeliveryQuerySet["TrialLetter"]] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [*Delivery.Meta.constraints]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="trial_letter_unfinished")]

    def __str__(self) -> str:
        return self.kind
