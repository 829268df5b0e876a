"""The printed plan: on screen as it will look, and as a PDF or Word file made by a worker."""

from typing import Final

from csp.decorators import csp_exempt
from django.contrib.auth.decorators import login_required
from django.contrib.messages import info
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from orgunits.requests import SignedInRequest
from plans import printing
from plans.issuing import document_of
from plans.models import Plan, PrintJob
from plans.official.layout import document_title
from plans.official.screen import render_html
from plans.tasks import print_document

WORD_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@login_required
def plan_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The plan as it will be printed, and what is missing before it can be issued."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("document", "org_unit"), pk=pk)
    document = document_of(plan, on=timezone.localdate())
    context = {"plan": plan, "document": document, "sheets": render_html(document)}
    return render(request, "plans/plan_preview.html", context)


@require_POST
@login_required
def plan_print(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for the plan as a PDF file, or as a Word file (``kind=word``)."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("document", "org_unit"), pk=pk)
    document = document_of(plan, on=timezone.localdate())
    kind = printing.asked_kind(request.POST.get("kind"))
    title = document_title(document)
    job = printing.request_print(document, by=request.user, org_unit=plan.org_unit, title=title, kind=kind)
    print_document.delay_on_commit(job.pk)
    return redirect("plans:print_job", job.pk)


@require_safe
@never_cache
@login_required
def print_job(request: SignedInRequest, pk: int) -> HttpResponse:
    """The state of a job, and the file in the page once it is there."""
    job = get_object_or_404(PrintJob.objects.visible_to(request.user).select_related("org_unit"), pk=pk)
    return render(request, "plans/print_job.html", {"job": job})


@require_safe
@never_cache
@login_required
def print_job_status(request: SignedInRequest, pk: int) -> HttpResponse:
    """The state alone, for the page that asks again every second; a finished job reloads that page."""
    job = get_object_or_404(PrintJob.objects.visible_to(request.user), pk=pk)
    response = render(request, "plans/_print_job_status.html", {"job": job})
    if job.is_finished:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@never_cache
@login_required
@xframe_options_sameorigin
# The browser's own PDF reader is a page of its own, with styles and plug-ins that our policy refuses.
@csp_exempt()  # type: ignore[arg-type]  # its types know views without arguments only
def print_job_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """The file: PDF in the page or (``?tai=1``) as a download, Word always as a download."""
    done = PrintJob.objects.visible_to(request.user).filter(status=PrintJob.Status.DONE)
    job = get_object_or_404(done, pk=pk)
    try:
        file = job.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    is_word = job.kind == PrintJob.Kind.WORD
    response = FileResponse(
        file,
        as_attachment=is_word or "tai" in request.GET,
        filename=job.file_name,
        content_type=WORD_TYPE if is_word else "application/pdf",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@login_required
def print_job_retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try a failed job again."""
    job = get_object_or_404(PrintJob.objects.visible_to(request.user), pk=pk)
    if printing.try_again(job, by=request.user):
        print_document.delay_on_commit(job.pk)
    else:
        info(request, "Văn bản này không còn ở tình trạng lỗi.")
    return redirect("plans:print_job", job.pk)
