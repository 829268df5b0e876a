"""Forms of the units' pages. They check what was typed; whether the act is possible is for reorganisation.py."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from orgunits import roles
from orgunits.form_fields import DayField, UnitField
from orgunits.models import Level, OrgUnit, Placement, Sector, User
from orgunits.vietnamese import nfc

SUCCESSOR_FIELDS = ("successor_1", "successor_2", "successor_3")


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


class EstablishForm(forms.Form):
    """A new unit: what it is called, where it stands and from when."""

    name = forms.CharField(label="Tên đơn vị", max_length=250)
    short_name = forms.CharField(label="Tên gọi tắt", max_length=100, required=False)
    level = LevelChoiceField()
    parent = UnitField(label="Đơn vị cấp trên trực tiếp", required=False)
    code = forms.CharField(
        label="Mã đơn vị",
        max_length=60,
        help_text="Không trùng với đơn vị khác trong cùng hệ thống và không đổi về sau.",
    )
    on = day_field("Hoạt động từ ngày", help_text="Ngày đầu tiên đơn vị có trong hệ thống tổ chức.")
    legal_basis = legal_basis_field()
    email = forms.EmailField(label="Thư điện tử", required=False)
    phone = forms.CharField(label="Điện thoại", max_length=40, required=False)
    province_code = forms.CharField(label="Mã tỉnh", max_length=10, required=False)
    commune_code = forms.CharField(label="Mã xã", max_length=10, required=False)

    def __init__(self, *args: Any, by: User, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit_parent(self, by=by, on=on)
        if not roles.is_system_administrator(by, on=on):
            sectors = OrgUnit.objects.administered_by(by, on).order_by().values("sector")
            level = self.fields["level"]
            level.queryset = level.queryset.filter(sector__in=sectors)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return nfc(" ".join(self.cleaned_data["name"].split()))


class RenameForm(forms.Form):
    """Another name or level from a day on."""

    name = forms.CharField(label="Tên đơn vị", max_length=250)
    short_name = forms.CharField(label="Tên gọi tắt", max_length=100, required=False)
    level = LevelChoiceField()
    on = day_field()
    legal_basis = legal_basis_field()

    def __init__(self, *args: Any, place: Placement, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": place.name, "short_name": place.short_name, "level": place.level_id, "on": on}
        self.fields["level"].queryset = Level.objects.filter(sector=place.org_unit.sector)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return nfc(" ".join(self.cleaned_data["name"].split()))

    def clean(self) -> dict[str, Any] | None:
        kept = {"name", "short_name", "level"}
        if not self.errors and not kept & set(self.changed_data):
            raise ValidationError("Chưa có gì thay đổi so với tên và cấp hiện tại.")
        return self.cleaned_data


class MoveForm(forms.Form):
    """Another unit above from a day on."""

    parent = UnitField(label="Đơn vị cấp trên mới", required=False)
    on = day_field()
    legal_basis = legal_basis_field()

    def __init__(self, *args: Any, by: User, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _limit_parent(self, by=by, on=on)


class EndForm(forms.Form):
    """The end of a unit, and who carries on its work."""

    on = day_field("Kết thúc từ ngày", help_text="Từ ngày này đơn vị không còn hoạt động; ngày trước đó là ngày cuối.")
    successor_1 = UnitField(
        label="Đơn vị kế thừa",
        required=False,
        help_text="Đơn vị này được xem lịch sử báo cáo của đơn vị kết thúc. Để trống nếu không có.",
    )
    successor_2 = UnitField(
        label="Đơn vị kế thừa thứ hai", required=False, help_text="Khi chia tách thành nhiều đơn vị."
    )
    successor_3 = UnitField(label="Đơn vị kế thừa thứ ba", required=False)
    legal_basis = legal_basis_field()

    def __init__(self, *args: Any, unit: OrgUnit, by: User, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SUCCESSOR_FIELDS:
            others = OrgUnit.objects.administered_by(by, on).filter(sector=unit.sector).exclude(pk=unit.pk)
            self.fields[name].queryset = others  # type: ignore[attr-defined]

    def successors(self) -> list[OrgUnit]:
        """The chosen units, each once."""
        chosen = [self.cleaned_data[name] for name in SUCCESSOR_FIELDS if self.cleaned_data.get(name)]
        return list(dict.fromkeys(chosen))


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


def _limit_parent(form: forms.Form, *, by: User, on: datetime.date) -> None:
    """Only a system administrator makes or moves a unit to the top of a tree."""
    parent = form.fields["parent"]
    parent.queryset = OrgUnit.objects.administered_by(by, on)  # type: ignore[attr-defined]
    if roles.is_system_administrator(by, on=on):
        parent.help_text = "Để trống nếu đây là đơn vị đứng đầu một hệ thống."
    else:
        parent.required = True
