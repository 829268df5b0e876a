"""Expected reports and what is filed for them, for everybody who may read."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from orgunits import roles
from orgunits.models import Role
from orgunits.requests import SignedInRequest
from plans.rights import may_issue
from reports import (
    issuing,
    letters,
    official_letters,
    reading,
    report_filters,
    returns,
    review_notes,
    stand_ins,
    states,
    waiting,
    workflow,
    worklist,
)
from reports.duty_forms import CloseForm, ExtendForm, WaiveForm
from reports.models import Obligation, Report, ReviewEvent, Revision
from reports.official_letter_units import sender_of
from reports.review_forms import ApproveForm, ReopenForm, ReturnForm
from reports.upward import upward

ROWS = 50


@dataclass(frozen=True)
class Row:
    """One line of the list of expected reports."""

    obligation: Obligation
    state: states.State
    days: int | None


@require_safe
@login_required
def report_list(request: SignedInRequest) -> HttpResponse:
    """All expected reports in the user's scope, newest period first."""
    on = timezone.localdate()
    visible = Obligation.objects.visible_to(request.user, on)
    filters = report_filters.ReportFilter(request.GET, obligations=visible, statuses=report_filters.LIST_STATUSES)
    found = visible.filter(filters.narrow(), report_filters.in_state(filters.chosen("trang_thai"), on=on))
    page = Paginator(report_filters.in_list_order(found), ROWS).get_page(request.GET.get("trang"))
    rows = page_rows(page, on=on)
    return render(request, "reports/report_list.html", {"filter": filters, "page_obj": page, "rows": rows})


@require_safe
@login_required
def obligation_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One expected report: what, by when, to whom, its state, and the way into it."""
    return obligation_page(request, visible_obligation(request, pk))


@require_POST
@login_required
def report_start(request: SignedInRequest, pk: int) -> HttpResponse:
    user = request.user
    obligation = get_object_or_404(Obligation.objects.visible_to(user), pk=pk)
    report = workflow.start_report(obligation, by=user)
    return redirect("reports:filing", report.pk)


@require_safe
@login_required
def report_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """A filed report as one reads it; ``?lan=1`` opens the first filing."""
    report = visible_report(request, pk)
    if not report.revisions.exists():
        return redirect(report.obligation)
    return report_page(request, report)


def page_rows(page: Page[int], *, on: datetime.date) -> list[Row]:
    """The lines of one page of ``report_filters.in_list_order``."""
    return [
        Row(row, states.state_of(row), states.days_left(row, on=on))
        for row in report_filters.load(list(page.object_list))
    ]


def visible_obligation(request: SignedInRequest, pk: int) -> Obligation:
    """The expected report with what its page names, or 404 outside the user's scope."""
    visible = Obligation.objects.visible_to(request.user).select_related(
        "duty__plan__document", "duty__plan__org_unit", "due_rule__level", "due_rule__unit"
    )
    return get_object_or_404(letters.with_names(visible), pk=pk)


def obligation_page(request: SignedInRequest, obligation: Obligation, **forms: Any) -> HttpResponse:
    """The page of an expected report, with an administrator's forms as they were typed where one was wrong."""
    user, on = request.user, timezone.localdate()
    report: Report | None = getattr(obligation, "report", None)
    is_returned = report is not None and report.status == Report.Status.RETURNED
    returned = worklist.last_returns([report.pk]).get(report.pk) if report and is_returned else None
    context = {
        "obligation": obligation,
        "report": report,
        "state": states.state_of(obligation),
        "days": states.days_left(obligation, on=on),
        "due_words": letters.due_in_words(obligation),
        "planned_words": letters.planned_in_words(obligation),
        "correction_due_on": report.correction_due_on if report else None,
        "returned": returned,
        "to_do": returns.describe(returned) if returned else None,
        "timeliness": states.timeliness(obligation, report) if report else None,
        "is_owed": states.is_owed(obligation),
        "waiting": waiting.waiting([obligation], on=on).get(obligation.pk) if states.is_owed(obligation) else None,
        "may_file": workflow.may_file(user, obligation, on=on),
        "may_remind": roles.may(user, (Role.REVIEWER, Role.ADMINISTRATOR), obligation.receiving_unit, on=on),
        "may_administer": roles.may(user, Role.ADMINISTRATOR, obligation.duty.plan.org_unit, on=on),
        "letters": official_letters.issued_about(obligation, reader=user, on=on),
        "may_write_letter": official_letters.may_write(user, sender_of(obligation.receiving_unit, on=on), on=on),
        "extend_form": forms.get("extend_form") or ExtendForm(),
        "waive_form": forms.get("waive_form") or WaiveForm(),
        "close_form": forms.get("close_form") or CloseForm(),
    }
    return render(request, "reports/obligation_detail.html", context)


def visible_report(request: SignedInRequest, pk: int) -> Report:
    """The report with what its pages name, or 404 outside the user's scope."""
    reports = Report.objects.visible_to(request.user).select_related(
        "obligation__org_unit",
        "obligation__duty__plan__document",
        "obligation__duty__plan__org_unit",
        "obligation__period",
        "obligation__receiving_unit",
        "submitted_by",
        "decided_by",
        "form_version",
    )
    names = ("obligation__org_unit__placements", "obligation__receiving_unit__placements")
    return get_object_or_404(reports.prefetch_related(*names), pk=pk)


def report_page(request: SignedInRequest, report: Report, **forms: Any) -> HttpResponse:
    """The page of a report, with the forms of the review as they were typed where one was wrong."""
    user, on = request.user, timezone.localdate()
    revisions = list(report.revisions.select_related("submitted_by").order_by("number"))
    shown = numbered(revisions, request.GET.get("lan"), default=revisions[-1])
    events = list(report.events.select_related("by", "revision").defer("revision__content").order_by("pk"))
    stand_ins.mark(events, report.obligation.receiving_unit)
    returned = _reasons_shown(events, shown)
    page = reading.read(report, shown, reasons=returned.item_reasons if returned else {})
    may_file = workflow.may_file(user, report.obligation, on=on)
    outgoing = issuing.outgoing_of(shown)
    waits_for_number = outgoing is None and issuing.is_filed(report) and shown == revisions[-1]
    context = {
        "report": report,
        "obligation": report.obligation,
        "reading": page,
        "returned": returned,
        "to_do": returns.describe(returned) if returned and report.is_editable and shown == revisions[-1] else None,
        "is_latest": shown == revisions[-1],
        "revisions": revisions,
        "events": events,
        "correction": next((event for event in events if _is_correction(event, shown)), None),
        "state": _state(report, events),
        "timeliness": states.timeliness(report.obligation, report),
        "may_file": may_file,
        "upward": upward(report, shown, revisions[-1], may_file=may_file),
        "kept": report_filters.kept(request.GET),
        "outgoing": outgoing,
        "may_issue": waits_for_number and may_issue(user, report.obligation.org_unit, on=on),
        **_review(request, report, page, forms, revisions=revisions, events=events),
    }
    return render(request, "reports/report_detail.html", context)


def _review(
    request: SignedInRequest,
    report: Report,
    shown: reading.Reading,
    forms: dict[str, Any],
    *,
    revisions: list[Revision],
    events: list[ReviewEvent],
) -> dict[str, Any]:
    """What a reviewer should look at and may do on the page, with the neighbours in the queue."""
    user, on = request.user, timezone.localdate()
    if not workflow.may_review(user, report.obligation, on=on):
        return {"may_review": False}
    latest, place = revisions[-1], revisions.index(shown.revision)
    older = revisions[place - 1] if place else None
    back = _reasons_shown(events, older) if older else None
    seen = {"seen": latest.number}
    items = [question.item for question in shown.form.questions]
    is_latest = shown.revision == latest
    waits = report.status == Report.Status.SUBMITTED and is_latest
    queue = report_filters.ReviewQueue(user, request.GET, on=on)
    return {
        "may_review": True,
        "refused_form": next(iter(forms.values()), None),
        "notes": review_notes.notes(report, shown, older, reader=user, back=back),
        "is_own": latest.submitted_by_id == user.pk,
        "approve_form": forms.get("approve_form") or (ApproveForm(initial=seen) if waits else None),
        "return_form": forms.get("return_form") or (ReturnForm(initial=seen, items=items, on=on) if waits else None),
        "reopen_form": forms.get("reopen_form")
        or (ReopenForm(initial=seen, on=on) if report.status == Report.Status.APPROVED and is_latest else None),
        "queue_before": queue.before(report),
        "queue_after": queue.after(report),
    }


def _is_correction(event: ReviewEvent, shown: Revision) -> bool:
    return event.revision_id == shown.pk and event.action == ReviewEvent.Action.CORRECT


def _reasons_shown(events: list[ReviewEvent], shown: Revision) -> ReviewEvent | None:
    """Why the revision on the page was returned or reopened, if it was."""
    of_shown = [event for event in events if event.revision_id == shown.pk]
    last = of_shown[-1] if of_shown else None
    back = (ReviewEvent.Action.RETURN, ReviewEvent.Action.REOPEN)
    return last if last and last.action in back else None


def _state(report: Report, events: list[ReviewEvent]) -> states.State:
    if report.status == Report.Status.RETURNED and events and events[-1].action == ReviewEvent.Action.REOPEN:
        return states.REOPENED
    return states.OF_STATUS[Report.Status(report.status)]


def numbered(revisions: list[Revision], text: str | None, *, default: Revision) -> Revision:
    """The revision of that number; 404 for one that there is not."""
    if not text:
        return default
    for revision in revisions:
        if str(revision.number) == text:
            return revision
    raise Http404
