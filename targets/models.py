"""How much: indicators with population groups, targets of plans, milestones by year."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.formats import number_format

from orgunits.models import Level
from plans.models import Plan, Programme, Section

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Indicator(models.Model):
    """A share: numerator ÷ denominator, both counted in the same unit (người, gia đình …)."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="indicators", verbose_name="chương trình")
    code = models.SlugField("mã chỉ tiêu", max_length=60, unique=True)
    name = models.TextField("tên chỉ tiêu")
    short_name = models.CharField("tên gọi tắt", max_length=200)
    unit_of_count = models.CharField("đơn vị tính", max_length=40)
    numerator_label = models.CharField("tử số", max_length=250)
    denominator_label = models.CharField("mẫu số", max_length=250)

    if TYPE_CHECKING:
        groups: RelatedManager["PopulationGroup"]

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.short_name


class PopulationGroup(models.Model):
    """One group (phân tổ) of an indicator's population, counted apart; groups do not overlap."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="groups", verbose_name="chỉ tiêu")
    code = models.SlugField("mã", max_length=40)
    name = models.CharField("phân tổ", max_length=200)
    order = models.PositiveSmallIntegerField("thứ tự", default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["indicator", "code"], name="group_once_per_indicator")]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """What a plan asks of an indicator, and who must answer it (empty: every unit that owes a report on the plan)."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets", verbose_name="kế hoạch")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets", verbose_name="chỉ tiêu")
    section = models.ForeignKey(
        Section, models.SET_NULL, null=True, blank=True, related_name="targets", verbose_name="nêu tại mục"
    )
    order = models.PositiveSmallIntegerField("thứ tự", default=0)
    answered_by = models.CharField("đối tượng thực hiện", max_length=300, blank=True)  # verbatim
    levels = models.ManyToManyField(Level, blank=True, related_name="+", verbose_name="các cấp phải trả lời")

    if TYPE_CHECKING:
        milestones: RelatedManager["Milestone"]

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "indicator"],
                name="target_once_per_plan",
                violation_error_message="Kế hoạch đã có chỉ tiêu này.",
            )
        ]

    def __str__(self) -> str:
        return str(self.indicator)


class Milestone(models.Model):
    """The share that a target asks for by the end of a year; "trên 90 %" is strict (Chỉ tiêu II.1, 57/KH-CĐVC)."""

    class Operator(models.TextChoices):
        OVER = "gt", "trên"
        AT_LEAST = "gte", "từ … trở lên"

    target = models.ForeignKey(Target, models.CASCADE, related_name="milestones", verbose_name="mục tiêu")
    year = models.PositiveSmallIntegerField("đến năm")
    operator = models.CharField("so sánh", max_length=4, choices=Operator, default=Operator.OVER)
    percent = models.DecimalField(
        "tỷ lệ (%)",
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )

    class Meta:
        ordering = ["year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "year"],
                name="milestone_once_per_year",
                violation_error_message="Năm này đã có mốc.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.in_words}"

    @property
    def in_words(self) -> str:
        """The threshold as one says it: "trên 90 %", "từ 95,5 % trở lên"."""
        percent = number_format(f"{Decimal(self.percent).normalize():f}")
        return f"từ {percent} % trở lên" if self.operator == self.Operator.AT_LEAST else f"trên {percent} %"
