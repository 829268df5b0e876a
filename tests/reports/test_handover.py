"""A post changes hands: nothing hangs on the person who leaves, and the new one finds what is due."""

import datetime

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.urls import reverse

from orgunits import appointments, delegations
from orgunits.models import Role, RoleAssignment
from reports import drafts, handover, workflow
from reports.models import Activity, CareModel, FormItem, SheetImport
from reports.obligations import extend
from reports.progress import Progress, progress
from tests.builders import content, give_role, make_plan, make_report, make_user, open_year

NOW = "2026-11-05 09:00+07:00"
DAY = datetime.date(2026, 11, 5)
ONE = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(cast, unit=None, user=None):
    return handover.handover(unit or cast.base, user=user or cast.officer, on=DAY)


def see(client, user, unit) -> str:
    client.force_login(user)
    answer = client.get(reverse("reports:handover", args=[unit.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def typed(report, by, **fields):
    fields = {name.replace("__", "."): text for name, text in fields.items()}
    return drafts.save(report, fields, base={}, version=report.draft_version, by=by)


def successor(cast):
    """The officer's role ends and a new person takes the post."""
    for role in RoleAssignment.objects.filter(user=cast.officer):
        appointments.end_role(role, ends_on=DAY, by=cast.unit_administrator, on=DAY)
    appointments.deactivate(cast.officer, by=cast.administrator, on=DAY)
    new = make_user("Hoàng Thị Mới")
    give_role(new, Role.REPORTER, cast.base, on=DAY)
    return new


# --- nothing hangs on the person ----------------------------------------------------------------------------------


def test_draft_of_who_left_is_gone_on_with(client, cast):
    report = make_report(cast.obligation)
    typed(report, cast.officer, **{"ket-qua": "Đã tổ chức trại hè."})
    new = successor(cast)
    report.refresh_from_db()
    assert report.draft["ket-qua"] == "Đã tổ chức trại hè."
    drafts.save(report, {"ket-qua": "Đã tổ chức hai trại hè."}, base=report.draft, version=report.draft_version, by=new)
    client.force_login(new)
    assert "Đã tổ chức hai trại hè." in client.get(reverse("reports:filing", args=[report.pk])).content.decode()
    workflow.submit(report, content(), by=new)


def test_filed_report_of_who_left_is_decided_and_corrected_by_others(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    new = successor(cast)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu nguyên nhân.")
    workflow.submit(report, content(text="Đã bổ sung."), by=new)
    workflow.approve(report, by=cast.reviewer)


def test_activities_and_models_of_who_left_stay_with_the_unit(client, cast):
    activity = Activity.objects.create(
        org_unit=cast.base, name="Trung thu", occasion="mid_autumn", held_on="2026-09-25", recorded_by=cast.officer
    )
    CareModel.objects.create(org_unit=cast.base, name="Câu lạc bộ Nữ công", recorded_by=cast.officer)
    new = successor(cast)
    client.force_login(new)
    assert client.get(reverse("reports:activity_edit", args=[activity.pk])).status_code == 200
    registers = page_of(cast, user=new).registers
    assert (registers.activities, registers.last_held_on, registers.models) == (1, datetime.date(2026, 9, 25), 1)


def test_excel_file_that_nobody_confirmed_is_named(client, cast):
    obligation = cast.obligation
    SheetImport.objects.create(
        uploaded_by=cast.officer, org_unit=cast.base, duty=obligation.duty, period=obligation.period,
        file=ContentFile(b"x", name="a.xlsx"), original_name="bao-cao-2026.xlsx", status=SheetImport.Status.READY,
    )  # fmt: skip
    page = see(client, successor(cast), cast.base)
    assert "bao-cao-2026.xlsx" in page
    assert "Trần Thị Cán Bộ gửi lên" in page


# --- what is on the page ------------------------------------------------------------------------------------------


def test_due_reports_stand_with_day_and_extension(client, cast):
    extend(cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão lụt.", by=cast.administrator)
    page = see(client, cast.officer, cast.base)
    assert "Được gia hạn từ 09/11/2026 đến hết ngày 20/11/2026: Bão lụt." in page
    assert "Còn 15 ngày" in page


def test_returned_report_stands_with_its_reason_and_new_day(client, cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    workflow.send_back(
        report, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Nêu rõ số trẻ em."}, due_on=DAY + 3 * ONE
    )
    page = see(client, cast.colleague, cast.base)
    assert "Nêu rõ số trẻ em." in page
    assert "Hạn nộp lại" in page
    assert "08/11/2026" in page


def test_draft_tells_who_typed_last_and_how_far_it_is(client, cast):
    report = make_report(cast.obligation)
    typed(report, cast.colleague, **{"tre-em-duoc-ho-tro__v": "12", "kinh-phi__nil": "on", "can-bo__chu-chot__n": "4"})
    page = see(client, cast.officer, cast.base)
    assert "Lê Văn Đồng Nghiệp sửa lần cuối lúc" in page
    assert "2/4 câu bắt buộc đã trả lời" in page


def test_progress_counts_required_questions_whose_every_field_is_filled(cast):
    report = make_report(cast.obligation)
    assert progress(report) == Progress(0, 4)
    people = {f"can-bo.{group}.{part}": "0" for group in ("chu-chot", "nu-cong") for part in "nd"}
    report.draft = people | {"ket-qua": "   "}
    assert progress(report) == Progress(1, 4)  # zero is an answer, blanks are none
    report.draft = {**report.draft, "ket-qua": "Tốt."}
    assert progress(report) == Progress(2, 4)
    FormItem.objects.filter(version=report.form_version, code="ket-qua").update(required=False)
    assert progress(report) == Progress(1, 3)


def test_report_that_was_begun_and_never_typed_is_no_draft(cast):
    make_report(cast.obligation)
    assert page_of(cast).drafts == []


def test_reports_of_this_year_and_the_two_before_are_linked(cast):
    for year, filed in [(2023, "2023-11-01"), (2024, "2024-01-01"), (2025, "2025-11-01")]:
        obligation = next(row for row in open_year(cast.duty, year) if row.org_unit_id == cast.base.pk)
        with time_machine.travel(f"{filed} 00:00+07:00", tick=False):
            workflow.submit(make_report(obligation), content(), by=cast.officer)
    assert [row.report.obligation.period.year for row in page_of(cast).filed] == [2025, 2024]


def test_unit_that_reviews_sees_what_waits_and_another_has_no_such_part(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    page = page_of(cast, cast.union, cast.reviewer)
    assert (page.reviews, page.waiting, page.oldest) == (True, 1, [report])
    assert page_of(cast).reviews is False


def test_plan_above_and_own_plan_stand_side_by_side(cast):
    (line,) = page_of(cast).plans
    assert (line.above, line.own, line.is_issued) == (cast.plan, None, False)
    own = make_plan(cast.base, number="03/KH-CĐCS")
    (line,) = page_of(cast).plans
    assert (line.own, line.is_issued) == (own, True)


def test_people_now_and_before_stand_with_their_days(client, cast):
    new = successor(cast)
    page = page_of(cast, user=new)
    assert {row.user for row in page.holders} == {cast.colleague, cast.approver, new}
    assert [row.user for row in page.former] == [cast.officer]
    text = see(client, new, cast.base)
    assert cast.colleague.email in text
    assert "đến hết ngày 04/11/2026" in text


def test_running_delegation_is_named(client, cast):
    delegations.delegate(cast.union, to=cast.viewer, since=DAY, until=DAY + 3 * ONE, by=cast.reviewer, on=DAY)
    assert "Ngô Thị Xem xét duyệt thay Đỗ Thị Xét Duyệt" in see(client, cast.reviewer, cast.union)


def test_empty_post_says_so_everywhere(client, cast):
    text = see(client, cast.stranger, cast.elsewhere)
    for words in (
        "Không còn báo cáo nào phải nộp",
        "Không có bản nháp nào",
        "Chưa nộp báo cáo nào",
        "Chưa có kế hoạch",
    ):
        assert words in text


def test_number_of_queries_does_not_grow_with_what_is_due(client, cast, django_assert_num_queries):
    client.force_login(cast.officer)
    url = reverse("reports:handover", args=[cast.base.pk])
    client.get(url)
    for year in range(2020, 2026):
        obligation = next(row for row in open_year(cast.duty, year) if row.org_unit_id == cast.base.pk)
        if year < 2023:
            workflow.submit(make_report(obligation), content(), by=cast.officer)
    with django_assert_num_queries(37):
        client.get(url)


# --- who opens it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "code"),
    [("approver", 200), ("reviewer", 200), ("unit_administrator", 200), ("viewer", 403), ("sibling_officer", 404)],
)
def test_page_is_for_the_people_of_the_post_and_its_administrators(client, cast, who, code):
    client.force_login(getattr(cast, who))
    assert client.get(reverse("reports:handover", args=[cast.base.pk])).status_code == code


def test_page_takes_no_post(client, cast):
    client.force_login(cast.officer)
    assert client.post(reverse("reports:handover", args=[cast.base.pk])).status_code == 405


# --- the banner on home -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_new"), [(0, True), (59, True), (60, False)])
def test_holder_of_a_role_is_new_for_sixty_days(cast, days, is_new):
    person = make_user()
    give_role(person, Role.REPORTER, cast.base, on=DAY - days * ONE)
    assert bool(handover.new_posts(person, on=DAY)) is is_new


def test_delegate_and_viewer_are_no_new_holders(cast):
    delegations.delegate(cast.union, to=cast.viewer, since=DAY, until=DAY + 3 * ONE, by=cast.reviewer, on=DAY)
    assert handover.new_posts(cast.viewer, on=DAY) == []
    person = make_user()
    give_role(person, Role.VIEWER, cast.base, on=DAY)
    assert handover.new_posts(person, on=DAY) == []


def test_who_gets_a_second_role_at_the_post_is_not_new_there(cast):
    give_role(cast.officer, Role.APPROVER, cast.base, on=DAY)
    assert handover.new_posts(cast.officer, on=DAY) == []


def test_home_points_a_new_officer_to_the_page_until_it_is_read(client, cast):
    new = successor(cast)
    client.force_login(new)
    home = reverse("home")
    assert "Bạn mới nhận việc ở" in client.get(home).content.decode()
    client.get(reverse("reports:handover", args=[cast.base.pk]))
    assert "Bạn mới nhận việc ở" not in client.get(home).content.decode()


# --- ending a role ------------------------------------------------------------------------------------------------


def test_administrator_who_ends_a_role_reads_what_stays_open(client, cast):
    typed(make_report(cast.obligation), cast.officer, **{"ket-qua": "Nháp."})
    role = RoleAssignment.objects.get(user=cast.officer)
    client.force_login(cast.unit_administrator)
    page = client.get(reverse("orgunits:role_end", args=[role.pk])).content.decode()
    assert "còn <strong>1 báo cáo chưa nộp</strong>, trong đó 1 báo cáo đang làm dở" in page
    assert reverse("reports:handover", args=[cast.base.pk]) in page


def test_administrator_reads_that_nothing_is_open(client, cast):
    role = RoleAssignment.objects.get(user=cast.stranger)
    client.force_login(cast.administrator)
    page = client.get(reverse("orgunits:role_end", args=[role.pk])).content.decode()
    assert "không còn báo cáo nào chưa nộp" in page
