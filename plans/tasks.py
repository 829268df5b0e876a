"""Celery's doors to the printing jobs and to the files of issued documents."""

from celery import shared_task
from django.utils import timezone

from orgunits.bells import Bell
from plans import batches, issuing, printing


@shared_task(base=Bell, expires=600)
def print_document(pk: int) -> None:
    printing.run(pk)


@shared_task(expires=120)
def ring_for_print_jobs() -> None:
    """Ring again for jobs that wait, and for those that a dead worker left."""
    for pk in printing.unfinished(at=timezone.now()):
        print_document.delay(pk)


@shared_task(expires=3600)
def remove_old_print_jobs() -> None:
    printing.remove_old(at=timezone.now())


@shared_task(base=Bell, expires=600)
def keep_issued_file(pk: int) -> None:
    issuing.make_file(pk)


@shared_task(expires=120)
def ring_for_issued_files() -> None:
    """Ring again for issued documents that have no PDF yet."""
    for pk in issuing.without_file():
        keep_issued_file.delay(pk)


@shared_task(base=Bell, expires=600)
def work_on_print_batch(pk: int) -> None:
    """One turn; the next one waits behind what others have asked for meanwhile."""
    if batches.work(pk):
        work_on_print_batch.ring(pk)


def ring_for_batch(pk: int) -> None:
    """Ring for the workers of a new batch, after the transaction."""
    for _ in range(batches.LANES):
        work_on_print_batch.delay_on_commit(pk)


@shared_task(expires=30)
def ring_for_print_batches() -> None:
    """Ring again for batches at which nobody works, with what a dead worker left."""
    for pk in batches.unfinished(at=timezone.now()):
        for _ in range(batches.LANES):
            work_on_print_batch.ring(pk)


@shared_task(expires=3600)
def remove_old_print_batches() -> None:
    batches.remove_old(at=timezone.now())
