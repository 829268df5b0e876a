"""Reporting duties on screen: the rule in words, opening a period with a preview, extending, waiving."""

import datetime

import pytest
import time_machine
from django.urls import reverse

from orgunits.models import AuditEvent, Role
from plans.models import DueRule, PeriodKind
from reports import due_changes, many_changes, workflow, worklist
from reports.many_changes import Change, Wanted
from reports.models import Obligation, Report, Rollup
from reports.obligations import GenerationRefused, extend, open_period, waive
from tests.builders import content, make_duty, make_plan, make_report, make_user, open_year

LIST = reverse("reports:duty_list")


@pytest.fixture(autouse=True)
def november(request):
    with time_machine.travel("2026-11-02 09:00+07:00", tick=False):
        yield


FOR_ALL = {"viec": "extend", "pham_vi": "all"}


def rule_of(duty, kind: str = PeriodKind.YEAR) -> DueRule:
    return duty.due_rules.get(period_kind=kind)


def sign_in(client, user):
    client.force_login(user)
    return client


def urls_of(cast) -> dict[str, str]:
    rule = rule_of(cast.duty)
    slot = [cast.duty.pk, cast.obligation.period_id]
    return {
        "due_rule_edit": reverse("reports:due_rule_edit", args=[rule.pk]),
        "period_open": reverse("reports:period_open", args=[rule.pk]),
        "period_change": reverse("reports:period_change", args=slot),
        "obligation_extend": reverse("reports:obligation_extend", args=[cast.obligation.pk]),
        "obligation_waive": reverse("reports:obligation_waive", args=[cast.obligation.pk]),
    }


# --- reading ------------------------------------------------------------------------------------------------------


def test_everybody_under_the_plan_reads_the_rule_in_words(client, cast):
    for person in (cast.officer, cast.reviewer, cast.viewer, cast.province_reviewer, cast.administrator):
        page = sign_in(client, person).get(LIST).content.decode()
        assert "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in page
        assert "“trước ngày 10/11”" in page


def test_stranger_sees_no_duty(client, cast):
    sign_in(client, cast.stranger)
    assert client.get(LIST).context["rows"] == []
    assert client.get(reverse("reports:duty_detail", args=[cast.duty.pk])).status_code == 404
    assert client.get(reverse("reports:duty_period", args=[cast.duty.pk, cast.obligation.period_id])).status_code == 404


def test_rule_without_a_date_is_shown_as_missing(client, cast):
    duty = make_duty(cast.plan, name="Báo cáo định kỳ", month=None, day=None)
    page = sign_in(client, cast.viewer).get(reverse("reports:duty_detail", args=[duty.pk])).content.decode()
    assert "Chưa có thời hạn" in page


def test_period_lists_each_unit_with_its_state_and_counts(client, cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    url = reverse("reports:duty_period", args=[cast.duty.pk, cast.obligation.period_id])
    sign_in(client, cast.unit_administrator)
    context = client.get(url).context
    assert [(row.obligation.org_unit, row.state.code) for row in context["rows"]] == [
        (cast.base, "submitted"),
        (cast.sibling, "none"),
    ]
    assert {code: count for code, _, count in context["statuses"] if count} == {"": 2, "cho-duyet": 1, "chua-nop": 1}
    narrowed = client.get(url, {"trang_thai": "chua-nop"}).context["rows"]
    assert [row.obligation.org_unit for row in narrowed] == [cast.sibling]


def test_officer_sees_the_own_line_of_a_period_only(client, cast):
    url = reverse("reports:duty_period", args=[cast.duty.pk, cast.obligation.period_id])
    rows = sign_in(client, cast.officer).get(url).context["rows"]
    assert [row.obligation.org_unit for row in rows] == [cast.base]


# --- who may change -----------------------------------------------------------------------------------------------


def test_only_administrators_of_the_plans_unit_change_anything(client, cast):
    below = make_user(unit=cast.base, role=Role.ADMINISTRATOR)
    for name, url in urls_of(cast).items():
        for person in (cast.reviewer, cast.viewer, cast.province_reviewer, cast.officer, below):
            assert sign_in(client, person).post(url, {"reason": "x"}).status_code == 403, (name, person)
        assert sign_in(client, cast.stranger).post(url).status_code == 404, name
        client.logout()
        assert client.post(url).url.startswith(reverse("account_login"))
    assert Obligation.objects.filter(extended_due_on__isnull=True, waived_at__isnull=True).count() == 2


def test_buttons_are_for_administrators(client, cast):
    page = reverse("reports:duty_detail", args=[cast.duty.pk])
    edit = urls_of(cast)["due_rule_edit"]
    assert edit in sign_in(client, cast.unit_administrator).get(page).content.decode()
    assert edit not in sign_in(client, cast.reviewer).get(page).content.decode()


def test_changes_are_posts(client, cast):
    sign_in(client, cast.unit_administrator)
    for name in ("obligation_extend", "obligation_waive"):
        assert client.get(urls_of(cast)[name]).status_code == 405


# --- the rule -----------------------------------------------------------------------------------------------------


def test_new_date_is_seen_by_the_officer_at_once(client, cast):
    data = {"comparison": "by", "day": "20", "month": "11", "apply_to_open": "on"}
    response = sign_in(client, cast.unit_administrator).post(urls_of(cast)["due_rule_edit"], data, follow=True)
    page = response.content.decode()
    assert "chậm nhất 23:59 ngày 20/11/2026 (thứ Sáu)" in page
    assert "Đã đổi hạn của 2 báo cáo chưa nộp" in page
    assert rule_of(cast.duty).set_by_administrator
    item = worklist.filing_work(cast.officer, on=datetime.date(2026, 11, 2)).owed[0]
    assert (item.obligation.effective_due_on, item.days) == (datetime.date(2026, 11, 20), 18)
    event = AuditEvent.objects.get(action="due_rule.set")
    assert (event.actor, event.data["rule"], event.data["obligations"]) == (
        cast.unit_administrator,
        "chậm nhất ngày 20/11",
        2,
    )


def test_date_of_the_document_saved_again_stays_the_documents(client, cast):
    data = {"comparison": "before", "day": "10", "month": "11", "apply_to_open": "on"}
    sign_in(client, cast.unit_administrator).post(urls_of(cast)["due_rule_edit"], data)
    assert not rule_of(cast.duty).set_by_administrator
    sign_in(client, cast.unit_administrator).post(
        urls_of(cast)["due_rule_edit"], data | {"cut_off_day": "31", "cut_off_month": "10"}
    )
    assert rule_of(cast.duty).set_by_administrator


def test_filed_report_keeps_the_date_by_which_it_was_filed(cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    rule = rule_of(cast.duty)
    rule.month, rule.day = 10, 1
    assert due_changes.set_rule(rule, by=cast.administrator, apply_from=2026) == 1
    cast.obligation.refresh_from_db()
    cast.sibling_obligation.refresh_from_db()
    assert cast.obligation.due_on == datetime.date(2026, 11, 9)
    assert cast.sibling_obligation.due_on == datetime.date(2026, 9, 30)


def test_new_date_may_leave_the_opened_periods_alone(client, cast):
    data = {"comparison": "before", "day": "1", "month": "12"}
    sign_in(client, cast.unit_administrator).post(urls_of(cast)["due_rule_edit"], data)
    cast.obligation.refresh_from_db()
    assert cast.obligation.due_on == datetime.date(2026, 11, 9)
    assert rule_of(cast.duty).due_on(2027) == datetime.date(2027, 11, 30)


def test_new_date_does_not_touch_closed_years(cast):
    [old, _] = open_year(cast.duty, 2025)
    rule = rule_of(cast.duty)
    rule.month, rule.day = 12, 1
    due_changes.set_rule(rule, by=cast.administrator, apply_from=2026)
    old.refresh_from_db()
    assert old.due_on == datetime.date(2025, 11, 9)


def test_later_extension_survives_a_new_date_and_an_overtaken_one_goes(cast):
    extend(cast.obligation, until=datetime.date(2026, 12, 20), reason="Bão.", by=cast.administrator)
    extend(cast.sibling_obligation, until=datetime.date(2026, 11, 15), reason="Bão.", by=cast.administrator)
    rule = rule_of(cast.duty)
    rule.month, rule.day = 12, 1
    due_changes.set_rule(rule, by=cast.administrator, apply_from=2026)
    for row in (cast.obligation, cast.sibling_obligation):
        row.refresh_from_db()
    assert cast.obligation.effective_due_on == datetime.date(2026, 12, 20)
    assert cast.sibling_obligation.effective_due_on == datetime.date(2026, 11, 30)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"day": "31", "month": "11"}, "Không có ngày 31/11"),
        ({"day": "29", "month": "2"}, "Không có ngày 29/2"),
        ({"day": "10", "month": ""}, "Hãy ghi đủ ngày và tháng"),
        ({"day": "10", "month": "11", "cut_off_day": "5", "cut_off_month": ""}, "Hãy ghi đủ ngày và tháng"),
    ],
)
def test_wrong_date_is_refused_and_kept(client, cast, data, words):
    url = urls_of(cast)["due_rule_edit"]
    response = sign_in(client, cast.unit_administrator).post(url, {"comparison": "before", **data})
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert f'value="{data["day"]}"' in page
    assert rule_of(cast.duty).day == 10


# --- opening a period ---------------------------------------------------------------------------------------------


def test_preview_makes_nothing_and_names_units_and_the_day(client, cast):
    response = sign_in(client, cast.unit_administrator).get(urls_of(cast)["period_open"], {"nam": "2027"})
    page = response.content.decode()
    assert "Trước ngày 10/11/2027, tức chậm nhất 23:59 ngày 09/11/2027 (thứ Ba)" in page
    assert cast.base.name in page
    assert "Tạo 2 báo cáo phải nộp" in page
    assert not Obligation.objects.filter(period__year=2027).exists()


def test_opening_makes_the_reports_once(client, cast):
    sign_in(client, cast.unit_administrator)
    url = urls_of(cast)["period_open"]
    response = client.post(url, {"nam": "2027"}, follow=True)
    assert "Đã tạo 2 báo cáo phải nộp cho kỳ “Năm 2027”" in response.content.decode()
    client.post(url, {"nam": "2027"})
    assert Obligation.objects.filter(period__year=2027).count() == 2
    assert "không còn gì để tạo" in client.get(url, {"nam": "2027"}).content.decode()
    assert Rollup.objects.get(org_unit=cast.union, period__year=2027).expected == 2


def test_rule_without_a_date_opens_nothing(client, cast):
    duty = make_duty(cast.plan, name="Báo cáo định kỳ", month=None, day=None)
    url = reverse("reports:period_open", args=[rule_of(duty).pk])
    sign_in(client, cast.unit_administrator)
    assert "hãy đặt thời hạn trước khi tạo kỳ" in client.get(url).content.decode()
    assert client.post(url, {"nam": "2026"}).status_code == 200
    assert not duty.obligations.exists()


@pytest.mark.parametrize(
    ("validity", "refused"),
    [
        ({"active_from": datetime.date(2027, 1, 1)}, "áp dụng từ ngày 01/01/2027, sau kỳ báo cáo này"),
        ({"active_from": datetime.date(2026, 12, 31)}, ""),
        ({"active_to": datetime.date(2026, 1, 1)}, "đã thôi áp dụng từ ngày 01/01/2026"),
        ({"active_to": datetime.date(2026, 1, 2)}, ""),
    ],
)
def test_duty_is_opened_only_for_periods_in_which_it_holds(cast, validity, refused):
    duty = make_duty(cast.plan, name="Báo cáo có thời hạn", **validity)
    if refused:
        with pytest.raises(GenerationRefused, match=refused):
            open_period(duty, "year", 2026, by=cast.administrator, on=datetime.date(2026, 1, 2))
    else:
        open_period(duty, "year", 2026, by=cast.administrator, on=datetime.date(2026, 1, 2))
    assert duty.obligations.count() == (0 if refused else 2)


def test_duty_without_a_receiving_unit_opens_nothing(client, cast):
    duty = make_duty(cast.plan, name="Báo cáo lạc", recipient_unit=None)
    url = reverse("reports:period_open", args=[rule_of(duty).pk])
    sign_in(client, cast.unit_administrator)
    assert "Chưa chọn đơn vị nhận báo cáo" in client.get(url).content.decode()
    client.post(url, {"nam": "2026"})
    assert not duty.obligations.exists()


@pytest.mark.parametrize("year", ["1999", "9999", "abc", ""])
def test_impossible_year_is_refused(client, cast, year):
    sign_in(client, cast.unit_administrator)
    response = client.post(urls_of(cast)["period_open"], {"nam": year})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert Obligation.objects.count() == 2


# --- more time ----------------------------------------------------------------------------------------------------


def test_one_unit_gets_more_time_with_a_reason(client, cast):
    sign_in(client, cast.unit_administrator)
    response = client.post(
        urls_of(cast)["obligation_extend"], {"until": "20/11/2026", "reason": "Bão lụt."}, follow=True
    )
    page = response.content.decode()
    assert "Đã gia hạn cho Công đoàn cơ sở số 01 đến 23:59 ngày 20/11/2026 (thứ Sáu)" in page
    assert "Lý do gia hạn: Bão lụt." in page
    cast.sibling_obligation.refresh_from_db()
    assert cast.sibling_obligation.extended_due_on is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"until": "09/11/2026", "reason": "Bão."}, "phải sau hạn chót 09/11/2026"),
        ({"until": "11/31/2026", "reason": "Bão."}, "ngày/tháng/năm"),
        ({"until": "20/11/2026", "reason": " "}, "Hãy ghi lý do gia hạn"),
    ],
)
@pytest.mark.parametrize("name", ["obligation_extend", "period_change"])
def test_wrong_extension_is_refused_and_kept(client, cast, name, data, words):
    response = sign_in(client, cast.unit_administrator).post(urls_of(cast)[name], FOR_ALL | data)
    page = response.content.decode()
    assert response.status_code == 200
    assert data["until"] in page
    expected = {"phải sau hạn chót 09/11/2026": "phải sau hạn chót hiện nay", "Hãy ghi lý do gia hạn": "Hãy ghi lý do"}
    assert (expected.get(words, words) if name == "period_change" else words) in page
    assert not Obligation.objects.filter(extended_due_on__isnull=False).exists()


def test_all_units_get_more_time_and_a_late_filing_becomes_timely(client, cast):
    report = make_report(cast.obligation)
    with time_machine.travel("2026-11-15 08:00+07:00", tick=False):
        workflow.submit(report, content(), by=cast.officer)
    sums = Rollup.objects.get(org_unit=cast.union, period=cast.obligation.period)
    assert (sums.filed, sums.on_time) == (1, 0)
    waive(cast.sibling_obligation, reason="Mới lập.", by=cast.administrator)
    sign_in(client, cast.unit_administrator)
    data = FOR_ALL | {"until": "15/11/2026", "reason": "Bão."}
    assert "Sẽ đổi 1 báo cáo" in client.post(urls_of(cast)["period_change"], data).content.decode()
    sums.refresh_from_db()
    assert (sums.filed, sums.on_time) == (1, 0)
    response = client.post(urls_of(cast)["period_change"], data | {"xac_nhan": "1"}, follow=True)
    assert "Đã gia hạn cho 1 đơn vị" in response.content.decode()
    sums.refresh_from_db()
    assert (sums.filed, sums.on_time) == (1, 1)


def test_extension_for_all_does_not_shorten_a_longer_one(cast):
    extend(cast.obligation, until=datetime.date(2026, 12, 20), reason="Bão.", by=cast.administrator)
    wanted = Wanted(Change.EXTEND, reason="Chung", until=datetime.date(2026, 11, 20))
    count = many_changes.change(cast.duty, cast.obligation.period, wanted, by=cast.administrator)
    cast.obligation.refresh_from_db()
    assert (count, cast.obligation.extended_due_on) == (1, datetime.date(2026, 12, 20))


# --- waiving ------------------------------------------------------------------------------------------------------


def test_unit_is_freed_with_a_reason_that_everybody_reads(client, cast):
    url = urls_of(cast)["obligation_waive"]
    sign_in(client, cast.unit_administrator)
    assert "Hãy ghi lý do miễn nộp" in client.post(url, {"reason": ""}).content.decode()
    client.post(url, {"reason": "Đơn vị mới thành lập."})
    page = sign_in(client, cast.officer).get(cast.obligation.get_absolute_url()).content.decode()
    assert "Được miễn nộp" in page
    assert "Đơn vị mới thành lập." in page
    assert "Bắt đầu lập báo cáo" not in page
    assert client.post(reverse("reports:report_start", args=[cast.obligation.pk])).status_code == 409


def test_filed_report_is_not_waived_any_more(client, cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    sign_in(client, cast.unit_administrator)
    assert client.post(urls_of(cast)["obligation_waive"], {"reason": "Muộn rồi"}).status_code == 409
    assert Report.objects.get().status == "submitted"


def test_number_of_queries_of_the_list(client, cast, django_assert_num_queries):
    for number in range(6):
        make_duty(make_plan(cast.union, number=f"{number}/KH"), name=f"Báo cáo {number}")
    sign_in(client, cast.unit_administrator)
    with django_assert_num_queries(15):
        client.get(LIST)
