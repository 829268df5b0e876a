"""How our Excel files look, and the few ways in which a cell is written.

Every text goes through ``put_text``: openpyxl takes a text that starts with "=" for a formula, and whoever opened the
file would run it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

FONT: Final = "Arial"  # on every computer with an Excel, with all Vietnamese letters
RED: Final = "9B1C1C"
INK: Final = "1F2937"
GREY: Final = "6B7280"
LINE: Final = "C9CDD3"

INPUT_FILL: Final = PatternFill("solid", start_color="FFF8DC")
HEAD_FILL: Final = PatternFill("solid", start_color="7A1F1F")
SECTION_FILL: Final = PatternFill("solid", start_color="F3E3E0")
LABEL_FILL: Final = PatternFill("solid", start_color="FAFAF8")
BEFORE_FILL: Final = PatternFill("solid", start_color="EFEFEC")

_SIDE = Side(style="thin", color=LINE)
_INPUT_SIDE = Side(style="thin", color="B8860B")
BOX: Final = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
INPUT_BOX: Final = Border(left=_INPUT_SIDE, right=_INPUT_SIDE, top=_INPUT_SIDE, bottom=_INPUT_SIDE)

TITLE: Final = Font(name=FONT, size=15, bold=True, color=RED)
HEAD: Final = Font(name=FONT, size=10, bold=True, color="FFFFFF")
SECTION: Final = Font(name=FONT, size=11, bold=True, color=RED)
STRONG: Final = Font(name=FONT, size=10, bold=True, color=INK)
PLAIN: Final = Font(name=FONT, size=10, color=INK)
SMALL: Final = Font(name=FONT, size=9, color=GREY)

WRAP: Final = Alignment(wrap_text=True, vertical="top")
INDENTED: Final = Alignment(wrap_text=True, vertical="top", indent=1)
CENTRE: Final = Alignment(wrap_text=True, vertical="center", horizontal="center")
RIGHT: Final = Alignment(vertical="top", horizontal="right")
OPEN: Final = Protection(locked=False)

WHOLE: Final = "#,##0"
PERCENT: Final = "0.00%"
TEXT: Final = "@"

_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def writable(text: str) -> str:
    """The text as Excel stores it: no control characters, and nothing that it would take for an escape."""
    return _LIKE_AN_ESCAPE.sub("_x005F_", ILLEGAL_CHARACTERS_RE.sub("", text))


def unescaped(text: str) -> str:
    """The text without Excel's escapes: those of ``writable``, and the carriage returns of other programs."""
    return text.replace("_x005F_", "_") if "_x005F_" in text else text.replace("_x000D_", "")


def put_text(cell: Any, text: str) -> Any:
    """Write a text that stays a text, whatever it starts with, also after somebody has edited it in Excel."""
    if not text:
        return cell
    cell.value = writable(text)
    if cell.data_type != "s":
        cell.data_type = "s"
    if text[0] in "=+-@\t":
        cell.quotePrefix = True
    return cell


def put(cell: Any, value: int | str | None) -> Any:
    """A number as a number, a text as a text."""
    if isinstance(value, str):
        return put_text(cell, value)
    cell.value = value
    return cell


def label(cell: Any, text: str, *, font: Font = PLAIN, fill: PatternFill = LABEL_FILL, align: Alignment = WRAP) -> Any:
    """A locked cell with our words."""
    put_text(cell, text)
    cell.font, cell.fill, cell.alignment, cell.border = font, fill, align, BOX
    return cell


def formula(cell: Any, text: str, *, number_format: str = WHOLE) -> Any:
    """A locked cell with a formula of ours."""
    cell.value = text
    cell.font, cell.fill, cell.alignment, cell.border = STRONG, LABEL_FILL, RIGHT, BOX
    cell.number_format = number_format
    return cell


def entry(cell: Any, value: int | str | None, *, number: bool = False) -> Any:
    """An unlocked, highlighted cell to be filled in."""
    cell.font, cell.fill, cell.border, cell.protection = PLAIN, INPUT_FILL, INPUT_BOX, OPEN
    cell.alignment = RIGHT if number else WRAP
    cell.number_format = WHOLE if number else TEXT
    return put(cell, value)


def kept(cell: Any, value: int | str | None, *, number: bool = False) -> Any:
    """A locked, grey cell with what was said last time, or with what is closed."""
    cell.font, cell.fill, cell.border = SMALL, BEFORE_FILL, BOX
    cell.alignment = RIGHT if number else WRAP
    cell.number_format = WHOLE
    return put(cell, value)


def heading(worksheet: Any, row: int, first: int, last: int, text: str) -> None:
    """A section's name over the width of the table."""
    for column in range(first, last + 1):
        label(worksheet.cell(row, column), text if column == first else "", font=SECTION, fill=SECTION_FILL)
    worksheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
    worksheet.row_dimensions[row].height = 20


def header(worksheet: Any, row: int, first: int, words: list[str]) -> None:
    for column, text in enumerate(words, start=first):
        label(worksheet.cell(row, column), text, font=HEAD, fill=HEAD_FILL, align=CENTRE)
    worksheet.row_dimensions[row].height = 32


def title(worksheet: Any, column: int, text: str, lead: str) -> None:
    """The two lines on top of a sheet."""
    put_text(worksheet.cell(1, column), text).font = TITLE
    put_text(worksheet.cell(2, column), lead).font = SMALL
    worksheet.row_dimensions[1].height = 24


def widths(worksheet: Any, found: Mapping[int, float], *, hidden: tuple[int, ...] = ()) -> None:
    """Widths of columns in characters; the hidden ones hold the names of fields."""
    for column, width in found.items():
        worksheet.column_dimensions[get_column_letter(column)].width = width
    for column in hidden:
        worksheet.column_dimensions[get_column_letter(column)].hidden = True


def tall_enough(texts: list[tuple[str, float]], *, least: float = 16, most: float = 400) -> float:
    """The height of a row in points whose texts are wrapped in columns of these widths."""
    lines = [
        sum(max(1, -(-len(line) // max(1, int(width)))) for line in text.split("\n")) for text, width in texts if text
    ]
    return min(most, max([least, *(13.5 * count + 4 for count in lines)]))


def finish(worksheet: Any, *, freeze: str, repeat: str = "", landscape: bool = True) -> None:
    """Lock what is not to be filled in (without a password), hold the head in place, print on A4."""
    worksheet.protection.sheet = True
    worksheet.protection.formatColumns = False
    worksheet.protection.formatRows = False
    worksheet.freeze_panes = freeze or None
    worksheet.sheet_view.showGridLines = False
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A4
    worksheet.page_setup.orientation = "landscape" if landscape else "portrait"
    worksheet.page_setup.fitToWidth, worksheet.page_setup.fitToHeight = 1, 0
    worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    worksheet.page_margins.left = worksheet.page_margins.right = 0.5
    worksheet.oddFooter.center.text = "Trang &P/&N"
    if repeat:
        worksheet.print_title_rows = repeat


def length_rule(most: int) -> DataValidation:
    rule = DataValidation(
        type="textLength", operator="lessThanOrEqual", formula1=str(most), allow_blank=True, showErrorMessage=True
    )
    rule.errorTitle, rule.error = "Dài quá", f"Nội dung dài nhất {most} ký tự. Hãy rút gọn."
    return rule


def list_rule(source: str) -> DataValidation:
    """A choice out of a range of cells, such as ``_danh_muc!$A$1:$A$4``."""
    rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
    rule.errorTitle, rule.error = "Chưa đúng", "Hãy chọn trong danh sách."
    return rule
