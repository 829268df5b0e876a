"""Figures of a consolidated report: each indicator's groups against its target, drawn as on the dashboard."""

from collections.abc import Iterable
from typing import Final

from plans.official.blocks import Appendix, Chart
from reports import charts
from reports.asked_items import AskedItem
from reports.below import Part
from reports.dashboard_figures import ShareLine, share_line
from reports.models import ItemKind
from reports.own_sums import Cells
from reports.reading import goal_text

TITLE: Final = "Biểu đồ kết quả so với mục tiêu"
TOGETHER: Final = "Cộng các nhóm"
TOTAL: Final = "Tổng số"


def result_charts(parts: Iterable[Part]) -> list[Appendix]:
    """Return the appendix with a chart for each indicator that has figures, or nothing where none has."""
    drawn = [
        chart
        for place, part in enumerate(parts, start=1)
        for number, item in enumerate((each for each in part.items if each.kind == ItemKind.SHARE), start=1)
        if (chart := _chart(f"ket-qua-{place}-{number}", item, part.figures.get(item.code)))
    ]
    return [Appendix(TITLE, tuple(drawn))] if drawn else []


def has_charts(part: Part) -> bool:
    """Whether the appendix says anything of this part."""
    shares = [item for item in part.items if item.kind == ItemKind.SHARE]
    return any(_draws(_lines(item, part.figures.get(item.code))) for item in shares)


def _lines(item: AskedItem, cells: Cells | None) -> list[ShareLine]:
    """Each group of the indicator, then all together."""
    lines = [share_line(cells, item.milestone, title=name, group=code) for code, name in item.groups]
    together = TOGETHER if item.groups else TOTAL
    return [*lines, share_line(cells, item.milestone, title=together, is_total=True)]


def _draws(lines: Iterable[ShareLine]) -> bool:
    return any(line.share is not None for line in lines)


def _chart(key: str, item: AskedItem, cells: Cells | None) -> Chart | None:
    lines = _lines(item, cells)
    if not _draws(lines):
        return None
    chart = charts.bars(
        key,
        [_bar(line) for line in lines],
        title=item.label,
        goal=item.milestone.percent if item.milestone else None,
        goal_label=goal_text(item.milestone),
        noun="nhóm",
    )
    return Chart(str(chart.render()), chart.title, f"{chart.description}. {_in_words(lines)}")


def _bar(line: ShareLine) -> charts.Bar:
    if line.share is None:
        return charts.Bar(line.title, None, line.state, line.fraction, None)
    words = f"{line.percent} · {line.verdict.lower()}" if line.verdict else line.percent
    met = {"ok": True, "warn": False}.get(line.verdict_kind)
    return charts.Bar(line.title, line.share, words, line.fraction, met)


def _in_words(lines: Iterable[ShareLine]) -> str:
    """The numbers for who does not see the drawing."""
    return "; ".join(f"{line.title}: {line.percent or line.state}" for line in lines) + "."
