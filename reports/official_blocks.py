"""What a filed revision says, as blocks of the official document: tables of figures, texts, tasks, activities."""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from plans.official.blocks import Align, Block, Bullet, Cell, Column, Heading, Paragraph, Row, Run, Table, plain
from plans.official.numbering import roman
from reports.activities import Summary
from reports.form_fields import TaskStatus
from reports.models import ItemKind
from reports.reading import Block as Answer
from reports.reading import Reading, SectionReading
from reports.reading_registers import ActivityLine, ModelLine, counted
from reports.reading_tasks import TaskLine

# A list of activities longer than this stands in an appendix of its own.
ACTIVITIES_IN_TEXT: Final = 8
DASH: Final = "–"
TOGETHER: Final = "Tổng số"
TASK_LENGTH: Final = 170


class ShareFigures(Protocol):
    """One group of an indicator, or all together, as ready texts."""

    @property
    def title(self) -> str: ...
    @property
    def numerator(self) -> str: ...
    @property
    def denominator(self) -> str: ...
    @property
    def percent(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def is_total(self) -> bool: ...


def result_blocks(reading: Reading) -> list[list[Block]]:
    """Return the parts of the report in the order of its form, each with its numbered heading, without empty ones."""
    parts: list[list[Block]] = []
    for section in reading.sections:
        content = list(_section_blocks(section, reading))
        if content:
            number = f"{roman(len(parts) + 1)}."
            parts.append([Heading(1, number, section.heading or "Nội dung"), *content])
    return parts


def _section_blocks(section: SectionReading, reading: Reading) -> Iterator[Block]:
    counter = 0
    for kind, answers in section.runs:
        if kind == ItemKind.SHARE:
            yield shares_table(answers)
        elif kind == "number":
            yield numbers_table(answers, before=_before_title(reading))
        elif kind == ItemKind.CHOICE:
            yield answers_table(answers)
        elif kind == ItemKind.NARRATIVE:
            for answer in answers:
                counter += 1
                yield from _narrative(answer, number=f"{counter}." if _has_many_texts(section) else "")
        else:
            yield from _register_blocks(kind, answers)
        yield from _explanations(answers)


def _register_blocks(kind: str, answers: Sequence[Answer]) -> Iterator[Block]:
    """What was not typed into the form: tasks, the registers, the files."""
    blocks_of = {
        ItemKind.TASKS: _tasks,
        ItemKind.ACTIVITIES: _activities,
        ItemKind.MODELS: _models,
        ItemKind.ATTACHMENTS: _attachments,
    }
    for answer in answers:
        yield from blocks_of[ItemKind(kind)](answer)


# --- figures ---------------------------------------------------------------------------------------------------------
def table(titles: Sequence[str], widths: Sequence[float], aligns: Sequence[Align], rows: Sequence[Row]) -> Table:
    """Return a table with one header row; ``widths`` are shares of the width."""
    columns = tuple(Column(width, align) for width, align in zip(widths, aligns, strict=True))
    return Table(columns, (tuple(Cell(title) for title in titles),), tuple(rows))


def shares_table(answers: Sequence[Answer]) -> Table:
    """Return the indicators with their groups: numerator, denominator, percentage, target, verdict."""
    rows: list[Row] = []
    for number, answer in enumerate(answers, start=1):
        rows += share_rows(str(number), answer.question.item.label, answer.goal, answer.shares, state=answer.state)
    return shares_frame(rows)


def shares_frame(rows: Sequence[Row]) -> Table:
    """Return the table around rows of :func:`share_rows`."""
    titles = ("TT", "Chỉ tiêu", "Tử số", "Mẫu số", "Tỷ lệ", "Mục tiêu", "Kết quả")
    aligns: tuple[Align, ...] = ("center", "left", "right", "right", "right", "center", "center")
    return table(titles, (5, 37, 10, 10, 11, 15, 12), aligns, rows)


def share_rows(number: str, label: str, goal: str, shares: Sequence[ShareFigures], *, state: str) -> list[Row]:
    """Return one indicator: a row with its words, then one for each group and one for all together."""
    head: Row = (Cell(number, bold=True), Cell(label, colspan=6, bold=True, align="left"))
    aim = _short_goal(goal)
    if state or not shares:
        words = Cell(state or DASH, colspan=3, italic=True, align="center")
        return [head, (Cell(""), Cell(TOGETHER), words, Cell(aim), Cell(DASH))]
    rows: list[Row] = [head]
    for index, share in enumerate(shares):
        bold = share.is_total
        figures = (Cell(share.title or TOGETHER, bold=bold), *(Cell(text, bold=bold) for text in _figures(share)))
        # The target is the same for every group: one cell over all of them.
        goal_cell = () if index else (Cell(aim, rowspan=len(shares)),)
        number_cell = () if index else (Cell("", rowspan=len(shares)),)
        rows.append((*number_cell, *figures, *goal_cell, Cell(share.verdict or DASH, bold=bold)))
    return rows


def _figures(share: ShareFigures) -> tuple[str, str, str]:
    return share.numerator, share.denominator, share.percent


def _short_goal(goal: str) -> str:
    """The target as it fits a column: "trên 95 %" from "Mục tiêu đến năm 2030: trên 95 %", the year below it."""
    if not goal:
        return DASH
    year, _, aim = goal.removeprefix("Mục tiêu đến ").partition(": ")
    return f"{aim} ({year})" if aim else goal


def numbers_table(answers: Sequence[Answer], *, before: str) -> Table:
    """Return counts and amounts, with the last period's beside them when there is one."""
    rows: list[Row] = []
    for number, answer in enumerate(answers, start=1):
        item = answer.question.item
        unit = "đồng" if item.kind == ItemKind.MONEY else item.unit_of_count
        lines = [(str(number), item.label, answer.value, answer.before)]
        lines += [("", f"- {part.title}", part.value, part.before) for part in answer.parts if not part.is_total]
        for place, label, value, was in lines:
            cells = (Cell(place), Cell(label), Cell(unit), Cell(value))
            rows.append((*cells, Cell(was or DASH)) if before else cells)
    if before:
        return table(
            ("TT", "Nội dung", "Đơn vị tính", "Kết quả", before),
            (6, 48, 14, 17, 15),
            ("center", "left", "center", "right", "right"),
            rows,
        )
    return table(
        ("TT", "Nội dung", "Đơn vị tính", "Kết quả"), (6, 58, 16, 20), ("center", "left", "center", "right"), rows
    )


def answers_table(answers: Sequence[Answer]) -> Table:
    """Return the yes-or-no and the choices with what was answered."""
    rows: list[Row] = [
        (Cell(str(number)), Cell(answer.question.item.label), Cell(answer.state or answer.value))
        for number, answer in enumerate(answers, start=1)
    ]
    return table(("TT", "Nội dung", "Trả lời"), (6, 62, 32), ("center", "left", "center"), rows)


def _before_title(reading: Reading) -> str:
    return str(reading.before.report.obligation.period) if reading.before else ""


def _explanations(answers: Sequence[Answer]) -> Iterator[Block]:
    for answer in answers:
        if answer.explanation:
            yield Bullet(plain(f"Giải trình về “{answer.question.item.label}”: {answer.explanation}"))


# --- texts -----------------------------------------------------------------------------------------------------------
def _has_many_texts(section: SectionReading) -> bool:
    return sum(len(answers) for kind, answers in section.runs if kind == ItemKind.NARRATIVE) > 1


def _narrative(answer: Answer, *, number: str) -> Iterator[Block]:
    yield Heading(2, number, answer.question.item.label)
    if answer.state:
        yield Paragraph(plain(f"{answer.state[:1].upper()}{answer.state[1:]}."))
    yield from text_blocks(answer.text)
    for passage in answer.collected:
        yield from text_blocks(passage.text)
        yield Paragraph((Run(f"({passage.source})", italic=True),))


def text_blocks(text: str) -> Iterator[Block]:
    """Return typed text paragraph by paragraph; a line that begins with a dash is an item of a list."""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line[0] in "-–+•" and line[1:].strip():
            yield Bullet(plain(line[1:].strip()), "+" if line[0] == "+" else "-")
        else:
            yield Paragraph(plain(line))


# --- tasks -----------------------------------------------------------------------------------------------------------
def _tasks(answer: Answer) -> Iterator[Block]:
    lines = [line for _, group in answer.tasks for line in group]
    if not lines:
        return
    yield Paragraph(plain(_task_sentence(lines)))
    with_notes = any(line.note for line in lines)
    rows: list[Row] = []
    number = 0
    for lead, group in answer.tasks:
        title = f"Chủ trì: {lead}" if lead else "Văn bản không nêu cơ quan chủ trì"
        rows.append((Cell(title, colspan=4 if with_notes else 3, bold=True, align="left"),))
        for task in group:
            number += 1
            place = f"{task.place}. " if task.place else ""
            cells = (Cell(str(number)), Cell(place + shortened(task.text, TASK_LENGTH)), Cell(task.status))
            rows.append((*cells, Cell(task.note or DASH)) if with_notes else cells)
    titles: tuple[str, ...] = ("TT", "Nhiệm vụ", "Tình hình")
    if with_notes:
        yield table((*titles, "Ghi chú"), (6, 50, 18, 26), ("center", "left", "center", "left"), rows)
    else:
        yield table(titles, (6, 72, 22), ("center", "left", "center"), rows)


def shortened(text: str, length: int) -> str:
    """Return ``text`` cut at a word, with an ellipsis, where it is longer than ``length`` letters."""
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(" ,;:.–-") + "…"


def _task_sentence(lines: Sequence[TaskLine]) -> str:
    counts = [(str(label), sum(line.status == label for line in lines)) for label in TaskStatus.labels]
    words = "; ".join(f"{label[:1].lower()}{label[1:]} {count}" for label, count in counts if count)
    unknown = len(lines) - sum(count for _, count in counts)
    if unknown:
        words = "; ".join(filter(None, [words, f"chưa báo cáo {unknown}"]))
    return f"Trong {len(lines)} nhiệm vụ của kế hoạch: {words}."


# --- activities and files --------------------------------------------------------------------------------------------
def all_activities(reading: Reading) -> list[ActivityLine]:
    """Return the activities that the revision holds."""
    return [activity for answer in reading.blocks for activity in answer.activities]


def _activities(answer: Answer) -> Iterator[Block]:
    activities = answer.activities
    if not activities or answer.summary is None:
        yield Paragraph(plain("Trong kỳ, đơn vị không ghi nhận hoạt động nào."))
        return
    is_long = len(activities) > ACTIVITIES_IN_TEXT
    where = " (danh mục tại Phụ lục kèm theo)" if is_long else ""
    yield Paragraph(plain(f"Trong kỳ, đơn vị đã tổ chức {len(activities)} hoạt động{where}:"))
    if not is_long:
        yield activities_table(activities)
        yield Paragraph(plain("Cộng theo dịp và theo nguồn kinh phí:"))
    yield totals_table(answer.summary)


def totals_table(summary: Summary) -> Table:
    """Return how many activities each occasion had, children, families and money; below, the money by its source."""
    lines = [*summary.by_occasion, (TOGETHER, summary.together)]
    rows: list[Row] = []
    for label, totals in lines:
        numbers = (counted(totals.count), counted(totals.children), counted(totals.families), counted(totals.amount))
        bold = label == TOGETHER
        rows.append(tuple(Cell(text, bold=bold) for text in (label, *numbers)))
    for label, amount in summary.by_source:
        rows.append((Cell(f"Trong đó {label[:1].lower()}{label[1:]}", colspan=4), Cell(counted(amount))))
    return table(
        ("Dịp", "Số hoạt động", "Trẻ em", "Gia đình", "Kinh phí (đồng)"),
        (40, 14, 13, 13, 20),
        ("left", "right", "right", "right", "right"),
        rows,
    )


def activities_table(activities: Sequence[ActivityLine]) -> Table:
    """Return what was held: day, occasion, how many children and families, how much money from where."""
    rows = []
    for number, each in enumerate(activities, start=1):
        name = f"{each.name} ({each.place})" if each.place else each.name
        money = f"{each.amount} ({each.funding.lower()})" if each.funding and each.amount != DASH else each.amount
        cells = (str(number), name, each.held_on, each.occasion or DASH, each.children, each.families, money)
        rows.append(tuple(Cell(text) for text in cells))
    return table(
        ("TT", "Hoạt động", "Ngày", "Dịp", "Trẻ em", "Gia đình", "Kinh phí (đồng)"),
        (5, 26, 15, 15, 8, 9, 22),
        ("center", "left", "center", "left", "right", "right", "right"),
        rows,
    )


def _models(answer: Answer) -> Iterator[Block]:
    if not answer.models:
        yield Paragraph(plain("Trong kỳ, đơn vị không ghi nhận mô hình nào."))
        return
    words = answer.models_in_short.replace(" · ", ", ")
    yield Paragraph(plain(f"Trong kỳ, đơn vị ghi nhận {len(answer.models)} mô hình: {words}."))
    yield models_table(answer.models)


def models_table(models: Sequence[ModelLine]) -> Table:
    """Return what became of each model in the period: a model with several steps has one cell over their rows."""
    rows: list[Row] = []
    for number, model in enumerate(models, start=1):
        for index, step in enumerate(model.steps):
            span = len(model.steps)
            head = () if index else (Cell(str(number), rowspan=span), Cell(model.name, rowspan=span))
            told = f"{step.kind} ({step.note})" if step.note else step.kind
            texts = (told, step.noted_on, step.places, step.children, step.families)
            rows.append((*head, *(Cell(text) for text in texts)))
    return table(
        ("TT", "Mô hình", "Việc", "Ngày", "Nơi thêm", "Trẻ em", "Gia đình"),
        (5, 31, 22, 14, 9, 9, 10),
        ("center", "left", "left", "center", "right", "right", "right"),
        rows,
    )


def _attachments(answer: Answer) -> Iterator[Block]:
    if answer.attachments:
        yield Paragraph(plain("Tài liệu kèm theo:"))
        for file in answer.attachments:
            yield Bullet(plain(f"{file.caption or file.original_name};"))
