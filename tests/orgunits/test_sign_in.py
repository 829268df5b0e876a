"""Signing in, out and in two steps; the limits; sign-up is closed; every word is Vietnamese."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.utils.translation import gettext

from orgunits import sample
from orgunits.models import AuditEvent, Role, User
from tests.builders import PASSWORD, make_unit, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = "/tai-khoan/dang-nhap/"


def text(answer):
    return answer.content.decode()


@pytest.fixture(autouse=True)
def _empty_cache(settings):
    """The limits are counted in the cache. A quick hasher: these tests sign in a hundred times."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person():
    user = make_user("Trần Thị Cán Bộ", email="can-bo@vi-du.vn", unit=make_unit(), role=Role.REPORTER)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(client, login="can-bo@vi-du.vn", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"login": login, "password": password, **more})


def signed_in(client):
    return client.session.get("_auth_user_id")


# --- the password -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["can-bo@vi-du.vn", "Can-Bo@Vi-Du.VN", "  can-bo@vi-du.vn "])
def test_address_in_any_case_signs_in(client, person, login):
    answer = sign_in(client, login)
    assert answer.headers["Location"] == "/"
    assert signed_in(client) == str(person.pk)


def test_next_page_is_followed_only_inside_the_site(client, person):
    inside = f"/to-chuc/don-vi/{person.role_assignments.get().org_unit_id}/"
    assert sign_in(client, next=inside).headers["Location"] == inside
    client.logout()
    assert sign_in(client, next="https://noi-khac.example/").headers["Location"] == "/"


def test_wrong_password_says_so_and_keeps_the_address(client, person):
    page = text(sign_in(client, password="sai-mat-khau-roi"))
    assert "Địa chỉ thư điện tử hoặc mật khẩu không đúng" in page
    assert 'value="can-bo@vi-du.vn"' in page
    assert "sai-mat-khau-roi" not in page
    assert signed_in(client) is None


def test_unknown_address_reads_like_a_wrong_password(client, person):
    wrong = sign_in(client, password="sai-mat-khau-roi")
    unknown = sign_in(client, "khong-co@vi-du.vn", "sai-mat-khau-roi")
    strip = re.compile(r'value="[^"]*"|content="[^"]*"')
    assert strip.sub("", text(wrong)) == strip.sub("", text(unknown))


def test_sixth_wrong_password_in_five_minutes_is_not_even_looked_at(client, person):
    for _ in range(5):
        assert "không đúng" in text(sign_in(client, password="sai-mat-khau-roi"))
    page = text(sign_in(client))  # the right one, too late
    assert "Đã nhập sai quá nhiều lần" in page
    assert signed_in(client) is None


def test_right_passwords_are_not_counted(client, person):
    for _ in range(8):
        sign_in(client)
        assert signed_in(client) == str(person.pk)
        client.logout()


def test_many_addresses_from_one_place_are_limited_too(client, person):
    pages = [text(sign_in(client, f"nguoi-{number}@vi-du.vn", "sai-mat-khau-roi")) for number in range(11)]
    assert "Đã nhập sai quá nhiều lần" not in pages[9]
    assert "Đã nhập sai quá nhiều lần" in pages[10]


def test_behind_a_proxy_people_do_not_share_one_limit(client, person, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(11):
        forged_and_true = f"203.0.113.9, 198.51.100.{number}"
        data = {"login": f"nguoi-{number}@vi-du.vn", "password": "sai-mat-khau-roi"}
        page = text(client.post(SIGN_IN, data, headers={"X-Forwarded-For": forged_and_true}))
        assert "Đã nhập sai quá nhiều lần" not in page


def test_closed_account_is_told_and_stays_outside(client, person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    answer = client.post(SIGN_IN, {"login": person.email, "password": PASSWORD}, follow=True)
    assert "đã ngừng hoạt động" in text(answer)
    assert signed_in(client) is None


def test_sign_out_asks_and_is_a_post(client, person):
    sign_in(client)
    assert "Bạn sẽ rời khỏi hệ thống" in text(client.get("/tai-khoan/dang-xuat/"))
    assert signed_in(client)
    assert client.post("/tai-khoan/dang-xuat/").headers["Location"] == SIGN_IN
    assert signed_in(client) is None


def test_nobody_signs_up(client):
    assert "không mở đăng ký" in text(client.get("/tai-khoan/dang-ky/"))
    data = {"email": "la@vi-du.vn", "password1": PASSWORD, "password2": PASSWORD}
    assert "không mở đăng ký" in text(client.post("/tai-khoan/dang-ky/", data))
    assert not User.objects.filter(email="la@vi-du.vn").exists()


# --- a new password ---------------------------------------------------------------------------------------------


def test_forgotten_password_is_set_through_a_letter_in_vietnamese(client, person):
    answer = client.post("/tai-khoan/mat-khau/quen/", {"email": "CAN-BO@vi-du.vn"}, follow=True)
    assert "Hãy kiểm tra hộp thư" in text(answer)
    letter = mail.outbox[0]
    assert letter.subject == "[Măng Non] Đặt lại mật khẩu"
    assert "Kính gửi" in letter.body
    page = client.get(re.search(r"http\S+", letter.body).group(), follow=True)
    new = "mot-mat-khau-khac-2026"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert AuditEvent.objects.get(action="person.password").actor == person
    sign_in(client, password=new)
    assert signed_in(client) == str(person.pk)


def test_unknown_address_gets_the_same_answer_and_no_link(client, person):
    answer = client.post("/tai-khoan/mat-khau/quen/", {"email": "khong-co@vi-du.vn"}, follow=True)
    assert "Hãy kiểm tra hộp thư" in text(answer)
    assert [letter.subject for letter in mail.outbox] == ["[Măng Non] Yêu cầu đặt lại mật khẩu"]
    assert "http" not in mail.outbox[0].body


def test_closed_account_gets_no_link(client, person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    client.post("/tai-khoan/mat-khau/quen/", {"email": person.email})
    assert not any("dat-lai" in letter.body for letter in mail.outbox)


def test_letters_for_one_address_are_limited(client, person):
    answers = [client.post("/tai-khoan/mat-khau/quen/", {"email": person.email}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert "Bạn đã thử quá nhiều lần" in text(answers[5])
    assert len(mail.outbox) == 5


@pytest.mark.parametrize(
    ("password", "words"),
    [("12345678901", "chỉ gồm chữ số"), ("ngan", "cần ít nhất 10 ký tự"), ("password123", "quá phổ biến")],
)
def test_weak_password_is_refused_in_vietnamese(client, person, password, words):
    sign_in(client)
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert words in text(client.post("/tai-khoan/mat-khau/doi/", data))
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_changed_password_keeps_the_session_and_is_told_by_letter(client, person):
    sign_in(client)
    new = "mot-mat-khau-khac-2026"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/tai-khoan/mat-khau/doi/", data).headers["Location"] == "/"
    assert signed_in(client) == str(person.pk)
    assert AuditEvent.objects.filter(action="person.password", actor=person).count() == 1


def test_password_stays_where_its_change_cannot_be_recorded(client, monkeypatch):
    person = make_user(email="ca@vi-du.vn", password=PASSWORD)
    client.force_login(person)
    monkeypatch.setattr("orgunits.audit.AuditEvent.save", lambda *row, **options: 1 / 0)
    data = {"oldpassword": PASSWORD, "password1": "mat-khau-khac-2027", "password2": "mat-khau-khac-2027"}
    with pytest.raises(ZeroDivisionError):
        client.post("/tai-khoan/mat-khau/doi/", data)
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


# --- the second step --------------------------------------------------------------------------------------------


def code_for(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@pytest.fixture
def secured(client, person):
    """A person who has switched on the second step, signed out again."""
    sign_in(client)
    client.post("/tai-khoan/xac-nhan/", {"password": PASSWORD})
    page = text(client.get("/tai-khoan/hai-lop/ung-dung/bat/"))
    secret = re.search(r"<code>(\w+)</code>", page).group(1)
    client.post("/tai-khoan/hai-lop/ung-dung/bat/", {"code": code_for(secret)})
    client.logout()
    cache.clear()  # a code is good once
    return secret


def test_second_step_is_asked_and_a_wrong_code_stays_outside(client, secured):
    assert sign_in(client).headers["Location"] == "/tai-khoan/hai-lop/ma/"
    assert signed_in(client) is None
    assert "Mã không đúng" in text(client.post("/tai-khoan/hai-lop/ma/", {"code": "000000"}))
    assert signed_in(client) is None
    assert client.post("/tai-khoan/hai-lop/ma/", {"code": code_for(secured)}).headers["Location"] == "/"
    assert signed_in(client)


def test_wrong_codes_are_limited(client, secured):
    sign_in(client)
    pages = [text(client.post("/tai-khoan/hai-lop/ma/", {"code": "000000"})) for _ in range(6)]
    assert "Đã nhập sai quá nhiều lần" in pages[5]
    assert "Đã nhập sai quá nhiều lần" in text(client.post("/tai-khoan/hai-lop/ma/", {"code": code_for(secured)}))


def test_recovery_code_opens_once(client, secured, person):
    sign_in(client)
    client.post("/tai-khoan/hai-lop/ma/", {"code": code_for(secured)})
    client.post("/tai-khoan/xac-nhan/", {"password": PASSWORD})
    page = text(client.get("/tai-khoan/hai-lop/ma-du-phong/"))
    spare = re.search(r"<li>([\w ]+)</li>", page.partition("code-list")[2]).group(1)
    for opens in (True, False):
        client.logout()
        sign_in(client)
        client.post("/tai-khoan/hai-lop/ma/", {"code": spare})
        assert bool(signed_in(client)) is opens


def test_switching_off_asks_for_a_recent_proof(client, secured, person):
    client.force_login(person)  # a session without a fresh sign-in
    answer = client.get("/tai-khoan/hai-lop/ung-dung/tat/")
    assert answer.headers["Location"].startswith("/tai-khoan/xac-nhan/")
    page = client.post(answer.headers["Location"], {"password": "sai-mat-khau-roi"})
    assert "Mật khẩu không đúng" in text(page)
    answer = client.post("/tai-khoan/xac-nhan/", {"password": PASSWORD, "next": "/tai-khoan/hai-lop/ung-dung/tat/"})
    assert answer.headers["Location"] == "/tai-khoan/hai-lop/ung-dung/tat/"


# --- words ------------------------------------------------------------------------------------------------------

PAGES = [SIGN_IN, "/tai-khoan/mat-khau/quen/", "/tai-khoan/mat-khau/quen/da-gui/", "/tai-khoan/ngung-hoat-dong/"]
PRIVATE_PAGES = [
    "/",
    "/tai-khoan/mat-khau/doi/",
    "/tai-khoan/hai-lop/",
    "/tai-khoan/hai-lop/ung-dung/bat/",
    "/tai-khoan/dang-xuat/",
    "/tai-khoan/xac-nhan/",
]
ENGLISH = re.compile(r"\b(the|your|password|please|sign in|email|code|account)\b", re.IGNORECASE)


def seen(page):
    """What a reader sees: no tags, no attributes but the spoken and shown ones."""
    shown = re.findall(r'(?:placeholder|aria-label|title|alt)="([^"]*)"', page)
    return re.sub(r"<[^>]+>", " ", page) + " ".join(shown)


@pytest.mark.parametrize("address", [*PAGES, *PRIVATE_PAGES])
def test_no_english_word_is_shown(client, person, address):
    if address in PRIVATE_PAGES:
        sign_in(client)
        client.post("/tai-khoan/xac-nhan/", {"password": PASSWORD})
    answer = client.get(address)
    assert answer.status_code == 200
    assert ENGLISH.findall(seen(text(answer))) == []


@pytest.mark.parametrize(
    "words",
    [
        "Enter a valid date.",
        "This field is required.",
        "Be patient, you are sending too many requests.",
        "“%(pk)s” is not a valid value.",
        "Incorrect code.",
    ],
)
def test_compiled_catalogue_is_there(words):
    """The .mo is committed: a machine without gettext's tools shows Vietnamese too."""
    assert gettext(words) != words


def test_sample_accounts_are_shown_only_with_sample_data(client, person):
    assert "Dữ liệu mẫu" not in text(client.get(SIGN_IN))
    cache.clear()
    sample.load_people(sample.load_units(), password=PASSWORD)
    page = text(client.get(SIGN_IN))
    assert "Dữ liệu mẫu" in page
    for address in sample.shown_addresses():
        assert address in page
    assert person.email not in page
    assert PASSWORD not in page
    assert 'value="quantri@mau.example"' in text(client.get(f"{SIGN_IN}?tk=quantri%40mau.example"))
