"""The expected reports: one row for each unit, duty and period, with its place in the tree frozen on it."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from orgunits.models import Level, OrgUnit, User
from plans.models import DueRule, PeriodKind, ReportingDuty

if TYPE_CHECKING:
    from reports.models.reports import Report


class Period(models.Model):
    """A reporting period. The year is cumulative from 1 January and is never the sum of its halves.

    ``cut_off_on`` is the usual day up to which figures are counted; an obligation may have its own, and the due
    date belongs to the obligation alone. A thematic period is that of one duty, with its own title and days; its
    ``year`` is that of its last day.
    """

    kind = models.CharField("loại kỳ", max_length=12, choices=PeriodKind)
    year = models.PositiveSmallIntegerField("năm")
    starts_on = models.DateField("từ ngày")
    ends_on = models.DateField("đến ngày")
    cut_off_on = models.DateField("chốt số liệu")
    title = models.CharField("tên kỳ", max_length=200, blank=True)  # of a thematic period
    duty = models.ForeignKey(
        ReportingDuty, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="chế độ báo cáo"
    )

    class Meta:
        ordering = ["year", "kind", "starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year"], condition=~Q(kind="once"), name="period_once"),
            models.UniqueConstraint(fields=["duty"], name="period_once_per_thematic_duty"),  # NULLs are all different
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="period_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(kind="once") & Q(duty__isnull=True, title="")
                | Q(kind="once", duty__isnull=False) & ~Q(title=""),
                name="period_thematic_is_of_one_duty",
            ),
        ]

    def __str__(self) -> str:
        if self.kind == PeriodKind.ONCE:
            return self.title
        return f"Năm {self.year}" if self.kind == PeriodKind.YEAR else f"6 tháng đầu năm {self.year}"


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """Expected reports of the units in the user's scope, and those that are owed to a unit in it.

        A unit that has moved away since still owes its old reports to the unit that it belonged to, and is reviewed
        and reminded there.
        """
        scope = OrgUnit.objects.visible_to(user, on)
        return self.filter(Q(org_unit__in=scope) | Q(receiving_unit__in=scope))

    def with_due(self) -> Self:
        """Annotates ``due``: the day by which something is to be filed now, as ``Obligation.due_now``."""
        to_correct = Q(report__status="returned", report__correction_due_on__isnull=False)
        planned = Coalesce("extended_due_on", "due_on")
        return self.annotate(due=Case(When(to_correct, then=F("report__correction_due_on")), default=planned))

    def owed(self) -> Self:
        """Not waived or closed, and nothing waiting or approved: the unit still has something to file."""
        return self.filter(waived_at__isnull=True, closed_at__isnull=True).filter(
            Q(report__isnull=True) | Q(report__status__in=["draft", "returned"])
        )

    def never_filed(self) -> Self:
        """Owed, and nothing was ever filed: what was filed once and returned keeps the day by which it is judged."""
        return self.owed().filter(Q(report__isnull=True) | Q(report__status="draft"))

    def due_between(self, first: datetime.date, last: datetime.date) -> Self:
        """Those to be filed by a day in ``[first, last]``."""
        return self.with_due().filter(due__range=(first, last))

    def late_on(self, day: datetime.date) -> Self:
        """Those still owed whose day, be it that of a correction, has passed."""
        return self.with_due().owed().filter(due__lt=day)


class Obligation(models.Model):
    """This unit owes this report for this period by this day; parent, path and level as they stood in the period.

    ``level`` tells which of the duty's due rules holds; ``receiving_unit`` is the recipient of the duty, or the unit
    above to which a report that goes up step by step is filed. What fixed the due date is kept with it: the rule, its
    words for that period with any shift, and the phrase of the document; a rule that changes later changes none of it.

    A waived report is no longer expected. A closed one is not taken any more, so it is neither owed nor late, and it
    stays expected: it is missing in every count.
    """

    # No index of its own where another one begins with the column: a period writes into every index of every row.
    org_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="obligations", verbose_name="đơn vị", db_index=False
    )
    duty = models.ForeignKey(
        ReportingDuty, models.PROTECT, related_name="obligations", verbose_name="chế độ báo cáo", db_index=False
    )
    period = models.ForeignKey(Period, models.PROTECT, related_name="obligations", verbose_name="kỳ báo cáo")
    parent = models.ForeignKey(
        OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name="đơn vị cấp trên", db_index=False
    )
    path = models.CharField(max_length=255)
    level = models.ForeignKey(
        Level, models.PROTECT, null=True, related_name="+", verbose_name="cấp", db_index=False
    )  # a handful of levels: no index would be used
    receiving_unit = models.ForeignKey(
        OrgUnit, models.PROTECT, related_name="obligations_received", verbose_name="nơi nhận báo cáo"
    )
    route = models.CharField("gửi qua", max_length=250, blank=True)
    due_phrase = models.CharField("thời hạn (nguyên văn)", max_length=250, blank=True)
    due_rule = models.ForeignKey(
        DueRule, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="thời hạn", db_index=False
    )  # no index: nothing looks from the rule to its many reports but its removal
    rule_words = models.CharField("thời hạn khi tạo", max_length=500, blank=True)
    planned_on = models.DateField("hạn trước khi dời sang ngày làm việc", null=True, blank=True)
    due_on = models.DateField("hạn chót")  # the last good day: filed on it is in time
    extended_due_on = models.DateField("gia hạn đến", null=True, blank=True)
    extension_reason = models.CharField("lý do gia hạn", max_length=500, blank=True)
    cut_off_on = models.DateField("chốt số liệu")
    waived_at = models.DateTimeField(null=True, blank=True)
    waive_reason = models.CharField("lý do miễn", max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField("lý do đóng", max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ObligationQuerySet.as_manager()

    if TYPE_CHECKING:
        report: Report

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["duty", "period", "path"], name="obligation_subtree"),  # dashboards, rebuild
            models.Index(fields=["parent", "duty", "period"], name="obligation_children"),  # one branch
            models.Index(fields=["due_on"], name="obligation_due"),  # the reminder tick
        ]
        constraints = [
            models.UniqueConstraint(fields=["org_unit", "duty", "period"], name="obligation_once"),
            models.CheckConstraint(
                condition=Q(waived_at__isnull=True) | Q(closed_at__isnull=True), name="obligation_waived_or_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty} · {self.period} · {self.org_unit}"

    def get_absolute_url(self) -> str:
        return reverse("reports:obligation_detail", args=[self.pk])

    @property
    def effective_due_on(self) -> datetime.date:
        """The last good day, after an extension if there is one; whether a report came in time is told by it."""
        return self.extended_due_on or self.due_on

    @property
    def due_now(self) -> datetime.date:
        """The day by which something is to be filed now: that of the correction while the report is returned with one.

        Needs ``report`` selected with the obligation. When the first filing was due stays ``effective_due_on``.
        """
        report: Report | None = getattr(self, "report", None)
        if report is not None and report.status == "returned" and report.correction_due_on:
            return report.correction_due_on
        return self.effective_due_on

    def days_left(self, on: datetime.date) -> int:
        """Days until ``due_now``: 0 on that day, negative when late."""
        return (self.due_now - on).days

    def is_in_time(self, filed_at: datetime.datetime) -> bool:
        """Whether a filing at that instant is in time: until 23:59:59 of the last good day in Viet Nam."""
        return timezone.localdate(filed_at) <= self.effective_due_on
