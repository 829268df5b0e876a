"""The filing form in a real browser: what is typed survives errors, lost networks, ended sessions, second windows."""

import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from orgunits.models import User
from reports import activities, drafts, workflow
from reports.models import Report
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, session_cookie
from tests.browser.filing_steps import (
    COLLEAGUE,
    COMMUNE,
    HELPED,
    OFFICER,
    PEOPLE,
    begun,
    cut_off,
    field,
    forgive_failed_requests,
    path_of,
    state,
    wait_for_draft,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("filing")]

# --- wrong numbers, leaving and coming back -----------------------------------------------------------------------


def test_wrong_number_is_told_and_corrected_and_the_draft_waits(visitor):
    person = visitor(OFFICER)
    begun().delete()  # the sample has begun it
    page = person.open("/")
    page.get_by_role("button", name="Bắt đầu lập báo cáo").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Báo cáo năm của công đoàn cơ sở · Năm 2026")
    field(page, f"{PEOPLE}.chu-chot.n").fill("21")
    field(page, f"{PEOPLE}.chu-chot.d").fill("20")
    field(page, HELPED).fill("1.23")
    report = Report.objects.get(pk=page.url.split("/bao-cao/")[1].split("/")[0])
    wait_for_draft(page, report, tre_em_om_dau_duoc_ho_tro__v="1.23")
    expect(state(page)).to_have_text(re.compile(r"^Đã lưu \d\d:\d\d$"))

    page.get_by_role("link", name="Việc cần làm").first.click()
    page.get_by_role("link", name="Làm tiếp").click()
    expect(field(page, HELPED)).to_have_value("1.23")
    page.get_by_role("button", name="Kiểm tra").click()
    summary = page.locator("#kiem-tra")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Tử số (21) lớn hơn mẫu số (20)")
    expect(summary).to_contain_text("Không rõ “1.23” là bao nhiêu")
    expect(field(page, HELPED)).to_have_attribute("aria-invalid", "true")

    summary.get_by_role("link", name="Số trẻ em ốm đau").click()
    expect(field(page, HELPED)).to_be_focused()
    field(page, HELPED).fill("30")
    field(page, f"{PEOPLE}.chu-chot.n").fill("19")
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page.locator("#kiem-tra")).to_be_visible()
    expect(page.get_by_text("Tử số (21)")).to_have_count(0)
    expect(page.get_by_text("Không rõ “1.23”")).to_have_count(0)


def test_percentages_move_while_one_types_and_never_round_up(visitor):
    report = begun()
    page = visitor(OFFICER).open(path_of(report))
    share = page.locator("[data-share]").first
    for part, number in (("chu-chot.n", "9"), ("chu-chot.d", "10"), ("nu-cong.n", "1.890"), ("nu-cong.d", "1 990")):
        field(page, f"{PEOPLE}.{part}").press_sequentially(number)
    expect(share.locator("[data-percent]").first).to_have_text("90,0 %")
    expect(share.locator("[data-total]")).to_have_text("94,9 %")
    expect(share.locator("[data-verdict]")).to_contain_text("Chưa đạt")
    field(page, f"{PEOPLE}.nu-cong.n").fill("1892")
    expect(share.locator("[data-total]")).to_have_text("95,05 %")  # 1901 of 2000: more than 95, so it must read so
    expect(share.locator("[data-verdict]")).to_contain_text("Đạt mục tiêu")
    field(page, f"{PEOPLE}.nu-cong.n").fill("1891")
    expect(share.locator("[data-total]")).to_have_text("95,0 %")
    expect(share.locator("[data-verdict]")).to_contain_text("Chưa đạt")  # "trên 95 %" is strict


def test_figure_far_from_last_period_opens_the_box_for_its_explanation(visitor):
    page = visitor(OFFICER).open(path_of(begun()))
    money = field(page, "kinh-phi-cong-doan.v")
    box = page.locator("#muc-kinh-phi-cong-doan .explanation")
    before = int(money.get_attribute("data-before"))
    money.fill(f"{3 * before:,}".replace(",", "."))
    money.blur()
    page.wait_for_timeout(600)
    expect(box).not_to_have_attribute("open", "")
    money.fill(str(3 * before + 1))
    field(page, "nguon-xa-hoi-hoa.nil").check()  # what is pressed straight after does not move away under the pointer
    expect(box).to_have_attribute("open", "")


# --- the network --------------------------------------------------------------------------------------------------


def test_text_typed_without_a_network_is_sent_when_it_is_back(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    page.context.set_offline(True)
    field(page, "ket-qua").fill("Ghi khi mất mạng.")
    expect(state(page)).to_contain_text("Chưa có mạng, chữ vẫn được giữ trên máy này")
    assert Report.objects.get(pk=report.pk).draft == {}
    field(page, HELPED).fill("3")
    page.context.set_offline(False)
    wait_for_draft(page, report, ket_qua="Ghi khi mất mạng.", tre_em_om_dau_duoc_ho_tro__v="3")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    forgive_failed_requests(person)


def test_text_typed_without_a_network_survives_the_closing_of_the_page(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    cut_off(page)
    field(page, "ket-qua").fill("Chữ còn ở máy.")
    expect(state(page)).to_contain_text("Chưa có mạng")
    person.page = page.context.new_page()
    page.close()
    page = person.open(path_of(report))
    expect(page.get_by_text("Đã đặt lại chữ chưa kịp gửi")).to_be_visible()
    expect(field(page, "ket-qua")).to_have_value("Chữ còn ở máy.")
    wait_for_draft(page, report, ket_qua="Chữ còn ở máy.")
    page.reload()
    expect(page.get_by_text("Đã đặt lại chữ chưa kịp gửi")).to_be_hidden()
    forgive_failed_requests(person)


def test_button_pressed_without_a_network_stays_on_the_page(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    page.context.set_offline(True)
    field(page, "ket-qua").fill("Ghi rồi bấm.")
    page.get_by_role("button", name="Kiểm tra").click()
    expect(state(page)).to_contain_text("Chưa có mạng")
    expect(field(page, "ket-qua")).to_have_value("Ghi rồi bấm.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page.locator("#kiem-tra")).to_be_visible()
    expect(field(page, "ket-qua")).to_have_value("Ghi rồi bấm.")
    forgive_failed_requests(person)


def test_what_was_put_back_can_be_thrown_away(visitor):
    report = begun()
    Report.objects.filter(pk=report.pk).update(draft={"ket-qua": "Bản trên máy chủ."}, draft_version=1)
    person = visitor(OFFICER, service_workers="block")
    page = person.open(path_of(report))
    page.context.set_offline(True)
    field(page, "ket-qua").fill("Ghi nhầm.")
    expect(state(page)).to_contain_text("Chưa có mạng")
    page.route("**/luu/", lambda route: route.abort())
    page.context.set_offline(False)
    page.reload()
    page.get_by_role("button", name="Bỏ chữ đó").click()
    expect(field(page, "ket-qua")).to_have_value("Bản trên máy chủ.")
    page.unroute("**/luu/")
    page.reload()
    expect(field(page, "ket-qua")).to_have_value("Bản trên máy chủ.")
    forgive_failed_requests(person)


def test_answer_lost_on_the_way_is_no_clash_with_oneself(visitor):
    """The server saved and died before it answered: the same text sent again is the same text."""
    report = begun()
    person = visitor(OFFICER, service_workers="block")
    page = person.open(path_of(report))
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.route("**/luu/", lose_the_first)
    field(page, "ket-qua").fill("Một")
    wait_for_draft(page, report, ket_qua="Một")
    field(page, "ket-qua").press_sequentially(" hai")
    wait_for_draft(page, report, ket_qua="Một hai")
    expect(page.locator(".field-clash")).to_have_count(0)
    assert len(lost) == 1
    forgive_failed_requests(person)


# --- the session --------------------------------------------------------------------------------------------------


def sign_in_in_another_tab(page: Page, site: str) -> None:
    other = page.context.new_page()
    other.goto(site + "/tai-khoan/dang-nhap/")
    other.get_by_label("Thư điện tử").fill(OFFICER)
    other.get_by_label("Mật khẩu").fill(PASSWORD)
    other.get_by_role("button", name="Đăng nhập").click()
    other.wait_for_url(site + "/")
    other.close()


def test_session_that_ends_while_typing_loses_nothing(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    page.context.clear_cookies()
    field(page, "ket-qua").fill("Ghi khi phiên đã hết.")
    expect(state(page)).to_contain_text("Phiên đăng nhập đã hết, chữ vẫn được giữ trên máy này")
    link = state(page).get_by_role("link", name="Đăng nhập ở thẻ mới")
    expect(link).to_have_attribute("target", "_blank")
    assert Report.objects.get(pk=report.pk).draft == {}
    sign_in_in_another_tab(page, person.site)
    page.bring_to_front()
    wait_for_draft(page, report, ket_qua="Ghi khi phiên đã hết.")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    forgive_failed_requests(person)


def test_without_scripts_a_post_after_the_session_ended_loses_nothing(visitor):
    report = begun()
    person = visitor(OFFICER, java_script_enabled=False)
    page = person.open(path_of(report))
    field(page, "ket-qua").fill("Dòng một\nDòng hai")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Lưu nháp").click()
    expect(page.get_by_text("Chữ bạn vừa ghi vẫn còn ở trang này")).to_be_visible()
    sign_in_in_another_tab(page, person.site)
    page.get_by_role("button", name="Gửi lại").click()
    # Signing in changed the token, so the first press is asked once more.
    page.get_by_role("button", name="Gửi lại").click()
    expect(page.get_by_text("Đã lưu nháp.")).to_be_visible()
    expect(field(page, "ket-qua")).to_have_value("Dòng một\nDòng hai")
    assert Report.objects.get(pk=report.pk).draft["ket-qua"] == "Dòng một\nDòng hai"
    forgive_failed_requests(person)


# --- two people ---------------------------------------------------------------------------------------------------


def test_two_people_in_one_draft_see_both_texts_and_choose(visitor):
    report = begun()
    one, two = visitor(OFFICER), visitor(COLLEAGUE)
    mine, theirs = one.open(path_of(report)), two.open(path_of(report))
    field(theirs, "ket-qua").fill("Chữ của đồng nghiệp.")
    field(theirs, HELPED).fill("7")
    wait_for_draft(theirs, report, ket_qua="Chữ của đồng nghiệp.", tre_em_om_dau_duoc_ho_tro__v="7")
    field(mine, "ket-qua").fill("Chữ của tôi.")
    field(mine, "phuong-huong").fill("Năm sau.")
    clash = mine.locator(".field-clash")
    expect(clash).to_contain_text("Chữ của đồng nghiệp.")
    expect(field(mine, "ket-qua")).to_have_value("Chữ của tôi.")
    expect(field(mine, HELPED)).to_have_value("7")  # what only the colleague wrote has come in
    wait_for_draft(mine, report, ket_qua="Chữ của đồng nghiệp.", phuong_huong="Năm sau.")
    clash.get_by_role("button", name="Giữ chữ của tôi").click()
    wait_for_draft(mine, report, ket_qua="Chữ của tôi.")
    expect(clash).to_have_count(0)

    field(theirs, "ket-qua").fill("Lại của đồng nghiệp.")
    theirs.locator(".field-clash").get_by_role("button", name="Dùng chữ này").click()
    expect(field(theirs, "ket-qua")).to_have_value("Chữ của tôi.")
    forgive_failed_requests(one)
    forgive_failed_requests(two)


def test_report_filed_by_a_colleague_meanwhile_is_told(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    workflow.submit(report, {"figures": {}}, by=User.objects.get(email=COLLEAGUE))
    field(page, "ket-qua").fill("Muộn mất rồi.")
    expect(state(page)).to_contain_text("nộp lúc")
    expect(field(page, "ket-qua")).to_have_value("Muộn mất rồi.")
    forgive_failed_requests(person)


# --- activities, files, the telephone -----------------------------------------------------------------------------


def test_activity_and_file_are_added_on_the_way(visitor):
    report = begun()
    page = visitor(OFFICER).open(path_of(report))
    page.set_viewport_size(PHONE)
    field(page, "ket-qua").fill("Đang ghi dở.")
    page.get_by_role("button", name="Thêm hoạt động").click()
    page.get_by_label("Tên hoạt động").fill("Vui Tết Trung thu")
    page.get_by_label("Dịp").select_option(label="Tết Trung thu")
    page.get_by_label("Ngày tổ chức").fill("25/09/2026")
    page.get_by_label("Số trẻ em").fill("120")
    page.get_by_role("button", name="Ghi vào sổ").click()
    expect(page.get_by_role("button", name="Sửa hoạt động Vui Tết Trung thu")).to_be_visible()
    held = len(activities.of_report(report))  # with those of the sample
    expect(page.get_by_text(f"Cộng {held} hoạt động")).to_be_visible()
    expect(field(page, "ket-qua")).to_have_value("Đang ghi dở.")

    page.get_by_label("Chú thích", exact=True).fill("Kế hoạch của đơn vị")
    page.locator("#f-tep").set_input_files({"name": "ke-hoach.pdf", "mimeType": "", "buffer": b"%PDF-1.7\n"})
    page.get_by_role("button", name="Gửi kèm").click()
    expect(page.get_by_role("link", name="ke-hoach.pdf")).to_be_visible()
    expect(page.get_by_label("Chú thích", exact=True)).to_have_value("")
    with page.expect_download() as download:
        page.get_by_role("link", name="ke-hoach.pdf").click()
    assert download.value.suggested_filename == "ke-hoach.pdf"


def test_what_a_chosen_picture_lacks_is_said_before_it_leaves_the_browser(visitor):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(buffer, "JPEG")
    picture = {"name": "ruoc-den.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page = visitor(OFFICER).open(path_of(begun(OFFICER)))
    send, upload = page.get_by_role("button", name="Gửi kèm"), page.locator("#f-tep")
    upload.set_input_files({**picture, "buffer": picture["buffer"].ljust(10 * 1024 * 1024 + 1)})
    send.click()
    expect(page.get_by_text("Tệp lớn hơn 10 MB.")).to_be_visible()
    upload.set_input_files(picture)
    send.click()
    expect(page.get_by_text("Hãy ghi chú thích cho tệp trước khi gửi.")).to_be_visible()
    page.get_by_label("Chú thích", exact=True).fill("Rước đèn ở hội trường")
    send.click()
    expect(page.get_by_text("Hãy chọn một trong hai ý về người trong ảnh")).to_be_visible()
    assert upload.evaluate("input => input.files.length") == 1, "the picture need not be chosen again"
    page.get_by_label("Ảnh không thấy rõ mặt người").check()
    expect(page.get_by_text("Hãy chọn một trong hai ý về người trong ảnh")).to_be_hidden()
    send.click()
    expect(page.get_by_role("link", name="ruoc-den.jpg")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("email", [OFFICER, COMMUNE])
def test_pages_have_no_barrier_and_fit_the_screen(visitor, viewport, email):
    report = begun(email)
    person = visitor(email)
    person.page.set_viewport_size(viewport)
    paths = [path_of(report), path_of(report) + "?kiem-tra=1", "/hoat-dong/", f"/hoat-dong/them/?bao-cao={report.pk}"]
    for path in paths:
        page = person.open(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{path} is {width} wide"
        found = Axe().run(page).response["violations"]
        assert not found, [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]


def test_hotlines_can_be_called_from_the_form_of_the_commune(visitor):
    page = visitor(COMMUNE).open(path_of(begun(COMMUNE)))
    expect(page.get_by_role("link", name="111", exact=True)).to_have_attribute("href", "tel:111")
    expect(page.get_by_role("link", name="18001744")).to_have_attribute("href", "tel:18001744")


def test_tasks_left_open_are_filled_with_one_press(visitor):
    report = begun(COMMUNE)
    page = visitor(COMMUNE).open(path_of(report))
    statuses = page.locator('select[name$=".status"]')
    statuses.first.select_option(label="Đã hoàn thành")
    page.get_by_label("Nhiệm vụ chưa chọn").select_option(label="Đang thực hiện")
    page.get_by_role("button", name="Điền").click()
    expect(statuses.first).to_have_value("done")
    expect(statuses.last).to_have_value("ongoing")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    draft = Report.objects.get(pk=report.pk).draft
    assert sorted(draft.values()) == ["done"] + ["ongoing"] * (statuses.count() - 1)


def test_tasks_left_open_are_filled_as_they_stood_last_period(visitor):
    report = begun()
    before = drafts.previous_filing(report).content["tasks"]
    page = visitor(OFFICER).open(path_of(report))
    statuses = page.locator('select[name$=".status"]')
    statuses.first.select_option(label="Đã hoàn thành")
    page.get_by_label("Nhiệm vụ chưa chọn").select_option(label="Như kỳ trước")
    page.get_by_role("button", name="Điền").click()
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    wanted = {f"nhiem-vu.task{pk}.status": told["status"] for pk, told in before.items()}
    assert len(set(wanted.values())) > 1
    assert Report.objects.get(pk=report.pk).draft == wanted | {statuses.first.get_attribute("name"): "done"}


def test_old_session_cookie_of_somebody_else_does_not_get_the_text(visitor):
    """On a shared computer the next person must not find the unsent text of the one before."""
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    cut_off(page)
    field(page, "ket-qua").fill("Chỉ của tôi.")
    expect(state(page)).to_contain_text("Chưa có mạng")
    context = page.context
    page.close()
    context.clear_cookies()
    context.add_cookies([session_cookie(COLLEAGUE, person.site)])
    person.page = context.new_page()
    page = person.open(path_of(report))
    expect(field(page, "ket-qua")).to_have_value("")
    expect(page.get_by_text("Đã đặt lại chữ chưa kịp gửi")).to_be_hidden()
    forgive_failed_requests(person)
