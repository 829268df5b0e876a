"""What a unit's own data give to the frame of its documents: style, head, body code, who signs."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from orgunits.models import OrgUnit, Sector
from plans.models import Letterhead, Signer
from plans.official.blocks import ND30, PARTY, Signature, Style
from plans.official.wording import authority_line, authority_lines, list_item, signer_name

DEFAULT_SIGNER = ""  # the key of the letterhead's own signer


def style_of(unit: OrgUnit) -> Style:
    """Return the style of the unit's documents: the Party has its own, state bodies and unions follow NĐ 30."""
    return PARTY if unit.sector == Sector.PARTY else ND30


def letterhead_of(unit: OrgUnit, *, on: datetime.date) -> Letterhead:
    """Return the unit's letterhead on that day, or an unsaved one with nothing but the unit's name then."""
    found = unit.letterheads.as_of(on).order_by("-valid_from").first()
    return found or Letterhead(org_unit=unit, valid_from=on, issuer_line=name_on(unit, on=on))


def name_on(unit: OrgUnit, *, on: datetime.date) -> str:
    """Return the unit's name on that day, or its latest one where it had no place then."""
    place = unit.placement_on(on)
    return place.name if place else unit.name


# --- who signs -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SignerChoice:
    """Somebody who may sign: ``key`` chooses this person in a form, ``signature`` is the block as it was typed.

    ``image_name`` names the stored picture of the person's hand in the private storage; empty when there is none.
    """

    key: str
    signature: Signature
    image_name: str = ""

    @property
    def label(self) -> str:
        """The person as a choice of a list reads: ``CHỦ TỊCH Nguyễn Văn A``."""
        words = " ".join((*self.signature.posts, self.signature.name)).strip()
        return words or " / ".join(self.signature.authority)


def signers_of(letterhead: Letterhead) -> list[SignerChoice]:
    """Return who may sign under this letterhead, the default signer first; an unsaved one has nobody else."""
    others = letterhead.signers.order_by("order", "pk") if letterhead.pk else ()
    return signer_choices(letterhead, others)


def signer_choices(letterhead: Letterhead, others: Iterable[Signer]) -> list[SignerChoice]:
    """Return the choices of a letterhead and of ``others``, stored or only typed."""
    default = _choice(
        DEFAULT_SIGNER,
        (letterhead.signing_authority, letterhead.signer_post, letterhead.signer_name),
        letterhead.signature_image.name,
    )
    rows = [
        _choice(str(each.pk or ""), (each.authority, each.post, each.name), each.signature_image.name)
        for each in others
    ]
    return [choice for choice in (default, *rows) if choice.label]


def _choice(key: str, typed: tuple[str, str, str], image_name: str | None) -> SignerChoice:
    authority, post, name = typed
    return SignerChoice(key, Signature(tuple(authority.splitlines()), tuple(post.splitlines()), name), image_name or "")


def printed_signature(signature: Signature, style: Style) -> tuple[str, ...]:
    """Return the lines of a signature block as the style prints them, from the authority to the name."""
    posts = (authority_line(post, style) for post in signature.posts)
    lines = (*authority_lines(signature.authority, style), *posts, signer_name(signature.name))
    return tuple(line for line in lines if line)


# --- what is missing -------------------------------------------------------------------------------------------------
def missing_of(letterhead: Letterhead) -> list[str]:
    """Return in words what the unit's documents will lack for want of it in the letterhead."""
    lines = [list_item(line) for line in letterhead.recipients.splitlines()]
    has_file_copy = any(line.casefold().startswith("lưu") for line in lines)
    checks = [
        (not letterhead.issuer_line, "Chưa có tên cơ quan ban hành"),
        (not letterhead.place_name, "Chưa có địa danh"),
        (not letterhead.body_code, "Chưa có ký hiệu của cơ quan ban hành"),
        (not letterhead.signing_authority and not letterhead.signer_post, "Chưa có thẩm quyền và chức vụ người ký"),
        (bool(letterhead.signing_authority) and not letterhead.signer_post, "Chưa có chức vụ người ký"),
        (not letterhead.signer_name, "Chưa có họ tên người ký"),
        (not any(lines), "Chưa có nơi nhận và nơi lưu"),
        (any(lines) and not has_file_copy, "Chưa có nơi lưu ở dòng cuối của Nơi nhận"),
    ]
    return [words for is_missing, words in checks if is_missing]
