"""The life of one report, and what differs between any two of its filings."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from orgunits.requests import SignedInRequest
from reports import comparison, history
from reports.views.reports import numbered, visible_report


@require_safe
@login_required
def report_history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who did what, when and why; and what changed from one filing (``?tu=1``) to another (``?den=2``)."""
    report = visible_report(request, pk)
    revisions = list(report.revisions.select_related("submitted_by").order_by("number"))
    context = {
        "report": report,
        "obligation": report.obligation,
        "days": history.days(history.steps(report)),
        "revisions": revisions,
    }
    if len(revisions) > 1:
        older = numbered(revisions, request.GET.get("tu"), default=revisions[-2])
        newer = numbered(revisions, request.GET.get("den"), default=revisions[-1])
        context |= {"older": older, "newer": newer, "differences": comparison.compare(report, older, newer)}
    return render(request, "reports/report_history.html", context)


@require_safe
@login_required
def report_compare(request: SignedInRequest, pk: int) -> HttpResponse:
    """The address that letters and bookmarks know; the comparison is part of the history."""
    report = visible_report(request, pk)
    query = request.GET.urlencode()
    url = reverse("reports:report_history", args=[report.pk])
    return redirect(f"{url}?{query}#so-sanh" if query else f"{url}#so-sanh")
