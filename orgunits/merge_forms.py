"""Forms of mergers and splits: several units at once, some of which the act itself establishes."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from orgunits.act_forms import ActForm
from orgunits.form_fields import UnitField
from orgunits.forms import LevelChoiceField
from orgunits.models import Level, OrgUnit, Placement
from orgunits.placing import clean_name
from orgunits.reorganisation import Order, new_unit
from orgunits.vietnamese import nfc

ORIGINS: Final = 5  # besides the unit itself; more in one go are for the workbook of a whole reform
RESULTS: Final = 3
PARTS: Final = 4
MOST_CHILDREN: Final = 100
SHARE_HELP: Final = (
    "Số nguyên theo cùng một thước đo cho mọi đơn vị, ví dụ số đoàn viên. Để trống tất cả nếu quyết định không nêu: "
    "số liệu cũ khi đó không phân bổ được."
)


def share_field(label: str, **kwargs: Any) -> forms.IntegerField:
    """How much of the earlier figures goes to one unit; the database holds whole numbers up to two thousand million."""
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=2_000_000_000, **kwargs)


class MergeForm(ActForm):
    """Several units become one, or several others; a unit that is among the results goes on."""

    title = "Sáp nhập"
    lead = "Đơn vị vừa sáp nhập vừa tiếp nhận thì tiếp tục hoạt động; các đơn vị còn lại kết thúc và được kế thừa."

    new_name = forms.CharField(label="Tên đơn vị mới", max_length=250, required=False)
    new_short_name = forms.CharField(label="Tên gọi tắt", max_length=100, required=False)
    new_code = forms.CharField(label="Mã đơn vị mới", max_length=60, required=False)
    new_level = LevelChoiceField(required=False)
    new_parent = UnitField(label="Đơn vị cấp trên của đơn vị mới", required=False)
    new_share = share_field("Phần kế thừa của đơn vị mới")
    children_to = forms.ChoiceField(label="Đơn vị tiếp nhận các đơn vị trực thuộc", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = self.administered().filter(sector=self.sector)
        origins = [f"origin_{number}" for number in range(1, ORIGINS + 1)]
        for number, name in enumerate(origins, start=1):
            label = "Sáp nhập cùng đơn vị" if number == 1 else f"Sáp nhập cùng đơn vị thứ {number}"
            self.fields[name] = UnitField(label=label, required=False, queryset=units.exclude(pk=self.own.pk))
        results = []
        for number in range(1, RESULTS + 1):
            help_text = "Có thể là một trong các đơn vị sáp nhập. Để trống nếu lập đơn vị mới." if number == 1 else ""
            self.fields[f"result_{number}"] = UnitField(
                label=f"Đơn vị tiếp nhận thứ {number}", required=False, queryset=units, help_text=help_text
            )
            self.fields[f"share_{number}"] = share_field(f"Phần kế thừa của đơn vị tiếp nhận thứ {number}")
            results += [f"result_{number}", f"share_{number}"]
        self.fields["share_1"].help_text = f"Chỉ cần khi có nhiều đơn vị tiếp nhận. {SHARE_HELP}"
        self.limit("new_parent", units)
        self.fields["new_parent"].help_text = f"Để trống nếu cùng cấp trên với {self.own}."
        level = self.fields["new_level"]
        level.queryset = Level.objects.filter(sector=self.sector)  # type: ignore[attr-defined]
        level.help_text = f"Để trống nếu cùng cấp với {self.own}."
        choices = [("", "Đơn vị tiếp nhận đầu tiên"), ("new", "Đơn vị mới")]
        choices += [(f"result_{number}", f"Đơn vị tiếp nhận thứ {number}") for number in range(1, RESULTS + 1)]
        self.fields["children_to"].choices = choices  # type: ignore[attr-defined]
        new = ["new_name", "new_short_name", "new_code", "new_level", "new_parent", "new_share"]
        self.groups = [  # type: ignore[misc]
            (f"Các đơn vị sáp nhập với {self.own}", origins),
            ("Đơn vị tiếp nhận đang hoạt động", results),
            ("Hoặc đơn vị mới, thành lập cùng quyết định này", new),
            ("Đơn vị trực thuộc của các đơn vị kết thúc", ["children_to"]),
        ]

    def clean_new_name(self) -> str:
        return clean_name(self.cleaned_data["new_name"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.errors:
            return data
        if bool(data["new_name"]) != bool(data["new_code"].strip()):
            self.add_error("new_code", "Đơn vị mới cần có cả tên và mã.")
        results = self._results()
        count = len(results) + bool(data["new_name"])
        if not count:
            raise ValidationError("Hãy nêu đơn vị tiếp nhận: một đơn vị đang hoạt động hoặc một đơn vị mới.")
        if not [unit for unit in self.origins() if unit not in results]:
            raise ValidationError("Hãy nêu ít nhất một đơn vị kết thúc khi sáp nhập.")
        shares = [*results.values(), *([data["new_share"]] if data["new_name"] else [])]
        _refuse_some_shares(shares)
        chosen = data["children_to"]
        if chosen and not (data["new_name"] if chosen == "new" else data.get(chosen)):
            self.add_error("children_to", "Đơn vị tiếp nhận này chưa được nêu ở trên.")
        return data

    def origins(self) -> list[OrgUnit]:
        chosen = [self.cleaned_data.get(f"origin_{number}") for number in range(1, ORIGINS + 1)]
        return list(dict.fromkeys([self.own, *(unit for unit in chosen if unit)]))

    def _results(self) -> dict[OrgUnit, int | None]:
        rows = [(self.cleaned_data.get(f"result_{row}"), self.cleaned_data.get(f"share_{row}")) for row in
                range(1, RESULTS + 1)]  # fmt: skip
        return {unit: share for unit, share in rows if unit}

    @property
    def reform_name(self) -> str:
        if not self.cleaned_data["new_name"]:
            return ""
        return f"Sáp nhập thành {self.cleaned_data['new_name']}"

    @property
    def done(self) -> str:
        return "Đã ghi nhận việc sáp nhập."

    def give(self, order: Order) -> None:
        data, shares = self.cleaned_data, self._results()
        new = self._establish(order) if data["new_name"] else None
        if new is not None:
            shares[new] = data["new_share"]
        chosen = data["children_to"]
        first = new if not self._results() else next(iter(shares))
        heir = new if chosen == "new" else data[chosen] if chosen else first
        order.merge(self.origins(), shares, children_to=heir)

    def _establish(self, order: Order) -> OrgUnit:
        data, place = self.cleaned_data, _last(self.own)
        return establish(
            order,
            like=self.own,
            name=data["new_name"],
            short_name=data["new_short_name"],
            code=data["new_code"],
            level=data["new_level"] or place.level,
            parent=data["new_parent"] or place.parent,
        )


class SplitForm(ActForm):
    """One unit becomes several, or gives up parts of itself; each unit below is told where it goes."""

    title = "Chia tách"
    lead = "Nêu từng đơn vị được tách ra, là đơn vị mới hoặc đơn vị đang hoạt động, và phần kế thừa của mỗi đơn vị."

    goes_on = forms.BooleanField(
        label="Đơn vị bị chia tách vẫn tiếp tục hoạt động", required=False,
        help_text="Không chọn: đơn vị kết thúc từ ngày có hiệu lực.",
    )  # fmt: skip
    kept_share = share_field("Phần giữ lại của đơn vị bị chia tách", help_text="Chỉ khi đơn vị tiếp tục hoạt động.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = self.administered().filter(sector=self.sector).exclude(pk=self.own.pk)
        groups = []
        for number in range(1, PARTS + 1):
            self.fields[f"name_{number}"] = forms.CharField(label="Tên đơn vị mới", max_length=250, required=False)
            self.fields[f"code_{number}"] = forms.CharField(label="Mã đơn vị mới", max_length=60, required=False)
            self.fields[f"unit_{number}"] = UnitField(
                label="Hoặc đơn vị đang hoạt động", required=False, queryset=units
            )
            self.fields[f"share_{number}"] = share_field("Phần kế thừa", help_text=SHARE_HELP if number == 1 else "")
            names = [f"{name}_{number}" for name in ("name", "code", "unit", "share")]
            groups.append((f"Đơn vị được tách ra thứ {number}", names))
        self.children = self._children()
        choices = [("", "Ở lại (khi đơn vị tiếp tục hoạt động)")]
        choices += [(str(number), f"Về đơn vị được tách ra thứ {number}") for number in range(1, PARTS + 1)]
        for place in self.children:
            field = forms.ChoiceField(label=place.name, required=False, choices=choices)
            self.fields[f"child_{place.org_unit_id}"] = field
        below = [f"child_{place.org_unit_id}" for place in self.children]
        self.groups = [*groups, ("Đơn vị trực thuộc", below)] if below else groups  # type: ignore[misc]

    def _children(self) -> list[Placement]:
        below = Placement.objects.filter(parent=self.own, is_final=True, valid_to__isnull=True)
        rows = below.select_related("org_unit").order_by("sort_name", "pk")
        return list(rows[: MOST_CHILDREN + 1])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.errors:
            return data
        if len(self.children) > MOST_CHILDREN:
            raise ValidationError(
                f"Đơn vị có trên {MOST_CHILDREN} đơn vị trực thuộc; hãy chuyển các đơn vị đó trước, "
                "hoặc ghi cả đợt sắp xếp bằng tệp Excel."
            )
        parts = [number for number in range(1, PARTS + 1) if self._is_named(number)]
        for number in parts:
            self._check_part(number)
        if not parts:
            raise ValidationError("Hãy nêu ít nhất một đơn vị được tách ra.")
        if not data["goes_on"] and len(parts) < 2:
            raise ValidationError("Khi đơn vị không tiếp tục hoạt động, hãy nêu ít nhất hai đơn vị được tách ra.")
        chosen = [data[f"unit_{number}"] for number in parts if data[f"unit_{number}"]]
        if len(set(chosen)) < len(chosen):
            raise ValidationError("Mỗi đơn vị đang hoạt động chỉ nêu một lần.")
        kept = [data["kept_share"]] if data["goes_on"] else []
        _refuse_some_shares([*kept, *(data[f"share_{number}"] for number in parts)])
        for place in self.children:
            name = f"child_{place.org_unit_id}"
            if data[name] and int(data[name]) not in parts:
                self.add_error(name, "Đơn vị được tách ra này chưa được nêu ở trên.")
            elif not data[name] and not data["goes_on"]:
                self.add_error(name, "Hãy chọn nơi đến: đơn vị bị chia tách không tiếp tục hoạt động.")
        return data

    def _is_named(self, number: int) -> bool:
        data = self.cleaned_data
        return bool(data[f"unit_{number}"] or clean_name(data[f"name_{number}"]) or data[f"code_{number}"].strip())

    def _check_part(self, number: int) -> None:
        data = self.cleaned_data
        name, code = clean_name(data[f"name_{number}"]), data[f"code_{number}"].strip()
        if data[f"unit_{number}"] and (name or code):
            self.add_error(f"unit_{number}", "Hãy nêu đơn vị mới hoặc đơn vị đang hoạt động, không nêu cả hai.")
        elif not data[f"unit_{number}"] and not (name and code):
            self.add_error(f"code_{number}", "Đơn vị mới cần có cả tên và mã.")

    @property
    def reform_name(self) -> str:
        data = self.cleaned_data
        moves = any(data[f"child_{place.org_unit_id}"] for place in self.children)
        makes = any(data[f"name_{number}"] for number in range(1, PARTS + 1))
        return f"Chia tách {self.own}" if moves or makes else ""

    @property
    def done(self) -> str:
        return f"Đã ghi nhận việc chia tách {self.own}."

    def give(self, order: Order) -> None:
        data = self.cleaned_data
        parts = {
            number: data[f"unit_{number}"] or self._establish(order, number)
            for number in range(1, PARTS + 1)
            if self._is_named(number)
        }
        for place in self.children:
            number = data[f"child_{place.org_unit_id}"]
            if number and place.org_unit != parts[int(number)]:
                order.move(place.org_unit, parent=parts[int(number)])
        shares = {unit: data[f"share_{number}"] for number, unit in parts.items()}
        order.split(self.own, shares, goes_on=data["goes_on"], kept_share=data["kept_share"])

    def _establish(self, order: Order, number: int) -> OrgUnit:
        place = _last(self.own)
        return establish(
            order,
            like=self.own,
            name=self.cleaned_data[f"name_{number}"],
            short_name="",
            code=self.cleaned_data[f"code_{number}"],
            level=place.level,
            parent=place.parent,
        )


def establish(
    order: Order, *, like: OrgUnit, name: str, short_name: str, code: str, level: Level, parent: OrgUnit | None
) -> OrgUnit:
    """A new unit in the same order; a sample unit is followed by sample units."""
    fields = {"province_code": like.province_code, "is_sample": like.is_sample}
    unit = new_unit(like.sector, code, on=order.on, **fields)
    order.establish(unit, name=name, short_name=short_name, level=level, parent=parent, code=nfc(code.strip()))
    return unit


def _last(unit: OrgUnit) -> Placement:
    return unit.placements.select_related("level", "parent").get(is_final=True)


def _refuse_some_shares(shares: list[int | None]) -> None:
    """Shares count only together: where one is missing the figures could not be divided."""
    if len(shares) > 1 and any(share is not None for share in shares):
        if any(share is None for share in shares):
            raise ValidationError("Hãy nêu phần kế thừa của mọi đơn vị, hoặc để trống tất cả.")
        if not sum(share or 0 for share in shares):
            raise ValidationError("Tổng các phần kế thừa phải lớn hơn 0.")
