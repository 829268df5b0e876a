"""Due dates in words: "trước" is exclusive and every sentence says until when exactly."""

import datetime

import pytest

from plans.models import DueRule, PeriodKind, ReportingDuty
from reports import due_dates


def rule(
    comparison: str = "before", *, day: int | None = 10, month: int | None = 11, next_year: bool = False
) -> DueRule:
    return DueRule(period_kind=PeriodKind.YEAR, comparison=comparison, day=day, month=month, next_year=next_year)


def test_before_a_day_names_the_last_good_moment():
    words = due_dates.rule_in_words(rule(), 2026)
    assert words == "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)"


def test_by_a_day_includes_it():
    assert due_dates.rule_in_words(rule("by"), 2026) == "chậm nhất 23:59 ngày 10/11/2026 (thứ Ba)"


def test_before_1_january_of_the_next_year_ends_with_the_year():
    words = due_dates.rule_in_words(rule(day=1, month=1, next_year=True), 2026)
    assert words == "trước ngày 01/01/2027, tức chậm nhất 23:59 ngày 31/12/2026 (thứ Năm)"


def test_rule_without_a_date_has_no_sentence():
    with pytest.raises(ValueError):
        due_dates.rule_in_words(rule(day=None, month=None), 2026)


def test_29_february_is_refused_in_a_common_year():
    with pytest.raises(ValueError):
        due_dates.rule_in_words(rule("by", day=29, month=2), 2026)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (12, "còn 12 ngày"),
        (1, "còn 1 ngày"),
        (0, "hạn chót là hôm nay"),
        (-1, "quá hạn 1 ngày"),
        (-3, "quá hạn 3 ngày"),
    ],
)
def test_days_left(days, words):
    assert due_dates.days_left(days) == words


def test_weekdays():
    sunday = datetime.date(2026, 11, 22)
    assert due_dates.weekday(sunday) == "Chủ nhật"
    assert due_dates.last_moment(sunday) == "23:59 ngày 22/11/2026 (Chủ nhật)"


def test_last_day_of_february_in_a_leap_year_is_named():
    last = DueRule(period_kind=PeriodKind.YEAR, comparison="last_day", month=2, next_year=True)
    words = due_dates.rule_in_words(last, 2027)
    assert words == "ngày cuối cùng của tháng 02/2028, tức chậm nhất 23:59 ngày 29/02/2028 (thứ Ba)"


def test_days_after_the_period_name_its_end():
    after = DueRule(duty=ReportingDuty(), period_kind=PeriodKind.HALF_YEAR, comparison="after", days_after=10)
    words = due_dates.rule_in_words(after, 2026)
    assert words == "10 ngày sau khi hết kỳ (30/06/2026), tức chậm nhất 23:59 ngày 10/07/2026 (thứ Sáu)"


@pytest.mark.django_db
def test_shift_adds_the_working_day_to_which_it_leads():
    before = rule(day=9)
    before.shift = DueRule.Shift.NEXT
    assert due_dates.rule_in_words(before, 2026) == (
        "trước ngày 09/11/2026, tức chậm nhất 23:59 ngày 08/11/2026 (Chủ nhật); "
        "lùi sang ngày làm việc kế tiếp: 23:59 ngày 09/11/2026 (thứ Hai)"
    )
    before.shift = DueRule.Shift.PREVIOUS
    assert due_dates.rule_in_words(before, 2026).endswith(
        "đưa lên ngày làm việc liền trước: 23:59 ngày 06/11/2026 (thứ Sáu)"
    )
    before.day = 10
    assert "ngày làm việc" not in due_dates.rule_in_words(before, 2026)
