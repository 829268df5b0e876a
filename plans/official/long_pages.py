"""Appendices that end with a very long table: their beginning from the renderer, their later pages from long_table.py.

The later pages come into the file at the end, with the font's glyphs that they use; all of it stays PDF/A-2b.
"""

import dataclasses
import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from weasyprint import Document

from plans.official.blocks import OfficialDocument
from plans.official.fonts import FontFamily
from plans.official.glyphs import Face, NoSimpleKerning
from plans.official.layout import table_part
from plans.official.long_table import Frame, LongTable, frame_of, long_table, shortened

_POINTS = 0.75  # of a CSS pixel
LayOut = Callable[[OfficialDocument, int], Document]


@dataclass(frozen=True)
class LaterPages:
    """The content streams of the pages that follow the beginning of an appendix, and the faces that they use."""

    beginning: Document
    frame: Frame
    contents: tuple[bytes, ...]
    faces: tuple[Face, ...]


def later_pages(document: OfficialDocument, position: int, lay_out: LayOut, font: FontFamily) -> LaterPages | None:
    """Return the appendix at ``position`` laid out in this way; None where the renderer must do all of it."""
    appendix = document.appendices[position - 1] if position else None
    table = long_table(appendix) if appendix else None
    if appendix is None or table is None:
        return None
    try:
        faces = tuple(Face(file) for file in font.files)
    except NoSimpleKerning:
        return None
    appendices = list(document.appendices)
    appendices[position - 1] = shortened(appendix, table)
    beginning = lay_out(dataclasses.replace(document, appendices=tuple(appendices)), position)
    if (frame := frame_of(beginning)) is None:
        return None
    rows = table_part(dataclasses.replace(table, rows=table.rows[frame.first_row :]))["rows"]
    later = LongTable(frame, [_in_font(row, font) for row in rows], faces)
    if not later.fits():
        return None
    return LaterPages(beginning, frame, tuple(map(zlib.compress, later.pages())), faces)


def _in_font(row: dict[str, Any], font: FontFamily) -> dict[str, Any]:
    return row | {"cells": [cell | {"text": font.with_squares(cell["text"])} for cell in row["cells"]]}


def with_later_pages(content: bytes, later: Sequence[tuple[int, LaterPages]]) -> bytes:
    """Return a PDF file with the later pages at their places, counted in the pages that it has."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        put = fonts = 0
        for place, long in later:
            resources = Dictionary()
            for number, face in enumerate(long.faces):
                if face.used:
                    resources[f"/F{number}"] = face.embedded(pdf, number=fonts)
                    fonts += 1
            _insert(pdf, place + put, long, resources)
            put += len(long.contents)
        pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def _insert(pdf: pikepdf.Pdf, place: int, long: LaterPages, fonts: Dictionary) -> None:
    resources = pdf.make_indirect(Dictionary(Font=fonts))
    box = Array([0, 0, round(long.frame.width * _POINTS, 4), round(long.frame.height * _POINTS, 4)])
    for position, content in enumerate(long.contents, start=place):
        stream = pikepdf.Stream(pdf, content, Filter=Name.FlateDecode)
        page = Dictionary(Type=Name.Page, MediaBox=box, Resources=resources, Contents=pdf.make_indirect(stream))
        pdf.pages.insert(position, pikepdf.Page(pdf.make_indirect(page)))
