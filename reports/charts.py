"""Charts as drawings on the server: here the geometry, in templates/reports/charts/*.svg the strokes.

One drawing serves the screen and the printed page: it scales by its viewBox, speaks without colour (patterns and
words), carries title and description, and every chart brings its numbers as a table. Coordinates are ready strings,
because a template would write 12.5 as "12,5".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.safestring import SafeString

from reports.chart_patterns import dots, hatching

WIDTH = 400  # units of every viewBox: a telephone shows them nearly one to one
LABEL_LENGTH = 40  # letters that fit beside a value
ROW_HEIGHT = 37
LABEL_WIDTH = 44  # of "92,4 %" with some air
HUNDRED = Fraction(100)


@dataclass(frozen=True)
class ChartTable:
    """The same numbers for who does not see the drawing."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Chart:
    """What every drawing has; ``key`` keeps the ids of one page apart."""

    key: str
    title: str
    description: str
    height: str
    table: ChartTable
    template: str = field(default="", init=False)

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {self.height}"

    def render(self) -> SafeString:
        """The drawing as an inline SVG element."""
        return render_to_string(self.template, {"chart": self})


def coordinate(value: Fraction | float) -> str:
    return f"{float(value):.1f}"


def shortened(text: str, length: int = LABEL_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip(" ,.–-") + "…"


# --- completeness: one bar in parts -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """``look`` names the pattern: approved, submitted, returned or missing."""

    look: str
    label: str
    count: int


@dataclass(frozen=True)
class DrawnPart:
    look: str
    label: str
    count: int
    x: str
    width: str
    middle: str
    legend_x: str
    legend_text_x: str
    legend_y: str
    legend_text_y: str
    is_wide: bool
    strokes: str  # what tells the part apart without colour
    legend_strokes: str


@dataclass(frozen=True)
class CompletenessChart(Chart):
    parts: list[DrawnPart]
    template: str = field(default="reports/charts/completeness.svg", init=False)


def completeness(key: str, parts: Sequence[Part], *, title: str) -> CompletenessChart:
    """Reports by state as one bar; states that do not occur are left out of the drawing and stay in the table."""
    total = sum(part.count for part in parts)
    drawn: list[DrawnPart] = []
    x = Fraction(0)
    for part in parts:
        if not part.count:
            continue
        width = Fraction(part.count * WIDTH, total)
        column, line = len(drawn) % 2, len(drawn) // 2
        drawn.append(
            DrawnPart(
                look=part.look,
                label=part.label,
                count=part.count,
                x=coordinate(x),
                width=coordinate(width),
                middle=coordinate(x + width / 2),
                legend_x=str(column * WIDTH // 2),
                legend_text_x=str(column * WIDTH // 2 + 20),
                legend_y=str(42 + 22 * line),
                legend_text_y=str(53 + 22 * line),
                is_wide=width > 9 + 9 * len(str(part.count)),
                strokes=_strokes(part.look, float(x), 1, float(width), 26),
                legend_strokes=_strokes(part.look, column * WIDTH / 2, 42 + 22 * line, 14, 14),
            )
        )
        x += width
    words = "; ".join(f"{part.label}: {part.count}" for part in parts)
    return CompletenessChart(
        key=key,
        title=title,
        description=f"Trong {total} báo cáo phải nộp: {words}.",
        height=str(38 + 22 * ceil(len(drawn) / 2)),
        table=ChartTable(("Tình trạng", "Số báo cáo"), [(part.label, _whole(part.count)) for part in parts]),
        parts=drawn,
    )


def _strokes(look: str, x: float, y: float, width: float, height: float) -> str:
    if look == "submitted":
        return hatching(x, y, width, height)
    return dots(x, y, width, height) if look == "returned" else ""


# --- units against a target: lying bars ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One unit: its exact share (1 = 100 %) or None, the words at its end, and whether it meets the target."""

    label: str
    share: Fraction | None
    text: str
    detail: str
    met: bool | None


@dataclass(frozen=True)
class DrawnBar:
    label: str
    short_label: str
    text: str
    look: str
    width: str
    text_y: str
    bar_y: str
    mark_y1: str
    mark_y2: str
    strokes: str = ""  # hatching of a bar that falls short


@dataclass(frozen=True)
class Tick:
    label: str
    at: str


@dataclass(frozen=True)
class BarChart(Chart):
    bars: list[DrawnBar]
    ticks: list[Tick]
    goal_x: str
    goal_label: str
    goal_anchor: str
    axis_y: str
    tick_y: str
    template: str = field(default="reports/charts/bars.svg", init=False)


def bars(
    key: str, units: Sequence[Bar], *, title: str, goal: Decimal | None, goal_label: str, noun: str = "đơn vị"
) -> BarChart:
    """Shares from zero on, so that the lengths may be compared; a share above 100 % is shown as it is."""
    most = max([HUNDRED, *(unit.share * 100 for unit in units if unit.share is not None)])
    scale = Fraction(WIDTH) / (ceil(most / 10) * 10)
    top = 26
    drawn = []
    for place, unit in enumerate(units):
        y = top + place * ROW_HEIGHT
        look = "none" if unit.share is None else "met" if unit.met else "plain" if unit.met is None else "unmet"
        width = coordinate((unit.share or 0) * 100 * scale)
        text_y, bar_y, mark_y1, mark_y2 = (str(y + offset) for offset in (12, 17, 14, 32))
        strokes = hatching(0.5, y + 17, float(width), 12) if look == "unmet" else ""
        drawn.append(
            DrawnBar(
                unit.label, shortened(unit.label), unit.text, look, width, text_y, bar_y, mark_y1, mark_y2, strokes
            )
        )
    axis_y = top + len(units) * ROW_HEIGHT + 2
    goal_x = Fraction(goal) * scale if goal is not None else None
    rows = [(unit.label, unit.text, unit.detail) for unit in units]
    return BarChart(
        key=key,
        title=title,
        description=f"Tỷ lệ của {len(units)} {noun}. {goal_label}".strip(),
        height=str(axis_y + 20),
        table=ChartTable((noun[:1].upper() + noun[1:], "Tỷ lệ", "Tử số/mẫu số"), rows),
        bars=drawn,
        ticks=[_bar_tick(value, scale) for value in range(0, ceil(most / 10) * 10 + 1, 50)],
        goal_x=coordinate(goal_x) if goal_x is not None else "",
        goal_label=goal_label,
        goal_anchor="end" if goal_x is not None and goal_x > WIDTH / 2 else "start",
        axis_y=str(axis_y),
        tick_y=str(axis_y + 15),
    )


def _bar_tick(value: int, scale: Fraction) -> Tick:
    return Tick(f"{value} %", coordinate(value * scale))


# --- a share over the years: a line, its milestones and the straight way to the next one --------------------------


@dataclass(frozen=True)
class TrendPoint:
    """A year's share, exact; ``text`` is the percentage as it may be shown, ``detail`` numerator and denominator."""

    year: int
    share: Fraction | None
    text: str
    detail: str


@dataclass(frozen=True)
class Goal:
    """A milestone: ``percent`` by the end of ``year``."""

    year: int
    percent: Decimal
    label: str


@dataclass(frozen=True)
class DrawnPoint:
    x: str
    y: str
    text: str
    text_y: str
    anchor: str


@dataclass(frozen=True)
class TrendChart(Chart):
    line: str
    points: list[DrawnPoint]
    goals: list[DrawnPoint]
    path: str
    years: list[Tick]
    levels: list[Tick]
    template: str = field(default="reports/charts/trend.svg", init=False)


@dataclass(frozen=True)
class _Frame:
    """From years and percentages to the drawing; the axis of percentages need not begin at zero, and says where."""

    first: int
    last: int
    low: int
    high: int
    left: int = 66
    right: int = 372
    top: int = 24
    bottom: int = 196

    def x(self, year: int) -> Fraction:
        if self.first == self.last:
            return Fraction(self.left + self.right, 2)
        return self.left + Fraction((year - self.first) * (self.right - self.left), self.last - self.first)

    def y(self, percent: Fraction) -> Fraction:
        return self.bottom - (percent - self.low) * Fraction(self.bottom - self.top, self.high - self.low)

    def anchor(self, year: int) -> str:
        return "end" if self.x(year) > self.right - 24 else "middle"

    @property
    def years_per_label(self) -> int:
        """Every how many years a label finds room."""
        if self.first == self.last:
            return 1
        return ceil(LABEL_WIDTH / Fraction(self.right - self.left, self.last - self.first))


def trend(key: str, points: Sequence[TrendPoint], goals: Sequence[Goal], *, title: str, aim: Goal | None) -> TrendChart:
    """Year after year; a year without figures leaves a gap. ``aim`` is the milestone to which the dashed line leads."""
    known = [(point, point.share * 100) for point in points if point.share is not None]
    frame = _frame(points, goals, [percent for _, percent in known])
    shares = {point.year: percent for point, percent in known}
    asked = {goal.year: Fraction(goal.percent) for goal in goals}
    drawn = [
        _point(
            frame,
            point.year,
            percent,
            # The last one always speaks; before it as many as find room.
            point.text if (known[-1][0].year - point.year) % frame.years_per_label == 0 else "",
            above=percent >= asked.get(point.year, percent),
        )
        for point, percent in known
    ]
    marks = [
        _point(
            frame,
            goal.year,
            asked[goal.year],
            goal.label,
            above=shares.get(goal.year, asked[goal.year]) < asked[goal.year],
        )
        for goal in goals
    ]
    path = ""
    if aim and known and known[-1][0].year < aim.year:
        last, percent = known[-1]
        start, end = (last.year, percent), (aim.year, Fraction(aim.percent))
        path = " ".join(f"{coordinate(frame.x(year))},{coordinate(frame.y(value))}" for year, value in (start, end))
    rows = [(str(point.year), point.text or "chưa có số liệu", point.detail) for point in points]
    rows += [(f"Mục tiêu {goal.year}", goal.label, "") for goal in goals]
    words = "; ".join(f"năm {point.year}: {point.text or 'chưa có số liệu'}" for point in points)
    return TrendChart(
        key=key,
        title=title,
        description=f"{words}. Trục dọc từ {frame.low} % đến {frame.high} %.",
        height="226",
        table=ChartTable(("Năm", "Tỷ lệ", "Tử số/mẫu số"), rows),
        line=_line(frame, points),
        points=drawn,
        goals=marks,
        path=path,
        years=_years(frame, points, goals),
        levels=_levels(frame),
    )


def _frame(points: Sequence[TrendPoint], goals: Sequence[Goal], percents: Sequence[Fraction]) -> _Frame:
    years = [point.year for point in points] + [goal.year for goal in goals]
    values = [*percents, *(Fraction(goal.percent) for goal in goals)] or [Fraction(0)]
    low = max(0, floor(min(values) / 10) * 10 - 10)
    high = max(100, ceil(max(values) / 10) * 10)
    return _Frame(min(years), max(years), low, high)


def _line(frame: _Frame, points: Sequence[TrendPoint]) -> str:
    """The path through the known years: a move instead of a line after every gap."""
    steps, is_open = [], False
    for point in points:
        if point.share is None:
            is_open = False
            continue
        letter = "L" if is_open else "M"
        steps.append(f"{letter}{coordinate(frame.x(point.year))} {coordinate(frame.y(point.share * 100))}")
        is_open = True
    return " ".join(steps)


def _point(frame: _Frame, year: int, percent: Fraction, text: str, *, above: bool) -> DrawnPoint:
    x, y = frame.x(year), frame.y(percent)
    return DrawnPoint(coordinate(x), coordinate(y), text, coordinate(y + (-10 if above else 19)), frame.anchor(year))


def _years(frame: _Frame, points: Sequence[TrendPoint], goals: Sequence[Goal]) -> list[Tick]:
    years = sorted({point.year for point in points} | {goal.year for goal in goals})
    step = frame.years_per_label
    shown = [year for year in years if (frame.last - year) % step == 0] if step > 1 else years
    return [Tick(str(year), coordinate(frame.x(year))) for year in shown]


def _levels(frame: _Frame) -> list[Tick]:
    step = 10 if frame.high - frame.low <= 50 else 20 if frame.high - frame.low <= 100 else 50
    return [
        Tick(f"{value} %", coordinate(frame.y(Fraction(value)))) for value in range(frame.low, frame.high + 1, step)
    ]


def _whole(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
