"""What a delegate decides: by right of another, said so in the history, and never on the own filing."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from orgunits import delegations
from orgunits.models import AuditEvent
from reports import workflow
from reports.models import Notice
from tests.builders import content, make_report

NOW = "2026-11-23 09:00+07:00"
DAY = datetime.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def delegate(cast, to, days=5):
    until = DAY + datetime.timedelta(days=days)
    return delegations.delegate(cast.union, to=to, since=DAY, until=until, by=cast.reviewer, on=DAY)


def submitted(cast, by):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=by)
    return report


def history(client, cast, report) -> str:
    client.force_login(cast.viewer)
    return client.get(report.get_absolute_url()).content.decode()


def test_delegate_decides_and_the_history_says_in_whose_place(client, cast):
    given = delegate(cast, cast.sibling_officer)
    report = submitted(cast, cast.officer)
    workflow.send_back(report, by=cast.sibling_officer, reason="Thiếu số liệu.")
    assert AuditEvent.objects.get(action="report.return").data["on_behalf_of"] == "Đỗ Thị Xét Duyệt"
    assert "(thay Đỗ Thị Xét Duyệt)" in history(client, cast, report)
    delegations.end(given, by=cast.reviewer, on=DAY)
    assert "(thay Đỗ Thị Xét Duyệt)" in history(client, cast, report)


def test_decision_in_the_own_right_names_nobody_else(client, cast):
    delegate(cast, cast.sibling_officer)
    report = submitted(cast, cast.officer)
    workflow.approve(report, by=cast.reviewer)
    assert "on_behalf_of" not in AuditEvent.objects.get(action="report.approve").data
    assert "(thay " not in history(client, cast, report)


def test_nobody_approves_the_own_filing_by_delegation_either(cast):
    delegate(cast, cast.officer)
    report = submitted(cast, cast.officer)
    with pytest.raises(PermissionDenied):
        workflow.approve(report, by=cast.officer)
    report.refresh_from_db()
    assert report.status == "submitted"
    workflow.approve(report, by=cast.reviewer)


def test_delegate_of_the_unit_above_files_nothing_there(cast):
    delegate(cast, cast.viewer)
    with pytest.raises(PermissionDenied):
        workflow.submit(make_report(cast.obligation), content(), by=cast.viewer)


def test_delegate_is_told_of_what_is_filed_only_while_it_holds(cast):
    delegate(cast, cast.viewer, days=1)
    submitted(cast, cast.officer)
    assert Notice.objects.filter(recipient=cast.viewer).count() == 1
    with time_machine.travel("2026-11-24 00:00+07:00", tick=False):
        report = make_report(cast.sibling_obligation)
        workflow.submit(report, content(), by=cast.sibling_officer)
    assert Notice.objects.filter(recipient=cast.viewer).count() == 1


def test_right_is_gone_a_second_after_the_last_day(cast):
    delegate(cast, cast.viewer, days=1)
    report = submitted(cast, cast.officer)
    with time_machine.travel("2026-11-24 00:00:00+07:00", tick=False), pytest.raises(PermissionDenied):
        workflow.approve(report, by=cast.viewer)
    with time_machine.travel("2026-11-23 23:59:59+07:00", tick=False):
        workflow.approve(report, by=cast.viewer)


def test_history_names_whom_the_audit_trail_names_where_two_have_delegated(client, cast):
    delegate(cast, cast.viewer)
    later = DAY + datetime.timedelta(days=1)
    until = DAY + datetime.timedelta(days=4)
    delegations.delegate(cast.province, to=cast.viewer, since=later, until=until, by=cast.province_reviewer, on=DAY)
    report = submitted(cast, cast.officer)
    with time_machine.travel("2026-11-24 09:00+07:00", tick=False):
        workflow.approve(report, by=cast.viewer)
        assert AuditEvent.objects.get(action="report.approve").data["on_behalf_of"] == "Đỗ Thị Xét Duyệt"
        assert "(thay Đỗ Thị Xét Duyệt)" in history(client, cast, report)
