"""What is due on which day of a month or a year: own reports one by one, those of a scope counted by duty and period.

A report stands on the day by which something is to be filed now, which is that of the correction while it is returned.
"""

import calendar
import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from orgunits import roles, working_days
from orgunits.models import User
from reports import states, workflow, worklist
from reports.models import Obligation, Period, Report
from reports.models.obligations import ObligationQuerySet

FILED = Q(report__status__in=[Report.Status.SUBMITTED, Report.Status.APPROVED])
ALL = "tat-ca"


@dataclass(frozen=True)
class Line:
    """One duty and period that is due on a day; of own reports one report."""

    due: datetime.date
    title: str
    period: str
    url: str
    units: int
    filed: int
    late: bool  # something of it is overdue today
    state: states.State | None = None  # of a single report

    @property
    def missing(self) -> int:
        return self.units - self.filed


@dataclass
class Day:
    day: datetime.date
    in_month: bool
    is_today: bool
    is_off: bool
    lines: list[Line] = field(default_factory=list)


class Calendar:
    """The days as one person sees them: ``is_own`` for the reports of the units for which the person files."""

    def __init__(self, user: User, scope: str, *, on: datetime.date) -> None:
        self.on = on
        units = roles.units_where(user, workflow.FILING_ROLES, on=on)
        self.may_choose = (
            bool(units)
            and Obligation.objects.visible_to(user, on).exclude(worklist.of_units([unit.pk for unit in units])).exists()
        )
        self.is_own = bool(units) and not (scope == ALL and self.may_choose)
        self._rows = (
            Obligation.objects.filter(worklist.of_units([unit.pk for unit in units]))
            if self.is_own
            else Obligation.objects.visible_to(user, on)
        )

    def month(self, year: int, month: int) -> list[list[Day]]:
        """The weeks of the month, from Monday on, with the days of its neighbours at the ends."""
        weeks = calendar.Calendar().monthdatescalendar(year, month)
        lines = self._by_day(weeks[0][0], weeks[-1][-1])
        worked = working_days.load()
        return [
            [
                Day(day, day.month == month, day == self.on, not worked.is_working_day(day), lines.get(day, []))
                for day in week
            ]
            for week in weeks
        ]

    def year(self, year: int) -> list[tuple[datetime.date, list[Line]]]:
        """The lines of a year by month, months with nothing left out."""
        months: dict[datetime.date, list[Line]] = defaultdict(list)
        for day, lines in sorted(self._by_day(datetime.date(year, 1, 1), datetime.date(year, 12, 31)).items()):
            months[day.replace(day=1)] += lines
        return list(months.items())

    def _by_day(self, first: datetime.date, last: datetime.date) -> dict[datetime.date, list[Line]]:
        rows = self._rows.filter(waived_at__isnull=True).due_between(first, last)
        found: dict[datetime.date, list[Line]] = defaultdict(list)
        for line in self._single(rows) if self.is_own else self._counted(rows):
            found[line.due].append(line)
        return found

    def _single(self, rows: ObligationQuerySet) -> list[Line]:
        named = rows.select_related("duty", "period", "org_unit", "report").prefetch_related("org_unit__placements")
        found = list(named.order_by("due", "duty", "pk"))  # type: ignore[misc]
        several = len({row.org_unit_id for row in found}) > 1  # also where a unit was taken over
        lines = []
        for row in found:
            state, day = states.state_of(row), row.due_now
            is_filed = state.code in ("submitted", "approved")
            title = f"{row.duty} · {row.org_unit}" if several else str(row.duty)
            late = states.is_owed(row) and day < self.on
            lines.append(
                Line(day, title, str(row.period), row.get_absolute_url(), 1, int(is_filed), late=late, state=state)
            )
        return lines

    def _counted(self, rows: ObligationQuerySet) -> list[Line]:
        fields = ("due", "duty_id", "duty__name", "period_id", "period__kind", "period__year", "period__title")
        groups = rows.order_by().values(*fields).annotate(
            units=Count("pk"), filed=Count("pk", filter=FILED), open=Count("pk", filter=~FILED & Q(closed_at=None))
        )  # fmt: skip
        return [
            Line(
                due=row["due"],
                title=row["duty__name"],
                period=str(Period(kind=row["period__kind"], year=row["period__year"], title=row["period__title"])),
                url=_owing_url(row["duty_id"], row["period_id"], row["due"]),
                units=row["units"],
                filed=row["filed"],
                late=row["due"] < self.on and row["units"] > row["filed"] and row["open"] > 0,
            )
            for row in groups.order_by("due", "duty_id", "period_id")
        ]


def _owing_url(duty: int, period: int, day: datetime.date) -> str:
    text = f"{day:%d/%m/%Y}"
    query = {"che_do": duty, "ky": period, "tu_ngay": text, "den_ngay": text}
    return f"{reverse('reports:who_owes')}?{urlencode(query)}"
