"""What every letter says about itself: date, id, sender of the envelope, how to get fewer; and the page behind that."""

import datetime
import email
from email import policy
from email.header import decode_header, make_header

import pytest
import time_machine
from django.core import mail as django_mail
from django.test import Client
from django.utils import timezone

from orgunits import mail, preferences
from orgunits.models import AuditEvent, MessagePreference
from reports import letters, reminders
from reports.models import Reminder
from tests import builders, smtp

pytestmark = pytest.mark.django_db

DUE = datetime.date(2026, 11, 9)
MIDNIGHT = datetime.datetime(2026, 11, 8, 17, tzinfo=datetime.UTC)  # 00:00 on the 9th in Viet Nam
MORNING = MIDNIGHT + datetime.timedelta(hours=9)
NAME = "Nguyễn Thị Phượng Hoàng Công Tằng Tôn Nữ Diễm Quỳnh Ngọc Ái"


@pytest.fixture
def box(settings):
    settings.SITE_URL = "https://mangnon.vi-du.vn"
    with smtp.mail_server() as server:
        smtp.use(settings, server)
        yield server


@pytest.fixture
def row(cast):
    return Reminder.objects.create(obligation=cast.obligation, rung="due-0", due_on=DUE, recipient=cast.officer)


def deliver(row, at=MORNING):
    with time_machine.travel(at):
        return reminders.deliver(row.pk)


def raw(person, settings):
    """The bytes of a letter as they go over the wire."""
    return composed(settings.obligation, person, message_id="<1@vi-du.vn>").message().as_bytes()


def composed(obligation, person, **more):
    letter = letters.reminder(obligation, to=person, by=None, on=DUE)
    return mail.compose(letter.stem, person, letter.context, **more)


# --- headers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (MIDNIGHT - datetime.timedelta(seconds=1), "Sun, 08 Nov 2026 23:59:59 +0700"),
        (MIDNIGHT, "Mon, 09 Nov 2026 00:00:00 +0700"),
    ],
)
def test_the_date_is_that_of_viet_nam(cast, at, said):
    with time_machine.travel(at, tick=False):
        message = composed(cast.obligation, cast.officer, message_id="<1@vi-du.vn>")
    assert message.message()["Date"] == said


def test_a_letter_says_how_to_get_fewer(cast, row, box):
    assert deliver(row)
    (letter,) = box.letters
    link = letter["List-Unsubscribe"].strip(" <>")
    assert link.startswith("https://mangnon.vi-du.vn/nhan-thu/it-hon/")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in letter.get_body(("plain",)).get_content()
    assert link in letter.get_body(("html",)).get_content()
    assert cast.officer.email not in link
    assert preferences.person_of(link.rstrip("/").rpartition("/")[2]) == cast.officer


def test_every_letter_has_one_id_date_and_sender_even_of_a_repeat(cast, row, box):
    box.answers = ["451 Busy"]
    deliver(row)
    Reminder.objects.update(not_before=None)
    deliver(row, MORNING + datetime.timedelta(minutes=5))
    (letter,) = box.letters
    row.refresh_from_db()
    for name in ("Message-ID", "Date", "From", "To", "Subject", "MIME-Version", "List-Unsubscribe"):
        assert len(letter.get_all(name)) == 1, name
    assert "".join(letter["Message-ID"].split()) == row.message_id


def test_vietnamese_goes_over_the_wire_as_ascii_in_short_lines(cast, settings):
    person = builders.make_user(NAME, unit=cast.base, role="reporter")
    settings.obligation = cast.obligation
    head = raw(person, settings).partition(b"\n\n")[0]
    head.decode("ascii")
    assert all(len(line) <= 998 for line in head.splitlines())
    parsed = email.message_from_bytes(raw(person, settings), policy=policy.default)
    # Python's own parser breaks a long name inside a word, so the header is decoded as a mail program does.
    to = next(value for name, value in parsed.raw_items() if name == "To")
    assert str(make_header(decode_header(to))).replace("\n", "") == f"{NAME} <{person.email}>"
    assert (
        parsed["Subject"]
        .strip()
        .startswith("Nhắc nộp báo cáo (hạn chót là hôm nay): Báo cáo năm thực hiện Chỉ thị 28-CT/TW")
    )
    assert parsed["From"].addresses[0].display_name == "Măng Non"


def test_bounces_go_to_the_return_path_and_the_reader_sees_the_sender(cast, row, box, settings):
    seen = []

    async def handle_MAIL(server, session, envelope, address, options):
        seen.append(address)
        envelope.mail_from = address
        return "250 OK"

    box.handle_MAIL = handle_MAIL
    settings.MAIL_RETURN_PATH = "tra-lai@vi-du.vn"
    assert deliver(row)
    assert seen == ["tra-lai@vi-du.vn"]
    assert box.letters[0]["From"].addresses[0].addr_spec == "khong-tra-loi@localhost"


def test_a_sample_for_other_eyes_carries_nothing_of_the_addressees_own(client, cast):
    """The reviewer who previews a reminder must not get the address that changes the officer's choice."""
    client.force_login(cast.reviewer)
    page = client.post("/thu-nhac/nhac/", {"obligation": cast.obligation.pk})
    message = composed(cast.obligation, cast.officer)
    assert "List-Unsubscribe" not in message.message()
    assert "it-hon" not in message.body + page.content.decode()


# --- the page behind the address ------------------------------------------------------------------------------------


@pytest.fixture
def address(cast):
    return preferences.unsubscribe_path(cast.officer)


def mode(person):
    return preferences.mode_of([person])[person.pk]


def test_reading_the_page_changes_nothing(client, cast, address):
    page = client.get(address).content.decode()
    assert "Báo cáo đã quá hạn vẫn được nhắc ngay bằng thư riêng; thư này không tắt được." in page
    assert cast.officer.full_name not in page
    assert cast.officer.email not in page
    assert mode(cast.officer) == "each"


def test_pressing_the_button_gathers_the_letters_and_the_way_back_is_open(client, cast, address):
    answer = client.post(address, follow=True)
    assert "Bạn đang nhận một thư tổng hợp mỗi ngày" in answer.content.decode()
    assert mode(cast.officer) == "daily"
    assert MessagePreference.objects.get().changed_through == "unsubscribe"
    client.post(address, {"mode": "each"})
    assert mode(cast.officer) == "each"


def test_one_click_of_a_mail_provider_needs_no_cookie_and_gets_no_redirect(cast, address):
    provider = Client(enforce_csrf_checks=True)
    answer = provider.post(address, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, mode(cast.officer)) == (200, "daily")
    assert provider.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200  # again: nothing more happens
    assert AuditEvent.objects.filter(action="person.reminders", actor=cast.officer).count() == 1


@pytest.mark.parametrize("what", ["no signature", "another person", "nonsense", "another mail address", "deactivated"])
def test_only_the_own_address_works(client, cast, address, what):
    token = address.rstrip("/").rpartition("/")[2]
    match what:
        case "no signature":
            address = address.replace(token, token.rpartition(".")[0])
        case "another person":
            address = address.replace(token, token.replace(f"{cast.officer.pk}-", f"{cast.colleague.pk}-", 1))
        case "nonsense":
            address = address.replace(token, "²-x.y")
        case "another mail address":
            type(cast.officer).objects.filter(pk=cast.officer.pk).update(email="khac@vi-du.vn")
        case "deactivated":
            type(cast.officer).objects.filter(pk=cast.officer.pk).update(is_active=False)
    for answer in (client.get(address), client.post(address, {"List-Unsubscribe": "One-Click"})):
        assert answer.status_code == 404
    assert MessagePreference.objects.count() == 0


# --- the own page ---------------------------------------------------------------------------------------------------


def test_a_person_chooses_on_the_own_page(client, cast):
    client.force_login(cast.officer)
    assert client.post("/nhan-thu/", {"reminders": "daily"}).status_code == 302
    assert preferences.mode_of([cast.officer, cast.colleague.pk]) == {
        cast.officer.pk: "daily",
        cast.colleague.pk: "each",
    }
    assert "checked" in client.get("/nhan-thu/").content.decode()
    client.post("/nhan-thu/", {"reminders": "daily"})  # the same again is no change
    assert AuditEvent.objects.filter(action="person.reminders").count() == 1


@pytest.mark.parametrize("typed", ["", "never", "none\x00"])
def test_nobody_can_choose_never(client, cast, typed):
    client.force_login(cast.officer)
    answer = client.post("/nhan-thu/", {"reminders": typed})
    assert answer.status_code == 200
    assert mode(cast.officer) == "each"


def test_many_people_are_asked_for_at_once(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        preferences.mode_of([cast.officer, cast.colleague, cast.reviewer])
    assert len(django_mail.outbox) == 0
    assert timezone.get_current_timezone_name() == "Asia/Ho_Chi_Minh"
