"""Report forms: versioned, made of items; a report keeps the version with which it began."""

from typing import TYPE_CHECKING

from django.db import models

from plans.models import PeriodKind, ReportingDuty, Task
from targets.models import Target

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ItemKind(models.TextChoices):
    SHARE = "share", "Chỉ tiêu (tử số, mẫu số)"
    COUNT = "count", "Số lượng"
    MONEY = "money", "Số tiền (đồng)"
    NARRATIVE = "narrative", "Nội dung"
    TASKS = "tasks", "Tình hình thực hiện nhiệm vụ"
    ACTIVITIES = "activities", "Hoạt động đã tổ chức"
    ATTACHMENTS = "attachments", "Tài liệu kèm theo"


class ReportForm(models.Model):
    """The form of one duty for one kind of period."""

    duty = models.ForeignKey(ReportingDuty, models.CASCADE, related_name="forms", verbose_name="chế độ báo cáo")
    period_kind = models.CharField("kỳ", max_length=12, choices=PeriodKind)
    follows_plan = models.BooleanField(default=False)  # made by form_building, which keeps it in step with the plan

    if TYPE_CHECKING:
        versions: RelatedManager["FormVersion"]

    class Meta:
        ordering = ["duty", "period_kind"]
        constraints = [models.UniqueConstraint(fields=["duty", "period_kind"], name="form_once_per_duty_and_kind")]

    def __str__(self) -> str:
        return f"Biểu mẫu {self.duty} ({self.get_period_kind_display()})"

    @property
    def current(self) -> "FormVersion | None":
        return self.versions.order_by("-number").first()


class FormVersion(models.Model):
    """One frozen state of a form; a change after the first report makes the next version."""

    form = models.ForeignKey(ReportForm, models.CASCADE, related_name="versions", verbose_name="biểu mẫu")
    number = models.PositiveSmallIntegerField("phiên bản", default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    if TYPE_CHECKING:
        items: RelatedManager["FormItem"]

    class Meta:
        ordering = ["form", "number"]
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_version_once")]

    def __str__(self) -> str:
        return f"{self.form} v{self.number}"


class FormItem(models.Model):
    """One question. ``code`` keys its figures in every revision and rollup, so it never changes its meaning."""

    version = models.ForeignKey(FormVersion, models.CASCADE, related_name="items", verbose_name="phiên bản")
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    code = models.SlugField("mã", max_length=60)
    section = models.CharField("phần", max_length=200, blank=True)  # heading under which it stands
    kind = models.CharField("loại", max_length=12, choices=ItemKind)
    label = models.TextField("câu hỏi")
    guide = models.TextField("hướng dẫn", blank=True)
    unit_of_count = models.CharField("đơn vị tính", max_length=40, blank=True)
    required = models.BooleanField("bắt buộc", default=True)
    max_length = models.PositiveIntegerField("độ dài tối đa", default=10000)
    target = models.ForeignKey(
        Target, models.PROTECT, null=True, blank=True, related_name="form_items", verbose_name="chỉ tiêu"
    )

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="form_item_code_once")]

    def __str__(self) -> str:
        return self.label[:100]


class AskedTask(models.Model):
    """A task about which an item asks. It stays in its plan as long as a form asks for it, as a target does: without
    it, what units have said about it would no longer be read.
    """

    item = models.ForeignKey(FormItem, models.CASCADE, related_name="asked_tasks")
    task = models.ForeignKey(Task, models.PROTECT, related_name="asked_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "task"], name="task_asked_once_per_item")]

    def __str__(self) -> str:
        return f"{self.item}: {self.task}"
