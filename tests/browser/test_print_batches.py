"""In tất cả in a real browser: from the period's page to the file, with progress and a question before stopping."""

import re

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from plans import batches
from plans.models import PrintBatch, PrintJob
from reports.models import Obligation
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("batches")]
REVIEWER = "xetduyet@mau.example"


@pytest.fixture
def period(sample, monkeypatch, settings, tmp_path) -> str:
    """The page of last year's reports; the workers' turns are the test's own."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("plans.tasks.work_on_print_batch.ring", lambda pk: None)
    obligation = Obligation.objects.filter(duty__key="57-kh-cdvc-bao-cao-nam", period__year=2025).first()
    return f"/che-do-bao-cao/{obligation.duty_id}/ky/{obligation.period_id}/"


def begin(page: Page, form: str) -> PrintBatch:
    page.get_by_role("link", name="In tất cả").click()
    expect(page.get_by_role("heading", name=re.compile(r"^Sẽ in \d+ báo cáo$"))).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_label(form).check()
    page.get_by_role("button", name="In tất cả").click()
    expect(page.get_by_role("status").filter(has_text="Đang tạo văn bản…")).to_be_visible()
    return PrintBatch.objects.get(status=PrintBatch.Status.RUNNING)


def test_from_the_page_of_a_period_to_one_merged_file(visitor, period, tmp_path):
    page = visitor(REVIEWER).open(period)
    batch = begin(page, "Một tệp PDF gộp")
    total = batch.items.count()
    assert total > batches.TURN
    expect(page.get_by_text(f"0 trên {total}")).to_be_visible()
    batches.work(batch.pk)
    expect(page.get_by_text(f"{batches.TURN} trên {total}")).to_be_visible()
    page.get_by_role("link", name="Dừng").click()
    expect(page.get_by_text(f"Đã tạo {batches.TURN} trên {total} văn bản.")).to_be_visible()
    page.get_by_role("link", name="Để chạy tiếp").click()
    while batches.work(batch.pk):
        pass
    expect(page.get_by_text(f"Đã xong: {total} trên {total} văn bản")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải về tệp PDF gộp").click()
    download.value.save_as(tmp_path / "gop.pdf")
    with pikepdf.open(tmp_path / "gop.pdf") as merged, merged.open_outline() as outline:
        assert len(outline.root) == total
        assert len(merged.pages) == PrintBatch.objects.get().pages
    page.locator(".breadcrumb").get_by_role("link", name="Tệp đã tạo của tôi").click()
    expect(page.get_by_role("rowheader", name=re.compile("Các báo cáo"))).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_stopping_asks_once_on_a_phone_without_javascript(visitor, period):
    page = visitor(REVIEWER, viewport=PHONE, java_script_enabled=False).open(period)
    batch = begin_without_script(page)
    batches.work(batch.pk)
    page.goto(page.url)
    expect(page.get_by_text(f"{batches.TURN} trên {batch.items.count()}")).to_be_visible()
    page.get_by_role("link", name="Dừng").click()
    page.get_by_role("button", name="Dừng").click()
    expect(page.get_by_text(f"Đã dừng khi tạo được {batches.TURN} trên")).to_be_visible()
    assert not batches.work(batch.pk)
    assert PrintJob.objects.count() == batches.TURN


def begin_without_script(page: Page) -> PrintBatch:
    page.get_by_role("link", name="In tất cả").click()
    page.get_by_label("mỗi văn bản một tệp PDF").check()
    page.get_by_role("button", name="In tất cả").click()
    expect(page.get_by_role("status").filter(has_text="Đang tạo văn bản…")).to_be_visible()
    return PrintBatch.objects.get()
