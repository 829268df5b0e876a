"""Writes the form of one report as an Excel file: a cover, the figures, the texts, the tasks, and a hidden identity.

The fields' names stand in hidden columns, so that a row means the same wherever somebody has moved it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import number_format

from orgunits import workbook_style
from orgunits.workbook import file_name
from reports import drafts, form_fields, letters, sheets_fields
from reports.form_fields import Question, Questionnaire
from reports.models import ItemKind, Report
from reports.sheets_book import Book
from reports.sheets_fields import MOST_IN_CELL, SheetField
from reports.sheets_figures import FIGURES, FiguresSheet
from reports.sheets_identity import ONE, Identity

COVER: Final = "Hướng dẫn"
TEXTS: Final = "Nội dung"
TASKS: Final = "Nhiệm vụ"
ON_SCREEN: Final = (ItemKind.ACTIVITIES, ItemKind.MODELS, ItemKind.ATTACHMENTS)
TOO_LONG: Final = "Nội dung hiện có dài hơn một ô Excel chứa được. Hãy sửa phần này trên trang."
CLOSED: Final = "Mục này đã chốt, không sửa."

STEPS: Final = (
    "Mở lần lượt các trang tính ở cuối cửa sổ và ghi vào những ô nền vàng. Các ô khác đã khóa.",
    "Số liệu ghi bằng số nguyên, ví dụ 1234. Nếu trong kỳ không phát sinh, ghi KPS; nếu có mà bằng không, ghi 0.",
    "Ô để trống nghĩa là chưa có số liệu. Có thể nộp tệp khi chưa điền hết, rồi ghi tiếp trên trang.",
    "Không ghi công thức, không thêm macro, không liên kết với tệp khác: tệp có những thứ đó sẽ không được nhận.",
    "Điền xong, lưu tệp ở dạng .xlsx, mở lại trang lập báo cáo và chọn “Nộp tệp Excel đã điền”.",
    "Trang sẽ kiểm tra từng ô và cho xem trước những chỗ thay đổi. Số liệu chỉ vào bản nháp sau khi bạn đồng ý; "
    "báo cáo chỉ được gửi đi khi bạn bấm “Nộp báo cáo” trên trang.",
)
PRIVACY: Final = "Chỉ ghi số liệu và việc đã làm. Không ghi tên, địa chỉ, số điện thoại, số định danh của trẻ em."


@dataclass(frozen=True)
class SheetFile:
    """A file to download."""

    name: str
    content: bytes


def build(report: Report) -> SheetFile:
    """The form of a report with its draft and last period's values filled in."""
    obligation = report.obligation
    form, raw, previous = form_fields.load(report), drafts.typed(report), drafts.previous_filing(report)
    before = previous.content if previous else {}
    unit = str(obligation.org_unit)
    lead = f"{unit} · {obligation.period}"
    book = Book(f"{obligation.duty} · {obligation.period}")
    _cover(book, form)
    figures = [question for question in form.questions if question.kind in FIGURES]
    if figures:
        FiguresSheet(book, raw, before, year=obligation.period.year, lead=lead).write(figures)
    texts = [question for question in form.questions if question.kind == ItemKind.NARRATIVE]
    if texts:
        _texts(book, texts, raw, before.get("texts", {}), lead=lead)
    tasks = [question for question in form.questions if question.tasks]
    if tasks:
        _tasks(book, tasks, raw, before.get("tasks", {}), lead=lead)
    fields = [field for question in form.questions for field in sheets_fields.fields_of(question)]
    nil_names = [question.nil_name for question in figures if question.is_figure]
    base = {name: raw.get(name, "") for name in [*(field.name for field in fields), *nil_names]}
    name = file_name("Biểu mẫu", str(obligation.duty), str(obligation.period), unit)
    return SheetFile(name, book.content(identity(report), {name: text[:MOST_IN_CELL] for name, text in base.items()}))


def identity(report: Report) -> Identity:
    """What a file of this report has to carry to be taken."""
    return Identity(ONE, str(report.pk), report.form_version_id, report.obligation.org_unit.code)


# --- cover --------------------------------------------------------------------------------------------------------


def _cover(book: Book, form: Questionnaire) -> None:
    report = form.report
    obligation = report.obligation
    sheet = book.sheet(COVER)
    workbook_style.widths(sheet, {1: 3, 2: 26, 3: 84})
    workbook_style.title(sheet, 2, str(obligation.duty), f"{obligation.period} · biểu mẫu để điền bằng Excel")
    facts = [
        ("Đơn vị báo cáo", f"{obligation.org_unit} (mã {obligation.org_unit.code})"),
        ("Nơi nhận", f"{obligation.receiving_unit}" + (f", qua {obligation.route}" if obligation.route else "")),
        ("Kỳ báo cáo", f"từ {obligation.period.starts_on:%d/%m/%Y} đến {obligation.cut_off_on:%d/%m/%Y}"),
        ("Hạn nộp", letters.due_in_words(obligation)),
        ("Phiên bản biểu mẫu", str(report.form_version.number)),
        ("Phạm vi số liệu", "Số liệu riêng của đơn vị, không cộng số liệu của đơn vị cấp dưới."),
    ]
    row = pairs(sheet, 4, facts)
    row = lines(sheet, row + 1, "Cách làm", [f"{number}. {step}" for number, step in enumerate(STEPS, start=1)])
    row = lines(sheet, row + 1, "Bảo vệ trẻ em", [PRIVACY])
    elsewhere = [question.item.label for question in form.questions if question.kind in ON_SCREEN]
    if elsewhere:
        row = lines(sheet, row + 1, "Ghi trên trang, không ghi ở đây", elsewhere)
    only = f"Tệp này chỉ dùng cho {obligation.org_unit}, {obligation.duty}, {obligation.period}."
    row = lines(sheet, row + 1, "Lưu ý", [only, *key_words()])
    workbook_style.label(sheet.cell(row, 2), "Ô nền vàng: để ghi", fill=workbook_style.INPUT_FILL)
    workbook_style.label(sheet.cell(row + 1, 2), "Ô nền xám: kỳ trước", fill=workbook_style.BEFORE_FILL)
    workbook_style.finish(sheet, freeze="", landscape=False)


def key_words() -> list[str]:
    return ["Dấu * là mục bắt buộc. Tỷ lệ, tổng và nhận xét đạt hay chưa đạt tự tính khi ghi số."]


def pairs(sheet: Any, row: int, pairs: list[tuple[str, str]]) -> int:
    for words, text in pairs:
        workbook_style.label(sheet.cell(row, 2), words, font=workbook_style.STRONG)
        workbook_style.label(sheet.cell(row, 3), text)
        sheet.row_dimensions[row].height = workbook_style.tall_enough([(text, 88)])
        row += 1
    return row


def lines(sheet: Any, row: int, heading: str, lines: list[str]) -> int:
    workbook_style.heading(sheet, row, 2, 3, heading)
    for text in lines:
        row += 1
        cell = workbook_style.put_text(sheet.cell(row, 2), text)
        cell.font, cell.alignment = workbook_style.PLAIN, workbook_style.WRAP
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=3)
        sheet.row_dimensions[row].height = workbook_style.tall_enough([(text, 112)])
    return row + 1


# --- texts and tasks ----------------------------------------------------------------------------------------------


def _texts(
    book: Book, questions: list[Question], raw: Mapping[str, str], before: Mapping[str, str], *, lead: str
) -> None:
    """Columns: hidden name, hidden, what is asked, last period's text, this period's."""
    sheet = book.sheet(TEXTS)
    workbook_style.title(sheet, 3, TEXTS, lead)
    workbook_style.header(sheet, 4, 3, ["Mục", "Kỳ trước", "Kỳ này"])
    workbook_style.widths(sheet, {3: 34, 4: 52, 5: 72}, hidden=(1, 2))
    for row, question in enumerate(questions, start=5):
        item = question.item
        most = f"Nhiều nhất {number_format(item.max_length)} ký tự."
        words = "\n".join(filter(None, [f"{item.label} *" if item.required else item.label, item.guide, most]))
        workbook_style.label(sheet.cell(row, 3), words)
        workbook_style.kept(sheet.cell(row, 4), before.get(question.code, "")[:MOST_IN_CELL])
        text = raw.get(question.code, "")
        field = sheets_fields.answer_of(question)
        if question.is_closed or field is None:
            workbook_style.kept(sheet.cell(row, 5), text[:MOST_IN_CELL] or CLOSED)
        elif len(text) > MOST_IN_CELL:
            workbook_style.kept(sheet.cell(row, 5), TOO_LONG)
        else:
            _text_entry(sheet, row, (1, 5), field, text)
        height = workbook_style.tall_enough([(words, 34), (before.get(question.code, ""), 58), (text, 80)], least=130)
        sheet.row_dimensions[row].height = height
    workbook_style.finish(sheet, freeze="D5", repeat="4:4")


def _tasks(
    book: Book,
    questions: list[Question],
    raw: Mapping[str, str],
    before: Mapping[str, dict[str, str]],
    *,
    lead: str,
) -> None:
    """Columns: hidden names of status and note, where in the plan, the task, last period's status, status, note."""
    sheet = book.sheet(TASKS)
    workbook_style.title(sheet, 3, TASKS, lead)
    header = ["Nơi ghi trong kế hoạch", "Nhiệm vụ", "Kỳ trước", "Tình hình thực hiện", "Ghi chú"]
    workbook_style.header(sheet, 4, 3, header)
    workbook_style.widths(sheet, {3: 16, 4: 66, 5: 20, 6: 24, 7: 44}, hidden=(1, 2))
    row = 5
    for question in questions:
        pairs = iter(sheets_fields.task_fields(question))
        for group in question.task_groups:
            if group.lead:
                workbook_style.heading(sheet, row, 3, 7, f"Chủ trì: {group.lead}")
                row += 1
            for task in group.rows:
                status, note = next(pairs)
                text = "\n".join(filter(None, [task.text, task.detail]))
                workbook_style.label(sheet.cell(row, 3), task.place)
                workbook_style.label(sheet.cell(row, 4), text)
                was = before.get(str(task.task.pk), {}).get("status", "")
                workbook_style.kept(sheet.cell(row, 5), dict(status.choices).get(was, ""))
                _task_entries(book, sheet, row, (status, note), raw, is_closed=question.is_closed)
                sheet.row_dimensions[row].height = workbook_style.tall_enough([(text, 72)], least=30)
                row += 1
    workbook_style.finish(sheet, freeze="E5", repeat="4:4")


def _task_entries(
    book: Book, sheet: Any, row: int, pair: tuple[SheetField, SheetField], raw: Mapping[str, str], *, is_closed: bool
) -> None:
    status, note = pair
    value = sheets_fields.cell_value(status, raw.get(status.name, ""))
    if is_closed:
        workbook_style.kept(sheet.cell(row, 6), value)
        workbook_style.kept(sheet.cell(row, 7), raw.get(note.name, ""))
        return
    workbook_style.put_text(sheet.cell(row, 1), status.name)
    workbook_style.entry(sheet.cell(row, 6), value)
    rule = workbook_style.list_rule(book.list_source(tuple(words for _, words in status.choices)))
    sheet.add_data_validation(rule)
    rule.add(sheet.cell(row, 6))
    _text_entry(sheet, row, (2, 7), note, raw.get(note.name, ""))


def _text_entry(sheet: Any, row: int, columns: tuple[int, int], field: SheetField, text: str) -> None:
    """The hidden name and the cell of a text."""
    name, now = columns
    workbook_style.put_text(sheet.cell(row, name), field.name)
    workbook_style.entry(sheet.cell(row, now), text)
    rule = workbook_style.length_rule(min(field.most, MOST_IN_CELL))
    sheet.add_data_validation(rule)
    rule.add(sheet.cell(row, now))
