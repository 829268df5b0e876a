"""A filed revision as a page that reads like a report: figures with verdicts, last period beside, texts, tasks.

Numbers come ready as text, so that the template only places them. Missing, zero and *không phát sinh* stay apart.
"""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.formats import number_format

from reports import form_fields, reading_tasks
from reports.activities import Summary, summary_of_frozen
from reports.form_fields import CHOICE_KINDS, NUMBER_KINDS, SUM, GroupCells, Question, Questionnaire
from reports.models import Attachment, ItemKind, Obligation, Report, Revision
from reports.reading_registers import ActivityLine, ModelLine, activity_lines, model_lines, models_in_short, whole
from reports.reading_tasks import TaskLine
from targets.evaluation import Verdict, assess, percent_text
from targets.models import Milestone
from targets.trajectory import milestone_in_force

NIL = "không phát sinh"
MISSING = "chưa báo cáo"
VERDICT_KINDS = {Verdict.MET: "ok", Verdict.NOT_MET: "warn", Verdict.NO_DATA: "muted"}


@dataclass(frozen=True)
class ShareRow:
    """One population group, or all of them together."""

    title: str
    numerator: str
    denominator: str
    percent: str
    verdict: str
    verdict_kind: str
    distance: str
    before: str
    is_total: bool = False


@dataclass(frozen=True)
class NumberRow:
    """One group of a count or an amount, or their sum."""

    title: str
    value: str
    before: str
    is_total: bool = False


@dataclass(frozen=True)
class CollectedText:
    """A passage from a report below, with its source; ``is_edited`` where the unit changed its words."""

    unit: str
    text: str
    is_edited: bool
    number: int = 0  # of the filing from which it was taken
    report: int = 0

    @property
    def source(self) -> str:
        """Where it comes from, as it is marked everywhere."""
        return f"Theo báo cáo của {self.unit}, bản nộp lần {self.number}"


@dataclass
class Block:
    """What the page shows of one question; which fields are filled follows from the item's kind."""

    question: Question
    state: str = ""  # "", NIL or MISSING
    goal: str = ""
    shares: list[ShareRow] = field(default_factory=list)
    value: str = ""
    number: int | None = None  # of a count or an amount
    before: str = ""
    parts: list[NumberRow] = field(default_factory=list)  # of a count or an amount by groups, with their sum
    text: str = ""
    collected: list[CollectedText] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)  # rules that did not hold and were explained
    explanation: str = ""
    tasks: list[tuple[str, list[TaskLine]]] = field(default_factory=list)
    tasks_in_short: str = ""
    activities: list[ActivityLine] = field(default_factory=list)
    summary: Summary | None = None  # of the activities
    models: list[ModelLine] = field(default_factory=list)
    models_in_short: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    reason: str = ""

    @property
    def kind(self) -> str:
        """Which partial shows it: counts and money stand in one table, answers in another."""
        if self.question.kind in NUMBER_KINDS:
            return "number"
        return ItemKind.CHOICE if self.question.kind in CHOICE_KINDS else self.question.kind


@dataclass(frozen=True)
class SectionReading:
    """Blocks under one heading, in runs of one kind, so that neighbouring numbers share a table."""

    heading: str
    runs: list[tuple[str, list[Block]]]


@dataclass
class Reading:
    """One revision ready for the page; ``before`` is the revision of the period that it is held against."""

    revision: Revision
    before: Revision | None
    sections: list[SectionReading]
    blocks: list[Block]
    form: Questionnaire


def read(
    report: Report, revision: Revision, *, reasons: dict[str, str] | None = None, beside: Reading | None = None
) -> Reading:
    """Lay out a revision; ``reasons`` are those for which single items were returned, by item code.

    ``beside`` is another revision of the same report that was read: what both share is not loaded again.
    """
    before = beside.before if beside else previous_revision(report.obligation)
    is_same = beside is not None and beside.revision.form_version_id == revision.form_version_id
    form = beside.form if beside and is_same else form_fields.load(report, version_pk=revision.form_version_id)
    reader = _Reader(report, revision, before.content if before else {})
    blocks = [reader.block(question) for question in form.questions]
    for block in blocks:
        block.reason = (reasons or {}).get(block.question.code, "")
    return Reading(revision, before, _sections(blocks), blocks, form)


def previous_revision(obligation: Obligation) -> Revision | None:
    """What the unit last filed for an earlier year of the same duty and kind of period, if it was not returned."""
    earlier = Revision.objects.filter(
        report__obligation__org_unit=obligation.org_unit_id,
        report__obligation__duty=obligation.duty_id,
        report__obligation__period__kind=obligation.period.kind,
        report__obligation__period__year__lt=obligation.period.year,
        report__status__in=[Report.Status.APPROVED, Report.Status.SUBMITTED],
    )
    newest_first = earlier.order_by("-report__obligation__period__year", "-number")
    return newest_first.select_related("report__obligation__period").first()


def _sections(blocks: list[Block]) -> list[SectionReading]:
    sections = []
    for heading, group in groupby(blocks, key=lambda block: block.question.item.section):
        runs = [(kind, list(run)) for kind, run in groupby(group, key=lambda block: block.kind)]
        sections.append(SectionReading(heading, runs))
    return sections


class _Reader:
    """Holds the content of this and the earlier revision while the questions are laid out."""

    def __init__(self, report: Report, revision: Revision, before: dict[str, Any]) -> None:
        content = revision.content
        self.report = report
        self.content = content
        self.before_content = before
        self.figures: dict[str, dict[str, Any]] = content.get("figures") or {}
        self.before: dict[str, dict[str, Any]] = before.get("figures") or {}
        self.checks: list[dict[str, str]] = (revision.flags or {}).get("checks") or []

    def block(self, question: Question) -> Block:
        block = Block(question, explanation=self._of_item("explanations", question))
        block.checks = [check["sentence"] for check in self.checks if check.get("item") == question.code]
        match question.kind:
            case ItemKind.SHARE:
                self._share(block)
            case ItemKind.COUNT | ItemKind.MONEY:
                self._number(block)
            case ItemKind.YES_NO | ItemKind.CHOICE:
                self._answer(block)
            case ItemKind.NARRATIVE:
                self._text(block)
            case ItemKind.TASKS:
                block.tasks = reading_tasks.groups(question, self.content, self.before_content)
                block.tasks_in_short = reading_tasks.in_short(block.tasks)
            case ItemKind.ACTIVITIES:
                rows = self.content.get("activities") or []
                block.activities = activity_lines(rows)
                block.summary = summary_of_frozen(rows)
            case ItemKind.MODELS:
                block.models = model_lines(self.content.get("models") or [])
                block.models_in_short = models_in_short(self.content.get("models") or [])
            case ItemKind.ATTACHMENTS:
                block.attachments = self._attachments()
        return block

    def _of_item(self, key: str, question: Question) -> Any:
        """What the content holds of an item under a key; filings from before the key was there hold nothing."""
        return (self.content.get(key) or {}).get(question.code, "")

    def _number(self, block: Block) -> None:
        question = block.question
        now, before = self.figures.get(question.code), self.before.get(question.code)
        block.state = _state(now)
        block.value = number_text(now)
        block.before = number_text(before) if before is not None else ""
        if not block.state:
            block.number = (now or {}).get(SUM)
            block.parts = _parts(question, now or {}, before or {})

    def _answer(self, block: Block) -> None:
        words = dict(block.question.choices)
        chosen: str = self._of_item("choices", block.question)
        before: str = (self.before_content.get("choices") or {}).get(block.question.code, "")
        block.value = words.get(chosen, chosen)
        block.before = words.get(before, before)
        block.state = "" if chosen else MISSING

    def _text(self, block: Block) -> None:
        block.text = self._of_item("texts", block.question)
        block.collected = [
            CollectedText(
                unit=row.get("unit", ""),
                text=row.get("text", ""),
                is_edited=bool(row.get("edited")),
                number=row.get("number", 0),
                report=row.get("report", 0),
            )
            for row in self._of_item("collected", block.question) or []
        ]
        block.state = "" if block.text or block.collected else MISSING

    def _share(self, block: Block) -> None:
        question = block.question
        now, before = self.figures.get(question.code), self.before.get(question.code) or {}
        block.state = _state(now)
        milestone = _milestone(question, self.report.obligation.period.year)
        block.goal = goal_text(milestone)
        if block.state:
            block.before = _pair_text(*together(before, question.groups))
            return
        unit = question.item.unit_of_count
        groups = _groups_filed(question, now or {})
        block.shares = [_share_row(group, now or {}, before, milestone, unit=unit) for group in groups]
        if len(groups) > 1:
            block.shares.append(_total_row(groups, now or {}, before, milestone, unit=unit))

    def _attachments(self) -> list[Attachment]:
        wanted = self.content.get("attachments") or []
        found = Attachment.objects.filter(report=self.report, pk__in=wanted).select_related("task__section")
        return list(found.order_by("pk"))


def number_text(figure: dict[str, Any] | None) -> str:
    """A count or an amount: the number, "không phát sinh", or "chưa báo cáo"."""
    return _state(figure) or _whole((figure or {}).get(SUM))


def goal_text(milestone: Milestone | None) -> str:
    """The milestone that the figure is held against: "Mục tiêu đến năm 2030: trên 95 %"."""
    if milestone is None:
        return ""
    percent = number_format(milestone.percent.normalize())
    if milestone.operator == Milestone.Operator.OVER:
        return f"Mục tiêu đến năm {milestone.year}: trên {percent} %"
    return f"Mục tiêu đến năm {milestone.year}: từ {percent} % trở lên"


def _state(figure: dict[str, Any] | None) -> str:
    if figure and figure.get("nil"):
        return NIL
    return "" if figure else MISSING


def _parts(question: Question, now: dict[str, Any], before: dict[str, Any]) -> list[NumberRow]:
    """The groups that were filed, those that the form no longer has, too, and their sum; none without groups."""
    titles = {cell.key: cell.title for cell in question.cells if cell.key != SUM}
    filed = [key for key in titles if key in now] + [
        key for key in now if key.endswith(f".{SUM}") and key not in titles
    ]
    if not filed:
        return []
    rows = [NumberRow(titles.get(key, key.removesuffix(f".{SUM}")), _whole(now[key]), _before(before, key))
            for key in filed]  # fmt: skip
    return [*rows, NumberRow("Cộng", _whole(now.get(SUM)), _before(before, SUM), is_total=True)]


def _before(figure: dict[str, Any], key: str) -> str:
    value = figure.get(key)
    return "" if value is None else whole(value)


def _milestone(question: Question, year: int) -> Milestone | None:
    target = question.item.target
    return milestone_in_force(target.milestones.all(), year=year) if target else None


def _groups_filed(question: Question, figure: dict[str, Any]) -> list[GroupCells]:
    """The groups that were asked when the report was filed: not those that came later, but those that went, too."""
    asked = [group for group in question.groups if group.numerator.key in figure or group.denominator.key in figure]
    known = {group.numerator.key for group in asked}
    gone = [cell.removesuffix(".n") for cell in figure if cell.endswith(".n") and cell not in known]
    titles = {code: "Không phân tổ" if code == "all" else code for code in gone}
    return asked + [form_fields.group_cells(question.item, code, title) for code, title in titles.items()]


def _share_row(
    group: GroupCells, now: dict[str, Any], before: dict[str, Any], milestone: Milestone | None, *, unit: str
) -> ShareRow:
    numerator, denominator = now.get(group.numerator.key), now.get(group.denominator.key)
    earlier = _pair_text(before.get(group.numerator.key), before.get(group.denominator.key))
    return _assessed(group.title, numerator, denominator, earlier, milestone, unit=unit)


def _total_row(
    groups: list[GroupCells], now: dict[str, Any], before: dict[str, Any], milestone: Milestone | None, *, unit: str
) -> ShareRow:
    numerator, denominator = together(now, groups)
    earlier = _pair_text(*together(before, groups))
    return _assessed("Cộng", numerator, denominator, earlier, milestone, unit=unit, is_total=True)


def together(figure: dict[str, Any], groups: list[GroupCells]) -> tuple[int | None, int | None]:
    """The sums over the groups that have both numbers; a percentage is never averaged."""
    pairs = [(figure.get(group.numerator.key), figure.get(group.denominator.key)) for group in groups]
    known = [(n, d) for n, d in pairs if n is not None and d is not None]
    return (sum(n for n, _ in known), sum(d for _, d in known)) if known else (None, None)


def _assessed(
    title: str,
    numerator: int | None,
    denominator: int | None,
    before: str,
    milestone: Milestone | None,
    *,
    unit: str,
    is_total: bool = False,
) -> ShareRow:
    operator, percent = (milestone.operator, milestone.percent) if milestone else (None, None)
    found = None
    if operator is not None and percent is not None:
        found = assess(numerator, denominator, operator=operator, percent=percent)
    return ShareRow(
        title=title,
        numerator=_whole(numerator),
        denominator=_whole(denominator),
        percent=percent_text(numerator, denominator, operator=operator, percent=percent) or "–",
        verdict=str(found.verdict.label) if found else "",
        verdict_kind=VERDICT_KINDS[found.verdict] if found else "",
        distance=f"cần thêm {_whole(found.missing_count)} {unit}".strip() if found and found.missing_count else "",
        before=before,
        is_total=is_total,
    )


def _pair_text(numerator: int | None, denominator: int | None) -> str:
    """An earlier share with its numbers: "88,5 % (46/52)"."""
    if numerator is None or denominator is None:
        return ""
    numbers = f"{_whole(numerator)}/{_whole(denominator)}"
    percent = percent_text(numerator, denominator)
    return f"{percent} ({numbers})" if percent else numbers


def _whole(value: int | None) -> str:
    return MISSING if value is None else whole(value)
