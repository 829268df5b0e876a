"""Earlier figures in today's tree: what merged, was split, ended, came back; and as filed never changes."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from orgunits import reorganisation, reversal
from orgunits.models import OrgUnit, Reorganisation
from plans.models import ReportingDuty
from reports import restated, rollups
from reports.models import Report, Restatement, Revision, Rollup
from reports.own_sums import COUNTS
from reports.tasks import restate_rollups
from tests import builders
from tests.builders import content, make_report, make_unit

pytestmark = pytest.mark.django_db
CHILDREN, MONEY, SHARE = "tre-em-duoc-ho-tro", "kinh-phi", "can-bo"
DAY = datetime.date(2025, 7, 1)
LATER = datetime.date(2026, 1, 1)
TODAY = datetime.date(2026, 11, 28)
Basis = Rollup.Basis


@pytest.fixture
def land(db) -> SimpleNamespace:
    """A federation over two provinces; two communes in each report for 2024."""
    root = make_unit("Tổng liên đoàn", code="TLD")
    north, south = make_unit("Tỉnh Bắc", parent=root, code="B"), make_unit("Tỉnh Nam", parent=root, code="N")
    communes = [make_unit(f"Xã {n}", parent=[north, south][n // 2], code=f"X{n}") for n in range(4)]
    level = communes[0].placements.get().level
    plan = builders.make_plan(root)
    builders.make_target(plan)
    duty = builders.make_duty(plan, reporters=ReportingDuty.Reporters.ALL_BELOW)
    builders.make_form(duty)
    person = builders.make_user("Trần Thị Cán Bộ")
    return SimpleNamespace(root=root, north=north, south=south, communes=communes, duty=duty, person=person,
                           level=level, obligations={})  # fmt: skip


def open_year(land, year: int = 2024) -> None:
    rows = builders.open_year(land.duty, year)
    land.obligations |= {(row.org_unit_id, year): row for row in rows}
    land.period = rows[0].period


def put(land, unit: OrgUnit, figures: dict[str, Any], *, year: int = 2024, status: str = "approved", **more) -> None:
    """An approved report with exactly these figures."""
    report = make_report(land.obligations[unit.pk, year])
    now = timezone.now()
    Revision.objects.create(
        report=report, number=1, content=content() | {"figures": figures} | more, submitted_at=now,
        submitted_by=land.person,
    )  # fmt: skip
    Report.objects.filter(pk=report.pk).update(status=status, submitted_at=now, first_submitted_at=now)
    rollups.recompute_chain([land.obligations[unit.pk, year]])


def file_all(land, values=(10, 20, 30, 40)) -> None:
    open_year(land)
    for unit, value in zip(land.communes, values, strict=True):
        put(land, unit, {CHILDREN: {"v": value}})


def restate(land, *, on: datetime.date = TODAY) -> None:
    for row in Rollup.objects.filter(basis=Basis.AS_FILED, parent=None).select_related("duty", "period"):
        restated.rebuild(row.duty, row.period, on=on)
    assert_nothing_is_lost()


def assert_nothing_is_lost() -> None:
    """As filed = restated + ended + unallocated, in every cell and every count over the roots of each period."""
    for slot in Restatement.objects.all():
        rows = Rollup.objects.filter(duty=slot.duty, period=slot.period, parent__isnull=True)
        as_filed, today = {}, {}
        for row in rows:
            sums = as_filed if row.basis == Basis.AS_FILED else today
            for name in COUNTS:
                sums[name] = sums.get(name, 0) + getattr(row, name)
            for bucket, items in row.subtree.items():
                for code, cells in items.items():
                    for cell, value in cells.items():
                        key = (bucket, code, cell)
                        sums[key] = sums.get(key, 0) + value
        assert as_filed == today


def value(basis: str, unit: OrgUnit, code: str = CHILDREN, cell: str = "v", **slot) -> int | None:
    row = Rollup.objects.filter(basis=basis, org_unit=unit, **slot).first()
    return row.subtree.get("approved", {}).get(code, {}).get(cell) if row else None


def of_all(basis: str, land, **slot) -> dict[str, int | None]:
    rows = Rollup.objects.filter(basis=basis, **slot).select_related("org_unit")
    return {row.org_unit.code: row.subtree.get("approved", {}).get(CHILDREN, {}).get("v") for row in rows}


def test_without_acts_both_are_the_same(land):
    file_all(land)
    restate(land)
    assert of_all(Basis.RESTATED, land) == of_all(Basis.AS_FILED, land)
    assert not Rollup.objects.filter(basis__in=[Basis.ENDED, Basis.UNALLOCATED]).exists()


def test_move_moves_earlier_figures_of_the_branch_alone(land):
    file_all(land)
    filed = of_all(Basis.AS_FILED, land)
    reorganisation.move(land.communes[1], parent=land.south, on=DAY, by=None)
    restate(land)
    assert of_all(Basis.AS_FILED, land) == filed
    assert of_all(Basis.RESTATED, land) == filed | {"B": 10, "N": 90}


def test_merged_unit_gives_its_figures_to_the_successor(land):
    file_all(land)
    merged = make_unit("Xã Mới", parent=land.north, code="XM", on=DAY)
    reorganisation.merge(land.communes[:2], [merged], on=DAY, by=None)
    restate(land)
    assert of_all(Basis.RESTATED, land) == {
        "TLD": 100, "B": 30, "N": 70, "XM": 30, "X2": 30, "X3": 40,
    }  # fmt: skip
    row = Rollup.objects.get(basis=Basis.RESTATED, org_unit=merged)
    assert (row.expected, row.approved) == (2, 2)
    assert row.own["approved"][CHILDREN] == {"v": 30, "units": 2, "nil": 0, "met": 0}


def test_unit_merged_twice_ends_up_at_the_last_successor(land):
    file_all(land)
    first, second, third, _ = land.communes
    reorganisation.merge([first, second], [second], on=DAY, by=None)
    reorganisation.merge([second, third], [third], on=LATER, by=None)
    restate(land)
    assert of_all(Basis.RESTATED, land) == {"TLD": 100, "N": 100, "X2": 60, "X3": 40, "B": None}


def test_split_by_shares_divides_whole_numbers_that_add_up(land):
    open_year(land)
    put(land, land.communes[0], {CHILDREN: {"v": 11}, SHARE: {"chu-chot.n": 10, "chu-chot.d": 11}})
    parts = [make_unit(f"Phần {n}", parent=land.north, code=f"P{n}", on=DAY) for n in range(3)]
    reorganisation.split(land.communes[0], dict(zip(parts, (6, 6, 2), strict=True)), on=DAY, by=None)
    restate(land)
    assert [value(Basis.RESTATED, part) for part in parts] == [5, 5, 1]
    shares = [
        (value(Basis.RESTATED, part, SHARE, "chu-chot.n"), value(Basis.RESTATED, part, SHARE, "chu-chot.d"))
        for part in parts
    ]
    assert [sum(column) for column in zip(*shares, strict=True)] == [10, 11]
    assert all(n <= d for n, d in shares)  # by itself the largest remainder would give 2 of 1
    assert [Rollup.objects.get(basis=Basis.RESTATED, org_unit=part).approved for part in parts[:1]] == [1]
    assert value(Basis.RESTATED, parts[0], cell="units") == 1
    assert value(Basis.RESTATED, parts[1], cell="units") == 0


def test_split_without_shares_is_not_guessed(land):
    file_all(land)
    parts = [make_unit(parent=land.north, on=DAY) for _ in range(2)]
    reorganisation.split(land.communes[0], parts, on=DAY, by=None)
    restate(land)
    assert of_all(Basis.UNALLOCATED, land) == {"TLD": 10, "B": 10, "X0": 10}
    assert value(Basis.RESTATED, land.north) == 20
    assert not Rollup.objects.filter(basis=Basis.RESTATED, org_unit__in=parts).exists()


def test_ended_unit_is_a_named_line_where_its_superior_is_today(land):
    file_all(land)
    reorganisation.end(land.communes[0], on=DAY, by=None)
    reorganisation.merge([land.north, land.south], [land.south], on=LATER, by=None, children_to=land.south)
    restate(land)
    assert of_all(Basis.ENDED, land) == {"TLD": 10, "N": 10, "X0": 10}
    row = Rollup.objects.get(basis=Basis.ENDED, org_unit=land.communes[0])
    assert row.path == land.root.segment + land.south.segment + land.communes[0].segment
    assert value(Basis.RESTATED, land.south) == 90


def test_ended_branch_hangs_below_the_next_one_above_that_is_there(land):
    file_all(land)
    with reorganisation.ordered("trade_union", on=DAY, by=None) as order:
        for unit in [*land.communes[:2], land.north]:
            order.end(unit)
    restate(land)
    assert of_all(Basis.ENDED, land) == {"TLD": 30, "X0": 10, "X1": 20, "B": None}
    paths = Rollup.objects.filter(basis=Basis.ENDED, org_unit__in=land.communes).values_list("parent", flat=True)
    assert set(paths) == {land.root.pk}


def test_tree_that_ended_as_a_whole_hangs_alone(land):
    file_all(land)
    with reorganisation.ordered("trade_union", on=DAY, by=None) as order:
        for unit in [*land.communes, land.north, land.south, land.root]:
            order.end(unit)
    restate(land)
    assert not Rollup.objects.filter(basis=Basis.RESTATED).exists()
    assert set(Rollup.objects.filter(basis=Basis.ENDED).values_list("parent", "depth")) == {(None, 0)}


def test_split_then_merged_again(land):
    file_all(land)
    parts = [make_unit(parent=land.north, on=DAY) for _ in range(2)]
    reorganisation.split(land.communes[0], {parts[0]: 7, parts[1]: 3}, on=DAY, by=None)
    reorganisation.merge([parts[0], land.communes[1]], [land.communes[1]], on=LATER, by=None)
    restate(land)
    assert value(Basis.RESTATED, land.communes[1]) == 27
    assert value(Basis.RESTATED, parts[1]) == 3


def test_merged_unit_whose_successor_is_split_without_shares(land):
    file_all(land)
    reorganisation.merge(land.communes[:2], [land.communes[1]], on=DAY, by=None)
    parts = [make_unit(parent=land.north, on=LATER) for _ in range(2)]
    reorganisation.split(land.communes[1], parts, on=LATER, by=None)
    restate(land)
    assert of_all(Basis.UNALLOCATED, land) == {"TLD": 30, "B": 30, "X1": 30}


def test_restored_unit_keeps_its_own(land):
    file_all(land)
    reorganisation.merge(land.communes[:2], [land.communes[1]], on=DAY, by=None)
    reorganisation.restore(land.communes[0], parent=land.south, on=LATER, by=None)
    restate(land, on=DAY)
    assert value(Basis.RESTATED, land.communes[1]) == 30
    restate(land)
    assert of_all(Basis.RESTATED, land) == {"TLD": 100, "B": 20, "N": 80, "X0": 10, "X1": 20, "X2": 30, "X3": 40}


@pytest.mark.parametrize("shares", [{"part": 30, "kept": 70}, {"part": None, "kept": None}, {"part": 30, "kept": None}])
def test_unit_that_goes_on_after_a_split_divides_only_what_was_over_by_then(land, shares):
    whole = land.communes[0]
    part = make_unit("Phần tách ra", parent=land.south, code="P", on=DAY)
    reorganisation.split(whole, {part: shares["part"]}, on=DAY, by=None, goes_on=True, kept_share=shares["kept"])
    for year in (2024, 2025):  # the second was under way on the day
        open_year(land, year)
        put(land, whole, {CHILDREN: {"v": 10}}, year=year)
    restate(land)
    known = None not in shares.values()
    assert value(Basis.RESTATED, whole, period__year=2024) == (7 if known else None)
    assert value(Basis.RESTATED, part, period__year=2024) == (3 if known else None)
    assert value(Basis.UNALLOCATED, whole, period__year=2024) == (None if known else 10)
    assert value(Basis.RESTATED, whole, period__year=2025) == 10
    assert value(Basis.UNALLOCATED, whole, period__year=2025) is None


def test_what_a_part_taken_out_earlier_got_stays_when_the_rest_follows_years_later(land):
    file_all(land)
    whole, part = land.communes[0], make_unit(parent=land.south, code="P", on=DAY)
    third = make_unit(parent=land.north, code="T", on=DAY)
    reorganisation.split(whole, {part: 2, third: 3}, on=DAY, by=None, goes_on=True, kept_share=5)
    reorganisation.merge([whole, part], [part], on=LATER, by=None)
    restate(land)
    assert (value(Basis.RESTATED, part), value(Basis.RESTATED, third)) == (7, 3)


def test_act_taken_back_counts_for_nothing(land):
    file_all(land)
    restate(land)
    before = of_all(Basis.RESTATED, land)
    act = reorganisation.merge(land.communes[:2], [land.communes[1]], on=DAY, by=None)
    restate(land)
    assert of_all(Basis.RESTATED, land) != before
    reversal.reverse(act, by=None, reason="Nhầm")
    restate(land)
    assert of_all(Basis.RESTATED, land) == before


def test_act_in_the_future_counts_from_its_day(land):
    file_all(land)
    reorganisation.move(land.communes[0], parent=land.south, on=LATER, by=None)
    restate(land, on=LATER - datetime.timedelta(days=1))
    assert value(Basis.RESTATED, land.south) == 70
    assert not restated.stale_slots(on=LATER - datetime.timedelta(days=1))
    Restatement.objects.update(milliseconds=0)
    assert restated.refresh(on=LATER) == 1
    assert value(Basis.RESTATED, land.south) == 80


def test_unit_that_ends_within_a_period_gives_all_of_it_to_the_successor(land):
    open_year(land, 2025)
    put(land, land.communes[0], {CHILDREN: {"v": 5}}, year=2025)
    reorganisation.merge(land.communes[:2], [land.communes[1]], on=DAY, by=None)
    restate(land)
    assert value(Basis.RESTATED, land.communes[1]) == 5


# --- zero, missing and nil ----------------------------------------------------------------------------------------


def split_in_two(land, shares=(3, 1)) -> list[OrgUnit]:
    parts = [make_unit(parent=land.north, on=DAY) for _ in range(2)]
    reorganisation.split(land.communes[0], dict(zip(parts, shares, strict=True)), on=DAY, by=None)
    restate(land)
    return parts


def test_zero_is_divided_into_zeros_and_missing_stays_missing(land):
    open_year(land)
    put(land, land.communes[0], {CHILDREN: {"v": 0}})
    for part in split_in_two(land):
        row = Rollup.objects.get(basis=Basis.RESTATED, org_unit=part)
        assert row.subtree["approved"][CHILDREN]["v"] == 0
        assert MONEY not in row.subtree["approved"]


def test_nothing_to_report_is_said_once(land):
    open_year(land)
    put(land, land.communes[0], {CHILDREN: {"nil": True}, MONEY: {"v": 1}})
    first, second = split_in_two(land)
    assert value(Basis.RESTATED, first, cell="nil") == 1
    items = Rollup.objects.get(basis=Basis.RESTATED, org_unit=second).subtree["approved"]
    assert items == {MONEY: {"v": 0, "units": 0, "nil": 0, "met": 0}}


def test_who_takes_over_no_share_takes_nothing_not_zeros(land):
    open_year(land)
    put(land, land.communes[0], {CHILDREN: {"v": 8}})
    first, second = split_in_two(land, (1, 0))
    assert value(Basis.RESTATED, first) == 8
    assert not Rollup.objects.filter(basis=Basis.RESTATED, org_unit=second).exists()


def test_shares_that_are_all_zero_say_nothing(land):
    open_year(land)
    put(land, land.communes[0], {CHILDREN: {"v": 8}})
    split_in_two(land, (0, 0))
    assert value(Basis.UNALLOCATED, land.communes[0]) == 8


def test_answers_tasks_and_an_obligation_are_not_divided(land):
    open_year(land)
    put(land, land.communes[0], {CHILDREN: {"v": 9, "nam.v": 4, "nu.v": 5}}, choices={"muc-do": "tot"},
        tasks={"7": {"status": "done"}})  # fmt: skip
    first, second = split_in_two(land, (1, 2))
    small, large = (Rollup.objects.get(basis=Basis.RESTATED, org_unit=unit) for unit in (first, second))
    assert large.subtree["approved"].keys() == {CHILDREN, "muc-do", "@tasks"}
    assert small.subtree["approved"].keys() == {CHILDREN}
    for row in (small, large):
        cells = row.subtree["approved"][CHILDREN]
        assert cells["v"] == cells["nam.v"] + cells["nu.v"]
    assert (large.expected, small.expected, large.approved, small.approved) == (1, 0, 1, 0)


def test_waived_and_missing_reports_follow_too(land):
    open_year(land)
    obligation = land.obligations[land.communes[0].pk, 2024]
    type(obligation).objects.filter(pk=obligation.pk).update(waived_at=timezone.now())
    rollups.recompute_chain([obligation])
    reorganisation.merge(land.communes[:2], [land.communes[1]], on=DAY, by=None)
    restate(land)
    row = Rollup.objects.get(basis=Basis.RESTATED, org_unit=land.communes[1])
    assert (row.expected, row.waived, row.filed) == (1, 1, 0)


# --- when it is stale ---------------------------------------------------------------------------------------------


def is_stale(land, *, on: datetime.date = TODAY) -> bool:
    duty = ReportingDuty.objects.select_related("plan__org_unit").get(pk=land.duty.pk)
    restatement = Restatement.objects.filter(duty=duty, period=land.period).first()
    return restated.is_stale(duty, land.period, restatement, on=on)


def test_whatever_can_move_a_figure_makes_it_stale(land):
    open_year(land)
    assert is_stale(land)
    restate(land)
    assert not is_stale(land)
    put(land, land.communes[0], {CHILDREN: {"v": 10}})
    assert is_stale(land)
    restate(land)
    reorganisation.move(land.communes[0], parent=land.south, on=TODAY + datetime.timedelta(days=3), by=None)
    assert is_stale(land)
    restate(land)
    assert not is_stale(land)
    assert is_stale(land, on=TODAY + datetime.timedelta(days=3))
    reversal.reverse(Reorganisation.objects.latest("pk"), by=None, reason="Nhầm")
    assert is_stale(land)


def test_changes_that_cancel_out_at_the_top_make_it_stale(land):
    file_all(land)
    restate(land)
    for unit, children in zip(land.communes, (11, 19), strict=False):
        report = Report.objects.get(obligation__org_unit=unit)
        Revision.objects.filter(report=report).update(content=content() | {"figures": {CHILDREN: {"v": children}}})
    rollups.recompute_chain([land.obligations[unit.pk, 2024] for unit in land.communes[:2]])
    assert is_stale(land)
    restate(land)
    assert value(Basis.RESTATED, land.communes[0]) == 11


def test_what_moves_no_figures_leaves_it_fresh(land):
    file_all(land)
    restate(land)
    reorganisation.rename(land.communes[0], name="Tên mới", level=land.level, on=DAY, by=None)
    make_unit("Xã mới", parent=land.north, on=DAY)
    party = make_unit("Đảng ủy", sector="party")
    reorganisation.end(party, on=DAY, by=None)
    assert not is_stale(land)


def test_tick_computes_what_is_stale_once(land):
    file_all(land)
    restate_rollups()
    computed = Restatement.objects.get().computed_at
    assert value(Basis.RESTATED, land.root) == 100
    restate_rollups()
    assert Restatement.objects.get().computed_at == computed


def test_only_rows_that_differ_are_written(land):
    file_all(land)
    restate(land)
    before = dict(Rollup.objects.exclude(basis=Basis.AS_FILED).values_list("pk", "computed_at"))
    reorganisation.move(land.communes[0], parent=land.south, on=DAY, by=None)
    restate(land)
    rows = Rollup.objects.exclude(basis=Basis.AS_FILED).select_related("org_unit")
    assert {row.org_unit.code for row in rows if row.computed_at != before.get(row.pk)} == {"X0", "B", "N"}


def test_slot_of_which_nothing_is_left_is_emptied(land):
    open_year(land)
    restate(land)
    Restatement.objects.update(milliseconds=0)
    type(land.obligations[land.communes[0].pk, 2024]).objects.all().delete()
    rollups.rebuild(land.duty, land.period)
    assert restated.refresh(on=TODAY) == 1
    assert not Rollup.objects.exists()
