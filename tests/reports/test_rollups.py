"""The stored sums: always what a plain sum over the reports gives, whatever happened in whatever order."""

import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgunits import reorganisation
from plans.models import ReportingDuty
from reports import rollups, workflow
from reports.models import Obligation, Report, Revision, Rollup
from reports.obligations import extend, open_period, waive
from reports.own_sums import own_cells
from targets.models import Milestone
from tests import builders
from tests.builders import content, make_report

pytestmark = pytest.mark.django_db
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
IN_TIME = datetime.datetime(2026, 11, 9, 23, 59, 59, tzinfo=VIETNAM)
LATE = datetime.datetime(2026, 11, 10, 0, 0, 0, tzinfo=VIETNAM)
SHARE, CHILDREN, MONEY = "can-bo", "tre-em-duoc-ho-tro", "kinh-phi"


@pytest.fixture
def tree(db) -> SimpleNamespace:
    """Province → two unions → base units, one of which has units below it; all below the province report."""
    province = builders.make_unit("Liên đoàn Lao động tỉnh")
    unions = [builders.make_unit(parent=province) for _ in range(2)]
    bases = [builders.make_unit(parent=unions[number % 2]) for number in range(5)]
    groups = [builders.make_unit(parent=bases[0]) for _ in range(2)]
    plan = builders.make_plan(province)
    builders.make_target(plan)
    duty = builders.make_duty(plan, reporters=ReportingDuty.Reporters.ALL_BELOW)
    form = builders.make_form(duty)
    obligations = builders.open_year(duty)
    assert len(obligations) == 9
    person = builders.make_user("Trần Thị Cán Bộ")
    return SimpleNamespace(
        province=province, unions=unions, bases=bases, groups=groups, duty=duty, form=form,
        obligations=obligations, person=person, period=obligations[0].period,
    )  # fmt: skip


def row_of(unit, **conditions) -> Rollup:
    return Rollup.objects.get(org_unit=unit, **conditions)


def put(obligation, person, status, figures, *, filed_at=IN_TIME, tasks=None) -> None:
    """Bring a report to a state with these figures in its latest revision, as a transition would."""
    with transaction.atomic():
        report = Report.objects.filter(obligation=obligation).first() or make_report(obligation)
        if status != "draft":
            number = report.revisions.count() + 1
            body = content() | {"figures": figures, "tasks": tasks or {}}
            Revision.objects.create(
                report=report, number=number, content=body, submitted_at=filed_at, submitted_by=person
            )
            first = report.first_submitted_at or filed_at
            Report.objects.filter(pk=report.pk).update(status=status, submitted_at=filed_at, first_submitted_at=first)
        rollups.recompute_chain([obligation])


# --- the plain sum, which knows nothing of reports/rollups.py -----------------------------------------------------


def plain_sum(obligations) -> dict[str, Any]:
    """What a row must hold for these obligations, by reading the reports one by one."""
    names = ("expected", "filed", "on_time", "submitted", "returned", "approved", "waived")
    result = dict.fromkeys(names, 0) | {"figures": {}}
    for obligation in obligations:
        if obligation.waived_at:
            result["waived"] += 1
            continue
        result["expected"] += 1
        report: Any = Report.objects.filter(obligation=obligation).first()
        if report is None or report.status == "draft":
            continue
        result["filed"] += 1
        result[report.status] += 1
        due = obligation.extended_due_on or obligation.due_on
        result["on_time"] += report.first_submitted_at.astimezone(VIETNAM).date() <= due
        latest: Any = Revision.objects.filter(report=report).order_by("number").last()
        for code, answer in latest.content["figures"].items():
            given_cells = plain_cells(answer)
            if given_cells is None:
                continue
            place = result["figures"].setdefault(report.status, {}).setdefault(code, {})
            for cell, value in given_cells.items():
                place[cell] = place.get(cell, 0) + value
    return result


def plain_cells(answer) -> dict | None:
    if answer.get("nil"):
        return {"units": 0, "nil": 1, "met": 0}
    cells = {}
    if "v" in answer:
        cells["v"] = answer["v"]
    for group in ("chu-chot", "nu-cong"):
        if f"{group}.n" in answer and f"{group}.d" in answer:
            cells |= {f"{group}.n": answer[f"{group}.n"], f"{group}.d": answer[f"{group}.d"]}
    if not cells:
        return None
    n = cells.get("chu-chot.n", 0) + cells.get("nu-cong.n", 0)
    d = cells.get("chu-chot.d", 0) + cells.get("nu-cong.d", 0)
    return cells | {"units": 1, "nil": 0, "met": int(d > 0 and n * 100 > 95 * d)}  # 2026 reads the milestone of 2030


def assert_all_rows_are_plain_sums(duty) -> None:
    rows = list(Rollup.objects.filter(duty=duty))
    assert rows
    for row in rows:
        obligations = Obligation.objects.filter(duty=duty, period=row.period)
        below = [obligation for obligation in obligations if obligation.path.startswith(row.path)]
        own = [obligation for obligation in obligations if obligation.org_unit_id == row.org_unit_id]
        expected = plain_sum(below)
        figures = expected.pop("figures")
        assert row.subtree == figures
        assert row.own == plain_sum(own)["figures"]
        assert {name: getattr(row, name) for name in expected} == expected


# --- laws ---------------------------------------------------------------------------------------------------------

numbers = st.integers(0, 10**13)
share = st.fixed_dictionaries(
    {}, optional={f"{group}.{part}": st.integers(0, 200) for group in ("chu-chot", "nu-cong") for part in "nd"}
)
answers = st.fixed_dictionaries(
    {},
    optional={
        SHARE: share | st.just({"nil": True}),
        CHILDREN: st.fixed_dictionaries({"v": numbers}) | st.just({"nil": True}) | st.just({}),
        MONEY: st.fixed_dictionaries({"v": numbers}) | st.just({"nil": True}),
    },
)
steps = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.sampled_from(["draft", "submitted", "approved", "returned"]),
        answers,
        st.sampled_from([IN_TIME, LATE]),
    ),
    max_size=10,
)
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Undo(Exception):
    pass


def in_a_world_of_its_own(check) -> None:
    try:
        with transaction.atomic():
            check()
            raise Undo
    except Undo:
        pass


def test_every_row_is_the_plain_sum_of_the_reports_below_it(tree):
    @few
    @given(steps, st.sets(st.integers(0, 8), max_size=2), st.sets(st.integers(0, 8), max_size=2))
    def law(taken, waived, extended):
        def check():
            for place, status, figures, filed_at in taken:
                put(tree.obligations[place], tree.person, status, figures, filed_at=filed_at)
            for place in waived:
                Obligation.objects.filter(pk=tree.obligations[place].pk).update(waived_at=LATE)
                rollups.recompute_chain([tree.obligations[place]])
            for place in extended:
                Obligation.objects.filter(pk=tree.obligations[place].pk).update(extended_due_on=LATE.date())
                rollups.recompute_chain([tree.obligations[place]])
            assert_all_rows_are_plain_sums(tree.duty)

        in_a_world_of_its_own(check)

    law()


def snapshot(duty) -> dict:
    fields = ("org_unit_id", "parent_id", "path", "depth", "own", "subtree", *rollups.COUNTS)
    return {values[0]: values[1:] for values in Rollup.objects.filter(duty=duty).values_list(*fields)}


def test_order_of_transitions_does_not_matter_and_a_rebuild_changes_nothing(tree):
    @few
    @given(st.data())
    def law(data):
        last = {step[0]: step for step in data.draw(steps)}
        one_way, other_way = list(last.values()), data.draw(st.permutations(list(last.values())))
        seen = []

        def walk(order):
            for place, status, figures, filed_at in order:
                put(tree.obligations[place], tree.person, status, figures, filed_at=filed_at)
            seen.append(snapshot(tree.duty))
            rollups.rebuild(tree.duty, tree.period)
            seen.append(snapshot(tree.duty))

        in_a_world_of_its_own(lambda: walk(one_way))
        in_a_world_of_its_own(lambda: walk(other_way))
        assert seen[0] == seen[1] == seen[2] == seen[3]

    law()


def test_a_batch_gives_what_single_steps_give(tree):
    for obligation in tree.obligations:
        report = make_report(obligation)
        Revision.objects.create(
            report=report, number=1, content=content(), submitted_at=IN_TIME, submitted_by=tree.person
        )
    Report.objects.update(status="approved", submitted_at=IN_TIME, first_submitted_at=IN_TIME)
    rollups.recompute_chain(reversed(tree.obligations))
    assert_all_rows_are_plain_sums(tree.duty)
    assert row_of(tree.province).approved == 9


# --- what a row says ----------------------------------------------------------------------------------------------


def test_opening_a_period_makes_rows_up_to_the_root_with_what_is_expected(tree):
    row = row_of(tree.province)
    assert (row.expected, row.filed, row.parent_id, row.depth) == (9, 0, None, 0)
    assert (row.own, row.subtree) == ({}, {})
    base = row_of(tree.bases[0])
    assert (base.expected, base.parent_id, base.depth) == (3, tree.unions[0].pk, 2)
    assert Rollup.objects.count() == 10


def test_approval_moves_the_figures_of_the_whole_chain_at_once(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(people=(48, 50), children=7), by=cast.officer)
    for unit in (cast.base, cast.union, cast.province):
        row = row_of(unit)
        assert row.subtree["submitted"][CHILDREN]["v"] == 7
        assert "approved" not in row.subtree
        assert (row.submitted, row.approved) == (1, 0)
    workflow.approve(report, by=cast.reviewer)
    for unit in (cast.base, cast.union, cast.province):
        row = row_of(unit)
        assert row.subtree["approved"][SHARE] == {
            "chu-chot.n": 48, "chu-chot.d": 50, "nu-cong.n": 48, "nu-cong.d": 50, "units": 1, "nil": 0, "met": 1,
        }  # fmt: skip
        assert "submitted" not in row.subtree
        assert (row.submitted, row.approved) == (0, 1)
    assert row_of(cast.sibling).subtree == {}
    assert row_of(cast.union).own == {}
    assert row_of(cast.base).own == row_of(cast.base).subtree


def test_returned_report_takes_its_figures_out_at_once(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(children=7), by=cast.officer)
    workflow.approve(report, by=cast.reviewer)
    workflow.reopen(report, by=cast.reviewer, reason="Sai số liệu.")
    row = row_of(cast.province)
    assert set(row.subtree) == {"returned"}
    assert (row.approved, row.returned, row.filed) == (0, 1, 1)
    workflow.submit(report, content(children=8), by=cast.officer)
    row = row_of(cast.province)
    assert row.subtree["submitted"][CHILDREN]["v"] == 8
    assert (row.returned, row.submitted) == (0, 1)


def test_waived_report_is_not_expected_any_more(cast):
    waive(cast.obligation, reason="Đơn vị đang giải thể.", by=cast.administrator)
    row = row_of(cast.province)
    assert (row.expected, row.waived) == (1, 1)


def test_extension_after_filing_makes_it_in_time(cast):
    put(cast.obligation, cast.officer, "submitted", {}, filed_at=LATE)
    assert row_of(cast.union).on_time == 0
    extend(cast.obligation, until=LATE.date(), reason="Bão lũ.", by=cast.administrator)
    assert row_of(cast.union).on_time == 1


@pytest.mark.parametrize(("filed_at", "in_time"), [(IN_TIME, 1), (LATE, 0)])
def test_in_time_until_the_last_second_of_the_last_good_day(cast, filed_at, in_time):
    put(cast.obligation, cast.officer, "submitted", {}, filed_at=filed_at)
    assert row_of(cast.union).on_time == in_time


def test_nil_zero_and_missing_are_three_things(tree):
    first, second, third = tree.obligations[:3]
    put(first, tree.person, "approved", {CHILDREN: {"nil": True}})
    put(second, tree.person, "approved", {CHILDREN: {"v": 0}})
    put(third, tree.person, "approved", {})
    assert row_of(tree.province).subtree["approved"][CHILDREN] == {"v": 0, "units": 1, "nil": 1, "met": 0}


def test_half_a_group_counts_neither_way(tree):
    put(tree.obligations[0], tree.person, "approved", {SHARE: {"chu-chot.n": 5, "nu-cong.n": 9, "nu-cong.d": 10}})
    cells = row_of(tree.province).subtree["approved"][SHARE]
    assert cells == {"nu-cong.n": 9, "nu-cong.d": 10, "units": 1, "nil": 0, "met": 0}


def test_nothing_to_divide_meets_no_milestone():
    milestone = Milestone(year=2025, operator="gte", percent=0)
    assert own_cells({"all.n": 0, "all.d": 0}, milestone)["met"] == 0
    assert own_cells({"all.n": 0, "all.d": 1}, milestone)["met"] == 1


@pytest.mark.parametrize(
    ("year", "n", "met"), [(2024, 90, 0), (2024, 91, 1), (2025, 91, 1), (2026, 91, 0), (2026, 96, 1), (2031, 96, 1)]
)
def test_units_are_held_against_the_milestone_of_the_period_s_year(cast, year, n, met):
    """Over 90 % until 2025, over 95 % until 2030, and after that still over 95 %."""
    obligation = builders.open_year(cast.duty, year)[0]
    put(obligation, cast.officer, "approved", {SHARE: {"chu-chot.n": n, "chu-chot.d": 100}})
    assert row_of(cast.union, period=obligation.period).subtree["approved"][SHARE]["met"] == met


def test_task_statuses_and_activities_are_counted(tree):
    for place, status in enumerate(["done", "done", "ongoing"]):
        put(tree.obligations[place], tree.person, "approved", {}, tasks={"7": {"status": status, "note": "…"}})
    cells = row_of(tree.province).subtree["approved"]["@tasks"]
    assert cells == {"7.done": 2, "7.ongoing": 1, "units": 3, "nil": 0, "met": 0}


def test_sums_larger_than_32_bits_stay_whole(tree):
    put(tree.obligations[0], tree.person, "approved", {MONEY: {"v": 9_007_199_254_740_993}})
    put(tree.obligations[1], tree.person, "approved", {MONEY: {"v": 1}})
    assert row_of(tree.province).subtree["approved"][MONEY]["v"] == 9_007_199_254_740_994


# --- time, races of rows, cost ------------------------------------------------------------------------------------


def test_unit_that_moves_changes_nothing_in_earlier_periods(tree):
    put(tree.obligations[-1], tree.person, "approved", {CHILDREN: {"v": 5}})
    before = snapshot(tree.duty)
    reorganisation.move(tree.bases[0], parent=tree.unions[1], on=datetime.date(2027, 1, 1), by=None)
    rollups.rebuild(tree.duty, tree.period)
    rollups.recompute_chain(tree.obligations)
    assert snapshot(tree.duty) == before
    open_period(tree.duty, "year", 2027, by=None, on=datetime.date(2027, 2, 1))
    later = row_of(tree.bases[0], period__year=2027)
    assert later.parent_id == tree.unions[1].pk
    assert row_of(tree.bases[0], period=tree.period).parent_id == tree.unions[0].pk


def test_unit_named_on_two_ways_up_is_counted_once(tree):
    """A move in the middle of a period: obligations made later name another way up; the unit keeps its first row."""
    reorganisation.move(tree.bases[0], parent=tree.unions[1], on=datetime.date(2026, 6, 1), by=None)
    late_comer = builders.make_unit(parent=tree.bases[0], on=datetime.date(2026, 6, 2))
    open_period(tree.duty, "year", 2026, by=None, on=datetime.date(2026, 7, 1))
    obligation = Obligation.objects.get(org_unit=late_comer)
    put(obligation, tree.person, "approved", {CHILDREN: {"v": 5}})
    before = snapshot(tree.duty)
    assert row_of(tree.bases[0]).parent_id == tree.unions[0].pk
    assert row_of(tree.unions[0]).approved == 1
    assert row_of(tree.unions[1]).approved == 0
    assert row_of(tree.province).approved == 1
    Rollup.objects.filter(org_unit__in=[late_comer, tree.bases[0]]).delete()
    rollups.recompute_chain([obligation])
    rollups.rebuild(tree.duty, tree.period)
    assert snapshot(tree.duty) == before


def test_missing_rows_are_created_by_the_first_transition(tree):
    Rollup.objects.all().delete()
    put(tree.obligations[-1], tree.person, "approved", {CHILDREN: {"v": 5}})
    assert row_of(tree.province).subtree["approved"][CHILDREN]["v"] == 5
    assert row_of(tree.province).expected == 3  # the units of the chain; the next rebuild brings the others' rows
    rollups.rebuild(tree.duty, tree.period)
    assert_all_rows_are_plain_sums(tree.duty)


def test_rebuild_heals_everything_and_takes_away_what_nothing_names(tree):
    put(tree.obligations[0], tree.person, "approved", {CHILDREN: {"v": 5}})
    before = snapshot(tree.duty)
    nobody = builders.make_unit("Không ai báo cáo")
    Rollup.objects.create(org_unit=nobody, duty=tree.duty, period=tree.period, path=nobody.segment, depth=0, expected=3)
    Rollup.objects.filter(org_unit=tree.unions[0]).update(subtree={"approved": {CHILDREN: {"v": 99}}}, approved=7)
    Rollup.objects.filter(org_unit=tree.bases[0]).update(parent=tree.unions[1])
    rollups.rebuild(tree.duty, tree.period)
    assert snapshot(tree.duty) == before


def test_row_that_did_not_change_is_not_written(cast):
    before = {row.pk: row.computed_at for row in Rollup.objects.all()}
    rollups.recompute_chain([cast.obligation])
    assert {row.pk: row.computed_at for row in Rollup.objects.all()} == before
    put(cast.obligation, cast.officer, "submitted", {})
    written = [row.org_unit_id for row in Rollup.objects.all() if row.computed_at != before[row.pk]]
    assert sorted(written) == sorted([cast.base.pk, cast.union.pk, cast.province.pk])


def test_other_periods_and_duties_stay_as_they_are(cast):
    other = builders.open_year(cast.duty, 2025)[0]
    put(other, cast.officer, "approved", {CHILDREN: {"v": 5}})
    put(cast.obligation, cast.officer, "approved", {CHILDREN: {"v": 6}})
    assert row_of(cast.union, period=other.period).subtree["approved"][CHILDREN]["v"] == 5
    assert row_of(cast.union, period=cast.obligation.period).subtree["approved"][CHILDREN]["v"] == 6


def test_a_chain_costs_few_statements(cast, django_assert_num_queries):
    put(cast.obligation, cast.officer, "submitted", content()["figures"])
    Report.objects.update(status="approved")
    with django_assert_num_queries(8):  # two for the rows, own, contents, items, milestones, children; one write
        rollups.recompute_chain([cast.obligation])


def test_nothing_asked_is_nothing_done(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        rollups.recompute_chain([])
