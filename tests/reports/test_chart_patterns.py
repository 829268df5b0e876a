"""Strokes that tell bars apart stay inside them, and a drawing of every look goes out as PDF/A-2b."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest

from plans.official import pdf
from plans.official.archive import faults_of
from plans.official.blocks import ND30, Chart, DocumentNumber, IssueDate, OfficialDocument
from reports import charts
from reports.chart_patterns import dots, hatching


@pytest.mark.parametrize(("width", "height"), [(100, 12), (14, 14), (3, 26), (400, 26), (11, 40)])
def test_strokes_stay_inside_and_slant_alike(width, height):
    ends = [
        tuple(map(float, pair.split(" "))) for pair in re.findall(r"[\d.]+ [\d.]+", hatching(10, 20, width, height))
    ]
    assert ends or width <= 5
    assert all(10 <= x <= 10 + width and 20 <= y <= 20 + height for x, y in ends)
    pairs = zip(ends[::2], ends[1::2], strict=True)
    assert all(round(right[0] - left[0], 1) == round(left[1] - right[1], 1) for right, left in pairs)


def test_what_is_too_narrow_has_no_strokes():
    assert hatching(0, 0, 1.5, 26) == ""
    assert dots(0, 0, 5, 26) == ""
    assert dots(0, 0, 14, 14).count("M") == 4


def test_drawings_of_every_look_are_archival():
    states = [charts.Part(look, look, 3) for look in ("approved", "submitted", "returned", "missing")]
    bars = [charts.Bar(str(met), Fraction(1, 2), "50 %", "1/2", met) for met in (True, False, None)]
    drawings = [
        charts.completeness("tinh-trang", states, title="Tình trạng"),
        charts.bars("muc-tieu", bars, title="Mục tiêu", goal=Decimal(90), goal_label="trên 90 %"),
        charts.trend(
            "xu-huong",
            [charts.TrendPoint(2025, Fraction(1, 2), "50 %", "1/2"), charts.TrendPoint(2026, None, "", "")],
            [charts.Goal(2030, Decimal(95), "trên 95 %")],
            title="Xu hướng",
            aim=None,
        ),
    ]
    document = OfficialDocument(
        style=ND30,
        issuer_lines=("CÔNG ĐOÀN",),
        number=DocumentNumber(3, "BC", "CĐVC"),
        date=IssueDate("Đắk Lắk", 1, 2, 2026),
        subject="Kết quả",
        type_name="BÁO CÁO",
        body=tuple(Chart(str(drawing.render()), drawing.title) for drawing in drawings),
    )
    assert faults_of(pdf.print_out(document).content) == []
