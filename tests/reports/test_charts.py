"""Drawings: well-formed, spoken, honest in their lengths, and the same in black and white."""

import itertools
import re
from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

from reports import charts
from reports.charts import Bar, Goal, Part, TrendPoint

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart) -> ElementTree.Element:
    """The SVG as a tree; raises where it is not well-formed."""
    text = chart.render().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return ElementTree.fromstring(text)


def texts(tree) -> list[str]:
    return ["".join(element.itertext()).strip() for element in tree.iter(f"{SVG}text")]


def bar(name="Công đoàn cơ sở số 01", share=Fraction(9, 10), text="90,0 % · chưa đạt", met=False) -> Bar:
    return Bar(name, share, text, "45/50", met)


def bar_chart(*units, goal="95", label="Mục tiêu đến năm 2030: trên 95 %"):
    return charts.bars("b", units, title="Theo đơn vị", goal=Decimal(goal) if goal else None, goal_label=label)


def trend_chart(*points, goals=(), aim=None):
    return charts.trend("t", points, goals, title="Qua các năm", aim=aim)


def year(number, share, text="x") -> TrendPoint:
    return TrendPoint(number, share, text if share is not None else "", "45/50")


PARTS = [
    Part("approved", "Đã duyệt", 27),
    Part("submitted", "Chờ duyệt", 2),
    Part("returned", "Bị trả lại", 0),
    Part("missing", "Chưa nộp", 2),
]
GOALS = [Goal(2025, Decimal(90), "trên 90 %"), Goal(2030, Decimal(95), "trên 95 %")]
EVERY = [
    charts.completeness("c", PARTS, title="Tình trạng nộp báo cáo"),
    bar_chart(bar(), bar(share=None, text="không phát sinh", met=None)),
    trend_chart(year(2024, Fraction(8, 10)), year(2025, Fraction(9, 10)), goals=GOALS, aim=GOALS[1]),
]


def test_every_chart_is_spoken_scales_and_obeys_the_content_policy():
    for chart in EVERY:
        tree = drawn(chart)
        assert tree.get("role") == "img"
        labels = [tree.find(f"{SVG}{name}") for name in ("title", "desc")]
        assert tree.get("aria-labelledby") == " ".join(element.get("id") for element in labels)
        assert all(element.text for element in labels)
        assert re.fullmatch(r"0 0 400 \d+", tree.get("viewBox"))
        assert tree.get("width") is None
        assert not any("style" in element.attrib for element in tree.iter())
        assert not list(tree.iter(f"{SVG}style"))


def test_coordinates_are_written_with_a_point_not_a_comma():
    for chart in EVERY:
        for element in drawn(chart).iter():
            for name in ("x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy"):
                if value := element.get(name):
                    float(value)


def test_every_number_of_a_drawing_is_in_its_table():
    completeness, bars, trend = EVERY
    assert completeness.table.rows == [("Đã duyệt", "27"), ("Chờ duyệt", "2"), ("Bị trả lại", "0"), ("Chưa nộp", "2")]
    assert bars.table.rows[0] == ("Công đoàn cơ sở số 01", "90,0 % · chưa đạt", "45/50")
    assert [row[0] for row in trend.table.rows] == ["2024", "2025", "Mục tiêu 2025", "Mục tiêu 2030"]


def test_completeness_fills_the_width_and_leaves_out_what_does_not_occur():
    chart = EVERY[0]
    assert [(part.label, part.count) for part in chart.parts] == [("Đã duyệt", 27), ("Chờ duyệt", 2), ("Chưa nộp", 2)]
    assert sum(float(part.width) for part in chart.parts) == 400
    assert "Trong 31 báo cáo phải nộp: Đã duyệt: 27; Chờ duyệt: 2; Bị trả lại: 0; Chưa nộp: 2." in chart.description


def test_states_differ_by_pattern_not_by_colour_alone():
    tree = drawn(charts.completeness("c", [Part(look, look, 5) for look in ("approved", "submitted", "returned", "missing")], title="x"))  # fmt: skip  # noqa: E501
    strokes, spots = (tree.findall(f"{SVG}path[@{name}]") for name in ("stroke", "d"))
    assert len(strokes) == 2  # hatching: the bar and its legend
    assert len(spots) - len(strokes) == 2  # dots: likewise
    dashed = [element for element in tree.findall(f"{SVG}rect") if element.get("stroke-dasharray")]
    assert all(element.get("fill") == "#fff" for element in dashed)


def test_bars_begin_at_zero_and_are_in_proportion():
    chart = bar_chart(bar(share=Fraction(1, 2)), bar(share=Fraction(1)), bar(share=Fraction(0)))
    assert [row.width for row in chart.bars] == ["200.0", "400.0", "0.0"]
    assert chart.goal_x == "380.0"


def test_a_share_above_one_hundred_percent_is_not_cut_off():
    chart = bar_chart(bar(share=Fraction(124, 100)), bar(share=Fraction(1)))
    assert [row.width for row in chart.bars] == ["381.5", "307.7"]
    assert chart.ticks[-1].label == "100 %"


def test_met_unmet_and_nothing_look_different_and_say_so():
    chart = bar_chart(
        bar(text="96,0 % · đạt", share=Fraction(96, 100), met=True),
        bar(),
        bar(share=None, text="chưa có số liệu", met=None),
        bar(share=Fraction(0), text="0 % · chưa đạt"),
        bar(met=None, text="90 %"),
    )
    assert [row.look for row in chart.bars] == ["met", "unmet", "none", "unmet", "plain"]
    words = texts(drawn(chart))
    assert {"96,0 % · đạt", "90,0 % · chưa đạt", "chưa có số liệu", "0 % · chưa đạt"} < set(words)


def test_names_are_escaped_and_shortened_with_the_whole_name_kept():
    long = "Công đoàn cơ sở <b>Trường & Trạm</b> xã có một cái tên rất dài không vừa một dòng"
    chart = bar_chart(bar(name=long))
    tree = drawn(chart)
    assert long in "".join(tree.find(f"{SVG}g/{SVG}title").itertext())
    assert any(text.endswith("…") and len(text) <= charts.LABEL_LENGTH for text in texts(tree))
    assert "<b>" not in chart.render()


def test_bars_without_a_goal_draw_no_mark():
    chart = bar_chart(bar(), goal=None, label="")
    assert not chart.goal_x
    assert 'stroke="#b5171b"' not in chart.render()


def test_a_year_without_figures_leaves_a_gap_in_the_line():
    chart = trend_chart(*(year(2020 + n, share) for n, share in enumerate([Fraction(1, 2), None, Fraction(3, 4), 1])))
    assert chart.line.count("M") == 2
    assert chart.line.count("L") == 1
    assert len(chart.points) == 3
    assert ("2021", "chưa có số liệu", "45/50") in chart.table.rows


def test_the_dashed_way_leads_from_the_last_figure_to_the_milestone():
    chart = trend_chart(year(2025, Fraction(9, 10)), year(2026, Fraction(91, 100)), goals=GOALS, aim=GOALS[1])
    start, end = (tuple(map(float, point.split(","))) for point in chart.path.split())
    last, goal = chart.points[-1], chart.goals[-1]
    assert start == (float(last.x), float(last.y))
    assert end == (float(goal.x), float(goal.y))


def test_no_way_without_a_figure_or_without_a_milestone_ahead():
    assert trend_chart(year(2026, None), goals=GOALS, aim=GOALS[1]).path == ""
    assert trend_chart(year(2030, Fraction(9, 10)), goals=GOALS, aim=GOALS[1]).path == ""
    assert trend_chart(year(2026, Fraction(9, 10)), goals=GOALS).path == ""


def test_the_axis_says_where_it_begins_and_holds_every_value():
    chart = trend_chart(year(2025, Fraction(62, 100)), year(2026, Fraction(131, 100)), goals=GOALS)
    assert "Trục dọc từ 50 % đến 140 %" in chart.description
    heights = [float(point.y) for point in (*chart.points, *chart.goals)]
    assert all(24 <= height <= 196 for height in heights)
    assert heights[0] > heights[1]


def test_one_year_alone_stands_in_the_middle():
    chart = trend_chart(year(2026, Fraction(9, 10)))
    assert chart.points[0].x == "219.0"


def test_labels_that_would_overlap_are_left_out_but_the_last_one_speaks():
    points = [year(2016 + n, Fraction(70 + n, 100), f"{70 + n} %") for n in range(12)]
    chart = trend_chart(*points, goals=[Goal(2030, Decimal(95), "trên 95 %")])
    shown = [point for point in chart.points if point.text]
    assert shown[-1].text == "81 %"
    places = [float(point.x) for point in shown]
    assert all(after - before >= charts.LABEL_WIDTH for before, after in itertools.pairwise(places))
    assert len(chart.points) == 12
