import datetime

import pytest

from orgunits.sample import load_people, load_units
from plans.loading import load_plans
from plans.models import ReportingDuty
from reports import form_fields
from reports.models import Notice, Obligation, Reminder, Report, Rollup
from reports.sample import HARM, load_reports
from targets.loading import load_targets

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture
def sample(db):
    units = load_units()
    load_people(units, password="mat-khau-mau-123")
    load_plans(units)
    load_targets()
    load_reports(on=TODAY)
    return units


def test_current_year_has_reports_in_every_state(sample):
    duty = ReportingDuty.objects.get(key="57-kh-cdvc-bao-cao-nam")
    rows = Obligation.objects.filter(duty=duty, period__year=2026)
    assert rows.count() == 31
    states = [row.report.status if hasattr(row, "report") else None for row in rows.select_related("report")]
    assert states.count("approved") == 26
    assert states.count("submitted") == 2
    assert states.count("returned") == 1
    assert states.count(None) == 2


def test_rollup_of_the_province_holds_every_unit(sample):
    duty = ReportingDuty.objects.get(key="57-kh-cdvc-bao-cao-nam")
    row = Rollup.objects.get(org_unit=sample["ldld-dak-lak"], duty=duty, period__year=2026)
    assert (row.expected, row.approved, row.submitted, row.returned) == (31, 26, 2, 1)


def test_duty_without_a_date_in_the_document_is_dated_by_the_administrator(sample):
    rules = ReportingDuty.objects.get(key="162-kh-duk-bao-cao-dinh-ky").due_rules.all()
    assert [rule.set_by_administrator for rule in rules] == [True]


def test_plan_without_targets_is_filed_all_the_same(sample):
    report = Report.objects.filter(obligation__duty__key="162-kh-duk-bao-cao-dinh-ky", status="approved").first()
    assert report.latest_revision.content["texts"]
    assert report.latest_revision.content["figures"] == {}


def test_no_number_of_harmed_children_is_made_up(sample):
    reports = Report.objects.filter(obligation__org_unit=sample["xa-cam-tan"], status="approved")
    figures = [report.latest_revision.content["figures"] for report in reports]
    assert len(figures) == 2
    assert all(found[code] == {"nil": True} for found in figures for code in HARM)


def test_sample_report_speaks_of_the_tasks_that_its_form_asks(sample):
    for report in Report.objects.filter(obligation__period__year=2026):
        asked = {str(row.task.pk) for question in form_fields.load(report).questions for row in question.tasks}
        assert set(report.latest_revision.content["tasks"]) == asked


def test_no_letters_go_out_for_sample_reports(sample):
    assert not Notice.objects.exists()
    assert not Reminder.objects.exists()


def test_loading_again_changes_nothing(sample):
    before = (Obligation.objects.count(), Report.objects.count())
    load_reports(on=TODAY)
    assert (Obligation.objects.count(), Report.objects.count()) == before


def test_sample_report_answers_only_what_its_unit_is_asked(sample):
    upward = Report.objects.filter(obligation__duty__key="57-kh-cdvc-bao-cao-len-ldld-tinh").first()
    shares = upward.form_version.items.filter(kind="share").values_list("code", flat=True)
    assert shares
    assert not set(shares) & set(upward.latest_revision.content["figures"])  # the targets are for the base
