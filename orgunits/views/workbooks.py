"""Workbooks of units, people and roles and of whole reforms: handed out, taken, shown before anything is written."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import reform_book, unit_book, workbook_jobs
from orgunits.access import administrators_only
from orgunits.models import OrgUnit, WorkbookImport
from orgunits.reform_forms import FollowForm, ReformForm
from orgunits.requests import SignedInRequest, typed_key
from orgunits.transitions import Conflict
from orgunits.unit_book import TooMany
from orgunits.workbook import CONTENT_TYPE, BookFile
from orgunits.workbook_safety import SheetRefused
from orgunits.workbook_tasks import run_workbook_import

FILE = "tep"
NO_FILE = "Hãy chọn tệp Excel cần nộp."
READ_OR_POST = ["GET", "HEAD", "POST"]
LINES_ON_PAGE = 50
ERRORS_SHOWN = 1000
SENT_SHOWN = 10
COUNT_WORDS = {
    "create": "tạo {} đơn vị",
    "rename": "đổi tên, cấp, mã {} đơn vị",
    "move": "chuyển {} đơn vị",
    "contact": "sửa liên hệ {} đơn vị",
    "invite": "mời {} người",
    "person": "sửa thông tin {} người",
    "give": "giao {} vai trò",
    "end": "kết thúc {} vai trò",
}
ACT_WORDS = {
    "establish": "thành lập {} đơn vị",
    "rename": "đổi tên, cấp, mã {} đơn vị",
    "move": "chuyển {} đơn vị",
    "merge": "{} cuộc sáp nhập",
    "split": "{} cuộc chia tách",
    "dissolve": "kết thúc {} đơn vị",
    "restore": "khôi phục {} đơn vị",
}


# /don-vi/excel/


@require_http_methods(READ_OR_POST)
@never_cache
@administrators_only
def unit_book_upload(request: SignedInRequest) -> HttpResponse:
    """Hand out the workbook, or take a filled one; a worker checks it."""
    if request.method != "POST":
        return _units_page(request)
    upload = request.FILES.get(FILE)
    if not isinstance(upload, UploadedFile):
        return _units_page(request, sentence=NO_FILE)
    try:
        row = workbook_jobs.take(upload, kind=WorkbookImport.Kind.UNITS, by=request.user)
    except SheetRefused as refused:
        return _units_page(request, sentence=str(refused))
    run_workbook_import.delay_on_commit(row.pk)
    return redirect("orgunits:workbook_import", row.pk)


@require_safe
@never_cache
@administrators_only
def unit_book_download(request: SignedInRequest) -> HttpResponse:
    """All that the person administers, one branch of it (``don-vi``), or the headings alone (``mau``)."""
    on = timezone.localdate()
    wanted = typed_key(request.GET.get("don-vi"))
    administered = OrgUnit.objects.administered_by(request.user, on)
    unit = get_object_or_404(administered, pk=wanted) if wanted else None
    try:
        return _excel(unit_book.build(by=request.user, on=on, unit=unit, is_empty="mau" in request.GET))
    except TooMany as refused:
        return _units_page(request, sentence=str(refused))


# /sap-xep/tep/


@require_http_methods(READ_OR_POST)
@never_cache
@administrators_only
def reform_upload(request: SignedInRequest) -> HttpResponse:
    """Take the workbook of a whole reform."""
    on = timezone.localdate()
    form = ReformForm(request.POST or None, request.FILES or None, by=request.user, on=on, initial={"effective_on": on})
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            row = workbook_jobs.take(data.pop(FILE), kind=WorkbookImport.Kind.REFORM, by=request.user, **data)
        except SheetRefused as refused:
            form.add_error(FILE, str(refused))
        else:
            run_workbook_import.delay_on_commit(row.pk)
            return redirect("orgunits:workbook_import", row.pk)
    context = {"form": form, "sent": _sent(request, WorkbookImport.Kind.REFORM)}
    return render(request, "orgunits/reform_upload.html", context)


@require_safe
@administrators_only
def reform_template(request: SignedInRequest) -> HttpResponse:
    return _excel(reform_book.build())


# /tep-to-chuc/<pk>/


@require_safe
@never_cache
@administrators_only
def workbook_import(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far it is; then all that is wrong, or all that would be done and one button."""
    row = _own(request, pk)
    return _import_page(request, row, FollowForm(row=row))


@require_safe
@never_cache
@administrators_only
def workbook_import_status(request: SignedInRequest, pk: int) -> HttpResponse:
    """The state alone, for the page that asks again every second; a finished job reloads that page."""
    row = _own(request, pk)
    response = render(request, "orgunits/workbook_progress.html", {"row": row})
    if row.status not in workbook_jobs.BUSY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@administrators_only
def workbook_import_confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """One press, with the choices about what hangs on units that end; they stay chosen whatever is in the way."""
    row = _own(request, pk)
    form = FollowForm(request.POST, row=row)
    if not form.is_valid() and row.status == WorkbookImport.Status.READY:
        return _import_page(request, row, form, status=422)
    try:
        workbook_jobs.confirm(row, by=request.user, seen=request.POST.get("digest", ""), rule=form.rule)
    except Conflict as conflict:
        row = _own(request, pk)
        if row.status != WorkbookImport.Status.READY:
            raise
        row.error = str(conflict)
        return _import_page(request, row, FollowForm(request.POST, row=row), status=409)
    run_workbook_import.delay_on_commit(row.pk)
    return redirect("orgunits:workbook_import", row.pk)


@require_safe
@never_cache
@administrators_only
def workbook_returned(request: SignedInRequest, pk: int) -> HttpResponse:
    """The workbook of a reform again, with a sheet of the units for which a person must decide."""
    row = _own(request, pk)
    if not row.unresolved:
        return redirect("orgunits:workbook_import", row.pk)
    return _excel(reform_book.returned(row))


# --- pages --------------------------------------------------------------------------------------------------------


def _own(request: SignedInRequest, pk: int) -> WorkbookImport:
    return get_object_or_404(WorkbookImport.objects.visible_to(request.user).select_related("reform"), pk=pk)


def _import_page(request: SignedInRequest, row: WorkbookImport, form: FollowForm, *, status: int = 200) -> HttpResponse:
    is_reform = row.kind == WorkbookImport.Kind.REFORM
    words = ACT_WORDS if is_reform else COUNT_WORDS
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "is_reform": is_reform,
        "is_busy": row.status in workbook_jobs.BUSY,
        "errors": row.errors[:ERRORS_SHOWN],
        "error_count": len(row.errors),
        "unresolved": row.unresolved[:ERRORS_SHOWN],
        "unresolved_count": len(row.unresolved),
        "counts": [sentence.format(row.counts[key]) for key, sentence in words.items() if row.counts.get(key)],
        "page_obj": Paginator(row.changes, LINES_ON_PAGE).get_page(request.GET.get("trang")),
    }
    return render(request, "orgunits/workbook_import.html", context, status=status)


def _sent(request: SignedInRequest, kind: str) -> list[WorkbookImport]:
    rows = WorkbookImport.objects.visible_to(request.user).filter(kind=kind)
    return list(rows.defer("changes", "errors", "unresolved")[:SENT_SHOWN])


def _units_page(request: SignedInRequest, *, sentence: str = "") -> HttpResponse:
    context = {"sentence": sentence, "sent": _sent(request, WorkbookImport.Kind.UNITS)}
    return render(request, "orgunits/unit_book_upload.html", context, status=422 if sentence else 200)


def _excel(file: BookFile) -> HttpResponse:
    """A download that no browser opens inside a page."""
    response = HttpResponse(file.content, content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
