"""Makes the expected reports of a duty for a year, and changes their due dates.

An obligation is a row before anything is filed, so that a missing report can be seen, counted and reminded of.
"""

import datetime
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from orgunits import audit
from orgunits.models import Level, OrgUnit, Placement, User
from orgunits.models.units import unit_pks
from orgunits.transitions import Conflict
from plans.models import DueRule, PeriodKind, ReportingDuty
from reports import rollups
from reports.models import Obligation, Period


class GenerationRefused(ValidationError):
    """The duty cannot be opened yet: no date in its rule, no receiving unit, nobody who would report."""


@dataclass(frozen=True)
class Expected:
    """One obligation that a duty would make; ``existing`` when it is there already.

    ``receiver`` is the unit to which it goes, None while the duty has no recipient.
    """

    place: Placement
    rule: DueRule
    due_on: datetime.date
    cut_off_on: datetime.date
    receiver: OrgUnit | None
    receiver_name: str
    existing: bool


@dataclass
class GenerationResult:
    period: Period
    created: list[Obligation] = field(default_factory=list)
    existing: int = 0


def period_bounds(kind: str, year: int) -> tuple[datetime.date, datetime.date]:
    """First and last day of a period. The year counts from 1 January; the half-year is its first six months."""
    end = datetime.date(year, 6, 30) if kind == PeriodKind.HALF_YEAR else datetime.date(year, 12, 31)
    return datetime.date(year, 1, 1), end


def reporters_of(duty: ReportingDuty, *, on: datetime.date) -> list[Placement]:
    """The places of the units that owe the duty's report on that day, in name order."""
    places = Placement.objects.as_of(on).select_related("org_unit", "parent", "level")
    issuer = Placement.objects.as_of(on).filter(org_unit=duty.plan.org_unit_id).first()
    below = places.in_subtree(issuer.path).exclude(pk=issuer.pk) if issuer else places.none()
    match duty.reporters:
        case ReportingDuty.Reporters.CHOSEN:
            chosen = places.filter(org_unit__in=duty.units.all())
        case ReportingDuty.Reporters.CHILDREN:
            chosen = places.filter(parent=duty.plan.org_unit_id)
        case ReportingDuty.Reporters.LEVEL:
            chosen = below.filter(level__in=duty.levels.all())
        case _:
            chosen = below
    return list(chosen.order_by("sort_name", "pk"))


def expected(duty: ReportingDuty, kind: str, year: int, *, on: datetime.date) -> list[Expected]:
    """What ``open_period`` would make. The hierarchy is read as of the period's end, or of ``on`` before that.

    Raises GenerationRefused with a sentence for the administrator.
    """
    start, end = period_bounds(kind, year)
    _refuse_outside_validity(duty, start, end)
    _refuse_without_rule(duty, kind)
    places = reporters_of(duty, on=min(on, end))
    if not places:
        raise GenerationRefused("Không có đơn vị nào phải báo cáo theo chế độ này.")
    levels = sorted({place.level for place in places}, key=lambda level: (-level.rank, level.code))
    days = {level: _days(duty, kind, year, end=end, level=level) for level in levels}
    receivers = _receivers(duty, places)
    made = set(
        Obligation.objects.filter(duty=duty, period__kind=kind, period__year=year).values_list("org_unit_id", flat=True)
    )
    return [Expected(place, *days[place.level], *receivers[place.pk], place.org_unit_id in made) for place in places]


def _receivers(duty: ReportingDuty, places: list[Placement]) -> dict[int, tuple[OrgUnit | None, str]]:
    """To whom each report goes, and the name of that unit, by the pk of the place.

    Step by step that is the nearest unit above that owes the report too or is the recipient; else the recipient.
    """
    recipient = duty.recipient_unit
    last = (recipient, recipient.name if recipient else "")
    if not duty.is_stepwise:
        return dict.fromkeys((place.pk for place in places), last)
    takes: dict[int, tuple[OrgUnit | None, str]] = {place.org_unit_id: (place.org_unit, place.name) for place in places}
    if recipient:
        takes[recipient.pk] = last
    receivers = {}
    for place in places:
        above = [takes[unit] for unit in unit_pks(place.path)[:-1] if unit in takes]
        receivers[place.pk] = above[-1] if above else last
    return receivers


@transaction.atomic
def open_period(duty: ReportingDuty, kind: str, year: int, *, by: User | None, on: datetime.date) -> GenerationResult:
    """Make the missing obligations of a duty for a period and bring its rollup rows into being.

    1. One row for each unit that owes the report; rows that exist are left as they are.
    2. Parent, path, level and receiver are frozen on the row: the period is rolled up by the hierarchy of that time.
    3. Any number of callers makes each row once (unique constraint).
    """
    if duty.recipient_unit is None:
        raise GenerationRefused("Chưa chọn đơn vị nhận báo cáo.")
    rows = expected(duty, kind, year, on=on)
    period = get_period(kind, year)
    new = [
        Obligation(
            org_unit=row.place.org_unit,
            duty=duty,
            period=period,
            parent=row.place.parent,
            path=row.place.path,
            level=row.place.level,
            receiving_unit=row.receiver,
            route=duty.route,
            due_phrase=row.rule.phrase or row.rule.in_words,
            due_on=row.due_on,
            cut_off_on=row.cut_off_on,
        )
        for row in rows
        if not row.existing
    ]
    Obligation.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
    made = Obligation.objects.filter(duty=duty, period=period, org_unit__in=[row.org_unit_id for row in new])
    created = list(made.select_related("org_unit"))
    if created:
        rollups.rebuild(duty, period)
        audit.record(
            "duty.open_period", duty, by=by, org_unit=duty.plan.org_unit, kind=kind, year=year, created=len(created)
        )
    return GenerationResult(period=period, created=created, existing=len(rows) - len(created))


def get_period(kind: str, year: int) -> Period:
    starts_on, ends_on = period_bounds(kind, year)
    return Period.objects.get_or_create(
        kind=kind, year=year, defaults={"starts_on": starts_on, "ends_on": ends_on, "cut_off_on": ends_on}
    )[0]


@transaction.atomic
def extend(obligation: Obligation, *, until: datetime.date, reason: str, by: User) -> None:
    """Give one unit more time; timeliness is counted by the new day from now on."""
    if until <= obligation.due_on:
        raise ValidationError({"until": f"Ngày gia hạn phải sau hạn chót {obligation.due_on:%d/%m/%Y}."})
    changed = Obligation.objects.filter(pk=obligation.pk, waived_at__isnull=True).update(
        extended_due_on=until, extension_reason=reason
    )
    if not changed:
        raise Conflict("Báo cáo này đã được miễn nên không gia hạn được.")
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
        .update(waived_at=timezone.now(), waive_reason=reason)
    )
    if not changed:
        raise Conflict("Báo cáo này đã nộp hoặc đã được miễn từ trước.")
    obligation.refresh_from_db()
    audit.record("obligation.waive", obligation, by=by, org_unit=obligation.org_unit, reason=reason)
    rollups.recompute_chain([obligation])


def _refuse_outside_validity(duty: ReportingDuty, start: datetime.date, end: datetime.date) -> None:
    """A duty that does not hold on any day of the period asks for no report on it; ``active_to`` is excluded."""
    if duty.active_from and duty.active_from > end:
        raise GenerationRefused(f"Chế độ báo cáo này áp dụng từ ngày {duty.active_from:%d/%m/%Y}, sau kỳ báo cáo này.")
    if duty.active_to and duty.active_to <= start:
        raise GenerationRefused(f"Chế độ báo cáo này đã thôi áp dụng từ ngày {duty.active_to:%d/%m/%Y}.")


def _refuse_without_rule(duty: ReportingDuty, kind: str) -> None:
    if not any(rule.period_kind == kind for rule in duty.due_rules.all()):
        raise GenerationRefused(f"Chế độ báo cáo này không có kỳ “{PeriodKind(kind).label}”.")


def _days(
    duty: ReportingDuty, kind: str, year: int, *, end: datetime.date, level: Level
) -> tuple[DueRule, datetime.date, datetime.date]:
    """The rule for a level with its last good day and the day up to which figures are counted."""
    rule = duty.rule_for(kind, level.pk)
    if rule is None:
        raise GenerationRefused(f"Chưa có thời hạn cho cấp “{level}”; hãy đặt thời hạn của cấp này.")
    if not rule.has_date:
        whose = f" cho cấp “{level}”" if rule.level_id else ""
        raise GenerationRefused(f"Văn bản không ghi thời hạn{whose}; hãy đặt thời hạn trước khi tạo kỳ báo cáo.")
    try:
        return rule, rule.due_on(year), rule.cut_off_on(year, period_end=end)
    except ValueError as error:
        raise GenerationRefused(f"Ngày {rule.day}/{rule.month} không có trong năm {year}.") from error
