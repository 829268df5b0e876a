"""Reminders: who is to be reminded of what, written once as rows and delivered once as letters."""

import datetime
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal
from django.utils import timezone

from orgunits import mail, preferences
from orgunits.models import Delivery, OrgUnit
from reports import audiences, digests, letters, listings, sending_hours, superiors, waiting
from reports.audiences import addressees
from reports.ladders import DEFAULT, LATE_LIMIT, Circle, Ladders, Rung, label_of, rung_in
from reports.message_texts import Texts
from reports.models import Obligation, Reminder
from reports.models.obligations import ObligationQuerySet

__all__ = ["addressees"]  # read here by those who write to a unit's people

MANUAL = "manual-"
BATCH = 1000  # expected reports, and rows of one statement

# Sent inside the transaction, after reminders were written; argument: pks, those of the rows that this call inserted.
reminded = Signal()


@dataclass(frozen=True)
class Unreachable:
    """A unit that owes reports and has nobody to remind; ``due`` is the earliest last good day."""

    unit: OrgUnit
    count: int
    due: datetime.date


def rung_for(days_left: int) -> Rung | None:
    """The step of the default ladder that applies with so many days left."""
    return rung_in(DEFAULT, days_left)


def rung_label(code: str) -> str:
    return "Nhắc trực tiếp" if code.startswith(MANUAL) else label_of(code)


def remindable(on: datetime.date, *, ladders: Ladders) -> ObligationQuerySet:
    """What is owed and may stand on a step of its ladder that day."""
    last = on + datetime.timedelta(days=ladders.earliest)
    return Obligation.objects.owed().due_between(on - datetime.timedelta(days=LATE_LIMIT), last)


def settled(on: datetime.date, *, ladders: Ladders) -> ObligationQuerySet:
    """What people are told of by themselves: a report that came back that very day waits until the next.

    Its letter has just said what to do until when.
    """
    return remindable(on, ladders=ladders).exclude(report__status="returned", report__decided_at__date=on)


def with_days(obligations: ObligationQuerySet) -> ObligationQuerySet:
    """Obligations with what ``due_now`` and a step need and no more: there are thousands."""
    days = ("due_on", "extended_due_on", "report__obligation", "report__status", "report__correction_due_on")
    return obligations.select_related("report").only("org_unit", "duty", "period", "receiving_unit", *days)


def write_reminders(on: datetime.date) -> int:
    """Write the rows that are due that day, each once however many write at once; returns how many this call wrote.

    The step is found from the days left, not from the calendar of steps: after days without beat the step that
    matters now is still written, and the missed ones are not. Reports are read and written in portions, so that a
    nation's take no more memory than a province's.
    """
    ladders, gathering, people = Ladders(), preferences.who_gathers(), _People(on)
    written, told = 0, superiors.Collected()
    for part in _portions(with_days(settled(on, ladders=ladders))):
        steps = [(row, rung) for row in part if (rung := ladders.rung(row.duty_id, row.days_left(on)))]
        written += len(insert_once(_new_rows(steps, people, gathering=gathering)))
        for row, rung in steps:
            if rung.circle == Circle.SUPERIOR:
                told.add(row, rung)
    digests.gather(on)
    return written + superiors.write(told, on=on)


def _portions(obligations: ObligationQuerySet) -> Iterator[list[Obligation]]:
    """The rows in portions: looked for once, as eight bytes each, and then read by key.

    A search for the next thousand would look through the whole table every time.
    """
    pks = array("q", obligations.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10 * BATCH))
    for start in range(0, len(pks), BATCH):
        yield list(obligations.filter(pk__in=pks[start : start + BATCH].tolist()).order_by("pk"))


class _People:
    """Who gets what, by unit; a unit that owes many reports is looked up once."""

    def __init__(self, on: datetime.date) -> None:
        self.on = on
        self._known: dict[int, dict[str, list[int]]] = {}

    def look_up(self, units: Iterable[int]) -> None:
        fresh = set(units) - self._known.keys()
        for unit, audience in audiences.audiences(fresh, on=self.on).items() if fresh else ():
            self._known[unit] = {circle: [person.pk for person in audience.of(circle)] for circle in Circle}

    def of(self, unit: int, circle: str) -> list[int]:
        return self._known[unit][circle]


def _new_rows(steps: list[tuple[Obligation, Rung]], people: _People, *, gathering: set[int]) -> list[Reminder]:
    """The reminders of these steps that are not there yet. What is late is never put into a digest."""
    people.look_up(row.org_unit_id for row, _ in steps)
    written = Reminder.objects.filter(obligation__in=[row.pk for row, _ in steps], requested_by=None)
    known = set(written.values_list("obligation_id", "rung", "due_on", "recipient_id"))
    status = Delivery.Status
    return [
        Reminder(
            obligation=row,
            rung=rung.code,
            due_on=row.due_now,
            recipient_id=person,
            status=status.GATHERED if rung.days >= 0 and person in gathering else status.WAITING,
        )
        for row, rung in steps
        for person in people.of(row.org_unit_id, rung.circle)
        if (row.pk, rung.code, row.due_now, person) not in known
    ]


def insert_once(rows: list[Reminder]) -> list[int]:
    """Insert what is not there yet; the pks of the rows that this call, and no other, has inserted."""
    return listings.insert_once(Reminder, rows, signal=reminded)


def deliver(pk: int) -> bool:
    """Send one reminder, unless the report has been filed since or the letter would say what is no longer so."""
    return mail.deliver(Reminder, pk, lambda row: prepare([row])(row))


def drain() -> bool:
    """Send the reminders that wait; True where more are left than there was time for."""
    return mail.drain(Reminder, prepare)


def prepare(rows: list[Reminder]) -> Callable[[Reminder], mail.Letter]:
    """Read at once what these reminders speak of; the function returned writes one, as things stand now."""
    now = timezone.now()
    on = timezone.localdate(now)
    owed = letters.with_names(Obligation.objects.owed()).filter(pk__in={row.obligation_id for row in rows})
    obligations = {row.pk: row for row in owed}
    people = audiences.audiences({row.org_unit_id for row in obligations.values()}, on=on)
    awaited = waiting.awaited_by_many(list(obligations.values()))
    texts, ladders, allowed_from = Texts(), Ladders(), sending_hours.next_waking(now)

    def write(row: Reminder) -> mail.Letter:
        obligation = obligations.get(row.obligation_id)
        if obligation is None:
            raise mail.NotNeeded("Báo cáo đã được nộp hoặc được miễn trước khi gửi thư.")
        by_hand = row.resent_by or row.requested_by
        rung = None if by_hand else _step(row, obligation, ladders, on=on)
        if row.recipient not in people[obligation.org_unit_id].of(rung.circle if rung else Circle.SUPERIOR):
            raise mail.NotNeeded("Người nhận không còn lập báo cáo của đơn vị.")
        if rung and allowed_from > now:
            raise mail.NotYet(allowed_from)
        return letters.reminder(obligation, to=row.recipient, by=by_hand, on=on, texts=texts, awaited=awaited)

    return write


def _step(row: Reminder, obligation: Obligation, ladders: Ladders, *, on: datetime.date) -> Rung:
    """The step of a row that waited; a row that waited long says nothing that the next row says better."""
    if row.due_on != obligation.due_now:
        raise mail.NotNeeded("Hạn chót đã thay đổi; hệ thống sẽ nhắc theo hạn mới.")
    rung = ladders.rung(obligation.duty_id, obligation.days_left(on))
    if rung is None or rung.code != row.rung:
        raise mail.NotNeeded("Thư chưa gửi được trước mốc nhắc sau.")
    return rung


def unreachable(on: datetime.date, *, units: Iterable[Any] | None = None) -> list[Unreachable]:
    """Units that owe a report soon or already and have nobody to remind, by name; only those of ``units`` if given."""
    ladders = Ladders()
    owed = remindable(on, ladders=ladders)
    if units is not None:
        owed = owed.filter(org_unit__in=units)
    due: dict[int, list[datetime.date]] = defaultdict(list)
    for row in with_days(owed):
        if ladders.rung(row.duty_id, row.days_left(on)):
            due[row.org_unit_id].append(row.due_now)
    alone = [unit for unit, people in addressees(due, on=on).items() if not people]
    found = OrgUnit.objects.filter(pk__in=alone).prefetch_related("placements")
    by_name = sorted(found, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")
    return [Unreachable(unit, len(due[unit.pk]), min(due[unit.pk])) for unit in by_name]
