"""The sample's registers: marked as sample, within the plan's words, the same every time, and frozen in the reports."""

import datetime

import pytest

from orgunits.sample import load_people, load_units
from plans.loading import load_plans
from reports import care_model_forms, care_models, sample_registers
from reports.models import Activity, CareModel, CareModelStep, Obligation, Revision
from reports.sample import load_reports
from targets.loading import load_targets

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture
def sample(db):
    units = load_units()
    load_people(units, password="mat-khau-mau-123")
    load_plans(units)
    load_targets()
    return units


def test_rows_are_marked_and_name_no_place(sample):
    sample_registers.load(TODAY)
    rows = list(Activity.objects.all())
    assert len(rows) > 100
    assert all(row.name.startswith("Dữ liệu mẫu: ") and row.place == "" for row in rows)
    assert all(row.org_unit.is_sample and row.held_on <= TODAY and row.task.section.key == "III.5" for row in rows)
    assert {row.held_on.year for row in rows} == {2024, 2025, 2026}
    names = set(CareModel.objects.values_list("name", flat=True))
    assert names == set(care_model_forms.suggested_names({"trade_union"}))
    assert not CareModelStep.objects.filter(noted_on__gt=TODAY).exists()
    assert not CareModelStep.objects.filter(kind="spread", places=None).exists()
    assert not CareModelStep.objects.exclude(kind="spread").exclude(places=None).exists()


def test_loading_twice_adds_nothing_and_a_fresh_one_is_the_same(sample):
    sample_registers.load(TODAY)
    first = list(Activity.objects.order_by("pk").values_list("org_unit__code", "name", "held_on", "children_reached"))
    sample_registers.load(TODAY)
    assert Activity.objects.count() == len(first)
    for table in (Activity, CareModelStep, CareModel):
        table.objects.all().delete()
    sample_registers.load(TODAY)
    again = list(Activity.objects.order_by("pk").values_list("org_unit__code", "name", "held_on", "children_reached"))
    assert again == first


def test_reports_of_the_sample_freeze_what_the_registers_hold(sample):
    load_reports(on=TODAY)
    activity = Activity.objects.filter(held_on__year=2025).order_by("pk").first()
    revision = Revision.objects.filter(
        report__obligation__org_unit=activity.org_unit,
        report__obligation__period__year=2025,
        report__obligation__duty__key="57-kh-cdvc-bao-cao-nam",
    ).get()
    assert activity.pk in [row["pk"] for row in revision.content["activities"]]
    obligations = Obligation.objects.filter(duty__key="57-kh-cdvc-bao-cao-nam", period__year=2026)
    reports = [row.report for row in obligations.select_related("report") if hasattr(row, "report")]
    assert any(care_models.not_noted(report) for report in reports), "some form offers a model to keep up"
