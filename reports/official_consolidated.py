"""The consolidated part of a printed report: what the units below have filed, from how many of how many reports."""

import datetime
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from django.utils import timezone

from plans.official.blocks import Appendix, Block, Bullet, Cell, Chart, Heading, Paragraph, Row, plain
from plans.official.numbering import roman
from reports import below, dashboards
from reports.absent import Absent, absent
from reports.asked_items import REGISTERS, AskedItem
from reports.below import Part
from reports.dashboard_figures import ShareLine, coverage, share_line, whole
from reports.form_fields import CHOICE_KINDS, NUMBER_KINDS
from reports.models import ItemKind, Revision, Snapshot
from reports.official_blocks import DASH, share_rows, shares_frame, table
from reports.official_charts import has_charts
from reports.own_sums import Cells
from reports.reading import MISSING, NIL, goal_text

NAMES_IN_TEXT: Final = 20


@dataclass(frozen=True)
class Consolidated:
    """What a printed report says of the units below; ``as_of`` is the moment in words at which it was frozen."""

    parts: list[Part]
    absent: list[Absent]
    as_of: str = ""


def consolidated(revision: Revision) -> Consolidated:
    """Return what was sent with the revision; for one without a snapshot, what is known today."""
    obligation = revision.report.obligation
    snapshot = Snapshot.objects.filter(revision=revision).first()
    picture = below.as_sent(snapshot) if snapshot else below.today(below.rows_below(obligation))
    lacking = absent(picture.children, on=obligation.period.ends_on)
    return Consolidated(picture.parts, lacking, as_of_words(snapshot) if snapshot else "")


def as_of_words(snapshot: Snapshot) -> str:
    """Return the moment at which the sums were frozen: ``lúc 10:42 ngày 23/11/2026``."""
    at = timezone.localtime(snapshot.taken_at)
    return f"lúc {at:%H:%M} ngày {at:%d/%m/%Y}"


def absent_in_text(sums: Consolidated) -> list[Block]:
    """Return the units whose reports do not count, by name; many of them stand in an appendix."""
    if not sums.absent:
        return []
    opening = f"Có {whole(len(sums.absent))} đơn vị chưa có báo cáo được duyệt nên chưa tính vào số liệu tổng hợp"
    if len(sums.absent) > NAMES_IN_TEXT:
        return [Paragraph(plain(f"{opening} (danh sách tại phụ lục)."))]
    listed = []
    for state, units in groupby(sums.absent, key=lambda unit: unit.words):
        names = [unit.name for unit in units]
        listed.append(f"{state[:1].upper()}{state[1:]} ({len(names)}): {', '.join(names)}")
    ends = [*[";"] * (len(listed) - 1), "."]
    bullets = [Bullet(plain(text + end)) for text, end in zip(listed, ends, strict=True)]
    return [Paragraph(plain(f"{opening}:")), *bullets]


def absent_in_appendix(sums: Consolidated) -> list[Appendix]:
    """Return the appendix with the names that are too many for the text."""
    if len(sums.absent) <= NAMES_IN_TEXT:
        return []
    rows = [
        (Cell(str(number)), Cell(unit.name), Cell(unit.words[:1].upper() + unit.words[1:]))
        for number, unit in enumerate(sums.absent, start=1)
    ]
    listing = table(("TT", "Đơn vị", "Tình trạng báo cáo"), (8, 62, 30), ("center", "left", "left"), rows)
    return [Appendix("Danh sách đơn vị chưa có báo cáo được duyệt", (listing,))]


def consolidated_part(part: Part, *, number: int, on: datetime.date, as_of: str = "") -> list[Block]:
    """Return one part of the report: its source in words, then shares, counts and amounts of approved reports only.

    ``as_of`` is the moment in words at which the figures were frozen; empty for figures of today.
    """
    counts = part.counts
    state = dashboards.completeness(part.rollup, on=on)
    in_time = state.in_time.replace(" · ", ", ")
    when = f" Số liệu chốt {as_of}, khi gửi báo cáo." if as_of else ""
    source = (
        "Số liệu trong phần này tổng hợp từ các đơn vị cấp dưới theo tổ chức khi đó (trong kỳ báo cáo), chỉ tính "
        f"{whole(counts['approved'])} báo cáo đã duyệt trên "
        f"{whole(counts['expected'])} báo cáo phải nộp; {in_time}.{when}"
    )
    blocks: list[Block] = [
        Heading(1, f"{roman(number)}.", "Số liệu tổng hợp của các đơn vị cấp dưới"),
        Paragraph(plain(source)),
    ]
    if state.chart:
        blocks.append(Chart(str(state.chart.render()), state.chart.title, state.chart.description))
    shares = [item for item in part.items if item.kind == ItemKind.SHARE]
    if shares:
        blocks.append(_consolidated_shares(shares, part.figures))
    if has_charts(part):
        blocks.append(Paragraph(plain("Biểu đồ kết quả so với mục tiêu ở phụ lục kèm theo báo cáo này.")))
    values = [item for item in part.items if item.kind in NUMBER_KINDS]
    noted = [row for row in REGISTERS if row[1] in part.figures.get(row[0], {})]
    if values or noted:
        blocks.append(_consolidated_values(values, part.figures, noted))
    questions = [item for item in part.items if item.kind in CHOICE_KINDS]
    if questions:
        blocks.append(_consolidated_answers(questions, part.figures))
    return blocks


def _consolidated_shares(items: list[AskedItem], sums: dict[str, Cells]) -> Block:
    rows = []
    for number, item in enumerate(items, start=1):
        cells = sums.get(item.code)
        lines = [share_line(cells, item.milestone, title=name, group=code) for code, name in item.groups]
        title = "Cộng" if item.groups else ""
        together = share_line(cells, item.milestone, title=title, is_total=bool(item.groups))
        shown = [_shown(line) for line in (*lines, together)]
        rows += share_rows(str(number), item.label, goal_text(item.milestone), shown, state=together.state)
    return shares_frame(rows)


def _shown(line: ShareLine) -> ShareLine:
    """The line as a table shows it: why there is no number stands where the number would."""
    if not line.state:
        return replace(line, percent=line.percent or DASH)
    return replace(line, numerator=line.state, denominator=line.state, percent=DASH)


def _consolidated_values(
    items: list[AskedItem], sums: dict[str, Cells], noted: list[tuple[str, str, str, str]]
) -> Block:
    """Counts and amounts, and after them the registers of activities and models."""
    rows = []
    for number, item in enumerate(items, start=1):
        cells = sums.get(item.code)
        unit = "đồng" if item.kind == ItemKind.MONEY else item.unit_of_count
        texts = (str(number), item.label, unit, _value_text(cells), coverage(cells))
        rows.append(tuple(Cell(text) for text in texts))
        named = [(name, cells[f"{code}.v"]) for code, name in item.groups if cells and f"{code}.v" in cells]
        rows += [_group_row(name, unit, value) for name, value in named]
    for number, (key, cell, label, unit) in enumerate(noted, start=len(items) + 1):
        texts = (str(number), label, unit, whole(sums[key][cell]), coverage(sums[key]))
        rows.append(tuple(Cell(text) for text in texts))
    return table(
        ("TT", "Nội dung", "Đơn vị tính", "Kết quả", "Từ số đơn vị"),
        (6, 42, 13, 17, 22),
        ("center", "left", "center", "right", "left"),
        rows,
    )


def _consolidated_answers(items: list[AskedItem], sums: dict[str, Cells]) -> Block:
    """How many units gave which answer."""
    rows = []
    for number, item in enumerate(items, start=1):
        cells = sums.get(item.code)
        counts = [f"{name}: {whole((cells or {}).get(f'{code}.c', 0))} đơn vị" for code, name in item.groups]
        texts = (str(number), item.label, "; ".join(counts) if cells else MISSING, coverage(cells))
        rows.append(tuple(Cell(text) for text in texts))
    return table(
        ("TT", "Nội dung", "Số đơn vị trả lời", "Từ số đơn vị"),
        (6, 42, 30, 22),
        ("center", "left", "left", "left"),
        rows,
    )


def _group_row(name: str, unit: str, value: int) -> Row:
    """One group of a count, below the sum of all."""
    return tuple(Cell(text, italic=True) for text in ("", name, unit, whole(value), ""))


def _value_text(cells: Cells | None) -> str:
    """The sum, or why there is none: zero, nil and missing are three things."""
    if cells and "v" in cells:
        return whole(cells["v"])
    return NIL if cells and cells.get("nil") else MISSING
