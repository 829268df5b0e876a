"""Reporting duties: their rules in words, the periods that were opened, and what administrators change."""

import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import roles
from orgunits.models import Role
from orgunits.requests import SignedInRequest
from plans.due_order import out_of_order
from plans.models import DueRule, ReportingDuty
from reports import due_changes, due_dates, duty_preview, ladders, obligations
from reports.duty_forms import DueDateForm, YearForm
from reports.expecting import GenerationRefused, expected
from reports.models import Obligation, Period

ROWS = 100
RULES = Prefetch("due_rules", DueRule.objects.select_related("level", "unit"))


@require_safe
@login_required
def duty_list(request: SignedInRequest) -> HttpResponse:
    """Every duty that the user may read, by plan."""
    on = timezone.localdate()
    duties = list(
        _duties(request)
        .prefetch_related(RULES, "recipient_unit__placements", "plan__org_unit__placements")
        .order_by("plan__document__issued_year", "plan__document__issued_on", "plan", "pk")
    )
    opened = _opened_years(duties)
    rows = [(duty, _rules_in_words(duty, on.year), opened.get(duty.pk, [])) for duty in duties]
    administers = roles.administers_anything(request.user, on=on)
    return render(request, "reports/duty_list.html", {"rows": rows, "administers": administers})


@require_safe
@login_required
def duty_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One duty: its words in the document, its rules in ours, and its periods."""
    on = timezone.localdate()
    duty = get_object_or_404(
        _duties(request).prefetch_related(RULES, "levels", "recipient_unit__placements", "units__placements"), pk=pk
    )
    context = {
        "duty": duty,
        "rules": _rules_in_words(duty, on.year),
        "out_of_order": out_of_order(duty),
        "year": on.year,
        "periods": _periods(duty),
        "ladder": ladders.ladder_of(duty),
        "forms": duty.forms.order_by("period_kind"),
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=on),
    }
    return render(request, "reports/duty_detail.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def due_rule_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set or change the date of a rule, with the sentence that it makes."""
    on = timezone.localdate()
    rule = administered_rule(request, pk)
    before = _rule_words(rule, year_of(rule, on))
    form = DueDateForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        changed = due_changes.set_rule(
            form.rule, by=request.user, apply_from=on.year if form.cleaned_data["apply_to_open"] else None
        )
        words = _rule_words(form.rule, year_of(rule, on))
        more = f" Đã đổi hạn của {changed} báo cáo chưa nộp." if changed else ""
        messages.success(request, f"Đã đặt thời hạn: {words}.{more}")
        return redirect("reports:duty_detail", rule.duty_id)
    context = {"rule": rule, "duty": rule.duty, "form": form, "before": before, "year": on.year}
    return render(request, "reports/duty_rule_edit.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def period_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show which units will owe what by which day (GET ``?nam=2026``), and make it so (POST)."""
    on = timezone.localdate()
    rule = administered_rule(request, pk)
    typed = request.POST if request.method == "POST" else request.GET
    form = YearForm(typed if "nam" in typed else {"nam": str(year_of(rule, on))}, on=on)
    context: dict[str, Any] = {"rule": rule, "duty": rule.duty, "form": form}
    if form.is_valid():
        year = form.cleaned_data["nam"]
        context |= _preview(request, rule, year, on=on)
        if request.method == "POST" and not context["refused"]:
            made = obligations.open_period(rule.duty, rule.period_kind, year, by=request.user, on=on)
            messages.success(request, f"Đã tạo {made.created} báo cáo phải nộp cho kỳ “{made.period}”.")
            return redirect("reports:duty_period", rule.duty_id, made.period.pk)
    return render(request, "reports/duty_period_open.html", context)


def _preview(request: SignedInRequest, rule: DueRule, year: int, *, on: datetime.date) -> dict[str, Any]:
    duty, kind = rule.duty, rule.period_kind
    try:
        rows = expected(duty, kind, year, on=on)
    except GenerationRefused as error:
        return {"year": year, "refused": error.messages[0], "rows": []}
    period = obligations.unsaved_period(duty, kind, year)
    page = Paginator(rows, ROWS).get_page(request.GET.get("trang"))
    return {
        "year": year,
        "refused": "" if duty.recipient_unit_id else "Chưa chọn đơn vị nhận báo cáo.",
        "page_obj": page,
        "rows": page.object_list,
        "total": len(rows),
        "new": sum(not row.existing for row in rows),
        "levels": duty_preview.level_lines(rows),
        "warnings": [*duty_preview.warnings(rows, str(period)), *duty_preview.warnings_of_plan(duty, rows, period)],
        "period": period,
    }


def _duties(request: SignedInRequest) -> Any:
    return ReportingDuty.objects.visible_to(request.user).select_related(
        "plan__document", "plan__org_unit", "recipient_unit", "section"
    )


def administered_rule(request: SignedInRequest, pk: int) -> DueRule:
    """The rule, 404 outside the user's scope, 403 for who does not administer the plan's unit."""
    rules = DueRule.objects.filter(duty__in=ReportingDuty.objects.visible_to(request.user)).select_related(
        "duty__plan__document", "duty__plan__org_unit", "duty__recipient_unit", "level", "unit"
    )
    rule = get_object_or_404(rules, pk=pk)
    roles.require(request.user, Role.ADMINISTRATOR, rule.duty.plan.org_unit, on=timezone.localdate())
    return rule


def year_of(rule: DueRule, on: datetime.date) -> int:
    """The year with which a page about the rule begins: this year, or that of the thematic period."""
    ends_on = rule.duty.once_ends_on
    return ends_on.year if rule.is_once and ends_on else on.year


def _rules_in_words(duty: ReportingDuty, year: int) -> list[tuple[DueRule, str]]:
    return [(rule, _rule_words(rule, year)) for rule in duty.due_rules.all()]


def _rule_words(rule: DueRule, year: int) -> str:
    """The rule's sentence, or an empty text where the document names no date."""
    try:
        return due_dates.rule_in_words(rule, year)
    except ValueError:
        return ""


def _opened_years(duties: list[ReportingDuty]) -> dict[int, list[Period]]:
    """The periods with expected reports by duty, the newest first."""
    slots = Obligation.objects.filter(duty__in=duties).order_by().values_list("duty_id", "period_id").distinct()
    pairs = list(slots)
    periods = Period.objects.in_bulk({period for _, period in pairs})
    opened: dict[int, list[Period]] = {}
    for duty, period in sorted(pairs, key=lambda pair: (-periods[pair[1]].year, periods[pair[1]].kind)):
        opened.setdefault(duty, []).append(periods[period])
    return opened


def _periods(duty: ReportingDuty) -> Any:
    """The opened periods with how many reports each expects and how many are in."""
    of_duty = Q(obligations__duty=duty)
    counted = of_duty & Q(obligations__waived_at__isnull=True)
    return (
        Period.objects.filter(of_duty)
        .annotate(
            expected=Count("obligations", filter=counted),
            filed=Count("obligations", filter=counted & Q(obligations__report__status__in=["submitted", "approved"])),
            approved=Count("obligations", filter=counted & Q(obligations__report__status="approved")),
        )
        .order_by("-year", "kind")
    )
