"""What an administrator types about a day off or a swap day."""

import datetime
from typing import Any

from django import forms

from orgunits.form_fields import DayField
from orgunits.models import SpecialDay

FIRST_YEAR, LAST_YEAR = 2000, 2100


class SpecialDayForm(forms.ModelForm):
    day = DayField(
        label="Ngày",
        error_messages={
            "required": "Hãy ghi ngày.",
            "invalid": "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 22/08/2026.",
        },
    )

    class Meta:
        model = SpecialDay
        fields = ("day", "kind", "name", "source")
        widgets = {"kind": forms.RadioSelect}
        help_texts = {
            "name": "Ví dụ: Nghỉ bù Tết Nguyên đán, Làm bù cho ngày nghỉ 31/08.",
            "source": "Số, ngày và cơ quan ban hành thông báo hoặc quyết định.",
        }
        error_messages = {
            "kind": {"required": "Hãy chọn loại ngày.", "invalid_choice": "Hãy chọn loại ngày."},
            "name": {"required": "Hãy ghi tên gọi."},
            "source": {"required": "Hãy ghi văn bản căn cứ."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = SpecialDay.Kind.choices  # type: ignore[attr-defined]

    def clean_day(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["day"]
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(f"Hãy ghi một ngày từ năm {FIRST_YEAR} đến năm {LAST_YEAR}.")
        return day
