"""Turns stored sums into what a dashboard says about them: shares with verdicts, counts, amounts, task statuses.

A percentage is only ever Σ numerators ÷ Σ denominators. Missing, zero and *không phát sinh* stay three things, and
every text comes ready, so that the templates only place it.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Any

from django.db.models import TextChoices
from django.utils.formats import get_format, number_format

from plans.models import ReportingDuty
from reports import charts
from reports.form_fields import CHOICE_KINDS, FIGURE_KINDS
from reports.models import FormItem, FundingSource, Period, Rollup
from reports.own_sums import Cells, Figures, share_of
from reports.reading import NIL, VERDICT_KINDS, goal_text
from targets import evaluation
from targets.evaluation import Verdict
from targets.models import Milestone
from targets.trajectory import milestone_in_force, next_milestone, path_to

MISSING = "chưa có số liệu"  # nothing that counts: not filed, not yet approved, or the question left open
ACTIVITY_LABELS = {
    "n": ("Hoạt động đã tổ chức", "hoạt động"),
    "children_reached": ("Lượt trẻ em tham gia, thụ hưởng", "lượt"),
    "families_reached": ("Lượt gia đình tham gia, thụ hưởng", "lượt"),
    "amount_spent": ("Kinh phí tổ chức hoạt động", "đồng"),
}
SOURCE_LABELS = {f"amount_{source}": (str(source.label), "đồng") for source in FundingSource}
MODEL_LABELS = {
    "n": ("Mô hình có ghi nhận trong kỳ", "mô hình"),
    "started": ("Mới bắt đầu", "mô hình"),
    "kept": ("Duy trì", "mô hình"),
    "improved": ("Cải tiến", "mô hình"),
    "spread": ("Nhân rộng", "mô hình"),
    "places": ("Nơi nhân rộng thêm", "nơi"),
    "ended": ("Kết thúc", "mô hình"),
}


class Counting(TextChoices):
    """Which reports count; only approved ones unless somebody asks for more."""

    APPROVED = "approved", "Chỉ báo cáo đã duyệt"
    SUBMITTED = "submitted", "Đã duyệt và chờ duyệt"
    ALL = "all", "Tất cả đã nộp, kể cả bị trả lại"

    @property
    def buckets(self) -> tuple[str, ...]:
        every = ("approved", "submitted", "returned")
        return every[: list(Counting).index(self) + 1]

    def of(self, figures: Figures) -> dict[str, Cells]:
        """The cells of every item over the buckets that count."""
        codes = {code: None for bucket in self.buckets for code in figures.get(bucket, {})}
        return {code: cells for code in codes if (cells := self.of_item(figures, code)) is not None}

    def of_item(self, figures: Figures, code: str) -> Cells | None:
        """The cells of one item over the buckets that count; None where no report that counts answered it."""
        parts = [found for bucket in self.buckets if (found := figures.get(bucket, {}).get(code)) is not None]
        if len(parts) < 2:
            return parts[0] if parts else None
        return {cell: sum(part.get(cell, 0) for part in parts) for cell in dict.fromkeys(chain(*parts))}


# --- shares -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShareLine:
    """One group of an indicator, or all together: exact inside, ready texts outside."""

    title: str
    numerator: str
    denominator: str
    percent: str
    verdict: str
    verdict_kind: str
    state: str = ""  # "", NIL or MISSING
    share: Fraction | None = None
    is_total: bool = False

    @property
    def fraction(self) -> str:
        return self.state or f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True)
class IndicatorCard:
    """What the page says about one indicator."""

    code: str
    title: str
    short_title: str
    unit_of_count: str
    goal: str
    together: ShareLine
    groups: list[ShareLine]
    own: ShareLine | None
    distance: str
    way: str
    units_met: str
    coverage: str
    trend: charts.TrendChart | None


def items_of(duty: ReportingDuty, kind: str) -> list[FormItem]:
    """The figures that the duty's forms ask or once asked, in the order of the newest form; each code once."""
    return [item for item in summed_items(duty, kind) if item.kind in FIGURE_KINDS]


def summed_items(duty: ReportingDuty, kind: str) -> list[FormItem]:
    """As ``items_of`` with the choices; a group or an answer that a form no longer has keeps its name."""
    found = (
        FormItem.objects.filter(version__form__duty=duty, version__form__period_kind=kind)
        .filter(version__published_at__isnull=False, kind__in=(*FIGURE_KINDS, *CHOICE_KINDS))
        .select_related("target__indicator")
        .prefetch_related("target__indicator__groups", "target__milestones")
        .order_by("-version__number", "order", "pk")
    )
    items: dict[str, FormItem] = {}
    for item in found:
        newest = items.setdefault(item.code, item)
        newest.groups = _with_older(newest.groups, item.groups)
        newest.choices = _with_older(newest.choices, item.choices)
    return list(items.values())


def _with_older(named: list[dict[str, str]], older: list[dict[str, str]]) -> list[dict[str, str]]:
    known = {row["code"] for row in named}
    return [*named, *(row for row in older if row["code"] not in known)]


def milestones_of(item: FormItem) -> list[Milestone]:
    return list(item.target.milestones.all()) if item.target else []


def milestone_of(item: FormItem, year: int) -> Milestone | None:
    """The milestone against which that year's figures are read."""
    return milestone_in_force(milestones_of(item), year=year)


def short_title(item: FormItem) -> str:
    return item.target.indicator.short_name if item.target else item.label


def share_line(
    cells: Cells | None, milestone: Milestone | None, *, title: str = "", group: str = "", is_total: bool = False
) -> ShareLine:
    """One line of an indicator; with ``group`` only that group's numbers."""
    numerator, denominator = _numbers(cells or {}, group)
    goal = _goal(milestone)
    verdict = evaluation.assess(numerator, denominator, **goal).verdict if goal else None
    state = ""
    if numerator is None:
        state = NIL if cells and cells.get("nil") and not cells.get("units") else MISSING
    return ShareLine(
        title=title,
        numerator="" if numerator is None else whole(numerator),
        denominator="" if denominator is None else whole(denominator),
        percent=evaluation.percent_text(numerator, denominator, **goal),
        verdict=str(verdict.label) if verdict else "",
        verdict_kind=VERDICT_KINDS[verdict] if verdict else "",
        state=state,
        share=evaluation.ratio(numerator, denominator),
        is_total=is_total,
    )


def _goal(milestone: Milestone | None) -> dict[str, Any]:
    """The milestone as arguments of targets/evaluation.py."""
    return {"operator": milestone.operator, "percent": milestone.percent} if milestone else {}


def _numbers(cells: Cells, group: str) -> tuple[int | None, int | None]:
    if group:
        return cells.get(f"{group}.n"), cells.get(f"{group}.d")
    return share_of(cells) or (None, None)


def indicator_card(
    item: FormItem,
    *,
    period: Period,
    own: Cells | None,
    subtree: Cells | None,
    history: Sequence[tuple[int, Cells | None]],
    on: datetime.date,
    tree: str,
) -> IndicatorCard:
    """``history`` holds the sums of the subtree by year, for periods of the same kind, oldest first; ``tree`` says
    in words in which tree."""
    milestone = milestone_of(item, period.year)
    together = share_line(subtree, milestone, title="Cộng", is_total=True)
    return IndicatorCard(
        code=item.code,
        title=item.label,
        short_title=short_title(item),
        unit_of_count=item.unit_of_count,
        goal=goal_text(milestone),
        together=together,
        groups=_group_lines(item, subtree or {}, milestone),
        own=share_line(own, milestone) if own else None,
        distance=_distance(subtree or {}, milestone, item.unit_of_count),
        way=_way(item, together, period, on=on),
        units_met=_units_met(subtree, milestone),
        coverage=coverage(subtree),
        trend=_trend(item, history, ahead=_milestone_ahead(item, period, on=on), tree=tree),
    )


def _group_lines(item: FormItem, cells: Cells, milestone: Milestone | None) -> list[ShareLine]:
    """The groups of the indicator, and after them any that an older form asked."""
    named = {group["code"]: group["name"] for group in item.groups}
    if item.target:
        named = {group.code: group.name for group in item.target.indicator.groups.all()}
    answered = [cell[: -len(".n")] for cell in cells if cell.endswith(".n")]
    for code in answered:
        named.setdefault(code, "Không phân tổ" if code == "all" else code)
    if len(named) < 2:
        return []
    return [share_line(cells, milestone, title=name, group=code) for code, name in named.items()]


def _distance(cells: Cells, milestone: Milestone | None, unit_of_count: str) -> str:
    """How far the figure is from the milestone, in people and in percentage points."""
    if milestone is None:
        return ""
    numerator, denominator = _numbers(cells, "")
    found = evaluation.assess(numerator, denominator, operator=milestone.operator, percent=milestone.percent)
    if found.verdict == Verdict.NO_DATA or found.ratio is None:
        return ""
    if found.verdict == Verdict.MET:
        above = found.ratio * 100 - Fraction(milestone.percent)
        return f"Cao hơn mốc {points(above)} điểm phần trăm." if above else "Vừa đúng mốc."
    if not found.reachable:
        return "Với mẫu số hiện nay, mốc này không thể đạt."
    lacking = f"Còn thiếu {whole(found.missing_count or 0)} {unit_of_count or 'đơn vị tính'} để đạt"
    return (
        f"{lacking} (kém mốc {points(found.missing_points)} điểm phần trăm)." if found.missing_points else f"{lacking}."
    )


def _way(item: FormItem, together: ShareLine, period: Period, *, on: datetime.date) -> str:
    """The straight way from a figure of our days to the next milestone, in words."""
    day = min(on, period.ends_on)
    ahead = _milestone_ahead(item, period, on=on)
    path = path_to(together.share, on=day, milestone=ahead) if ahead else None
    if ahead is None or path is None or together.share is None:
        return ""
    goal = _percent_words(ahead)
    if evaluation.is_met(together.share, operator=ahead.operator, percent=ahead.percent):
        return f"Đã đạt mốc năm {ahead.year} ({goal}); cần giữ vững."
    return (
        f"Để đạt {goal} vào năm {ahead.year}, cần tăng bình quân {points(path.points_a_year)} điểm phần trăm mỗi năm."
    )


def _milestone_ahead(item: FormItem, period: Period, *, on: datetime.date) -> Milestone | None:
    """None for an old period: nobody starts from there any more."""
    return next_milestone(milestones_of(item), on=on) if period.year >= on.year - 1 else None


def _units_met(cells: Cells | None, milestone: Milestone | None) -> str:
    if milestone is None or not cells or not cells.get("units"):
        return ""
    return f"{whole(cells.get('met', 0))}/{whole(cells['units'])} đơn vị có số liệu đạt mốc"


def coverage(cells: Cells | None) -> str:
    """From how many reports the figure comes: "26 đơn vị có số liệu · 1 không phát sinh"."""
    if not cells:
        return "Chưa có báo cáo nào được tính có số liệu này"
    words = f"{whole(cells.get('units', 0))} đơn vị có số liệu"
    return f"{words} · {whole(cells['nil'])} không phát sinh" if cells.get("nil") else words


def _trend(
    item: FormItem, history: Sequence[tuple[int, Cells | None]], *, ahead: Milestone | None, tree: str
) -> charts.TrendChart | None:
    milestones = milestones_of(item)
    drawn = []
    for year, cells in history:
        numerator, denominator = _numbers(cells or {}, "")
        detail = f"{whole(numerator)}/{whole(denominator)}" if numerator is not None and denominator is not None else ""
        percent = evaluation.percent_text(numerator, denominator, **_goal(milestone_of(item, year)))
        drawn.append(charts.TrendPoint(year, evaluation.ratio(numerator, denominator), percent, detail))
    if not any(point.share is not None for point in drawn):
        return None
    goals = [charts.Goal(row.year, row.percent, _percent_words(row)) for row in milestones]
    aim = next((goal for goal in goals if ahead and goal.year == ahead.year), None)
    title = f"{short_title(item)} qua các năm, {tree}"
    return charts.trend(f"xu-huong-{item.code}", drawn, goals, title=title, aim=aim)


# --- writing ------------------------------------------------------------------------------------------------------


def value_text(cells: Cells | None, cell: str) -> str:
    """The sum, or why there is none."""
    if cells and cell in cells:
        return whole(cells[cell])
    return NIL if cells and cells.get("nil") else MISSING


def whole(value: int) -> str:
    """1234567 as 1.234.567; a page has a thousand of them, and number_format asks the settings each time."""
    return f"{value:,}".replace(",", str(get_format("THOUSAND_SEPARATOR")))


def points(value: Fraction | None) -> str:
    """Percentage points with as many decimals as it takes not to read as zero."""
    exact = value or Fraction(0)
    decimals = 1
    while exact and exact < Fraction(1, 10**decimals) and decimals < evaluation.MOST_DECIMALS:
        decimals += 1
    return number_format(evaluation.shown_percent(exact / 100, decimals=decimals))


def _percent_words(milestone: Milestone) -> str:
    percent = number_format(Decimal(milestone.percent).normalize())
    return f"trên {percent} %" if milestone.operator == Milestone.Operator.OVER else f"từ {percent} %"


def same_kind(rows: Iterable[Rollup], period: Period) -> list[Rollup]:
    """The rows of the periods up to this one and of its kind: a half-year stands beside half-years only."""
    alike = [row for row in rows if row.period.kind == period.kind and row.period.year <= period.year]
    return sorted(alike, key=lambda row: row.period.year)
