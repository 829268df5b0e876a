"""Whatever is typed into an address or a form, nobody gets a page 500: it is refused in words or narrows nothing.

The addresses are those of the table of access, each asked by somebody who may. The forms are found as a browser finds
them, on those pages, and every field in turn gets every bad value.
"""

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.test_access import PERSONS, TABLE, objects

__all__ = ["objects"]  # a fixture

PARAMETERS = (
    "bao-cao", "cap", "che_do", "chi-tieu", "chi_tieu", "chuong-trinh", "count", "den", "den_ngay", "dip", "don-vi",
    "don_vi", "du-thao", "field", "he-thong", "ky", "lan", "loai", "loai_xem", "loc", "mau", "mo", "moc", "nam", "ngay",
    "nguoi", "nhiem_vu", "pham_vi", "q", "sau", "tai", "ten", "thang", "tim", "tinh-trang", "to_chuc", "trang",
    "trang-thai", "trang_thai", "trong", "truc-thuoc", "tu", "tu_ngay", "vai_tro", "viec", "xem",
)  # fmt: skip
BAD = {
    "NUL": "a\x00b",
    "twenty digits": "9" * 20,
    "a year of five digits": "20000",
    "a digit that is no number": "²",
    "the last day": "31/12/9999",
    "no such day": "31/02/2026",
    "wildcards and quotes": "%_\\'\"<",
}
ROW = re.compile(r"-\d+-")
MOST_OFTEN_WRONG = ("NUL", "twenty digits", "the last day")


class Forms(HTMLParser):
    """The forms of a page that are sent by POST: action, and fields with the values that stand in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, str] | None = None
        self.select = self.textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.fields = {} if given.get("method", "").lower() == "post" else None
            if self.fields is not None:
                self.found.append((given.get("action", ""), self.fields))
        elif self.fields is not None and given.get("name") and given.get("type") != "file":
            self.select = given["name"] if tag == "select" else ""
            self.textarea = given["name"] if tag == "textarea" else ""
            self.fields.setdefault(given["name"], given.get("value", "on" if tag == "input" else ""))
        elif self.fields is not None and tag == "option" and self._is_chosen(given):
            self.fields[self.select] = given.get("value", "")

    def _is_chosen(self, option: dict[str, str]) -> bool:
        """Whether it is what its select sends now; a select without a name sends nothing."""
        sent = (self.fields or {}).get(self.select)
        return sent is not None and ("selected" in option or not sent)

    def handle_data(self, data: str) -> None:
        if self.textarea and self.fields is not None:
            self.fields[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        self.fields = None if tag == "form" else self.fields
        self.select = "" if tag == "select" else self.select
        self.textarea = "" if tag == "textarea" else self.textarea


def pages(cast: SimpleNamespace, objects: dict[str, dict[str, Any]], group: str) -> list[tuple[str, str]]:
    """The addresses of an application that answer 200 to anybody, each with the name of one of those people."""
    found = []
    for name, (kind, row) in TABLE.items():
        allowed = [person for person, code in zip(PERSONS, row.split(), strict=True) if code == "200"]
        if name.startswith(f"{group}:") and allowed:
            person = next((each for each in ("administrator", "officer", "reviewer") if each in allowed), allowed[0])
            found.append((person, reverse(name, kwargs=objects[kind])))
    return found


def fault(client: Client, method: str, url: str, data: dict[str, str]) -> str:
    """What went wrong, or nothing; whatever the request has changed is taken back."""
    with transaction.atomic():
        answer = getattr(client, method)(url, data)
        transaction.set_rollback(True)
    if answer.status_code < 500:
        return ""
    _, error, _ = getattr(answer, "exc_info", None) or (None, "", None)
    return f"{type(error).__name__}: {str(error)[:80]}"


def signed_in(cast: SimpleNamespace, person: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(getattr(cast, person))
    return client


GROUPS = ["orgunits", "channels", "plans", "targets", "reports"]


@pytest.mark.parametrize("group", GROUPS)
def test_bad_addresses(cast, objects, group):
    faults = {}
    clients = {person: signed_in(cast, person) for person in PERSONS[1:]}
    for person, url in pages(cast, objects, group):
        for what, value in BAD.items():
            found = fault(clients[person], "get", url, dict.fromkeys(PARAMETERS, value))
            if found:
                faults[url, what] = found
    assert faults == {}


@pytest.mark.parametrize("group", GROUPS)
def test_bad_forms(cast, objects, group):
    faults, seen = {}, set()
    clients = {person: signed_in(cast, person) for person in PERSONS[1:]}
    for person, url in pages(cast, objects, group):
        answer = clients[person].get(url)
        if answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        for action, fields in Forms(answer.content.decode()).found:
            kind = {ROW.sub("-N-", field): field for field in fields}  # of the rows of a formset the last one
            if action != reverse("account_logout") and frozenset(kind) not in seen:
                for field, what in [(field, what) for field in kind.values() for what in MOST_OFTEN_WRONG]:
                    found = fault(clients[person], "post", action or url, fields | {field: BAD[what]})
                    if found:
                        faults[action or url, field, what] = found
            seen.add(frozenset(kind))
    assert len(seen) > 1
    assert faults == {}


def test_every_form_is_sent_somewhere(cast, objects):
    """The test above would be worth nothing if it did not find the forms."""
    client = signed_in(cast, "administrator")
    page = client.get(reverse("orgunits:person_invite")).content.decode()
    fields = next(fields for _, fields in Forms(page).found if "email" in fields)
    assert {"full_name", "role", "unit", "since", "until"} <= fields.keys()
    assert fields["role"] == "reporter"
    assert fields["since"]
