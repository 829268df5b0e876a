import datetime

import pytest

from orgunits import reorganisation, roles
from orgunits.models import OrgUnit, Role
from tests.builders import give_role, make_unit, make_user

DAY = datetime.date(2025, 7, 1)
BEFORE = DAY - datetime.timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    root = make_unit("Gốc")
    branch = make_unit("Nhánh", parent=root)
    leaf = make_unit("Lá", parent=branch)
    other = make_unit("Nhánh khác", parent=root)
    return root, branch, leaf, other


def visible(user, on=DAY):
    return {unit.name for unit in OrgUnit.objects.visible_to(user, on)}


def test_role_reaches_down_and_not_up_or_sideways(tree):
    _, branch, leaf, other = tree
    user = make_user(unit=branch, role=Role.REVIEWER)
    assert visible(user) == {"Nhánh", "Lá"}
    assert roles.may(user, Role.REVIEWER, leaf, on=DAY)
    assert not roles.may(user, Role.REVIEWER, other, on=DAY)
    assert not roles.may(user, Role.ADMINISTRATOR, leaf, on=DAY)


def test_role_holds_from_its_first_day_until_the_day_before_its_end(tree):
    _, branch, _, _ = tree
    user = make_user()
    give_role(user, Role.VIEWER, branch, on=datetime.date(2025, 1, 1), until=DAY)
    assert visible(user, datetime.date(2024, 12, 31)) == set()
    assert visible(user, datetime.date(2025, 1, 1)) == {"Nhánh", "Lá"}
    assert visible(user, BEFORE) == {"Nhánh", "Lá"}
    assert visible(user, DAY) == set()


def test_administrator_of_the_installation_sees_every_tree(tree):
    user = make_user(role=Role.ADMINISTRATOR)
    assert visible(user) == {"Gốc", "Nhánh", "Lá", "Nhánh khác"}
    assert roles.is_system_administrator(user, on=DAY)


def test_person_without_a_role_sees_nothing(tree):
    assert visible(make_user()) == set()


def test_moved_branch_is_seen_by_its_new_superior_only(tree):
    _, branch, _, other = tree
    old = make_user(unit=tree[0], role=Role.REVIEWER)
    new = make_user(unit=other, role=Role.REVIEWER)
    reorganisation.move(branch, parent=other, on=DAY, by=None)
    assert visible(new, BEFORE) == {"Nhánh khác"}
    assert visible(new, DAY) == {"Nhánh khác", "Nhánh", "Lá"}
    assert "Lá" in visible(old, DAY)


def test_history_follows_succession_to_another_branch(tree):
    _, _, leaf, other = tree
    heir = make_unit("Đơn vị kế thừa", parent=other)
    user = make_user(unit=heir, role=Role.REPORTER)
    reorganisation.end(leaf, on=DAY, by=None, successors=[heir])
    assert visible(user, DAY) == {"Đơn vị kế thừa", "Lá"}
    assert roles.may(user, Role.REPORTER, leaf, on=DAY)


def test_ended_unit_stays_visible_where_it_ended(tree):
    root, _, leaf, other = tree
    reorganisation.end(leaf, on=DAY, by=None)
    assert "Lá" in visible(make_user(unit=root, role=Role.VIEWER), datetime.date(2026, 1, 1))
    assert "Lá" not in visible(make_user(unit=other, role=Role.VIEWER), datetime.date(2026, 1, 1))


def test_reminders_go_to_people_of_the_very_unit(tree):
    _, branch, leaf, _ = tree
    above = make_user(unit=branch, role=Role.REPORTER)
    here = make_user(unit=leaf, role=Role.REPORTER)
    gone = make_user(unit=leaf, role=Role.REPORTER, is_active=False)
    assert roles.users_for(leaf, Role.REPORTER, on=DAY) == [here]
    assert {above, gone} & set(roles.users_for(leaf, Role.REPORTER, on=DAY)) == set()
