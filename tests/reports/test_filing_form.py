"""The form of a duty: what the five plans make of it, and its versions."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from plans.editing import set_task
from plans.loading import load_plans
from plans.models import PeriodKind, ReportingDuty
from reports import form_fields
from reports.form_building import ACTIVITIES_CODE, MODELS_CODE, TASKS_CODE, ensure_form
from reports.models import FormItem, ItemKind
from reports.workflow import start_report
from targets.loading import load_targets
from tests.builders import (
    make_duty,
    make_form,
    make_plan,
    make_report,
    make_target,
    make_task,
    make_unit,
    make_user,
    open_year,
)
from tests.plans.organisation import make_organisation

TEXTS = ["ket-qua", "ton-tai-han-che", "nguyen-nhan", "kien-nghi", "phuong-huong", "tai-lieu"]
FIGURES = {ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY}


def tasks_of(report):
    return [row.task for question in form_fields.load(report).questions for row in question.tasks]


@pytest.fixture
def duties(db):
    load_plans(make_organisation())
    load_targets()
    return {duty.key: duty for duty in ReportingDuty.objects.all()}


def codes(duty, **filters):
    return list(ensure_form(duty, PeriodKind.YEAR).items.filter(**filters).values_list("code", flat=True))


def test_grassroots_union_of_plan_57_answers_two_shares_and_six_figures(duties):
    duty = duties["57-kh-cdvc-bao-cao-nam"]
    version = ensure_form(duty, PeriodKind.YEAR)
    kinds = [item.kind for item in version.items.all()]
    assert kinds[:8] == ["share", "share", "count", "count", "count", "count", "money", "money"]
    assert codes(duty)[8:] == [TASKS_CODE, ACTIVITIES_CODE, MODELS_CODE, *TEXTS]
    first = version.items.first()
    assert first.guide.startswith("Kế hoạch: “Phấn đấu đến năm 2025, có trên 90%")
    assert [group.code for group in first.target.indicator.groups.all()] == ["chu-chot", "nu-cong"]


def test_party_form_has_no_figure_at_all(duties):
    assert codes(duties["162-kh-duk-bao-cao-dinh-ky"]) == [TASKS_CODE, *TEXTS]


def test_models_are_asked_where_the_plan_speaks_of_them(duties):
    asking = {key for key, duty in duties.items() if codes(duty, kind=ItemKind.MODELS)}
    assert asking == {
        "57-kh-cdvc-bao-cao-nam",
        "57-kh-cdvc-bao-cao-len-ldld-tinh",
        "cong-van-ldld-tinh-bao-cao-dinh-ky",
    }


def test_commune_form_counts_children_protected_and_lists_tasks(duties):
    duty = duties["kh-ubnd-cam-tan-bao-cao-nam"]
    assert "tre-em-bi-xam-hai" in codes(duty, section="Bảo vệ trẻ em")
    assert codes(duty, kind=ItemKind.SHARE) == []
    assert TASKS_CODE in codes(duty)


def test_form_of_the_federation_asks_what_the_form_of_the_base_asks(duties):
    base, federation = duties["57-kh-cdvc-bao-cao-nam"], duties["57-kh-cdvc-bao-cao-len-ldld-tinh"]
    assert codes(base) == codes(federation)


def test_every_quoted_word_of_a_guide_stands_in_its_plan(duties):
    def plain(text):
        return re.sub(r"[\s“”\"'*.…;]+", " ", text).strip().lower()

    quoted = 0
    for duty in duties.values():
        source = plain(" ".join(f"{s.heading} {s.body}" for s in duty.plan.sections.order_by("order")))
        for item in ensure_form(duty, PeriodKind.YEAR).items.filter(kind__in=FIGURES):
            quote = item.guide[item.guide.index("“") + 1 : item.guide.rindex("”")]
            assert plain(quote) in source, (duty.key, item.code)
            quoted += 1
    assert quoted > 30


def test_two_seeds_with_targets_and_three_without(duties):
    shares = FormItem.objects.filter(kind=ItemKind.SHARE)
    for duty in duties.values():
        ensure_form(duty, PeriodKind.YEAR)
    assert set(shares.values_list("version__form__duty__plan__document__key", flat=True)) == {
        "57-kh-cdvc",
        "cong-van-ldld-tinh",
    }


# --- versions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def duty(db):
    union = make_unit("Công đoàn ngành")
    make_unit("Công đoàn cơ sở", parent=union)
    return make_duty(make_plan(union))


def test_form_of_a_plan_without_targets_and_tasks_is_complete(duty):
    assert codes(duty) == [ACTIVITIES_CODE, *TEXTS]


def test_building_twice_changes_nothing(duty):
    make_target(duty.plan)
    first = ensure_form(duty, PeriodKind.YEAR)
    items = list(first.items.values_list("pk", flat=True))
    again = ensure_form(duty, PeriodKind.YEAR)
    assert (again, list(again.items.values_list("pk", flat=True))) == (first, items)


def test_unused_version_is_rebuilt_in_place(duty):
    first = ensure_form(duty, PeriodKind.YEAR)
    make_task(duty.plan)
    assert ensure_form(duty, PeriodKind.YEAR) == first
    assert TASKS_CODE in codes(duty)


def test_used_version_stays_and_the_change_makes_the_next(duty):
    first = ensure_form(duty, PeriodKind.YEAR)
    report = make_report(open_year(duty)[0])
    make_target(duty.plan)
    second = ensure_form(duty, PeriodKind.YEAR)
    assert (report.form_version, second.number) == (first, 2)
    assert not first.items.filter(kind=ItemKind.SHARE).exists()
    assert second.items.filter(kind=ItemKind.SHARE).count() == 1


def test_report_keeps_its_tasks_and_the_next_one_asks_for_the_new_one_too(duty):
    old = make_task(duty.plan, "Truyền thông")
    ensure_form(duty, PeriodKind.YEAR)
    report = make_report(open_year(duty)[0])
    new = make_task(duty.plan, "Tập huấn")
    assert ensure_form(duty, PeriodKind.YEAR) != report.form_version
    later = make_report(open_year(duty, 2027)[0])
    assert tasks_of(report) == [old]
    assert tasks_of(later) == [old, new]


def test_task_that_a_form_asks_about_stays_in_its_plan(client, duty):
    asked, free = make_task(duty.plan, "Truyền thông"), make_task(duty.plan, "Tập huấn")
    form = ensure_form(duty, PeriodKind.YEAR)
    form.items.get(kind=ItemKind.TASKS).asked_tasks.filter(task=free).delete()
    client.force_login(make_user(role="administrator"))
    for task in (asked, free):
        client.post(reverse("plans:section_remove", args=[task.section_id]))
    assert list(duty.plan.tasks.all()) == [asked]
    with pytest.raises(ValidationError, match="không bỏ đánh dấu được"):
        set_task(asked.section, None)


def test_each_kind_of_period_has_its_own_form(duty):
    assert ensure_form(duty, PeriodKind.YEAR) != ensure_form(duty, PeriodKind.HALF_YEAR)


def test_form_that_a_person_built_is_left_alone(duty):
    version = make_form(duty)
    make_task(duty.plan)
    assert ensure_form(duty, PeriodKind.YEAR) == version
    assert TASKS_CODE not in codes(duty)


def test_report_begun_after_the_plan_got_a_target_asks_for_it(duty):
    obligation = open_year(duty)[0]
    officer = make_user(unit=obligation.org_unit, role="reporter")
    ensure_form(duty, PeriodKind.YEAR)
    make_target(duty.plan)
    report = start_report(obligation, by=officer)
    assert report.form_version.items.filter(kind=ItemKind.SHARE).count() == 1
