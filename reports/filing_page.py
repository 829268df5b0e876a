"""Gets the filing form ready for its template: every field with its text, errors, last period's value and ids.

The template only places what it gets; see rollup-notes: fields through a form library cost five times as much.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.formats import number_format

from orgunits.vietnamese import without_marks
from reports import activities, attachments, reading
from reports.activities import Totals
from reports.content import MISSING_STATUS, ParsedContent
from reports.content_checks import differs_wildly
from reports.drafts import BothTexts, PreviousFiling
from reports.form_fields import Cell, GroupCells, Question, Questionnaire, TaskRow, TaskStatus
from reports.models import Activity, Attachment, ItemKind
from reports.whole_numbers import Unreadable, read_money
from targets.evaluation import percent_text
from targets.models import Milestone
from targets.trajectory import milestone_in_force

Pair = tuple[int | None, int | None]  # numerator, denominator
NIL = "không phát sinh"
# Words in a form or a plan that speak of children at risk: there the officer needs the telephone numbers.
_RISK = re.compile(r"xâm hại|bạo lực|nguy cơ|mua bán|bỏ rơi", re.IGNORECASE)


@dataclass(frozen=True)
class FieldView:
    """One input: ``before`` is last period's value in words, ``clash`` what somebody else wrote meanwhile."""

    name: str
    label: str
    value: str = ""
    before: str = ""
    before_number: int | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    clash: BothTexts | None = None

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def described_by(self) -> str:
        """The ids of what stands beside the input, errors first."""
        parts = {"loi": self.errors or self.warnings, "khac": self.clash, "truoc": self.before}
        return " ".join(f"{self.id}-{part}" for part, shown in parts.items() if shown)


@dataclass(frozen=True)
class GroupView:
    """Numerator and denominator of one group; ``percent`` for a page without scripts."""

    title: str
    numerator: FieldView
    denominator: FieldView
    percent: str
    before: str


@dataclass(frozen=True)
class TaskView:
    row: TaskRow
    status: FieldView
    note: FieldView


@dataclass
class QuestionView:
    """One question; which fields are filled follows from its kind."""

    question: Question
    reason: str = ""  # why this item was returned
    is_wild: bool = False  # differs so much from the last period that an explanation is needed
    goal: str = ""
    milestone: Milestone | None = None
    groups: list[GroupView] = field(default_factory=list)
    total: str = ""
    total_before: str = ""
    value: FieldView | None = None
    text_before: str = ""
    nil: FieldView | None = None
    explanation: FieldView | None = None
    tasks: list[tuple[str, list[TaskView]]] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    totals: Totals | None = None
    attachments: list[Attachment] = field(default_factory=list)
    file: FieldView | None = None

    @property
    def template(self) -> str:
        """The partial that shows it."""
        kind = "number" if self.question.kind in (ItemKind.COUNT, ItemKind.MONEY) else self.question.kind
        return f"reports/filing_{kind}.html"

    @property
    def anchor(self) -> str:
        return f"muc-{self.question.code}"

    @property
    def hundredths(self) -> int:
        """The milestone in hundredths of a per cent, for exact arithmetic in the browser."""
        return int(self.milestone.percent * 100) if self.milestone else 0


@dataclass(frozen=True)
class SectionView:
    title: str
    anchor: str
    questions: list[QuestionView]
    errors: int


@dataclass(frozen=True)
class ErrorLine:
    """One line of the summary on top, leading to its field."""

    field_id: str
    label: str
    sentence: str


@dataclass(frozen=True)
class FilingPage:
    sections: list[SectionView]
    errors: list[ErrorLine]
    error_count: int
    clashes: list[ErrorLine]
    speaks_of_risk: bool
    previous: PreviousFiling | None
    statuses: list[tuple[str, str]]


def build(
    form: Questionnaire,
    raw: Mapping[str, str],
    *,
    parsed: ParsedContent | None = None,
    previous: PreviousFiling | None = None,
    reasons: Mapping[str, str] | None = None,
    clashes: Mapping[str, BothTexts] | None = None,
    file_error: str = "",
) -> FilingPage:
    """Lay out the form over the typed text; without ``parsed`` nothing is held against the checks."""
    builder = _Builder(form, raw, parsed, previous, clashes or {}, file_error)
    views = [builder.view(question) for question in form.questions]
    for view in views:
        view.reason = (reasons or {}).get(view.question.code, "")
    return FilingPage(
        sections=_sections(views, builder.errors),
        errors=_error_lines(form, {name: texts[0] for name, texts in builder.errors.items()}),
        error_count=len(builder.errors),
        clashes=_lines(form, dict.fromkeys(clashes or {}, "")),
        speaks_of_risk=any(_speaks_of_risk(view.question) for view in views),
        previous=previous,
        statuses=[(code, str(label)) for code, label in TaskStatus.choices],
    )


def _sections(views: list[QuestionView], errors: Mapping[str, list[str]]) -> list[SectionView]:
    sections = []
    for title, group in groupby(views, key=lambda view: view.question.item.section):
        questions = list(group)
        wrong = sum(1 for view in questions for name in view.question.labels if name in errors)
        anchor = "phan-" + re.sub(r"[^a-z0-9]+", "-", without_marks(title)).strip("-")
        sections.append(SectionView(title, anchor, questions, wrong))
    return sections


def _lines(form: Questionnaire, sentences: Mapping[str, str]) -> list[ErrorLine]:
    """Page order is the order of the labels."""
    return [ErrorLine(f"f-{name}", label, sentences[name]) for name, label in form.labels.items() if name in sentences]


def _error_lines(form: Questionnaire, sentences: Mapping[str, str]) -> list[ErrorLine]:
    """As ``_lines``; tasks left open come as one line with their number, which leads to the first of them."""
    lines: list[ErrorLine] = []
    open_tasks: list[ErrorLine] = []
    for line in _lines(form, sentences):
        if line.sentence != MISSING_STATUS:
            lines.append(line)
            continue
        if not open_tasks:
            lines.append(line)
        open_tasks.append(line)
    if len(open_tasks) < 2:
        return lines
    first, count = open_tasks[0], len(open_tasks)
    together = ErrorLine(first.field_id, "Tình hình thực hiện nhiệm vụ", f"Còn {count} nhiệm vụ chưa chọn tình hình.")
    return [together if line is first else line for line in lines]


def _speaks_of_risk(question: Question) -> bool:
    texts = [question.item.label, question.item.guide, *(f"{row.text} {row.detail}" for row in question.tasks)]
    return any(_RISK.search(text) for text in texts)


class _Builder:
    """Holds what every field needs while the questions are laid out."""

    def __init__(
        self,
        form: Questionnaire,
        raw: Mapping[str, str],
        parsed: ParsedContent | None,
        previous: PreviousFiling | None,
        clashes: Mapping[str, BothTexts],
        file_error: str,
    ) -> None:
        self.form = form
        self.raw = raw
        self.errors = dict(parsed.errors) if parsed else {}
        self.warnings = parsed.warnings if parsed else {}
        self.before: dict[str, Any] = previous.content if previous else {}
        self.clashes = clashes
        self.file_error = file_error

    def view(self, question: Question) -> QuestionView:
        view = QuestionView(question)
        match question.kind:
            case ItemKind.SHARE:
                self._share(view)
            case ItemKind.COUNT | ItemKind.MONEY:
                cell = question.cells[0]
                view.value = self._figure(question, cell)
                self._figure_extras(view)
            case ItemKind.NARRATIVE:
                view.value = self._field(question.code, question.item.label)
                view.text_before = self.before.get("texts", {}).get(question.code, "")
            case ItemKind.TASKS:
                view.tasks = [(group.lead, [self._task(row) for row in group.rows]) for group in question.task_groups]
            case ItemKind.ACTIVITIES:
                view.activities = activities.of_report(self.form.report)
                view.totals = activities.totals(view.activities)
            case ItemKind.ATTACHMENTS:
                self._files(view)
        return view

    def _field(self, name: str, label: str, before: str = "", before_number: int | None = None) -> FieldView:
        return FieldView(
            name=name,
            label=label,
            value=self.raw.get(name, ""),
            before=before,
            before_number=before_number,
            errors=tuple(self.errors.get(name, ())),
            warnings=tuple(self.warnings.get(name, ())),
            clash=self.clashes.get(name),
        )

    def _figure(self, question: Question, cell: Cell) -> FieldView:
        """A number with last period's: nil is said so, and what was not reported is left out."""
        figures = self._figures_before(question)
        number = figures.get(cell.key)
        return self._field(cell.name, cell.label, NIL if figures.get("nil") else _shown(number), number)

    def _figures_before(self, question: Question) -> dict[str, Any]:
        found: dict[str, Any] = self.before.get("figures", {}).get(question.code, {})
        return found

    def _figure_extras(self, view: QuestionView) -> None:
        question, before = view.question, self._figures_before(view.question)
        view.nil = self._field(question.nil_name, "Không phát sinh")
        view.explanation = self._field(question.explanation_name, "Giải trình")
        for cell in question.cells:
            was, now = before.get(cell.key), _readable(self.raw.get(cell.name))
            if was is not None and now is not None and differs_wildly(was, now):
                view.is_wild = True

    def _share(self, view: QuestionView) -> None:
        question, target = view.question, view.question.item.target
        if target:
            view.milestone = milestone_in_force(target.milestones.all(), year=self.form.report.obligation.period.year)
            view.goal = reading.goal_text(view.milestone)
        before = self._figures_before(question)
        view.groups = [self._group(question, group, before, view.milestone) for group in question.groups]
        if len(question.groups) > 1:
            view.total = _percent(_sum([self._typed(group) for group in question.groups]), view.milestone)
            pairs = [(before.get(group.numerator.key), before.get(group.denominator.key)) for group in question.groups]
            view.total_before = _percent(_sum(pairs), view.milestone)
        self._figure_extras(view)

    def _typed(self, group: GroupCells) -> Pair:
        """What is typed for a group, where both numbers can be read and fit together."""
        numerator = _readable(self.raw.get(group.numerator.name))
        denominator = _readable(self.raw.get(group.denominator.name))
        if numerator is None or denominator is None or numerator > denominator:
            return None, None
        return numerator, denominator

    def _group(
        self, question: Question, group: GroupCells, before: dict[str, Any], milestone: Milestone | None
    ) -> GroupView:
        numerator, denominator = group.numerator, group.denominator
        pair = (before.get(numerator.key), before.get(denominator.key))
        return GroupView(
            title=group.title,
            numerator=self._figure(question, numerator),
            denominator=self._figure(question, denominator),
            percent=_percent(self._typed(group), milestone),
            before=_percent(pair, milestone),
        )

    def _task(self, row: TaskRow) -> TaskView:
        before = self.before.get("tasks", {}).get(str(row.task.pk), {}).get("status", "")
        label = str(TaskStatus(before).label) if before in TaskStatus.values else ""
        return TaskView(
            row, self._field(row.status_name, "Tình hình thực hiện", label), self._field(row.note_name, "Ghi chú")
        )

    def _files(self, view: QuestionView) -> None:
        view.attachments = attachments.of_report(self.form.report)
        name = view.question.caption_name
        if self.file_error:
            self.errors[name] = [self.file_error]
        view.file = self._field(name, "Chú thích của tệp")


def _shown(number: int | None) -> str:
    return "" if number is None else number_format(number, force_grouping=True)


def _readable(text: str | None) -> int | None:
    try:
        return read_money(text or "")
    except Unreadable:
        return None


def _sum(pairs: list[Pair]) -> Pair:
    """Over the groups that have both numbers; a percentage is never averaged."""
    known = [(n, d) for n, d in pairs if n is not None and d is not None]
    return (sum(n for n, _ in known), sum(d for _, d in known)) if known else (None, None)


def _percent(pair: Pair, milestone: Milestone | None) -> str:
    operator, percent = (milestone.operator, milestone.percent) if milestone else (None, None)
    return percent_text(*pair, operator=operator, percent=percent)
