"""What people type into a due rule: for which period, by which day, for which level or unit."""

import datetime
from typing import Any

from django import forms
from django.forms import BaseInlineFormSet, inlineformset_factory

from orgunits.form_fields import UnitField
from orgunits.models import Level, OrgUnit
from orgunits.models.units import OrgUnitQuerySet
from plans.forms import MOST_ROWS, RowsMixin, VietnameseFormMixin, date_field
from plans.models import DueRule, PeriodKind, Plan, ReportingDuty
from plans.models.due_rules import MOST_DAYS_AFTER

A_YEAR_WITHOUT_LEAP_DAY = 2023  # 29/2 is no day that comes every year
MONTH_PARTS = ("day", "month", "next_year")
Comparison = DueRule.Comparison


def levels_of_plan(plan: Plan) -> Any:
    return Level.objects.filter(sector=plan.org_unit.sector)


def units_of_plan(plan: Plan) -> OrgUnitQuerySet:
    """The units that may have a day of their own: those of the plan's sector."""
    return OrgUnit.objects.filter(sector=plan.org_unit.sector)


class DueRuleForm(VietnameseFormMixin, forms.ModelForm):
    unit = UnitField(
        label="Riêng cho đơn vị",
        required=False,
        help_text="Nhập tên hoặc mã. Thời hạn của một đơn vị thay cho thời hạn của cấp. Để trống nếu không có.",
        error_messages={"unknown": "Không có đơn vị nào như vậy trong hệ thống của kế hoạch. Hãy nhập tên hoặc mã."},
    )
    named_on = date_field("Ngày ghi đủ năm", help_text="Chỉ dùng cho báo cáo chuyên đề một lần.")

    class Meta:
        model = DueRule
        fields = (
            "period_kind",
            "level",
            "unit",
            "comparison",
            "day",
            "month",
            "next_year",
            "days_after",
            "named_on",
            "shift",
            "cut_off_day",
            "cut_off_month",
            "phrase",
        )
        help_texts = {
            "comparison": (
                "“Trước ngày 10/11” là nộp đến hết ngày 09/11; “chậm nhất ngày 10/11” (đến ngày 10/11) là đến hết ngày "
                "10/11. Ngày cuối cùng của tháng: chỉ chọn tháng; tháng 2 là ngày 28, năm nhuận là ngày 29."
            ),
            "level": "“Mọi cấp” là thời hạn của mọi cấp, hoặc của các cấp không có thời hạn riêng.",
            "days_after": "Tính từ ngày sau ngày cuối cùng của kỳ; 0 là chính ngày cuối cùng của kỳ.",
            "shift": "Thứ Bảy, Chủ nhật, ngày lễ, Tết. Không chọn thì hạn giữ nguyên và đơn vị được nhắc sớm hơn.",
            "phrase": "Như trong văn bản. Để trống khi văn bản không nêu.",
        }
        labels = {"cut_off_day": "Chốt số liệu ngày", "cut_off_month": "Chốt số liệu tháng"}

    def __init__(self, *args: Any, plan: Plan | None = None, **kwargs: Any) -> None:
        """``plan`` gives the levels and units to choose from; a form that leaves them alone needs none."""
        super().__init__(*args, **kwargs)
        if plan and "level" in self.fields:
            field = self.fields["level"]
            field.queryset = levels_of_plan(plan)  # type: ignore[attr-defined]
            field.empty_label = "Mọi cấp"  # type: ignore[attr-defined]
            self.fields["unit"].queryset = units_of_plan(plan)  # type: ignore[attr-defined]
            if self.instance.unit_id:
                self.initial["unit"] = self.instance.unit
        for name, most in (("day", 31), ("cut_off_day", 31), ("month", 12), ("cut_off_month", 12)):
            self.fields[name].widget.attrs |= {"min": 1, "max": most, "inputmode": "numeric"}
        self.fields["shift"].required = False
        self.fields["days_after"].widget.attrs |= {"min": 0, "max": MOST_DAYS_AFTER, "inputmode": "numeric"}

    def clean_shift(self) -> str:
        return self.cleaned_data.get("shift") or DueRule.Shift.NONE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kind = cleaned.get("period_kind", self.instance.period_kind)
        if cleaned.get("level") and cleaned.get("unit"):
            self.add_error("unit", "Thời hạn riêng là của một cấp hoặc của một đơn vị; hãy bỏ một trong hai.")
        match cleaned.get("comparison"):
            case Comparison.AFTER:
                self._clean_after()
            case Comparison.LAST_DAY:
                self._clean_last_day(kind)
            case _ if kind == PeriodKind.ONCE:
                self._clean_named()
            case _:
                self._refuse("days_after", "Chỉ ghi số ngày khi cách tính là “số ngày sau khi hết kỳ”.")
                self._refuse("named_on", "Ngày ghi đủ năm chỉ dùng cho báo cáo chuyên đề một lần.")
                self._check_date("day", "month")
        self._check_cut_off(kind)
        return cleaned

    def _clean_after(self) -> None:
        days = self.cleaned_data.get("days_after")
        if days is None and "days_after" not in self.errors:
            self.add_error("days_after", "Hãy ghi số ngày sau khi hết kỳ.")
        elif days is not None and days > MOST_DAYS_AFTER:
            self.add_error("days_after", f"Hãy ghi từ 0 đến {MOST_DAYS_AFTER} ngày.")
        for name in (*MONTH_PARTS, "named_on"):
            self._refuse(name, "Cách tính “số ngày sau khi hết kỳ” không dùng ngày này; hãy để trống.")

    def _clean_last_day(self, kind: str) -> None:
        month = self.cleaned_data.get("month")
        if kind == PeriodKind.ONCE:
            self.add_error("comparison", "Báo cáo một lần cần ngày ghi đủ năm, hoặc số ngày sau khi hết kỳ.")
            return
        if month is None and "month" not in self.errors:
            self.add_error("month", "Hãy ghi tháng.")
        elif month is not None and not 1 <= month <= 12:
            self.add_error("month", "Hãy ghi tháng từ 1 đến 12.")
        for name in ("day", "days_after", "named_on"):
            self._refuse(name, "Cách tính “ngày cuối cùng của tháng” chỉ cần tháng; hãy để trống ô này.")

    def _clean_named(self) -> None:
        for name in (*MONTH_PARTS, "days_after"):
            self._refuse(name, "Báo cáo một lần dùng ngày ghi đủ năm; hãy để trống ô này.")

    def _refuse(self, name: str, sentence: str) -> None:
        """What does not belong to the chosen way of counting; 0 days is something."""
        value = self.cleaned_data.get(name)
        if name not in self.errors and value is not None and value is not False:
            self.add_error(name, sentence)

    def _check_cut_off(self, kind: str) -> None:
        if kind == PeriodKind.ONCE:
            for name in ("cut_off_day", "cut_off_month"):
                self._refuse(name, "Báo cáo một lần chốt số liệu vào ngày cuối cùng của kỳ; hãy để trống.")
        else:
            self._check_date("cut_off_day", "cut_off_month")

    def _check_date(self, day_name: str, month_name: str) -> None:
        if day_name in self.errors or month_name in self.errors:
            return
        day, month = self.cleaned_data.get(day_name), self.cleaned_data.get(month_name)
        if (day is None) != (month is None):
            self.add_error(day_name if day is None else month_name, "Hãy ghi đủ ngày và tháng, hoặc để trống cả hai.")
        elif day is not None and month is not None:
            try:
                datetime.date(A_YEAR_WITHOUT_LEAP_DAY, month, day)
            except (ValueError, OverflowError):
                self.add_error(day_name, f"Không có ngày {day}/{month} trong mọi năm. Hãy chọn ngày khác.")

    @property
    def sets_a_date(self) -> bool:
        changed = {"comparison", *MONTH_PARTS, "days_after", "named_on", "shift"} & set(self.changed_data)
        return bool(changed) and bool(self.instance.has_date)


class BaseDueRuleFormSet(RowsMixin, BaseInlineFormSet):
    """At most one rule for each kind of period and level or unit, the rule for all others beside them."""

    @property
    def kept(self) -> list[Any]:
        """The rows that will be rules once they are saved."""
        return [
            form
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if form.cleaned_data.get("period_kind") and not form.cleaned_data.get("DELETE")
        ]

    def clean(self) -> None:
        slots = [tuple(form.cleaned_data.get(name) for name in ("period_kind", "level", "unit")) for form in self.kept]
        if len(slots) != len(set(slots)):
            raise forms.ValidationError(
                "Mỗi kỳ báo cáo chỉ có một thời hạn cho mỗi cấp, cho mỗi đơn vị và một thời hạn cho các cấp còn lại. "
                "Hãy bỏ dòng bị lặp."
            )
        super().clean()


MOST_RULES = 60  # three kinds of period for ten levels, and units with a day of their own

DueRuleFormSet = inlineformset_factory(
    ReportingDuty,
    DueRule,
    form=DueRuleForm,
    formset=BaseDueRuleFormSet,
    extra=3,  # a day for each of the three usual levels
    max_num=MOST_RULES,
    absolute_max=MOST_ROWS,
    can_delete=True,
    can_delete_extra=False,
)


def once_fits(form: Any, rules: Any) -> bool:
    """Whether a rule for a thematic report has a thematic period; marks the rows where it has not."""
    astray = [row for row in rules.kept if row.cleaned_data.get("period_kind") == PeriodKind.ONCE]
    if form.cleaned_data.get("once_title"):
        return True
    for row in astray:
        row.add_error("period_kind", "Hãy ghi tên, ngày bắt đầu và ngày kết thúc của kỳ chuyên đề ở cuối trang.")
    return not astray


def levels_fit(form: Any, rules: Any) -> bool:
    """Whether each level with a date of its own owes the report; marks the rows where it does not.

    Call it when both the form of the duty and the rows are valid. Only where the duty falls on levels can that be told
    from what was typed.
    """
    if form.cleaned_data["reporters"] != ReportingDuty.Reporters.LEVEL:
        return True
    owing = set(form.cleaned_data["levels"])
    astray = [row for row in rules.kept if row.cleaned_data.get("level") not in {None, *owing}]
    for row in astray:
        level = row.cleaned_data["level"]
        row.add_error("level", f"Cấp “{level}” không có trong các cấp phải báo cáo đã chọn.")
    return not astray
