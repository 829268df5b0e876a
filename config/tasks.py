"""The heartbeat: proof that beat, broker, worker and cache work together."""

from celery import shared_task
from django.utils import timezone

from config import health


@shared_task(expires=60)
def heartbeat() -> None:
    health.note_heartbeat(at=timezone.now())
