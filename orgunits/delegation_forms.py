"""Forms of the pages on delegation. The rules are those of delegations.py."""

import datetime
from typing import Any

from django import forms

from orgunits.form_fields import DayField, LastDayField
from orgunits.models import OrgUnit, User
from orgunits.models.people import UserQuerySet


class SearchForm(forms.Form):
    """For which unit, and whom by name; both narrow the people that the other form offers."""

    don_vi = forms.ModelChoiceField(OrgUnit.objects.none(), label="Đơn vị", empty_label=None, required=False)
    tim = forms.CharField(label="Tìm người theo họ tên", required=False, max_length=150)

    def __init__(self, *args: Any, units: list[OrgUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["don_vi"]
        field.queryset = OrgUnit.objects.filter(pk__in=[unit.pk for unit in units]).prefetch_related("placements")
        if len(units) == 1:
            field.widget = forms.HiddenInput()


class PersonChoice(forms.ModelChoiceField):
    """One of the people found, each with the roles that the view has read for them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(User.objects.none(), widget=forms.RadioSelect, empty_label=None, **kwargs)
        self.roles: dict[int, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.full_name} ({self.roles[obj.pk]})" if obj.pk in self.roles else str(obj)


class DelegationForm(forms.Form):
    """Who reviews instead, from which day, and the last day of it."""

    person = PersonChoice(
        label="Người xét duyệt thay",
        error_messages={
            "required": "Hãy chọn một người trong danh sách.",
            "invalid_choice": "Người này không có trong danh sách; hãy chọn một người trong danh sách.",
        },
    )
    since = DayField(label="Từ ngày")
    until = LastDayField(label="Đến hết ngày", help_text="Sau ngày này, quyền xét duyệt thay tự hết.")

    def __init__(
        self, *args: Any, people: UserQuerySet, roles: dict[int, str], on: datetime.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"since": on}
        field: Any = self.fields["person"]
        field.roles = roles
        field.queryset = people
