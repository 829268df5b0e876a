"""The frame of a document under a letterhead, stored or still being typed: head, number line, signature, recipients."""

import datetime
from collections.abc import Sequence
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from orgunits.models import OrgUnit
from plans.models import Letterhead, Signer
from plans.official.blocks import (
    PARTY,
    DocumentNumber,
    IssueDate,
    OfficialDocument,
    Paragraph,
    Signature,
    Style,
    plain,
)
from plans.official.layout import main_part
from plans.official.letterhead import SignerChoice, missing_of, printed_signature, signer_choices, style_of
from plans.official.numbering import LETTER, TYPE_NAMES
from plans.official.text import tidy
from plans.official.wording import authority_line, signer_name

KINDS: Final = (("KH", "Kế hoạch"), ("BC", "Báo cáo"), ("CV", "Công văn"))


def preview(
    letterhead: Letterhead,
    others: Sequence[Signer],
    *,
    unit: OrgUnit,
    on: datetime.date,
    kind: str = "",
    pictures: dict[str, str] | None = None,
) -> SafeString:
    """Return the preview as HTML: the frame on a sheet, the other signers' blocks, what is missing or changed.

    ``kind`` is a code of KINDS. ``pictures`` are the addresses of seal and hand for those who may see them.
    """
    style = style_of(unit)
    code = kind if kind in dict(KINDS) else KINDS[0][0]
    choices = signer_choices(letterhead, others)
    default = signer_choices(letterhead, ())
    context: dict[str, Any] = main_part(sample_document(letterhead, style, code=code, on=on))
    context |= {
        "letterhead": letterhead,
        "pictures": pictures or {},
        "others": [printed_signature(choice.signature, style) for choice in choices[len(default) :]],
        "notes": [note for choice in choices for note in printing_notes(choice, style)],
        "missing_words": missing_of(letterhead),
    }
    return render_to_string("plans/letterhead_paper.html", context)


def sample_document(letterhead: Letterhead, style: Style, *, code: str, on: datetime.date) -> OfficialDocument:
    """Return a document that has a frame and nothing else; number and day are the blanks of a draft."""
    is_letter = code == LETTER
    return OfficialDocument(
        style=style,
        superior_lines=tuple(letterhead.superior_line.splitlines()),
        issuer_lines=tuple(letterhead.issuer_line.splitlines()),
        number=DocumentNumber(None, "" if is_letter else code, letterhead.body_code, letterhead.drafting_code),
        date=IssueDate(letterhead.place_name, None, on.month, on.year),
        subject="Trích yếu nội dung văn bản",
        type_name=TYPE_NAMES.get(code, ""),
        addressees=("Tên nơi nhận công văn",) if is_letter else (),
        body=(Paragraph(plain("Nội dung văn bản")),),
        signature=Signature(
            tuple(letterhead.signing_authority.splitlines()),
            tuple(letterhead.signer_post.splitlines()),
            letterhead.signer_name,
        ),
        recipients=tuple(letterhead.recipients.splitlines()),
    )


def printing_notes(choice: SignerChoice, style: Style) -> list[str]:
    """Say where the page will bear other words than those typed: the stored text stays as it is."""
    signature = choice.signature
    printed = printed_signature(signature, style)
    pairs = [(line, authority_line(line, style)) for line in (*signature.authority, *signature.posts)]
    notes = [
        f"Khi in, “{tidy(typed)}” thành “{line}”." if line in printed else _left_out(line, style)
        for typed, line in pairs
        if line and (line not in printed or tidy(typed) != line)
    ]
    name = signer_name(signature.name)
    if name != tidy(signature.name):
        notes.append(f"Khi in, “{tidy(signature.name)}” thành “{name}”: trước họ tên không ghi học hàm, học vị.")
    return notes


def _left_out(line: str, style: Style) -> str:
    rule = "văn bản của Đảng không ký thay" if style == PARTY else "người ký thay mặt tập thể không ghi ký thay"
    return f"Dòng “{line}” không in: {rule}."
