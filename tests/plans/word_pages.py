"""Reading a Word file back: every paragraph in reading order, with the measures that hold for it in the end."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import docx
from docx.oxml.ns import qn

from tests.plans.official_pages import squeezed

TWIPS_PER_MM = 1440 / 25.4


@dataclass(frozen=True)
class Line:
    """A paragraph: lengths in mm, sizes and spaces in points, ``inside`` the width of its cell or page."""

    text: str
    style: str
    size: float
    bold: bool
    italic: bool
    align: str
    before: float
    after: float
    line: int
    line_rule: str
    first_line: float
    left: float
    right: float
    keep_next: bool
    inside: float
    element: object

    @property
    def length(self) -> float:
        """How wide the paragraph is: the length of a rule that is its border."""
        return self.inside - self.left - self.right


class Written:
    """A Word file read back."""

    def __init__(self, content: bytes):
        self.docx = docx.Document(io.BytesIO(content))
        self.body = self.docx.element.body
        self.styles = {style.get(qn("w:styleId")): style for style in self.docx.styles.element.findall(qn("w:style"))}
        self.lines = list(self._read())

    def _read(self) -> Iterator[Line]:
        for paragraph in self.body.iter(qn("w:p")):
            cell = next(paragraph.iterancestors(qn("w:tc")), None)
            width = 165.0 if cell is None else number(cell, "w:tcPr/w:tcW", "w") / TWIPS_PER_MM
            yield self.read(paragraph, width)

    def read(self, paragraph, width: float = 165) -> Line:
        style = self.styles[paragraph.find(qn("w:pPr")).find(qn("w:pStyle")).get(qn("w:val"))]
        own, named = paragraph.find(qn("w:pPr")), style.find(qn("w:pPr"))

        def measure(tag, name, *, of=20.0):
            for properties in (own, named):
                found = properties.find(qn(f"w:{tag}"))
                if found is not None and found.get(qn(f"w:{name}")) is not None:
                    value = found.get(qn(f"w:{name}"))
                    return float(value) / of if re.fullmatch(r"-?\d+", value) else value
            return 0.0

        return Line(
            text=text_of(paragraph),
            style=style.find(qn("w:name")).get(qn("w:val")),
            size=number(style, "w:rPr/w:sz", "val") / 2,
            bold=style.find(f"{qn('w:rPr')}/{qn('w:b')}") is not None,
            italic=style.find(f"{qn('w:rPr')}/{qn('w:i')}") is not None,
            align=measure("jc", "val"),
            before=measure("spacing", "before"),
            after=measure("spacing", "after"),
            line=int(measure("spacing", "line", of=1)),
            line_rule=measure("spacing", "lineRule"),
            first_line=measure("ind", "firstLine", of=TWIPS_PER_MM) - measure("ind", "hanging", of=TWIPS_PER_MM),
            left=measure("ind", "left", of=TWIPS_PER_MM),
            right=measure("ind", "right", of=TWIPS_PER_MM),
            keep_next=any(each.find(qn("w:keepNext")) is not None for each in (own, named)),
            inside=width,
            element=paragraph,
        )

    def find(self, start: str) -> Line:
        """The only paragraph that begins so."""
        (found,) = [line for line in self.lines if line.text.startswith(start)]
        return found

    def after(self, line: Line, style: str) -> Line:
        """The first paragraph of a style after ``line``."""
        return next(each for each in self.lines[self.lines.index(line) + 1 :] if each.style == style)

    @property
    def text(self) -> str:
        return squeezed("\n".join(line.text for line in self.lines))

    @property
    def sections(self):
        return self.docx.sections


def number(element, path: str, attribute: str) -> float:
    found = element
    for tag in path.split("/"):
        found = found.find(qn(tag))
    return float(found.get(qn(f"w:{attribute}")))


def text_of(paragraph) -> str:
    """The text that a reader sees, fields left out."""
    signs = {qn("w:noBreakHyphen"): "-", qn("w:br"): "\n", qn("w:tab"): "\t"}
    parts = (each.text or "" if each.tag == qn("w:t") else signs.get(each.tag, "") for each in paragraph.iter())
    return "".join(parts)
