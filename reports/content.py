"""Turns the typed text of a draft into the checked content of a revision; finds all errors at once.

``None`` (missing), 0 and *không phát sinh* are three things: a missing cell has no key, nil is ``{"nil": True}``. A
count by groups freezes each group and their sum ``v``; the sum is missing while a group is. Items that are closed for
correction are taken as they were filed.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orgunits.vietnamese import nfc
from reports import activities, attachments, care_models, collected_texts, content_checks, form_checks, form_fields
from reports.form_fields import CHOICE_KINDS, NUMBER_KINDS, SUM, Cell, Question, Questionnaire, TaskStatus
from reports.models import ItemKind, Report
from reports.whole_numbers import Unreadable, read_money, read_whole

MISSING_FIGURE = "Chưa có số liệu. Hãy ghi số, hoặc chọn “Không phát sinh”."
MISSING_CELL = "Chưa ghi số này. Nếu không có, hãy ghi 0."
MISSING_TEXT = "Chưa có nội dung. Hãy ghi phần này trước khi nộp."
MISSING_STATUS = "Chưa chọn tình hình thực hiện của nhiệm vụ này."
MISSING_CHOICE = "Chưa trả lời. Hãy chọn một phương án."
MISSING_FILE = "Chưa có tệp nào. Biểu mẫu yêu cầu gửi kèm ít nhất một tệp ở mục này."
MISSING = {MISSING_FIGURE, MISSING_CELL, MISSING_TEXT, MISSING_STATUS, MISSING_CHOICE, MISSING_FILE}
UNKNOWN_CHOICE = "Phương án đã chọn không có trong biểu mẫu. Hãy chọn lại."
NIL_WITH_NUMBER = "Đã chọn “Không phát sinh” mà vẫn ghi số. Hãy bỏ chọn hoặc xóa số."
TO_EXPLAIN = "Hãy xem lại; nếu số đúng, hãy ghi lý do vào ô “Giải trình” của mục này."
ANSWERS = ("figures", "texts", "choices", "tasks", "collected", "activities", "models", "attachments")
BY_ITEM = ("figures", "texts", "choices", "explanations", "collected")


@dataclass
class ParsedContent:
    """``content`` as ``Revision`` freezes it; sound only without ``errors``. Warnings do not stop a filing.

    ``explained`` are the rules that do not hold and for which the officer has written why.
    """

    content: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    explained: list[dict[str, str]] = field(default_factory=list)

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
    form = form or form_fields.load(report)
    parsed = _read(form, raw, previous, collected=collected_texts.frozen(report), registers=_registers(form))
    for question in form.questions:
        if question.lacks_files(parsed.content["attachments"]):
            parsed.errors[question.caption_name] = [MISSING_FILE]
    return parsed


def parse_fields(form: Questionnaire, raw: dict[str, str], *, previous: dict[str, Any] | None) -> ParsedContent:
    """As ``parse`` for some questions of a form, without what comes from the unit's registers."""
    return _read(form, raw, previous, collected={}, registers={})


def flags(parsed: ParsedContent) -> dict[str, list[dict[str, str]]]:
    """What a reviewer should look at in a filing: rules that did not hold and were explained, and warnings."""
    warnings = [
        {"item": name.partition(".")[0], "sentence": sentence}
        for name, sentences in parsed.warnings.items()
        for sentence in sentences
    ]
    return {"checks": parsed.explained, "warnings": warnings}


def is_empty(content: dict[str, Any]) -> bool:
    """Whether nothing at all is answered: such a report is not filed, and so never counts as in time."""
    return not any(_has_answer(content.get(part)) for part in ANSWERS)


def _has_answer(value: Any) -> bool:
    """0 and *không phát sinh* are answers; a field left empty is none."""
    if isinstance(value, dict):
        return any(_has_answer(each) for each in value.values())
    if isinstance(value, list | str):
        return bool(value)
    return value is not None and value is not False


def _registers(form: Questionnaire) -> dict[str, list[Any]]:
    """What the unit's registers and the draft's files hold now; where these are closed, what was filed."""
    report, filed = form.report, form.filed
    fresh: dict[str, tuple[str, Callable[[Report], list[Any]]]] = {
        "activities": (ItemKind.ACTIVITIES, activities.frozen),
        "models": (ItemKind.MODELS, care_models.frozen),
        "attachments": (ItemKind.ATTACHMENTS, _file_pks),
    }
    return {key: read(report) if form.has_open(kind) else filed.get(key, []) for key, (kind, read) in fresh.items()}


def _file_pks(report: Report) -> list[int]:
    return [file.pk for file in attachments.of_report(report)]


def _read(
    form: Questionnaire,
    raw: dict[str, str],
    previous: dict[str, Any] | None,
    *,
    collected: dict[str, Any],
    registers: dict[str, list[Any]],
) -> ParsedContent:
    reader = _Reader(form, raw, (previous or {}).get("figures", {}), collected)
    for question in form.questions:
        reader.read(question)
    reader.hold_rules()
    content = reader.content | registers
    return ParsedContent(content, dict(reader.errors), dict(reader.warnings), reader.explained)


class _Reader:
    """Collects content and errors over the questions of one form."""

    def __init__(
        self, form: Questionnaire, raw: dict[str, str], before: dict[str, dict[str, Any]], collected: dict[str, Any]
    ) -> None:
        self.form = form
        self.raw = raw
        self.before = before
        self.with_trend = form_checks.items_with_trend(form)
        self.content: dict[str, Any] = {key: {} for key in ("figures", "texts", "choices", "tasks", "explanations")}
        self.content["collected"] = dict(collected)
        self.errors: defaultdict[str, list[str]] = defaultdict(list)
        self.warnings: defaultdict[str, list[str]] = defaultdict(list)
        self.explained: list[dict[str, str]] = []

    def typed(self, name: str) -> str:
        return nfc(self.raw.get(name, "").replace("\r\n", "\n")).strip()

    def refuse(self, name: str, sentence: str) -> None:
        if sentence:
            self.errors[name].append(sentence)

    def read(self, question: Question) -> None:
        if question.is_closed:
            self._keep(question)
        elif question.is_figure:
            self._read_figure(question)
        elif question.kind in CHOICE_KINDS:
            self._read_choice(question)
        elif question.kind == ItemKind.NARRATIVE:
            self._read_narrative(question)
        elif question.kind == ItemKind.TASKS:
            self._read_tasks(question)

    def _keep(self, question: Question) -> None:
        """Take a closed item from the last filing, whatever is typed in its fields."""
        filed, code = self.form.filed, question.code
        for key in BY_ITEM:
            self.content[key].pop(code, None)
            if code in filed.get(key, {}):
                self.content[key][code] = filed[key][code]
        if question.kind == ItemKind.TASKS:
            self.content["tasks"] = filed.get("tasks", {}) | self.content["tasks"]
        self._warn(code, filed.get("texts", {}).get(code, ""))

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
            self._hold_nil_against_last_period(question)
            return
        if not typed:
            if question.item.required:
                self.refuse(question.cells[0].name, MISSING_FIGURE)
            return
        found = {cell.key: number for cell in question.cells if (number := self._number(cell, question)) is not None}
        if question.has_parts and len(found) == len(question.cells):
            found[SUM] = sum(found.values())
        self.content["figures"][question.code] = found
        self._hold_shares(question, found)
        self._hold_against_last_period(question, found)

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

    def _hold_against_last_period(self, question: Question, found: dict[str, int]) -> None:
        """The rule that holds for every figure, unless the form has its own on the change of this one."""
        if question.item.pk in self.with_trend:
            return
        before = self.before.get(question.code, {})
        pairs = [(cell, before.get(cell.key), found.get(cell.key)) for cell in question.cells]
        if question.has_parts and not any(was is not None for _, was, _ in pairs):
            # Last period it was asked as one number: the sum is what can be compared.
            pairs = [(question.cells[0], before.get(SUM), found.get(SUM))]
        for cell, was, now in pairs:
            if was is not None and now is not None:
                self._ask_why(question, cell.name, content_checks.wild_difference(was, now))

    def _hold_nil_against_last_period(self, question: Question) -> None:
        """A number that falls to nothing is asked about whether 0 or *không phát sinh* is written."""
        was = self.before.get(question.code, {}).get(SUM)
        if was is not None and question.kind in NUMBER_KINDS and question.item.pk not in self.with_trend:
            self._ask_why(question, question.nil_name, content_checks.wild_fall_to_nil(was))

    def hold_rules(self) -> None:
        """The rules of the form; nothing is asked of an item that is closed."""
        for rule in form_checks.broken(self.form, self.content["figures"], self.before):
            if rule.stops and not rule.question.is_closed:
                self.refuse(rule.field, rule.sentence)
            else:
                self._ask_why(rule.question, rule.field, rule.sentence)

    def _ask_why(self, question: Question, name: str, sentence: str) -> None:
        """List what does not hold as explained, or refuse it until it is."""
        if not sentence:
            return
        if self.content["explanations"].get(question.code):
            self.explained.append({"item": question.code, "sentence": sentence})
        elif not question.is_closed:
            self.refuse(name, f"{sentence} {TO_EXPLAIN}")

    # --- choices, texts and tasks ---------------------------------------------------------------------------------

    def _read_choice(self, question: Question) -> None:
        chosen = self.typed(question.code)
        if chosen in dict(question.choices):
            self.content["choices"][question.code] = chosen
        elif chosen:
            self.refuse(question.code, UNKNOWN_CHOICE)
        elif question.item.required:
            self.refuse(question.code, MISSING_CHOICE)

    def _text(self, name: str, most: int) -> str:
        text = self.typed(name)
        self.refuse(name, content_checks.too_long(text, most))
        self._warn(name, text)
        return text

    def _warn(self, name: str, text: str) -> None:
        if warning := content_checks.names_a_person(text):
            self.warnings[name].append(warning)

    def _read_narrative(self, question: Question) -> None:
        text = self._text(question.code, question.item.max_length)
        if text:
            self.content["texts"][question.code] = text
        elif question.item.required and not self.content["collected"].get(question.code):
            self.refuse(question.code, MISSING_TEXT)

    def _read_tasks(self, question: Question) -> None:
        for row in question.tasks:
            status = self.typed(row.status_name)
            note = self._text(row.note_name, form_fields.NOTE_LENGTH)
            if status in TaskStatus.values:
                self.content["tasks"][str(row.task.pk)] = {"status": status, "note": note}
            elif question.item.required:
                self.refuse(row.status_name, MISSING_STATUS)
