"""By which day a report is due: the rule as the document writes it, and the day that it means."""

import datetime

from django.db import models
from django.db.models import F, Q

from orgunits import working_days
from orgunits.models import Level, OrgUnit
from plans.models.duties import PeriodKind, ReportingDuty

MOST_DAYS_AFTER = 366
NO_DAY = Q(month__isnull=True, day__isnull=True)
A_MONTH = Q(month__isnull=False, month__range=(1, 12))  # a check whose answer is unknown would let the row pass
A_DAY = A_MONTH & Q(day__isnull=False, day__range=(1, 31))
A_CUT_OFF = Q(cut_off_month__isnull=False, cut_off_day__isnull=False) & Q(
    cut_off_month__range=(1, 12), cut_off_day__range=(1, 31)
)


class DueRule(models.Model):
    """The due rule of a duty for one kind of period. Without a date the document says none: an administrator sets
    one, and until then no obligation can be made.

    ``BEFORE`` is exclusive (Kế hoạch 57/KH-CĐVC, IV.2: "trước ngày 10/11" means until the end of 9/11); ``BY``
    includes the day; ``LAST_DAY`` is the end of ``month``, 29/2 in a leap year; ``AFTER`` counts ``days_after`` days
    from the last day of the period. A thematic report names its whole date, ``named_on``.

    A rule for one unit rules over it alone, a rule for one level over that level's other units; the rule with neither,
    over all units that have none of their own. ``shift`` moves a last good day that is not worked.
    """

    class Comparison(models.TextChoices):
        BEFORE = "before", "trước ngày"
        BY = "by", "chậm nhất ngày"
        LAST_DAY = "last_day", "ngày cuối cùng của tháng"
        AFTER = "after", "số ngày sau khi hết kỳ"

    class Shift(models.TextChoices):
        NONE = working_days.NONE, "Giữ nguyên ngày"
        NEXT = working_days.NEXT, "Lùi sang ngày làm việc kế tiếp"
        PREVIOUS = working_days.PREVIOUS, "Đưa lên ngày làm việc liền trước"

    duty = models.ForeignKey(ReportingDuty, models.CASCADE, related_name="due_rules", verbose_name="chế độ báo cáo")
    period_kind = models.CharField("kỳ", max_length=12, choices=PeriodKind)
    level = models.ForeignKey(
        Level, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="riêng cho cấp"
    )
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="riêng cho đơn vị"
    )
    phrase = models.CharField("nguyên văn", max_length=250, blank=True)
    comparison = models.CharField("cách tính", max_length=8, choices=Comparison, default=Comparison.BEFORE)
    month = models.PositiveSmallIntegerField("tháng", null=True, blank=True)
    day = models.PositiveSmallIntegerField("ngày", null=True, blank=True)
    next_year = models.BooleanField("của năm sau", default=False)
    days_after = models.PositiveSmallIntegerField("số ngày sau khi hết kỳ", null=True, blank=True)
    named_on = models.DateField("ngày ghi đủ năm", null=True, blank=True)
    shift = models.CharField("khi rơi vào ngày nghỉ", max_length=8, choices=Shift, default=Shift.NONE)
    cut_off_month = models.PositiveSmallIntegerField("tháng chốt số liệu", null=True, blank=True)
    cut_off_day = models.PositiveSmallIntegerField("ngày chốt số liệu", null=True, blank=True)
    set_by_administrator = models.BooleanField("do quản trị đặt", default=False)

    class Meta:
        # The lowest level first: it reports first. The rule for all others comes last, on either engine.
        ordering = [
            "duty", "period_kind", F("unit").asc(nulls_last=True), F("level__rank").desc(nulls_last=True), "pk"
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "period_kind"],
                condition=Q(level__isnull=True, unit__isnull=True),
                name="due_rule_once_per_period_kind",
                violation_error_message="Chế độ báo cáo này đã có thời hạn cho kỳ đó.",
            ),
            models.UniqueConstraint(
                fields=["duty", "period_kind", "level"],
                name="due_rule_once_per_level",
                violation_error_message="Cấp này đã có thời hạn riêng cho kỳ đó.",
            ),
            models.UniqueConstraint(
                fields=["duty", "period_kind", "unit"],
                name="due_rule_once_per_unit",
                violation_error_message="Đơn vị này đã có thời hạn riêng cho kỳ đó.",
            ),
            models.CheckConstraint(
                condition=Q(level__isnull=True) | Q(unit__isnull=True),
                name="due_rule_for_level_or_unit",
                violation_error_message="Thời hạn riêng là của một cấp hoặc của một đơn vị, không phải cả hai.",
            ),
            models.CheckConstraint(
                condition=(
                    Q(comparison__in=["before", "by"], days_after__isnull=True)
                    & (
                        ~Q(period_kind="once") & Q(named_on__isnull=True) & (NO_DAY | A_DAY)
                        | Q(period_kind="once", next_year=False) & NO_DAY
                    )
                    | Q(comparison="last_day", day__isnull=True)
                    & A_MONTH
                    & Q(days_after__isnull=True, named_on__isnull=True)
                    & ~Q(period_kind="once")
                    | Q(comparison="after", days_after__isnull=False, days_after__lte=MOST_DAYS_AFTER, next_year=False)
                    & NO_DAY
                    & Q(named_on__isnull=True)
                ),
                name="due_rule_parts_fit",
                violation_error_message="Cách tính và ngày của thời hạn không khớp nhau.",
            ),
            models.CheckConstraint(
                condition=Q(cut_off_month__isnull=True, cut_off_day__isnull=True) | A_CUT_OFF & ~Q(period_kind="once"),
                name="due_rule_cut_off_fits",
                violation_error_message="Hãy ghi đủ ngày và tháng chốt số liệu.",
            ),
        ]

    def __str__(self) -> str:
        return self.in_words

    @property
    def has_date(self) -> bool:
        match self.comparison:
            case self.Comparison.AFTER:
                return self.days_after is not None
            case self.Comparison.LAST_DAY:
                return self.month is not None
        return self.named_on is not None if self.is_once else self.month is not None and self.day is not None

    @property
    def is_once(self) -> bool:
        return self.period_kind == PeriodKind.ONCE

    @property
    def in_words(self) -> str:
        """The rule as a sentence part: "trước ngày 10/11 năm sau"."""
        if not self.has_date:
            return "chưa có thời hạn"
        words = self._date_words()
        words = f"{words} năm sau" if self.next_year else words
        return f"{words} ({self.get_shift_display().lower()})" if self.shift != self.Shift.NONE else words

    def _date_words(self) -> str:
        if self.comparison == self.Comparison.AFTER:
            return f"{self.days_after} ngày sau khi hết kỳ" if self.days_after else "ngày cuối cùng của kỳ"
        if self.comparison == self.Comparison.LAST_DAY:
            return f"ngày cuối cùng của tháng {self.month}"
        named = f"{self.named_on:%d/%m/%Y}" if self.named_on else f"{self.day}/{self.month}"
        return f"{self.get_comparison_display()} {named}"

    @property
    def scope_words(self) -> str:
        """The period and for whom the rule is, where it is not for all: "Năm · Công đoàn cơ sở"."""
        kind = self.get_period_kind_display()
        whose = self.unit or self.level
        return f"{kind} · {whose}" if whose else kind

    def named_day(self, year: int) -> datetime.date:
        """The day that the rule names, "trước" still counted in; raises ValueError where it has no (real) date."""
        match self.comparison:
            case self.Comparison.AFTER if self.days_after is not None:
                return self._period_end(year) + datetime.timedelta(days=self.days_after)
            case self.Comparison.LAST_DAY if self.month is not None:
                after = datetime.date(self._year(year) + self.month // 12, self.month % 12 + 1, 1)
                return after - datetime.timedelta(days=1)
        if self.is_once and self.named_on is not None:
            return self.named_on
        if self.month is None or self.day is None:
            raise ValueError("The rule has no date.")
        return datetime.date(self._year(year), self.month, self.day)

    def planned_on(self, year: int) -> datetime.date:
        """The last good day for the period of that year as the rule has it, before any shift."""
        named = self.named_day(year)
        return named - datetime.timedelta(days=1) if self.comparison == self.Comparison.BEFORE else named

    def due_on(self, year: int) -> datetime.date:
        """The last good day for the period of that year; raises ValueError when the rule has no (real) date."""
        return working_days.shifted(self.planned_on(year), self.shift)

    def cut_off_on(self, year: int, *, period_end: datetime.date) -> datetime.date:
        """The day up to which figures are counted (chốt số liệu).

        Where nothing is set it is the period's end, or the last good day of a report that is due before that: a
        yearly report due "trước ngày 10/11" covers a part of its year. A shift to a later day leaves it alone.
        """
        if self.cut_off_month is None or self.cut_off_day is None:
            return min(period_end, self.planned_on(year), self.due_on(year))
        return datetime.date(year, self.cut_off_month, self.cut_off_day)

    def _year(self, year: int) -> int:
        return year + 1 if self.next_year else year

    def _period_end(self, year: int) -> datetime.date:
        return self.duty.bounds(self.period_kind, year)[1]
