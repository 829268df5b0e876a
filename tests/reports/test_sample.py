import datetime

import pytest
from django.db import transaction

from orgunits import roles
from orgunits.models import Role, RoleAssignment, User
from orgunits.sample import load_people, load_units
from plans.loading import load_plans
from plans.models import ReportingDuty
from reports import corrections, form_fields, handover
from reports.models import Notice, Obligation, Reminder, Report, ReportForm, Revision, Rollup
from reports.progress import progress
from reports.sample import load_reports
from reports.sample_content import HARM
from targets.loading import load_targets

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker):
    """The sample, loaded once for all tests of this file: they only read it, or load it again."""
    with django_db_blocker.unblock(), transaction.atomic():
        units = load_units()
        load_people(units, password="mat-khau-mau-123")
        load_plans(units)
        load_targets()
        load_reports(on=TODAY)
        yield units
        transaction.set_rollback(True)


def test_current_year_has_reports_in_every_state(sample):
    duty = ReportingDuty.objects.get(key="57-kh-cdvc-bao-cao-nam")
    rows = Obligation.objects.filter(duty=duty, period__year=2026)
    assert rows.count() == 31
    states = [row.report.status if hasattr(row, "report") else None for row in rows.select_related("report")]
    assert {state: states.count(state) for state in set(states)} == {
        "approved": 22, "submitted": 6, "returned": 1, "draft": 1, None: 1
    }  # fmt: skip


def test_rollup_of_the_province_holds_every_unit(sample):
    duty = ReportingDuty.objects.get(key="57-kh-cdvc-bao-cao-nam")
    row = Rollup.objects.get(org_unit=sample["ldld-dak-lak"], duty=duty, period__year=2026)
    assert (row.expected, row.approved, row.submitted, row.returned) == (31, 22, 6, 1)


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
    for report in Report.objects.filter(obligation__period__year=2026, revisions__isnull=False).distinct():
        asked = {str(row.task.pk) for question in form_fields.load(report).questions for row in question.tasks}
        assert set(report.latest_revision.content["tasks"]) == asked


def revision(unit, year=2026, duty="57-kh-cdvc-bao-cao-nam"):
    found = Revision.objects.filter(report__obligation__org_unit__code=unit, report__obligation__duty__key=duty)
    return found.filter(report__obligation__period__year=year).order_by("-number").first()


def test_texts_differ_from_unit_to_unit_and_are_marked_as_sample(sample):
    rows = Revision.objects.filter(report__obligation__duty__key="57-kh-cdvc-bao-cao-nam")
    texts = [text for row in rows for text in row.content["texts"].values()]
    assert all(text.startswith("Dữ liệu mẫu:") for text in texts)
    assert len(set(texts)) > len(texts) * 0.95


def test_reviewer_finds_marked_only_what_was_copied_or_fell(sample):
    flagged = Revision.objects.filter(flag_count__gt=0, report__obligation__duty__key="57-kh-cdvc-bao-cao-nam")
    found = {row.report.obligation.org_unit.code: set(row.flags) for row in flagged}
    assert found == {
        "cdcs-12": {"same_before"},
        "cdcs-28": {"same_before"},
        "cdcs-20": {"same_sibling"},
        "cdcs-16": {"checks"},
    }
    assert revision("cdcs-12").flags["same_before"] == {"ket-qua": 100, "phuong-huong": 100}
    assert revision("cdcs-20").flags["same_sibling"]["ket-qua"] == [revision("cdcs-19").pk, 100]
    assert revision("cdcs-04").flag_count == 0


def test_one_report_came_back_with_single_items_and_a_new_day(sample):
    report = Report.objects.get(status="returned", obligation__duty__key="57-kh-cdvc-bao-cao-nam")
    assert report.open_items == ["ket-qua", "kinh-phi-cong-doan"]
    assert report.obligation.due_now == TODAY + datetime.timedelta(days=7)
    assert set(report.events.latest("pk").item_reasons) == set(report.open_items)


def test_half_of_a_draft_is_typed(sample):
    report = Report.objects.get(obligation__org_unit=sample["cdcs-07"], obligation__period__year=2026)
    done = progress(report)
    assert 0 < done.answered < done.asked
    assert report.draft_saved_by.email == "cdcs07@mau.example"


def test_passages_from_below_count_as_an_answer(sample):
    report = Report.objects.get(obligation__org_unit=sample["cdvc-dak-lak"], status="draft")
    assert progress(report).answered == 1  # two of the three texts need not be written


def test_report_upward_holds_picked_texts_and_what_was_sent(sample):
    sent = revision("cdvc-dak-lak", 2025, "57-kh-cdvc-bao-cao-len-ldld-tinh")
    assert {code: len(rows) for code, rows in sent.content["collected"].items()} == {
        "ket-qua": 3, "ton-tai-han-che": 3, "kien-nghi": 3
    }  # fmt: skip
    assert sent.snapshot.children.count() == 31
    changed = corrections.since_filed(sent)
    assert list(changed.children)
    assert Report.objects.get(obligation__org_unit=sample["cdvc-dak-lak"], status="draft").text_picks.count() == 9


def test_somebody_stands_in_for_the_reviewer_and_a_post_has_changed_hands(sample):
    stand_in = RoleAssignment.objects.get(delegated_by__isnull=False)
    assert roles.may(stand_in.user, Role.REVIEWER, sample["cdcs-07"], on=TODAY)
    assert not roles.may(stand_in.user, Role.REVIEWER, sample["cdcs-07"], on=TODAY + datetime.timedelta(days=13))
    new = User.objects.get(email="cdcs05.moi@mau.example")
    assert [unit.code for unit in handover.new_posts(new, on=TODAY)] == ["cdcs-05"]


def test_a_version_of_a_form_is_being_built_and_nobody_fills_it_in(sample):
    form = ReportForm.objects.get(duty__key="57-kh-cdvc-bao-cao-nam")
    assert form.draft.items.filter(code="hoc-boi").exists()
    assert form.current.number < form.draft.number


def test_no_letters_go_out_for_sample_reports(sample):
    assert not Notice.objects.exists()
    assert not Reminder.objects.exists()


def test_loading_again_changes_nothing(sample):
    before = (Obligation.objects.count(), Report.objects.count())
    load_reports(on=TODAY)
    assert (Obligation.objects.count(), Report.objects.count()) == before


def test_sample_report_answers_only_what_its_unit_is_asked(sample):
    upward = Report.objects.filter(obligation__duty__key="57-kh-cdvc-bao-cao-len-ldld-tinh", status="approved").first()
    shares = upward.form_version.items.filter(kind="share").values_list("code", flat=True)
    assert shares
    assert not set(shares) & set(upward.latest_revision.content["figures"])  # the targets are for the base
