"""Workbooks of the organisation: checked and imported by a worker; the row is the truth, the message a bell.

1. ``take`` keeps the file: WAITING.
2. ``run`` reads it, lists all errors, and does everything once in a transaction that is taken back: READY or REFUSED.
3. ``confirm``, pressed by the person who has read what would be done: CONFIRMED.
4. ``run`` checks once more under the locks, and only where the same would be done writes it in one transaction: DONE.

A worker that dies leaves nothing half written; a tick gives its row to another once.
"""

import datetime
import logging
import secrets
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from orgunits import reform_book, unit_book, workbook_safety
from orgunits.models import User, WorkbookImport
from orgunits.transitions import Conflict
from orgunits.vietnamese import nfc
from orgunits.workbook_plan import Plan, Rejected
from orgunits.workbook_safety import SheetRefused
from orgunits.workbook_table import LIMITS

logger = logging.getLogger(__name__)
Status = WorkbookImport.Status

BUSY: Final = (Status.WAITING, Status.CHECKING, Status.CONFIRMED, Status.IMPORTING)
RELEASED_TO: Final = {Status.CHECKING: Status.WAITING, Status.IMPORTING: Status.CONFIRMED}
STALE_AFTER: Final = datetime.timedelta(minutes=10)
KEPT_FOR: Final = datetime.timedelta(days=30)
MAX_CLAIMS: Final = 2
FAILED: Final = (
    "Chưa xử lý được tệp do lỗi của hệ thống. Chưa ghi gì. Hãy nộp lại; nếu vẫn lỗi, hãy báo người vận hành."
)
LEFT: Final = (
    "Việc xử lý tệp bị dừng giữa chừng nhiều lần. Chưa ghi gì. Hãy nộp lại; nếu vẫn lỗi, hãy báo người vận hành."
)
MOVED: Final = (
    "Chưa ghi gì: hệ thống tổ chức hoặc người dùng đã đổi sau khi bạn xem trước. Dưới đây là bản xem trước mới; hãy "
    "xem "
    "lại rồi bấm ghi."
)
SHOWN_BEFORE: Final = (
    "Chưa ghi gì: bản xem trước đã đổi sau khi bạn mở trang. Dưới đây là bản mới; hãy xem lại rồi bấm ghi."
)
PRESSED: Final = "Tệp này đã được ghi, hoặc không còn chờ xác nhận."
NOTHING: Final = "Tệp không thay đổi gì nên không có gì để ghi."


KINDS: Final = {WorkbookImport.Kind.UNITS: unit_book, WorkbookImport.Kind.REFORM: reform_book}


def take(upload: UploadedFile, *, kind: str, by: User, **reform: Any) -> WorkbookImport:
    """Keep the file, to be checked by a worker; raises SheetRefused for what is no plain .xlsx.

    The caller rings for it (``orgunits.workbook_tasks.run_workbook_import.delay_on_commit``).
    """
    workbook_safety.look_into(upload, limits=LIMITS)
    row = WorkbookImport(uploaded_by=by, kind=kind, original_name=_shown_name(upload.name or ""), **reform)
    upload.seek(0)
    row.file.save(f"{secrets.token_hex(16)}.xlsx", ContentFile(upload.read()), save=False)
    row.save(force_insert=True)
    return row


@transaction.atomic
def confirm(row: WorkbookImport, *, by: User, seen: str, rule: Mapping[str, str] | None = None) -> None:
    """Ask a worker to do what was shown; ``seen`` is the digest of the preview that the person has read.

    ``rule`` says by section what is to become of what hangs on the units that end. Raises Conflict when the row is past
    it, or shows something else by now.
    """
    if row.uploaded_by_id != by.pk:
        raise PermissionDenied
    if seen == row.digest and _claim_ready(row.pk, seen, dict(rule or {})):
        return
    row.refresh_from_db(fields=["status", "digest"])
    raise Conflict(SHOWN_BEFORE if row.status == Status.READY else PRESSED)


def _claim_ready(pk: int, seen: str, rule: dict[str, str]) -> bool:
    ready = WorkbookImport.objects.filter(pk=pk, status=Status.READY, digest=seen).exclude(digest="")
    return bool(ready.update(status=Status.CONFIRMED, error="", progress=0, claims=0, follow_rule=rule))


def run(pk: int) -> bool:
    """Check or import one row; call it outside any transaction. False when there is nothing to do for this worker."""
    now = timezone.now()
    rows = WorkbookImport.objects
    work: Callable[[WorkbookImport], None]
    if rows.claim(pk, at=now, source=Status.WAITING, target=Status.CHECKING):
        work = _check
    elif rows.claim(pk, at=now, source=Status.CONFIRMED, target=Status.IMPORTING):
        work = _import
    else:
        return False
    row = rows.select_related("uploaded_by").get(pk=pk)
    try:
        work(row)
    except SheetRefused as refused:
        _record(row, status=Status.REFUSED, error=str(refused)[:500], progress=100, finished_at=timezone.now())
    except Exception:  # the outermost frame of the job: whatever it was, the row must say that it failed
        logger.exception("Workbook import %s failed", pk)
        _record(row, status=Status.FAILED, error=FAILED, finished_at=timezone.now())
    return True


def unfinished(*, at: datetime.datetime, limit: int = 200) -> list[int]:
    """Put back rows that dead workers left, give up on those left twice, and return what waits, oldest first."""
    stale = WorkbookImport.objects.filter(claimed_at__lt=at - STALE_AFTER)
    for held, released in RELEASED_TO.items():
        left = stale.filter(status=held)
        left.filter(claims__gte=MAX_CLAIMS).update(status=Status.FAILED, error=LEFT, finished_at=at)
        left.update(status=released, progress=0)
    waiting = WorkbookImport.objects.filter(status__in=[Status.WAITING, Status.CONFIRMED])
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])


def remove_old(*, at: datetime.datetime) -> int:
    """Delete rows and files after 30 days, also those that nobody confirmed; the audit trail keeps what was done."""
    old = WorkbookImport.objects.filter(created_at__lt=at - KEPT_FOR).exclude(status__in=BUSY)
    rows = list(old.defer("changes", "errors", "unresolved").order_by("pk")[:500])
    for row in rows:
        if row.file:
            row.file.delete(save=False)
        row.delete()
    return len(rows)


# --- the worker ---------------------------------------------------------------------------------------------------


def _check(row: WorkbookImport) -> None:
    book = _read(row)
    _show(row, _rehearse(row, book), error="")


def _import(row: WorkbookImport) -> None:
    """Write what was confirmed, or show what has become of it."""
    book, kind, on = _read(row), KINDS[WorkbookImport.Kind(row.kind)], timezone.localdate()
    try:
        with transaction.atomic():
            # First of all, so that a worker from whom the row was taken meanwhile writes nothing.
            if not _record(row, status=Status.DONE, progress=100, error="", finished_at=timezone.now()):
                return
            plan = kind.plan(book, row, on=on)
            _refuse_other(plan, row)
            kind.write(plan, row, on=on)
    except Rejected:
        _show(row, _rehearse(row, book), error=MOVED)


def _refuse_other(plan: Plan, row: WorkbookImport) -> None:
    """Nothing is written but what the person has seen: something else may have changed the tree since."""
    if plan.stops or plan.digest != row.digest:
        raise Rejected(plan.errors)


def _read(row: WorkbookImport) -> Any:
    _record(row, progress=5)
    with row.file.open("rb") as file:
        book = KINDS[WorkbookImport.Kind(row.kind)].read(file)
    _record(row, progress=35)
    return book


def _rehearse(row: WorkbookImport, book: Any) -> Plan:
    """Do everything and take it back: what the acts refuse only when they are written is found here."""
    kind, on = KINDS[WorkbookImport.Kind(row.kind)], timezone.localdate()
    with transaction.atomic():
        plan: Plan = kind.plan(book, row, on=on)
        if not plan.stops:
            try:
                kind.write(plan, row, on=on)
            except Rejected as rejected:
                plan.errors += rejected.errors
        transaction.set_rollback(True)
    return plan


def _show(row: WorkbookImport, plan: Plan, *, error: str) -> None:
    """What would be done, or the errors, to the person who waits."""
    is_empty = not plan.changes and not plan.stops
    stops = plan.stops or is_empty
    _record(
        row,
        status=Status.REFUSED if stops else Status.READY,
        errors=plan.errors,
        counts=plan.counts,
        changes=[] if stops else plan.changes,
        unresolved=plan.unresolved,
        asked=[] if stops else plan.asked,
        digest="" if stops else plan.digest,
        error=NOTHING if is_empty else "" if stops else error,
        progress=100,
        finished_at=timezone.now() if stops else None,
    )


def _record(row: WorkbookImport, **changes: Any) -> bool:
    """Write to the row of this very claim; a row that was taken from a slow worker belongs to another."""
    mine = WorkbookImport.objects.filter(pk=row.pk, status=row.status, claimed_at=row.claimed_at)
    return mine.update(**changes) == 1


def _shown_name(name: str) -> str:
    """The file's own name for the page: no folders, no control characters."""
    bare = nfc(PurePath(name.replace("\\", "/")).name)
    return "".join(char for char in bare if char.isprintable())[:200] or "tep.xlsx"
