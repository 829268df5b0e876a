"""Moves open drafts over to the version of a form that is in use now.

Nothing that was typed is lost: the draft keeps the texts of items that the new version does not ask, and the filing
form shows them to be copied. A report of which only single items were returned stays with its version until it is
filed again, as its other items are closed.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from orgunits import audit
from orgunits.models import User
from reports import drafts
from reports.form_differences import Difference, compare
from reports.models import FormItem, FormVersion, Report, ReportForm

OPEN = (Report.Status.DRAFT, Report.Status.RETURNED)


@dataclass(frozen=True)
class DraftRow:
    """One open report on an older version: the items where something is typed that the new version does not ask."""

    report: Report
    dropped: list[str]


@dataclass(frozen=True)
class OlderVersion:
    """An older version with the open reports on it, and what moving them over changes.

    ``unanswered`` are the items that the reports would newly have to answer, ``bound`` how many cannot be moved.
    """

    version: FormVersion
    rows: list[DraftRow]
    difference: Difference
    bound: int

    @property
    def unanswered(self) -> list[FormItem]:
        return [change.item for change in self.difference.added]

    @property
    def dropped(self) -> list[FormItem]:
        return [change.item for change in self.difference.removed]


def older_versions(form: ReportForm) -> list[OlderVersion]:
    """The versions older than the current one on which reports are open, the newest first."""
    current = form.current
    if current is None:
        return []
    versions = form.versions.filter(published_at__isnull=False, reports__status__in=OPEN).exclude(pk=current.pk)
    return [_older(version, current) for version in versions.distinct().order_by("-number")]


def _older(version: FormVersion, current: FormVersion) -> OlderVersion:
    difference = compare(version, current)
    gone = {change.item.code: change.item.label for change in difference.removed}
    reports = list(
        version.reports.filter(status__in=OPEN)
        .select_related("obligation__org_unit", "obligation__period", "form_version")
        .prefetch_related("obligation__org_unit__placements")
        .order_by("obligation__period__year", "obligation__org_unit_id", "pk")
    )
    rows = [DraftRow(report, _dropped(report, gone)) for report in reports if not report.open_items]
    return OlderVersion(version, rows, difference, bound=len(reports) - len(rows))


def _dropped(report: Report, gone: dict[str, str]) -> list[str]:
    """The labels of the items that fall away and have something typed."""
    typed = {name.partition(".")[0] for name, text in drafts.typed(report).items() if text}
    return [label for code, label in gone.items() if code in typed]


@transaction.atomic
def move(form: ReportForm, old: FormVersion, new: FormVersion, *, report_pks: list[int], by: User) -> int:
    """Move these open reports from one version to the other; how many were moved.

    The conditional UPDATE leaves alone what was filed, returned by items or moved meanwhile. The version of each draft
    grows, so that nobody files by a page that still shows the old form.
    """
    wanted = Report.objects.filter(pk__in=report_pks, form_version=old, status__in=OPEN, open_items=[])
    for report in wanted.filter(status=Report.Status.RETURNED, draft_version=0):
        _keep_typed(report)
    held = list(wanted.select_for_update().order_by("pk").values_list("pk", flat=True))
    moved = wanted.filter(pk__in=held).update(form_version=new, draft_version=F("draft_version") + 1)
    _note_in_history(held, old, new, by=by)
    audit.record(
        "form.move_reports",
        form,
        by=by,
        org_unit=form.duty.plan.org_unit,
        before=old.number,
        version=new.number,
        count=moved,
    )
    return moved


def _note_in_history(report_pks: list[int], old: FormVersion, new: FormVersion, *, by: User) -> None:
    """One audit row for each report, so that its own history tells the move."""
    related = ("obligation__duty", "obligation__period", "obligation__org_unit")
    reports = Report.objects.filter(pk__in=report_pks).select_related(*related).defer("draft")
    named = reports.prefetch_related("obligation__org_unit__placements").order_by("pk")
    targets = [(report, report.obligation.org_unit) for report in named]
    audit.record_many("report.move_form", targets, by=by, before=old.number, version=new.number)


def _keep_typed(report: Report) -> None:
    """Write the texts of the last filing into a returned report that nobody has touched yet."""
    Report.objects.filter(pk=report.pk, draft_version=0, status=Report.Status.RETURNED).update(
        draft=drafts.typed(report), draft_version=1
    )
