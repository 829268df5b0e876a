"""A reviewer writes a letter to late units, the administrator issues it, the officer finds and reads it."""

import datetime

import pytest
from playwright.sync_api import expect

from plans.models import OutgoingDocument
from plans.tasks import keep_issued_file
from reports.models import OfficialLetter
from tests.browser.conftest import PHONE, moment

pytestmark = pytest.mark.browser
REVIEWER, ADMINISTRATOR, OFFICER = "xetduyet@mau.example", "quantri.cdvc@mau.example", "cdcs07@mau.example"
LATE = datetime.date(2026, 11, 20)


def test_letter_from_the_list_of_late_units_to_the_officer(visitor, clock, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    clock.move_to(moment(LATE))
    reviewer = visitor(REVIEWER)
    page = reviewer.open("/")
    page.get_by_role("link", name="đơn vị quá hạn").first.click()
    page.get_by_role("link", name="Soạn công văn đôn đốc").click()
    unit = page.get_by_role("checkbox", name="Công đoàn cơ sở số 07")
    expect(unit).to_be_checked()
    for box in page.locator("input[name=don_vi]").all():
        box.set_checked(False)
    unit.check()
    page.get_by_role("button", name="Soạn công văn").click()
    sheet = page.locator(".letter-sheet")
    expect(sheet).to_contain_text("Kính gửi: Công đoàn cơ sở số 07")
    expect(sheet).to_contain_text("đã quá hạn 11 ngày")
    asked = page.get_by_label("Nội dung đề nghị")
    asked.fill(asked.input_value() + "\nCâu của người soạn")
    expect(sheet).to_contain_text("Câu của người soạn./.")  # shown before it is saved
    page.get_by_label("Đề nghị nộp chậm nhất hết ngày").fill("30/11/2026")
    page.get_by_role("button", name="Lưu bản nháp").click()
    expect(page.get_by_text("Đã lưu bản nháp công văn.")).to_be_visible()
    expect(page.get_by_label("Nội dung đề nghị")).to_have_value(
        "Đề nghị Công đoàn cơ sở số 07 khẩn trương hoàn thành và nộp báo cáo trên hệ thống Măng Non "
        "chậm nhất 23:59 ngày 30/11/2026 (thứ Hai).\nCâu của người soạn"
    )

    letter = OfficialLetter.objects.get()
    administrator = visitor(ADMINISTRATOR)
    page = administrator.open(letter.get_absolute_url())
    page.get_by_role("link", name="Ban hành", exact=True).click()
    expect(page.get_by_text("Sẽ cấp: 01/CĐVC")).to_be_visible()
    page.get_by_label("Tôi đã đọc điều cần lưu ý").check()
    page.get_by_role("button", name="Ban hành", exact=True).click()
    expect(page.get_by_text("Đã ban hành Công văn 01/CĐVC")).to_be_visible()
    keep_issued_file(OutgoingDocument.objects.get().pk)

    officer = visitor(OFFICER, viewport=PHONE, has_touch=True, is_mobile=True)
    page = officer.open("/")
    page.get_by_role("link", name="Công văn đôn đốc 01/CĐVC").click()
    expect(page.get_by_text("Câu của người soạn./.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải văn bản đã ban hành").click()
    assert download.value.suggested_filename == "cong-van-01-cdvc.pdf"
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
