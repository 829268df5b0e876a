"""What an administrator types about a rule, the name of a section, and a version that is put into use."""

from typing import Any

from django import forms

from plans.forms import VietnameseFormMixin
from reports.form_fields import FIGURE_KINDS
from reports.form_typed_fields import WholeNumberField
from reports.form_words import figure_in_words
from reports.models import FormCheck, FormItem, ItemKind


class SectionForm(VietnameseFormMixin, forms.Form):
    """The new name of a section."""

    name = forms.CharField(
        label="Tên phần",
        max_length=200,
        error_messages={"required": "Hãy ghi tên phần."},
        help_text="Nếu trùng tên một phần khác, hai phần gộp làm một.",
    )


class RuleForm(VietnameseFormMixin, forms.Form):
    """A rule for one item; which fields there are follows from the kind of the rule."""

    severity = forms.ChoiceField(
        label="Khi không đạt",
        choices=FormCheck.Severity.choices,
        widget=forms.RadioSelect,
        initial=FormCheck.Severity.EXPLAIN,
        error_messages={
            "required": "Hãy chọn việc xảy ra khi không đạt.",
            "invalid_choice": "Hãy chọn việc xảy ra khi không đạt.",
        },
    )
    message = forms.CharField(
        label="Lời nhắc riêng",
        max_length=300,
        required=False,
        help_text="Hiện cho đơn vị khi không đạt. Để trống thì hiện câu của quy tắc.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, item: FormItem, kind: str, check: FormCheck | None = None, **kwargs: Any) -> None:
        self.item, self.kind, self.check = item, kind, check
        super().__init__(*args, initial=_rule_initial(check) if check else {}, **kwargs)
        own: dict[str, forms.Field] = {}
        if item.kind == ItemKind.SHARE:
            parts = [(FormCheck.Part.NUMERATOR, "Tử số"), (FormCheck.Part.DENOMINATOR, "Mẫu số")]
            own["part"] = forms.ChoiceField(label="Phần của mục này", choices=parts)
        if kind in (FormCheck.Kind.ITEM, FormCheck.Kind.BOUND):
            own["operator"] = forms.ChoiceField(label="Phải", choices=FormCheck.Operator.choices)
        own |= self._measure()
        self.fields = own | self.fields

    def _measure(self) -> dict[str, forms.Field]:
        if self.kind == FormCheck.Kind.ITEM:
            required = "Hãy chọn số liệu để so."
            errors = {"required": required, "invalid_choice": required}
            choices = [("", "Chưa chọn"), *self._others()]
            return {"other": forms.ChoiceField(label="Số liệu được so", choices=choices, error_messages=errors)}
        if self.kind == FormCheck.Kind.BOUND:
            return {"bound": WholeNumberField(label="Số", error_messages={"required": "Hãy ghi số để so."})}
        percent = WholeNumberField(
            label="Quá bao nhiêu phần trăm",
            least=1,
            most=1000,
            help_text="Từ 1 đến 1.000, ví dụ 30.",
            error_messages={"required": "Hãy ghi số phần trăm, ví dụ 30."},
        )
        return {"percent": percent}

    def _others(self) -> list[tuple[str, str]]:
        """The figures of the form, as "<key>.<part>"."""
        found = []
        for item in self.item.version.items.filter(kind__in=FIGURE_KINDS).order_by("order", "pk"):
            parts = "nd" if item.kind == ItemKind.SHARE else "v"
            found += [(f"{item.pk}.{part}", _capital(figure_in_words(item, part))) for part in parts]
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        own = f"{self.item.pk}.{cleaned.get('part') or 'v'}"
        if cleaned.get("other") == own:
            self.add_error("other", "Hãy chọn một số liệu khác với chính nó.")
        return cleaned

    @property
    def rule(self) -> FormCheck:
        """The rule with what was typed, not saved yet; to be read of a valid form."""
        cleaned = self.cleaned_data
        check = self.check or FormCheck(version=self.item.version, item=self.item, kind=self.kind)
        other, _, other_part = str(cleaned.get("other", "")).partition(".")
        check.part = cleaned.get("part") or FormCheck.Part.VALUE
        check.operator = cleaned.get("operator", "")
        check.other = self.item.version.items.get(pk=other) if other else None
        check.other_part = other_part or FormCheck.Part.VALUE
        check.bound, check.percent = cleaned.get("bound"), cleaned.get("percent")
        check.severity, check.message = cleaned["severity"], cleaned["message"]
        return check


def _rule_initial(check: FormCheck) -> dict[str, Any]:
    names = ("part", "operator", "bound", "percent", "severity", "message")
    other = f"{check.other_id}.{check.other_part}" if check.other_id else ""
    return {name: getattr(check, name) for name in names} | {"other": other}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class PublishForm(VietnameseFormMixin, forms.Form):
    """What an administrator says about a version when it is put into use."""

    note = forms.CharField(
        label="Ghi chú về thay đổi",
        max_length=300,
        required=False,
        help_text="Hiện trong danh sách phiên bản, ví dụ “Thêm số liệu theo nam, nữ”.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
