"""Forms of a whole reform: what is sent with its workbook, and why it is taken back."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator

from orgunits import roles
from orgunits.form_fields import DayField
from orgunits.models import OrgUnit, Sector, User
from orgunits.vietnamese import nfc
from orgunits.workbook_table import EARLIEST, LATEST


class ReformForm(forms.Form):
    """A reform is of one tree and one day."""

    name = forms.CharField(
        label="Tên đợt sắp xếp", max_length=250, help_text="Ví dụ: Sắp xếp công đoàn cấp xã năm 2025."
    )
    sector = forms.ChoiceField(label="Hệ thống")
    effective_on = DayField(label="Ngày hiệu lực", help_text="Ngày đầu tiên của hệ thống tổ chức mới.")
    legal_basis = forms.CharField(
        label="Căn cứ",
        max_length=500,
        required=False,
        help_text="Số, ngày và cơ quan ban hành văn bản. Để trống nếu chưa có.",
    )
    tep = forms.FileField(
        label="Tệp Excel đã điền (.xlsx, nhiều nhất 10 MB)",
        validators=[FileExtensionValidator(["xlsx"], message="Hãy chọn tệp Excel dạng .xlsx.")],
    )

    def __init__(self, *args: Any, by: User, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Sector.values
        if not roles.is_system_administrator(by, on=on):
            units = OrgUnit.objects.administered_by(by, on)
            held = list(units.order_by().values_list("sector", flat=True).distinct())
        choices = [(value, label) for value, label in Sector.choices if value in held]
        self.fields["sector"].choices = choices  # type: ignore[attr-defined]

    def clean_effective_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["effective_on"]
        if not EARLIEST <= day <= LATEST:
            raise ValidationError("Ngày này không hợp lý. Hãy ghi lại.")
        return day

    def clean_name(self) -> str:
        return nfc(" ".join(self.cleaned_data["name"].split()))


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label="Lý do hủy", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
