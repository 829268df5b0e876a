"""What one report asks: the questions of its form version, the cells and tasks in them, and their field names.

Field names are those of ``Report.draft``: ``<item>.<group>.n`` and ``.d`` (group ``all`` where the indicator has no
groups), ``<item>.v``, ``<item>.nil``, ``<item>``, ``<item>.task<pk>.status`` and ``.note``, ``<item>.explanation``.
"""

from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Exists, OuterRef, TextChoices

from orgunits.models.units import unit_pks
from orgunits.vietnamese import without_marks
from plans.models import Responsibility, Section, Task
from reports.models import AskedTask, FormItem, ItemKind, Report

Part = Responsibility.Part
EXPLANATION_LENGTH = 1000
NOTE_LENGTH = 1000
FIGURE_KINDS = (ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY)


class TaskStatus(TextChoices):
    """How a task stands; the codes are stored in revisions."""

    DONE = "done", "Đã hoàn thành"
    ONGOING = "ongoing", "Đang thực hiện"
    NOT_STARTED = "not_started", "Chưa thực hiện"
    NOT_OURS = "not_ours", "Không thuộc nhiệm vụ của đơn vị"


@dataclass(frozen=True)
class Cell:
    """One number: ``key`` in the frozen figures, ``name`` on the page, ``label`` for messages."""

    key: str
    name: str
    label: str


@dataclass(frozen=True)
class GroupCells:
    """The numerator and the denominator of one population group; ``title`` is empty where there are no groups."""

    title: str
    numerator: Cell
    denominator: Cell


@dataclass(frozen=True)
class TaskRow:
    """One task with its two fields; ``place`` is where the plan states it, ``detail`` the text below its heading."""

    task: Task
    place: str
    text: str
    detail: str
    status_name: str
    note_name: str


@dataclass
class TaskGroup:
    """The tasks that one body leads; ``lead`` is empty where the plan names none."""

    lead: str
    rows: list[TaskRow] = field(default_factory=list)


@dataclass
class Question:
    """One item of the form with what hangs on it."""

    item: FormItem
    groups: list[GroupCells] = field(default_factory=list)
    task_groups: list[TaskGroup] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def kind(self) -> str:
        return self.item.kind

    @property
    def is_figure(self) -> bool:
        return self.kind in FIGURE_KINDS

    @property
    def nil_name(self) -> str:
        return f"{self.code}.nil"

    @property
    def explanation_name(self) -> str:
        return f"{self.code}.explanation"

    @property
    def caption_name(self) -> str:
        """The caption of a file that is not sent yet."""
        return f"{self.code}.caption"

    @cached_property
    def cells(self) -> list[Cell]:
        """The numbers that the question asks, in order."""
        if self.kind == ItemKind.SHARE:
            return [cell for group in self.groups for cell in (group.numerator, group.denominator)]
        if self.kind in (ItemKind.COUNT, ItemKind.MONEY):
            return [Cell("v", f"{self.code}.v", self.item.label)]
        return []

    @cached_property
    def tasks(self) -> list[TaskRow]:
        return [row for group in self.task_groups for row in group.rows]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Each field name of the question, in page order, with the words that name it in a list of errors."""
        item = self.item
        names = {cell.name: cell.label for cell in self.cells}
        if self.is_figure:
            names[self.nil_name] = f"{item.label}: không phát sinh"
            names[self.explanation_name] = f"{item.label}: giải trình"
        elif self.kind == ItemKind.NARRATIVE:
            names[self.code] = item.label
        elif self.kind == ItemKind.ATTACHMENTS:
            names[self.caption_name] = "Chú thích của tệp"
        for row in self.tasks:
            names[row.status_name] = f"{row.place}: tình hình thực hiện" if row.place else row.text[:80]
            names[row.note_name] = f"{row.place}: ghi chú" if row.place else row.text[:80]
        return names


@dataclass
class Questionnaire:
    """All that one report asks of its unit."""

    report: Report
    questions: list[Question]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Every field name of the draft, in page order, with its words."""
        return {name: label for question in self.questions for name, label in question.labels.items()}


def load(report: Report) -> Questionnaire:
    """The questions that this report's unit answers, in a fixed number of queries.

    A share whose target names other levels than the unit's own is left out.
    """
    items = (
        report.form_version.items.select_related("target__indicator")
        .prefetch_related("target__indicator__groups", "target__milestones", "target__levels")
        .order_by("order", "pk")
    )
    level_pk = _level_pk(report)
    asked = [item for item in items if _is_answered_at(item, level_pk)]
    return Questionnaire(report, [_question(item, report) for item in asked])


def _level_pk(report: Report) -> int | None:
    obligation = report.obligation
    place = obligation.org_unit.placement_on(obligation.period.ends_on) or obligation.org_unit.latest_placement
    return place.level_id if place else None


def _is_answered_at(item: FormItem, level_pk: int | None) -> bool:
    levels = {level.pk for level in item.target.levels.all()} if item.target else set()
    return not levels or level_pk in levels


def _question(item: FormItem, report: Report) -> Question:
    if item.kind == ItemKind.SHARE:
        return Question(item, groups=_groups(item))
    if item.kind == ItemKind.TASKS:
        return Question(item, task_groups=_task_groups(item, report))
    return Question(item)


def _groups(item: FormItem) -> list[GroupCells]:
    if item.target is None:
        return [group_cells(item, "all", "")]
    indicator = item.target.indicator
    named = [(group.code, group.name) for group in indicator.groups.all()] or [("all", "")]
    labels = (indicator.numerator_label, indicator.denominator_label)
    return [group_cells(item, code, title, *labels) for code, title in named]


def group_cells(
    item: FormItem, code: str, title: str, numerator: str = "Tử số", denominator: str = "Mẫu số"
) -> GroupCells:
    """The two numbers of one population group."""
    before = f"{title}: " if title else ""
    return GroupCells(
        title,
        Cell(f"{code}.n", f"{item.code}.{code}.n", before + numerator),
        Cell(f"{code}.d", f"{item.code}.{code}.d", before + denominator),
    )


# --- tasks by the body that leads them ----------------------------------------------------------------------------


def _task_groups(item: FormItem, report: Report) -> list[TaskGroup]:
    """Groups in the order of their first task; a task that a unit above carries out itself is left out.

    A form that follows its plan names its tasks; one that a person built asks about all.
    """
    obligation = report.obligation
    above = set(unit_pks(obligation.path)[:-1])
    tasks = (
        obligation.duty.plan.tasks.select_related("section__parent")
        .annotate(is_asked=Exists(AskedTask.objects.filter(item=item, task=OuterRef("pk"))))
        .prefetch_related("section__responsibilities", "section__parent__responsibilities", "section__children")
        .order_by("order", "pk")
    )
    groups: dict[str, TaskGroup] = {}
    for task in [task for task in tasks if task.is_asked] or tasks:
        leads = leading(task.section)
        if leads and all(lead.org_unit_id in above for lead in leads):
            continue
        bodies = "; ".join(lead.bodies.strip().rstrip(".") for lead in leads)
        # "Văn hóa" and "Văn hoá" are one body.
        group = groups.setdefault(without_marks(bodies), TaskGroup(bodies[:1].upper() + bodies[1:]))
        group.rows.append(_task_row(item, task))
    return list(groups.values())


def leading(section: Section) -> list[Responsibility]:
    """Who leads or is responsible for the section, by itself or by the section around it; else who carries it out."""
    around = [section, *([section.parent] if section.parent else [])]
    for wanted in ({Part.LEAD, Part.RESPONSIBLE}, {Part.IMPLEMENTING}):
        for place in around:
            found = [row for row in place.responsibilities.all() if row.part in wanted]
            if found:
                return found
    return []


def _task_row(item: FormItem, task: Task) -> TaskRow:
    section = task.section
    below = [child.body or child.heading for child in section.children.all()]
    text, detail = (section.heading, [section.body]) if section.heading else (section.body, [])
    return TaskRow(
        task=task,
        place=_place(section),
        text=text,
        detail="\n".join(filter(None, [*detail, *below])),
        status_name=f"{item.code}.task{task.pk}.status",
        note_name=f"{item.code}.task{task.pk}.note",
    )


def _place(section: Section) -> str:
    """Where the plan states it: "Mục III.1, ý 2" for the second dash of III.1."""
    address, _, dash = section.key.partition("-")
    if address:
        return f"Mục {address}, ý {dash}" if dash else f"Mục {address}"
    return f"Mục {section.number.rstrip('.')}" if section.number.strip("-–+ ") else ""
