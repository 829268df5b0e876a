"""What an administrator types about due dates: a rule, an extension, a waiver, a year to open."""

import datetime
from typing import Any

from django import forms

from orgunits.form_fields import DayField, UnitField
from orgunits.models import OrgUnit
from plans.due_rule_forms import DueRuleForm
from plans.forms import VietnameseFormMixin
from plans.models import DueRule, PeriodKind, ReportingDuty
from reports.many_changes import Change, Scope, Wanted
from reports.models import Period, Rollup

REASON_LENGTH = 500


class DueDateForm(DueRuleForm):
    """The date of one rule; the verbatim phrase belongs to the plan and stays."""

    unit = None  # type: ignore[assignment]  # for whom the rule is stays too

    class Meta(DueRuleForm.Meta):
        fields = (  # type: ignore[assignment]
            "comparison",
            "day",
            "month",
            "next_year",
            "days_after",
            "named_on",
            "shift",
            "cut_off_day",
            "cut_off_month",
        )

    apply_to_open = forms.BooleanField(
        label="Áp dụng ngay cho các báo cáo đã tạo mà đơn vị chưa nộp",
        required=False,
        initial=True,
        help_text="Báo cáo đã nộp giữ hạn cũ. Bỏ chọn nếu thời hạn mới chỉ dùng cho các kỳ tạo sau này.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unused = ("day", "month", "next_year", "cut_off_day", "cut_off_month") if self.is_once else ("named_on",)
        for name in unused:
            del self.fields[name]
        if self.is_once:
            self.fields["named_on"].help_text = ""

    @property
    def is_once(self) -> bool:
        return bool(self.instance.period_kind == PeriodKind.ONCE)

    def clean(self) -> dict[str, Any]:
        """Here a date must be set: who came to set one and left it empty is told."""
        cleaned = super().clean()
        comparison = cleaned.get("comparison")
        if comparison in (DueRule.Comparison.BEFORE, DueRule.Comparison.BY):
            for name in ("named_on",) if self.is_once else ("day", "month"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, "Hãy ghi ngày." if self.is_once else "Hãy ghi đủ ngày và tháng.")
        return cleaned

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


class CloseForm(VietnameseFormMixin, forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "dong-%s", **kwargs})

    reason = forms.CharField(
        label="Lý do đóng",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Hãy ghi lý do đóng."},
        help_text="Báo cáo đã đóng không nhận nộp nữa, không bị nhắc, không tính quá hạn; vẫn tính là chưa nộp.",
    )


class ChangeForm(VietnameseFormMixin, forms.Form):
    """More time, a waiver or the end of taking reports, for many units of a period."""

    viec = forms.ChoiceField(
        label="Việc cần làm",
        choices=Change.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Hãy chọn việc cần làm."},
    )
    pham_vi = forms.ChoiceField(
        label="Cho những đơn vị nào",
        choices=Scope.choices,
        initial=Scope.ALL,
        widget=forms.RadioSelect,
        error_messages={"required": "Hãy chọn phạm vi."},
    )
    don_vi = UnitField(
        label="Đơn vị",
        required=False,
        help_text="Nhập tên hoặc mã, khi chọn một nhánh hoặc một đơn vị.",
        error_messages={"unknown": "Không có đơn vị nào như vậy trong kỳ báo cáo này. Hãy nhập tên hoặc mã."},
    )
    until = DayField(
        label="Gia hạn đến hết ngày",
        required=False,
        error_messages={"invalid": "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 30/11/2026."},
        help_text="Chỉ ghi khi gia hạn. Ngày này vẫn còn trong hạn, đến 23:59.",
    )
    reason = forms.CharField(
        label="Lý do",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Hãy ghi lý do."},
    )
    xac_nhan = forms.IntegerField(required=False, min_value=1, max_value=10_000_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, duty: ReportingDuty, period: Period, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_period = Rollup.objects.filter(duty=duty, period=period, basis=Rollup.Basis.AS_FILED).values("org_unit")
        self.fields["don_vi"].queryset = OrgUnit.objects.filter(pk__in=in_period)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names_one = cleaned.get("pham_vi") in (Scope.BRANCH, Scope.UNIT)
        if names_one and not cleaned.get("don_vi") and "don_vi" not in self.errors:
            self.add_error("don_vi", "Hãy nhập đơn vị.")
        if cleaned.get("viec") == Change.EXTEND and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", "Hãy ghi ngày gia hạn.")
        return cleaned

    @property
    def wanted(self) -> Wanted:
        """What was asked for; call it when the form is valid."""
        typed = self.cleaned_data
        change, scope = Change(typed["viec"]), Scope(typed["pham_vi"])
        return Wanted(
            change=change,
            reason=typed["reason"],
            scope=scope,
            unit=typed["don_vi"] if scope != Scope.ALL else None,
            until=typed["until"] if change == Change.EXTEND else None,
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
