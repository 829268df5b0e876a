from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.evaluation import Verdict, assess, is_met, needed, percent_text, ratio, shown_percent
from targets.models import Milestone

OVER, AT_LEAST = Milestone.Operator.OVER, Milestone.Operator.AT_LEAST
percents = st.decimals(min_value=0, max_value=100, places=2)
operators = st.sampled_from([OVER, AT_LEAST])
denominators = st.integers(min_value=1, max_value=10**8)


@st.composite
def figures(draw):
    denominator = draw(denominators)
    return draw(st.integers(min_value=0, max_value=denominator)), denominator


@pytest.mark.parametrize(
    ("numerator", "denominator", "operator", "verdict", "missing"),
    [
        (90, 100, OVER, Verdict.NOT_MET, 1),
        (90, 100, AT_LEAST, Verdict.MET, 0),
        (91, 100, OVER, Verdict.MET, 0),
        (900, 1000, OVER, Verdict.NOT_MET, 1),
        (901, 1000, OVER, Verdict.MET, 0),
        (899_999_999, 1_000_000_000, AT_LEAST, Verdict.NOT_MET, 1),
        (0, 50, OVER, Verdict.NOT_MET, 46),
        (9, 10, OVER, Verdict.NOT_MET, 1),
    ],
)
def test_over_ninety_per_cent_is_strict(numerator, denominator, operator, verdict, missing):
    result = assess(numerator, denominator, operator=operator, percent=Decimal("90.00"))
    assert (result.verdict, result.missing_count) == (verdict, missing)


@pytest.mark.parametrize(("numerator", "denominator"), [(None, None), (None, 10), (5, None), (0, 0), (5, 0)])
def test_without_figures_there_is_no_verdict(numerator, denominator):
    result = assess(numerator, denominator, operator=OVER, percent=90)
    assert result.verdict == Verdict.NO_DATA
    assert (result.ratio, result.missing_count, result.missing_points) == (None, None, None)
    assert percent_text(numerator, denominator) == ""


def test_zero_of_ten_is_a_figure_and_not_missing():
    assert assess(0, 10, operator=OVER, percent=90).verdict == Verdict.NOT_MET
    assert ratio(0, 10) == 0
    assert percent_text(0, 10) == "0,0 %"


def test_distance_counts_people_at_todays_denominator():
    result = assess(80, 100, operator=OVER, percent=90)
    assert (result.missing_count, result.missing_points, result.reachable) == (11, 10, True)


def test_over_hundred_per_cent_cannot_be_reached():
    assert not assess(10, 10, operator=OVER, percent=100).reachable
    assert assess(10, 10, operator=AT_LEAST, percent=100).verdict == Verdict.MET


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (8999, 10_000, "89,9 %"),
        (899_999, 1_000_000, "89,9 %"),
        (9004, 10_000, "90,04 %"),
        (900_001, 1_000_000, "90,0001 %"),
        (90, 100, "90,0 %"),
        (2, 3, "66,6 %"),
        (1, 100_000, "0,001 %"),
        (99_999, 100_000, "99,9 %"),
        (12, 10, "120,0 %"),  # an error in the figures is shown, not hidden
    ],
)
def test_a_percentage_is_cut_and_never_looks_better_than_it_is(numerator, denominator, text):
    assert percent_text(numerator, denominator, operator=OVER, percent=90) == text


@given(figures(), operators, percents)
def test_shown_percentage_tells_the_same_verdict_as_the_exact_one(figure, operator, percent):
    share = Fraction(*figure)
    shown = shown_percent(share, operator=operator, percent=percent)
    assert Fraction(shown) <= share * 100
    assert is_met(Fraction(shown) / 100, operator=operator, percent=percent) == is_met(
        share, operator=operator, percent=percent
    )
    assert (shown == 0) == (share == 0)


@given(figures(), operators, percents)
def test_verdict_is_the_comparison_of_whole_numbers(figure, operator, percent):
    numerator, denominator = figure
    left, right = numerator * 10_000, int(percent * 100) * denominator
    expected = left > right if operator == OVER else left >= right
    result = assess(numerator, denominator, operator=operator, percent=percent)
    assert (result.verdict == Verdict.MET) == expected
    assert (result.missing_count == 0) == expected


@given(denominators, operators, percents)
def test_needed_is_the_smallest_number_that_meets(denominator, operator, percent):
    enough = needed(denominator, operator=operator, percent=percent)
    assert is_met(Fraction(enough, denominator), operator=operator, percent=percent)
    assert enough == 0 or not is_met(Fraction(enough - 1, denominator), operator=operator, percent=percent)


@given(figures(), operators, percents)
def test_adding_the_missing_people_meets_the_milestone(figure, operator, percent):
    numerator, denominator = figure
    missing = assess(numerator, denominator, operator=operator, percent=percent).missing_count
    assert is_met(Fraction(numerator + missing, denominator), operator=operator, percent=percent)
