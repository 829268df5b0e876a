"""Notifications: written once with their event, counted under the bell, read one by one or all, removed when old."""

import datetime
import re

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from orgunits import channel_tasks, notifications
from orgunits.models import Notification, Role
from orgunits.notifications import Draft
from reports import reminders, workflow
from reports.models import Reminder
from tests import builders

pytestmark = pytest.mark.django_db

DUE = datetime.date(2026, 11, 9)
URL = "/thong-bao/"


def text(answer):
    return answer.content.decode()


def notify(person, key="a", **fields):
    notifications.write(
        [Draft(person.pk, key, fields.pop("title", "Báo cáo bị trả lại"), fields.pop("url", "/"), **fields)]
    )
    return Notification.objects.get(recipient=person, key=key)


def bell(answer):
    found = re.search(r'bell__count" aria-hidden="true">(.*?)<', text(answer))
    return found and found[1]


# --- with the events ------------------------------------------------------------------------------------------------


def test_a_reminder_is_told_in_the_product_too(cast):
    reminders.write_reminders(DUE)
    row = Notification.objects.get(recipient=cast.officer)
    with time_machine.travel(datetime.datetime(2026, 11, 9, 5, tzinfo=datetime.UTC)):
        assert "Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026, Công đoàn cơ sở số 01" in row.text
    assert "23:59 ngày 09/11/2026 (thứ Hai)" in row.text
    assert row.url == cast.obligation.get_absolute_url()
    assert Notification.objects.count() == Reminder.objects.count() == 3


def test_writing_again_tells_nothing_again(cast):
    reminders.write_reminders(DUE)
    notifications.open_one(Notification.objects.get(recipient=cast.officer))
    reminders.write_reminders(DUE)
    reminders.reminded.send(sender=Reminder, pks=list(Reminder.objects.values_list("pk", flat=True)))
    assert Notification.objects.count() == 3
    assert Notification.objects.get(recipient=cast.officer).read_at is not None


def test_a_reminder_that_is_taken_back_takes_its_notification_with_it(cast):
    with transaction.atomic():
        reminders.write_reminders(DUE)
        assert Notification.objects.count() == 3
        transaction.set_rollback(True)
    assert Notification.objects.count() == 0


def test_each_step_of_a_review_tells_whom_it_concerns(cast):
    report = builders.make_report(cast.obligation)
    workflow.submit(report, builders.content(), by=cast.officer)
    told = Notification.objects.get()
    assert (told.recipient, told.title) == (cast.reviewer, "Báo cáo mới chờ xét duyệt")
    assert told.url == report.get_absolute_url()
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu số gia đình.")
    told = Notification.objects.get(recipient=cast.officer)
    assert told.title == "Báo cáo bị trả lại để sửa"
    assert "/lap/" in told.url
    assert "Thiếu số gia đình" not in told.text  # the reason is read where rights are asked


def test_few_statements_for_many_reminders(cast, django_assert_max_num_queries):
    for number in range(60):
        builders.make_user(f"Người {number}", unit=cast.base, role=Role.REPORTER)
    with django_assert_max_num_queries(40):
        reminders.write_reminders(DUE)
    assert Notification.objects.count() == 63


# --- the bell and the page ------------------------------------------------------------------------------------------


def test_the_bell_counts_what_is_unread(client, cast):
    client.force_login(cast.officer)
    assert bell(client.get("/")) is None
    notify(cast.officer, "a")
    notify(cast.officer, "b")
    notify(cast.colleague, "a")
    answer = client.get("/")
    assert bell(answer) == "2"
    assert "Thông báo, 2 chưa đọc" in text(answer)


def test_the_bell_costs_one_query(cast, django_assert_num_queries):
    for number in range(120):
        notify(cast.officer, str(number))
    with django_assert_num_queries(1):
        assert notifications.unread_count(cast.officer) == 100


def test_many_are_said_as_more_than_99(client, cast):
    for number in range(120):
        notify(cast.officer, str(number))
    client.force_login(cast.officer)
    assert bell(client.get("/")) == "99+"


def test_page_shows_the_newest_first_and_only_the_own(client, cast):
    notify(cast.officer, "a", title="Việc cũ")
    notify(cast.officer, "b", title="Việc mới")
    notify(cast.colleague, "c", title="Việc của người khác")
    client.force_login(cast.officer)
    page = text(client.get(URL))
    assert 0 < page.index("Việc mới") < page.index("Việc cũ")
    assert "Việc của người khác" not in page


def test_page_of_the_unread(client, cast):
    notifications.open_one(notify(cast.officer, "a", title="Việc cũ"))
    notify(cast.officer, "b", title="Việc mới")
    client.force_login(cast.officer)
    page = text(client.get(URL, {"loc": "chua-doc"}))
    assert "Việc mới" in page
    assert "Việc cũ" not in page


def test_page_costs_the_same_for_many(client, cast, django_assert_max_num_queries):
    for number in range(80):
        notify(cast.officer, str(number), unit=cast.base.pk)
    client.force_login(cast.officer)
    client.get(URL)
    with django_assert_max_num_queries(14):
        client.get(URL)


def test_pressing_one_reads_it_and_leads_to_it(client, cast):
    row = notify(cast.officer, url=cast.obligation.get_absolute_url(), unit=cast.base.pk)
    client.force_login(cast.officer)
    answer = client.post(f"{URL}{row.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, cast.obligation.get_absolute_url())
    row.refresh_from_db()
    first = row.read_at
    client.post(f"{URL}{row.pk}/")
    row.refresh_from_db()
    assert row.read_at == first is not None


def test_one_may_be_marked_without_being_opened(client, cast):
    row = notify(cast.officer, url=cast.obligation.get_absolute_url())
    client.force_login(cast.officer)
    assert client.post(f"{URL}{row.pk}/", {"chi_danh_dau": "1"})["Location"] == URL
    assert notifications.unread_count(cast.officer) == 0


def test_another_persons_is_not_there(client, cast):
    row = notify(cast.officer)
    client.force_login(cast.colleague)
    assert client.post(f"{URL}{row.pk}/").status_code == 404
    assert notifications.unread_count(cast.officer) == 1


def test_all_read_leaves_what_came_after_the_page(client, cast):
    notify(cast.officer, "a")
    seen = notify(cast.officer, "b")
    notify(cast.officer, "c")
    client.force_login(cast.officer)
    client.post(f"{URL}da-doc/", {"den": seen.pk})
    assert [row.key for row in Notification.objects.unread()] == ["c"]


@pytest.mark.parametrize("typed", ["", "x", "9" * 30, "-1", "²"])
def test_all_read_with_nonsense_reads_nothing(client, cast, typed):
    notify(cast.officer)
    client.force_login(cast.officer)
    assert client.post(f"{URL}da-doc/", {"den": typed}).status_code == 302
    assert notifications.unread_count(cast.officer) == 1


@pytest.mark.parametrize(
    "url", ["https://ngoai.example/", "//ngoai.example/", "javascript:alert(1)", "/\\ngoai.example"]
)
def test_nobody_is_led_elsewhere(client, cast, url):
    row = notify(cast.officer, url=url)
    client.force_login(cast.officer)
    assert client.post(f"{URL}{row.pk}/")["Location"] == URL


def test_what_is_out_of_sight_keeps_its_secret(client, cast):
    row = notify(cast.officer, title="Bí mật", text="Công đoàn cơ sở số 02", unit=cast.sibling.pk, url="/don-vi-khac/")
    client.force_login(cast.officer)
    page = text(client.get(URL))
    assert "Bí mật" not in page
    assert "Công đoàn cơ sở số 02" not in page
    assert "không còn theo dõi" in page
    assert client.post(f"{URL}{row.pk}/")["Location"] == URL


def test_who_loses_the_role_no_longer_reads_the_words(client, cast):
    notify(cast.officer, title="Bí mật", unit=cast.base.pk)
    client.force_login(cast.officer)
    assert "Bí mật" in text(client.get(URL))
    cast.officer.role_assignments.update(valid_to=timezone.localdate())
    assert "Bí mật" not in text(client.get(URL))


# --- the nightly removal --------------------------------------------------------------------------------------------


def test_old_ones_are_removed_on_the_day_that_the_setting_says(cast, settings):
    settings.NOTIFICATION_DAYS = 30
    now = timezone.make_aware(datetime.datetime(2026, 12, 1, 3, 10))
    for key, age in [("old", datetime.timedelta(days=30, seconds=1)), ("young", datetime.timedelta(days=30))]:
        Notification.objects.filter(pk=notify(cast.officer, key).pk).update(created_at=now - age)
    with time_machine.travel(now, tick=False):
        channel_tasks.remove_old()
    assert [row.key for row in Notification.objects.all()] == ["young"]
