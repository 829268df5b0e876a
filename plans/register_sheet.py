"""The register as an Excel file. Every text stays a text: what begins with "=" would be run by who opens the file."""

import io
import re
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties

from plans.models import OutgoingDocument

TITLE: Final = "SỔ ĐĂNG KÝ VĂN BẢN ĐI"
COLUMNS: Final = (
    ("Số, ký hiệu", 18),
    ("Ngày ban hành", 13),
    ("Loại văn bản", 15),
    ("Trích yếu", 52),
    ("Người ký", 22),
    ("Nơi nhận", 38),
    ("Số trang", 9),
    ("Trạng thái", 15),
    ("Lý do hủy", 28),
)
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SIDE = Side(style="thin", color="C9CDD3")
_BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_HEAD_ROW = 4


def register_sheet(rows: Sequence[OutgoingDocument], *, unit_name: str, span: str) -> bytes:
    """Return the file: title, the unit's name, a head that is repeated on every printed page, one row a number."""
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "Sổ văn bản đi"
    put_text(sheet["A1"], TITLE).font = Font(name="Arial", size=14, bold=True)
    put_text(sheet["A2"], f"{unit_name}. {span}".rstrip(". ")).font = Font(name="Arial", size=11)
    for column, (title, width) in enumerate(COLUMNS, start=1):
        cell = put_text(sheet.cell(_HEAD_ROW, column), title)
        cell.font = Font(name="Arial", size=10, bold=True)
        cell.fill = PatternFill("solid", start_color="EFEFEC")
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        cell.border = _BOX
        sheet.column_dimensions[cell.column_letter].width = width
    for number, row in enumerate(rows, start=_HEAD_ROW + 1):
        _write(sheet, number, row)
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter.center.text = "Trang &P/&N"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _write(sheet: Any, number: int, row: OutgoingDocument) -> None:
    known = (row.number, None, row.get_kind_display(), row.subject, row.signer_name, row.recipients, None)
    texts = (*known, row.get_status_display(), row.void_reason)
    is_void = row.status == OutgoingDocument.Status.VOID
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(number, column)
        if text is not None:
            put_text(cell, text)
        cell.font = Font(name="Arial", size=10, strike=is_void and column < len(COLUMNS) - 1)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.border = _BOX
    if row.issued_on:
        sheet.cell(number, 2).value = row.issued_on
        sheet.cell(number, 2).number_format = "dd/mm/yyyy"
    sheet.cell(number, 7).value = getattr(row, "page_count", None)


def put_text(cell: Any, text: str) -> Any:
    """Write a text that stays a text, whatever it starts with."""
    if text:
        cell.value = _LIKE_AN_ESCAPE.sub("_x005F_", ILLEGAL_CHARACTERS_RE.sub("", text))
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@\t"
    return cell
