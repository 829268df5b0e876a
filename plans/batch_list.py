"""The table of contents in a ZIP: every document with its file, those that are not there with the reason, by unit."""

import io
from collections.abc import Mapping, Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.properties import PageSetupProperties

from plans.models import PrintBatch, PrintBatchItem
from plans.register_sheet import put_text

COLUMNS: Final = (("TT", 6), ("Đơn vị", 42), ("Văn bản", 52), ("Tệp", 44), ("Số trang", 10), ("Ghi chú", 46))
_HEAD_ROW: Final = 3


def contents_sheet(batch: PrintBatch, items: Sequence[PrintBatchItem], names: Mapping[int, str]) -> bytes:
    """Return the workbook; ``names`` is the file's name by item."""
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "Mục lục"
    put_text(sheet["A1"], batch.title).font = Font(name="Arial", size=13, bold=True)
    for column, (title, width) in enumerate(COLUMNS, start=1):
        cell = put_text(sheet.cell(_HEAD_ROW, column), title)
        cell.font = Font(name="Arial", size=10, bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    rows: list[tuple[int | None, str, str, str, int | None, str]] = [
        (item.position, item.unit_name, item.title, names.get(item.pk, ""), item.pages, _note(item)) for item in items
    ]
    rows += [(None, each["unit"], "", "", None, each["state"]) for each in batch.absent]
    for number, row in enumerate(rows, start=_HEAD_ROW + 1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                put_text(cell, value)
            else:
                cell.value = value
            cell.font = Font(name="Arial", size=10)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _note(item: PrintBatchItem) -> str:
    match item.status:
        case PrintBatchItem.Status.FAILED:
            return f"Lỗi: {item.reason}"
        case PrintBatchItem.Status.LEFT_OUT:
            return f"Bỏ qua: {item.reason}"
    return ""
