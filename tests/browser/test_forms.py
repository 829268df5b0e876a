"""The builder of forms in a real browser: order by mouse and by keys, the preview beside it, no barrier."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from orgunits.models import User
from reports import form_editing
from reports.models import FormItem, ReportForm
from tests.browser.conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("forms")]
ADMINISTRATOR = "quantri.cdvc@mau.example"


@pytest.fixture
def form(sample) -> ReportForm:
    """The yearly form of the grassroots unions with a draft of its next version."""
    form = ReportForm.objects.get(duty__key="57-kh-cdvc-bao-cao-nam", period_kind="year")
    by = User.objects.get(email=ADMINISTRATOR)
    if form.draft:
        form_editing.discard(form.draft, seen=form.draft.edits, by=by)
    form_editing.begin(form, by=by, copied=form.current)
    return form


def stored(form) -> list[str]:
    return list(form.draft.items.order_by("order", "pk").values_list("code", flat=True))


def shown(page) -> list[str]:
    return page.eval_on_selector_all("[data-item]", "rows => rows.map(row => row.id.slice('dong-'.length))")


def open_builder(visitor, form):
    page = visitor(ADMINISTRATOR).open(f"/bieu-mau/{form.pk}/sua/")
    expect(page.locator("#dong-ket-qua [data-handle]")).to_be_visible()
    return page


def test_item_is_moved_with_the_arrow_keys_and_said_aloud(visitor, form):
    page = open_builder(visitor, form)
    before = shown(page)
    handle = page.locator("#dong-kien-nghi [data-handle]")
    handle.focus()
    handle.press("ArrowUp")
    handle.press("ArrowUp")
    expect(handle).to_be_focused()
    expect(page.locator("[data-announce]")).to_have_text("“Kiến nghị” đứng thứ 2 trên 5 trong phần “Nội dung báo cáo”.")
    expect(page.locator("[data-builder]")).to_have_attribute("data-seen", "1")
    at = before.index("kien-nghi")
    wanted = [*before[: at - 2], "kien-nghi", *before[at - 2 : at], *before[at + 1 :]]
    assert shown(page) == wanted == stored(form)
    labels = page.locator("#xem-truoc .filing-section").nth(-2).locator(".question__label")
    expect(labels.nth(1)).to_contain_text("Kiến nghị")


def test_item_is_dragged_into_another_section(visitor, form):
    page = open_builder(visitor, form)
    handle, over = page.locator("#dong-nguon-xa-hoi-hoa [data-handle]"), page.locator("#dong-nhiem-vu")
    over.evaluate("row => row.scrollIntoView({block: 'center'})")
    start, end = handle.bounding_box(), over.bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, start["y"] + 40, steps=3)
    page.mouse.move(end["x"] + 80, end["y"] + end["height"] - 6, steps=6)
    page.mouse.up()
    expect(page.locator("[data-builder]")).to_have_attribute("data-seen", "1")
    item = FormItem.objects.get(version=form.draft, code="nguon-xa-hoi-hoa")
    assert item.section == "Tình hình thực hiện nhiệm vụ"
    codes = stored(form)
    assert codes[codes.index("nhiem-vu") + 1] == "nguon-xa-hoi-hoa"
    page.reload()
    assert shown(page) == codes


def test_order_of_a_page_that_is_not_new_any_more_is_not_saved(visitor, form):
    person = visitor(ADMINISTRATOR)
    page = person.open(f"/bieu-mau/{form.pk}/sua/")
    expect(page.locator("#dong-kien-nghi [data-handle]")).to_be_visible()
    before = stored(form)
    draft = form.draft
    form_editing.claim(draft, seen=0, by=User.objects.get(email="quantri@mau.example"))
    page.locator("#dong-kien-nghi [data-handle]").press("ArrowUp")
    expect(page.locator("#live")).to_contain_text("thay đổi của bạn chưa được ghi")
    assert stored(form) == before
    person.complaints.clear()  # the 409 itself


def test_form_is_built_and_put_into_use_without_a_script(browser, live_server, form, browser_context_args):
    context = browser.new_context(**browser_context_args, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(live_server.url + f"/bieu-mau/{form.pk}/sua/")
    page.get_by_label("Thư điện tử").fill(ADMINISTRATOR)
    page.get_by_label("Mật khẩu").fill("mat-khau-thu-nghiem-2026")
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Lên mục Phương hướng").click()
    page.get_by_role("link", name="Chọn một phương án").click()
    page.get_by_label("Phần").fill("Nội dung báo cáo")
    page.get_by_label("Câu hỏi").fill("Đơn vị đã có kế hoạch riêng chưa?")
    page.get_by_label("Các phương án, dòng 1").fill("Đã ban hành")
    page.get_by_label("Các phương án, dòng 2").fill("Chưa ban hành")
    page.get_by_role("button", name="Thêm mục").click()
    expect(page.get_by_text("Đã thêm mục")).to_be_visible()
    page.get_by_role("link", name="Đưa vào dùng…").click()
    expect(page.get_by_text("Đơn vị đã có kế hoạch riêng chưa?")).to_be_visible()
    page.get_by_role("button", name="Đưa vào dùng", exact=True).click()
    expect(page.get_by_text(re.compile("Đã đưa phiên bản 2 vào dùng"))).to_be_visible()
    codes = list(form.current.items.order_by("order").values_list("code", flat=True))
    assert codes.index("phuong-huong") < codes.index("kien-nghi") < codes.index("don-vi-da-co-ke-hoach-rieng-chua")
    context.close()


def test_pages_of_the_builder_have_no_barrier(visitor, form):
    person = visitor(ADMINISTRATOR)
    page = person.page
    paths = ["/bieu-mau/", f"/bieu-mau/{form.pk}/", f"/bieu-mau/{form.pk}/phien-ban/1/"]
    edit = ["", "them/count/", "them/share/", "them/choice/", "muc/mo-hinh/", "muc/mo-hinh/xoa/", "muc/nhiem-vu/"]
    edit += ["muc/mo-hinh/quy-tac/item/", "tu-mau/", "dua-vao-dung/", "bo/", "xem-thu/"]
    paths += [f"/bieu-mau/{form.pk}/sua/{part}" for part in edit]
    found = {}
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for path in paths:
            person.open(path)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            broken = [rule["id"] for rule in Axe().run(page).response["violations"]]
            if broken or wide > 0:
                found[path, size["width"]] = (broken, wide)
    assert found == {}
