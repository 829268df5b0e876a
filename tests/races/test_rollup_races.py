"""Reviewers who approve different reports at the same moment: no figure is lost, nobody waits in a circle."""

import random
import threading
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import timezone

from plans.models import ReportingDuty
from reports import rollups, workflow
from reports.models import Obligation, Report, Rollup
from tests import builders
from tests.builders import content, make_report
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CHILDREN = "tre-em-duoc-ho-tro"
CROWD = 8


@pytest.fixture
def province(db) -> SimpleNamespace:
    """A province, two unions, eight base units; every base unit's report waits for review."""
    root = builders.make_unit("Liên đoàn Lao động tỉnh")
    unions = [builders.make_unit(parent=root) for _ in range(2)]
    bases = [builders.make_unit(parent=unions[number % 2]) for number in range(CROWD)]
    plan = builders.make_plan(root)
    builders.make_target(plan)
    duty = builders.make_duty(plan, reporters=ReportingDuty.Reporters.CHOSEN)
    duty.units.set(bases)
    builders.make_form(duty)
    obligations = builders.open_year(duty)
    reports = [make_report(obligation) for obligation in obligations]
    for number, report in enumerate(reports):
        officer = builders.make_user(unit=report.obligation.org_unit, role="reporter")
        workflow.submit(report, content(children=10**number), by=officer)
    reviewer = builders.make_user("Đỗ Thị Xét Duyệt", unit=root, role="reviewer")
    return SimpleNamespace(root=root, unions=unions, duty=duty, reports=reports, reviewer=reviewer)


def children_of(unit) -> int:
    return Rollup.objects.get(org_unit=unit).subtree["approved"][CHILDREN]["v"]


def approve_all_at_once(reports: list[Report]) -> None:
    """Each thread approves one report; all have done so before the first one sums."""
    all_approved = threading.Barrier(len(reports)) if connection.vendor == "postgresql" else None

    def approve(report: Report):
        def action() -> None:
            with transaction.atomic():
                Report.objects.filter(pk=report.pk).update(status="approved", decided_at=timezone.now())
                if all_approved:  # SQLite lets one in at a time: the IMMEDIATE transaction is the lock
                    all_approved.wait(PATIENCE)
                rollups.recompute_chain([Obligation.objects.get(pk=report.obligation_id)])

        return action

    assert press_together([approve(report) for report in reports]) == ["won"] * len(reports)


def test_no_approval_is_lost_where_eight_sum_at_once(province):
    approve_all_at_once(province.reports)
    assert children_of(province.root) == 11_111_111
    assert Rollup.objects.get(org_unit=province.root).approved == CROWD
    assert sorted(children_of(unit) for unit in province.unions) == [1_010_101, 10_101_010]


def test_no_approval_is_lost_through_the_whole_workflow(province):
    mine = [Report.objects.get(pk=report.pk) for report in province.reports]

    def approve(place: int):
        return lambda: workflow.approve(mine[place], by=province.reviewer)

    assert press_together([approve(place) for place in range(CROWD)]) == ["won"] * CROWD
    assert children_of(province.root) == 11_111_111


def test_control_without_the_lock_figures_are_lost(province, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite the transaction itself is the lock.")
    all_have_read = threading.Barrier(CROWD)
    write = rollups._write

    def write_late(*args) -> None:
        all_have_read.wait(PATIENCE)
        write(*args)

    monkeypatch.setattr(rollups, "_locked", lambda rows: rows)
    monkeypatch.setattr(rollups, "_write", write_late)
    approve_all_at_once(province.reports)
    assert children_of(province.root) != 11_111_111


def test_batches_in_any_order_do_not_wait_for_each_other_in_a_circle(province):
    """The reports are locked by their own transactions before; what all batches share are the rows above."""
    obligations = [report.obligation for report in province.reports]

    def batches(seed: int):
        chance = random.Random(seed)

        def action() -> None:
            for _ in range(6):
                some = chance.sample(obligations, 5)
                with transaction.atomic():
                    rollups.recompute_chain(some)

        return action

    Rollup.objects.update(subtree={}, approved=99)
    assert press_together([batches(seed) for seed in range(CROWD)]) == ["won"] * CROWD
    rollups.recompute_chain(obligations)
    assert Rollup.objects.get(org_unit=province.root).submitted == CROWD


def test_control_batches_that_lock_in_any_order_wait_in_a_circle(province, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite the transaction itself is the lock.")
    halfway = threading.Barrier(2)

    def lock_one_by_one(rows):
        pks = [row.pk for row in rows]
        turn = pks if threading.current_thread().name == "forwards" else pks[::-1]
        locked = [Rollup.objects.select_for_update().get(pk=pk) for pk in turn[:1]]
        halfway.wait(PATIENCE)
        return locked + [Rollup.objects.select_for_update().get(pk=pk) for pk in turn[1:]]

    def batch(name: str):
        def action() -> None:
            threading.current_thread().name = name
            rollups.recompute_chain([report.obligation for report in province.reports])

        return action

    monkeypatch.setattr(rollups, "_locked", lock_one_by_one)
    with pytest.raises(Exception, match="deadlock detected"):
        press_together([batch("forwards"), batch("backwards")])


def test_rows_that_several_create_at_once_are_there_once_and_right(province):
    Report.objects.update(status="approved")
    Rollup.objects.all().delete()
    obligations = [report.obligation for report in province.reports]
    outcomes = press_together([lambda row=row: rollups.recompute_chain([row]) for row in obligations])
    assert outcomes == ["won"] * CROWD
    assert Rollup.objects.count() == CROWD + 3
    assert children_of(province.root) == 11_111_111


def test_rebuild_beside_approvals_leaves_the_right_sums(province):
    period = province.reports[0].obligation.period
    mine = [Report.objects.get(pk=report.pk) for report in province.reports]
    actions = [lambda report=report: workflow.approve(report, by=province.reviewer) for report in mine]
    actions += [lambda: rollups.rebuild(province.duty, period)] * 3
    assert press_together(actions) == ["won"] * len(actions)
    assert children_of(province.root) == 11_111_111
