"""What people type into a section of a plan: its text, its task, and who carries it out."""

import datetime
from typing import Any

from crispy_forms.layout import Column, Fieldset, Row
from django import forms
from django.forms import BaseInlineFormSet, inlineformset_factory

from orgunits.models import Level, OrgUnit
from plans.forms import MOST_ROWS, RowsMixin, VietnameseFormMixin, date_field, form_helper, unit_choices
from plans.models import Plan, Responsibility, Section, Task


class SectionForm(VietnameseFormMixin, forms.ModelForm):
    """The text of one section, and whether units carry it out as a task."""

    is_task = forms.BooleanField(
        label="Là nhiệm vụ phải theo dõi",
        required=False,
        help_text="Các đơn vị báo cáo tình hình thực hiện của từng nhiệm vụ.",
    )
    time_frame = forms.CharField(
        label="Thời gian thực hiện",
        required=False,
        max_length=200,
        help_text="Ghi như trong văn bản. Để trống khi văn bản không nêu.",
    )
    year_round = forms.BooleanField(label="Thường xuyên hằng năm", required=False)
    starts_on = date_field("Từ ngày", help_text="")
    ends_on = date_field("Đến ngày", help_text="")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Section
        fields = ("kind", "number", "heading", "body")
        widgets = {"heading": forms.Textarea(attrs={"rows": 2}), "body": forms.Textarea(attrs={"rows": 8})}
        help_texts = {"number": "Ví dụ I., 1., 1.1., a) hoặc dấu gạch -."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(
            Row(Column("kind", css_class="col-md-6"), Column("number", css_class="col-md-6")),
            "heading",
            "body",
            Fieldset(
                "Nhiệm vụ",
                "is_task",
                "time_frame",
                "year_round",
                Row(Column("starts_on", css_class="col-md-6"), Column("ends_on", css_class="col-md-6")),
            ),
            "seen",
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("heading") and not cleaned.get("body"):
            self.add_error("body", "Hãy ghi tiêu đề hoặc nội dung của mục.")
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", f"Ngày kết thúc phải từ ngày {first:%d/%m/%Y} trở đi.")
        return cleaned

    def section_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("kind", "number", "heading", "body")}

    def task_values(self, task: Task | None) -> dict[str, Any] | None:
        """The values of the task, or None when the section is none."""
        if not self.cleaned_data["is_task"]:
            return None
        values = {name: self.cleaned_data[name] for name in ("time_frame", "year_round", "starts_on", "ends_on")}
        label = task.time_label if task else ""
        return {**values, "time_label": label or ("Thời gian thực hiện" if values["time_frame"] and not task else "")}


class ResponsibilityForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = Responsibility
        fields = ("part", "label", "bodies", "org_unit", "level")
        widgets = {"bodies": forms.Textarea(attrs={"rows": 2})}
        help_texts = {
            "label": "Như trong văn bản, ví dụ Ngành chủ trì. Để trống khi đơn vị chỉ được nêu trong câu.",
            "bodies": "Như trong văn bản.",
        }


class BaseResponsibilityFormSet(RowsMixin, BaseInlineFormSet):
    """Rows of leading and supporting bodies; units and levels near the issuer to choose from."""

    def __init__(self, *args: Any, plan: Plan, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = unit_choices(plan.org_unit, on=on)
        linked = OrgUnit.objects.filter(responsibilities__section__plan=plan)
        pks = set(units.values_list("pk", flat=True)) | set(linked.values_list("pk", flat=True))
        self.units = OrgUnit.objects.filter(pk__in=pks).prefetch_related("placements")
        self.levels = Level.objects.filter(sector=plan.org_unit.sector)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["org_unit"].queryset = self.units
        form.fields["level"].queryset = self.levels
        for name, field in form.fields.items():
            field.required = field.required and name in {"part", "bodies"}


ResponsibilityFormSet = inlineformset_factory(
    Section,
    Responsibility,
    form=ResponsibilityForm,
    formset=BaseResponsibilityFormSet,
    extra=2,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS,
    can_delete=True,
    can_delete_extra=False,
)
