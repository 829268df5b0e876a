"""Letters through a real mail server on loopback: taken, put off, refused, silent, gone."""

import datetime

import pytest
import time_machine
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from orgunits import mail
from orgunits.models import Delivery
from reports import reminders, tasks
from reports.models import Reminder
from tests import smtp

DUE = datetime.date(2026, 11, 9)
NOON = datetime.datetime(2026, 11, 9, 5, tzinfo=datetime.UTC)
Status = Delivery.Status


@pytest.fixture
def box(settings):
    with smtp.mail_server() as server:
        smtp.use(settings, server)
        yield server


@pytest.fixture
def row(cast):
    return Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=cast.officer)


def try_at(row, at=NOON) -> bool:
    with time_machine.travel(at):
        sent = reminders.deliver(row.pk)
    row.refresh_from_db()
    return sent


def test_the_server_gets_one_letter_with_text_and_html(cast, row, box):
    assert try_at(row) is True
    (letter,) = box.letters
    assert box.recipients == [cast.officer.email]
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert "Hôm nay là ngày cuối cùng" in letter.get_body(("plain",)).get_content()
    assert "".join(letter["Message-ID"].split()) == row.message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["To"].addresses[0].display_name == "Trần Thị Cán Bộ"
    assert (row.status, row.error) == (Status.SENT, "")


def test_put_off_with_4xx_goes_out_later_with_the_same_message_id(row, box):
    box.answers = ["451 4.3.0 Try again later"]
    assert try_at(row) is False
    assert row.status == Status.WAITING
    assert "451" in row.error
    first_id = row.message_id
    assert row.not_before - NOON >= mail.RETRY_DELAYS[0]
    assert try_at(row, NOON + datetime.timedelta(seconds=100)) is False  # too early: nobody asks the server
    assert row.claims == 1
    assert try_at(row, NOON + datetime.timedelta(minutes=3)) is True
    assert (row.status, row.error, row.message_id) == (Status.SENT, "", first_id)
    assert len(box.letters) == 1


def test_five_tries_with_growing_pauses_then_failed(row, box):
    box.answers = ["451 Busy"] * 9
    at, pauses = NOON, []
    while row.status == Status.WAITING:
        assert try_at(row, at) is False
        if row.not_before and row.status == Status.WAITING:
            pauses.append(row.not_before - at)
            at = row.not_before + datetime.timedelta(seconds=1)
    assert (row.status, row.claims) == (Status.FAILED, 5)
    assert len(box.answers) == 4
    assert pauses == sorted(pauses)
    assert [round(pause / mail.RETRY_DELAYS[0]) for pause in pauses] == [1, 5, 30, 180]


@pytest.mark.parametrize("where", ["answers", "address_answers"])
def test_refused_with_5xx_fails_at_once_with_the_reason(row, box, where):
    setattr(box, where, ["550 5.1.1 No such user here"])
    assert try_at(row) is False
    assert (row.status, row.claims) == (Status.FAILED, 1)
    assert "550 5.1.1 No such user here" in row.error
    assert box.letters == []


def test_address_put_off_with_4xx_is_tried_again(row, box):
    box.address_answers = ["450 4.2.1 Mailbox busy"]
    assert try_at(row) is False
    assert row.status == Status.WAITING
    assert "không nhận địa chỉ này: 450" in row.error


def test_a_silent_server_holds_nobody_longer_than_the_limit(row, box, settings):
    settings.EMAIL_TIMEOUT = 0.5
    box.silence = 3
    began = timezone.now()
    assert try_at(row, began.replace(year=2026, month=11, day=9, hour=5)) is False
    assert timezone.now() - began < datetime.timedelta(seconds=3)
    assert row.status == Status.WAITING
    assert "không trả lời" in row.error


def test_no_server_at_all_is_tried_again(row, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp.free_port()
    assert try_at(row) is False
    assert row.status == Status.WAITING
    assert "Không kết nối được máy chủ thư" in row.error


def test_a_failed_letter_may_be_sent_again_with_the_same_message_id(row, box):
    box.answers = ["554 Refused"]
    try_at(row)
    first_id = row.message_id
    assert Reminder.objects.send_again(row.pk) is True
    assert Reminder.objects.send_again(row.pk) is False
    assert try_at(row) is True
    assert (row.message_id, len(box.letters)) == (first_id, 1)


def test_killed_after_the_server_took_it_repeats_once_with_the_same_message_id(row, box, monkeypatch):
    """The worst moment: the letter is out, the row does not say so."""

    class Killed(BaseException):
        pass

    def take_and_die(self, messages):
        real_send(self, messages)
        raise Killed

    real_send = EmailBackend.send_messages
    at = NOON
    monkeypatch.setattr(EmailBackend, "send_messages", take_and_die)
    for _ in range(4):  # workers die as often as they like
        with time_machine.travel(at):
            for pk in mail.unfinished(Reminder, at=at):
                with pytest.raises(Killed):
                    reminders.deliver(pk)
        at += datetime.timedelta(minutes=16)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert len(box.letters) == 2
    assert {"".join(letter["Message-ID"].split()) for letter in box.letters} == {row.message_id}


def test_one_bad_address_keeps_no_other_letter_back(cast, row, box):
    box.address_answers = ["550 No such user"]
    other = Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=cast.colleague)
    with time_machine.travel(NOON):
        tasks.ring_for_letters()
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.status, other.status) == (Status.FAILED, Status.SENT)
