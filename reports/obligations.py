"""Makes the expected reports of a duty for a year, and frees single units from them or gives them more time.

An obligation is a row before anything is filed, so that a missing report can be seen, counted and reminded of. Who owes
what is worked out in expecting.py; changes for many units are in many_changes.py, changed rules in regenerating.py.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from orgunits import audit, bulk_writing
from orgunits.models import User
from orgunits.transitions import Conflict
from plans.models import PeriodKind, ReportingDuty
from plans.models.duties import yearly_bounds
from reports import rollups
from reports.expecting import Expected, GenerationRefused, bounds_of, expected
from reports.models import Obligation, Period, Rollup

BATCH = 2000


@dataclass
class GenerationResult:
    period: Period
    created: int = 0
    existing: int = 0


def lock(duty: ReportingDuty) -> None:
    """Whoever makes or makes anew the obligations of a duty does so alone; it is held to the end of the transaction.

    The weaker lock: who writes a row that points to the duty does not wait for it. On SQLite the transaction itself is
    the lock.
    """
    ReportingDuty.objects.select_for_update(no_key=True).only("pk").get(pk=duty.pk)


@transaction.atomic
def open_period(duty: ReportingDuty, kind: str, year: int, *, by: User | None, on: datetime.date) -> GenerationResult:
    """Make the missing obligations of a duty for a period and bring its rollup rows into being.

    1. One row for each unit that owes the report; rows that exist are left as they are.
    2. Parent, path, level, receiver and due date are frozen on the row: the period is rolled up by the hierarchy of
       that time.
    3. Any number of callers makes each row once (lock on the duty, unique constraint).
    """
    if duty.recipient_unit is None:
        raise GenerationRefused("Chưa chọn đơn vị nhận báo cáo.")
    lock(duty)
    rows = expected(duty, kind, year, on=on)
    period = get_period(kind, year, duty=duty)
    created = make(duty, period, [row for row in rows if not row.existing])
    if created:
        audit.record(
            "duty.open_period", duty, by=by, org_unit=duty.plan.org_unit, kind=kind, year=year, created=created
        )
    return GenerationResult(period=period, created=created, existing=len(rows) - created)


def make(duty: ReportingDuty, period: Period, rows: list[Expected]) -> int:
    """Write these obligations and the sums above them; how many there were. Call it under ``lock``."""
    if not rows:
        return 0
    slot = {"duty": duty, "period": period}
    if Obligation.objects.filter(**slot).exists() or Rollup.objects.filter(**slot).exists():
        new = [Obligation(duty_id=duty.pk, period_id=period.pk, route=duty.route, **_values(row)) for row in rows]
        # An act may be giving the row of an ended unit to its successor: then that one stays.
        Obligation.objects.bulk_create(new, ignore_conflicts=True, batch_size=BATCH)
        rollups.rebuild(duty, period)
        return len(rows)
    names = list(_values(rows[0]))
    values = (list(_values(row).values()) for row in rows)
    bulk_writing.insert(Obligation, names, values, duty_id=duty.pk, period_id=period.pk, route=duty.route)
    rollups.begin(duty, period, (row.path for row in rows))
    return len(rows)


def _values(row: Expected) -> dict[str, Any]:
    """What is frozen on the row of an expected report."""
    return {
        "org_unit_id": row.unit,
        "parent_id": row.parent,
        "path": row.path,
        "level_id": row.level.pk,
        "receiving_unit_id": row.receiver,
        "due_phrase": row.due.phrase,
        "due_rule_id": row.due.rule.pk,
        "rule_words": row.due.words,
        "planned_on": row.due.planned_on,
        "due_on": row.due.due_on,
        "cut_off_on": row.due.cut_off_on,
    }


def get_period(kind: str, year: int, *, duty: ReportingDuty | None = None) -> Period:
    """The period, made where it is missing; a thematic one is that of the duty, whatever the year."""
    if kind == PeriodKind.ONCE:
        if duty is None:
            raise ValueError("A thematic period is that of a duty.")
        starts_on, ends_on = bounds_of(duty, kind, year)
        days = {"starts_on": starts_on, "ends_on": ends_on, "cut_off_on": ends_on}
        return Period.objects.get_or_create(duty=duty, defaults={**days, **_thematic(duty, ends_on)})[0]
    starts_on, ends_on = yearly_bounds(kind, year)
    return Period.objects.get_or_create(
        kind=kind, year=year, defaults={"starts_on": starts_on, "ends_on": ends_on, "cut_off_on": ends_on}
    )[0]


def unsaved_period(duty: ReportingDuty, kind: str, year: int) -> Period:
    """The period as a page names it before it is made."""
    starts_on, ends_on = bounds_of(duty, kind, year)
    thematic = _thematic(duty, ends_on) if kind == PeriodKind.ONCE else {"kind": kind, "year": year}
    return Period(starts_on=starts_on, ends_on=ends_on, cut_off_on=ends_on, **thematic)


def _thematic(duty: ReportingDuty, ends_on: datetime.date) -> dict[str, object]:
    return {"kind": PeriodKind.ONCE, "title": duty.once_title, "year": ends_on.year}


@transaction.atomic
def extend(obligation: Obligation, *, until: datetime.date, reason: str, by: User) -> None:
    """Give one unit more time; timeliness is counted by the new day from now on."""
    if until <= obligation.due_on:
        raise ValidationError({"until": f"Ngày gia hạn phải sau hạn chót {obligation.due_on:%d/%m/%Y}."})
    taken = Obligation.objects.filter(pk=obligation.pk, waived_at__isnull=True, closed_at__isnull=True)
    if not taken.update(extended_due_on=until, extension_reason=reason):
        raise Conflict("Báo cáo này đã được miễn hoặc đã đóng nên không gia hạn được.")
    obligation.refresh_from_db()
    audit.record(
        "obligation.extend", obligation, by=by, org_unit=obligation.org_unit, until=until.isoformat(), reason=reason
    )
    rollups.recompute_chain([obligation])


@transaction.atomic
def waive(obligation: Obligation, *, reason: str, by: User | None) -> None:
    """Free one unit from one report; it stays a row with its reason and is no longer expected.

    The row is locked first: a filing that holds it does not write to it, so an UPDATE that waited for the filing
    would go on with the status that it had read before.
    """
    Obligation.objects.select_for_update().get(pk=obligation.pk)
    changed = (
        Obligation.objects.filter(pk=obligation.pk, waived_at__isnull=True)
        .exclude(report__status__in=["submitted", "approved"])
        .update(waived_at=timezone.now(), waive_reason=reason, closed_at=None, close_reason="")
    )
    if not changed:
        raise Conflict("Báo cáo này đã nộp hoặc đã được miễn từ trước.")
    obligation.refresh_from_db()
    audit.record("obligation.waive", obligation, by=by, org_unit=obligation.org_unit, reason=reason)
    rollups.recompute_chain([obligation])


@transaction.atomic
def close(obligation: Obligation, *, reason: str, by: User | None) -> None:
    """Take no filing of this report any more; it is neither owed nor late from now on and stays counted as missing.

    The row is locked first, as for ``waive``.
    """
    Obligation.objects.select_for_update().get(pk=obligation.pk)
    changed = Obligation.objects.owed().filter(pk=obligation.pk).update(closed_at=timezone.now(), close_reason=reason)
    if not changed:
        raise Conflict("Báo cáo này đã nộp, đã được miễn hoặc đã đóng từ trước.")
    obligation.refresh_from_db()
    audit.record("obligation.close", obligation, by=by, org_unit=obligation.org_unit, reason=reason)
