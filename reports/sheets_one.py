"""Takes the filled Excel form of one report into its draft: checked at once, and never written without a preview."""

import secrets
from collections.abc import Iterable
from pathlib import PurePath

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from orgunits.vietnamese import nfc
from reports import drafts, sheets_reading, workflow
from reports.models import Report, SheetImport
from reports.sheets_reading import Checked

Status = SheetImport.Status


class DraftMoved(Exception):
    """The draft was changed after the preview; ``row`` holds a new one."""

    def __init__(self, row: SheetImport) -> None:
        super().__init__(row.pk)
        self.row = row


def take_one(report: Report, upload: UploadedFile, *, by: User) -> SheetImport:
    """Check the file of one report and keep it with its preview or its errors.

    Raises SheetRefused for a file not to be taken at all: nothing of it is kept.
    """
    checked = sheets_reading.check(report, upload)
    obligation = report.obligation
    row = SheetImport(
        uploaded_by=by,
        org_unit=obligation.org_unit,
        report=report,
        duty=obligation.duty,
        period=obligation.period,
        original_name=shown_name(upload.name or ""),
    )
    _set(row, checked, key=str(report.pk))
    keep_file(row, upload)
    row.save(force_insert=True)
    return row


def confirm_one(row: SheetImport, *, by: User, taken: Iterable[str] = ()) -> int:
    """Write the previewed changes into the draft; gives how many fields were written.

    ``taken`` are the fields that somebody else changed meanwhile and for which the file's text is wanted; of the others
    the draft's text stays. Raises Conflict when the row or the report is past it, DraftMoved when a field of the
    preview no longer says what was shown.
    """
    report = row.report
    if report is None:
        raise Conflict("Tệp này là bảng cho nhiều đơn vị.")
    if not workflow.may_file(by, report.obligation, on=timezone.localdate()):
        raise PermissionDenied
    wanted = set(taken)
    shown = row.changes.get(str(report.pk), {})
    chosen = {name: change for name, change in shown.items() if len(change) == 2 or name in wanted}
    try:
        with transaction.atomic():
            _write_one(row, report, chosen, by=by)
    except (drafts.DraftClash, _OtherForm) as error:
        raise DraftMoved(check_again(row)) from error
    except drafts.DraftTooLarge as error:
        raise Conflict(str(error)) from error
    return len(chosen)


def check_again(row: SheetImport) -> SheetImport:
    """A new preview of the kept file against the draft as it stands now; raises SheetRefused."""
    reports = Report.objects.select_related("obligation__org_unit", "obligation__period", "form_version")
    report = reports.get(sheet_imports=row)
    with row.file.open("rb") as file:
        _set(row, sheets_reading.check(report, file), key=str(report.pk))
    row.save(update_fields=["status", "errors", "changes", "progress", "finished_at"])
    return row


def keep_file(row: SheetImport, upload: File) -> None:
    """Store the bytes under a name that nobody can guess; the row is not saved."""
    upload.seek(0)
    row.file.save(f"{secrets.token_hex(16)}.xlsx", ContentFile(upload.read()), save=False)


def shown_name(name: str) -> str:
    """The file's own name for the page: no folders, no control characters."""
    bare = nfc(PurePath(name.replace("\\", "/")).name)
    return "".join(char for char in bare if char.isprintable())[:200] or "bieu-mau.xlsx"


class _OtherForm(Exception):
    """The report was moved to another form version, or its open items changed, after the preview."""


def _write_one(row: SheetImport, report: Report, chosen: dict[str, list[str]], *, by: User) -> None:
    won = SheetImport.objects.filter(pk=row.pk, status=Status.READY).update(
        status=Status.DONE, progress=100, finished_at=timezone.now()
    )
    if not won:
        raise Conflict("Tệp này đã được nhập, hoặc không còn chờ xác nhận.")
    mine = {name: change[1] for name, change in chosen.items()}
    base = {name: change[0] for name, change in chosen.items()}
    saved = drafts.save(report, mine, base=base, version=-1, by=by)
    if any(saved.draft.get(name, "") != drafts.storable(text) for name, text in mine.items()):
        raise _OtherForm  # what names no open item of the form is not saved
    audit.record(
        "report.import", report, by=by, org_unit=report.obligation.org_unit, fields=sorted(mine), file=row.original_name
    )


def _set(row: SheetImport, checked: Checked, *, key: str) -> None:
    row.errors = checked.errors
    row.changes = {} if checked.stops else {key: checked.changes}
    row.status = Status.REFUSED if checked.stops else Status.READY
    row.progress = 100
    row.finished_at = timezone.now() if checked.stops else None
