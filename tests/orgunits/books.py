"""Workbooks of the organisation as people fill them in, and the worker's two steps at once."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from orgunits import workbook_jobs
from orgunits.models import User, WorkbookImport
from orgunits.workbook import CONTENT_TYPE
from orgunits.workbook_table import FIRST_ROW, HEAD_ROW


def uploaded(content: bytes, name: str = "tep.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=CONTENT_TYPE)


def with_rows(content: bytes, **sheets: list[dict[str, Any]]) -> bytes:
    """The workbook with these rows below what it holds; a sheet by its name without marks and spaces."""
    names = {"don_vi": "Đơn vị", "nguoi": "Người dùng", "vai_tro": "Vai trò", "sap_xep": "Sắp xếp"}
    names["chua"] = "Chưa có chỗ"
    workbook = load_workbook(BytesIO(content))
    for key, rows in sheets.items():
        sheet = workbook[names[key]]
        columns = {sheet.cell(HEAD_ROW, number).value: number for number in range(1, sheet.max_column + 1)}
        last = max(
            [FIRST_ROW - 1, *(cell.row for row in sheet.iter_rows(min_row=FIRST_ROW) for cell in row if cell.value)]
        )
        for number, row in enumerate(rows, start=last + 1):
            for head, value in row.items():
                sheet.cell(number, columns[head]).value = value
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def cells(content: bytes, title: str) -> list[dict[str, Any]]:
    """The rows of a sheet by their headings."""
    sheet = load_workbook(BytesIO(content))[title]
    heads = [cell.value for cell in sheet[HEAD_ROW]]
    rows = sheet.iter_rows(min_row=FIRST_ROW, values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows if any(row)]


def sent(content: bytes, *, by: User, kind: str = "units", **reform: Any) -> WorkbookImport:
    """Taken and checked."""
    row = workbook_jobs.take(uploaded(content), kind=kind, by=by, **reform)
    assert workbook_jobs.run(row.pk)
    row.refresh_from_db()
    return row


def done(row: WorkbookImport, **rule: str) -> WorkbookImport:
    """Confirmed and written; what hangs on units that end is left for later unless the rule says otherwise."""
    assert row.status == "ready", (row.errors, row.unresolved, row.error)
    rule = {asked["key"]: rule.get(asked["key"], "left") for asked in row.asked}
    workbook_jobs.confirm(row, by=row.uploaded_by, seen=row.digest, rule=rule)
    assert workbook_jobs.run(row.pk)
    row.refresh_from_db()
    assert row.status == "done", (row.status, row.error, row.errors)
    return row


def reasons(row: WorkbookImport) -> dict[str, str]:
    """By sheet and cell why it was refused."""
    return {f"{line['sheet']} {line['cell']}".strip(): line["reason"] for line in row.errors}
