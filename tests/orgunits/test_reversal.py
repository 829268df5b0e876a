"""An act that is taken back leaves every place as it was; what has been built on since stands in its way."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from orgunits import reorganisation, reversal
from orgunits.models import AuditEvent, Placement, Reform, Reorganisation, Succession
from orgunits.transitions import Conflict
from tests.builders import make_level, make_unit

DAY = datetime.date(2025, 7, 1)
LATER = datetime.date(2026, 1, 1)

pytestmark = pytest.mark.django_db


def all_places() -> list[tuple[Any, ...]]:
    """Every place with what can be seen of it."""
    fields = ("org_unit", "name", "code", "parent", "path", "depth", "valid_from", "valid_to", "is_final", "level")
    return sorted(Placement.objects.values_list(*fields), key=str)


def last_act() -> Reorganisation:
    return Reorganisation.objects.latest("pk")


def test_move_is_taken_back_with_its_branch_and_with_places_that_begin_later():
    old, new = make_unit("Cũ"), make_unit("Mới")
    branch = make_unit("Nhánh", parent=old)
    leaf = make_unit("Lá", parent=branch)
    reorganisation.rename(leaf, name="Lá mới", level=make_level(), on=LATER, by=None)
    before = all_places()
    reorganisation.move(branch, parent=new, on=DAY, by=None)
    assert all_places() != before
    reversal.reverse(last_act(), by=None, reason="Nhầm đơn vị")
    assert all_places() == before
    act = Reorganisation.objects.get(reversed_at__isnull=False)
    assert (act.act, act.reversal_reason) == ("move", "Nhầm đơn vị")
    assert AuditEvent.objects.filter(action="unit.reverse").exists()


def test_merger_is_taken_back_with_its_successions():
    first, second = make_unit("Một"), make_unit("Hai")
    make_unit("Lá", parent=second)
    before = all_places()
    act = reorganisation.merge([first, second], [first], on=DAY, by=None, children_to=first)
    reversal.reverse(act, by=None, reason="Nhầm")
    assert all_places() == before
    assert not Succession.objects.exists()


def test_act_that_wrote_over_one_of_the_same_day_gives_that_one_back():
    old, new = make_unit("Cũ"), make_unit("Mới")
    unit = make_unit("Đơn vị", parent=old)
    make_unit("Lá", parent=unit)
    reorganisation.rename(unit, name="Tên mới", level=make_level(), on=DAY, by=None)
    before = all_places()
    reorganisation.move(unit, parent=new, on=DAY, by=None)
    reversal.reverse(last_act(), by=None, reason="Nhầm")
    assert all_places() == before


def test_establishment_and_restoration_are_taken_back():
    unit = make_unit("Đơn vị", code="X")
    before = all_places()
    make_unit("Mới", code="M", on=DAY)
    reversal.reverse(last_act(), by=None, reason="Nhầm")
    assert all_places() == before
    make_unit("Mới", code="M", on=LATER)  # the code is free again
    reorganisation.end(unit, on=DAY, by=None)
    ended = all_places()
    act = reorganisation.restore(unit, parent=None, on=LATER, by=None)
    reversal.reverse(act, by=None, reason="Nhầm")
    assert all_places() == ended


def test_what_was_built_on_since_stands_in_the_way():
    old, new = make_unit("Cũ"), make_unit("Mới")
    unit = make_unit("Đơn vị", parent=old)
    reorganisation.move(unit, parent=new, on=DAY, by=None)
    move = last_act()
    reorganisation.rename(unit, name="Tên", level=make_level(), on=LATER, by=None)
    with pytest.raises(ValidationError, match="Sau đó đã có quyết định khác về Tên"):
        reversal.reverse(move, by=None, reason="Nhầm")
    reversal.reverse(last_act(), by=None, reason="Nhầm")
    reversal.reverse(move, by=None, reason="Nhầm")
    assert Placement.objects.get(org_unit=unit).parent == old


def test_unit_placed_below_a_new_one_stands_in_the_way_of_taking_it_back():
    make_unit("Mới", on=DAY)
    act = last_act()
    make_unit("Con", parent=act.org_unit, on=LATER)
    with pytest.raises(ValidationError, match="Sau đó đã có quyết định khác"):
        reversal.reverse(act, by=None, reason="Nhầm")


def test_act_is_taken_back_once():
    unit = make_unit()
    reorganisation.end(unit, on=DAY, by=None)
    act = last_act()
    reversal.reverse(act, by=None, reason="Nhầm")
    with pytest.raises(Conflict):
        reversal.reverse(act, by=None, reason="Nhầm")


def test_reform_is_taken_back_as_a_whole_only():
    old, new = make_unit("Cũ"), make_unit("Mới")
    unit, other = make_unit(parent=old), make_unit(parent=old)
    before = all_places()
    reform = Reform.objects.create(sector="trade_union", name="Sắp xếp 2025", effective_on=DAY)
    with reorganisation.ordered("trade_union", on=DAY, by=None, reform=reform, whole=True) as order:
        order.move(unit, parent=new)
        order.merge([unit, other], {unit: None})
        order.end(old, {new: None})
    with pytest.raises(ValidationError, match="chỉ hủy được cả đợt"):
        reversal.reverse(last_act(), by=None, reason="Nhầm")
    reversal.reverse(reform, by=None, reason="Nhầm cả đợt")
    assert all_places() == before
    assert not Reorganisation.objects.filter(reform=reform, reversed_at__isnull=True).exists()
