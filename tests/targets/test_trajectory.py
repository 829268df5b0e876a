import datetime
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.trajectory import milestone_in_force, next_milestone, path_to

BY_2025 = SimpleNamespace(year=2025, percent=Decimal("90.00"))
BY_2030 = SimpleNamespace(year=2030, percent=Decimal("95.00"))
MILESTONES = [BY_2030, BY_2025]
days = st.dates(min_value=datetime.date(2024, 1, 1), max_value=datetime.date(2030, 12, 30))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime.date(2024, 5, 24), BY_2025),
        (datetime.date(2025, 12, 31), BY_2025),
        (datetime.date(2026, 1, 1), BY_2030),
        (datetime.date(2030, 12, 31), BY_2030),
        (datetime.date(2031, 1, 1), None),
    ],
)
def test_until_the_end_of_its_year_a_milestone_lies_ahead(day, expected):
    assert next_milestone(MILESTONES, on=day) is expected


def test_figures_are_read_against_the_milestone_of_their_year():
    assert milestone_in_force(MILESTONES, year=2024) is BY_2025
    assert milestone_in_force(MILESTONES, year=2025) is BY_2025
    assert milestone_in_force(MILESTONES, year=2026) is BY_2030
    assert milestone_in_force(MILESTONES, year=2031) is BY_2030
    assert milestone_in_force([], year=2026) is None


def test_line_is_straight_and_exact():
    line = path_to(Fraction(80, 100), on=datetime.date(2026, 12, 31), milestone=BY_2030)
    assert line.at(datetime.date(2026, 12, 31)) == 80
    assert line.at(datetime.date(2030, 12, 31)) == 95
    assert line.at(datetime.date(2027, 12, 31)) == 80 + Fraction(15 * 365, 1461)
    assert [point.on.year for point in line.year_ends()] == [2026, 2027, 2028, 2029, 2030]


def test_no_line_without_a_figure_or_after_the_deadline():
    assert path_to(None, on=datetime.date(2026, 1, 1), milestone=BY_2030) is None
    assert path_to(Fraction(1, 2), on=datetime.date(2030, 12, 31), milestone=BY_2030) is None


def test_figure_from_the_middle_of_a_year_keeps_that_years_end():
    line = path_to(Fraction(1, 2), on=datetime.date(2028, 6, 30), milestone=BY_2030)
    assert [point.on for point in line.year_ends()] == [
        datetime.date(2028, 6, 30),
        datetime.date(2028, 12, 31),
        datetime.date(2029, 12, 31),
        datetime.date(2030, 12, 31),
    ]


@given(st.fractions(min_value=0, max_value=1), days, days)
def test_line_stays_between_its_ends_and_never_turns_back(share, start, day):
    line = path_to(share, on=start, milestone=BY_2030)
    low, high = sorted([share * 100, Fraction(95)])
    assert low <= line.at(day) <= high
    later = line.at(day + datetime.timedelta(days=1))
    assert later >= line.at(day) if share * 100 <= 95 else later <= line.at(day)
