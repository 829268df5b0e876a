"""A reform as an administrator records it: the workbook, the choices about what follows, and how far it is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import expect

from orgunits import following, reform_book, workbook_jobs
from orgunits.models import OrgUnit, Reorganisation, RoleAssignment, User
from reports.models import Obligation
from tests.browser.conftest import DAY, PHONE
from tests.browser.test_act_walk import ADMINISTRATOR, picture
from tests.browser.test_axe import judge
from tests.orgunits.books import with_rows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("walks")]


def checked_workbook(units):
    """The first unit goes up in the second and the third one ends; as the worker has checked it."""
    rows = [
        {"Hình thức": "Sáp nhập", "Mã cũ": units[0].code, "Mã mới": units[1].code},
        {"Hình thức": "Kết thúc", "Mã cũ": units[2].code},
    ]
    file = SimpleUploadedFile("sap-xep.xlsx", with_rows(reform_book.build().content, sap_xep=rows))
    row = workbook_jobs.take(
        file, kind="reform", by=User.objects.get(email=ADMINISTRATOR), sector=units[0].sector, effective_on=DAY,
        name="Sắp xếp công đoàn cơ sở năm 2026", legal_basis="Quyết định số 12/QĐ-CĐVC (Dữ liệu mẫu)",
    )  # fmt: skip
    workbook_jobs.run(row.pk)
    return row


def one_fails_and_one_waits():
    """As if the worker had failed at the first act and had not come to the second."""
    Reorganisation.objects.exclude(follow_up={}).update(followed_up_at=None)
    first = Reorganisation.objects.unfollowed().order_by("pk")[:1].get()
    failed = {"follow_up_error": following.FAILED, "follow_up_tries": following.MOST_TRIES}
    Reorganisation.objects.filter(pk=first.pk).update(**failed)


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_choices_are_made_with_the_workbook_and_carried_out_afterwards(visitor, viewport, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if viewport == "phone" else {}
    running = Obligation.objects.owed().filter(period__year=DAY.year, org_unit__code__startswith="cdcs")
    units = OrgUnit.objects.filter(pk__in=running.values("org_unit")).order_by("code")[:3]
    ending = [units[0].pk, units[2].pk]
    row = checked_workbook(units)
    page = visitor(ADMINISTRATOR, **options).open(reverse("orgunits:workbook_import", args=[row.pk]))
    expect(page.get_by_role("group", name="Vai trò của người ở đơn vị kết thúc")).to_contain_text("2 đơn vị kết thúc")
    page.get_by_role("group", name="Vai trò của người").get_by_label("Theo đề nghị của hệ thống").check()
    picture(page, f"{viewport}-choices")
    assert judge(page) == []
    page.get_by_role("button", name="Ghi cả đợt sắp xếp").click()
    expect(page.get_by_text("Hãy chọn cách xử lý cho phần này.").first).to_be_visible()
    expect(
        page.get_by_role("group", name="Vai trò của người").get_by_label("Theo đề nghị của hệ thống")
    ).to_be_checked()
    picture(page, f"{viewport}-missing")
    assert judge(page) == []
    page.get_by_role("group", name="Báo cáo còn phải nộp").get_by_label("Để nguyên, quyết định sau").check()
    page.get_by_role("button", name="Ghi cả đợt sắp xếp").click()
    page.get_by_role("link", name="Mở đợt sắp xếp").click()
    expect(page.get_by_text("đã làm 2/2 đợt kết thúc đơn vị")).to_be_visible()
    assert not RoleAssignment.objects.filter(org_unit__in=ending, valid_to__isnull=True).exists()
    assert Obligation.objects.owed().filter(org_unit__in=ending).exists()
    picture(page, f"{viewport}-done")
    assert judge(page) == []
    one_fails_and_one_waits()
    page.reload()
    expect(page.get_by_text("đã làm 0/2 đợt kết thúc đơn vị, đang làm tiếp")).to_be_visible()
    expect(page.get_by_role("button", name="Làm lại")).to_be_visible()
    picture(page, f"{viewport}-failed")
    assert judge(page) == []
    page.get_by_role("button", name="Làm lại").click()
    expect(page.get_by_text("đã làm 2/2 đợt kết thúc đơn vị")).to_be_visible()
    page.get_by_role("button", name="Làm theo đề nghị").click()
    expect(page.get_by_text("Đã chọn làm theo đề nghị của hệ thống.")).to_be_visible()
    expect(page.get_by_text("đã làm 2/2 đợt kết thúc đơn vị")).to_be_visible()
    assert not Obligation.objects.owed().filter(org_unit__in=ending, period__year=DAY.year).exists()
