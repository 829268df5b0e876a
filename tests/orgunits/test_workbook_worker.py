"""A real worker imports a workbook of units; killed in the middle, it leaves nothing, and the next one does it all."""

import time
from types import SimpleNamespace

import pytest
from celery import Celery
from django.db import transaction
from django.utils import timezone

from orgunits import unit_book, workbook_jobs
from orgunits.models import Invitation, OrgUnit, Placement, Reorganisation, Role, User, WorkbookImport
from tests.builders import make_level, make_unit, make_user
from tests.orgunits.books import uploaded, with_rows
from tests.races.crowd import wait_for_a_waiter
from tests.reports.test_worker import LIMIT, redis, worker

__all__ = ["redis"]  # a fixture

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
Status = WorkbookImport.Status
NO_MAIL = SimpleNamespace(host="localhost", port=1)


def ring(redis, task, *args):
    with Celery(broker=redis.url, set_as_current=False) as bell:
        bell.send_task(f"orgunits.workbook_tasks.{task}", args=args, queue="default")


def wait_for(row, status):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        row.refresh_from_db()
        if row.status == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"{row.status}: {row.error} {row.errors}")


@pytest.fixture
def row(db):
    """Two new units, a moved one, a new person and one with another name."""
    level = make_level()
    top = make_unit("Liên đoàn Lao động tỉnh", code="T1", level=level)
    make_unit("Công đoàn cơ sở", code="C1", level=level)
    by = make_user(role=Role.ADMINISTRATOR)
    officer = make_user("Trần Thị Cán Bộ", email="canbo@vi-du.vn", unit=top, role=Role.REPORTER)
    head = {"Hệ thống": "Công đoàn", "Cấp": "Công đoàn cơ sở", "Ngày hiệu lực": "01/01/2026"}
    content = with_rows(
        unit_book.build(by=by, on=timezone.localdate(), is_empty=True).content,
        don_vi=[
            head | {"Mã đơn vị": "X1", "Tên đơn vị": "Mới một", "Mã cấp trên": "T1"},
            head | {"Mã đơn vị": "X2", "Tên đơn vị": "Mới hai", "Mã cấp trên": "X1"},
            head | {"Mã đơn vị": "C1", "Mã cấp trên": "X1", "Thư điện tử": "c1@vi-du.vn"},
        ],
        nguoi=[
            {"Thư điện tử": "moi@vi-du.vn", "Họ và tên": "Vũ Thị Mới"},
            {"Thư điện tử": officer.email, "Họ và tên": "Trần Thị Đổi Tên"},
        ],
        vai_tro=[
            {"Thư điện tử": "moi@vi-du.vn", "Vai trò": "Người xem", "Hệ thống": "Công đoàn", "Mã đơn vị": "X2",
             "Từ ngày": "01/01/2026"},
        ],
    )  # fmt: skip
    return workbook_jobs.take(uploaded(content), kind="units", by=by)


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it_all(row, redis):
    acts = Reorganisation.objects.count()
    with worker(redis, NO_MAIL) as first:
        ring(redis, "run_workbook_import", row.pk)
        wait_for(row, Status.READY)
        workbook_jobs.confirm(row, by=row.uploaded_by, seen=row.digest)
        with transaction.atomic():
            # The worker has stored the units, the acts and the places, and waits to write the address of this one.
            OrgUnit.objects.select_for_update().get(code="C1")
            ring(redis, "run_workbook_import", row.pk)
            wait_for_a_waiter()
            first.kill()
            first.wait()
    row.refresh_from_db()
    assert row.status == Status.IMPORTING
    assert not OrgUnit.objects.filter(code__startswith="X").exists()
    assert Reorganisation.objects.count() == acts
    assert not User.objects.filter(email="moi@vi-du.vn").exists()

    WorkbookImport.objects.filter(pk=row.pk).update(claimed_at=timezone.now() - workbook_jobs.STALE_AFTER * 2)
    with worker(redis, NO_MAIL):
        ring(redis, "ring_for_workbook_imports")
        wait_for(row, Status.DONE)
    assert Placement.objects.get(code="C1", is_final=True).parent.code == "X1"
    assert OrgUnit.objects.filter(code__startswith="X").count() == 2
    assert OrgUnit.objects.get(code="C1").email == "c1@vi-du.vn"
    assert Invitation.objects.get().recipient.email == "moi@vi-du.vn"
    assert User.objects.get(email="canbo@vi-du.vn").full_name == "Trần Thị Đổi Tên"
