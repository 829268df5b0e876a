"""Activities written before money had a source for each column keep all of it when the columns come."""

import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ("orgunits", "0005_delegation")
BEFORE = [PEOPLE, ("reports", "0004_asked_tasks")]
AFTER = [PEOPLE, ("reports", "0006_money_by_source")]


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def latest_again():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_old_rows_keep_their_money(latest_again):
    apps = migrate(BEFORE)
    unit = apps.get_model("orgunits", "OrgUnit").objects.create(code="X1", sector="trade_union")
    user = apps.get_model("orgunits", "User").objects.create(email="a@vi-du.vn", full_name="A", sort_name="a")
    old = apps.get_model("reports", "Activity").objects
    sums = [("union", 1), ("state", 2), ("social", 3), ("mixed", 4), ("none", 0), ("", 6), ("union", None)]
    for source, amount in sums:
        old.create(
            name=f"{source} {amount}",
            occasion="other",
            held_on=datetime.date(2026, 6, 1),
            org_unit=unit,
            recorded_by=user,
            amount_spent=amount,
            funding_source=source,
        )
    rows = migrate(AFTER).get_model("reports", "Activity").objects.order_by("pk")
    names = ("amount_union", "amount_state", "amount_social", "amount_other")
    assert list(rows.values_list(*names)) == [
        (1, None, None, None),
        (None, 2, None, None),
        (None, None, 3, None),
        (None, None, None, 4),
        (None, None, None, 0),
        (None, None, None, 6),
        (None, None, None, None),
    ]
