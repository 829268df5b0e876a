"""Who would owe a report of a duty for a period, by which day, to whom: what a period makes before it is made."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from orgunits.models import Level, Placement
from orgunits.models.units import PlacementQuerySet, unit_pks
from plans.models import DueRule, PeriodKind, ReportingDuty
from reports import due_dates
from reports.models import Obligation


class GenerationRefused(ValidationError):
    """The duty cannot be opened yet: no date in its rule, no receiving unit, nobody who would report."""


@dataclass(frozen=True)
class Due:
    """What one rule means for one period; the same for all units over which it rules."""

    rule: DueRule
    planned_on: datetime.date  # before the shift to a working day
    due_on: datetime.date
    cut_off_on: datetime.date
    words: str  # "trước ngày 10/11/2026, tức chậm nhất …"
    phrase: str  # of the document, or the rule's


@dataclass(frozen=True, slots=True)
class Expected:
    """One obligation that a duty would make; ``existing`` when it is there already.

    ``receiver`` is the key of the unit to which it goes, None while the duty has no recipient.
    """

    unit: int
    name: str
    level: Level
    parent: int | None
    path: str
    due: Due
    receiver: int | None
    receiver_name: str
    existing: bool

    @property
    def due_on(self) -> datetime.date:
        return self.due.due_on

    @property
    def cut_off_on(self) -> datetime.date:
        return self.due.cut_off_on


@dataclass(frozen=True, slots=True)
class _Place:
    """What is read of a placement; a nation has too many for whole objects."""

    unit: int
    name: str
    level: int
    parent: int | None
    path: str


def places_of(duty: ReportingDuty, *, on: datetime.date) -> PlacementQuerySet:
    """The places of the units that owe the duty's report on that day, in name order."""
    places = Placement.objects.as_of(on)
    issuer = places.filter(org_unit=duty.plan.org_unit_id).first()
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
    return chosen.order_by("sort_name", "pk")


def reporters_of(duty: ReportingDuty, *, on: datetime.date) -> list[Placement]:
    return list(places_of(duty, on=on).select_related("org_unit", "parent", "level"))


def bounds_of(duty: ReportingDuty, kind: str, year: int) -> tuple[datetime.date, datetime.date]:
    """First and last day of the period; GenerationRefused where the duty has none such in that year."""
    try:
        start, end = duty.bounds(kind, year)
    except ValueError as error:
        raise GenerationRefused("Kỳ chuyên đề chưa có tên, ngày bắt đầu và ngày kết thúc.") from error
    if kind == PeriodKind.ONCE and end.year != year:
        raise GenerationRefused(f"Kỳ chuyên đề “{duty.once_title}” kết thúc trong năm {end.year}, không phải {year}.")
    return start, end


def tree_day(end: datetime.date, on: datetime.date) -> datetime.date:
    """On which day the hierarchy is read for a period: its last day, or today before that."""
    return min(on, end)


def expected(duty: ReportingDuty, kind: str, year: int, *, on: datetime.date) -> list[Expected]:
    """What ``open_period`` would make. The hierarchy is read as of the period's end, or of ``on`` before that.

    Raises GenerationRefused with a sentence for the administrator.
    """
    _, end = checked_bounds(duty, kind, year)
    fields = ("org_unit_id", "name", "level_id", "parent_id", "path")
    read = places_of(duty, on=tree_day(end, on)).values_list(*fields)
    places = [_Place(*row) for row in read.iterator(chunk_size=5000)]
    if not places:
        raise GenerationRefused("Không có đơn vị nào phải báo cáo theo chế độ này.")
    levels = Level.objects.in_bulk({place.level for place in places})
    dues = _dues(duty, kind, year, places, levels)
    receivers = _receivers(duty, places)
    slot = Obligation.objects.filter(duty=duty, period__kind=kind).order_by()
    slot = slot if kind == PeriodKind.ONCE else slot.filter(period__year=year)
    made = set(slot.values_list("org_unit_id", flat=True).iterator(chunk_size=5000))
    return [
        Expected(
            place.unit, place.name, levels[place.level], place.parent, place.path, due,
            *receivers.get(place.unit, receivers[None]), place.unit in made,
        )
        for place, due in zip(places, dues, strict=True)
    ]  # fmt: skip


def checked_bounds(duty: ReportingDuty, kind: str, year: int) -> tuple[datetime.date, datetime.date]:
    """The days of a period that the duty asks for; GenerationRefused where it does not hold then or has no rule."""
    start, end = bounds_of(duty, kind, year)
    if duty.active_from and duty.active_from > end:
        raise GenerationRefused(f"Chế độ báo cáo này áp dụng từ ngày {duty.active_from:%d/%m/%Y}, sau kỳ báo cáo này.")
    if duty.active_to and duty.active_to <= start:
        raise GenerationRefused(f"Chế độ báo cáo này đã thôi áp dụng từ ngày {duty.active_to:%d/%m/%Y}.")
    if not any(rule.period_kind == kind for rule in duty.due_rules.all()):
        raise GenerationRefused(f"Chế độ báo cáo này không có kỳ “{PeriodKind(kind).label}”.")
    return start, end


def due_of(rule: DueRule, duty: ReportingDuty, year: int) -> Due:
    """What the rule means for the period of that year; GenerationRefused where it has no date in it."""
    if not rule.has_date:
        whose = f" cho đơn vị “{rule.unit}”" if rule.unit_id else f" cho cấp “{rule.level}”" if rule.level_id else ""
        raise GenerationRefused(f"Văn bản không ghi thời hạn{whose}; hãy đặt thời hạn trước khi tạo kỳ báo cáo.")
    try:
        _, end = duty.bounds(rule.period_kind, year)
        cut_off_on = rule.cut_off_on(year, period_end=end)
        words, phrase = due_dates.rule_in_words(rule, year), rule.phrase or rule.in_words
        return Due(rule, rule.planned_on(year), rule.due_on(year), cut_off_on, words, phrase)
    except (ValueError, OverflowError) as error:
        raise GenerationRefused(f"Ngày {rule.day}/{rule.month} không có trong năm {year}.") from error


def _dues(duty: ReportingDuty, kind: str, year: int, places: list[_Place], levels: dict[int, Level]) -> Iterable[Due]:
    """For each place what its rule means; every rule is worked out once, the lowest level first."""
    known: dict[int, Due] = {}
    own = {rule.unit_id for rule in duty.due_rules.all() if rule.unit_id and rule.period_kind == kind}
    of_level: dict[int, Due] = {}
    for level in sorted(levels.values(), key=lambda level: (-level.rank, level.code)):
        rule = duty.rule_for(kind, level.pk)
        if rule is not None:
            of_level[level.pk] = known.setdefault(rule.pk, due_of(rule, duty, year))
        elif any(place.level == level.pk and place.unit not in own for place in places):
            raise GenerationRefused(f"Chưa có thời hạn cho cấp “{level}”; hãy đặt thời hạn của cấp này.")
    of_unit = {}
    for unit in own & {place.unit for place in places}:
        rule = duty.rule_for(kind, None, unit)
        if rule is not None:
            of_unit[unit] = due_of(rule, duty, year)
    return [of_unit.get(place.unit) or of_level[place.level] for place in places]


def _receivers(duty: ReportingDuty, places: list[_Place]) -> dict[int | None, tuple[int | None, str]]:
    """To whom each report goes, and the name of that unit, by the key of the unit; None is for all others.

    Step by step that is the nearest unit above that owes the report too or is the recipient; else the recipient.
    """
    recipient = duty.recipient_unit
    last = (recipient.pk if recipient else None, recipient.name if recipient else "")
    receivers: dict[int | None, tuple[int | None, str]] = {None: last}
    if not duty.is_stepwise:
        return receivers
    takes: dict[int, tuple[int | None, str]] = {place.unit: (place.unit, place.name) for place in places}
    if recipient:
        takes[recipient.pk] = last
    for place in places:
        above = next((takes[unit] for unit in reversed(unit_pks(place.path)[:-1]) if unit in takes), last)
        receivers[place.unit] = above
    return receivers
