"""Duties on one level keep it as one of several; expected reports get the level that their unit had then."""

import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ("orgunits", "0005_delegation")
BEFORE = [PEOPLE, ("plans", "0005_print_job_kind"), ("reports", "0009_issued_revision")]


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


def latest(app):
    [leaf] = MigrationExecutor(connection).loader.graph.leaf_nodes(app)
    return leaf


@pytest.fixture
def latest_again():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_levels_come_over_and_go_back(latest_again):
    get = migrate(BEFORE).get_model
    levels = [
        get("orgunits", "Level").objects.create(sector="trade_union", code=code, name=code, rank=rank)
        for code, rank in (("cap-tren", 2), ("cap-duoi", 3))
    ]
    unit = get("orgunits", "OrgUnit").objects.create(code="X1", sector="trade_union")
    days = [datetime.date(2020, 1, 1), datetime.date(2025, 7, 1), None]
    for level, first, last in zip(levels, days, days[1:], strict=False):
        get("orgunits", "Placement").objects.create(
            org_unit=unit,
            level=level,
            name="Đơn vị",
            path="0000001.",
            valid_from=first,
            valid_to=last,
            is_final=last is None,
        )
    programme = get("plans", "Programme").objects.create(code="ct", name="Chương trình", short_name="CT")
    document = get("plans", "Document").objects.create(kind="plan", sector="trade_union", programme=programme)
    plan = get("plans", "Plan").objects.create(document=document, org_unit=unit, programme=programme, status="issued")
    duty = get("plans", "ReportingDuty").objects.create(plan=plan, name="Báo cáo", reporters="level", level=levels[1])
    for year in (2024, 2025):
        day = datetime.date(year, 12, 31)
        period = get("reports", "Period").objects.create(
            kind="year", year=year, starts_on=datetime.date(year, 1, 1), ends_on=day, cut_off_on=day
        )
        get("reports", "Obligation").objects.create(
            org_unit=unit, duty=duty, period=period, path="0000001.", receiving_unit=unit, due_on=day, cut_off_on=day
        )

    get = migrate([latest("plans"), latest("reports")]).get_model
    assert list(get("plans", "ReportingDuty").objects.get().levels.values_list("code", flat=True)) == ["cap-duoi"]
    held = get("reports", "Obligation").objects.order_by("period__year").values_list("level__code", flat=True)
    assert list(held) == ["cap-tren", "cap-duoi"]

    duty = migrate(BEFORE).get_model("plans", "ReportingDuty").objects.get()
    assert duty.level.code == "cap-duoi"
