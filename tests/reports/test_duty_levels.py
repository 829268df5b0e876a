"""A duty at three levels with a day for each: base 10/11, district 15/11, province 25/11, step by step to the top."""

import datetime
from types import SimpleNamespace

import pytest
import time_machine
from django.urls import reverse

from orgunits import reorganisation
from orgunits.models import Role
from plans.models import DueRule
from reports import (
    below,
    corrections,
    due_changes,
    duty_preview,
    letters,
    missing,
    obligations,
    rollup_check,
    waiting,
    workflow,
    worklist,
)
from reports.models import Obligation, Rollup, Snapshot
from reports.obligations import GenerationRefused, open_period
from tests.builders import content, make_duty, make_form, make_level, make_plan, make_report, make_unit, make_user

pytestmark = pytest.mark.django_db
JANUARY = datetime.date(2026, 1, 2)
DAYS = {"co-so": (11, 10), "huyen": (11, 15), "tinh": (11, 25)}


def add_rules(duty, levels, days=DAYS):
    duty.due_rules.all().delete()
    for code, (month, day) in days.items():
        DueRule.objects.create(duty=duty, period_kind="year", level=levels[code], month=month, day=day)


@pytest.fixture
def chain():
    """A federation over a province, a district and two bases in it, and a base that stands right below the province."""
    levels = {
        "tw": make_level(code="tw", name="Tổng Liên đoàn", rank=0),
        "tinh": make_level(code="tinh", name="Liên đoàn tỉnh", rank=1),
        "huyen": make_level(code="huyen", name="Liên đoàn huyện", rank=2),
        "co-so": make_level(),
    }
    top = make_unit("Tổng Liên đoàn Thử Nghiệm", level=levels["tw"])
    province = make_unit("Liên đoàn Lao động tỉnh Thử", parent=top, level=levels["tinh"])
    district = make_unit("Liên đoàn Lao động huyện Thử", parent=province, level=levels["huyen"])
    first, second = (make_unit(f"Công đoàn cơ sở {name}", parent=district) for name in ("Một", "Hai"))
    direct = make_unit("Công đoàn cơ sở Trực Thuộc", parent=province)
    duty = make_duty(make_plan(top), reporters="level", delivery="stepwise")
    duty.levels.set([levels["tinh"], levels["huyen"], levels["co-so"]])
    add_rules(duty, levels)
    make_form(duty)
    world = SimpleNamespace(levels=levels, top=top, province=province, district=district, duty=duty)
    world.first, world.second, world.direct = first, second, direct
    for name in ("first", "second", "district", "province"):
        setattr(world, f"{name}_officer", make_user(unit=getattr(world, name), role=Role.REPORTER))
    for name in ("district", "province", "top"):
        setattr(world, f"{name}_reviewer", make_user(unit=getattr(world, name), role=Role.REVIEWER))
    world.administrator = make_user(unit=top, role=Role.ADMINISTRATOR)
    return world


@pytest.fixture
def opened(chain):
    open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    rows = Obligation.objects.select_related("org_unit", "duty__plan", "period", "receiving_unit")
    chain.owed = {row.org_unit_id: row for row in rows}
    return chain


def owed(world, unit):
    return world.owed[unit.pk]


def file(world, unit, *, at, by, approve_by=None, **changes):
    """File the unit's report at an instant of Viet Nam, and have it approved."""
    report = make_report(owed(world, unit))
    with time_machine.travel(f"{at}+07:00", tick=False):
        revision = workflow.submit(report, content(people=None, **changes), by=by)
        if approve_by:
            workflow.approve(report, by=approve_by)
    return revision


def day(text):
    return datetime.date.fromisoformat(text)


# --- whose day, and to whom ---------------------------------------------------------------------------------------


def test_each_level_has_its_own_day_and_files_one_step_up(opened):
    found = {
        unit: (row.due_on, row.receiving_unit) for unit, row in ((row.org_unit, row) for row in opened.owed.values())
    }
    assert found == {
        opened.first: (day("2026-11-09"), opened.district),
        opened.second: (day("2026-11-09"), opened.district),
        opened.direct: (day("2026-11-09"), opened.province),
        opened.district: (day("2026-11-14"), opened.province),
        opened.province: (day("2026-11-24"), opened.top),
    }
    assert {row.level for row in opened.owed.values()} == {opened.levels[code] for code in DAYS}


def test_direct_duty_sends_every_level_to_its_recipient(chain):
    chain.duty.delivery = "direct"
    open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    assert set(Obligation.objects.values_list("receiving_unit", flat=True)) == {chain.top.pk}
    assert set(Obligation.objects.values_list("due_on", flat=True)) == {
        day("2026-11-09"), day("2026-11-14"), day("2026-11-24")
    }  # fmt: skip


def test_step_over_a_level_that_does_not_report(chain):
    chain.duty.levels.remove(chain.levels["huyen"])
    open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    assert Obligation.objects.get(org_unit=chain.first).receiving_unit == chain.province


@pytest.mark.parametrize(
    ("unit", "last_second"),
    [
        ("first", "2026-11-09 23:59:59"),
        ("district", "2026-11-14 23:59:59"),
        ("province", "2026-11-24 23:59:59"),
    ],
)
def test_last_second_of_each_level_is_in_time_and_the_next_is_late(opened, unit, last_second):
    obligation = owed(opened, getattr(opened, unit))
    at = datetime.datetime.fromisoformat(f"{last_second}+07:00")
    assert obligation.is_in_time(at)
    assert not obligation.is_in_time(at + datetime.timedelta(seconds=1))


def test_level_without_a_date_is_refused_by_name(chain):
    chain.duty.due_rules.get(level=chain.levels["huyen"]).delete()
    with pytest.raises(GenerationRefused, match="Chưa có thời hạn cho cấp “Liên đoàn huyện”"):
        open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    DueRule.objects.create(duty=chain.duty, period_kind="year", level=chain.levels["huyen"])
    with pytest.raises(GenerationRefused, match="không ghi thời hạn cho cấp “Liên đoàn huyện”"):
        open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    assert not Obligation.objects.exists()


def test_rule_without_a_level_is_for_all_others(chain):
    chain.duty.due_rules.exclude(level=chain.levels["co-so"]).delete()
    DueRule.objects.create(duty=chain.duty, period_kind="year", comparison="by", month=12, day=1)
    open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    days = dict(Obligation.objects.values_list("org_unit", "due_on"))
    assert days[chain.first.pk] == day("2026-11-09")
    assert {days[chain.district.pk], days[chain.province.pk]} == {day("2026-12-01")}


def test_level_that_changes_between_periods_changes_later_periods_only(chain):
    open_period(chain.duty, "year", 2025, by=None, on=day("2025-01-02"))
    reorganisation.rename(
        chain.direct, name="Liên đoàn Lao động huyện Mới", level=chain.levels["huyen"], on=day("2026-01-01"), by=None
    )
    open_period(chain.duty, "year", 2026, by=None, on=JANUARY)
    rows = Obligation.objects.filter(org_unit=chain.direct).order_by("period__year")
    assert [(row.level.code, row.due_on) for row in rows] == [
        ("co-so", day("2025-11-09")),
        ("huyen", day("2026-11-14")),
    ]


def test_new_date_of_a_level_moves_the_reports_of_that_level_alone(opened):
    rule = opened.duty.due_rules.get(level=opened.levels["huyen"])
    rule.day = 18
    assert due_changes.set_rule(rule, by=opened.administrator, apply_from=2026) == 1
    days = dict(Obligation.objects.values_list("org_unit", "due_on"))
    assert (days[opened.district.pk], days[opened.first.pk]) == (day("2026-11-17"), day("2026-11-09"))


def test_new_date_for_all_others_leaves_levels_with_their_own_alone(opened):
    general = DueRule.objects.create(duty=opened.duty, period_kind="year", month=12, day=1)
    opened.duty.due_rules.filter(level=opened.levels["tinh"]).delete()
    general.day = 2
    assert due_changes.set_rule(general, by=opened.administrator, apply_from=2026) == 1
    days = dict(Obligation.objects.values_list("org_unit", "due_on"))
    assert (days[opened.province.pk], days[opened.district.pk]) == (day("2026-12-01"), day("2026-11-14"))


def test_unit_that_ended_asks_for_nothing_and_its_bases_file_with_the_next_above(chain):
    heir = make_unit("Liên đoàn Lao động huyện Khác", parent=chain.province, level=chain.levels["huyen"])
    for base in (chain.first, chain.second):
        reorganisation.move(base, parent=heir, on=day("2026-03-01"), by=None)
    reorganisation.end(chain.district, on=day("2026-03-01"), by=None)
    open_period(chain.duty, "year", 2026, by=None, on=day("2026-04-01"))
    assert not Obligation.objects.filter(org_unit=chain.district).exists()
    assert Obligation.objects.get(org_unit=chain.first).receiving_unit == heir


def test_reviewer_of_the_successor_reviews_what_was_owed_to_a_merged_unit(opened):
    heir = make_unit("Liên đoàn Lao động huyện Khác", parent=opened.province, level=opened.levels["huyen"])
    for base in (opened.first, opened.second):
        reorganisation.move(base, parent=heir, on=day("2026-09-01"), by=None)
    reorganisation.end(opened.district, on=day("2026-09-01"), by=None, successors=[heir])
    reviewer = make_user(unit=heir, role=Role.REVIEWER)
    file(opened, opened.first, at="2026-11-01 08:00", by=opened.first_officer, approve_by=reviewer)
    assert list(rollup_check.differences(opened.duty, owed(opened, opened.first).period)) == []
    assert Rollup.objects.get(org_unit=opened.district).approved == 1  # as filed: by the tree of that time


def test_letter_names_the_rule_of_the_units_level(opened):
    assert letters.planned_in_words(owed(opened, opened.district)).startswith("trước ngày 15/11/2026")


# --- review and sums ----------------------------------------------------------------------------------------------


def test_each_step_is_reviewed_by_the_one_above(opened):
    file(opened, opened.first, at="2026-11-01 08:00", by=opened.first_officer)
    assert worklist.review_work(opened.district_reviewer, on=day("2026-11-02")).waiting == 1
    top = worklist.review_work(opened.top_reviewer, on=day("2026-11-02"))
    assert (top.waiting, top.waiting_below) == (0, 1)


def test_sums_of_a_chain_agree_with_the_reports(opened):
    file(opened, opened.first, at="2026-11-01 08:00", by=opened.first_officer, approve_by=opened.district_reviewer)
    file(opened, opened.second, at="2026-11-12 08:00", by=opened.second_officer, children=5)
    file(opened, opened.district, at="2026-11-13 08:00", by=opened.district_officer,
         approve_by=opened.province_reviewer, children=100)  # fmt: skip
    period = owed(opened, opened.first).period
    assert list(rollup_check.differences(opened.duty, period)) == []
    sums = Rollup.objects.get(org_unit=opened.province)
    assert (sums.expected, sums.filed, sums.on_time) == (5, 3, 2)
    assert sums.subtree["approved"]["tre-em-duoc-ho-tro"]["v"] == 112


def test_what_comes_from_below_leaves_out_the_units_own_report(opened):
    file(opened, opened.first, at="2026-11-01 08:00", by=opened.first_officer, approve_by=opened.district_reviewer)
    file(opened, opened.district, at="2026-11-13 08:00", by=opened.district_officer,
         approve_by=opened.province_reviewer, children=100)  # fmt: skip
    (row,) = below.rows_below(owed(opened, opened.district))
    assert (row.expected, row.approved) == (2, 1)
    assert below.part_of(row).figures["tre-em-duoc-ho-tro"]["v"] == 12
    assert set(below.children_of(row)) == {owed(opened, opened.first).pk, owed(opened, opened.second).pk}
    (above,) = below.rows_below(owed(opened, opened.province))
    assert (above.expected, below.part_of(above).figures["tre-em-duoc-ho-tro"]["v"]) == (4, 112)
    assert below.rows_below(owed(opened, opened.first)) == []


def test_change_below_after_sending_is_told_to_the_unit(opened):
    revision = file(opened, opened.district, at="2026-11-13 08:00", by=opened.district_officer)
    assert not corrections.since_filed(revision)
    file(opened, opened.first, at="2026-11-13 09:00", by=opened.first_officer, approve_by=opened.district_reviewer)
    assert set(corrections.since_filed(revision).children) == {owed(opened, opened.first).pk}
    Rollup.objects.update(computed_at=datetime.datetime(2026, 11, 13, 4, tzinfo=datetime.UTC))
    Snapshot.objects.update(taken_at=datetime.datetime(2026, 11, 13, 1, tzinfo=datetime.UTC))
    work = worklist.filing_work(opened.district_officer, on=day("2026-11-14"))
    assert [(row.report.obligation.org_unit, row.count) for row in work.changed] == [(opened.district, 1)]


# --- why a superior waits -----------------------------------------------------------------------------------------


def said(found):
    return [(row.name, row.words) for row in [*found.missing, *found.late]]


def test_unit_sees_for_whose_reports_it_waits(opened):
    file(opened, opened.second, at="2026-11-12 08:00", by=opened.second_officer)
    own = owed(opened, opened.district)
    found = waiting.waiting([own], on=day("2026-11-13"))[own.pk]
    assert said(found) == [
        ("Công đoàn cơ sở Một", "chưa nộp, chậm 4 ngày"),
        ("Công đoàn cơ sở Hai", "nộp chậm 3 ngày"),
    ]


@pytest.mark.parametrize(("today", "words"), [("2026-11-09", "hạn 09/11/2026"), ("2026-11-10", "chậm 1 ngày")])
def test_report_is_late_from_the_first_moment_of_the_next_day(opened, today, words):
    own = owed(opened, opened.district)
    found = waiting.waiting([own], on=day(today))[own.pk]
    assert {row.words for row in found.missing} == {f"chưa nộp, {words}"}


def test_nobody_is_named_while_there_is_time(opened):
    assert waiting.waiting(list(opened.owed.values()), on=day("2026-10-01")) == {}


def test_waiting_asks_a_fixed_number_of_queries(opened, django_assert_num_queries):
    rows = list(Obligation.objects.select_related("duty", "period"))
    with django_assert_num_queries(3):  # the reports, the names of the few, their places
        found = waiting.waiting(rows, on=day("2026-11-20"))
    assert set(found) == {owed(opened, opened.district).pk, owed(opened, opened.province).pk}


def test_why_is_frozen_when_the_report_is_sent(opened):
    file(opened, opened.second, at="2026-11-12 08:00", by=opened.second_officer)
    revision = file(opened, opened.district, at="2026-11-17 08:00", by=opened.district_officer)
    file(opened, opened.first, at="2026-11-18 08:00", by=opened.first_officer, approve_by=opened.district_reviewer)
    frozen = waiting.waited_at_filing(revision.snapshot)
    assert said(frozen) == [
        ("Công đoàn cơ sở Một", "chưa nộp, chậm 8 ngày"),
        ("Công đoàn cơ sở Hai", "nộp chậm 3 ngày"),
    ]
    assert not owed(opened, opened.district).is_in_time(revision.submitted_at)  # its own lateness stays its own


def test_reviewer_reads_on_the_report_why_it_was_late(client, opened):
    revision = file(opened, opened.district, at="2026-11-17 08:00", by=opened.district_officer)
    client.force_login(opened.province_reviewer)
    page = client.get(revision.report.get_absolute_url()).content.decode()
    assert "Khi gửi bản này còn chờ báo cáo của:" in page
    assert "Công đoàn cơ sở Một (chưa nộp, chậm 8 ngày)" in page


def test_pages_of_the_unit_name_whom_it_waits_for(client, opened):
    report = make_report(owed(opened, opened.district))
    words = "Công đoàn cơ sở Một (chưa nộp, chậm 4 ngày)"
    client.force_login(opened.district_officer)
    with time_machine.travel("2026-11-13 08:00+07:00", tick=False):
        for url in (report.obligation.get_absolute_url(), reverse("reports:filing", args=[report.pk])):
            assert words in client.get(url).content.decode()
        client.force_login(opened.province_reviewer)
        place = f"?che_do={opened.duty.pk}&ky={report.obligation.period_id}"
        page = client.get(reverse("reports:missing", args=[opened.province.pk]) + place).content.decode()
    assert words in page


def test_list_of_missing_reports_says_why_a_superior_waits(opened):
    row = Rollup.objects.get(org_unit=opened.province)
    lines = missing.missing_rows(row, user=opened.province_reviewer, on=day("2026-11-16"))
    waits = {line.unit: [each.name for each in line.waiting.missing] for line in lines if line.waiting}
    assert waits == {
        opened.district: ["Công đoàn cơ sở Một", "Công đoàn cơ sở Hai"],
        opened.province: ["Công đoàn cơ sở Trực Thuộc", "Liên đoàn Lao động huyện Thử"],
    }


def test_reminder_says_who_waits_for_the_report(opened):
    letter = letters.reminder(owed(opened, opened.first), to=make_user(), by=None, on=day("2026-11-08"))
    assert letter.context["awaited_until"] == "23:59 ngày 14/11/2026 (thứ Bảy)"
    assert (
        letters.reminder(owed(opened, opened.province), to=make_user(), by=None, on=day("2026-11-08")).context[
            "awaited_until"
        ]
        == ""
    )


# --- the administrator's pages ------------------------------------------------------------------------------------


def test_preview_says_in_words_what_each_level_owes(client, chain):
    rule = chain.duty.due_rules.first()
    client.force_login(chain.administrator)
    page = client.get(reverse("reports:period_open", args=[rule.pk]), {"nam": "2026"}).content.decode()
    assert "3 đơn vị. Trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in page
    assert "1 đơn vị. Trước ngày 25/11/2026" in page
    assert "Liên đoàn Lao động huyện Thử; Liên đoàn Lao động tỉnh Thử" in page
    assert "hãy xem lại thời hạn" not in page


@pytest.mark.parametrize("of_district", [(11, 10), (11, 9)])
def test_preview_warns_of_a_superior_that_is_due_first(chain, of_district):
    add_rules(chain.duty, chain.levels, DAYS | {"huyen": of_district})
    rows = obligations.expected(chain.duty, "year", 2026, on=JANUARY)
    (sentence,) = duty_preview.warnings(rows, "Năm 2026")
    assert "cấp “Liên đoàn huyện” phải nộp" in sentence
    assert "không sau hạn của cấp “Công đoàn cơ sở”" in sentence


@pytest.mark.parametrize(("of_union", "warned"), [(9, True), (10, True), (11, False)])
def test_preview_warns_of_another_report_of_the_plan_that_must_be_sent_on_first(cast, of_union, warned):
    upward = make_duty(cast.plan, name="Báo cáo lên tỉnh", reporters="chosen", recipient_unit=cast.province,
                       day=of_union)  # fmt: skip
    upward.units.add(cast.union)
    period = cast.obligation.period
    rows = obligations.expected(upward, "year", 2026, on=JANUARY)
    assert bool(duty_preview.warnings_of_plan(upward, rows, period)) == warned
    open_period(upward, "year", 2026, by=None, on=JANUARY)
    rows = obligations.expected(cast.duty, "year", 2026, on=JANUARY)
    sentences = duty_preview.warnings_of_plan(cast.duty, rows, period)
    assert [cast.union.name in sentence and "“Báo cáo lên tỉnh”" in sentence for sentence in sentences] == [
        True
    ] * warned
    assert duty_preview.warnings(rows, str(period)) == []


def test_page_of_what_was_sent_names_every_late_unit(client, opened):
    revision = file(opened, opened.district, at="2026-11-17 08:00", by=opened.district_officer)
    client.force_login(opened.province_reviewer)
    page = client.get(reverse("reports:consolidated_snapshot", args=[revision.report_id, 1])).content.decode()
    assert page.count("Chậm 8 ngày") == 2
