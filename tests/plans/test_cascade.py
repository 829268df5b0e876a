import datetime

import pytest

from orgunits.models import Role
from plans.cascade import below_plan, cascade, counted_on
from plans.loading import load_plans
from plans.models import Document, Plan, Programme
from tests.builders import make_plan, make_user
from tests.plans.organisation import make_organisation

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 22)


@pytest.fixture
def units():
    units = make_organisation()
    load_plans(units)
    return units


def drawn(steps, depth=0):
    """The tree as lines of (depth, key, whether the reader may open it)."""
    lines = []
    for step in steps:
        lines.append((depth, step.document.key, step.plan is not None))
        lines += drawn(step.children, depth + 1)
    return lines


def of(code):
    return Programme.objects.get(code=code)


def test_directive_province_sector_union_for_a_grassroots_officer(units):
    officer = make_user(unit=units["cdcs-01"], role=Role.REPORTER)
    assert drawn(cascade(of("28-ct-tw"), user=officer, on=DAY)) == [
        (0, "28-ct-tw", False),
        (1, "54-kh-ldld-dak-lak", True),
        (2, "57-kh-cdvc", True),
    ]


def test_branch_of_the_commune_crosses_from_government_to_party(units):
    officer = make_user(unit=units["xa-cam-tan"], role=Role.REPORTER)
    steps = cascade(of("28-ct-tw"), user=officer, on=DAY)
    assert drawn(steps) == [
        (0, "28-ct-tw", False),
        (1, "183-kh-tu-thanh-hoa", False),
        (2, "110-kh-ubnd-cam-thuy", True),
        (3, "kh-ubnd-cam-tan", True),
        (1, "91-kh-ubnd-thanh-hoa", True),
    ]
    assert [step.unstated for step in steps[0].children] == [True, True]  # neither says what it carries out


def test_other_programmes_stand_apart(units):
    administrator = make_user(role=Role.ADMINISTRATOR)
    assert drawn(cascade(of("20-ct-tw"), user=administrator, on=DAY)) == [
        (0, "20-ct-tw", False),
        (1, "32-ct-tu-binh-thuan", False),
        (1, "1292-kh-ubnd-binh-thuan", False),
        (2, "60-kh-ldld", True),
    ]
    national = drawn(cascade(of("chuong-trinh-hanh-dong-2021-2030"), user=administrator, on=DAY))
    assert [key for _, key, _ in national] == ["chuong-trinh-hanh-dong-2021-2030", "104-kh-tld", "cong-van-ldld-tinh"]


def test_stranger_sees_the_directive_alone(units):
    stranger = make_user(unit=units["ldld-c"], role=Role.REPORTER)
    assert drawn(cascade(of("28-ct-tw"), user=stranger, on=DAY)) == [(0, "28-ct-tw", False)]


def test_units_below_with_and_without_their_own_plan(units):
    reviewer = make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER)
    plan = Plan.objects.get(document__key="57-kh-cdvc")
    own = make_plan(units["cdcs-01"], number="02/KH-CĐCS", programme=plan.programme, derives_from=plan.document)
    below = below_plan(plan, user=reviewer, on=DAY)
    assert [(unit.place.org_unit, unit.plan, unit.issued) for unit in below.units] == [
        (units["cdcs-01"], own, True),
        (units["cdcs-02"], None, False),
    ]
    assert (below.issued, below.drafted, below.missing, below.total) == (1, 0, 1, 2)


def test_draft_is_not_issued(units):
    reviewer = make_user(unit=units["huyen-cam-thuy"], role=Role.REVIEWER)
    plan = Plan.objects.get(document__key="110-kh-ubnd-cam-thuy")
    below = below_plan(plan, user=reviewer, on=DAY)
    assert (below.issued, below.drafted, below.missing) == (0, 1, 0)


def test_issued_plan_counts_before_a_later_draft(units):
    reviewer = make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER)
    plan = Plan.objects.get(document__key="57-kh-cdvc")
    issued = make_plan(units["cdcs-01"], number="02/KH-CĐCS", programme=plan.programme)
    draft = make_plan(units["cdcs-01"], number="", programme=plan.programme, issued_on=datetime.date(2026, 1, 5))
    Plan.objects.filter(pk=draft.pk).update(status=Plan.Status.DRAFT)
    assert below_plan(plan, user=reviewer, on=DAY).units[0].plan == issued


def test_plan_without_a_date_counts_as_the_latest_on_both_databases(units):
    unit, plan = units["cdcs-01"], Plan.objects.get(document__key="57-kh-cdvc")
    undated = make_plan(unit, programme=plan.programme, number="9/KH")
    Document.objects.filter(pk=undated.document_id).update(issued_on=None, issued_month=None, issued_year=None)
    make_plan(unit, programme=plan.programme, number="10/KH")
    officer = make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER)
    below = below_plan(plan, user=officer, on=DAY)
    assert next(row.plan for row in below.units if row.place.org_unit_id == unit.pk) == undated


def test_plan_under_another_programme_does_not_count(units):
    reviewer = make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER)
    make_plan(units["cdcs-01"], programme=of("20-ct-tw"))
    plan = Plan.objects.get(document__key="57-kh-cdvc")
    assert below_plan(plan, user=reviewer, on=DAY).issued == 0


def test_officer_below_learns_nothing_about_the_neighbours(units):
    officer = make_user(unit=units["cdcs-01"], role=Role.REPORTER)
    assert below_plan(Plan.objects.get(document__key="57-kh-cdvc"), user=officer, on=DAY) is None


def test_plan_of_a_listed_unit_is_not_drawn_twice(units):
    reviewer = make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER)
    plan = Plan.objects.get(document__key="57-kh-cdvc")
    make_plan(units["cdcs-01"], number="02/KH-CĐCS", programme=plan.programme, derives_from=plan.document)
    steps = cascade(plan.programme, user=reviewer, on=DAY)
    assert drawn(steps)[-1] == (2, "57-kh-cdvc", True)


def test_plan_of_past_years_is_counted_by_the_hierarchy_of_its_last_day(units):
    plan = Plan.objects.get(document__key="60-kh-ldld")
    assert counted_on(plan, on=DAY) == datetime.date(2018, 12, 31)
    assert counted_on(Plan.objects.get(document__key="57-kh-cdvc"), on=DAY) == DAY


def test_number_of_queries_does_not_grow_with_the_units(units, django_assert_max_num_queries):
    administrator = make_user(role=Role.ADMINISTRATOR)
    with django_assert_max_num_queries(20):
        cascade(of("28-ct-tw"), user=administrator, on=DAY)
