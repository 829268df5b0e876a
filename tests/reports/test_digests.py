"""Digests: who gets one, when, what it says, and that what is late never waits for one."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as django_mail

from orgunits import preferences
from orgunits.models import Delivery, Role
from reports import digests, obligations, reminders, tasks, workflow
from reports.models import Digest, DigestRound, Reminder
from tests.builders import content, make_duty, make_plan, make_report, make_unit, make_user, open_year

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DUE = datetime.date(2026, 11, 9)  # a Monday
Status = Delivery.Status


def day(late: int) -> datetime.date:
    return DUE + datetime.timedelta(days=late)


def at(late: int, hour: int = 9, minute: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(day(late), datetime.time(hour, minute), VIETNAM)


def tick(moment: datetime.datetime) -> list:
    """The letters that went out when beat came at that moment."""
    django_mail.outbox.clear()
    with time_machine.travel(moment, tick=False):
        tasks.write_reminders()
        tasks.ring_for_letters()
    return list(django_mail.outbox)


def to(letters, person) -> list:
    return [letter for letter in letters if letter.to == [f"{person.full_name} <{person.email}>"]]


@pytest.fixture
def gatherer(cast):
    """The officer wants one letter a day, and owes two reports."""
    preferences.set_mode(cast.officer, preferences.DAILY, through="page")
    open_year(make_duty(make_plan(cast.union, number="58/KH"), name="Báo cáo chuyên đề"))
    return cast.officer


# --- what a person owes -------------------------------------------------------------------------------------------
def test_who_chose_it_gets_one_letter_for_two_steps_and_the_colleague_gets_each(cast, gatherer):
    letters = tick(at(-7))
    (digest,) = to(letters, gatherer)
    assert digest.subject == "Báo cáo phải nộp, ngày 02/11/2026: 2 báo cáo"
    assert (
        "Báo cáo chuyên đề, Năm 2026, Công đoàn cơ sở số 01: còn 7 ngày, chậm nhất 23:59 ngày 09/11/2026" in digest.body
    )
    assert "Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026, Công đoàn cơ sở số 01" in digest.body
    assert len(to(letters, cast.colleague)) == 2
    rows = Reminder.objects.filter(recipient=gatherer)
    assert {(row.status, row.digest.recipient) for row in rows} == {(Status.GATHERED, gatherer)}
    assert to(tick(at(-7, 10)), gatherer) == []
    assert to(tick(at(-6)), gatherer) == []  # no step falls on that day


def test_what_is_late_never_waits_for_a_digest(cast, gatherer):
    letters = to(tick(at(1)), gatherer)
    assert len(letters) == 2
    assert all("quá hạn 1 ngày" in letter.subject for letter in letters)
    assert not Digest.objects.filter(kind=Digest.Kind.OWED).exists()


def test_a_digest_of_what_was_filed_meanwhile_is_not_sent(cast, gatherer):
    with time_machine.travel(at(-7)):
        reminders.write_reminders(day(-7))
    for row in cast.base.obligations.all():
        obligations.waive(row, reason="Giải thể.", by=cast.administrator)
    digest = Digest.objects.get()
    with time_machine.travel(at(-7)):
        assert digests.deliver(digest.pk) is False
    digest.refresh_from_db()
    assert digest.status == Status.CANCELLED


def test_what_is_put_aside_after_the_digest_went_out_is_told_the_next_day(cast, gatherer):
    tick(at(-7))
    third = make_duty(make_plan(cast.union, number="59/KH"), name="Báo cáo bổ sung")
    open_year(third)
    assert to(tick(at(-7, 15)), gatherer) == []
    (letter,) = to(tick(at(-6)), gatherer)
    assert "Báo cáo bổ sung" in letter.body
    assert not Reminder.objects.filter(status=Status.GATHERED, digest=None).exists()


# --- what a reviewer has to do ------------------------------------------------------------------------------------
def reviews(letters):
    return [letter for letter in letters if letter.subject.startswith("Xét duyệt ngày")]


def test_a_reviewer_reads_in_the_morning_what_waits_and_who_is_late(cast):
    with time_machine.travel(at(0, 20)):
        workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    assert reviews(tick(at(1, 7, 59))) == []
    (letter,) = reviews(tick(at(1, 8)))
    assert letter.to == [f"{cast.reviewer.full_name} <{cast.reviewer.email}>"]
    assert letter.subject == "Xét duyệt ngày 10/11/2026: 1 báo cáo chờ, 1 báo cáo quá hạn"
    assert "- Công đoàn cơ sở số 01: Báo cáo năm" in letter.body
    assert "nộp ngày 09/11/2026" in letter.body
    assert "- Công đoàn cơ sở số 02: quá hạn 1 ngày" in letter.body
    assert reviews(tick(at(1, 8, 5))) == []  # the next tick of the same day


def test_nothing_to_say_is_no_letter_and_stays_so_that_day(cast):
    assert reviews(tick(at(-3))) == []
    with time_machine.travel(at(-3, 10)):
        workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    assert reviews(tick(at(-3, 11))) == []
    assert DigestRound.objects.filter(kind=Digest.Kind.REVIEW, day=day(-3)).exists()


def test_no_digest_on_a_day_off_and_nothing_of_what_is_older_than_thirty_days(cast):
    assert reviews(tick(at(5))) == []  # Saturday
    assert len(reviews(tick(at(30)))) == 1
    assert reviews(tick(at(31))) == []


def test_settled_before_it_is_sent_the_digest_stays_away(cast):
    with time_machine.travel(at(1, 8), tick=False):
        assert digests.write(at(1, 8)) >= 1
    for row in (cast.obligation, cast.sibling_obligation):
        obligations.waive(row, reason="Giải thể.", by=cast.administrator)
    row = Digest.objects.get(kind=Digest.Kind.REVIEW)
    with time_machine.travel(at(1, 9)):
        assert digests.deliver(row.pk) is False


# --- the province -------------------------------------------------------------------------------------------------
def weekly(letters):
    return [letter for letter in letters if letter.subject.startswith("Tình hình nộp báo cáo trong tuần")]


def test_the_province_reads_on_mondays_how_far_it_is_and_which_branch_is_worst(cast):
    administrator = make_user("Quản Trị Tỉnh", unit=cast.province, role=Role.ADMINISTRATOR)
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    letters = weekly(tick(at(7, 8)))
    assert {letter.to[0] for letter in letters} == {
        f"{person.full_name} <{person.email}>" for person in (cast.province_reviewer, administrator)
    }
    assert "- Báo cáo năm thực hiện Chỉ thị 28-CT/TW, Năm 2026: đã nộp 1/2, quá hạn 1" in letters[0].body
    assert "- Công đoàn Viên chức tỉnh Thử Nghiệm: 1 báo cáo quá hạn" in letters[0].body
    for late in range(8, 14):
        assert weekly(tick(at(late))) == []
    assert len(weekly(tick(at(14)))) == 2


def test_a_monday_without_beat_is_made_up_for_once(cast):
    assert len(weekly(tick(at(8)))) == 1
    assert weekly(tick(at(9))) == []
    assert Digest.objects.get(kind=Digest.Kind.PROVINCE).day == day(7)


def test_a_province_that_expects_nothing_hears_nothing(cast):
    assert weekly(tick(at(-70))) == []


def test_the_branches_are_told_by_the_most_late_reports(cast):
    other = make_unit("Công đoàn ngành Thứ Hai", parent=cast.province)
    for number in range(3):
        make_unit(f"Công đoàn cơ sở mới {number}", parent=other)
    open_year(make_duty(make_plan(other, number="60/KH"), name="Báo cáo của ngành"))
    (letter,) = weekly(tick(at(7)))
    body = letter.body
    assert "- Công đoàn ngành Thứ Hai: 3 báo cáo quá hạn" in body
    assert body.index("Công đoàn ngành Thứ Hai: 3") < body.index("Công đoàn Viên chức tỉnh Thử Nghiệm: 2")
