"""The calendar of what is due, by month and by year, and the list of who owes what."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits import roles
from orgunits.requests import SignedInRequest
from reports import report_filters, states
from reports.due_calendar import FILED, Calendar
from reports.due_filters import DueFilter
from reports.manual_reminders import OVERSEERS
from reports.models import Obligation, Report

ROWS = 50
FIRST_YEAR, LAST_YEAR = 2000, 2100
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


@dataclass(frozen=True)
class Owing:
    """One line of the list of who owes what."""

    obligation: Obligation
    report: Report | None
    state: states.State
    days: int | None
    timeliness: states.State | None
    may_be_reminded: bool


@require_safe
@login_required
def month_page(request: SignedInRequest) -> HttpResponse:
    """One month (``?nam=2026&thang=11``): a grid, on a small screen a list of the days on which something is due."""
    on = timezone.localdate()
    year = _number(request, "nam", FIRST_YEAR, LAST_YEAR, default=on.year)
    month = _number(request, "thang", 1, 12, default=on.month if year == on.year else 1)
    days = Calendar(request.user, request.GET.get("pham_vi", ""), on=on)
    first = datetime.date(year, month, 1)
    before, after = first - datetime.timedelta(days=1), (first + datetime.timedelta(days=31)).replace(day=1)
    weeks = days.month(year, month)
    context = {
        "calendar": days,
        "year": year,
        "month": month,
        "weeks": weeks,
        "weekdays": WEEKDAYS,
        "is_empty": not any(day.lines for week in weeks for day in week if day.in_month),
        "before": before if before.year >= FIRST_YEAR else None,
        "after": after if after.year <= LAST_YEAR else None,
        **_shared(request, on),
    }
    return render(request, "reports/due_month.html", context)


@require_safe
@login_required
def year_page(request: SignedInRequest) -> HttpResponse:
    """All of a year as a list by month."""
    on = timezone.localdate()
    year = _number(request, "nam", FIRST_YEAR, LAST_YEAR, default=on.year)
    days = Calendar(request.user, request.GET.get("pham_vi", ""), on=on)
    context = {
        "calendar": days,
        "year": year,
        "years": [each for each in (year - 1, year, year + 1) if FIRST_YEAR <= each <= LAST_YEAR],
        "months": days.year(year),
        **_shared(request, on),
    }
    return render(request, "reports/due_year.html", context)


@require_safe
@login_required
def who_owes(request: SignedInRequest) -> HttpResponse:
    """Who has what due, in the user's scope: the day, the first and the last filing, the approval.

    Who comes without a filter sees what is due from the beginning of this year on.
    """
    on = timezone.localdate()
    visible = Obligation.objects.visible_to(request.user, on)
    typed = request.GET or {"tu_ngay": f"01/01/{on.year}"}
    filters = DueFilter(typed, user=request.user, obligations=visible, on=on)
    found = filters.narrowed(visible)
    in_order = found.filter(org_unit__placements__is_final=True).order_by(  # type: ignore[misc]
        "due", "duty", "org_unit__placements__sort_name", "pk"
    )
    page = Paginator(in_order.values_list("pk", flat=True), ROWS).get_page(request.GET.get("trang"))
    expected = Q(waived_at__isnull=True)
    rows = _rows(report_filters.load(list(page.object_list)), request, on=on)
    context = {
        "filter": filters,
        "page_obj": page,
        "rows": rows,
        "may_remind": any(row.may_be_reminded for row in rows),
        "counts": found.aggregate(
            units=Count("pk", filter=expected),
            filed=Count("pk", filter=expected & FILED),
            late=Count("pk", filter=report_filters.in_state("qua-han", on=on)),
        ),
        **_shared(request, on),
    }
    return render(request, "reports/who_owes.html", context)


def _rows(loaded: Iterable[Obligation], request: SignedInRequest, *, on: datetime.date) -> list[Owing]:
    """With a box to tick at what is still owed to a unit that the person oversees."""
    loaded = list(loaded)
    owed = set(Obligation.objects.owed().filter(pk__in=[row.pk for row in loaded]).values_list("pk", flat=True))
    overseen = roles.reach(request.user, OVERSEERS, on=on).filter(pk__in={row.receiving_unit_id for row in loaded})
    receivers = set(overseen.values_list("pk", flat=True))
    return [_owing(row, on=on, reminded=row.pk in owed and row.receiving_unit_id in receivers) for row in loaded]


def _owing(row: Obligation, *, on: datetime.date, reminded: bool) -> Owing:
    report: Report | None = getattr(row, "report", None)
    timeliness = states.timeliness(row, report) if report else None
    return Owing(row, report, states.state_of(row), states.days_left(row, on=on), timeliness, reminded)


def _shared(request: SignedInRequest, on: datetime.date) -> dict[str, Any]:
    return {"administers": roles.administers_anything(request.user, on=on), "today": on}


def _number(request: SignedInRequest, name: str, first: int, last: int, *, default: int) -> int:
    """A number of the address; the default where it makes no sense."""
    text = request.GET.get(name, "")
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    return value if first <= value <= last else default
