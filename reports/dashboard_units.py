"""The table of the units directly below: each with its share, verdict, coverage, timeliness, and the way further down.

The lines add up to the last one. A unit that has since left the reader's scope stays in the sum, without its name.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from django.urls import reverse

from orgunits.models import OrgUnit, User
from reports import charts, due_dates, states
from reports.dashboard_figures import Counting, ShareLine, share_line, short_title, whole
from reports.models import FormItem, Obligation, Period, Report, Rollup
from reports.own_sums import COUNTS, Figures, Sums
from reports.reading import goal_text
from reports.states import State
from targets.models import Milestone

MOST_BARS = 48
BARS_IN_A_CHART = 16


@dataclass(frozen=True)
class UnitRow:
    """One line; ``url`` leads to the unit's own page, ``report_url`` to its single report."""

    name: str
    sort_name: str
    note: str
    url: str
    report_url: str
    figure: ShareLine | None
    reports: str
    state: State | None
    timeliness: str
    is_late: bool


@dataclass
class UnitTable:
    rows: list[UnitRow]
    total: UnitRow
    item: FormItem | None
    goal: str
    has_children: bool
    bar_charts: list[charts.BarChart] = field(default_factory=list)
    bars_left_out: int = 0


@dataclass(frozen=True)
class Place:
    """From where the table looks down."""

    row: Rollup
    period: Period
    counting: Counting
    item: FormItem | None
    milestone: Milestone | None
    on: datetime.date

    @property
    def is_restated(self) -> bool:
        return self.row.basis == Rollup.Basis.RESTATED

    @property
    def tree(self) -> str:
        """The tree in words."""
        return str(Rollup.Basis(self.row.basis).label).lower()


def unit_table(place: Place, *, user: User, own: Obligation | None) -> UnitTable:
    """The lines in name order, the unit's own report first."""
    row = place.row
    slot = {"duty": row.duty_id, "period": row.period_id}
    below = Rollup.objects.filter(**slot, parent=row.org_unit_id, basis=row.basis)
    children = list(below.defer("own").order_by("pk"))
    obligations = {
        obligation.org_unit_id: obligation
        for obligation in Obligation.objects.filter(**slot, org_unit__in=[child.org_unit_id for child in children])
        .select_related("report")
        .defer("report__draft")
    }
    visible = {
        unit.pk: unit
        for unit in OrgUnit.objects.visible_to(user, place.on)
        .filter(pk__in=[child.org_unit_id for child in children])
        .prefetch_related("placements")
    }
    named = [
        _child_row(place, child, visible[child.org_unit_id], obligations.get(child.org_unit_id))
        for child in children
        if child.org_unit_id in visible
    ]
    rows = sorted(named, key=lambda line: line.sort_name)
    if place.is_restated:
        rows[:0] = _inherited_row(place, children, own)
    elif own is not None:
        rows.insert(0, _own_row(place, own))
    hidden = [child for child in children if child.org_unit_id not in visible]
    if hidden:
        rows.append(_hidden_row(place, hidden))
    item = place.item
    table = UnitTable(rows, _total_row(place), item, goal_text(place.milestone), has_children=bool(children))
    if item is not None and len(rows) > 1:
        _draw(table, place)
    return table


def _child_row(place: Place, child: Rollup, unit: OrgUnit, obligation: Obligation | None) -> UnitRow:
    on = place.on if place.is_restated else min(place.period.ends_on, place.on)
    spot = unit.placement_on(on) or unit.latest_placement
    has_units_below = child.expected + child.waived > (1 if obligation else 0)
    report_url = "" if has_units_below or obligation is None else _report_url(obligation)
    if place.is_restated and not report_url:
        has_units_below = True  # what it took over is explained on its own page
    state, timeliness, is_late = None, _in_time(child), False
    if not has_units_below and obligation is not None:
        state = states.state_of(obligation)
        timeliness, is_late = _timeliness(obligation, on=place.on)
    return UnitRow(
        name=unit.name_on(on),
        sort_name=spot.sort_name if spot else "",
        note="",
        url=_dashboard_url(place, unit.pk) if has_units_below else report_url,
        report_url=report_url,
        figure=_figure(place, child.subtree),
        reports=f"{whole(child.approved)}/{whole(child.expected)} đã duyệt",
        state=state,
        timeliness=timeliness,
        is_late=is_late,
    )


def _own_row(place: Place, own: Obligation) -> UnitRow:
    timeliness, is_late = _timeliness(own, on=place.on)
    return UnitRow(
        name="Số liệu riêng của đơn vị",
        sort_name="",
        note="Báo cáo của chính đơn vị, không gồm các đơn vị trực thuộc",
        url=_report_url(own),
        report_url=_report_url(own),
        figure=_figure(place, place.row.own),
        reports="",
        state=states.state_of(own),
        timeliness=timeliness,
        is_late=is_late,
    )


def _inherited_row(place: Place, children: Sequence[Rollup], own: Obligation | None) -> list[UnitRow]:
    """In today's tree: the unit's own figures with those of the units that it succeeds, if there are any."""
    row = place.row
    counts = {name: getattr(row, name) - sum(getattr(child, name) for child in children) for name in COUNTS}
    if not row.own and not any(counts.values()):
        return []
    return [
        UnitRow(
            name="Số liệu riêng của đơn vị",
            sort_name="",
            note="Gồm cả số liệu riêng của các đơn vị mà đơn vị này kế thừa, không gồm các đơn vị trực thuộc",
            url=_report_url(own) if own else "",
            report_url=_report_url(own) if own else "",
            figure=_figure(place, row.own),
            reports=f"{whole(counts['approved'])}/{whole(counts['expected'])} đã duyệt",
            state=None,
            timeliness=_in_time_words(counts["on_time"], counts["expected"]),
            is_late=False,
        )
    ]


def _hidden_row(place: Place, hidden: Sequence[Rollup]) -> UnitRow:
    sums = Sums()
    for child in hidden:
        sums.add(child.subtree, {name: getattr(child, name) for name in COUNTS})
    return UnitRow(
        name=f"{len(hidden)} đơn vị nay không còn trực thuộc",
        sort_name="",
        note="Khi đó còn trực thuộc nên vẫn tính vào tổng; nay ngoài phạm vi được xem",
        url="",
        report_url="",
        figure=_figure(place, sums.figures),
        reports=f"{whole(sums.counts['approved'])}/{whole(sums.counts['expected'])} đã duyệt",
        state=None,
        timeliness=_in_time_words(sums.counts["on_time"], sums.counts["expected"]),
        is_late=False,
    )


def _total_row(place: Place) -> UnitRow:
    row = place.row
    return UnitRow(
        name="Tổng hợp",
        sort_name="",
        note="",
        url="",
        report_url="",
        figure=_figure(place, row.subtree),
        reports=f"{whole(row.approved)}/{whole(row.expected)} đã duyệt",
        state=None,
        timeliness=_in_time(row),
        is_late=False,
    )


def _figure(place: Place, figures: Figures) -> ShareLine | None:
    item = place.item
    return share_line(place.counting.of_item(figures, item.code), place.milestone) if item else None


def _dashboard_url(place: Place, unit: int) -> str:
    query = f"?che_do={place.row.duty_id}&ky={place.row.period_id}&count={place.counting.value}"
    code = f"&chi_tieu={place.item.code}" if place.item else ""
    tree = "&to_chuc=hien-nay" if place.is_restated else ""
    return reverse("reports:dashboard", args=[unit]) + query + code + tree


def _report_url(obligation: Obligation) -> str:
    """The report once something was filed; before that the page of what is expected."""
    report: Report | None = getattr(obligation, "report", None)
    if report is not None and report.first_submitted_at:
        return reverse("reports:report_detail", args=[report.pk])
    return reverse("reports:obligation_detail", args=[obligation.pk])


def _timeliness(obligation: Obligation, *, on: datetime.date) -> tuple[str, bool]:
    """Filed in time or how late; not filed: how many days are left or have passed. True where it is late."""
    report: Report | None = getattr(obligation, "report", None)
    filed = states.timeliness(obligation, report) if report else None
    if filed is not None:
        return filed.label, filed.code == "late"
    days = states.days_left(obligation, on=on)
    if days is None:  # waived
        return "", False
    words = due_dates.days_left(days)
    return words[:1].upper() + words[1:], days < 0


def _in_time(row: Rollup) -> str:
    return _in_time_words(row.on_time, row.expected)


def _in_time_words(on_time: int, expected: int) -> str:
    return f"{whole(on_time)}/{whole(expected)} đúng hạn"


def _draw(table: UnitTable, place: Place) -> None:
    """Bars from the lowest share to the highest, those without figures last; at most ``MOST_BARS`` of the lowest."""
    item = place.item
    lines = [line for line in table.rows if line.figure is not None]
    lines.sort(key=lambda line: (_share(line) is None, _share(line) or Fraction(0)))
    table.bars_left_out = max(0, len(lines) - MOST_BARS)
    lines = lines[:MOST_BARS]
    if item is None or not any(_share(line) is not None for line in lines):
        return
    percent: Decimal | None = place.milestone.percent if place.milestone else None
    for number, start in enumerate(range(0, len(lines), BARS_IN_A_CHART), start=1):
        part = lines[start : start + BARS_IN_A_CHART]
        table.bar_charts.append(
            charts.bars(
                f"don-vi-{number}",
                [_bar(line) for line in part],
                title=f"{short_title(item)} theo đơn vị ({start + 1}–{start + len(part)} trong {len(lines)}), "
                f"{place.tree}",
                goal=percent,
                goal_label=table.goal,
            )
        )


def _share(line: UnitRow) -> Fraction | None:
    return line.figure.share if line.figure else None


def _bar(line: UnitRow) -> charts.Bar:
    figure = line.figure
    if figure is None or figure.share is None:
        return charts.Bar(line.name, None, figure.state if figure else "", figure.fraction if figure else "", None)
    words = f"{figure.percent} · {figure.verdict.lower()}" if figure.verdict else figure.percent
    met = {"ok": True, "warn": False}.get(figure.verdict_kind)
    return charts.Bar(line.name, figure.share, words, figure.fraction, met)
