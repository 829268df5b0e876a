"""The measurements, each with its bar."""

import http.client
import io
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import pypdf
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from bench.product import HOST, Product
from bench.province import TODAY, Province
from orgunits.models import User
from plans.official.pdf import print_out
from reports import official
from reports.models import Report

WARM_UP, ROUNDS = 12, 60
PDF_ROUNDS = 5
PAGES = 6
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Result:
    """One line of the table; ``value`` and ``bar`` in ``unit``."""

    name: str
    value: float
    bar: float
    unit: str
    note: str = ""

    @property
    def missed(self) -> bool:
        return self.value >= self.bar


class Browser:
    """One signed-in person on one kept connection."""

    def __init__(self, product: Product, user: User) -> None:
        self.connection = http.client.HTTPConnection(HOST, product.port, timeout=30)
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.save()
        self.cookies = {settings.SESSION_COOKIE_NAME: str(store.session_key)}

    def get(self, path: str, *, expected: int = 200) -> str:
        return self._ask("GET", path, None, {}, expected)

    def post(self, path: str, fields: dict[str, str], *, expected: int) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), headers, expected)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str], expected: int) -> str:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, headers | {"Cookie": cookie})
        response = self.connection.getresponse()
        text = response.read().decode()
        if response.status != expected:
            raise RuntimeError(f"{method} {path}: {response.status}, not {expected}")
        if given := re.match(rf"{settings.CSRF_COOKIE_NAME}=([^;]+)", response.getheader("Set-Cookie") or ""):
            self.cookies[settings.CSRF_COOKIE_NAME] = given[1]
        return text


def median_ms(action: Callable[[], object]) -> float:
    for _ in range(WARM_UP):
        action()
    return statistics.median(_timed(action) for _ in range(ROUNDS)) * 1000


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def pages(product: Product, province: Province) -> list[Result]:
    """The pages that people open all day, over HTTP, one request at a time."""
    officer, reviewer = Browser(product, province.officer), Browser(product, province.reviewer)
    form = reverse("reports:filing", args=[province.draft.pk])
    dashboards = {
        "dashboard of the province": reverse("reports:dashboard", args=[province.root.pk]),
        "dashboard of a union": reverse("reports:dashboard", args=[province.union.pk]),
    }
    home = reverse("home")
    results = [
        Result("home page of an officer", median_ms(lambda: officer.get(home)), 100, "ms"),
        Result("home page of a reviewer", median_ms(lambda: reviewer.get(home)), 100, "ms"),
        Result("filing form, 40 values", median_ms(lambda: officer.get(form)), 100, "ms"),
        Result("save of the form", median_ms(_saving(officer, form)), 100, "ms"),
    ]
    if Report.objects.get(pk=province.draft.pk).draft["so-luong-1.v"] != str(WARM_UP + ROUNDS):
        raise RuntimeError("The form was posted and not saved.")
    for name, path in dashboards.items():
        if "đơn vị đã duyệt" not in reviewer.get(path):
            raise RuntimeError(f"{name}: the page does not show the sums.")
        results.append(Result(name, median_ms(partial(reviewer.get, path)), 100, "ms"))
    return results


def _saving(officer: Browser, form: str) -> Callable[[], object]:
    """Post the whole form with one number changed; each save sends the version that the last one made."""
    fields = _fields(officer.get(form))
    turn = 0

    def save() -> None:
        nonlocal turn, fields
        turn += 1
        fields = {**fields, "so-luong-1.v": str(turn)}
        officer.post(form, fields, expected=302)
        if "draft_version" in fields:
            fields["draft_version"] = str(int(fields["draft_version"]) + 1)

    return save


def _fields(page: str) -> dict[str, str]:
    """The names and values of the form's inputs, areas and selects."""
    form = page.split('method="post"', 1)[1]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if given.get("name") and given.get("type") not in ("checkbox", "file", "submit", "radio"):
            found.setdefault(given["name"], given.get("value", ""))
    for name, text in re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>([^<]*)<', form):
        found[name] = text
    for name, options in re.findall(r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"\s+selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def printed_report(province: Province) -> list[Result]:
    """The PDF of a filed report, rendered as the worker does, the second time and later."""
    report = province.filed
    document = official.report_document(report, report.revisions.get(), on=TODAY)
    count = len(pypdf.PdfReader(io.BytesIO(print_out(document).content)).pages)
    seconds = statistics.median(_timed(lambda: print_out(document)) for _ in range(PDF_ROUNDS))
    return [Result("PDF of a report, warm", seconds, 1, "s", f"{count} pages")]


def memory_at_rest(product: Product) -> list[Result]:
    """After all measurements, when nothing is asked any more."""
    time.sleep(3)
    parts = product.memory()
    total = sum(parts.values()) / MEBIBYTE
    words = ", ".join(f"{name} {size / MEBIBYTE:.0f}" for name, size in parts.items())
    return [Result("memory of the whole product", total, 500, "MB", words)]
