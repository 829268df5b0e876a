"""Forms of the acts on one unit. They check what was typed; whether the act is possible is for reorganisation.py."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from orgunits import roles
from orgunits.form_fields import UnitField
from orgunits.forms import LevelChoiceField, day_field, legal_basis_field
from orgunits.models import Level, OrgUnit, Placement, User
from orgunits.models.units import OrgUnitQuerySet
from orgunits.placing import clean_name
from orgunits.reorganisation import Order, new_unit
from orgunits.vietnamese import nfc

SUCCESSOR_FIELDS = ("successor_1", "successor_2", "successor_3")
YEARS = range(1930, 2101)


class ActForm(forms.Form):
    """An act as somebody types it: ``give`` says it to an order."""

    title = ""
    lead = ""
    groups: ClassVar[list[tuple[str, list[str]]]] = []  # (heading, fields); fields that are in no group come first

    on = day_field()
    legal_basis = legal_basis_field()

    def __init__(self, *args: Any, unit: OrgUnit | None, by: User, today: datetime.date, **kwargs: Any) -> None:
        self.unit, self.by, self.today = unit, by, today
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today

    def give(self, order: Order) -> None:
        raise NotImplementedError

    @property
    def own(self) -> OrgUnit:
        """The unit that the act is about; an establishment has none."""
        if self.unit is None:
            raise ValueError("The act is about no unit.")
        return self.unit

    @property
    def sector(self) -> str:
        return self.own.sector

    @property
    def reform_name(self) -> str:
        """What the acts are called where they are several and are taken back together; empty for a single act."""
        return ""

    @property
    def done(self) -> str:
        return "Đã ghi nhận."

    def clean_on(self) -> datetime.date:
        on: datetime.date = self.cleaned_data["on"]
        if on.year not in YEARS:
            raise ValidationError("Hãy kiểm tra lại năm.")
        return on

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    def laid_out(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them; day and legal basis come last."""
        grouped = {name for _, names in self.groups for name in names}
        last = ["on", "legal_basis"]
        first = [name for name in self.fields if name not in grouped and name not in last]
        groups = [("", first), *self.groups, ("", last)]
        return [(heading, [self[name] for name in names if name in self.fields]) for heading, names in groups if names]

    def administered(self) -> OrgUnitQuerySet:
        return OrgUnit.objects.administered_by(self.by, self.today)

    def limit(self, name: str, units: OrgUnitQuerySet) -> None:
        """Which units the field offers."""
        self.fields[name].queryset = units  # type: ignore[attr-defined]

    def limit_parent(self, name: str = "parent") -> None:
        """Only a system administrator makes or moves a unit to the top of a tree."""
        self.limit(name, self.administered())
        if roles.is_system_administrator(self.by, on=self.today):
            self.fields[name].help_text = "Để trống nếu đây là đơn vị đứng đầu một hệ thống."
        else:
            self.fields[name].required = True


class EstablishForm(ActForm):
    """A new unit: what it is called, where it stands and from when."""

    title = "Thêm đơn vị"

    name = forms.CharField(label="Tên đơn vị", max_length=250)
    short_name = forms.CharField(label="Tên gọi tắt", max_length=100, required=False)
    level = LevelChoiceField()
    parent = UnitField(label="Đơn vị cấp trên trực tiếp", required=False)
    code = forms.CharField(
        label="Mã đơn vị",
        max_length=60,
        help_text="Không trùng với đơn vị đang hoạt động nào khác trong cùng hệ thống.",
    )
    on = day_field("Hoạt động từ ngày", help_text="Ngày đầu tiên đơn vị có trong hệ thống tổ chức.")
    email = forms.EmailField(label="Thư điện tử", required=False)
    phone = forms.CharField(label="Điện thoại", max_length=40, required=False)
    province_code = forms.CharField(label="Mã tỉnh", max_length=10, required=False)
    commune_code = forms.CharField(label="Mã xã", max_length=10, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].initial = self.unit
        self.limit_parent()
        if not roles.is_system_administrator(self.by, on=self.today):
            sectors = self.administered().order_by().values("sector")
            level = self.fields["level"]
            level.queryset = level.queryset.filter(sector__in=sectors)  # type: ignore[attr-defined]

    @property
    def sector(self) -> str:
        return str(self.cleaned_data["level"].sector)

    @property
    def done(self) -> str:
        return f"Đã thêm {self.cleaned_data['name']}."

    def give(self, order: Order) -> None:
        data = self.cleaned_data
        fields = {name: data[name] for name in ("email", "phone", "province_code", "commune_code")}
        self.made = new_unit(self.sector, data["code"], on=data["on"], **fields)
        order.establish(
            self.made,
            name=data["name"],
            short_name=data["short_name"],
            level=data["level"],
            parent=data["parent"],
            code=nfc(data["code"].strip()),
        )


class RenameForm(ActForm):
    """Another name, level or official code from a day on."""

    title = "Đổi tên, đổi cấp, đổi mã"
    lead = "Tên, cấp và mã cũ vẫn giữ nguyên trong các báo cáo của thời gian trước ngày hiệu lực."

    name = forms.CharField(label="Tên đơn vị", max_length=250)
    short_name = forms.CharField(label="Tên gọi tắt", max_length=100, required=False)
    level = LevelChoiceField()
    code = forms.CharField(
        label="Mã chính thức", max_length=60, required=False, help_text="Để trống nếu mã không thay đổi."
    )

    def __init__(self, *args: Any, place: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "name": place.name, "short_name": place.short_name, "level": place.level_id, "code": place.code,
            "on": self.today,
        }  # fmt: skip
        self.fields["level"].queryset = Level.objects.filter(sector=self.sector)  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        return nfc(self.cleaned_data["code"].strip()) or str(self.initial["code"])

    def clean(self) -> dict[str, Any] | None:
        kept = ("name", "short_name", "code")
        if not self.errors:
            same = all(self.cleaned_data[name] == self.initial[name] for name in kept)
            if same and self.cleaned_data["level"].pk == self.initial["level"]:
                raise ValidationError("Chưa có gì thay đổi so với tên, cấp và mã hiện tại.")
        return self.cleaned_data

    @property
    def done(self) -> str:
        return "Đã ghi nhận tên, cấp và mã mới."

    def give(self, order: Order) -> None:
        order.change(self.own, **{name: self.cleaned_data[name] for name in ("name", "short_name", "level", "code")})


class MoveForm(ActForm):
    """Another unit above from a day on."""

    title = "Chuyển đơn vị cấp trên"
    lead = "Các đơn vị trực thuộc chuyển theo. Số liệu các kỳ trước ngày hiệu lực vẫn thuộc đơn vị cấp trên cũ."

    parent = UnitField(label="Đơn vị cấp trên mới", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit_parent()

    @property
    def done(self) -> str:
        return "Đã ghi nhận đơn vị cấp trên mới."

    def give(self, order: Order) -> None:
        order.move(self.own, parent=self.cleaned_data["parent"])


class EndForm(ActForm):
    """The end of a unit, and who carries on its work."""

    title = "Kết thúc hoạt động"
    lead = "Đơn vị không bị xóa: báo cáo và số liệu đã nộp vẫn xem được, và thuộc về đơn vị kế thừa nếu có."

    on = day_field("Kết thúc từ ngày", help_text="Từ ngày này đơn vị không còn hoạt động; ngày trước đó là ngày cuối.")
    successor_1 = UnitField(
        label="Đơn vị kế thừa",
        required=False,
        help_text="Đơn vị này được xem lịch sử báo cáo của đơn vị kết thúc. Để trống nếu không có.",
    )
    successor_2 = UnitField(label="Đơn vị kế thừa thứ hai", required=False)
    successor_3 = UnitField(label="Đơn vị kế thừa thứ ba", required=False)
    children_to = UnitField(
        label="Đơn vị tiếp nhận các đơn vị trực thuộc",
        required=False,
        help_text="Để trống nếu không còn đơn vị trực thuộc.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*SUCCESSOR_FIELDS, "children_to"):
            self.limit(name, self.administered().filter(sector=self.sector).exclude(pk=self.own.pk))

    def successors(self) -> dict[OrgUnit, int | None]:
        """The chosen units, each once."""
        return dict.fromkeys(self.cleaned_data[name] for name in SUCCESSOR_FIELDS if self.cleaned_data.get(name))

    @property
    def done(self) -> str:
        return f"Đã ghi nhận việc kết thúc hoạt động của {self.own}."

    def give(self, order: Order) -> None:
        order.end(self.own, self.successors(), children_to=self.cleaned_data["children_to"])


class RestoreForm(ActForm):
    """A unit that has ended takes up its work again."""

    title = "Khôi phục hoạt động"
    lead = (
        "Đơn vị trở lại với tên, cấp và mã sau cùng. Nếu việc kết thúc được ghi nhầm thì hãy hủy quyết định kết thúc "
        "ở mục Lịch sử, để không có khoảng trống."
    )

    parent = UnitField(label="Đơn vị cấp trên", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = self.own.latest_placement
        self.fields["parent"].initial = last.parent if last else None
        self.limit_parent()

    @property
    def done(self) -> str:
        return f"Đã ghi nhận việc khôi phục {self.own}."

    def give(self, order: Order) -> None:
        order.restore(self.own, parent=self.cleaned_data["parent"])
