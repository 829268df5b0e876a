"""The registers that a unit keeps through the year: activities held, and models of care that it runs."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

from orgunits.models import OrgUnit, User
from plans.models import Task

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Occasion(models.TextChoices):
    ACTION_MONTH = "action_month", "Tháng hành động vì trẻ em"
    CHILDRENS_DAY = "childrens_day", "Ngày Quốc tế Thiếu nhi 1/6"
    MID_AUTUMN = "mid_autumn", "Tết Trung thu"
    NEW_YEAR = "new_year", "Tết Nguyên đán"
    SCHOOL_YEAR = "school_year", "Khai giảng"
    OTHER = "other", "Dịp khác, hoạt động thường xuyên"


class FundingSource(models.TextChoices):
    """Where money came from; each has its own column ``amount_<source>`` in an activity."""

    UNION = "union", "Kinh phí công đoàn"
    STATE = "state", "Ngân sách nhà nước"
    SOCIAL = "social", "Nguồn xã hội hóa"
    OTHER = "other", "Nguồn khác"


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
    # Whole đồng; empty is not recorded, which is not zero.
    amount_union = models.PositiveBigIntegerField("kinh phí công đoàn (đồng)", null=True, blank=True)
    amount_state = models.PositiveBigIntegerField("ngân sách nhà nước (đồng)", null=True, blank=True)
    amount_social = models.PositiveBigIntegerField("nguồn xã hội hóa (đồng)", null=True, blank=True)
    amount_other = models.PositiveBigIntegerField("nguồn khác (đồng)", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["held_on", "pk"]
        indexes = [models.Index(fields=["org_unit", "held_on"], name="activity_of_period")]  # drawn into a report

    def __str__(self) -> str:
        return self.name

    @property
    def amounts(self) -> dict[str, int]:
        """The money by source, only where it was recorded."""
        given = {source: getattr(self, f"amount_{source}") for source in FundingSource.values}
        return {source: amount for source, amount in given.items() if amount is not None}

    @property
    def amount_spent(self) -> int | None:
        """All sources together; None where none was recorded."""
        return sum(self.amounts.values()) if self.amounts else None


class CareModelQuerySet(models.QuerySet["CareModel"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(org_unit__in=OrgUnit.objects.visible_to(user, on))


class CareModel(models.Model):
    """A model (mô hình) of care that a unit runs, such as câu lạc bộ Nữ công or Trại hè cho con CNLĐ."""

    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="care_models", verbose_name="đơn vị")
    name = models.CharField("tên mô hình", max_length=250)
    task = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="nhiệm vụ")
    began_on = models.DateField("bắt đầu từ ngày", null=True, blank=True)
    description = models.TextField("nội dung chính", max_length=2000, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = CareModelQuerySet.as_manager()

    if TYPE_CHECKING:
        steps: RelatedManager["CareModelStep"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["org_unit", "name"],
                name="care_model_once",
                violation_error_message="Đơn vị đã có mô hình mang tên này.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CareModelStep(models.Model):
    """What became of a model on a day; the steps of a period are drawn into its report."""

    class Kind(models.TextChoices):
        STARTED = "started", "Bắt đầu"
        KEPT = "kept", "Duy trì"
        IMPROVED = "improved", "Cải tiến"
        SPREAD = "spread", "Nhân rộng"
        ENDED = "ended", "Kết thúc"

    model = models.ForeignKey(CareModel, models.CASCADE, related_name="steps", verbose_name="mô hình")
    kind = models.CharField("việc", max_length=10, choices=Kind)
    noted_on = models.DateField("ngày ghi nhận")
    children_reached = models.PositiveIntegerField("số trẻ em tham gia, thụ hưởng", null=True, blank=True)
    families_reached = models.PositiveIntegerField("số gia đình tham gia, thụ hưởng", null=True, blank=True)
    places = models.PositiveIntegerField("số nơi nhân rộng thêm", null=True, blank=True)  # of SPREAD only
    note = models.CharField("ghi chú", max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["noted_on", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.model}"
