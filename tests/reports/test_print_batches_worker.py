"""Two real workers print a batch of reports side by side; one is killed, and nothing is lost or made twice."""

import io
import signal
import time
import zipfile
from types import SimpleNamespace

import pikepdf
import pytest
from celery import Celery
from django.utils import timezone

from plans import batches
from plans.models import PrintBatch, PrintBatchItem, PrintJob
from reports import print_batches
from tests.reports.test_print_batches import many
from tests.reports.test_worker import redis, worker

__all__ = ["redis"]  # a fixture

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
NO_MAIL = SimpleNamespace(host="localhost", port=1)
LIMIT = 180  # seconds; a document takes half of one where nothing else runs
Status, ItemStatus = PrintBatch.Status, PrintBatchItem.Status
COUNT = 18


def ring(redis, task, *args):
    with Celery(broker=redis.url, set_as_current=False) as bell:
        bell.send_task(f"plans.tasks.{task}", args=args, queue="default")


def wait_for(happened, what):
    deadline = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_batch_goes_on_after_a_worker_was_killed_and_makes_nothing_twice(cast, redis):
    period = many(cast, COUNT - 2)
    reports = print_batches.PeriodReports(cast.duty, period, by=cast.reviewer, on=timezone.localdate())
    listing = reports.listing(cast.union, branch=None, status=print_batches.APPROVED)
    assert len(listing.documents) == COUNT
    batch = batches.ask(listing, by=cast.reviewer, kind=PrintJob.Kind.PDF, shape=PrintBatch.Shape.ZIP)
    items = batch.items.order_by("position")

    def done():
        return items.filter(status=ItemStatus.DONE).count()

    with worker(redis, NO_MAIL) as first, worker(redis, NO_MAIL):
        for _ in range(batches.LANES):
            ring(redis, "work_on_print_batch", batch.pk)
        wait_for(lambda: done() >= 2, "the workers have begun")
        first.send_signal(signal.SIGKILL)
        first.wait()
        before = dict(PrintJob.objects.filter(status=PrintJob.Status.DONE).values_list("pk", "finished_at"))
        assert done() < COUNT
        ring(redis, "work_on_print_batch", batch.pk)  # as the tick a minute later: the dead one may have had both bells
        # The clock of the five minutes after which a tick takes dead workers' documents.
        wait_for(lambda: not items.filter(status=ItemStatus.WAITING).exists(), "the other worker goes on")
        wait_for(lambda: items.filter(status=ItemStatus.RUNNING).count() <= batches.TURN * batches.LANES, "it ends")
        left = timezone.now() - batches.STALE_AFTER * 2
        items.filter(status=ItemStatus.RUNNING).update(claimed_at=left)
        PrintJob.objects.filter(status=PrintJob.Status.RUNNING).update(claimed_at=left)
        PrintBatch.objects.update(created_at=left)
        items.filter(status=ItemStatus.DONE).update(claimed_at=left)
        ring(redis, "ring_for_print_batches")
        wait_for(lambda: PrintBatch.objects.get(pk=batch.pk).status == Status.DONE, "the batch is done")
    batch.refresh_from_db()
    assert set(items.values_list("status", flat=True)) == {ItemStatus.DONE}
    assert PrintJob.objects.count() == COUNT
    assert before.items() <= dict(PrintJob.objects.values_list("pk", "finished_at")).items()
    with batch.file.open("rb") as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        names = archive.namelist()
        assert len(names) == COUNT + 1
        assert names[0] == "001-cong-doan-co-so-0.pdf"
        assert len(pikepdf.open(io.BytesIO(archive.read(names[0]))).pages) >= 1
