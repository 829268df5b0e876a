"""The front door of who reports upward: what changed below after the report was sent."""

import datetime

import time_machine
from django.urls import reverse

from reports import workflow, worklist
from tests.reports.test_consolidated_snapshots import approve, file_upward, upward

__all__ = ["upward"]  # a fixture
ON = datetime.date(2026, 11, 23)


def changed(cast, on=ON):
    return [(item.report, item.count) for item in worklist.filing_work(cast.union_officer, on=on).changed]


def test_report_that_reports_below_left_behind_stands_on_home_until_it_is_corrected(client, upward):
    approve(upward, upward.obligation, upward.officer)
    report, _, _ = file_upward(upward)
    assert changed(upward) == []
    approve(upward, upward.sibling_obligation, upward.sibling_officer)
    assert changed(upward) == [(report, 1)]
    client.force_login(upward.union_officer)
    page = client.get(reverse("home")).content.decode()
    assert "Có thay đổi ở cấp dưới sau khi gửi" in page
    assert reverse("reports:consolidated_changes", args=[report.pk]) in page
    workflow.correct(report, by=upward.union_officer, reason="Đơn vị số 02 mới nộp.")
    assert changed(upward) == []


def test_draft_begun_below_is_no_change(upward, django_assert_num_queries):
    approve(upward, upward.obligation, upward.officer)
    file_upward(upward)
    theirs = worklist.of_units([upward.union.pk])
    with django_assert_num_queries(1):
        assert worklist.changed_below(theirs, on=ON) == []


def test_returned_report_upward_is_corrected_by_filing_and_not_listed(upward):
    report, _, _ = file_upward(upward)
    approve(upward, upward.obligation, upward.officer)
    assert changed(upward) == [(report, 1)]
    workflow.send_back(report, by=upward.province_reviewer, reason="Thiếu phần tổng hợp.")
    assert changed(upward) == []


def test_years_long_past_are_left_alone(upward):
    report, _, _ = file_upward(upward)
    approve(upward, upward.obligation, upward.officer)
    assert changed(upward, on=datetime.date(2027, 12, 31)) == [(report, 1)]
    assert changed(upward, on=datetime.date(2028, 1, 1)) == []


def test_colleague_below_sees_nothing_of_it(client, upward):
    with time_machine.travel("2026-11-23 09:00+07:00", tick=False):
        file_upward(upward)
        approve(upward, upward.obligation, upward.officer)
        client.force_login(upward.officer)
        assert "Có thay đổi ở cấp dưới" not in client.get(reverse("home")).content.decode()
