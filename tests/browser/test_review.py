"""The reviewer's desk in a real browser: keys that move and never decide, reports that open one after the other."""

import re

import pytest
from playwright.sync_api import Page, expect

from reports.models import ReviewEvent

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("review")]
REVIEWER = "xetduyet@mau.example"


@pytest.fixture
def queue(visitor) -> Page:
    page = visitor(REVIEWER).open("/xet-duyet/")
    expect(page.get_by_text("Phím tắt:")).to_be_visible()
    return page


def rows(page: Page):
    return page.locator("[data-queue] tbody th a")


def test_keys_move_through_the_queue_and_open_a_report(queue):
    queue.keyboard.press("j")
    expect(rows(queue).nth(0)).to_be_focused()
    queue.keyboard.press("j")
    queue.keyboard.press("ArrowDown")
    expect(rows(queue).nth(2)).to_be_focused()
    queue.keyboard.press("ArrowUp")
    queue.keyboard.press("k")
    queue.keyboard.press("k")
    expect(rows(queue).nth(0)).to_be_focused()
    unit = rows(queue).nth(0).inner_text()
    queue.keyboard.press("Enter")
    expect(queue.get_by_role("region", name="Điều cần xem")).to_be_visible()
    expect(queue.locator(".page-header__lead")).to_contain_text(unit)


def test_letters_typed_into_a_field_are_letters(queue):
    field = queue.get_by_label("Tên đơn vị")
    field.focus()
    queue.keyboard.type("jkx")
    expect(field).to_have_value("jkx")
    expect(field).to_be_focused()


def test_keys_can_be_switched_off_for_good(queue):
    queue.get_by_role("button", name="Tắt phím tắt").click()
    queue.reload()
    queue.keyboard.press("j")
    expect(rows(queue).nth(0)).not_to_be_focused()
    queue.get_by_role("button", name="Bật phím tắt").click()
    queue.keyboard.press("j")
    expect(rows(queue).nth(0)).to_be_focused()


def test_no_key_decides_and_the_next_report_opens_by_itself(queue):
    decided = ReviewEvent.objects.exclude(action="submit").count()
    rows(queue).nth(0).click()
    expect(queue.get_by_text("n báo cáo tiếp theo")).to_be_visible()  # the keys are there
    first = queue.url
    queue.keyboard.press("n")
    expect(queue).not_to_have_url(first)
    expect(queue.get_by_text("n báo cáo tiếp theo")).to_be_visible()
    queue.keyboard.press("p")
    expect(queue).to_have_url(first)
    expect(queue.get_by_text("n báo cáo tiếp theo")).to_be_visible()
    approve = queue.get_by_role("button", name="Duyệt báo cáo")
    queue.keyboard.press("a")
    expect(approve).to_be_focused()
    queue.keyboard.press("r")
    reason = queue.get_by_label("Lý do trả lại cả báo cáo")
    expect(reason).to_be_focused()
    queue.keyboard.type("na")
    expect(reason).to_have_value("na")
    assert ReviewEvent.objects.exclude(action="submit").count() == decided
    reason.fill("")
    queue.keyboard.press("Escape")
    approve.focus()
    queue.keyboard.press("Enter")
    expect(queue.get_by_role("status").first).to_contain_text("Đã duyệt báo cáo của")
    expect(queue).not_to_have_url(first)
    expect(queue.get_by_role("button", name="Duyệt báo cáo")).to_be_visible()
    assert ReviewEvent.objects.exclude(action="submit").count() == decided + 1


def test_ticked_items_alone_go_back(queue):
    rows(queue).nth(0).click()
    form = queue.get_by_role("region", name="Trả lại để đơn vị sửa")
    form.get_by_text(re.compile("Chỉ trả lại một số mục")).click()
    expect(form.get_by_label("Lý do (Kết quả)")).to_be_hidden()
    form.get_by_label("Kết quả", exact=True).check()
    form.get_by_label("Lý do (Kết quả)").fill("Nêu rõ số buổi.")
    expect(form.get_by_text("Sẽ chỉ mở lại 1 mục đã tích")).to_be_visible()
    form.get_by_role("button", name="Trả lại kèm lý do").click()
    expect(queue.get_by_role("status").first).to_contain_text("Đã trả lại báo cáo của")
    event = ReviewEvent.objects.filter(action="return").latest("pk")
    assert event.report.open_items == list(event.item_reasons)
    assert event.item_reasons == {"ket-qua": "Nêu rõ số buổi."}


def test_remark_leads_to_the_box_that_returns_its_item(queue):
    queue.get_by_label("Chỉ xem").select_option("giong-truoc")
    queue.get_by_role("button", name="Lọc").click()
    rows(queue).nth(0).click()
    queue.get_by_role("link", name="Trả lại mục này").first.click()
    reason = queue.locator("textarea:focus")
    expect(reason).to_have_value(re.compile(r"Nội dung giống \d+ % kỳ trước"))
    expect(queue.get_by_text("Sẽ chỉ mở lại 1 mục đã tích")).to_be_visible()
    queue.get_by_role("button", name="Trả lại kèm lý do").click()
    expect(queue.get_by_role("status").first).to_contain_text("Đã trả lại báo cáo của")
    event = ReviewEvent.objects.filter(action="return").latest("pk")
    assert len(event.report.open_items) == len(event.item_reasons) == 1


def test_all_sound_reports_are_ticked_and_approved_at_once(queue):
    sound = queue.locator("input[name=chon]").count()
    assert sound > 0
    queue.get_by_label(re.compile("Chọn cả")).check()
    queue.get_by_role("button", name="Duyệt các báo cáo đã chọn").click()
    expect(queue.get_by_role("status").first).to_contain_text(f"Đã duyệt {sound} báo cáo.")


def test_without_scripts_everything_is_there(visitor):
    page = visitor(REVIEWER, java_script_enabled=False).open("/xet-duyet/")
    expect(page.get_by_text("Phím tắt:")).to_be_hidden()
    rows(page).nth(0).click()
    page.get_by_label("Lý do trả lại cả báo cáo").fill("Thiếu số liệu.")
    page.get_by_role("button", name="Trả lại kèm lý do").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã trả lại báo cáo của")
