"""The pages of a very long table: rows measured and drawn by ourselves, fifty times as fast as by the renderer.

The renderer lays out the beginning of the appendix, with the table's first rows. From there on every page is alike:
its header row and page number are taken from the renderer's own next page, the rows follow under it. The same font,
kerning, line breaks, borders and page breaks; tests compare the lines of both ways with one another.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from weasyprint import Document
from weasyprint.formatting_structure import boxes
from weasyprint.text.line_break import split_first_line

from plans.official.blocks import Appendix, Table
from plans.official.glyphs import Face, is_simple

LONG: Final = 3000  # cells; fewer take the renderer about three seconds
FIRST_ROWS: Final = 150
_SIZE: Final = 16.0  # of a cell's text in CSS pixels: 12 pt
_LINE: Final = 19.2
_BASELINE: Final = 14.9984375
_SURELY_LOW: Final = 60  # characters: in the narrowest column they take less than half a page
_PAD_TOP, _PAD_LEFT = 2.5 / 0.75, 4.0
_POINTS: Final = 0.75
# Words with spaces between them and a mark at their ends break at the spaces only; all else is asked of the renderer.
_PLAIN: Final = re.compile(r"[^\W_]+[.,;]?(?: [^\W_]+[.,;]?)*")


@dataclass(frozen=True)
class Text:
    """A line of text at its place on the page, in CSS pixels."""

    text: str
    x: float
    baseline: float
    size: float
    face: int


@dataclass(frozen=True)
class Frame:
    """What the renderer's own next page tells: the frame into which the rows of every later page are put."""

    first_row: int  # the first one that the renderer's pages do not have
    kept_pages: int
    width: float
    height: float
    top: float  # where the rows begin
    bottom: float  # where the page ends
    edges: tuple[float, ...]  # of the columns
    border: float
    header: tuple[Text, ...]
    header_cells: tuple[tuple[float, float, float, float], ...]
    margins: tuple[Text, ...]
    number: Text | None
    style: Any  # of a cell's text, for the renderer's own line breaks


def long_table(appendix: Appendix) -> Table | None:
    """Return the table with which an appendix ends, when it is long and its rows are of the simple kind."""
    table = appendix.blocks[-1] if appendix.blocks else None
    if not isinstance(table, Table) or table.note or len(table.rows) * len(table.columns) < LONG:
        return None
    simple = all(
        sum(cell.colspan for cell in row) == len(table.columns)
        and all(cell.rowspan == 1 and is_simple(cell.text) for cell in row)
        for row in table.rows
    )
    return table if simple else None


def shortened(appendix: Appendix, table: Table) -> Appendix:
    """Return the appendix with the table's first rows only."""
    return dataclasses.replace(
        appendix, blocks=(*appendix.blocks[:-1], dataclasses.replace(table, rows=table.rows[:FIRST_ROWS]))
    )


# --- what the renderer's page tells ----------------------------------------------------------------------------------
def frame_of(part: Document) -> Frame | None:
    """Return the frame from the first two pages that the long table fills; None where its rows are too high for that.

    The long table is the last one of the part.
    """
    pages = [_last_table(page) for page in part.pages]
    with_rows = [number for number, table in enumerate(pages) if table is not None and _rows(table)]
    if len(with_rows) < 3 or with_rows[0] + 2 != with_rows[2]:
        return None
    kept, model = with_rows[0] + 1, part.pages[with_rows[1]]
    first, table = pages[with_rows[0]], pages[with_rows[1]]
    if first is None or table is None or not any(_texts(table.children[-1])):
        return None
    heads = [cell for group in table.children if group.is_header for row in group.children for cell in row.children]
    row = _rows(table)[0]
    margins = [_text(box) for margin in model._page_box.children[1:] for box in _texts(margin)]
    number = next((text for text in margins if text.text == str(with_rows[1] + 1)), None)
    return Frame(
        first_row=len(_rows(first)),
        kept_pages=kept,
        width=model.width,
        height=model.height,
        top=row.position_y,
        bottom=model._page_box.children[0].position_y + model._page_box.height,
        edges=(*table.column_positions, table.column_positions[-1] + table.column_widths[-1]),
        border=table.border_left_width * 2,
        header=tuple(_text(box) for cell in heads for box in _texts(cell)),
        header_cells=tuple(
            (
                cell.position_x,
                cell.position_y,
                cell.position_x + cell.border_width(),
                cell.position_y + cell.border_height(),
            )
            for cell in heads
        ),
        margins=tuple(text for text in margins if text is not number),
        number=number,
        style=next(_texts(table.children[-1])).style,
    )


def _last_table(page: Any) -> Any:
    found = [box for box in page._page_box.descendants() if isinstance(box, boxes.TableBox)]
    return found[-1] if found else None


def _rows(table: Any) -> list[Any]:
    return [row for group in table.children if not (group.is_header or group.is_footer) for row in group.children]


def _texts(box: Any) -> Iterator[Any]:
    return (each for each in box.descendants() if isinstance(each, boxes.TextBox) and each.text.strip())


def _text(box: Any) -> Text:
    face = (1 if box.style["font_weight"] >= 600 else 0) + (2 if box.style["font_style"] != "normal" else 0)
    return Text(box.text.rstrip(), box.position_x, box.position_y + box.baseline, box.style["font_size"], face)


# --- the rows --------------------------------------------------------------------------------------------------------
class LongTable:
    """The later pages of one table, drawn with four faces of the font."""

    def __init__(self, frame: Frame, rows: Sequence[dict[str, Any]], faces: Sequence[Face]) -> None:
        """``rows`` as layout.py prepares them, from the frame's first one on, with characters of the font only."""
        self.frame, self.rows, self.faces = frame, rows, faces
        self._inset = frame.border / 2 + _PAD_LEFT
        self._styles = [_in_face(frame.style, face) for face in range(len(faces))]

    def pages(self) -> Iterator[bytes]:
        """Draw page by page: the content streams."""
        number = self.frame.kept_pages + 1
        page = _Page(self.frame, self.faces, number)
        waiting: list[tuple[dict[str, Any], list[list[str]]]] = []  # rows that must stand with the next one
        for row in self.rows:
            waiting.append((row, self._broken(row)))
            if row["keeps"] and len(waiting) < 10:
                continue
            if page.y + sum(map(self._height, waiting)) > self.frame.bottom and page.y > self.frame.top:
                yield page.content()
                number += 1
                page = _Page(self.frame, self.faces, number)
            for each in waiting:
                self._draw(page, *each, self._height(each))
            waiting = []
        for each in waiting:
            self._draw(page, *each, self._height(each))
        yield page.content()

    def fits(self) -> bool:
        """Whether every row is surely lower than a page: a higher one goes over two, which only the renderer can do."""
        high = (row for row in self.rows if max(len(cell["text"]) for cell in row["cells"]) > _SURELY_LOW)
        return all(self._height((row, self._broken(row))) < self.frame.bottom - self.frame.top for row in high)

    def _height(self, row: tuple[dict[str, Any], list[list[str]]]) -> float:
        return max(map(len, row[1])) * _LINE + 2 * _PAD_TOP + self.frame.border

    def _broken(self, row: dict[str, Any]) -> list[list[str]]:
        lines, column = [], 0
        for cell in row["cells"]:
            span = cell["colspan"] or 1
            room = self.frame.edges[column + span] - self.frame.edges[column] - 2 * self._inset
            face = _face(cell)
            text = broken(cell["text"], self.faces[face], room)
            lines.append(broken_by_library(cell["text"], self._styles[face], room) if text is None else text)
            column += span
        return lines

    def _draw(self, page: "_Page", row: dict[str, Any], lines: list[list[str]], height: float) -> None:
        column, middle = 0, page.y + height / 2
        edges = []
        for cell, texts in zip(row["cells"], lines, strict=True):
            left, right = self.frame.edges[column], self.frame.edges[column + (cell["colspan"] or 1)]
            edges.append(left)
            column += cell["colspan"] or 1
            face = _face(cell)
            classes = cell["classes"].split()
            for place, text in enumerate(texts):
                x = left + self._inset
                if "o-c" in classes or "o-r" in classes:
                    free = right - left - 2 * self._inset - self.faces[face].width(text) * _SIZE / self.faces[face].em
                    x += free / 2 if "o-c" in classes else free
                baseline = middle - len(texts) * _LINE / 2 + place * _LINE + _BASELINE
                page.put(Text(text, x, baseline, _SIZE, face))
        page.rule_row(edges, height)


def _in_face(style: Any, face: int) -> Any:
    changed = style.copy()
    changed["font_weight"], changed["font_style"] = 700 if face & 1 else 400, "italic" if face & 2 else "normal"
    return changed


def _face(cell: dict[str, Any]) -> int:
    classes = cell["classes"].split()
    return ("o-b" in classes) + 2 * ("o-i" in classes)


def broken(text: str, face: Face, room: float) -> list[str] | None:
    """Return ``text`` in lines that fit into ``room`` pixels; None where the lines may end elsewhere than at spaces."""
    _, places = face.shaped(text)
    limit = int(room * 1024) * face.em / (1024 * _SIZE)
    if places[-1] <= limit or not text:
        return [text]
    if not _PLAIN.fullmatch(text):
        return None

    def reaches(start: int, end: int) -> bool:
        """Whether a line fits, measured as the library does it: the last letter closes up to the space after it."""
        bare = places[end - 1] + face.advances[face.glyphs[ord(text[end - 1])]]
        return min(bare, places[end]) - places[start] <= limit

    lines, start, last = [], 0, 0
    for end in [*(match.start() for match in re.finditer(" ", text)), len(text)]:
        if not reaches(start, end):
            if last == 0:
                return None
            lines.append(text[start:last])
            start = last + 1
            if not reaches(start, end):
                return None
        last = end
    return [*lines, text[start:]]


def broken_by_library(text: str, style: Any, room: float) -> list[str]:
    """Return ``text`` in lines as the renderer itself breaks them."""
    lines, rest = [], text.encode()
    while rest:
        _, length, resume, *_ = split_first_line(rest.decode(), style, None, room, 0)
        lines.append(rest[:length].decode().rstrip(" "))
        rest = rest[resume:] if resume else b""
    return lines


class _Page:
    """The content of one page while it is drawn."""

    def __init__(self, frame: Frame, faces: Sequence[Face], number: int) -> None:
        self.frame, self.faces, self.y = frame, faces, frame.top
        self.drawn: list[bytes] = []
        self.lines: list[str] = []
        self._open: dict[float, float] = {}  # vertical rules that go on, by their place
        self.number = number
        for text in frame.header:
            self.put(text)
        for left, top, right, bottom in frame.header_cells:
            for corners in ((left, top, right, top), (left, bottom, right, bottom)):
                self._rule(*corners)
            for corners in ((left, top, left, bottom), (right, top, right, bottom)):
                self._rule(*corners)
        if not frame.header_cells:
            self._rule(frame.edges[0], frame.top, frame.edges[-1], frame.top)

    def _put_number(self, model: Text, number: str) -> None:
        face = self.faces[model.face]
        wider = (face.width(number) - face.width(model.text)) * model.size / face.em
        self.put(dataclasses.replace(model, text=number, x=model.x - wider / 2))

    def put(self, text: Text) -> None:
        if not text.text:
            return
        face = self.faces[text.face]
        face.shaped(text.text)  # notes the glyphs as used
        head = f"/F{text.face} {text.size:g} Tf 1 0 0 -1 {text.x:.3f} {text.baseline:.3f} Tm "
        self.drawn.append(head.encode() + face.shown(text.text))

    def rule_row(self, edges: Sequence[float], height: float) -> None:
        """Close a row: the rules between its cells, and the one under it."""
        bottom = self.y + height
        wanted = {*edges, self.frame.edges[-1]}
        for x in [x for x in self._open if x not in wanted]:
            self._rule(x, self._open.pop(x), x, self.y)
        for x in wanted:
            self._open.setdefault(x, self.y)
        self.y = bottom
        self._rule(self.frame.edges[0], bottom, self.frame.edges[-1], bottom)

    def _rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        half = self.frame.border / 2
        if y1 == y2:
            self.lines.append(f"{x1 - half:.3f} {y1:.3f} m {x2 + half:.3f} {y2:.3f} l")
        else:
            self.lines.append(f"{x1:.3f} {y1 - half:.3f} m {x2:.3f} {y2 + half:.3f} l")

    def content(self) -> bytes:
        for x, top in self._open.items():
            self._rule(x, top, x, self.y)
        if self.frame.number:
            self._put_number(self.frame.number, str(self.number))
        for text in self.frame.margins:
            self.put(text)
        start = f"{_POINTS} 0 0 -{_POINTS} 0 {self.frame.height * _POINTS:.6f} cm 0 0 0 RG 0 0 0 rg"
        rules = f"{self.frame.border:.6f} w {' '.join(self.lines)} S"
        return b"\n".join([start.encode(), rules.encode(), b"BT", *self.drawn, b"ET"])
