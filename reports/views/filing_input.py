"""Reads what the filing page sends: its posted fields, and the changes that it saves by itself."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from reports import drafts

NOT_FIELDS = {"csrfmiddlewaretoken", "action", "base", "draft_version"}
OF_THE_FILE = (".file_task", ".consent")  # they go with the file that is sent, not into the draft
NUMBER_FIELD = re.compile(r"(?P<code>[^.]+)\.(?:v|[^.]+\.[ndv])")


def posted_fields(request: HttpRequest) -> dict[str, str]:
    """The fields of the form; a box *không phát sinh* that stands beside a number and was not sent is not ticked."""
    fields = {
        name: str(text)
        for name, text in request.POST.items()
        if name not in NOT_FIELDS and not name.endswith(OF_THE_FILE)
    }
    beside = {f"{match['code']}.nil" for name in fields if (match := NUMBER_FIELD.fullmatch(name))}
    return dict.fromkeys(beside, "") | fields


@dataclass(frozen=True)
class PostedOfFile:
    """What stands beside a file that is sent; ``fields`` are those that no draft keeps."""

    caption_name: str
    caption: str
    task_pk: int | None
    consent: str
    fields: dict[str, str]


def posted_of_file(request: HttpRequest) -> PostedOfFile:
    """What goes with the file of this request."""
    caption_name = next((name for name in request.POST if name.endswith(".caption")), "")
    code = caption_name.removesuffix(".caption")
    fields = {f"{code}{ending}": request.POST.get(f"{code}{ending}", "") for ending in OF_THE_FILE}
    pk, consent = (fields[f"{code}{ending}"] for ending in OF_THE_FILE)
    is_pk = pk.isascii() and pk.isdigit() and len(pk) < 10
    caption = drafts.storable(request.POST.get(caption_name, ""))
    return PostedOfFile(caption_name, caption, int(pk) if is_pk else None, consent, fields)


def posted_base(request: HttpRequest) -> dict[str, str]:
    """The draft from which the page started; nothing where it cannot be read, so that every difference is asked."""
    try:
        return _texts(_json(request.POST.get("base", "")))
    except ValueError:
        return {}


def posted_version(request: HttpRequest) -> int:
    text = request.POST.get("draft_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def changes(request: HttpRequest) -> tuple[int, dict[str, str], dict[str, str]]:
    """Version, texts before and texts now of an autosave; raises ValueError when it is not what our page sends."""
    body = _json(request.body)
    if not isinstance(body, dict) or not isinstance(body.get("changes"), dict):
        raise ValueError("not an object with changes")
    pairs = body["changes"]
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs.values()):
        raise ValueError("a change is a pair")
    version = body.get("draft_version")
    if not isinstance(version, int):
        raise ValueError("no version")
    was = _texts({name: pair[0] for name, pair in pairs.items()})
    return version, was, _texts({name: pair[1] for name, pair in pairs.items()})


def _json(text: str | bytes) -> Any:
    """Raises ValueError for whatever is not JSON, also where it is nested deeper than Python follows."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError("not texts by name")
    return found
