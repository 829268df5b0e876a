"""The consolidated part of a printed report: what the units below have filed, from how many of how many reports."""

import datetime
from dataclasses import replace

from plans.official.blocks import Block, Cell, Chart, Heading, Paragraph, plain
from plans.official.numbering import roman
from reports import dashboards
from reports.dashboard_figures import Counting, ShareLine, coverage, items_of, milestone_of, share_line, whole
from reports.models import FormItem, ItemKind, Obligation, Rollup
from reports.official_blocks import DASH, share_rows, shares_frame, table
from reports.own_sums import Cells
from reports.reading import MISSING, NIL, goal_text


def rows_below(obligation: Obligation) -> list[Rollup]:
    """Return the stored sums of what other units owe this one under the same plan for the same period."""
    rows = Rollup.objects.filter(
        basis=Rollup.Basis.AS_FILED,
        org_unit=obligation.org_unit,
        period=obligation.period,
        duty__plan=obligation.duty.plan_id,
        duty__recipient_unit=obligation.org_unit_id,
        expected__gt=0,
    )
    return list(rows.select_related("duty", "period").order_by("duty_id", "pk"))


def consolidated_part(row: Rollup, *, number: int, on: datetime.date) -> list[Block]:
    """Return one part of the report: its source in words, then shares, counts and amounts of approved reports only."""
    sums = Counting.APPROVED.of(row.subtree)
    items = items_of(row.duty, row.period.kind)
    state = dashboards.completeness(row, on=on)
    in_time = state.in_time.replace(" · ", ", ")
    source = (
        f"Số liệu trong phần này tổng hợp từ các đơn vị cấp dưới, chỉ tính {whole(row.approved)} báo cáo đã duyệt "
        f"trên {whole(row.expected)} báo cáo phải nộp; {in_time}."
    )
    blocks: list[Block] = [
        Heading(1, f"{roman(number)}.", "Số liệu tổng hợp của các đơn vị cấp dưới"),
        Paragraph(plain(source)),
    ]
    if state.chart:
        blocks.append(Chart(str(state.chart.render()), state.chart.title, state.chart.description))
    shares = [item for item in items if item.kind == ItemKind.SHARE]
    if shares:
        blocks.append(_consolidated_shares(shares, sums, year=row.period.year))
    values = [item for item in items if item.kind in (ItemKind.COUNT, ItemKind.MONEY)]
    if values:
        blocks.append(_consolidated_values(values, sums))
    return blocks


def _consolidated_shares(items: list[FormItem], sums: dict[str, Cells], *, year: int) -> Block:
    rows = []
    for number, item in enumerate(items, start=1):
        cells, milestone = sums.get(item.code), milestone_of(item, year)
        groups = list(item.target.indicator.groups.all()) if item.target else []
        lines = [share_line(cells, milestone, title=group.name, group=group.code) for group in groups]
        together = share_line(cells, milestone, title="Cộng" if groups else "", is_total=bool(groups))
        shown = [_shown(line) for line in (*lines, together)]
        rows += share_rows(str(number), item.label, goal_text(milestone), shown, state=together.state)
    return shares_frame(rows)


def _shown(line: ShareLine) -> ShareLine:
    """The line as a table shows it: why there is no number stands where the number would."""
    if not line.state:
        return replace(line, percent=line.percent or DASH)
    return replace(line, numerator=line.state, denominator=line.state, percent=DASH)


def _consolidated_values(items: list[FormItem], sums: dict[str, Cells]) -> Block:
    rows = []
    for number, item in enumerate(items, start=1):
        cells = sums.get(item.code)
        unit = "đồng" if item.kind == ItemKind.MONEY else item.unit_of_count
        texts = (str(number), item.label, unit, _value_text(cells), coverage(cells))
        rows.append(tuple(Cell(text) for text in texts))
    return table(
        ("TT", "Nội dung", "Đơn vị tính", "Kết quả", "Từ số đơn vị"),
        (6, 42, 13, 17, 22),
        ("center", "left", "center", "right", "left"),
        rows,
    )


def _value_text(cells: Cells | None) -> str:
    """The sum, or why there is none: zero, nil and missing are three things."""
    if cells and "v" in cells:
        return whole(cells["v"])
    return NIL if cells and cells.get("nil") else MISSING
