"""Celery's doors to the invitations and to what follows acts of a later day."""

from celery import shared_task
from django.utils import timezone

from orgunits import following, invitations, mail
from orgunits.bells import Bell
from orgunits.models import Invitation


@shared_task(base=Bell, expires=600)
def deliver_invitation(pk: int) -> None:
    invitations.deliver(pk)


@shared_task(expires=120)
def ring_for_invitations() -> None:
    """Ring again for invitations that wait, and for those that a dead worker left."""
    for pk in mail.unfinished(Invitation, at=timezone.now()):
        deliver_invitation.delay(pk)


@shared_task(base=Bell, expires=600)
def follow_reorganisations() -> None:
    """Carry out what was chosen for acts whose day has come."""
    following.carry_out_due(timezone.localdate())
