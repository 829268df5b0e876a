"""Form fields that every application uses: a day as it is written in Vietnam, and one unit out of thousands."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from orgunits.models import OrgUnit
from orgunits.models.units import OrgUnitQuerySet
from orgunits.vietnamese import searchable, without_marks

SHOWN_CANDIDATES = 5


class DayField(forms.DateField):
    """A day typed as ``dd/mm/yyyy``; a browser's own date input shows the order of the browser's language."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"placeholder": "ngày/tháng/năm", "autocomplete": "off", "class": "field-date"}
        kwargs.setdefault("widget", forms.DateInput(attrs=attrs))
        super().__init__(**kwargs)


class LastDayField(DayField):
    """The last day on which something holds, kept as the day after it: ``valid_to`` is excluded everywhere."""

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day == datetime.date.max:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day and day + datetime.timedelta(days=1)


class UnitInput(forms.TextInput):
    """A text field that offers the units of the typed words; without scripts the words alone do."""

    template_name = "orgunits/unit_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        own = context["widget"]["attrs"]
        context["widget"]["list_id"] = own["list"] = f"{own.get('id', name)}_units"
        own |= {"autocomplete": "off", "hx-get": reverse_lazy("orgunits:unit_suggestions"), "hx-sync": "this:replace"}
        own |= {"hx-trigger": "input changed delay:250ms, focus once", "hx-target": f"#{own['list']}"}
        own |= {"hx-vals": f'{{"field": "{name}"}}', "hx-swap": "innerHTML"}
        return context


class UnitField(forms.Field):
    """One unit of ``queryset``, typed by name or code, with or without marks; the value is an ``OrgUnit``.

    Set ``queryset`` in the form's ``__init__`` to what the user may choose. A text that fits several units is refused
    with the names and codes of the first few.
    """

    widget = UnitInput
    default_error_messages = {
        "unknown": "Không có đơn vị nào như vậy trong phạm vi của bạn. Hãy nhập tên hoặc mã đơn vị.",
        "several": "Có nhiều đơn vị như vậy: %(units)s. Hãy nhập mã của đơn vị cần chọn.",
    }

    def __init__(self, *, queryset: OrgUnitQuerySet | None = None, **kwargs: Any) -> None:
        self.queryset = OrgUnit.objects.none() if queryset is None else queryset
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, OrgUnit):
            return unit_text(value)
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def to_python(self, value: Any) -> OrgUnit | None:
        text = searchable(str(value or ""))
        if not text:
            return None
        units = self.queryset.prefetch_related("placements")
        found = self._by_code(units, text) or list(units.search(text).order_by("pk")[: SHOWN_CANDIDATES + 1])
        exact = [unit for unit in found if without_marks(unit.name) == without_marks(text)]
        found = exact if len(exact) == 1 else found
        if not found:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        if len(found) > 1:
            names = "; ".join(unit_text(unit) for unit in found[:SHOWN_CANDIDATES])
            raise ValidationError(self.error_messages["several"], code="several", params={"units": names})
        return found[0]

    def _by_code(self, units: OrgUnitQuerySet, text: str) -> list[OrgUnit]:
        """The units with this code; the text may be what ``unit_text`` made of one."""
        code = text.rpartition(" · ")[2].strip()
        return list(units.filter(code__iexact=code).order_by("pk")[: SHOWN_CANDIDATES + 1])


def unit_text(unit: OrgUnit) -> str:
    """How a unit stands in the text field: its name and its code."""
    return f"{unit.name} · {unit.code}"
