"""Turns the typed text of a draft into the checked content of a revision; finds all errors at once.

``None`` (missing), 0 and *không phát sinh* are three things: a missing cell has no key, nil is ``{"nil": True}``.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from orgunits.vietnamese import nfc
from reports import activities, attachments, content_checks, form_fields
from reports.form_fields import Cell, Question, Questionnaire, TaskStatus
from reports.models import ItemKind, Report
from reports.whole_numbers import Unreadable, read_money, read_whole

MISSING_FIGURE = "Chưa có số liệu. Hãy ghi số, hoặc chọn “Không phát sinh”."
MISSING_CELL = "Chưa ghi số này. Nếu không có, hãy ghi 0."
MISSING_TEXT = "Chưa có nội dung. Hãy ghi phần này trước khi nộp."
MISSING_STATUS = "Chưa chọn tình hình thực hiện của nhiệm vụ này."
NIL_WITH_NUMBER = "Đã chọn “Không phát sinh” mà vẫn ghi số. Hãy bỏ chọn hoặc xóa số."


@dataclass
class ParsedContent:
    """``content`` as ``Revision`` freezes it; sound only without ``errors``. Warnings do not stop a filing."""

    content: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        return not self.errors


def parse(
    report: Report,
    raw: dict[str, str],
    *,
    previous: dict[str, Any] | None,
    form: Questionnaire | None = None,
) -> ParsedContent:
    """Read the typed text by field name against the report's form.

    ``previous`` is the content of the latest earlier approved period, against which figures are held; ``form`` saves
    loading what the caller has loaded.
    """
    reader = _Reader(raw, (previous or {}).get("figures", {}))
    for question in (form or form_fields.load(report)).questions:
        reader.read(question)
    reader.content["activities"] = activities.frozen(report)
    reader.content["attachments"] = [file.pk for file in attachments.of_report(report)]
    return ParsedContent(reader.content, dict(reader.errors), dict(reader.warnings))


class _Reader:
    """Collects content and errors over the questions of one form."""

    def __init__(self, raw: dict[str, str], before: dict[str, dict[str, Any]]) -> None:
        self.raw = raw
        self.before = before
        self.content: dict[str, Any] = {"figures": {}, "texts": {}, "tasks": {}, "explanations": {}}
        self.errors: defaultdict[str, list[str]] = defaultdict(list)
        self.warnings: defaultdict[str, list[str]] = defaultdict(list)

    def typed(self, name: str) -> str:
        return nfc(self.raw.get(name, "").replace("\r\n", "\n")).strip()

    def refuse(self, name: str, sentence: str) -> None:
        if sentence:
            self.errors[name].append(sentence)

    def read(self, question: Question) -> None:
        if question.is_figure:
            self._read_figure(question)
        elif question.kind == ItemKind.NARRATIVE:
            self._read_narrative(question)
        elif question.kind == ItemKind.TASKS:
            self._read_tasks(question)

    # --- figures --------------------------------------------------------------------------------------------------

    def _read_figure(self, question: Question) -> None:
        explanation = self._text(question.explanation_name, form_fields.EXPLANATION_LENGTH)
        if explanation:
            self.content["explanations"][question.code] = explanation
        typed = [cell for cell in question.cells if self.typed(cell.name)]
        if self.typed(question.nil_name):
            self.content["figures"][question.code] = {"nil": True}
            if typed:
                self.refuse(question.nil_name, NIL_WITH_NUMBER)
            return
        if not typed:
            if question.item.required:
                self.refuse(question.cells[0].name, MISSING_FIGURE)
            return
        found = {cell.key: number for cell in question.cells if (number := self._number(cell, question)) is not None}
        self.content["figures"][question.code] = found
        self._hold_shares(question, found)
        self._hold_against_last_period(question, found, explained=bool(explanation))

    def _number(self, cell: Cell, question: Question) -> int | None:
        text = self.typed(cell.name)
        if not text:
            self.refuse(cell.name, MISSING_CELL)
            return None
        try:
            return read_money(text) if question.kind == ItemKind.MONEY else read_whole(text)
        except Unreadable as error:
            self.refuse(cell.name, str(error))
            return None

    def _hold_shares(self, question: Question, found: dict[str, int]) -> None:
        for group in question.groups:
            numerator, denominator = found.get(group.numerator.key), found.get(group.denominator.key)
            if numerator is not None and denominator is not None:
                sentence = content_checks.numerator_above_denominator(numerator, denominator)
                self.refuse(group.numerator.name, sentence)

    def _hold_against_last_period(self, question: Question, found: dict[str, int], *, explained: bool) -> None:
        before = self.before.get(question.code, {})
        for cell in question.cells:
            if cell.key in found:
                sentence = content_checks.wild_difference(before.get(cell.key), found[cell.key], explained=explained)
                self.refuse(cell.name, sentence)

    # --- texts and tasks ------------------------------------------------------------------------------------------

    def _text(self, name: str, most: int) -> str:
        text = self.typed(name)
        self.refuse(name, content_checks.too_long(text, most))
        if warning := content_checks.names_a_person(text):
            self.warnings[name].append(warning)
        return text

    def _read_narrative(self, question: Question) -> None:
        text = self._text(question.code, question.item.max_length)
        if text:
            self.content["texts"][question.code] = text
        elif question.item.required:
            self.refuse(question.code, MISSING_TEXT)

    def _read_tasks(self, question: Question) -> None:
        for row in question.tasks:
            status = self.typed(row.status_name)
            note = self._text(row.note_name, form_fields.NOTE_LENGTH)
            if status in TaskStatus.values:
                self.content["tasks"][str(row.task.pk)] = {"status": status, "note": note}
            elif question.item.required:
                self.refuse(row.status_name, MISSING_STATUS)
