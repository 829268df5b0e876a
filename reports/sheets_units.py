"""Writes one workbook for the reports of many units: a row for each unit, a column for each field.

The names of the fields stand in a hidden row. Last period's values have a sheet of their own with the same columns.
"""

import datetime
import json
from typing import Any, Final

from openpyxl.utils import get_column_letter

from orgunits import workbook_style
from orgunits.models import User
from orgunits.workbook import file_name
from plans.models import ReportingDuty
from reports import due_dates, sheets_fields, sheets_form, sheets_rules, sheets_scope
from reports.form_fields import Question
from reports.models import Period
from reports.sheets_book import Book
from reports.sheets_fields import MOST_IN_CELL, NIL_SHOWN, FieldKind, SheetField
from reports.sheets_form import SheetFile
from reports.sheets_identity import MANY, Identity
from reports.sheets_scope import Scope, UnitRow

COVER: Final = "Hướng dẫn"
NOW: Final = "Số liệu"
BEFORE: Final = "Kỳ trước"
NAMES_ROW, QUESTION_ROW, FIELD_ROW, FIRST_ROW = 3, 4, 5, 6
CODE, NAME, FIRST = 1, 2, 3  # columns
NOT_ASKED: Final = "–"
ROW_HEIGHT: Final = 32  # points: two lines of a name; a long text is read in the cell

STEPS: Final = (
    "Mỗi dòng là một đơn vị, mỗi cột là một mục của biểu mẫu. Ghi vào những ô nền vàng của trang “Số liệu”.",
    "Số liệu ghi bằng số nguyên, ví dụ 1234. Nếu trong kỳ không phát sinh, ghi KPS; nếu có mà bằng không, ghi 0.",
    "Ô để trống nghĩa là chưa có số liệu. Ô có dấu – là mục không hỏi đơn vị đó, hoặc đã chốt.",
    "Không sửa mã, tên đơn vị; không ghi công thức; không thêm macro hay liên kết với tệp khác.",
    "Có thể xóa dòng của đơn vị chưa cần nhập. Tình hình nhiệm vụ, hoạt động, tệp kèm theo ghi trên trang của từng "
    "đơn vị.",
    "Lưu tệp ở dạng .xlsx rồi nộp ở trang của kỳ báo cáo. Trang sẽ kiểm tra từng ô và cho xem trước; số liệu chỉ vào "
    "bản nháp của các đơn vị sau khi bạn đồng ý. Từng báo cáo vẫn phải được nộp trên trang.",
)


def build(duty: ReportingDuty, period: Period, *, by: User, on: datetime.date) -> SheetFile:
    """The workbook with the drafts of all units for which the person may file and that still owe the report."""
    return write(sheets_scope.load(by, duty, period, on=on))


def write(scope: Scope) -> SheetFile:
    duty, period = scope.duty, scope.period
    book = Book(f"{duty} · {period}")
    _cover(book, scope)
    columns = [(question, field) for question, fields in scope.columns for field in fields]
    now, before = book.sheet(NOW), book.sheet(BEFORE)
    for sheet, words in ((now, "Ghi vào những ô nền vàng."), (before, "Số liệu đã duyệt của kỳ trước, để so.")):
        workbook_style.title(sheet, CODE, f"{duty} · {period}", words)
        _heads(sheet, scope)
    for row, unit in enumerate(scope.rows.values(), start=FIRST_ROW):
        for sheet in (now, before):
            workbook_style.label(sheet.cell(row, CODE), unit.code)
            workbook_style.label(sheet.cell(row, NAME), unit.name, font=workbook_style.STRONG)
            sheet.row_dimensions[row].height = ROW_HEIGHT
        _unit(now, row, unit, columns)
        _unit_before(before, row, unit, columns)
    last = FIRST_ROW + len(scope.rows) - 1
    if scope.rows:
        _rules(book, now, columns, last)
        _totals(now, columns, last)
    for sheet in (now, before):
        workbook_style.finish(sheet, freeze=f"C{FIRST_ROW}", repeat=f"{QUESTION_ROW}:{FIELD_ROW}")
    name = file_name("Bảng nhiều đơn vị", str(duty), str(period))
    return SheetFile(name, book.content(identity(scope), {unit.code: _base(unit) for unit in scope.rows.values()}))


def identity(scope: Scope) -> Identity:
    return Identity(MANY, f"{scope.duty.pk}-{scope.period.pk}", scope.version.pk)


def _base(unit: UnitRow) -> str:
    """The draft at the download, each text made short."""
    raw = unit.raw
    found = {name: sheets_fields.fingerprint(field, raw.get(name, "")) for name, field in unit.fields.items()}
    return json.dumps({name: text for name, text in found.items() if text}, ensure_ascii=False)


def _cover(book: Book, scope: Scope) -> None:
    sheet = book.sheet(COVER)
    workbook_style.widths(sheet, {1: 3, 2: 26, 3: 84})
    workbook_style.title(sheet, 2, str(scope.duty), f"{scope.period} · bảng cho nhiều đơn vị")
    facts = [
        ("Kỳ báo cáo", f"từ {scope.period.starts_on:%d/%m/%Y} đến {scope.period.ends_on:%d/%m/%Y}"),
        ("Số đơn vị trong bảng", str(len(scope.rows))),
        ("Phiên bản biểu mẫu", str(scope.version.number)),
        *_due(scope),
    ]
    row = sheets_form.pairs(sheet, 4, facts)
    row = sheets_form.lines(sheet, row + 1, "Cách làm", [f"{number}. {step}" for number, step in enumerate(STEPS, 1)])
    row = sheets_form.lines(sheet, row + 1, "Bảo vệ trẻ em", [sheets_form.PRIVACY])
    if scope.on_older_forms:
        words = "Bản nháp của các đơn vị này theo phiên bản cũ của biểu mẫu, hãy điền riêng cho từng đơn vị:"
        sheets_form.lines(sheet, row + 1, "Không có trong bảng", [words, *scope.on_older_forms])
    workbook_style.finish(sheet, freeze="", landscape=False)


def _due(scope: Scope) -> list[tuple[str, str]]:
    days = sorted({unit.obligation.effective_due_on for unit in scope.rows.values()})
    if not days:
        return []
    return [("Hạn nộp" if len(days) == 1 else "Hạn nộp sớm nhất", due_dates.last_moment(days[0]))]


def _heads(sheet: Any, scope: Scope) -> None:
    """Two rows of heads: the question over its columns, and what each column holds."""
    workbook_style.header(sheet, QUESTION_ROW, CODE, ["Mã đơn vị", "Đơn vị"])
    workbook_style.header(sheet, FIELD_ROW, CODE, ["", ""])
    widths: dict[int, float] = {CODE: 14, NAME: 36}
    column = FIRST
    for question, fields in scope.columns:
        item = question.item
        words = f"{item.label} *" if item.required else item.label
        workbook_style.header(sheet, QUESTION_ROW, column, [words, *[""] * (len(fields) - 1)])
        if len(fields) > 1:
            end = column + len(fields) - 1
            sheet.merge_cells(start_row=QUESTION_ROW, end_row=QUESTION_ROW, start_column=column, end_column=end)
        for field in fields:
            workbook_style.put_text(sheet.cell(NAMES_ROW, column), field.name)
            workbook_style.header(sheet, FIELD_ROW, column, [_head(question, field)])
            widths[column] = 44 if field.kind == FieldKind.TEXT else 18
            column += 1
    workbook_style.widths(sheet, widths)
    sheet.row_dimensions[NAMES_ROW].hidden = True
    sheet.row_dimensions[QUESTION_ROW].height, sheet.row_dimensions[FIELD_ROW].height = 72, 58


def _head(question: Question, field: SheetField) -> str:
    """What a column holds, in the question's own words, with the unit of count."""
    label = question.labels.get(field.name, "")
    words = label.removeprefix(question.item.label).removeprefix(": ")
    unit = question.item.unit_of_count
    return "\n".join(filter(None, [words, f"({unit})" if unit else ""]))


def _unit(sheet: Any, row: int, unit: UnitRow, columns: list[tuple[Question, SheetField]]) -> None:
    raw, fields = unit.raw, unit.fields
    for column, (question, field) in enumerate(columns, start=FIRST):
        cell = sheet.cell(row, column)
        text = raw.get(field.name, "")
        if field.name not in fields or len(text) > MOST_IN_CELL:
            workbook_style.kept(
                cell, sheets_fields.shown(field, text)[:MOST_IN_CELL] or NOT_ASKED, number=field.is_number
            )
            continue
        is_nil = question.is_figure and bool(raw.get(question.nil_name)) and not text
        workbook_style.entry(
            cell, NIL_SHOWN if is_nil else sheets_fields.cell_value(field, text), number=field.is_number
        )


def _unit_before(sheet: Any, row: int, unit: UnitRow, columns: list[tuple[Question, SheetField]]) -> None:
    for column, (question, field) in enumerate(columns, start=FIRST):
        value = _before(unit.previous, question, field)
        workbook_style.kept(sheet.cell(row, column), value, number=field.is_number)


def _before(previous: dict[str, Any], question: Question, field: SheetField) -> int | str | None:
    if question.is_figure:
        figures = previous.get("figures", {}).get(question.code, {})
        number: int | None = figures.get(field.name.removeprefix(f"{question.code}."))
        return NIL_SHOWN if figures.get("nil") else number
    if field.kind == FieldKind.CHOICE:
        return sheets_fields.shown(field, previous.get("choices", {}).get(question.code, ""))
    text: str = previous.get("texts", {}).get(question.code, "")
    return text[:MOST_IN_CELL]


def _rules(book: Book, sheet: Any, columns: list[tuple[Question, SheetField]], last: int) -> None:
    for column, (_, field) in enumerate(columns, start=FIRST):
        letter = get_column_letter(column)
        if field.is_number:
            rule = sheets_rules.whole_number_rule(f"{letter}{FIRST_ROW}")
        elif field.kind == FieldKind.CHOICE:
            rule = workbook_style.list_rule(book.list_source(tuple(words for _, words in field.choices)))
        else:
            rule = workbook_style.length_rule(min(field.most, MOST_IN_CELL))
        sheet.add_data_validation(rule)
        rule.add(f"{letter}{FIRST_ROW}:{letter}{last}")


def _totals(sheet: Any, columns: list[tuple[Question, SheetField]], last: int) -> None:
    """A row of sums below; where no unit has a number there is none, for missing is not zero."""
    row = last + 1
    for column in (CODE, NAME):
        workbook_style.label(sheet.cell(row, column), "Cộng" if column == NAME else "", font=workbook_style.STRONG)
    for column, (_, field) in enumerate(columns, start=FIRST):
        letter = get_column_letter(column)
        cells = f"{letter}{FIRST_ROW}:{letter}{last}"
        if field.is_number:
            workbook_style.formula(sheet.cell(row, column), f'=IF(COUNT({cells})=0,"",SUM({cells}))')
        else:
            workbook_style.label(sheet.cell(row, column), "")
