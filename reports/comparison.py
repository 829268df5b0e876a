"""Two revisions of one report side by side: what was changed, in the order of the form."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from django.utils.formats import number_format

from reports.models import Attachment, ItemKind, Report, Revision
from reports.reading import MISSING, Block, Reading, read
from reports.reading_registers import ActivityLine, ModelLine, StepLine
from reports.reading_tasks import TaskLine

NOTHING = "không có"
REWRITTEN = 0.35  # of the words stayed, or fewer: what is left of them between the new ones only confuses
LONGEST_BY_WORDS = 12_000  # characters; above, sentences are compared: words would take seconds
_SPACED_WORD = re.compile(r"\s*\S+")
_SPACED_SENTENCE = re.compile(r"\s*[^\s.;\n][^.;\n]*[.;]*|\s*[.;]+")


@dataclass(frozen=True)
class Part:
    """A run of words: ``same``, ``gone`` (only in the older) or ``new`` (only in the newer)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Difference:
    """One line that differs; texts come as parts, the rest as two short values."""

    section: str
    label: str
    older: str
    newer: str
    parts: list[Part]
    change: str = ""  # of two numbers: "+12 (tăng 25 %)"
    code: str = ""  # of the item


class Line(NamedTuple):
    """One answer in words; ``key`` finds its partner in the other revision, also where its ``name`` was changed."""

    key: str
    label: str
    value: str
    number: int | None = None
    name: str = ""


def compare(report: Report, older: Revision, newer: Revision, *, shown: Reading | None = None) -> list[Difference]:
    """Every line that is not the same in both revisions; ``shown`` is the newer one where it has been read."""
    shown = shown or read(report, newer)
    before = {line.key: line for block in read(report, older, beside=shown).blocks for line in _lines(block)}
    differences = []
    for block in shown.blocks:
        for line in _lines(block):
            partner = before.pop(line.key, None)
            old, new = partner.value if partner else NOTHING, line.value
            if partner and partner.name != line.name:
                old, new = f"{partner.name}, {old}", f"{line.name}, {new}"
            if old != new:
                parts = text_parts(old, new) if block.kind == ItemKind.NARRATIVE else []
                change = change_text(partner.number if partner else None, line.number)
                section = block.question.item.section
                differences.append(Difference(section, line.label, old, new, parts, change, block.question.code))
    gone = [Difference("", line.label, line.value, NOTHING, [], code=_code(line)) for line in before.values()]
    differences += gone
    return differences


def _code(line: Line) -> str:
    return line.key.partition(" ")[0]


def change_text(before: int | None, now: int | None) -> str:
    """By how much a number grew or fell: "+12 (tăng 25 %)"; per cents rounded down, none from zero."""
    if before is None or now is None or before == now:
        return ""
    difference = number_format(now - before, use_l10n=True, force_grouping=True)
    signed = difference if now < before else f"+{difference}"
    if before == 0:
        return signed
    percent = abs(now - before) * 100 // before
    return f"{signed} ({'giảm' if now < before else 'tăng'} {percent or 'dưới 1'} %)"


def text_parts(older: str, newer: str) -> list[Part]:
    """The two texts as runs of words that stayed, went and came; the space before a change belongs to what stayed.

    Texts above ``LONGEST_BY_WORDS`` come in runs of sentences; one that was written anew as the old and the new whole.
    """
    is_long = max(len(older), len(newer)) > LONGEST_BY_WORDS
    pieces = _SPACED_SENTENCE if is_long else _SPACED_WORD
    old, new = (pieces.findall(text) for text in (older, newer))
    words = [[token.lstrip() for token in tokens] for tokens in (old, new)]
    parts = []
    matcher = SequenceMatcher(None, words[0], words[1], autojunk=is_long)
    if older and newer and matcher.ratio() <= REWRITTEN:
        return [Part("gone", older), Part("new", newer)]
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        came = "".join(new[new_from:new_to])
        if tag == "equal":
            parts.append(Part("same", came))
            continue
        went = "".join(old[old_from:old_to])
        if space := _leading_space(came or went):
            parts.append(Part("same", space))
        if went:
            parts.append(Part("gone", went.lstrip()))
        if came:
            parts.append(Part("new", came.lstrip()))
    return _joined(parts)


def _leading_space(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _joined(parts: list[Part]) -> list[Part]:
    """Neighbours of one kind as one part."""
    runs = groupby(parts, key=lambda part: part.kind)
    return [Part(kind, "".join(part.text for part in run)) for kind, run in runs]


def _lines(block: Block) -> list[Line]:
    """A block as lines; the keys are the same for every revision of one form."""
    code, label = block.question.code, block.question.item.label
    match block.kind:
        case ItemKind.SHARE:
            lines = _share_lines(block)
        case "number":
            lines = [Line(code, label, block.value, block.number), *_part_lines(block)]
        case ItemKind.CHOICE:
            lines = [Line(code, label, block.value or MISSING)]
        case ItemKind.NARRATIVE:
            lines = [Line(code, label, block.text or MISSING), *_collected_lines(block)]
        case ItemKind.TASKS:
            lines = [_task_line(code, row) for _, rows in block.tasks for row in rows]
        case ItemKind.ACTIVITIES:
            lines = [_activity_line(block, row) for row in block.activities]
        case ItemKind.MODELS:
            lines = [_model_line(block, row) for row in block.models]
        case _:
            lines = [_file_line(block, file) for file in block.attachments]
    if block.explanation:
        lines.append(Line(f"{code} explanation", f"{label}: giải trình", block.explanation))
    return lines


def _share_lines(block: Block) -> list[Line]:
    code, label = block.question.code, block.question.item.label
    shares = [row for row in block.shares if not row.is_total]
    shown = {row.title: f"{row.numerator}/{row.denominator} ({row.percent})" for row in shares}
    return [
        Line(f"{code} {title}", f"{label}: {title}" if title else label, block.state or shown.get(title, MISSING))
        for title in dict.fromkeys([*(group.title for group in block.question.groups), *shown])
    ]


def _part_lines(block: Block) -> list[Line]:
    code, label = block.question.code, block.question.item.label
    return [Line(f"{code} {row.title}", f"{label}: {row.title}", row.value) for row in block.parts if not row.is_total]


def _collected_lines(block: Block) -> list[Line]:
    code, label = block.question.code, block.question.item.label
    return [
        Line(f"{code} từ {place} {row.unit}", f"{label}: theo báo cáo của {row.unit}", row.text)
        for place, row in enumerate(block.collected)
    ]


def _activity_line(block: Block, row: ActivityLine) -> Line:
    where = f", {row.place}" if row.place else ""
    money = f", {row.amount} đồng{f' ({row.funding.lower()})' if row.funding else ''}" if row.amount != "–" else ""
    more = "".join(f"; {words}" for words in (row.occasion, row.task) if words)
    told = f"{row.held_on}{where}: {row.children} trẻ em, {row.families} gia đình{money}{more}"
    key = f"{block.question.code} {row.pk or f'{row.held_on} {row.name}'}"
    return Line(key, f"{block.question.item.label}: {row.name}", told, name=row.name)


def _model_line(block: Block, row: ModelLine) -> Line:
    told = "; ".join(f"{step.kind.lower()} {step.noted_on}{_step_words(step)}" for step in row.steps)
    key, label = f"{block.question.code} {row.pk}", f"{block.question.item.label}: {row.name}"
    return Line(key, label, told or NOTHING, name=row.name)


def _step_words(step: StepLine) -> str:
    numbers = [(step.places, "nơi"), (step.children, "trẻ em"), (step.families, "gia đình")]
    told = [f"{number} {unit}" for number, unit in numbers if number != "–"] + ([step.note] if step.note else [])
    return f" ({', '.join(told)})" if told else ""


def _file_line(block: Block, file: Attachment) -> Line:
    told = [file.original_name, file.caption]
    told += [str(file.task)] if file.task else []
    told += [file.get_consent_display()] if file.consent else []
    return Line(f"{block.question.code} {file.pk}", f"{block.question.item.label}: {file.caption}", "; ".join(told))


def _task_line(code: str, row: TaskLine) -> Line:
    label = f"{row.place}: {row.text}" if row.place else row.text
    return Line(f"{code} {label}", label, f"{row.status}. {row.note}" if row.note else row.status)
