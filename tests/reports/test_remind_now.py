"""The button *nhắc*, and the log of letters."""

import datetime
import re

import pytest
import time_machine
from django.core import mail as django_mail
from django.urls import reverse

from orgunits.models import AuditEvent, Delivery, Role
from reports import manual_reminders, obligations, workflow
from reports.models import Notice, Reminder
from tests.builders import content, give_role, make_duty, make_plan, make_report, make_unit, make_user, open_year

TODAY = datetime.date(2026, 11, 12)  # three days late
NOW = datetime.datetime(2026, 11, 12, 3, tzinfo=datetime.UTC)
URL = "/thu-nhac/nhac/"
Status = Delivery.Status


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def reviewer(client, cast):
    client.force_login(cast.reviewer)
    return client


@pytest.fixture
def press(client, django_capture_on_commit_callbacks):
    """Presses with these obligations; the letters go out as after a real commit."""

    def pressing(*chosen, **data):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(URL, {"obligation": [row.pk for row in chosen], **data})

    return pressing


def said(response) -> list[str]:
    return [str(message) for message in response.wsgi_request._messages]


def test_first_press_only_shows_whom_it_reaches(cast, reviewer, press):
    page = press(cast.obligation).content.decode()
    assert "Trần Thị Cán Bộ" in page
    assert "Lê Văn Đồng Nghiệp" in page
    assert "Phạm Văn Bên Cạnh" not in page
    assert "Gửi 2 thư nhắc" in page
    assert "Đỗ Thị Xét Duyệt nhắc đơn vị nộp báo cáo dưới đây." in page
    assert "đã quá hạn 3 ngày" in page
    assert not Reminder.objects.exists()
    assert django_mail.outbox == []


def test_confirmed_it_reaches_those_and_nobody_else(cast, reviewer, press):
    response = press(cast.obligation, confirmed="yes", next="/bao-cao/")
    assert (response.status_code, response["Location"]) == (302, "/bao-cao/")
    assert {letter.to[0] for letter in django_mail.outbox} == {
        f"{user.full_name} <{user.email}>" for user in (cast.officer, cast.colleague)
    }
    assert len(django_mail.outbox) == 2
    assert said(response) == [
        "Đang gửi 2 thư nhắc tới: Trần Thị Cán Bộ (Công đoàn cơ sở số 01), Lê Văn Đồng Nghiệp (Công đoàn cơ sở số 01)."
    ]
    rows = Reminder.objects.filter(obligation=cast.obligation)
    assert {(row.rung, row.status, row.requested_by) for row in rows} == {
        ("manual-2026-11-12", Status.SENT, cast.reviewer)
    }
    event = AuditEvent.objects.get(action="reminder.manual")
    assert (event.actor, event.data["recipients"]) == (cast.reviewer, ["Trần Thị Cán Bộ", "Lê Văn Đồng Nghiệp"])


def test_second_press_on_the_same_day_sends_nothing(cast, reviewer, press):
    press(cast.obligation, confirmed="yes")
    assert "Đã nhắc hôm nay" in press(cast.obligation).content.decode()
    response = press(cast.obligation, cast.sibling_obligation, confirmed="yes")
    assert len(django_mail.outbox) == 3
    assert said(response)[1:] == ["Hôm nay đã nhắc rồi, không gửi thêm: Công đoàn cơ sở số 01."]


def test_next_day_it_may_be_pressed_again(cast, reviewer, press):
    press(cast.obligation, confirmed="yes")
    with time_machine.travel(NOW + datetime.timedelta(days=1)):
        press(cast.obligation, confirmed="yes")
    assert len(django_mail.outbox) == 4


def test_midnight_in_viet_nam_begins_the_next_day(cast):
    assert manual_reminders.rung_of(TODAY) == "manual-2026-11-12"
    manual_reminders.remind([cast.obligation.pk], by=cast.reviewer, on=TODAY)
    found = manual_reminders.plan([cast.obligation.pk], on=TODAY + datetime.timedelta(days=1))
    assert (found.letters, found.reminded_today) == (2, [])


def test_filed_meanwhile_is_left_out_and_said_so(cast, reviewer, press):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    django_mail.outbox.clear()
    assert "Đã nộp hoặc được miễn" in press(cast.obligation, cast.sibling_obligation).content.decode()
    response = press(cast.obligation, cast.sibling_obligation, confirmed="yes")
    assert [letter.to[0] for letter in django_mail.outbox] == [f"Phạm Văn Bên Cạnh <{cast.sibling_officer.email}>"]
    assert "Bỏ qua vì báo cáo đã nộp hoặc được miễn: Công đoàn cơ sở số 01." in said(response)


def test_a_unit_with_nobody_is_named(cast, reviewer, press):
    cast.sibling.role_assignments.update(valid_to=TODAY)
    page = press(cast.obligation, cast.sibling_obligation).content.decode()
    assert "Chưa có người nhận" in page
    response = press(cast.sibling_obligation, confirmed="yes")
    assert django_mail.outbox == []
    assert said(response) == [
        "Không có thư nhắc nào được gửi.",
        "Chưa nhắc được vì đơn vị chưa có người lập báo cáo: Công đoàn cơ sở số 02. Hãy cử người hoặc gọi điện.",
    ]


def test_before_the_due_date_it_reminds_too(cast, reviewer, press):
    with time_machine.travel(datetime.datetime(2026, 11, 5, 3, tzinfo=datetime.UTC)):
        press(cast.obligation, confirmed="yes")
    assert "Còn 4 ngày nữa" in django_mail.outbox[0].body


def test_nothing_chosen_says_what_to_do(cast, reviewer, press):
    response = press(confirmed="yes")
    assert said(response) == ["Chưa chọn đơn vị nào. Hãy đánh dấu các đơn vị cần nhắc rồi bấm “Nhắc”."]
    assert response["Location"] == reverse("reports:reminder_list")


@pytest.mark.parametrize("typed", ["khong-phai-dia-chi", "home", "²"])
def test_next_is_an_address_and_never_the_name_of_a_page(reviewer, press, typed):
    assert press(next=typed).url == typed.replace("²", "%C2%B2")


def test_next_leads_nowhere_else(cast, reviewer, press):
    response = press(cast.obligation, confirmed="yes", next="https://ke-xau.vi-du.vn/")
    assert response["Location"] == reverse("reports:reminder_list")


@pytest.mark.parametrize("who", ["administrator", "unit_administrator", "province_reviewer"])
def test_who_oversees_the_receiving_unit_may_press(client, cast, press, who):
    client.force_login(getattr(cast, who))
    assert press(cast.obligation, confirmed="yes").status_code == 302
    assert len(django_mail.outbox) == 2


@pytest.mark.parametrize(("who", "status"), [("stranger_reviewer", 404), ("viewer", 403), ("officer", 403)])
@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_others_may_not(client, cast, press, who, status, confirmed):
    client.force_login(getattr(cast, who))
    assert press(cast.obligation, **confirmed).status_code == status
    assert not Reminder.objects.exists()
    assert django_mail.outbox == []


def test_one_report_outside_the_scope_refuses_the_whole(cast, reviewer, press):
    elsewhere = make_unit("Công đoàn cơ sở số 90", parent=cast.elsewhere)
    make_user("Người Nơi Khác", unit=elsewhere, role=Role.REPORTER)
    (foreign,) = open_year(make_duty(make_plan(cast.elsewhere)))
    assert press(cast.obligation, foreign, confirmed="yes").status_code == 404
    assert django_mail.outbox == []


def test_who_reviews_below_may_not_remind_for_the_unit_above(client, cast, press):
    """The base's own reviewer sees the obligation, but it is owed to the union."""
    give_role(cast.stranger_reviewer, Role.REVIEWER, cast.base)
    client.force_login(cast.stranger_reviewer)
    assert press(cast.obligation, confirmed="yes").status_code == 403


@pytest.mark.parametrize("typed", ["x", "-1", "1;2", "9" * 30, "²"])
def test_nonsense_is_not_found(cast, reviewer, typed):
    assert reviewer.post(URL, {"obligation": typed}).status_code == 404


def test_only_by_post(cast, reviewer):
    assert reviewer.get(URL).status_code == 405


def test_signed_out_is_sent_to_the_sign_in_page(client, cast):
    response = client.post(URL, {"obligation": cast.obligation.pk})
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


# --- the log ------------------------------------------------------------------------------------------------------
@pytest.fixture
def failed(cast):
    return Reminder.objects.create(
        obligation=cast.obligation,
        rung="late-1",
        due_on=datetime.date(2026, 11, 9),
        recipient=cast.officer,
        status=Status.FAILED,
        error="Máy chủ thư không nhận địa chỉ này: 550 No such user",
    )


@pytest.fixture
def sent(cast):
    return Reminder.objects.create(
        obligation=cast.sibling_obligation,
        rung="before-7",
        due_on=datetime.date(2026, 11, 9),
        recipient=cast.sibling_officer,
        status=Status.SENT,
    )


def listed(client, query="", page="reminder_list") -> set[str]:
    html = client.get(reverse(f"reports:{page}") + query).content.decode()
    table = "".join(re.findall(r"<tbody>.*</tbody>", html, flags=re.DOTALL))
    return set(re.findall(r"Trần Thị Cán Bộ|Phạm Văn Bên Cạnh|Lê Văn Đồng Nghiệp|Đỗ Thị Xét Duyệt", table))


def test_the_log_shows_what_failed_and_why(cast, reviewer, failed, sent):
    html = reviewer.get(reverse("reports:reminder_list")).content.decode()
    assert "550 No such user" in html
    assert html.count("Gửi lại<") == 2  # the one that failed, and the one that was sent
    assert "Quá hạn 1 ngày" in html


def test_a_waiting_letter_says_when_it_is_tried_again(cast, reviewer, failed):
    Reminder.objects.update(
        status=Status.WAITING,
        claims=2,
        not_before=NOW + datetime.timedelta(minutes=10),
        error="Máy chủ thư từ chối: 451.",
    )
    html = reviewer.get(reverse("reports:reminder_list")).content.decode()
    assert "Máy chủ thư từ chối: 451. Lần thử 3/5 vào 10:10 ngày 12/11/2026." in html


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Trần Thị Cán Bộ", "Phạm Văn Bên Cạnh"}),
        ("?trang_thai=failed", {"Trần Thị Cán Bộ"}),
        ("?moc=before-7", {"Phạm Văn Bên Cạnh"}),
        ("?moc=manual-", set()),
        ("?don_vi=co+so+so+02", {"Phạm Văn Bên Cạnh"}),
        ("?tu_ngay=12/11/2026&den_ngay=12/11/2026", {"Trần Thị Cán Bộ", "Phạm Văn Bên Cạnh"}),
        ("?tu_ngay=13/11/2026", set()),
        ("?den_ngay=11/11/2026", set()),
        ("?nguoi=can+bo", {"Trần Thị Cán Bộ"}),
        ("?trang_thai=failed&moc=before-7", set()),
    ],
)
def test_filters(cast, reviewer, failed, sent, query, names):
    assert listed(reviewer, query) == names


def test_the_log_of_a_unit_that_nobody_can_be_reached_in(cast, reviewer):
    cast.sibling.role_assignments.update(valid_to=TODAY)
    html = reviewer.get(reverse("reports:reminder_list")).content.decode()
    assert "1 đơn vị chưa có người lập báo cáo" in html


def test_strangers_see_none_of_it_and_officers_have_no_log(client, cast, failed, sent):
    client.force_login(cast.stranger_reviewer)
    assert listed(client) == set()
    for who in (cast.officer, cast.viewer):
        client.force_login(who)
        assert client.get(reverse("reports:reminder_list")).status_code == 403
        assert client.get(reverse("reports:notice_list")).status_code == 403


def test_the_log_asks_few_questions(cast, reviewer, sent, django_assert_max_num_queries):
    for number in range(30):
        unit = make_unit(f"Công đoàn cơ sở số {number + 10}", parent=cast.union)
        make_user(f"Người {number}", unit=unit, role=Role.REPORTER)
    obligations.open_period(cast.duty, "year", 2026, by=None, on=TODAY)
    manual_reminders.remind(list(cast.duty.obligations.values_list("pk", flat=True)), by=cast.administrator, on=TODAY)
    with django_assert_max_num_queries(24):
        html = reviewer.get(reverse("reports:reminder_list")).content.decode()
    assert "Người 29" in html


def test_send_again(cast, reviewer, failed, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = reviewer.post(reverse("reports:reminder_send_again", args=[failed.pk]))
    assert said(response) == ["Đang gửi lại thư tới Trần Thị Cán Bộ."]
    failed.refresh_from_db()
    again_row = Reminder.objects.get(resend_of=failed)
    assert (failed.status, again_row.status, again_row.resent_by) == (Status.FAILED, Status.SENT, cast.reviewer)
    assert again_row.message_id != failed.message_id
    assert list(Reminder.objects.failed()) == []  # what was sent again wants nobody any more
    assert len(django_mail.outbox) == 1
    assert (
        "Gửi lại theo yêu cầu của Đỗ Thị Xét Duyệt" in reviewer.get(reverse("reports:reminder_list")).content.decode()
    )
    assert AuditEvent.objects.filter(action="letter.send_again", actor=cast.reviewer).count() == 1
    again = reviewer.post(reverse("reports:reminder_send_again", args=[failed.pk]))
    assert again.status_code == 409
    assert "đã có người bấm gửi lại" in again.content.decode()


@pytest.mark.parametrize(("who", "status"), [("stranger_reviewer", 404), ("viewer", 403), ("officer", 403)])
def test_others_may_not_send_again(client, cast, failed, who, status):
    client.force_login(getattr(cast, who))
    assert client.post(reverse("reports:reminder_send_again", args=[failed.pk])).status_code == status
    assert client.get(reverse("reports:reminder_send_again", args=[failed.pk])).status_code == 405
    failed.refresh_from_db()
    assert failed.status == Status.FAILED


def test_notices_have_a_log_of_their_own(cast, reviewer, django_capture_on_commit_callbacks):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    Notice.objects.filter(recipient=cast.colleague).update(status=Status.FAILED, error="552 Hộp thư đầy")
    assert "Đỗ Thị Xét Duyệt" in listed(reviewer, "?viec=submit", "notice_list")
    assert listed(reviewer, "?viec=return&trang_thai=failed", "notice_list") >= {"Lê Văn Đồng Nghiệp"}
    row = Notice.objects.get(status=Status.FAILED)
    with django_capture_on_commit_callbacks(execute=True):
        assert reviewer.post(reverse("reports:notice_send_again", args=[row.pk])).status_code == 302
    assert Notice.objects.get(resend_of=row).status == Status.SENT
