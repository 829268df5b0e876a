"""The register of outgoing documents of a unit: read, printed, exported; numbers kept, void and set; issued files."""

import re
from pathlib import PurePosixPath

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import roles
from orgunits.models import OrgUnit, Role
from orgunits.requests import SignedInRequest
from orgunits.vietnamese import without_marks
from plans import issuing, register
from plans.models import IssuedFile, NumberSeries, OutgoingDocument, Plan
from plans.official.blocks import PARTY
from plans.official.letterhead import letterhead_of, style_of
from plans.register_forms import LastForm, ReserveForm, TermForm, VoidForm
from plans.register_list import RegisterFilter
from plans.register_sheet import register_sheet
from plans.rights import may_issue, require_issuer
from plans.tasks import keep_issued_file

ROWS = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_TYPES = {".pdf": "application/pdf", ".docx": "application/octet-stream"}


def visible_unit(request: SignedInRequest, pk: int) -> OrgUnit:
    """The unit if the person may see it; 404 otherwise."""
    units = OrgUnit.objects.visible_to(request.user, timezone.localdate()).prefetch_related("placements")
    return get_object_or_404(units, pk=pk)


def visible_document(request: SignedInRequest, pk: int) -> OutgoingDocument:
    """The row of the register if the person may see it; 404 otherwise."""
    rows = OutgoingDocument.objects.visible_to(request.user, timezone.localdate())
    rows = rows.select_related("org_unit", "series__term", "created_by", "issued_by", "voided_by")
    return get_object_or_404(rows.prefetch_related("org_unit__placements"), pk=pk)


# --- the whole register ----------------------------------------------------------------------------------------------
@require_safe
@login_required
def outgoing_list(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """The register of a unit, newest numbers first."""
    unit, on = visible_unit(request, unit_pk), timezone.localdate()
    chosen = RegisterFilter(unit, request.GET, on=on)
    context = {
        "unit": unit,
        "filter": chosen,
        "page_obj": Paginator(chosen.rows(newest_first=True), ROWS).get_page(request.GET.get("trang")),
        "may_issue": may_issue(request.user, unit, on=on),
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, unit, on=on),
        "query": request.GET.urlencode(),
    }
    return render(request, "plans/outgoing_list.html", context)


@require_safe
@login_required
def outgoing_print(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """The register as it is printed: all rows in the order of their numbers, A4 landscape."""
    unit, on = visible_unit(request, unit_pk), timezone.localdate()
    chosen = RegisterFilter(unit, request.GET, on=on)
    context = {"unit": unit, "filter": chosen, "rows": chosen.rows(), "on": on, "query": request.GET.urlencode()}
    return render(request, "plans/outgoing_print.html", context)


@require_safe
@never_cache
@login_required
def outgoing_export(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """The register as an Excel file."""
    unit, on = visible_unit(request, unit_pk), timezone.localdate()
    chosen = RegisterFilter(unit, request.GET, on=on)
    content = register_sheet(chosen.rows(), unit_name=unit.name_on(on), span=chosen.span_words)
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="so-van-ban-di-{chosen.span}.xlsx"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def outgoing_reserve(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """Keep the next number for a document that is to come."""
    unit, on = visible_unit(request, unit_pk), timezone.localdate()
    require_issuer(request.user, unit, on=on)
    form = ReserveForm(request.POST or None)
    if form.is_valid():
        try:
            kept = register.reserve(unit, on=on, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"Đã giữ số {kept.number}.")
            return redirect(kept)
    return render(request, "plans/outgoing_reserve.html", {"unit": unit, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def outgoing_settings(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """Where the numbers stand, and the terms of a Party committee."""
    unit, on = visible_unit(request, unit_pk), timezone.localdate()
    roles.require(request.user, Role.ADMINISTRATOR, unit, on=on)
    party = style_of(unit) == PARTY
    by_type = party or letterhead_of(unit, on=on).numbers_by_type
    wanted = request.POST.get("viec", "")
    last = LastForm(request.POST if wanted == "so" else None, by_type=by_type, prefix="so")
    term = TermForm(request.POST if wanted == "nhiem-ky" and party else None, prefix="nhiem-ky")
    if _set_last(request, unit, last) or _add_term(request, unit, term):
        return redirect("plans:outgoing_settings", unit.pk)
    series = NumberSeries.objects.filter(org_unit=unit).select_related("term")
    context = {
        "unit": unit,
        "party": party,
        "by_type": by_type,
        "last_form": last,
        "term_form": term,
        "series": series.order_by("-year", "-term__starts_on", "type_code", "pk"),
        "terms": unit.committee_terms.order_by("-starts_on"),
        "year": on.year,
    }
    return render(request, "plans/outgoing_settings.html", context)


def _set_last(request: SignedInRequest, unit: OrgUnit, form: LastForm) -> bool:
    if not form.is_valid():
        return False
    last = form.cleaned_data["last"]
    try:
        register.set_last(unit, form.type_code, on=timezone.localdate(), last=last, by=request.user)
    except ValidationError as error:
        form.add_error(None if error.messages[0].startswith("Chưa ghi") else "last", error)
        return False
    messages.success(request, f"Đã đặt: văn bản tiếp theo nhận số {last + 1:02d}.")
    return True


def _add_term(request: SignedInRequest, unit: OrgUnit, form: TermForm) -> bool:
    if not form.is_valid():
        return False
    try:
        term = register.add_term(unit, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error("starts_on", error)
        return False
    messages.success(request, f"Đã thêm {term}.")
    return True


# --- one row of it ---------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def outgoing_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """A number of the register: what went out under it, its files and history; POST makes a missing PDF anew."""
    document, on = visible_document(request, pk), timezone.localdate()
    may = may_issue(request.user, document.org_unit, on=on)
    is_issued = document.status == OutgoingDocument.Status.ISSUED and bool(document.content)
    files = list(document.files.select_related("added_by").order_by("pk"))
    lacks_pdf = is_issued and not any(file.kind == IssuedFile.Kind.PDF for file in files)
    if request.method == "POST":
        require_issuer(request.user, document.org_unit, on=on)
        if lacks_pdf:
            keep_issued_file.delay_on_commit(document.pk)
        return redirect(document)
    job = issuing.print_job_of(document) if lacks_pdf else None
    readable = Plan.objects.visible_to(request.user, on)
    context = {
        "document": document,
        "unit": document.org_unit,
        "files": files,
        "plan": readable.filter(pk=document.plan_id).select_related("document").first() if document.plan_id else None,
        "may_issue": may,
        "lacks_pdf": lacks_pdf,
        "has_failed": bool(job and job.status == job.Status.FAILED),
    }
    return render(request, "plans/outgoing_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def outgoing_void(request: SignedInRequest, pk: int) -> HttpResponse:
    """Declare a number void, with a reason."""
    document = visible_document(request, pk)
    require_issuer(request.user, document.org_unit, on=timezone.localdate())
    form = VoidForm(request.POST or None)
    if form.is_valid():
        issuing.void(document, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        messages.success(request, f"Đã hủy số {document.number}. Số này được giữ trong sổ và không cấp lại.")
        return redirect(document)
    return render(request, "plans/outgoing_void.html", {"document": document, "unit": document.org_unit, "form": form})


@require_safe
@never_cache
@login_required
def issued_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """An issued file, only as a download and only for who may read the register."""
    visible = OutgoingDocument.objects.visible_to(request.user, timezone.localdate())
    file = get_object_or_404(IssuedFile.objects.select_related("document"), pk=pk, document__in=visible)
    return file_response(file)


def file_response(file: IssuedFile) -> FileResponse:
    """The file as a download, never kept by a browser or a proxy; 404 where it is gone from the disk."""
    try:
        content = file.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("Tệp không còn trên máy chủ.") from error
    suffix = PurePosixPath(file.file.name or "").suffix.lower()
    stem = re.sub(r"[^a-z0-9]+", "-", without_marks(str(file.document))).strip("-")
    response = FileResponse(
        content,
        as_attachment=True,
        filename=f"{stem or 'van-ban'}{suffix}",
        content_type=FILE_TYPES.get(suffix, "application/octet-stream"),
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"  # should a browser show it after all
    response["Cache-Control"] = "private, no-store"
    return response
