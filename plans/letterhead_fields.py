"""The single fields of a letterhead: what is refused of each, with a sentence that says what to do."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

from orgunits.vietnamese import nfc
from plans import letterhead_images
from plans.official.blocks import PARTY, Style
from plans.official.wording import authority_line, list_item, signer_name

MOST_RECIPIENTS: Final = 40
_CODE: Final = re.compile(r"[^\W_]+(?:[.&-][^\W_]+)*")
_PREFIX: Final = re.compile(r"(?:TM\.|KT\.|TL\.|TUQ\.|Q\.|T/M|K/T|T/L) \S")
_DIGIT: Final = re.compile(r"\d")


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without spaces at their ends and without empty ones."""
    return [line for line in map(str.strip, nfc(text).splitlines()) if line]


def check_code(value: str) -> str:
    """Refuse a code that would break the number: spaces and slashes part the number's own pieces."""
    if value and not _CODE.fullmatch(value):
        raise ValidationError(
            "Ký hiệu chỉ gồm chữ và số, nối bằng dấu gạch nối, không có dấu cách và dấu gạch chéo, ví dụ CĐVC."
        )
    return value


def check_place(value: str) -> str:
    if "," in value or _DIGIT.search(value):
        raise ValidationError("Chỉ ghi tên địa danh, ví dụ Đắk Lắk. Dấu phẩy và ngày tháng được in tự động.")
    return value


def check_authority(value: str, style: Style) -> str:
    """Refuse an authority that does not begin with its letters; either style's letters will do."""
    lines = lines_of(value)
    if len(lines) > 3:
        raise ValidationError("Quyền hạn ký dài nhất 3 dòng. Hãy rút gọn.")
    if lines and not _PREFIX.match(authority_line(lines[0], style)):
        forms_of_style = "T/M, K/T, T/L, TUQ. hoặc Q." if style == PARTY else "TM., KT., TL., TUQ. hoặc Q."
        raise ValidationError(
            f"Dòng “{lines[0][:60]}” phải bắt đầu bằng {forms_of_style}, tiếp theo là tên tập thể hoặc chức vụ. "
            "Người đứng đầu tự ký thì để trống ô này và ghi chức vụ ở ô dưới."
        )
    return "\n".join(lines)


def check_name(value: str) -> str:
    if _DIGIT.search(value):
        raise ValidationError("Họ và tên người ký không có chữ số. Hãy kiểm tra lại.")
    return value


def check_recipients(value: str) -> str:
    lines = lines_of(value)
    if len(lines) > MOST_RECIPIENTS:
        raise ValidationError(f"Nơi nhận nhiều nhất {MOST_RECIPIENTS} dòng. Hãy rút gọn.")
    if any(len(line) > 300 for line in lines):
        raise ValidationError("Mỗi dòng nơi nhận dài tối đa 300 ký tự. Hãy tách dòng quá dài.")
    copies = [number for number, line in enumerate(lines) if list_item(line).casefold().startswith("lưu")]
    if copies and copies != [len(lines) - 1]:
        raise ValidationError("Dòng “Lưu: …” chỉ có một và đứng cuối. Hãy chuyển dòng này xuống cuối.")
    return "\n".join(lines)


def text_field(label: str, *, help_text: str = "", rows: int = 0, most: int = 150, **kwargs: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, required=False, max_length=most, help_text=help_text, widget=widget, empty_value="", **kwargs
    )


def image_field(label: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/png"}),
        help_text="Tệp PNG nền trong suốt, không quá 2 MB.",
    )


def accepted(upload: UploadedFile | None) -> ContentFile | None:
    if upload is None:
        return None
    try:
        return letterhead_images.accept(upload)
    except letterhead_images.ImageRejected as error:
        raise ValidationError(str(error)) from error


def shown(form: forms.Form, name: str) -> Any:
    """Return what stands in a field of a form, typed or initial; long texts are cut, as nothing here was checked."""
    value = form[name].value()
    if isinstance(form.fields[name], forms.BooleanField):
        return bool(value) and str(value).lower() not in ("false", "0")
    return str(value or "")[:2000]


def check_picture_is_of(form: forms.Form, stored: Any, before: str) -> None:
    """A stored picture of a hand must not come to stand over another person's name."""
    cleaned = form.cleaned_data
    name_field = "signer_name" if "signer_name" in form.fields else "name"
    replaced = cleaned.get("signature_image") or cleaned.get("remove_signature_image")
    if not stored or replaced or "signature_image" in form.errors or name_field not in cleaned:
        return
    if signer_name(before).casefold() == signer_name(cleaned[name_field]).casefold():
        return
    form.add_error(
        "signature_image",
        f"Ảnh chữ ký đang lưu là của {before}. Hãy chọn ảnh của người ký mới hoặc đánh dấu bỏ ảnh đang lưu.",
    )
