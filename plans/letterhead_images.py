"""Pictures of a hand and of a seal: transparent PNG, known by its content, drawn anew before it is kept.

The files are private: only the views behind the rights check read them, and no audit row holds them.
"""

import secrets
from io import BytesIO
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, UnidentifiedImageError

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_PIXELS: Final = 16_000_000  # 4,000 × 4,000: a seal of 36 mm at 2,800 dots an inch
LEAST_SIDE: Final = 40  # pixels; less is no legible picture

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_HOW: Final = "Hãy lưu ảnh thành PNG có nền trong suốt rồi chọn lại."
EMPTY: Final = "Tệp ảnh rỗng. Hãy chọn tệp khác."
TOO_LARGE: Final = "Ảnh lớn hơn 2 MB. Hãy thu nhỏ ảnh rồi chọn lại."
TOO_MANY_PIXELS: Final = "Ảnh có quá nhiều điểm ảnh. Hãy thu nhỏ ảnh, mỗi chiều không quá 4.000 điểm, rồi chọn lại."
TOO_SMALL: Final = "Ảnh quá nhỏ, in ra không rõ. Hãy chọn ảnh có mỗi chiều từ 40 điểm trở lên."
JPEG: Final = f"Ảnh JPG không giữ được nền trong suốt: khi in, nền trắng của ảnh sẽ che chữ. {_HOW}"
SVG: Final = f"Tệp này là SVG, có thể chứa mã lệnh nên không nhận. {_HOW}"
WRONG_TYPE: Final = f"Tệp này không phải ảnh PNG, dù tên tệp ghi thế nào. {_HOW}"
OPAQUE: Final = f"Ảnh PNG này không có nền trong suốt: khi in, nền của ảnh sẽ che chữ. {_HOW}"
BLANK: Final = "Ảnh này trong suốt hoàn toàn, không có nét nào. Hãy chọn ảnh khác."
UNREADABLE: Final = f"Không đọc được ảnh này, có thể tệp bị hỏng. {_HOW}"


class ImageRejected(Exception):
    """The file cannot be taken; the message is a sentence that says what to do."""


def accept(upload: UploadedFile) -> ContentFile:
    """Return the picture drawn anew as a PNG under a name that nobody guesses.

    Raises ImageRejected. Nothing of the file but its pixels is kept: no comments, profile or bytes behind the end.
    """
    if not upload.size:
        raise ImageRejected(EMPTY)
    if upload.size > MOST_BYTES:
        raise ImageRejected(TOO_LARGE)
    head = upload.read(1024)
    upload.seek(0)
    if not head.startswith(_PNG):
        raise ImageRejected(_why_not(head))
    picture = _pixels(upload)
    buffer = BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return ContentFile(buffer.getvalue(), name=f"{secrets.token_hex(16)}.png")


def _why_not(head: bytes) -> str:
    if head.startswith(_JPEG):
        return JPEG
    return SVG if b"<svg" in head.lower() else WRONG_TYPE


def _pixels(upload: UploadedFile) -> Image.Image:
    """Return the pixels alone; the size is read from the head of the file before anything is unpacked."""
    try:
        with Image.open(upload, formats=("PNG",)) as whole:
            whole.verify()  # the renderer, once loaded, lets Pillow take files that end too early
        upload.seek(0)
        with Image.open(upload, formats=("PNG",)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise ImageRejected(TOO_MANY_PIXELS)
            if min(opened.size) < LEAST_SIDE:
                raise ImageRejected(TOO_SMALL)
            picture = opened.convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRejected(TOO_MANY_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageRejected(UNREADABLE) from error
    picture.info = {}
    least, most = picture.getchannel("A").getextrema()
    if most == 0:
        raise ImageRejected(BLANK)
    if least == 255:
        raise ImageRejected(OPAQUE)
    return picture
