"""A returned report is reminded of by the day that the reviewer set, on a ladder of its own."""

import datetime

import pytest
import time_machine
from django.core import mail as django_mail

from reports import obligations, reminders, states, workflow
from reports.models import Obligation, Reminder, Rollup
from tests.builders import content, make_report

RETURNED_ON = datetime.date(2026, 11, 23)  # the filing was due on the 9th and came on the 5th
NEW_DAY = datetime.date(2026, 12, 3)


def at(day: datetime.date, hour: int = 12):
    return time_machine.travel(f"{day.isoformat()} {hour:02d}:00+07:00", tick=False)


@pytest.fixture
def returned(cast):
    with at(datetime.date(2026, 11, 5)):
        report = make_report(cast.obligation)
        workflow.submit(report, content(), by=cast.officer)
    with at(RETURNED_ON):
        workflow.send_back(report, by=cast.reviewer, reason="Thiếu nguyên nhân.", due_on=NEW_DAY)
    return report


def write(cast, day: datetime.date) -> list[tuple[str, datetime.date]]:
    reminders.write_reminders(day)
    rows = Reminder.objects.filter(obligation=cast.obligation, recipient=cast.officer).order_by("pk")
    return list(rows.values_list("rung", "due_on"))


def days(first: datetime.date, count: int) -> list[datetime.date]:
    return [first + datetime.timedelta(days=number) for number in range(count)]


def test_ladder_begins_anew_with_the_day_of_the_correction(cast, returned):
    for day in days(RETURNED_ON, 30):
        found = write(cast, day)
    steps = ("before-14", "before-7", "before-3", "before-1", "due-0", "late-1", "late-7")
    assert found == [(rung, NEW_DAY) for rung in steps]


def test_rungs_that_were_used_for_the_first_day_come_again(cast):
    for day in days(datetime.date(2026, 10, 26), 14):
        write(cast, day)
    with at(datetime.date(2026, 11, 9)):
        report = make_report(cast.obligation)
        workflow.submit(report, content(), by=cast.officer)
        workflow.send_back(report, by=cast.reviewer, reason="Sai số liệu.", due_on=datetime.date(2026, 11, 13))
    assert write(cast, datetime.date(2026, 11, 10))[-1] == ("before-3", datetime.date(2026, 11, 13))


def test_letter_names_the_new_day_and_not_the_old_one(cast, returned):
    with at(NEW_DAY - datetime.timedelta(days=3)):
        reminders.write_reminders(NEW_DAY - datetime.timedelta(days=3))
        for row in Reminder.objects.filter(recipient=cast.officer):
            assert reminders.deliver(row.pk)
        letter = django_mail.outbox[-1]
    assert "03/12/2026" in letter.body
    assert "09/11/2026" not in letter.body
    assert "bị trả lại" in letter.body


def test_letter_of_the_old_ladder_is_not_sent_any_more(cast):
    on = datetime.date(2026, 11, 6)
    write(cast, on)
    with at(on):
        report = make_report(cast.obligation)
        workflow.submit(report, content(), by=cast.officer)
        workflow.send_back(report, by=cast.reviewer, reason="Sai.", due_on=datetime.date(2026, 11, 30))
        row = Reminder.objects.filter(recipient=cast.officer).get()
        assert reminders.deliver(row.pk) is False
    row.refresh_from_db()
    assert (row.status, row.error) == ("cancelled", "Hạn chót đã thay đổi; hệ thống sẽ nhắc theo hạn mới.")


def test_last_good_day_of_the_correction_is_not_late_and_the_next_is(cast, returned):
    late = Obligation.objects.filter(pk=cast.obligation.pk)
    assert not late.late_on(NEW_DAY).exists()
    assert late.late_on(NEW_DAY + datetime.timedelta(days=1)).exists()


def test_new_day_never_changes_whether_the_first_filing_came_in_time(cast, returned):
    with at(NEW_DAY + datetime.timedelta(days=5)):
        workflow.submit(returned, content(text="Đã bổ sung."), by=cast.officer)
    returned.refresh_from_db()
    obligation = Obligation.objects.select_related("report").get(pk=cast.obligation.pk)
    assert returned.correction_due_on is None
    assert obligation.due_now == datetime.date(2026, 11, 9)
    assert states.timeliness(obligation, returned).code == "in_time"
    assert Rollup.objects.get(org_unit=cast.base, duty=cast.duty, period=obligation.period).on_time == 1


def test_return_without_a_day_is_reminded_of_by_the_first_day(cast):
    with at(datetime.date(2026, 11, 8)):
        report = make_report(cast.obligation)
        workflow.submit(report, content(), by=cast.officer)
        workflow.send_back(report, by=cast.reviewer, reason="Sai.")
    obligations.extend(cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão.", by=cast.administrator)
    assert write(cast, datetime.date(2026, 11, 19)) == [("before-1", datetime.date(2026, 11, 20))]
