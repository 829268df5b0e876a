"""Workbooks of many units: checked and imported by a worker, with progress; the row is the truth, the message a bell.

1. ``take_many`` keeps the file: WAITING.
2. ``run`` checks it: READY with a preview, or REFUSED with all errors.
3. ``confirm_many``, pressed by the person who has read the preview: CONFIRMED.
4. ``run`` checks once more, and only where the preview still holds writes all drafts in one transaction: DONE.

A worker that dies leaves nothing half written; a tick gives its row to another once.
"""

import datetime
import logging
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from orgunits import audit, workbook_safety
from orgunits.models import OrgUnit, User
from orgunits.transitions import Conflict
from orgunits.workbook_safety import SheetRefused
from plans.models import ReportingDuty
from reports import drafts, sheets_scope, sheets_units_reading
from reports.models import Period, Report, SheetImport
from reports.sheets_one import keep_file, shown_name
from reports.sheets_reading import Change
from reports.sheets_scope import Scope, UnitRow
from reports.sheets_units_reading import CheckedUnits

logger = logging.getLogger(__name__)
Status = SheetImport.Status

BUSY: Final = (Status.WAITING, Status.CHECKING, Status.CONFIRMED, Status.IMPORTING)
RELEASED_TO: Final = {Status.CHECKING: Status.WAITING, Status.IMPORTING: Status.CONFIRMED}
STALE_AFTER: Final = datetime.timedelta(minutes=10)
KEPT_FOR: Final = datetime.timedelta(days=30)
MAX_CLAIMS: Final = 2
FAILED: Final = "Chưa xử lý được tệp do lỗi của hệ thống. Chưa nhập gì. Hãy nộp lại; nếu vẫn lỗi, hãy báo quản trị."
LEFT: Final = "Việc xử lý tệp bị dừng giữa chừng nhiều lần. Chưa nhập gì. Hãy nộp lại; nếu vẫn lỗi, hãy báo quản trị."
MOVED: Final = (
    "Chưa nhập gì: bản nháp của một số đơn vị đã được sửa sau khi bạn xem trước. Dưới đây là bản xem trước mới; hãy "
    "xem lại rồi bấm nhập."
)


def take_many(upload: UploadedFile, duty: ReportingDuty, period: Period, *, unit: OrgUnit, by: User) -> SheetImport:
    """Keep the file of many units, to be checked by a worker; raises SheetRefused for what is no plain .xlsx.

    The caller rings for it (``reports.sheets_tasks.run_sheet_import.delay_on_commit``).
    """
    workbook_safety.look_into(upload)
    row = SheetImport(
        uploaded_by=by, org_unit=unit, duty=duty, period=period, original_name=shown_name(upload.name or "")
    )
    keep_file(row, upload)
    row.save(force_insert=True)
    return row


@transaction.atomic
def confirm_many(row: SheetImport, *, by: User, with_clashes: bool) -> None:
    """Ask a worker to import what the preview shows; raises Conflict when the row is past it.

    ``with_clashes`` takes the file's text also where somebody else has changed the draft since the download.
    """
    if row.uploaded_by_id != by.pk:
        raise PermissionDenied
    changes = row.changes if with_clashes else {key: _own(found) for key, found in row.changes.items()}
    won = SheetImport.objects.filter(pk=row.pk, status=Status.READY, report__isnull=True).update(
        status=Status.CONFIRMED, changes=changes, error="", progress=0, claims=0
    )
    if not won:
        raise Conflict("Tệp này đã được nhập, hoặc không còn chờ xác nhận.")


def run(pk: int) -> bool:
    """Check or import one row; call it outside any transaction. False when there is nothing to do for this worker."""
    now = timezone.now()
    rows = SheetImport.objects
    if rows.claim(pk, at=now, source=Status.WAITING, target=Status.CHECKING):
        work = _check
    elif rows.claim(pk, at=now, source=Status.CONFIRMED, target=Status.IMPORTING):
        work = _import
    else:
        return False
    row = rows.select_related("duty__plan__document", "period", "uploaded_by").get(pk=pk)
    try:
        work(row)
    except SheetRefused as refused:
        _record(row, status=Status.REFUSED, error=str(refused)[:500], progress=100, finished_at=timezone.now())
    except Exception:  # the outermost frame of the job: whatever it was, the row must say that it failed
        logger.exception("Sheet import %s failed", pk)
        _record(row, status=Status.FAILED, error=FAILED, finished_at=timezone.now())
    return True


def unfinished(*, at: datetime.datetime, limit: int = 200) -> list[int]:
    """Put back rows that dead workers left, give up on those left twice, and return what waits, oldest first."""
    stale = SheetImport.objects.filter(claimed_at__lt=at - STALE_AFTER)
    for held, released in RELEASED_TO.items():
        left = stale.filter(status=held)
        left.filter(claims__gte=MAX_CLAIMS).update(status=Status.FAILED, error=LEFT, finished_at=at)
        left.update(status=released, progress=0)
    waiting = SheetImport.objects.filter(status__in=[Status.WAITING, Status.CONFIRMED])
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])


def remove_old(*, at: datetime.datetime) -> int:
    """Delete rows and files after 30 days, also those that nobody confirmed; the audit trail keeps what was done."""
    old = SheetImport.objects.filter(created_at__lt=at - KEPT_FOR).exclude(status__in=BUSY).defer("changes", "errors")
    rows = list(old.order_by("pk")[:500])
    for row in rows:
        if row.file:
            row.file.delete(save=False)
        row.delete()
    return len(rows)


# --- the worker ---------------------------------------------------------------------------------------------------


def _check(row: SheetImport) -> None:
    _show(row, _read(row, most=99), error="")


def _import(row: SheetImport) -> None:
    """Write what was confirmed, or show what has become of it."""
    checked = _read(row, most=70)
    if checked.stops or not _still_holds(row.changes, checked.changes):
        _show(row, checked, error=MOVED)
        return
    try:
        with transaction.atomic():
            # First of all, so that a worker from whom the row was taken meanwhile writes nothing.
            if not _record(row, status=Status.DONE, progress=100, error="", finished_at=timezone.now()):
                return
            _write(row, checked.scope)
    except (Conflict, IntegrityError, drafts.DraftClash):  # also where somebody begins a report this very moment
        _show(row, _read(row, most=99), error=MOVED)
    except drafts.DraftTooLarge as error:
        _record(row, status=Status.REFUSED, error=str(error), finished_at=timezone.now())


def _read(row: SheetImport, *, most: int) -> CheckedUnits:
    """Check the kept file against the drafts as they stand, counting up to ``most`` per cent."""
    shown = 0

    def progress(done: int, total: int) -> None:
        nonlocal shown
        now = 10 + done * (most - 10) // total
        if now >= shown + 5:
            shown = now
            _record(row, progress=now)

    with row.file.open("rb") as file:
        return sheets_units_reading.check(
            file, row.duty, row.period, by=row.uploaded_by, on=timezone.localdate(), progress=progress
        )


def _show(row: SheetImport, checked: CheckedUnits, *, error: str) -> None:
    """The preview, or the errors, to the person who waits."""
    status = Status.REFUSED if checked.stops else Status.READY
    _record(
        row,
        status=status,
        errors=checked.errors,
        changes={} if checked.stops else checked.changes,
        error="" if checked.stops else error,
        progress=100,
        finished_at=timezone.now() if checked.stops else None,
    )


def _still_holds(shown: dict[str, dict[str, Change]], fresh: dict[str, dict[str, Change]]) -> bool:
    """Whether the same texts would be written over the same texts; what was declined is declined again."""
    for key in shown.keys() | fresh.keys():
        confirmed, found = shown.get(key, {}), fresh.get(key, {})
        if any(found.get(name, [])[:2] != change[:2] for name, change in confirmed.items()):
            return False
        if any(name not in confirmed and len(change) == 2 for name, change in found.items()):
            return False
    return True


def _write(row: SheetImport, scope: Scope) -> None:
    """Begin the reports that nobody has begun, and write all drafts; one transaction around it."""
    by = row.uploaded_by
    units = [unit for unit in scope.rows.values() if row.changes.get(str(unit.obligation.pk))]
    _begin([unit for unit in units if not unit.is_begun], by=by)
    drafts.save_many([_entry(unit, row.changes[str(unit.obligation.pk)]) for unit in units], by=by)
    targets = [(unit.report, unit.obligation.org_unit) for unit in units]
    audit.record_many("report.import", targets, by=by, file=row.original_name, sheet=row.pk)


def _begin(units: list[UnitRow], *, by: User) -> None:
    """As ``workflow.start_report`` for many; the right to file was asked for when the scope was read.

    Raises Conflict where a report was begun or waived since: one who was waived meanwhile gets no report.
    """
    if not units:
        return
    pks = [unit.obligation.pk for unit in units]
    held = sheets_scope.hold(pks)
    if (
        any(obligation.waived_at is not None or obligation.closed_at is not None for obligation in held)
        or Report.objects.filter(obligation__in=pks).exists()
    ):
        raise Conflict("Có báo cáo vừa được bắt đầu, được miễn hoặc đã đóng.")
    Report.objects.bulk_create([unit.report for unit in units], batch_size=500)
    audit.record_many("report.start", [(unit.report, unit.obligation.org_unit) for unit in units], by=by)


def _entry(unit: UnitRow, changes: dict[str, Change]) -> drafts.Entry:
    base = {name: change[0] for name, change in changes.items()}
    return drafts.Entry(unit.report, base, {name: change[1] for name, change in changes.items()})


def _own(changes: dict[str, Change]) -> dict[str, Change]:
    """Without the fields that somebody else has changed since the download."""
    return {name: change for name, change in changes.items() if len(change) == 2}


def _record(row: SheetImport, **changes: Any) -> bool:
    """Write to the row of this very claim; a row that was taken from a slow worker belongs to another."""
    mine = SheetImport.objects.filter(pk=row.pk, status=row.status, claimed_at=row.claimed_at)
    return mine.update(**changes) == 1
