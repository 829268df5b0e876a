"""Two revisions of one report side by side: what was changed, in the order of the form."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from reports.models import ItemKind, Report, Revision
from reports.reading import MISSING, Block, TaskLine, read

NOTHING = "không có"


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


class Line(NamedTuple):
    """One answer in words; ``key`` finds its partner in the other revision."""

    key: str
    label: str
    value: str


def compare(report: Report, older: Revision, newer: Revision) -> list[Difference]:
    """Every line that is not the same in both revisions."""
    before = {line.key: line for block in read(report, older).blocks for line in _lines(block)}
    differences = []
    for block in read(report, newer).blocks:
        for line in _lines(block):
            partner = before.pop(line.key, None)
            old = partner.value if partner else NOTHING
            if old != line.value:
                parts = text_parts(old, line.value) if block.kind == ItemKind.NARRATIVE else []
                differences.append(Difference(block.question.item.section, line.label, old, line.value, parts))
    differences += [Difference("", line.label, line.value, NOTHING, []) for line in before.values()]
    return differences


def text_parts(older: str, newer: str) -> list[Part]:
    """The two texts as runs of words that stayed, went and came."""
    old, new = (re.findall(r"\s+|\S+", text) for text in (older, newer))
    parts = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part("same", "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            parts.append(Part("gone", "".join(old[old_from:old_to])))
        if new_to > new_from:
            parts.append(Part("new", "".join(new[new_from:new_to])))
    return parts


def _lines(block: Block) -> list[Line]:
    """A block as lines; the keys are the same for every revision of one form."""
    code, label = block.question.code, block.question.item.label
    match block.kind:
        case ItemKind.SHARE:
            lines = _share_lines(block)
        case "number":
            lines = [Line(code, label, block.value)]
        case ItemKind.NARRATIVE:
            lines = [Line(code, label, block.text or MISSING)]
        case ItemKind.TASKS:
            lines = [_task_line(code, row) for _, rows in block.tasks for row in rows]
        case ItemKind.ACTIVITIES:
            held = [f"{row.held_on} {row.name} ({row.children} trẻ em)" for row in block.activities]
            lines = [Line(code, label, "; ".join(held) or NOTHING)]
        case _:
            files = [f"{file.original_name} ({file.caption})" for file in block.attachments]
            lines = [Line(code, label, "; ".join(files) or NOTHING)]
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


def _task_line(code: str, row: TaskLine) -> Line:
    label = f"{row.place}: {row.text}" if row.place else row.text
    return Line(f"{code} {label}", label, f"{row.status}. {row.note}" if row.note else row.status)
