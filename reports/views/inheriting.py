"""The page on which a successor reads the draft of a unit that it succeeds, and takes items of it into its own."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from orgunits.requests import SignedInRequest
from reports import drafts, inheriting
from reports.views.filing import report_to_file

READ_OR_POST = ["GET", "HEAD", "POST"]


@require_http_methods(READ_OR_POST)
@login_required
def filing_inherit(request: SignedInRequest, pk: int, source_pk: int) -> HttpResponse:
    report = report_to_file(request.user, pk)
    if not report.is_editable:
        return redirect(report)
    visible = inheriting.sources(report).visible_to(request.user)
    source = get_object_or_404(visible, pk=source_pk)
    if request.method == "POST":
        try:
            count = inheriting.take(report, source, request.POST.getlist("lay"), by=request.user)
        except drafts.DraftTooLarge as error:
            messages.error(request, str(error))
        else:
            if count:
                messages.success(request, f"Đã lấy {count} mục từ bản nháp của {source.obligation.org_unit}.")
            else:
                messages.info(request, "Không có mục nào được lấy.")
            return redirect("reports:filing", report.pk)
    context = {
        "report": report,
        "obligation": report.obligation,
        "source": source,
        "pieces": inheriting.pieces(report, source),
    }
    return render(request, "reports/filing_inherit.html", context)
