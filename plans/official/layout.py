"""From the content model to what the templates print: every line normalised, every block with its page rules."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from plans.official import blocks, numbering, wording
from plans.official.blocks import PARTY, Blocks, OfficialDocument, Runs, map_text, text_of
from plans.official.drawings import safe_drawing
from plans.official.measure import even_width, head_lines
from plans.official.qr import QrCode, qr_code
from plans.official.text import spaced, tidy

# A document number, date or range must not break at its "/" or "-".
_UNBROKEN: Final = re.compile(r"(?<!\w)\d[\w.]*(?:[/–-][\w&]+)+")
# A longer piece is cut in two at a space: the renderer copies all of a piece that is left for each line that it breaks.
_LONGEST_PIECE: Final = 4000
_A_PIECE: Final = re.compile(rf"(?s).{{{_LONGEST_PIECE}}}\S*\s|.+")
# A line of 14 pt on 165 mm holds about 80 letters: a text longer than this has two lines for certain.
_SURELY_TWO_LINES: Final = 110
_LINES_BEFORE_SIGNATURE: Final = 2
# Widths in mm that css/official.css gives to the left half of the head and to the subject.
_ND30_LEFT: Final = 165 * 0.43
_PARTY_LEFT: Final = 165 * 0.52
_SUBJECT: Final = 150
# Counted up when the layout changes, so that a stored PDF of the old layout is not taken for the new one.
LAYOUT_VERSION: Final = 2


@dataclass(frozen=True)
class Segment:
    """A piece of text with the CSS classes of its weight, slope and line breaking."""

    text: str
    classes: str = ""


def segments(runs: Runs) -> list[Segment]:
    """Return ``runs`` as one line of text cut into segments: single spaces, numbers closed up and unbroken."""
    pieces: list[Segment] = []
    for (bold, italic), group in groupby(runs, key=lambda run: (run.bold, run.italic)):
        text = spaced("".join(run.text for run in group))
        base = [name for name, wanted in (("o-b", bold), ("o-i", italic)) if wanted]
        pieces += _unbroken_pieces(wording.running_text(text), base)
    pieces = [part for piece in pieces for part in _short_pieces(piece)]
    if pieces:
        pieces[0] = Segment(pieces[0].text.lstrip(), pieces[0].classes)
        pieces[-1] = Segment(pieces[-1].text.rstrip(), pieces[-1].classes)
    return [piece for piece in pieces if piece.text]


def _short_pieces(piece: Segment) -> list[Segment]:
    if len(piece.text) <= _LONGEST_PIECE:
        return [piece]
    classes = f"{piece.classes} o-piece".strip()
    return [Segment(text, classes) for text in _A_PIECE.findall(piece.text)]


def _unbroken_pieces(text: str, base: Sequence[str]) -> list[Segment]:
    pieces, position = [], 0
    for match in _UNBROKEN.finditer(text):
        pieces.append(Segment(text[position : match.start()], " ".join(base)))
        pieces.append(Segment(match[0], " ".join([*base, "o-nw"])))
        position = match.end()
    return [*pieces, Segment(text[position:], " ".join(base))]


def line(text: str) -> list[Segment]:
    """Return a plain line of text as segments."""
    return segments(blocks.plain(tidy(text)))


# --- the frame -------------------------------------------------------------------------------------------------------
def main_part(document: OfficialDocument) -> dict[str, Any]:
    """Return the template context of the document without its appendices."""
    style = document.style
    party = style == PARTY
    letter = not document.type_name
    subject = tidy(document.subject)
    return {
        "document": document,
        "style": style,
        "party": party,
        "letter": letter,
        "superior": _head_lines(document.superior_lines, party=party, bold=False),
        "issuer": _head_lines(document.issuer_lines, party=party, bold=True),
        "number": numbering.number_line(map_text(document.number, tidy), style),
        "place_and_date": numbering.place_and_date(map_text(document.date, tidy)),
        "type_name": tidy(document.type_name).upper(),
        "subject": line(wording.lower_first(subject) if party else subject),
        "subject_width": _subject_width(subject, party=party),
        "letter_subject": line(wording.letter_subject(subject, style)) if letter else [],
        "addressees": [line(text) for text in wording.addressee_lines(document.addressees)],
        "citations": [line(text) for text in wording.citation_lines(document.citations)],
        "blocks": _with_page_rules(_ended_blocks(document), signed=_is_signed(document), top=2 if letter else 3),
        "signature": signature_part(document),
        "recipients": [
            line(text)
            for text in wording.recipient_lines(document.recipients, style=style, addressed=bool(document.addressees))
        ],
        "verify": verify_part(document),
    }


@dataclass(frozen=True)
class VerifyPart:
    """Where the paper is checked: the address in pieces between which a line may break, and its QR code."""

    pieces: tuple[str, ...]
    qr: QrCode


def verify_part(document: OfficialDocument) -> VerifyPart | None:
    """Return what stands under the signature for who wants to check the paper, or None when nothing does."""
    url = tidy(document.verify_url)
    return VerifyPart(tuple(re.findall(r"[^/]*/+|[^/]+$", url)), qr_code(url)) if url else None


def signature_part(document: OfficialDocument) -> dict[str, Any] | None:
    """Return the lines of the signature block, or None when the draft names nobody who signs."""
    if not _is_signed(document) or document.signature is None:
        return None
    return {
        "authority": wording.authority_lines(document.signature.authority, document.style),
        "posts": [wording.authority_line(post, document.style) for post in document.signature.posts if tidy(post)],
        "name": wording.signer_name(document.signature.name),
    }


def appendix_part(document: OfficialDocument, position: int) -> dict[str, Any]:
    """Return the template context of the appendix at ``position`` (from 1)."""
    appendix = document.appendices[position - 1]
    return {
        "document": document,
        "style": document.style,
        "label": numbering.appendix_label(position, len(document.appendices), document.style),
        "title": tidy(appendix.title).upper(),
        # Blanks that keep their width without a white-space rule: with one, the renderer breaks the line too early.
        "attached_to": _unbroken_pieces(attached_to(document).replace(numbering.BLANK, "\u00a0" * 6), ()),
        "landscape": appendix.landscape,
        "blocks": _with_page_rules(appendix.blocks, signed=False, top=3),
    }


def attached_to(document: OfficialDocument) -> str:
    """Return ``(Kèm theo Kế hoạch số 57/KH-CĐVC ngày 24 tháng 5 năm 2024 của …)``."""
    kind = tidy(document.type_name).capitalize() or "Công văn"
    reference = numbering.number_reference(map_text(document.number, tidy), document.style)
    issuer = tidy(document.issuer_name) or " ".join(_capitals(document.issuer_lines))
    comma = "," if document.style == PARTY else ""
    return f"(Kèm theo {kind} số {reference}{comma} {numbering.date_phrase(document.date)} của {issuer})"


def document_title(document: OfficialDocument) -> str:
    """Return the title for the file's metadata: kind, number when it has one, subject."""
    kind = tidy(document.type_name).capitalize() or "Công văn"
    number = map_text(document.number, tidy)
    reference = "" if number.serial is None else f"số {numbering.number_reference(number, document.style)}"
    return " ".join(part for part in (kind, reference, tidy(document.subject)) if part)


def _capitals(lines: Sequence[str]) -> list[str]:
    return [text.upper() for text in map(tidy, lines) if text]


def _head_lines(lines: Sequence[str], *, party: bool, bold: bool) -> list[str]:
    size, width = (14, _PARTY_LEFT) if party else (12, _ND30_LEFT)
    return [part for text in _capitals(lines) for part in head_lines(text, size=size, bold=bold, width=width)]


def _subject_width(subject: str, *, party: bool) -> int:
    return even_width(subject, size=15 if party else 14, bold=True, width=_SUBJECT)


def _is_signed(document: OfficialDocument) -> bool:
    signature = document.signature
    return signature is not None and any(map(tidy, (*signature.authority, *signature.posts, signature.name)))


def _ended_blocks(document: OfficialDocument) -> Blocks:
    content = (*document.body, *document.closing)
    return (*content[:-1], wording.with_end(content[-1], document.style)) if content else ()


# --- the blocks ------------------------------------------------------------------------------------------------------
def _with_page_rules(content: Blocks, *, signed: bool, top: int) -> list[dict[str, Any]]:
    """Return the blocks for the templates; the last ones before a signature are kept with it, two lines at least.

    ``top`` is the number of the HTML heading (h2, h3…) for the highest level that the content has: the page around a
    preview holds h1, and no level is skipped.
    """
    printed = [_printed(block) for block in content]
    levels = sorted({block.level for block in content if isinstance(block, blocks.Heading)})
    for view in printed:
        if view["kind"] == "heading":
            view["tag"] = min(top + levels.index(view["level"]), 6)
    lines = 0
    for block, view in zip(reversed(content), reversed(printed), strict=True):
        lines += _certain_lines(block)
        if not signed or lines >= _LINES_BEFORE_SIGNATURE:
            break
        view["keep"] = True
    return printed


def _certain_lines(block: blocks.Block) -> int:
    match block:
        case blocks.Paragraph(runs=runs) | blocks.Bullet(runs=runs):
            return 2 if len(text_of(runs)) > _SURELY_TWO_LINES else 1
        case blocks.Table(rows=rows):
            return len(rows)
        case blocks.Chart():
            return _LINES_BEFORE_SIGNATURE
    return 1


def _printed(block: blocks.Block) -> dict[str, Any]:
    match block:
        case blocks.Heading(level=level, number=number, text=text):
            words = tidy(f"{number} {text}")
            return {"kind": "heading", "level": level, "segments": line(words.upper() if level == 1 else words)}
        case blocks.Paragraph(runs=runs, number=number):
            return {"kind": "paragraph", "segments": segments((blocks.Run(f"{number} "), *runs) if number else runs)}
        case blocks.Bullet(runs=runs, marker=marker):
            return {"kind": "bullet", "segments": segments((blocks.Run(f"{marker} "), *runs))}
        case blocks.KeyLine(label=label, text=text):
            return {"kind": "keyline", "label": tidy(label).removesuffix(":"), "segments": line(text)}
        case blocks.Table():
            return table_part(block)
        case blocks.Chart(svg=svg, title=title, description=description):
            return {"kind": "chart", "svg": safe_drawing(svg), "title": tidy(title), "description": tidy(description)}


def table_part(table: blocks.Table) -> dict[str, Any]:
    """Return the template context of a table."""
    total = sum(column.width for column in table.columns) or 1
    return {
        "kind": "table",
        "caption": line(table.caption),
        "note": line(table.note),
        "widths": [f"{column.width * 100 / total:.2f}%" for column in table.columns],
        "header": [[_printed_cell(cell, "") for cell in row] for row in table.header],
        "rows": _printed_rows(table),
    }


def _printed_rows(table: blocks.Table) -> list[dict[str, Any]]:
    """Return the rows; a cell takes the alignment of the column that it begins in, counting spans from above.

    A row that only names the rows below it (its last cell is bold and runs over columns) stays with the next one; so
    does a row whose cells reach into the next.
    """
    held: dict[int, int] = {}
    printed = []
    for row in table.rows:
        cells, column = [], 0
        still_held = {index: count - 1 for index, count in held.items() if count > 1}
        for cell in row:
            while column in held:
                column += 1
            align = table.columns[column].align if column < len(table.columns) else "left"
            cells.append(_printed_cell(cell, cell.align or align))
            if cell.rowspan > 1:
                still_held |= {column + offset: cell.rowspan - 1 for offset in range(cell.colspan)}
            column += cell.colspan
        held = still_held
        heads = bool(row) and row[-1].bold and row[-1].colspan > 1
        printed.append({"cells": cells, "keeps": heads or bool(still_held)})
    return printed


def _printed_cell(cell: blocks.Cell, align: str) -> dict[str, Any]:
    names = {"center": "o-c", "right": "o-r"}
    classes = [names.get(align, ""), "o-b" if cell.bold else "", "o-i" if cell.italic else ""]
    return {
        "text": wording.running_text(tidy(cell.text)),
        "colspan": cell.colspan if cell.colspan > 1 else None,
        "rowspan": cell.rowspan if cell.rowspan > 1 else None,
        "classes": " ".join(name for name in classes if name),
    }
