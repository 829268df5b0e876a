"""The parts of a Word file as XML elements: runs, paragraphs, rules, tables. Text is always text, never markup.

Lengths are in mm and points as in the regulations; Word counts in twentieths of a point.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from plans.official.layout import Segment

TWIPS_PER_MM: Final = 1440 / 25.4
GAP: Final = "Gap"
RULE: Final = "Rule"

Element = Any  # an lxml element: the library ships no types for the classes that it makes of them


def twips(mm: float) -> int:
    """Return a length in mm as twentieths of a point."""
    return round(mm * TWIPS_PER_MM)


def element(tag: str, *children: Element, **attributes: str | float) -> Element:
    """Return ``<w:tag>`` with attributes of the same namespace."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    made.extend(children)
    return made


# --- text ------------------------------------------------------------------------------------------------------------
def text_run(
    text: str, *, bold: bool = False, italic: bool = False, underlined: bool = False, unbroken: bool = False
) -> Element:
    """Return a run of one line of text; ``unbroken`` writes hyphens that no line breaks at."""
    made = element("r")
    if bold or italic or underlined:
        names = ["b", "bCs"] * bold + ["i", "iCs"] * italic
        made.append(element("rPr", *map(element, names), *([element("u", val="single")] if underlined else [])))
    for position, piece in enumerate(text.split("-") if unbroken else [text]):
        if position:
            made.append(element("noBreakHyphen"))
        if piece:
            made.append(_text(piece))
    return made


def _text(text: str) -> Element:
    made = element("t")
    made.set(qn("xml:space"), "preserve")
    made.text = text
    return made


def runs(segments: Iterable[Segment]) -> list[Element]:
    """Return the segments of a line as runs."""
    made = []
    for segment in segments:
        classes = segment.classes.split()
        made.append(text_run(segment.text, bold="o-b" in classes, italic="o-i" in classes, unbroken="o-nw" in classes))
    return made


def page_field() -> list[Element]:
    """Return the runs of the field that counts pages."""
    instruction = element("instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = " PAGE "
    kinds = [element("fldChar", fldCharType=kind) for kind in ("begin", "separate", "end")]
    return [element("r", part) for part in (kinds[0], instruction, kinds[1], _text("2"), kinds[2])]


# --- paragraphs ------------------------------------------------------------------------------------------------------
def paragraph(
    style: str,
    content: Iterable[Element] = (),
    *,
    keep_next: bool = False,
    align: str = "",
    sides: float = 0,
    space_after: float | None = None,
) -> Element:
    """Return a paragraph of a style; ``sides`` (mm) narrows it on the left and the right by the same length."""
    properties = element("pPr", element("pStyle", val=style))
    if keep_next:
        properties.append(element("keepNext"))
    if space_after is not None:
        properties.append(element("spacing", after=round(space_after * 20)))
    if sides > 0:
        properties.append(element("ind", left=twips(sides), right=twips(sides)))
    if align:
        properties.append(element("jc", val=align))
    return element("p", properties, *content)


def line(style: str, text: str, *, keep_next: bool = False) -> Element:
    """Return a paragraph of one upright run."""
    return paragraph(style, [text_run(text)] if text else [], keep_next=keep_next)


def rule(length: float, *, within: float, space_after: float = 0, keep_next: bool = False) -> Element:
    """Return a rule of ``length`` mm in the middle of ``within`` mm: the upper border of an empty paragraph."""
    return paragraph(RULE, sides=(within - length) / 2, space_after=space_after, keep_next=keep_next)


def gap(points: float, *, keep_next: bool = False) -> Element:
    """Return an empty paragraph of a height; it also keeps two tables from growing together."""
    made = paragraph(GAP, keep_next=keep_next)
    made[0].append(element("spacing", line=round(points * 20), lineRule="exact"))
    return made


# --- tables ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class WordCell:
    """A cell of a row, from left to right; ``rowspan`` reaches down over cells that the rows below do not name."""

    content: Sequence[Element]
    colspan: int = 1
    rowspan: int = 1


@dataclass(frozen=True)
class WordRow:
    """A row, repeated on every page when it is a header; no row splits."""

    cells: Sequence[WordCell]
    header: bool = False


def table(
    widths: Sequence[float], rows: Iterable[WordRow], *, ruled: bool, padding: tuple[float, float] = (0, 0)
) -> Element:
    """Return a table of fixed column widths in mm; ``padding`` is above and below, left and right, in points."""
    columns = [twips(width) for width in widths]
    made = element("tbl", _table_properties(sum(columns), ruled=ruled, padding=padding))
    made.append(element("tblGrid", *(element("gridCol", w=width) for width in columns)))
    held: dict[int, tuple[int, int]] = {}  # first column → rows that a cell still reaches into, its columns
    for row in rows:
        made.append(_row(row, columns, held, middle=ruled))
    return made


def _table_properties(width: int, *, ruled: bool, padding: tuple[float, float]) -> Element:
    sides = ("top", "left", "bottom", "right")
    made = element("tblPr", element("tblW", w=width, type="dxa"))
    if ruled:
        # Half a point: Word counts borders in eighths.
        lines = (element(side, val="single", sz=4, space=0, color="000000") for side in (*sides, "insideH", "insideV"))
        made.append(element("tblBorders", *lines))
    margins = (element(side, w=round(padding[position % 2] * 20), type="dxa") for position, side in enumerate(sides))
    made.extend([element("tblLayout", type="fixed"), element("tblCellMar", *margins)])
    return made


def _row(row: WordRow, columns: list[int], held: dict[int, tuple[int, int]], *, middle: bool) -> Element:
    properties = element("trPr", element("cantSplit"), *([element("tblHeader")] if row.header else []))
    made = element("tr", properties)
    cells, column = iter(row.cells), 0
    while column < len(columns):
        if column in held:
            left, span = held.pop(column)
            if left > 1:
                held[column] = (left - 1, span)
            merge, content = element("vMerge"), [_empty_like(row)]
        else:
            cell = next(cells, None) or WordCell([_empty_like(row)])
            span = max(1, min(cell.colspan, len(columns) - column))
            merge, content = None, list(cell.content)
            if cell.rowspan > 1:
                held[column] = (cell.rowspan - 1, span)
                merge = element("vMerge", val="restart")
        made.append(_cell(sum(columns[column : column + span]), span, merge, content, middle=middle))
        column += span
    return made


def _empty_like(row: WordRow) -> Element:
    """Return an empty paragraph in the style of the row's first one."""
    first = row.cells[0].content[0][0][0] if row.cells else None
    return paragraph(GAP if first is None else first.get(qn("w:val")))


def _cell(width: int, span: int, merge: Element | None, content: Iterable[Element], *, middle: bool) -> Element:
    properties = element("tcPr", element("tcW", w=width, type="dxa"))
    if span > 1:
        properties.append(element("gridSpan", val=span))
    if merge is not None:
        properties.append(merge)
    if middle:
        properties.append(element("vAlign", val="center"))
    return element("tc", properties, *content)
