"""Which days are worked: weekends, Tết, swap days, and what was entered over them."""

import datetime

import pytest
from django.urls import reverse

from orgunits import working_days
from orgunits.models import AuditEvent, SpecialDay

pytestmark = pytest.mark.django_db
LIST = reverse("orgunits:special_day_list")


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def enter(text: str, kind: str = SpecialDay.Kind.OFF) -> SpecialDay:
    return SpecialDay.objects.create(day=day(text), kind=kind, name="Ngày thử", source="Thông báo thử")


@pytest.mark.parametrize(
    ("text", "worked"),
    [
        ("2026-11-09", True),  # a Monday
        ("2026-11-08", False),  # a Sunday
        ("2026-02-16", False),  # the last day of the lunar year
        ("2026-02-20", False),
        ("2026-02-23", True),  # the Monday after Tết
        ("2026-09-02", False),
        ("2026-08-22", True),  # a Saturday that is worked for the 31st
        ("2026-08-31", False),
    ],
)
def test_general_calendar(text, worked):
    assert working_days.is_working_day(day(text)) is worked


def test_what_was_entered_rules_over_the_general_calendar():
    enter("2026-02-23")
    enter("2026-02-28", SpecialDay.Kind.WORKING)  # a Saturday
    assert not working_days.is_working_day(day("2026-02-23"))
    assert working_days.is_working_day(day("2026-02-28"))


def test_next_working_day_lies_behind_all_of_tet():
    assert working_days.shifted(day("2026-02-14"), working_days.NEXT) == day("2026-02-23")  # Saturday, then Tết
    enter("2026-02-23")
    enter("2026-02-24")
    assert working_days.shifted(day("2026-02-14"), working_days.NEXT) == day("2026-02-25")


def test_previous_working_day_lies_before_all_of_tet():
    assert working_days.shifted(day("2026-02-22"), working_days.PREVIOUS) == day("2026-02-13")
    enter("2026-02-14", SpecialDay.Kind.WORKING)  # the Saturday before is worked instead
    assert working_days.shifted(day("2026-02-22"), working_days.PREVIOUS) == day("2026-02-14")


def test_chain_over_a_swap_day_stops_at_it():
    # Saturday 22/8/2026 is worked; Sunday 23/8 goes back to it and on to Monday.
    assert working_days.shifted(day("2026-08-23"), working_days.PREVIOUS) == day("2026-08-22")
    assert working_days.shifted(day("2026-08-29"), working_days.NEXT) == day("2026-09-03")  # 31/8, 1/9 and 2/9 are off


def test_chain_goes_over_the_end_of_the_year():
    assert working_days.shifted(day("2027-01-01"), working_days.PREVIOUS) == day("2026-12-31")
    enter("2026-12-31")
    assert working_days.shifted(day("2026-12-31"), working_days.NEXT) == day("2027-01-04")  # Friday 1/1, then a weekend


def test_day_stays_without_a_shift_and_nothing_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert working_days.shifted(day("2026-11-08"), working_days.NONE) == day("2026-11-08")


def test_administrator_enters_changes_and_removes_a_day(client, cast):
    client.force_login(cast.administrator)
    data = {"day": "24/02/2026", "kind": "off", "name": "Nghỉ bù Tết", "source": "Thông báo 1/TB"}
    page = client.post(reverse("orgunits:special_day_create"), data, follow=True).content.decode()
    assert "Nghỉ bù Tết" in page
    row = SpecialDay.objects.get()
    assert row.day == day("2026-02-24")
    client.post(reverse("orgunits:special_day_change", args=[row.pk]), data | {"kind": "working"})
    row.refresh_from_db()
    assert row.kind == SpecialDay.Kind.WORKING
    client.post(reverse("orgunits:special_day_remove", args=[row.pk]))
    assert not SpecialDay.objects.exists()
    actions = list(AuditEvent.objects.filter(action__startswith="special_day").values_list("action", flat=True))
    assert sorted(actions) == ["special_day.change", "special_day.create", "special_day.remove"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"day": "31/02/2026"}, "ngày/tháng/năm"),
        ({"day": "24/02/1999"}, "từ năm 2000"),
        ({"day": "23/02/2026"}, "đã có trong bảng"),
        ({"name": ""}, "Hãy ghi tên gọi"),
        ({"source": " "}, "Hãy ghi văn bản căn cứ"),
        ({"kind": "holiday"}, "Hãy chọn loại ngày"),
    ],
)
def test_wrong_day_is_refused_in_words_and_kept(client, cast, data, words):
    enter("2026-02-23")
    client.force_login(cast.administrator)
    typed = {"day": "24/02/2026", "kind": "off", "name": "Nghỉ bù Tết", "source": "Thông báo 1/TB"} | data
    response = client.post(reverse("orgunits:special_day_create"), typed)
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert typed["day"] in page
    assert SpecialDay.objects.count() == 1


def test_only_who_administers_the_whole_keeps_the_days(client, cast):
    row = enter("2026-02-23")
    for person in (cast.unit_administrator, cast.reviewer, cast.officer):
        client.force_login(person)
        assert client.post(reverse("orgunits:special_day_remove", args=[row.pk])).status_code == 403
        assert client.post(reverse("orgunits:special_day_create"), {}).status_code == 403
    assert SpecialDay.objects.exists()


def test_page_shows_the_general_calendar_of_the_year(client, cast):
    client.force_login(cast.administrator)
    page = client.get(LIST, {"nam": "2026"}).content.decode()
    assert "Giao thừa Tết Nguyên Đán" in page
    assert "22/08/2026" in page
    assert client.get(LIST, {"nam": "abcd"}).status_code == 200
