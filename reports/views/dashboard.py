from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits import roles
from orgunits.models import OrgUnit, Role
from orgunits.requests import SignedInRequest
from reports import dashboards, missing, official_letters, sheets_scope
from reports.dashboard_figures import Counting
from reports.models import Rollup

ROWS = 100


@require_safe
@login_required
def dashboard_home(request: SignedInRequest) -> HttpResponse:
    """The dashboards of the units on which the person holds a role; with one unit straight to it."""
    entries = dashboards.entries(request.user, on=timezone.localdate())
    if len(entries) == 1:
        return redirect("reports:dashboard", entries[0].unit.pk)
    return render(request, "reports/dashboard_home.html", {"entries": entries})


@require_safe
@login_required
def dashboard(request: SignedInRequest, pk: int) -> HttpResponse:
    """One unit and everything below it: figures against targets, who is in, the units directly below."""
    on = timezone.localdate()
    unit = _visible_unit(request, pk)
    choice = dashboards.choose(unit, request.GET, on=on)
    if choice is None:
        return render(request, "reports/dashboard_empty.html", {"unit": unit})
    board = dashboards.build(unit, choice, user=request.user, on=on)
    context = _frame(request, unit, choice, board.row) | {
        "board": board,
        "page_obj": Paginator(board.below.rows, ROWS).get_page(request.GET.get("trang")),
    }
    return render(request, "reports/dashboard_detail.html", context)


@require_safe
@login_required
def missing_list(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who has not filed, with whom to call and a button that reminds."""
    on = timezone.localdate()
    unit = _visible_unit(request, pk)
    choice = dashboards.choose(unit, request.GET, on=on)
    if choice is None:
        return render(request, "reports/dashboard_empty.html", {"unit": unit})
    row = dashboards.row_of(unit, choice, on=on)
    rows = missing.missing_rows(row, user=request.user, on=on)
    late_only = request.GET.get("loc") == "qua-han"
    shown = [line for line in rows if line.is_late] if late_only else rows
    context = _frame(request, unit, choice, row) | {
        "page_obj": Paginator(shown, ROWS).get_page(request.GET.get("trang")),
        "owed": len(rows),
        "late": sum(line.is_late for line in rows),
        "late_only": late_only,
        "divided": sum(bool(line.divided_among) for line in shown),
        "may_remind": roles.may(request.user, (Role.REVIEWER, Role.ADMINISTRATOR), unit, on=on),
        **sheets_scope.offer(request.user, choice.duty, choice.period, on=on),
        "may_write_letter": choice.duty.recipient_unit_id == unit.pk
        and official_letters.may_write(request.user, unit, on=on),
    }
    return render(request, "reports/dashboard_missing.html", context)


def _visible_unit(request: SignedInRequest, pk: int) -> OrgUnit:
    return get_object_or_404(OrgUnit.objects.visible_to(request.user).prefetch_related("placements"), pk=pk)


def _frame(request: SignedInRequest, unit: OrgUnit, choice: dashboards.Choice, row: Rollup) -> dict[str, Any]:
    """What both pages show around their content."""
    above = (
        OrgUnit.objects.visible_to(request.user).filter(pk=row.parent_id) if row.parent_id else OrgUnit.objects.none()
    )
    return {
        "unit": unit,
        "choice": choice,
        "row": row,
        "above": above.prefetch_related("placements").first(),
        "countings": Counting,
    }
