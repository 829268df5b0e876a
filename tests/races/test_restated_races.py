"""Sums in today's tree beside approvals and each other: what was not seen makes them stale, nothing is doubled."""

import threading
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from plans.models import ReportingDuty
from reports import restated, rollups
from reports.models import Obligation, Report, Restatement, Rollup
from tests.races.crowd import PATIENCE, press_together
from tests.races.test_rollup_races import province

__all__ = ["province"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def slot_of(province) -> SimpleNamespace:
    duty = ReportingDuty.objects.select_related("plan__org_unit").get(pk=province.duty.pk)
    return SimpleNamespace(duty=duty, period=province.reports[0].obligation.period, on=timezone.localdate())


def compute_while_an_approval_is_not_yet_committed(province, slot) -> None:
    """The approval has written its sums when the computing begins, and is committed after it has read."""
    written, read = threading.Event(), threading.Event()
    report = province.reports[0]

    def approve() -> None:
        with transaction.atomic():
            Report.objects.filter(pk=report.pk).update(status="approved", decided_at=timezone.now())
            rollups.recompute_chain([Obligation.objects.get(pk=report.obligation_id)])
            written.set()
            assert read.wait(PATIENCE)

    def compute() -> None:
        assert written.wait(PATIENCE)
        restated.rebuild(slot.duty, slot.period, on=slot.on)
        read.set()

    press_together([approve, compute])


def test_approval_committed_after_the_reading_makes_the_sums_stale(province):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time")
    slot = slot_of(province)
    compute_while_an_approval_is_not_yet_committed(province, slot)
    row = Restatement.objects.get()
    assert Rollup.objects.get(basis="restated", org_unit=province.root).approved == 0
    assert restated.is_stale(slot.duty, slot.period, row, on=slot.on)
    # The control: by their times nothing as filed is newer than what was computed, though it was not seen.
    assert not Rollup.objects.filter(basis="as_filed", computed_at__gt=row.computed_at).exists()
    Restatement.objects.update(milliseconds=0)
    restated.refresh(on=slot.on)
    assert Rollup.objects.get(basis="restated", org_unit=province.root).approved == 1


def test_two_workers_compute_a_slot_once(province):
    slot = slot_of(province)
    done: list[bool] = []

    def compute() -> None:
        done.append(restated.rebuild(slot.duty, slot.period, on=slot.on))

    press_together([compute] * 4)
    assert sum(done) == 1
    units = list(Rollup.objects.filter(basis="restated").values_list("org_unit", flat=True))
    assert len(units) == len(set(units)) == Rollup.objects.filter(basis="as_filed").count()
