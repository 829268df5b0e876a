"""What the letters say, word for word where it matters, and their headers."""

import datetime
import email
import email.utils
from email import policy
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as django_mail
from django.utils import timezone

from orgunits import outbox
from orgunits.models import Delivery
from reports import letters, notices, obligations, reminders, workflow
from reports.models import Notice, Reminder, ReviewEvent
from tests.builders import content, make_report

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DUE = datetime.date(2026, 11, 9)


def at_noon(on: datetime.date) -> time_machine.travel:
    return time_machine.travel(datetime.datetime.combine(on, datetime.time(12), VIETNAM), tick=False)


def reminded(obligation, recipient, *, on, by=None, rung=""):
    """The letter of a reminder as the mail server gets it, and its text and HTML."""
    row = Reminder.objects.create(
        obligation=obligation,
        rung=rung or reminders.rung_for(obligation.days_left(on)).code,
        due_on=obligation.effective_due_on,
        recipient=recipient,
        requested_by=by,
    )
    with at_noon(on):
        assert reminders.deliver(row.pk)
        return parts(django_mail.outbox[-1])


def parts(sent):
    message = email.message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    return message, text, message.get_body(("html",)).get_content()


def subject(message) -> str:
    return message["Subject"].strip()  # a folded header comes back with the space of its fold


def test_reminder_before_the_due_date(cast, settings):
    settings.SITE_URL = "https://mangnon.vi-du.vn"
    message, text, html = reminded(cast.obligation, cast.officer, on=DUE - datetime.timedelta(days=7))
    assert subject(message) == (
        "Nhắc nộp báo cáo (còn 7 ngày): Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026, Công đoàn cơ sở số 01"
    )
    link = f"https://mangnon.vi-du.vn/bao-cao/phai-nop/{cast.obligation.pk}/"
    due = "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)"
    for body in (text, html):
        assert "Kính gửi Trần Thị Cán Bộ" in body
        assert "Còn 7 ngày nữa là đến hạn nộp báo cáo" in body
        assert "Công đoàn cơ sở số 01" in body
        assert "Báo cáo năm thực hiện Chỉ thị 28-CT/TW" in body
        assert "Năm 2026" in body
        assert due in body
        assert link in body
        assert "xin liên hệ Công đoàn Viên chức tỉnh Thử Nghiệm" in body
        assert "Dữ liệu mẫu" not in body
        assert "mẫu:" not in body.lower()
        assert "quá hạn" not in body


def test_reminder_on_the_last_day(cast):
    message, text, _ = reminded(cast.obligation, cast.officer, on=DUE)
    assert "(hạn chót là hôm nay)" in message["Subject"]
    assert "Hôm nay là ngày cuối cùng để nộp báo cáo\n" in text
    assert "Đề nghị đơn vị nộp chậm nhất 23:59 hôm nay." in text


def test_reminder_after_the_due_date(cast):
    message, text, html = reminded(cast.obligation, cast.officer, on=DUE + datetime.timedelta(days=7))
    assert "(quá hạn 7 ngày)" in message["Subject"]
    assert "Báo cáo đã quá hạn 7 ngày và chưa được nộp." in text
    assert "Báo cáo đã quá hạn 7 ngày" in html


def test_reminder_by_hand_names_who_pressed(cast):
    _, text, html = reminded(cast.obligation, cast.officer, on=DUE, by=cast.reviewer, rung="manual-2026-11-09")
    assert "Đỗ Thị Xét Duyệt nhắc đơn vị nộp báo cáo dưới đây." in text
    assert "Đỗ Thị Xét Duyệt nhắc đơn vị nộp báo cáo dưới đây." in html


def test_reminder_of_a_returned_report_says_so_and_opens_the_form(cast):
    report = make_report(cast.obligation)
    with at_noon(datetime.date(2026, 11, 1)):
        workflow.submit(report, content(), by=cast.officer)
        workflow.send_back(report, by=cast.reviewer, reason="Thiếu mẫu số.")
    _, text, html = reminded(cast.obligation, cast.officer, on=DUE + datetime.timedelta(days=1))
    assert "Báo cáo dưới đây đã bị trả lại, quá hạn 1 ngày. Đề nghị đơn vị sửa và nộp lại." in text
    assert "Báo cáo bị trả lại ngày 01/11/2026." in text
    assert "Báo cáo cần sửa và nộp lại, quá hạn 1 ngày" in html
    for body in (text, html):
        assert "chưa được nộp" not in body
        assert letters.form_path(cast.obligation) in body
    assert letters.form_path(cast.obligation) != cast.obligation.get_absolute_url()


def test_an_extension_is_said_in_words(cast):
    obligations.extend(cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão lũ.", by=cast.administrator)
    _, text, _ = reminded(cast.obligation, cast.officer, on=datetime.date(2026, 11, 13))
    assert "- Thời hạn: được gia hạn đến 23:59 ngày 20/11/2026 (thứ Sáu)" in text


def test_a_rule_that_changed_later_does_not_change_the_letter(cast):
    cast.duty.due_rules.update(month=12, day=1)
    _, text, _ = reminded(cast.obligation, cast.officer, on=DUE)
    assert "- Thời hạn: trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in text


def test_route_and_where_to_ask(cast):
    cast.obligation.route = "qua Ban Nữ công"
    cast.obligation.save(update_fields=["route"])
    cast.union.email, cast.union.phone = "cdvc@vi-du.vn", "0262 385 0000"
    cast.union.save(update_fields=["email", "phone"])
    _, text, html = reminded(cast.obligation, cast.officer, on=DUE)
    assert (
        "Nếu có vướng mắc, xin liên hệ Công đoàn Viên chức tỉnh Thử Nghiệm (Ban Nữ công), "
        "điện thoại 0262 385 0000, thư điện tử cdvc@vi-du.vn." in text
    )
    assert 'href="mailto:cdvc@vi-du.vn"' in html
    assert "- Nơi nhận: Công đoàn Viên chức tỉnh Thử Nghiệm (qua Ban Nữ công)" in text


def test_a_sample_unit_is_marked(cast):
    cast.base.is_sample = True
    cast.base.save(update_fields=["is_sample"])
    message, text, html = reminded(cast.obligation, cast.officer, on=DUE)
    assert subject(message).startswith("[Dữ liệu mẫu] ")
    assert "DỮ LIỆU MẪU: đơn vị và báo cáo trong thư này không có thật." in text
    assert "Dữ liệu mẫu: đơn vị và báo cáo trong thư này không có thật." in html


# --- headers, and names that mean harm ----------------------------------------------------------------------------
def test_headers(cast, settings):
    settings.SITE_URL = "https://mangnon.vi-du.vn:8443"
    message, _, _ = reminded(cast.obligation, cast.officer, on=DUE)
    assert message["Auto-Submitted"] == "auto-generated"
    assert email.utils.parsedate_to_datetime(message["Date"]).isoformat() == "2026-11-09T12:00:00+07:00"
    row = Reminder.objects.get()
    assert message["Message-ID"] == row.message_id
    assert row.message_id.endswith("@mangnon.vi-du.vn>")
    (address,) = message["To"].addresses
    assert (address.display_name, address.addr_spec) == ("Trần Thị Cán Bộ", cast.officer.email)
    assert b"=?utf-8?" in django_mail.outbox[0].message().as_bytes().split(b"\n\n")[0]


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Văn A, Phó Chủ tịch",
        'Trần "Tí" Tèo',
        "Lê <b>To</b>",
        "An\nBcc: ke-xau@vi-du.vn",
        "a@b.vn Hồ",
        "(Võ) Tám",
    ],
)
def test_a_strange_name_adds_no_address_and_no_markup(cast, name):
    cast.officer.full_name = name
    cast.officer.save(update_fields=["full_name"])
    message, _, html = reminded(cast.obligation, cast.officer, on=DUE)
    assert [address.addr_spec for address in message["To"].addresses] == [cast.officer.email]
    assert message["To"].addresses[0].display_name == " ".join(name.split())
    assert message["Bcc"] is None
    assert "<b>To" not in html


def test_names_are_escaped_in_html_and_plain_in_text(cast):
    cast.base.placements.update(name="Công đoàn <script>alert(1)</script> May & Dệt")
    message, text, html = reminded(cast.obligation, cast.officer, on=DUE)
    assert "<script>" not in html
    assert "May &amp; Dệt" in html
    assert "Công đoàn <script>alert(1)</script> May & Dệt" in text
    assert subject(message).endswith("May & Dệt")


# --- notices ------------------------------------------------------------------------------------------------------
@pytest.fixture
def submitted(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    return report


def noticed(recipient):
    """The letter of the newest notice to this person."""
    row = Notice.objects.filter(recipient=recipient).latest("pk")
    if row.status == Delivery.Status.WAITING:
        assert letters.deliver_notice(row.pk)
    sent = [letter for letter in django_mail.outbox if recipient.email in letter.to[0]]
    return parts(sent[-1])


def test_reviewers_read_that_a_report_waits(cast, submitted):
    message, text, html = noticed(cast.reviewer)
    assert subject(message).startswith("Báo cáo chờ xét duyệt: Công đoàn cơ sở số 01, ")
    for body in (text, html):
        assert "Trần Thị Cán Bộ đã nộp báo cáo của Công đoàn cơ sở số 01 lúc" in body
        assert submitted.get_absolute_url() in body
        assert "(bản nộp lần 1)" in body


def test_a_return_carries_the_reason_and_the_items(cast, submitted):
    reasons = {"ket-qua": "Nêu rõ hai mô hình.\nGhi số người.", "kinh-phi": "Thiếu <chứng từ> & số tiền."}
    workflow.send_back(submitted, by=cast.reviewer, reason="Cần bổ sung số liệu.", item_reasons=reasons)
    message, text, html = noticed(cast.officer)
    assert subject(message).startswith("Báo cáo cần sửa và nộp lại: ")
    assert "Lý do: Cần bổ sung số liệu." in text
    assert "- Kinh phí công đoàn: Thiếu <chứng từ> & số tiền.\n- Kết quả: Nêu rõ hai mô hình." in text
    assert "Thiếu &lt;chứng từ&gt; &amp; số tiền." in html
    assert "Nêu rõ hai mô hình.<br>Ghi số người." in html
    assert letters.form_path(submitted.obligation) in text
    assert "Nội dung đã nhập vẫn còn nguyên." in text


def test_a_return_for_one_item_alone_has_no_empty_reason(cast, submitted):
    workflow.send_back(submitted, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Quá ngắn."})
    _, text, html = noticed(cast.officer)
    assert "Lý do:" not in text
    assert "Lý do:" not in html
    assert "- Kết quả: Quá ngắn." in text


def test_a_return_says_what_to_do_and_until_when(cast, submitted):
    on = timezone.localdate()
    day, later = on + datetime.timedelta(days=2), on + datetime.timedelta(days=5)
    workflow.send_back(
        submitted,
        by=cast.reviewer,
        reason="",
        item_reasons={"ket-qua": "Quá ngắn.", "kinh-phi": "Thiếu."},
        due_on=later,
        item_due={"ket-qua": day},
    )
    _, text, html = noticed(cast.officer)
    for body in (text, html):
        assert "Chỉ cần sửa 2 mục dưới đây; các mục khác giữ nguyên như bản đã nộp." in body
        assert f"Nộp lại chậm nhất 23:59 ngày {later:%d/%m/%Y}" in body
        assert f"(xong chậm nhất ngày {day:%d/%m/%Y})" in body
    assert f"- Thời hạn: chậm nhất 23:59 ngày {later:%d/%m/%Y}" in text


def test_an_approval_thanks(cast, submitted):
    workflow.approve(submitted, by=cast.reviewer, comment="Báo cáo tốt.")
    message, text, html = noticed(cast.colleague)
    assert subject(message).startswith("Báo cáo đã được duyệt: ")
    for body in (text, html):
        assert "đã được Đỗ Thị Xét Duyệt duyệt" in body
        assert "Cảm ơn đơn vị đã báo cáo." in body
        assert "Báo cáo tốt." in body
        assert submitted.get_absolute_url() in body


def test_a_reopening_says_why_and_opens_the_form(cast, submitted):
    workflow.approve(submitted, by=cast.reviewer)
    workflow.reopen(submitted, by=cast.reviewer, reason="Số liệu hai đơn vị bị nhập nhầm.")
    message, text, html = noticed(cast.officer)
    assert subject(message).startswith("Báo cáo đã duyệt được mở lại để sửa: ")
    for body in (text, html):
        assert "Số liệu hai đơn vị bị nhập nhầm." in body
        assert letters.form_path(submitted.obligation) in body


def test_a_notice_that_was_overtaken_is_cancelled(cast, submitted):
    event = submitted.events.get(action=ReviewEvent.Action.SUBMIT)
    event.notices.all().delete()
    row = Notice.objects.create(event=event, recipient=cast.reviewer)
    workflow.approve(submitted, by=cast.reviewer)
    django_mail.outbox.clear()
    assert letters.deliver_notice(row.pk) is False
    row.refresh_from_db()
    assert row.status == Delivery.Status.CANCELLED
    assert "bước sau" in row.error
    assert django_mail.outbox == []


def test_nobody_is_told_of_what_they_did_themselves(cast, submitted):
    assert notices.recipients(submitted.events.get()) == [cast.reviewer]
    workflow.send_back(submitted, by=cast.reviewer, reason="Thiếu.")
    people = set(Notice.objects.filter(event__action="return").values_list("recipient", flat=True))
    assert people == {cast.officer.pk, cast.colleague.pk, cast.approver.pk}


def test_the_outbox_shows_the_letter_as_it_was_written(cast, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = outbox.FILE_BACKEND, str(tmp_path)
    cast.officer.full_name = "Nguyễn Thị Cán Bộ Công đoàn Viên chức tỉnh, phụ trách Ban Nữ công"
    cast.officer.save(update_fields=["full_name"])
    row = Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=cast.officer)
    with at_noon(DUE):
        assert reminders.deliver(row.pk)
    (letter,) = outbox.letters(tmp_path)
    assert letter.to == f"{cast.officer.full_name} <{cast.officer.email}>"
    assert letter.subject.startswith("Nhắc nộp báo cáo (hạn chót là hôm nay): ")
    assert "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in letter.text
    assert "<h1>Hôm nay là ngày cuối cùng để nộp báo cáo</h1>" in letter.html
    assert letter.sent_at.isoformat() == "2026-11-09T12:00:00+07:00"
