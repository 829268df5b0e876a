"""What is remarked beside fields that were just saved, while the officer goes on typing.

The rules are those of the whole check (``content``); what is only missing is left to that check.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from orgunits.vietnamese import nfc
from reports import content, content_checks, drafts, form_fields, risk_words
from reports.form_fields import Question, Questionnaire
from reports.models import ItemKind, Report

SAME_AS_BEFORE = (
    "Nội dung giống hệt kỳ trước, người duyệt sẽ thấy điều đó. Hãy sửa theo kết quả của kỳ này; nếu thật sự không có "
    "gì khác thì có thể giữ."
)
COMPARED_KINDS = (*form_fields.FIGURE_KINDS, ItemKind.NARRATIVE)


class Note(TypedDict):
    """Sentences beside one field; both lists empty where there is nothing to say any more."""

    errors: list[str]
    warnings: list[str]


def of_saved(report: Report, draft: Mapping[str, str], names: Iterable[str]) -> dict[str, Note]:
    """A note for each saved field and for those beside it that its change may have cured or broken.

    ``names`` are the fields that were saved, ``draft`` all of the draft. Loads only the items of these fields and those
    that a check holds them against.
    """
    saved = set(names)
    form = form_fields.load_some(report, {name.partition(".")[0] for name in saved})
    if not form.questions:
        return {}
    before = _before(report, form)
    parsed = content.parse_fields(form, dict(draft), previous=before)
    notes: dict[str, Note] = {}
    for question in form.questions:
        for name in _fields(question, saved):
            errors = [text for text in parsed.errors.get(name, []) if text not in content.MISSING]
            notes[name] = Note(errors=errors, warnings=[*parsed.warnings.get(name, [])])
    for question in form.questions:
        for name in _fields(question, saved) & saved:
            _remark_text(notes[name], question, name, draft.get(name, ""), before)
    return notes


def same_as_before(text: str, before: str) -> bool:
    """Whether a text says the same as last period's, spaces and capitals aside."""
    return bool(text.strip()) and _plain(text) == _plain(before)


def _before(report: Report, form: Questionnaire) -> dict[str, Any] | None:
    """The content of the last period, where any of the questions is compared with it."""
    if not any(question.kind in COMPARED_KINDS for question in form.questions):
        return None
    previous = drafts.previous_filing(report)
    return previous.content if previous else None


def _fields(question: Question, saved: set[str]) -> set[str]:
    """The fields of a question; of its tasks and its next file only those that were saved, for they stand alone."""
    if question.is_closed:
        return set()
    own = {name for name in saved if name.partition(".")[0] == question.code}
    return own | set(question.labels) if question.kind not in (ItemKind.TASKS, ItemKind.ATTACHMENTS) else own


def _remark_text(note: Note, question: Question, name: str, text: str, before: dict[str, Any] | None) -> None:
    """What concerns words alone: the tasks are not loaded, so their notes are looked at here."""
    if name.endswith((".note", ".caption")):
        note["errors"] += filter(None, [content_checks.too_long(text.strip(), form_fields.NOTE_LENGTH)])
        note["warnings"] += filter(None, [content_checks.names_a_person(text)])
    if question.kind == ItemKind.NARRATIVE:
        last = (before or {}).get("texts", {}).get(question.code, "")
        if same_as_before(text, last):
            note["warnings"].append(SAME_AS_BEFORE)
    if risk_words.speaks_of_risk(nfc(text)):
        note["warnings"].append(risk_words.HOTLINES)


def _plain(text: str) -> str:
    return " ".join(nfc(text).split()).casefold()
