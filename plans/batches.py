"""Many documents in one press ("In tất cả"): asked for in a request, made by several workers side by side.

1. ``ask`` keeps the list: one batch, one item a document. RUNNING.
2. ``work`` is one turn of one worker: it takes a few items by conditional UPDATE, checks the right to each again,
   and prints those of which no file of the same content is there. Then it lets others have a turn, and rings again.
3. Who finds nothing left to make packs the files: PACKING, then DONE.

A worker that dies leaves its few items; a tick gives them to another, and what is made is not made again.
"""

import datetime
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from orgunits import audit
from orgunits.models import OrgUnit, User
from plans import batch_packing, printing
from plans.batch_sources import SOURCES, LeftOut, Source
from plans.models import IssuedFile, PrintBatch, PrintBatchItem, PrintJob
from plans.official.blocks import ContentError

logger = logging.getLogger(__name__)
Status = PrintBatch.Status
ItemStatus = PrintBatchItem.Status

MOST: Final = 5000
LANES: Final = 2  # workers that are rung for; more would keep others waiting
TURN: Final = 8  # documents of one turn
IDLE_AFTER: Final = datetime.timedelta(minutes=1)
STALE_AFTER: Final = datetime.timedelta(minutes=5)
KEPT_FOR: Final = printing.KEPT_FOR
MAX_CLAIMS: Final = printing.MAX_CLAIMS
NO_RIGHT: Final = "Bạn không còn quyền xem văn bản này."
NOTHING: Final = "Không tạo được văn bản nào trong danh sách. Lý do của từng văn bản ghi ở dưới."
LEFT: Final = "Việc tạo tệp bị dừng giữa chừng nhiều lần. Hãy thử lại; nếu vẫn lỗi, hãy báo người quản trị."


class BatchRefused(Exception):
    """Nothing to print, or too much at once; the message is a Vietnamese sentence for the user."""


@dataclass(frozen=True)
class Wanted:
    """One document of a list: the row that it is made from, and how the list names it."""

    target_pk: int
    unit_name: str
    title: str = ""


@dataclass(frozen=True)
class Listing:
    """What a page offers to print; ``absent`` is the name and state of each unit that should be there and is not."""

    source: str
    title: str
    org_unit: OrgUnit
    documents: Sequence[Wanted]
    absent: Sequence[tuple[str, str]] = ()


def ask(listing: Listing, *, by: User, kind: PrintJob.Kind, shape: PrintBatch.Shape) -> PrintBatch:
    """Keep the list as a batch; the unfinished one of the very same list where this person has it.

    The caller rings for it (``plans.tasks.ring_for_batch``).
    """
    if not listing.documents:
        raise BatchRefused("Chưa có văn bản nào để in.")
    if len(listing.documents) > MOST:
        raise BatchRefused(f"Mỗi lần in được nhiều nhất {MOST} văn bản. Hãy chọn một đơn vị nhỏ hơn.")
    batch = PrintBatch(
        source=listing.source,
        fingerprint=_fingerprint(listing, kind, shape),
        title=listing.title[:300],
        kind=kind,
        shape=shape,
        org_unit=listing.org_unit,
        requested_by=by,
        absent=[{"unit": unit, "state": state} for unit, state in listing.absent],
        file_name=batch_packing.file_name(listing.title, shape),
    )
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
            PrintBatchItem.objects.bulk_create(_items(batch, listing.documents), batch_size=500)
            count = len(listing.documents)
            audit.record("batch.ask", batch, by=by, org_unit=listing.org_unit, count=count)
    except IntegrityError:
        return PrintBatch.objects.filter(requested_by=by, fingerprint=batch.fingerprint).latest("pk")
    return batch


def _items(batch: PrintBatch, documents: Sequence[Wanted]) -> list[PrintBatchItem]:
    return [
        PrintBatchItem(
            batch=batch,
            position=position,
            target_pk=each.target_pk,
            unit_name=each.unit_name[:250],
            title=each.title[:300],
        )
        for position, each in enumerate(documents, start=1)
    ]


def _fingerprint(listing: Listing, kind: str, shape: str) -> str:
    pks = [each.target_pk for each in listing.documents]
    asked = json.dumps([listing.source, listing.org_unit.pk, listing.title, kind, shape, pks])
    return hashlib.sha256(asked.encode()).hexdigest()


@transaction.atomic
def cancel(batch: PrintBatch, *, by: User) -> bool:
    """Stop a batch of ``by``; a worker ends with the document that it is at. False when it is finished already."""
    mine = PrintBatch.objects.visible_to(by).filter(pk=batch.pk, status__in=PrintBatch.UNFINISHED)
    if not mine.update(status=Status.CANCELLED, finished_at=timezone.now()):
        return False
    audit.record("batch.cancel", batch, by=by, org_unit=batch.org_unit)
    return True


def may_download(batch: PrintBatch, *, on: datetime.date) -> bool:
    """Whether the person who asked may still read every document that the file holds."""
    held = batch.items.filter(status=ItemStatus.DONE)
    readable = SOURCES[batch.source].readable(by=batch.requested_by, on=on)
    return readable.filter(pk__in=held.values("target_pk")).count() == held.count()


# --- progress --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Progress:
    """How far a batch is: ``settled`` of ``total`` need nothing more."""

    total: int
    done: int
    failed: int
    left_out: int

    @property
    def settled(self) -> int:
        return self.done + self.failed + self.left_out


def progress_of(batch: PrintBatch) -> Progress:
    counts = dict(batch.items.order_by().values_list("status").annotate(Count("pk")))
    done, failed, left = (counts.get(s, 0) for s in (ItemStatus.DONE, ItemStatus.FAILED, ItemStatus.LEFT_OUT))
    return Progress(sum(counts.values()), done, failed, left)


# --- the workers -----------------------------------------------------------------------------------------------------
def work(pk: int) -> bool:
    """Take one turn; call it outside any transaction. True when there is more to do: the caller rings again."""
    batch = PrintBatch.objects.select_related("requested_by").filter(pk=pk, status=Status.RUNNING).first()
    if batch is None:
        return False
    _settle(batch)
    if items := _take(batch):
        _make(batch, items)
        return True
    if batch.items.filter(status__in=[ItemStatus.WAITING, ItemStatus.RUNNING]).exists():
        return False  # other workers are at the last ones, and the last of them packs
    _pack(pk)
    return False


def _take(batch: PrintBatch) -> list[PrintBatchItem]:
    """Claim a few waiting items; more are looked at, as others take from the same end."""
    waiting = list(batch.items.filter(status=ItemStatus.WAITING).order_by("position")[: TURN * LANES * 2])
    taken: list[PrintBatchItem] = []
    for item in waiting:
        item.claimed_at = timezone.now()
        if PrintBatchItem.objects.claim(item.pk, at=item.claimed_at):
            taken.append(item)
        if len(taken) == TURN:
            break
    return taken


def _make(batch: PrintBatch, items: list[PrintBatchItem]) -> None:
    """Make the documents one after the other; the rights are those of this moment."""
    by, on = batch.requested_by, timezone.localdate()
    source = SOURCES[batch.source]
    rows = source.load([item.target_pk for item in items], by=by, on=on) if by.is_active else {}
    for item in items:
        if not _begin(item):
            continue
        try:
            if item.target_pk not in rows:
                raise LeftOut(NO_RIGHT)
            _make_one(batch, item, source, rows[item.target_pk], on=on)
        except LeftOut as left:
            _record(item, status=ItemStatus.LEFT_OUT, reason=str(left)[:500])
        except ContentError as error:
            _record(item, status=ItemStatus.FAILED, reason=str(error)[:500])
        except Exception:  # the outermost frame of this document: the others go on, and the row says that it failed
            logger.exception("Item %s of print batch %s failed", item.pk, batch.pk)
            _record(item, status=ItemStatus.FAILED, reason=printing.FAILED)


def _begin(item: PrintBatchItem) -> bool:
    """Whether the item is still ours and the batch still wanted; its clock starts anew."""
    wanted = PrintBatch.objects.filter(status=Status.RUNNING)
    now = timezone.now()
    begun = _mine(item).filter(batch__in=wanted).update(claimed_at=now)
    if begun:
        item.claimed_at = now
    return begun == 1


def _make_one(batch: PrintBatch, item: PrintBatchItem, source: Source, row: Any, *, on: datetime.date) -> None:
    made = source.build(row, on=on)
    if isinstance(made, IssuedFile):
        _record(item, status=ItemStatus.DONE, issued_file=made, pages=made.pages)
        return
    kind = PrintJob.Kind(batch.kind)
    job = printing.request_print(
        made.document, by=batch.requested_by, org_unit=made.org_unit, title=made.title, kind=kind
    )
    if not _record(item, job=job, title=item.title or made.title[:300]):
        return
    if job.status != PrintJob.Status.DONE:
        printing.run(job.pk)
        job = PrintJob.objects.defer("content").get(pk=job.pk)
    _settle_item(item, job.status, pages=job.pages, error=job.error)


def _settle_item(item: PrintBatchItem, status: str, *, pages: int | None, error: str) -> None:
    """Take over what became of the job; one that another worker runs is settled later."""
    if status == PrintJob.Status.DONE:
        _record(item, status=ItemStatus.DONE, pages=pages, reason="")
    elif status == PrintJob.Status.FAILED:
        _record(item, status=ItemStatus.FAILED, reason=error)


def _settle(batch: PrintBatch) -> None:
    """Take over what became of jobs that somebody else ran."""
    finished = [PrintJob.Status.DONE, PrintJob.Status.FAILED]
    held = batch.items.filter(status=ItemStatus.RUNNING, job__status__in=finished)
    for item in held.select_related("job").defer("job__content"):
        if item.job:
            _settle_item(item, item.job.status, pages=item.job.pages, error=item.job.error)


def _mine(item: PrintBatchItem) -> QuerySet[PrintBatchItem]:
    return PrintBatchItem.objects.filter(pk=item.pk, status=ItemStatus.RUNNING, claimed_at=item.claimed_at)


def _record(item: PrintBatchItem, **changes: Any) -> bool:
    """Write to the row of this very claim; an item that was taken from a slow worker belongs to another."""
    return _mine(item).update(**changes) == 1


# --- the file --------------------------------------------------------------------------------------------------------
def _pack(pk: int) -> None:
    """Put the made files into one, once; what can no longer be read by who asked stays out."""
    if not PrintBatch.objects.claim_packing(pk, at=timezone.now()):
        return
    batch = PrintBatch.objects.select_related("requested_by").get(pk=pk)
    try:
        _leave_out_unreadable(batch, on=timezone.localdate())
        with batch_packing.packed(batch, go_on=lambda: _beat(batch)) as made:
            if not made.count:
                _finish(batch, status=Status.FAILED, error=NOTHING)
                return
            name = f"{batch.pk}-{batch.claims}.{batch_packing.EXTENSIONS[PrintBatch.Shape(batch.shape)]}"
            with made.path.open("rb") as file:
                batch.file.save(name, File(file), save=False)
        values = {"file": batch.file.name, "size": batch.file.size, "pages": made.pages, "error": ""}
        if not _finish(batch, status=Status.DONE, **values):
            batch.file.delete(save=False)  # cancelled meanwhile, or taken from a slow worker
    except batch_packing.Stopped:
        return
    except Exception:  # the outermost frame of the job: whatever it was, the row must say that it failed
        logger.exception("Packing print batch %s failed", pk)
        _finish(batch, status=Status.FAILED, error=printing.FAILED)


def _leave_out_unreadable(batch: PrintBatch, *, on: datetime.date) -> None:
    by = batch.requested_by
    done = batch.items.filter(status=ItemStatus.DONE)
    readable = SOURCES[batch.source].readable(by=by, on=on).values("pk")
    lost = done.exclude(target_pk__in=readable) if by.is_active else done
    lost.update(status=ItemStatus.LEFT_OUT, reason=NO_RIGHT)


def _beat(batch: PrintBatch) -> bool:
    """Whether the packing is still ours and wanted; its clock starts anew."""
    now = timezone.now()
    mine = PrintBatch.objects.filter(pk=batch.pk, status=Status.PACKING, claimed_at=batch.claimed_at)
    if mine.update(claimed_at=now) != 1:
        return False
    batch.claimed_at = now
    return True


def _finish(batch: PrintBatch, **changes: Any) -> bool:
    mine = PrintBatch.objects.filter(pk=batch.pk, status=Status.PACKING, claimed_at=batch.claimed_at)
    return mine.update(finished_at=timezone.now(), **changes) == 1


# --- the ticks -------------------------------------------------------------------------------------------------------
def unfinished(*, at: datetime.datetime) -> list[int]:
    """Put back what dead workers left and return the batches at which nobody works."""
    _release_items(at=at)
    stale = PrintBatch.objects.filter(status=Status.PACKING, claimed_at__lt=at - STALE_AFTER)
    stale.filter(claims__gte=MAX_CLAIMS).update(status=Status.FAILED, error=LEFT, finished_at=at)
    stale.update(status=Status.RUNNING)
    running = PrintBatch.objects.filter(status=Status.RUNNING).annotate(last=Max("items__claimed_at"))
    idle = at - IDLE_AFTER
    return [batch.pk for batch in running.order_by("pk") if (batch.last or batch.created_at) < idle or _is_made(batch)]


def _is_made(batch: PrintBatch) -> bool:
    _settle(batch)
    return not batch.items.filter(status__in=[ItemStatus.WAITING, ItemStatus.RUNNING]).exists()


def _release_items(*, at: datetime.datetime) -> None:
    """Give items of dead workers back, with their jobs; one that has stopped its worker often is given up."""
    since = at - STALE_AFTER
    stale = PrintBatchItem.objects.filter(
        status=ItemStatus.RUNNING, claimed_at__lt=since, batch__status__in=PrintBatch.UNFINISHED
    )
    jobs = list(stale.filter(job__isnull=False).values_list("job", flat=True))
    left = PrintJob.objects.filter(pk__in=jobs, status=PrintJob.Status.RUNNING, claimed_at__lt=since)
    left.filter(claims__lt=MAX_CLAIMS).update(status=PrintJob.Status.WAITING, progress=0)
    stale.filter(claims__gte=MAX_CLAIMS).update(status=ItemStatus.FAILED, reason=LEFT)
    stale.update(status=ItemStatus.WAITING)


def remove_old(*, at: datetime.datetime) -> int:
    """Delete finished batches and their files after 30 days."""
    old = PrintBatch.objects.exclude(status__in=PrintBatch.UNFINISHED).filter(finished_at__lt=at - KEPT_FOR)
    batches = list(old.order_by("pk")[:100])
    for batch in batches:
        if batch.file:
            batch.file.delete(save=False)
        batch.delete()
    return len(batches)
