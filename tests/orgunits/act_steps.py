"""The two steps in which an act is done on the pages."""

import re
from typing import Any

from django.test import Client

STAMP = re.compile(r'name="stamp" value="(\w+)"')
CHOSEN = re.compile(r'<select[^>]*name="(viec-[^"]+)">(.*?)</select>', re.DOTALL)
OPTION = re.compile(r'<option value="([^"]*)"( selected)?>')


def stamp_of(answer: Any) -> str:
    """What tells the page whether everything is as it was shown; empty on the page of the form."""
    found = STAMP.search(answer.content.decode())
    return found[1] if found else ""


def asked(answer: Any) -> dict[str, tuple[str, list[str]]]:
    """By question: the answer that stands there, and all that are offered."""
    found = {}
    for name, inside in CHOSEN.findall(answer.content.decode()):
        options = OPTION.findall(inside)
        found[name] = next(value for value, chosen in options if chosen), [value for value, _ in options]
    return found


def preview(client: Client, address: str, data: dict[str, Any]) -> Any:
    return client.post(address, data)


def act(client: Client, address: str, data: dict[str, Any], **answers: str) -> Any:
    """Look at the preview and confirm it; the page with the errors where there are some."""
    page = preview(client, address, data)
    stamp = stamp_of(page)
    if not stamp:
        return page
    named = {name.replace("viec_", "viec-").replace("_", "-"): value for name, value in answers.items()}
    return client.post(address, data | named | {"stamp": stamp, "action": "confirm"})
