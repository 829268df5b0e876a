"""Which addresses a gateway may have: public ones over https, asked again each time after the name is resolved.

A gateway's address is typed by a person, and our workers stand inside a network: without this, anybody who
administers a unit could have them speak to the database, to another service or to the cloud's own metadata.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
EMBEDDING = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))  # NAT64


class AddressRefused(Exception):
    """The address may not be used; the message is a Vietnamese sentence for the administrator."""


@dataclass(frozen=True)
class Target:
    """Where to connect: the number that was looked at, under the name that its certificate must carry."""

    number: str
    host: str
    port: int
    path: str
    is_secure: bool


def check(url: str) -> Target:
    """The target of an address, resolved now. Raises AddressRefused."""
    target = _parts(url)
    numbers = _resolve(target.host, target.port)
    for number in numbers:
        _require_allowed(number, is_secure=target.is_secure)
    return Target(numbers[0], target.host, target.port, target.path, target.is_secure)


def _parts(url: str) -> Target:
    """The address taken apart, not yet resolved."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("Địa chỉ này không đọc được.") from error
    if any(ord(char) <= 32 or ord(char) >= 127 for char in url):
        raise AddressRefused("Địa chỉ chỉ gồm chữ không dấu, chữ số và ký hiệu, không có dấu cách.")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise AddressRefused("Địa chỉ phải bắt đầu bằng https://, ví dụ https://cong.example.vn/mang-non.")
    if parts.scheme == "http" and not settings.WEBHOOK_LOOPBACK:
        raise AddressRefused("Địa chỉ phải bắt đầu bằng https://: tin gửi qua http có thể bị đọc trộm.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("Địa chỉ không được kèm tên đăng nhập, mật khẩu hoặc phần sau dấu #.")
    is_secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target("", parts.hostname, port or (443 if is_secure else 80), path, is_secure)


def _resolve(host: str, port: int) -> list[str]:
    """The numbers behind a name, in the order of the resolver."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused("Không tìm thấy máy chủ mang tên này.") from error
    return [str(entry[4][0]) for entry in found]


def _require_allowed(number: str, *, is_secure: bool) -> None:
    """Refuse what lies in a private, local or otherwise special network; loopback only where the setting says so."""
    address = ipaddress.ip_address(number.partition("%")[0])
    if settings.WEBHOOK_LOOPBACK and address.is_loopback:
        return
    if not is_secure:
        raise AddressRefused("Địa chỉ phải bắt đầu bằng https://: tin gửi qua http có thể bị đọc trộm.")
    for each in (address, *_inside(address)):
        if not each.is_global or each.is_multicast or each.is_reserved:
            raise AddressRefused("Địa chỉ này nằm trong mạng nội bộ của máy chủ nên không dùng được.")


def _inside(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address carries: mapped, 6to4, Teredo, NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[Address] = [each for each in (address.ipv4_mapped, address.sixtofour) if each]
    found += list(address.teredo or ())
    if any(address in network for network in EMBEDDING):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found
