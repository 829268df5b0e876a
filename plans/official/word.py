"""Official documents as Word files (.docx), from the same lines and blocks as the PDF (layout.py).

Written with python-docx and no template: the content is a tree, and a template of the same tree would only be a second
place for the layout. What an officer changes afterwards is plain Word: named styles, real tables, a field that counts
pages. Texts are put in as texts, so none can become markup or a field.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import docx
import resvg_py
from django.utils import timezone
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm

from plans.official.blocks import PARTY, ContentError, OfficialDocument, map_text
from plans.official.fonts import FontFamily, official_font
from plans.official.layout import Segment, VerifyPart, appendix_part, document_title, main_part
from plans.official.measure import text_width
from plans.official.printout import Printout, Progress
from plans.official.text import clean
from plans.official.word_styles import LANGUAGE, write_styles
from plans.official.word_xml import (
    GAP,
    Element,
    WordCell,
    WordRow,
    element,
    gap,
    line,
    page_field,
    paragraph,
    rule,
    runs,
    table,
    text_run,
)

_WIDE, _HIGH = 297, 210  # A4 in mm
_MARGINS: Final = {"top": 20, "bottom": 20, "left": 30, "right": 15}
_TEXT_WIDTH: Final = 165
_WIDE_TEXT_WIDTH: Final = 252
# The part of the width that the left half of the head has, as in css/official.css; of the end, the recipients.
_ND30_LEFT, _PARTY_LEFT, _RECIPIENTS = 0.43, 0.52, 0.46
_PART: Final = 0.4  # a rule under issuer and subject is between a third and a half of the text
_CHART_WIDTH: Final = 130
_QR_WIDTH: Final = 18
_HIGHEST: Final = 200
_LONGEST_STRIP: Final = 20
_PIXELS_PER_MM: Final = 12  # about 300 to the inch
_FONT_IN_SVG: Final = 'font-family="Official Serif'
_LONGEST_PROPERTY: Final = 255


def print_out(document: OfficialDocument, *, progress: Progress | None = None) -> Printout:
    """Write ``document`` as a Word file; how many pages it has is for Word to say.

    ``progress`` is called with (parts done, parts in all) after each part; writing the file counts as one part.
    Raises FontNotFound without a usable font (rules are as long as measured texts) and ContentError for a drawing
    that is none.
    """
    file = _Writer(map_text(document, clean), official_font())
    total = len(document.appendices) + 2
    for done, write in enumerate(file.parts(), start=1):
        write()
        if progress:
            progress(done, total)
    content = io.BytesIO()
    file.docx.save(content)
    if progress:
        progress(total, total)
    return Printout(content.getvalue(), None)


class _Writer:
    """One file while it is written: elements are put before the section that the file ends with."""

    def __init__(self, document: OfficialDocument, font: FontFamily) -> None:
        self.document, self.font = document, font
        self.docx: Document = docx.Document()
        self.width: float = _TEXT_WIDTH
        write_styles(self.docx, document.style)
        _write_settings(self.docx)
        _write_properties(self.docx, document)
        _drop_what_the_library_brings(self.docx)
        _write_first_section(self.docx.sections[0], document)

    def parts(self) -> Iterator[Callable[[], None]]:
        """Return what writes each part: the document, then every appendix."""
        yield self.main
        for position in range(1, len(self.document.appendices) + 1):
            yield partial(self.appendix, position)

    def put(self, *elements: Element) -> None:
        end = self.docx.element.body[-1]
        for each in elements:
            end.addprevious(each)

    def main(self) -> None:
        part = main_part(self.document)
        has_end = bool(part["signature"] or part["recipients"])
        self.put(_head(part), gap(12 if part["addressees"] and part["letter"] else 18))
        if not part["letter"]:
            self.put(*_title(part))
        if part["addressees"]:
            self.put(*_addressees(part["addressees"], party=part["party"]))
        for citation in part["citations"]:
            self.put(paragraph("Citation", [*([text_run("- ")] if part["party"] else []), *runs(citation)]))
        self.blocks(part["blocks"], before_end=has_end)
        if has_end:
            self.put(gap(12, keep_next=True), _end(part), gap(1, keep_next=bool(part["verify"])))
        if part["verify"]:
            self.put(*self._verify(part["verify"]))

    def appendix(self, position: int) -> None:
        part = appendix_part(self.document, position)
        self._begin_section(landscape=part["landscape"])
        self.put(
            line("Appendix", part["label"]),
            line("AppendixTitle", part["title"]),
            paragraph("Attached", runs(part["attached_to"])),
        )
        self.blocks(part["blocks"], before_end=False)

    def _begin_section(self, *, landscape: bool) -> None:
        """Begin a page of another section whose pages are counted from 1, its first one without a number."""
        section = self.docx.add_section()
        self.docx.element.body[-2].style = GAP
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Mm(_WIDE), Mm(_HIGH)) if landscape else (Mm(_HIGH), Mm(_WIDE))
        self.width = _WIDE_TEXT_WIDTH if landscape else _TEXT_WIDTH

    def blocks(self, views: Sequence[dict[str, Any]], *, before_end: bool) -> None:
        """Write the blocks; a block stays with the next one that must not begin a page, the last with the end.

        The PDF says of the later one that no page begins with it, Word of the earlier that it keeps with the next.
        """
        following = [bool(view.get("keep")) for view in views[1:]]
        for view, keep in zip(views, [*following, before_end][: len(views)], strict=True):
            match view["kind"]:
                case "heading":
                    self.put(paragraph(f"Heading{view['level']}", runs(view["segments"])))
                case "keyline":
                    label = text_run(f"{view['label']}:", italic=True)
                    self.put(paragraph("Normal", [label, text_run(" "), *runs(view["segments"])], keep_next=keep))
                case "table":
                    self.put(*_table(view, self.width, keep=keep))
                case "chart":
                    self.chart(view, keep=keep)
                case _:
                    self.put(paragraph("Normal", runs(view["segments"]), keep_next=keep))

    def _verify(self, verify: VerifyPart) -> list[Element]:
        """Return the QR code and the address where the paper is checked."""
        square = f'viewBox="0 0 {verify.qr.size} {verify.qr.size}"'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" {square}><path d="{verify.qr.path}" fill="#000"/></svg>'
        picture = self._picture(svg, "Mã QR xác minh văn bản", width=_QR_WIDTH)
        words = [
            line("Verify", "Để xác minh văn bản, quét mã QR hoặc mở địa chỉ:"),
            line("Verify", "".join(verify.pieces)),
        ]
        code = paragraph("Verify", [element("r", element("drawing", picture))])
        row = WordRow([WordCell([code]), WordCell(words)])
        return [
            gap(12, keep_next=True),
            table((_QR_WIDTH + 3, _TEXT_WIDTH - _QR_WIDTH - 3), [row], ruled=False),
            gap(1),
        ]

    def _picture(self, svg: str, words: str, *, width: float) -> Element:
        """Return a drawing as a picture with the words that stand for it, no higher than a page can hold."""
        ratio = _ratio(svg)
        wide = min(width, _HIGHEST / ratio)
        png = _png(svg, self.font, width=wide, height=wide * ratio)
        picture = self.docx.part.new_pic_inline(io.BytesIO(png), width=Mm(wide), height=Mm(wide * ratio))
        picture.docPr.set("descr", words)
        return picture

    def chart(self, view: dict[str, Any], *, keep: bool) -> None:
        words = ". ".join(filter(None, [view["title"], view["description"]]))
        picture = self._picture(view["svg"], words, width=_CHART_WIDTH)
        self.put(
            paragraph("Chart", [element("r", element("drawing", picture))]),
            paragraph("ChartTitle", [text_run(view["title"])], keep_next=keep),
        )


_UNREADABLE: Final = "Biểu đồ trong văn bản không đọc được."
_NUMBER: Final = r"[\s,]*(-?[\d.]+)"
_VIEW_BOX: Final = re.compile(rf'<svg\b[^>]*\sviewBox="{_NUMBER}{_NUMBER}{_NUMBER}{_NUMBER}\s*"')


def _ratio(svg: str) -> float:
    """Return how many times as high as wide a drawing is, between 1 : 20 and 20 : 1.

    Asked before anything is drawn: a strip of endless height would take all memory, and the whole process with it.
    """
    found = _VIEW_BOX.match(svg)
    try:
        ratio = float(found[4]) / float(found[3]) if found else 0
    except (ValueError, ZeroDivisionError):
        ratio = 0
    if not 1 / _LONGEST_STRIP <= ratio <= _LONGEST_STRIP:
        raise ContentError(_UNREADABLE)
    return ratio


def _png(svg: str, font: FontFamily, *, width: float, height: float) -> bytes:
    """Return a drawing as a picture with letters of the official font; no other font or file is looked at."""
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg.replace(_FONT_IN_SVG, f'font-family="{font.name}'),
                width=max(round(width * _PIXELS_PER_MM), 1),
                height=max(round(height * _PIXELS_PER_MM), 1),
                background="#ffffff",
                skip_system_fonts=True,
                font_files=[str(file) for file in font.files],
                font_family=font.name,
                serif_family=font.name,
                sans_serif_family=font.name,
            )
        )
    except ValueError as error:
        raise ContentError(_UNREADABLE) from error


# --- head ------------------------------------------------------------------------------------------------------------
def _head(part: dict[str, Any]) -> Element:
    left = _TEXT_WIDTH * (_PARTY_LEFT if part["party"] else _ND30_LEFT)
    widths = (left, _TEXT_WIDTH - left)
    return table(widths, (_party_head if part["party"] else _state_head)(part, widths), ruled=False)


def _state_head(part: dict[str, Any], widths: tuple[float, float]) -> list[WordRow]:
    issuer = [line("Issuer", text) for text in part["issuer"]]
    widest = max((text_width(text, 12, bold=True) for text in part["issuer"]), default=0)
    motto = "Độc lập - Tự do - Hạnh phúc"
    names = [line("Superior", text) for text in part["superior"]]
    left = [*names, *issuer, rule(min(widest, widths[0]) * _PART, within=widths[0])]
    right = [
        line("Nation", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        line("Motto", motto),
        rule(text_width(motto, 13, bold=True), within=widths[1]),
    ]
    rows = [
        WordRow([WordCell(left), WordCell(right)]),
        WordRow([WordCell([line("Number", part["number"])]), WordCell([line("Date", part["place_and_date"])])]),
    ]
    if part["letter_subject"]:
        about = paragraph("About", runs(part["letter_subject"]))
        rows.append(WordRow([WordCell([about]), WordCell([gap(1)])]))
    return rows


def _party_head(part: dict[str, Any], widths: tuple[float, float]) -> list[WordRow]:
    names = [line("Superior", text) for text in part["superior"]]
    left = [*names, *(line("Issuer", text) for text in part["issuer"]), line("Star", "*")]
    left.append(line("Number", part["number"]))
    if part["letter_subject"]:
        left.append(paragraph("About", runs(part["letter_subject"])))
    party = "ĐẢNG CỘNG SẢN VIỆT NAM"
    right = [
        line("Nation", party),
        rule(text_width(party, 15, bold=True), within=widths[1]),
        line("Date", part["place_and_date"]),
    ]
    return [WordRow([WordCell(left), WordCell(right)])]


def _title(part: dict[str, Any]) -> list[Element]:
    subject = "".join(segment.text for segment in part["subject"])
    made = [line("Kind", part["type_name"])]
    if subject:
        side = (_TEXT_WIDTH - part["subject_width"]) / 2
        made.append(paragraph("Subject", runs(part["subject"]), sides=side))
    if part["party"]:
        return [*made, line("Dashes", "-----")]
    width = min(text_width(subject, 14, bold=True), part["subject_width"])
    return [*made, rule(width * _PART, within=_TEXT_WIDTH, space_after=12, keep_next=True)] if subject else made


def _addressees(addressees: Sequence[Sequence[Segment]], *, party: bool) -> list[Element]:
    word = text_run("Kính gửi:", italic=party)
    if len(addressees) == 1:
        return [paragraph("To", [word, text_run(" "), *runs(addressees[0])])]
    last = len(addressees) - 1
    each = (
        paragraph("ToEach", [text_run("- "), *runs(name)], space_after=12 if position == last else None)
        for position, name in enumerate(addressees)
    )
    return [paragraph("ToMany", [word], keep_next=True), *each]


# --- tables ----------------------------------------------------------------------------------------------------------
def _table(view: dict[str, Any], width: float, *, keep: bool) -> list[Element]:
    """Return the caption, the table and its note; a table before the signature keeps its last two rows with it."""
    widths = [float(share.rstrip("%")) * width / 100 for share in view["widths"]]
    rows = [WordRow([_cell(cell, "TableHead") for cell in row], header=True) for row in view["header"]]
    last = len(view["rows"]) - 2
    for position, row in enumerate(view["rows"]):
        kept = row["keeps"] or (keep and position >= last)
        rows.append(WordRow([_cell(cell, "TableText", keep=kept) for cell in row["cells"]]))
    above = paragraph("Caption", runs(view["caption"])) if view["caption"] else gap(6)
    below = paragraph("TableNote", runs(view["note"]), keep_next=keep) if view["note"] else gap(8, keep_next=keep)
    return [above, table(widths, rows, ruled=True, padding=(2.5, 3)), below]


def _cell(cell: dict[str, Any], style: str, *, keep: bool = False) -> WordCell:
    classes = cell["classes"].split()
    align = "center" if "o-c" in classes else "right" if "o-r" in classes else ""
    run = text_run(cell["text"], bold="o-b" in classes, italic="o-i" in classes)
    text = paragraph(style, [run], keep_next=keep, align=align if style == "TableText" else "")
    return WordCell([text], cell["colspan"] or 1, cell["rowspan"] or 1)


# --- end -------------------------------------------------------------------------------------------------------------
def _end(part: dict[str, Any]) -> Element:
    widths = (_TEXT_WIDTH * _RECIPIENTS, _TEXT_WIDTH * (1 - _RECIPIENTS))
    left, right = [], []
    if part["recipients"]:
        words = [text_run("Nơi nhận", underlined=True), text_run(":")] if part["party"] else [text_run("Nơi nhận:")]
        left.append(paragraph("Recipients", words))
        left += [paragraph("Recipient", [text_run("- "), *runs(each)]) for each in part["recipients"]]
    if signature := part["signature"]:
        right += [line("Authority", text) for text in signature["authority"]]
        right += [line("Post", text) for text in signature["posts"]]
        right += [paragraph("SignSpace"), line("Name", signature["name"])]
    row = WordRow([WordCell(left or [gap(1)]), WordCell(right or [gap(1)])])
    return table(widths, [row], ruled=False)


# --- the file around the text ----------------------------------------------------------------------------------------
def _write_first_section(section: Section, document: OfficialDocument) -> None:
    """Set paper, margins and the lines in them; the sections of the appendices take everything over."""
    section.page_width, section.page_height = Mm(_HIGH), Mm(_WIDE)
    section.top_margin, section.bottom_margin = Mm(_MARGINS["top"]), Mm(_MARGINS["bottom"])
    section.left_margin, section.right_margin = Mm(_MARGINS["left"]), Mm(_MARGINS["right"])
    section.header_distance = Mm(10 if document.style == PARTY else 7)  # the Party says 10 mm; else the middle
    section.footer_distance = Mm(8)
    section.different_first_page_header_footer = True
    section._sectPr.insert_element_before(element("pgNumType", start=1), "w:cols", "w:titlePg", "w:docGrid")
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is not None:
        section._sectPr.remove(grid)
    section.header.paragraphs[0]._p.extend(page_field())
    section.first_page_header.is_linked_to_previous = False
    for footer in (section.footer, section.first_page_footer):
        footer.is_linked_to_previous = False
        if document.notice:
            footer.paragraphs[0]._p.append(text_run(document.notice))


def _write_settings(file: Document) -> None:
    """Say that the file is of today's Word (15: 2013 and later), in Vietnamese; else Word opens it as an old one."""
    uri = "http://schemas.microsoft.com/office/word"
    settings = file.settings.element
    for child in list(settings):
        settings.remove(child)
    settings.extend(
        [
            element("zoom", percent=100),
            element("defaultTabStop", val=720),
            element("characterSpacingControl", val="doNotCompress"),
            element("compat", element("compatSetting", name="compatibilityMode", uri=uri, val=15)),
            element("themeFontLang", val=LANGUAGE),
            element("decimalSymbol", val=","),
            element("listSeparator", val=";"),
        ]
    )


def _write_properties(file: Document, document: OfficialDocument) -> None:
    properties = file.core_properties
    properties.title = document_title(document)[:_LONGEST_PROPERTY]
    properties.author = " ".join(document.issuer_name.split())[:_LONGEST_PROPERTY]
    properties.comments = properties.last_modified_by = properties.keywords = ""
    properties.language = LANGUAGE
    properties.created = properties.modified = timezone.now()


def _drop_what_the_library_brings(file: Document) -> None:
    """Take out the parts of python-docx's own template that no official document has: a picture, numberings, XML."""
    package, part = file.part.package, file.part
    for owner in (package, part):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.rsplit("/", 1)[-1] in {"thumbnail", "numbering", "customXml", "stylesWithEffects"}:
                owner.rels.pop(key)
