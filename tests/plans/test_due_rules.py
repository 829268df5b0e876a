import datetime

import pytest
from django.db import IntegrityError, transaction

from orgunits.models import OrgUnit
from plans.due_rule_forms import DueRuleForm
from plans.models import DueRule, Plan, ReportingDuty

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


# --- last day of a month, days after the period, once ---------------------------------------------------------------


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("month", "year", "last"),
    [(2, 2026, "2026-02-28"), (2, 2028, "2028-02-29"), (2, 2100, "2100-02-28"), (11, 2026, "2026-11-30"),
     (12, 2026, "2026-12-31")],
)  # fmt: skip
def test_last_day_of_a_month(month, year, last):
    assert DueRule(comparison=DueRule.Comparison.LAST_DAY, month=month).due_on(year) == day(last)


def test_last_day_of_february_of_the_next_year():
    rule = DueRule(comparison=DueRule.Comparison.LAST_DAY, month=2, next_year=True)
    assert rule.due_on(2027) == day("2028-02-29")


@pytest.mark.parametrize(
    ("kind", "days", "due"),
    [
        ("half_year", 10, "2026-07-10"),
        ("year", 15, "2027-01-15"),
        ("year", 0, "2026-12-31"),
        ("year", 60, "2027-03-01"),
    ],
)
def test_days_after_the_end_of_the_period_go_over_the_end_of_the_year(kind, days, due):
    rule = DueRule(duty=ReportingDuty(), period_kind=kind, comparison=DueRule.Comparison.AFTER, days_after=days)
    assert rule.due_on(2026) == day(due)


def test_sixty_days_after_the_year_before_a_leap_year():
    rule = DueRule(duty=ReportingDuty(), period_kind="year", comparison=DueRule.Comparison.AFTER, days_after=60)
    assert rule.due_on(2027) == day("2028-02-29")


def test_thematic_report_names_its_whole_date():
    once = ReportingDuty(once_title="Chuyên đề", once_starts_on=day("2026-05-15"), once_ends_on=day("2026-06-30"))
    before = DueRule(duty=once, period_kind="once", named_on=day("2026-07-10"))
    assert before.due_on(2026) == day("2026-07-09")
    assert before.in_words == "trước ngày 10/07/2026"
    after = DueRule(duty=once, period_kind="once", comparison=DueRule.Comparison.AFTER, days_after=5)
    assert after.due_on(2026) == day("2026-07-05")
    assert after.cut_off_on(2026, period_end=once.once_ends_on) == day("2026-06-30")


@pytest.mark.django_db
def test_shift_moves_the_last_good_day_and_not_the_cut_off():
    sunday = rule(DueRule.Comparison.BY, month=11, day=8, shift=DueRule.Shift.NEXT)
    assert sunday.planned_on(2026) == day("2026-11-08")
    assert sunday.due_on(2026) == day("2026-11-09")
    assert sunday.cut_off_on(2026, period_end=END_OF_2026) == day("2026-11-08")
    sunday.shift = DueRule.Shift.PREVIOUS
    assert sunday.due_on(2026) == day("2026-11-06")
    assert sunday.cut_off_on(2026, period_end=END_OF_2026) == day("2026-11-06")


@pytest.mark.django_db
def test_before_monday_shifted_is_that_monday():
    # The last good day, Sunday the 8th, is not worked.
    before = rule(month=11, day=9, shift=DueRule.Shift.NEXT)
    assert (before.planned_on(2026), before.due_on(2026)) == (day("2026-11-08"), day("2026-11-09"))


# --- for whom, and what does not fit ---------------------------------------------------------------------------------


def test_the_units_rule_goes_before_the_levels_and_that_before_the_general(cast):
    level = cast.base.latest_placement.level
    general = cast.duty.due_rules.get()
    assert cast.duty.rule_for("year", level.pk, cast.base.pk) == general
    of_level = DueRule.objects.create(duty=cast.duty, period_kind="year", level=level, month=11, day=20)
    assert cast.duty.rule_for("year", level.pk, cast.base.pk) == of_level
    of_unit = DueRule.objects.create(duty=cast.duty, period_kind="year", unit=cast.base, month=12, day=1)
    assert cast.duty.rule_for("year", level.pk, cast.base.pk) == of_unit
    assert cast.duty.rule_for("year", level.pk, cast.sibling.pk) == of_level


@pytest.mark.parametrize(
    "fields",
    [
        {"comparison": "last_day"},
        {"comparison": "last_day", "month": 2, "day": 3},
        {"comparison": "last_day", "month": 13},
        {"comparison": "after"},
        {"comparison": "after", "days_after": 367},
        {"comparison": "after", "days_after": 3, "month": 2, "day": 1},
        {"comparison": "by", "month": 2, "day": 1, "days_after": 3},
        {"comparison": "by", "month": 2},
        {"comparison": "by", "named_on": datetime.date(2026, 1, 1)},
        {"period_kind": "once", "comparison": "by", "month": 2, "day": 1},
        {"period_kind": "once", "comparison": "last_day", "month": 2},
        {"period_kind": "once", "named_on": datetime.date(2026, 1, 1), "cut_off_month": 1, "cut_off_day": 1},
        {"comparison": "by", "month": 2, "day": 1, "cut_off_month": 1},
    ],
)
def test_database_refuses_parts_that_do_not_fit(cast, fields):
    cast.duty.due_rules.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        DueRule.objects.create(**{"duty": cast.duty, "period_kind": "year"} | fields)


def test_database_refuses_a_second_rule_for_one_unit_and_a_rule_for_level_and_unit(cast):
    DueRule.objects.create(duty=cast.duty, period_kind="year", unit=cast.base, month=12, day=1)
    for fields in ({"unit": cast.base}, {"unit": cast.sibling, "level": cast.base.latest_placement.level}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DueRule.objects.create(duty=cast.duty, period_kind="year", month=12, day=2, **fields)


def typed(**fields: str) -> DueRuleForm:
    plan = Plan(org_unit=OrgUnit(sector="trade_union"))
    return DueRuleForm({"period_kind": "year", "comparison": "by", **fields}, plan=plan)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"comparison": "last_day"}, "month", "Hãy ghi tháng"),
        ({"comparison": "last_day", "month": "2", "day": "28"}, "day", "chỉ cần tháng"),
        ({"comparison": "last_day", "month": "13"}, "month", "từ 1 đến 12"),
        ({"comparison": "after"}, "days_after", "Hãy ghi số ngày"),
        ({"comparison": "after", "days_after": "400"}, "days_after", "từ 0 đến 366"),
        ({"comparison": "after", "days_after": "5", "month": "2"}, "month", "để trống"),
        ({"day": "1", "month": "2", "days_after": "0"}, "days_after", "Chỉ ghi số ngày"),
        ({"day": "1", "month": "2", "named_on": "01/02/2026"}, "named_on", "chuyên đề một lần"),
        ({"day": "29", "month": "2"}, "day", "Không có ngày 29/2"),
        ({"period_kind": "once", "day": "1", "month": "2"}, "day", "ngày ghi đủ năm"),
        ({"period_kind": "once", "comparison": "last_day", "month": "2"}, "comparison", "ngày ghi đủ năm"),
        ({"period_kind": "once", "named_on": "01/02/2026", "cut_off_day": "1"}, "cut_off_day", "chốt số liệu"),
        ({"unit": "không có đâu"}, "unit", "Không có đơn vị nào như vậy"),
    ],
)
def test_form_says_at_the_field_what_does_not_fit(fields, name, words):
    form = typed(**fields)
    assert not form.is_valid()
    assert words in " ".join(form.errors[name])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"day": "10", "month": "11"},
        {},  # the document names no date
        {"comparison": "last_day", "month": "2"},
        {"comparison": "after", "days_after": "0", "shift": "next"},
        {"period_kind": "once", "named_on": "01/02/2026"},
        {"period_kind": "once"},
    ],
)
def test_form_takes_what_fits(fields):
    form = typed(**fields)
    assert form.is_valid(), form.errors
