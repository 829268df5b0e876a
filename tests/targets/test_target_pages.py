"""Writing targets, milestones and indicators."""

from decimal import Decimal

import pytest
from django.urls import reverse

from orgunits.models import AuditEvent
from targets.models import Indicator, Target
from tests.builders import make_plan, make_target

pytestmark = pytest.mark.django_db
OTHERS = [("officer", 403), ("reviewer", 403), ("viewer", 403), ("stranger", 404)]


@pytest.fixture
def plan(cast):
    return make_plan(cast.union, number="60/KH-CĐVC")


def formset(prefix, rows, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


def target_data(indicator, milestones, initial=0, **changes):
    fields = {"indicator": indicator.pk if indicator else "", "section": "", "answered_by": "công đoàn cơ sở"}
    return {**fields, **formset("moc", milestones, initial), **changes}


MILESTONES = [
    {"year": "2025", "operator": "gt", "percent": "90"},
    {"year": "2030", "operator": "gt", "percent": "95,5"},
]


def test_target_with_milestones(client, cast, plan):
    client.force_login(cast.unit_administrator)
    url = reverse("targets:target_add", args=[plan.pk])
    assert client.get(url).status_code == 200
    response = client.post(url, target_data(cast.target.indicator, MILESTONES))
    assert response.url == f"{plan.get_absolute_url()}#chi-tieu"
    target = plan.targets.get()
    assert [(each.year, each.operator, each.percent) for each in target.milestones.all()] == [
        (2025, "gt", Decimal(90)),
        (2030, "gt", Decimal("95.5")),
    ]
    plan.document.refresh_from_db()
    assert plan.document.edited_at is not None
    assert AuditEvent.objects.filter(action="target.create", org_unit=cast.union).exists()
    assert "trên 95,5 %" in client.get(plan.get_absolute_url()).content.decode()


def test_milestone_is_changed_and_taken_out(client, cast, plan):
    target = make_target(plan, code="khac")
    first, second = target.milestones.all()
    client.force_login(cast.unit_administrator)
    url = reverse("targets:target_edit", args=[target.pk])
    page = client.get(url).content.decode()
    assert 'value="90,00"' in page
    assert f'<option value="{target.indicator.pk}" selected>' in page
    rows = [
        {"id": first.pk, "year": "2025", "operator": "gte", "percent": "92"},
        {"id": second.pk, "year": "2030", "operator": "gt", "percent": "95", "DELETE": "on"},
    ]
    assert client.post(url, target_data(target.indicator, rows, initial=2)).status_code == 302
    assert [(each.operator, each.percent) for each in target.milestones.all()] == [("gte", 92)]


@pytest.mark.parametrize(
    "rows",
    [
        [{"year": "2025", "operator": "gt", "percent": "101"}],
        [{"year": "2025", "operator": "gt", "percent": "-1"}],
        [{"year": "25", "operator": "gt", "percent": "90"}],
        [{"year": "2025", "operator": "gt", "percent": "chín mươi"}],
        [MILESTONES[0], MILESTONES[0]],
    ],
)
def test_wrong_milestone_is_refused_and_keeps_what_was_typed(client, cast, plan, rows):
    client.force_login(cast.unit_administrator)
    data = target_data(cast.target.indicator, rows, answered_by="đối tượng đã gõ")
    response = client.post(reverse("targets:target_add", args=[plan.pk]), data)
    assert response.status_code == 200
    assert "đối tượng đã gõ" in response.content.decode()
    assert not plan.targets.exists()


def test_same_indicator_twice_in_one_plan_is_refused(client, cast):
    client.force_login(cast.unit_administrator)
    url = reverse("targets:target_add", args=[cast.plan.pk])
    assert "indicator" in client.post(url, target_data(cast.target.indicator, MILESTONES)).context["form"].errors


def test_target_without_a_form_item_is_removed(client, cast, plan):
    target = make_target(plan, code="khac")
    client.force_login(cast.unit_administrator)
    client.post(reverse("targets:target_remove", args=[target.pk]))
    assert not Target.objects.filter(pk=target.pk).exists()


def test_target_that_a_report_form_asks_for_stays(client, cast):
    client.force_login(cast.unit_administrator)
    response = client.post(reverse("targets:target_remove", args=[cast.target.pk]), follow=True)
    assert "Biểu mẫu báo cáo đang hỏi chỉ tiêu này" in response.content.decode()
    assert Target.objects.filter(pk=cast.target.pk).exists()


INDICATOR = {
    "short_name": "Gia đình được truyền thông",
    "name": "Gia đình đoàn viên được truyền thông",
    "unit_of_count": "gia đình",
    "numerator_label": "Số gia đình được truyền thông",
    "denominator_label": "Tổng số gia đình",
}


def test_new_indicator_gets_a_code_and_groups(client, cast, plan):
    client.force_login(cast.unit_administrator)
    url = reverse("targets:indicator_add", args=[plan.pk])
    assert client.get(url).status_code == 200
    rows = [{"name": "Đoàn viên nữ"}, {"name": "Đoàn viên nam"}, {"name": ""}]
    response = client.post(url, {**INDICATOR, **formset("phan-to", rows)})
    indicator = Indicator.objects.get(short_name=INDICATOR["short_name"])
    assert response.url == reverse("targets:target_add", args=[plan.pk]) + f"?chi-tieu={indicator.pk}"
    assert indicator.code == "ct28-gia-dinh-duoc-truyen-thong"
    assert [(group.code, group.order) for group in indicator.groups.all()] == [
        ("doan-vien-nu", 1),
        ("doan-vien-nam", 2),
    ]
    client.post(url, {**INDICATOR, **formset("phan-to", [])})
    assert Indicator.objects.filter(code="ct28-gia-dinh-duoc-truyen-thong-2").exists()


def test_group_gets_a_code_that_can_stand_in_figures_whatever_its_name(client, cast, plan):
    """Not an empty one, and not the word that figures use where there are no groups."""
    client.force_login(cast.unit_administrator)
    url = reverse("targets:indicator_add", args=[plan.pk])
    client.post(url, {**INDICATOR, **formset("phan-to", [{"name": "???"}, {"name": "!!!"}, {"name": "ALL"}])})
    indicator = Indicator.objects.get(short_name=INDICATOR["short_name"])
    assert [group.code for group in indicator.groups.all()] == ["nhom", "nhom-2", "all-2"]


def test_indicator_keeps_its_codes_when_renamed(client, cast):
    indicator = cast.target.indicator
    first, second = indicator.groups.all()
    client.force_login(cast.unit_administrator)
    url = reverse("targets:indicator_edit", args=[cast.plan.pk, indicator.pk])
    assert client.get(url).status_code == 200
    rows = [{"id": first.pk, "name": "Tên mới"}, {"id": second.pk, "name": second.name}]
    assert client.post(url, {**INDICATOR, **formset("phan-to", rows, initial=2)}).status_code == 302
    indicator.refresh_from_db()
    assert (indicator.code, indicator.short_name) == ("can-bo", INDICATOR["short_name"])
    assert [(group.code, group.name) for group in indicator.groups.all()] == [
        ("chu-chot", "Tên mới"),
        ("nu-cong", second.name),
    ]


def test_indicator_of_others_may_not_be_changed(client, cast):
    """An indicator that a plan of another branch uses is changed only by who may write both."""
    other = make_plan(cast.elsewhere, number="9/KH")
    Target.objects.create(plan=other, indicator=cast.target.indicator)
    url = reverse("targets:indicator_edit", args=[cast.plan.pk, cast.target.indicator.pk])
    client.force_login(cast.unit_administrator)
    assert client.get(url).status_code == 403
    client.force_login(cast.administrator)
    assert client.get(url).status_code == 200


def urls(cast):
    return [
        reverse("targets:target_add", args=[cast.plan.pk]),
        reverse("targets:target_edit", args=[cast.target.pk]),
        reverse("targets:indicator_add", args=[cast.plan.pk]),
        reverse("targets:indicator_edit", args=[cast.plan.pk, cast.target.indicator.pk]),
    ]


@pytest.mark.parametrize(("person", "status"), OTHERS)
def test_others_may_not(client, cast, person, status):
    client.force_login(getattr(cast, person))
    for url in urls(cast):
        assert client.get(url).status_code == status
    assert client.post(reverse("targets:target_remove", args=[cast.target.pk])).status_code == status


def test_wrong_methods(client, cast):
    client.force_login(cast.unit_administrator)
    assert client.get(reverse("targets:target_remove", args=[cast.target.pk])).status_code == 405
    assert [client.delete(url).status_code for url in urls(cast)] == [405] * 4
