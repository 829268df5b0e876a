"""What other units owe one unit under the same plan for the same period: the sums, and the state of every report.

The same ``Picture`` is made of the stored sums as they stand today and of a snapshot, so that what was sent and what
is known now are shown and compared in one way.
"""

from dataclasses import dataclass, field
from typing import Any

from orgunits.models.units import AFTER_DIGITS
from reports import asked_items
from reports.asked_items import AskedItem
from reports.dashboard_figures import Counting
from reports.models import Obligation, Report, Revision, Rollup, Snapshot
from reports.models.obligations import ObligationQuerySet
from reports.own_sums import COUNTS, Cells

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
    """One report expected from below; ``revision`` is the one that counted, ``extended`` its new last day (ISO)."""

    state: str
    revision: int | None = None
    extended: str = ""


@dataclass(frozen=True)
class Picture:
    """All that is known from below at one moment; children by the number of the obligation."""

    parts: list[Part] = field(default_factory=list)
    children: dict[int, Child] = field(default_factory=dict)


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
    """The expected reports of which the row is the sum."""
    return Obligation.objects.filter(
        duty=row.duty_id, period=row.period_id, path__gte=row.path, path__lt=row.path + AFTER_DIGITS
    )


def children_of(row: Rollup) -> dict[int, Child]:
    """The state of every expected report as it stands; a draft is not filed, so it is as if there were none."""
    expected = expected_below(row)
    approved = Revision.objects.filter(report__obligation__in=expected, report__status=Report.Status.APPROVED)
    # The last revision of an approved report is the approved one.
    counted = dict(approved.order_by("report_id", "number").values_list("report__obligation_id", "pk"))
    fields = expected.order_by("pk").values_list("pk", "waived_at", "extended_due_on", "report__status")
    return {
        pk: Child(
            state=WAIVED if waived_at else NONE if status in (None, Report.Status.DRAFT) else status,
            revision=None if waived_at else counted.get(pk),
            extended=extended.isoformat() if extended else "",
        )
        for pk, waived_at, extended, status in fields
    }


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
