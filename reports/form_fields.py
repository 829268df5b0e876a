"""What one report asks: the questions of its form version, the cells and tasks in them, and their field names.

Field names are those of ``Report.draft``: ``<item>.<group>.n`` and ``.d`` of a share (group ``all`` where there are no
groups); ``<item>.v`` of a count or an amount, or ``<item>.<group>.v`` for each of its groups; ``<item>.nil`` and
``<item>.explanation`` of every figure; ``<item>`` of a text, a choice, a yes-or-no; ``<item>.task<pk>.status`` and
``.note``; ``<item>.caption`` of the next file.

A report that came back with single items has only these open. The others are *closed*: they stand as they were filed,
whatever is typed or posted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices

from orgunits.models.units import unit_pks
from orgunits.vietnamese import without_marks
from plans.models import Responsibility, Section, Task
from reports.models import AskedTask, FormCheck, FormItem, ItemKind, Report

Part = Responsibility.Part
EXPLANATION_LENGTH = 1000
NOTE_LENGTH = 1000
FIGURE_KINDS = (ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY)
NUMBER_KINDS = (ItemKind.COUNT, ItemKind.MONEY)
CHOICE_KINDS = (ItemKind.YES_NO, ItemKind.CHOICE)
YES_OR_NO = (("yes", "Có"), ("no", "Không"))
SUM = "v"  # the cell of a count or an amount, and of the sum over its groups


class TaskStatus(TextChoices):
    """How a task stands; the codes are stored in revisions."""

    DONE = "done", "Đã hoàn thành"
    ONGOING = "ongoing", "Đang thực hiện"
    NOT_STARTED = "not_started", "Chưa thực hiện"
    NOT_OURS = "not_ours", "Không thuộc nhiệm vụ của đơn vị"


@dataclass(frozen=True)
class Cell:
    """One number: ``key`` in frozen figures, ``name`` on the page, ``label`` for messages, ``title`` of its group."""

    key: str
    name: str
    label: str
    title: str = ""


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
    """One item of the form with what hangs on it; a closed one stands as it was filed."""

    item: FormItem
    groups: list[GroupCells] = field(default_factory=list)
    task_groups: list[TaskGroup] = field(default_factory=list)
    is_closed: bool = False

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
    def has_parts(self) -> bool:
        """Whether it is a count or an amount by groups, whose sum is computed."""
        return self.kind in NUMBER_KINDS and bool(self.item.groups)

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

    @property
    def file_task_name(self) -> str:
        """The key of the task of a file that is not sent yet; not in the draft."""
        return f"{self.code}.file_task"

    @property
    def consent_name(self) -> str:
        """The ``PhotoConsent`` of a picture that is not sent yet; not in the draft, for each is declared anew."""
        return f"{self.code}.consent"

    def lacks_files(self, files: list[int]) -> bool:
        """Whether it is for files, must be answered, and none of ``files`` is there."""
        return self.kind == ItemKind.ATTACHMENTS and self.item.required and not self.is_closed and not files

    @property
    def share_labels(self) -> tuple[str, str]:
        """What the numerator and the denominator count: in the indicator's words, else in the item's own."""
        source = self.item.target.indicator if self.item.target else self.item
        return source.numerator_label or "Tử số", source.denominator_label or "Mẫu số"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Code and words of each answer of a choice or a yes-or-no."""
        if self.kind == ItemKind.YES_NO:
            return list(YES_OR_NO)
        return [(row["code"], row["name"]) for row in self.item.choices]

    @cached_property
    def cells(self) -> list[Cell]:
        """The numbers that the question asks, in order."""
        if self.kind == ItemKind.SHARE:
            return [cell for group in self.groups for cell in (group.numerator, group.denominator)]
        if self.has_parts:
            return [part_cell(self.item, group["code"], group["name"]) for group in self.item.groups]
        if self.kind in NUMBER_KINDS:
            return [Cell(SUM, f"{self.code}.{SUM}", self.item.label)]
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
        elif self.kind == ItemKind.NARRATIVE or self.kind in CHOICE_KINDS:
            names[self.code] = item.label
        elif self.kind == ItemKind.ATTACHMENTS:
            names[self.caption_name] = "Chú thích của tệp"
        for row in self.tasks:
            names[row.status_name] = f"{row.place}: tình hình thực hiện" if row.place else row.text[:80]
            names[row.note_name] = f"{row.place}: ghi chú" if row.place else row.text[:80]
        return names


@dataclass
class Questionnaire:
    """All that one report asks of its unit; ``filed`` is its last filing, where that closes some of the questions."""

    report: Report
    questions: list[Question]
    checks: list[FormCheck] = field(default_factory=list)
    filed: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Every field name of the draft, in page order, with its words."""
        return {name: label for question in self.questions for name, label in question.labels.items()}

    @cached_property
    def by_item(self) -> dict[int, Question]:
        return {question.item.pk: question for question in self.questions}

    def has_open(self, kind: str) -> bool:
        """Whether what the unit's registers and files hold now may come into the report for questions of this kind.

        A form that does not ask takes what there is, as long as nothing is closed.
        """
        if not is_restricted(self.report):
            return True
        return any(question.kind == kind and not question.is_closed for question in self.questions)


def is_restricted(report: Report) -> bool:
    """Whether the report came back with single items, so that the others are closed."""
    return report.status == Report.Status.RETURNED and bool(report.open_items)


def is_closed(report: Report, code: str) -> bool:
    """Whether this item of the report stands as it was filed."""
    return is_restricted(report) and code not in report.open_items


def load(report: Report, *, version_pk: int | None = None) -> Questionnaire:
    """The questions that this report's unit answers, in a fixed number of queries.

    What a target or an item asks of other levels than the unit's own is left out. ``version_pk`` is another version of
    the form, which a filing of the report has answered before the report was moved over.
    """
    version_pk = version_pk or report.form_version_id
    items = list(_items(version_pk).prefetch_related("levels", "target__milestones", "target__levels"))
    questions = [_question(item, report) for item in _answered(items, report)]
    for question in questions:
        if question.kind == ItemKind.TASKS:
            question.task_groups = _task_groups(question.item, report)
    return _questionnaire(report, questions, FormCheck.objects.filter(version=version_pk))


def load_some(report: Report, codes: Iterable[str]) -> Questionnaire:
    """The questions of these items and of those that a check holds them against: enough to check what was just typed.

    Without tasks, milestones and levels, which a single field does not need.
    """
    wanted = set(codes)
    touched = Q(item__code__in=wanted) | Q(other__code__in=wanted)
    checks = FormCheck.objects.filter(touched, version=report.form_version_id)
    form = _questionnaire(report, [], checks)
    pks = {pk for check in form.checks for pk in (check.item_id, check.other_id)}
    items = _items(report.form_version_id).filter(Q(code__in=wanted) | Q(pk__in=pks))
    form.questions = [_question(item, report) for item in items]
    return form


def of_items(report: Report, items: Iterable[FormItem]) -> Questionnaire:
    """The questions of items that need not be saved yet; tables, which look into the database, are not among them."""
    return Questionnaire(report, [_question(item, report) for item in items], [], {})


def _items(version_pk: int) -> QuerySet[FormItem]:
    items = FormItem.objects.filter(version=version_pk).select_related("target__indicator")
    return items.prefetch_related("target__indicator__groups").order_by("order", "pk")


def _questionnaire(report: Report, questions: list[Question], checks: QuerySet[FormCheck]) -> Questionnaire:
    last = report.latest_revision if is_restricted(report) else None
    ordered = list(checks.order_by("item__order", "pk"))
    return Questionnaire(report, questions, ordered, last.content if last else {})


def _answered(items: list[FormItem], report: Report) -> list[FormItem]:
    """The items that the unit's level answers."""
    asked = {item.pk: _level_sets(item) for item in items}
    if not any(asked.values()):
        return items
    level_pk = _level_pk(report)
    return [item for item in items if all(level_pk in levels for levels in asked[item.pk])]


def _level_sets(item: FormItem) -> list[set[int]]:
    """The levels that the target names and those that the item names, each where it names any."""
    sources = [item.levels.all(), *([item.target.levels.all()] if item.target else [])]
    return [levels for source in sources if (levels := {level.pk for level in source})]


def _level_pk(report: Report) -> int | None:
    obligation = report.obligation
    place = obligation.org_unit.placement_on(obligation.period.ends_on) or obligation.org_unit.latest_placement
    return place.level_id if place else None


def _question(item: FormItem, report: Report) -> Question:
    question = Question(item, is_closed=is_closed(report, item.code))
    if item.kind == ItemKind.SHARE:
        question.groups = [group_cells(item, *group, *question.share_labels) for group in _named_groups(item)]
    return question


def _named_groups(item: FormItem) -> list[tuple[str, str]]:
    """Code and name of the population groups of a share."""
    if item.target:
        named = [(group.code, group.name) for group in item.target.indicator.groups.all()]
    else:
        named = [(group["code"], group["name"]) for group in item.groups]
    return named or [("all", "")]


def group_cells(
    item: FormItem, code: str, title: str, numerator: str = "Tử số", denominator: str = "Mẫu số"
) -> GroupCells:
    """The two numbers of one population group."""
    before = f"{title}: " if title else ""
    return GroupCells(
        title,
        Cell(f"{code}.n", f"{item.code}.{code}.n", before + numerator, title),
        Cell(f"{code}.d", f"{item.code}.{code}.d", before + denominator, title),
    )


def part_cell(item: FormItem, code: str, title: str) -> Cell:
    """The number of one group of a count or an amount."""
    return Cell(f"{code}.{SUM}", f"{item.code}.{code}.{SUM}", f"{item.label}: {title}", title)


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
        place=place_in_plan(section),
        text=text,
        detail="\n".join(filter(None, [*detail, *below])),
        status_name=f"{item.code}.task{task.pk}.status",
        note_name=f"{item.code}.task{task.pk}.note",
    )


def place_in_plan(section: Section) -> str:
    """Where the plan states it: "Mục III.1, ý 2" for the second dash of III.1."""
    address, _, dash = section.key.partition("-")
    if address:
        return f"Mục {address}, ý {dash}" if dash else f"Mục {address}"
    return f"Mục {section.number.rstrip('.')}" if section.number.strip("-–+ ") else ""
