"""What people type about messages: the steps of a ladder, the hours of sending, the choice of a person, the words."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from plans.forms import VietnameseFormMixin
from reports import ladders
from reports.ladders import Circle, Rung
from reports.message_texts import BODY_LENGTH, SUBJECT_LENGTH, Kind, check
from reports.models import SendingHours

BEFORE, AFTER = "truoc", "sau"
WEEKDAYS = [
    (0, "Thứ Hai"),
    (1, "Thứ Ba"),
    (2, "Thứ Tư"),
    (3, "Thứ Năm"),
    (4, "Thứ Sáu"),
    (5, "Thứ Bảy"),
    (6, "Chủ nhật"),
]
MORE_ROWS = 3  # empty ones, below the steps that are there


class StepForm(forms.Form):
    """One step; a row without days is none."""

    ngay = forms.IntegerField(
        label="Số ngày",
        required=False,
        min_value=0,
        max_value=ladders.EARLIEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "field-days"}),
        error_messages={
            "invalid": "Hãy ghi số ngày bằng chữ số.",
            "min_value": "Số ngày không được âm.",
            "max_value": f"Nhiều nhất {ladders.EARLIEST} ngày.",
        },
    )
    khi = forms.ChoiceField(
        label="So với hạn chót", choices=[(BEFORE, "trước hạn"), (AFTER, "sau hạn")], required=False
    )
    toi = forms.ChoiceField(label="Gửi tới", choices=Circle.choices, required=False)

    def rung(self) -> Rung | None:
        days = self.cleaned_data.get("ngay")
        if days is None:
            return None
        sign = -1 if self.cleaned_data.get("khi") == AFTER else 1
        return Rung(sign * days, self.cleaned_data.get("toi") or Circle.UNIT)


class _Steps(forms.BaseFormSet):
    def clean(self) -> None:
        if not any(self.errors):
            ladders.checked(self.rungs())

    def rungs(self) -> list[Rung]:
        return [rung for form in self.forms if (rung := form.rung())]


def step_forms(rungs: Sequence[Rung], data: Any = None) -> Any:
    """The rows of a ladder with a few empty ones."""
    made = forms.formset_factory(
        StepForm,
        formset=_Steps,
        extra=MORE_ROWS,
        max_num=ladders.MOST + MORE_ROWS,
        absolute_max=ladders.MOST + MORE_ROWS,
    )
    initial = [
        {"ngay": abs(rung.days), "khi": AFTER if rung.days < 0 else BEFORE, "toi": rung.circle} for rung in rungs
    ]
    messages = {"missing_management_form": "Biểu mẫu gửi lên bị thiếu. Hãy mở lại trang rồi sửa tiếp."}
    return made(data, initial=initial, prefix="moc", error_messages=messages)


def _hour(label: str, help_text: str = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=help_text,
        input_formats=["%H:%M", "%Hh%M", "%H"],
        widget=forms.TimeInput(
            format="%H:%M", attrs={"placeholder": "giờ:phút", "autocomplete": "off", "class": "field-date"}
        ),
        error_messages={
            "required": "Hãy ghi giờ.",
            "invalid": "Hãy ghi giờ theo dạng giờ:phút, ví dụ 07:30.",
        },
    )


class HoursForm(forms.Form):
    waking_from = _hour("Gửi thư nhắc từ")
    waking_to = _hour("đến trước", "Ngoài khoảng này là giờ yên tĩnh: thư nhắc chờ đến sáng.")
    working_from = _hour("Giờ làm việc từ")
    working_to = _hour("đến trước", "Thư gửi cấp trên và thư tổng hợp chỉ gửi trong giờ làm việc.")
    working_days = forms.TypedMultipleChoiceField(
        label="Ngày làm việc",
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Hãy chọn ít nhất một ngày làm việc.",
            "invalid_choice": "Hãy chọn trong các ngày đã cho.",
        },
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for first, last in (("waking_from", "waking_to"), ("working_from", "working_to")):
            begins, ends = cleaned.get(first), cleaned.get(last)
            if begins and ends and begins >= ends:
                self.add_error(last, "Giờ kết thúc phải sau giờ bắt đầu.")
        return cleaned

    def hours(self) -> SendingHours:
        return SendingHours(**self.cleaned_data)


class TemplateForm(VietnameseFormMixin, forms.Form):
    subject = forms.CharField(
        label="Tiêu đề thư", max_length=SUBJECT_LENGTH, error_messages={"required": "Hãy ghi tiêu đề thư."}
    )
    body = forms.CharField(
        label="Nội dung thư",
        max_length=BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Để một dòng trống giữa hai đoạn. Đoạn bắt đầu bằng dấu # là đề mục.",
        error_messages={"required": "Hãy ghi nội dung thư."},
    )

    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def _checked(self, name: str) -> str:
        text = check(self.kind, self.cleaned_data[name])
        if not text:
            raise ValidationError(self.fields[name].error_messages["required"])
        return text

    def clean_subject(self) -> str:
        return self._checked("subject")

    def clean_body(self) -> str:
        return self._checked("body")
