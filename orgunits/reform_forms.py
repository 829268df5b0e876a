"""Forms of a whole reform: what is sent with its workbook, and why it is taken back."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.utils.formats import number_format

from orgunits import following, reform_following, roles
from orgunits.following import Section
from orgunits.form_fields import DayField
from orgunits.models import OrgUnit, Sector, User, WorkbookImport
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


class FollowForm(forms.Form):
    """What is to become of what hangs on the units that the reform ends: an explicit choice for each section."""

    def __init__(self, *args: Any, row: WorkbookImport, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "viec-%s")
        super().__init__(*args, **kwargs)
        asked = {each["key"]: each for each in row.asked}
        for section in following.sections():
            if section.key in asked:
                self.fields[section.key] = self._field(section, row.follow_rule.get(section.key))
        self.asked = [(section, self[section.key], *_told(asked[section.key]))
                      for section in following.sections() if section.key in asked]  # fmt: skip

    def _field(self, section: Section, earlier: str | None) -> forms.ChoiceField:
        """Nothing is chosen beforehand, save what the person themselves chose before the tree changed."""
        return forms.ChoiceField(
            label=section.title,
            choices=reform_following.CHOICES,
            widget=forms.RadioSelect,
            initial=earlier,
            error_messages={
                "required": "Hãy chọn cách xử lý cho phần này.",
                "invalid_choice": "Hãy chọn một trong hai cách.",
            },
        )

    @property
    def rule(self) -> dict[str, str]:
        return dict(self.cleaned_data)


def _told(asked: dict[str, Any]) -> tuple[int, list[str]]:
    """The number of units that end, and what hangs on them as words."""
    return asked["ended"], [f"{number_format(number, force_grouping=True)} {label}" for label, number in asked["sizes"]]


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label="Lý do hủy", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
