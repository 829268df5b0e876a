"""What people type into indicators, targets and milestones."""

from typing import Any

from django import forms
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.utils.text import slugify

from orgunits.models import Level
from orgunits.vietnamese import without_marks
from plans.forms import MOST_ROWS, RowsMixin, SeveralField, VietnameseFormMixin
from plans.models import Plan, Programme, Section
from targets.models import Indicator, Milestone, PopulationGroup, Target

NO_GROUP = "all"  # stands in figures for an indicator without groups, so no group may be called so


class TargetForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = Target
        fields = ("indicator", "section", "answered_by", "levels")
        field_classes = {"levels": SeveralField}
        widgets = {"levels": forms.CheckboxSelectMultiple}
        help_texts = {
            "answered_by": "Như trong văn bản, ví dụ công đoàn cơ sở.",
            "levels": "Để trống khi mọi đơn vị phải báo cáo đều trả lời chỉ tiêu này.",
            "section": "Mục của kế hoạch đặt ra chỉ tiêu này.",
        }

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.fields["indicator"].queryset = Indicator.objects.filter(programme=plan.programme_id)  # type: ignore[attr-defined]
        self.fields["section"].queryset = Section.objects.filter(plan=plan)  # type: ignore[attr-defined]
        self.fields["levels"].queryset = Level.objects.filter(sector=plan.org_unit.sector)  # type: ignore[attr-defined]

    def clean_indicator(self) -> Indicator:
        indicator: Indicator = self.cleaned_data["indicator"]
        if Target.objects.filter(plan=self.plan, indicator=indicator).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Kế hoạch đã có chỉ tiêu này. Hãy sửa chỉ tiêu đang có.")
        return indicator


class BaseMilestoneFormSet(RowsMixin, BaseInlineFormSet):
    """Each year once."""

    def clean(self) -> None:
        super().clean()
        years = [
            form.cleaned_data["year"]
            for form in self.forms
            if form.cleaned_data.get("year") and not form.cleaned_data.get("DELETE")
        ]
        if len(years) != len(set(years)):
            raise forms.ValidationError("Mỗi năm chỉ có một mốc. Hãy bỏ dòng bị lặp.")


class MilestoneForm(forms.ModelForm):
    class Meta:
        model = Milestone
        fields = ("year", "operator", "percent")
        help_texts = {"operator": "“Trên 90 %” nghĩa là phải vượt 90 %; đúng 90 % là chưa đạt."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].widget.attrs |= {"min": 2000, "max": 2100}
        self.fields["percent"].localize = True
        self.fields["percent"].widget = forms.TextInput(attrs={"inputmode": "decimal"})
        self.fields["percent"].widget.is_localized = True

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not 2000 <= year <= 2100:
            raise forms.ValidationError("Hãy ghi năm từ 2000 đến 2100.")
        return year


MilestoneFormSet = inlineformset_factory(
    Target,
    Milestone,
    form=MilestoneForm,
    formset=BaseMilestoneFormSet,
    extra=2,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS,
    can_delete=True,
    can_delete_extra=False,
)


class IndicatorForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = Indicator
        fields = ("short_name", "name", "unit_of_count", "numerator_label", "denominator_label")
        widgets = {"name": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "unit_of_count": "Ví dụ người, gia đình.",
            "numerator_label": "Đếm ai, cái gì, ví dụ số gia đình được truyền thông.",
            "denominator_label": "Trên tổng số nào, ví dụ tổng số gia đình đoàn viên.",
        }

    def save_in(self, programme: Programme) -> Indicator:
        """Save with a code made from the short name; the code is the key of figures and never changes later."""
        indicator: Indicator = self.instance
        if indicator.pk is None:
            indicator.programme = programme
            indicator.code = free_code(programme, self.cleaned_data["short_name"])
        return self.save()


def free_code(programme: Programme, name: str) -> str:
    """A code that no indicator has yet: the programme's code and the name without marks."""
    stem = slugify(f"{programme.code}-{without_marks(name)}")[:50].strip("-")
    taken = set(Indicator.objects.filter(code__startswith=stem).values_list("code", flat=True))
    number = 2
    code = stem
    while code in taken:
        code, number = f"{stem}-{number}", number + 1
    return code


class GroupForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = PopulationGroup
        fields = ("name",)


class BaseGroupFormSet(RowsMixin, BaseInlineFormSet):
    """Groups keep their code; a new one gets its own from its name."""

    def save_groups(self, indicator: Indicator) -> None:
        self.instance = indicator
        self.save(commit=False)
        for gone in self.deleted_objects:
            gone.delete()
        codes = {NO_GROUP, *indicator.groups.values_list("code", flat=True)}
        for order, form in enumerate(self.forms, start=1):
            group: PopulationGroup = form.instance
            if form in self.deleted_forms or not group.name:
                continue
            group.indicator, group.order = indicator, order
            group.code = group.code or _free(slugify(without_marks(group.name))[:36].strip("-") or "nhom", codes)
            codes.add(group.code)
            group.save()


def _free(stem: str, taken: set[str]) -> str:
    number, code = 2, stem
    while code in taken:
        code, number = f"{stem}-{number}", number + 1
    return code


GroupFormSet = inlineformset_factory(
    Indicator,
    PopulationGroup,
    form=GroupForm,
    formset=BaseGroupFormSet,
    extra=2,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS,
    can_delete=True,
    can_delete_extra=False,
)
