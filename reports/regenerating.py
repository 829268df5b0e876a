"""A period made anew after its rules, or the tree, have changed: what would change, and the change, under lock.

What was filed is not touched: it keeps its due date, its owner and its place. A unit that was ended by an act stays
with what was decided about its reports then. Reports of a live unit that the duty asks no longer are waived, with the
reason; they come back when the duty asks the unit again.
"""

import datetime
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from orgunits import audit
from orgunits.models import OrgUnit, User
from orgunits.transitions import Conflict
from plans.models import PeriodKind, ReportingDuty
from reports import due_changes, obligations, rollups
from reports.expecting import Due, Expected, GenerationRefused, due_of, expected, places_of, tree_day
from reports.models import Obligation, Period, Report
from reports.models.obligations import ObligationQuerySet

NO_LONGER = "Chế độ báo cáo không còn yêu cầu đơn vị nộp báo cáo này."
CHANGED_SINCE = "Từ khi bạn xem trước, thời hạn hoặc báo cáo của kỳ này đã đổi. Hãy xem lại rồi xác nhận."


@dataclass(frozen=True)
class Redating:
    """The reports to which a rule gives another day now."""

    due: Due
    rows: ObligationQuerySet
    count: int


@dataclass
class Changes:
    """What making the period anew would do; ``seen`` is what a page shows and sends back to confirm."""

    period: Period
    expected: int = 0
    new: list[Expected] = field(default_factory=list)
    redated: list[Redating] = field(default_factory=list)
    freed: ObligationQuerySet = field(default_factory=Obligation.objects.none)
    freed_count: int = 0
    restored: ObligationQuerySet = field(default_factory=Obligation.objects.none)
    restored_count: int = 0
    filed: int = 0  # of the period that stay as they are because something was filed
    existing: int = 0

    @property
    def redated_count(self) -> int:
        return sum(row.count for row in self.redated)

    @property
    def seen(self) -> str:
        days = [f"{row.due.rule.pk}.{row.due.due_on:%Y%m%d}.{row.count}" for row in self.redated]
        return "-".join([str(len(self.new)), str(self.freed_count), str(self.restored_count), *days])

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.redated_count or self.freed_count or self.restored_count)


def changes(
    duty: ReportingDuty, kind: str, year: int, *, on: datetime.date, rows: list[Expected] | None = None
) -> Changes:
    """What ``regenerate`` would do; GenerationRefused with a sentence where the period cannot be made.

    ``rows`` are what is expected, where they were worked out already.
    """
    if duty.recipient_unit_id is None:
        raise GenerationRefused("Chưa chọn đơn vị nhận báo cáo.")
    rows = expected(duty, kind, year, on=on) if rows is None else rows
    found = period_of(duty, kind, year)
    period = found or obligations.unsaved_period(duty, kind, year)
    done = Changes(period, expected=len(rows), new=[row for row in rows if not row.existing])
    if found is None:
        return done
    slot = Obligation.objects.filter(duty=duty, period=period)
    counted = slot.aggregate(
        existing=Count("pk"), filed=Count("pk", filter=Q(report__isnull=False) & ~Q(report__status=Report.Status.DRAFT))
    )
    done.existing, done.filed = counted["existing"], counted["filed"]
    if not done.existing:
        return done
    for due in _dues(duty, kind, year):
        again = due_changes.to_redate(due, period)
        if how_many := again.count():
            done.redated.append(Redating(due, again, how_many))
    _find_freed(done, duty, on=tree_day(period.ends_on, on))
    return done


def period_of(duty: ReportingDuty, kind: str, year: int) -> Period | None:
    """The period if it was made already."""
    if kind == PeriodKind.ONCE:
        return Period.objects.filter(duty=duty).first()
    return Period.objects.filter(kind=kind, year=year).first()


@transaction.atomic
def regenerate(
    duty: ReportingDuty, kind: str, year: int, *, by: User, on: datetime.date, seen: str | None = None
) -> Changes:
    """Carry out what ``changes`` shows; ``seen`` of another state is a Conflict, so of two people only one does it."""
    obligations.lock(duty)
    done = changes(duty, kind, year, on=on)
    if seen is not None and seen != done.seen:
        raise Conflict(CHANGED_SINCE)
    if done.is_empty:
        return done
    period = _refreshed(obligations.get_period(kind, year, duty=duty), duty, was_filed=bool(done.filed))
    redated = sum(due_changes.redate(row.due, period) for row in done.redated)
    freed, restored = _free(done.freed), _restore(done.restored)
    created = obligations.make(duty, period, done.new)
    if (freed or restored) and not created:
        rollups.rebuild(duty, period)
    audit.record(
        "duty.regenerate", duty, by=by, org_unit=duty.plan.org_unit, period=str(period), created=created,
        redated=redated, freed=freed, restored=restored,
    )  # fmt: skip
    return done


def _dues(duty: ReportingDuty, kind: str, year: int) -> list[Due]:
    """What the rules mean; a rule without a date rules over nobody of whom a report is expected."""
    dated = [rule for rule in duty.due_rules.all() if rule.period_kind == kind and rule.has_date]
    return [due_of(rule, duty, year) for rule in dated]


def _find_freed(done: Changes, duty: ReportingDuty, *, on: datetime.date) -> None:
    """Reports of live units that owe nothing any more, and those taken back from them before that they owe again."""
    owing = places_of(duty, on=on).order_by().values("org_unit")
    slot = Obligation.objects.filter(duty=duty, period=done.period)
    live = slot.filter(org_unit__in=OrgUnit.objects.placed_on(on))
    done.freed = live.never_filed().exclude(org_unit__in=owing)
    done.restored = slot.filter(waived_at__isnull=False, waive_reason=NO_LONGER, org_unit__in=owing)
    done.freed_count, done.restored_count = done.freed.count(), done.restored.count()


def _free(rows: ObligationQuerySet) -> int:
    """Locked first: a filing that holds a row is waited for, and what it filed is seen."""
    list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return rows.update(waived_at=timezone.now(), waive_reason=NO_LONGER)


def _restore(rows: ObligationQuerySet) -> int:
    return rows.update(waived_at=None, waive_reason="")


def _refreshed(period: Period, duty: ReportingDuty, *, was_filed: bool) -> Period:
    """A thematic period follows its duty until something is filed for it."""
    if period.kind != PeriodKind.ONCE or was_filed:
        return period
    starts_on, ends_on = duty.bounds(period.kind, period.year)
    period.title, period.year = duty.once_title, ends_on.year
    period.starts_on, period.ends_on, period.cut_off_on = starts_on, ends_on, ends_on
    period.save(update_fields=["title", "year", "starts_on", "ends_on", "cut_off_on"])
    return period
