"""Freezes what a report upward took from below in the moment it was sent: the sums, and the version of each report."""

from typing import Any

from django.utils import timezone

from orgunits.transitions import Conflict
from reports import below
from reports.below import Child
from reports.models import Revision, Rollup, Snapshot, SnapshotChild
from reports.own_sums import COUNTS

TRIES = 5


def take(revision: Revision) -> Snapshot | None:
    """Keep the sums from below and each report's version beside the revision that is being sent.

    Call it in the transaction that files. None where nobody reports to the unit under this plan for this period.
    Raises Conflict when the reports below keep changing while they are read.
    """
    obligation = revision.report.obligation
    for _ in range(TRIES):
        rows = below.rows_below(obligation)
        if not rows:
            return None
        children = [below.children_of(row) for row in rows]
        # No lock: whoever decides below would wait for us in the other order. A decision below writes its row in the
        # transaction that changes the report, so rows that stand unchanged belong to the states read in between.
        if [_mark(row) for row in below.rows_below(obligation)] == [_mark(row) for row in rows]:
            return _write(revision, rows, children)
    raise Conflict("Báo cáo của các đơn vị cấp dưới đang được duyệt cùng lúc này. Hãy bấm lại.")


def _mark(row: Rollup) -> tuple[Any, ...]:
    return row.pk, row.computed_at, row.subtree, *(getattr(row, name) for name in COUNTS)


def _write(revision: Revision, rows: list[Rollup], children: list[dict[int, Child]]) -> Snapshot:
    parts = [
        below.to_json(below.part_of(row), {pk: child.extended for pk, child in expected.items() if child.extended})
        for row, expected in zip(rows, children, strict=True)
    ]
    snapshot = Snapshot.objects.create(revision=revision, rows=parts)
    on = timezone.localdate(revision.submitted_at)
    kept = {pk: child for expected in children for pk, child in expected.items()}
    SnapshotChild.objects.bulk_create(
        [
            SnapshotChild(
                snapshot=snapshot,
                obligation_id=pk,
                state=child.state,
                revision_id=child.revision,
                late_days=child.late_days(on),
            )
            for pk, child in kept.items()
        ],
        batch_size=1000,
    )
    return snapshot
