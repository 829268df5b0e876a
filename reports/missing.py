"""Who has not filed: the expected reports below a unit that are still owed, the latest first, with whom to call."""

import datetime
from dataclasses import dataclass

from django.db.models import Max, Q
from django.utils import timezone

from orgunits.models import Delivery, OrgUnit, Placement, Succession, User
from orgunits.models.units import AFTER_DIGITS
from reports import due_dates, reminders, waiting
from reports.models import Obligation, Reminder, Rollup
from reports.states import State, state_of
from reports.waiting import Waiting


@dataclass(frozen=True)
class MissingRow:
    """One report that is owed; ``days`` until its last good day, negative when late."""

    obligation: Obligation
    name: str
    above: str
    due_on: datetime.date
    days: int
    days_text: str
    state: State
    reminded_at: datetime.datetime | None
    people: list[User]
    unit: OrgUnit
    reminded_today: bool
    waiting: Waiting | None = None  # for whose reports the unit itself waits
    divided_among: str = ""  # in today's tree: the units in whose lists the report of a divided unit stands

    @property
    def is_late(self) -> bool:
        return self.days < 0

    @property
    def wants_reminder(self) -> bool:
        """Whether the list offers it ticked: late, with somebody to write to, and not written to today."""
        return self.is_late and bool(self.people) and not self.reminded_today


def missing_rows(row: Rollup, *, user: User, on: datetime.date) -> list[MissingRow]:
    """What is owed at and below the row's unit, the longest overdue first, then by name."""
    owed = list(
        Obligation.objects.visible_to(user, on)
        .owed()
        .filter(_below(row, on=on), duty=row.duty_id, period=row.period_id)
        .select_related("org_unit", "parent", "report", "duty", "period")
        .prefetch_related("org_unit__placements", "parent__placements")
        .defer("report__draft")
    )
    people = reminders.addressees((obligation.org_unit_id for obligation in owed), on=on)
    reminded = dict(
        Reminder.objects.filter(obligation__in=owed, status=Delivery.Status.SENT)
        .order_by()
        .values_list("obligation")
        .annotate(last=Max("sent_at"))
    )
    waits = waiting.waiting(owed, on=on)
    units = {obligation.org_unit_id for obligation in owed}
    divided = {} if row.basis == Rollup.Basis.AS_FILED else _divided(units, on=on)
    rows = [
        _row(
            obligation,
            people[obligation.org_unit_id],
            reminded.get(obligation.pk),
            waits=waits.get(obligation.pk),
            divided=divided.get(obligation.org_unit_id, []),
            on=on,
        )
        for obligation in owed
    ]
    return sorted(rows, key=lambda line: (line.due_on, _sort_name(line.unit), line.obligation.pk))


def _below(row: Rollup, *, on: datetime.date) -> Q:
    """The expected reports at and below the unit: as they stood, or in today's tree those of whom it succeeds too."""
    if row.basis == Rollup.Basis.AS_FILED:
        return Q(path__gte=row.path, path__lt=row.path + AFTER_DIGITS)
    inside = Q(path__gte=row.path, path__lt=row.path + AFTER_DIGITS)
    there = Placement.objects.as_of(on).filter(inside).values("org_unit_id")
    succeeded = Succession.objects.filter(successor__in=there).values("predecessor_id")
    placed = Placement.objects.as_of(on).values("org_unit_id")
    outside = Rollup.objects.filter(
        inside, duty=row.duty_id, period=row.period_id, basis__in=[Rollup.Basis.ENDED, Rollup.Basis.UNALLOCATED]
    ).values("org_unit_id")
    gone = ~Q(org_unit__in=placed) & (Q(org_unit__in=succeeded) | Q(org_unit__in=outside))
    return Q(org_unit__in=there) | gone


def _divided(units: set[int], *, on: datetime.date) -> dict[int, list[str]]:
    """By unit that is no more: the names of today's units among which it was divided, where they are several."""
    places = Placement.objects.as_of(on).order_by()
    gone = units - set(places.filter(org_unit__in=units).values_list("org_unit_id", flat=True))
    links = Succession.objects.filter(predecessor__in=gone, reorganisation__effective_on__lte=on).order_by("pk")
    heirs: dict[int, dict[int, None]] = {}
    for unit, heir in links.values_list("predecessor_id", "successor_id"):
        heirs.setdefault(unit, {})[heir] = None
    met = {heir for each in heirs.values() for heir in each}
    names = dict(places.filter(org_unit__in=met).values_list("org_unit_id", "name"))
    found = {unit: [names[heir] for heir in each if heir in names] for unit, each in heirs.items()}
    return {unit: several for unit, several in found.items() if len(several) > 1}


def _row(
    obligation: Obligation,
    people: list[User],
    reminded_at: datetime.datetime | None,
    *,
    waits: Waiting | None,
    divided: list[str],
    on: datetime.date,
) -> MissingRow:
    unit, day = obligation.org_unit, min(obligation.period.ends_on, on)
    days = obligation.days_left(on)
    words = due_dates.days_left(days)
    return MissingRow(
        obligation=obligation,
        name=unit.name_on(day),
        above=obligation.parent.name_on(day) if obligation.parent else "",
        due_on=obligation.due_now,
        days=days,
        days_text=words[:1].upper() + words[1:],
        state=state_of(obligation),
        reminded_at=reminded_at,
        people=people,
        unit=unit,
        reminded_today=reminded_at is not None and timezone.localdate(reminded_at) == on,
        waiting=waits,
        divided_among="; ".join(divided),
    )


def _sort_name(unit: OrgUnit) -> str:
    place = unit.latest_placement
    return place.sort_name if place else ""
