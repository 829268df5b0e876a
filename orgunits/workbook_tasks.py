"""Celery's doors to workbooks of the organisation."""

from celery import shared_task
from django.utils import timezone

from orgunits import tasks, workbook_jobs
from orgunits.bells import Bell


@shared_task(base=Bell, expires=600)
def run_workbook_import(pk: int) -> None:
    if workbook_jobs.run(pk):
        tasks.ring_for_invitations()
        tasks.follow_reorganisations.ring()


@shared_task(expires=120)
def ring_for_workbook_imports() -> None:
    """Ring again for files that wait, and for those that a dead worker left."""
    for pk in workbook_jobs.unfinished(at=timezone.now()):
        run_workbook_import.delay(pk)


@shared_task(expires=3600)
def remove_old_workbook_imports() -> None:
    workbook_jobs.remove_old(at=timezone.now())
