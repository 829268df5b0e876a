"""The forms of the register of models: one model, and what became of it on a day."""

import datetime
import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orgunits.models import OrgUnit
from orgunits.vietnamese import nfc
from reports import content_checks
from reports.activity_forms import FIRST_YEAR, WRONG_DAY, WholeNumberField, task_choice
from reports.models import CareModel, CareModelStep

DATA = Path(__file__).parent / "data" / "care_models.toml"
FUTURE = "Ngày này không thể sau hôm nay."
PLACES_MISSING = "Hãy ghi nhân rộng thêm ở bao nhiêu nơi."
PLACES_ELSEWHERE = "Chỉ ghi số nơi khi chọn “Nhân rộng”. Hãy xóa số này hoặc chọn “Nhân rộng”."
DAY_WIDGET = {"placeholder": "ngày/tháng/năm", "class": "field-date", "inputmode": "text"}


class CareModelForm(forms.ModelForm):
    """``units`` are those whose register the person keeps; with one alone the question is not asked."""

    class Meta:
        model = CareModel
        fields = ["org_unit", "name", "began_on", "task", "description"]
        labels = {"org_unit": "Đơn vị", "task": "Nhiệm vụ trong kế hoạch"}
        help_texts = {
            "name": "Chọn tên có sẵn hoặc ghi tên khác. Không ghi tên của trẻ em.",
            "began_on": "Để trống nếu không rõ.",
        }
        error_messages = {
            "name": {"required": "Hãy ghi tên mô hình."},
            "began_on": {"invalid": WRONG_DAY},
            "org_unit": {"required": "Hãy chọn đơn vị."},
        }
        widgets = {
            "name": forms.TextInput(attrs={"list": "ten-mo-hinh", "autocomplete": "off"}),
            "began_on": forms.DateInput(attrs=DAY_WIDGET),
            "description": forms.Textarea(attrs={"rows": 4}),
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
        task_choice(self, units)
        self.suggestions = suggested_names({unit.sector for unit in units})

    @property
    def warnings(self) -> list[str]:
        """Sentences about words that seem to say who a child is; they do not stop the entry."""
        typed = [self.cleaned_data.get(name, "") for name in ("name", "description")]
        return list(dict.fromkeys(filter(None, map(content_checks.names_a_person, typed))))

    def clean_name(self) -> str:
        return " ".join(nfc(self.cleaned_data["name"]).split())

    def clean_description(self) -> str:
        return nfc(self.cleaned_data["description"])

    def clean_began_on(self) -> datetime.date | None:
        return _sensible(self.cleaned_data["began_on"], on=self.on)

    def _post_clean(self) -> None:
        """Hold the name against the unit's other models, also where the unit is not a field of the form."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as error:
            self.add_error("name", error.messages)


class StepForm(forms.ModelForm):
    """What became of one model; places are asked where it was spread, and only there."""

    children_reached = WholeNumberField(
        label="Số trẻ em tham gia, thụ hưởng", help_text="Để trống nếu không có số liệu; ghi 0 nếu không có em nào."
    )
    families_reached = WholeNumberField(label="Số gia đình tham gia, thụ hưởng")
    places = WholeNumberField(label="Số nơi nhân rộng thêm", help_text="Chỉ ghi khi chọn “Nhân rộng”.")

    class Meta:
        model = CareModelStep
        fields = ["kind", "noted_on", "children_reached", "families_reached", "places", "note"]
        error_messages = {
            "kind": {"required": "Hãy chọn việc."},
            "noted_on": {"required": WRONG_DAY, "invalid": WRONG_DAY},
        }
        widgets = {"noted_on": forms.DateInput(attrs=DAY_WIDGET)}

    def __init__(self, *args: Any, model: CareModel, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.instance.model = model
        self.fields["kind"].choices = [("", "Chọn việc…"), *CareModelStep.Kind.choices]  # type: ignore[attr-defined]

    @property
    def warnings(self) -> list[str]:
        """Sentences about a note that seems to say who a child is."""
        return [sentence for sentence in [content_checks.names_a_person(self.cleaned_data.get("note", ""))] if sentence]

    def clean_noted_on(self) -> datetime.date | None:
        day = _sensible(self.cleaned_data["noted_on"], on=self.on)
        began_on = self.instance.model.began_on
        if day and began_on and day < began_on:
            raise ValidationError(f"Mô hình bắt đầu từ ngày {began_on:%d/%m/%Y}. Hãy ghi ngày từ ngày đó trở đi.")
        return day

    def clean_note(self) -> str:
        return nfc(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, places = cleaned.get("kind"), cleaned.get("places")
        if "places" in self.errors or not kind:
            return cleaned
        if kind == CareModelStep.Kind.SPREAD and not places:
            self.add_error("places", PLACES_MISSING)
        elif kind != CareModelStep.Kind.SPREAD and places is not None:
            self.add_error("places", PLACES_ELSEWHERE)
        return cleaned


def suggested_names(sectors: Collection[str]) -> list[str]:
    """The names that the plans of these sectors give."""
    return [name for sector, names in _suggestions() if sector in sectors for name in names]


@cache
def _suggestions() -> list[tuple[str, list[str]]]:
    return [(row["sector"], row["names"]) for row in tomllib.loads(DATA.read_text(encoding="utf-8"))["plan"]]


def _sensible(day: datetime.date | None, *, on: datetime.date) -> datetime.date | None:
    if day and day > on:
        raise ValidationError(FUTURE)
    if day and day.year < FIRST_YEAR:
        raise ValidationError(f"Hãy ghi ngày từ năm {FIRST_YEAR} trở đi.")
    return day
