"""The measurements, each with its bar."""

import http.client
import io
import json
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from bench.product import HOST, Product
from bench.province import IMPORTED, TODAY, Province
from orgunits.models import User
from plans import renderers
from plans.official.blocks import to_json
from reports import official, sheets_import, sheets_units
from reports.models import Report, SheetImport

WARM_UP, ROUNDS = 12, 60
PDF_ROUNDS = 5
PAGES = 6
VALUES = 40  # of one unit in a workbook of many
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

    def post_json(self, path: str, body: object) -> str:
        headers = {
            "Content-Type": "application/json",
            "X-CSRFToken": self.cookies[settings.CSRF_COOKIE_NAME],
        }
        return self._ask("POST", path, json.dumps(body), headers, 200)

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
    return statistics.median(timed(action) for _ in range(ROUNDS)) * 1000


def timed(action: Callable[[], object]) -> float:
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
        *_of_the_large_form(officer, province),
        *_of_review(reviewer, province),
        *_of_the_report_upward(product, province),
    ]
    if Report.objects.get(pk=province.draft.pk).draft["so-luong-1.v"] != str(WARM_UP + ROUNDS):
        raise RuntimeError("The form was posted and not saved.")
    for name, path in dashboards.items():
        if "đơn vị đã duyệt" not in reviewer.get(path):
            raise RuntimeError(f"{name}: the page does not show the sums.")
        results.append(Result(name, median_ms(partial(reviewer.get, path)), 100, "ms"))
    return results


def _of_the_large_form(officer: Browser, province: Province) -> list[Result]:
    """The form of 60 items and 40 tasks, and a field of it that saves itself."""
    form = reverse("reports:filing", args=[province.large.pk])
    page = officer.get(form)
    if page.count("task") < 40 or 'name="muc-60' in page:
        raise RuntimeError("The large form does not show what it asks.")
    save = _typing(officer, province.large)
    results = [
        Result("filing form, 60 items, 40 tasks", median_ms(lambda: officer.get(form)), 300, "ms"),
        Result("a field that saves itself", median_ms(save), 100, "ms"),
    ]
    if Report.objects.get(pk=province.large.pk).draft["muc-21.v"] != str(WARM_UP + ROUNDS):
        raise RuntimeError("The field was sent and not saved.")
    return results


def _typing(officer: Browser, report: Report) -> Callable[[], object]:
    """One number changes and goes to the server by itself, as while an officer types."""
    path = reverse("reports:filing_autosave", args=[report.pk])
    stored = Report.objects.get(pk=report.pk)
    text, version, turn = stored.draft["muc-21.v"], stored.draft_version, 0

    def save() -> None:
        nonlocal text, version, turn
        turn += 1
        body = {"draft_version": version, "changes": {"muc-21.v": [text, str(turn)]}}
        version, text = json.loads(officer.post_json(path, body))["draft_version"], str(turn)

    return save


def _of_review(reviewer: Browser, province: Province) -> list[Result]:
    queue, page = reverse("reports:review_queue"), province.waiting.get_absolute_url()
    return [
        Result("review queue", median_ms(lambda: reviewer.get(queue)), 100, "ms"),
        Result("page of a report", median_ms(lambda: reviewer.get(page)), 100, "ms"),
    ]


def _of_the_report_upward(product: Product, province: Province) -> list[Result]:
    writer = Browser(product, province.writer)
    page = reverse("reports:consolidated", args=[province.upward.pk])
    if "Số lượng thứ 1" not in writer.get(page):
        raise RuntimeError("The report upward does not show the sums from below.")
    return [Result("report upward, 1,500 units below", median_ms(lambda: writer.get(page)), 300, "ms")]


def imported_workbook(province: Province) -> list[Result]:
    """One workbook of 500 units with 40 values each: checked, then imported, as the worker does both."""
    duty, by = province.many, province.writer
    period = duty.obligations.latest("period__year").period
    file = _filled(sheets_units.build(duty, period, by=by, on=TODAY).content)
    row = sheets_import.take_many(SimpleUploadedFile("bang.xlsx", file), duty, period, unit=province.root, by=by)
    seconds = timed(lambda: sheets_import.run(row.pk))
    row.refresh_from_db()
    sheets_import.confirm_many(row, by=by, with_clashes=False)
    seconds += timed(lambda: sheets_import.run(row.pk))
    typed = sum(len(draft) for draft in Report.objects.filter(obligation__duty=duty).values_list("draft", flat=True))
    row.refresh_from_db()
    if row.status != SheetImport.Status.DONE or typed != VALUES * IMPORTED:
        raise RuntimeError(f"The workbook was not imported: {row.status} {row.error}, {typed} values.")
    return [Result("import of a workbook", seconds, 20, "s", f"{IMPORTED} units, {VALUES} values each")]


def _filled(content: bytes) -> bytes:
    """The empty table with a number in every cell, as Excel would save it."""
    workbook = load_workbook(io.BytesIO(content))
    for row in range(sheets_units.FIRST_ROW, sheets_units.FIRST_ROW + IMPORTED):
        for column in range(sheets_units.FIRST, sheets_units.FIRST + VALUES):
            workbook[sheets_units.NOW].cell(row, column).value = row * column % 997
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


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
    content = to_json(official.report_document(report, report.revisions.get(), on=TODAY))
    count = renderers.print_out("pdf", content).pages
    seconds = statistics.median(timed(lambda: renderers.print_out("pdf", content)) for _ in range(PDF_ROUNDS))
    return [Result("PDF of a report, warm", seconds, 1, "s", f"{count} pages")]


def memory_at_rest(product: Product) -> list[Result]:
    """After all measurements, when nothing is asked any more."""
    time.sleep(3)
    parts = product.memory()
    total = sum(parts.values()) / MEBIBYTE
    words = ", ".join(f"{name} {size / MEBIBYTE:.0f}" for name, size in parts.items())
    return [Result("memory of the whole product", total, 500, "MB", words)]
