"""Approving, returning and reopening from the page of a report."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orgunits import reorganisation
from orgunits.models import Role
from reports import workflow
from reports.models import Notice, Report, Revision, Rollup
from tests.builders import content, give_role, make_report, make_unit, make_user, open_year

ACTIONS = ("report_approve", "report_return", "report_reopen")


@pytest.fixture
def report(cast) -> Report:
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    return report


def act(client, user, report, name: str, **data):
    client.force_login(user)
    data = {"seen": 1, "due_on": day(7), **data}
    return client.post(reverse(f"reports:{name}", args=[report.pk]), data)


def day(later: int) -> str:
    """A day so many days from today as a person types it."""
    return f"{timezone.localdate() + datetime.timedelta(days=later):%d/%m/%Y}"


def status(report: Report) -> str:
    report.refresh_from_db(fields=["status"])
    return report.status


# --- catalogue ----------------------------------------------------------------------------------------------------


def test_reviewer_approves_with_a_comment(client, cast, report):
    response = act(client, cast.reviewer, report, "report_approve", comment="Số liệu đầy đủ.")
    assert response.url == reverse("reports:review_queue")
    assert status(report) == "approved"
    page = client.get(response.url).content.decode()
    assert "Đã duyệt báo cáo của Công đoàn cơ sở số 01" in page
    assert "Không còn báo cáo nào chờ duyệt." in page
    assert f'<a href="{report.get_absolute_url()}">Xem lại báo cáo đó</a>' in page
    assert "Số liệu đầy đủ." in client.get(report.get_absolute_url()).content.decode()


def test_reviewer_above_approves_too(client, cast, report):
    act(client, cast.province_reviewer, report, "report_approve")
    assert status(report) == "approved"


def test_report_of_a_unit_that_has_moved_away_is_still_reviewed_where_it_is_owed(client, cast, report):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    reorganisation.move(cast.base, parent=cast.elsewhere, on=yesterday, by=None)
    client.force_login(cast.reviewer)
    assert client.get(cast.base.get_absolute_url()).status_code == 404
    assert client.get(report.get_absolute_url()).status_code == 200
    client.force_login(cast.sibling_officer)
    assert client.get(report.get_absolute_url()).status_code == 404
    act(client, cast.reviewer, report, "report_approve")
    assert status(report) == "approved"


def test_return_needs_a_reason_and_keeps_what_was_typed(client, cast, report):
    response = act(client, cast.reviewer, report, "report_return", **{"reason": "  ", "muc-ket-qua": " "})
    page = response.content.decode()
    assert response.status_code == 200
    assert "Hãy ghi lý do trả lại" in page
    assert status(report) == "submitted"


def test_what_is_wrong_below_is_told_on_top_and_gets_the_cursor(client, cast, report):
    page = act(client, cast.reviewer, report, "report_return", **{"tich-ket-qua": "on"}).content.decode()
    alert = page.partition('role="alert"')[2].partition("<article")[0]
    assert "Chưa trả lại được báo cáo." in alert
    assert '<a href="#returnform-muc-ket-qua">' in alert
    wrong = page.partition('<textarea class="form-control is-invalid" id="returnform-muc-ket-qua"')[2]
    assert "autofocus" in wrong.partition(">")[0]
    assert page.count("autofocus") == 1
    act(client, cast.reviewer, report, "report_approve")
    page = act(client, cast.reviewer, report, "report_reopen", reason="").content.decode()
    assert "Chưa mở lại được báo cáo." in page
    assert '<a href="#reopenform-reason">' in page
    client.force_login(cast.reviewer)
    assert "Chưa mở lại được báo cáo." not in client.get(report.get_absolute_url()).content.decode()


def test_wrong_form_keeps_the_reasons_of_the_items(client, cast, report):
    response = act(
        client, cast.reviewer, report, "report_return", seen="", reason="Lý do chung", **{"muc-ket-qua": "Mục"}
    )
    page = response.content.decode()
    assert "Lý do chung" in page
    assert ">\nMục</textarea>" in page
    assert status(report) == "submitted"


def test_return_with_reasons_reaches_the_officer(client, cast, report):
    act(
        client,
        cast.reviewer,
        report,
        "report_return",
        reason="Thiếu nguyên nhân.",
        **{"tich-ket-qua": "on", "muc-ket-qua": "Chưa nêu số buổi."},
    )
    assert status(report) == "returned"
    event = report.events.get(action="return")
    assert (event.reason, event.item_reasons) == ("Thiếu nguyên nhân.", {"ket-qua": "Chưa nêu số buổi."})
    client.force_login(cast.officer)
    page = client.get(report.get_absolute_url()).content.decode()
    assert "Thiếu nguyên nhân." in page
    assert "Chưa nêu số buổi." in page
    assert reverse("reports:filing", args=[report.pk]) in page


def test_reopening_needs_a_reason(client, cast, report):
    workflow.approve(report, by=cast.reviewer)
    response = act(client, cast.reviewer, report, "report_reopen", reason="")
    assert "Hãy ghi lý do mở lại" in response.content.decode()
    assert status(report) == "approved"
    act(client, cast.reviewer, report, "report_reopen", reason="Đơn vị báo sai.")
    assert status(report) == "returned"


@pytest.mark.parametrize("name", ACTIONS)
def test_stranger_finds_nothing(client, cast, report, name):
    for person in (cast.stranger, cast.stranger_reviewer, cast.sibling_officer):
        assert act(client, person, report, name, reason="Vì sao").status_code == 404
    assert status(report) == "submitted"


@pytest.mark.parametrize("name", ACTIONS)
def test_who_reads_but_does_not_review_is_refused(client, cast, report, name):
    for person in (cast.viewer, cast.officer, cast.unit_administrator, cast.administrator):
        assert act(client, person, report, name, reason="Vì sao").status_code == 403
        assert act(client, person, report, name, reason="").status_code == 403
    assert status(report) == "submitted"


@pytest.mark.parametrize("name", ACTIONS)
def test_decisions_are_posts_of_people_who_are_signed_in(client, cast, report, name):
    url = reverse(f"reports:{name}", args=[report.pk])
    assert client.post(url).url.startswith(reverse("account_login"))
    client.force_login(cast.reviewer)
    assert client.get(url).status_code == 405


# --- single items and days ----------------------------------------------------------------------------------------


def test_ticked_items_alone_go_back_each_with_its_day(client, cast, report):
    typed = {"tich-ket-qua": "on", "muc-ket-qua": "Nêu rõ số buổi.", "han-ket-qua": day(3)}
    act(client, cast.reviewer, report, "report_return", reason="", **typed)
    report.refresh_from_db()
    on = timezone.localdate()
    assert (report.status, report.open_items) == ("returned", ["ket-qua"])
    assert report.correction_due_on == on + datetime.timedelta(days=7)
    event = report.events.get(action="return")
    assert event.item_due == {"ket-qua": (on + datetime.timedelta(days=3)).isoformat()}
    client.force_login(cast.officer)
    for url in (report.get_absolute_url(), report.obligation.get_absolute_url(), reverse("home")):
        page = client.get(url).content.decode()
        assert "Chỉ cần sửa 1 mục dưới đây" in page
        assert "Nêu rõ số buổi." in page
        assert f"23:59 ngày {day(7)}" in page
        assert day(3) in page


def test_tick_without_a_reason_and_reason_without_a_tick_are_asked_about(client, cast, report):
    page = act(client, cast.reviewer, report, "report_return", reason="Chung.", **{"tich-ket-qua": "on"})
    assert "Hãy ghi lý do để đơn vị biết cần sửa gì ở mục này." in page.content.decode()
    page = act(client, cast.reviewer, report, "report_return", reason="Chung.", **{"muc-ket-qua": "Ngắn quá."})
    assert "Mục này có lý do mà chưa tích." in page.content.decode()
    assert "Ngắn quá." in page.content.decode()
    assert status(report) == "submitted"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"due_on": ""}, "Hãy ghi hạn nộp lại"),
        ({"due_on": "hôm nào"}, "ngày"),
        ({"due_on": day(-1)}, "Hạn nộp lại không được trước hôm nay"),
        ({"tich-ket-qua": "on", "muc-ket-qua": "Ngắn.", "han-ket-qua": day(-1)}, "Hạn nộp lại không được trước"),
        ({"tich-ket-qua": "on", "muc-ket-qua": "Ngắn.", "han-ket-qua": day(8)}, "không được sau hạn nộp lại"),
    ],
)
def test_days_that_make_no_sense_are_refused_and_kept(client, cast, report, typed, words):
    response = act(client, cast.reviewer, report, "report_return", reason="Thiếu số liệu.", **typed)
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert "Thiếu số liệu." in page
    assert status(report) == "submitted"


def test_today_is_a_day_for_a_correction(client, cast, report):
    act(client, cast.reviewer, report, "report_return", reason="Thiếu số liệu.", due_on=day(0))
    report.refresh_from_db()
    assert (report.status, report.correction_due_on) == ("returned", timezone.localdate())


def test_form_proposes_seven_days_and_names_every_item(client, cast, report):
    client.force_login(cast.reviewer)
    page = client.get(report.get_absolute_url()).content.decode()
    assert f'value="{day(7)}"' in page
    for item in report.form_version.items.all():
        assert f'name="tich-{item.code}"' in page


def test_reopening_sets_a_day_too(client, cast, report):
    workflow.approve(report, by=cast.reviewer)
    act(client, cast.reviewer, report, "report_reopen", reason="Đơn vị báo sai.", due_on=day(2))
    report.refresh_from_db()
    assert report.correction_due_on == timezone.localdate() + datetime.timedelta(days=2)


# --- conflicts ----------------------------------------------------------------------------------------------------


def test_nobody_approves_an_own_filing(client, cast):
    give_role(cast.officer, Role.REVIEWER, cast.union)
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    client.force_login(cast.officer)
    page = client.get(report.get_absolute_url()).content.decode()
    assert "không tự duyệt được" in page
    assert reverse("reports:report_approve", args=[report.pk]) not in page
    assert act(client, cast.officer, report, "report_approve").status_code == 403
    assert status(report) == "submitted"


def test_second_reviewer_reads_who_was_faster(client, cast, report):
    workflow.send_back(report, by=cast.province_reviewer, reason="Thiếu.")
    response = act(client, cast.reviewer, report, "report_approve")
    assert response.status_code == 409
    assert "đã được Hồ Văn Cấp Tỉnh trả lại lúc" in response.content.decode()


def test_stale_page_does_not_approve_what_was_filed_after_it(client, cast, report):
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    workflow.submit(report, content(children=99), by=cast.officer)
    response = act(client, cast.province_reviewer, report, "report_approve", seen=1)
    assert response.status_code == 409
    assert "bản nộp lần 2" in response.content.decode()
    assert status(report) == "submitted"


def test_filters_of_the_queue_are_kept_over_a_decision(client, cast, report):
    client.force_login(cast.reviewer)
    url = reverse("reports:report_approve", args=[report.pk])
    response = client.post(f"{url}?ten=so+01&pham_vi=&lan=1", {"seen": 1})
    assert response.url == f"{reverse('reports:review_queue')}?ten=so+01"


def test_after_a_decision_the_next_waiting_report_opens_by_itself(client, cast, report):
    other = make_report(cast.sibling_obligation)
    workflow.submit(other, content(), by=cast.sibling_officer)
    response = act(client, cast.reviewer, report, "report_approve")
    assert response.url == other.get_absolute_url()
    page = client.get(response.url).content.decode()
    assert "Đã duyệt báo cáo của Công đoàn cơ sở số 01" in page
    assert "Còn 1 báo cáo chờ duyệt." in page
    again = make_report(next(row for row in open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk))
    workflow.submit(again, content(), by=cast.officer)
    url = reverse("reports:report_return", args=[other.pk])
    typed = {"seen": 1, "due_on": day(7), "reason": "Thiếu số liệu."}
    response = client.post(f"{url}?ky={cast.obligation.period_id}", typed)
    assert response.url == f"{reverse('reports:review_queue')}?ky={cast.obligation.period_id}"
    assert "Không còn báo cáo nào chờ duyệt theo bộ lọc này." in client.get(response.url).content.decode()


# --- many at once -------------------------------------------------------------------------------------------------

MANY = reverse("reports:review_approve_many")


@pytest.fixture
def both(cast, report) -> tuple[Report, Report]:
    other = make_report(cast.sibling_obligation)
    workflow.submit(other, content(text="Chăm lo con đoàn viên."), by=cast.sibling_officer)
    return report, other


def tick(client, user, *reports: Report, seen: int = 1):
    client.force_login(user)
    return client.post(MANY, {"chon": [f"{report.pk}-{seen}" for report in reports]}, follow=True)


def test_ticked_reports_are_approved_together_and_counted_above(client, cast, both):
    page = tick(client, cast.reviewer, *both).content.decode()
    assert "Đã duyệt 2 báo cáo." in page
    assert [status(report) for report in both] == ["approved", "approved"]
    row = Rollup.objects.get(org_unit=cast.union, duty=cast.duty, period=cast.obligation.period)
    assert row.approved == 2
    assert row.subtree["approved"]["tre-em-duoc-ho-tro"]["v"] == 24
    told = Notice.objects.filter(event__action="approve").values_list("recipient__full_name", flat=True)
    assert {cast.officer.full_name, cast.colleague.full_name, cast.sibling_officer.full_name} <= set(told)


def test_one_that_cannot_be_approved_is_named_with_why_and_the_others_stand(client, cast, both):
    Revision.objects.filter(report=both[0]).update(flag_count=2)
    page = tick(client, cast.reviewer, *both).content.decode()
    assert "Đã duyệt 1 báo cáo." in page
    assert "1 báo cáo chưa được duyệt" in page
    assert "Báo cáo có điều cần xem." in page
    assert [status(report) for report in both] == ["submitted", "approved"]


def test_newer_revision_and_other_reviewers_are_told_apart(client, cast, both):
    workflow.send_back(both[0], by=cast.province_reviewer, reason="Thiếu.")
    workflow.submit(both[0], content(), by=cast.officer)
    workflow.send_back(both[1], by=cast.province_reviewer, reason="Thiếu.")
    page = tick(client, cast.reviewer, *both).content.decode()
    assert "nay là bản nộp lần 2" in page
    assert "đã được Hồ Văn Cấp Tỉnh trả lại lúc" in page
    assert [status(report) for report in both] == ["submitted", "returned"]
    assert "Số liệu đã được tính vào tổng hợp" not in page


def test_own_filings_are_not_among_them(client, cast, both):
    give_role(cast.officer, Role.REVIEWER, cast.union)
    page = tick(client, cast.officer, *both).content.decode()
    assert "Bạn là người nộp bản này" in page
    assert [status(report) for report in both] == ["submitted", "approved"]
    assert f'value="{both[0].pk}-1"' not in page


def test_strangers_and_readers_approve_nothing_at_once(client, cast, both):
    for person in (cast.stranger_reviewer, cast.viewer, cast.officer, cast.unit_administrator):
        tick(client, person, *both)
    assert [status(report) for report in both] == ["submitted", "submitted"]
    client.force_login(cast.reviewer)
    assert client.get(MANY).status_code == 405
    client.logout()
    assert client.post(MANY).url.startswith(reverse("account_login"))


def test_nonsense_among_the_ticks_is_left_out(client, cast, both):
    client.force_login(cast.reviewer)
    bad = ["", "x-1", f"{both[0].pk}-x", "9" * 20 + "-1", f"{both[1].pk}-1", "²-1"]
    page = client.post(MANY, {"chon": bad}, follow=True).content.decode()
    assert "Đã duyệt 1 báo cáo." in page
    assert [status(report) for report in both] == ["submitted", "approved"]
    assert "Chưa chọn báo cáo nào." in client.post(MANY, follow=True).content.decode()


def test_only_reports_without_remarks_can_be_ticked(client, cast, both):
    Revision.objects.filter(report=both[0]).update(flag_count=1)
    client.force_login(cast.reviewer)
    page = client.get(reverse("reports:review_queue")).content.decode()
    assert f'value="{both[0].pk}-1"' not in page
    assert f'value="{both[1].pk}-1"' in page
    assert "1 điều" in page


def test_sums_above_are_computed_once_for_a_batch(cast, both):
    for _ in range(3):
        make_unit(parent=cast.union)
    for row in open_year(cast.duty):
        if not Report.objects.filter(obligation=row).exists():
            workflow.submit(make_report(row), content(), by=make_user(unit=row.org_unit, role=Role.REPORTER))
    reports = list(Report.objects.select_related("obligation").order_by("pk"))
    with CaptureQueriesContext(connection) as seen:
        batch = workflow.approve_many(reports, by=cast.reviewer, seen=dict.fromkeys((row.pk for row in reports), 1))
    assert len(batch.approved) == 5
    written = [query["sql"] for query in seen if query["sql"].startswith('INSERT INTO "reports_rollup"')]
    assert len(written) == 1


def test_only_what_the_unit_was_asked_can_be_returned(client, cast, report):
    """An item of another level, open alone, would leave the officer with nothing to correct."""
    item = report.form_version.items.create(code="cap-khac", kind="count", label="Chỉ cấp ngành", order=30)
    item.levels.add(cast.union.latest_placement.level)
    client.force_login(cast.reviewer)
    assert 'name="tich-cap-khac"' not in client.get(report.get_absolute_url()).content.decode()
    typed = {"tich-cap-khac": "on", "muc-cap-khac": "Hãy bổ sung."}
    page = act(client, cast.reviewer, report, "report_return", **typed).content.decode()
    assert "tích mục cần sửa" in page
    assert status(report) == "submitted"
