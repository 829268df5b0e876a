"""Which addresses a gateway may have: public ones over https, whatever a name hides."""

import socket

import pytest

from orgunits import webhook_addresses
from orgunits.webhook_addresses import AddressRefused

INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "localhost", "2130706433",
    "0x7f000001", "017700000001",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_addresses_inside_are_refused(settings, host):
    settings.WEBHOOK_LOOPBACK = False
    with pytest.raises(AddressRefused):
        webhook_addresses.check(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/", "ftp://8.8.8.8/", "file:///etc/passwd", "https://", "https://a b/", "https://u:p@8.8.8.8/",
        "https://8.8.8.8/#a", "https://8.8.8.8:99999/", "https://8.8.8.8:x/", "https://[::1", "//8.8.8.8/", "",
        "https://mặng.vn/", "https://8.8.8.8/\r\nHost: x", "gopher://8.8.8.8/", "https://khong-co.invalid/",
        "https://" + "a" * 300 + ".vn/",
    ],
)  # fmt: skip
def test_what_is_no_public_https_address_is_refused(settings, url):
    settings.WEBHOOK_LOOPBACK = False
    with pytest.raises(AddressRefused):
        webhook_addresses.check(url)


def test_a_public_address_is_taken(settings):
    settings.WEBHOOK_LOOPBACK = False
    target = webhook_addresses.check("https://8.8.8.8:8443/a?b=c")
    assert (target.number, target.port, target.path, target.is_secure) == ("8.8.8.8", 8443, "/a?b=c", True)


def resolver(*numbers):
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]


def test_one_inner_address_among_several_is_enough_to_refuse(settings, monkeypatch):
    settings.WEBHOOK_LOOPBACK = False
    monkeypatch.setattr(socket, "getaddrinfo", resolver("8.8.8.8", "10.0.0.1"))
    with pytest.raises(AddressRefused, match="mạng nội bộ"):
        webhook_addresses.check("https://cong.vi-du.vn/")
