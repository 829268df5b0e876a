"""What the page of a report says about the units below its unit: what was sent, and what has changed since."""

from dataclasses import dataclass, field

from reports import below, corrections, waiting
from reports.below import Part
from reports.corrections import Changes, ChildLine
from reports.models import Report, Revision, Snapshot
from reports.waiting import Waiting

LINES = 5


@dataclass(frozen=True)
class Upward:
    """``snapshot`` is that of the revision on the page; ``changes`` are those since the last filing."""

    snapshot: Snapshot | None = None
    parts: list[Part] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    lines: list[ChildLine] = field(default_factory=list)
    may_correct: bool = False
    waited: Waiting = field(default_factory=Waiting)  # what was missing or late when the revision on the page was sent

    @property
    def more(self) -> int:
        """Changed reports that are not listed."""
        return len(self.changes.children) - len(self.lines)


def upward(report: Report, shown: Revision, latest: Revision, *, may_file: bool) -> Upward | None:
    """None for a unit to which nobody reports under this plan for this period."""
    kept = Snapshot.objects.filter(revision__in=[shown, latest]).select_related(*corrections.OF_SNAPSHOT)
    snapshots = {snapshot.revision_id: snapshot for snapshot in kept}
    if not snapshots:
        return Upward() if below.rows_below(report.obligation) else None
    snapshot, last = snapshots.get(shown.pk), snapshots.get(latest.pk)
    changes = corrections.since_sent(last) if last and not report.is_editable else Changes()
    first = {pk: changes.children[pk] for pk in sorted(changes.children)[:LINES]}
    return Upward(
        snapshot=snapshot,
        parts=below.parts_sent(snapshot) if snapshot else [],
        changes=changes,
        lines=corrections.child_lines(first, on=report.obligation.period.ends_on),
        may_correct=may_file and bool(changes),
        waited=waiting.waited_at_filing(snapshot) if snapshot else Waiting(),
    )
