"""Eight workers on one batch: each document is made once and packed once. The controls take the guards off."""

import threading

import pytest
from django.utils import timezone

from plans import batch_packing, batch_sources, batches, printing
from plans.batches import Listing, Wanted
from plans.models import PrintBatch, PrintBatchItem, PrintJob
from plans.models.batches import PrintBatchItemQuerySet, PrintBatchQuerySet
from plans.official.printout import Printout
from tests.builders import make_unit, make_user
from tests.plans.test_batches import UnitSource
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8
DOCUMENTS = 24


@pytest.fixture
def source(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "print_out", lambda document, *, progress=None: Printout(b"%PDF-1.7", 1))
    found = UnitSource()
    monkeypatch.setitem(batch_sources.SOURCES, "units", found)
    return found


@pytest.fixture
def batch(source):
    top = make_unit("Liên đoàn")
    units = [make_unit(f"Công đoàn {number}", parent=top) for number in range(DOCUMENTS)]
    listing = Listing("units", "Các báo cáo", top, [Wanted(unit.pk, unit.name) for unit in units])
    person = make_user(unit=top, role="reviewer")
    return batches.ask(listing, by=person, kind=PrintJob.Kind.PDF, shape=PrintBatch.Shape.ZIP)


@pytest.fixture
def packed(monkeypatch):
    found = []
    pack = batch_packing.packed
    monkeypatch.setattr(batch_packing, "packed", lambda *args, **kwargs: found.append(1) or pack(*args, **kwargs))
    return found


def all_turns(batch):
    def work():
        while batches.work(batch.pk):
            pass

    press_together([work] * CROWD)
    while batches.work(batch.pk):  # who came last may have left before the others were ready
        pass


def test_each_document_is_made_once_and_packed_once(batch, source, packed):
    all_turns(batch)
    batch.refresh_from_db()
    assert batch.status == PrintBatch.Status.DONE
    assert sorted(source.built) == sorted(batch.items.values_list("target_pk", flat=True))
    assert packed == [1]
    assert set(batch.items.values_list("status", "claims")) == {(PrintBatchItem.Status.DONE, 1)}


def test_control_without_conditional_claims_documents_are_made_more_than_once(batch, source, monkeypatch):
    read, mine = threading.Barrier(CROWD), threading.local()

    def claim(self, pk, *, at):
        if not hasattr(mine, "has_read"):  # everybody reads the list before anybody marks it
            mine.has_read = True
            read.wait(PATIENCE)
        self.filter(pk=pk).update(status=PrintBatchItem.Status.RUNNING, claimed_at=at)
        return True

    monkeypatch.setattr(PrintBatchItemQuerySet, "claim", claim)
    monkeypatch.setattr(batches, "_begin", lambda item: True)
    press_together([lambda: batches.work(batch.pk)] * CROWD)
    assert len(source.built) > len(set(source.built))


def test_of_eight_who_find_everything_made_one_packs(batch, packed):
    batch.items.update(status=PrintBatchItem.Status.FAILED)
    press_together([lambda: batches.work(batch.pk)] * CROWD)
    assert packed == [1]


def test_control_read_check_save_packs_more_than_once(batch, packed, monkeypatch):
    read, claimed = threading.Barrier(CROWD), threading.Barrier(CROWD)

    def claim_packing(self, pk, *, at):
        mine = self.get(pk=pk)
        running = mine.status == PrintBatch.Status.RUNNING
        read.wait(PATIENCE)
        mine.status, mine.claimed_at = PrintBatch.Status.PACKING, timezone.now()
        mine.save(update_fields=["status", "claimed_at"])
        claimed.wait(PATIENCE)  # nobody is done before the last one has claimed
        return running

    batch.items.update(status=PrintBatchItem.Status.FAILED)
    monkeypatch.setattr(PrintBatchQuerySet, "claim_packing", claim_packing)
    press_together([lambda: batches.work(batch.pk)] * CROWD)
    assert len(packed) > 1


def test_old_job_is_not_removed_with_the_file_that_is_being_taken_over(source, settings):
    """The sweep and eight people who ask for the same content: whoever has a finished job has its file."""
    unit = make_unit("Công đoàn")
    people = [make_user(unit=unit, role="reporter") for _ in range(CROWD)]
    document = source.build(unit, on=timezone.localdate()).document
    first = printing.request_print(document, by=make_user(), org_unit=unit, title="BC")
    printing.run(first.pk)
    now = timezone.now()
    PrintJob.objects.update(finished_at=now - printing.KEPT_FOR * 2)
    asks = [lambda by=by: printing.request_print(document, by=by, org_unit=unit, title="BC") for by in people]
    press_together([*asks, lambda: printing.remove_old(at=now)])
    for job in PrintJob.objects.filter(status=PrintJob.Status.DONE):
        assert job.file.storage.exists(job.file.name)
    assert PrintJob.objects.filter(requested_by__in=people).count() == CROWD
