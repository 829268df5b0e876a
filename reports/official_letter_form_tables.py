"""A report form as appendices of the letter that sends it: figures, texts, tasks, with blanks to fill in."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.utils.formats import number_format

from plans.official.blocks import Align, Appendix, Cell, Row
from reports import form_fields
from reports.form_fields import NUMBER_KINDS, Question
from reports.models import FormVersion, ItemKind, Obligation, Report
from reports.official_blocks import DASH, shortened, table

FIGURE_TITLES: Final = ("TT", "Chỉ tiêu, nội dung", "Đơn vị tính", "Tử số", "Mẫu số", "Số liệu", "Hướng dẫn")
TEXT_TITLES: Final = ("TT", "Nội dung", "Cách trả lời", "Hướng dẫn")
TASK_TITLES: Final = ("TT", "Nhiệm vụ", "Tình hình thực hiện", "Ghi chú")
LEFT: Final[Align] = "left"
CENTER: Final[Align] = "center"
REGISTERS: Final = {
    ItemKind.ACTIVITIES: "Ghi từng hoạt động vào mục Hoạt động của hệ thống; báo cáo tự lấy sang",
    ItemKind.MODELS: "Ghi từng mô hình vào mục Mô hình của hệ thống; báo cáo tự lấy sang",
    ItemKind.ATTACHMENTS: "Gửi tệp kèm theo báo cáo",
}


def form_appendices(version: FormVersion, obligation: Obligation, *, title: str) -> list[Appendix]:
    """Return the tables of the form as the unit of ``obligation`` answers it; a table without rows is left out."""
    questions = form_fields.load(Report(pk=0, obligation=obligation, form_version=version)).questions
    figures = [question for question in questions if question.is_figure]
    tasks = [question for question in questions if question.kind == ItemKind.TASKS]
    others = [question for question in questions if question not in figures and question not in tasks]
    found = []
    if figures:
        rows = table(FIGURE_TITLES, (5, 27, 9, 9, 9, 9, 32), _aligns(7), list(_by_section(figures, 7)))
        found.append(Appendix(f"Biểu số liệu {title}", (rows,), landscape=True))
    if others:
        rows = table(TEXT_TITLES, (5, 29, 27, 39), _aligns(4), list(_by_section(others, 4)))
        found.append(Appendix(f"Biểu nội dung {title}", (rows,), landscape=True))
    if any(question.tasks for question in tasks):
        rows = table(TASK_TITLES, (5, 57, 18, 20), _aligns(4), list(_task_rows(tasks)))
        found.append(Appendix(f"Biểu tình hình thực hiện nhiệm vụ {title}", (rows,), landscape=True))
    return found


def _aligns(count: int) -> tuple[Align, ...]:
    return (CENTER, LEFT, CENTER, *[LEFT] * (count - 3)) if count == 7 else (CENTER, *[LEFT] * (count - 1))


def _by_section(questions: Iterable[Question], columns: int) -> Iterator[Row]:
    """The rows of the questions, numbered through, under the headings of their sections."""
    heading = ""
    for number, question in enumerate(questions, start=1):
        if question.item.section and question.item.section != heading:
            heading = question.item.section
            yield (Cell(heading, colspan=columns, bold=True, align=LEFT),)
        yield from _figure_rows(number, question) if question.is_figure else _text_rows(number, question)


# --- figures ---------------------------------------------------------------------------------------------------------
def _figure_rows(number: int, question: Question) -> Iterator[Row]:
    item = question.item
    blank, none = Cell(""), Cell(DASH, align=CENTER)
    guide = Cell(_guide(question))
    if question.kind in NUMBER_KINDS:
        unit = "đồng" if question.kind == ItemKind.MONEY else item.unit_of_count
        yield (Cell(str(number)), Cell(item.label), Cell(unit), none, none, blank, guide)
        for cell in question.cells if question.has_parts else ():
            yield (blank, Cell(f"- {cell.title}"), Cell(unit), none, none, blank, blank)
        return
    unit = item.target.indicator.unit_of_count if item.target else item.unit_of_count
    named = [group for group in question.groups if group.title]
    yield (Cell(str(number)), Cell(item.label), Cell(unit), *([none] * 2 if named else [blank] * 2), none, guide)
    for group in named:
        yield (blank, Cell(f"- {group.title}"), Cell(unit), blank, blank, none, blank)


def _guide(question: Question) -> str:
    words = [question.item.guide.strip()]
    if question.kind == ItemKind.SHARE:
        numerator, denominator = question.share_labels
        words = [f"Tử số: {numerator}. Mẫu số: {denominator}.", *words]
    if not question.item.required:
        words.append("Không bắt buộc.")
    return " ".join(filter(None, words))


# --- texts, choices, registers ---------------------------------------------------------------------------------------
def _text_rows(number: int, question: Question) -> Iterator[Row]:
    yield (Cell(str(number)), Cell(question.item.label), Cell(_way(question)), Cell(_guide(question)))


def _way(question: Question) -> str:
    if question.kind in form_fields.CHOICE_KINDS:
        return "Chọn một: " + "; ".join(label for _, label in question.choices)
    if question.kind == ItemKind.NARRATIVE:
        return f"Viết thành văn, không quá {number_format(question.item.max_length, use_l10n=True)} ký tự"
    return REGISTERS.get(ItemKind(question.kind), "")


# --- tasks -----------------------------------------------------------------------------------------------------------
def _task_rows(questions: Iterable[Question]) -> Iterator[Row]:
    number = 0
    for question in questions:
        for group in question.task_groups:
            title = f"Chủ trì: {group.lead}" if group.lead else "Văn bản không nêu cơ quan chủ trì"
            yield (Cell(title, colspan=4, bold=True, align=LEFT),)
            for row in group.rows:
                number += 1
                place = f"{row.place}. " if row.place else ""
                yield (Cell(str(number)), Cell(place + shortened(row.text, 300)), Cell(""), Cell(""))
