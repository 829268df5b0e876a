"""What is filed: a report with its typed draft, frozen revisions, and what reviewers did with it."""

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from orgunits.models import User
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
    open_items: "models.JSONField[list[str]]" = models.JSONField(default=list)  # of a returned report; empty: all
    correction_due_on = models.DateField("hạn nộp lại", null=True, blank=True)  # of a returned report: last good day
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
                    a count by groups has ``<group>.v`` and their sum ``v``
    ``texts``       {item code: text}
    ``choices``     {item code: code of the answer}, ``yes`` or ``no`` of a yes-or-no item
    ``tasks``       {task pk: {"status": code, "note": text}}
    ``activities``  [{…}] as they stood
    ``models``      [{…}] as they stood
    ``attachments`` [attachment pk]
    ``explanations`` {item code: why a figure differs so much from the last period}
    ``collected``   {item code: [{"unit": name, "revision": pk, "text": text, "edited": bool}]} from units below

    ``flags`` is what a reviewer should look at, found when it was filed: ``checks`` [{"item", "sentence"}] that did
    not hold and were explained, ``warnings`` [{"item", "sentence"}], ``same_before`` {item code: per cent},
    ``same_sibling`` {item code: [revision pk, per cent]}. ``flag_count`` 0 means that all is well; None, never looked.
    """

    report = models.ForeignKey(Report, models.PROTECT, related_name="revisions", verbose_name="báo cáo")
    number = models.PositiveSmallIntegerField("lần nộp")
    content: "models.JSONField[dict[str, Any]]" = models.JSONField()
    # What it answers, also after the report has moved to another version; None is the report's own.
    form_version = models.ForeignKey(FormVersion, models.PROTECT, null=True, related_name="+", verbose_name="biểu mẫu")
    submitted_at = models.DateTimeField("nộp lúc")
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="người nộp")
    flags: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    flag_count = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["report", "number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.report} lần {self.number}"


class TextPrint(models.Model):
    """The fingerprint of one text of a revision: the smallest hashes of its runs of words, to find texts alike."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="text_prints")
    item_code = models.SlugField(max_length=60)
    hashes: "models.JSONField[list[int]]" = models.JSONField()
    words = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "item_code"], name="text_print_once")]

    def __str__(self) -> str:
        return f"{self.revision_id} {self.item_code}"


class ReviewEvent(models.Model):
    """One step in a report's life: who did what, when, why; with a reason for single items where one was given."""

    class Action(models.TextChoices):
        SUBMIT = "submit", "Nộp"
        RETURN = "return", "Trả lại"
        APPROVE = "approve", "Duyệt"
        REOPEN = "reopen", "Mở lại"
        CORRECT = "correct", "Đính chính"

    report = models.ForeignKey(Report, models.PROTECT, related_name="events", verbose_name="báo cáo")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="events", verbose_name="lần nộp")
    action = models.CharField("việc", max_length=10, choices=Action)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="người làm")
    at = models.DateTimeField("lúc", auto_now_add=True)
    reason = models.TextField("lý do", blank=True)
    item_reasons: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)  # item code → reason
    due_on = models.DateField("hạn nộp lại", null=True, blank=True)  # the last good day for the correction
    item_due: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)  # item code → ISO date
    instead_of: User | None = None  # whose delegation alone gave the right; reports.stand_ins.mark reads it

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.report}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(report__in=Report.objects.visible_to(user, on))


class PhotoConsent(models.TextChoices):
    """What the officer declares about people in a picture; faces of children need the consent of their parents."""

    NO_FACES = "no_faces", "Ảnh không thấy rõ mặt người"
    CONSENTED = "consented", "Người trong ảnh (và cha mẹ hoặc người giám hộ, nếu là trẻ em) đã đồng ý"


class Attachment(models.Model):
    """A file with a caption, served only as a download from behind the rights check."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="attachments", verbose_name="báo cáo")
    file = models.FileField(upload_to="attachments/%Y/")
    original_name = models.CharField("tên tệp", max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("dung lượng")
    caption = models.CharField("chú thích", max_length=300)
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="nhiệm vụ")
    consent = models.CharField("người trong ảnh", max_length=10, choices=PhotoConsent, blank=True)  # of pictures only
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)  # taken out of the draft; frozen revisions keep it

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.original_name
