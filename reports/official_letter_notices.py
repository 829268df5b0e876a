"""Who is told that an official letter was issued: one row for each person and number, written with the issue."""

import datetime

from orgunits.models import User
from plans.models import OutgoingDocument
from reports import notifying, reminders, tasks
from reports.models import OfficialLetter, OfficialLetterNotice
from reports.official_letter_units import obligations_of


def write(letter: OfficialLetter, outgoing: OutgoingDocument, *, on: datetime.date) -> list[OfficialLetterNotice]:
    """One row for each person who reports for an addressed unit, inside the transaction that issues the letter."""
    OfficialLetterNotice.objects.bulk_create(
        (OfficialLetterNotice(letter=letter, outgoing=outgoing, recipient=person) for person in people(letter, on=on)),
        ignore_conflicts=True,
    )
    rows = list(
        OfficialLetterNotice.objects.filter(outgoing=outgoing).select_related("letter", "outgoing").order_by("pk")
    )
    for row in rows:
        tasks.deliver_official_letter.delay_on_commit(row.pk)
    notifying.on_official_letter(rows)
    return rows


def people(letter: OfficialLetter, *, on: datetime.date) -> list[User]:
    """Who reports for the addressed units, each once; a unit that has ended speaks through its successors."""
    units = obligations_of(letter).values_list("org_unit_id", flat=True)
    found = {person.pk: person for persons in reminders.addressees(units, on=on).values() for person in persons}
    return [found[pk] for pk in sorted(found)]
