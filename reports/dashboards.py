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
from reports import charts, restated
from reports.dashboard_figures import (
    Counting,
    IndicatorCard,
    indicator_card,
    milestone_of,
    same_kind,
    summed_items,
    whole,
)
from reports.dashboard_today import Today, today_of
from reports.dashboard_units import Place, UnitTable, unit_table
from reports.dashboard_values import AnswerLine, ValueTable, answer_lines, value_table
from reports.form_fields import TaskStatus, leading
from reports.models import FormItem, ItemKind, Obligation, Period, Rollup
from reports.own_sums import TASKS, Cells

Basis = Rollup.Basis
IN_WORDS = {Basis.AS_FILED: "khi-do", Basis.RESTATED: "hien-nay"}  # in the address: to_chuc=…
SHORT = {Basis.AS_FILED: "Khi đó", Basis.RESTATED: "Hiện nay"}  # after "Theo tổ chức", on a phone
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
    basis: Rollup.Basis = Basis.AS_FILED

    @property
    def is_restated(self) -> bool:
        return self.basis == Basis.RESTATED

    @property
    def bases(self) -> list[tuple[str, str, bool]]:
        """The two truths, as in the address and in words, and which one is shown."""
        return [(word, SHORT[basis], basis == self.basis) for basis, word in IN_WORDS.items()]

    @property
    def query(self) -> str:
        """The same choice on another page."""
        return f"?che_do={self.duty.pk}&ky={self.period.pk}&count={self.counting.value}{basis_query(self.basis)}"


def basis_query(basis: str) -> str:
    """What an address says of the tree; nothing for the usual one."""
    return f"&to_chuc={IN_WORDS[Basis.RESTATED]}" if basis == Basis.RESTATED else ""


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
    updated_at: datetime.datetime | None
    today: Today | None  # only in today's tree

    @property
    def has_units_below(self) -> bool:
        return self.below.has_children

    @property
    def has_own(self) -> bool:
        """Whether there are figures of the unit itself; in today's tree also those of the units that it succeeds."""
        return bool(self.row.own) if self.choice.is_restated else self.own is not None


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
    rows = Rollup.objects.visible_to(user, on).filter(basis__in=IN_WORDS)
    mine = rows.filter(parent__isnull=True) if None in held else rows.filter(org_unit__in=held)
    light = list(mine.select_related("duty", "period").defer("own", "subtree"))
    filing = {row.org_unit_id for row in light if row.basis == Basis.AS_FILED}
    # A unit that is new has sums of earlier periods only as the successor of others.
    light = [row for row in light if row.basis == Basis.AS_FILED or row.org_unit_id not in filing]
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
    """The duty, period, way of counting and tree; what is not asked or not there falls back. None: nothing to show.

    Without a wish: the latest period that is under way, of the duty that most units report on, in the tree of that
    time; for a unit that was not there then, in today's.
    """
    basis = Basis.RESTATED if asked.get("to_chuc") == IN_WORDS[Basis.RESTATED] else Basis.AS_FILED
    other = Basis.AS_FILED if basis == Basis.RESTATED else Basis.RESTATED
    rows = _light_rows(unit, basis)
    if not rows and (rows := _light_rows(unit, other)) and asked.get("to_chuc") not in IN_WORDS.values():
        basis = other
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
        basis=basis,
    )


def _light_rows(unit: OrgUnit, basis: str) -> list[Rollup]:
    """One row for each duty and period of which there is anything; in today's tree also what is only outside of it."""
    bases = restated.BASES if basis == Basis.RESTATED else (basis,)
    rows = (
        Rollup.objects.filter(org_unit=unit, basis__in=bases)
        .select_related("duty", "period")
        .only("duty__name", "duty__plan", "duty__recipient_unit", "period__kind", "period__year",
              "period__starts_on", "period__ends_on", "filed", "expected", "basis")
    )  # fmt: skip
    slots: dict[tuple[int, int], Rollup] = {}
    for row in sorted(rows, key=lambda row: row.basis != basis):
        slots.setdefault((row.duty_id, row.period_id), row)
    return list(slots.values())


def row_of(unit: OrgUnit, choice: Choice, *, on: datetime.date) -> Rollup:
    """The unit's row for the choice; an empty one that is not stored where the tree has nothing of it."""
    rows = Rollup.objects.filter(org_unit=unit, duty=choice.duty, period=choice.period, basis=choice.basis)
    return rows.select_related("period").first() or empty_row(unit, choice, on=on)


def empty_row(unit: OrgUnit, choice: Choice, *, on: datetime.date) -> Rollup:
    place = unit.placement_on(on if choice.is_restated else min(choice.period.ends_on, on))
    path = place.path if place else unit.segment
    return Rollup(
        basis=choice.basis, org_unit=unit, duty=choice.duty, period=choice.period, path=path,
        parent_id=place.parent_id if place else None, depth=place.depth if place else 0,
    )  # fmt: skip


def build(unit: OrgUnit, choice: Choice, *, user: User, on: datetime.date) -> Dashboard:
    """Everything on the page, in a fixed number of queries."""
    duty, period, counting = choice.duty, choice.period, choice.counting
    rows = list(
        Rollup.objects.filter(org_unit=unit, duty=duty, basis=choice.basis)
        .select_related("period")
        .order_by("period__year")
    )
    row = next((row for row in rows if row.period_id == period.pk), None)
    if row is None:
        row = empty_row(unit, choice, on=on)
        rows.append(row)
    items = summed_items(duty, period.kind)
    shares = [item for item in items if item.kind == ItemKind.SHARE]
    history = [(past, counting.of(past.subtree)) for past in same_kind(rows, period)]
    own, subtree = counting.of(row.own), counting.of(row.subtree)
    item = next((share for share in shares if share.code == choice.indicator), shares[0] if shares else None)
    milestone = milestone_of(item, period.year) if item else None
    obligation = _own_obligation(unit, choice)
    today = today_of(row, counting, items, user=user, on=on) if choice.is_restated else None
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
                tree=str(choice.basis.label).lower(),
            )
            for share in shares
        ],
        values=value_table(items, own, [(str(past.period), sums) for past, sums in history]),
        answers=answer_lines(items, own, subtree),
        tasks=task_summary(duty, subtree.get(TASKS)),
        below=unit_table(Place(row, period, counting, item, milestone, on), user=user, own=obligation),
        indicators=shares,
        updated_at=today.computed_at if today else row.computed_at,
        today=today,
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
    # In today's tree one unit may stand for several that filed.
    counted = "báo cáo" if row.basis == Basis.RESTATED else "đơn vị"
    words = [f"{whole(row.approved)}/{whole(row.expected)} {counted} đã duyệt"]
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
