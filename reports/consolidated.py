"""The page on which a unit writes its report upward: its own figures beside those from below, and whom they lack.

Own figures and those of the units below are never mixed: each column says whose it is and from how many reports.
"""

import datetime
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Q, Subquery, TextChoices
from django.db.models.functions import Coalesce
from django.urls import reverse

from orgunits.models import Placement
from reports import asked_items, below, content, drafts, due_dates, own_sums, states
from reports.asked_items import AskedItem
from reports.below import Part
from reports.dashboard_figures import MISSING, Counting, share_line, value_text, whole
from reports.form_fields import CHOICE_KINDS
from reports.models import ItemKind, Obligation, Report, Revision, Rollup
from reports.models.obligations import ObligationQuerySet
from reports.own_sums import Cells, own_cells
from reports.reading import goal_text


@dataclass(frozen=True)
class Shown:
    """One sum as text; ``percent`` only of a share."""

    text: str
    percent: str = ""
    is_missing: bool = False


@dataclass(frozen=True)
class Line:
    """One group of a figure, or all together: the unit's own, from below, and both."""

    title: str
    own: Shown
    below: Shown
    together: Shown
    is_total: bool = False


@dataclass(frozen=True)
class ItemRow:
    """One figure with the reports from which it comes; ``url`` leads to them."""

    label: str
    unit: str
    goal: str
    lines: list[Line]
    source_own: str
    source_below: str
    source_together: str
    url: str

    @property
    def is_single(self) -> bool:
        """Without groups."""
        return len(self.lines) == 1


@dataclass(frozen=True)
class PartTable:
    """The figures of one duty below; ``own_only`` are figures that only the unit's own report has."""

    name: str
    words: str
    url: str
    rows: list[ItemRow]
    own_only: list[str]


@dataclass(frozen=True)
class Own:
    """The unit's own figures, and of which version of its report they are."""

    cells: dict[str, Cells]
    items: list[AskedItem]
    version: str


def own_figures(report: Report, revision: Revision | None = None) -> Own:
    """Of a filing what it froze; without one, what is typed in a report that is open, else what was last filed."""
    shown = revision or (None if report.is_editable else report.latest_revision)
    form = report.form_version
    if shown and shown.form_version_id != form.pk and shown.form_version:
        form = shown.form_version  # the report has moved to another version since
    items = asked_items.items_of_version(form, year=report.obligation.period.year)
    found = shown.content if shown else content.parse(report, drafts.typed(report), previous=None).content
    milestones = {item.code: item.milestone for item in items}
    cells = {
        code: mine
        for code, figures in (found.get("figures") or {}).items()
        if (mine := own_cells(figures, milestones.get(code)))
    }
    version = f"bản nộp lần {shown.number}" if shown else "bản nháp"
    return Own(cells | own_sums.answers(found) | own_sums.tasks_and_activities(found), items, version)


def own_figures_for_reader(report: Report) -> Own:
    """For who does not file for the unit: what was last filed, and nothing of what is only typed."""
    last = report.latest_revision
    return own_figures(report, last) if last else Own({}, [], "chưa nộp")


def table(part: Part, own: Own, *, counting: Counting = Counting.APPROVED, url: str = "") -> PartTable:
    """One duty below beside the unit's own figures; ``url`` is where the sums can be followed down."""
    counts = part.counts
    counted = counts["approved"] + (counts["submitted"] if counting != Counting.APPROVED else 0)
    kind = "đã duyệt" if counting == Counting.APPROVED else "đã duyệt hoặc chờ duyệt"
    asked = {item.code for item in part.items}
    return PartTable(
        name=part.name,
        words=f"{whole(counted)} báo cáo {kind} trên {whole(counts['expected'])} báo cáo phải nộp",
        url=url,
        rows=[_row(item, own, part, url) for item in part.items] + _register_rows(own, part, url),
        own_only=[item.label for item in own.items if item.code not in asked],
    )


def dashboard_url(row: Rollup, counting: Counting) -> str:
    """The page on which the row's sums are followed down to the reports."""
    page = reverse("reports:dashboard", args=[row.org_unit_id])
    return f"{page}?che_do={row.duty_id}&ky={row.period_id}&count={counting}"


def _row(item: AskedItem, own: Own, part: Part, url: str) -> ItemRow:
    mine, theirs = own.cells.get(item.code), part.figures.get(item.code)
    both = added(mine, theirs)
    expected = part.counts["expected"]
    if item.kind == ItemKind.SHARE:
        lines = _share_lines(item, mine, theirs, both)
    elif item.kind in CHOICE_KINDS:
        lines = _answer_lines(item, mine, theirs, both)
    else:
        lines = _value_lines(item, mine, theirs, both)
    return ItemRow(
        label=item.label,
        unit="đồng" if item.kind == ItemKind.MONEY else item.unit_of_count,
        goal=goal_text(item.milestone),
        lines=lines,
        source_own=source(mine, 1),
        source_below=source(theirs, expected),
        source_together=source(both, expected + 1),
        url=f"{url}&chi_tieu={item.code}" if url and item.kind == ItemKind.SHARE else url,
    )


def added(first: Cells | None, second: Cells | None) -> Cells | None:
    """The cells of both; None where neither has any."""
    if first is None or second is None:
        return second if first is None else first
    return {cell: first.get(cell, 0) + second.get(cell, 0) for cell in dict.fromkeys([*first, *second])}


def source(cells: Cells | None, expected: int) -> str:
    """From how many of how many units: "26/31 đơn vị, 1 không phát sinh"."""
    found = cells or {}
    words = f"{whole(found.get('units', 0))}/{whole(expected)} đơn vị"
    return f"{words}, {whole(found['nil'])} không phát sinh" if found.get("nil") else words


def _share_lines(item: AskedItem, *sides: Cells | None) -> list[Line]:
    def line(title: str, group: str = "", *, is_total: bool = False) -> Line:
        found = [share_line(cells, item.milestone, title=title, group=group, is_total=is_total) for cells in sides]
        own, theirs, both = [Shown(each.fraction, each.percent, bool(each.state)) for each in found]
        return Line(title, own, theirs, both, is_total)

    groups = [line(name, code) for code, name in item.groups] if len(item.groups) > 1 else []
    return [*groups, line("Cộng các nhóm" if groups else "", is_total=bool(groups))]


def _value_lines(item: AskedItem, *sides: Cells | None) -> list[Line]:
    def line(title: str, cell: str, *, is_total: bool = False) -> Line:
        own, theirs, both = [Shown(value_text(cells, cell), is_missing=cell not in (cells or {})) for cells in sides]
        return Line(title, own, theirs, both, is_total)

    answered = {cell for cells in sides for cell in cells or {}}
    groups = [line(name, f"{code}.v") for code, name in item.groups if f"{code}.v" in answered]
    return [*groups, line("Cộng" if groups else "", "v", is_total=bool(groups))]


def _answer_lines(item: AskedItem, *sides: Cells | None) -> list[Line]:
    """How many units gave which answer; an answer that nobody gave stands with 0."""

    def shown(cells: Cells | None, code: str) -> Shown:
        return Shown(MISSING, is_missing=True) if not cells else Shown(whole(cells.get(f"{code}.c", 0)))

    lines = []
    for code, name in item.groups:
        own, theirs, both = [shown(cells, code) for cells in sides]
        lines.append(Line(name, own, theirs, both))
    return lines


def _register_rows(own: Own, part: Part, url: str) -> list[ItemRow]:
    """The registers of activities and models; a row only where somebody has noted something."""
    rows = []
    for key, cell, label, unit in asked_items.REGISTERS:
        mine, theirs = own.cells.get(key), part.figures.get(key)
        sides = (mine, theirs, added(mine, theirs))
        if cell not in (sides[2] or {}):
            continue
        texts = [Shown(value_text(cells, cell), is_missing=cell not in (cells or {})) for cells in sides]
        rows.append(
            ItemRow(
                label=label,
                unit=unit,
                goal="",
                lines=[Line("", own=texts[0], below=texts[1], together=texts[2])],
                source_own=source(mine, 1),
                source_below=source(theirs, part.counts["expected"]),
                source_together=source(sides[2], part.counts["expected"] + 1),
                url=url,
            )
        )
    return rows


# --- who is missing -------------------------------------------------------------------------------------------------


class Missing(TextChoices):
    """Why a report below does not count, as the list is filtered."""

    ALL = "", "Tất cả"
    NONE = "chua-nop", "Chưa nộp"
    RETURNED = "dang-sua", "Bị trả lại, đang sửa"
    SUBMITTED = "cho-duyet", "Chờ duyệt"
    WAIVED = "duoc-mien", "Được miễn"
    LATE = "qua-han", "Quá hạn"


@dataclass(frozen=True)
class MissingLine:
    obligation: Obligation
    name: str
    state: states.State
    late: str  # "quá hạn 3 ngày", or empty
    is_owed: bool


@dataclass
class MissingTab:
    choice: Missing
    count: int
    is_current: bool = False


@dataclass
class MissingList:
    """The expected reports below that are not approved: how many in each state, and those of the chosen one."""

    tabs: list[MissingTab] = field(default_factory=list)
    found: ObligationQuerySet = field(default_factory=Obligation.objects.none)


def missing_list(rows: list[Rollup], *, asked: str, on: datetime.date) -> MissingList:
    """By the state asked for; an unknown one shows all. In order of names."""
    chosen = Missing(asked) if asked in Missing.values else Missing.ALL
    if not rows:
        return MissingList()
    expected = Q()
    for row in rows:
        expected |= Q(pk__in=below.expected_below(row).values("pk"))
    approved = Q(waived_at__isnull=True, report__status=Report.Status.APPROVED, report__isnull=False)
    lacking = Obligation.objects.filter(expected).exclude(approved).with_due()
    conditions = {choice: _is(choice, on=on) for choice in Missing}
    counts = lacking.aggregate(**{choice.name: Count("pk", filter=found) for choice, found in conditions.items()})
    tabs = [MissingTab(choice, counts[choice.name], choice == chosen) for choice in Missing]
    places = Placement.objects.filter(org_unit=OuterRef("org_unit"), valid_from__lte=rows[0].period.ends_on)
    name = Subquery(places.order_by("-valid_from").values("sort_name")[:1])
    found = lacking.filter(conditions[chosen]).annotate(sort=Coalesce(name, "path")).order_by("sort", "pk")
    return MissingList([tab for tab in tabs if tab.count or tab.is_current], found)


def _is(choice: Missing, *, on: datetime.date) -> Q:
    expected = Q(waived_at__isnull=True)
    not_filed = Q(report__isnull=True) | Q(report__status=Report.Status.DRAFT)
    match choice:
        case Missing.WAIVED:
            return Q(waived_at__isnull=False)
        case Missing.NONE:
            return expected & not_filed
        case Missing.RETURNED:
            return expected & Q(report__status=Report.Status.RETURNED)
        case Missing.SUBMITTED:
            return expected & Q(report__status=Report.Status.SUBMITTED)
        case Missing.LATE:
            return expected & (not_filed | Q(report__status=Report.Status.RETURNED)) & Q(due__lt=on)
    return Q(pk__isnull=False)


def missing_lines(page: list[Obligation], *, on: datetime.date) -> list[MissingLine]:
    """The lines of one page; needs ``report``, ``period`` and the unit's placements."""
    lines = []
    for row in page:
        is_owed = states.is_owed(row)
        days = row.days_left(on)
        lines.append(
            MissingLine(
                obligation=row,
                name=row.org_unit.name_on(row.period.ends_on),
                state=states.state_of(row),
                late=due_dates.days_left(days) if is_owed and days < 0 else "",
                is_owed=is_owed,
            )
        )
    return lines
