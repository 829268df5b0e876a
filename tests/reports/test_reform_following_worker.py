"""A real worker imports a reform and carries out what follows at once; killed in the middle, the next one goes on."""

import time
from types import SimpleNamespace

import pytest
from celery import Celery
from django.db import transaction

from orgunits import reform_following, workbook_jobs
from orgunits.models import AuditEvent, RoleAssignment
from tests.orgunits.test_workbook_worker import NO_MAIL, ring, wait_for
from tests.races.crowd import wait_for_a_waiter
from tests.reports.test_reform_following import ALL, cast, owed_by, send
from tests.reports.test_worker import LIMIT, redis, worker

__all__ = ["cast", "redis"]  # fixtures

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def confirmed(cast: SimpleNamespace):
    row = send(cast)
    rule = {asked["key"]: ALL[asked["key"]] for asked in row.asked}
    workbook_jobs.confirm(row, by=row.uploaded_by, seen=row.digest, rule=rule)
    return row


def wait_until_followed(row) -> None:
    end = time.monotonic() + LIMIT
    row.refresh_from_db()
    while time.monotonic() < end:
        now = reform_following.progress(row.reform)
        if now.done == now.total == 2:
            return
        time.sleep(0.1)
    raise AssertionError(f"{now.done} of {now.total}, {now.failed}")


def test_worker_carries_out_what_follows_right_after_the_import(cast, redis):
    row = confirmed(cast)
    with worker(redis, NO_MAIL):
        ring(redis, "run_workbook_import", row.pk)
        wait_for(row, "done")
        wait_until_followed(row)
    assert not owed_by(cast.base)
    assert not RoleAssignment.objects.filter(org_unit__in=[cast.base, cast.third], valid_to__isnull=True).exists()


def test_worker_killed_between_two_acts_leaves_one_done_and_the_next_worker_does_the_other(cast, redis):
    row = confirmed(cast)
    with worker(redis, NO_MAIL) as first, transaction.atomic():
        # The worker has carried out the act on the third unit, and waits at a role of the base unit.
        RoleAssignment.objects.select_for_update().get(user=cast.officer, org_unit=cast.base)
        ring(redis, "run_workbook_import", row.pk)
        wait_for_a_waiter()
        first.kill()
        first.wait()
    row.refresh_from_db()
    now = reform_following.progress(row.reform)
    assert (now.done, now.total, now.failed) == (1, 2, [])
    assert owed_by(cast.base) == [cast.obligation]
    with worker(redis, NO_MAIL):
        ring_follow(redis)
        wait_until_followed(row)
    assert not owed_by(cast.base)
    ended = AuditEvent.objects.filter(action="role.end", org_unit__in=[cast.base, cast.third])
    assert ended.count() == RoleAssignment.objects.filter(org_unit__in=[cast.base, cast.third]).count()


def ring_follow(redis) -> None:
    with Celery(broker=redis.url, set_as_current=False) as bell:
        bell.send_task("orgunits.tasks.follow_reorganisations", queue="default")
