"""The log of every kind of letters, sending again, and the page of what does not arrive."""

import datetime

import pytest
import time_machine
from django.core import mail as django_mail
from django.urls import reverse

from orgunits.models import Delivery, Role
from orgunits.transitions import Conflict
from reports import official_letters, reminders, resending, tasks
from reports.models import Digest, OfficialLetterNotice, Reminder, SuperiorReminder
from tests.builders import make_official_letter, make_user, send_official_letter

DUE = datetime.date(2026, 11, 9)
NOW = datetime.datetime(2026, 11, 16, 3, tzinfo=datetime.UTC)  # a Monday, seven days late
Status = Delivery.Status


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def told(cast):
    """All kinds that beat writes on that day, delivered."""
    tasks.write_reminders()
    django_mail.outbox.clear()
    return cast


def page(client, code: str, query: str = "") -> str:
    return client.get(reverse("reports:letter_log", args=[code]) + query).content.decode()


def test_each_kind_has_its_page(client, told):
    client.force_login(told.reviewer)
    superiors = page(client, "cap-tren")
    assert "Mốc ngày 16/11/2026" in superiors
    assert "Đỗ Thị Xét Duyệt" in superiors
    digests = page(client, "tong-hop")
    assert "Báo cáo chờ xét duyệt và quá hạn" in digests
    assert "Hồ Văn Cấp Tỉnh" not in digests  # of a unit above
    assert client.get(reverse("reports:letter_log", args=["khong-co"])).status_code == 404
    send_official_letter(told, make_official_letter(told))
    assert "Trần Thị Cán Bộ" in page(client, "cong-van")
    assert OfficialLetterNotice.objects.exists()
    assert official_letters.OfficialLetter.objects.exists()


@pytest.mark.parametrize(
    ("code", "query", "is_there"),
    [
        ("tong-hop", "?loai=review", True),
        ("tong-hop", "?loai=province", False),
        ("tong-hop", "?nguoi=xet+duyet", True),
        ("tong-hop", "?nguoi=cap+tinh", False),
        ("tong-hop", "?don_vi=vien+chuc", True),
        ("cap-tren", "?don_vi=vien+chuc&trang_thai=sent", True),
        ("cap-tren", "?trang_thai=failed", False),
        ("cap-tren", "?tu_ngay=17/11/2026", False),
        ("cap-tren", "?tu_ngay=16/11/2026&den_ngay=16/11/2026", True),
    ],
)
def test_filters(client, told, code, query, is_there):
    client.force_login(told.administrator)
    rows = page(client, code, query).partition("<tbody>")[2]
    assert ("Đỗ Thị Xét Duyệt" in rows) is is_there


def test_a_sent_one_is_sent_again_as_a_new_letter_that_says_who_asked(client, told, django_capture_on_commit_callbacks):
    client.force_login(told.province_reviewer)
    row = SuperiorReminder.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("reports:letter_send_again", args=["cap-tren", row.pk]))
    assert response.status_code == 302
    again = SuperiorReminder.objects.get(resend_of=row)
    assert (again.status, again.resent_by) == (Status.SENT, told.province_reviewer)
    assert again.message_id not in ("", row.message_id)
    assert [letter.extra_headers["Message-ID"] for letter in django_mail.outbox] == [again.message_id]
    assert client.post(reverse("reports:letter_send_again", args=["cap-tren", row.pk])).status_code == 409
    assert "Gửi lại theo yêu cầu của Hồ Văn Cấp Tỉnh" in page(client, "cap-tren")
    assert SuperiorReminder.objects.count() == 2


def test_a_digest_may_be_sent_again_and_a_stranger_may_not(client, told, django_capture_on_commit_callbacks):
    row = Digest.objects.get(kind=Digest.Kind.REVIEW)
    url = reverse("reports:letter_send_again", args=["tong-hop", row.pk])
    client.force_login(told.stranger_reviewer)
    assert client.post(url).status_code == 404
    client.force_login(told.viewer)
    assert client.post(url).status_code == 403
    client.force_login(told.reviewer)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url).status_code == 302
    assert Digest.objects.get(resend_of=row).status == Status.SENT


def test_what_waits_is_not_sent_again(told):
    Reminder.objects.update(status=Status.WAITING)
    row = Reminder.objects.select_related("recipient").first()
    with pytest.raises(Conflict):
        resending.send_again(row, by=told.administrator, unit=None)


def test_a_letter_that_is_sent_again_is_looked_at_again(told):
    row = Reminder.objects.select_related("recipient").filter(obligation=told.obligation).first()
    again = resending.send_again(row, by=told.administrator, unit=told.base)
    told.obligation.__class__.objects.update(waived_at=NOW)
    assert reminders.deliver(again.pk) is False
    again.refresh_from_db()
    assert again.status == Status.CANCELLED


# --- what does not arrive -----------------------------------------------------------------------------------------
def problems(client) -> str:
    return client.get("/thu-khong-den/").content.decode()


def test_administrators_see_who_is_not_reached_and_why(client, told):
    client.force_login(told.unit_administrator)
    html = problems(client)
    assert "1 đơn vị chưa có người ký duyệt" in html  # the sibling has no head
    assert "chưa có người lập báo cáo" not in html
    told.sibling.role_assignments.update(valid_to=NOW.date())
    told.union.role_assignments.filter(role=Role.REVIEWER).update(valid_to=NOW.date())
    Reminder.objects.filter(recipient=told.officer).update(status=Status.FAILED, error="550 Không có địa chỉ này")
    html = problems(client)
    assert "Chưa nhắc được: 1 đơn vị chưa có người lập báo cáo" in html
    assert "1 đơn vị chưa có người xét duyệt" in html
    assert "Thư nhắc: 1 thư lỗi" in html
    assert "550 Không có địa chỉ này" in html


def test_all_is_well_where_everybody_is_reached(client, told):
    make_user("Thủ Trưởng", unit=told.sibling, role=Role.APPROVER)
    client.force_login(told.unit_administrator)
    assert "Mọi thư đều đến nơi" in problems(client)
