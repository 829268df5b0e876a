"""Who is told that something happened to a report. The rows are written with the event; the letters follow it."""

from django.utils import timezone

from orgunits import roles
from orgunits.models import Role, User
from reports import notifying, tasks
from reports.models import Notice, ReviewEvent


def write(event: ReviewEvent) -> list[Notice]:
    """One row for each person whom the event concerns, inside the transaction of the event."""
    rows = Notice.objects.bulk_create(Notice(event=event, recipient=person) for person in recipients(event))
    for row in rows:
        tasks.deliver_notice.delay_on_commit(row.pk)
    notifying.on_notices(event, rows)
    return rows


def recipients(event: ReviewEvent) -> list[User]:
    """On a filing or a correction the receiving unit's reviewers; on a decision the unit's people and who filed it."""
    obligation = event.report.obligation
    on = timezone.localdate(event.at)
    if event.action in (ReviewEvent.Action.SUBMIT, ReviewEvent.Action.CORRECT):
        people = roles.users_for(obligation.receiving_unit, Role.REVIEWER, on=on)
    else:
        people = [
            *roles.users_for(obligation.org_unit, Role.REPORTER, on=on),
            *roles.users_for(obligation.org_unit, Role.APPROVER, on=on),
            event.revision.submitted_by,
        ]
    concerned = {person.pk: person for person in people if person.is_active and person.pk != event.by_id}
    return list(concerned.values())
