"""Celery's doors to the invitations."""

from celery import shared_task
from django.utils import timezone

from orgunits import invitations, mail
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
