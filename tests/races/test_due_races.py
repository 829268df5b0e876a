"""An administrator changes what is owed while an officer files it: whoever comes second sees what the first has done.

A filing holds the obligation's row without writing to it. So whoever waited for that row must read anew, and not
go on with the statement that had begun before.
"""

import datetime
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from orgunits.transitions import Conflict
from plans.models import DueRule
from reports import due_changes, obligations, workflow
from reports.models import Obligation
from tests.builders import content, make_report
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
LATE = datetime.date(2026, 12, 1)


def file_while(cast, change: Callable[[], object]) -> list[str]:
    """File the report, and start ``change`` after the filing's first lock and before its commit."""
    report = make_report(cast.obligation)
    filed = threading.Event()

    def file() -> None:
        with transaction.atomic():
            workflow.submit(report, content(), by=cast.officer)
            filed.set()
            wait_for_a_waiter()

    def change_then() -> None:
        assert filed.wait(PATIENCE)
        change()

    return press_together([file, change_then])


def test_a_waiver_that_waited_for_a_filing_frees_nobody(cast):
    outcomes = file_while(
        cast, lambda: obligations.waive(cast.obligation, reason="Đơn vị mới thành lập.", by=cast.administrator)
    )
    assert outcomes == ["won", "Báo cáo này đã nộp hoặc đã được miễn từ trước."]
    assert Obligation.objects.get(pk=cast.obligation.pk).waived_at is None


def test_control_a_conditional_update_alone_frees_a_unit_that_has_filed(cast):
    def waive() -> None:
        still_owed = Obligation.objects.filter(pk=cast.obligation.pk).exclude(report__status="submitted")
        if not still_owed.update(waive_reason="Đơn vị mới thành lập."):
            raise Conflict("too late")

    assert file_while(cast, waive) == ["won", "won"]


def test_a_new_due_date_leaves_alone_what_was_filed_while_it_waited(cast):
    def set_rule() -> None:
        rule = DueRule.objects.select_related("duty__plan__org_unit").get(duty=cast.duty)
        rule.month, rule.day, rule.comparison = LATE.month, LATE.day, DueRule.Comparison.BY
        due_changes.set_rule(rule, by=cast.administrator, apply_from=2026)

    assert file_while(cast, set_rule) == ["won", "won"]
    assert Obligation.objects.get(pk=cast.obligation.pk).due_on == datetime.date(2026, 11, 9)
    assert Obligation.objects.get(pk=cast.sibling_obligation.pk).due_on == LATE
