"""What an administrator types about due dates: a rule, an extension, a waiver, a year to open."""

import datetime
from typing import Any

from django import forms

from plans.duty_forms import DueRuleForm
from plans.forms import VietnameseFormMixin
from plans.models import DueRule

REASON_LENGTH = 500


class DueDateForm(DueRuleForm):
    """The date of one rule; the verbatim phrase belongs to the plan and stays."""

    class Meta(DueRuleForm.Meta):
        fields = ("comparison", "day", "month", "next_year", "cut_off_day", "cut_off_month")  # type: ignore[assignment]

    apply_to_open = forms.BooleanField(
        label="Áp dụng ngay cho các báo cáo đã tạo mà đơn vị chưa nộp",
        required=False,
        initial=True,
        help_text="Báo cáo đã nộp giữ hạn cũ. Bỏ chọn nếu thời hạn mới chỉ dùng cho các kỳ tạo sau này.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("day", "month"):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = "Hãy ghi đủ ngày và tháng."

    @property
    def rule(self) -> DueRule:
        """The rule with what was typed, not saved yet."""
        rule: DueRule = self.instance
        return rule


class ExtendForm(VietnameseFormMixin, forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "gia-han-%s", **kwargs})

    until = forms.DateField(
        label="Gia hạn đến hết ngày",
        widget=forms.DateInput(attrs={"placeholder": "ngày/tháng/năm", "autocomplete": "off", "class": "field-date"}),
        error_messages={
            "required": "Hãy ghi ngày gia hạn.",
            "invalid": "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 30/11/2026.",
        },
        help_text="Ngày này vẫn còn trong hạn, đến 23:59.",
    )
    reason = forms.CharField(
        label="Lý do gia hạn",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Hãy ghi lý do gia hạn."},
    )


class WaiveForm(VietnameseFormMixin, forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "mien-%s", **kwargs})

    reason = forms.CharField(
        label="Lý do miễn nộp",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Hãy ghi lý do miễn nộp."},
        help_text="Đơn vị được miễn không còn tính vào số phải nộp; lý do hiện trên trang báo cáo.",
    )


class YearForm(forms.Form):
    """The year whose period is to be opened."""

    nam = forms.IntegerField(label="Năm", error_messages={"invalid": "Hãy ghi năm bằng bốn chữ số."})

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["nam"]
        field.min_value, field.max_value = on.year - 10, on.year + 2  # type: ignore[attr-defined]
        field.widget.attrs |= {"inputmode": "numeric"}

    def clean_nam(self) -> int:
        year: int = self.cleaned_data["nam"]
        low, high = self.fields["nam"].min_value, self.fields["nam"].max_value  # type: ignore[attr-defined]
        if not low <= year <= high:
            raise forms.ValidationError(f"Hãy chọn một năm từ {low} đến {high}.")
        return year
