"""Which reminders are written on which day, and what becomes of them until they are sent."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as django_mail
from django.utils import timezone

from orgunits import reorganisation
from orgunits.models import Delivery, Role
from reports import obligations, reminders, tasks, workflow
from reports.models import Obligation, Reminder, SendingHours
from tests.builders import content, give_role, make_report, make_unit, make_user

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DUE = datetime.date(2026, 11, 9)  # "trước ngày 10/11"
Status = Delivery.Status


def day(before: int) -> datetime.date:
    return DUE - datetime.timedelta(days=before)


def noon(before: int) -> datetime.datetime:
    return datetime.datetime.combine(day(before), datetime.time(12), VIETNAM)


def rungs_of(obligation: Obligation) -> list[str]:
    return list(obligation.reminders.order_by("pk").values_list("rung", flat=True))


# --- the ladder ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days_left", "rung"),
    [
        (15, None),
        (14, "before-14"),
        (8, "before-14"),
        (7, "before-7"),
        (4, "before-7"),
        (3, "before-3"),
        (2, "before-3"),
        (1, "before-1"),
        (0, "due-0"),
        (-1, "late-1"),
        (-6, "late-1"),
        (-7, "late-7"),
        (-30, "late-7"),
        (-31, None),
    ],
)
def test_step_of_the_ladder_by_days_left(days_left, rung):
    found = reminders.rung_for(days_left)
    assert (found.code if found else None) == rung


def test_a_year_of_days_writes_each_step_once(cast):
    first = datetime.date(2026, 1, 2)
    for number in range(400):
        reminders.write_reminders(first + datetime.timedelta(days=number))
    theirs = Reminder.objects.filter(obligation=cast.obligation, recipient=cast.officer).order_by("pk")
    assert list(theirs.values_list("rung", flat=True)) == [
        "before-14",
        "before-7",
        "before-3",
        "before-1",
        "due-0",
        "late-1",
        "late-7",
    ]
    assert set(theirs.values_list("due_on", flat=True)) == {DUE}


def test_nothing_is_written_fifteen_days_before(cast):
    assert reminders.write_reminders(day(15)) == 0
    assert not Reminder.objects.exists()


def test_each_reporter_of_the_unit_gets_one_and_nobody_else(cast):
    assert reminders.write_reminders(day(14)) == 3
    written = Reminder.objects.filter(obligation=cast.obligation)
    assert {row.recipient for row in written} == {cast.officer, cast.colleague}
    sibling = Reminder.objects.get(obligation=cast.sibling_obligation)
    assert sibling.recipient == cast.sibling_officer


def test_second_run_on_the_same_day_writes_nothing(cast):
    assert reminders.write_reminders(day(7)) == 3
    assert reminders.write_reminders(day(7)) == 0
    assert reminders.write_reminders(day(6)) == 0


def test_days_without_beat_lose_no_step_and_fall_together(cast):
    reminders.write_reminders(day(14))
    reminders.write_reminders(day(2))  # the machine was off on the days 7 and 3
    assert set(rungs_of(cast.obligation)) == {"before-14", "before-3"}
    reminders.write_reminders(day(-3))  # and off again until the third late day
    assert rungs_of(cast.obligation).count("late-1") == 3  # two officers and the head
    assert "before-1" not in rungs_of(cast.obligation)


def test_filed_and_waived_reports_are_not_reminded_of(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    obligations.waive(cast.sibling_obligation, reason="Đơn vị mới thành lập.", by=cast.administrator)
    assert reminders.write_reminders(day(3)) == 0


def test_a_draft_and_a_returned_report_are_reminded_of(cast):
    make_report(cast.sibling_obligation)
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu mẫu số.")
    reminders.write_reminders(day(3))
    assert rungs_of(cast.obligation) == ["before-3", "before-3"]
    assert rungs_of(cast.sibling_obligation) == ["before-3"]


def test_a_returned_report_is_reminded_of_by_the_day_of_its_correction_and_not_on_the_day_of_its_return(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    today = timezone.localdate()
    until = today + datetime.timedelta(days=7)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu mẫu số.", due_on=until)
    reminders.write_reminders(today)
    assert rungs_of(cast.obligation) == []
    reminders.write_reminders(today + datetime.timedelta(days=1))
    theirs = Reminder.objects.filter(obligation=cast.obligation, recipient=cast.officer).order_by("pk")
    assert list(theirs.values_list("rung", "due_on")) == [("before-7", until)]
    reminders.write_reminders(until)  # the last good day: not late
    reminders.write_reminders(until + datetime.timedelta(days=1))
    assert list(theirs.values_list("rung", flat=True)) == ["before-7", "due-0", "late-1"]


def test_an_extension_begins_the_ladder_anew(cast):
    reminders.write_reminders(day(1))
    until = DUE + datetime.timedelta(days=20)
    obligations.extend(cast.obligation, until=until, reason="Bão lũ.", by=cast.administrator)
    reminders.write_reminders(day(0))  # 20 days left now: nothing for this unit
    reminders.write_reminders(until - datetime.timedelta(days=1))
    theirs = Reminder.objects.filter(obligation=cast.obligation, recipient=cast.officer).order_by("pk")
    assert list(theirs.values_list("rung", "due_on")) == [("before-1", DUE), ("before-1", until)]


# --- to whom ------------------------------------------------------------------------------------------------------
def people_of(unit, on=DUE):
    return reminders.addressees([unit.pk], on=on)[unit.pk]


def test_the_approver_stands_in_where_there_is_no_reporter(cast):
    cast.base.role_assignments.filter(role=Role.REPORTER).update(valid_to=day(30))
    assert people_of(cast.base) == [cast.approver]
    assert people_of(cast.base, on=day(31)) == [cast.officer, cast.colleague]


def test_a_role_that_ends_on_a_day_does_not_count_on_it(cast):
    cast.sibling.role_assignments.update(valid_to=DUE)
    assert people_of(cast.sibling, on=day(1)) == [cast.sibling_officer]
    assert people_of(cast.sibling, on=DUE) == []


def test_closed_accounts_get_nothing(cast):
    cast.officer.is_active = False
    cast.officer.save(update_fields=["is_active"])
    assert people_of(cast.base) == [cast.colleague]


def test_two_roles_of_one_person_make_one_addressee(cast):
    give_role(cast.approver, Role.REPORTER, cast.base)
    assert people_of(cast.base) == [cast.officer, cast.colleague, cast.approver]


def test_the_heir_of_a_merged_unit_is_reminded_of_what_is_owed(cast):
    cast.sibling.role_assignments.update(valid_to=day(20))
    reorganisation.end(cast.sibling, on=day(20), by=None, successors=[cast.base])
    assert people_of(cast.sibling) == [cast.officer, cast.colleague]


def test_units_with_nobody_are_listed(cast):
    alone = make_unit("Công đoàn cơ sở số 03", parent=cast.union)
    obligations.open_period(cast.duty, "year", 2026, by=None, on=datetime.date(2026, 3, 1))
    assert reminders.unreachable(day(15)) == []
    (row,) = reminders.unreachable(day(14))
    assert (row.unit, row.count, row.due) == (alone, 1, DUE)
    assert reminders.unreachable(day(14), units=[cast.base.pk]) == []
    give_role(make_user("Người Mới"), Role.APPROVER, alone)
    assert reminders.unreachable(day(14)) == []


# --- the hours ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("clock", "waking"),
    [("06:59:59", False), ("07:00:00", True), ("19:59:59", True), ("20:00:00", False), ("00:00:00", False)],
)
def test_nobody_is_written_to_at_night(cast, clock, waking):
    at = datetime.datetime.combine(day(7), datetime.time.fromisoformat(clock), VIETNAM)
    with time_machine.travel(at, tick=False):
        tasks.write_reminders()
    assert Reminder.objects.exists() is waking


@pytest.mark.parametrize(
    ("utc", "rungs"),
    [
        # 10/11 00:00 in Viet Nam is 9/11 17:00 UTC: the day is Viet Nam's, whatever the server's clock says.
        (datetime.datetime(2026, 11, 9, 0, 30, tzinfo=datetime.UTC), {"due-0"}),  # 9/11 07:30
        (datetime.datetime(2026, 11, 9, 12, 59, tzinfo=datetime.UTC), {"due-0"}),  # 9/11 19:59
        (datetime.datetime(2026, 11, 9, 23, 59, tzinfo=datetime.UTC), set()),  # 10/11 06:59
        (datetime.datetime(2026, 11, 10, 0, 0, tzinfo=datetime.UTC), {"late-1"}),  # 10/11 07:00
    ],
)
def test_the_day_is_that_of_viet_nam(cast, utc, rungs):
    with time_machine.travel(utc, tick=False):
        tasks.write_reminders()
    assert set(rungs_of(cast.obligation)) == rungs


def test_late_begins_at_midnight_in_viet_nam(cast):
    reminders.write_reminders(DUE)
    row = Reminder.objects.filter(recipient=cast.officer).get()
    SendingHours.objects.create(waking_from=datetime.time.min, waking_to=datetime.time.max)
    last_second = datetime.datetime(2026, 11, 9, 23, 59, 59, tzinfo=VIETNAM)
    with time_machine.travel(last_second, tick=False):
        assert reminders.deliver(row.pk)
    assert "Hôm nay là ngày cuối cùng" in django_mail.outbox[0].body
    late = Reminder.objects.create(obligation=cast.obligation, rung="late-1", due_on=DUE, recipient=cast.officer)
    with time_machine.travel(last_second + datetime.timedelta(seconds=1), tick=False):
        assert reminders.deliver(late.pk)
    assert "đã quá hạn 1 ngày" in django_mail.outbox[1].body


# --- delivery -----------------------------------------------------------------------------------------------------
@pytest.fixture
def reminder(cast):
    reminders.write_reminders(day(7))
    return Reminder.objects.get(recipient=cast.officer)


def test_a_reminder_is_sent_and_said_to_be(cast, reminder):
    with time_machine.travel(noon(7)):
        assert reminders.deliver(reminder.pk) is True
        assert reminders.deliver(reminder.pk) is False
    reminder.refresh_from_db()
    assert reminder.status == Status.SENT
    assert reminder.sent_at.astimezone(VIETNAM).date() == day(7)
    (letter,) = django_mail.outbox
    assert letter.to == [f"Trần Thị Cán Bộ <{cast.officer.email}>"]
    assert letter.extra_headers["Message-ID"] == reminder.message_id


def cancelled_because(row, *, at=None) -> str:
    with time_machine.travel(at or noon(7)):
        assert reminders.deliver(row.pk) is False
    row.refresh_from_db()
    assert row.status == Status.CANCELLED
    assert django_mail.outbox == []
    return row.error


def test_filed_meanwhile_cancels_the_letter(cast, reminder):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    assert "đã được nộp" in cancelled_because(reminder)


def test_waived_meanwhile_cancels_the_letter(cast, reminder):
    obligations.waive(cast.obligation, reason="Đơn vị giải thể.", by=cast.administrator)
    assert "được miễn" in cancelled_because(reminder)


def test_extended_meanwhile_cancels_the_letter(cast, reminder):
    until = DUE + datetime.timedelta(days=5)
    obligations.extend(cast.obligation, until=until, reason="Bão lũ.", by=cast.administrator)
    assert "theo hạn mới" in cancelled_because(reminder)


def test_a_letter_that_waited_until_the_next_step_is_cancelled(cast, reminder):
    assert "mốc nhắc sau" in cancelled_because(reminder, at=noon(3))


def test_a_letter_that_waited_says_the_days_that_are_left_now(cast, reminder):
    with time_machine.travel(noon(5)):
        assert reminders.deliver(reminder.pk)
    assert "Còn 5 ngày nữa" in django_mail.outbox[0].body


def test_who_gave_up_the_role_is_not_written_to(cast, reminder):
    cast.officer.role_assignments.update(valid_to=day(7))
    assert "không còn lập báo cáo" in cancelled_because(reminder)


def test_who_left_the_system_is_not_written_to(cast, reminder):
    cast.officer.is_active = False
    cast.officer.save(update_fields=["is_active"])
    assert "không còn dùng hệ thống" in cancelled_because(reminder)


def test_a_dead_workers_row_is_released_once_and_then_needs_a_person(cast, reminder):
    def die(at):
        assert Reminder.objects.claim(reminder.pk, at=at)

    def release(at):
        Reminder.objects.release_stale(before=at - datetime.timedelta(minutes=15))
        reminder.refresh_from_db()
        return reminder.status

    start = timezone.now()
    die(start)
    assert release(start + datetime.timedelta(minutes=15)) == Status.CLAIMED
    assert release(start + datetime.timedelta(minutes=15, seconds=1)) == Status.WAITING
    die(start + datetime.timedelta(minutes=16))
    assert release(start + datetime.timedelta(minutes=40)) == Status.FAILED
    assert "hai lần" in reminder.error
    assert Reminder.objects.send_again(reminder.pk)
    reminder.refresh_from_db()
    assert (reminder.status, reminder.claims, reminder.releases) == (Status.WAITING, 0, 0)


def test_the_tick_rings_for_what_waits_and_sends_it(cast, reminder):
    with time_machine.travel(noon(7)):
        tasks.ring_for_letters()
    people = (cast.officer, cast.colleague, cast.sibling_officer)
    assert {letter.to[0] for letter in django_mail.outbox} == {f"{user.full_name} <{user.email}>" for user in people}
    assert len(django_mail.outbox) == 3
    assert not Reminder.objects.waiting().exists()


def test_writing_asks_few_questions_however_many_units(cast, django_assert_max_num_queries):
    for number in range(20):
        unit = make_unit(f"Công đoàn cơ sở số {number + 10}", parent=cast.union)
        make_user(f"Người {number}", unit=unit, role=Role.REPORTER)
    obligations.open_period(cast.duty, "year", 2026, by=None, on=datetime.date(2026, 3, 1))
    with django_assert_max_num_queries(18):
        assert reminders.write_reminders(day(14)) == 23
