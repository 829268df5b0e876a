"""A year set up at once, and a period made anew: shown first, done on one confirmation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits import roles
from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from reports import duty_preview, regenerating, year_plan
from reports.duty_forms import YearForm
from reports.expecting import GenerationRefused
from reports.models import Period
from reports.regenerating import Changes
from reports.report_filters import load
from reports.views.duties import administered_rule, year_of

ROWS = 100
PARTS = {
    "": "Sẽ tạo",
    "doi-han": "Đổi hạn",
    "thoi-nop": "Không còn phải nộp",
    "nop-lai": "Phải nộp trở lại",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def year_page(request: SignedInRequest) -> HttpResponse:
    """What all rules would make for a year (GET ``?nam=2026``), and make it so (POST)."""
    user, on = request.user, timezone.localdate()
    if not roles.administers_anything(user, on=on):
        raise PermissionDenied
    form = YearForm(_typed_year(request, str(on.year)), on=on)
    context: dict[str, Any] = {"form": form}
    status = 200
    if form.is_valid():
        year = form.cleaned_data["nam"]
        if request.method == "POST":
            try:
                made = year_plan.make(user, year, on=on, was_seen=request.POST.get("thay", ""))
            except Conflict as error:
                context["conflict"], status = str(error), 409
            else:
                messages.success(request, f"Đã tạo {made} báo cáo phải nộp của năm {year}.")
                return redirect(f"{reverse('reports:year_plan')}?nam={year}")
        lines = year_plan.lines(user, year, on=on)
        new = sum(line.new for line in lines)
        context |= {"year": year, "lines": lines, "new": new, "seen": year_plan.seen(lines)}
    return render(request, "reports/year_plan.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def period_renew(request: SignedInRequest, pk: int) -> HttpResponse:
    """What making a period anew would change (GET ``?nam=2026``), and change it (POST)."""
    on = timezone.localdate()
    rule = administered_rule(request, pk)
    form = YearForm(_typed_year(request, str(year_of(rule, on))), on=on)
    context: dict[str, Any] = {"rule": rule, "duty": rule.duty, "form": form}
    status = 200
    if form.is_valid():
        year = form.cleaned_data["nam"]
        if request.method == "POST":
            seen = request.POST.get("thay", "")
            try:
                done = regenerating.regenerate(rule.duty, rule.period_kind, year, by=request.user, on=on, seen=seen)
            except GenerationRefused:
                pass  # the page below says why
            except Conflict as error:
                context["conflict"], status = str(error), 409
            else:
                messages.success(request, _done(done))
                return redirect("reports:duty_period", rule.duty_id, _saved(done, rule.period_kind, year, rule).pk)
        context |= _renewing(request, rule, year, on=on)
    return render(request, "reports/period_renew.html", context, status=status)


def _renewing(request: SignedInRequest, rule: Any, year: int, *, on: Any) -> dict[str, Any]:
    try:
        changes = regenerating.changes(rule.duty, rule.period_kind, year, on=on)
    except GenerationRefused as error:
        return {"year": year, "refused": error.messages[0]}
    part = request.GET.get("loai", "")
    counts = (len(changes.new), changes.redated_count, changes.freed_count, changes.restored_count)
    parts = [(code, label, count) for (code, label), count in zip(PARTS.items(), counts, strict=True)]
    if part not in PARTS or not {code: count for code, _, count in parts}[part]:
        part = next((code for code, _, count in parts if count), "")
    page = Paginator(_rows_of(changes, part), ROWS).get_page(request.GET.get("trang"))
    return {
        "year": year,
        "changes": changes,
        "part": part,
        "parts": parts,
        "page_obj": page,
        "rows": list(page.object_list) if part in ("", "doi-han") else load(list(page.object_list)),
        "levels": duty_preview.level_lines(changes.new) if changes.new else [],
    }


def _rows_of(changes: Changes, part: str) -> Any:
    """What the page of one part lists: places, or (report, its new day), or the keys of reports."""
    match part:
        case "doi-han":
            return [
                (row, redating.due)
                for redating in changes.redated
                for row in redating.rows.select_related("org_unit").prefetch_related("org_unit__placements")
            ]
        case "thoi-nop":
            return changes.freed.order_by("path").values_list("pk", flat=True)
        case "nop-lai":
            return changes.restored.order_by("path").values_list("pk", flat=True)
    return changes.new


def _done(done: Changes) -> str:
    if done.is_empty:
        return "Không có gì để đổi: báo cáo của kỳ này đã đúng với chế độ báo cáo."
    told = [
        (len(done.new), "tạo {} báo cáo"),
        (done.redated_count, "đổi hạn {} báo cáo"),
        (done.freed_count, "thôi giao {} báo cáo"),
        (done.restored_count, "giao lại {} báo cáo"),
    ]
    return f"Đã tính lại kỳ “{done.period}”: {', '.join(words.format(count) for count, words in told if count)}."


def _saved(done: Changes, kind: str, year: int, rule: Any) -> Period:
    found = regenerating.period_of(rule.duty, kind, year)
    return found or done.period


def _typed_year(request: SignedInRequest, default: str) -> Any:
    typed = request.POST if request.method == "POST" else request.GET
    return typed if "nam" in typed else {"nam": default}
