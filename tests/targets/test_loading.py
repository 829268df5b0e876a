import pytest
from django.utils import timezone

from plans.loading import load_plans
from targets.loading import load_targets
from targets.models import Indicator, Milestone, PopulationGroup, Target
from tests.plans.organisation import make_organisation

pytestmark = pytest.mark.django_db
MODELS = (Indicator, PopulationGroup, Target, Milestone)


@pytest.fixture
def plans():
    loaded = {plan.document.key: plan for plan in load_plans(make_organisation())}
    load_targets()
    return loaded


def test_targets_of_the_sector_union(plans):
    first, second = plans["57-kh-cdvc"].targets.order_by("order")
    assert [group.name for group in first.indicator.groups.all()] == [
        "Cán bộ chủ chốt công đoàn cơ sở",
        "Cán bộ nữ công công đoàn cơ sở",
    ]
    assert second.indicator.unit_of_count == "gia đình"
    for target in (first, second):
        assert [(each.year, each.operator, each.percent) for each in target.milestones.all()] == [
            (2025, "gt", 90),
            (2030, "gt", 95),
        ]
    assert first.section.key == "II.1"


def test_the_same_share_is_answered_by_other_levels_in_the_letter(plans):
    letter = plans["cong-van-ldld-tinh"].targets.order_by("order").first()
    plan = plans["57-kh-cdvc"].targets.order_by("order").first()
    assert letter.indicator.programme != plan.indicator.programme
    assert letter.answered_by == "công đoàn các cấp"
    assert {level.code for level in letter.levels.all()} != {level.code for level in plan.levels.all()}


def test_other_plans_carry_no_target(plans):
    assert [plans[key].targets.count() for key in ("162-kh-duk", "60-kh-ldld", "kh-ubnd-cam-tan")] == [0, 0, 0]


def test_second_run_changes_nothing_and_takes_back_no_correction(plans):
    milestone = Milestone.objects.filter(year=2030).first()
    milestone.percent = 97
    milestone.save(update_fields=["percent"])
    before = {model: list(model.objects.order_by("pk").values()) for model in MODELS}
    load_targets()
    assert {model: list(model.objects.order_by("pk").values()) for model in MODELS} == before


def test_removed_target_of_an_edited_plan_does_not_come_back(plans):
    plan = plans["57-kh-cdvc"]
    plan.targets.first().delete()
    plan.document.edited_at = timezone.now()
    plan.document.save(update_fields=["edited_at"])
    load_targets()
    assert plan.targets.count() == 1


def test_names_keep_the_words_of_the_plan(plans):
    """The words after "cán bộ chủ chốt …" stand in the section that sets the target."""
    for target in Target.objects.select_related("indicator", "section"):
        words = target.indicator.name
        assert words[0].lower() + words[1:] in target.section.body
