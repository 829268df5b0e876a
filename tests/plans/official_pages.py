"""Reading a printed document back: where each line of text stands, in which font, and where the rules are."""

import io
import re
from dataclasses import dataclass

import pypdf

MM = 25.4 / 72


@dataclass(frozen=True)
class Line:
    """Text drawn at once; ``x`` and ``y`` (of the baseline) in mm from the upper left corner, ``size`` in points."""

    text: str
    x: float
    y: float
    size: float
    font: str

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
        page, found = self.pages[number - 1], []
        height = float(page.mediabox.height)

        def visit(text, cm, tm, font, size):
            if text.strip():
                found.append(
                    Line(
                        text=squeezed(text),
                        x=(tm[4] * cm[0] + cm[4]) * MM,
                        y=(height - (tm[5] * cm[3] + cm[5])) * MM,
                        size=round(size * cm[0], 1),
                        font=font["/BaseFont"].partition("+")[2] if font else "",
                    )
                )

        page.extract_text(visitor_text=visit)
        return found

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


def text_width(text: str, size: float, *, bold: bool = False, italic: bool = False) -> float:
    """The width in mm of ``text`` set in the official font, from the font's own advances."""
    from fontTools.ttLib import TTFont

    from plans.official.fonts import official_font

    family = official_font()
    file = {(False, False): family.regular, (True, False): family.bold, (False, True): family.italic}[bold, italic]
    with TTFont(file) as font:
        cmap, advances = font.getBestCmap(), font["hmtx"]
        units = sum(advances[cmap[ord(character)]][0] for character in text)
        return units / font["head"].unitsPerEm * size * MM
