"""What one unit's own report gives to the sums: its figures in the bucket of its status, and what is counted.

A cell that is missing is not zero, and a share counts a group only where numerator and denominator are both there.
A yes-or-no or a choice counts its answers in cells ``<answer>.c``, apart from the figures. Beside the form's items
three keys that no item code can have hold what a form item does not: ``TASKS`` (cells ``<task pk>.<status>``),
``ACTIVITIES`` (``n`` events held, sums, and the money by source) and ``MODELS`` (``n`` models, how many of them were
begun, kept, improved, spread or ended, and in how many more ``places``).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from reports import care_models
from reports.activities import frozen_amounts
from reports.models import CareModelStep, FormItem, Obligation, Report, Revision
from targets import evaluation
from targets.models import Milestone
from targets.trajectory import milestone_in_force

COUNTS = ("expected", "filed", "on_time", "submitted", "returned", "approved", "waived")
BUCKETS = {
    Report.Status.APPROVED: "approved",
    Report.Status.SUBMITTED: "submitted",
    Report.Status.RETURNED: "returned",
}
TASKS = "@tasks"
ACTIVITIES = "@activities"
MODELS = "@models"
ACTIVITY_SUMS = ("children_reached", "families_reached", "amount_spent")
SUMMED_PARTS = ("figures", "choices", "tasks", "activities", "models")  # of a revision's content
ANSWERED = {"units": 1, "nil": 0, "met": 0}

Cells = dict[str, int]
Figures = dict[str, dict[str, Cells]]  # bucket → item code → cell → sum
Milestones = dict[tuple[int, str, int], Milestone]  # form version, item code, year


@dataclass
class Sums:
    """Figures and counts of one report, or of a subtree."""

    figures: Figures = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))

    def add(self, figures: Figures, counts: dict[str, int]) -> None:
        for name in COUNTS:
            self.counts[name] += counts[name]
        for bucket, items in figures.items():
            mine = self.figures.setdefault(bucket, {})
            for code, cells in items.items():
                sums = mine.setdefault(code, {})
                for cell, value in cells.items():
                    sums[cell] = sums.get(cell, 0) + value


def own_sums(obligations: QuerySet[Obligation]) -> dict[tuple[int, int, int], Sums]:
    """What the units' own obligations give, by duty, period and unit."""
    rows = list(obligations.select_related("report", "period").defer("report__draft"))
    reports = [report for row in rows if (report := _counted_report(row))]
    contents = _latest_contents(reports)
    milestones = _milestones(reports)
    sums = {}
    for row in rows:
        report = _counted_report(row)
        content = contents.get(report.pk, {}) if report else {}
        sums[row.duty_id, row.period_id, row.org_unit_id] = _own(row, report, content, milestones)
    return sums


def _counted_report(obligation: Obligation) -> Report | None:
    """The report, unless it was never filed or the unit was freed from it."""
    report: Report | None = getattr(obligation, "report", None)
    counted = report is not None and report.status in BUCKETS and obligation.waived_at is None
    return report if counted else None


def _own(obligation: Obligation, report: Report | None, content: dict[str, Any], milestones: Milestones) -> Sums:
    sums = Sums()
    if obligation.waived_at is not None:
        sums.counts["waived"] = 1
        return sums
    sums.counts["expected"] = 1
    if report is None:
        return sums
    bucket = BUCKETS[Report.Status(report.status)]
    sums.counts[bucket] = 1
    sums.counts["filed"] = 1
    sums.counts["on_time"] = int(bool(report.first_submitted_at and obligation.is_in_time(report.first_submitted_at)))
    year = obligation.period.year
    items = {
        code: cells
        for code, figures in (content.get("figures") or {}).items()
        if (cells := own_cells(figures, milestones.get((report.form_version_id, code, year))))
    }
    items.update(answers(content))
    items.update(tasks_and_activities(content))
    if items:
        sums.figures[bucket] = items
    return sums


def own_cells(figures: dict[str, Any], milestone: Milestone | None) -> Cells:
    """One report's answer to one item as cells that can be summed; empty where nothing was answered."""
    if figures.get("nil"):
        return {"units": 0, "nil": 1, "met": 0}
    cells: Cells = {}
    for cell, value in figures.items():
        group, _, part = cell.rpartition(".")
        partner = {"n": f"{group}.d", "d": f"{group}.n"}.get(part) if group else None
        if _is_number(value) and (partner is None or _is_number(figures.get(partner))):
            cells[cell] = value
    if not cells:
        return {}
    return cells | {"units": 1, "nil": 0, "met": int(_meets(cells, milestone))}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def share_of(cells: Cells) -> tuple[int, int] | None:
    """Numerator and denominator over all groups together; None where the item has no group with both."""
    numerators = [value for cell, value in cells.items() if cell.endswith(".n")]
    if not numerators:
        return None
    return sum(numerators), sum(value for cell, value in cells.items() if cell.endswith(".d"))


def _meets(cells: Cells, milestone: Milestone | None) -> bool:
    together = share_of(cells)
    share: Fraction | None = evaluation.ratio(*together) if together else None
    if share is None or milestone is None:
        return False
    return evaluation.is_met(share, operator=milestone.operator, percent=milestone.percent)


def answers(content: dict[str, Any]) -> dict[str, Cells]:
    """One for the answer that was chosen to each yes-or-no and each choice."""
    chosen: dict[str, str] = content.get("choices") or {}
    return {code: {f"{answer}.c": 1, **ANSWERED} for code, answer in chosen.items() if answer}


def tasks_and_activities(content: dict[str, Any]) -> dict[str, Cells]:
    """What does not hang on one figure of the form: task statuses, and the registers of activities and models."""
    statuses = [(pk, task.get("status")) for pk, task in (content.get("tasks") or {}).items()]
    given = {f"{pk}.{status}": 1 for pk, status in statuses if status}
    items = {TASKS: given | ANSWERED} if given else {}
    if held := content.get("activities"):
        items[ACTIVITIES] = _activity_cells(held) | ANSWERED
    if noted := content.get("models"):
        items[MODELS] = _model_cells(noted) | ANSWERED
    return items


def _activity_cells(rows: list[dict[str, Any]]) -> Cells:
    cells = {"n": len(rows)}
    for name in ACTIVITY_SUMS:
        values = [row[name] for row in rows if _is_number(row.get(name))]
        if values:
            cells[name] = sum(values)
    for row in rows:
        for source, amount in frozen_amounts(row).items():
            cells[f"amount_{source}"] = cells.get(f"amount_{source}", 0) + amount
    return cells


def _model_cells(rows: list[dict[str, Any]]) -> Cells:
    steps = [[(step.get("kind", ""), step.get("places")) for step in row.get("steps") or []] for row in rows]
    found = care_models.totals_of(steps)
    cells = {"n": found.count} | found.kinds
    if found.places is None and found.kinds[CareModelStep.Kind.SPREAD]:
        return cells  # spread, and nobody says to how many places
    return cells | {"places": found.places or 0}


def _latest_contents(reports: list[Report]) -> dict[int, dict[str, Any]]:
    """The parts of each report's latest revision that can be summed."""
    newer = Revision.objects.filter(report=OuterRef("report"), number__gt=OuterRef("number"))
    latest = Revision.objects.filter(~Exists(newer))
    contents = {}
    for batch in batches([report.pk for report in reports]):
        found = latest.filter(report__in=batch).values_list("report_id", *(f"content__{part}" for part in SUMMED_PARTS))
        for pk, *parts in found:
            contents[pk] = dict(zip(SUMMED_PARTS, parts, strict=True))
    return contents


def _milestones(reports: list[Report]) -> Milestones:
    """The milestone in force by form version, item and year: a year after the last milestone keeps the last."""
    versions = {report.form_version_id for report in reports}
    years = {report.obligation.period.year for report in reports}
    items = FormItem.objects.filter(version__in=versions, target__isnull=False).values_list(
        "version_id", "code", "target_id"
    )
    of_target: dict[int, list[Milestone]] = defaultdict(list)
    targets = {target for _, _, target in items}
    for milestone in Milestone.objects.filter(target__in=targets).order_by("year", "pk"):
        of_target[milestone.target_id].append(milestone)
    return {
        (version, code, year): found
        for version, code, target in items
        for year in years
        if (found := milestone_in_force(of_target[target], year=year))
    }


def batches(pks: list[int], size: int = 500) -> Iterator[list[int]]:
    """SQLite takes a limited number of parameters in a statement."""
    for start in range(0, len(pks), size):
        yield pks[start : start + size]
