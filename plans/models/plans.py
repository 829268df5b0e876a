"""Plans: the whole text as an ordered tree, and what in it is a task of whom."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from orgunits.models import Level, OrgUnit, Placement, User
from orgunits.models.units import unit_pks
from plans.models.documents import Document, Programme

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from plans.models.duties import ReportingDuty
    from plans.models.register import OutgoingDocument


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Plans of units in the user's scope, and of the units above: one must read the plan that one carries out."""
        on = on or timezone.localdate()
        held = user.role_assignments.as_of(on).values("org_unit_id")
        paths = Placement.objects.known_by(on).filter(org_unit_id__in=held).values_list("path", flat=True)
        above = {pk for path in paths for pk in unit_pks(path)}
        inside = OrgUnit.objects.visible_to(user, on).values("pk")
        return self.filter(Q(org_unit_id__in=inside) | Q(org_unit_id__in=above))


class Plan(models.Model):
    """A plan of one unit under one programme; its document holds number, date, signature and recipients."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Dự thảo"
        ISSUED = "issued", "Đã ban hành"
        CLOSED = "closed", "Đã kết thúc"

    document = models.OneToOneField(Document, models.PROTECT, related_name="plan", verbose_name="văn bản")
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="plans", verbose_name="đơn vị ban hành")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="plans", verbose_name="chương trình")
    year_from = models.PositiveSmallIntegerField("từ năm", null=True, blank=True)
    year_to = models.PositiveSmallIntegerField("đến năm", null=True, blank=True)
    status = models.CharField("trạng thái", max_length=10, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlanQuerySet.as_manager()

    if TYPE_CHECKING:
        sections: RelatedManager["Section"]
        duties: RelatedManager[ReportingDuty]
        outgoing: RelatedManager[OutgoingDocument]

    class Meta:
        ordering = ["-document__issued_year", "-document__issued_on", "pk"]

    def __str__(self) -> str:
        return str(self.document)

    def get_absolute_url(self) -> str:
        return reverse("plans:plan_detail", args=[self.pk])


class Section(models.Model):
    """One node of a plan's text, in document order: a part, a numbered point, a paragraph or a dash."""

    class Kind(models.TextChoices):
        PREAMBLE = "preamble", "Mở đầu"
        PART = "part", "Phần, mục"
        POINT = "point", "Điểm"
        PARAGRAPH = "paragraph", "Đoạn văn"
        BULLET = "bullet", "Gạch đầu dòng"
        CLOSING = "closing", "Kết thúc"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="sections", verbose_name="kế hoạch")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name="thuộc mục"
    )
    key = models.CharField("khóa dữ liệu", max_length=20, blank=True)  # natural key of the loader: "III.2-1"
    order = models.PositiveIntegerField("thứ tự", default=0)  # over the whole plan, in reading order
    kind = models.CharField("loại", max_length=12, choices=Kind)
    number = models.CharField("số mục", max_length=20, blank=True)  # verbatim: "I.", "1.1.", "a)", "-"
    heading = models.TextField("tiêu đề", blank=True)
    body = models.TextField("nội dung", blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        children: RelatedManager["Section"]
        responsibilities: RelatedManager["Responsibility"]

    class Meta:
        ordering = ["order", "pk"]
        indexes = [models.Index(fields=["plan", "order"], name="section_reading_order")]  # the plan page
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], condition=~Q(key=""), name="section_key_once_per_plan")
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.number, self.heading or self.body]))[:120]


class Task(models.Model):
    """A section that units carry out and report the status of."""

    section = models.OneToOneField(Section, models.CASCADE, related_name="task", verbose_name="mục")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="tasks", verbose_name="kế hoạch")
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    time_label = models.CharField("cách ghi thời gian", max_length=60, blank=True)  # verbatim: "Thời gian thực hiện"
    time_frame = models.CharField("thời gian thực hiện", max_length=200, blank=True)  # verbatim
    year_round = models.BooleanField("thường xuyên hằng năm", default=False)
    starts_on = models.DateField("từ ngày", null=True, blank=True)
    ends_on = models.DateField("đến ngày", null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return str(self.section)


class Responsibility(models.Model):
    """Who leads, supports or carries out a section: the body as written, linked to a unit or a class of units."""

    class Part(models.TextChoices):
        LEAD = "lead", "Chủ trì"
        SUPPORTING = "supporting", "Phối hợp"
        IMPLEMENTING = "implementing", "Thực hiện"
        RESPONSIBLE = "responsible", "Chịu trách nhiệm"

    section = models.ForeignKey(Section, models.CASCADE, related_name="responsibilities", verbose_name="mục")
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    part = models.CharField("vai trò", max_length=12, choices=Part)
    label = models.CharField("cách ghi", max_length=60, blank=True)  # verbatim: "Ngành chủ trì"
    bodies = models.TextField("cơ quan, đơn vị")  # verbatim
    org_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="responsibilities", verbose_name="đơn vị"
    )
    level = models.ForeignKey(Level, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="cấp")

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return f"{self.get_part_display()}: {self.bodies}"[:120]
