"""What waits for review, and the decisions on it."""

import re
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from orgunits.models import User
from orgunits.requests import SignedInRequest
from reports import report_filters, states, workflow
from reports.models import Report
from reports.review_forms import ApproveForm, ReopenForm, ReturnForm, review_items
from reports.views.reports import report_page, visible_report

ROWS = 50
TICK = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class QueueRow:
    """One line of the queue; ``flag_count`` None is a report of which nothing was looked at when it was filed."""

    report: Report
    state: states.State
    timeliness: states.State | None
    flag_count: int | None
    may_tick: bool


@require_safe
@login_required
def review_queue(request: SignedInRequest) -> HttpResponse:
    """What waits for the user's review, oldest first."""
    user, on = request.user, timezone.localdate()
    queue = report_filters.ReviewQueue(user, request.GET, on=on)
    if not queue.is_reviewer:
        raise PermissionDenied
    page = Paginator(report_filters.with_names(queue.reports), ROWS).get_page(request.GET.get("trang"))
    rows = [_row(report, user) for report in page.object_list]
    context = {
        "filter": queue.filter,
        "page_obj": page,
        "rows": rows,
        "shows_state": bool(queue.filter.chosen("trang_thai")),
        "tickable": sum(row.may_tick for row in rows),
        "kept": report_filters.kept(request.GET),
    }
    return render(request, "reports/review_queue.html", context)


@require_POST
@login_required
def review_approve_many(request: SignedInRequest) -> HttpResponse:
    """Approve the ticked reports, each ``chon`` being its pk and the number of the revision that stood on the page."""
    seen = _ticked(request.POST.getlist("chon"))
    visible = Report.objects.visible_to(request.user).filter(pk__in=list(seen))
    reports = report_filters.with_names(visible).select_related("obligation__receiving_unit")
    batch = workflow.approve_many(reports, by=request.user, seen=seen)
    if batch.approved:
        messages.success(request, f"Đã duyệt {len(batch.approved)} báo cáo. Số liệu đã được tính vào tổng hợp.")
    if batch.refused:
        messages.warning(request, render_to_string("reports/review_refused.html", {"batch": batch}))
    if not seen:
        messages.info(request, "Chưa chọn báo cáo nào. Hãy tích các báo cáo cần duyệt rồi bấm lại.")
    kept = report_filters.kept(request.GET)
    url = reverse("reports:review_queue")
    return redirect(f"{url}?{kept}" if kept else url)


@require_POST
@login_required
def report_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    report = visible_report(request, pk)
    form = ApproveForm(request.POST)
    _require_review(request, report)
    if not form.is_valid():
        return report_page(request, report, approve_form=form)
    workflow.approve(report, by=request.user, comment=form.cleaned_data["comment"], seen=form.cleaned_data["seen"])
    return _onward(request, report, "Đã duyệt")


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
    return _onward(request, report, "Đã trả lại")


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


def _row(report: Report, user: User) -> QueueRow:
    waits = report.status == Report.Status.SUBMITTED
    flag_count = getattr(report, "flag_count", None)
    return QueueRow(
        report=report,
        state=states.OF_STATUS[Report.Status(report.status)],
        timeliness=states.timeliness(report.obligation, report),
        flag_count=flag_count,
        may_tick=waits and flag_count == 0 and report.submitted_by_id != user.pk,
    )


def _ticked(values: list[str]) -> dict[int, int]:
    """The ticked reports with the revision that was read, from "12-3"; what makes no sense is left out."""
    pairs = (value.partition("-") for value in values[:ROWS])
    good = [(pk, number) for pk, _, number in pairs if TICK.fullmatch(pk) and TICK.fullmatch(number)]
    return {int(pk): int(number) for pk, number in good}


def _onward(request: SignedInRequest, report: Report, done: str) -> HttpResponse:
    """To the next report that waits under the same filters, else to the queue; with a way back to this one."""
    queue = report_filters.ReviewQueue(request.user, request.GET, on=timezone.localdate())
    following = queue.onward_from(report)
    kept = report_filters.kept(request.GET)
    context = {"report": report, "done": done, "waiting": queue.waiting.count(), "kept": kept}
    messages.success(request, render_to_string("reports/review_done.html", context))
    url = following.get_absolute_url() if following else reverse("reports:review_queue")
    return redirect(f"{url}?{kept}" if kept else url)


def _back(request: SignedInRequest, report: Report) -> HttpResponse:
    """To the report's page, with the filters of the queue from which the reviewer came."""
    kept = report_filters.kept(request.GET)
    return redirect(f"{report.get_absolute_url()}?{kept}" if kept else report.get_absolute_url())
