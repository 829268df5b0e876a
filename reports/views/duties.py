"""Reporting duties: their rules in words, the periods that were opened, and what administrators change."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import roles
from orgunits.models import Role
from orgunits.requests import SignedInRequest
from plans.due_order import out_of_order
from plans.models import DueRule, ReportingDuty
from reports import (
    due_changes,
    due_dates,
    duty_preview,
    ladders,
    obligations,
    official_letters,
    report_filters,
    sheets_scope,
)
from reports.duty_forms import DueDateForm, ExtendForm, WaiveForm, YearForm
from reports.models import Obligation, Period
from reports.views.reports import obligation_page, page_rows, visible_obligation

ROWS = 100
RULES = Prefetch("due_rules", DueRule.objects.select_related("level"))


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
    return render(request, "reports/duty_list.html", {"rows": rows})


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
    rule = _administered_rule(request, pk)
    before = _rule_words(rule, on.year)
    form = DueDateForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        changed = due_changes.set_rule(
            form.rule, by=request.user, apply_from=on.year if form.cleaned_data["apply_to_open"] else None
        )
        words = _rule_words(form.rule, on.year)
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
    rule = _administered_rule(request, pk)
    typed = request.POST if request.method == "POST" else request.GET
    form = YearForm(typed if "nam" in typed else {"nam": str(on.year)}, on=on)
    context: dict[str, Any] = {"rule": rule, "duty": rule.duty, "form": form}
    if form.is_valid():
        year = form.cleaned_data["nam"]
        context |= _preview(rule, year, on=on)
        if request.method == "POST" and not context["refused"]:
            made = obligations.open_period(rule.duty, rule.period_kind, year, by=request.user, on=on)
            messages.success(request, f"Đã tạo {len(made.created)} báo cáo phải nộp cho kỳ “{made.period}”.")
            return redirect("reports:duty_period", rule.duty_id, made.period.pk)
    return render(request, "reports/duty_period_open.html", context)


@require_safe
@login_required
def duty_period(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """Who owes the report of that period, and how it stands with each."""
    duty, period = _duty_and_period(request, pk, period_pk)
    return _period_page(request, duty, period)


@require_POST
@login_required
def period_extend(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """Give all units of a period more time."""
    duty, period = _duty_and_period(request, pk, period_pk)
    roles.require(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=timezone.localdate())
    form = ExtendForm(request.POST)
    if form.is_valid():
        try:
            count = due_changes.extend_all(duty, period, by=request.user, **_typed(form))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            until = due_dates.last_moment(form.cleaned_data["until"])
            messages.success(request, f"Đã gia hạn cho {count} đơn vị đến {until}.")
            return redirect("reports:duty_period", duty.pk, period.pk)
    return _period_page(request, duty, period, extend_form=form)


@require_POST
@login_required
def obligation_extend(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give one unit more time."""
    obligation = visible_obligation(request, pk)
    roles.require(request.user, Role.ADMINISTRATOR, obligation.duty.plan.org_unit, on=timezone.localdate())
    form = ExtendForm(request.POST)
    if form.is_valid():
        try:
            obligations.extend(obligation, by=request.user, **_typed(form))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            until = due_dates.last_moment(form.cleaned_data["until"])
            messages.success(request, f"Đã gia hạn cho {obligation.org_unit} đến {until}.")
            return redirect(obligation)
    return obligation_page(request, obligation, extend_form=form)


@require_POST
@login_required
def obligation_waive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Free one unit from the report."""
    obligation = visible_obligation(request, pk)
    roles.require(request.user, Role.ADMINISTRATOR, obligation.duty.plan.org_unit, on=timezone.localdate())
    form = WaiveForm(request.POST)
    if not form.is_valid():
        return obligation_page(request, obligation, waive_form=form)
    obligations.waive(obligation, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, f"Đã miễn nộp báo cáo này cho {obligation.org_unit}.")
    return redirect(obligation)


def _period_page(request: SignedInRequest, duty: ReportingDuty, period: Period, **forms: Any) -> HttpResponse:
    on = timezone.localdate()
    visible = Obligation.objects.visible_to(request.user, on).filter(duty=duty, period=period)
    status = request.GET.get("trang_thai", "")
    found = report_filters.in_list_order(visible.filter(report_filters.in_state(status, on=on)))
    page = Paginator(found, ROWS).get_page(request.GET.get("trang"))
    statuses = _counted_statuses(request, visible, on=on)
    context = {
        "duty": duty,
        "period": period,
        "page_obj": page,
        "rows": page_rows(page, on=on),
        "status": status,
        "statuses": statuses,
        "may_print_all": next(count for code, _, count in statuses if not code) > 1,
        "extend_form": forms.get("extend_form") or ExtendForm(),
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=on),
        **sheets_scope.offer(request.user, duty, period, on=on),
        "may_write_letter": official_letters.may_write_about(request.user, visible, on=on),
    }
    return render(request, "reports/duty_period.html", context)


def _counted_statuses(request: SignedInRequest, visible: Any, *, on: Any) -> list[tuple[str, str, int]]:
    """The states of the list's filter with how many units each has, in one query."""
    names = {code: code.replace("-", "_") or "tat_ca" for code in report_filters.LIST_STATUSES}
    counts = visible.aggregate(
        **{name: Count("pk", filter=report_filters.in_state(code, on=on)) for code, name in names.items() if code},
        tat_ca=Count("pk"),
    )
    return [(code, label, counts[names[code]]) for code, label in report_filters.LIST_STATUSES.items()]


def _preview(rule: DueRule, year: int, *, on: Any) -> dict[str, Any]:
    try:
        rows = obligations.expected(rule.duty, rule.period_kind, year, on=on)
    except obligations.GenerationRefused as error:
        return {"year": year, "refused": error.messages[0], "rows": []}
    period = Period(kind=rule.period_kind, year=year)
    refused = "" if rule.duty.recipient_unit_id else "Chưa chọn đơn vị nhận báo cáo."
    return {
        "year": year,
        "refused": refused,
        "rows": rows,
        "new": sum(not row.existing for row in rows),
        "levels": duty_preview.level_lines(rows, year),
        "warnings": [
            *duty_preview.warnings(rows, str(period)),
            *duty_preview.warnings_of_plan(rule.duty, rows, period),
        ],
        "period": period,
    }


def _duties(request: SignedInRequest) -> Any:
    return ReportingDuty.objects.visible_to(request.user).select_related(
        "plan__document", "plan__org_unit", "recipient_unit", "section"
    )


def _administered_rule(request: SignedInRequest, pk: int) -> DueRule:
    """The rule, 404 outside the user's scope, 403 for who does not administer the plan's unit."""
    rules = DueRule.objects.filter(duty__in=ReportingDuty.objects.visible_to(request.user)).select_related(
        "duty__plan__document", "duty__plan__org_unit", "duty__recipient_unit", "level"
    )
    rule = get_object_or_404(rules, pk=pk)
    roles.require(request.user, Role.ADMINISTRATOR, rule.duty.plan.org_unit, on=timezone.localdate())
    return rule


def _duty_and_period(request: SignedInRequest, pk: int, period_pk: int) -> tuple[ReportingDuty, Period]:
    duty = get_object_or_404(_duties(request), pk=pk)
    opened = Period.objects.filter(obligations__duty=duty).distinct()
    return duty, get_object_or_404(opened, pk=period_pk)


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


def _typed(form: ExtendForm) -> dict[str, Any]:
    return {"until": form.cleaned_data["until"], "reason": form.cleaned_data["reason"]}
