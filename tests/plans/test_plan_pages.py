"""Reading: the list, the cascade's page, a plan and its source."""

import pytest
from django.urls import reverse

from plans.loading import load_plans
from plans.models import Plan, Programme
from targets.loading import load_targets
from tests.builders import Role, make_plan, make_user
from tests.plans.organisation import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(db):
    units = make_organisation()
    plans = {plan.document.key: plan for plan in load_plans(units)}
    load_targets()
    return units, plans


def text_of(response):
    return " ".join(response.content.decode().split())


# --- list ------------------------------------------------------------------------------------------------------------
def test_list_shows_programmes_and_readable_plans(client, cast):
    client.force_login(cast.officer)
    response = client.get(reverse("plans:plan_list"))
    assert response.status_code == 200
    assert [plan.pk for plan in response.context["page_obj"]] == [cast.plan.pk]
    assert cast.plan.programme.short_name in text_of(response)


def test_list_hides_plans_of_another_branch(client, cast):
    client.force_login(cast.stranger)
    assert list(client.get(reverse("plans:plan_list")).context["page_obj"]) == []


def test_list_filters(client, cast):
    make_plan(cast.base, number="02/KH-CĐCS")
    client.force_login(cast.reviewer)
    url = reverse("plans:plan_list")
    assert len(client.get(url).context["page_obj"]) == 2
    found = client.get(url, {"don-vi": "cong doan vien chuc", "trang-thai": "issued"}).context["page_obj"]
    assert [plan.pk for plan in found] == [cast.plan.pk]
    assert list(client.get(url, {"trang-thai": "draft"}).context["page_obj"]) == []
    assert client.get(url, {"chuong-trinh": "abc", "trang": "x"}).status_code == 200


def test_list_costs_a_fixed_number_of_queries(client, cast, django_assert_max_num_queries):
    for number in range(20):
        make_plan(cast.base, number=f"{number}/KH-CĐCS")
    client.force_login(cast.reviewer)
    with django_assert_max_num_queries(20):
        client.get(reverse("plans:plan_list"))


def test_visitor_is_sent_to_sign_in(client, cast):
    for url in (reverse("plans:plan_list"), cast.plan.get_absolute_url(), cast.plan.programme.get_absolute_url()):
        response = client.get(url)
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["plan_list", "plan_start"])
def test_list_pages_only_answer_get(client, cast, name):
    client.force_login(cast.unit_administrator)
    assert client.post(reverse(f"plans:{name}")).status_code == 405


# --- the cascade's page ----------------------------------------------------------------------------------------------
def test_cascade_page_counts_who_has_issued(client, source):
    units, plans = source
    client.force_login(make_user(unit=units["cdvc-dak-lak"], role=Role.REVIEWER))
    plan = plans["57-kh-cdvc"]
    make_plan(units["cdcs-01"], number="02/KH-CĐCS", programme=plan.programme)
    page = text_of(client.get(plan.programme.get_absolute_url()))
    assert "1/2 đơn vị trực thuộc đã ban hành kế hoạch" in page
    assert "1 chưa có" in page
    register = reverse("plans:plan_register", args=[plan.programme.pk, units["cdcs-02"].pk])
    assert f'href="{register}"' in page


def test_cascade_page_offers_no_registration_to_a_viewer(client, source):
    units, plans = source
    client.force_login(make_user(unit=units["cdvc-dak-lak"], role=Role.VIEWER))
    page = text_of(client.get(plans["57-kh-cdvc"].programme.get_absolute_url()))
    assert "Chưa ban hành" in page
    assert "ghi-nhan" not in page


def test_unknown_programme_is_404(client, cast):
    client.force_login(cast.officer)
    assert (
        client.get(reverse("plans:programme_detail", args=[Programme.objects.latest("pk").pk + 1])).status_code == 404
    )


# --- one plan --------------------------------------------------------------------------------------------------------
def test_plan_page_shows_text_targets_tasks_and_duties(client, source):
    units, plans = source
    client.force_login(make_user(unit=units["cdcs-01"], role=Role.REPORTER))  # carries out a plan of the unit above
    page = text_of(client.get(plans["57-kh-cdvc"].get_absolute_url()))
    assert "giảm thiểu trẻ em phải sống xa cha mẹ." in page
    assert "<strong>trên 90 %</strong>" in page
    assert "<strong>trên 95 %</strong>" in page
    assert "Cán bộ nữ công công đoàn cơ sở" in page
    assert "12 nhiệm vụ" in page
    assert "<strong>Trước ngày 10/11</strong>" in page
    assert "Văn bản không nêu kỳ báo cáo và thời hạn" in page  # the upward duty, "theo quy định"
    assert "Phạm Thị Anh Đức" in page


def test_missing_parts_are_said_plainly(client, source):
    _, plans = source
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    letter = client.get(plans["cong-van-ldld-tinh"].get_absolute_url())
    assert set(letter.context["missing"]) >= {
        "Chưa có số",
        "Chưa có ngày ban hành",
        "Chưa có trích yếu",
        "Chưa có họ tên người ký",
        "Chưa có nơi nhận",
    }
    commune = client.get(plans["kh-ubnd-cam-tan"].get_absolute_url())
    assert commune.context["missing"] == ["Chưa có số", "Chưa có ngày ban hành"]
    assert "Văn bản không nêu đơn vị chủ trì" in text_of(commune)  # II.4
    assert "Kế hoạch không đặt chỉ tiêu bằng số." in text_of(commune)


def test_tasks_carry_their_lead_and_supporting_bodies(client, source):
    units, plans = source
    client.force_login(make_user(unit=units["xa-cam-tan"], role=Role.VIEWER))
    page = text_of(client.get(plans["kh-ubnd-cam-tan"].get_absolute_url()))
    assert "<strong>Ngành chủ trì:</strong> Công chức Văn hóa – Chính sách" in page
    assert "<strong>II.1.2</strong>" in page
    assert "16 nhiệm vụ" in page


def test_source_text_stands_beside_the_plan(client, source):
    units, plans = source
    client.force_login(make_user(unit=units["xa-cam-tan"], role=Role.VIEWER))
    page = client.get(reverse("plans:plan_source", args=[plans["kh-ubnd-cam-tan"].pk])).content.decode()
    assert "## **2 1. Đẩy mạnh công tác thông tin" in page
    assert "1. Đẩy mạnh công tác thông tin" in page


def test_plan_without_a_source_says_so(client, cast):
    client.force_login(cast.officer)
    assert "Không có văn bản nguồn" in text_of(client.get(reverse("plans:plan_source", args=[cast.plan.pk])))


@pytest.mark.parametrize("name", ["plan_detail", "plan_source"])
def test_stranger_gets_404(client, cast, name):
    client.force_login(cast.stranger)
    assert client.get(reverse(f"plans:{name}", args=[cast.plan.pk])).status_code == 404


@pytest.mark.parametrize("name", ["plan_detail", "plan_source"])
def test_reading_pages_only_answer_get(client, cast, name):
    client.force_login(cast.officer)
    assert client.post(reverse(f"plans:{name}", args=[cast.plan.pk])).status_code == 405


def test_buttons_that_change_are_only_for_those_who_may(client, cast):
    edit = reverse("plans:plan_edit", args=[cast.plan.pk])
    for person, offered in ((cast.unit_administrator, True), (cast.reviewer, False), (cast.officer, False)):
        client.force_login(person)
        assert (edit in client.get(cast.plan.get_absolute_url()).content.decode()) == offered


def test_all_source_plans_open_for_the_administrator(client, source):
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    for plan in Plan.objects.all():
        assert client.get(plan.get_absolute_url()).status_code == 200


def test_plan_page_costs_a_bounded_number_of_queries(client, source, django_assert_max_num_queries):
    units, plans = source
    client.force_login(make_user(unit=units["xa-cam-tan"], role=Role.REPORTER))
    with django_assert_max_num_queries(45):
        client.get(plans["kh-ubnd-cam-tan"].get_absolute_url())
