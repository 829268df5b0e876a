"""Gets each question of the filing form ready for its template: fields with text, errors, last period's value and ids.

The template only places what it gets; see rollup-notes: fields through a form library cost five times as much.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format

from reports import activities, attachments, care_models, closed_items, reading
from reports.activities import Summary, Totals
from reports.care_models import ModelOfPeriod, ModelTotals
from reports.closed_items import FiledLine
from reports.collected_texts import Passage
from reports.content import TO_EXPLAIN, ParsedContent
from reports.content_checks import differs_wildly
from reports.drafts import BothTexts, PreviousFiling
from reports.filing_notes import SAME_AS_BEFORE, same_as_before
from reports.form_checks import number_of
from reports.form_fields import CHOICE_KINDS, SUM, Cell, GroupCells, Question, Questionnaire, TaskRow, TaskStatus
from reports.models import Activity, Attachment, CareModel, FormCheck, ItemKind, PhotoConsent
from reports.whole_numbers import Unreadable, read_money, read_whole
from targets.evaluation import percent_text
from targets.models import Milestone
from targets.trajectory import milestone_in_force

Pair = tuple[int | None, int | None]  # numerator, denominator
NIL = "không phát sinh"
MOST_RADIOS = 6  # more answers than these stand in a list that unfolds


@dataclass(frozen=True)
class FieldView:
    """One input: ``before`` is last period's value in words, ``clash`` what somebody else wrote meanwhile."""

    name: str
    label: str
    value: str = ""
    title: str = ""
    before: str = ""
    before_number: int | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    clash: BothTexts | None = None

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def has_notes(self) -> bool:
        """Whether anything stands beside it; asked first, for most fields have nothing."""
        return bool(self.errors or self.warnings or self.clash or self.before)

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
    status_before: str = ""


@dataclass(frozen=True)
class FileView:
    """What is asked of the next file: its caption, its task, and what is declared about people in a picture."""

    caption: FieldView
    task: str
    tasks: list[tuple[str, str]]
    consent: str
    consents: list[tuple[str, str]]
    most: int  # bytes


@dataclass
class QuestionView:
    """One question; which fields are filled follows from its kind.

    ``reason`` and ``due_on`` say why it was returned and by when it is wanted; ``filed`` is what was filed for it,
    where it is closed.
    """

    question: Question
    reason: str = ""
    due_on: datetime.date | None = None
    filed: list[FiledLine] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)  # picked from reports below
    must_explain: bool = False  # a figure differs so much from the last period, or breaks a rule
    may_explain: bool = False
    has_own_trend: bool = False  # the form has its own rule on the change since the last period
    goal: str = ""
    milestone: Milestone | None = None
    groups: list[GroupView] = field(default_factory=list)
    parts: list[FieldView] = field(default_factory=list)
    total: str = ""
    total_before: str = ""
    is_partial: bool = False  # the total of some groups only
    value: FieldView | None = None
    options: list[tuple[str, str]] = field(default_factory=list)
    text_before: str = ""
    nil: FieldView | None = None
    explanation: FieldView | None = None
    tasks: list[tuple[str, list[TaskView]]] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    totals: Totals | None = None
    summary: Summary | None = None  # of the activities, by occasion and by source of money
    models: list[ModelOfPeriod] = field(default_factory=list)
    model_totals: ModelTotals | None = None
    models_not_noted: list[CareModel] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    file: FileView | None = None

    @property
    def has_tasks_before(self) -> bool:
        """Whether last period's report said of any of the tasks how it stood."""
        return any(task.status_before for _, tasks in self.tasks for task in tasks)

    @property
    def template(self) -> str:
        """The partial that shows it."""
        kind = self.question.kind
        if kind in (ItemKind.COUNT, ItemKind.MONEY):
            kind = "parts" if self.question.has_parts else "number"
        return f"reports/filing_{'choice' if kind in CHOICE_KINDS else kind}.html"

    @property
    def anchor(self) -> str:
        return f"muc-{self.question.code}"

    @property
    def hundredths(self) -> int:
        """The milestone in hundredths of a per cent, for exact arithmetic in the browser."""
        return int(self.milestone.percent * 100) if self.milestone else 0

    @property
    def has_radios(self) -> bool:
        return len(self.options) <= MOST_RADIOS


class QuestionBuilder:
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
        self.explainable = {check.item_id for check in form.checks if check.severity == FormCheck.Severity.EXPLAIN}
        trends = (FormCheck.Kind.DROP, FormCheck.Kind.RISE)
        self.with_trend = {check.item_id for check in form.checks if check.kind in trends}

    def view(self, question: Question) -> QuestionView:
        view = QuestionView(question)
        if question.is_closed:
            view.filed = closed_items.lines(question, self.form)
            return view
        match question.kind:
            case ItemKind.SHARE:
                self._share(view)
            case ItemKind.COUNT | ItemKind.MONEY:
                self._number(view)
            case ItemKind.YES_NO | ItemKind.CHOICE:
                self._choice(view)
            case ItemKind.NARRATIVE:
                self._narrative(view)
            case ItemKind.TASKS:
                view.tasks = [(group.lead, [self._task(row) for row in group.rows]) for group in question.task_groups]
            case ItemKind.ACTIVITIES:
                view.activities = activities.of_report(self.form.report)
                view.summary = activities.summary(view.activities)
                view.totals = view.summary.together
            case ItemKind.MODELS:
                self._models(view)
            case ItemKind.ATTACHMENTS:
                self._files(view)
        return view

    def _field(
        self, name: str, label: str, before: str = "", before_number: int | None = None, title: str = ""
    ) -> FieldView:
        return FieldView(
            name=name,
            label=label,
            value=self.raw.get(name, ""),
            title=title,
            before=before,
            before_number=before_number,
            errors=tuple(self.errors.get(name, ())),
            warnings=tuple(self.warnings.get(name, ())),
            clash=self.clashes.get(name),
        )

    # --- figures --------------------------------------------------------------------------------------------------

    def _figure(self, question: Question, cell: Cell) -> FieldView:
        """A number with last period's: nil is said so, and what was not reported is left out."""
        figures = self._figures_before(question)
        number = figures.get(cell.key)
        before = NIL if figures.get("nil") else _shown(number)
        return self._field(cell.name, cell.label, before, number, cell.title)

    def _figures_before(self, question: Question) -> dict[str, Any]:
        found: dict[str, Any] = self.before.get("figures", {}).get(question.code, {})
        return found

    def _figure_extras(self, view: QuestionView) -> None:
        question, before = view.question, self._figures_before(view.question)
        pk = question.item.pk
        view.nil = self._field(question.nil_name, "Không phát sinh")
        view.explanation = self._field(question.explanation_name, "Giải trình")
        view.has_own_trend = pk in self.with_trend
        for cell in question.cells:
            was, now = before.get(cell.key), _readable(question, self.raw.get(cell.name))
            if was is not None and now is not None and differs_wildly(was, now) and not view.has_own_trend:
                view.must_explain = True
        errors = [sentence for name in question.labels for sentence in self.errors.get(name, ())]
        view.must_explain = view.must_explain or any(TO_EXPLAIN in sentence for sentence in errors)
        view.may_explain = bool(self.before or pk in self.explainable or view.explanation.value or view.must_explain)

    def _number(self, view: QuestionView) -> None:
        question = view.question
        if not question.has_parts:
            view.value = self._figure(question, question.cells[0])
        else:
            view.parts = [self._figure(question, cell) for cell in question.cells]
            known = [number for part in view.parts if (number := _readable(question, part.value)) is not None]
            view.total = _shown(sum(known)) if known else ""
            view.is_partial = 0 < len(known) < len(view.parts)
            before = self._figures_before(question)
            view.total_before = NIL if before.get("nil") else _shown(number_of(before, SUM))
        self._figure_extras(view)

    def _share(self, view: QuestionView) -> None:
        question, target = view.question, view.question.item.target
        if target:
            view.milestone = milestone_in_force(target.milestones.all(), year=self.form.report.obligation.period.year)
            view.goal = reading.goal_text(view.milestone)
        before = self._figures_before(question)
        view.groups = [self._group(question, group, before, view.milestone) for group in question.groups]
        if len(question.groups) > 1:
            view.total = _percent(_sum([self._typed(question, group) for group in question.groups]), view.milestone)
            pairs = [(before.get(group.numerator.key), before.get(group.denominator.key)) for group in question.groups]
            view.total_before = _percent(_sum(pairs), view.milestone)
        self._figure_extras(view)

    def _typed(self, question: Question, group: GroupCells) -> Pair:
        """What is typed for a group, where both numbers can be read and fit together."""
        numerator = _readable(question, self.raw.get(group.numerator.name))
        denominator = _readable(question, self.raw.get(group.denominator.name))
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
            percent=_percent(self._typed(question, group), milestone),
            before=_percent(pair, milestone),
        )

    # --- the other kinds ------------------------------------------------------------------------------------------

    def _choice(self, view: QuestionView) -> None:
        question = view.question
        before = dict(question.choices).get(self.before.get("choices", {}).get(question.code, ""), "")
        view.value = self._field(question.code, question.item.label, before)
        view.options = question.choices if question.item.required else [*question.choices, ("", "Không trả lời")]

    def _narrative(self, view: QuestionView) -> None:
        question = view.question
        view.text_before = self.before.get("texts", {}).get(question.code, "")
        if same_as_before(self.raw.get(question.code, ""), view.text_before):
            self.warnings = self.warnings | {question.code: [*self.warnings.get(question.code, []), SAME_AS_BEFORE]}
        view.value = self._field(question.code, question.item.label)

    def _task(self, row: TaskRow) -> TaskView:
        before = self.before.get("tasks", {}).get(str(row.task.pk), {})
        status = before.get("status", "")
        label = str(TaskStatus(status).label) if status in TaskStatus.values else ""
        return TaskView(
            row,
            self._field(row.status_name, "Tình hình thực hiện", label),
            self._field(row.note_name, "Ghi chú", before.get("note", "")),
            status if label else "",
        )

    def _models(self, view: QuestionView) -> None:
        report = self.form.report
        view.models = care_models.of_report(report)
        view.model_totals = care_models.totals(view.models)
        view.models_not_noted = care_models.not_noted(report)

    def _files(self, view: QuestionView) -> None:
        question = view.question
        view.attachments = attachments.of_report(self.form.report)
        if self.file_error:
            self.errors[question.caption_name] = [self.file_error]
        rows = [row for each in self.form.questions for row in each.tasks]
        view.file = FileView(
            caption=self._field(question.caption_name, "Chú thích của tệp"),
            task=self.raw.get(question.file_task_name, ""),
            tasks=[(str(row.task.pk), f"{row.place}: {row.text}" if row.place else row.text) for row in rows],
            consent=self.raw.get(question.consent_name, ""),
            consents=[(str(code), str(label)) for code, label in PhotoConsent.choices],
            most=attachments.MOST_BYTES,
        )


def _shown(number: int | None) -> str:
    return "" if number is None else number_format(number, force_grouping=True)


def _readable(question: Question, text: str | None) -> int | None:
    try:
        return read_money(text or "") if question.kind == ItemKind.MONEY else read_whole(text or "")
    except Unreadable:
        return None


def _sum(pairs: list[Pair]) -> Pair:
    """Over the groups that have both numbers; a percentage is never averaged."""
    known = [(n, d) for n, d in pairs if n is not None and d is not None]
    return (sum(n for n, _ in known), sum(d for _, d in known)) if known else (None, None)


def _percent(pair: Pair, milestone: Milestone | None) -> str:
    operator, percent = (milestone.operator, milestone.percent) if milestone else (None, None)
    return percent_text(*pair, operator=operator, percent=percent)
