"""The life of a report: what each step needs, writes, refuses and tells."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from orgunits.models import AuditEvent, Role
from orgunits.transitions import Conflict
from reports import workflow
from reports.models import Notice, Obligation, Report, Revision
from reports.obligations import extend, waive
from tests.builders import content, give_role, make_report, make_user

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, 11, day, hour, minute, second, tzinfo=VIETNAM)


def submitted(cast, **changes) -> Report:
    report = make_report(cast.obligation)
    workflow.submit(report, content(**changes), by=cast.officer)
    return report


def approved(cast) -> Report:
    report = submitted(cast)
    workflow.approve(report, by=cast.reviewer)
    return report


# --- start --------------------------------------------------------------------------------------------------------


def test_start_gives_one_draft_to_everybody_in_the_unit(cast):
    first = workflow.start_report(cast.obligation, by=cast.officer)
    assert workflow.start_report(cast.obligation, by=cast.colleague) == first
    assert (first.status, first.form_version) == ("draft", cast.form)
    assert AuditEvent.objects.filter(action="report.start").count() == 1


def test_start_is_for_those_who_file_for_the_unit(cast):
    for person in (cast.reviewer, cast.viewer, cast.sibling_officer, cast.stranger):
        with pytest.raises(PermissionDenied):
            workflow.start_report(cast.obligation, by=person)
    assert not Report.objects.exists()


def test_waived_report_is_neither_started_nor_filed(cast):
    report = make_report(cast.obligation)
    waive(cast.obligation, reason="Đơn vị mới thành lập.", by=cast.administrator)
    with pytest.raises(Conflict, match=r"miễn nộp báo cáo này từ ngày .*: Đơn vị mới thành lập"):
        workflow.start_report(cast.obligation, by=cast.officer)
    with pytest.raises(Conflict, match="miễn nộp"):
        workflow.submit(report, content(), by=cast.officer)
    assert not Revision.objects.exists()


# --- submit -------------------------------------------------------------------------------------------------------


def test_submit_freezes_the_content_and_tells_the_reviewer(cast):
    report = make_report(cast.obligation)
    revision = workflow.submit(report, content(children=7), by=cast.officer)
    report.refresh_from_db()
    assert (report.status, report.submitted_by, revision.number) == ("submitted", cast.officer, 1)
    assert report.first_submitted_at == report.submitted_at == revision.submitted_at
    assert revision.content["figures"]["tre-em-duoc-ho-tro"] == {"v": 7}
    assert [notice.recipient for notice in Notice.objects.all()] == [cast.reviewer]
    event = AuditEvent.objects.get(action="report.submit")
    assert (event.actor, event.org_unit, event.data["revision"]) == (cast.officer, cast.base, 1)


def test_submit_is_for_those_who_file_for_the_unit(cast):
    report = make_report(cast.obligation)
    for person in (cast.reviewer, cast.viewer, cast.sibling_officer, cast.stranger):
        with pytest.raises(PermissionDenied):
            workflow.submit(report, content(), by=person)


@pytest.mark.parametrize(
    ("filed_at", "in_time"),
    [(at(9, 23, 59, 59), True), (at(10, 0, 0, 0), False)],
    ids=["last second of the last good day", "first second after it"],
)
def test_before_10_november_ends_with_9_november(cast, filed_at, in_time):
    with time_machine.travel(filed_at, tick=False):
        report = submitted(cast)
    assert cast.obligation.is_in_time(report.first_submitted_at) is in_time


def test_extension_makes_its_last_day_good(cast):
    extend(cast.obligation, until=datetime.date(2026, 11, 20), reason="Bão lụt.", by=cast.administrator)
    assert cast.obligation.is_in_time(at(20, 23, 59, 59))
    assert not cast.obligation.is_in_time(at(21, 0, 0))


def test_a_return_does_not_make_a_timely_report_late(cast):
    with time_machine.travel(at(9, 8, 0), tick=False):
        report = submitted(cast)
        workflow.send_back(report, by=cast.reviewer, reason="Thiếu phần nguyên nhân.")
    with time_machine.travel(at(20, 8, 0), tick=False):
        workflow.submit(report, content(), by=cast.officer)
    report.refresh_from_db()
    assert report.first_submitted_at == at(9, 8, 0)
    assert report.submitted_at == at(20, 8, 0)


def test_second_submit_says_who_filed_when(cast):
    with time_machine.travel(at(9, 10, 42), tick=False):
        report = submitted(cast)
    with pytest.raises(Conflict, match=r"đã được Trần Thị Cán Bộ nộp lúc 10:42 ngày 09/11/2026\.$"):
        workflow.submit(report, content(), by=cast.colleague)
    assert Revision.objects.count() == 1


# --- return and submit again --------------------------------------------------------------------------------------


def test_returned_report_can_be_submitted_again_and_both_versions_stay(cast):
    report = submitted(cast, children=7)
    workflow.send_back(
        report, by=cast.reviewer, reason="Sai số trẻ em.", item_reasons={"tre-em-duoc-ho-tro": "Xem lại"}
    )
    assert report.is_editable
    workflow.submit(report, content(children=9), by=cast.colleague)
    first, second = report.revisions.order_by("number")
    assert (first.content["figures"]["tre-em-duoc-ho-tro"]["v"], first.submitted_by) == (7, cast.officer)
    assert (second.content["figures"]["tre-em-duoc-ho-tro"]["v"], second.submitted_by) == (9, cast.colleague)
    returned = report.events.get(action="return")
    assert (returned.revision, returned.reason) == (first, "Sai số trẻ em.")
    assert returned.item_reasons == {"tre-em-duoc-ho-tro": "Xem lại"}


def test_return_needs_a_reason_for_the_whole_or_for_an_item(cast):
    report = submitted(cast)
    with pytest.raises(ValidationError, match="Hãy ghi lý do trả lại"):
        workflow.send_back(report, by=cast.reviewer, reason="  ", item_reasons={"ket-qua": " "})
    workflow.send_back(report, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Chưa nêu số buổi."})
    assert report.status == "returned"


def test_return_tells_the_unit_and_who_filed_it_once_each(cast):
    report = submitted(cast)
    Notice.objects.all().delete()
    give_role(cast.officer, Role.APPROVER, cast.base)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    told = set(Notice.objects.values_list("recipient__email", flat=True))
    assert told == {person.email for person in (cast.officer, cast.colleague, cast.approver)}
    assert Notice.objects.count() == 3


def test_nobody_is_told_of_an_own_act_or_after_leaving(cast):
    give_role(cast.officer, Role.REVIEWER, cast.union)
    cast.colleague.is_active = False
    cast.colleague.save(update_fields=["is_active"])
    report = submitted(cast)
    assert [notice.recipient for notice in Notice.objects.all()] == [cast.reviewer]
    workflow.approve(report, by=cast.reviewer)
    told = Notice.objects.filter(event__action="approve").values_list("recipient__full_name", flat=True)
    assert set(told) == {cast.officer.full_name, cast.approver.full_name}


# --- approve ------------------------------------------------------------------------------------------------------


def test_approve_freezes_the_report(cast):
    report = approved(cast)
    assert report.status == "approved"
    assert not report.is_editable
    with pytest.raises(Conflict, match="đã được Đỗ Thị Xét Duyệt duyệt lúc"):
        workflow.submit(report, content(), by=cast.officer)
    assert report.revisions.count() == 1


def test_reviewer_above_the_receiving_unit_may_approve(cast):
    workflow.approve(submitted(cast), by=cast.province_reviewer)


def test_who_does_not_review_for_the_receiving_unit_decides_nothing(cast):
    report = submitted(cast)
    base_reviewer = make_user(unit=cast.base, role=Role.REVIEWER)
    for person in (cast.stranger_reviewer, cast.viewer, cast.colleague, cast.administrator, base_reviewer):
        with pytest.raises(PermissionDenied):
            workflow.approve(report, by=person)
        with pytest.raises(PermissionDenied):
            workflow.send_back(report, by=person, reason="Không đạt.")
    report.refresh_from_db()
    assert report.status == "submitted"


def test_nobody_approves_what_they_filed_themselves(cast):
    give_role(cast.officer, Role.REVIEWER, cast.union)
    report = submitted(cast)
    with pytest.raises(PermissionDenied):
        workflow.approve(report, by=cast.officer)
    report.refresh_from_db()
    assert (report.status, report.decided_at) == ("submitted", None)
    assert not report.events.filter(action="approve").exists()


def test_own_filing_of_a_colleague_may_be_approved(cast):
    give_role(cast.colleague, Role.REVIEWER, cast.union)
    workflow.approve(submitted(cast), by=cast.colleague)


def test_role_that_ended_yesterday_does_not_approve(cast):
    with time_machine.travel(at(12, 8, 0), tick=False):
        report = submitted(cast)
        former = make_user()
        give_role(former, Role.REVIEWER, cast.union, until=datetime.date(2026, 11, 12))
        with pytest.raises(PermissionDenied):
            workflow.approve(report, by=former)


def test_draft_cannot_be_decided(cast):
    report = make_report(cast.obligation)
    with pytest.raises(Conflict, match="chưa được nộp"):
        workflow.approve(report, by=cast.reviewer)


def test_second_decision_says_who_decided_when(cast):
    with time_machine.travel(at(12, 10, 42), tick=False):
        report = submitted(cast)
        workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    with pytest.raises(Conflict, match=r"đã được Đỗ Thị Xét Duyệt trả lại lúc 10:42 ngày 12/11/2026\.$"):
        workflow.approve(report, by=cast.province_reviewer)


def test_page_that_shows_an_older_filing_does_not_approve_the_newer(cast):
    report = submitted(cast)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    workflow.submit(report, content(), by=cast.officer)
    with pytest.raises(Conflict, match="nay là bản nộp lần 2"):
        workflow.approve(report, by=cast.province_reviewer, seen=1)
    report.refresh_from_db()
    assert report.status == "submitted"
    workflow.approve(report, by=cast.province_reviewer, seen=2)


# --- reopen -------------------------------------------------------------------------------------------------------


def test_reopened_report_gets_a_new_revision_and_keeps_the_approved_one(cast):
    report = approved(cast)
    workflow.reopen(report, by=cast.reviewer, reason="Đơn vị báo sai số liệu.")
    assert report.status == "returned"
    workflow.submit(report, content(children=99), by=cast.officer)
    assert [revision.number for revision in report.revisions.order_by("number")] == [1, 2]
    assert report.revisions.get(number=1).content == content()
    assert [event.action for event in report.events.order_by("pk")] == ["submit", "approve", "reopen", "submit"]


def test_reopen_needs_a_reason_and_an_approval(cast):
    report = approved(cast)
    with pytest.raises(ValidationError, match="Hãy ghi lý do mở lại"):
        workflow.reopen(report, by=cast.reviewer, reason="")
    workflow.reopen(report, by=cast.reviewer, reason="Sai số liệu.")
    with pytest.raises(Conflict, match="mở lại lúc"):
        workflow.reopen(report, by=cast.reviewer, reason="Lần nữa.")


def test_unit_that_never_reports_does_not_hold_up_the_rest(cast):
    report = approved(cast)
    assert report.status == "approved"
    assert not Report.objects.filter(obligation=cast.sibling_obligation).exists()


def test_single_items_are_returned_with_their_days_and_only_they_open(cast):
    report = submitted(cast)
    on = timezone.localdate()
    event = workflow.send_back(
        report,
        by=cast.reviewer,
        reason="",
        item_reasons={"ket-qua": "Chưa nêu số buổi.", "tre-em": "Sai số."},
        item_due={"ket-qua": on + datetime.timedelta(days=3), "tre-em": on + datetime.timedelta(days=5)},
    )
    report.refresh_from_db()
    assert sorted(report.open_items) == ["ket-qua", "tre-em"]
    assert report.correction_due_on == event.due_on == on + datetime.timedelta(days=5)
    assert event.item_due["ket-qua"] == (on + datetime.timedelta(days=3)).isoformat()


def test_reason_for_the_whole_opens_everything(cast):
    report = submitted(cast)
    due_on = timezone.localdate() + datetime.timedelta(days=7)
    workflow.send_back(
        report, by=cast.reviewer, reason="Xem lại cả báo cáo.", item_reasons={"ket-qua": "Ngắn."}, due_on=due_on
    )
    report.refresh_from_db()
    assert (report.open_items, report.correction_due_on) == ([], due_on)


def test_filing_again_clears_the_day_of_the_correction_and_the_open_items(cast):
    report = submitted(cast)
    due_on = timezone.localdate()
    workflow.send_back(report, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Ngắn."}, due_on=due_on)
    workflow.submit(report, content(), by=cast.officer)
    report.refresh_from_db()
    assert (report.open_items, report.correction_due_on) == ([], None)


def test_day_of_a_correction_is_not_in_the_past(cast):
    report = submitted(cast)
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with pytest.raises(ValidationError, match="Hạn nộp lại"):
        workflow.send_back(report, by=cast.reviewer, reason="Thiếu.", due_on=yesterday)
    with pytest.raises(ValidationError, match="Hạn nộp lại"):
        workflow.send_back(
            report, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Ngắn."}, item_due={"ket-qua": yesterday}
        )
    report.refresh_from_db()
    assert report.status == "submitted"


def test_due_now_is_the_day_of_the_correction_while_the_report_is_returned(cast):
    report = submitted(cast)
    obligation = Obligation.objects.with_due().select_related("report").get(pk=cast.obligation.pk)
    assert obligation.due_now == obligation.due == obligation.effective_due_on
    due_on = timezone.localdate() + datetime.timedelta(days=4)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.", due_on=due_on)
    obligation = Obligation.objects.with_due().select_related("report").get(pk=cast.obligation.pk)
    assert obligation.due_now == obligation.due == due_on
    assert obligation.effective_due_on != due_on
    assert not Obligation.objects.late_on(due_on).filter(pk=obligation.pk).exists()
    assert Obligation.objects.late_on(due_on + datetime.timedelta(days=1)).filter(pk=obligation.pk).exists()
    workflow.submit(report, content(), by=cast.officer)
    assert Obligation.objects.with_due().get(pk=obligation.pk).due == obligation.effective_due_on


def test_flags_are_kept_with_the_revision_and_counted(cast):
    report = make_report(cast.obligation)
    found = {"checks": [{"item": "tre-em", "sentence": "Giảm quá 30 %."}], "warnings": []}
    revision = workflow.submit(report, content(), by=cast.officer, flags=found)
    revision.refresh_from_db()
    assert revision.flags["checks"] == found["checks"]
    assert revision.flag_count == 1
