"""The periods of a duty: who owes what, more time, waivers and the end of taking reports, for one unit or for many."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import roles
from orgunits.models import Role
from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from plans.models import ReportingDuty
from reports import due_dates, many_changes, obligations, official_letters, report_filters, sheets_scope
from reports.duty_forms import ChangeForm, CloseForm, ExtendForm, WaiveForm
from reports.many_changes import Change, Wanted
from reports.models import Obligation, Period
from reports.views.reports import obligation_page, page_rows, visible_obligation

ROWS = 100
SHOWN = 20


@require_safe
@login_required
def duty_period(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """Who owes the report of that period, and how it stands with each."""
    duty, period = duty_and_period(request, pk, period_pk)
    on = timezone.localdate()
    visible = Obligation.objects.visible_to(request.user, on).filter(duty=duty, period=period)
    status = request.GET.get("trang_thai", "")
    found = report_filters.in_list_order(visible.filter(report_filters.in_state(status, on=on)))
    page = Paginator(found, ROWS).get_page(request.GET.get("trang"))
    statuses = _counted_statuses(visible, on=on)
    context = {
        "duty": duty,
        "period": period,
        "page_obj": page,
        "rows": page_rows(page, on=on),
        "status": status,
        "statuses": statuses,
        "may_print_all": next(count for code, _, count in statuses if not code) > 1,
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=on),
        **sheets_scope.offer(request.user, duty, period, on=on),
        "may_write_letter": official_letters.may_write_about(request.user, visible, on=on),
    }
    return render(request, "reports/duty_period.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def period_change(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """More time, a waiver or the end for many: type it, see how many it is (POST), confirm that number (POST again)."""
    duty, period = duty_and_period(request, pk, period_pk)
    roles.require(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=timezone.localdate())
    form = ChangeForm(request.POST or None, duty=duty, period=period, initial={"viec": request.GET.get("viec", "")})
    context: dict[str, Any] = {"duty": duty, "period": period, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "reports/period_change.html", context)
    status = 200
    if seen := form.cleaned_data["xac_nhan"]:
        try:
            done = many_changes.change(duty, period, form.wanted, by=request.user, seen=seen)
        except ValidationError as error:
            form.add_error(None, error)
        except Conflict as error:
            context["conflict"], status = str(error), 409
        else:
            messages.success(request, _done(form.wanted, done))
            return redirect("reports:duty_period", duty.pk, period.pk)
    return render(request, "reports/period_change.html", context | _preview(form, duty, period), status=status)


def _preview(form: ChangeForm, duty: ReportingDuty, period: Period) -> dict[str, Any]:
    """How many reports would change, with the first of their units."""
    if form.errors:
        return {}
    try:
        count = many_changes.count(duty, period, form.wanted)
    except ValidationError as error:
        form.add_error(None, error)
        return {}
    rows = report_filters.load(
        list(report_filters.in_list_order(many_changes.affected(duty, period, form.wanted))[:SHOWN])
    )
    return {"count": count, "shown": rows, "more": count - len(rows), "sentence": _sentence(form.wanted, count)}


def _sentence(wanted: Wanted, count: int) -> str:
    match wanted.change:
        case Change.EXTEND if wanted.until:
            return f"Gia hạn {count} báo cáo đến {due_dates.last_moment(wanted.until)}."
        case Change.WAIVE:
            return f"Miễn nộp {count} báo cáo: đơn vị không còn phải nộp và không tính vào số phải nộp."
        case Change.CLOSE:
            return (
                f"Đóng {count} báo cáo: đơn vị không nộp được nữa, không bị nhắc và không tính là quá hạn; "
                "báo cáo vẫn tính vào số phải nộp và là chưa nộp."
            )
    return f"Nhận lại {count} báo cáo đã đóng: đơn vị lại phải nộp theo hạn đã có."


def _done(wanted: Wanted, count: int) -> str:
    match wanted.change:
        case Change.EXTEND if wanted.until:
            return f"Đã gia hạn cho {count} đơn vị đến {due_dates.last_moment(wanted.until)}."
        case Change.WAIVE:
            return f"Đã miễn nộp cho {count} đơn vị."
        case Change.CLOSE:
            return f"Đã đóng báo cáo của {count} đơn vị."
    return f"Đã nhận lại báo cáo của {count} đơn vị."


@require_POST
@login_required
def obligation_extend(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give one unit more time."""
    obligation = _administered_obligation(request, pk)
    form = ExtendForm(request.POST)
    if form.is_valid():
        until = form.cleaned_data["until"]
        try:
            obligations.extend(obligation, by=request.user, until=until, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"Đã gia hạn cho {obligation.org_unit} đến {due_dates.last_moment(until)}.")
            return redirect(obligation)
    return obligation_page(request, obligation, extend_form=form)


@require_POST
@login_required
def obligation_waive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Free one unit from the report."""
    done = "Đã miễn nộp báo cáo này cho {}."
    return _with_reason(request, pk, WaiveForm, obligations.waive, name="waive_form", done=done)


@require_POST
@login_required
def obligation_close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take this report of one unit no more."""
    done = "Đã đóng báo cáo này của {}; đơn vị không nộp được nữa."
    return _with_reason(request, pk, CloseForm, obligations.close, name="close_form", done=done)


def _with_reason(
    request: SignedInRequest, pk: int, form_class: Any, action: Callable[..., None], *, name: str, done: str
) -> HttpResponse:
    obligation = _administered_obligation(request, pk)
    form = form_class(request.POST)
    if not form.is_valid():
        return obligation_page(request, obligation, **{name: form})
    action(obligation, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, done.format(obligation.org_unit))
    return redirect(obligation)


def _administered_obligation(request: SignedInRequest, pk: int) -> Obligation:
    obligation = visible_obligation(request, pk)
    roles.require(request.user, Role.ADMINISTRATOR, obligation.duty.plan.org_unit, on=timezone.localdate())
    return obligation


def _counted_statuses(visible: Any, *, on: Any) -> list[tuple[str, str, int]]:
    """The states of the list's filter with how many units each has, in one query."""
    names = {code: code.replace("-", "_") or "tat_ca" for code in report_filters.LIST_STATUSES}
    counts = visible.aggregate(
        **{name: Count("pk", filter=report_filters.in_state(code, on=on)) for code, name in names.items() if code},
        tat_ca=Count("pk"),
    )
    return [(code, label, counts[names[code]]) for code, label in report_filters.LIST_STATUSES.items()]


def duty_and_period(request: SignedInRequest, pk: int, period_pk: int) -> tuple[ReportingDuty, Period]:
    visible = ReportingDuty.objects.visible_to(request.user).select_related(
        "plan__document", "plan__org_unit", "recipient_unit"
    )
    duty = get_object_or_404(visible, pk=pk)
    opened = Period.objects.filter(obligations__duty=duty).distinct()
    return duty, get_object_or_404(opened, pk=period_pk)
