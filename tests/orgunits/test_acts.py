"""Merging, splitting, restoring, changing codes; several acts in one order; what is refused."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from orgunits import reorganisation
from orgunits.models import OrgUnit, Placement, Reorganisation, Succession
from tests.builders import make_level, make_unit

DAY = datetime.date(2025, 7, 1)
BEFORE = DAY - datetime.timedelta(days=1)
LATER = datetime.date(2026, 1, 1)

pytestmark = pytest.mark.django_db


def parent_on(unit: OrgUnit, on: datetime.date) -> str:
    place = Placement.objects.as_of(on).select_related("parent").get(org_unit=unit)
    return place.parent.code if place.parent else ""


def path_on(unit: OrgUnit, on: datetime.date) -> str:
    return Placement.objects.as_of(on).get(org_unit=unit).path


def parts(act: Reorganisation) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"origin": set(), "result": set()}
    for row in act.units.select_related("org_unit"):
        found[row.part].add(row.org_unit.code)
    return found


def test_merging_many_into_a_new_one_takes_their_units_along():
    province = make_unit("Tỉnh", code="tinh")
    first, second = make_unit("Xã Một", parent=province, code="X1"), make_unit("Xã Hai", parent=province, code="X2")
    leaf = make_unit("Cơ sở", parent=first, code="CS")
    merged = make_unit("Xã Mới", parent=province, code="XM", on=DAY)
    act = reorganisation.merge([first, second], [merged], on=DAY, by=None, children_to=merged, legal_basis="NQ 1")
    assert parts(act) == {"origin": {"X1", "X2"}, "result": {"XM"}}
    assert parent_on(leaf, BEFORE) == "X1"
    assert parent_on(leaf, DAY) == "XM"
    assert path_on(leaf, DAY) == province.segment + merged.segment + leaf.segment
    assert not Placement.objects.as_of(DAY).filter(org_unit__in=[first, second]).exists()
    assert set(Succession.objects.values_list("predecessor__code", "successor__code", "share")) == {
        ("X1", "XM", None), ("X2", "XM", None),
    }  # fmt: skip


def test_unit_that_takes_another_in_goes_on_itself():
    first, second = make_unit("Xã Một", code="X1"), make_unit("Xã Hai", code="X2")
    reorganisation.merge([first, second], [first], on=DAY, by=None)
    assert Placement.objects.as_of(DAY).filter(org_unit=first).exists()
    assert not Placement.objects.as_of(DAY).filter(org_unit=second).exists()
    assert Succession.objects.get().successor == first


def test_split_keeps_the_shares_that_the_act_gives():
    whole, north, south = make_unit(code="C"), make_unit(code="B", on=DAY), make_unit(code="N", on=DAY)
    act = reorganisation.split(whole, {north: 120, south: 80}, on=DAY, by=None)
    assert act.act == "split"
    assert dict(Succession.objects.values_list("successor__code", "share")) == {"B": 120, "N": 80}
    assert not Placement.objects.as_of(DAY).filter(org_unit=whole).exists()


def test_unit_from_which_another_is_taken_goes_on_with_its_own_share():
    whole, part = make_unit(code="C"), make_unit(code="P", on=DAY)
    act = reorganisation.split(whole, {part: 30}, on=DAY, by=None, goes_on=True, kept_share=70)
    act.refresh_from_db()
    assert act.kept_share == 70
    assert parts(act) == {"origin": {"C"}, "result": {"C", "P"}}
    assert Placement.objects.as_of(DAY).filter(org_unit=whole).exists()


def test_successor_must_be_there_on_the_day():
    ending, late = make_unit(), make_unit("Đến muộn", on=LATER)
    with pytest.raises(ValidationError, match="Đến muộn không hoạt động vào ngày 01/07/2025"):
        reorganisation.end(ending, on=DAY, by=None, successors=[late])
    assert Placement.objects.as_of(DAY).filter(org_unit=ending).exists()


def test_code_may_change_and_the_old_one_may_be_given_to_another_unit():
    old = make_unit("Xã cũ", code="15178")
    reorganisation.change(old, code="15200", on=DAY, by=None)
    new = make_unit("Xã mới", code="15178", on=LATER)
    assert Placement.objects.as_of(BEFORE).get(code="15178").org_unit == old
    assert Placement.objects.as_of(LATER).get(code="15178").org_unit == new
    assert {old.code, new.code} == {"15178", "15178/2026"}


def test_code_is_not_given_twice_at_one_time():
    make_unit("Xã Một", code="X1")
    other = make_unit("Xã Hai", code="X2")
    with pytest.raises(ValidationError, match="Mã X1 đang là mã của Xã Một"):
        reorganisation.change(other, code="X1", on=DAY, by=None)
    with pytest.raises(ValidationError):
        make_unit(code="X1", on=DAY)


def test_two_units_may_change_codes_in_one_order():
    first, second = make_unit("Một", code="X1"), make_unit("Hai", code="X2")
    with reorganisation.ordered("trade_union", on=DAY, by=None) as order:
        order.change(first, code="X2")
        order.change(second, code="X1")
    assert Placement.objects.as_of(DAY).get(code="X2").org_unit == first


def test_restored_unit_has_a_place_again_and_the_time_between_stays_empty():
    root = make_unit("Gốc", code="G")
    unit = make_unit("Đơn vị", parent=root)
    reorganisation.end(unit, on=DAY, by=None)
    reorganisation.restore(unit, parent=root, on=LATER, by=None)
    days = [BEFORE, DAY, LATER]
    assert [Placement.objects.as_of(day).filter(org_unit=unit).exists() for day in days] == [True, False, True]
    assert Placement.objects.filter(org_unit=unit, is_final=True).count() == 1
    with pytest.raises(ValidationError, match="đang hoạt động"):
        reorganisation.restore(unit, parent=root, on=LATER, by=None)


def test_several_acts_of_one_day_build_on_each_other():
    """A province ends, its commune goes under another one, is renamed, and takes a second commune in."""
    old, new = make_unit("Tỉnh cũ", code="TC"), make_unit("Tỉnh mới", code="TM")
    commune, other = make_unit("Xã", parent=old, code="X"), make_unit("Xã kia", parent=old, code="K")
    base = make_unit("Cơ sở", parent=other, code="CS")
    with reorganisation.ordered("trade_union", on=DAY, by=None) as order:
        order.move(commune, parent=new)
        order.change(commune, name="Xã lớn")
        order.merge([commune, other], {commune: None}, children_to=commune)
        order.end(old, {new: None})
    assert path_on(base, DAY) == new.segment + commune.segment + base.segment
    assert Placement.objects.as_of(DAY).get(org_unit=commune).name == "Xã lớn"
    assert not Placement.objects.as_of(DAY).filter(org_unit__in=[old, other]).exists()
    assert path_on(base, BEFORE) == old.segment + other.segment + base.segment


def test_second_act_of_the_same_day_writes_over_the_first():
    old, new = make_unit("Cũ", code="A"), make_unit("Mới", code="B")
    unit = make_unit("Đơn vị", parent=old)
    reorganisation.rename(unit, name="Tên mới", level=make_level(), on=DAY, by=None)
    reorganisation.move(unit, parent=new, on=DAY, by=None)
    place = Placement.objects.as_of(DAY).get(org_unit=unit)
    assert (place.name, place.parent) == ("Tên mới", new)
    assert Placement.objects.filter(org_unit=unit).count() == 2


def test_nothing_is_written_when_one_act_of_an_order_cannot_be():
    root = make_unit("Gốc")
    leaf = make_unit("Lá", parent=root)
    count = Placement.objects.count()

    def both() -> None:
        with reorganisation.ordered("trade_union", on=DAY, by=None) as order:
            order.change(leaf, name="Tên khác")
            order.end(root)

    with pytest.raises(ValidationError, match=r"còn đơn vị trực thuộc \(Tên khác\)|còn đơn vị trực thuộc"):
        both()
    assert Placement.objects.count() == count
    assert not Reorganisation.objects.exclude(act="establish").exists()


def test_moving_a_branch_costs_a_fixed_number_of_statements(django_assert_max_num_queries):
    old, new = make_unit("Cũ"), make_unit("Mới")
    branch = make_unit("Nhánh", parent=old)
    leaves = [make_unit(parent=branch) for _ in range(30)]
    with django_assert_max_num_queries(12):
        reorganisation.move(branch, parent=new, on=DAY, by=None)
    assert all(path_on(leaf, DAY).startswith(new.segment) for leaf in leaves)


def test_order_over_the_whole_tree_says_the_same_as_single_acts():
    old, new = make_unit("Cũ"), make_unit("Mới")
    branch = make_unit("Nhánh", parent=old)
    twig = make_unit("Cành", parent=branch)
    leaf = make_unit("Lá", parent=twig)
    with reorganisation.ordered("trade_union", on=DAY, by=None, whole=True) as order:
        order.move(branch, parent=new)
        order.move(twig, parent=old)
    assert path_on(leaf, DAY) == old.segment + twig.segment + leaf.segment
    assert path_on(branch, DAY) == new.segment + branch.segment
