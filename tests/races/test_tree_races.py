"""Two acts on one tree at the same moment: the second builds on what the first has written."""

import datetime
import threading
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from orgunits import reorganisation
from orgunits.models import OrgUnit, Placement
from orgunits.transitions import Conflict
from tests.builders import make_unit
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
DAY = datetime.date(2025, 7, 1)


@pytest.fixture
def tree(db) -> SimpleNamespace:
    """A branch with a twig below it, and another root."""
    old, new = make_unit("Cấp trên cũ"), make_unit("Cấp trên mới")
    branch = make_unit("Nhánh", parent=old)
    return SimpleNamespace(old=old, new=new, branch=branch, twig=make_unit("Cành", parent=branch))


def come_while_the_branch_moves(tree: SimpleNamespace, *, waits: bool) -> str:
    """The path of a unit that is made below the twig after the branch has moved and before that is committed."""
    moved, made = threading.Event(), threading.Event()

    def move() -> None:
        with transaction.atomic():
            reorganisation.move(tree.branch, parent=tree.new, on=DAY, by=None)
            moved.set()
            wait_for_a_waiter() if waits else made.wait(PATIENCE)

    def establish() -> None:
        assert moved.wait(PATIENCE)
        make_unit("Lá", parent=tree.twig, on=DAY)
        made.set()

    assert press_together([move, establish]) == ["won", "won"]
    return Placement.objects.get(name="Lá").path


def test_unit_that_comes_while_its_branch_moves_comes_to_the_new_place(tree):
    assert come_while_the_branch_moves(tree, waits=True).startswith(tree.new.segment)


def test_control_without_the_lock_it_hangs_where_the_branch_was(tree, monkeypatch):
    monkeypatch.setattr(reorganisation, "lock_tree", lambda sector: None)
    assert come_while_the_branch_moves(tree, waits=False).startswith(tree.old.segment)


def test_two_units_that_move_below_each_other_make_no_circle(tree):
    def move(unit: OrgUnit, parent: OrgUnit):
        def action() -> None:
            try:
                reorganisation.move(unit, parent=parent, on=DAY, by=None)
            except ValidationError as error:
                raise Conflict("refused") from error

        return action

    outcomes = press_together([move(tree.old, tree.new), move(tree.new, tree.old)])
    assert sorted(outcomes) == ["refused", "won"]
