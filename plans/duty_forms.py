"""What people type into a reporting duty: who reports what to whom. Its due rules are in due_rule_forms.py."""

import datetime
from typing import Any

from crispy_forms.layout import Column, Fieldset, Row
from django import forms

from orgunits.models import OrgUnit, Placement
from orgunits.models.units import unit_pks
from plans.due_rule_forms import levels_of_plan
from plans.forms import SeveralField, VietnameseFormMixin, date_field, form_helper, unit_choices
from plans.models import Plan, ReportingDuty, Section


def receiving_units(unit: OrgUnit, *, on: datetime.date) -> Any:
    """The issuer and the units above it: those who may receive the report."""
    place = Placement.objects.as_of(on).filter(org_unit=unit).first()
    pks = unit_pks(place.path) if place else [unit.pk]
    return OrgUnit.objects.filter(pk__in=pks).prefetch_related("placements")


class DutyForm(VietnameseFormMixin, forms.ModelForm):
    active_from = date_field("Áp dụng từ ngày", help_text="")
    active_to = date_field("Thôi áp dụng từ ngày", help_text="")
    once_starts_on = date_field("Kỳ chuyên đề từ ngày", help_text="")
    once_ends_on = date_field("Đến hết ngày", help_text="")

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
            "once_title",
            "once_starts_on",
            "once_ends_on",
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
            "once_title": "Chỉ ghi cho báo cáo một lần, ví dụ Báo cáo chuyên đề Tháng hành động vì trẻ em năm 2026.",
            "embedded_in": "Khi báo cáo này là một phần của báo cáo khác, ví dụ báo cáo hoạt động công đoàn năm.",
        }

    def __init__(self, *args: Any, plan: Plan, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        querysets = {
            "section": Section.objects.filter(plan=plan),
            "levels": levels_of_plan(plan),
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
            Fieldset(
                "Kỳ chuyên đề (báo cáo một lần)", "once_title", Row(Column("once_starts_on"), Column("once_ends_on"))
            ),
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
        self._check_once(cleaned)
        return cleaned

    def _check_once(self, cleaned: dict[str, Any]) -> None:
        """A thematic period has a title and both its days, or nothing at all."""
        names = ("once_title", "once_starts_on", "once_ends_on")
        if any(name in self.errors for name in names):
            return
        title, first, last = (cleaned.get(name) for name in names)
        if not (title or first or last):
            return
        for name, value in zip(names, (title, first, last), strict=True):
            if not value:
                self.add_error(name, "Kỳ chuyên đề cần đủ tên, ngày bắt đầu và ngày kết thúc.")
        if first and last and last < first:
            self.add_error("once_ends_on", "Ngày kết thúc kỳ chuyên đề không được trước ngày bắt đầu.")
