"""A sheet that is a table: locked headings in one row, below them a row for each thing, written and read again.

Cells hold texts, days and whole numbers. Every cell that cannot be read is an error with its address; a formula is one.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl.styles import NamedStyle
from openpyxl.utils import get_column_letter

from orgunits import workbook_style
from orgunits.vietnamese import nfc, without_marks
from orgunits.workbook import Book
from orgunits.workbook_safety import Limits, RawCell, Sheet, SheetRefused

HEAD_ROW: Final = 3
FIRST_ROW: Final = 4
EMPTY_ROWS: Final = 200  # below the last one, for which Excel offers the lists
LIMITS: Final = Limits(rows=20_000, cells=400_000, part_bytes=48 * 1024 * 1024, unpacked=96 * 1024 * 1024)

NO_SHEET: Final = "Tệp không có trang tính “{}”. Hãy tải lại mẫu, chép dữ liệu sang rồi nộp lại."
NO_HEAD: Final = "Trang tính này thiếu cột “{}”. Hãy tải lại mẫu; không đổi, không xóa dòng tiêu đề."
HEAD_UNKNOWN: Final = "Cột này không có trong mẫu. Hãy bỏ cột đã thêm."
HEAD_TWICE: Final = "Cột này lặp lại một cột khác. Hãy bỏ cột đã thêm."
FORMULA: Final = "Ô này là công thức. Hãy ghi thẳng giá trị (Paste Values)."
BROKEN: Final = "Ô này báo lỗi trong Excel. Hãy xóa và ghi lại giá trị."
NOT_TEXT: Final = "Ô này phải là chữ hoặc số nguyên. Hãy ghi lại."
NOT_DAY: Final = "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 01/07/2025."
NOT_WHOLE: Final = "Hãy ghi số nguyên từ 0 trở lên, không quá 2 tỷ."
TOO_LONG: Final = "Nội dung dài nhất {} ký tự. Hãy rút gọn."
MOST_WHOLE: Final = 2_000_000_000
EARLIEST, LATEST = datetime.date(1900, 1, 1), datetime.date(2999, 12, 31)

_STYLE: Final = "mang_non_o_nhap"


@dataclass(frozen=True)
class Column:
    """``kind`` is text, day or whole; ``choices`` are offered in Excel and not enforced by it."""

    key: str
    head: str
    width: int = 16
    kind: str = "text"
    most: int = 250
    choices: tuple[str, ...] = ()


@dataclass
class Row:
    """What stands in one row, by the key of the column; an empty cell is None."""

    number: int
    values: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key)


@dataclass
class Table:
    """The rows of one sheet and all that cannot be read in it."""

    title: str
    rows: list[Row] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)

    def refuse(self, row: Row, key: str, reason: str) -> None:
        self.errors.append(error(self.title, f"{self.letters.get(key, 'A')}{row.number}", reason))


def error(sheet: str, cell: str, reason: str) -> dict[str, str]:
    """One line of the list of errors."""
    return {"sheet": sheet, "cell": cell, "reason": reason}


# --- writing ------------------------------------------------------------------------------------------------------


def write(book: Book, title: str, lead: str, columns: tuple[Column, ...], rows: Iterable[Mapping[str, Any]]) -> None:
    """A sheet with locked headings over open cells."""
    sheet = book.sheet(title)
    workbook_style.title(sheet, 1, title, lead)
    workbook_style.header(sheet, HEAD_ROW, 1, [column.head for column in columns])
    _open_columns(book, sheet, columns)
    last = FIRST_ROW - 1
    for last, row in enumerate(rows, start=FIRST_ROW):
        for number, column in enumerate(columns, start=1):
            value = row.get(column.key)
            if value is None or value == "":
                continue
            cell = sheet.cell(last, number)
            cell.style = _STYLE
            if isinstance(value, datetime.date):
                value = f"{value:%d/%m/%Y}"
            workbook_style.put(cell, value)
    for number, column in enumerate(columns, start=1):
        if column.choices:
            letter = get_column_letter(number)
            rule = workbook_style.list_rule(book.list_source(column.choices))
            rule.showErrorMessage = False  # the reader takes a code as well
            sheet.add_data_validation(rule)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{last + EMPTY_ROWS}")
    workbook_style.finish(sheet, freeze=f"A{FIRST_ROW}", repeat=f"{HEAD_ROW}:{HEAD_ROW}")
    sheet.protection.insertRows = sheet.protection.deleteRows = False
    sheet.protection.sort = sheet.protection.autoFilter = False


def _open_columns(book: Book, sheet: Any, columns: tuple[Column, ...]) -> None:
    """Columns that may be typed in, as text: Excel would make a number of the code 00123."""
    if _STYLE not in book.workbook.named_styles:
        book.workbook.add_named_style(
            NamedStyle(
                _STYLE, font=workbook_style.PLAIN, border=workbook_style.BOX, protection=workbook_style.OPEN,
                number_format=workbook_style.TEXT,
            )
        )  # fmt: skip
    for number, column in enumerate(columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = column.width
        dimension.protection, dimension.number_format = workbook_style.OPEN, workbook_style.TEXT
        dimension.font = workbook_style.PLAIN


def guide(book: Book, title: str, lead: str, steps: Iterable[str], columns: Mapping[str, tuple[Column, ...]]) -> None:
    """The first sheet: what to do, and which columns each sheet has."""
    sheet = book.sheet("Hướng dẫn")
    workbook_style.widths(sheet, {1: 3, 2: 110})
    workbook_style.title(sheet, 2, title, lead)
    row = 4
    for number, step in enumerate(steps, start=1):
        row = _line(sheet, row, f"{number}. {step}")
    for name, found in columns.items():
        row = _line(sheet, row + 1, f"Trang “{name}”: {'; '.join(column.head for column in found)}.")
    workbook_style.finish(sheet, freeze="", landscape=False)


def _line(sheet: Any, row: int, text: str) -> int:
    workbook_style.label(sheet.cell(row, 2), text)
    sheet.row_dimensions[row].height = workbook_style.tall_enough([(text, 110)])
    return row + 1


# --- reading ------------------------------------------------------------------------------------------------------


def read(sheets: Mapping[str, Sheet], title: str, columns: tuple[Column, ...], *, optional: bool = False) -> Table:
    """The rows that hold something; raises SheetRefused without the sheet or one of its headings."""
    table = Table(title)
    sheet = sheets.get(title)
    if sheet is None:
        if optional:
            return table
        raise SheetRefused(NO_SHEET.format(title))
    at = _columns(sheet, columns, table)
    rows: dict[int, dict[int, RawCell]] = {}
    for (number, column), cell in sheet.cells.items():
        if number >= FIRST_ROW:
            rows.setdefault(number, {})[column] = cell
    for number in sorted(rows):
        row = Row(number, {})
        for column, cell in rows[number].items():
            if column in at:
                row.values[at[column].key] = _value(table, row, at[column], cell)
        if any(value is not None for value in row.values.values()):
            table.rows.append(row)
    return table


def _columns(sheet: Sheet, columns: tuple[Column, ...], table: Table) -> dict[int, Column]:
    known = {_head(column.head): column for column in columns}
    at: dict[int, Column] = {}
    for (number, column), cell in sorted(sheet.cells.items()):
        if number != HEAD_ROW:
            continue
        found = known.get(_head(str(cell.value)))
        where = f"{get_column_letter(column)}{HEAD_ROW}"
        if found is None:
            table.errors.append(error(table.title, where, HEAD_UNKNOWN))
        elif found in at.values():
            table.errors.append(error(table.title, where, HEAD_TWICE))
        else:
            at[column] = found
            table.letters[found.key] = get_column_letter(column)
    for each in columns:
        if each.key not in table.letters:
            raise SheetRefused(NO_HEAD.format(each.head))
    return at


def _head(text: str) -> str:
    return without_marks(text).strip(" *:")


def _value(table: Table, row: Row, column: Column, cell: RawCell) -> Any:
    """The cell's value as the column wants it; None for an empty one and for one that is refused."""
    try:
        if cell.kind == "f":
            raise ValueError(FORMULA)
        if cell.kind == "e":
            raise ValueError(BROKEN)
        if column.kind == "day":
            return _day(cell.value)
        text = _text(cell.value)
        if column.kind == "whole":
            return _whole(text)
        if len(text) > column.most:
            raise ValueError(TOO_LONG.format(column.most))
        return text or None
    except ValueError as refused:
        table.refuse(row, column.key, str(refused))
        return None


def _text(value: Any) -> str:
    if isinstance(value, (bool, datetime.date, datetime.time, datetime.timedelta)):
        raise ValueError(NOT_TEXT)
    if isinstance(value, float):
        if not value.is_integer() or abs(value) > 10**15:
            raise ValueError(NOT_TEXT)
        return str(int(value))
    return nfc(" ".join(workbook_style.unescaped(str(value)).replace("\x00", "").split()))


def _day(value: Any) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        day = value.date()
    elif isinstance(value, datetime.date):
        day = value
    else:
        text = _text(value)
        if not text:
            return None
        try:
            day = datetime.datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError as error:
            raise ValueError(NOT_DAY) from error
    if not EARLIEST <= day <= LATEST:
        raise ValueError(NOT_DAY)
    return day


def _whole(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MOST_WHOLE:
        raise ValueError(NOT_WHOLE)
    return int(text)
