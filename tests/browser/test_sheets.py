"""Excel forms in a real browser: out, filled in, refused with the cell, put right, previewed, in the draft."""

import datetime

import pytest
from playwright.sync_api import expect

from orgunits.models import OrgUnit, Role, RoleAssignment, User
from reports import sheets_import, workflow
from reports.models import Obligation, Report, SheetImport
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.filing_steps import forgive_failed_requests
from tests.browser.test_axe import judge
from tests.reports.sheet_files import XLSX, places, typed_into

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("sheets")]

OFFICER, CLERK = "cdcs07@mau.example", "xetduyet@mau.example"
COUNT = "tre-em-om-dau-duoc-ho-tro.v"


@pytest.fixture(autouse=True)
def files_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def obligation(sample) -> Obligation:
    return Obligation.objects.get(org_unit__code="cdcs-07", duty__key="57-kh-cdvc-bao-cao-nam", period__year=2026)


def downloaded(page, link: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    assert download.value.suggested_filename.endswith(".xlsx")
    return download.value.path().read_bytes()


def send(page, content: bytes) -> None:
    page.set_input_files("#tep", {"name": "Biểu mẫu.xlsx", "mimeType": XLSX, "buffer": content})
    page.get_by_role("button", name="Nộp và kiểm tra tệp").click()


def no_barrier(visitor) -> None:
    """For axe and for the width of a telephone."""
    for size in (DESKTOP, PHONE):
        visitor.page.set_viewport_size(size)
        assert judge(visitor.page) == []
    visitor.page.set_viewport_size(DESKTOP)


def test_a_form_goes_out_and_comes_back(visitor, obligation):
    report = workflow.start_report(obligation, by=User.objects.get(email=OFFICER))
    Report.objects.filter(pk=report.pk).update(draft={}, draft_version=0)
    officer = visitor(OFFICER)
    page = officer.open(f"/bao-cao/{report.pk}/lap/")
    form = downloaded(page, "Tải biểu mẫu Excel")
    at = places(form)[COUNT]

    page.get_by_role("link", name="Nộp tệp Excel đã điền").click()
    send(page, b"%PDF-1.7")
    expect(page.locator("#tep-loi")).to_contain_text("không phải là tệp Excel")
    no_barrier(officer)

    send(page, typed_into(form, {at: 12.5}))
    expect(page.get_by_role("heading", name="Tệp Excel cần sửa")).to_be_visible()
    expect(page.get_by_role("cell", name=at[1], exact=True)).to_be_visible()
    no_barrier(officer)

    send(page, typed_into(form, {at: 12}))
    expect(page.get_by_role("heading", name="1 mục khác với bản nháp")).to_be_visible()
    no_barrier(officer)
    page.get_by_role("button", name="Nhập vào bản nháp").click()
    expect(page.locator(f"[name='{COUNT}']")).to_have_value("12")
    report.refresh_from_db()
    assert report.draft == {COUNT: "12"}
    forgive_failed_requests(officer)  # the 422


def test_a_table_for_many_units_is_checked_and_imported_while_the_page_waits(visitor, obligation, monkeypatch):
    monkeypatch.setattr("reports.sheets_tasks.run_sheet_import.ring", lambda pk: None)  # the worker is this test
    clerk = User.objects.get(email=CLERK)
    unit = OrgUnit.objects.get(pk=obligation.receiving_unit_id)
    RoleAssignment.objects.create(user=clerk, org_unit=unit, role=Role.REPORTER, valid_from=datetime.date(2024, 1, 1))
    somebody = visitor(CLERK)
    page = somebody.open(f"/che-do-bao-cao/{obligation.duty_id}/ky/{obligation.period_id}/")
    table = downloaded(page, "Tải bảng Excel cho nhiều đơn vị")

    page.get_by_role("link", name="Nộp bảng đã điền").click()
    send(page, typed_into(table, {("Số liệu", "C6"): "mười", ("Số liệu", "C8"): 5}))
    expect(page.get_by_text("Đang chờ đến lượt")).to_be_visible()
    no_barrier(somebody)
    sheets_import.run(SheetImport.objects.latest("pk").pk)
    expect(page.get_by_role("heading", name="Bảng Excel cần sửa")).to_be_visible()
    expect(page.get_by_role("cell", name="C6", exact=True)).to_be_visible()
    no_barrier(somebody)

    send(page, typed_into(table, {("Số liệu", "C6"): 4, ("Số liệu", "C8"): 5}))
    expect(page.get_by_text("Đang chờ đến lượt")).to_be_visible()
    row = SheetImport.objects.latest("pk")
    sheets_import.run(row.pk)
    expect(page.get_by_role("heading", name="Xem trước khi nhập")).to_be_visible()
    no_barrier(somebody)
    page.get_by_role("button", name="Nhập vào bản nháp của").click()
    expect(page.get_by_text("Đang chờ đến lượt")).to_be_visible()
    sheets_import.run(row.pk)
    expect(page.get_by_text("Đã nhập vào bản nháp của")).to_be_visible()
    no_barrier(somebody)
    assert Report.objects.filter(draft_saved_by=clerk).count() == len(row.__class__.objects.get(pk=row.pk).changes)
