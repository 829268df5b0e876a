"""Whether a paper is the issued one: what anybody may ask who holds it and the code that is printed on it.

Number, date, issuer, status and the hashes of the files: no subject, no content, no names of people.
"""

import re
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from plans.models import IssuedFile, OutgoingDocument
from plans.official.letterhead import letterhead_of, name_on

_HASH: Final = re.compile(r"[0-9a-f]{64}")
NO_HASH: Final = "Mã băm SHA-256 gồm đúng 64 ký tự, chỉ có chữ số và các chữ cái từ a đến f. Hãy sao chép lại cho đủ."


@dataclass(frozen=True)
class Comparison:
    """What came of holding a hash against the files of a document: the file that has it, or a sentence why not."""

    typed: str
    file: IssuedFile | None = None
    error: str = ""


def address_of(document: OutgoingDocument) -> str:
    """Return the public address of the page on which anybody checks ``document``."""
    return settings.SITE_URL + reverse("verification:document", args=[document.verify_code])


def url_of(document: OutgoingDocument) -> str:
    """Return what ``OfficialDocument.verify_url`` is to be when ``document`` is issued.

    Empty when the unit's letterhead of the day of issue has the code switched off.
    """
    if document.issued_on and not letterhead_of(document.org_unit, on=document.issued_on).has_verify_code:
        return ""
    return address_of(document)


def find(code: str) -> OutgoingDocument | None:
    """Return the document with that code, typed in any case and with blanks or dashes; None when none went out.

    A number that is only reserved has gone out on no paper yet.
    """
    code = re.sub(r"[\s-]", "", code).upper()
    went_out = Q(status=OutgoingDocument.Status.ISSUED) | Q(status=OutgoingDocument.Status.VOID)
    found = OutgoingDocument.objects.filter(went_out, verify_code=code).select_related("org_unit")
    return found.defer("content", "subject", "recipients", "void_reason").first()


def issuer_of(document: OutgoingDocument) -> str:
    """Return the unit's name as it was on the day of issue."""
    return name_on(document.org_unit, on=document.issued_on) if document.issued_on else document.org_unit.name


def compare(typed: str, files: list[IssuedFile]) -> Comparison:
    """Hold a typed hash against the files of one document."""
    digest = "".join(typed.split()).lower()
    if not _HASH.fullmatch(digest):
        return Comparison(typed, error=NO_HASH)
    return Comparison(digest, file=next((file for file in files if file.sha256 == digest), None))
