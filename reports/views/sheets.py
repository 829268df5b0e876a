"""Excel both ways: a report's form to fill in offline, and the filled file back into its draft after a preview."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from reports import sheets_book, sheets_form, sheets_one, sheets_preview, workflow
from reports.models import Report, ReviewEvent, SheetImport
from reports.sheets_one import DraftMoved
from reports.sheets_safety import SheetRefused

FILE = "tep"
NO_FILE = "Hãy chọn tệp Excel cần nộp."
READ_OR_POST = ["GET", "HEAD", "POST"]


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
    return _import_page(request, _own_import(request, pk))


@require_POST
@login_required
def sheet_import_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write what was shown into the draft."""
    row = _own_import(request, pk)
    report = row.report
    if report is None:
        raise Conflict("Tệp này là bảng cho nhiều đơn vị.")
    try:
        written = sheets_one.confirm_one(row, by=request.user, taken=request.POST.getlist("lay"))
    except DraftMoved as moved:
        return _import_page(request, moved.row, status=409)
    except SheetRefused as refused:
        return _refused(request, report, str(refused), status=409)
    messages.success(request, f"Đã nhập {written} chỗ từ tệp Excel vào bản nháp. Hãy xem lại rồi nộp báo cáo.")
    return redirect("reports:filing", report.pk)


# --- pages --------------------------------------------------------------------------------------------------------


def excel_answer(file: sheets_form.SheetFile) -> HttpResponse:
    """A download that no browser opens inside a page."""
    response = HttpResponse(file.content, content_type=sheets_book.CONTENT_TYPE)
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
