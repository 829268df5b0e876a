"""For whose reports a unit waits: those owed to it that are missing or came late, by name and days.

A unit is late by its own day alone. That a report from below was not there is said beside it, so that whoever reads of
the lateness sees why: as it stands now, and as it stood when the report was sent, from what was frozen then.
"""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from reports import absent, below, due_dates
from reports.models import Obligation, Report, Snapshot, SnapshotChild

FEW = 5  # names in a sentence; the rest is counted
SOON = 7  # days before a unit's own day from which reports that are not late yet are named too
MISSING = (below.NONE, Report.Status.RETURNED)

Slot = tuple[int, int, int]  # unit, period, plan


@dataclass(frozen=True)
class Waited:
    """One report from below; ``days`` late, None where it was not kept. ``due_on`` only while it is not late."""

    name: str
    state: str
    days: int | None
    due_on: datetime.date | None = None

    @property
    def words(self) -> str:
        """Why it is named: "chưa nộp, chậm 3 ngày", "nộp chậm 2 ngày", "chưa nộp, hạn 15/11/2026"."""
        if self.state not in MISSING:
            return f"nộp chậm {self.days} ngày"
        words = absent.STATES[self.state]
        if self.days:
            return f"{words}, chậm {self.days} ngày"
        return f"{words}, hạn {due_dates.day_text(self.due_on)}" if self.due_on else words


@dataclass(frozen=True)
class Waiting:
    """The few reports that are named of those that are missing, and of those that came late, the latest first."""

    missing: list[Waited] = field(default_factory=list)
    late: list[Waited] = field(default_factory=list)
    more_missing: int = 0
    more_late: int = 0

    def __bool__(self) -> bool:
        return bool(self.missing or self.late)

    @property
    def more(self) -> int:
        """Units that are not named."""
        return self.more_missing + self.more_late


@dataclass(frozen=True)
class _Found:
    """A report from below before it has its unit's name."""

    pk: int
    state: str
    days: int | None
    due_on: datetime.date | None = None


def waiting(obligations: Sequence[Obligation], *, on: datetime.date) -> dict[int, Waiting]:
    """What each of these units still waits for, or got late, for its own report; by the pk of the obligation.

    A fixed number of queries, however many units there are. Needs ``duty`` and ``period``. Reports that are not late
    yet are named only when the unit's own day is near.
    """
    slots = {_slot(row): row for row in obligations}
    found: dict[Slot, list[_Found]] = defaultdict(list)
    owed_below = Obligation.objects.filter(
        receiving_unit__in={row.org_unit_id for row in obligations},
        period__in={row.period_id for row in obligations},
        duty__plan__in={row.duty.plan_id for row in obligations},
        waived_at__isnull=True,
        closed_at__isnull=True,
    ).exclude(org_unit=F("receiving_unit"))
    came_late = Q(report__first_submitted_at__date__gt=Coalesce("extended_due_on", "due_on"))
    is_missing = Q(report__isnull=True) | Q(report__status__in=[Report.Status.DRAFT, Report.Status.RETURNED])
    rows = owed_below.filter(came_late | is_missing).order_by("path")
    for row in rows.values("receiving_unit_id", "period_id", "duty__plan_id", *below.CHILD_FIELDS):
        own = slots.get((row["receiving_unit_id"], row["period_id"], row["duty__plan_id"]))
        if own is None:
            continue
        child = below.child_of(row)
        days = child.late_days(on)
        if days or own.days_left(on) <= SOON:
            found[_slot(own)].append(_Found(row["pk"], child.state, days, None if days else child.due_on))
    by_day: dict[datetime.date, dict[int, list[_Found]]] = defaultdict(dict)
    for slot, reports in found.items():
        by_day[slots[slot].period.ends_on][slots[slot].pk] = reports
    return {pk: told for day, groups in by_day.items() for pk, told in _named(groups, on=day).items()}


def waited_at_filing(snapshot: Snapshot) -> Waiting:
    """What was missing or had come late when the report was sent, as it was frozen with it."""
    obligation = snapshot.revision.report.obligation
    kept = SnapshotChild.objects.filter(
        Q(state__in=MISSING) | Q(late_days__gt=0),
        snapshot=snapshot,
        obligation__receiving_unit=obligation.org_unit_id,
    ).exclude(state=below.WAIVED)
    rows = kept.order_by("obligation__path").values_list("obligation_id", "state", "late_days")
    found = {obligation.pk: [_Found(*row) for row in rows]}
    return _named(found, on=obligation.period.ends_on)[obligation.pk]


def awaited_by(obligation: Obligation) -> Obligation | None:
    """The report of the receiving unit that waits for this one: not filed yet, under the same plan and period."""
    waits = Obligation.objects.owed().filter(
        org_unit=obligation.receiving_unit_id, period=obligation.period_id, duty__plan=obligation.duty.plan_id
    )
    return waits.exclude(org_unit=obligation.org_unit_id).select_related("report").order_by("due_on", "pk").first()


def awaited_by_many(obligations: Sequence[Obligation]) -> dict[int, Obligation]:
    """``awaited_by`` of many reports in one query, by the pk of the report that is waited for. Needs ``duty``."""
    above = (
        Obligation.objects.owed()
        .filter(
            org_unit__in={row.receiving_unit_id for row in obligations},
            period__in={row.period_id for row in obligations},
            duty__plan__in={row.duty.plan_id for row in obligations},
        )
        .select_related("report", "duty")
        .order_by("-due_on", "-pk")  # the earliest is put in last, and stays
    )
    found = {_slot(row): row for row in above}
    own = {row.pk: found.get((row.receiving_unit_id, row.period_id, row.duty.plan_id)) for row in obligations}
    units = {row.pk: row.org_unit_id for row in obligations}
    return {pk: row for pk, row in own.items() if row and row.org_unit_id != units[pk]}


def _slot(obligation: Obligation) -> Slot:
    return obligation.org_unit_id, obligation.period_id, obligation.duty.plan_id


def _named(groups: dict[int, list[_Found]], *, on: datetime.date) -> dict[int, Waiting]:
    """The reports of each group with the names of the few that are shown, all read at once."""
    told = {}
    for key, rows in groups.items():
        rows = sorted(rows, key=lambda row: -(row.days or 0))  # stable: in tree order within a day
        told[key] = (
            [row for row in rows if row.state in MISSING],
            [row for row in rows if row.state not in MISSING and row.days],
        )
    shown = [row.pk for pair in told.values() for rows in pair for row in rows[:FEW]]
    names = absent.names_of(shown, on=on)

    def few(rows: list[_Found]) -> list[Waited]:
        return [Waited(names[row.pk][1], row.state, row.days, row.due_on) for row in rows[:FEW]]

    return {
        key: Waiting(few(missing), few(late), max(len(missing) - FEW, 0), max(len(late) - FEW, 0))
        for key, (missing, late) in told.items()
    }
