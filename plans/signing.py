"""The signed copy of an issued document: signed here with a PKCS#12 file, signed elsewhere, or on paper and scanned.

A key with its passphrase is opened in the request that brings it and kept nowhere: not in the database, not on the
disk, not in a log. So the signature is made in that request and not by a worker, for whom it would have to be stored.
"""

import datetime
import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from types import ModuleType
from typing import Any, Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from orgunits.vietnamese import without_marks
from plans.models import IssuedFile, OutgoingDocument
from plans.official.letterhead import letterhead_of, name_on, signers_of
from plans.official.wording import signer_name

MOST_BYTES: Final = 30 * 1024 * 1024
MOST_PIXELS: Final = 60_000_000
PERSON, BODY = "person", "body"
FIELD_OF: Final = {PERSON: "NguoiKy", BODY: "CoQuan"}  # pades.PERSON, pades.BODY, without loading pades

NO_PDF: Final = "Văn bản chưa có tệp PDF để ký. Hãy đợi hệ thống tạo xong tệp PDF rồi thử lại."
NOT_ISSUED: Final = "Văn bản này không còn ở tình trạng đã ban hành nên không thêm được bản đã ký."
OVERTAKEN: Final = "Vừa có người thêm bản đã ký khác của văn bản này. Hãy xem lại các tệp rồi ký lên bản mới nhất."
NOT_SIGNED: Final = "Tệp PDF này không có chữ ký số nào. Nếu đây là bản quét văn bản ký tay, hãy chọn “Bản quét”."
CHANGED: Final = (
    "Tệp PDF này đã bị sửa sau khi ký, hoặc chữ ký của {name} không khớp với nội dung, nên không nhận làm bản ban "
    "hành. Hãy xin lại tệp từ người ký."
)
OTHER_DOCUMENT: Final = (
    "Các trang của tệp này không giống văn bản đã ban hành từ hệ thống, nên không nhận làm bản ban hành. Hãy ký lên "
    "đúng tệp PDF tải từ trang văn bản. Nếu công cụ ký đã vẽ lại cả tệp, hãy lưu tệp này dưới dạng “Bản quét”."
)
NOT_COMPARED: Final = (
    "Hệ thống chưa tạo xong tệp PDF của văn bản này nên chưa so được với tệp bạn gửi. Hãy đợi có tệp PDF rồi thử lại."
)
TWICE: Final = "Văn bản này đã có đúng tệp đó rồi."
NO_SCAN: Final = "Bản quét phải là tệp PDF hoặc ảnh JPG, PNG đọc được. Hãy quét lại hoặc chọn tệp khác."
TOO_LARGE: Final = "Tệp lớn hơn 30 MB. Hãy quét với độ phân giải 200–300 dpi rồi chọn lại."


OTHER_NAME: Final = (
    "Chứng thư này mang tên “{name}”, còn văn bản ghi “{wanted}”. Hãy chọn đúng chứng thư; nếu đúng là chứng thư cần "
    "dùng, hãy đánh dấu ô xác nhận, chọn lại tệp và ghi lại mật khẩu."
)


class FileRefused(ValueError):
    """The file was not taken; the message is a sentence that says what to do."""


class OtherName(FileRefused):
    """The certificate bears another name than the document; who signs may say that it is the right one."""


@dataclass(frozen=True)
class Credential:
    """A PKCS#12 file and its passphrase, for one signature. Its text shows neither."""

    container: bytes
    passphrase: str

    def __repr__(self) -> str:
        return "Credential(…)"


def _pades() -> ModuleType:
    """Load what signs and reads signatures with the first file: 40 MB that most web processes never need."""
    from plans.official import pades

    return pades


# --- signed here -----------------------------------------------------------------------------------------------------
def file_to_sign(document: OutgoingDocument) -> IssuedFile | None:
    """Return the newest PDF that may get a (further) digital signature, or None while there is none."""
    kinds = (IssuedFile.Kind.PDF, IssuedFile.Kind.SIGNED)
    return document.files.filter(kind__in=kinds).order_by("-pk").first()


def parties_left(base: IssuedFile) -> list[str]:
    """Return who has not signed the file yet: the person, the body."""
    signed = {entry.get("field") for entry in base.signatures}
    return [party for party, field in FIELD_OF.items() if field not in signed]


def sign(
    document: OutgoingDocument,
    credential: Credential,
    *,
    party: str,
    base: IssuedFile,
    by: User,
    at: datetime.datetime,
    any_name: bool = False,
) -> IssuedFile:
    """Sign ``base`` as the person or the body and keep the result; call it outside any transaction.

    FileRefused says what is wrong with key or file, OtherName that the certificate is somebody else's unless
    ``any_name``; Conflict when ``base`` is no longer the newest.
    """
    pades = _pades()
    field = FIELD_OF[party]
    wanted = _names(document)[0 if party == PERSON else 1]
    try:
        key = pades.open_key(credential.container, credential.passphrase, at=at)
        if not (any_name or is_name_of(key.name, wanted)):
            raise OtherName(OTHER_NAME.format(name=key.name, wanted=wanted))
        content = pades.sign(content_of(base), key, field=field, look=_look(document, pades), at=at)
        signatures = pades.read(content)
    except pades.SigningRefused as error:
        raise FileRefused(str(error)) from error
    same = base.signatures[0].get("is_same_document") if base.signatures else True
    entries = _judged(document, signatures, is_same_document=same)
    return _keep(document, IssuedFile.Kind.SIGNED, content, entries, pages=base.pages, by=by, base=base)


def _names(document: OutgoingDocument) -> tuple[str, str]:
    """Return who is to sign, without titles, and the body, by its name on the day of issue."""
    body = name_on(document.org_unit, on=document.issued_on) if document.issued_on else document.org_unit.name
    return signer_name(document.signer_name), body


def is_name_of(name: str, wanted: str) -> bool:
    """Whether a certificate's name is the wanted one, however authorities write it: capitals, no marks, words around.

    A document that names nobody is signed by anybody.
    """
    given, asked = (set(re.findall(r"\w+", without_marks(text))) for text in (name, wanted))
    return asked <= given or (len(given) > 1 and given <= asked)


def _judged(
    document: OutgoingDocument, signatures: list[dict[str, Any]], *, is_same_document: bool | None
) -> list[dict[str, Any]]:
    """Return what was read from a file with what it is worth for this very document."""
    names = [name for name in _names(document) if name]
    return [
        entry
        | {
            "is_same_document": is_same_document,
            "is_expected": any(is_name_of(entry["name"], name) for name in names),
        }
        for entry in signatures
    ]


def content_of(file: IssuedFile) -> bytes:
    with file.file.open("rb") as opened:
        return bytes(opened.read())


def _look(document: OutgoingDocument, pades: ModuleType) -> Any:
    """Return the pictures that the letterhead of the day of issue has for the signer and for the body."""
    if document.issued_on is None:
        return pades.Look()
    head = letterhead_of(document.org_unit, on=document.issued_on)
    wanted = signer_name(document.signer_name)
    names = [each.image_name for each in signers_of(head) if signer_name(each.signature.name) == wanted]
    return pades.Look(hand=_stored(names[0] if names and wanted else ""), seal=_stored(head.seal_image.name))


def _stored(name: str | None) -> bytes:
    if not name or not default_storage.exists(name):
        return b""
    with default_storage.open(name) as file:
        return bytes(file.read())


# --- signed elsewhere ------------------------------------------------------------------------------------------------
def keep_signed(document: OutgoingDocument, content: bytes, *, by: User) -> IssuedFile:
    """Check a PDF that was signed elsewhere and keep it: signed, unchanged since, and the pages of the issued one."""
    pades = _pades()
    try:
        signatures = pades.read(content)
    except pades.SigningRefused as error:
        raise FileRefused(str(error)) from error
    if not signatures:
        raise FileRefused(NOT_SIGNED)
    for entry in signatures:
        if not entry["is_unchanged"]:
            raise FileRefused(CHANGED.format(name=entry["name"]))
    _require_same_pages(document, content)
    entries = _judged(document, signatures, is_same_document=True)
    return _keep(document, IssuedFile.Kind.SIGNED, content, entries, pages=pades.page_count(content), by=by)


def _require_same_pages(document: OutgoingDocument, content: bytes) -> None:
    """Refuse a file whose pages are not those of the issued one: a signature on something else proves nothing here."""
    from plans.official.same_pages import same_pages  # with the first file, as _pades

    issued = document.files.filter(kind=IssuedFile.Kind.PDF).order_by("pk").first()
    if issued is None:
        raise FileRefused(NOT_COMPARED)
    if not same_pages(content_of(issued), content):
        raise FileRefused(OTHER_DOCUMENT)


# --- signed on paper -------------------------------------------------------------------------------------------------
def keep_scan(document: OutgoingDocument, content: bytes, *, by: User) -> IssuedFile:
    """Keep a scan of the signed paper: a PDF, or a picture that is drawn anew without what the camera wrote into it."""
    if content.startswith(b"%PDF-"):
        pades = _pades()
        try:
            pages = pades.page_count(content)
        except pades.SigningRefused as error:
            raise FileRefused(NO_SCAN) from error
        return _keep(document, IssuedFile.Kind.SCAN, content, [], pages=pages, by=by)
    drawn, suffix = _redrawn(content)
    return _keep(document, IssuedFile.Kind.SCAN, drawn, [], pages=1, by=by, suffix=suffix)


def _redrawn(content: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise FileRefused(NO_SCAN)
            kind = "PNG" if opened.format == "PNG" else "JPEG"  # a telephone's JPEG of two pictures calls itself MPO
            picture = ImageOps.exif_transpose(opened)
            picture = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise error if isinstance(error, FileRefused) else FileRefused(NO_SCAN) from error
    picture.info = {}
    buffer = BytesIO()
    picture.save(buffer, kind, **({"quality": 92} if kind == "JPEG" else {"optimize": True}))
    return buffer.getvalue(), ".jpg" if kind == "JPEG" else ".png"


# --- keeping ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def _keep(
    document: OutgoingDocument,
    kind: str,
    content: bytes,
    signatures: list[dict[str, Any]],
    *,
    pages: int | None,
    by: User,
    base: IssuedFile | None = None,
    suffix: str = ".pdf",
) -> IssuedFile:
    """Write the file into the private storage once, under the lock of its document."""
    locked = OutgoingDocument.objects.select_for_update().select_related(None).get(pk=document.pk)
    if locked.status != OutgoingDocument.Status.ISSUED:
        raise Conflict(NOT_ISSUED)
    if base is not None and file_to_sign(locked) != base:
        raise Conflict(OVERTAKEN)
    digest = hashlib.sha256(content).hexdigest()
    if locked.files.filter(sha256=digest).exists():
        raise FileRefused(TWICE)
    kept = IssuedFile(
        document=locked, kind=kind, sha256=digest, size=len(content), pages=pages, signatures=signatures, added_by=by
    )
    kept.file.save(f"{digest[:20]}{suffix}", ContentFile(content), save=False)
    kept.save(force_insert=True)
    audit.record("outgoing.file", document, by=by, org_unit=document.org_unit, kind=kind, size=kept.size, sha256=digest)
    return kept
