"""Nothing typed is lost: closed browsers, killed servers, ended sessions, other people at the same computer."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page, expect

from orgunits.models import User
from reports import drafts, workflow
from reports.models import Report
from tests.browser.conftest import DESKTOP, PASSWORD, WAIT, Visitor, session_cookie
from tests.browser.filing_steps import (
    COLLEAGUE,
    HELPED,
    OFFICER,
    begun,
    cut_off,
    field,
    forgive_failed_requests,
    path_of,
    state,
    wait_for_draft,
)
from tests.browser.own_server import OwnServer
from tests.races.crowd import wait_for_a_waiter

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("filing")]


@pytest.fixture(scope="module")
def one_server(kept_sample):
    server = OwnServer()
    yield server
    server.kill()


@pytest.fixture
def own_server(one_server, sample):
    one_server.start()
    return one_server


def banner(page: Page):
    return page.locator(".kept-drafts")


def left_behind(person: Visitor, report: Report, name: str, text: str) -> Page:
    """Type without a network and close the page; a new one is open, on nothing yet."""
    page = person.open(path_of(report))
    cut_off(page)
    field(page, name).fill(text)
    expect(state(page)).to_contain_text("Chưa có mạng")
    person.page = page.context.new_page()
    page.close()
    return person.page


def become(person: Visitor, email: str) -> None:
    """Another session in the same browser."""
    person.page.context.clear_cookies()
    person.page.context.add_cookies([session_cookie(email, person.site)])


def kept_texts(page: Page) -> list[str]:
    return page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('mangnon.filing.')).map(k => localStorage[k])"
    )


COPY = """async () => {
  const names = (await caches.keys()).filter(name => name.startsWith('mangnon.filing.'));
  if (!names.length || !navigator.serviceWorker.controller) return false;
  const kept = (await (await caches.open(names[0])).keys()).map(request => new URL(request.url).pathname);
  return ['/static/js/filing.js', '/static/css/filing.css', location.pathname].every(path => kept.includes(path));
}"""
NO_COPY = "async () => (await caches.keys()).every(name => !name.startsWith('mangnon.filing.'))"


def until(page: Page, promised: str) -> None:
    """Until the promise of this script is kept; Playwright's own wait takes any promise for a yes."""
    limit = time.monotonic() + WAIT / 1000
    while not page.evaluate(promised):
        assert time.monotonic() < limit, promised
        page.wait_for_timeout(50)


# --- the browser is closed ----------------------------------------------------------------------------------------


def test_browser_closed_without_a_network_opens_the_form_again_and_sends_later(
    browser_type, browser_type_launch_args, own_server, tmp_path
):
    """The same profile, a new browser: first still without a network, then with it."""
    report = begun()

    def browser():
        context = browser_type.launch_persistent_context(
            tmp_path / "profile", **browser_type_launch_args, viewport=DESKTOP, locale="vi-VN"
        )
        context.set_default_timeout(WAIT)
        context.add_cookies([session_cookie(OFFICER, own_server.url)])
        return context, context.pages[0]

    context, page = browser()
    page.goto(own_server.url + path_of(report))
    until(page, COPY)
    field(page, HELPED).fill("7")
    wait_for_draft(page, report, tre_em_om_dau_duoc_ho_tro__v="7")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    own_server.kill()
    field(page, "ket-qua").fill("Ghi trước khi đóng trình duyệt.")
    expect(state(page)).to_contain_text("Chưa có mạng")
    context.close()

    context, page = browser()
    page.goto(own_server.url + path_of(report))
    expect(page.get_by_text("Đã đặt lại chữ chưa kịp gửi")).to_be_visible()
    expect(field(page, "ket-qua")).to_have_value("Ghi trước khi đóng trình duyệt.")
    expect(field(page, HELPED)).to_have_value("7")  # saved after the copy was made
    expect(page.locator(".field-clash")).to_have_count(0)
    field(page, "phuong-huong").fill("Ghi tiếp khi chưa có mạng.")
    assert "ket-qua" not in Report.objects.get(pk=report.pk).draft
    drafts.save(report, {"kien-nghi": "Đồng nghiệp."}, base={}, version=-1, by=User.objects.get(email=COLLEAGUE))
    own_server.start()
    page.keyboard.press("Control+s")
    wait_for_draft(
        page,
        report,
        ket_qua="Ghi trước khi đóng trình duyệt.",
        phuong_huong="Ghi tiếp khi chưa có mạng.",
        kien_nghi="Đồng nghiệp.",
        tre_em_om_dau_duoc_ho_tro__v="7",
    )
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    assert kept_texts(page) == []
    context.close()


def test_form_reloads_without_a_network_and_its_copies_go_with_the_person(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    until(page, COPY)
    page.context.set_offline(True)
    page.reload()
    expect(state(page)).to_contain_text("bản trang giữ trên máy")
    expect(page.get_by_role("button", name="Nộp báo cáo…")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.filing-bar')).position") == "sticky"
    field(page, "ket-qua").fill("Ghi vào bản giữ trên máy.")
    expect(state(page)).to_contain_text("Chưa có mạng, chữ vẫn được giữ")
    page.reload()
    expect(field(page, "ket-qua")).to_have_value("Ghi vào bản giữ trên máy.")
    page.context.set_offline(False)
    wait_for_draft(page, report, ket_qua="Ghi vào bản giữ trên máy.")

    assert not page.evaluate(NO_COPY)
    become(person, COLLEAGUE)
    person.open("/")
    until(page, NO_COPY)
    person.open(path_of(report))
    until(page, COPY)
    page.locator(".site-header .menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()
    until(page, NO_COPY)
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        person.open(path_of(report))
    forgive_failed_requests(person)


# --- sent from any page -------------------------------------------------------------------------------------------


def test_text_left_behind_is_sent_from_the_home_page(visitor):
    report = begun()
    person = visitor(OFFICER)
    left_behind(person, report, "ket-qua", "Ghi rồi đóng.")
    page = person.open("/")
    expect(banner(page)).to_contain_text("Đã gửi chữ còn giữ trên máy này")
    expect(banner(page).get_by_role("link")).to_have_attribute("href", path_of(report))
    assert Report.objects.get(pk=report.pk).draft == {"ket-qua": "Ghi rồi đóng."}
    assert kept_texts(page) == []
    forgive_failed_requests(person)


def test_banner_stands_until_the_network_is_back(visitor):
    report = begun()
    person = visitor(OFFICER, service_workers="block")  # routes see nothing of pages that have a worker
    page = left_behind(person, report, "ket-qua", "Chờ mạng.")
    page.route("**/luu/", lambda route: route.abort())
    person.open("/")
    expect(banner(page)).to_contain_text("Chữ sẽ tự gửi khi có mạng")
    page.unroute("**/luu/")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(banner(page)).to_contain_text("Đã gửi")
    assert Report.objects.get(pk=report.pk).draft == {"ket-qua": "Chờ mạng."}
    forgive_failed_requests(person)


def test_clash_is_left_for_the_form_where_both_texts_stand(visitor):
    report = begun()
    person = visitor(OFFICER)
    left_behind(person, report, "ket-qua", "Chữ của tôi.")
    drafts.save(report, {"ket-qua": "Chữ của đồng nghiệp."}, base={}, version=-1, by=User.objects.get(email=COLLEAGUE))
    page = person.open("/")
    expect(banner(page)).to_contain_text("bản nháp đã có chữ khác ở cùng chỗ")
    assert Report.objects.get(pk=report.pk).draft == {"ket-qua": "Chữ của đồng nghiệp."}
    banner(page).get_by_role("link").click()
    expect(field(page, "ket-qua")).to_have_value("Chữ của tôi.")
    expect(page.locator(".field-clash")).to_contain_text("Chữ của đồng nghiệp.")
    page.get_by_role("button", name="Giữ chữ của tôi").click()
    wait_for_draft(page, report, ket_qua="Chữ của tôi.")
    forgive_failed_requests(person)


def test_text_for_a_filed_report_is_shown_to_be_copied(visitor):
    report = begun()
    person = visitor(OFFICER)
    left_behind(person, report, "ket-qua", "Muộn mất rồi.")
    workflow.submit(report, {"figures": {}}, by=User.objects.get(email=COLLEAGUE))
    page = person.open("/")
    expect(banner(page)).to_contain_text("chữ chưa gửi được")
    banner(page).get_by_text("Xem chữ đang giữ").click()
    expect(banner(page)).to_contain_text("Muộn mất rồi.")
    assert not Axe().run(page).response["violations"]
    page.on("dialog", lambda dialog: dialog.accept())
    banner(page).get_by_role("button", name="Bỏ chữ này").click()
    expect(banner(page)).to_be_empty()
    assert kept_texts(page) == []
    forgive_failed_requests(person)


# --- other people, other sessions ---------------------------------------------------------------------------------


def test_next_person_at_the_computer_neither_sees_nor_sends_the_text(visitor):
    report = begun()
    person = visitor(OFFICER)
    left_behind(person, report, "ket-qua", "Chỉ của tôi.")
    become(person, COLLEAGUE)  # may write into the same report
    for path in ("/", path_of(report)):
        with person.page.expect_response("**/*"):
            page = person.open(path)
        page.wait_for_load_state("networkidle")
        expect(page.locator("body")).not_to_contain_text("Chỉ của tôi.")
        expect(banner(page)).to_have_count(0)
    expect(field(page, "ket-qua")).to_have_value("")
    assert Report.objects.get(pk=report.pk).draft == {}
    become(person, OFFICER)
    page = person.open("/")
    expect(banner(page)).to_contain_text("Đã gửi")
    saved = Report.objects.get(pk=report.pk)
    assert (saved.draft, saved.draft_saved_by.email) == ({"ket-qua": "Chỉ của tôi."}, OFFICER)
    forgive_failed_requests(person)


def test_page_left_open_is_closed_when_somebody_else_signs_in(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    become(person, COLLEAGUE)
    field(page, "ket-qua").fill("Của người trước.")
    page.wait_for_url(person.site + "/")
    expect(page.locator("body")).not_to_contain_text("Của người trước.")
    assert Report.objects.get(pk=report.pk).draft == {}
    become(person, OFFICER)
    person.open(path_of(report))
    expect(field(page, "ket-qua")).to_have_value("Của người trước.")
    wait_for_draft(page, report, ket_qua="Của người trước.")
    assert Report.objects.get(pk=report.pk).draft_saved_by.email == OFFICER
    forgive_failed_requests(person)


def test_signing_out_with_unsent_text_asks_once(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    cut_off(page)
    field(page, "ket-qua").fill("Chưa gửi.")
    asked: list[str] = []

    def answer(dialog):
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    page.locator(".site-header .menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(state(page)).to_contain_text("Chưa có mạng")
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()
    assert len(asked) == 2
    assert all("chữ chưa gửi" in words for words in asked)
    person.fill_in(OFFICER)
    expect(banner(page)).to_contain_text("Đã gửi")
    assert Report.objects.get(pk=report.pk).draft == {"ket-qua": "Chưa gửi."}
    forgive_failed_requests(person)


def test_signing_out_sends_the_last_words_and_asks_nothing(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    field(page, "ket-qua").fill("Ghi rồi đi ngay.")
    page.locator(".site-header .menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()
    assert Report.objects.get(pk=report.pk).draft == {"ket-qua": "Ghi rồi đi ngay."}


def test_new_sign_in_after_the_browser_lost_its_session_sends_the_text(visitor):
    report = begun()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    page.context.clear_cookies()
    field(page, "ket-qua").fill("Ghi khi phiên đã hết.")
    expect(state(page)).to_contain_text("Phiên đăng nhập đã hết")
    person.open(path_of(report))
    person.fill_in(OFFICER, PASSWORD)
    expect(field(page, "ket-qua")).to_have_value("Ghi khi phiên đã hết.")
    wait_for_draft(page, report, ket_qua="Ghi khi phiên đã hết.")
    forgive_failed_requests(person)


# --- two windows --------------------------------------------------------------------------------------------------


def test_two_windows_of_one_person_lose_nothing_and_take_over_what_a_closed_one_left(visitor):
    report = begun()
    person = visitor(OFFICER)
    one = person.open(path_of(report))
    two = one.context.new_page()
    two.goto(person.site + path_of(report))
    cut_off(one)
    field(one, "ket-qua").fill("Cửa sổ một.")
    expect(state(one)).to_contain_text("Chưa có mạng")
    field(two, "phuong-huong").fill("Cửa sổ hai.")
    wait_for_draft(two, report, phuong_huong="Cửa sổ hai.")
    field(two, "ket-qua").fill("Cửa sổ hai cũng ghi.")
    wait_for_draft(two, report, ket_qua="Cửa sổ hai cũng ghi.")
    one.close()
    expect(two.locator(".field-clash")).to_contain_text("Cửa sổ hai cũng ghi.")
    expect(field(two, "ket-qua")).to_have_value("Cửa sổ một.")
    two.get_by_role("button", name="Giữ chữ của tôi").click()
    wait_for_draft(two, report, ket_qua="Cửa sổ một.", phuong_huong="Cửa sổ hai.")
    person.page = two
    forgive_failed_requests(person)


def test_text_taken_back_while_it_is_being_saved_stays_taken_back(visitor):
    report = begun()
    page = visitor(OFFICER, service_workers="block").open(path_of(report))
    on_the_way: list = []
    page.route("**/luu/", lambda route: on_the_way.append(route) if not on_the_way else route.continue_())
    field(page, "ket-qua").fill("Nhầm")
    expect(state(page)).to_have_text("Đang lưu…")
    field(page, "ket-qua").fill("")
    on_the_way[0].continue_()
    wait_for_draft(page, report, ket_qua="Nhầm")
    wait_for_draft(page, report, ket_qua="")
    expect(field(page, "ket-qua")).to_have_value("")


def test_button_pressed_without_a_network_does_not_leave_the_page(visitor):
    """Everything is saved, so only the pressed button needs the network: no error page of the browser."""
    person = visitor(OFFICER)
    page = person.open(path_of(begun()))
    page.context.set_offline(True)
    page.get_by_role("button", name="Kiểm tra").click()
    expect(state(page)).to_have_text("Chưa có mạng, chưa làm được việc này. Mọi chữ đã lưu.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page.locator("#kiem-tra")).to_be_visible()
    forgive_failed_requests(person)


def test_browser_without_room_does_not_promise_to_keep_the_text(visitor):
    page = visitor(OFFICER).open(path_of(begun()))
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    cut_off(page)
    field(page, "ket-qua").fill("Không có chỗ giữ.")
    expect(state(page)).to_have_text("Chưa có mạng, máy này không giữ được chữ: đừng đóng trang")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("about:blank")
    assert asked == ["beforeunload"]


# --- the server is killed -----------------------------------------------------------------------------------------


def test_server_killed_before_it_wrote_loses_nothing(visitor, own_server):
    report = begun()
    person = visitor()
    person.site = own_server.url
    become(person, OFFICER)
    page = person.open(path_of(report))
    own_server.freeze()
    field(page, "ket-qua").fill("Đang lưu thì máy chủ chết.")
    expect(state(page)).to_have_text("Đang lưu…")
    own_server.kill()
    expect(state(page)).to_contain_text("Chưa có mạng")
    assert Report.objects.get(pk=report.pk).draft == {}
    field(page, HELPED).fill("5")
    own_server.start()
    page.keyboard.press("Control+s")
    wait_for_draft(page, report, ket_qua="Đang lưu thì máy chủ chết.", tre_em_om_dau_duoc_ho_tro__v="5")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    forgive_failed_requests(person)


def test_server_killed_while_it_wrote_doubles_nothing(visitor, own_server):
    """The save is under way in the database when the server dies: it may be written, and nobody was told."""
    report = begun()
    person = visitor()
    person.site = own_server.url
    become(person, OFFICER)
    page = person.open(path_of(report))
    with transaction.atomic():
        Report.objects.select_for_update().get(pk=report.pk)
        field(page, "ket-qua").fill("Một")
        expect(state(page)).to_have_text("Đang lưu…")
        wait_for_a_waiter()
        own_server.kill()
    expect(state(page)).to_contain_text("Chưa có mạng")
    field(page, "ket-qua").press_sequentially(" hai")
    wait_for_draft(page, report, ket_qua="Một")  # PostgreSQL went on without its client
    own_server.start()
    page.keyboard.press("Control+s")
    wait_for_draft(page, report, ket_qua="Một hai")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    expect(page.locator(".field-clash")).to_have_count(0)
    saved = Report.objects.get(pk=report.pk)
    assert (saved.draft, saved.draft_version) == ({"ket-qua": "Một hai"}, 2)
    forgive_failed_requests(person)
