import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from orgunits import reorganisation
from orgunits.models import AuditEvent, OrgUnit, Placement, Succession
from tests.builders import LONG_AGO, make_level, make_unit

DAY = datetime.date(2025, 7, 1)
BEFORE = DAY - datetime.timedelta(days=1)

pytestmark = pytest.mark.django_db


def names_below(unit: OrgUnit, on: datetime.date) -> set[str]:
    return {found.name_on(on) for found in OrgUnit.objects.below(unit, on)}


def test_established_unit_lies_below_its_parent_from_its_first_day():
    root = make_unit("Gốc")
    make_unit("Con", parent=root, on=DAY)
    assert names_below(root, DAY) == {"Con"}
    assert names_below(root, BEFORE) == set()


def test_rename_holds_from_its_day_and_the_old_name_before():
    unit = make_unit("Tên cũ")
    reorganisation.rename(unit, name="Tên mới", level=make_level(), on=DAY, by=None)
    unit = OrgUnit.objects.get(pk=unit.pk)
    assert unit.name_on(BEFORE) == "Tên cũ"
    assert unit.name_on(DAY) == "Tên mới"


def test_move_takes_the_whole_branch_and_leaves_the_past():
    old, new = make_unit("Cấp trên cũ"), make_unit("Cấp trên mới")
    branch = make_unit("Nhánh", parent=old)
    make_unit("Lá", parent=branch)
    reorganisation.move(branch, parent=new, on=DAY, by=None)
    assert names_below(old, BEFORE) == {"Nhánh", "Lá"}
    assert names_below(old, DAY) == set()
    assert names_below(new, DAY) == {"Nhánh", "Lá"}


def test_unit_cannot_be_placed_below_itself():
    root = make_unit("Gốc")
    leaf = make_unit("Lá", parent=root)
    with pytest.raises(ValidationError, match="chính mình"):
        reorganisation.move(root, parent=leaf, on=DAY, by=None)


def test_unit_is_not_placed_below_one_that_is_known_to_move_or_to_end_later():
    """Its place holds for all time to come, and would keep the old way up."""
    old, new = make_unit("Cấp trên cũ"), make_unit("Cấp trên mới")
    branch, ending = make_unit("Nhánh", parent=old), make_unit("Sắp kết thúc", parent=old)
    reorganisation.move(branch, parent=new, on=DAY, by=None)
    reorganisation.end(ending, on=DAY, by=None)
    with pytest.raises(ValidationError, match="chuyển chỗ từ ngày 01/07/2025"):
        make_unit("Lá", parent=branch, on=BEFORE)
    with pytest.raises(ValidationError, match="kết thúc hoạt động từ ngày 01/07/2025"):
        make_unit("Lá", parent=ending, on=BEFORE)
    make_unit("Lá", parent=branch, on=DAY)
    assert names_below(new, DAY) == {"Nhánh", "Lá"}


def test_unit_may_come_below_one_that_has_only_changed_its_name_since():
    root = make_unit("Gốc")
    reorganisation.rename(root, name="Gốc mới", level=make_level(), on=DAY, by=None)
    make_unit("Con", parent=root, on=BEFORE)
    assert names_below(root, DAY) == {"Con"}


def test_unit_cannot_be_placed_in_another_sector():
    party = make_unit("Đảng ủy", sector="party", level=make_level("party", "du", "Đảng ủy"))
    with pytest.raises(ValidationError, match="cùng hệ thống"):
        make_unit("Công đoàn", parent=party)


def test_change_before_the_current_place_began_is_refused():
    unit = make_unit("Đơn vị", on=DAY)
    with pytest.raises(ValidationError, match="phải từ ngày 01/07/2025 trở đi"):
        reorganisation.rename(unit, name="Tên", level=make_level(), on=BEFORE, by=None)


def test_unit_with_units_below_cannot_end():
    root = make_unit("Gốc")
    make_unit("Lá", parent=root)
    with pytest.raises(ValidationError, match="còn đơn vị trực thuộc"):
        reorganisation.end(root, on=DAY, by=None)


def test_ended_unit_has_no_place_from_that_day_and_cannot_change():
    unit = make_unit("Đơn vị")
    reorganisation.end(unit, on=DAY, by=None)
    unit = OrgUnit.objects.get(pk=unit.pk)
    assert unit.placement_on(BEFORE) is not None
    assert unit.placement_on(DAY) is None
    with pytest.raises(ValidationError, match="đã kết thúc"):
        reorganisation.rename(unit, name="Tên", level=make_level(), on=datetime.date(2026, 1, 1), by=None)


def test_succession_is_closed_over_several_acts():
    first, second, third = make_unit("Một"), make_unit("Hai"), make_unit("Ba")
    reorganisation.end(first, on=datetime.date(2024, 1, 1), by=None, successors=[second])
    reorganisation.end(second, on=DAY, by=None, successors=[third])
    links = set(Succession.objects.values_list("predecessor__code", "successor__code", "direct"))
    assert (first.code, third.code, False) in links
    assert len(links) == 3


def test_every_act_is_audited():
    unit = make_unit("Đơn vị")
    reorganisation.end(unit, on=DAY, by=None)
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {"unit.establish", "unit.dissolve"}


def test_database_itself_refuses_overlapping_places():
    if connection.vendor != "postgresql":
        pytest.skip("the exclusion constraint is PostgreSQL's")
    unit = make_unit("Đơn vị")
    reorganisation.end(unit, on=DAY, by=None)
    place = Placement.objects.get(org_unit=unit)
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.create(
            org_unit=unit, name="Chồng", level=place.level, path=place.path, valid_from=BEFORE, is_final=False
        )


def test_search_finds_names_typed_without_marks():
    unit = make_unit("Liên đoàn Lao động tỉnh Đắk Lắk", on=LONG_AGO)
    assert list(OrgUnit.objects.search("dak lak")) == [unit]
    assert list(OrgUnit.objects.search("ĐẮK")) == [unit]
    assert not OrgUnit.objects.search("binh thuan").exists()


def test_names_sort_in_vietnamese_order_and_numbers_by_value():
    for name in ["Ơn", "Đông", "Dân", "An", "Ân", "Ăn", "Số 10", "Số 2"]:
        make_unit(name)
    assert list(Placement.objects.order_by("sort_name").values_list("name", flat=True)) == [
        "An", "Ăn", "Ân", "Dân", "Đông", "Ơn", "Số 2", "Số 10",
    ]  # fmt: skip
