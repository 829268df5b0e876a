"""Letters that come back: read from the pipe, held against what was sent, shown, and taken off again."""

import datetime
import io
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.utils import timezone

from orgunits import bounces, preferences
from orgunits.models import AuditEvent, Bounce, Delivery, User
from reports.models import Obligation, Reminder

pytestmark = pytest.mark.django_db

DUE = datetime.date(2026, 11, 9)
NOW = datetime.datetime(2026, 11, 9, 5, tzinfo=datetime.UTC)
PAGE = "/dia-chi-thu/"

REPORT = """\
From: MAILER-DAEMON@mx.vi-du.vn
To: tra-lai@vi-du.vn
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.vi-du.vn
Arrival-Date: Mon, 9 Nov 2026 11:00:00 +0700

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{address}>: User unknown

--B
Content-Type: {kind}

{returned}
--B--
"""


@pytest.fixture
def row(cast):
    return Reminder.objects.create(
        obligation=cast.obligation, rung="before-1", due_on=DUE, recipient=cast.officer,
        message_id="<reminder-1@mangnon.vi-du.vn>", status="sent", sent_at=NOW,
    )  # fmt: skip


def report(row, *, address="", action="failed", status="5.1.1", kind="text/rfc822-headers", letter=""):
    returned = f"Message-ID: {letter or row.message_id}\nSubject: =?utf-8?b?Tmjhuq9j?=\nTo: x\n"
    if kind == "message/rfc822":
        returned += "\nBody\n"
    filled = REPORT.format(
        address=address or row.recipient.email, action=action, status=status, kind=kind, returned=returned
    )
    return filled.replace("\n", "\r\n").encode()


def take(raw):
    return bounces.take(raw, at=NOW)


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_returned_letter_marks_the_address_and_the_letter(cast, row, kind):
    (found,) = take(report(row, kind=kind))
    assert (found.user, found.address, found.status) == (cast.officer, cast.officer.email, "5.1.1")
    assert "User unknown" in found.reason
    assert (found.letter, found.subject, found.is_permanent) == (row.message_id, "Nhắc", True)
    assert bounces.bouncing([cast.officer, cast.colleague]) == {cast.officer.pk}
    row.refresh_from_db()
    assert (row.status, "Thư bị trả lại: 550 5.1.1" in row.error) == (Delivery.Status.FAILED, True)


def test_the_same_report_twice_marks_once_and_counts(cast, row):
    take(report(row))
    take(report(row))
    assert Bounce.objects.get().count == 2
    assert AuditEvent.objects.filter(action="person.bounce").count() == 1


def test_the_address_is_known_in_any_case_of_letters(cast, row):
    take(report(row, address=cast.officer.email.upper()))
    assert bounces.bouncing([cast.officer]) == {cast.officer.pk}


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("only late", {"action": "delayed", "status": "4.4.1"}),
        ("a letter that is not ours", {"letter": "<other@elsewhere>"}),
        ("an address to which it did not go", {"address": "nguoi.khac@vi-du.vn"}),
    ],
)
def test_what_is_no_failure_of_ours_marks_nobody(row, what, changes):
    with pytest.raises(bounces.NotABounce):
        take(report(row, **changes))
    assert Bounce.objects.count() == 0
    row.refresh_from_db()
    assert row.status == Delivery.Status.SENT


def test_another_persons_address_cannot_be_marked_with_a_known_letter(cast, row):
    with pytest.raises(bounces.NotABounce):
        take(report(row, address=cast.colleague.email))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe" * 100,
        b"Subject: hello\r\n\r\nI am on holiday.\r\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\nno parts",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n--B\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nAction failed\r\n\r\n: ;\r\n--B--\r\n",
        b"x" * (bounces.MOST_BYTES + 1),
    ],
    ids=["nothing", "bytes", "a letter", "no parts", "broken fields", "too large"],
)
def test_rubbish_is_refused_in_one_line(raw):
    with pytest.raises(bounces.NotABounce):
        take(raw)


def test_a_report_in_an_unknown_charset_still_marks(cast, row):
    raw = report(row).replace(b"User unknown", b"\xff\xfe unknown")
    take(raw)
    assert "unknown" in Bounce.objects.get().reason


def test_a_report_cut_off_before_it_names_the_letter_is_refused(row):
    whole = report(row)
    for end in range(0, whole.index(b"Message-ID"), 23):
        with pytest.raises(bounces.NotABounce):
            take(whole[:end])


# --- the pipe -------------------------------------------------------------------------------------------------------


def pipe(raw, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    out, err = io.StringIO(), io.StringIO()
    call_command("take_bounce", stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_the_command_reads_the_pipe_of_a_mail_server(cast, row, monkeypatch):
    assert pipe(report(row), monkeypatch) == "marked: 1\n"
    assert "ignored: the message is no delivery report" in pipe(b"Subject: x\r\n\r\n", monkeypatch)


def test_a_database_that_does_not_answer_has_the_mail_server_come_again(tmp_path, row):
    """A real process, as a mail server starts it: 75 is EX_TEMPFAIL."""
    done = subprocess.run(
        [sys.executable, "manage.py", "take_bounce"],
        cwd=django_settings.BASE_DIR,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 50},  # a database without tables
        input=report(row),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 75, done.stderr
    assert b"database does not answer" in done.stderr


# --- who sees it, and the way out -----------------------------------------------------------------------------------


def test_the_administrator_sees_whom_letters_do_not_reach(client, cast, row):
    take(report(row))
    User.objects.filter(pk=cast.colleague.pk).update(email="")
    client.force_login(cast.unit_administrator)
    page = client.get(PAGE).content.decode()
    assert cast.officer.full_name in page
    assert "User unknown" in page
    assert "Người chưa có địa chỉ thư" in page
    assert cast.colleague.full_name in page


def test_the_administrators_list_of_work_counts_whom_letters_do_not_reach(client, cast, row):
    take(report(row))
    client.force_login(cast.unit_administrator)
    assert "1 người có thư bị trả lại" in client.get("/").content.decode()


def test_another_provinces_administrator_does_not(client, cast, row):
    take(report(row))
    cast.stranger.role_assignments.create(org_unit=cast.elsewhere, role="administrator", valid_from="2020-01-01")
    client.force_login(cast.stranger)
    assert cast.officer.full_name not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}{cast.officer.pk}/thu-lai/").status_code == 404


def test_who_chose_fewer_letters_is_named_with_the_way(client, cast):
    client.post(f"/nhan-thu/it-hon/{token(cast.officer)}/")
    client.force_login(cast.unit_administrator)
    page = client.get(PAGE).content.decode()
    assert cast.officer.full_name in page
    assert "qua liên kết trong thư" in page


def token(person):
    return preferences.unsubscribe_path(person).rstrip("/").rpartition("/")[2]


def test_units_without_anybody_are_named_as_well(client, cast):
    cast.sibling_officer.role_assignments.update(valid_to=timezone.localdate())
    Obligation.objects.update(due_on=timezone.localdate())
    client.force_login(cast.unit_administrator)
    assert "Công đoàn cơ sở số 02" in client.get(PAGE).content.decode()


def test_the_person_sees_it_and_tries_again(client, cast, row):
    take(report(row))
    client.force_login(cast.officer)
    assert "Thư gửi cho bạn bị trả lại" in client.get("/nhan-thu/").content.decode()
    assert client.post("/nhan-thu/thu-lai/").status_code == 302
    assert bounces.bouncing([cast.officer]) == set()
    assert client.post("/nhan-thu/thu-lai/").status_code == 409
    done = AuditEvent.objects.get(action="person.mail_again")
    assert (done.actor, done.data["email"]) == (cast.officer, cast.officer.email)


def test_an_administrator_tries_again_for_a_person(client, cast, row):
    take(report(row))
    client.force_login(cast.unit_administrator)
    assert client.post(f"{PAGE}{cast.officer.pk}/thu-lai/").status_code == 302
    assert bounces.bouncing([cast.officer]) == set()
    assert Bounce.objects.get().cleared_by == cast.unit_administrator


def test_a_new_address_is_not_marked(cast, row):
    take(report(row))
    User.objects.filter(pk=cast.officer.pk).update(email="moi@vi-du.vn")
    assert bounces.bouncing([cast.officer]) == set()


def test_after_trying_again_a_later_letter_marks_anew(cast, row):
    take(report(row))
    bounces.try_again(cast.officer, by=cast.officer, at=NOW, on=DUE)
    later = Reminder.objects.create(
        obligation=cast.obligation, rung="late-1", due_on=DUE, recipient=cast.officer, message_id="<2@x>", status="sent"
    )
    take(report(later))
    assert bounces.bouncing([cast.officer]) == {cast.officer.pk}


def test_a_report_without_a_diagnosis_says_its_status(cast, row):
    (found,) = take(report(row, status="5.2.2").replace(b"Diagnostic-Code: smtp; 550", b"X-Note: a"))
    assert found.reason == found.status == "5.2.2"
