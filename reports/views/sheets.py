"""Excel both ways: a report's form to fill in offline, and the filled file back into its draft after a preview."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from orgunits.workbook import CONTENT_TYPE
from orgunits.workbook_safety import SheetRefused
from plans.models import ReportingDuty
from reports import (
    sheets_form,
    sheets_import,
    sheets_one,
    sheets_preview,
    sheets_scope,
    sheets_units,
    workflow,
)
from reports.models import Period, Report, ReviewEvent, SheetImport
from reports.sheets_one import DraftMoved
from reports.sheets_tasks import run_sheet_import

FILE = "tep"
NO_FILE = "Hãy chọn tệp Excel cần nộp."
READ_OR_POST = ["GET", "HEAD", "POST"]
UNITS_ON_PAGE = 50
ERRORS_SHOWN = 1000


# /bao-cao/<pk>/lap/excel/


@require_safe
@never_cache
@login_required
def sheet_download(request: SignedInRequest, pk: int) -> HttpResponse:
    """The form of one report as an Excel file, with its draft and last period's values."""
    report = _report_to_file(request, pk)
    if not report.is_editable:
        return redirect(report)
    return excel_answer(sheets_form.build(report))


@require_http_methods(READ_OR_POST)
@never_cache
@login_required
def sheet_upload(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the filled file: checked at once, then shown before anything is written."""
    report = _report_to_file(request, pk)
    if not report.is_editable:
        raise Conflict(workflow.conflict_sentence(report, ReviewEvent.Action.SUBMIT))
    if request.method != "POST":
        return render(request, "reports/sheet_upload.html", {"report": report})
    upload = request.FILES.get(FILE)
    if not isinstance(upload, UploadedFile):
        return _refused(request, report, NO_FILE)
    try:
        row = sheets_one.take_one(report, upload, by=request.user)
    except SheetRefused as refused:
        return _refused(request, report, str(refused))
    return redirect("reports:sheet_import", row.pk)


# /tep-excel/<pk>/


@require_safe
@never_cache
@login_required
def sheet_import(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the file would change, or all that is wrong with it."""
    row = _own_import(request, pk)
    return _import_page(request, row) if row.report else _units_page(request, row)


@require_safe
@never_cache
@login_required
def sheet_import_status(request: SignedInRequest, pk: int) -> HttpResponse:
    """The state alone, for the page that asks again every second; a finished job reloads that page."""
    row = _own_import(request, pk)
    response = render(request, "reports/sheet_progress.html", {"row": row})
    if row.status not in sheets_import.BUSY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@login_required
def sheet_import_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write what was shown into the draft; for many units a worker does."""
    row = _own_import(request, pk)
    if row.report is None:
        sheets_import.confirm_many(row, by=request.user, with_clashes=request.POST.get("xung-dot") == "theo-tep")
        run_sheet_import.delay_on_commit(row.pk)
        return redirect("reports:sheet_import", row.pk)
    try:
        written = sheets_one.confirm_one(row, by=request.user, taken=request.POST.getlist("lay"))
    except DraftMoved as moved:
        return _import_page(request, moved.row, status=409)
    except SheetRefused as refused:
        return _refused(request, row.report, str(refused), status=409)
    messages.success(request, f"Đã nhập {written} chỗ từ tệp Excel vào bản nháp. Hãy xem lại rồi nộp báo cáo.")
    return redirect("reports:filing", row.report.pk)


# /che-do-bao-cao/<pk>/ky/<period_pk>/excel/


@require_safe
@never_cache
@login_required
def unit_sheet_download(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """One workbook with all units for which the person may file and that still owe the report."""
    duty, period = _duty_and_period(request, pk, period_pk)
    on = timezone.localdate()
    if not sheets_scope.count(request.user, duty, period, on=on):
        messages.info(request, "Không có đơn vị nào còn phải nộp báo cáo này, nên không có gì để điền.")
        return redirect("reports:unit_sheet_upload", pk, period_pk)
    return excel_answer(sheets_units.build(duty, period, by=request.user, on=on))


@require_http_methods(READ_OR_POST)
@never_cache
@login_required
def unit_sheet_upload(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """Take the filled workbook; a worker checks it."""
    duty, period = _duty_and_period(request, pk, period_pk)
    if request.method != "POST":
        return _units_upload_page(request, duty, period)
    upload = request.FILES.get(FILE)
    if not isinstance(upload, UploadedFile):
        return _units_upload_page(request, duty, period, sentence=NO_FILE)
    unit = duty.recipient_unit or duty.plan.org_unit
    try:
        row = sheets_import.take_many(upload, duty, period, unit=unit, by=request.user)
    except SheetRefused as refused:
        return _units_upload_page(request, duty, period, sentence=str(refused))
    run_sheet_import.delay_on_commit(row.pk)
    return redirect("reports:sheet_import", row.pk)


# --- pages --------------------------------------------------------------------------------------------------------


def excel_answer(file: sheets_form.SheetFile) -> HttpResponse:
    """A download that no browser opens inside a page."""
    response = HttpResponse(file.content, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _import_page(request: SignedInRequest, row: SheetImport, *, status: int = 200) -> HttpResponse:
    report = row.report
    stops, tells = sheets_preview.errors_of(row)
    context: dict[str, Any] = {"row": row, "report": report, "stops": stops, "tells": tells, "moved": status == 409}
    if report and row.status == SheetImport.Status.READY:
        lines = sheets_preview.lines_of(report, row)
        context |= {"lines": lines, "clashes": sum(line.is_clash for line in lines)}
    return render(request, "reports/sheet_import.html", context, status=status)


def _units_page(request: SignedInRequest, row: SheetImport) -> HttpResponse:
    stops, tells = sheets_preview.errors_of(row)
    page = Paginator(list(row.changes), UNITS_ON_PAGE).get_page(request.GET.get("trang"))
    context: dict[str, Any] = {
        "row": row,
        "is_busy": row.status in sheets_import.BUSY,
        "stops": stops[:ERRORS_SHOWN],
        "stop_count": len(stops),
        "tells": tells[:ERRORS_SHOWN],
        "tell_count": len(tells),
    }
    if row.status == SheetImport.Status.READY:
        changes = [change for found in row.changes.values() for change in found.values()]
        context |= {
            "page_obj": page,
            "units": sheets_preview.units_of(row, list(page.object_list)),
            "unit_count": len(row.changes),
            "change_count": len(changes),
            "clash_count": sum(len(change) > 2 for change in changes),
        }
    return render(request, "reports/sheet_units_import.html", context)


def _units_upload_page(
    request: SignedInRequest, duty: ReportingDuty, period: Period, *, sentence: str = ""
) -> HttpResponse:
    sent = SheetImport.objects.visible_to(request.user).filter(duty=duty, period=period, report__isnull=True)
    context = {
        "duty": duty,
        "period": period,
        "sentence": sentence,
        "units": sheets_scope.count(request.user, duty, period, on=timezone.localdate()),
        "sent": sent.defer("changes", "errors")[:10],
    }
    return render(request, "reports/sheet_units_upload.html", context, status=422 if sentence else 200)


def _duty_and_period(request: SignedInRequest, pk: int, period_pk: int) -> tuple[ReportingDuty, Period]:
    """404 outside the user's scope, 403 without the right to file for any unit of that period."""
    duties = ReportingDuty.objects.visible_to(request.user).select_related("plan__org_unit", "recipient_unit")
    duty = get_object_or_404(duties, pk=pk)
    period = get_object_or_404(Period.objects.filter(obligations__duty=duty).distinct(), pk=period_pk)
    if not sheets_scope.may_file(request.user, duty, period, on=timezone.localdate()):
        raise PermissionDenied
    return duty, period


def _refused(request: SignedInRequest, report: Report, sentence: str, *, status: int = 422) -> HttpResponse:
    return render(request, "reports/sheet_upload.html", {"report": report, "sentence": sentence}, status=status)


def _own_import(request: SignedInRequest, pk: int) -> SheetImport:
    rows = SheetImport.objects.visible_to(request.user).select_related(
        "report__obligation__org_unit", "report__obligation__duty", "report__obligation__period", "duty", "period"
    )
    return get_object_or_404(rows, pk=pk)


def _report_to_file(request: SignedInRequest, pk: int) -> Report:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    reports = (
        Report.objects.visible_to(request.user)
        .select_related(
            "form_version", "obligation__org_unit", "obligation__period", "obligation__receiving_unit",
            "obligation__duty__plan__document",
        )
        .prefetch_related(
            "obligation__org_unit__placements", "obligation__receiving_unit__placements", "obligation__duty__due_rules"
        )
    )  # fmt: skip
    report = get_object_or_404(reports, pk=pk)
    if not workflow.may_file(request.user, report.obligation, on=timezone.localdate()):
        raise PermissionDenied
    return report
