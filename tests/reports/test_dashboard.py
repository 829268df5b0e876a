"""The dashboard: from the stored sums, exact to the last unit, and only for who may see it."""

import datetime
import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from orgunits import reorganisation
from orgunits.models import Role
from plans.models import PeriodKind, ReportingDuty
from reports import dashboards, rollups, workflow
from reports.models import Obligation, Reminder, Report, Revision, Rollup
from reports.obligations import waive
from tests import builders
from tests.builders import content, give_role, make_report, make_unit, make_user

pytestmark = pytest.mark.django_db
SHARE, CHILDREN = "can-bo", "tre-em-duoc-ho-tro"


def filed(obligation, officer, *, status="submitted", **changes) -> Report:
    report = make_report(obligation)
    workflow.submit(report, content(**changes), by=officer)
    if status == "returned":
        Report.objects.filter(pk=report.pk).update(status="returned")
        rollups.recompute_chain([obligation])
    return report


def approved(obligation, officer, reviewer, **changes) -> Report:
    report = filed(obligation, officer, **changes)
    workflow.approve(report, by=reviewer)
    return report


def put(obligation, person, figures, *, status="approved", **more) -> None:
    """A report in this state with exactly these figures."""
    report = make_report(obligation)
    now = timezone.now()
    Revision.objects.create(
        report=report, number=1, content=content() | {"figures": figures} | more, submitted_at=now, submitted_by=person
    )
    Report.objects.filter(pk=report.pk).update(status=status, submitted_at=now, first_submitted_at=now)
    rollups.recompute_chain([obligation])


def share(n, d, group="chu-chot") -> dict:
    return {SHARE: {f"{group}.n": n, f"{group}.d": d}}


def page(client, user, unit, name="dashboard", **query) -> str:
    client.force_login(user)
    response = client.get(reverse(f"reports:{name}", args=[unit.pk]), query)
    assert response.status_code == 200
    text = re.sub(r"<svg.*?</svg>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text.split("<main", 1)[1].split("</main", 1)[0]))


# --- who sees it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["reviewer", "viewer", "unit_administrator", "province_reviewer", "administrator"])
def test_people_of_the_unit_and_above_see_it(client, cast, person):
    assert "Công đoàn Viên chức tỉnh Thử Nghiệm" in page(client, getattr(cast, person), cast.union)


@pytest.mark.parametrize("name", ["dashboard", "missing"])
@pytest.mark.parametrize("person", ["stranger", "stranger_reviewer", "officer"])
def test_outside_the_scope_there_is_no_such_page(client, cast, name, person):
    client.force_login(getattr(cast, person))
    assert client.get(reverse(f"reports:{name}", args=[cast.union.pk])).status_code == 404


def test_an_officer_sees_the_own_unit_and_not_the_neighbour(client, cast):
    assert "Công đoàn cơ sở số 01" in page(client, cast.officer, cast.base)
    assert client.get(reverse("reports:dashboard", args=[cast.sibling.pk])).status_code == 404


@pytest.mark.parametrize("name", ["dashboard", "missing"])
def test_who_is_not_signed_in_is_sent_to_the_door(client, cast, name):
    response = client.get(reverse(f"reports:{name}", args=[cast.union.pk]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["dashboard", "missing"])
def test_nothing_can_be_posted_here(client, cast, name):
    client.force_login(cast.reviewer)
    assert client.post(reverse(f"reports:{name}", args=[cast.union.pk])).status_code == 405


# --- what it says -------------------------------------------------------------------------------------------------


def test_an_approval_shows_in_the_very_next_request_at_every_level(client, cast):
    report = filed(cast.obligation, cast.officer, people=(48, 50))
    for unit in (cast.union, cast.province):
        text = page(client, cast.province_reviewer, unit)
        assert "0/2 đơn vị đã duyệt · 1 chờ duyệt · 1 chưa nộp" in text
        assert "96/100" not in text
    workflow.approve(report, by=cast.reviewer)
    for unit in (cast.union, cast.province):
        text = page(client, cast.province_reviewer, unit)
        assert "1/2 đơn vị đã duyệt · 1 chưa nộp" in text
        assert "96,0 % Đạt 96/100" in text
        assert "1/1 đơn vị có số liệu đạt mốc" in text


def test_the_percentage_is_sum_over_sum_and_never_an_average(client, cast):
    put(cast.obligation, cast.officer, share(1, 2))
    put(cast.sibling_obligation, cast.officer, share(90, 98))
    text = page(client, cast.reviewer, cast.union)
    assert "91,0 %" in text
    assert "91/100" in text
    assert "70,9" not in text


@pytest.mark.parametrize(
    ("n", "d", "shown", "verdict"),
    [
        (9500, 10000, "95,0 %", "Chưa đạt"),
        (9501, 10000, "95,01 %", "Đạt"),
        (9499, 10000, "94,9 %", "Chưa đạt"),
        (949_999_999, 1_000_000_000, "94,9 %", "Chưa đạt"),
        (950_000_001, 1_000_000_000, "95,0000001 %", "Đạt"),
        (0, 10, "0,0 %", "Chưa đạt"),
    ],
)
def test_rounding_never_changes_what_the_eye_concludes(client, cast, n, d, shown, verdict):
    put(cast.obligation, cast.officer, share(n, d))
    assert f"{shown} {verdict}" in page(client, cast.reviewer, cast.union)


def test_distance_and_the_straight_way_to_the_milestone(client, cast):
    put(cast.obligation, cast.officer, share(85, 100))
    with time_machine.travel(datetime.datetime(2026, 11, 22, 5, tzinfo=datetime.UTC)):
        text = page(client, cast.reviewer, cast.union)
    assert "Mục tiêu đến năm 2030: trên 95 %" in text
    assert "Còn thiếu 11 đơn vị tính để đạt (kém mốc 10,0 điểm phần trăm)." in text
    # From 22/11/2026 to 31/12/2030 are 1,500 days: 10 points × 365 ÷ 1,500.
    assert "Để đạt trên 95 % vào năm 2030, cần tăng bình quân 2,4 điểm phần trăm mỗi năm." in text


def test_exactly_on_a_strict_milestone_one_is_still_missing(client, cast):
    put(cast.obligation, cast.officer, share(95, 100))
    text = page(client, cast.reviewer, cast.union)
    assert "Còn thiếu 1 đơn vị tính để đạt." in text


def test_nil_zero_and_missing_look_different(client, cast):
    client.force_login(cast.reviewer)
    put(cast.obligation, cast.officer, {CHILDREN: {"v": 0}})
    assert "Số trẻ em được hỗ trợ em 0 1 đơn vị có số liệu" in page(client, cast.reviewer, cast.union)
    Report.objects.all().update(status="draft")
    Revision.objects.update(content=content() | {"figures": {CHILDREN: {"nil": True}}})
    Report.objects.all().update(status="approved")
    rollups.recompute_chain([cast.obligation])
    text = page(client, cast.reviewer, cast.union)
    assert "Số trẻ em được hỗ trợ em không phát sinh 0 đơn vị có số liệu · 1 không phát sinh" in text
    Revision.objects.update(content=content() | {"figures": {}})
    rollups.recompute_chain([cast.obligation])
    text = page(client, cast.reviewer, cast.union)
    assert "Số trẻ em được hỗ trợ em chưa có số liệu" in text


def test_groups_apart_and_together(client, cast):
    put(cast.obligation, cast.officer, {SHARE: {"chu-chot.n": 9, "chu-chot.d": 10, "nu-cong.n": 40, "nu-cong.d": 40}})
    text = page(client, cast.reviewer, cast.union)
    assert "Nhóm chu-chot 9/10 90,0 % Chưa đạt" in text
    assert "Nhóm nu-cong 40/40 100,0 % Đạt" in text
    assert "Cộng (tổng hợp) 49/50 98,0 % Đạt" in text


def test_only_approved_figures_count_unless_more_is_asked(client, cast):
    put(cast.obligation, cast.officer, {CHILDREN: {"v": 7}}, status="submitted")
    put(cast.sibling_obligation, cast.officer, {CHILDREN: {"v": 5}}, status="returned")
    row = "Số trẻ em được hỗ trợ em "
    text = page(client, cast.reviewer, cast.union)
    assert row + "chưa có số liệu" in text
    assert "Gồm cả số liệu chưa duyệt" not in text
    text = page(client, cast.reviewer, cast.union, count="submitted")
    assert row + "7 " in text
    assert "Gồm cả số liệu chưa duyệt" in text
    assert row + "12 " in page(client, cast.reviewer, cast.union, count="all")
    assert row + "chưa có số liệu" in page(client, cast.reviewer, cast.union, count="everything")


def test_own_figures_are_told_from_the_sum_and_the_lines_add_up(client, cast):
    plan = builders.make_plan(cast.province, number="54/KH-LĐLĐ")
    builders.make_target(plan, code="gia-dinh", groups=())
    duty = builders.make_duty(plan, reporters=ReportingDuty.Reporters.ALL_BELOW)
    builders.make_form(duty)
    for obligation in builders.open_year(duty):
        n = 10 if obligation.org_unit == cast.union else 40
        put(obligation, cast.officer, {"gia-dinh": {"all.n": n, "all.d": 50}})
    text = page(client, cast.reviewer, cast.union, che_do=duty.pk)
    assert "Trong đó: số liệu riêng của đơn vị 10/50 20,0 %" in text
    assert "Số liệu riêng của đơn vị Báo cáo của chính đơn vị" in text
    assert "Tổng hợp 60,0 % 90/150 Chưa đạt 3/3 đã duyệt" in text


def test_children_show_figures_state_and_timeliness(client, cast):
    with time_machine.travel(datetime.datetime(2026, 11, 12, 5, tzinfo=datetime.UTC)):
        put(cast.obligation, cast.officer, share(48, 50))
        text = page(client, cast.reviewer, cast.union)
    assert "Công đoàn cơ sở số 01 96,0 % 48/50 Đạt Đã duyệt Nộp chậm 3 ngày" in text
    assert "Công đoàn cơ sở số 02 chưa có số liệu – Chưa có số liệu Chưa nộp Quá hạn 3 ngày" in text


def test_drill_down_leads_to_the_unit_and_then_to_the_report(client, cast):
    report = approved(cast.obligation, cast.officer, cast.reviewer)
    client.force_login(cast.province_reviewer)
    query = f"?che_do={cast.duty.pk}&ky={cast.obligation.period_id}&count=approved&chi_tieu={SHARE}"
    above = client.get(reverse("reports:dashboard", args=[cast.province.pk])).content.decode()
    link = (reverse("reports:dashboard", args=[cast.union.pk]) + query).replace("&", "&amp;")
    assert f'href="{link}"' in above
    below = client.get(link.replace("&amp;", "&")).content.decode()
    assert f'href="{reverse("reports:report_detail", args=[report.pk])}"' in below
    assert f'href="{reverse("reports:obligation_detail", args=[cast.sibling_obligation.pk])}"' in below


def test_years_stand_beside_years_and_halves_beside_halves(client, cast):
    duty = builders.make_duty(cast.plan, name="Báo cáo 6 tháng và năm", kinds=(PeriodKind.HALF_YEAR, PeriodKind.YEAR))
    for year, kind, children in ((2025, "year", 50), (2026, "half_year", 30), (2026, "year", 70)):
        obligation = builders.open_year(duty, year, kind=kind)[0]
        put(obligation, cast.officer, {CHILDREN: {"v": children}} | share(children, 100))
    year = Obligation.objects.get(duty=duty, org_unit=cast.base, period__year=2026, period__kind="year").period
    text = page(client, cast.reviewer, cast.union, che_do=duty.pk, ky=year.pk)
    assert "Nội dung Đơn vị tính Năm 2025 Năm 2026" in text
    assert "Số trẻ em được hỗ trợ em 50 70 1 đơn vị" in text
    assert "2025 50,0 % 50/100 2026 70,0 % 70/100 Mục tiêu 2025" in text
    half = Obligation.objects.get(duty=duty, org_unit=cast.base, period__kind="half_year").period
    text = page(client, cast.reviewer, cast.union, che_do=duty.pk, ky=half.pk)
    assert "Nội dung Đơn vị tính 6 tháng đầu năm 2026 Nguồn" in text
    assert "Số trẻ em được hỗ trợ em 30 1 đơn vị" in text


def test_an_earlier_period_knows_nothing_of_later_ones(client, cast):
    for year, children in ((2025, 50), (2026, 70)):
        obligation = Obligation.objects.filter(duty=cast.duty, period__year=year).first()
        obligation = obligation or builders.open_year(cast.duty, year)[0]
        put(obligation, cast.officer, {CHILDREN: {"v": children}})
    past = Rollup.objects.get(org_unit=cast.union, period__year=2025).period
    text = page(client, cast.reviewer, cast.union, ky=past.pk)
    assert "Mục tiêu đến năm 2025: trên 90 %" in text
    assert "Số trẻ em được hỗ trợ em 50 1 đơn vị" in text


def test_a_plan_without_indicators_has_completeness_and_tasks(client, cast):
    plan = builders.make_plan(cast.union, number="162-KH/ĐUK")
    first = builders.make_task(plan, "Quán triệt Chỉ thị", lead="Ban Tuyên giáo và Dân vận")
    second = builders.make_task(plan, "Kiểm tra, giám sát", lead="Cấp ủy cơ sở.")
    duty = builders.make_duty(plan)
    for obligation in builders.open_year(duty):
        tasks = {str(first.pk): {"status": "done", "note": ""}, str(second.pk): {"status": "ongoing", "note": "…"}}
        put(obligation, cast.officer, {}, tasks=tasks)
    text = page(client, cast.reviewer, cast.union, che_do=duty.pk)
    assert "2/2 đơn vị đã duyệt" in text
    assert (
        "Ban Tuyên giáo và Dân vận 2 0 0 0 1. Quán triệt Chỉ thị 2 0 0 0 "
        "Cấp ủy cơ sở 0 2 0 0 2. Kiểm tra, giám sát 0 2 0 0" in text
    )
    assert "Tỷ lệ" not in text


def test_waived_units_are_named_and_not_expected(client, cast):
    waive(cast.sibling_obligation, reason="Đơn vị đang giải thể.", by=cast.administrator)
    text = page(client, cast.reviewer, cast.union)
    assert "0/1 đơn vị đã duyệt · 1 chưa nộp · 1 được miễn" in text
    assert "Công đoàn cơ sở số 02 chưa có số liệu – Chưa có số liệu Được miễn nộp" in text


def test_a_unit_that_left_the_scope_stays_in_the_sum_without_its_name(client, cast):
    put(cast.obligation, cast.officer, share(10, 10))
    put(cast.sibling_obligation, cast.officer, share(40, 50))
    reorganisation.move(cast.sibling, parent=cast.elsewhere, on=datetime.date(2026, 11, 20), by=None)
    text = page(client, cast.reviewer, cast.union)
    assert "Công đoàn cơ sở số 02" not in text
    assert "1 đơn vị nay không còn trực thuộc" in text
    assert "80,0 % 40/50" in text
    assert "Tổng hợp 83,3 % 50/60" in text
    assert client.get(reverse("reports:dashboard", args=[cast.sibling.pk])).status_code == 404


def test_update_time_and_basis_are_told(client, cast):
    with time_machine.travel(datetime.datetime(2026, 11, 5, 3, 30, tzinfo=datetime.UTC), tick=False):
        put(cast.obligation, cast.officer, share(10, 10))
    text = page(client, cast.reviewer, cast.union)
    assert "Năm 2026 · Chỉ báo cáo đã duyệt · Theo tổ chức khi đó · cập nhật lúc 10:30 05/11/2026" in text


def test_the_breadcrumb_leads_up_only_as_far_as_one_may_see(client, cast):
    up = reverse("reports:dashboard", args=[cast.province.pk])
    client.force_login(cast.reviewer)
    assert up not in client.get(reverse("reports:dashboard", args=[cast.union.pk])).content.decode()
    client.force_login(cast.province_reviewer)
    assert up in client.get(reverse("reports:dashboard", args=[cast.union.pk])).content.decode()


# --- what is chosen -----------------------------------------------------------------------------------------------


def test_without_a_wish_the_latest_period_that_is_under_way(cast):
    builders.open_year(cast.duty, 2025)
    builders.open_year(cast.duty, 2027)
    last_day_of_rest = datetime.date(2026, 11, 1)  # 60 days before the end of 2026 is 1 November
    assert dashboards.choose(cast.union, {}, on=last_day_of_rest - datetime.timedelta(days=1)).period.year == 2025
    assert dashboards.choose(cast.union, {}, on=last_day_of_rest).period.year == 2026
    put(cast.obligation, cast.officer, {})
    chosen = dashboards.choose(cast.union, {}, on=datetime.date(2026, 3, 1))
    assert chosen.period.year == 2026  # something is filed
    assert [period.year for period in chosen.periods] == [2027, 2026, 2025]


def test_the_duty_that_most_units_report_on_comes_first(cast):
    small = builders.make_duty(cast.plan, name="Báo cáo riêng", reporters=ReportingDuty.Reporters.CHOSEN)
    small.units.set([cast.base])
    builders.open_year(small)
    assert dashboards.choose(cast.union, {}, on=datetime.date(2026, 11, 22)).duty == cast.duty


@pytest.mark.parametrize("asked", [{"che_do": "999"}, {"che_do": "x", "ky": "'"}, {"ky": "999"}, {"count": "x"}])
def test_a_wish_that_cannot_be_met_falls_back(cast, asked):
    chosen = dashboards.choose(cast.union, asked, on=datetime.date(2026, 11, 22))
    assert (chosen.duty, chosen.period, chosen.counting) == (cast.duty, cast.obligation.period, "approved")


def test_the_chosen_indicator_leads_the_table_of_units(client, cast):
    builders.make_target(cast.plan, code="gia-dinh", groups=())
    builders.make_form(cast.duty)
    put(cast.obligation, cast.officer, share(9, 10) | {"gia-dinh": {"all.n": 7, "all.d": 8}})
    first = page(client, cast.reviewer, cast.union)
    second = page(client, cast.reviewer, cast.union, chi_tieu="gia-dinh")
    assert "Công đoàn cơ sở số 01 90,0 % 9/10" in first
    assert "Công đoàn cơ sở số 01 87,5 % 7/8" in second


def test_a_unit_without_any_period_says_what_will_come(client, cast):
    assert "Chưa có kỳ báo cáo nào" in page(client, cast.stranger, cast.elsewhere)
    assert "Chưa có kỳ báo cáo nào" in page(client, cast.stranger, cast.elsewhere, name="missing")


# --- the list of dashboards ---------------------------------------------------------------------------------------


def test_home_goes_straight_to_the_only_unit(client, cast):
    client.force_login(cast.reviewer)
    response = client.get(reverse("reports:dashboard_home"))
    assert response.url == reverse("reports:dashboard", args=[cast.union.pk])


def test_home_lists_several_units_and_for_the_installation_the_roots(client, cast):
    give_role(cast.officer, Role.VIEWER, cast.sibling)
    client.force_login(cast.officer)
    text = client.get(reverse("reports:dashboard_home")).content.decode()
    assert "Công đoàn cơ sở số 01" in text
    assert "Công đoàn cơ sở số 02" in text
    client.force_login(cast.administrator)
    assert client.get(reverse("reports:dashboard_home")).url == reverse("reports:dashboard", args=[cast.province.pk])


def test_home_of_somebody_without_periods_is_kind(client, cast):
    client.force_login(cast.stranger)
    assert "Chưa có số liệu để theo dõi" in client.get(reverse("reports:dashboard_home")).content.decode()


def test_a_role_that_has_ended_shows_nothing(client, cast):
    person = make_user()
    give_role(person, Role.REVIEWER, cast.union, until=datetime.date(2026, 1, 1))
    client.force_login(person)
    assert client.get(reverse("reports:dashboard_home")).status_code == 200
    assert client.get(reverse("reports:dashboard", args=[cast.union.pk])).status_code == 404


# --- who has not filed --------------------------------------------------------------------------------------------


@pytest.fixture
def on_the_twelfth():
    with time_machine.travel(datetime.datetime(2026, 11, 12, 5, tzinfo=datetime.UTC)):
        yield


def test_missing_names_due_days_state_reminder_and_contact(client, cast, on_the_twelfth):
    filed(cast.obligation, cast.officer)
    reminder = Reminder.objects.create(
        obligation=cast.sibling_obligation,
        rung="late-1",
        recipient=cast.sibling_officer,
        due_on=cast.sibling_obligation.due_on,
        status="sent",
        sent_at=datetime.datetime(2026, 11, 10, 1, 0, tzinfo=datetime.UTC),
    )
    assert reminder.pk
    text = page(client, cast.reviewer, cast.union, name="missing")
    assert "Công đoàn cơ sở số 01" not in text
    assert "Công đoàn cơ sở số 02 09/11/2026 Quá hạn 3 ngày Chưa nộp 08:00 10/11/2026 Phạm Văn Bên Cạnh" in text
    assert cast.sibling_officer.email in text
    assert "Tất cả (1)" in text


def test_missing_shows_drafts_and_returned_reports_and_units_without_people(client, cast, on_the_twelfth):
    make_report(cast.sibling_obligation)
    filed(cast.obligation, cast.officer, status="returned")
    lonely = make_unit("Công đoàn cơ sở số 03", parent=cast.union)
    builders.open_year(cast.duty)
    text = page(client, cast.reviewer, cast.union, name="missing")
    assert "Bản nháp" in text
    assert "Bị trả lại" in text
    assert re.search(rf"{lonely.name} .*chưa nhắc chưa có người lập báo cáo, không gửi thư nhắc được", text)


def test_missing_can_be_narrowed_to_what_is_late(client, cast):
    with time_machine.travel(datetime.datetime(2026, 11, 9, 16, 59, 59, tzinfo=datetime.UTC), tick=False):  # 23:59:59
        text = page(client, cast.reviewer, cast.union, name="missing", loc="qua-han")
        assert "Đã quá hạn (0)" in text
        assert "Không có đơn vị nào quá hạn" in text
    with time_machine.travel(datetime.datetime(2026, 11, 9, 17, 0, tzinfo=datetime.UTC), tick=False):  # 00:00 of 10/11
        text = page(client, cast.reviewer, cast.union, name="missing", loc="qua-han")
        assert "Đã quá hạn (2)" in text
        assert "Quá hạn 1 ngày" in text


def test_missing_offers_reminding_to_reviewers_only(client, cast, on_the_twelfth):
    client.force_login(cast.reviewer)
    url = reverse("reports:missing", args=[cast.union.pk])
    text = client.get(url).content.decode()
    assert f'action="{reverse("reports:remind_now")}"' in text
    assert f'name="obligation" value="{cast.sibling_obligation.pk}"' in re.sub(r"\s+", " ", text)
    client.force_login(cast.viewer)
    assert 'name="obligation"' not in client.get(url).content.decode()


def test_missing_covers_the_whole_subtree_and_only_it(client, cast, on_the_twelfth):
    text = page(client, cast.province_reviewer, cast.province, name="missing")
    assert "Công đoàn cơ sở số 01 Công đoàn Viên chức tỉnh Thử Nghiệm" in text
    text = page(client, cast.province_reviewer, cast.base, name="missing")
    assert "Công đoàn cơ sở số 02" not in text


def test_missing_is_glad_when_all_have_filed(client, cast):
    for obligation, officer in ((cast.obligation, cast.officer), (cast.sibling_obligation, cast.sibling_officer)):
        filed(obligation, officer)
    assert "Mọi đơn vị đã nộp" in page(client, cast.reviewer, cast.union, name="missing")
    client.force_login(cast.reviewer)
    url = reverse("reports:missing", args=[cast.union.pk])
    assert url not in client.get(reverse("reports:dashboard", args=[cast.union.pk])).content.decode()


# --- cost ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "most"), [("dashboard", 24), ("missing", 27)])  # missing: for whom a unit waits
def test_the_number_of_queries_does_not_grow_with_the_units(client, cast, django_assert_max_num_queries, name, most):
    for number in range(12):
        make_unit(f"Công đoàn cơ sở số {number + 3:02d}", parent=cast.union)
    for obligation in builders.open_year(cast.duty)[:9]:
        put(obligation, cast.officer, content()["figures"])
    client.force_login(cast.reviewer)
    url = reverse(f"reports:{name}", args=[cast.union.pk])
    client.get(url)
    with django_assert_max_num_queries(most):
        client.get(url)
