"""Reporting duties (chế độ báo cáo): who reports, to whom, through whom, and by which day."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from orgunits.models import Level, OrgUnit, User
from plans.models.plans import Plan, Section

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class PeriodKind(models.TextChoices):
    HALF_YEAR = "half_year", "6 tháng đầu năm"
    YEAR = "year", "Năm"


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
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = ReportingDutyQuerySet.as_manager()

    if TYPE_CHECKING:
        due_rules: RelatedManager["DueRule"]

    class Meta:
        ordering = ["plan", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_stepwise(self) -> bool:
        """Whether each report goes to the nearest unit above that owes the report too, and not to one for all."""
        return self.delivery == self.Delivery.STEPWISE

    def rule_for(self, kind: str, level: int | None) -> "DueRule | None":
        """The rule for a unit of that level: the level's own, else the one for all other levels."""
        rules = {rule.level_id: rule for rule in self.due_rules.all() if rule.period_kind == kind}
        return rules.get(level) or rules.get(None)


class DueRule(models.Model):
    """The due rule of a duty for one kind of period. Without month and day the document says no date: an
    administrator sets one, and until then no obligation can be made.

    ``BEFORE`` is exclusive (Kế hoạch 57/KH-CĐVC, IV.2: "trước ngày 10/11" means until the end of 9/11);
    ``BY`` includes the day. A rule for one level rules over that level alone; the rule without a level, over all
    levels that have none of their own.
    """

    class Comparison(models.TextChoices):
        BEFORE = "before", "trước ngày"
        BY = "by", "chậm nhất ngày"

    duty = models.ForeignKey(ReportingDuty, models.CASCADE, related_name="due_rules", verbose_name="chế độ báo cáo")
    period_kind = models.CharField("kỳ", max_length=12, choices=PeriodKind)
    level = models.ForeignKey(
        Level, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="riêng cho cấp"
    )
    phrase = models.CharField("nguyên văn", max_length=250, blank=True)
    comparison = models.CharField("cách tính", max_length=8, choices=Comparison, default=Comparison.BEFORE)
    month = models.PositiveSmallIntegerField("tháng", null=True, blank=True)
    day = models.PositiveSmallIntegerField("ngày", null=True, blank=True)
    next_year = models.BooleanField("của năm sau", default=False)
    cut_off_month = models.PositiveSmallIntegerField("tháng chốt số liệu", null=True, blank=True)
    cut_off_day = models.PositiveSmallIntegerField("ngày chốt số liệu", null=True, blank=True)
    set_by_administrator = models.BooleanField("do quản trị đặt", default=False)

    class Meta:
        # The lowest level first: it reports first. The rule for all others comes last, on either engine.
        ordering = ["duty", "period_kind", F("level__rank").desc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "period_kind"],
                condition=Q(level__isnull=True),
                name="due_rule_once_per_period_kind",
                violation_error_message="Chế độ báo cáo này đã có thời hạn cho kỳ đó.",
            ),
            models.UniqueConstraint(
                fields=["duty", "period_kind", "level"],
                name="due_rule_once_per_level",
                violation_error_message="Cấp này đã có thời hạn riêng cho kỳ đó.",
            ),
            models.CheckConstraint(
                condition=Q(month__isnull=True, day__isnull=True) | Q(month__range=(1, 12), day__range=(1, 31)),
                name="due_rule_month_and_day_together",
                violation_error_message="Hãy ghi đủ ngày và tháng.",
            ),
        ]

    def __str__(self) -> str:
        return self.in_words

    @property
    def has_date(self) -> bool:
        return self.month is not None and self.day is not None

    @property
    def in_words(self) -> str:
        """The rule as a sentence part: "trước ngày 10/11 năm sau"."""
        if not self.has_date:
            return "chưa có thời hạn"
        words = f"{self.get_comparison_display()} {self.day}/{self.month}"
        return f"{words} năm sau" if self.next_year else words

    @property
    def scope_words(self) -> str:
        """The period and, where the rule is for one level, the level: "Năm · Công đoàn cơ sở"."""
        kind = self.get_period_kind_display()
        return f"{kind} · {self.level.name}" if self.level else kind

    def due_on(self, year: int) -> datetime.date:
        """The last good day for the period of that year; raises ValueError when the rule has no (real) date."""
        if self.month is None or self.day is None:
            raise ValueError("The rule has no date.")
        named = datetime.date(year + 1 if self.next_year else year, self.month, self.day)
        return named - datetime.timedelta(days=1) if self.comparison == self.Comparison.BEFORE else named

    def cut_off_on(self, year: int, *, period_end: datetime.date) -> datetime.date:
        """The day up to which figures are counted (chốt số liệu).

        Where nothing is set it is the period's end, or the last good day of a report that is due before that: a
        yearly report due "trước ngày 10/11" covers a part of its year.
        """
        if self.cut_off_month is None or self.cut_off_day is None:
            return min(period_end, self.due_on(year))
        return datetime.date(year, self.cut_off_month, self.cut_off_day)
