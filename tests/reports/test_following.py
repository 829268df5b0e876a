"""What follows the end of a unit: people, open reports, duties and plans, reminders; and all of it undone."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from orgunits import following, reorganisation, reversal
from orgunits.models import AuditEvent, Reorganisation, Role, RoleAssignment
from plans.models import Plan, ReportingDuty
from reports import reminders
from reports.models import Obligation, Rollup
from reports.workflow import may_file, submit
from tests.builders import content, make_cast, make_duty, make_report, make_unit, open_year

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 7, 1)
TODAY = datetime.date(2026, 8, 1)


@pytest.fixture
def cast():
    return make_cast()


def merge(cast, *, on=DAY, today=TODAY, **answers):
    """The base union goes up in its sibling; returns the act after what follows it."""
    act = reorganisation.end(cast.base, on=on, by=cast.administrator, successors=[cast.sibling])
    following.follow([act], answers_of(act, answers), by=cast.administrator, today=today)
    act.refresh_from_db()
    return act


def questions(act):
    return {row.key: row for _, found in following.asked(following.ends_of([act])) for row in found}


def answers_of(act, answers):
    """Answers by the beginning of the key: role, report, duty …"""
    return {key: answers[key.partition("-")[0]] for key in questions(act) if key.partition("-")[0] in answers}


def to(unit):
    return f"to:{unit.code}"


def owed_by(unit):
    return Obligation.objects.owed().filter(org_unit=unit)


def test_a_report_of_a_running_period_goes_to_the_only_successor_which_has_one(cast):
    act = merge(cast)
    cast.obligation.refresh_from_db()
    assert cast.obligation.waived_at is not None
    assert "báo cáo chuyển sang Công đoàn cơ sở số 02" in cast.obligation.waive_reason
    assert list(owed_by(cast.sibling)) == [cast.sibling_obligation]
    assert act.followed_up_at is not None


def test_successor_without_such_a_report_gets_one_with_the_same_days(cast):
    new = make_unit("Công đoàn cơ sở Mới", parent=cast.union, on=DAY)
    act = reorganisation.merge([cast.base, cast.sibling], [new], on=DAY, by=None)
    following.follow([act], {}, by=cast.administrator, today=TODAY)
    row = owed_by(new).get()
    assert (row.due_on, row.parent, row.path) == (cast.obligation.due_on, cast.union, new.placement_on(DAY).path)
    assert not owed_by(cast.base).exists()
    assert not owed_by(cast.sibling).exists()
    assert Rollup.objects.get(org_unit=cast.union, duty=cast.duty).expected == 1


def test_report_may_be_closed_or_stay_with_the_old_unit(cast):
    other = next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base)
    merge(cast, report="close")
    assert not owed_by(cast.base).exists()
    other.refresh_from_db()
    assert other.waive_reason == "Đơn vị kết thúc hoạt động từ ngày 01/07/2026."


def test_report_of_a_period_that_was_over_stays_and_the_successors_people_file_it(cast):
    old = next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base)
    merge(cast)
    assert list(owed_by(cast.base)) == [old]
    assert may_file(cast.sibling_officer, old, on=TODAY)


def test_filed_report_is_not_touched_and_not_asked_about(cast):
    submit(make_report(cast.obligation), content(), by=cast.officer)
    act = merge(cast)
    assert not [key for key in act.follow_up["answers"] if key.startswith("report")]
    cast.obligation.refresh_from_db()
    assert cast.obligation.waived_at is None


def test_report_does_not_go_to_the_unit_that_receives_it_nor_to_one_that_was_freed(cast):
    act = reorganisation.end(cast.base, on=DAY, by=None, successors=[cast.union])
    asked = questions(act)[f"report-{cast.obligation.pk}"]
    assert [option.value for option in asked.options] == ["close", "keep"]
    reversal.reverse(act, by=None, reason="Nhầm")
    Obligation.objects.filter(pk=cast.sibling_obligation.pk).update(waived_at=timezone.now(), waive_reason="Riêng")
    act = reorganisation.end(cast.base, on=DAY, by=None, successors=[cast.sibling])
    asked = questions(act)[f"report-{cast.obligation.pk}"]
    assert [option.value for option in asked.options] == ["close", "keep"]


def test_answer_that_was_not_offered_is_refused(cast):
    with pytest.raises(ValidationError, match="Hãy chọn lại"):
        merge(cast, report=to(cast.elsewhere))


# --- roles ------------------------------------------------------------------------------------------------------


def test_roles_end_on_the_day_before_or_pass_to_the_successor(cast):
    act = merge(cast, role=to(cast.sibling))
    held = RoleAssignment.objects.get(user=cast.officer, org_unit=cast.base)
    assert held.last_day == DAY - datetime.timedelta(days=1)
    given = RoleAssignment.objects.get(user=cast.officer, org_unit=cast.sibling)
    assert (given.role, given.valid_from, given.valid_to) == (Role.REPORTER, DAY, None)
    assert AuditEvent.objects.filter(action="role.give", org_unit=cast.sibling).count() == 3
    reversal.reverse(act, by=cast.administrator, reason="Nhầm")
    held.refresh_from_db()
    given.refresh_from_db()
    assert held.valid_to is None
    assert not given.holds_on(timezone.localdate())


def test_roles_end_where_the_successor_has_people_and_pass_where_it_has_none(cast):
    act = merge(cast)
    assert {value for key, value in act.follow_up["answers"].items() if key.startswith("role")} == {"end"}
    new = make_unit("Công đoàn cơ sở Mới", parent=cast.union, on=DAY)
    act = reorganisation.end(cast.sibling, on=DAY, by=None, successors=[new])
    following.follow([act], {}, by=cast.administrator, today=TODAY)
    assert RoleAssignment.objects.get(user=cast.sibling_officer, org_unit=new).holds_on(DAY)


# --- reminders --------------------------------------------------------------------------------------------------


def test_reporter_of_an_ended_unit_gets_no_letter_and_that_of_the_successor_one(cast):
    merge(cast, report="keep")
    RoleAssignment.objects.filter(user=cast.officer).update(valid_to=None)  # open by mistake
    on = cast.obligation.due_on
    assert reminders.addressees([cast.base.pk], on=on) == {cast.base.pk: [cast.sibling_officer]}
    assert reminders.addressees([cast.base.pk], on=DAY - datetime.timedelta(days=1))[cast.base.pk] == [
        cast.officer,
        cast.colleague,
    ]


def test_moved_report_is_reminded_of_once(cast):
    merge(cast)
    on = cast.obligation.due_on
    assert reminders.write_reminders(on) == 1
    assert reminders.write_reminders(on) == 0


# --- duties and plans -------------------------------------------------------------------------------------------


def test_duties_and_plans_of_an_ended_unit_are_listed_and_decided(cast):
    reorganisation.move(cast.base, parent=cast.province, on=DAY, by=None)
    reorganisation.move(cast.sibling, parent=cast.province, on=DAY, by=None)
    to_province = make_duty(cast.plan, name="Báo cáo lên tỉnh", recipient_unit=cast.province)
    act = reorganisation.end(cast.union, on=DAY, by=None, successors=[cast.province])
    asked = questions(act)
    assert asked[f"duty-{cast.duty.pk}"].initial == to(cast.province)
    assert [option.value for option in asked[f"duty-{to_province.pk}"].options] == ["keep", "end"]
    assert "1 chỉ tiêu" in asked[f"plan-{cast.plan.pk}"].detail
    answers = {f"duty-{to_province.pk}": "end", f"plan-{cast.plan.pk}": "close"}
    following.follow([act], answers, by=cast.administrator, today=TODAY)
    duty, other = ReportingDuty.objects.get(pk=cast.duty.pk), ReportingDuty.objects.get(pk=to_province.pk)
    assert (duty.recipient_unit, other.active_to) == (cast.province, DAY)
    assert Plan.objects.get(pk=cast.plan.pk).status == Plan.Status.CLOSED
    reversal.reverse(act, by=cast.administrator, reason="Nhầm")
    duty.refresh_from_db()
    other.refresh_from_db()
    assert (duty.recipient_unit, other.active_to) == (cast.union, None)
    assert Plan.objects.get(pk=cast.plan.pk).status == Plan.Status.ISSUED


def test_successor_takes_the_place_of_a_unit_that_was_named_by_a_duty(cast):
    duty = make_duty(cast.plan, name="Báo cáo riêng", reporters=ReportingDuty.Reporters.CHOSEN)
    duty.units.add(cast.base)
    act = merge(cast)
    assert list(duty.units.all()) == [cast.sibling]
    reversal.reverse(act, by=cast.administrator, reason="Nhầm")
    assert list(duty.units.all()) == [cast.base]


# --- days and the way back --------------------------------------------------------------------------------------


def test_choices_for_a_later_day_wait_for_it(cast):
    act = merge(cast, today=DAY - datetime.timedelta(days=30), role=to(cast.sibling))
    assert act.followed_up_at is None
    assert owed_by(cast.base).exists()
    assert following.carry_out_due(DAY - datetime.timedelta(days=1)) == 0
    assert following.carry_out_due(DAY) == 1
    assert following.carry_out_due(DAY) == 0
    assert not owed_by(cast.base).exists()
    assert RoleAssignment.objects.filter(user=cast.officer, org_unit=cast.sibling).exists()


def test_act_taken_back_before_its_day_is_not_followed(cast):
    act = merge(cast, today=DAY - datetime.timedelta(days=30))
    reversal.reverse(act, by=cast.administrator, reason="Hoãn")
    assert following.carry_out_due(DAY) == 0
    assert owed_by(cast.base).exists()


def test_report_that_came_up_after_the_choice_is_left_alone(cast):
    act = merge(cast, today=DAY - datetime.timedelta(days=30))
    later = next(row for row in open_year(cast.duty, 2025) if row.org_unit == cast.base)
    following.carry_out_due(DAY)
    assert list(owed_by(cast.base)) == [later]
    assert act.follow_up["answers"]


def test_act_that_fails_on_its_day_does_not_keep_the_others(cast):
    merge(cast, today=DAY - datetime.timedelta(days=30))
    other = make_unit("Công đoàn cơ sở khác", parent=cast.union)
    open_year(cast.duty)
    act = reorganisation.end(other, on=DAY, by=None, successors=[cast.sibling])
    following.follow([act], {}, by=cast.administrator, today=DAY - datetime.timedelta(days=30))
    Reorganisation.objects.filter(org_unit=cast.base, act="merge").update(
        follow_up={"answers": {f"report-{cast.obligation.pk}": "to:gone"}}
    )
    assert following.carry_out_due(DAY) == 1
    assert owed_by(cast.base).exists()
    assert not owed_by(other).exists()


def test_act_of_a_later_day_can_be_taken_back_although_a_unit_filed_before_it(cast):
    act = merge(cast, on=timezone.localdate() + datetime.timedelta(days=30), today=timezone.localdate())
    submit(make_report(cast.obligation), content(), by=cast.officer)
    reversal.reverse(act, by=cast.administrator, reason="Hoãn")
    assert Reorganisation.objects.get(pk=act.pk).reversed_at is not None


def test_taking_an_act_back_gives_the_reports_back(cast):
    new = make_unit("Công đoàn cơ sở Mới", parent=cast.union, on=DAY)
    act = reorganisation.end(cast.base, on=DAY, by=cast.administrator, successors=[new])
    following.follow([act], {}, by=cast.administrator, today=TODAY)
    reversal.reverse(act, by=cast.administrator, reason="Nhầm")
    assert list(owed_by(cast.base)) == [cast.obligation]
    assert not owed_by(new).exists()
    assert Rollup.objects.get(org_unit=cast.union, duty=cast.duty).expected == 2
    again = reorganisation.end(cast.base, on=DAY, by=cast.administrator, successors=[new])
    following.follow([again], {}, by=cast.administrator, today=TODAY)
    assert owed_by(new).count() == 1


def test_act_stands_once_a_unit_has_filed_under_it(cast):
    merge(cast)
    submit(make_report(cast.sibling_obligation), content(), by=cast.sibling_officer)
    with pytest.raises(ValidationError, match="đã nộp báo cáo ngày"):
        reversal.reverse(Reorganisation.objects.latest("pk"), by=cast.administrator, reason="Nhầm")


def test_filing_before_the_act_or_of_another_unit_is_no_hindrance(cast):
    submit(make_report(cast.sibling_obligation), content(), by=cast.sibling_officer)
    act = merge(cast)
    other = make_unit("Công đoàn cơ sở khác", parent=cast.union)
    open_year(cast.duty)
    theirs = Obligation.objects.get(org_unit=other)
    RoleAssignment.objects.create(
        user=cast.stranger, org_unit=other, role=Role.REPORTER, valid_from=datetime.date(2020, 1, 1)
    )
    submit(make_report(theirs), content(), by=cast.stranger)
    reversal.reverse(act, by=cast.administrator, reason="Nhầm")
    assert Reorganisation.objects.get(pk=act.pk).reversed_at is not None


def test_unit_whose_establishment_is_taken_back_owes_nothing(cast):
    new = make_unit("Công đoàn cơ sở Mới", parent=cast.union)
    open_year(cast.duty)
    assert owed_by(new).exists()
    reversal.reverse(new.reorganisations.get(), by=cast.administrator, reason="Nhầm")
    assert not owed_by(new).exists()
