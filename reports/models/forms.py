"""Report forms: versioned, made of items; a report keeps the version with which it began."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from orgunits.models import Level, User
from plans.models import PeriodKind, ReportingDuty, Task
from targets.models import Target

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ItemKind(models.TextChoices):
    SHARE = "share", "Chỉ tiêu (tử số, mẫu số)"
    COUNT = "count", "Số lượng"
    MONEY = "money", "Số tiền (đồng)"
    YES_NO = "yes_no", "Có hoặc không"
    CHOICE = "choice", "Chọn một phương án"
    NARRATIVE = "narrative", "Nội dung"
    TASKS = "tasks", "Tình hình thực hiện nhiệm vụ"
    ACTIVITIES = "activities", "Hoạt động đã tổ chức"
    MODELS = "models", "Mô hình duy trì, cải tiến, nhân rộng"
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
        """The version with which a report begins now."""
        return self.versions.filter(published_at__isnull=False).order_by("-number").first()

    @property
    def draft(self) -> "FormVersion | None":
        """The version that an administrator is building and nobody fills in yet."""
        return self.versions.filter(published_at__isnull=True).first()


class FormVersion(models.Model):
    """One state of a form: a draft that an administrator builds, then published and frozen.

    A change after the first report makes the next version; reports keep the one with which they began until an
    administrator moves their drafts over.
    """

    form = models.ForeignKey(ReportForm, models.CASCADE, related_name="versions", verbose_name="biểu mẫu")
    number = models.PositiveSmallIntegerField("phiên bản", default=1)
    note = models.CharField("thay đổi so với bản trước", max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField("đưa vào dùng lúc", null=True, blank=True, default=timezone.now)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    edits = models.PositiveIntegerField(default=0)  # grows with every change of a draft: two windows notice each other
    edited_at = models.DateTimeField("sửa lúc", null=True, blank=True)
    edited_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    if TYPE_CHECKING:
        items: RelatedManager["FormItem"]
        checks: RelatedManager["FormCheck"]

    class Meta:
        ordering = ["form", "number"]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_once"),
            models.UniqueConstraint(
                fields=["form"], condition=Q(published_at__isnull=True), name="form_one_draft_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} v{self.number}"


class FormItem(models.Model):
    """One question. ``code`` keys its figures in every revision and rollup, so it never changes its meaning.

    A share takes its groups, labels and levels from its target; one without a target has them here. ``groups`` also
    part a count or an amount (nam, nữ, …): its cells are then ``<group>.v`` beside the sum ``v``. ``choices`` are the
    answers of a choice. Both are lists of ``{"code": …, "name": …}`` in order. Without ``levels`` all levels answer.
    """

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
    groups: "models.JSONField[list[dict[str, str]]]" = models.JSONField("phân tổ", default=list, blank=True)
    choices: "models.JSONField[list[dict[str, str]]]" = models.JSONField("phương án", default=list, blank=True)
    numerator_label = models.CharField("tử số", max_length=200, blank=True)
    denominator_label = models.CharField("mẫu số", max_length=200, blank=True)
    levels = models.ManyToManyField(Level, blank=True, related_name="+", verbose_name="cấp trả lời")

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


class FormCheck(models.Model):
    """A rule that figures of one version are held against, besides those that hold for every form.

    ``ITEM``: the sum of ``part`` of ``item`` stands in ``operator`` to the sum of ``other_part`` of ``other``;
    ``BOUND``: … to ``bound``; ``DROP`` and ``RISE``: it is not lower or higher than last period's by more than
    ``percent`` per cent. A sum goes over the item's groups; a rule says nothing where one of its numbers is missing.
    """

    class Kind(models.TextChoices):
        ITEM = "item", "So với mục khác"
        BOUND = "bound", "So với một số"
        DROP = "drop", "Giảm quá … % so với kỳ trước"
        RISE = "rise", "Tăng quá … % so với kỳ trước"

    class Operator(models.TextChoices):
        AT_MOST = "lte", "không lớn hơn"
        AT_LEAST = "gte", "không nhỏ hơn"
        EQUAL = "eq", "bằng"

    class Part(models.TextChoices):
        VALUE = "v", "giá trị"
        NUMERATOR = "n", "tử số"
        DENOMINATOR = "d", "mẫu số"

    class Severity(models.TextChoices):
        STOP = "stop", "Không cho nộp"
        EXPLAIN = "explain", "Phải giải trình"

    version = models.ForeignKey(FormVersion, models.CASCADE, related_name="checks")
    kind = models.CharField("loại", max_length=10, choices=Kind)
    item = models.ForeignKey(FormItem, models.CASCADE, related_name="checks", verbose_name="mục")
    part = models.CharField("phần", max_length=1, choices=Part, default=Part.VALUE)
    operator = models.CharField("quan hệ", max_length=3, choices=Operator, blank=True)
    other = models.ForeignKey(
        FormItem, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="mục được so"
    )
    other_part = models.CharField("phần được so", max_length=1, choices=Part, default=Part.VALUE)
    bound = models.BigIntegerField("số", null=True, blank=True)
    percent = models.PositiveSmallIntegerField("phần trăm", null=True, blank=True)
    severity = models.CharField("khi không đạt", max_length=10, choices=Severity, default=Severity.EXPLAIN)
    message = models.CharField("lời nhắc", max_length=300, blank=True)  # instead of the sentence made from the rule

    class Meta:
        ordering = ["item__order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(kind="item", other__isnull=False)
                    | Q(kind="bound", bound__isnull=False)
                    | Q(kind__in=["drop", "rise"], percent__isnull=False)
                ),
                name="form_check_has_its_measure",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.item}"
