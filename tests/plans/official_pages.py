"""Reading a printed document back: where each line of text stands, in which font, and where the rules are."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import pypdf
from fontTools.ttLib import TTFont
from pypdf.generic import ContentStream

from plans.official.fonts import official_font

MM = 25.4 / 72
IDENTITY = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]


@dataclass(frozen=True)
class Line:
    """Text drawn at once; ``x`` and ``y`` (of the baseline) in mm from the upper left corner, ``size`` in points.

    ``end`` is where the next letter would stand, with the spaces that justify the line.
    """

    text: str
    x: float
    y: float
    size: float
    font: str
    end: float = 0

    @property
    def middle(self):
        return (self.x + self.end) / 2

    @property
    def bold(self):
        return "Bold" in self.font

    @property
    def italic(self):
        return "Italic" in self.font


@dataclass(frozen=True)
class Rule:
    """A horizontal rule: its left end, height on the page and length in mm."""

    x: float
    y: float
    length: float


class Printed:
    """A PDF file read back."""

    def __init__(self, content: bytes):
        self.reader = pypdf.PdfReader(io.BytesIO(content))
        self.pages = self.reader.pages

    def lines(self, number: int) -> list[Line]:
        """The lines of one page from top to bottom; pieces on one baseline that touch are one line."""
        pieces = sorted(self._pieces(number), key=lambda piece: (round(piece.y, 1), piece.x))
        lines: list[Line] = []
        ends: list[float] = []
        for piece in pieces:
            width = text_width(piece.text, piece.size, font=piece.font)
            last = lines[-1] if lines else None
            if last and abs(last.y - piece.y) < 0.1 and piece.x - ends[-1] < 3 and _kind(last) == _kind(piece):
                lines[-1] = replace(last, text=last.text + piece.text, end=piece.end)
                ends[-1] = piece.x + width
            else:
                lines.append(piece)
                ends.append(piece.x + width)
        return [replace(line, text=line.text.rstrip()) for line in lines if line.text.strip()]

    def _pieces(self, number: int) -> Iterator[Line]:
        page = self.pages[number - 1]
        fonts = {name: _Font(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
        height, matrix, stack, font, size = float(page.mediabox.height), IDENTITY, [], None, 0.0
        position = IDENTITY
        for operands, operator in ContentStream(page.get_contents(), self.reader).operations:
            match operator:
                case b"q":
                    stack.append(matrix)
                case b"Q":
                    matrix = stack.pop()
                case b"cm":
                    matrix = multiplied([float(value) for value in operands], matrix)
                case b"Tf":
                    font, size = fonts[operands[0]], float(operands[1])
                case b"Tm":
                    position = multiplied([float(value) for value in operands], matrix)
                case b"TJ":
                    text = "".join(font.decoded(item) for item in operands[0] if not isinstance(item, (int, float)))
                    moved = -sum(float(item) for item in operands[0] if isinstance(item, (int, float))) / 1000
                    drawn = text_width(text.rstrip(), size, font=font.name) + moved * size * MM
                    yield Line(
                        text=text,
                        end=position[4] * MM + drawn * abs(position[0]),
                        x=position[4] * MM,
                        y=(height - position[5]) * MM,
                        size=round(size * abs(position[0]), 1),
                        font=font.name,
                    )

    def line(self, number: int, start: str) -> Line:
        """The only line of the page that begins so."""
        (found,) = [line for line in self.lines(number) if line.text.startswith(start)]
        return found

    def rules(self, number: int) -> list[Rule]:
        page = self.pages[number - 1]
        drawn = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) 1 re\nf\*", page.get_contents().get_data().decode("latin1"))
        return [Rule(float(x) * 0.75 * MM, float(y) * 0.75 * MM, float(w) * 0.75 * MM) for x, y, w in drawn]

    def text(self, number: int | None = None) -> str:
        pages = self.pages if number is None else [self.pages[number - 1]]
        return squeezed("\n".join(page.extract_text() for page in pages))

    def fonts(self) -> set[str]:
        """The names of the embedded fonts, without the tags of their subsets."""
        return {
            font.get_object()["/BaseFont"].partition("+")[2]
            for page in self.pages
            for font in page["/Resources"]["/Font"].values()
        }

    def page_of(self, text: str) -> int:
        """The number of the only page that holds ``text``."""
        (found,) = [n for n in range(1, len(self.pages) + 1) if text in self.text(n)]
        return found


def squeezed(text: str) -> str:
    return re.sub(r"[ \n]+", " ", text).strip(" ")


@lru_cache
def _advances(font: str) -> tuple[dict[int, int], int]:
    """The advance of every character and the units of the em, in the file of the embedded font."""
    family = official_font()
    styles = {"": family.regular, "Bold": family.bold, "Italic": family.italic, "Bold-Italic": family.bold_italic}
    with TTFont(styles[font.partition("-")[2]]) as file:
        advances = file["hmtx"]
        return {point: advances[name][0] for point, name in file.getBestCmap().items()}, file["head"].unitsPerEm


def text_width(text: str, size: float, *, font: str = "") -> float:
    """The width in mm of ``text`` set in the official font, from the font's own advances."""
    advances, em = _advances(font)
    return sum(advances[ord(character)] for character in text) / em * size * MM


def multiplied(first: list[float], second: list[float]) -> list[float]:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m]


class _Font:
    """An embedded font: what its glyphs mean."""

    def __init__(self, font):
        self.name = font["/BaseFont"].partition("+")[2]
        pairs = re.findall(r"<([0-9a-f]{4})> <([0-9a-f]+)>\n", font["/ToUnicode"].get_data().decode())
        self.meaning = {int(glyph, 16): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}

    def decoded(self, item) -> str:
        data = item.original_bytes
        return "".join(self.meaning.get(data[n] << 8 | data[n + 1], "?") for n in range(0, len(data), 2))


def _kind(line: Line) -> tuple[float, str]:
    return line.size, line.font
