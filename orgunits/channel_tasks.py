"""Celery's door to the nightly removal of what nobody needs any more."""

from celery import shared_task
from django.utils import timezone

from orgunits import notifications, webhooks


@shared_task(expires=3600)
def remove_old() -> None:
    """Remove notifications and finished messages to gateways that are older than the setting says."""
    now = timezone.now()
    notifications.old(now).delete()
    webhooks.old(now).delete()
