"""Reporting duties (chế độ báo cáo): who reports, to whom, through whom, and by which day."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from orgunits.models import Level, OrgUnit, User
from plans.models.plans import Plan, Section

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from plans.models.due_rules import DueRule


class PeriodKind(models.TextChoices):
    HALF_YEAR = "half_year", "6 tháng đầu năm"
    YEAR = "year", "Năm"
    ONCE = "once", "Chuyên đề (một lần)"


def yearly_bounds(kind: str, year: int) -> tuple[datetime.date, datetime.date]:
    """First and last day of a period that comes every year. The year counts from 1 January; the half-year is its
    first six months.
    """
    end = datetime.date(year, 6, 30) if kind == PeriodKind.HALF_YEAR else datetime.date(year, 12, 31)
    return datetime.date(year, 1, 1), end


class ReportingDutyQuerySet(models.QuerySet["ReportingDuty"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Duties of the plans that the user may read."""
        return self.filter(plan__in=Plan.objects.visible_to(user, on))


class ReportingDuty(models.Model):
    """One reporting duty of a plan: the phrase is kept verbatim beside the structured rules."""

    class Reporters(models.TextChoices):
        CHILDREN = "children", "Các đơn vị trực thuộc"
        LEVEL = "level", "Các đơn vị cấp dưới thuộc những cấp được chọn"
        ALL_BELOW = "all_below", "Mọi đơn vị cấp dưới"
        CHOSEN = "chosen", "Các đơn vị được chọn"

    class Delivery(models.TextChoices):
        DIRECT = "direct", "Báo cáo nộp thẳng nơi nhận"
        STEPWISE = "stepwise", "Báo cáo theo từng cấp"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="duties", verbose_name="kế hoạch")
    section = models.ForeignKey(
        Section, models.SET_NULL, null=True, blank=True, related_name="duties", verbose_name="nêu tại mục"
    )
    key = models.SlugField("khóa dữ liệu", max_length=80, blank=True)
    name = models.CharField("tên báo cáo", max_length=250)
    phrase = models.TextField("nguyên văn", blank=True)
    reporters = models.CharField("đơn vị phải báo cáo", max_length=12, choices=Reporters, default=Reporters.CHILDREN)
    levels = models.ManyToManyField(Level, blank=True, related_name="+", verbose_name="các cấp")
    units = models.ManyToManyField(OrgUnit, blank=True, related_name="chosen_duties", verbose_name="các đơn vị")
    recipient_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="duties_received", verbose_name="nơi nhận báo cáo"
    )
    delivery = models.CharField("đường đi của báo cáo", max_length=8, choices=Delivery, default=Delivery.DIRECT)
    recipient_name = models.CharField("nơi nhận (nguyên văn)", max_length=250, blank=True)
    route = models.CharField("gửi qua", max_length=250, blank=True)  # verbatim: "qua Ban Nữ công"
    embedded_in = models.CharField("lồng trong báo cáo", max_length=250, blank=True)
    active_from = models.DateField("áp dụng từ ngày", null=True, blank=True)
    active_to = models.DateField("đến trước ngày", null=True, blank=True)
    # Of a thematic report that is asked for once: what it is called, and the days on which it reports.
    once_title = models.CharField("tên kỳ chuyên đề", max_length=200, blank=True)
    once_starts_on = models.DateField("kỳ chuyên đề từ ngày", null=True, blank=True)
    once_ends_on = models.DateField("đến hết ngày", null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = ReportingDutyQuerySet.as_manager()

    if TYPE_CHECKING:
        due_rules: RelatedManager["DueRule"]

    class Meta:
        ordering = ["plan", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(once_title="", once_starts_on__isnull=True, once_ends_on__isnull=True)
                | ~Q(once_title="") & Q(once_starts_on__isnull=False, once_ends_on__gte=F("once_starts_on")),
                name="duty_once_is_whole",
                violation_error_message="Kỳ chuyên đề phải có tên, ngày bắt đầu và ngày kết thúc không trước ngày đó.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_stepwise(self) -> bool:
        """Whether each report goes to the nearest unit above that owes the report too, and not to one for all."""
        return self.delivery == self.Delivery.STEPWISE

    def bounds(self, kind: str, year: int) -> tuple[datetime.date, datetime.date]:
        """First and last day of one of the duty's periods; raises ValueError for a thematic one without days."""
        if kind != PeriodKind.ONCE:
            return yearly_bounds(kind, year)
        if self.once_starts_on is None or self.once_ends_on is None:
            raise ValueError("The thematic period has no days.")
        return self.once_starts_on, self.once_ends_on

    def rule_for(self, kind: str, level: int | None, unit: int | None = None) -> "DueRule | None":
        """The rule for a unit of that level: the unit's own, else the level's own, else the one for all others."""
        rules = [rule for rule in self.due_rules.all() if rule.period_kind == kind]
        of_unit = [rule for rule in rules if rule.unit_id and rule.unit_id == unit]
        of_level = [rule for rule in rules if rule.level_id and rule.level_id == level]
        general = [rule for rule in rules if not rule.unit_id and not rule.level_id]
        return next(iter([*of_unit, *of_level, *general]), None)
