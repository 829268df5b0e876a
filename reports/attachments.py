"""Files that go with a report: known by their content, pictures stripped of where and by whom they were taken."""

import secrets
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageOps, UnidentifiedImageError

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from orgunits.vietnamese import nfc
from plans.models import Task
from reports import content_checks
from reports.models import Attachment, ItemKind, PhotoConsent, Report

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 20
MOST_PIXELS = 60_000_000  # a telephone takes 12 to 50 million
MOST_ZIP_ENTRIES = 5000
MOST_TYPES = 1024 * 1024  # bytes
PART_TYPES = "[Content_Types].xml"

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png", DOCX: "docx", XLSX: "xlsx"}
PICTURES = (JPEG, PNG)
OFFICE_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
# What stands behind "ftyp" in the pictures that telephones take unless they are told otherwise (HEIF, AVIF).
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

TOO_MANY_PIXELS = "Ảnh có quá nhiều điểm ảnh. Hãy thu nhỏ ảnh rồi tải lên lại."
WRONG_TYPE = "Chỉ nhận tệp PDF, Word (.docx), Excel (.xlsx) và ảnh JPG, PNG, WebP. Hãy chọn tệp khác."
HEIF = (
    "Ảnh này ở dạng HEIC (HEIF) của điện thoại, chưa nhận được. Hãy chuyển ảnh sang JPG rồi tải lên lại; trên iPhone "
    "có thể chọn trước: Cài đặt, Camera, Định dạng, “Tương thích nhất”."
)
OLD_WORD_EXCEL = (
    "Tệp này ở dạng Word, Excel cũ (.doc, .xls). Hãy mở tệp, lưu lại thành .docx hoặc .xlsx rồi tải lên lại."
)
CONSENT_MISSING = (
    "Tệp này là ảnh. Hãy cho biết ảnh không thấy rõ mặt người, hay người trong ảnh (và cha mẹ hoặc người giám hộ, nếu "
    "là trẻ em) đã đồng ý, rồi tải lên lại. Không gửi ảnh thấy rõ mặt trẻ em khi chưa có sự đồng ý."
)
FOREIGN_TASK = "Nhiệm vụ được chọn không thuộc kế hoạch của báo cáo này. Hãy chọn lại nhiệm vụ rồi tải lên lại."


class AttachmentRejected(Exception):
    """The file cannot be taken; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Accepted:
    """A file that was looked into: what it is and what is to be stored."""

    content: File
    content_type: str
    size: int


def of_report(report: Report) -> list[Attachment]:
    """The files that are in the draft now."""
    return list(report.attachments.filter(removed_at__isnull=True).select_related("task__section").order_by("pk"))


def is_filed(attachment: Attachment) -> bool:
    """Whether any filing holds the file: from then on it belongs to the record, even if the draft has lost it."""
    held = attachment.report.revisions.values_list("content__attachments", flat=True)
    return any(attachment.pk in (pks or []) for pks in held)


def attach(
    report: Report, upload: UploadedFile, *, caption: str, by: User, task: Task | None = None, consent: str = ""
) -> Attachment:
    """Check a file and put it into the draft.

    ``consent`` is a ``PhotoConsent``, needed for a picture and left out of other files. Raises AttachmentRejected, or
    Conflict when the report is filed or its files are not open for correction.
    """
    caption = nfc(caption).strip()
    if not caption:
        raise AttachmentRejected("Hãy ghi chú thích cho tệp, rồi tải lên lại.")
    if len(caption) > 300:
        raise AttachmentRejected("Chú thích dài quá 300 ký tự. Hãy rút gọn.")
    if task is not None and task.plan_id != report.obligation.duty.plan_id:
        raise AttachmentRejected(FOREIGN_TASK)
    accepted = accept(upload)
    if accepted.content_type in PICTURES and consent not in PhotoConsent.values:
        raise AttachmentRejected(CONSENT_MISSING)
    with transaction.atomic():
        _lock_draft(report)
        if len(of_report(report)) >= MOST_FILES:
            raise AttachmentRejected(f"Mỗi báo cáo kèm nhiều nhất {MOST_FILES} tệp. Hãy bỏ bớt tệp không cần thiết.")
        attachment = Attachment(
            report=report,
            original_name=shown_name(upload.name or "", accepted.content_type),
            content_type=accepted.content_type,
            size=accepted.size,
            caption=caption,
            task=task,
            consent=consent if accepted.content_type in PICTURES else "",
            uploaded_by=by,
        )
        stored_name = f"{secrets.token_hex(16)}.{EXTENSIONS[accepted.content_type]}"
        attachment.file.save(stored_name, accepted.content, save=False)
        attachment.save(force_insert=True)
        audit.record(
            "attachment.add",
            attachment,
            by=by,
            org_unit=report.obligation.org_unit,
            report=report.pk,
            size=accepted.size,
            consent=attachment.consent,
        )
    return attachment


def warnings_of(attachment: Attachment) -> list[str]:
    """Sentences about a caption or a file name that seems to say who a child is; they do not stop the file."""
    stem = PurePath(attachment.original_name).stem.replace("_", " ")
    found = [("Chú thích", attachment.caption), ("Tên tệp", stem)]
    return [
        f"{what} “{words}”: {sentence} Hãy bỏ tệp này và gửi lại với chú thích, tên tệp khác."
        for what, words in found
        if (sentence := content_checks.names_a_person(words))
    ]


@transaction.atomic
def remove(attachment: Attachment, *, by: User) -> None:
    """Take a file out of the draft; revisions that hold it keep it.

    Raises Conflict when the report is filed or its files are not open for correction.
    """
    report = attachment.report
    _lock_draft(report)
    removed = Attachment.objects.filter(pk=attachment.pk, removed_at__isnull=True).update(removed_at=timezone.now())
    if removed:
        audit.record("attachment.remove", attachment, by=by, org_unit=report.obligation.org_unit, report=report.pk)


def accept(upload: UploadedFile) -> Accepted:
    """What the file is by its content, whatever its name says; raises AttachmentRejected."""
    if not upload.size:
        raise AttachmentRejected("Tệp này rỗng. Hãy chọn tệp khác.")
    if upload.size > MOST_BYTES:
        raise AttachmentRejected("Tệp lớn hơn 10 MB. Hãy giảm dung lượng hoặc chia nhỏ tệp.")
    head = upload.read(12)
    upload.seek(0)
    if head.startswith(b"%PDF-"):
        return Accepted(upload, PDF, upload.size)
    if head.startswith(b"PK\x03\x04"):
        return Accepted(upload, _office_type(upload), upload.size)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4], head[8:]) == (b"RIFF", b"WEBP"):
        return _clean_picture(upload)
    raise AttachmentRejected(_what_to_do(head))


def shown_name(name: str, content_type: str) -> str:
    """The name under which the file is downloaded: no folders, no control characters, the ending of its type."""
    name = nfc(PurePath(name.replace("\\", "/")).name)
    kept = "".join(char for char in name if unicodedata.category(char)[0] != "C").strip(" .")
    ending = EXTENSIONS[content_type]
    stem = kept.rpartition(".")[0] if "." in kept else kept
    return f"{stem[:180] or 'tai-lieu'}.{ending}"


def _lock_draft(report: Report) -> None:
    """Hold the report's row while its files change; raises Conflict once it is filed, or returned for other items."""
    locked = Report.objects.select_for_update().get(pk=report.pk)
    if not locked.is_editable:
        raise Conflict("Báo cáo đã được nộp nên không thêm hay bỏ tệp được nữa.")
    if locked.open_items and not _asks_for_files(locked, locked.open_items):
        raise Conflict("Báo cáo chỉ được trả lại để sửa một số mục khác nên không thêm hay bỏ tệp được.")


def _asks_for_files(report: Report, codes: list[str]) -> bool:
    """Whether any of these items of the report's form is for files."""
    items = report.form_version.items.filter(code__in=codes)
    return items.filter(kind=ItemKind.ATTACHMENTS).exists()


def _what_to_do(head: bytes) -> str:
    """The sentence for a file that is not taken, by its first bytes."""
    if head[4:8] == b"ftyp" and head[8:12].lower() in HEIF_BRANDS:
        return HEIF
    return OLD_WORD_EXCEL if head.startswith(OLD_OFFICE) else WRONG_TYPE


def _office_type(upload: BinaryIO | UploadedFile) -> str:
    """Word or Excel without macros, read from the names of the parts and the first megabyte of their types."""
    try:
        with zipfile.ZipFile(upload) as archive:
            names = {info.filename for info in archive.infolist()[: MOST_ZIP_ENTRIES + 1]}
            types = _start_of(archive, PART_TYPES) if PART_TYPES in names else b""
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise AttachmentRejected(WRONG_TYPE) from error
    finally:
        upload.seek(0)
    if len(names) > MOST_ZIP_ENTRIES or PART_TYPES not in names:
        raise AttachmentRejected(WRONG_TYPE)
    if b"macroenabled" in types or b"vbaproject" in types or any("vbaproject" in name.lower() for name in names):
        raise AttachmentRejected("Tệp có macro nên không nhận. Hãy lưu lại thành .docx hoặc .xlsx không có macro.")
    for part, content_type in OFFICE_PARTS.items():
        if part in names:
            return content_type
    raise AttachmentRejected(WRONG_TYPE)


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(MOST_TYPES).lower()


def _clean_picture(upload: UploadedFile) -> Accepted:
    """The picture drawn anew: turned upright, without EXIF, GPS, comments or anything behind its end.

    Only PNG stays PNG: WebP becomes JPEG, and so does what Pillow calls MPO, a JPEG with a second picture behind it, as
    many telephones write it.
    """
    try:
        with Image.open(upload, formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise AttachmentRejected(TOO_MANY_PIXELS)
            content_type = PNG if opened.format == "PNG" else JPEG
            bare = _redrawn(ImageOps.exif_transpose(opened), content_type)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise AttachmentRejected(TOO_MANY_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AttachmentRejected("Không đọc được ảnh này. Hãy mở ảnh, lưu lại rồi tải lên.") from error
    buffer = BytesIO()
    if content_type == JPEG:
        bare.save(buffer, "JPEG", quality=88, optimize=True)
    else:
        bare.save(buffer, "PNG")
    return Accepted(ContentFile(buffer.getvalue()), content_type, buffer.tell())


def _redrawn(picture: Image.Image, content_type: str) -> Image.Image:
    """Only the pixels: ``info`` carries comments, profiles and EXIF into what Pillow saves."""
    has_alpha = content_type == PNG and (picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info)
    bare = picture.convert("RGBA" if has_alpha else "RGB")
    bare.info = {}
    return bare
