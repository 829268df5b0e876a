"""Two administrators who make a year, or make it anew, at the same moment: one does it, the other is told."""

import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from orgunits.models import AuditEvent
from orgunits.transitions import Conflict
from plans.models import DueRule, ReportingDuty
from reports import many_changes, obligations, regenerating, rollup_check
from reports.many_changes import Change, Wanted
from reports.models import Obligation, Period, Rollup
from tests.builders import make_unit
from tests.races.crowd import PATIENCE, press_together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
TODAY = datetime.date(2026, 11, 2)


def fresh(pk: int) -> ReportingDuty:
    return ReportingDuty.objects.select_related("plan__org_unit", "recipient_unit").get(pk=pk)


def renew_twice(cast) -> list[str]:
    """Both have seen the same; a new unit has come and the day has changed."""
    make_unit("Công đoàn cơ sở mới", parent=cast.union, on=datetime.date(2026, 10, 1))
    DueRule.objects.filter(duty=cast.duty).update(comparison="by", month=11, day=30)
    seen = regenerating.changes(fresh(cast.duty.pk), "year", 2026, on=TODAY).seen

    def renew() -> None:
        regenerating.regenerate(fresh(cast.duty.pk), "year", 2026, by=cast.administrator, on=TODAY, seen=seen)

    return press_together([renew, renew])


def let_both_read(monkeypatch) -> None:
    """The guard off: nobody waits for the lock, and both have read before either writes."""
    both = threading.Barrier(2)
    read = regenerating.changes

    def read_and_wait(*args: object, **kwargs: object) -> object:
        found = read(*args, **kwargs)
        both.wait(PATIENCE)
        return found

    monkeypatch.setattr(obligations, "lock", lambda duty: None)
    monkeypatch.setattr(regenerating, "changes", read_and_wait)


def test_of_two_who_make_a_period_anew_one_does_it(cast):
    outcomes = renew_twice(cast)
    assert sorted(outcomes) == sorted(["won", regenerating.CHANGED_SINCE])
    assert AuditEvent.objects.filter(action="duty.regenerate").count() == 1
    period = cast.obligation.period
    assert Obligation.objects.filter(duty=cast.duty, period=period).count() == 3
    assert Rollup.objects.get(org_unit=cast.union, duty=cast.duty, period=period).expected == 3
    assert list(rollup_check.differences(cast.duty, period)) == []


def test_control_without_the_lock_both_make_it_anew(cast, monkeypatch):
    make_unit("Công đoàn cơ sở mới", parent=cast.union, on=datetime.date(2026, 10, 1))
    seen = regenerating.changes(fresh(cast.duty.pk), "year", 2026, on=TODAY).seen
    let_both_read(monkeypatch)

    def renew() -> None:
        regenerating.regenerate(fresh(cast.duty.pk), "year", 2026, by=cast.administrator, on=TODAY, seen=seen)

    assert press_together([renew, renew]) == ["won", "won"]
    assert AuditEvent.objects.filter(action="duty.regenerate").count() == 2


def test_period_that_two_open_is_made_once_with_right_sums(cast):
    def open_next() -> None:
        obligations.open_period(fresh(cast.duty.pk), "year", 2027, by=None, on=datetime.date(2027, 1, 2))

    assert press_together([open_next, open_next]) == ["won", "won"]
    period = Period.objects.get(year=2027)
    assert Obligation.objects.filter(period=period).count() == 2
    assert AuditEvent.objects.filter(action="duty.open_period", data__year=2027).count() == 1
    assert list(rollup_check.differences(cast.duty, period)) == []


def test_of_two_who_close_the_same_reports_one_does_it(cast):
    def close() -> None:
        wanted = Wanted(Change.CLOSE, "Hết đợt.")
        try:
            many_changes.change(fresh(cast.duty.pk), cast.obligation.period, wanted, by=cast.administrator, seen=2)
        except ValidationError as error:
            raise Conflict(error.messages[0]) from error

    nothing_left = "Trong phạm vi này không còn báo cáo nào chưa nộp để đổi."
    assert sorted(press_together([close, close])) == sorted(["won", nothing_left])
    assert AuditEvent.objects.filter(action="duty.close_many").count() == 1
