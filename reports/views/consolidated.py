"""The report that a unit writes upward: what those below have filed, what was sent of it, and what changed since."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from orgunits import roles
from orgunits.models import OrgUnit, Placement, Role
from orgunits.requests import SignedInRequest
from reports import absent, below, collected_texts, consolidated, corrections, workflow
from reports.consolidated_forms import CorrectForm
from reports.dashboard_figures import Counting
from reports.models import Report, Snapshot, SnapshotChild
from reports.views.reports import visible_report

ROWS = 50
COUNTINGS = {Counting.APPROVED: "Chỉ báo cáo đã duyệt", Counting.SUBMITTED: "Cả báo cáo chờ duyệt (chỉ để xem)"}


@require_safe
@login_required
def consolidated_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Own figures beside those from below, the texts to pick from, and who is missing."""
    report, on = visible_report(request, pk), timezone.localdate()
    obligation = report.obligation
    rows = below.rows_below(obligation)
    counting = Counting.SUBMITTED if request.GET.get("count") == Counting.SUBMITTED else Counting.APPROVED
    frame = _frame(request, report)
    own = (consolidated.own_figures if frame["may_file"] else consolidated.own_figures_for_reader)(report)
    missing = consolidated.missing_list(rows, asked=request.GET.get("loc", ""), on=on)
    named = missing.found.select_related("org_unit", "report", "period").defer("report__draft")
    page = Paginator(named.prefetch_related("org_unit__placements"), ROWS).get_page(request.GET.get("trang"))
    sees_below = _sees_below(request, report)
    tables = [
        consolidated.table(
            below.part_of(row, counting),
            own,
            counting=counting,
            url=consolidated.dashboard_url(row, counting) if sees_below else "",
        )
        for row in rows
    ]
    context = frame | {
        "tables": tables,
        "own": own,
        "counting": counting,
        "countings": COUNTINGS.items(),
        "missing": missing,
        "page_obj": page,
        "missing_lines": consolidated.missing_lines(list(page), on=on),
        "sees_below": sees_below,
        "may_remind": roles.may(request.user, (Role.REVIEWER, Role.ADMINISTRATOR), obligation.org_unit, on=on),
        "text_items": collected_texts.items_with_counts(report) if frame["may_file"] else [],
        "left_over": collected_texts.left_over(report) if frame["may_file"] else [],
    }
    return render(request, "reports/consolidated_detail.html", context)


@require_safe
@login_required
def consolidated_snapshot(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Exactly what was sent with one filing, from its snapshot alone."""
    report = visible_report(request, pk)
    snapshots = Snapshot.objects.filter(revision__report=report).select_related(
        "revision__submitted_by", *corrections.OF_SNAPSHOT
    )
    snapshot = get_object_or_404(snapshots, revision__number=number)
    before = snapshots.filter(revision__number__lt=number).order_by("-revision__number").first()
    changes = corrections.between(before, snapshot) if before else corrections.Changes()
    first = {pk: changes.children[pk] for pk in sorted(changes.children)[:ROWS]}
    own = consolidated.own_figures(report, snapshot.revision)
    page = Paginator(_children(snapshot), ROWS).get_page(request.GET.get("trang"))
    context = _frame(request, report) | {
        "snapshot": snapshot,
        "tables": [consolidated.table(part, own) for part in below.parts_sent(snapshot)],
        "own": own,
        "page_obj": page,
        "children": [_child_row(child) for child in page],
        "sees_below": _sees_below(request, report),
        "before": before,
        "changes": changes,
        "lines": corrections.child_lines(first, on=report.obligation.period.ends_on),
        "columns": (f"Lần {before.revision.number if before else '–'}", f"Lần {number}"),
        "others": snapshots.order_by("revision__number"),
    }
    return render(request, "reports/consolidated_snapshot.html", context)


@require_safe
@login_required
def consolidated_changes(request: SignedInRequest, pk: int) -> HttpResponse:
    """What has changed below since the report was last sent; who may file sends a correction from here."""
    return _changes_page(request, visible_report(request, pk))


@require_POST
@login_required
def report_correct(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the last filing again with the figures of today."""
    report = visible_report(request, pk)
    if not workflow.may_file(request.user, report.obligation, on=timezone.localdate()):
        raise PermissionDenied
    form = CorrectForm(request.POST)
    if not form.is_valid():
        return _changes_page(request, report, form=form, status=422)
    try:
        revision = workflow.correct(
            report, by=request.user, reason=form.cleaned_data["reason"], seen=form.cleaned_data["seen"]
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _changes_page(request, report, form=form, status=422)
    receiver = report.obligation.receiving_unit
    messages.success(request, f"Đã gửi bản đính chính (bản nộp lần {revision.number}) đến {receiver}.")
    return redirect(report)


def _changes_page(
    request: SignedInRequest, report: Report, *, form: CorrectForm | None = None, status: int = 200
) -> HttpResponse:
    last = report.latest_revision
    if last is None:
        return redirect("reports:consolidated", report.pk)
    snapshot = Snapshot.objects.filter(revision=last).select_related(*corrections.OF_SNAPSHOT).first()
    changes = corrections.since_sent(snapshot) if snapshot else corrections.Changes()
    page = Paginator(sorted(changes.children), ROWS).get_page(request.GET.get("trang"))
    on_page = {pk: changes.children[pk] for pk in page}
    frame = _frame(request, report)
    context = frame | {
        "snapshot": snapshot,
        "last": last,
        "changes": changes,
        "page_obj": page,
        "lines": corrections.child_lines(on_page, on=report.obligation.period.ends_on),
        "sees_below": _sees_below(request, report),
        "form": (form or CorrectForm(initial={"seen": last.number})) if changes and _may_correct(frame) else None,
    }
    return render(request, "reports/consolidated_changes.html", context, status=status)


def _may_correct(frame: dict[str, Any]) -> bool:
    filed = (Report.Status.SUBMITTED, Report.Status.APPROVED)
    return frame["may_file"] and frame["report"].status in filed


def _frame(request: SignedInRequest, report: Report) -> dict[str, Any]:
    """What all these pages show around their content."""
    return {
        "report": report,
        "obligation": report.obligation,
        "may_file": workflow.may_file(request.user, report.obligation, on=timezone.localdate()),
    }


def _sees_below(request: SignedInRequest, report: Report) -> bool:
    """Whether the person may follow the figures down; who only receives the report reads it without the links."""
    return OrgUnit.objects.visible_to(request.user).filter(pk=report.obligation.org_unit_id).exists()


def _children(snapshot: Snapshot) -> QuerySet[SnapshotChild]:
    """The reports expected below, those that did not count first, each by name."""
    period_end = snapshot.revision.report.obligation.period.ends_on
    places = Placement.objects.filter(org_unit=OuterRef("obligation__org_unit"), valid_from__lte=period_end)
    order = Case(
        *[When(state=state, then=Value(place)) for place, state in enumerate(absent.STATES)],
        default=Value(len(absent.STATES)),
        output_field=IntegerField(),
    )
    return (
        snapshot.children.annotate(place=order, sort=Subquery(places.order_by("-valid_from").values("sort_name")[:1]))
        .select_related("obligation__org_unit", "obligation__period", "obligation__report", "revision")
        .defer("obligation__report__draft", "revision__content")
        .prefetch_related("obligation__org_unit__placements")
        .order_by("place", "sort", "pk")
    )


def _child_row(child: SnapshotChild) -> dict[str, Any]:
    obligation = child.obligation
    return {
        "name": obligation.org_unit.name_on(obligation.period.ends_on),
        "obligation": obligation,
        "late_words": f"Chậm {child.late_days} ngày" if child.late_days else "",
        "revision": child.revision,
        "words": absent.STATES.get(child.state, ""),
    }
