"""In whose place a decision was taken: said in the audit trail when it is taken, and beside the history of a report."""

from collections.abc import Iterable

from django.utils import timezone

from orgunits import delegations
from orgunits.models import OrgUnit
from reports.models import ReviewEvent

FILED = {ReviewEvent.Action.SUBMIT, ReviewEvent.Action.CORRECT}  # filing is never delegated


def audited(event: ReviewEvent, receiver: OrgUnit) -> dict[str, str]:
    """``on_behalf_of`` for the audit row where the right to decide came from a delegation only."""
    if event.action in FILED:
        return {}
    principal = delegations.principal(event.by, receiver, on=timezone.localdate(event.at))
    return {"on_behalf_of": principal.full_name} if principal else {}


def mark(events: Iterable[ReviewEvent], receiver: OrgUnit) -> None:
    """Set ``instead_of`` on the decisions of a report that ``receiver`` receives, in one query as a rule."""
    decisions = {event.pk: event for event in events if event.action not in FILED}
    acts = [(event.pk, event.by_id, timezone.localdate(event.at)) for event in decisions.values()]
    for pk, person in delegations.principals(acts, receiver).items():
        decisions[pk].instead_of = person
