"""What the dashboard of one unit shows, read from the stored sums: no report is opened for it.

The page is about one duty and one period at a time. Halves and years are never added: a year's figure is cumulative
from 1 January (rule 4 of the domain).
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Prefetch

from orgunits.models import OrgUnit, User
from orgunits.vietnamese import without_marks
from plans.models import ReportingDuty, Responsibility, Task
from reports import charts
from reports.dashboard_figures import (
    Counting,
    IndicatorCard,
    indicator_card,
    milestone_of,
    same_kind,
    summed_items,
    whole,
)
from reports.dashboard_units import Place, UnitTable, unit_table
from reports.dashboard_values import AnswerLine, ValueTable, answer_lines, value_table
from reports.form_fields import TaskStatus, leading
from reports.models import FormItem, ItemKind, Obligation, Period, Rollup
from reports.own_sums import TASKS, Cells

FILING_TIME = datetime.timedelta(days=60)


@dataclass(frozen=True)
class Choice:
    """What the reader asked to see, after what is there has been held against it."""

    duty: ReportingDuty
    period: Period
    counting: Counting
    indicator: str
    duties: list[ReportingDuty]
    periods: list[Period]  # of the duty, the latest first

    @property
    def query(self) -> str:
        """The same choice on another page."""
        return f"?che_do={self.duty.pk}&ky={self.period.pk}&count={self.counting.value}"


@dataclass(frozen=True)
class Completeness:
    """How much is in: ``words`` is "27/31 đơn vị đã duyệt · 2 chờ duyệt · 2 chưa nộp"."""

    words: str
    in_time: str
    missing: int
    chart: charts.CompletenessChart | None


@dataclass(frozen=True)
class StatusCount:
    """How many units say this of a task."""

    status: str
    count: int

    @property
    def text(self) -> str:
        return whole(self.count)


@dataclass(frozen=True)
class TaskLine:
    place: str
    text: str
    counts: list[StatusCount]


@dataclass
class TaskGroup:
    """The tasks that one body leads, with how many units say what about each; ``totals`` over its tasks."""

    lead: str
    rows: list[TaskLine] = field(default_factory=list)

    @property
    def totals(self) -> list[StatusCount]:
        columns = zip(*(row.counts for row in self.rows), strict=True)
        return [StatusCount(column[0].status, sum(cell.count for cell in column)) for column in columns]


@dataclass(frozen=True)
class TaskSummary:
    statuses: list[str]
    groups: list[TaskGroup]
    units: str


@dataclass(frozen=True)
class Dashboard:
    choice: Choice
    row: Rollup
    own: Obligation | None
    completeness: Completeness
    cards: list[IndicatorCard]
    values: ValueTable
    answers: list[AnswerLine]
    tasks: TaskSummary | None
    below: UnitTable
    indicators: list[FormItem]
    updated_at: datetime.datetime

    @property
    def has_units_below(self) -> bool:
        return len(self.below.rows) > (1 if self.own else 0)


@dataclass(frozen=True)
class Entry:
    """One unit in the list of dashboards, with how much is in for its latest period."""

    unit: OrgUnit
    latest: list[Rollup]


def entries(user: User, *, on: datetime.date) -> list[Entry]:
    """The units on which the person holds a role, or for the whole installation the roots; those with any sums.

    ``latest`` holds each duty's latest period that is under way.
    """
    held = set(user.role_assignments.as_of(on).values_list("org_unit_id", flat=True))
    rows = Rollup.objects.visible_to(user, on).filter(basis=Rollup.Basis.AS_FILED)
    mine = rows.filter(parent__isnull=True) if None in held else rows.filter(org_unit__in=held)
    light = mine.select_related("duty", "period").defer("own", "subtree")
    latest: dict[int, dict[int, Rollup]] = {}
    for row in sorted(light, key=lambda row: (_is_under_way(row, on), row.period.ends_on), reverse=True):
        latest.setdefault(row.org_unit_id, {}).setdefault(row.duty_id, row)
    units = OrgUnit.objects.filter(pk__in=latest).prefetch_related("placements")
    found = [Entry(unit, sorted(latest[unit.pk].values(), key=lambda row: row.duty_id)) for unit in units]
    return sorted(found, key=lambda entry: (entry.unit.sector, sort_name(entry.unit)))


def _is_under_way(row: Rollup, on: datetime.date) -> bool:
    """Something was filed, or the period is so near its end that it should be: an empty new year is not shown first."""
    return row.filed > 0 or on >= row.period.ends_on - FILING_TIME


def sort_name(unit: OrgUnit) -> str:
    place = unit.latest_placement
    return place.sort_name if place else ""


def choose(unit: OrgUnit, asked: Mapping[str, str], *, on: datetime.date) -> Choice | None:
    """The duty, period and way of counting; what is not asked or not there falls back. None: nothing to show.

    Without a wish: the latest period that is under way, of the duty that most units report on.
    """
    rows = list(
        Rollup.objects.filter(org_unit=unit, basis=Rollup.Basis.AS_FILED)
        .select_related("duty", "period")
        .only("duty__name", "duty__plan", "duty__recipient_unit", "period__kind", "period__year",
              "period__starts_on", "period__ends_on", "filed", "expected")
    )  # fmt: skip
    if not rows:
        return None
    rows.sort(key=lambda row: (_is_under_way(row, on), row.period.ends_on, row.expected, -row.duty_id), reverse=True)
    wished = [row for row in rows if str(row.duty_id) == asked.get("che_do")] or [
        row for row in rows if row.duty_id == rows[0].duty_id
    ]
    chosen = next((row for row in wished if str(row.period_id) == asked.get("ky")), wished[0])
    periods = sorted((row.period for row in wished), key=lambda period: (period.ends_on, period.kind), reverse=True)
    duties = {row.duty_id: row.duty for row in rows}
    count = asked.get("count", "")
    return Choice(
        duty=chosen.duty,
        period=chosen.period,
        counting=Counting(count) if count in Counting.values else Counting.APPROVED,
        indicator=asked.get("chi_tieu", ""),
        duties=sorted(duties.values(), key=lambda duty: duty.pk),
        periods=periods,
    )


def build(unit: OrgUnit, choice: Choice, *, user: User, on: datetime.date) -> Dashboard:
    """Everything on the page, in a fixed number of queries."""
    duty, period, counting = choice.duty, choice.period, choice.counting
    rows = list(
        Rollup.objects.filter(org_unit=unit, duty=duty, basis=Rollup.Basis.AS_FILED)
        .select_related("period")
        .order_by("period__year")
    )
    row = next(row for row in rows if row.period_id == period.pk)
    items = summed_items(duty, period.kind)
    shares = [item for item in items if item.kind == ItemKind.SHARE]
    history = [(past, counting.of(past.subtree)) for past in same_kind(rows, period)]
    own, subtree = counting.of(row.own), counting.of(row.subtree)
    item = next((share for share in shares if share.code == choice.indicator), shares[0] if shares else None)
    milestone = milestone_of(item, period.year) if item else None
    obligation = _own_obligation(unit, choice)
    return Dashboard(
        choice=choice,
        row=row,
        own=obligation,
        completeness=completeness(row, on=on),
        cards=[
            indicator_card(
                share,
                period=period,
                own=own.get(share.code),
                subtree=subtree.get(share.code),
                history=[(past.period.year, sums.get(share.code)) for past, sums in history],
                on=on,
            )
            for share in shares
        ],
        values=value_table(items, own, [(str(past.period), sums) for past, sums in history]),
        answers=answer_lines(items, own, subtree),
        tasks=task_summary(duty, subtree.get(TASKS)),
        below=unit_table(Place(row, period, counting, item, milestone, on), user=user, own=obligation),
        indicators=shares,
        updated_at=row.computed_at,
    )


def _own_obligation(unit: OrgUnit, choice: Choice) -> Obligation | None:
    owed = Obligation.objects.filter(org_unit=unit, duty=choice.duty, period=choice.period)
    return owed.select_related("report").defer("report__draft").first()


def completeness(row: Rollup, *, on: datetime.date) -> Completeness:
    missing = row.expected - row.approved - row.submitted - row.returned
    parts = [
        charts.Part("approved", "Đã duyệt", row.approved),
        charts.Part("submitted", "Chờ duyệt", row.submitted),
        charts.Part("returned", "Bị trả lại, đang sửa", row.returned),
        charts.Part("missing", "Chưa nộp", missing),
    ]
    words = [f"{whole(row.approved)}/{whole(row.expected)} đơn vị đã duyệt"]
    words += [
        f"{whole(count)} {label}"
        for count, label in (
            (row.submitted, "chờ duyệt"),
            (row.returned, "bị trả lại"),
            (missing, "chưa nộp"),
            (row.waived, "được miễn"),
        )
        if count
    ]
    late = row.filed - row.on_time
    in_time = f"{whole(row.on_time)}/{whole(row.expected)} nộp đúng hạn"
    if late:
        in_time += f" · {whole(late)} nộp chậm"
    chart = charts.completeness("tinh-trang", parts, title="Tình trạng nộp báo cáo") if row.expected else None
    return Completeness(" · ".join(words), in_time, missing, chart)


def task_summary(duty: ReportingDuty, cells: Cells | None) -> TaskSummary | None:
    """How the units say that the plan's tasks stand, by the body that leads them; None while nobody has said."""
    if not cells:
        return None
    responsibilities = Responsibility.objects.order_by("order", "pk")
    tasks = (
        Task.objects.filter(plan=duty.plan_id)
        .select_related("section__parent")
        .prefetch_related(
            Prefetch("section__responsibilities", responsibilities),
            Prefetch("section__parent__responsibilities", responsibilities),
        )
        .order_by("order", "pk")
    )
    groups: dict[str, TaskGroup] = {}
    for task in tasks:
        counts = [StatusCount(str(label), cells.get(f"{task.pk}.{status}", 0)) for status, label in TaskStatus.choices]
        if any(cell.count for cell in counts):
            bodies = "; ".join(row.bodies.strip().rstrip(".") for row in leading(task.section))
            group = groups.setdefault(without_marks(bodies), TaskGroup(bodies[:1].upper() + bodies[1:]))
            section = task.section
            text = section.heading or section.body
            group.rows.append(TaskLine(section.number.strip("-–+. "), text, counts))
    labels = [str(label) for label in TaskStatus.labels]
    return TaskSummary(labels, list(groups.values()), whole(cells.get("units", 0)))
