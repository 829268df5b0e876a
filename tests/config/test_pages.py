"""The frame of the pages, the menu of each role, and the pages for errors."""

import re
from pathlib import Path
from unicodedata import is_normalized

import pytest
from django.conf import settings
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path

from config import views
from orgunits.transitions import Conflict
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db

SENTENCE = "Báo cáo này đã được Đỗ Thị Xét Duyệt duyệt lúc 08:30 22/11/2026."
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def text(answer):
    return answer.content.decode()


def menu(answer):
    part = text(answer).partition('id="site-nav"')[2].partition("</nav>")[0]
    return re.findall(r"<a href=.*?</svg>\s*(.*?)\s*</a>", part, flags=re.DOTALL)


# --- the menu ---------------------------------------------------------------------------------------------------


def test_officer_has_a_short_menu(client, cast):
    client.force_login(cast.officer)
    found = menu(client.get("/"))
    assert found[0] == "Việc cần làm"
    assert {"Báo cáo", "Kế hoạch", "Bảng theo dõi"} <= set(found)
    assert not {"Đơn vị", "Người dùng", "Nhật ký", "Hộp thư đi"} & set(found)


def test_administrators_have_theirs_and_only_the_whole_one_reads_the_mail(client, cast):
    client.force_login(cast.unit_administrator)
    found = menu(client.get("/"))
    assert {"Đơn vị", "Người dùng", "Chế độ báo cáo", "Nhật ký"} <= set(found)
    assert "Hộp thư đi" not in found
    client.force_login(cast.administrator)
    assert "Hộp thư đi" in menu(client.get("/"))


def test_every_line_of_the_menu_opens(client, cast):
    client.force_login(cast.administrator)
    page = text(client.get("/")).partition('id="site-nav"')[2].partition("</nav>")[0]
    addresses = re.findall(r'<a href="([^"]+)"', page)
    assert len(addresses) >= 8
    for address in addresses:
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        assert f'<a href="{address}" aria-current="page">' in text(answer), address


def test_header_names_the_units_of_the_person(client, cast):
    client.force_login(cast.officer)
    assert "Công đoàn cơ sở số 01" in text(client.get("/")).partition("<main")[0]


def test_signed_out_visitor_is_led_to_sign_in(client):
    assert client.get("/").headers["Location"] == "/tai-khoan/dang-nhap/?next=/"


# --- errors -----------------------------------------------------------------------------------------------------


def conflicting(request):
    raise Conflict(SENTENCE)


def failing(request):
    raise ZeroDivisionError


urlpatterns = [path("xung-dot/", conflicting), path("hong/", failing), path("", include("config.urls"))]
handler500 = views.server_error


@override_settings(ROOT_URLCONF="tests.config.test_pages")
def test_stale_page_gets_409_and_the_sentence(client):
    answer = client.post("/xung-dot/", headers={"Referer": "http://testserver/bao-cao/7/?ky=2026"})
    assert answer.status_code == 409
    assert SENTENCE in text(answer)
    assert 'href="/bao-cao/7/?ky=2026"' in text(answer)


@override_settings(ROOT_URLCONF="tests.config.test_pages")
def test_link_back_never_leaves_the_site(client):
    for referer in ("https://noi-khac.example/a", "javascript:alert(1)", "//noi-khac.example", ""):
        page = text(client.post("/xung-dot/", headers={"Referer": referer}))
        assert "Mở lại trang vừa xem" not in page


@override_settings(ROOT_URLCONF="tests.config.test_pages")
def test_htmx_gets_the_sentence_alone(client):
    answer = client.post("/xung-dot/", headers={"HX-Request": "true"})
    assert (answer.status_code, text(answer)) == (409, SENTENCE)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@override_settings(ROOT_URLCONF="tests.config.test_pages")
def test_failure_has_a_page_that_asks_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client(raise_request_exception=False).get("/hong/")
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi khi xử lý yêu cầu này" in text(answer)


BUTTON = "/bao-cao/7/duyet/"  # takes a press only


def test_who_signs_in_again_after_a_press_comes_to_the_page_of_the_button(client):
    answer = client.post(BUTTON, headers={"Referer": "http://testserver/bao-cao/7/?ky=2026"})
    assert answer.headers["Location"] == "/tai-khoan/dang-nhap/?next=/bao-cao/7/%3Fky%3D2026"
    assert client.post(BUTTON).headers["Location"] == "/tai-khoan/dang-nhap/?next=/"
    elsewhere = client.post(BUTTON, headers={"Referer": "https://noi-khac.example/a"})
    assert elsewhere.headers["Location"] == "/tai-khoan/dang-nhap/?next=/"


def test_address_of_a_button_opened_as_a_page_says_what_to_do(client, cast):
    client.force_login(cast.officer)
    answer = client.get(BUTTON)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "chỉ làm được bằng nút bấm" in text(answer)


@pytest.mark.parametrize("person", ["", "officer"])
def test_unknown_address_has_a_page(client, cast, person):
    if person:
        client.force_login(getattr(cast, person))
    answer = client.get("/khong-co-trang-nay/")
    assert answer.status_code == 404
    assert "Không tìm thấy trang này" in text(answer)


def test_forbidden_page_says_whom_to_ask(client, cast):
    client.force_login(cast.officer)
    answer = client.get("/to-chuc/don-vi/")
    assert answer.status_code == 403
    assert "người quản trị" in text(answer)


def test_foreign_host_gets_a_plain_page(client):
    answer = client.get("/", headers={"Host": "noi-khac.example"})
    assert answer.status_code == 400
    assert "Yêu cầu gửi lên không hợp lệ" in text(answer)


def test_old_form_is_explained(cast):
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/tai-khoan/dang-nhap/", {"login": cast.officer.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "Phiên làm việc đã hết hạn" in text(answer)


def test_previous_page_keeps_the_query():
    request = RequestFactory().get("/", headers={"Referer": "http://testserver/a/?b=1&c=2"})
    assert views.previous_page(request) == "/a/?b=1&c=2"


# --- the policy -------------------------------------------------------------------------------------------------


def test_pages_carry_the_policy(client):
    policy = client.get("/tai-khoan/dang-nhap/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_no_template_of_a_page_needs_an_exception_from_the_policy():
    """No inline style, script or handler; mail has no style sheets, and printed documents have their own."""
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=\"|javascript:")
    found = [
        str(file.relative_to(TEMPLATES))
        for file in sorted(TEMPLATES.rglob("*.html"))
        if file.relative_to(TEMPLATES).parts[0] not in {"email", "official"} and inline.search(file.read_text())
    ]
    assert found == []


def test_templates_are_in_the_normal_form_of_unicode():
    assert [str(file) for file in TEMPLATES.rglob("*.*") if not is_normalized("NFC", file.read_text())] == []
