"""A structured plan as an official document: every sentence in its order, the frame from the unit's letterhead."""

import datetime
import re
from collections.abc import Iterator
from typing import Final

from orgunits.vietnamese import without_marks
from plans.missing import missing_of_document
from plans.models import Citation, Document, Letterhead, Plan, Recipient, Section
from plans.official.blocks import (
    ND30,
    Block,
    Blocks,
    Bullet,
    DocumentNumber,
    Heading,
    IssueDate,
    KeyLine,
    OfficialDocument,
    Paragraph,
    Signature,
    plain,
)
from plans.official.letterhead import letterhead_of, style_of
from plans.official.numbering import TYPE_NAMES
from plans.outline import Node, outline

# Plans that only carry out a document say so in their opening; others list their legal basis.
_TYPE_CODES: Final = {
    Document.Kind.PLAN: "KH",
    Document.Kind.REPORT: "BC",
    Document.Kind.DIRECTIVE: "CT",
    Document.Kind.RESOLUTION: "NQ",
    Document.Kind.DECISION: "QĐ",
    Document.Kind.GUIDANCE: "HD",
    Document.Kind.LETTER: "",
}
SAMPLE_NOTICE: Final = "Dữ liệu mẫu, không phải văn bản đã ban hành"


def plan_document(plan: Plan, *, on: datetime.date) -> OfficialDocument:
    """Return the whole document of ``plan``.

    The letterhead is the one of the day of issue, or of ``on`` while there is none. What the plan does not say stays
    empty, and ``missing`` names it.
    """
    document = plan.document
    style = style_of(plan.org_unit)
    head = letterhead_of(plan.org_unit, on=_day_of(document, on=on))
    nodes = outline(plan)
    code = _TYPE_CODES.get(Document.Kind(document.kind), "")
    return OfficialDocument(
        style=style,
        superior_lines=tuple(head.superior_line.splitlines()),
        issuer_lines=tuple(_issuer(document, head).splitlines()),
        issuer_name=document.issuer,
        number=DocumentNumber(document.serial, code, document.body_code or head.body_code),
        date=_date(document, head),
        type_name=TYPE_NAMES.get(code, ""),
        subject=document.subject,
        addressees=_recipients(document, Recipient.Kind.ADDRESSEE),
        citations=() if _has_opening(nodes) else _citations(document, style=style),
        body=tuple(_blocks(nodes, closing=False)),
        closing=tuple(_blocks(nodes, closing=True)),
        signature=Signature(
            authority=tuple(document.signing_authority.splitlines()),
            posts=tuple(document.signer_post.splitlines()),
            name=document.signer_name,
        ),
        recipients=_recipients(document, Recipient.Kind.COPY),
        notice=SAMPLE_NOTICE if document.is_sample else "",
        missing=tuple(missing_of_document(document)),
    )


# --- the frame -------------------------------------------------------------------------------------------------------
def _day_of(document: Document, *, on: datetime.date) -> datetime.date:
    if document.issued_on:
        return document.issued_on
    if document.issued_year:
        return datetime.date(document.issued_year, document.issued_month or 1, 1)
    return on


def _issuer(document: Document, head: Letterhead) -> str:
    return head.issuer_line if head.pk else document.issuer or head.issuer_line


def _date(document: Document, head: Letterhead) -> IssueDate:
    place = document.place_name or head.place_name
    if without_marks(place) == without_marks(head.place_name):
        place = head.place_name  # the same place in its right spelling
    if day := document.issued_on:
        return IssueDate(place, day.day, day.month, day.year)
    return IssueDate(place, None, document.issued_month, document.issued_year)


def _recipients(document: Document, kind: str) -> tuple[str, ...]:
    return tuple(recipient.text for recipient in document.recipients.all() if recipient.kind == kind)


def _citations(document: Document, *, style: str) -> tuple[str, ...]:
    basis = [each.text for each in document.citations.all() if each.relation == Citation.Relation.BASIS]
    begins = re.compile(r"(Căn cứ|Thực hiện|Theo|Xét)\b", re.IGNORECASE)
    return tuple(text if begins.match(text) or style != ND30 else f"Căn cứ {text}" for text in basis)


def _has_opening(nodes: list[Node]) -> bool:
    return any(node.section.kind == Section.Kind.PREAMBLE for node in nodes)


# --- the text --------------------------------------------------------------------------------------------------------
def _blocks(nodes: list[Node], *, closing: bool) -> Iterator[Block]:
    for node in nodes:
        if (node.section.kind == Section.Kind.CLOSING) == closing:
            yield from _node_blocks(node)


def _node_blocks(node: Node) -> Blocks:
    section = node.section
    made: list[Block] = []
    number = section.number
    if section.heading:
        made.append(Heading(heading_level(number, depth=node.depth), number, section.heading))
        number = ""
    for paragraph in filter(None, map(str.strip, section.body.splitlines())):
        made.append(_text_block(section, number, paragraph))
        number = ""
    for child in node.children:
        made += _node_blocks(child)
    made += [KeyLine(each.label, each.bodies) for each in node.labelled]
    if node.task and node.task.time_label:
        made.append(KeyLine(node.task.time_label, node.task.time_frame))
    return tuple(made)


def _text_block(section: Section, number: str, text: str) -> Block:
    if section.kind == Section.Kind.BULLET and not section.heading:
        return Bullet(plain(text), number or "-")
    return Paragraph(plain(text), number)


def heading_level(number: str, *, depth: int) -> int:
    """Return the level of a heading from the form of its number: ``I.`` 1, ``1.`` 2, ``1.1.`` 3, ``a)`` 4."""
    forms = ((r"(Phần |Chương )?[IVXLC]+\b", 1), (r"\d+\.\d+", 3), (r"\d+", 2), (r"[a-zđ]\)", 4))
    found = next((level for form, level in forms if re.match(form, number)), None)
    return found or min(depth + 1, 4)
