"""The page on which the latest filing of a report is issued."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from plans.models import Document
from plans.rights import require_issuer
from plans.views.issuing import Paper, issue_page
from reports import issuing
from reports.official import report_document
from reports.views.reports import visible_report


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def report_issue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the latest filing its number; a filed or approved report only."""
    report, today = visible_report(request, pk), timezone.localdate()
    unit = report.obligation.org_unit
    require_issuer(request.user, unit, on=today)
    revision = report.latest_revision
    if revision is None:
        return redirect(report.obligation)
    if not issuing.can_be_issued(report, revision):
        raise Conflict("Báo cáo này đã được ban hành hoặc đang bị trả lại. Hãy tải lại trang báo cáo.")
    paper = Paper(
        unit=unit,
        kind=Document.Kind.REPORT,
        title=str(report),
        back_url=report.get_absolute_url(),
        list_url="reports:report_list",
        list_title="Báo cáo",
        build=lambda on: report_document(report, revision, on=today),
        issue=lambda order: issuing.issue_report(report, revision, order, by=request.user, on=today),
    )
    return issue_page(request, paper)
