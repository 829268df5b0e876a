"""The ladder of a duty: who is told on which step, what an administrator changes, and the hours of sending."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as django_mail
from django.core.exceptions import ValidationError

from orgunits.models import AuditEvent, Delivery, Role
from orgunits.transitions import Conflict
from reports import ladders, obligations, reminders, sending_hours, superiors, tasks, workflow
from reports.ladders import Circle, Rung
from reports.models import Digest, DutyLadder, Obligation, Reminder, SendingHours, SuperiorReminder
from tests.builders import content, give_role, make_duty, make_plan, make_report, make_unit, make_user, open_year

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DUE = datetime.date(2026, 11, 9)  # a Monday
Status = Delivery.Status


def day(late: int) -> datetime.date:
    return DUE + datetime.timedelta(days=late)


def at(late: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(day(late), datetime.time(hour, minute, second), VIETNAM)


def told(rung: str, obligation: Obligation) -> set[str]:
    rows = Reminder.objects.filter(obligation=obligation, rung=rung)
    return {row.recipient.full_name for row in rows.select_related("recipient")}


# --- to whom ------------------------------------------------------------------------------------------------------
def test_the_head_hears_of_it_on_the_first_day_after_and_not_before(cast):
    for late in range(-15, 2):
        reminders.write_reminders(day(late))
    reporters = {"Trần Thị Cán Bộ", "Lê Văn Đồng Nghiệp"}
    assert told("due-0", cast.obligation) == reporters
    assert told("late-1", cast.obligation) == reporters | {"Võ Thị Chủ Tịch"}
    assert not SuperiorReminder.objects.exists()


def test_the_superior_gets_one_letter_with_all_names(cast):
    third = make_unit("Công đoàn cơ sở số 03", parent=cast.union)
    give_role(make_user("Người Thứ Ba"), Role.REPORTER, third)
    obligations.open_period(cast.duty, "year", 2026, by=None, on=datetime.date(2026, 3, 1))
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    second_reviewer = make_user("Phó Xét Duyệt", unit=cast.union, role=Role.REVIEWER)
    with time_machine.travel(at(7), tick=False):
        tasks.write_reminders()
    letters = [letter for letter in django_mail.outbox if "2 đơn vị chưa nộp" in letter.subject]
    assert {letter.to[0] for letter in letters} == {
        f"{person.full_name} <{person.email}>" for person in (cast.reviewer, second_reviewer)
    }
    for letter in letters:
        assert "- Công đoàn cơ sở số 02: quá hạn 7 ngày" in letter.body
        assert "- Công đoàn cơ sở số 03: quá hạn 7 ngày" in letter.body
        assert "Công đoàn cơ sở số 01" not in letter.body
    with time_machine.travel(at(8), tick=False):
        tasks.write_reminders()
    assert SuperiorReminder.objects.count() == 2


def test_a_unit_with_more_time_is_named_on_its_own_day(cast):
    obligations.extend(cast.obligation, until=day(3), reason="Bão lũ.", by=cast.administrator)
    for late in range(7, 11):
        reminders.write_reminders(day(late))
    rows = SuperiorReminder.objects.order_by("step_on")
    assert [row.step_on for row in rows] == [day(7), day(10)]
    ladder = ladders.Ladders()
    assert [item.org_unit for item in superiors.missing_units(rows[0], ladder, on=day(7))] == [cast.sibling]
    assert [item.org_unit for item in superiors.missing_units(rows[1], ladder, on=day(10))] == [cast.base]


def test_nobody_is_told_more_than_thirty_days_late(cast):
    assert reminders.write_reminders(day(31)) == 0
    assert reminders.write_reminders(day(30)) > 0


def test_steps_that_were_missed_become_the_one_that_matters_now(cast):
    """Beat was down from before the due date until the eighth day after."""
    reminders.write_reminders(day(-3))
    before = set(Reminder.objects.values_list("pk", flat=True))
    for _ in range(3):
        reminders.write_reminders(day(8))
    fresh = Reminder.objects.exclude(pk__in=before)
    assert {row.rung for row in fresh} == {"late-7"}
    assert fresh.count() == 4  # two officers, their head, the officer of the sibling
    assert SuperiorReminder.objects.count() == 1


# --- what an administrator changes --------------------------------------------------------------------------------
OWN = (Rung(30), Rung(0, Circle.HEAD), Rung(-2, Circle.SUPERIOR))


def test_a_duty_follows_its_own_ladder_and_another_the_default(cast):
    other = make_duty(make_plan(cast.union, number="58/KH"), name="Báo cáo khác")
    (theirs, *_) = open_year(other)
    ladders.set_ladder(cast.duty, OWN, seen=0, by=cast.administrator)
    for late in range(-40, 10):
        reminders.write_reminders(day(late))
    rungs = list(dict.fromkeys(cast.obligation.reminders.order_by("pk").values_list("rung", flat=True)))
    assert rungs == ["before-30", "due-0", "late-2"]
    assert told("due-0", cast.obligation) >= {"Võ Thị Chủ Tịch"}
    assert theirs.reminders.filter(rung="before-14").exists()
    assert not theirs.reminders.filter(rung="before-30").exists()
    steps = SuperiorReminder.objects.values_list("duty", "step_on")
    assert set(steps) == {(cast.duty.pk, day(2)), (other.pk, day(7))}


def test_the_change_is_audited_and_the_second_of_two_hears_of_the_first(cast):
    ladders.set_ladder(cast.duty, OWN, seen=0, by=cast.administrator)
    with pytest.raises(Conflict):
        ladders.set_ladder(cast.duty, OWN, seen=0, by=cast.unit_administrator)
    ladders.set_ladder(cast.duty, OWN[:2], seen=1, by=cast.administrator)
    with pytest.raises(Conflict):
        ladders.reset(cast.duty, seen=1, by=cast.unit_administrator)
    ladders.reset(cast.duty, seen=2, by=cast.administrator)
    assert ladders.ladder_of(cast.duty) == (ladders.DEFAULT, None)
    events = AuditEvent.objects.filter(action="duty.ladder").order_by("pk")
    assert [event.actor for event in events] == [cast.administrator] * 3
    assert "quá hạn 2 ngày: cả cấp trên" in events[0].data["changes"]["ladder"][1]


@pytest.mark.parametrize(
    "rungs", [[], [Rung(7), Rung(7, Circle.HEAD)], [Rung(91)], [Rung(-31)], [Rung(n) for n in range(13)]]
)
def test_what_is_no_ladder_is_refused(rungs):
    with pytest.raises(ValidationError):
        ladders.checked(rungs)


def test_a_row_whose_step_is_gone_is_not_sent(cast):
    reminders.write_reminders(day(-7))
    row = Reminder.objects.filter(recipient=cast.officer).get()
    ladders.set_ladder(cast.duty, [Rung(10), Rung(-1)], seen=0, by=cast.administrator)
    with time_machine.travel(at(-7)):
        assert reminders.deliver(row.pk) is False
    row.refresh_from_db()
    assert row.status == Status.CANCELLED


# --- the page -----------------------------------------------------------------------------------------------------
def typed(*steps: tuple[str, str, str], seen: int = 0) -> dict[str, str]:
    data = {"seen": str(seen), "moc-TOTAL_FORMS": str(len(steps)), "moc-INITIAL_FORMS": "0"}
    for place, (days, when, whom) in enumerate(steps):
        data |= {f"moc-{place}-ngay": days, f"moc-{place}-khi": when, f"moc-{place}-toi": whom}
    return data


def test_the_page_sets_the_steps_and_takes_them_back(client, cast):
    client.force_login(cast.unit_administrator)
    url = f"/che-do-bao-cao/{cast.duty.pk}/moc-nhac/"
    assert "Đang dùng các mốc mặc định" in client.get(url).content.decode()
    data = typed(("5", "truoc", "unit"), ("", "truoc", "unit"), ("2", "sau", "superior"))
    assert client.post(url, data).status_code == 302
    assert DutyLadder.objects.get().steps == [[5, "unit"], [-2, "superior"]]
    assert "Quá hạn 2 ngày: cả cấp trên" in client.get(f"/che-do-bao-cao/{cast.duty.pk}/").content.decode()
    assert client.post(url, data).status_code == 409
    assert client.post(url, {"default": "yes", "seen": "1"}).status_code == 302
    assert not DutyLadder.objects.exists()


def test_bad_steps_are_said_at_the_field_and_stay(client, cast):
    client.force_login(cast.unit_administrator)
    url = f"/che-do-bao-cao/{cast.duty.pk}/moc-nhac/"
    page = client.post(url, typed(("bảy", "truoc", "unit"), ("3", "sau", "head"))).content.decode()
    assert "Hãy ghi số ngày bằng chữ số." in page
    assert 'value="bảy"' in page
    page = client.post(url, typed(("3", "truoc", "unit"), ("3", "truoc", "head"))).content.decode()
    assert "Mỗi ngày chỉ có một mốc nhắc" in page
    assert not DutyLadder.objects.exists()


# --- the hours ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "waking", "working"),
    [
        (at(0, 6, 59, 59), False, False),
        (at(0, 7), True, False),
        (at(0, 7, 59, 59), True, False),
        (at(0, 8), True, True),
        (at(0, 16, 59, 59), True, True),
        (at(0, 17), True, False),
        (at(0, 19, 59, 59), True, False),
        (at(0, 20), False, False),
        (at(5, 9), True, False),  # Saturday
        (at(6, 9), True, False),  # Sunday
    ],
)
def test_waking_and_working_hours(cast, moment, waking, working):
    assert sending_hours.is_waking_hour(moment) is waking
    assert sending_hours.is_working_time(moment) is working


@pytest.mark.parametrize(
    ("moment", "waking", "working"),
    [
        (at(0, 3), at(0, 7), at(0, 8)),
        (at(0, 12), at(0, 12), at(0, 12)),
        (at(0, 18), at(0, 18), at(1, 8)),
        (at(0, 23, 59, 59), at(1, 7), at(1, 8)),
        (at(4, 17), at(4, 17), at(7, 8)),  # Friday evening: Monday
        (at(5, 0), at(5, 7), at(7, 8)),
    ],
)
def test_the_next_moment_that_is_allowed(cast, moment, waking, working):
    assert sending_hours.next_waking(moment) == waking
    assert sending_hours.next_working(moment) == working


def test_a_step_on_a_sunday_is_told_the_superior_on_monday_with_the_names_of_monday(cast):
    Obligation.objects.update(due_on=day(-1))  # the seventh day after is a Sunday
    with time_machine.travel(at(6, 12), tick=False):
        tasks.write_reminders()
    row = SuperiorReminder.objects.get()
    assert (row.status, row.not_before) == (Status.WAITING, at(7, 8))
    assert told("late-7", cast.obligation)  # the unit is reminded on Sunday
    django_mail.outbox.clear()
    with time_machine.travel(at(7, 7, 59, 59), tick=False):
        tasks.ring_for_letters()
    assert django_mail.outbox == []
    with time_machine.travel(at(7, 8), tick=False):
        workflow.submit(make_report(cast.sibling_obligation), content(), by=cast.sibling_officer)
        django_mail.outbox.clear()
        tasks.ring_for_letters()
    row.refresh_from_db()
    assert (row.status, row.claims) == (Status.SENT, 1)
    (letter,) = [letter for letter in django_mail.outbox if "chưa nộp" in letter.subject]
    assert letter.subject.startswith("1 đơn vị chưa nộp")
    assert "- Công đoàn cơ sở số 01: quá hạn 8 ngày" in letter.body


def test_nobody_left_to_name_means_no_letter(cast):
    reminders.write_reminders(day(7))
    row = SuperiorReminder.objects.get()
    obligations.waive(cast.obligation, reason="Giải thể.", by=cast.administrator)
    obligations.waive(cast.sibling_obligation, reason="Giải thể.", by=cast.administrator)
    with time_machine.travel(at(7)):
        assert superiors.deliver(row.pk) is False
    row.refresh_from_db()
    assert row.status == Status.CANCELLED


def test_a_reminder_that_waited_into_the_night_goes_out_in_the_morning(cast):
    with time_machine.travel(at(-7, 19, 59, 59), tick=False):
        assert reminders.write_reminders(day(-7)) == 3
    row = Reminder.objects.get(recipient=cast.officer)
    with time_machine.travel(at(-7, 20), tick=False):
        assert reminders.deliver(row.pk) is False
    row.refresh_from_db()
    assert (row.status, row.not_before, row.claims) == (Status.WAITING, at(-6, 7), 0)
    with time_machine.travel(at(-6, 7), tick=False):
        assert reminders.deliver(row.pk) is True


def test_hours_are_changed_on_their_page(client, cast):
    client.force_login(cast.administrator)
    data = {"seen": "0", "waking_from": "06:30", "waking_to": "21h00", "working_from": "7:30", "working_to": "16:30"}
    days = {"working_days": ["0", "1", "2", "3", "4", "5"]}
    assert client.post("/gio-gui-thu/", data | days).status_code == 302
    row = SendingHours.objects.get()
    assert (row.waking_from, row.waking_to) == (datetime.time(6, 30), datetime.time(21))
    assert sending_hours.is_working_time(at(5, 9))
    assert client.post("/gio-gui-thu/", data | days).status_code == 409
    event = AuditEvent.objects.get(action="sending_hours.change")
    assert event.data["changes"]["waking_to"] == ["20:00", "21:00"]
    page = client.post(
        "/gio-gui-thu/", data | {"waking_to": "5 giờ", "working_to": "7:00", "seen": "1"}
    ).content.decode()
    assert "Hãy ghi giờ theo dạng giờ:phút" in page
    assert 'value="5 giờ"' in page
    assert "Giờ kết thúc phải sau giờ bắt đầu." in page
    assert "Hãy chọn ít nhất một ngày làm việc." in page


# --- leap year and changed days -----------------------------------------------------------------------------------
def test_a_due_date_of_29_february_has_its_steps(cast):
    leap = datetime.date(2028, 2, 29)
    Obligation.objects.update(due_on=leap)
    found = {}
    for number in range(-14, 8):
        on = leap + datetime.timedelta(days=number)
        reminders.write_reminders(on)
        for rung in cast.obligation.reminders.values_list("rung", flat=True):
            found.setdefault(rung, on)
    assert found == {
        "before-14": datetime.date(2028, 2, 15),
        "before-7": datetime.date(2028, 2, 22),
        "before-3": datetime.date(2028, 2, 26),
        "before-1": datetime.date(2028, 2, 28),
        "due-0": leap,
        "late-1": datetime.date(2028, 3, 1),
        "late-7": datetime.date(2028, 3, 7),
    }


def test_more_time_while_a_row_waits_takes_it_back_and_begins_anew(cast):
    reminders.write_reminders(day(1))
    row = Reminder.objects.get(recipient=cast.approver)
    obligations.extend(cast.obligation, until=day(2), reason="Bão lũ.", by=cast.administrator)
    with time_machine.travel(at(1)):
        assert reminders.deliver(row.pk) is False
    reminders.write_reminders(day(1))
    assert told("before-1", cast.obligation) == {"Trần Thị Cán Bộ", "Lê Văn Đồng Nghiệp"}


def test_a_day_that_changes_after_a_step_was_sent_has_that_step_again(cast):
    with time_machine.travel(at(-7), tick=False):
        tasks.write_reminders()
    Obligation.objects.update(due_on=day(10))
    with time_machine.travel(at(3), tick=False):
        tasks.write_reminders()
    sent = cast.obligation.reminders.filter(recipient=cast.officer, status=Status.SENT).order_by("pk")
    assert list(sent.values_list("rung", "due_on")) == [("before-7", DUE), ("before-7", day(10))]
    assert not Digest.objects.filter(kind=Digest.Kind.OWED).exists()
