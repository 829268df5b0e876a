"""A real worker takes a table of many units into the drafts; killed in the middle, it leaves nothing half done."""

import time
from types import SimpleNamespace

import pytest
from celery import Celery
from django.db import transaction
from django.utils import timezone

from orgunits.models import Role
from reports import sheets_import, sheets_units
from reports.models import Report, SheetImport
from tests import builders
from tests.races.crowd import wait_for_a_waiter
from tests.reports.sheet_files import typed_into, uploaded
from tests.reports.test_worker import LIMIT, redis, worker

__all__ = ["redis"]  # a fixture

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
Status = SheetImport.Status
NO_MAIL = SimpleNamespace(host="localhost", port=1)


def ring(redis, task, *args):
    with Celery(broker=redis.url, set_as_current=False) as bell:
        bell.send_task(f"reports.sheets_tasks.{task}", args=args, queue="default")


def wait_for(row, status):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        row.refresh_from_db()
        if row.status == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"{row.status}: {row.error}")


@pytest.fixture
def row(cast):
    """A table that writes into two drafts; the second is begun already."""
    clerk = builders.make_user("Vũ Thị Tổng Hợp", unit=cast.union, role=Role.REPORTER)
    builders.make_report(cast.sibling_obligation)
    period = cast.obligation.period
    content = sheets_units.build(cast.duty, period, by=clerk, on=timezone.localdate()).content
    content = typed_into(content, {("Số liệu", f"C{row}"): 4 for row in (6, 7)})
    return sheets_import.take_many(uploaded(content), cast.duty, period, unit=cast.union, by=clerk)


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it_all(cast, row, redis):
    with worker(redis, NO_MAIL) as first:
        ring(redis, "run_sheet_import", row.pk)
        wait_for(row, Status.READY)
        sheets_import.confirm_many(row, by=row.uploaded_by, with_clashes=False)
        with transaction.atomic():
            # The worker has begun one report and waits to write this one.
            Report.objects.select_for_update().get(obligation=cast.sibling_obligation)
            ring(redis, "run_sheet_import", row.pk)
            wait_for_a_waiter()
            first.kill()
            first.wait()
    row.refresh_from_db()
    assert row.status == Status.IMPORTING
    assert list(Report.objects.values_list("obligation", "draft", "draft_version")) == [
        (cast.sibling_obligation.pk, {}, 0)
    ]

    SheetImport.objects.filter(pk=row.pk).update(claimed_at=timezone.now() - sheets_import.STALE_AFTER * 2)
    with worker(redis, NO_MAIL):
        ring(redis, "ring_for_sheet_imports")
        wait_for(row, Status.DONE)
    drafts = Report.objects.order_by("obligation").values_list("draft", "draft_version")
    assert list(drafts) == [({"can-bo.chu-chot.n": "4"}, 1)] * 2
