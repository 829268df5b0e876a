"""A filed report as an official document: on screen as it will be printed, and as a PDF or Word file."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits.requests import SignedInRequest
from plans.official.layout import document_title
from plans.official.screen import render_html
from plans.printing import asked_kind, request_print
from plans.tasks import print_document
from reports.issuing import document_of
from reports.views.reports import visible_report


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def report_print(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the last filing as it is printed; POST asks for it as a PDF file, or a Word file (``kind=word``)."""
    report = visible_report(request, pk)
    revision = report.latest_revision
    if revision is None:
        return redirect(report.obligation)
    document = document_of(report, revision, on=timezone.localdate())
    if request.method != "POST":
        context = {"report": report, "document": document, "sheets": render_html(document)}
        return render(request, "reports/report_print.html", context)
    title = f"{document_title(document)}, {document.issuer_name}"
    kind = asked_kind(request.POST.get("kind"))
    job = request_print(document, by=request.user, org_unit=report.obligation.org_unit, title=title, kind=kind)
    print_document.delay_on_commit(job.pk)
    return redirect("plans:print_job", job.pk)
