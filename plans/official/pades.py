"""Signatures in PDF files (PAdES B-B): put in with a PKCS#12 file, read back and checked; nothing asks the network.

The key lives in memory for one call. The picture stands where the regulation wants it (NĐ 30/2020/NĐ-CP, Annex I,
points 7 and 8): the signer's hand between post and name, the body's seal over its left third.
"""

import datetime
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import Certificate
from PIL import Image
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext

from plans.official.stamp import LINE, stamp_pdf

HANOI: Final = ZoneInfo("Asia/Ho_Chi_Minh")
PERSON, BODY = "NguoiKy", "CoQuan"  # the names of the two signature fields
NO_LEGAL_VALUE: Final = "không có giá trị pháp lý"
_SIGN_SPACE: Final = "/o-sign-space"
_MM: Final = 72 / 25.4
_WIDEST: Final = 50 * _MM
_SEAL: Final = 36 * _MM
_WORDS: Final = (56 * _MM, 22 * _MM)  # a stamp without a picture

NOT_OPENED: Final = (
    "Chưa mở được tệp chứng thư: mật khẩu không đúng, hoặc tệp không phải PKCS#12 (.p12, .pfx). Hãy thử lại."
)
NO_KEY: Final = "Tệp chứng thư không có khóa riêng nên không ký được. Hãy xuất lại tệp cùng với khóa riêng."
NOT_READABLE: Final = "Tệp này không phải PDF đọc được, hoặc chữ ký trong tệp bị hỏng. Hãy chọn lại tệp."
# What the parsers raise on files that are broken or made to hurt.
_BROKEN: Final = (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError)

T = TypeVar("T")


class SigningRefused(ValueError):
    """Nothing was signed or read; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Key:
    """An opened PKCS#12 file: whose it is, and whether that person made it alone."""

    signer: SimpleSigner
    name: str
    is_test: bool


@dataclass(frozen=True)
class Look:
    """The pictures of the hand and of the seal as PNG; empty where there is none."""

    hand: bytes = b""
    seal: bytes = b""


# --- the key ---------------------------------------------------------------------------------------------------------
def open_key(container: bytes, passphrase: str, *, at: datetime.datetime) -> Key:
    """Open a PKCS#12 file; SigningRefused when it does not open, holds no key or is not valid ``at`` that time."""
    secret = passphrase.encode() or None
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(container, secret)
    except ValueError as error:
        raise SigningRefused(NOT_OPENED) from error
    if key is None or certificate is None:
        raise SigningRefused(NO_KEY)
    _require_valid(certificate, at=at)
    signer = SimpleSigner.load_pkcs12_data(container, other_certs=[], passphrase=secret)
    if signer.signing_cert is None:
        raise SigningRefused(NO_KEY)
    return Key(signer, _name(signer.signing_cert.subject.native), certificate.issuer == certificate.subject)


def _require_valid(certificate: Certificate, *, at: datetime.datetime) -> None:
    first, last = certificate.not_valid_before_utc.astimezone(HANOI), certificate.not_valid_after_utc.astimezone(HANOI)
    if at > last:
        raise SigningRefused(f"Chứng thư số đã hết hạn ngày {last:%d/%m/%Y}. Hãy dùng chứng thư còn hạn.")
    if at < first:
        raise SigningRefused(f"Chứng thư số đến ngày {first:%d/%m/%Y} mới có hiệu lực. Hãy dùng chứng thư khác.")


# --- signing ---------------------------------------------------------------------------------------------------------
class _PdfSigner(PdfSigner):
    """A signer that writes the time it is given, in Vietnam's zone."""

    def __init__(self, *args: Any, at: datetime.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at.astimezone(HANOI)

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.at
        return session

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """Name the extension for PAdES only: others would make it a PDF 2.0, which PDF/A-2 is not."""
        pdf_out.register_extension(ESIC_EXTENSION_1)


def sign(content: bytes, key: Key, *, field: str, look: Look, at: datetime.datetime) -> bytes:
    """Return the file with one signature more, added behind what is there; earlier signatures stay valid.

    ``field`` is PERSON or BODY; SigningRefused when that one has signed already or the file is no PDF.
    """
    try:
        writer = IncrementalPdfFileWriter(BytesIO(content))
        if any(each.field_name == field for each in writer.prev.embedded_signatures):
            who = "Người ký" if field == PERSON else "Cơ quan"
            raise SigningRefused(f"{who} đã ký số tệp này rồi.")
        place = _sign_space(writer.prev)
    except _BROKEN as error:
        raise error if isinstance(error, SigningRefused) else SigningRefused(NOT_READABLE) from error
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=key.name,
        reason=f"Chữ ký thử, {NO_LEGAL_VALUE}" if key.is_test else None,
    )
    if place is None:
        return _signed(writer, key, metadata, SigFieldSpec(field), at=at)
    page, space = place
    image = look.hand if field == PERSON else look.seal
    words, align = _words(key, bool(image), at=at), "center" if field == PERSON else "left"  # clear of the name
    room = round(LINE * len(words)) if image else 0
    space = _above(space, room) if look.hand else space
    box = hand_box(space, look.hand) if field == PERSON else seal_box(space, look.hand)
    box = (box[0], box[1] - room, box[2], box[3])  # the words stand under the picture, which keeps place and size
    stamp = stamp_pdf(box[2] - box[0], box[3] - box[1], image=image, words=words, align=align)
    return _signed(writer, key, metadata, SigFieldSpec(field, on_page=page, box=box), at=at, stamp=stamp)


def _signed(
    writer: IncrementalPdfFileWriter,
    key: Key,
    metadata: PdfSignatureMetadata,
    spec: SigFieldSpec,
    *,
    at: datetime.datetime,
    stamp: bytes = b"",
) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(stamp)
        file.flush()
        style = _stamp_style(file.name) if stamp else None
        signer = _PdfSigner(metadata, key.signer, stamp_style=style, new_field_spec=spec, at=at)
        return _apart(lambda: bytes(signer.sign_pdf(writer).getvalue()))


def _stamp_style(file_name: str) -> StaticStampStyle:
    whole = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(0, 0, 0, 0),
        inner_content_scaling=InnerScaling.STRETCH_TO_FIT,
    )
    return StaticStampStyle(background=ImportedPdfPage(file_name), background_layout=whole, border_width=0)


def _words(key: Key, has_image: bool, *, at: datetime.datetime) -> tuple[str, ...]:
    when = at.astimezone(HANOI)
    offset = f"{when:%z}"
    told = () if has_image else ("Ký số bởi:", key.name, f"{when:%d/%m/%Y %H:%M:%S} {offset[:3]}:{offset[3:]}")
    return (*told, "Chữ ký thử,", NO_LEGAL_VALUE) if key.is_test else told


# --- where it stands -------------------------------------------------------------------------------------------------
Box = tuple[int, int, int, int]  # left, bottom, right, top in points


def _sign_space(reader: PdfFileReader) -> tuple[int, Box] | None:
    """Return the page (from 0) and rectangle that the printed file names for the signature, or None."""
    named = reader.root.get("/Dests", {}).get(_SIGN_SPACE)
    if named is None:
        return None
    reference = named.raw_get(0).reference
    for number in range(int(reader.root["/Pages"]["/Count"])):
        if reader.find_page_for_modification(number)[0].reference == reference:
            left, bottom, right, top = (round(float(named[position])) for position in range(2, 6))
            return number, (left, bottom, right, top)
    return None


def _above(space: Box, room: int) -> Box:
    """Return the space without its lowest part, where the words of a trial signature stand."""
    left, bottom, right, top = space
    return left, bottom + room, right, top


def hand_box(space: Box, image: bytes) -> Box:
    """Return the rectangle of the hand in the middle of the space, in the proportions of its picture."""
    left, bottom, right, top = space
    width, height = _WORDS if not image else _fitted(image, _WIDEST, top - bottom)
    middle, centre = (left + right) / 2, (bottom + top) / 2
    return _box(middle - width / 2, centre - height / 2, width, height)


def seal_box(space: Box, hand: bytes) -> Box:
    """Return the square of the seal, whose right edge covers a third of the hand from its left."""
    left, bottom, right, top = hand_box(space, hand)
    return _box(left + (right - left) / 3 - _SEAL, (bottom + top) / 2 - _SEAL / 2, _SEAL, _SEAL)


def _box(left: float, bottom: float, width: float, height: float) -> Box:
    return round(left), round(bottom), round(left + width), round(bottom + height)


def _fitted(image: bytes, width: float, height: float) -> tuple[float, float]:
    with Image.open(BytesIO(image)) as picture:
        scale = min(width / picture.width, height / picture.height)
        return picture.width * scale, picture.height * scale


def _apart(work: Callable[[], T]) -> T:
    """Do it in a thread of its own: pyHanko runs an event loop, and a thread that runs one already takes no second."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


# --- reading ---------------------------------------------------------------------------------------------------------
def read(content: bytes) -> list[dict[str, Any]]:
    """Return what each signature of a PDF file says, in the order in which they were made; JSON data.

    ``is_intact``: the signed bytes are the signed ones and the signature belongs to the certificate; ``is_unchanged``:
    so is the whole file, but for later signatures. Who issued the certificate is named and not judged.
    Raises SigningRefused for what is no PDF.
    """
    try:
        return [_entry(each) for each in PdfFileReader(BytesIO(content)).embedded_signatures]
    except _BROKEN as error:
        raise SigningRefused(NOT_READABLE) from error


def page_count(content: bytes) -> int:
    """Return how many pages a PDF file has; SigningRefused for what is none."""
    try:
        pages = int(PdfFileReader(BytesIO(content)).root["/Pages"]["/Count"])
    except _BROKEN as error:
        raise SigningRefused(NOT_READABLE) from error
    if not 0 < pages < 10_000:
        raise SigningRefused(NOT_READABLE)
    return pages


def _entry(embedded: EmbeddedPdfSignature) -> dict[str, Any]:
    certificate = embedded.signer_cert
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
    status = _apart(lambda: validate_pdf_signature(embedded, signer_validation_context=context))
    at = embedded.self_reported_timestamp
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    covered = status.coverage is not None and status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    level = status.modification_level
    added = level is not None and level <= ModificationLevel.FORM_FILLING and status.docmdp_ok is not False
    is_intact = bool(status.intact and status.valid)
    return {
        "field": str(embedded.field_name),
        "name": _name(certificate.subject.native),
        "issuer": _name(certificate.issuer.native),
        "serial": f"{certificate.serial_number:x}",
        "signed_at": at.astimezone(HANOI).isoformat(timespec="seconds") if at else "",
        "is_intact": is_intact,
        "is_unchanged": is_intact and covered and (whole or added),
        "is_test": certificate.subject == certificate.issuer,
        "was_valid": at is not None and certificate.not_valid_before <= at <= certificate.not_valid_after,
    }


def _name(parts: Any) -> str:
    for key in ("common_name", "organizational_unit_name", "organization_name"):
        if value := parts.get(key):
            return str(value[0] if isinstance(value, list) else value)
    return "không rõ tên"
