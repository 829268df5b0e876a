"""Official documents as PDF/A-2b, from the templates and the style sheet of the preview (screen.py).

Every part (the document, each appendix) is laid out on its own, so each is numbered by itself; then the pages are
put together. The renderer can open our four font files and nothing else, neither on the disk nor on the network.
"""

import gc
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pydyf
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from weasyprint import CSS, HTML, Document
from weasyprint.document import Page
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from plans.official.archive import archival
from plans.official.blocks import OfficialDocument
from plans.official.fonts import FontFamily, official_font
from plans.official.layout import appendix_part, document_title, main_part
from plans.official.long_pages import LaterPages, later_pages, with_later_pages
from plans.official.printout import Printout, Progress

STYLE_SHEET: Final = "css/official.css"
_FONT_IN_CSS: Final = "Official Serif"
_SIGN_SPACE: Final = "o-sign-space"
_POINTS: Final = 0.75  # of a CSS pixel

# The renderer's libraries are not made for several threads of one process, and two would not be faster.
one_at_a_time = threading.Lock()


class OwnFontsOnly(URLFetcher):
    """A fetcher that opens the four files of our font and refuses every other address."""

    def __init__(self, font: FontFamily) -> None:
        super().__init__(allowed_protocols={"file"}, allow_redirects=False)
        self._files = {file.as_uri(): file for file in font.files}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url not in self._files:
            raise ValueError("Official documents load nothing but their own font.")
        return URLFetcherResponse(url, self._files[url].read_bytes(), {"Content-Type": "font/ttf"})


def render_pdf(document: OfficialDocument) -> bytes:
    """Return ``document`` as the bytes of a PDF/A-2b file; see :func:`print_out` for what can be raised."""
    return print_out(document).content


def print_out(document: OfficialDocument, *, progress: Progress | None = None) -> Printout:
    """Lay ``document`` out and return it as a PDF/A-2b file.

    ``progress`` is called with (parts done, parts in all) after each part; writing the file counts as one part.
    What has a number goes out, so it passes the validator of archive.py; a draft is not held up by it.
    Raises FontNotFound without a usable font, ContentError for a drawing that is none, NotArchival for a file that
    must not go out.
    """
    font = official_font()
    fetcher, config = OwnFontsOnly(font), FontConfiguration()
    style_sheets = [
        CSS(string=font_faces(font), url_fetcher=fetcher, font_config=config),
        CSS(string=_style_sheet(font), url_fetcher=fetcher, font_config=config),
    ]
    total = len(document.appendices) + 2
    pages: list[Page] = []
    later: list[tuple[int, LaterPages]] = []
    first: Document | None = None

    def lay_out(document: OfficialDocument, position: int) -> Document:
        return HTML(string=_printable(_markup(document, position), font), url_fetcher=fetcher).render(
            font_config=config, stylesheets=style_sheets, presentational_hints=True, pdf_variant="pdf/a-2b"
        )

    with one_at_a_time, _without_gc():
        for position in range(total - 1):
            long = later_pages(document, position, lay_out, font)
            part = long.beginning if long else lay_out(document, position)
            first = first or part
            pages += part.pages[: long.frame.kept_pages] if long else part.pages
            later += [(len(pages), long)] if long else []
            if progress:
                progress(position + 1, total)
        if first is None:
            raise AssertionError("a document has at least its main part")
        content: bytes = first.copy(pages).write_pdf(finisher=_finish, pdf_variant="pdf/a-2b")
    if later:
        content = with_later_pages(content, later)
    if document.number.serial is not None:
        content = archival(content)
    if progress:
        progress(total, total)
    return Printout(content, len(pages) + sum(len(long.contents) for _, long in later))


def _markup(document: OfficialDocument, position: int) -> str:
    """Return the document without its appendices (0), or one of these, as a page of HTML."""
    part = appendix_part(document, position) if position else main_part(document)
    template = "official/_appendix.html" if position else "official/_main.html"
    frame = {"file_title": document_title(document), "author": document.issuer_name, "part_template": template}
    return render_to_string("official/document.html", {**part, **frame})


def font_faces(font: FontFamily) -> str:
    faces = zip(font.files, (("400", "normal"), ("700", "normal"), ("400", "italic"), ("700", "italic")), strict=True)
    return "body { margin: 0; }\n" + "\n".join(
        f'@font-face {{ font-family: "{font.name}"; src: url("{file.as_uri()}"); '
        f"font-weight: {weight}; font-style: {style}; }}"
        for file, (weight, style) in faces
    )


def _style_sheet(font: FontFamily) -> str:
    """Return the style sheet with the font under its own name, which the PDF then carries."""
    path = finders.find(STYLE_SHEET)
    if not isinstance(path, str):
        raise FileNotFoundError(STYLE_SHEET)
    return Path(path).read_text(encoding="utf-8").replace(f'"{_FONT_IN_CSS}"', f'"{font.name}"')


def _printable(markup: str, font: FontFamily) -> str:
    """Return ``markup`` in the font's own name, with empty squares for what it has not: no other font may step in."""
    # The line break at the end of a partial template is a space to the renderer, and one space after a text that just
    # fits makes it break the line after the first word. The texts themselves hold no line breaks.
    markup = re.sub(r"\n\s*(?=</(?:p|div|h[1-6]|span)>|<span class=\"o-rule)", "", markup)
    markup = markup.replace(f'font-family="{_FONT_IN_CSS}', f'font-family="{font.name}')
    return font.with_squares(markup)


def _finish(document: Document, pdf: pydyf.PDF) -> None:
    without_empty_resources(document, pdf)
    _with_sign_space(document, pdf)


def _with_sign_space(document: Document, pdf: pydyf.PDF) -> None:
    """Name the rectangle between post and name, so that who signs the file later finds it there (pades.py)."""
    for reference, page in zip(pdf.page_references, document.pages, strict=True):
        if anchor := page.anchors.get(_SIGN_SPACE):
            left, top, right, bottom = (value * _POINTS for value in anchor)
            height = page.height * _POINTS
            place = pydyf.Array([reference, "/FitR", left, height - bottom, right, height - top])
            pdf.catalog["Dests"] = pydyf.Dictionary({_SIGN_SPACE: place})
            return


def without_empty_resources(document: Document, pdf: pydyf.PDF) -> None:
    """Drop empty Pattern and Shading dictionaries, the one point where the file breaks PDF/A-2b."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Dictionary) and "ExtGState" in item and "XObject" in item:
            for name in ("Pattern", "Shading"):
                if name in item and not item[name]:
                    del item[name]


@contextmanager
def _without_gc() -> Iterator[None]:
    """Switch the cyclic garbage collector off: over many thousand boxes it costs a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
