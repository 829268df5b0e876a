"""What people type into a reporting duty: who reports what to whom, and by which day for each kind of period."""

import datetime
from typing import Any

from crispy_forms.layout import Column, Fieldset, Row
from django import forms
from django.forms import BaseInlineFormSet, inlineformset_factory

from orgunits.models import Level, OrgUnit, Placement
from orgunits.models.units import unit_pks
from plans.forms import MOST_ROWS, RowsMixin, SeveralField, VietnameseFormMixin, date_field, form_helper, unit_choices
from plans.models import DueRule, Plan, ReportingDuty, Section

A_YEAR_WITHOUT_LEAP_DAY = 2023  # 29/2 is no day that comes every year


def receiving_units(unit: OrgUnit, *, on: datetime.date) -> Any:
    """The issuer and the units above it: those who may receive the report."""
    place = Placement.objects.as_of(on).filter(org_unit=unit).first()
    pks = unit_pks(place.path) if place else [unit.pk]
    return OrgUnit.objects.filter(pk__in=pks).prefetch_related("placements")


class DutyForm(VietnameseFormMixin, forms.ModelForm):
    active_from = date_field("Áp dụng từ ngày", help_text="")
    active_to = date_field("Thôi áp dụng từ ngày", help_text="")

    class Meta:
        model = ReportingDuty
        fields = (
            "name",
            "phrase",
            "section",
            "reporters",
            "level",
            "units",
            "recipient_unit",
            "recipient_name",
            "route",
            "embedded_in",
            "active_from",
            "active_to",
        )
        field_classes = {"units": SeveralField}
        widgets = {"phrase": forms.Textarea(attrs={"rows": 3}), "units": forms.CheckboxSelectMultiple}
        help_texts = {
            "phrase": "Câu trong văn bản nêu chế độ báo cáo này, ghi đúng từng chữ.",
            "level": "Chỉ chọn khi đơn vị phải báo cáo là các đơn vị cấp dưới thuộc một cấp.",
            "units": "Chỉ chọn khi đơn vị phải báo cáo là các đơn vị được chọn.",
            "recipient_name": "Như trong văn bản, ví dụ Văn phòng LĐLĐ tỉnh.",
            "route": "Như trong văn bản, ví dụ Ban Nữ công.",
            "embedded_in": "Khi báo cáo này là một phần của báo cáo khác, ví dụ báo cáo hoạt động công đoàn năm.",
        }

    def __init__(self, *args: Any, plan: Plan, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        querysets = {
            "section": Section.objects.filter(plan=plan),
            "level": Level.objects.filter(sector=plan.org_unit.sector),
            "units": self._with_chosen(unit_choices(plan.org_unit, on=on)),
            "recipient_unit": receiving_units(plan.org_unit, on=on),
        }
        if self.instance.recipient_unit_id:
            pks = [*querysets["recipient_unit"].values_list("pk", flat=True), self.instance.recipient_unit_id]
            querysets["recipient_unit"] = OrgUnit.objects.filter(pk__in=pks).prefetch_related("placements")
        for name, queryset in querysets.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        self.helper = form_helper(
            Fieldset("Báo cáo", "name", "phrase", "section", "embedded_in"),
            Fieldset("Ai báo cáo", "reporters", "level", "units"),
            Fieldset("Gửi cho ai", "recipient_unit", Row(Column("recipient_name"), Column("route"))),
            Fieldset("Hiệu lực", Row(Column("active_from"), Column("active_to"))),
        )

    def _with_chosen(self, near: Any) -> Any:
        if not self.instance.pk:
            return near
        pks = {*near.values_list("pk", flat=True), *self.instance.units.values_list("pk", flat=True)}
        return OrgUnit.objects.filter(pk__in=pks).prefetch_related("placements")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        reporters = cleaned.get("reporters")
        if reporters == ReportingDuty.Reporters.CHOSEN and not cleaned.get("units"):
            self.add_error("units", "Hãy chọn ít nhất một đơn vị phải báo cáo.")
        if reporters == ReportingDuty.Reporters.LEVEL and not cleaned.get("level"):
            self.add_error("level", "Hãy chọn cấp phải báo cáo.")
        first, last = cleaned.get("active_from"), cleaned.get("active_to")
        if first and last and last <= first:
            self.add_error("active_to", "Ngày thôi áp dụng phải sau ngày bắt đầu áp dụng.")
        return cleaned


class DueRuleForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = DueRule
        fields = (
            "period_kind",
            "comparison",
            "day",
            "month",
            "next_year",
            "cut_off_day",
            "cut_off_month",
            "phrase",
        )
        help_texts = {
            "comparison": "“Trước ngày 10/11” là nộp đến hết ngày 09/11; “chậm nhất ngày 10/11” là đến hết ngày 10/11.",
            "phrase": "Như trong văn bản. Để trống khi văn bản không nêu.",
        }
        labels = {"cut_off_day": "Chốt số liệu ngày", "cut_off_month": "Chốt số liệu tháng"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, most in (("day", 31), ("cut_off_day", 31), ("month", 12), ("cut_off_month", 12)):
            self.fields[name].widget.attrs |= {"min": 1, "max": most, "inputmode": "numeric"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for day, month in (("day", "month"), ("cut_off_day", "cut_off_month")):
            self._check_date(day, month)
        return cleaned

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
        return bool({"day", "month", "comparison", "next_year"} & set(self.changed_data)) and bool(
            self.cleaned_data.get("day")
        )


class BaseDueRuleFormSet(RowsMixin, BaseInlineFormSet):
    """At most one rule for each kind of period."""

    def clean(self) -> None:
        super().clean()
        kinds = [
            form.cleaned_data["period_kind"]
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if form.cleaned_data.get("period_kind") and not form.cleaned_data.get("DELETE")
        ]
        if len(kinds) != len(set(kinds)):
            raise forms.ValidationError("Mỗi kỳ báo cáo chỉ có một thời hạn. Hãy bỏ dòng bị lặp.")


DueRuleFormSet = inlineformset_factory(
    ReportingDuty,
    DueRule,
    form=DueRuleForm,
    formset=BaseDueRuleFormSet,
    extra=2,
    max_num=2,
    absolute_max=MOST_ROWS,
    can_delete=True,
    can_delete_extra=False,
)
