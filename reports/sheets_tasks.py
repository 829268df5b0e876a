"""Celery's doors to Excel files of many units; apart from ``tasks``, which the workflow under them rings."""

from celery import shared_task
from django.utils import timezone

from orgunits.bells import Bell
from reports import sheets_import


@shared_task(base=Bell, expires=600)
def run_sheet_import(pk: int) -> None:
    sheets_import.run(pk)


@shared_task(expires=120)
def ring_for_sheet_imports() -> None:
    """Ring again for files that wait, and for those that a dead worker left."""
    for pk in sheets_import.unfinished(at=timezone.now()):
        run_sheet_import.delay(pk)


@shared_task(expires=3600)
def remove_old_sheet_imports() -> None:
    sheets_import.remove_old(at=timezone.now())
