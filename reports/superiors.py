"""Tells the reviewers of a receiving unit by name which units have not filed, one letter for each day of a step."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone

from orgunits import mail
from orgunits.models import User
from plans.models import ReportingDuty
from reports import audiences, due_dates, listings, sending_hours
from reports.ladders import LATE_LIMIT, Circle, Ladders, Rung
from reports.message_texts import Texts
from reports.models import Obligation, Period, SuperiorReminder
from reports.models.obligations import ObligationQuerySet

# Sent inside the transaction, after rows were written; argument: pks, those of the rows that this call inserted.
superiors_told = Signal()


@dataclass(frozen=True)
class Group:
    """The units of one letter: those that owe this report to this unit and whose step falls on this day."""

    duty: int
    period: int
    receiving_unit: int
    step_on: datetime.date


@dataclass
class Collected:
    """The groups that stand on a step of which the superior is told."""

    groups: set[Group] = field(default_factory=set)

    def add(self, row: Obligation, rung: Rung) -> None:
        step_on = row.due_now - datetime.timedelta(days=rung.days)
        self.groups.add(Group(row.duty_id, row.period_id, row.receiving_unit_id, step_on))


def write(collected: Collected, *, on: datetime.date) -> int:
    """Write the rows of these groups, each once however many write at once; returns how many this call wrote."""
    people = audiences.reviewers((group.receiving_unit for group in collected.groups), on=on)
    known = set(
        SuperiorReminder.objects.filter(
            duty__in={group.duty for group in collected.groups}, period__in={group.period for group in collected.groups}
        ).values_list("duty_id", "period_id", "receiving_unit_id", "step_on", "recipient_id")
    )
    rows = [
        SuperiorReminder(
            duty_id=group.duty,
            period_id=group.period,
            receiving_unit_id=group.receiving_unit,
            step_on=group.step_on,
            recipient=person,
        )
        for group in sorted(collected.groups, key=lambda group: (group.step_on, group.duty, group.receiving_unit))
        for person in people[group.receiving_unit]
        if (group.duty, group.period, group.receiving_unit, group.step_on, person.pk) not in known
    ]
    return len(listings.insert_once(SuperiorReminder, rows, signal=superiors_told))


def deliver(pk: int) -> bool:
    return mail.deliver(SuperiorReminder, pk, lambda row: prepare([row])(row))


def drain() -> bool:
    """Send what waits; True where more is left than there was time for."""
    return mail.drain(SuperiorReminder, prepare)


def prepare(rows: list[SuperiorReminder]) -> Callable[[SuperiorReminder], mail.Letter]:
    """Read at once who reviews where; the function returned writes one letter, as things stand now."""
    now = timezone.now()
    on = timezone.localdate(now)
    people = audiences.reviewers({row.receiving_unit_id for row in rows}, on=on)
    texts, ladders, allowed_from = Texts(), Ladders(), sending_hours.next_working(now)

    def write(row: SuperiorReminder) -> mail.Letter:
        if row.recipient not in people[row.receiving_unit_id]:
            raise mail.NotNeeded("Người nhận không còn xét duyệt báo cáo của nơi nhận.")
        if allowed_from > now and not row.resent_by_id:
            raise mail.NotYet(allowed_from)
        missing = missing_units(row, ladders, on=on)
        if not missing:
            raise mail.NotNeeded("Các đơn vị đã nộp, hoặc đã được nhắc ở mốc sau.")
        return letter(row, missing, to=row.recipient, texts=texts, on=on)

    return write


def missing_units(row: SuperiorReminder, ladders: Ladders, *, on: datetime.date) -> list[Obligation]:
    """What is owed on the day of this row's step, the longest overdue first, then by name.

    A row that a person sends again names whoever is late by now.
    """
    owed = Obligation.objects.filter(duty=row.duty_id, period=row.period_id, receiving_unit=row.receiving_unit_id)
    rows = _not_back_today(owed.owed(), on=on).select_related("org_unit", "report", "duty", "period")
    found = []
    for obligation in rows.prefetch_related("org_unit__placements").defer("report__draft"):
        days = obligation.days_left(on)
        rung = ladders.rung(row.duty_id, days)
        on_step = (
            rung is not None
            and rung.circle == Circle.SUPERIOR
            and obligation.due_now - datetime.timedelta(days=rung.days) == row.step_on
        )
        if on_step or (row.resent_by_id and -LATE_LIMIT <= days < 0):
            found.append(obligation)
    return sorted(found, key=lambda row: (row.due_now, _sort_name(row), row.pk))


def _not_back_today(owed: ObligationQuerySet, *, on: datetime.date) -> ObligationQuerySet:
    return owed.exclude(report__status="returned", report__decided_at__date=on)


def letter(
    row: SuperiorReminder, missing: Iterable[Obligation], *, to: User, texts: Texts, on: datetime.date
) -> mail.Letter:
    lines = [listings.Line(item.org_unit.name_on(on), _note(item, on=on)) for item in missing]
    duty = ReportingDuty.objects.get(pk=row.duty_id)
    period = Period.objects.get(pk=row.period_id)
    values = {
        "nguoi_nhan": to.full_name,
        "ten_don_vi": row.receiving_unit.name_on(on),
        "ten_bao_cao": duty.name,
        "ky_bao_cao": str(period),
        "so_don_vi": str(len(lines)),
    }
    return listings.letter(
        texts.message("superior", values),
        [listings.Section("Đơn vị chưa nộp", lines)],
        path=reverse("reports:duty_period", args=[duty.pk, period.pk]),
        button="Xem và nhắc các đơn vị",
        is_sample=row.receiving_unit.is_sample,
    )


def _note(row: Obligation, *, on: datetime.date) -> str:
    words = due_dates.days_left(row.days_left(on))
    return f"{words}, điện thoại {row.org_unit.phone}" if row.org_unit.phone else words


def _sort_name(row: Obligation) -> str:
    place = row.org_unit.latest_placement
    return place.sort_name if place else ""
