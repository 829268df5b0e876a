"""What is filed: a report with its typed draft, frozen revisions, and what reviewers did with it."""

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from orgunits.models import OrgUnit, User
from plans.models import Task
from reports.models.forms import FormVersion
from reports.models.obligations import Obligation

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """The reports of the expected ones in the user's scope."""
        return self.filter(obligation__in=Obligation.objects.visible_to(user, on))

    def filed(self) -> Self:
        return self.filter(status__in=[Report.Status.SUBMITTED, Report.Status.APPROVED])


class Report(models.Model):
    """The report of one obligation.

    ``draft`` holds what was typed, as text by field name, valid or not, so that nothing is lost; ``draft_version``
    grows by one with every save, so that two windows notice each other. Frozen content lies in revisions.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Bản nháp"
        SUBMITTED = "submitted", "Chờ duyệt"
        RETURNED = "returned", "Bị trả lại"
        APPROVED = "approved", "Đã duyệt"

    obligation = models.OneToOneField(
        Obligation, models.PROTECT, related_name="report", verbose_name="báo cáo phải nộp"
    )
    form_version = models.ForeignKey(FormVersion, models.PROTECT, related_name="reports", verbose_name="biểu mẫu")
    status = models.CharField("trạng thái", max_length=10, choices=Status, default=Status.DRAFT)
    draft: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)
    draft_version = models.PositiveIntegerField(default=0)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    draft_saved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    first_submitted_at = models.DateTimeField("nộp lần đầu", null=True, blank=True)
    submitted_at = models.DateTimeField("nộp lúc", null=True, blank=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField("duyệt hoặc trả lúc", null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReportQuerySet.as_manager()

    if TYPE_CHECKING:
        revisions: RelatedManager["Revision"]
        events: RelatedManager["ReviewEvent"]

    class Meta:
        ordering = ["-submitted_at", "pk"]
        indexes = [models.Index(fields=["status", "submitted_at"], name="report_queue")]  # what waits for review
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | Q(submitted_at__isnull=False, first_submitted_at__isnull=False),
                name="report_filed_has_instant",
            )
        ]

    def __str__(self) -> str:
        return str(self.obligation)

    def get_absolute_url(self) -> str:
        return reverse("reports:report_detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        return self.status in (self.Status.DRAFT, self.Status.RETURNED)

    @property
    def latest_revision(self) -> "Revision | None":
        return self.revisions.order_by("-number").first()


class Revision(models.Model):
    """One filing, frozen. ``content`` is checked against the form version and never changes:

    ``figures``     {item code: {cell: whole number}}, cells ``<group>.n`` and ``<group>.d`` of a share, ``v`` of a
                    count or an amount of money in đồng; ``{"nil": true}`` is *không phát sinh*; a missing cell or
                    item is *not reported*, which is not zero
    ``texts``       {item code: text}
    ``tasks``       {task pk: {"status": code, "note": text}}
    ``activities``  [{…}] as they stood
    ``attachments`` [attachment pk]
    ``explanations`` {item code: why a figure differs so much from the last period}
    """

    report = models.ForeignKey(Report, models.PROTECT, related_name="revisions", verbose_name="báo cáo")
    number = models.PositiveSmallIntegerField("lần nộp")
    content: "models.JSONField[dict[str, Any]]" = models.JSONField()
    submitted_at = models.DateTimeField("nộp lúc")
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="người nộp")

    class Meta:
        ordering = ["report", "number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.report} lần {self.number}"


class ReviewEvent(models.Model):
    """One step in a report's life: who did what, when, why; with a reason for single items where one was given."""

    class Action(models.TextChoices):
        SUBMIT = "submit", "Nộp"
        RETURN = "return", "Trả lại"
        APPROVE = "approve", "Duyệt"
        REOPEN = "reopen", "Mở lại"

    report = models.ForeignKey(Report, models.PROTECT, related_name="events", verbose_name="báo cáo")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="events", verbose_name="lần nộp")
    action = models.CharField("việc", max_length=10, choices=Action)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="người làm")
    at = models.DateTimeField("lúc", auto_now_add=True)
    reason = models.TextField("lý do", blank=True)
    item_reasons: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)  # item code → reason

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.report}"


class Occasion(models.TextChoices):
    ACTION_MONTH = "action_month", "Tháng hành động vì trẻ em"
    CHILDRENS_DAY = "childrens_day", "Ngày Quốc tế Thiếu nhi 1/6"
    MID_AUTUMN = "mid_autumn", "Tết Trung thu"
    NEW_YEAR = "new_year", "Tết Nguyên đán"
    SCHOOL_YEAR = "school_year", "Khai giảng"
    OTHER = "other", "Dịp khác, hoạt động thường xuyên"


class FundingSource(models.TextChoices):
    UNION = "union", "Kinh phí công đoàn"
    STATE = "state", "Ngân sách nhà nước"
    SOCIAL = "social", "Nguồn xã hội hóa"
    MIXED = "mixed", "Nhiều nguồn"
    NONE = "none", "Không dùng kinh phí"


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(org_unit__in=OrgUnit.objects.visible_to(user, on))

    def held_between(self, first: datetime.date, last: datetime.date) -> Self:
        return self.filter(held_on__range=(first, last))


class Activity(models.Model):
    """An event held for children: counts only, never a child's name. Drawn into the report of its period."""

    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="activities", verbose_name="đơn vị")
    name = models.CharField("tên hoạt động", max_length=250)
    occasion = models.CharField("dịp", max_length=20, choices=Occasion)
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="nhiệm vụ")
    held_on = models.DateField("ngày tổ chức")
    place = models.CharField("địa điểm", max_length=200, blank=True)
    children_reached = models.PositiveIntegerField("số trẻ em tham gia, thụ hưởng", null=True, blank=True)
    families_reached = models.PositiveIntegerField("số gia đình tham gia, thụ hưởng", null=True, blank=True)
    amount_spent = models.PositiveBigIntegerField("kinh phí (đồng)", null=True, blank=True)
    funding_source = models.CharField("nguồn kinh phí", max_length=10, choices=FundingSource, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["held_on", "pk"]
        indexes = [models.Index(fields=["org_unit", "held_on"], name="activity_of_period")]  # drawn into a report

    def __str__(self) -> str:
        return self.name


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(report__in=Report.objects.visible_to(user, on))


class Attachment(models.Model):
    """A file with a caption, served only as a download from behind the rights check."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="attachments", verbose_name="báo cáo")
    file = models.FileField(upload_to="attachments/%Y/")
    original_name = models.CharField("tên tệp", max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("dung lượng")
    caption = models.CharField("chú thích", max_length=300)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)  # taken out of the draft; frozen revisions keep it

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.original_name
