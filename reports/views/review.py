"""What waits for review, and the decisions on it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from orgunits.requests import SignedInRequest
from reports import report_filters, states, workflow
from reports.models import Report
from reports.review_forms import ApproveForm, ReopenForm, ReturnForm, review_items
from reports.views.reports import report_page, visible_report

ROWS = 50


@require_safe
@login_required
def review_queue(request: SignedInRequest) -> HttpResponse:
    """What waits for the user's review, oldest first."""
    user, on = request.user, timezone.localdate()
    queue = report_filters.ReviewQueue(user, request.GET, on=on)
    if not queue.is_reviewer:
        raise PermissionDenied
    page = Paginator(report_filters.with_names(queue.reports), ROWS).get_page(request.GET.get("trang"))
    rows = [
        (report, states.OF_STATUS[Report.Status(report.status)], states.timeliness(report.obligation, report))
        for report in page.object_list
    ]
    context = {"filter": queue.filter, "page_obj": page, "rows": rows, "kept": report_filters.kept(request.GET)}
    return render(request, "reports/review_queue.html", context)


@require_POST
@login_required
def report_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    report = visible_report(request, pk)
    form = ApproveForm(request.POST)
    _require_review(request, report)
    if not form.is_valid():
        return report_page(request, report, approve_form=form)
    workflow.approve(report, by=request.user, comment=form.cleaned_data["comment"], seen=form.cleaned_data["seen"])
    messages.success(request, f"Đã duyệt báo cáo của {report.obligation.org_unit}. Số liệu đã được tính vào tổng hợp.")
    return _back(request, report)


@require_POST
@login_required
def report_return(request: SignedInRequest, pk: int) -> HttpResponse:
    report = visible_report(request, pk)
    form = ReturnForm(request.POST, items=review_items(report), on=timezone.localdate())
    _require_review(request, report)
    if not form.is_valid():
        return report_page(request, report, return_form=form)
    workflow.send_back(
        report,
        by=request.user,
        reason=form.cleaned_data["reason"],
        item_reasons=form.item_reasons,
        due_on=form.cleaned_data["due_on"],
        item_due=form.item_due,
        seen=form.cleaned_data["seen"],
    )
    messages.success(request, f"Đã trả lại báo cáo cho {report.obligation.org_unit} kèm lý do.")
    return _back(request, report)


@require_POST
@login_required
def report_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    report = visible_report(request, pk)
    form = ReopenForm(request.POST, on=timezone.localdate())
    _require_review(request, report)
    if not form.is_valid():
        return report_page(request, report, reopen_form=form)
    cleaned = form.cleaned_data
    workflow.reopen(report, by=request.user, reason=cleaned["reason"], due_on=cleaned["due_on"], seen=cleaned["seen"])
    messages.success(
        request, f"Đã mở lại báo cáo của {report.obligation.org_unit}. Bản đã duyệt vẫn xem được trong lịch sử."
    )
    return _back(request, report)


def _require_review(request: SignedInRequest, report: Report) -> None:
    """403 before the form is looked at: who may not review is not told what is wrong with the form."""
    if not workflow.may_review(request.user, report.obligation, on=timezone.localdate()):
        raise PermissionDenied


def _back(request: SignedInRequest, report: Report) -> HttpResponse:
    """To the report's page, with the filters of the queue from which the reviewer came."""
    kept = report_filters.kept(request.GET)
    return redirect(f"{report.get_absolute_url()}?{kept}" if kept else report.get_absolute_url())
