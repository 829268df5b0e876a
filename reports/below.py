"""What other units owe one unit under the same plan for the same period: the sums, and the state of every report.

The same ``Picture`` is made of the stored sums as they stand today and of a snapshot, so that what was sent and what
is known now are shown and compared in one way.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, Q
from django.utils import timezone

from orgunits.models.units import AFTER_DIGITS, SEGMENT_WIDTH
from reports import asked_items
from reports.asked_items import AskedItem
from reports.dashboard_figures import Counting
from reports.models import Obligation, Report, Revision, Rollup, Snapshot
from reports.models.obligations import ObligationQuerySet
from reports.own_sums import COUNTS, Cells, Sums

# What ``child_of`` reads of an expected report.
CHILD_FIELDS = (
    "pk", "waived_at", "closed_at", "due_on", "extended_due_on",
    "report__status", "report__first_submitted_at", "report__correction_due_on",
)  # fmt: skip
# States of an expected report besides those of a report that was filed.
NONE, WAIVED = "none", "waived"


@dataclass(frozen=True)
class Part:
    """The sums of one duty below; ``figures`` are the cells by item of the reports that are counted."""

    duty: int
    name: str
    counts: dict[str, int]
    figures: dict[str, Cells]
    items: list[AskedItem]

    @property
    def rollup(self) -> Rollup:
        """The counts as a row of sums that is not in the database, for what speaks of completeness."""
        return Rollup(**self.counts)


@dataclass(frozen=True)
class Child:
    """One report expected from below; ``revision`` is the one that counted, ``extended`` its new last day (ISO).

    ``due_on`` is the day by which it is, or was, to be filed and ``filed_on`` the day of its first filing. They say how
    late it is and are no difference between two pictures.
    """

    state: str
    revision: int | None = None
    extended: str = ""
    due_on: datetime.date | None = field(default=None, compare=False)
    filed_on: datetime.date | None = field(default=None, compare=False)

    def late_days(self, on: datetime.date) -> int:
        """Days late: of a missing report until that day, of one that is in when it was first filed."""
        if self.state == WAIVED or self.due_on is None:
            return 0
        until = on if self.state in (NONE, Report.Status.RETURNED) else self.filed_on or on
        return max((until - self.due_on).days, 0)


@dataclass(frozen=True)
class Picture:
    """All that is known from below at one moment; children by the number of the obligation."""

    parts: list[Part] = field(default_factory=list)
    children: dict[int, Child] = field(default_factory=dict)


def rows_below(obligation: Obligation) -> list[Rollup]:
    """The stored sums of what other units owe this one under the same plan for the same period.

    Of a report that goes up step by step the unit's own row holds its own report too. What came from below is then
    the sum of the rows one step down: a row that is not in the database.
    """
    unit, duty, period = obligation.org_unit_id, obligation.duty, obligation.period
    taken = Obligation.objects.filter(receiving_unit=unit, duty=duty, period=period).exclude(org_unit=unit)
    rows = Rollup.objects.filter(
        Q(org_unit=unit, duty__recipient_unit=unit) | Q(Exists(taken), parent=unit, duty=duty),
        basis=Rollup.Basis.AS_FILED,
        period=period,
        duty__plan=duty.plan_id,
    ).exclude(expected=0, waived=0)
    found = list(rows.select_related("duty", "period").order_by("duty_id", "pk"))
    steps = [row for row in found if row.parent_id == unit and row.duty_id == duty.pk]
    whole = [row for row in found if row not in steps]
    return sorted([*whole, *([_sum_of(steps, obligation)] if steps else [])], key=lambda row: row.duty_id)


def _sum_of(steps: list[Rollup], obligation: Obligation) -> Rollup:
    total = Sums()
    for row in steps:
        total.add(row.subtree, {name: getattr(row, name) for name in COUNTS})
    first = steps[0]
    return Rollup(
        org_unit_id=obligation.org_unit_id,
        duty=first.duty,
        period=first.period,
        path=first.path[:-SEGMENT_WIDTH],
        depth=first.depth - 1,
        subtree=total.figures,
        computed_at=max(row.computed_at for row in steps),
        **total.counts,
    )


def part_of(row: Rollup, counting: Counting = Counting.APPROVED) -> Part:
    """One row as a part; by default only approved reports count."""
    return Part(
        duty=row.duty_id,
        name=row.duty.name,
        counts={name: getattr(row, name) for name in COUNTS},
        figures=counting.of(row.subtree),
        items=asked_items.asked_items(row.duty, row.period),
    )


def expected_below(row: Rollup) -> ObligationQuerySet:
    """The expected reports of which the row is the sum; of a sum of the steps below, without the unit's own."""
    expected = Obligation.objects.filter(
        duty=row.duty_id, period=row.period_id, path__gte=row.path, path__lt=row.path + AFTER_DIGITS
    )
    return expected.exclude(org_unit=row.org_unit_id) if row.pk is None else expected


def children_of(row: Rollup) -> dict[int, Child]:
    """The state of every expected report as it stands; a draft is not filed, so it is as if there were none."""
    expected = expected_below(row)
    approved = Revision.objects.filter(report__obligation__in=expected, report__status=Report.Status.APPROVED)
    # The last revision of an approved report is the approved one.
    counted = dict(approved.order_by("report_id", "number").values_list("report__obligation_id", "pk"))
    found = expected.order_by("pk").values(*CHILD_FIELDS)
    return {row["pk"]: child_of(row, revision=counted.get(row["pk"])) for row in found}


def child_of(row: dict[str, Any], *, revision: int | None = None) -> Child:
    """The state of one expected report from the ``CHILD_FIELDS`` of its obligation."""
    status, extended, filed_at = row["report__status"], row["extended_due_on"], row["report__first_submitted_at"]
    is_waived = row["waived_at"] is not None
    due_on = extended or row["due_on"]
    if status == Report.Status.RETURNED and row["report__correction_due_on"]:
        due_on = row["report__correction_due_on"]
    return Child(
        state=WAIVED if is_waived else NONE if status in (None, Report.Status.DRAFT) else status,
        revision=None if is_waived else revision,
        extended=extended.isoformat() if extended else "",
        due_on=None if row["closed_at"] else due_on,  # what is not taken any more is missing and not late
        filed_on=timezone.localdate(filed_at) if filed_at else None,
    )


def today(rows: list[Rollup]) -> Picture:
    """How it stands below now, of approved reports."""
    children = {pk: child for row in rows for pk, child in children_of(row).items()}
    return Picture([part_of(row) for row in rows], children)


def as_sent(snapshot: Snapshot) -> Picture:
    """What was sent, from the snapshot alone."""
    extended = {int(pk): day for row in snapshot.rows for pk, day in row.get("extended", {}).items()}
    kept = snapshot.children.order_by("obligation_id").values_list("obligation_id", "state", "revision_id")
    children = {pk: Child(state, revision, extended.get(pk, "")) for pk, state, revision in kept}
    return Picture(parts_sent(snapshot), children)


def parts_sent(snapshot: Snapshot) -> list[Part]:
    """The sums that were sent."""
    return [
        Part(
            duty=row["duty"],
            name=row["name"],
            counts={name: row[name] for name in COUNTS},
            figures=row["figures"],
            items=asked_items.from_json(row["items"]),
        )
        for row in snapshot.rows
    ]


def to_json(part: Part, extended: dict[int, str]) -> dict[str, Any]:
    """One part as a snapshot keeps it, with the words of its figures, so that a form changed later changes nothing."""
    return {
        "duty": part.duty,
        "name": part.name,
        **part.counts,
        "figures": part.figures,
        "items": asked_items.to_json(part.items),
        "extended": {str(pk): day for pk, day in extended.items()},
    }
