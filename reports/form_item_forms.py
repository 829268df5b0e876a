"""What an administrator types about an item of a form; every refusal says what to do."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import Truncator, slugify

from orgunits.models import Level
from orgunits.vietnamese import without_marks
from plans.forms import SeveralField, VietnameseFormMixin
from plans.models import Task
from reports import form_items
from reports.form_building import TABLES
from reports.form_typed_fields import Rows, RowsField, WholeNumberField, with_codes
from reports.models import FormItem, FormVersion, ItemKind
from targets.models import Target

REGISTERS = (ItemKind.ACTIVITIES, ItemKind.MODELS)  # a period may have had none, which no register says
EMPTY_ROWS = 3  # offered below those that are there, for a page without scripts
LONGEST_TEXT = 50_000
UNSAVED = 0  # a key that no row has

KIND_HELP = {
    ItemKind.SHARE: "Tử số và mẫu số; hệ thống tính tỷ lệ và so với mục tiêu.",
    ItemKind.COUNT: "Một số nguyên, có thể chia theo nhóm (nam, nữ…).",
    ItemKind.MONEY: "Số tiền bằng đồng, có thể chia theo nguồn.",
    ItemKind.YES_NO: "Đơn vị chọn Có hoặc Không.",
    ItemKind.CHOICE: "Đơn vị chọn một trong các phương án bạn ghi.",
    ItemKind.NARRATIVE: "Một đoạn văn, có hướng dẫn và độ dài tối đa.",
    ItemKind.TASKS: "Tình hình từng nhiệm vụ của kế hoạch, xếp theo cơ quan chủ trì.",
    ItemKind.ACTIVITIES: "Lấy từ sổ hoạt động của đơn vị trong kỳ.",
    ItemKind.MODELS: "Lấy từ sổ mô hình của đơn vị trong kỳ.",
    ItemKind.ATTACHMENTS: "Ảnh và tệp có chú thích.",
}
KIND_ICONS = {
    ItemKind.SHARE: "target",
    ItemKind.COUNT: "hash",
    ItemKind.MONEY: "banknote",
    ItemKind.YES_NO: "toggle-left",
    ItemKind.CHOICE: "list",
    ItemKind.NARRATIVE: "text-align-start",
    ItemKind.TASKS: "list-checks",
    ItemKind.ACTIVITIES: "calendar-heart",
    ItemKind.MODELS: "sprout",
    ItemKind.ATTACHMENTS: "paperclip",
}


class TasksField(SeveralField):
    """The tasks of a plan by the beginning of their words."""

    def label_from_instance(self, task: Task) -> str:
        words = Truncator(task.section.heading or task.section.body).words(36, truncate=" …")
        number = task.section.number.strip("-–+ ")
        return f"{number} {words}".strip()


class ItemForm(VietnameseFormMixin, forms.Form):
    """One item of a draft; which fields there are follows from its kind."""

    section = forms.CharField(
        label="Phần",
        max_length=200,
        help_text="Tiêu đề lớn mà mục đứng dưới. Chọn phần đã có hoặc ghi tên phần mới.",
        error_messages={"required": "Hãy ghi tên phần, ví dụ “Số liệu”."},
        widget=forms.TextInput(attrs={"list": "cac-phan", "autocomplete": "off"}),
    )
    label = forms.CharField(
        label="Câu hỏi",
        max_length=1000,
        help_text="Điều đơn vị phải trả lời, ví dụ “Số trẻ em được hỗ trợ”.",
        error_messages={"required": "Hãy ghi câu hỏi."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    guide = forms.CharField(
        label="Hướng dẫn",
        required=False,
        max_length=5000,
        help_text="Hiện dưới câu hỏi: tính thế nào, lấy ở đâu, căn cứ nào.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    required = forms.BooleanField(label="Bắt buộc trả lời", required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        version: FormVersion,
        kind: str,
        levels: list[Level],
        item: FormItem | None = None,
        section: str = "",
        **kwargs: Any,
    ) -> None:
        self.version, self.kind, self.item = version, kind, item
        self.fixed = bool(item and form_items.is_fixed(item))
        super().__init__(*args, initial=_initial(item) if item else _beginning(kind, section), **kwargs)
        self._add_fields_of_kind()
        if kind in REGISTERS:
            del self.fields["required"]
        if self.fixed and item and item.unit_of_count and "unit_of_count" in self.fields:
            unit = self.fields["unit_of_count"]
            unit.disabled = True
            unit.help_text = "Số liệu đã nộp tính bằng đơn vị này. Muốn tính bằng đơn vị khác, hãy thêm mục mới."
        self._add_levels(levels)
        self.fields["code"] = self._code_field()

    # --- fields ---------------------------------------------------------------------------------------------------

    def _add_fields_of_kind(self) -> None:
        match self.kind:
            case ItemKind.SHARE:
                self._add_share()
            case ItemKind.COUNT:
                self.fields["unit_of_count"] = forms.CharField(
                    label="Đơn vị tính",
                    max_length=40,
                    help_text="Ví dụ: trẻ em, gia đình, cuộc.",
                    error_messages={"required": "Hãy ghi đơn vị tính, ví dụ “trẻ em”."},
                )
                self.fields["groups"] = _groups_field()
            case ItemKind.MONEY:
                self.fields["groups"] = _groups_field()
            case ItemKind.CHOICE:
                self.fields["choices"] = RowsField(
                    label="Các phương án",
                    least=2,
                    too_few="Hãy ghi ít nhất hai phương án để đơn vị chọn.",
                    twice="Phương án “%(name)s” ghi hai lần. Hãy bỏ một dòng hoặc ghi khác đi.",
                    help_text="Mỗi dòng một phương án; bỏ trống dòng để xóa.",
                )
            case ItemKind.NARRATIVE:
                self.fields["max_length"] = WholeNumberField(
                    label="Độ dài tối đa (ký tự)",
                    least=100,
                    most=LONGEST_TEXT,
                    initial=10_000,
                    help_text="Một trang A4 khoảng 2.500 ký tự.",
                    error_messages={"required": "Hãy ghi độ dài tối đa, ví dụ 10.000."},
                )
            case ItemKind.TASKS:
                self.fields["tasks"] = self._tasks_field()

    def _add_share(self) -> None:
        targets = Target.objects.filter(plan=self.version.form.duty.plan_id).select_related("indicator")
        self.fields["target"] = forms.ModelChoiceField(
            queryset=targets.order_by("order", "pk"),
            label="Chỉ tiêu của kế hoạch",
            required=False,
            empty_label="Không theo chỉ tiêu nào, tự đặt tử số và mẫu số",
            help_text="Chọn chỉ tiêu thì tử số, mẫu số, phân tổ và mục tiêu lấy từ kế hoạch.",
        )
        if self.item and self.item.target_id and self.fixed:
            self.fields["target"].disabled = True
            self.fields["target"].help_text = "Mục đã dùng ở phiên bản trước nên không đổi chỉ tiêu được."
        self.fields["numerator_label"] = forms.CharField(label="Tử số", max_length=200, required=False)
        self.fields["denominator_label"] = forms.CharField(label="Mẫu số", max_length=200, required=False)
        self.fields["unit_of_count"] = forms.CharField(
            label="Đơn vị tính", max_length=40, required=False, help_text="Ví dụ: người, gia đình."
        )
        self.fields["groups"] = _groups_field()
        self.fields["label"].required = False

    def _tasks_field(self) -> forms.Field:
        field = TasksField(
            queryset=Task.objects.filter(plan=self.version.form.duty.plan_id)
            .select_related("section")
            .order_by("order", "pk"),
            label="Các nhiệm vụ được hỏi",
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Hãy chọn ít nhất một nhiệm vụ."},
        )
        if self.item is None:
            field.initial = list(field.queryset.values_list("pk", flat=True)) if field.queryset is not None else []
        return field

    def _add_levels(self, levels: list[Level]) -> None:
        chosen = {level.pk for level in self.item.levels.all()} if self.item else set()
        offered: QuerySet[Level] = Level.objects.filter(pk__in=chosen | {level.pk for level in levels})
        self.fields["levels"] = SeveralField(
            queryset=offered.order_by("rank", "code"),
            label="Cấp trả lời",
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text="Không chọn cấp nào thì mọi đơn vị đều trả lời.",
        )

    def _code_field(self) -> forms.Field:
        field = forms.CharField(
            label="Mã của mục",
            max_length=60,
            required=False,
            help_text="Để trống thì hệ thống tự đặt từ câu hỏi. Số liệu của các kỳ nối với nhau theo mã này.",
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        if self.fixed or (self.item and self.item.target_id):
            field.disabled = True
            field.help_text = "Số liệu đã nộp gắn với mã này nên không đổi được."
        return field

    # --- checks ---------------------------------------------------------------------------------------------------

    def clean_code(self) -> str:
        code = slugify(without_marks(self.cleaned_data["code"]))
        if self.item and self.fields["code"].disabled:
            return self.item.code
        problem = form_items.code_problem(self.version, code, self.kind, item=self.item) if code else ""
        if problem:
            raise ValidationError(problem)
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.kind in form_items.ONCE and self.item is None and self.version.items.filter(kind=self.kind).exists():
            raise ValidationError("Biểu mẫu đã có mục loại này; mỗi biểu mẫu chỉ có một.")
        if "tasks" in self.errors and not self.version.form.duty.plan.tasks.exists():
            raise ValidationError("Kế hoạch chưa có nhiệm vụ nào. Hãy đánh dấu nhiệm vụ trong kế hoạch trước.")
        if self.kind == ItemKind.SHARE:
            self._clean_share(cleaned)
        return cleaned

    def _clean_share(self, cleaned: dict[str, Any]) -> None:
        target = cleaned.get("target")
        if target:
            others = self.version.items.exclude(pk=self.item.pk if self.item else 0)
            code = target.indicator.code
            if others.filter(target=target).exists() or others.filter(code=code).exists():
                self.add_error("target", "Biểu mẫu đã hỏi chỉ tiêu này. Hãy chọn chỉ tiêu khác.")
            elif self.fixed and self.item and self.item.code != code:
                self.add_error("target", "Mục đã dùng ở phiên bản trước nên không đổi chỉ tiêu được. Hãy thêm mục mới.")
            cleaned["label"] = cleaned.get("label") or target.indicator.short_name
            return
        if not cleaned.get("label") and "label" not in self.errors:
            self.add_error("label", "Hãy ghi câu hỏi.")
        for name, words in (("numerator_label", "tử số"), ("denominator_label", "mẫu số")):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"Hãy ghi {words} đếm gì, hoặc chọn một chỉ tiêu của kế hoạch.")

    # --- what it makes --------------------------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the item; to be read of a valid form."""
        cleaned = self.cleaned_data
        names = ("section", "label", "guide", "required", "unit_of_count", "max_length")
        values = {name: cleaned[name] for name in names if name in cleaned}
        if self.kind in REGISTERS:
            values["required"] = False
        if self.kind == ItemKind.MONEY:
            values["unit_of_count"] = "đồng"
        before = self.item
        if "choices" in cleaned:
            values["choices"] = with_codes(cleaned["choices"], before.choices if before else [])
        if "groups" in cleaned:
            values["groups"] = with_codes(cleaned["groups"], before.groups if before else [])
        target = cleaned.get("target")
        if target:
            own = ("numerator_label", "denominator_label")
            values |= dict.fromkeys(own, "") | {"unit_of_count": target.indicator.unit_of_count, "groups": []}
        elif self.kind == ItemKind.SHARE:
            values |= {name: cleaned[name] for name in ("numerator_label", "denominator_label")}
        if self.kind == ItemKind.SHARE:
            values["target"] = target
        return values | {"code": self._code(target)}

    def _code(self, target: Target | None) -> str:
        if target:
            return target.indicator.code
        if self.cleaned_data["code"]:
            code: str = self.cleaned_data["code"]
            return code
        return form_items.free_code(self.version, self.cleaned_data["label"], self.kind)

    @property
    def typed_item(self) -> FormItem | None:
        """The item as it is typed now, unsaved, whatever is still missing; None of a table, which is not typed."""
        if self.kind in form_items.ONCE:
            return None
        if self.is_bound:
            self.full_clean()
            found = self.cleaned_data
        else:
            found = {name: self.get_initial_for_field(each, name) for name, each in self.fields.items()}
        target = found.get("target")
        if isinstance(target, int):
            target = Target.objects.select_related("indicator").filter(pk=target).first()
        unit = "đồng" if self.kind == ItemKind.MONEY else found.get("unit_of_count") or ""
        own = {} if target else {name: with_codes(found.get(name) or [], []) for name in ("groups", "choices")}
        return FormItem(
            pk=UNSAVED,
            version=self.version,
            code="xem-thu",
            kind=self.kind,
            label=found.get("label") or (target.indicator.short_name if target else "(chưa có câu hỏi)"),
            guide=found.get("guide") or "",
            required=bool(found.get("required")),
            unit_of_count=target.indicator.unit_of_count if target else unit,
            max_length=found.get("max_length") or 10_000,
            numerator_label=found.get("numerator_label") or "",
            denominator_label=found.get("denominator_label") or "",
            target=target,
            **own,
        )

    @property
    def row_fields(self) -> list[tuple[forms.BoundField, Rows]]:
        """Groups and answers as they are typed, with empty rows below."""
        empty = [{"name": "", "code": ""}] * EMPTY_ROWS
        names = [name for name in ("choices", "groups") if name in self.fields]
        return [(self[name], [*(self[name].value() or []), *empty]) for name in names]

    @property
    def chosen_tasks(self) -> list[Task]:
        return list(self.cleaned_data.get("tasks") or [])


def _groups_field() -> RowsField:
    return RowsField(
        label="Phân tổ",
        least=0,
        too_few="",
        twice="Nhóm “%(name)s” ghi hai lần. Hãy bỏ một dòng hoặc ghi khác đi.",
        help_text="Mỗi dòng một nhóm, ví dụ Nam, Nữ; hệ thống tự cộng. Để trống nếu không chia nhóm.",
    )


def _beginning(kind: str, section: str) -> dict[str, Any]:
    """With what a new item begins: a table that exists once comes with its usual words, to be changed."""
    usual = TABLES.get(kind)
    if usual is None:
        return {"section": section}
    asked = {"section": section or usual.section, "label": usual.label, "guide": usual.guide}
    return asked | {"required": usual.required}


def _initial(item: FormItem) -> dict[str, Any]:
    names = (
        "section", "label", "guide", "required", "unit_of_count", "max_length", "numerator_label", "denominator_label",
        "groups", "choices", "code",
    )  # fmt: skip
    return {name: getattr(item, name) for name in names} | {
        "target": item.target_id,
        "levels": [level.pk for level in item.levels.all()],
        "tasks": [asked.task_id for asked in item.asked_tasks.all()],
    }
