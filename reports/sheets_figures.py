"""The sheet of figures in the Excel form of one report: numbers with last period's, live sums, shares and verdicts."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from orgunits import workbook_style
from orgunits.workbook_style import INDENTED, STRONG
from reports import reading, sheets_fields, sheets_rules
from reports.form_fields import Cell, GroupCells, Question
from reports.models import ItemKind
from reports.sheets_book import Book
from reports.sheets_fields import NIL_SHOWN, SheetField
from targets.models import Milestone
from targets.trajectory import milestone_in_force

TITLE: Final = "Số liệu"
NAME, NOTE_NAME, LABEL, GUIDE, UNIT, BEFORE, NOW, NOTE = range(1, 9)
HEADER_ROW: Final = 4
WIDTHS: Final = {NAME: 3, NOTE_NAME: 3, LABEL: 48, GUIDE: 38, UNIT: 11, BEFORE: 17, NOW: 18, NOTE: 36}
HEADERS: Final = ["Nội dung", "Hướng dẫn", "Đơn vị tính", "Kỳ trước", "Kỳ này", "Giải trình (nếu cần)"]
FIGURES: Final = (ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY, ItemKind.YES_NO, ItemKind.CHOICE)


class FiguresSheet:
    """Writes question after question; ``row`` is the next free one."""

    def __init__(self, book: Book, raw: Mapping[str, str], before: Mapping[str, Any], *, year: int, lead: str) -> None:
        self.book = book
        self.raw = raw
        self.before = before
        self.year = year
        self.sheet = book.sheet(TITLE)
        workbook_style.title(self.sheet, LABEL, TITLE, lead)
        workbook_style.header(self.sheet, HEADER_ROW, LABEL, HEADERS)
        workbook_style.widths(self.sheet, WIDTHS, hidden=(NAME, NOTE_NAME))
        self.row = HEADER_ROW + 1

    def write(self, questions: list[Question]) -> None:
        for section, group in groupby(questions, key=lambda question: question.item.section):
            if section:
                workbook_style.heading(self.sheet, self.row, LABEL, NOTE, section)
                self.row += 1
            for question in group:
                self._question(question)
        workbook_style.finish(self.sheet, freeze=f"D{HEADER_ROW + 1}", repeat=f"{HEADER_ROW}:{HEADER_ROW}")

    def _question(self, question: Question) -> None:
        if question.kind == ItemKind.SHARE:
            self._share(question)
        elif not question.is_figure:
            self._choice(question)
        elif question.has_parts:
            self._parts(question)
        else:
            [field] = sheets_fields.numbers_of(question)
            self._labels(question)
            self._number(question, question.cells[0], field)
            self._explanation(question)
            self.row += 1

    # --- kinds --------------------------------------------------------------------------------------------------------

    def _share(self, question: Question) -> None:
        target = question.item.target
        milestone = milestone_in_force(target.milestones.all(), year=self.year) if target else None
        self._labels(question, more=reading.goal_text(milestone))
        self._blank(BEFORE, NOW)
        self._explanation(question)
        self.row += 1
        fields = {field.name: field for field in sheets_fields.numbers_of(question)}
        numerators: list[int] = []
        denominators: list[int] = []
        for group in question.groups:
            for cell, rows in ((group.numerator, numerators), (group.denominator, denominators)):
                self._part_label(cell.label, question.item.unit_of_count)
                self._number(question, cell, fields[cell.name])
                rows.append(self.row)
                self.row += 1
            self._percent(f"{_group_title(group)}tỷ lệ", self.row - 2, self.row - 1, milestone)
        if len(question.groups) > 1:
            for words, rows in zip(question.share_labels, (numerators, denominators), strict=True):
                self._sum(f"Cộng: {words}", rows)
            self._percent("Cộng: tỷ lệ", self.row - 2, self.row - 1, milestone)

    def _parts(self, question: Question) -> None:
        self._labels(question)
        self._blank(BEFORE, NOW)
        self._explanation(question)
        self.row += 1
        first = self.row
        for cell, field in zip(question.cells, sheets_fields.numbers_of(question), strict=True):
            self._part_label(cell.title, question.item.unit_of_count)
            self._number(question, cell, field)
            self.row += 1
        self._sum("Cộng", list(range(first, self.row)))

    def _choice(self, question: Question) -> None:
        field = sheets_fields.answer_of(question)
        if field is None:
            return
        self._labels(question)
        was = self.before.get("choices", {}).get(question.code, "")
        workbook_style.kept(self._cell(BEFORE), dict(field.choices).get(was, was))
        value = sheets_fields.cell_value(field, self.raw.get(field.name, ""))
        self._blank(NOTE, NOTE)
        if question.is_closed:
            workbook_style.kept(self._cell(NOW), value)
        else:
            workbook_style.put_text(self._cell(NAME), field.name)
            workbook_style.entry(self._cell(NOW), value)
            words = tuple(words for _, words in field.choices)
            if words:
                self._rule(workbook_style.list_rule(self.book.list_source(words)), NOW)
        self.row += 1

    # --- cells --------------------------------------------------------------------------------------------------------

    def _cell(self, column: int) -> Any:
        return self.sheet.cell(self.row, column)

    def _blank(self, first: int, last: int) -> None:
        for column in range(first, last + 1):
            workbook_style.label(self._cell(column), "")

    def _rule(self, rule: Any, column: int) -> None:
        self.sheet.add_data_validation(rule)
        rule.add(self._cell(column))

    def _labels(self, question: Question, *, more: str = "") -> None:
        item = question.item
        guide = "\n".join(filter(None, [item.guide, more, "Mục này đã chốt, không sửa." if question.is_closed else ""]))
        words = f"{item.label} *" if item.required else item.label
        workbook_style.label(self._cell(LABEL), words, font=STRONG)
        workbook_style.label(self._cell(GUIDE), guide, font=workbook_style.SMALL)
        workbook_style.label(self._cell(UNIT), item.unit_of_count)
        self.sheet.row_dimensions[self.row].height = workbook_style.tall_enough([(words, 44), (guide, 42)])

    def _part_label(self, text: str, unit: str) -> None:
        workbook_style.label(self._cell(LABEL), text, align=INDENTED)
        self._blank(GUIDE, GUIDE)
        workbook_style.label(self._cell(UNIT), unit)
        self._blank(NOTE, NOTE)
        self.sheet.row_dimensions[self.row].height = workbook_style.tall_enough([(text, 44)])

    def _number(self, question: Question, cell: Cell, field: SheetField) -> None:
        figures = self.before.get("figures", {}).get(question.code, {})
        was = NIL_SHOWN if figures.get("nil") else figures.get(cell.key)
        workbook_style.kept(self._cell(BEFORE), was, number=True)
        text = self.raw.get(field.name, "")
        is_nil = bool(self.raw.get(question.nil_name)) and not text
        value = NIL_SHOWN if is_nil else sheets_fields.cell_value(field, text)
        if question.is_closed:
            workbook_style.kept(self._cell(NOW), value, number=True)
            return
        workbook_style.put_text(self._cell(NAME), field.name)
        workbook_style.entry(self._cell(NOW), value, number=True)
        self._rule(sheets_rules.whole_number_rule(self._cell(NOW).coordinate), NOW)

    def _explanation(self, question: Question) -> None:
        field = sheets_fields.explanation_of(question)
        text = self.raw.get(field.name, "")
        if question.is_closed:
            workbook_style.kept(self._cell(NOTE), text)
            return
        workbook_style.put_text(self._cell(NOTE_NAME), field.name)
        workbook_style.entry(self._cell(NOTE), text)
        self._rule(workbook_style.length_rule(field.most), NOTE)

    def _sum(self, text: str, rows: list[int]) -> None:
        """The sum of the rows that have numbers; nothing as long as none has, for missing is not zero."""
        self._part_label(text, "")
        for column, letter in ((BEFORE, "F"), (NOW, "G")):
            cells = ",".join(f"{letter}{row}" for row in rows)
            workbook_style.formula(self._cell(column), f'=IF(COUNT({cells})=0,"",SUM({cells}))')
        self.row += 1

    def _percent(self, text: str, numerator: int, denominator: int, milestone: Milestone | None) -> None:
        """The share, cut and never rounded up, with the verdict on the exact numbers beside it."""
        self._part_label(text[:1].upper() + text[1:], "%")
        for column, letter in ((BEFORE, "F"), (NOW, "G")):
            n, d = f"{letter}{numerator}", f"{letter}{denominator}"
            share = f'=IF(AND(ISNUMBER({n}),ISNUMBER({d}),N({d})>0),ROUNDDOWN({n}/{d},4),"")'
            workbook_style.formula(self._cell(column), share, number_format=workbook_style.PERCENT)
        if milestone:
            sign = ">" if milestone.operator == Milestone.Operator.OVER else ">="
            met = f"G{numerator}*10000{sign}{int(milestone.percent * 100)}*G{denominator}"
            verdict = f'=IF(G{self.row}="","",IF({met},"Đạt mục tiêu","Chưa đạt mục tiêu"))'
            workbook_style.formula(self._cell(NOTE), verdict).alignment = workbook_style.WRAP
        self.row += 1


def _group_title(group: GroupCells) -> str:
    return f"{group.title}: " if group.title else ""
