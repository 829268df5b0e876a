"""The official letter (công văn) about one duty's report of one period: it urges late units, or sends them the form."""

import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from orgunits.models import Delivery, OrgUnit, User
from orgunits.models.delivery import DeliveryQuerySet
from plans.models import OutgoingDocument, ReportingDuty
from reports.models.messages import UNFINISHED
from reports.models.obligations import Obligation, Period

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

ISSUED = Q(outgoing__status=OutgoingDocument.Status.ISSUED)


class OfficialLetterQuerySet(models.QuerySet["OfficialLetter"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Letters of units in the user's scope, and issued ones that are addressed to a unit in it."""
        scope = OrgUnit.objects.visible_to(user, on)
        received = OfficialLetterAddressee.objects.filter(obligation__org_unit__in=scope).values("letter_id")
        return self.filter(Q(org_unit__in=scope) | ISSUED & Q(pk__in=received))

    def issued(self) -> Self:
        """Those that went out under a number that stands."""
        return self.filter(ISSUED)


class OfficialLetter(models.Model):
    """A letter that is being written, or has gone out. What was issued is printed from the register's frozen content.

    ``opening`` and ``request`` hold a paragraph a line; between them stands what follows from the data: the units with
    their days, or the form. ``asked_until`` is the last good day that an urging letter asks for. ``edits`` grows with
    every change, the issue included: of two windows the second notices the first.
    """

    class Kind(models.TextChoices):
        URGE = "urge", "Công văn đôn đốc"
        FORM = "form", "Công văn gửi biểu mẫu"

    kind = models.CharField("loại", max_length=10, choices=Kind)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="official_letters", verbose_name="đơn vị gửi")
    duty = models.ForeignKey(ReportingDuty, models.PROTECT, related_name="official_letters", verbose_name="báo cáo")
    period = models.ForeignKey(Period, models.PROTECT, related_name="official_letters", verbose_name="kỳ báo cáo")
    subject = models.CharField("trích yếu", max_length=500)
    opening = models.TextField("phần mở đầu")
    request = models.TextField("nội dung đề nghị")
    recipients = models.TextField("nơi nhận", blank=True)  # one a line
    asked_until = models.DateField("đề nghị nộp chậm nhất hết ngày", null=True, blank=True)
    outgoing = models.OneToOneField(
        OutgoingDocument, models.PROTECT, null=True, related_name="official_letter", verbose_name="văn bản đi"
    )  # the last number under which it went out; a void one makes it a draft again
    edits = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField("sửa lúc")

    objects: ClassVar[OfficialLetterQuerySet] = OfficialLetterQuerySet.as_manager()  # type: ignore[assignment]

    if TYPE_CHECKING:
        addressees: RelatedManager["OfficialLetterAddressee"]
        notices: RelatedManager["OfficialLetterNotice"]

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["duty", "period"], name="official_letter_of_period")]  # the period's page

    def __str__(self) -> str:
        number = f" {self.outgoing.number}" if self.is_issued and self.outgoing else ""
        return f"{self.get_kind_display()}{number}"

    def get_absolute_url(self) -> str:
        return reverse("reports:official_letter_detail", args=[self.pk])

    @property
    def is_issued(self) -> bool:
        """Whether it went out under a number that stands."""
        return self.outgoing is not None and self.outgoing.status == OutgoingDocument.Status.ISSUED


class OfficialLetterAddressee(models.Model):
    """One expected report of which the letter speaks; its unit is whom the letter goes to."""

    letter = models.ForeignKey(OfficialLetter, models.CASCADE, related_name="addressees", verbose_name="công văn")
    obligation = models.ForeignKey(
        Obligation, models.PROTECT, related_name="official_letters", verbose_name="báo cáo phải nộp"
    )

    class Meta:
        ordering = ["letter", "pk"]
        constraints = [models.UniqueConstraint(fields=["letter", "obligation"], name="official_letter_addressee_once")]

    def __str__(self) -> str:
        return f"{self.letter}: {self.obligation}"


class OfficialLetterNotice(Delivery):
    """Tells one person of an addressed unit that the letter was issued, once for each number that it got."""

    letter = models.ForeignKey(OfficialLetter, models.PROTECT, related_name="notices", verbose_name="công văn")
    outgoing = models.ForeignKey(OutgoingDocument, models.PROTECT, related_name="+", verbose_name="văn bản đi")

    objects: ClassVar[DeliveryQuerySet["OfficialLetterNotice"]] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Delivery.Meta):
        abstract = False
        ordering = ["pk"]
        constraints = [
            *Delivery.Meta.constraints,
            models.UniqueConstraint(
                fields=["outgoing", "recipient"],
                condition=models.Q(resend_of__isnull=True),
                name="official_letter_notice_once",
            ),
        ]
        indexes = [models.Index(fields=["status"], condition=UNFINISHED, name="letter_notice_unfinished")]

    def __str__(self) -> str:
        return f"{self.letter} → {self.recipient}"
