"""The front door: what the person has to do, late first, never hidden, in the order of the roles."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.urls import reverse

from orgunits import reorganisation
from orgunits.models import Delivery, Role
from plans.models import PeriodKind
from reports import workflow, worklist
from reports.models import Notice, Report, SheetImport
from reports.obligations import extend, open_period, waive
from tests.builders import content, give_role, make_duty, make_level, make_report, make_unit, make_user, open_year

HOME = reverse("home")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def day(text: str) -> datetime.date:
    return datetime.datetime.strptime(text, "%d/%m/%Y").date()


def see(client, user, on: str) -> str:
    with time_machine.travel(datetime.datetime.combine(day(on), datetime.time(9), tzinfo=VIETNAM), tick=False):
        client.force_login(user)
        response = client.get(HOME)
    assert response.status_code == 200
    return response.content.decode()


def submitted(cast, obligation=None, by=None) -> Report:
    report = make_report(obligation or cast.obligation)
    workflow.submit(report, content(), by=by or cast.officer)
    return report


# --- catalogue ----------------------------------------------------------------------------------------------------


def test_who_is_not_signed_in_is_asked_to(client, db):
    response = client.get(HOME)
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_post_is_refused(client, cast):
    client.force_login(cast.officer)
    assert client.post(HOME).status_code == 405


def test_who_has_no_role_is_told_whom_to_ask(client, db):
    page = see(client, make_user(), "01/11/2026")
    assert "Bạn chưa được giao vai trò ở đơn vị nào" in page


def test_viewer_has_nothing_to_do_and_finds_the_reports(client, cast):
    page = see(client, cast.viewer, "01/11/2026")
    assert "Không có việc nào chờ bạn" in page
    assert reverse("reports:report_list") in page
    assert "Báo cáo phải nộp" not in page


# --- officer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("28/10/2026", "Còn 12 ngày"),
        ("09/11/2026", "Hạn chót là hôm nay"),
        ("10/11/2026", "Quá hạn 1 ngày"),
        ("12/11/2026", "Quá hạn 3 ngày"),
        ("09/11/2028", "Quá hạn 731 ngày"),
    ],
)
def test_officer_reads_until_when(client, cast, on, words):
    page = see(client, cast.officer, on)
    assert words in page
    assert "09/11/2026" in page


def test_colleague_sees_the_same_and_a_stranger_nothing_of_it(client, cast):
    report = submitted(cast)
    assert report.get_absolute_url() in see(client, cast.colleague, "10/11/2026")
    stranger = see(client, cast.stranger, "10/11/2026")
    assert report.get_absolute_url() not in stranger
    assert "Chưa có báo cáo nào phải nộp" in stranger


def test_late_ones_come_first_and_old_ones_are_not_hidden(cast):
    older = open_year(cast.duty, 2024)
    work = worklist.filing_work(cast.officer, on=day("01/11/2026"))
    assert [item.obligation.period.year for item in work.owed] == [2024, 2026]
    assert [item.is_late for item in work.owed] == [True, False]
    assert work.owed[0].obligation in older
    assert work.late == 1


def test_last_good_day_is_not_late_and_the_next_is(cast):
    assert not worklist.filing_work(cast.officer, on=day("09/11/2026")).owed[0].is_late
    assert worklist.filing_work(cast.officer, on=day("10/11/2026")).owed[0].is_late


def test_extension_moves_the_day(cast):
    extend(cast.obligation, until=day("20/11/2026"), reason="Bão lụt.", by=cast.administrator)
    item = worklist.filing_work(cast.officer, on=day("20/11/2026")).owed[0]
    assert (item.days, item.days_text) == (0, "hạn chót là hôm nay")


def test_waived_report_is_owed_no_more(cast):
    waive(cast.obligation, reason="Đơn vị mới lập.", by=cast.administrator)
    assert worklist.filing_work(cast.officer, on=day("20/11/2026")).is_empty


def test_returned_report_shows_who_returned_it_and_why(client, cast):
    workflow.send_back(submitted(cast), by=cast.reviewer, reason="Thiếu phần nguyên nhân.")
    page = see(client, cast.officer, "05/11/2026")
    assert "Bị trả lại" in page
    assert "Thiếu phần nguyên nhân." in page
    assert cast.reviewer.full_name in page
    assert "Sửa và nộp lại" in page


def test_reopened_report_is_named_so(client, cast):
    report = submitted(cast)
    workflow.approve(report, by=cast.reviewer)
    workflow.reopen(report, by=cast.reviewer, reason="Sai số liệu.")
    page = see(client, cast.officer, "05/11/2026")
    assert "Được mở lại" in page
    assert "Sai số liệu." in page


def test_begun_report_is_continued_and_the_other_is_started_by_post(client, cast):
    assert f'action="{reverse("reports:report_start", args=[cast.obligation.pk])}"' in see(
        client, cast.officer, "01/11/2026"
    )
    report = make_report(cast.obligation)
    page = see(client, cast.officer, "01/11/2026")
    assert reverse("reports:filing", args=[report.pk]) in page
    assert "Làm tiếp" in page


def test_filed_report_waits_and_an_approved_one_is_shown_for_a_while(cast):
    report = submitted(cast)
    on = report.submitted_at.date()
    work = worklist.filing_work(cast.officer, on=on)
    assert (work.owed, work.waiting) == ([], [report])
    workflow.approve(report, by=cast.reviewer)
    work = worklist.filing_work(cast.officer, on=on)
    assert (work.waiting, work.approved) == ([], [report])
    long_after = on + worklist.LATELY + datetime.timedelta(days=2)
    assert worklist.filing_work(cast.officer, on=long_after).approved == []


def test_report_of_a_period_that_has_not_begun_stands_apart(cast):
    open_year(cast.duty, 2027)
    work = worklist.filing_work(cast.officer, on=day("31/12/2026"))
    assert [item.obligation.period.year for item in work.coming] == [2027]
    work = worklist.filing_work(cast.officer, on=day("01/01/2027"))
    assert work.coming == []
    assert len(work.owed) == 2


def test_officer_of_the_union_does_not_get_the_reports_of_the_base(cast):
    person = make_user(unit=cast.union, role=Role.REPORTER)
    assert worklist.filing_work(person, on=day("01/11/2026")).is_empty


def test_successor_takes_over_what_a_merged_unit_still_owes(cast):
    heir = make_unit("Công đoàn cơ sở hợp nhất", parent=cast.union)
    person = make_user(unit=heir, role=Role.REPORTER)
    for unit in (cast.base, cast.sibling):
        reorganisation.end(unit, on=day("01/12/2026"), successors=[heir], by=None)
    owed = worklist.filing_work(person, on=day("02/12/2026")).owed
    assert {item.obligation.org_unit_id for item in owed} == {cast.base.pk, cast.sibling.pk}


def test_checked_excel_file_waits_for_the_word_of_who_sent_it(client, cast):
    sent = SheetImport.objects.create(
        uploaded_by=cast.officer, org_unit=cast.base, duty=cast.duty, period=cast.obligation.period,
        file=ContentFile(b"x", name="a.xlsx"), original_name="bao-cao-2026.xlsx", status=SheetImport.Status.READY,
    )  # fmt: skip
    assert "bao-cao-2026.xlsx" in see(client, cast.officer, "01/11/2026")
    assert "bao-cao-2026.xlsx" not in see(client, cast.colleague, "01/11/2026")
    SheetImport.objects.filter(pk=sent.pk).update(status=SheetImport.Status.DONE)
    assert "bao-cao-2026.xlsx" not in see(client, cast.officer, "01/11/2026")


# --- reviewer -----------------------------------------------------------------------------------------------------


def test_reviewer_reads_what_waits_oldest_first_and_how_many_are_late(client, cast):
    with time_machine.travel("2026-11-02 08:00+07:00", tick=False):
        report = submitted(cast)
    page = see(client, cast.reviewer, "12/11/2026")
    assert report.get_absolute_url() in page
    assert "Báo cáo cũ nhất đã chờ 10 ngày" in page
    assert "1 đơn vị quá hạn" in page
    assert reverse("reports:missing", args=[cast.union.pk]) in page


def test_reviewer_sees_no_late_unit_on_the_last_good_day(cast):
    assert worklist.review_work(cast.reviewer, on=day("09/11/2026")).late == []
    late = worklist.review_work(cast.reviewer, on=day("10/11/2026")).late
    assert [(group.duty_id, group.units) for group in late] == [(cast.duty.pk, 2)]


def test_late_group_tells_the_last_good_day_after_the_extensions(cast):
    extend(cast.obligation, until=day("20/11/2026"), reason="Mưa bão.", by=cast.administrator)
    extend(cast.sibling_obligation, until=day("15/11/2026"), reason="Mưa bão.", by=cast.administrator)
    assert [group.since for group in worklist.review_work(cast.reviewer, on=day("21/11/2026")).late] == [
        day("15/11/2026")
    ]


def test_duty_that_begins_next_year_is_not_to_be_opened_yet(cast):
    duty = make_duty(cast.plan, name="Báo cáo mới", active_from=datetime.date(2027, 1, 1))
    rules = duty.due_rules.get()
    assert rules not in worklist.administration_work(cast.administrator, on=day("31/12/2026")).rules_not_opened
    assert rules in worklist.administration_work(cast.administrator, on=day("01/01/2027")).rules_not_opened


def test_reviewer_above_reads_what_waits_below_as_a_number_only(cast):
    submitted(cast)
    work = worklist.review_work(cast.province_reviewer, on=day("12/11/2026"))
    assert (work.waiting, work.oldest, work.waiting_below) == (0, [], 1)


def test_reviewer_of_another_branch_sees_nothing_of_it(cast):
    submitted(cast)
    work = worklist.review_work(cast.stranger_reviewer, on=day("12/11/2026"))
    assert (work.waiting, work.waiting_below, work.late) == (0, 0, [])


def test_unit_that_never_reports_does_not_hide_the_rest(cast):
    report = submitted(cast)
    workflow.approve(report, by=cast.reviewer)
    work = worklist.review_work(cast.reviewer, on=day("12/11/2026"))
    assert [group.units for group in work.late] == [1]
    assert worklist.filing_work(cast.officer, on=report.submitted_at.date()).approved == [report]


# --- administrator ------------------------------------------------------------------------------------------------


def test_administrator_reads_which_rule_wants_a_date(client, cast):
    duty = make_duty(cast.plan, name="Báo cáo định kỳ", kinds=(PeriodKind.HALF_YEAR,), month=None, day=None)
    page = see(client, cast.unit_administrator, "01/11/2026")
    assert "văn bản không ghi thời hạn nộp" in page
    assert reverse("reports:due_rule_edit", args=[duty.due_rules.get().pk]) in page


def test_administrator_reads_which_period_is_not_opened(cast):
    duty = make_duty(cast.plan, name="Báo cáo chuyên đề")
    work = worklist.administration_work(cast.unit_administrator, on=day("01/11/2026"))
    assert [rule.duty for rule in work.rules_not_opened] == [duty]
    open_period(duty, PeriodKind.YEAR, 2026, by=None, on=day("01/11/2026"))
    assert worklist.administration_work(cast.unit_administrator, on=day("01/11/2026")).rules_not_opened == []


def test_administrator_reads_which_unit_has_nobody_who_files(cast):
    work = worklist.administration_work(cast.unit_administrator, on=day("01/11/2026"))
    assert (work.units_without_reporter, work.first_units) == (0, [])
    cast.sibling_officer.is_active = False
    cast.sibling_officer.save(update_fields=["is_active"])
    work = worklist.administration_work(cast.unit_administrator, on=day("01/11/2026"))
    assert (work.units_without_reporter, work.first_units) == (1, [cast.sibling])


def test_administrator_reads_of_failed_mail_in_the_own_branch_alone(cast):
    submitted(cast)
    Notice.objects.update(status=Delivery.Status.FAILED)
    assert worklist.administration_work(cast.unit_administrator, on=day("01/11/2026")).failed_mails == 1
    elsewhere = make_user(unit=cast.elsewhere, role=Role.ADMINISTRATOR)
    assert worklist.administration_work(elsewhere, on=day("01/11/2026")).failed_mails == 0


def test_administrator_of_another_branch_has_nothing_to_settle(cast):
    elsewhere = make_user(unit=cast.elsewhere, role=Role.ADMINISTRATOR)
    assert worklist.administration_work(elsewhere, on=day("01/01/2028")).is_empty


# --- all of it ----------------------------------------------------------------------------------------------------


def test_sections_of_several_roles_come_in_their_order(client, cast):
    give_role(cast.officer, Role.ADMINISTRATOR, cast.union)
    give_role(cast.officer, Role.REVIEWER, cast.union)
    page = see(client, cast.officer, "01/11/2026")
    places = [page.index(heading) for heading in ("Báo cáo phải nộp", "Báo cáo chờ xét duyệt", "Việc quản trị")]
    assert places == sorted(places)


def test_number_of_queries_does_not_grow_with_the_units(client, cast, django_assert_num_queries):
    level = make_level()
    for _ in range(30):
        make_unit(parent=cast.union, level=level)
    for year in (2024, 2025, 2026):
        open_period(cast.duty, PeriodKind.YEAR, year, by=None, on=day("01/11/2026"))
    give_role(cast.officer, Role.REVIEWER, cast.union)
    give_role(cast.officer, Role.ADMINISTRATOR, cast.union)
    for obligation in cast.duty.obligations.exclude(org_unit=cast.base).order_by("pk")[:20]:
        make_report(
            obligation,
            status="submitted",
            submitted_at=datetime.datetime(2026, 11, 1, tzinfo=VIETNAM),
            first_submitted_at=datetime.datetime(2026, 11, 1, tzinfo=VIETNAM),
            submitted_by=cast.sibling_officer,
        )
    with time_machine.travel("2026-11-12 09:00+07:00", tick=False):
        client.force_login(cast.officer)
        with django_assert_num_queries(40):
            client.get(HOME)
