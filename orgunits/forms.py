"""Small forms of the units' pages, and the fields that the forms of acts share (act_forms.py, merge_forms.py)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from orgunits.form_fields import DayField
from orgunits.models import Level, OrgUnit, Sector


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show what a rule refused: at the field that it names if the form has it, else above the form."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, errors)


def day_field(label: str = "Ngày hiệu lực", *, help_text: str = "") -> DayField:
    return DayField(label=label, help_text=help_text or "Ngày đầu tiên mà thay đổi này có hiệu lực.")


def legal_basis_field() -> forms.CharField:
    help_text = "Số, ngày và cơ quan ban hành quyết định. Để trống nếu chưa có."
    return forms.CharField(label="Căn cứ", max_length=500, required=False, help_text=help_text)


class LevelChoiceField(forms.ModelChoiceField):
    """A level under the name of its sector."""

    def __init__(self, queryset: QuerySet[Level] | None = None, **kwargs: Any) -> None:
        levels = Level.objects.order_by("sector", "rank", "code") if queryset is None else queryset
        super().__init__(levels, label="Cấp", empty_label="Chọn cấp", **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.get_sector_display()}: {obj.name}"


class ReverseForm(forms.Form):
    """Why an act is taken back."""

    reason = forms.CharField(
        label="Lý do hủy", max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text="Lý do được giữ cùng quyết định trong lịch sử của đơn vị.",
    )  # fmt: skip


class ContactForm(forms.ModelForm):
    class Meta:
        model = OrgUnit
        fields = ["email", "phone", "province_code", "commune_code"]


class LevelForm(forms.ModelForm):
    class Meta:
        model = Level
        fields = ["sector", "name", "code", "rank"]
        help_texts = {
            "code": "Chữ không dấu, chữ số và dấu gạch nối, ví dụ: cong-doan-co-so. Không đổi về sau.",
            "rank": "1 là cấp cao nhất của hệ thống.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"].choices = [("", "Chọn hệ thống"), *Sector.choices]  # type: ignore[attr-defined]
        if self.instance.pk:
            del self.fields["sector"], self.fields["code"]
