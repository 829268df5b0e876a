"""A merger as an administrator does it: form, both trees with what follows, one press, and the way back."""

import os

import pytest
from playwright.sync_api import Page, expect

from orgunits.models import OrgUnit, Placement
from reports.models import Obligation
from tests.browser.conftest import DAY, PHONE
from tests.browser.test_axe import judge

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("walks")]

ADMINISTRATOR = "quantri.cdvc@mau.example"


def picture(page: Page, name: str) -> None:
    """For whoever wants to look: a picture of the whole page, where a folder for it is named."""
    if folder := os.environ.get("WALK_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_two_unions_merge_into_a_new_one_and_it_is_taken_back(visitor, viewport):
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if viewport == "phone" else {}
    running = Obligation.objects.owed().filter(period__year=DAY.year, org_unit__code__startswith="cdcs")
    running = running.exclude(report__status="returned").order_by("org_unit__code")
    unit, other = OrgUnit.objects.filter(pk__in=running.values("org_unit")).order_by("code")[:2]
    owed = Obligation.objects.owed().filter(org_unit__in=[unit, other]).count()
    page = visitor(ADMINISTRATOR, **options).open(unit.get_absolute_url())
    page.get_by_text("Thay đổi", exact=True).click()
    page.get_by_role("link", name="Sáp nhập").click()
    page.get_by_label("Sáp nhập cùng đơn vị", exact=True).fill(other.code)
    page.get_by_label("Tên đơn vị mới").fill("Công đoàn cơ sở Hợp Nhất")
    page.get_by_label("Mã đơn vị mới").fill("cdcs-hn")
    page.get_by_label("Căn cứ").fill("Quyết định số 12/QĐ-CĐVC (Dữ liệu mẫu)")
    page.get_by_label("Ngày hiệu lực").fill(f"{DAY:%d/%m/%Y}")
    picture(page, f"{viewport}-form")
    assert judge(page) == []
    page.get_by_role("button", name="Xem trước thay đổi").click()
    after = page.locator(".act-trees > section").nth(1)
    expect(after).to_contain_text("Công đoàn cơ sở Hợp Nhất")
    expect(after).to_contain_text("Thêm mới")
    expect(page.get_by_role("heading", name="Ai còn nợ báo cáo gì sau đó")).to_be_visible()
    expect(page.get_by_label(f"{running.filter(org_unit=unit)[0].duty}").first).to_have_value("to:cdcs-hn")
    picture(page, f"{viewport}-preview")
    assert judge(page) == []
    page.get_by_role("button", name="Xác nhận: sáp nhập").click()
    expect(page.get_by_text("Đã ghi nhận việc sáp nhập.")).to_be_visible()
    new = Placement.objects.get(name="Công đoàn cơ sở Hợp Nhất").org_unit
    assert Obligation.objects.owed().filter(org_unit=new, period__year=DAY.year).exists()
    assert Obligation.objects.owed().filter(org_unit__in=[unit, other, new]).count() < owed
    picture(page, f"{viewport}-after")
    page.get_by_role("link", name="Hủy quyết định sáp nhập").click()
    picture(page, f"{viewport}-reverse")
    page.get_by_label("Lý do hủy").fill("Ghi nhầm")
    page.get_by_role("button", name="Hủy quyết định").click()
    expect(page.get_by_text("Lý do hủy: Ghi nhầm").first).to_be_visible()
    picture(page, f"{viewport}-history")
    assert judge(page) == []
    assert Obligation.objects.owed().filter(org_unit__in=[unit, other]).count() == owed
