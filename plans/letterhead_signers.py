"""The further people who sign under a letterhead: one row each, in the order of the numbers beside them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.core.files.base import ContentFile
from django.forms.formsets import BaseFormSet, formset_factory

from orgunits.models import OrgUnit
from plans.forms import RowsMixin, VietnameseFormMixin
from plans.letterhead_fields import (
    accepted,
    check_authority,
    check_name,
    check_picture_is_of,
    image_field,
    shown,
    text_field,
)
from plans.letterheads import Picture, SignerRow
from plans.models import Letterhead, Signer
from plans.official.blocks import PARTY, Style
from plans.official.letterhead import style_of
from plans.official.text import tidy

MOST_SIGNERS: Final = 20


class SignerForm(VietnameseFormMixin, forms.Form):
    """Another person who signs, as one row; a row that says nothing is none."""

    signer = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    order = forms.IntegerField(
        label="Thứ tự",
        required=False,
        min_value=1,
        max_value=99,
        error_messages={
            "invalid": "Thứ tự là số từ 1 đến 99.",
            "min_value": "Thứ tự là số từ 1 đến 99.",
            "max_value": "Thứ tự là số từ 1 đến 99.",
        },
    )
    authority = text_field("Quyền hạn ký", rows=2, help_text="Ví dụ KT. CHỦ TỊCH hoặc TL. BAN THƯỜNG VỤ.")
    post = text_field("Chức vụ")
    name = text_field("Họ và tên")
    signature_image = image_field("Ảnh chữ ký")
    remove_signature_image = forms.BooleanField(label="Bỏ ảnh chữ ký đang lưu", required=False)

    field_order = ("signer", "authority", "post", "name", "order", "signature_image", "remove_signature_image")

    def __init__(self, *args: Any, style: Style, stored: Mapping[int, Signer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style = style
        shown = str(self["signer"].value() or "")
        self.stored = stored.get(int(shown)) if shown.isdecimal() and len(shown) < 11 else None
        if style == PARTY:
            self.fields["authority"].help_text = "Ví dụ T/M BAN THƯỜNG VỤ hoặc T/L BAN THƯỜNG VỤ."
        if self.stored and self.stored.signature_image:
            self.fields["signature_image"].help_text = "Đang có ảnh đã lưu. Chọn tệp khác để thay."
        else:
            del self.fields["remove_signature_image"]

    def clean_authority(self) -> str:
        return check_authority(self.cleaned_data["authority"], self.style)

    def clean_name(self) -> str:
        return check_name(self.cleaned_data["name"])

    def clean_signature_image(self) -> ContentFile | None:
        return accepted(self.cleaned_data["signature_image"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("DELETE"):
            return cleaned
        for name, words in (("post", "chức vụ"), ("name", "họ và tên")):
            if not tidy(cleaned.get(name, "")) and name not in self.errors:
                self.add_error(name, f"Hãy ghi {words} của người ký, hoặc đánh dấu bỏ người ký này.")
        if self.stored:
            check_picture_is_of(self, self.stored.signature_image, self.stored.name)
        return cleaned

    @property
    def is_blank(self) -> bool:
        return not self.has_changed() and self.stored is None

    def row(self) -> SignerRow:
        cleaned = self.cleaned_data
        picture = Picture(cleaned["signature_image"], bool(cleaned.get("remove_signature_image")))
        pk = self.stored.pk if self.stored else None
        return SignerRow(pk, cleaned["authority"], cleaned["post"], cleaned["name"], picture)

    def as_signer(self) -> Signer:
        """Return an unsaved signer of whatever stands in the row now, for the preview."""
        texts = {name: shown(self, name) for name in ("authority", "post", "name")}
        return Signer(pk=self.stored.pk if self.stored else None, **texts)


class BaseSignerFormSet(RowsMixin, BaseFormSet):
    """The further signers of one letterhead, in the order of the numbers beside them."""

    def rows(self) -> list[SignerRow]:
        return [form.row() for form in self._in_order(lambda form: form.cleaned_data.get("order"))]

    def as_signers(self) -> list[Signer]:
        return [form.as_signer() for form in self._in_order(_typed_order)]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "Bỏ người ký này khi lưu"

    def _in_order(self, order_of: Callable[[SignerForm], int | None]) -> list[SignerForm]:
        kept = [form for form in self.forms if not form.is_blank and not _is_taken_out(form)]
        return sorted(kept, key=lambda form: order_of(form) or MOST_SIGNERS * 10)


def _typed_order(form: SignerForm) -> int | None:
    typed = str(form["order"].value() or "").strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else None


def _is_taken_out(form: SignerForm) -> bool:
    return "DELETE" in form.fields and bool(form["DELETE"].value())


SignerFormSet = formset_factory(
    SignerForm,
    formset=BaseSignerFormSet,
    extra=2,
    max_num=MOST_SIGNERS,
    absolute_max=MOST_SIGNERS,
    can_delete=True,
    can_delete_extra=False,
)


def signer_forms(data: Any, files: Any, *, unit: OrgUnit, source: Letterhead | None) -> BaseSignerFormSet:
    """Return the rows of the further signers of ``source``, filled from the request when there is one."""
    stored = list(source.signers.order_by("order", "pk")) if source else []
    initial = [
        {"signer": each.pk, "order": order, "authority": each.authority, "post": each.post, "name": each.name}
        for order, each in enumerate(stored, start=1)
    ]
    arguments = {"style": style_of(unit), "stored": {each.pk: each for each in stored}}
    made: BaseSignerFormSet = SignerFormSet(data, files, initial=initial, prefix="nguoi-ky", form_kwargs=arguments)  # type: ignore[assignment]
    return made
