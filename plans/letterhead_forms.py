"""What an administrator types into a unit's letterhead: head, number, default signer, pictures, recipients."""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from orgunits.form_fields import DayField
from orgunits.models import OrgUnit
from orgunits.vietnamese import nfc
from plans.forms import VietnameseFormMixin, form_helper
from plans.letterhead_fields import (
    accepted,
    check_authority,
    check_code,
    check_name,
    check_picture_is_of,
    check_place,
    check_recipients,
    image_field,
    lines_of,
    shown,
    text_field,
)
from plans.letterhead_signers import BaseSignerFormSet
from plans.letterheads import IMAGES, SETTINGS, TEXTS, Picture, Typed, numbering_fault
from plans.models import Letterhead
from plans.official.blocks import PARTY
from plans.official.letterhead import style_of

EARLIEST: Final = datetime.date(1990, 1, 1)


class LetterheadForm(VietnameseFormMixin, forms.Form):
    """One letterhead: its head, number, signer, recipients and pictures."""

    superior_line = text_field(
        "Cơ quan chủ quản", rows=2, most=200, help_text="Cơ quan cấp trên trực tiếp. Không có thì để trống."
    )
    issuer_line = text_field(
        "Tên cơ quan ban hành", rows=2, most=400, help_text="Xuống dòng ở đâu thì khi in xuống dòng ở đó."
    )
    place_name = text_field("Địa danh", most=100, help_text="In trước ngày ban hành, ví dụ Đắk Lắk.")
    body_code = text_field("Ký hiệu cơ quan", most=40, help_text="Phần cuối của số, ví dụ CĐVC trong 57/KH-CĐVC.")
    drafting_code = text_field(
        "Ký hiệu đơn vị soạn thảo", most=40, help_text="Chỉ dùng cho công văn, ví dụ NC trong 12/LĐLĐ-NC."
    )
    numbers_by_type = forms.BooleanField(
        label="Mỗi loại văn bản một dãy số riêng",
        required=False,
        help_text="Không chọn thì mọi loại văn bản đánh số chung một dãy, từ 01 mỗi năm.",
    )
    signing_authority = text_field(
        "Quyền hạn ký",
        rows=2,
        help_text="Ví dụ TM. BAN THƯỜNG VỤ. Mỗi dòng một phần. Người đứng đầu tự ký thì để trống.",
    )
    signer_post = text_field("Chức vụ người ký", help_text="Ví dụ CHỦ TỊCH.")
    signer_name = text_field("Họ và tên người ký")
    signature_image = image_field("Ảnh chữ ký của người này")
    remove_signature_image = forms.BooleanField(label="Bỏ ảnh chữ ký đang lưu", required=False)
    seal_image = image_field("Ảnh con dấu của cơ quan")
    remove_seal_image = forms.BooleanField(label="Bỏ ảnh con dấu đang lưu", required=False)
    recipients = text_field(
        "Nơi nhận mặc định",
        rows=5,
        most=8000,
        help_text="Mỗi nơi một dòng, không cần gạch đầu dòng và dấu chấm phẩy. Dòng cuối là nơi lưu, ví dụ Lưu: VT.",
    )
    has_verify_code = forms.BooleanField(
        label="In mã xác minh ở trang cuối",
        required=False,
        help_text="Người cầm văn bản dùng mã này để kiểm tra có đúng là bản đã ban hành.",
    )

    def __init__(
        self, *args: Any, unit: OrgUnit, source: Letterhead | None, on: datetime.date, adds: bool, **kwargs: Any
    ) -> None:
        """``source`` is the stored letterhead that is changed, or (``adds``) the one that the new one follows."""
        initial = {name: getattr(source, name) for name in (*TEXTS, *SETTINGS)} if source else {}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.unit, self.source, self.on, self.adds = unit, source, on, adds
        self.style = style_of(unit)
        self._fit_to_style()
        for name in IMAGES:
            if source and getattr(source, name):
                self.fields[name].help_text = "Đang có ảnh đã lưu. Chọn tệp khác để thay."
            else:
                del self.fields[f"remove_{name}"]
        if adds:
            self.fields["valid_from"] = DayField(
                label="Dùng từ ngày",
                required=False,
                help_text="Văn bản ban hành từ ngày này mang mẫu mới, trước ngày này giữ mẫu cũ.",
                error_messages={"invalid": "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 01/07/2025."},
            )
        self.helper = self._layout()

    def _fit_to_style(self) -> None:
        if self.style != PARTY:
            return
        del self.fields["numbers_by_type"]  # by type and term, always: HD 05-HD/VPTW
        self.fields["body_code"].help_text = "Phần cuối của số, ví dụ ĐUK trong 162-KH/ĐUK."
        del self.fields["drafting_code"]
        self.fields["signing_authority"].help_text = "Ví dụ T/M BAN THƯỜNG VỤ. Mỗi dòng một phần."
        self.fields["signer_post"].help_text = "Ví dụ PHÓ BÍ THƯ."
        self.fields[
            "recipients"
        ].help_text = (
            "Mỗi nơi một dòng, không cần gạch đầu dòng và dấu chấm phẩy. Dòng cuối là nơi lưu, ví dụ Lưu Văn phòng."
        )

    def _layout(self) -> FormHelper:
        has = self.fields.__contains__
        parts: list[Any] = [Fieldset("Thời gian", "valid_from")] if self.adds else []
        parts += [
            Fieldset("Đầu văn bản", "superior_line", "issuer_line", "place_name"),
            Fieldset("Số, ký hiệu", *filter(has, ["body_code", "drafting_code", "numbers_by_type"])),
            Fieldset(
                "Người ký mặc định",
                "signing_authority",
                "signer_post",
                "signer_name",
                *filter(has, ["signature_image", "remove_signature_image"]),
            ),
            Fieldset("Con dấu", *filter(has, ["seal_image", "remove_seal_image"])),
            Fieldset("Nơi nhận, mã xác minh", "recipients", "has_verify_code"),
        ]
        return form_helper(*parts)

    # --- single fields
    def clean_valid_from(self) -> datetime.date:
        day: datetime.date | None = self.cleaned_data["valid_from"]
        if day is None:
            raise ValidationError("Hãy ghi ngày bắt đầu dùng mẫu này.")
        latest = self.on + datetime.timedelta(days=366)
        if not EARLIEST <= day <= latest:
            raise ValidationError(f"Ngày bắt đầu phải từ {EARLIEST:%d/%m/%Y} đến {latest:%d/%m/%Y}.")
        return day

    def clean_superior_line(self) -> str:
        return self._head_lines("superior_line", most=3)

    def clean_issuer_line(self) -> str:
        lines = self._head_lines("issuer_line", most=4)
        if not lines:
            raise ValidationError("Hãy ghi tên cơ quan ban hành.")
        return lines

    def _head_lines(self, name: str, *, most: int) -> str:
        lines = lines_of(self.cleaned_data[name])
        if len(lines) > most:
            raise ValidationError(f"Ô này nhiều nhất {most} dòng. Hãy gộp bớt dòng.")
        if any(len(line) > 120 for line in lines):
            raise ValidationError("Mỗi dòng dài tối đa 120 ký tự. Hãy xuống dòng ở chỗ hợp lý.")
        return "\n".join(lines)

    def clean_place_name(self) -> str:
        return check_place(self.cleaned_data["place_name"])

    def clean_body_code(self) -> str:
        return check_code(nfc(self.cleaned_data["body_code"]))

    def clean_drafting_code(self) -> str:
        return check_code(nfc(self.cleaned_data["drafting_code"]))

    def clean_signing_authority(self) -> str:
        return check_authority(self.cleaned_data["signing_authority"], self.style)

    def clean_signer_name(self) -> str:
        return check_name(self.cleaned_data["signer_name"])

    def clean_recipients(self) -> str:
        return check_recipients(self.cleaned_data["recipients"])

    def clean_signature_image(self) -> ContentFile | None:
        return accepted(self.cleaned_data["signature_image"])

    def clean_seal_image(self) -> ContentFile | None:
        return accepted(self.cleaned_data["seal_image"])

    # --- fields together
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._check_signer(cleaned)
        if "numbers_by_type" in self.fields:
            self._check_numbering(cleaned)
        return cleaned

    def _check_signer(self, cleaned: Mapping[str, Any]) -> None:
        name, post = cleaned.get("signer_name", ""), cleaned.get("signer_post", "")
        if (name or cleaned.get("signing_authority")) and not post and "signer_post" not in self.errors:
            self.add_error("signer_post", "Hãy ghi chức vụ của người ký, ví dụ CHỦ TỊCH.")
        if cleaned.get("signature_image") and not name and "signer_name" not in self.errors:
            self.add_error("signer_name", "Hãy ghi họ và tên của người có chữ ký trong ảnh.")
        if self.source:
            check_picture_is_of(self, self.source.signature_image, self.source.signer_name)

    def _check_numbering(self, cleaned: Mapping[str, Any]) -> None:
        """The way of numbering may change only where no number of that year was given the other way."""
        day = cleaned.get("valid_from") if self.adds else self.on
        if day is None:
            return
        if self.source and not self.adds:
            day = max(day, self.source.valid_from)
        before = self.source.numbers_by_type if self.source else None
        if before != cleaned["numbers_by_type"]:
            fault = numbering_fault(self.unit, by_type=cleaned["numbers_by_type"], on=day)
            if fault:
                self.add_error("numbers_by_type", fault)

    def typed(self, signers: "BaseSignerFormSet") -> Typed:
        """Return what was typed, once this form and the signers are valid."""
        values: dict[str, Any] = {name: self.cleaned_data[name] for name in (*TEXTS, *SETTINGS) if name in self.fields}
        if self.source and self.adds:  # what this style does not ask comes along
            values = {name: getattr(self.source, name) for name in (*TEXTS, *SETTINGS)} | values
        pictures = {
            name: Picture(self.cleaned_data[name], bool(self.cleaned_data.get(f"remove_{name}"))) for name in IMAGES
        }
        return Typed(values, pictures, signers.rows())

    def as_letterhead(self) -> Letterhead:
        """Return an unsaved letterhead of whatever stands in the form now, right or wrong, for the preview."""
        source = self.source
        made = Letterhead(org_unit=self.unit, valid_from=self.on)
        for name in (*TEXTS, *SETTINGS):
            stored = getattr(source, name) if source else getattr(made, name)
            setattr(made, name, shown(self, name) if name in self.fields else stored)
        for name in IMAGES:
            is_gone = f"remove_{name}" in self.fields and bool(shown(self, f"remove_{name}"))
            setattr(made, name, "" if is_gone or source is None else getattr(source, name).name)
        return made

    def stored_otherwise(self) -> list[tuple[str, str]]:
        """Return what is stored now where something else was typed: label and stored text."""
        if self.source is None:
            return []
        pairs = [(name, getattr(self.source, name)) for name in (*TEXTS, *SETTINGS) if name in self.fields]
        differing = [(name, value) for name, value in pairs if shown(self, name) != value]
        words = {True: "có", False: "không", "": "để trống"}
        return [(str(self.fields[name].label), words.get(value, value)) for name, value in differing]
