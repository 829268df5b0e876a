"""Laws of the two truths on random trees under random acts, against a plain model and the independent check.

As filed never changes by any act; as filed = restated + ended + unallocated; a later move changes restated figures of
the branch that moved and of nothing else.
"""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orgunits import reorganisation, reversal
from orgunits.models import Placement, Reorganisation
from plans.models import ReportingDuty
from reports import restated, restated_check
from reports.models import Rollup
from reports.own_sums import COUNTS
from tests import builders
from tests.builders import make_unit
from tests.reports.test_restated import CHILDREN, MONEY, SHARE, assert_nothing_is_lost, open_year, put

pytestmark = pytest.mark.django_db
FIRST = datetime.date(2025, 1, 1)
UNITS = 5
Basis = Rollup.Basis

figure = st.fixed_dictionaries({}, optional={
    CHILDREN: st.fixed_dictionaries({"v": st.integers(0, 50)}) | st.just({"nil": True}),
    MONEY: st.fixed_dictionaries({"v": st.integers(0, 10**12)}),
    SHARE: st.tuples(st.integers(0, 20), st.integers(0, 20)).map(
        lambda pair: {"chu-chot.n": pair[0], "chu-chot.d": sum(pair)}
    ),
})  # fmt: skip
shares = st.lists(st.none() | st.integers(0, 9), min_size=3, max_size=3)
acts = st.lists(
    st.tuples(
        st.sampled_from(["move", "end", "merge", "split", "part", "restore", "reverse"]),
        st.integers(0, 9), st.integers(0, 9), shares, st.integers(0, 100),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=20, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parents=st.lists(st.integers(-1, UNITS - 2), min_size=UNITS, max_size=UNITS),
    figures=st.lists(figure, min_size=UNITS, max_size=UNITS),
    script=acts,
    move=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_as_filed_stays_and_is_the_sum_of_what_is_shown_today(parents, figures, script, move):
    with transaction.atomic():  # each example begins with an empty database
        hold_the_laws(parents, figures, script, move)
        transaction.set_rollback(True)


def hold_the_laws(parents, figures, script, move) -> None:
    land = make_land(parents, figures)
    filed = rows_of(Basis.AS_FILED)
    day = FIRST
    for kind, first, second, given_shares, later in script:
        day += datetime.timedelta(days=later)
        carry_out(land, kind, first, second, given_shares, day)
        assert rows_of(Basis.AS_FILED) == filed
    restate_and_check(land, day)
    first, second = move
    move_one(land, first, second, day + datetime.timedelta(days=1))
    assert rows_of(Basis.AS_FILED) == filed


def make_land(parents: list[int], figures: list[dict[str, Any]]) -> SimpleNamespace:
    root = make_unit("Gốc")
    units = [root]
    for index, parent in enumerate(parents):
        units.append(make_unit(f"Đơn vị {index}", parent=units[parent + 1] if parent < index else root))
    plan = builders.make_plan(root)
    builders.make_target(plan)
    duty = builders.make_duty(plan, reporters=ReportingDuty.Reporters.ALL_BELOW)
    builders.make_form(duty)
    land = SimpleNamespace(root=root, units=units, duty=duty, person=builders.make_user("Cán Bộ"), obligations={})
    for year in (2024, 2025):
        open_year(land, year)
        for unit, answer in zip(units[1:], figures, strict=True):
            put(land, unit, answer, year=year)
    return land


def carry_out(land, kind, first, second, given_shares, day) -> None:
    """One act on the tree, or none where it cannot be."""
    unit, other = (land.units[number % len(land.units)] for number in (first, second))
    try:
        if kind == "move":
            reorganisation.move(unit, parent=other, on=day, by=None)
        elif kind == "end":
            reorganisation.end(unit, on=day, by=None, children_to=other if other != unit else None)
        elif kind == "merge":
            reorganisation.merge([unit, other], {other: None}, on=day, by=None, children_to=other)
        elif kind in ("split", "part"):
            above = Placement.objects.as_of(day).get(org_unit=unit).parent
            new = [make_unit(parent=above, on=day) for _ in range(2)]
            land.units += new
            goes_on = {"goes_on": True, "kept_share": given_shares[2]} if kind == "part" else {}
            reorganisation.split(unit, dict(zip(new, given_shares, strict=False)), on=day, by=None, **goes_on)
        elif kind == "restore":
            reorganisation.restore(unit, parent=other, on=day, by=None)
        else:
            reversal.reverse(Reorganisation.objects.standing().latest("pk"), by=None, reason="thử")
    except (ValidationError, Placement.DoesNotExist):
        pass


def restate_and_check(land, day: datetime.date) -> None:
    for slot in Rollup.objects.filter(basis=Basis.AS_FILED, parent=None).select_related("duty", "period"):
        restated.rebuild(slot.duty, slot.period, on=day, force=True)
        assert list(restated_check.differences(slot.duty, slot.period, on=day)) == []
    assert_nothing_is_lost()
    there = set(Placement.objects.as_of(day).values_list("org_unit_id", "path"))
    assert set(Rollup.objects.filter(basis=Basis.RESTATED).values_list("org_unit_id", "path")) <= there
    ended = Rollup.objects.filter(basis=Basis.ENDED).exclude(own={})
    assert not set(ended.values_list("org_unit_id", flat=True)) & {unit for unit, _ in there}


def move_one(land, first: int, second: int, day: datetime.date) -> None:
    """Sums of the moved branch and of who is neither above it before nor after stay; nobody's own sums change."""
    unit, other = (land.units[number % len(land.units)] for number in (first, second))
    was = Placement.objects.as_of(day).filter(org_unit=unit).first()
    before = rows_of(Basis.RESTATED)
    try:
        reorganisation.move(unit, parent=other, on=day, by=None)
    except ValidationError:
        return
    assert was is not None
    restate_and_check(land, day)
    after = rows_of(Basis.RESTATED)
    became = Placement.objects.as_of(day).get(org_unit=unit)
    above = {pk for path in (was.path, became.path) for pk in units_above(path)}
    for key in before.keys() | after.keys():
        if key[0] not in above:
            assert before.get(key) == after.get(key)


def units_above(path: str) -> list[int]:
    return [int(path[start : start + 7]) for start in range(0, len(path) - 7, 7)]


def rows_of(basis: str) -> dict[tuple[int, int], tuple[Any, ...]]:
    rows = Rollup.objects.filter(basis=basis)
    return {
        (row.org_unit_id, row.period_id): (row.own, row.subtree, *(getattr(row, name) for name in COUNTS))
        for row in rows
    }
