"""Celery's doors to the messages for the provinces' gateways."""

from celery import shared_task
from django.utils import timezone

from orgunits import webhook_sending
from orgunits.bells import Bell


@shared_task(base=Bell, expires=600)
def deliver_webhook(pk: int) -> None:
    webhook_sending.deliver(pk)


@shared_task(base=Bell, expires=120)
def ring_for_webhooks() -> None:
    """Ring for messages that wait, and for those that a dead worker left."""
    for pk in webhook_sending.unfinished(at=timezone.now()):
        deliver_webhook.delay(pk)
