import datetime

import pytest

from orgunits import sample
from orgunits.models import OrgUnit, Placement, RoleAssignment, User

DAY = datetime.date(2024, 6, 1)


@pytest.mark.django_db
def test_sample_organisation_holds_the_units_that_the_plans_name():
    units = sample.load_units()
    below = OrgUnit.objects.children_of(units["cdvc-dak-lak"], DAY)
    assert below.count() == 31
    assert units["cdcs-07"].name == "Công đoàn cơ sở số 07"
    assert units["xa-cam-tan"].placement_on(DAY).parent == units["huyen-cam-thuy"]
    assert all(unit.is_sample for unit in units.values())


@pytest.mark.django_db
def test_loading_twice_changes_nothing():
    first = sample.load_units()
    sample.load_people(first, password="mat-khau-mau-123")
    counts = [model.objects.count() for model in (OrgUnit, Placement, User, RoleAssignment)]
    assert sample.load_units() == first
    sample.load_people(first, password="mat-khau-khac-456")
    assert [model.objects.count() for model in (OrgUnit, Placement, User, RoleAssignment)] == counts
    assert User.objects.get(email="cdcs07@mau.example").check_password("mat-khau-mau-123")


@pytest.mark.django_db
def test_shown_accounts_cover_every_role():
    shown = sample.load_people(sample.load_units(), password="mat-khau-mau-123")
    assert {account.role for account in shown} == {
        "Người lập báo cáo",
        "Người ký duyệt của đơn vị",
        "Người xét duyệt cấp trên",
        "Người xem",
        "Quản trị",
    }
