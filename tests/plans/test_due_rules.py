import datetime

import pytest

from plans.models import DueRule

END_OF_2026 = datetime.date(2026, 12, 31)


def rule(comparison: str = DueRule.Comparison.BEFORE, *, month: int = 11, day: int = 10, **fields: object) -> DueRule:
    return DueRule(comparison=comparison, month=month, day=day, **fields)


def test_before_a_day_means_until_the_end_of_the_day_before():
    assert rule().due_on(2026) == datetime.date(2026, 11, 9)


def test_by_a_day_includes_it():
    assert rule(DueRule.Comparison.BY).due_on(2026) == datetime.date(2026, 11, 10)


def test_before_the_first_of_march_is_the_leap_day_in_a_leap_year():
    assert rule(month=3, day=1).due_on(2028) == datetime.date(2028, 2, 29)
    assert rule(month=3, day=1).due_on(2027) == datetime.date(2027, 2, 28)


def test_day_that_the_year_does_not_have_is_an_error():
    with pytest.raises(ValueError, match="day"):
        rule(DueRule.Comparison.BY, month=2, day=29).due_on(2027)


def test_rule_of_the_next_year():
    assert rule(month=1, day=1, next_year=True).due_on(2026) == datetime.date(2026, 12, 31)


def test_rule_without_a_date_has_no_due_day():
    with pytest.raises(ValueError, match="no date"):
        DueRule().due_on(2026)
    assert DueRule().in_words == "chưa có thời hạn"


def test_figures_of_a_report_that_is_due_before_the_period_ends_are_counted_up_to_its_last_good_day():
    assert rule().cut_off_on(2026, period_end=END_OF_2026) == datetime.date(2026, 11, 9)


def test_figures_are_counted_up_to_the_end_of_a_period_that_ends_before_the_report_is_due():
    late = rule(month=1, day=15, next_year=True)
    assert late.cut_off_on(2026, period_end=END_OF_2026) == END_OF_2026


def test_cut_off_of_the_rule_goes_first():
    own = rule(cut_off_month=10, cut_off_day=31)
    assert own.cut_off_on(2026, period_end=END_OF_2026) == datetime.date(2026, 10, 31)
