"""The words of messages: placeholders and nothing else, changed by one person at a time, tried on oneself."""

import datetime

import pytest
import time_machine
from django.core import mail as django_mail
from django.core.exceptions import ValidationError

from orgunits.models import AuditEvent, Delivery
from reports import message_texts, reminders
from reports.message_texts import KINDS, check, fill
from reports.models import MessageTemplate, Reminder, TrialLetter

DUE = datetime.date(2026, 11, 9)
NOON = datetime.datetime(2026, 11, 2, 5, tzinfo=datetime.UTC)
URL = "/mau-thu/reminder_before/"
KIND = KINDS["reminder_before"]


@pytest.fixture
def administrator(client, cast):
    client.force_login(cast.administrator)
    return client


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_default_words_use_known_placeholders_and_leave_none(kind):
    check(kind, kind.subject)
    check(kind, kind.body)
    message = fill(kind, kind.subject, kind.body, kind.sample)
    assert "{" not in message.subject + "".join(part.text for part in message.paragraphs)
    assert message.paragraphs[0].text == "Kính gửi Nguyễn Thị Mẫu,"


def test_what_a_value_contains_is_never_looked_at_again():
    values = KIND.sample | {"ten_don_vi": "{{nguoi_nhan}} {% now 'Y' %} <b>"}
    message = fill(KIND, "{{ten_don_vi}}", "{{ ten_don_vi }}", values)
    assert message.subject == "{{nguoi_nhan}} {% now 'Y' %} <b>"


@pytest.mark.parametrize(
    "text", ["{{ten_don_vi", "ten_don_vi}}", "{% now 'Y' %}", "{{mat_khau}}", "{{ten_don_vi.name}}", "{{}}", "{# x #}"]
)
def test_anything_else_in_braces_is_refused(text):
    with pytest.raises(ValidationError):
        check(KIND, text)


def test_words_are_set_and_escaped_and_sent(cast, administrator):
    data = {
        "subject": "Sắp hạn: {{ ten_don_vi }}",
        "body": "Chào <b>{{nguoi_nhan}}</b>,\n\n# Còn {{so_ngay}}",
        "seen": "0",
    }
    assert administrator.post(URL, data).status_code == 302
    row = Reminder.objects.create(obligation=cast.obligation, rung="before-7", due_on=DUE, recipient=cast.officer)
    with time_machine.travel(NOON):
        assert reminders.deliver(row.pk)
    (letter,) = django_mail.outbox
    assert letter.subject == "Sắp hạn: Công đoàn cơ sở số 01"
    assert letter.body.startswith("Chào <b>Trần Thị Cán Bộ</b>,\n\nCòn 7\n")
    html = letter.alternatives[0].content
    assert "Chào &lt;b&gt;Trần Thị Cán Bộ&lt;/b&gt;," in html
    assert "<h1>Còn 7</h1>" in html
    assert "Nơi nhận" in html  # what the product adds by itself


def test_an_unknown_placeholder_is_said_at_the_field_and_nothing_is_lost(administrator):
    data = {"subject": "Nhắc", "body": "Chào {{ten_be}}, đã gõ nhiều.", "seen": "0"}
    page = administrator.post(URL, data).content.decode()
    assert "Không có ô điền {{ten_be}} trong thư này." in page
    assert "đã gõ nhiều." in page
    assert not MessageTemplate.objects.exists()


def test_looking_saves_nothing(administrator):
    page = administrator.post(URL, {"subject": "Lời mới", "body": "{{ten_bao_cao}}", "look": "yes", "seen": "0"})
    assert "<strong>Lời mới</strong>" in page.content.decode()
    assert not MessageTemplate.objects.exists()


def test_a_trial_goes_to_oneself_and_saves_nothing(cast, administrator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page = administrator.post(URL, {"subject": "Lời mới", "body": "Chào {{nguoi_nhan}}", "try": "yes", "seen": "0"})
    assert f"Đang gửi thử tới {cast.administrator.email}" in page.content.decode()
    (letter,) = django_mail.outbox
    assert letter.to == [f"Đặng Thị Hệ Thống <{cast.administrator.email}>"]
    assert letter.subject == "[Dữ liệu mẫu] [Gửi thử] Lời mới"
    assert letter.body.startswith("Chào Đặng Thị Hệ Thống")
    assert TrialLetter.objects.get().status == Delivery.Status.SENT
    assert not MessageTemplate.objects.exists()
    assert AuditEvent.objects.filter(action="message_template.try").count() == 1


def test_two_who_change_at_once_and_back_to_the_default(cast, administrator):
    data = {"subject": "Một", "body": "Nội dung", "seen": "0"}
    assert administrator.post(URL, data).status_code == 302
    assert administrator.post(URL, data | {"subject": "Hai"}).status_code == 409
    page = administrator.get(URL).content.decode()
    assert "Sửa mẫu thư, Đặng Thị Hệ Thống" in page
    assert administrator.post(URL, {"default": "yes", "seen": "1"}).status_code == 302
    assert not MessageTemplate.objects.exists()
    assert administrator.post(URL, {"default": "yes", "seen": "1"}).status_code == 409
    reset = AuditEvent.objects.get(action="message_template.reset")
    assert reset.data["changes"]["subject"] == ["Một", KIND.subject]
    assert "Dùng lại mẫu thư mặc định" in administrator.get(URL).content.decode()


def test_a_kind_that_is_none_is_404(administrator):
    assert administrator.get("/mau-thu/khong-co/").status_code == 404
    assert "Nhắc trước hạn" in administrator.get("/mau-thu/").content.decode()
    assert MessageTemplate._meta.get_field("subject").max_length == message_texts.SUBJECT_LENGTH
