"""Freezes what a report upward took from below in the moment it was sent: the sums, and the version of each report."""

from typing import Any

from orgunits.models.units import AFTER_DIGITS
from orgunits.transitions import Conflict
from reports import asked_items
from reports.dashboard_figures import Counting
from reports.models import Obligation, Report, Revision, Rollup, Snapshot, SnapshotChild
from reports.models.obligations import ObligationQuerySet
from reports.own_sums import COUNTS

TRIES = 5
NONE, WAIVED = "none", "waived"  # states of a child besides those of a report


def rows_below(obligation: Obligation) -> list[Rollup]:
    """The stored sums of what other units owe this one under the same plan for the same period."""
    rows = Rollup.objects.filter(
        basis=Rollup.Basis.AS_FILED,
        org_unit=obligation.org_unit_id,
        period=obligation.period_id,
        duty__plan=obligation.duty.plan_id,
        duty__recipient_unit=obligation.org_unit_id,
    ).exclude(expected=0, waived=0)
    return list(rows.select_related("duty", "period").order_by("duty_id", "pk"))


def children(row: Rollup) -> ObligationQuerySet:
    """The expected reports of which the row is the sum."""
    return Obligation.objects.filter(
        duty=row.duty_id, period=row.period_id, path__gte=row.path, path__lt=row.path + AFTER_DIGITS
    )


def take(revision: Revision) -> Snapshot | None:
    """Keep the sums from below and each report's version beside the revision that is being sent.

    Call it in the transaction that files. None where nobody reports to the unit under this plan for this period.
    Raises Conflict when the reports below keep changing while they are read.
    """
    obligation = revision.report.obligation
    for _ in range(TRIES):
        rows = rows_below(obligation)
        if not rows:
            return None
        states = [state for row in rows for state in _states(row)]
        # No lock: whoever decides below would wait for us in the other order. A decision below writes its row in the
        # transaction that changes the report, so rows that stand unchanged belong to the states read in between.
        if [_mark(row) for row in rows_below(obligation)] == [_mark(row) for row in rows]:
            return _write(revision, rows, states)
    raise Conflict("Báo cáo của các đơn vị cấp dưới đang được duyệt cùng lúc này. Hãy bấm nộp lại.")


def _states(row: Rollup) -> list[SnapshotChild]:
    expected = children(row)
    approved = Revision.objects.filter(report__obligation__in=expected, report__status=Report.Status.APPROVED)
    # The last revision of an approved report is the approved one.
    counted = dict(approved.order_by("report_id", "number").values_list("report__obligation_id", "pk"))
    return [
        SnapshotChild(
            obligation_id=pk,
            revision_id=None if waived_at else counted.get(pk),
            state=WAIVED if waived_at else status or NONE,
        )
        for pk, waived_at, status in expected.order_by("pk").values_list("pk", "waived_at", "report__status")
    ]


def _mark(row: Rollup) -> tuple[Any, ...]:
    return row.pk, row.computed_at, row.subtree, *(getattr(row, name) for name in COUNTS)


def _write(revision: Revision, rows: list[Rollup], states: list[SnapshotChild]) -> Snapshot:
    snapshot = Snapshot.objects.create(revision=revision, rows=[_frozen(row) for row in rows])
    for state in states:
        state.snapshot = snapshot
    SnapshotChild.objects.bulk_create(states, batch_size=1000)
    return snapshot


def _frozen(row: Rollup) -> dict[str, Any]:
    """One row with the words of its figures, so that a form that changes later does not change what was sent."""
    return {
        "duty": row.duty_id,
        "name": row.duty.name,
        **{name: getattr(row, name) for name in COUNTS},
        "figures": Counting.APPROVED.of(row.subtree),
        "items": asked_items.to_json(asked_items.asked_items(row.duty, row.period)),
    }
