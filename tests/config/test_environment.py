"""What the settings take from the environment; refused values are tested with the real start in test_run.py."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize(("text", "value"), [("on", True), ("1", True), ("TRUE", True), ("off", False), ("", True)])
def test_flag_reads_both_words_and_takes_empty_as_the_default(monkeypatch, text, value):
    monkeypatch.setenv("A_SWITCH", text)
    assert environment.flag("A_SWITCH", default=True) is value


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8000.0", "²", "80 00"])
def test_whole_number_refuses_what_is_outside_or_no_number(monkeypatch, text):
    monkeypatch.setenv("A_NUMBER", text)
    with pytest.raises(ImproperlyConfigured, match=r"^A_NUMBER: a whole number from 1 to 65535"):
        environment.whole_number("A_NUMBER", default=1, low=1, high=65535)


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("65535", 65535), ("", 8000)])
def test_whole_number_takes_its_limits_and_the_default(monkeypatch, text, value):
    monkeypatch.setenv("A_NUMBER", text)
    assert environment.whole_number("A_NUMBER", default=8000, low=1, high=65535) == value


def test_database_on_a_socket_keeps_the_folder(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://mangnon@/mangnon?host=/run/postgresql")
    found = environment.database("sqlite:////unused")
    assert (found["NAME"], found["USER"]) == ("mangnon", "mangnon")
    assert found["OPTIONS"] == {"host": "/run/postgresql"}


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://:p@h/1", "redis+socket:///run/redis.sock", ""])
def test_redis_addresses_that_are_taken(monkeypatch, url):
    monkeypatch.setenv("REDIS_URL", url)
    assert environment.redis_url() == url


@pytest.mark.parametrize("url", ["https://mangnon.example/sub", "mangnon.example", "ftp://mangnon.example"])
def test_site_address_with_a_path_or_without_scheme_is_refused(monkeypatch, url):
    monkeypatch.setenv("SITE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=r"^SITE_URL: "):
        environment.site_url("http://127.0.0.1:8000")


def test_site_address_loses_its_last_slash(monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://mangnon.example/")
    assert environment.site_url("http://127.0.0.1:8000") == "https://mangnon.example"


@pytest.mark.parametrize("address", ["tra-lai@vi-du.vn", "a+b@localhost", ""])
def test_return_path_that_is_taken(monkeypatch, address):
    monkeypatch.setenv("MAIL_RETURN_PATH", address)
    assert environment.mail_address("MAIL_RETURN_PATH") == address


@pytest.mark.parametrize(
    "text", ["tra-lai", "Măng Non <tra-lai@vi-du.vn>", "a@b c", "a@b,c@d", "a@b\n", "<>", "trả-lại@vi-du.vn", "a@.vn"]
)
def test_return_path_that_is_no_bare_address_is_refused(monkeypatch, text):
    monkeypatch.setenv("MAIL_RETURN_PATH", text)
    with pytest.raises(ImproperlyConfigured, match=r"^MAIL_RETURN_PATH: "):
        environment.mail_address("MAIL_RETURN_PATH")


def test_without_an_address_mail_goes_to_the_outbox(monkeypatch, tmp_path):
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert environment.mail(tmp_path)["EMAIL_FILE_PATH"] == str(tmp_path)


def test_mail_folder_in_the_address_is_absolute(monkeypatch, tmp_path):
    monkeypatch.setenv("EMAIL_URL", f"filemail://{tmp_path}")
    assert environment.mail(tmp_path / "other")["EMAIL_FILE_PATH"] == str(tmp_path)


def test_mail_server_with_tls_and_sign_in(monkeypatch, tmp_path):
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://name:p%40ss@mail.example:587")
    found = environment.mail(tmp_path)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("name", "p@ss")


def test_key_is_made_once_for_this_account_only_even_by_many_at_once(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    folder = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: environment.secret_key(folder, generate=True), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_several_machines_must_be_given_their_key(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY: "):
        environment.secret_key(tmp_path, generate=False)
    assert list(tmp_path.iterdir()) == []
