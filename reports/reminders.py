"""Reminders: who is to be reminded of what, written once as rows and delivered once as letters."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from orgunits import mail
from orgunits.models import OrgUnit, Placement, Role, RoleAssignment, Succession, User
from reports import letters
from reports.models import Obligation, Reminder
from reports.models.obligations import ObligationQuerySet


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: ``days`` before the last good day, or after it where negative."""

    code: str
    days: int
    label: str


# The steps that the product promises: due in 14, 7, 3 and 1 days, late by 1 and by 7.
LADDER = (
    Rung("before-14", 14, "Trước hạn 14 ngày"),
    Rung("before-7", 7, "Trước hạn 7 ngày"),
    Rung("before-3", 3, "Trước hạn 3 ngày"),
    Rung("before-1", 1, "Trước hạn 1 ngày"),
    Rung("late-1", -1, "Quá hạn 1 ngày"),
    Rung("late-7", -7, "Quá hạn 7 ngày"),
)
# Nobody is mailed by itself about an old report, say of a year that was entered later; a person may still press "nhắc".
LATE_LIMIT = 30
WAKING_HOURS = range(7, 20)  # 7:00 to 19:59 in Viet Nam
MANUAL = "manual-"

# Sent inside the transaction, after reminders were written; argument: pks, those of the rows that this call inserted.
reminded = Signal()
BATCH = 500


@dataclass(frozen=True)
class Unreachable:
    """A unit that owes reports and has nobody to remind; ``due`` is the earliest last good day."""

    unit: OrgUnit
    count: int
    due: datetime.date


def rung_for(days_left: int) -> Rung | None:
    """The most advanced step that applies with so many days left; missed steps fall together into it."""
    if days_left < -LATE_LIMIT:
        return None
    return next((rung for rung in reversed(LADDER) if days_left <= rung.days), None)


def rung_label(code: str) -> str:
    if code.startswith(MANUAL):
        return "Nhắc trực tiếp"
    return next((rung.label for rung in LADDER if rung.code == code), code)


def is_waking_hour(at: datetime.datetime) -> bool:
    """Whether letters may be started by themselves at that instant: nobody is woken by a reminder."""
    return timezone.localtime(at).hour in WAKING_HOURS


def remindable(on: datetime.date) -> ObligationQuerySet:
    """What is owed and stands on a step of the ladder that day."""
    last = on + datetime.timedelta(days=LADDER[0].days)
    return Obligation.objects.owed().due_between(on - datetime.timedelta(days=LATE_LIMIT), last)


def _with_days(obligations: ObligationQuerySet) -> ObligationQuerySet:
    """Obligations with what ``due_now`` needs and no more: there are thousands."""
    days = ("due_on", "extended_due_on", "report__obligation", "report__status", "report__correction_due_on")
    return obligations.select_related("report").only("org_unit", *days)


def addressees(units: Iterable[int], *, on: datetime.date) -> dict[int, list[User]]:
    """Whom to write to about each unit's reports that day, by the unit's pk; an empty list where there is nobody.

    The active reporters of the unit; else its approvers; else those of its successors, who file what it still owes.
    Nobody is written to for a unit that has ended and has successors, whatever role is still open on it.
    """
    wanted = set(units)
    heirs: dict[int, list[int]] = defaultdict(list)
    for link in Succession.objects.filter(predecessor__in=wanted).order_by("successor_id"):
        heirs[link.predecessor_id].append(link.successor_id)
    places = wanted.union(*heirs.values())
    ended = _ended(places, on=on) if heirs else set()
    held = RoleAssignment.objects.as_of(on).filter(
        org_unit__in=places, role__in=[Role.REPORTER, Role.APPROVER], user__is_active=True
    )
    people: dict[tuple[int | None, str], dict[int, User]] = defaultdict(dict)
    for row in held.select_related("user").order_by("user_id"):
        people[row.org_unit_id, row.role][row.user_id] = row.user
    found: dict[int, list[User]] = {}
    for unit in wanted:
        living = [pk for pk in heirs[unit] if pk not in ended]
        circles = [living] if unit in ended and living else [[unit], living]
        choices = (
            {pk: user for place in circle for pk, user in people[place, role].items()}
            for circle in circles
            for role in (Role.REPORTER, Role.APPROVER)
        )
        found[unit] = list(next((choice for choice in choices if choice), {}).values())
    return found


def _ended(units: Iterable[int], *, on: datetime.date) -> set[int]:
    """Those of the units that are no more on that day."""
    last = Placement.objects.filter(org_unit__in=units, is_final=True, valid_to__lte=on)
    return set(last.values_list("org_unit_id", flat=True))


def write_reminders(on: datetime.date) -> int:
    """Write the rows that are due that day, each once however many write at once; returns how many this call wrote.

    The step is found from the days left, not from the calendar of steps: after days without beat the step that
    matters now is still written, and the missed ones are not. A report that came back that very day waits until the
    next: its letter has just said what to do until when.
    """
    settled = remindable(on).exclude(report__status="returned", report__decided_at__date=on)
    owed = list(_with_days(settled).order_by("pk"))
    people = addressees((row.org_unit_id for row in owed), on=on)
    known = set(
        Reminder.objects.filter(obligation__in=remindable(on).values("pk"), requested_by=None).values_list(
            "obligation_id", "rung", "due_on", "recipient_id"
        )
    )
    rows = [
        Reminder(obligation=row, rung=rung.code, due_on=row.due_now, recipient=person)
        for row in owed
        if (rung := rung_for(row.days_left(on)))
        for person in people[row.org_unit_id]
        if (row.pk, rung.code, row.due_now, person.pk) not in known
    ]
    return len(insert_once(rows))


def insert_once(rows: list[Reminder]) -> list[int]:
    """Insert what is not there yet; the pks of the rows that this call, and no other, has inserted.

    The Message-ID is made here: it tells our rows from those of another writer, whom ``ignore_conflicts`` hides.
    """
    for row in rows:
        row.message_id = f"<reminder-{uuid.uuid4()}@{mail.mail_domain()}>"
    written: list[int] = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        with transaction.atomic():
            Reminder.objects.bulk_create(part, ignore_conflicts=True)
            found = Reminder.objects.filter(message_id__in=[row.message_id for row in part])
            ours = list(found.order_by("pk").values_list("pk", flat=True))
            if ours:
                reminded.send(sender=Reminder, pks=ours)
        written += ours
    return written


def deliver(pk: int) -> bool:
    """Send one reminder, unless the report has been filed since or the letter would say what is no longer so."""
    return mail.deliver(Reminder, pk, _letter)


def _letter(row: Reminder) -> mail.Letter:
    on = timezone.localdate()
    obligation = letters.with_names(Obligation.objects.owed()).filter(pk=row.obligation_id).first()
    if obligation is None:
        raise mail.NotNeeded("Báo cáo đã được nộp hoặc được miễn trước khi gửi thư.")
    if row.recipient not in addressees([obligation.org_unit_id], on=on)[obligation.org_unit_id]:
        raise mail.NotNeeded("Người nhận không còn lập báo cáo của đơn vị.")
    if not row.rung.startswith(MANUAL):
        _check_step(row, obligation, on=on)
    return letters.reminder(obligation, by=row.requested_by, on=on)


def _check_step(row: Reminder, obligation: Obligation, *, on: datetime.date) -> None:
    """A row that waited long says nothing that the next row says better."""
    if row.due_on != obligation.due_now:
        raise mail.NotNeeded("Hạn chót đã thay đổi; hệ thống sẽ nhắc theo hạn mới.")
    rung = rung_for(obligation.days_left(on))
    if rung is None or rung.code != row.rung:
        raise mail.NotNeeded("Thư chưa gửi được trước mốc nhắc sau.")


def unreachable(on: datetime.date, *, units: Iterable[Any] | None = None) -> list[Unreachable]:
    """Units that owe a report soon or already and have nobody to remind, by name; only those of ``units`` if given."""
    owed = remindable(on)
    if units is not None:
        owed = owed.filter(org_unit__in=units)
    due: dict[int, list[datetime.date]] = defaultdict(list)
    for row in _with_days(owed):
        due[row.org_unit_id].append(row.due_now)
    alone = [unit for unit, people in addressees(due, on=on).items() if not people]
    found = OrgUnit.objects.filter(pk__in=alone).prefetch_related("placements")
    by_name = sorted(found, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")
    return [Unreachable(unit, len(due[unit.pk]), min(due[unit.pk])) for unit in by_name]
