"""The fields that an Excel form holds: what is written into their cells, and how a cell becomes a draft's text again.

The sentences about numbers are those of the screen. A cell that cannot be read in one way is refused, never guessed.
"""

import datetime
import enum
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.formats import number_format

from orgunits import workbook_style
from orgunits.vietnamese import nfc, without_marks
from orgunits.workbook_safety import RawCell
from reports.form_fields import EXPLANATION_LENGTH, NOTE_LENGTH, Cell, Question, TaskStatus
from reports.models import ItemKind
from reports.whole_numbers import Unreadable, read_money, read_whole

NIL_SHOWN: Final = "Không phát sinh"
NIL_WORDS: Final = frozenset({"khong phat sinh", "kps"})
MOST_IN_CELL: Final = 32_000  # a cell holds 32.767 characters, and some editors count otherwise

FORMULA = "Ô này chứa công thức. Hãy thay bằng giá trị: chép ô, rồi dán giá trị (Paste Values)."
ERROR_VALUE = "Ô này báo lỗi của Excel ({}). Hãy xóa ô và ghi lại."
DATE = "Ô này là ngày tháng, không phải số. Hãy xóa ô, chọn định dạng “Number” rồi ghi lại số."
NOT_WHOLE = "Số {} là số lẻ, ô này chỉ nhận số nguyên. Hãy làm tròn rồi ghi lại."
LOGICAL = "Ô này chứa TRUE hoặc FALSE. Hãy xóa ô và ghi lại."
NOT_A_CHOICE = "“{}” không có trong danh sách. Hãy chọn một trong các phương án: {}."


class CellRefused(ValueError):
    """The cell cannot be read; the message is a sentence for the person who filled it."""


class FieldKind(enum.Enum):
    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    CHOICE = "choice"


@dataclass(frozen=True)
class SheetField:
    """One field of the draft; ``most`` is the length of a text, ``choices`` are pairs of code and words."""

    name: str
    label: str
    kind: FieldKind
    most: int = 0
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def is_number(self) -> bool:
        return self.kind in (FieldKind.NUMBER, FieldKind.MONEY)


def numbers_of(question: Question) -> list[SheetField]:
    kind = FieldKind.MONEY if question.kind == ItemKind.MONEY else FieldKind.NUMBER
    return [SheetField(cell.name, _number_label(question, cell), kind) for cell in question.cells]


def _number_label(question: Question, cell: Cell) -> str:
    """The words of a number where it stands alone, without its question above it."""
    label = question.item.label
    return cell.label if cell.label.startswith(label) else f"{label}: {cell.label}"


def nil_of(question: Question) -> SheetField:
    """*Không phát sinh*, which is written into the cells of the numbers."""
    return SheetField(question.nil_name, question.item.label, FieldKind.CHOICE, choices=(("on", NIL_SHOWN),))


def explanation_of(question: Question) -> SheetField:
    return SheetField(
        question.explanation_name, f"{question.item.label}: giải trình", FieldKind.TEXT, EXPLANATION_LENGTH
    )


def answer_of(question: Question) -> SheetField | None:
    """The one field of a text, a choice or a yes-or-no; None for what has no such field."""
    item = question.item
    match question.kind:
        case ItemKind.NARRATIVE:
            return SheetField(question.code, item.label, FieldKind.TEXT, item.max_length)
        case ItemKind.YES_NO | ItemKind.CHOICE:
            return SheetField(question.code, item.label, FieldKind.CHOICE, choices=tuple(question.choices))
    return None


def task_fields(question: Question) -> list[tuple[SheetField, SheetField]]:
    """Status and note of each task."""
    statuses = tuple((code, str(label)) for code, label in TaskStatus.choices)
    return [
        (
            SheetField(row.status_name, question.labels[row.status_name], FieldKind.CHOICE, choices=statuses),
            SheetField(row.note_name, question.labels[row.note_name], FieldKind.TEXT, NOTE_LENGTH),
        )
        for row in question.tasks
    ]


def fields_of(question: Question) -> list[SheetField]:
    """All fields of a question that an Excel form can hold; none for files and registers."""
    if question.is_figure:
        return [*numbers_of(question), explanation_of(question)]
    if question.kind == ItemKind.TASKS:
        return [field for pair in task_fields(question) for field in pair]
    answer = answer_of(question)
    return [answer] if answer else []


def all_by_name(questions: Iterable[Question]) -> dict[str, SheetField]:
    """Every field that an Excel form can change, with *không phát sinh*, in page order."""
    found: dict[str, SheetField] = {}
    for question in questions:
        fields = fields_of(question)
        if question.is_figure:
            fields.insert(len(question.cells), nil_of(question))
        found |= {field.name: field for field in fields}
    return found


# --- text to cell -------------------------------------------------------------------------------------------------


def cell_value(field: SheetField, text: str) -> int | str | None:
    """What to write for the draft's text: a number where it reads as one, the words of a code, else the text."""
    if not text:
        return None
    if field.is_number:
        number = readable(field, text)
        return text if number is None else number
    if field.kind == FieldKind.CHOICE:
        return dict(field.choices).get(text, text)
    return text


def readable(field: SheetField, text: str) -> int | None:
    """The number that the text says, or None."""
    try:
        return read_money(text) if field.kind == FieldKind.MONEY else read_whole(text)
    except Unreadable:
        return None


def shown(field: SheetField, text: str) -> str:
    """The draft's text for a reader: the words of a code."""
    return dict(field.choices).get(text, text)


# --- cell to text -------------------------------------------------------------------------------------------------


def says_nil(cell: RawCell) -> bool:
    """Whether somebody wrote *không phát sinh*, in any spelling."""
    return isinstance(cell.value, str) and without_marks(cell.value).strip(" .") in NIL_WORDS


def draft_text(field: SheetField, cell: RawCell | None) -> str:
    """The text for the draft; raises CellRefused. *Không phát sinh* is asked for before, with ``says_nil``."""
    if cell is None or cell.value is None:
        return ""
    if cell.kind == "f":
        raise CellRefused(FORMULA)
    if cell.kind == "e":
        raise CellRefused(ERROR_VALUE.format(cell.value))
    if isinstance(cell.value, bool):
        raise CellRefused(LOGICAL)
    if field.is_number:
        return _number(field, cell)
    text = _plain(cell.value)
    return _choice(field, text) if field.kind == FieldKind.CHOICE else text


def _number(field: SheetField, cell: RawCell) -> str:
    value = cell.value
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        raise CellRefused(DATE)
    text = value if isinstance(value, str) else _digits(value)
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer() and value > 0:
        raise CellRefused(NOT_WHOLE.format(text))  # a number of Excel has one reading, so nothing is asked
    if not text.strip():
        return ""
    try:
        number = read_money(text) if field.kind == FieldKind.MONEY else read_whole(text)
    except Unreadable as error:
        raise CellRefused(str(error)) from error
    return nfc(text).strip() if isinstance(value, str) else str(number_format(number))


def _digits(value: float) -> str:
    """A number of Excel as it is typed in Vietnamese: 12.0 is 12, 12.5 is "12,5"."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return repr(value).replace(".", ",")


def _plain(value: object) -> str:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return f"{value:%d/%m/%Y}"
    if isinstance(value, datetime.datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, datetime.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, (int, float)):
        return _digits(value)
    return nfc(workbook_style.unescaped(str(value)).replace("\r\n", "\n").replace("\r", "\n")).strip()


def _choice(field: SheetField, text: str) -> str:
    wanted = without_marks(text)
    if not wanted:
        return ""
    exact = [code for code, words in field.choices if text == words]
    found = exact or [code for code, words in field.choices if wanted in (without_marks(words), code)]
    if len(found) != 1:
        raise CellRefused(NOT_A_CHOICE.format(text[:60], "; ".join(words for _, words in field.choices)))
    return found[0]


def same_text(field: SheetField, one: str, other: str) -> bool:
    """Whether two texts say the same in this field: "1.234" and "1234" do."""
    return one == other or canonical(field, one) == canonical(field, other)


def canonical(field: SheetField, text: str) -> str:
    """One writing for all texts that say the same in this field."""
    bare = text.strip()
    number = readable(field, bare) if field.is_number and bare else None
    return bare if number is None else str(number)


def fingerprint(field: SheetField, text: str) -> str:
    """``canonical``, made short where it is long: enough to see whether somebody has changed the text."""
    plain = canonical(field, text)
    return plain if len(plain) <= 16 else "#" + hashlib.blake2s(plain.encode(), digest_size=8).hexdigest()
