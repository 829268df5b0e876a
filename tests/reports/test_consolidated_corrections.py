"""What changed below since a report was sent, and the correction that sends it again."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from orgunits.transitions import Conflict
from reports import corrections, obligations, workflow
from reports.models import Notice, Report, ReviewEvent, Snapshot
from tests.builders import content, make_report
from tests.reports.test_consolidated_snapshots import approve, file_upward, upward

__all__ = ["upward"]  # a fixture
pytestmark = pytest.mark.django_db
ON = datetime.date(2026, 12, 31)


def sums(changes):
    return {change.label: (change.before, change.after) for part in changes.parts for change in part.sums}


def lines(changes):
    return [(line.name, line.before, line.after) for line in corrections.child_lines(changes.children, on=ON)]


def test_nothing_changed_where_nothing_changed(upward):
    approve(upward, upward.obligation, upward.officer)
    _, _, snapshot = file_upward(upward)
    assert not corrections.since_sent(snapshot)
    make_report(upward.sibling_obligation)  # begun, not filed
    assert not corrections.since_sent(snapshot)


def test_report_approved_later_is_listed_with_what_it_adds(upward):
    approve(upward, upward.obligation, upward.officer, children=12)
    _, _, snapshot = file_upward(upward)
    approve(upward, upward.sibling_obligation, upward.sibling_officer, people=(9, 10), children=None)
    changes = corrections.since_sent(snapshot)
    assert lines(changes) == [("Công đoàn cơ sở số 02", "chưa nộp", "đã duyệt, bản nộp lần 1")]
    found = sums(changes)
    name = upward.target.indicator.name
    assert found[f"{name}: Nhóm chu-chot, tử số"] == (45, 54)
    assert found[f"{name}: Nhóm chu-chot, mẫu số"] == (50, 60)
    assert found["Số báo cáo đã duyệt"] == (1, 2)
    assert "Số trẻ em được hỗ trợ" not in found
    (line,) = corrections.child_lines(changes.children, on=ON)
    assert (line.event.by, line.event.action) == (upward.reviewer, ReviewEvent.Action.APPROVE)


def test_reopened_report_is_missing_again_and_its_next_revision_counts(upward):
    revision = approve(upward, upward.obligation, upward.officer, children=12)
    _, _, snapshot = file_upward(upward)
    workflow.reopen(revision.report, by=upward.reviewer, reason="Nhầm số.")
    changes = corrections.since_sent(snapshot)
    assert lines(changes) == [("Công đoàn cơ sở số 01", "đã duyệt, bản nộp lần 1", "bị trả lại, đang sửa")]
    assert sums(changes)["Số trẻ em được hỗ trợ"] == (12, None)
    workflow.submit(revision.report, content(children=15), by=upward.officer)
    workflow.approve(revision.report, by=upward.reviewer)
    changes = corrections.since_sent(snapshot)
    assert lines(changes)[0][1:] == ("đã duyệt, bản nộp lần 1", "đã duyệt, bản nộp lần 2")
    assert sums(changes) == {"Số trẻ em được hỗ trợ": (12, 15)}
    assert changes.parts[0].sums[0].texts == ("12", "15", "+3")


def test_same_figures_in_a_new_revision_are_a_change_of_the_report(upward):
    revision = approve(upward, upward.obligation, upward.officer)
    _, _, snapshot = file_upward(upward)
    workflow.reopen(revision.report, by=upward.reviewer, reason="Sửa lời văn.")
    workflow.submit(revision.report, content(text="Viết lại."), by=upward.officer)
    workflow.approve(revision.report, by=upward.reviewer)
    changes = corrections.since_sent(snapshot)
    assert changes.parts == []
    assert lines(changes)[0][2] == "đã duyệt, bản nộp lần 2"


def test_waiver_and_extension_tell_their_reason(upward):
    _, _, snapshot = file_upward(upward)
    obligations.waive(upward.obligation, reason="Mới thành lập.", by=upward.unit_administrator)
    obligations.extend(
        upward.sibling_obligation, until=datetime.date(2026, 12, 1), reason="Bão lũ.", by=upward.unit_administrator
    )
    changes = corrections.since_sent(snapshot)
    notes = {line.name: (line.after, line.note) for line in corrections.child_lines(changes.children, on=ON)}
    assert notes["Công đoàn cơ sở số 01"] == ("được miễn nộp", "Được miễn nộp: Mới thành lập.")
    assert notes["Công đoàn cơ sở số 02"] == (
        "chưa nộp",
        "Gia hạn đến 23:59 ngày 01/12/2026 (thứ Ba): Bão lũ.",
    )
    assert sums(changes)["Số báo cáo phải nộp"] == (2, 1)


# --- the correction --------------------------------------------------------------------------------------------------


def changed_after_sending(cast, *, approved=False):
    report, revision, snapshot = file_upward(cast, children=3)
    if approved:
        workflow.approve(report, by=cast.province_reviewer)
    approve(cast, cast.obligation, cast.officer, children=12)
    return report, revision, snapshot


@pytest.mark.parametrize("approved", [False, True])
def test_correction_sends_the_same_content_with_the_sums_of_today(upward, approved):
    report, revision, snapshot = changed_after_sending(upward, approved=approved)
    first_submitted_at = Report.objects.get(pk=report.pk).first_submitted_at
    corrected = workflow.correct(report, by=upward.union_officer, reason="Cơ sở 01 nộp bổ sung.", seen=1)
    report.refresh_from_db()
    assert (corrected.number, corrected.content) == (2, revision.content)
    assert report.status == Report.Status.SUBMITTED
    assert report.first_submitted_at == first_submitted_at
    new = Snapshot.objects.get(revision=corrected)
    assert new.rows[0]["figures"]["tre-em-duoc-ho-tro"]["v"] == 12
    assert Snapshot.objects.get(pk=snapshot.pk).rows[0]["figures"] == {}
    assert sums(corrections.between(snapshot, new))["Số trẻ em được hỗ trợ"] == (None, 12)
    event = report.events.get(action=ReviewEvent.Action.CORRECT)
    assert (event.reason, event.by) == ("Cơ sở 01 nộp bổ sung.", upward.union_officer)
    assert Notice.objects.filter(event=event, recipient=upward.province_reviewer).exists()
    assert revision.report.revisions.get(number=1).content == revision.content


def test_who_corrects_cannot_approve_it(upward):
    report, _, _ = changed_after_sending(upward)
    from tests.builders import give_role

    give_role(upward.union_officer, "reviewer", upward.province)
    workflow.correct(report, by=upward.union_officer, reason="Bổ sung.")
    with pytest.raises(PermissionDenied):
        workflow.approve(report, by=upward.union_officer)


def test_correction_needs_a_reason(upward):
    report, _, _ = changed_after_sending(upward)
    with pytest.raises(ValidationError):
        workflow.correct(report, by=upward.union_officer, reason="  ")


def test_correction_is_refused_where_nothing_changed(upward):
    report, _, _ = file_upward(upward)
    with pytest.raises(Conflict, match="không thay đổi"):
        workflow.correct(report, by=upward.union_officer, reason="Cho chắc.")
    assert Report.objects.get(pk=report.pk).revisions.count() == 1


def test_stale_page_is_told_so(upward):
    report, _, _ = changed_after_sending(upward)
    workflow.correct(report, by=upward.union_officer, reason="Bổ sung.", seen=1)
    with pytest.raises(Conflict, match="lần 2"):
        workflow.correct(report, by=upward.union_officer, reason="Bổ sung.", seen=1)


def test_draft_and_returned_reports_are_not_corrected_but_filed(upward):
    draft = make_report(upward.up_obligation)
    with pytest.raises(Conflict):
        workflow.correct(draft, by=upward.union_officer, reason="Bổ sung.")
    workflow.submit(draft, content(), by=upward.union_officer)
    workflow.send_back(draft, by=upward.province_reviewer, reason="Thiếu.")
    with pytest.raises(Conflict):
        workflow.correct(draft, by=upward.union_officer, reason="Bổ sung.")


@pytest.mark.parametrize("person", ["reviewer", "viewer", "province_reviewer", "administrator", "stranger"])
def test_only_who_files_for_the_unit_corrects(upward, person):
    report, _, _ = changed_after_sending(upward)
    with pytest.raises(PermissionDenied):
        workflow.correct(report, by=getattr(upward, person), reason="Bổ sung.")


def test_approval_of_the_filing_before_is_refused(upward):
    report, _, _ = changed_after_sending(upward)
    workflow.correct(report, by=upward.union_officer, reason="Bổ sung.", seen=1)
    with pytest.raises(Conflict, match="lần 2"):
        workflow.approve(report, by=upward.province_reviewer, seen=1)
