"""The calendar of due dates: what stands in it, its secret address, and that any calendar program can read it."""

import datetime
import re

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orgunits import appointments, reorganisation
from orgunits.models import AuditEvent, CalendarFeed, Role
from reports import calendars, ics, obligations, workflow
from reports.models import CalendarEntry
from tests import builders

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 11, 3, 5, tzinfo=datetime.UTC)
PAGE = "/lich-nhac-han/"


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests():
    cache.clear()


@pytest.fixture
def address(cast):
    calendars.renew(cast.officer, by=cast.officer)
    return address_of(cast.officer)


def address_of(person):
    feed = CalendarFeed.objects.get(user=person)
    return reverse("reports:calendar_feed", args=[calendars.token_of(feed)])


def read(client, address, at=NOON, **headers):
    with time_machine.travel(at, tick=False):
        return client.get(address, **headers)


def events(answer):
    """The events of a calendar, by a reader that shares nothing with the writer: unfold, part, unescape."""
    raw = answer.content
    assert raw.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    lines = raw.replace(b"\r\n ", b"").decode("utf-8").split("\r\n")
    found, stack = [], []
    for line in lines[:-1]:
        name, _, value = line.partition(":")
        if name == "BEGIN":
            stack.append((value, {}))
        elif name == "END":
            kind, fields = stack.pop()
            assert kind == value
            if kind == "VEVENT":
                found.append(fields)
            elif stack:
                stack[-1][1].setdefault(kind, []).append(fields)
        else:
            assert name.partition(";")[0] not in stack[-1][1], "each property once"
            stack[-1][1][name.partition(";")[0]] = re.sub(
                r"\\(.)", lambda match: {"n": "\n", "N": "\n"}.get(match[1], match[1]), value
            )
    assert stack == []
    return found


# --- what stands in it ----------------------------------------------------------------------------------------------


def test_what_is_owed_stands_on_its_last_good_day(client, cast, address):
    answer = read(client, address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = events(answer)
    assert (event["DTSTART"], event["DTEND"]) == ("20261109", "20261110")  # "trước ngày 10/11"
    assert event["UID"] == f"obligation-{cast.obligation.pk}@127.0.0.1"
    assert event["SUMMARY"] == "Hạn nộp: Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026 (Công đoàn cơ sở số 01)"
    assert "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in event["DESCRIPTION"]
    assert event["URL"].endswith(cast.obligation.get_absolute_url())
    assert event["SEQUENCE"] == "0"
    assert [alarm["TRIGGER"] for alarm in event["VALARM"]] == ["-P2DT16H", "-PT16H"]


def test_who_signs_has_it_too_and_who_reviews_has_not(client, cast):
    for person, count in [(cast.approver, 1), (cast.reviewer, 0), (cast.administrator, 0), (cast.sibling_officer, 1)]:
        calendars.renew(person, by=person)
        assert len(events(read(client, address_of(person)))) == count


def test_a_changed_day_is_told_as_a_change_and_counted_once(client, cast, address):
    read(client, address)
    obligations.extend(cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão", by=cast.administrator)
    later = NOON + datetime.timedelta(hours=5)
    first, again = (events(read(client, address, later))[0] for _ in range(2))
    assert (first["DTSTART"], first["SEQUENCE"]) == ("20261120", "1")
    assert first["LAST-MODIFIED"] == "20261103T100000Z"
    assert again == first
    assert CalendarEntry.objects.get().due_on == datetime.date(2026, 11, 20)


def test_filed_and_waived_reports_are_gone(client, cast, address):
    report = builders.make_report(cast.obligation)
    assert len(events(read(client, address))) == 1
    workflow.submit(report, builders.content(), by=cast.officer)
    assert events(read(client, address)) == []
    calendars.renew(cast.sibling_officer, by=cast.sibling_officer)
    obligations.waive(cast.sibling_obligation, reason="Mới thành lập", by=cast.administrator)
    assert events(read(client, address_of(cast.sibling_officer))) == []


def test_a_successor_has_what_the_ended_unit_still_owes(client, cast):
    calendars.renew(cast.sibling_officer, by=cast.sibling_officer)
    reorganisation.end(cast.base, on=datetime.date(2026, 11, 1), by=None, successors=[cast.sibling])
    found = {event["UID"].partition("@")[0] for event in events(read(client, address_of(cast.sibling_officer)))}
    assert found == {f"obligation-{row.pk}" for row in (cast.obligation, cast.sibling_obligation)}
    calendars.renew(cast.officer, by=cast.officer)
    assert events(read(client, address_of(cast.officer))) == []  # the unit has passed it on


def test_a_leap_day_and_the_end_of_a_year():
    event = ics.Event("a@b", datetime.date(2028, 2, 29), "Hạn", "", "https://x/", 0, NOON)
    year = ics.Event("c@d", datetime.date(2026, 12, 31), "Hạn", "", "https://x/", 0, NOON)
    raw = ics.calendar("Lịch", [event, year]).decode()
    assert "DTSTART;VALUE=DATE:20280229\r\nDTEND;VALUE=DATE:20280301" in raw
    assert "DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101" in raw


@given(st.text(max_size=300))
def test_any_text_is_folded_between_characters_and_comes_back(text):
    folded = ics.fold("SUMMARY:" + ics.escape(text))
    assert all(len(line) <= 75 for line in folded.split(b"\r\n"))
    for line in folded.split(b"\r\n"):
        line.decode("utf-8")  # no letter is cut in two
    back = folded.replace(b"\r\n ", b"").removesuffix(b"\r\n").decode()
    assert back == "SUMMARY:" + ics.escape(text)
    assert "\n" not in back


def test_the_last_second_and_the_first(client, cast, address):
    """A due date that has passed stays in the calendar: it is still owed."""
    for at in (datetime.datetime(2026, 11, 9, 16, 59, 59), datetime.datetime(2026, 11, 9, 17)):
        (event,) = events(read(client, address, at.replace(tzinfo=datetime.UTC)))
        assert event["DTSTART"] == "20261109"


# --- asking again ---------------------------------------------------------------------------------------------------


def test_nothing_new_is_said_in_304(client, address):
    etag = read(client, address)["ETag"]
    answer = read(client, address, NOON + datetime.timedelta(days=1), headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer["ETag"] == etag


def test_something_new_is_said_in_full(client, cast, address):
    etag = read(client, address)["ETag"]
    obligations.waive(cast.obligation, reason="Mới thành lập", by=cast.administrator)
    assert read(client, address, headers={"If-None-Match": etag}).status_code == 200


def test_number_of_queries_does_not_grow_with_what_is_owed(client, cast, address, django_assert_max_num_queries):
    for year in range(2020, 2026):
        builders.open_year(cast.duty, year)
    read(client, address)
    with django_assert_max_num_queries(14):
        read(client, address)


def test_too_many_readings_are_put_off(client, cast, address):
    with time_machine.travel(NOON, tick=False):
        answers = [client.get(address).status_code for _ in range(61)]
        assert answers == [200] * 60 + [429]
        assert client.get(address)["Retry-After"] == "3600"
    assert read(client, address, NOON + datetime.timedelta(hours=1)).status_code == 200


# --- the address ----------------------------------------------------------------------------------------------------


def shape(answer):
    headers = {name: value for name, value in answer.items() if name != "X-Request-Id"}
    return answer.status_code, answer.content, headers


def test_every_wrong_address_gets_the_same_answer(client, cast, address):
    wrong = shape(read(client, "/lich/khong-co.ics"))
    assert wrong[0] == 404
    assert shape(read(client, "/lich/" + "a" * 43 + ".ics")) == wrong
    appointments.deactivate(cast.officer, by=cast.administrator, on=NOON.date())
    assert shape(read(client, address)) == wrong


def test_a_renewed_address_replaces_the_old_one(client, cast, address):
    calendars.renew(cast.officer, by=cast.officer)
    assert read(client, address).status_code == 404
    assert read(client, address_of(cast.officer)).status_code == 200


def test_an_address_ends_with_the_last_role(client, cast, address):
    cast.officer.role_assignments.update(valid_to=datetime.date(2026, 11, 4))
    assert read(client, address, datetime.datetime(2026, 11, 3, 16, 59, 59, tzinfo=datetime.UTC)).status_code == 200
    assert read(client, address, datetime.datetime(2026, 11, 3, 17, tzinfo=datetime.UTC)).status_code == 404


def test_a_role_that_ends_takes_its_unit_out(client, cast, address):
    builders.give_role(cast.officer, Role.VIEWER, cast.base)
    cast.officer.role_assignments.filter(role=Role.REPORTER).update(valid_to=datetime.date(2026, 11, 3))
    assert events(read(client, address)) == []


def test_the_database_does_not_know_the_address(cast, address):
    token = address.rpartition("/")[2].removesuffix(".ics")
    stored = CalendarFeed.objects.values().get()
    assert token not in {str(value) for value in stored.values()}
    assert len(token) == 43


def test_an_address_outlives_a_change_of_the_key(client, cast, address, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" * 5
    assert read(client, address).status_code == 200


def test_page_shows_the_address_once(client, cast):
    client.force_login(cast.officer)
    assert "/lich/" not in client.get(PAGE).content.decode()
    page = client.post(f"{PAGE}tao/", follow=True).content.decode()
    address = re.search(r"/lich/[\w-]{43}\.ics", page)[0]
    assert "webcal://" in page
    again = client.get(PAGE).content.decode()
    assert address not in again
    assert "chưa đọc lần nào" in again
    assert client.get(address).status_code == 200
    assert "chưa đọc lần nào" not in client.get(PAGE).content.decode()


def test_turning_off_twice_is_a_conflict(client, cast, address):
    client.force_login(cast.officer)
    assert client.post(f"{PAGE}tat/").status_code == 302
    assert read(client, address).status_code == 404
    answer = client.post(f"{PAGE}tat/")
    assert answer.status_code == 409
    assert "đã được tắt trước đó" in answer.content.decode()


def test_what_is_done_with_the_address_is_on_record(client, cast):
    client.force_login(cast.officer)
    for verb in ("tao", "tao", "tat"):
        client.post(f"{PAGE}{verb}/")
    done = AuditEvent.objects.filter(actor=cast.officer).order_by("pk").values_list("action", flat=True)
    assert list(done) == ["calendar.make", "calendar.renew", "calendar.off"]


def test_reading_is_noted_at_most_once_an_hour(client, cast, address):
    for minutes in (0, 30, 61):
        read(client, address, NOON + datetime.timedelta(minutes=minutes))
    assert CalendarFeed.objects.get().read_at == NOON + datetime.timedelta(minutes=61)
    assert timezone.is_aware(CalendarFeed.objects.get().made_at)
