"""What an Excel file would change, ready for the page that asks before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports import form_fields, sheets_fields
from reports.models import Report, SheetImport
from reports.sheets_fields import SheetField
from reports.sheets_reading import STOP, Change

NOTHING = "(trống)"


@dataclass(frozen=True)
class Line:
    """One field; ``was`` is its text at the download where somebody else has changed it since."""

    name: str
    label: str
    before: str
    after: str
    was: str = ""
    is_clash: bool = False


def lines_of(report: Report, row: SheetImport) -> list[Line]:
    """The changes of one report in page order."""
    fields = sheets_fields.all_by_name(form_fields.load(report).questions)
    return lines(fields, row.changes.get(str(report.pk), {}))


def lines(fields: Mapping[str, SheetField], changes: Mapping[str, Change]) -> list[Line]:
    return [_line(field, changes[name]) for name, field in fields.items() if name in changes]


def errors_of(row: SheetImport) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What keeps the file out, and what only has to be put right before the report is filed."""
    stops = [error for error in row.errors if error["kind"] == STOP]
    return stops, [error for error in row.errors if error["kind"] != STOP]


def _line(field: SheetField, change: Change) -> Line:
    before, after, *base = (sheets_fields.shown(field, text) for text in change)
    label = f"{field.label}: không phát sinh" if field.name.endswith(".nil") else field.label
    return Line(field.name, label, before or NOTHING, after or NOTHING, base[0] or NOTHING if base else "", bool(base))
