"""The mail that leads to an issued official letter, and its delivery."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from orgunits import mail
from orgunits.models import User
from plans.models import OutgoingDocument
from reports import due_dates, letters, reminders
from reports.models import OfficialLetter, OfficialLetterNotice
from reports.official_letter_units import obligations_of


def deliver(pk: int) -> bool:
    """Send one notice, unless the letter's number was declared void."""
    return mail.deliver(OfficialLetterNotice, pk, _letter)


def _letter(row: OfficialLetterNotice) -> mail.Letter:
    outgoing = OutgoingDocument.objects.get(pk=row.outgoing_id)
    if outgoing.status != OutgoingDocument.Status.ISSUED:
        raise mail.NotNeeded("Số của công văn đã bị hủy trước khi gửi thư.")
    letter = OfficialLetter.objects.select_related("org_unit", "duty", "period").get(pk=row.letter_id)
    return mail.Letter("official_letter", context_of(letter, outgoing, row.recipient))


def context_of(letter: OfficialLetter, outgoing: OutgoingDocument, person: User) -> dict[str, Any]:
    """What the notice names: the letter, its report, the person's own units in it, and where the letter is read."""
    on = timezone.localdate()
    rows = letters.with_names(obligations_of(letter))
    units = {row.org_unit_id: row.org_unit for row in rows}
    told = reminders.addressees(units, on=on)
    own = [unit for pk, unit in units.items() if person in told[pk]] or list(units.values())[:1]
    return {
        "letter": letter,
        "outgoing": outgoing,
        "is_urging": letter.kind == OfficialLetter.Kind.URGE,
        "units": [unit.name_on(on) for unit in own],
        "report_name": letter.duty.name,
        "period": str(letter.period),
        "asked": due_dates.last_moment(letter.asked_until) if letter.asked_until else "",
        "sender": letter.org_unit.name_on(outgoing.issued_on or on),
        "is_sample": letter.org_unit.is_sample,
        "link": settings.SITE_URL + letter.get_absolute_url(),
    }
