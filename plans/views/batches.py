"""Many documents in one press: what will be printed, how far it is, the file, and all files that a person had made."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest
from plans import batch_lists, batches
from plans.batches import BatchRefused, Listing
from plans.models import PrintBatch, PrintBatchItem, PrintJob, Programme
from plans.register_list import RegisterFilter
from plans.tasks import ring_for_batch

READ_OR_POST: Final = ["GET", "HEAD", "POST"]
NAMES_SHOWN: Final = 200
ROWS: Final = 25
TYPES: Final = {PrintBatch.Shape.ZIP: "application/zip", PrintBatch.Shape.MERGED: "application/pdf"}
# What the form offers; the first is chosen.
FORMS: Final = {
    "zip": (PrintJob.Kind.PDF, PrintBatch.Shape.ZIP, "Tệp ZIP, mỗi văn bản một tệp PDF"),
    "gop": (
        PrintJob.Kind.PDF,
        PrintBatch.Shape.MERGED,
        "Một tệp PDF gộp, có dấu trang theo đơn vị, để in ra giấy",
    ),
    "word": (PrintJob.Kind.WORD, PrintBatch.Shape.ZIP, "Tệp ZIP, mỗi văn bản một tệp Word"),
}


# --- what will be printed --------------------------------------------------------------------------------------------
@require_http_methods(READ_OR_POST)
@login_required
def programme_print(request: SignedInRequest, pk: int) -> HttpResponse:
    """All plans of a programme in one branch (``?don-vi=``), with their drafts (``?du-thao=co``) where asked."""
    programme = get_object_or_404(Programme, pk=pk)
    choice = batch_lists.ProgrammePlans(programme, request.GET, by=request.user, on=timezone.localdate())
    if not choice.branches:
        raise PermissionDenied
    context = {"programme": programme, "choice": choice}
    return batch_page(request, choice.listing(), "plans/programme_print_all.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def outgoing_print_all(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """The issued documents of a register, narrowed as its page is."""
    on = timezone.localdate()
    unit = get_object_or_404(OrgUnit.objects.visible_to(request.user, on).prefetch_related("placements"), pk=unit_pk)
    chosen = RegisterFilter(unit, request.GET, on=on)
    context = {"unit": unit, "filter": chosen}
    return batch_page(request, batch_lists.issued_documents(chosen), "plans/outgoing_print_all.html", context)


def batch_page(request: SignedInRequest, listing: Listing, template: str, context: dict[str, object]) -> HttpResponse:
    """Say what will be printed and who is missing (GET), and begin (POST ``dang=zip|gop|word``)."""
    # A copy that was issued is a PDF file for ever.
    forms = {key: form for key, form in FORMS.items() if key != "word" or listing.source != "issued"}
    refused = ""
    if request.method == "POST":
        kind, shape, _ = forms.get(request.POST.get("dang", ""), FORMS["zip"])
        try:
            batch = batches.ask(listing, by=request.user, kind=kind, shape=shape)
        except BatchRefused as error:
            refused = str(error)
        else:
            ring_for_batch(batch.pk)
            return redirect(batch)
    shown = {
        "listing": listing,
        "forms": [(key, words) for key, (_, _, words) in forms.items()],
        "absent": listing.absent[:NAMES_SHOWN],
        "absent_left": max(0, len(listing.absent) - NAMES_SHOWN),
        "refused": refused,
        "here": request.get_full_path(),
    }
    return render(request, template, context | shown, status=422 if refused else 200)


# --- how far it is ---------------------------------------------------------------------------------------------------
@require_safe
@never_cache
@login_required
def print_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    """The state of a batch, and what is not in it by name and reason."""
    return _page(request, _own(request, pk))


def _page(request: SignedInRequest, batch: PrintBatch, *, status: int = 200) -> HttpResponse:
    troubled = batch.items.filter(status__in=[PrintBatchItem.Status.FAILED, PrintBatchItem.Status.LEFT_OUT])
    count = troubled.count()
    context = {
        "batch": batch,
        "progress": batches.progress_of(batch),
        "troubled": troubled.order_by("position")[:NAMES_SHOWN],
        "troubled_left": max(0, count - NAMES_SHOWN),
        "absent": [(each["unit"], each["state"]) for each in batch.absent[:NAMES_SHOWN]],
        "absent_left": max(0, len(batch.absent) - NAMES_SHOWN),
        "has_file": batch.status == PrintBatch.Status.DONE,
        "may_download": batches.may_download(batch, on=timezone.localdate()),
    }
    return render(request, "plans/print_batch.html", context, status=status)


@require_safe
@never_cache
@login_required
def print_batch_status(request: SignedInRequest, pk: int) -> HttpResponse:
    """The state alone, for the page that asks again; a finished batch reloads that page."""
    batch = _own(request, pk)
    context = {"batch": batch, "progress": batches.progress_of(batch)}
    response = render(request, "plans/_print_batch_status.html", context)
    if batch.is_finished:
        response["HX-Refresh"] = "true"
    return response


@require_http_methods(READ_OR_POST)
@never_cache
@login_required
def print_batch_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once, then stop."""
    batch = _own(request, pk)
    if request.method != "POST" and not batch.is_finished:
        context = {"batch": batch, "progress": batches.progress_of(batch)}
        return render(request, "plans/print_batch_cancel.html", context)
    if request.method == "POST" and batches.cancel(batch, by=request.user):
        messages.success(request, "Đã dừng. Những văn bản đã tạo được dùng lại nếu bạn in tất cả lần nữa.")
    else:
        messages.info(request, "Việc này đã kết thúc, không còn gì để dừng.")
    return redirect(batch)


@require_safe
@never_cache
@login_required
def print_batch_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """The file as a download, for who may still read all that is in it."""
    batch = _own(request, pk)
    if batch.status != PrintBatch.Status.DONE:
        raise Http404
    if not batches.may_download(batch, on=timezone.localdate()):
        return _page(request, batch, status=403)
    try:
        file = batch.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    kind = TYPES[PrintBatch.Shape(batch.shape)]
    response = FileResponse(file, as_attachment=True, filename=batch.file_name, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@never_cache
@login_required
def print_list(request: SignedInRequest) -> HttpResponse:
    """All files that the person had made in the last month: those of many documents, and single ones."""
    made = PrintBatch.objects.visible_to(request.user).defer("absent")
    single = PrintJob.objects.visible_to(request.user).filter(batch_items__isnull=True).defer("content")
    context = {
        "batches": made[:ROWS],
        "page_obj": Paginator(single, ROWS).get_page(request.GET.get("trang")),
    }
    return render(request, "plans/print_list.html", context)


def _own(request: SignedInRequest, pk: int) -> PrintBatch:
    return get_object_or_404(PrintBatch.objects.visible_to(request.user).select_related("org_unit"), pk=pk)
