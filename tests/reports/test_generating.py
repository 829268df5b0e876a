"""What a period makes and fixes on its rows, and what making it anew changes and leaves alone."""

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from orgunits import reorganisation
from orgunits.models import AuditEvent, SpecialDay
from orgunits.transitions import Conflict
from plans.models import DueRule, PeriodKind, ReportingDuty
from reports import many_changes, obligations, regenerating, rollup_check, workflow, year_plan
from reports.expecting import GenerationRefused
from reports.many_changes import Change, Scope, Wanted
from reports.models import Obligation, Period, Rollup
from tests.builders import content, make_duty, make_form, make_level, make_report, make_unit

pytestmark = pytest.mark.django_db
JANUARY = datetime.date(2026, 1, 2)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-02 09:00+07:00", tick=False):
        yield


def set_rule(duty: ReportingDuty, **fields: object) -> DueRule:
    rule = duty.due_rules.get(level=None, unit=None)
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.save()
    return rule


def fresh(duty: ReportingDuty) -> ReportingDuty:
    return ReportingDuty.objects.select_related("plan__org_unit", "recipient_unit").get(pk=duty.pk)


def renew(cast, **kwargs: object) -> regenerating.Changes:
    on = datetime.date(2026, 11, 2)
    return regenerating.regenerate(fresh(cast.duty), "year", 2026, by=cast.administrator, on=on, **kwargs)


def changes(cast) -> regenerating.Changes:
    return regenerating.changes(fresh(cast.duty), "year", 2026, on=datetime.date(2026, 11, 2))


def of(unit, duty) -> Obligation:
    return Obligation.objects.get(org_unit=unit, duty=duty, period__year=2026)


# --- making ----------------------------------------------------------------------------------------------------------


def test_row_keeps_the_rule_that_fixed_its_day(cast):
    set_rule(cast.duty, comparison="by", month=11, day=8, shift="next")
    obligations.open_period(fresh(cast.duty), "year", 2027, by=None, on=day("2027-01-02"))
    row = Obligation.objects.get(org_unit=cast.base, period__year=2027)
    assert row.due_on == day("2027-11-08")  # a Monday
    obligations.open_period(fresh(cast.duty), "year", 2020, by=None, on=day("2027-01-02"))
    row = Obligation.objects.get(org_unit=cast.base, period__year=2020)
    assert (row.planned_on, row.due_on) == (day("2020-11-08"), day("2020-11-09"))  # a Sunday
    assert row.due_rule == cast.duty.due_rules.get()
    assert row.rule_words.endswith("lùi sang ngày làm việc kế tiếp: 23:59 ngày 09/11/2020 (thứ Hai)")


def test_day_off_that_is_entered_later_changes_no_row(cast):
    set_rule(cast.duty, comparison="by", month=11, day=9, shift="next")
    obligations.open_period(fresh(cast.duty), "year", 2027, by=None, on=day("2027-01-02"))
    before = of_year = list(Obligation.objects.filter(period__year=2027).values_list("pk", "due_on", "rule_words"))
    SpecialDay.objects.create(day=day("2027-11-09"), kind="off", name="Nghỉ bão", source="Thông báo thử")
    assert list(Obligation.objects.filter(period__year=2027).values_list("pk", "due_on", "rule_words")) == before
    on = day("2027-01-02")
    found = regenerating.changes(fresh(cast.duty), "year", 2027, on=on)
    assert [(row.count, row.due.due_on) for row in found.redated] == [(len(of_year), day("2027-11-10"))]


def test_unit_with_a_day_of_its_own_gets_it(cast):
    DueRule.objects.create(duty=cast.duty, period_kind="year", unit=cast.base, comparison="by", month=12, day=1)
    obligations.open_period(fresh(cast.duty), "year", 2027, by=None, on=day("2027-01-02"))
    days = dict(Obligation.objects.filter(period__year=2027).values_list("org_unit_id", "due_on"))
    assert days == {cast.base.pk: day("2027-12-01"), cast.sibling.pk: day("2027-11-09")}


def test_level_without_a_rule_is_no_obstacle_where_each_of_its_units_has_one(cast):
    cast.duty.due_rules.all().delete()
    for unit in (cast.base, cast.sibling):
        DueRule.objects.create(duty=cast.duty, period_kind="year", unit=unit, comparison="by", month=12, day=1)
    made = obligations.open_period(fresh(cast.duty), "year", 2027, by=None, on=day("2027-01-02"))
    assert made.created == 2
    cast.duty.due_rules.filter(unit=cast.sibling).delete()
    with pytest.raises(GenerationRefused, match="Chưa có thời hạn cho cấp"):
        obligations.open_period(fresh(cast.duty), "year", 2028, by=None, on=day("2028-01-02"))


def test_sums_that_are_begun_are_those_that_are_summed_anew(cast):
    deep = make_unit("Tổ công đoàn thử", parent=cast.base, level=make_level(code="to", name="Tổ", rank=4))
    duty = make_duty(cast.plan, name="Báo cáo mọi cấp", reporters="all_below")
    made = obligations.open_period(duty, "year", 2026, by=None, on=day("2026-11-02"))
    expected = dict(Rollup.objects.filter(duty=duty).values_list("org_unit_id", "expected"))
    assert expected == {
        cast.province.pk: 3, cast.union.pk: 3, cast.base.pk: 2, cast.sibling.pk: 1, deep.pk: 1
    }  # fmt: skip
    assert list(rollup_check.differences(duty, made.period)) == []


@pytest.mark.parametrize(
    ("filed_at", "in_time"),
    [("2026-11-09 23:59:59+07:00", True), ("2026-11-10 00:00:00+07:00", False)],
)
def test_last_second_of_the_last_good_day_is_in_time(cast, filed_at, in_time):
    with time_machine.travel(filed_at, tick=False):
        workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    sums = Rollup.objects.get(org_unit=cast.union, period=cast.obligation.period)
    assert (sums.filed, sums.on_time) == (1, int(in_time))


# --- a thematic report, once -----------------------------------------------------------------------------------------


@pytest.fixture
def once(cast):
    duty = make_duty(
        cast.plan,
        name="Báo cáo chuyên đề",
        kinds=(),
        once_title="Tháng hành động vì trẻ em 2026",
        once_starts_on=day("2026-05-15"),
        once_ends_on=day("2026-06-30"),
    )
    DueRule.objects.create(duty=duty, period_kind="once", named_on=day("2026-07-10"))
    return duty


def test_thematic_period_has_its_own_title_and_days(cast, once):
    made = obligations.open_period(fresh(once), "once", 2026, by=None, on=day("2026-05-01"))
    assert made.created == 2
    assert str(made.period) == "Tháng hành động vì trẻ em 2026"
    assert (made.period.starts_on, made.period.ends_on) == (day("2026-05-15"), day("2026-06-30"))
    assert {row.due_on for row in Obligation.objects.filter(duty=once)} == {day("2026-07-09")}
    again = obligations.open_period(fresh(once), "once", 2026, by=None, on=day("2026-05-01"))
    assert (again.created, Period.objects.filter(kind="once").count()) == (0, 1)


def test_two_thematic_duties_have_two_periods_in_one_year(cast, once):
    other = make_duty(
        cast.plan,
        name="Chuyên đề khác",
        kinds=(),
        once_title="Chuyên đề khác",
        once_starts_on=day("2026-05-15"),
        once_ends_on=day("2026-06-30"),
    )
    DueRule.objects.create(duty=other, period_kind="once", comparison="after", days_after=10)
    for duty in (once, other):
        obligations.open_period(fresh(duty), "once", 2026, by=None, on=day("2026-05-01"))
    assert Period.objects.filter(kind="once", year=2026).count() == 2
    assert Obligation.objects.filter(duty=other).first().due_on == day("2026-07-10")


def test_thematic_report_is_made_in_no_other_year(cast, once):
    with pytest.raises(GenerationRefused, match="kết thúc trong năm 2026"):
        obligations.open_period(fresh(once), "once", 2027, by=None, on=day("2026-05-01"))


def test_thematic_period_follows_its_duty_until_something_is_filed(cast, once):
    obligations.open_period(fresh(once), "once", 2026, by=None, on=day("2026-05-01"))
    ReportingDuty.objects.filter(pk=once.pk).update(once_ends_on=day("2026-07-15"), once_title="Tên mới")
    once.due_rules.update(comparison="after", named_on=None, days_after=5)
    regenerating.regenerate(fresh(once), "once", 2026, by=cast.administrator, on=day("2026-05-02"))
    period = Period.objects.get(kind="once")
    assert (str(period), period.ends_on) == ("Tên mới", day("2026-07-15"))
    assert {row.due_on for row in Obligation.objects.filter(duty=once)} == {day("2026-07-20")}


@pytest.mark.parametrize("who", ["officer", "unit_administrator", "reviewer"])
def test_pages_name_the_thematic_period_by_its_title(client, cast, once, who):
    make_form(once, kind=PeriodKind.ONCE)
    period = obligations.open_period(fresh(once), "once", 2026, by=None, on=day("2026-05-01")).period
    client.force_login(getattr(cast, who))
    row = of(cast.base, once)
    for url in (
        reverse("reports:report_list"),
        reverse("reports:duty_period", args=[once.pk, period.pk]),
        reverse("reports:due_month") + "?nam=2026&thang=7",
        reverse("reports:due_year") + "?nam=2026",
        reverse("reports:who_owes"),
        row.get_absolute_url(),
    ):
        page = client.get(url).content.decode()
        assert "Tháng hành động vì trẻ em 2026" in page, url


# --- making anew -----------------------------------------------------------------------------------------------------


def test_nothing_changed_changes_nothing(cast):
    assert renew(cast).is_empty
    assert not AuditEvent.objects.filter(action="duty.regenerate").exists()


def test_changed_rule_moves_what_is_not_filed_and_leaves_what_is(cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    set_rule(cast.duty, comparison="by", month=11, day=30)
    found = changes(cast)
    assert (found.redated_count, found.filed, found.existing) == (1, 1, 2)
    renew(cast, seen=found.seen)
    assert of(cast.base, cast.duty).due_on == day("2026-11-09")
    assert of(cast.sibling, cast.duty).due_on == day("2026-11-30")
    assert of(cast.sibling, cast.duty).rule_words == "chậm nhất 23:59 ngày 30/11/2026 (thứ Hai)"
    assert AuditEvent.objects.get(action="duty.regenerate").data["redated"] == 1


def test_returned_report_keeps_the_day_by_which_it_is_judged(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Sửa lại.", due_on=day("2026-11-20"))
    set_rule(cast.duty, comparison="by", month=11, day=30)
    renew(cast)
    row = Obligation.objects.select_related("report").get(pk=cast.obligation.pk)
    assert (row.due_on, row.due_now) == (day("2026-11-09"), day("2026-11-20"))


def test_later_extension_stays_and_an_earlier_one_goes(cast):
    obligations.extend(cast.obligation, until=day("2026-12-20"), reason="Bão.", by=cast.administrator)
    obligations.extend(cast.sibling_obligation, until=day("2026-11-15"), reason="Bão.", by=cast.administrator)
    set_rule(cast.duty, comparison="by", month=11, day=30)
    renew(cast)
    assert of(cast.base, cast.duty).effective_due_on == day("2026-12-20")
    row = of(cast.sibling, cast.duty)
    assert (row.extended_due_on, row.effective_due_on) == (None, day("2026-11-30"))


def test_new_unit_gets_a_row_and_the_sums_follow(cast):
    make_unit("Công đoàn cơ sở mới", parent=cast.union, on=day("2026-10-01"))
    found = changes(cast)
    assert [row.name for row in found.new] == ["Công đoàn cơ sở mới"]
    renew(cast, seen=found.seen)
    assert Rollup.objects.get(org_unit=cast.union, period=cast.obligation.period).expected == 3


def test_unit_that_is_asked_no_longer_is_freed_with_the_reason_and_comes_back(cast):
    cast.duty.reporters = ReportingDuty.Reporters.CHOSEN
    cast.duty.save()
    cast.duty.units.set([cast.base])
    found = changes(cast)
    assert [row.org_unit for row in found.freed] == [cast.sibling]
    renew(cast, seen=found.seen)
    row = of(cast.sibling, cast.duty)
    assert row.waive_reason == regenerating.NO_LONGER
    assert Rollup.objects.get(org_unit=cast.union, period=row.period).expected == 1
    cast.duty.units.add(cast.sibling)
    assert changes(cast).restored_count == 1
    renew(cast)
    assert of(cast.sibling, cast.duty).waived_at is None
    assert Rollup.objects.get(org_unit=cast.union, period=row.period).expected == 2


def test_filed_report_of_a_unit_that_is_asked_no_longer_stays(cast):
    workflow.submit(make_report(cast.sibling_obligation), content(), by=cast.sibling_officer)
    cast.duty.reporters = ReportingDuty.Reporters.CHOSEN
    cast.duty.save()
    cast.duty.units.set([cast.base])
    assert renew(cast).is_empty
    assert of(cast.sibling, cast.duty).waived_at is None


def test_waiver_by_an_administrator_is_not_taken_back(cast):
    obligations.waive(cast.obligation, reason="Mới lập.", by=cast.administrator)
    set_rule(cast.duty, comparison="by", month=11, day=30)
    renew(cast)
    assert (of(cast.base, cast.duty).waive_reason, of(cast.base, cast.duty).due_on) == ("Mới lập.", day("2026-11-09"))


def test_after_a_merger_the_ended_unit_stays_as_it_was_decided(cast):
    reorganisation.merge(
        [cast.base], [cast.sibling], on=day("2026-10-01"), by=cast.administrator, legal_basis="Quyết định thử"
    )
    kept = of(cast.base, cast.duty)
    waived_before = kept.waived_at
    set_rule(cast.duty, comparison="by", month=11, day=30)
    found = changes(cast)
    assert found.freed_count == 0
    assert not found.new  # the successor owes its own already
    renew(cast)
    kept.refresh_from_db()
    assert kept.waived_at == waived_before
    assert Obligation.objects.filter(duty=cast.duty, period__year=2026).count() == 2
    assert list(rollup_check.differences(cast.duty, kept.period)) == []


def test_what_was_seen_before_somebody_changed_it_is_a_conflict(cast):
    set_rule(cast.duty, comparison="by", month=11, day=30)
    seen = changes(cast).seen
    set_rule(cast.duty, comparison="by", month=11, day=29)
    with pytest.raises(Conflict):
        renew(cast, seen=seen)
    assert of(cast.base, cast.duty).due_on == day("2026-11-09")


# --- many at once ----------------------------------------------------------------------------------------------------


def change(cast, wanted: Wanted, **kwargs: object) -> int:
    return many_changes.change(cast.duty, cast.obligation.period, wanted, by=cast.administrator, **kwargs)


def test_closed_report_is_neither_owed_nor_late_and_stays_missing(cast):
    assert change(cast, Wanted(Change.CLOSE, "Hết đợt.", Scope.UNIT, cast.base)) == 1
    row = of(cast.base, cast.duty)
    assert not Obligation.objects.owed().filter(pk=row.pk).exists()
    assert not Obligation.objects.late_on(day("2026-12-31")).filter(pk=row.pk).exists()
    sums = Rollup.objects.get(org_unit=cast.union, period=row.period)
    assert (sums.expected, sums.filed) == (2, 0)
    with pytest.raises(Conflict, match=r"đã đóng.*Hết đợt"):
        workflow.start_report(row, by=cast.officer)
    assert change(cast, Wanted(Change.OPEN_AGAIN, "Nhầm.")) == 1
    workflow.submit(workflow.start_report(of(cast.base, cast.duty), by=cast.officer), content(), by=cast.officer)


def test_draft_that_was_begun_is_not_filed_after_the_end(cast):
    report = make_report(cast.obligation)
    change(cast, Wanted(Change.CLOSE, "Hết đợt."))
    with pytest.raises(Conflict, match="không nhận nộp nữa"):
        workflow.submit(report, content(), by=cast.officer)


def test_filed_report_is_not_closed(cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    assert change(cast, Wanted(Change.CLOSE, "Hết đợt.")) == 1
    assert of(cast.base, cast.duty).closed_at is None


def test_branch_is_that_of_the_period(cast):
    wanted = Wanted(Change.WAIVE, "Bão.", Scope.BRANCH, cast.union)
    assert many_changes.count(cast.duty, cast.obligation.period, wanted) == 2
    wanted = Wanted(Change.WAIVE, "Bão.", Scope.BRANCH, cast.base)
    assert change(cast, wanted) == 1
    assert (of(cast.base, cast.duty).waive_reason, of(cast.sibling, cast.duty).waived_at) == ("Bão.", None)
    assert Rollup.objects.get(org_unit=cast.union, period=cast.obligation.period).waived == 1


def test_other_number_than_was_seen_is_a_conflict(cast):
    with pytest.raises(Conflict, match="xem lại"):
        change(cast, Wanted(Change.CLOSE, "Hết đợt."), seen=3)
    assert not Obligation.objects.filter(closed_at__isnull=False).exists()


def test_nothing_to_change_is_said(cast):
    with pytest.raises(ValidationError, match="Không có báo cáo nào đã đóng"):
        change(cast, Wanted(Change.OPEN_AGAIN, "Nhầm."))


# --- a year ----------------------------------------------------------------------------------------------------------


def test_a_year_is_made_on_one_confirmation(client, cast):
    make_duty(cast.plan, name="Báo cáo không hạn", month=None, day=None)
    half = make_duty(cast.plan, name="Báo cáo 6 tháng", kinds=("half_year",), month=6, day=15)
    client.force_login(cast.unit_administrator)
    url = reverse("reports:year_plan")
    page = client.get(url, {"nam": "2027"})
    assert page.context["new"] == 4
    text = page.content.decode()
    assert "Văn bản không ghi thời hạn" in text
    assert "rước ngày 15/06/2027, tức chậm nhất 23:59 ngày 14/06/2027 (thứ Hai)" in text
    assert not Obligation.objects.filter(period__year=2027).exists()
    response = client.post(url, {"nam": "2027", "thay": page.context["seen"]}, follow=True)
    assert "Đã tạo 4 báo cáo phải nộp của năm 2027" in response.content.decode()
    assert Obligation.objects.filter(period__year=2027, duty=half).count() == 2
    assert "không còn gì để tạo" in client.get(url, {"nam": "2027"}).content.decode()


def test_a_year_that_changed_since_it_was_seen_is_shown_again(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("reports:year_plan")
    seen = client.get(url, {"nam": "2027"}).context["seen"]
    make_unit("Công đoàn cơ sở mới", parent=cast.union, on=day("2026-10-01"))
    response = client.post(url, {"nam": "2027", "thay": seen})
    assert response.status_code == 409
    assert "Hãy xem lại" in response.content.decode()
    assert not Obligation.objects.filter(period__year=2027).exists()


def test_only_duties_that_one_administers_are_in_the_year(cast):
    lines = year_plan.lines(cast.unit_administrator, 2027, on=day("2026-11-02"))
    assert [line.duty for line in lines] == [cast.duty]
    assert year_plan.lines(cast.reviewer, 2027, on=day("2026-11-02")) == []


def test_period_is_made_anew_on_its_page(client, cast):
    set_rule(cast.duty, comparison="by", month=11, day=30)
    client.force_login(cast.unit_administrator)
    url = reverse("reports:period_renew", args=[cast.duty.due_rules.get().pk])
    page = client.get(url, {"nam": "2026"})
    assert "2 báo cáo đổi hạn: chậm nhất 23:59 ngày 30/11/2026" in page.content.decode()
    stale = client.post(url, {"nam": "2026", "thay": "1-0-0"})
    assert stale.status_code == 409
    done = client.post(url, {"nam": "2026", "thay": page.context["changes"].seen}, follow=True)
    assert "đổi hạn 2 báo cáo" in done.content.decode()
    assert of(cast.base, cast.duty).due_on == day("2026-11-30")


def test_many_are_changed_on_a_page_that_counts_first(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("reports:period_change", args=[cast.duty.pk, cast.obligation.period_id])
    data = {"viec": "close", "pham_vi": "branch", "don_vi": cast.base.name, "reason": "Hết đợt."}
    page = client.post(url, data).content.decode()
    assert "Sẽ đổi 1 báo cáo" in page
    assert "không bị nhắc và không tính là quá hạn" in page
    assert not Obligation.objects.filter(closed_at__isnull=False).exists()
    assert client.post(url, data | {"xac_nhan": "2"}).status_code == 409
    done = client.post(url, data | {"xac_nhan": "1"}, follow=True)
    assert "Đã đóng báo cáo của 1 đơn vị" in done.content.decode()
    refused = client.post(url, {"viec": "extend", "pham_vi": "unit", "reason": ""}).content.decode()
    for words in ("Hãy nhập đơn vị", "Hãy ghi ngày gia hạn", "Hãy ghi lý do"):
        assert words in refused
