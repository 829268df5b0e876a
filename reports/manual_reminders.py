"""The button *nhắc*: a person who reviews reminds units now, each recipient at most once a day."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from orgunits import audit
from orgunits.models import Role, User
from reports import letters
from reports.models import Obligation, Reminder
from reports.reminders import MANUAL, addressees, insert_once

OVERSEERS = (Role.REVIEWER, Role.ADMINISTRATOR)  # of the receiving unit: they remind, and read what was sent


@dataclass(frozen=True)
class Addressed:
    """One report and whom to remind of it."""

    obligation: Obligation
    people: list[User]


@dataclass
class Round:
    """What a press of the button will do: whom it reaches, and why it leaves others out."""

    addressed: list[Addressed] = field(default_factory=list)
    reminded_today: list[Addressed] = field(default_factory=list)
    not_owed: list[Obligation] = field(default_factory=list)
    unreachable: list[Obligation] = field(default_factory=list)

    @property
    def letters(self) -> int:
        return sum(len(row.people) for row in self.addressed)

    @property
    def units(self) -> int:
        return len({row.obligation.org_unit_id for row in self.addressed})


def plan(obligations: Iterable[int], *, on: datetime.date) -> Round:
    """Sort the chosen obligations (by pk) into those to remind of and those to leave out; changes nothing."""
    rows = list(letters.with_names(Obligation.objects.filter(pk__in=obligations)).order_by("due_on", "pk"))
    owed = set(Obligation.objects.owed().filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    people = addressees([row.org_unit_id for row in rows], on=on)
    today = set(
        Reminder.objects.filter(obligation__in=rows, rung=rung_of(on)).values_list("obligation_id", "recipient_id")
    )
    found = Round()
    for row in rows:
        reached = people[row.org_unit_id]
        fresh = [person for person in reached if (row.pk, person.pk) not in today]
        done = [person for person in reached if (row.pk, person.pk) in today]
        if row.pk not in owed:
            found.not_owed.append(row)
        elif not reached:
            found.unreachable.append(row)
        else:
            if fresh:
                found.addressed.append(Addressed(row, fresh))
            if done:
                found.reminded_today.append(Addressed(row, done))
    return found


@transaction.atomic
def remind(obligations: Iterable[int], *, by: User, on: datetime.date) -> tuple[Round, list[Reminder]]:
    """Write the reminders of a press of the button and its audit rows; the caller rings for the rows returned.

    Only rows that this very press has written are returned: of two people who press at once, one reminds.
    """
    found = plan(obligations, on=on)
    pks = insert_once(
        [
            Reminder(
                obligation=row.obligation,
                rung=rung_of(on),
                due_on=row.obligation.due_now,
                recipient=person,
                requested_by=by,
            )
            for row in found.addressed
            for person in row.people
        ]
    )
    written = list(Reminder.objects.filter(pk__in=pks).select_related("recipient").order_by("pk"))
    for row in found.addressed:
        names = [mail.recipient.full_name for mail in written if mail.obligation_id == row.obligation.pk]
        if names:
            audit.record("reminder.manual", row.obligation, by=by, org_unit=row.obligation.org_unit, recipients=names)
    return found, written


def rung_of(day: datetime.date) -> str:
    return f"{MANUAL}{day.isoformat()}"
