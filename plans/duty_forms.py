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


def _levels(plan: Plan) -> Any:
    return Level.objects.filter(sector=plan.org_unit.sector)


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
            "levels",
            "units",
            "recipient_unit",
            "delivery",
            "recipient_name",
            "route",
            "embedded_in",
            "active_from",
            "active_to",
        )
        field_classes = {"levels": SeveralField, "units": SeveralField}
        widgets = {
            "phrase": forms.Textarea(attrs={"rows": 3}),
            "levels": forms.CheckboxSelectMultiple,
            "units": forms.CheckboxSelectMultiple,
            "delivery": forms.RadioSelect,
        }
        help_texts = {
            "phrase": "Câu trong văn bản nêu chế độ báo cáo này, ghi đúng từng chữ.",
            "levels": (
                "Chỉ chọn khi đơn vị phải báo cáo là các đơn vị cấp dưới thuộc những cấp được chọn. "
                "Chọn được nhiều cấp."
            ),
            "units": "Chỉ chọn khi đơn vị phải báo cáo là các đơn vị được chọn.",
            "delivery": (
                "Theo từng cấp: mỗi đơn vị nộp cho đơn vị cấp trên gần nhất cũng phải nộp báo cáo này, và đơn vị đó "
                "xét duyệt; đơn vị trên cùng nộp nơi nhận. Báo cáo đã tạo không đổi nơi nhận."
            ),
            "recipient_name": "Như trong văn bản, ví dụ Văn phòng LĐLĐ tỉnh.",
            "route": "Như trong văn bản, ví dụ Ban Nữ công.",
            "embedded_in": "Khi báo cáo này là một phần của báo cáo khác, ví dụ báo cáo hoạt động công đoàn năm.",
        }

    def __init__(self, *args: Any, plan: Plan, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        querysets = {
            "section": Section.objects.filter(plan=plan),
            "levels": _levels(plan),
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
            Fieldset("Ai báo cáo", "reporters", "levels", "units"),
            Fieldset("Gửi cho ai", "recipient_unit", "delivery", Row(Column("recipient_name"), Column("route"))),
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
        if reporters == ReportingDuty.Reporters.LEVEL and not cleaned.get("levels"):
            self.add_error("levels", "Hãy chọn ít nhất một cấp phải báo cáo.")
        first, last = cleaned.get("active_from"), cleaned.get("active_to")
        if first and last and last <= first:
            self.add_error("active_to", "Ngày thôi áp dụng phải sau ngày bắt đầu áp dụng.")
        return cleaned


class DueRuleForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = DueRule
        fields = (
            "period_kind",
            "level",
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
            "level": "“Mọi cấp” là thời hạn của mọi cấp, hoặc của các cấp không có thời hạn riêng.",
            "phrase": "Như trong văn bản. Để trống khi văn bản không nêu.",
        }
        labels = {"cut_off_day": "Chốt số liệu ngày", "cut_off_month": "Chốt số liệu tháng"}

    def __init__(self, *args: Any, plan: Plan | None = None, **kwargs: Any) -> None:
        """``plan`` gives the levels to choose from; a form that leaves the level alone needs none."""
        super().__init__(*args, **kwargs)
        if plan and "level" in self.fields:
            field = self.fields["level"]
            field.queryset = _levels(plan)  # type: ignore[attr-defined]
            field.empty_label = "Mọi cấp"  # type: ignore[attr-defined]
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
    """At most one rule for each kind of period and level, the rule without a level beside them."""

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
        slots = [(form.cleaned_data["period_kind"], form.cleaned_data.get("level")) for form in self.kept]
        if len(slots) != len(set(slots)):
            raise forms.ValidationError(
                "Mỗi kỳ báo cáo chỉ có một thời hạn cho mỗi cấp và một thời hạn cho các cấp còn lại. "
                "Hãy bỏ dòng bị lặp."
            )
        super().clean()


MOST_RULES = 20  # two kinds of period for ten levels

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


def levels_fit(form: DutyForm, rules: Any) -> bool:
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
