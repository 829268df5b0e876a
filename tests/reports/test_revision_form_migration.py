"""Filings from before a revision knew its form keep the version that their report had then."""

import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
BELOW = [("orgunits", "0005_delegation"), ("plans", "0005_print_job_kind")]
AT = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def latest_again():
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_every_filing_gets_the_version_of_its_report(latest_again):
    apps = migrate([*BELOW, ("reports", "0007_form_version_edits")])
    get = apps.get_model
    unit = get("orgunits", "OrgUnit").objects.create(code="X1", sector="trade_union")
    user = get("orgunits", "User").objects.create(email="a@vi-du.vn", full_name="A", sort_name="a")
    programme = get("plans", "Programme").objects.create(code="ct", name="Chương trình", short_name="CT")
    document = get("plans", "Document").objects.create(kind="plan", sector="trade_union", programme=programme)
    plan = get("plans", "Plan").objects.create(document=document, org_unit=unit, programme=programme, status="issued")
    duty = get("plans", "ReportingDuty").objects.create(plan=plan, name="Báo cáo", phrase="trước ngày 10/11")
    form = get("reports", "ReportForm").objects.create(duty=duty, period_kind="year")
    first, second = (get("reports", "FormVersion").objects.create(form=form, number=number) for number in (1, 2))
    filed = {}
    for year, version in ((2025, first), (2026, second)):
        day = datetime.date(year, 12, 31)
        period = get("reports", "Period").objects.create(
            kind="year", year=year, starts_on=datetime.date(year, 1, 1), ends_on=day, cut_off_on=day
        )
        obligation = get("reports", "Obligation").objects.create(
            org_unit=unit, duty=duty, period=period, path="0000001.", receiving_unit=unit, due_on=day, cut_off_on=day
        )
        report = get("reports", "Report").objects.create(
            obligation=obligation, form_version=version, status="submitted", submitted_at=AT, first_submitted_at=AT
        )
        revision = get("reports", "Revision").objects.create(
            report=report, number=1, content={}, submitted_at=AT, submitted_by=user
        )
        filed[revision.pk] = version.pk
    revisions = migrate([*BELOW, ("reports", "0008_revision_form_version")]).get_model("reports", "Revision").objects
    assert dict(revisions.values_list("pk", "form_version_id")) == filed
