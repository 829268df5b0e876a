"""The form of one activity in the register."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.formats import number_format

from orgunits.models import OrgUnit
from orgunits.vietnamese import nfc
from plans.models import Task
from reports import content_checks
from reports.models import Activity, FundingSource, Obligation, Occasion
from reports.whole_numbers import Unreadable, read_money, read_whole

FIRST_YEAR = 2012  # Chỉ thị 20-CT/TW, the oldest programme
NAMES_LOOKED_AT = 200
NAMES_OFFERED = 30
WRONG_DAY = "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 01/06/2026."
FUTURE = "Sổ này ghi hoạt động đã tổ chức. Ngày tổ chức không thể sau hôm nay."


class WholeNumberField(forms.CharField):
    """A whole number as people type it (``1.234``), or nothing, which is not zero."""

    def __init__(self, *, money: bool = False, **options: Any) -> None:
        self.money = money
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(required=False, max_length=60, widget=widget, **options)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_money(text) if self.money else read_whole(text)
        except Unreadable as error:
            raise ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        return number_format(value, force_grouping=True) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.clean(data))
        except ValidationError:
            return True


class ActivityForm(forms.ModelForm):
    """``units`` are those whose register the person keeps; with one alone the question is not asked."""

    children_reached = WholeNumberField(
        label="Số trẻ em tham gia, thụ hưởng", help_text="Để trống nếu không có số liệu; ghi 0 nếu không có em nào."
    )
    families_reached = WholeNumberField(label="Số gia đình tham gia, thụ hưởng")
    amount_union = WholeNumberField(label="Kinh phí công đoàn (đồng)", money=True)
    amount_state = WholeNumberField(label="Ngân sách nhà nước (đồng)", money=True)
    amount_social = WholeNumberField(label="Nguồn xã hội hóa (đồng)", money=True)
    amount_other = WholeNumberField(label="Nguồn khác (đồng)", money=True)

    class Meta:
        model = Activity
        fields = [
            "org_unit",
            "name",
            "occasion",
            "task",
            "held_on",
            "place",
            "children_reached",
            "families_reached",
            "amount_union",
            "amount_state",
            "amount_social",
            "amount_other",
        ]
        labels = {"org_unit": "Đơn vị", "task": "Nhiệm vụ trong kế hoạch"}
        help_texts = {
            "name": "Không ghi tên, địa chỉ của trẻ em.",
        }
        error_messages = {
            "name": {"required": "Hãy ghi tên hoạt động."},
            "occasion": {"required": "Hãy chọn dịp tổ chức."},
            "held_on": {"required": WRONG_DAY, "invalid": WRONG_DAY},
            "org_unit": {"required": "Hãy chọn đơn vị."},
        }
        widgets = {
            "held_on": forms.DateInput(
                attrs={"placeholder": "ngày/tháng/năm", "class": "field-date", "inputmode": "text"}
            )
        }

    def __init__(self, *args: Any, units: list[OrgUnit], on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        if len(units) == 1:
            del self.fields["org_unit"]
            self.instance.org_unit = units[0]
        else:
            self.fields["org_unit"].queryset = OrgUnit.objects.filter(  # type: ignore[attr-defined]
                pk__in=[unit.pk for unit in units]
            ).prefetch_related("placements")
        self.fields["occasion"].choices = [("", "Chọn dịp…"), *Occasion.choices]  # type: ignore[attr-defined]
        task_choice(self, units)
        self.fields["name"].widget.attrs["list"] = "ten-da-dung"
        self.names_before = _names_before(units)

    @property
    def warnings(self) -> list[str]:
        """Sentences about words that seem to say who a child is; they do not stop the entry."""
        typed = [self.cleaned_data.get(name, "") for name in ("name", "place")]
        return list(dict.fromkeys(filter(None, map(content_checks.names_a_person, typed))))

    @property
    def money(self) -> list[forms.BoundField]:
        return [self[f"amount_{source}"] for source in FundingSource.values]

    def clean_name(self) -> str:
        return nfc(self.cleaned_data["name"])

    def clean_held_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["held_on"]
        if day > self.on:
            raise ValidationError(FUTURE)
        if day.year < FIRST_YEAR:
            raise ValidationError(f"Hãy ghi ngày từ năm {FIRST_YEAR} trở đi.")
        return day


def task_choice(form: forms.ModelForm, units: list[OrgUnit]) -> None:
    """Let the field ``task`` offer the tasks of the plans on which the units report, and the one that is chosen."""
    offered = Q(plan__in=_plans(units)) | Q(pk=form.instance.task_id)
    tasks = Task.objects.filter(offered).select_related("section", "plan__document")
    field: Any = form.fields["task"]
    field.queryset = tasks.order_by("plan", "order", "pk")
    field.empty_label = "Không gắn với nhiệm vụ nào"
    field.label_from_instance = task_label


def _names_before(units: list[OrgUnit]) -> list[str]:
    """Names that the units have used, the latest first: what is held every year is chosen, not typed again."""
    used = Activity.objects.filter(org_unit__in=[unit.pk for unit in units])
    latest = used.order_by("-held_on", "-pk").values_list("name", flat=True)[:NAMES_LOOKED_AT]
    return list(dict.fromkeys(latest))[:NAMES_OFFERED]


def _plans(units: list[OrgUnit]) -> list[int]:
    """The plans on which the units report."""
    owed = Obligation.objects.filter(org_unit__in=[unit.pk for unit in units])
    return list(owed.values_list("duty__plan_id", flat=True).distinct().order_by("duty__plan_id"))


def task_label(task: Task) -> str:
    section = task.section
    return f"{task.plan.document}: {section.heading or section.body}"[:140]
