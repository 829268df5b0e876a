"""What people type into plans: their document, recipients and citations; and what all forms of plans share."""

import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Fieldset, Layout, Row
from django import forms
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, inlineformset_factory

from orgunits.models import OrgUnit, Placement
from orgunits.vietnamese import nfc
from plans.models import Citation, Document, Plan, Programme

WRITABLE_KINDS = (
    Document.Kind.PLAN,
    Document.Kind.LETTER,
    Document.Kind.DIRECTIVE,
    Document.Kind.DECISION,
    Document.Kind.RESOLUTION,
    Document.Kind.GUIDANCE,
)
NOT_CHOSEN = "Chưa chọn"
CHANGED_IN_REGISTER = "Muốn đổi số, ngày hoặc đưa về dự thảo thì hủy số đó trong sổ văn bản đi rồi ban hành lại."


MOST_ROWS = 60  # of one list on a page; a request that names more is cut off and not laid out


class VietnameseFormMixin:
    """Every text that is typed is stored in one normal form of Unicode; a choice not made yet is called so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            if isinstance(field, forms.ModelChoiceField):
                field.empty_label = field.empty_label and NOT_CHOSEN
            elif isinstance(field, forms.ChoiceField) and isinstance(field.choices, list):
                field.choices = [(value, label if value else NOT_CHOSEN) for value, label in field.choices]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]
        cleaned = self.cleaned_data if cleaned is None else cleaned
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = nfc(value)
        return cleaned


def date_field(label: str, *, help_text: str = "Ghi theo dạng ngày/tháng/năm, ví dụ 24/05/2024.") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateInput(attrs={"placeholder": "ngày/tháng/năm", "autocomplete": "off"}),
        error_messages={"invalid": "Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 24/05/2024."},
    )


def unit_choices(unit: OrgUnit, *, on: datetime.date) -> Any:
    """The unit itself and those directly below it, with their names ready."""
    near = Placement.objects.as_of(on).filter(parent=unit).values("org_unit_id")
    return (OrgUnit.objects.filter(pk__in=near) | OrgUnit.objects.filter(pk=unit.pk)).prefetch_related("placements")


class SeveralField(forms.ModelMultipleChoiceField):
    """Several rows out of those that are offered; a key longer than any column is no choice either."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError as error:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": "…"}
            ) from error


class RowsMixin:
    """A formset whose rows are taken out by ticking a box."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)  # type: ignore[misc]
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "Bỏ dòng này khi lưu"


class PlanForm(VietnameseFormMixin, forms.ModelForm):
    """The data of a plan's document, with the plan's own years and state."""

    issued_on = date_field("Ngày ban hành")
    programme = forms.ModelChoiceField(Programme.objects.all(), label="Chương trình", empty_label="Chọn chương trình")
    status = forms.ChoiceField(label="Trạng thái", choices=Plan.Status.choices)
    year_from = forms.IntegerField(label="Thực hiện từ năm", required=False, min_value=1990, max_value=2100)
    year_to = forms.IntegerField(label="Đến năm", required=False, min_value=1990, max_value=2100)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Document
        fields = (
            "kind",
            "number",
            "place_name",
            "issued_on",
            "issued_month",
            "issued_year",
            "issuer_name",
            "subject",
            "derives_from",
            "body_code",
            "signing_authority",
            "signer_post",
            "signer_name",
        )
        widgets = {
            "subject": forms.Textarea(attrs={"rows": 3}),
            "signing_authority": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "number": "Ghi như trên văn bản, ví dụ 57/KH-CĐVC. Để trống khi chưa có số.",
            "body_code": "Phần cuối của ký hiệu, ví dụ CĐVC.",
            "issued_month": "Chỉ ghi khi chưa có ngày.",
            "issuer_name": "Tên cơ quan như ghi trên văn bản.",
            "derives_from": "Văn bản của cấp trên mà kế hoạch này triển khai.",
            "signing_authority": "Ví dụ TM. BAN THƯỜNG VỤ. Mỗi dòng một phần.",
        }

    def __init__(self, *args: Any, documents: QuerySet[Document], plan: Plan | None = None, **kwargs: Any) -> None:
        """``documents`` are those that the person may read; the one that is chosen already stays a choice."""
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.fields["kind"] = forms.ChoiceField(
            label="Loại văn bản", choices=[(kind.value, kind.label) for kind in WRITABLE_KINDS]
        )
        self.fields["issued_month"].widget.attrs |= {"min": 1, "max": 12}
        programme = self.initial.get("programme") or (plan and plan.programme_id)
        offered = documents.filter(programme=programme) if programme else documents
        offered |= Document.objects.filter(pk=self.instance.derives_from_id)
        self.fields["derives_from"].queryset = offered.exclude(pk=self.instance.pk).order_by("issued_on", "pk")  # type: ignore[attr-defined]
        self.fields["derives_from"].label_from_instance = document_label  # type: ignore[attr-defined]
        self.helper = form_helper(
            Fieldset("Văn bản", Row(Column("kind"), Column("number"), Column("body_code")), "subject", "issuer_name"),
            Fieldset(
                "Nơi và ngày ban hành",
                Row(Column("place_name"), Column("issued_on"), Column("issued_month"), Column("issued_year")),
            ),
            Fieldset("Thuộc chương trình", "programme", "derives_from"),
            Fieldset("Hiệu lực", Row(Column("status"), Column("year_from"), Column("year_to"))),
            Fieldset("Người ký", "signing_authority", Row(Column("signer_post"), Column("signer_name"))),
            "seen",
        )

    def clean_derives_from(self) -> Document | None:
        above: Document | None = self.cleaned_data["derives_from"]
        document, seen = above, set()
        while document and document.pk not in seen:  # two people may have closed a circle at the same moment
            if document.pk == self.instance.pk:
                raise forms.ValidationError("Văn bản này lại đang triển khai chính kế hoạch đang sửa. Hãy chọn khác.")
            seen.add(document.pk)
            document = document.derives_from
        return above

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("year_from"), cleaned.get("year_to")
        if first and last and last < first:
            self.add_error("year_to", f"Năm kết thúc phải từ năm {first} trở đi.")
        self._check_bounds("issued_month", 1, 12, "Tháng phải từ 1 đến 12.")
        self._check_bounds("issued_year", 1900, 2100, "Năm phải từ 1900 đến 2100.")
        if cleaned.get("status") == Plan.Status.ISSUED and not cleaned.get("number") and not cleaned.get("issued_on"):
            self.add_error("status", "Kế hoạch đã ban hành phải có số hoặc ngày. Hãy ghi số, ngày hoặc để Dự thảo.")
        self._check_register(cleaned)
        return cleaned

    def _check_register(self, cleaned: dict[str, Any]) -> None:
        """What the register has given changes only there."""
        outgoing = self.plan.outgoing.filter(status="issued").order_by("-pk").first() if self.plan else None
        if outgoing is None:
            return
        if (cleaned.get("number"), cleaned.get("issued_on")) != (outgoing.number, outgoing.issued_on):
            self.add_error("number", f"Sổ văn bản đi đã cấp số {outgoing.number}. {CHANGED_IN_REGISTER}")
        if cleaned.get("status") == Plan.Status.DRAFT:
            self.add_error("status", f"Kế hoạch đã ban hành với số {outgoing.number}. {CHANGED_IN_REGISTER}")

    def _check_bounds(self, name: str, low: int, high: int, sentence: str) -> None:
        value = self.cleaned_data.get(name)
        if value is not None and not low <= value <= high:
            self.add_error(name, sentence)

    def document_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}

    def plan_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("programme", "status", "year_from", "year_to")}


class RecipientsForm(VietnameseFormMixin, forms.Form):
    """Kính gửi and Nơi nhận, one a line."""

    addressees = forms.CharField(
        label="Kính gửi", required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Mỗi nơi một dòng."
    )
    copies = forms.CharField(
        label="Nơi nhận",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Mỗi nơi một dòng, không cần gạch đầu dòng và dấu chấm phẩy.",
    )

    def lines(self, name: str) -> list[str]:
        typed = self.cleaned_data.get(name, "").splitlines()
        return [line for line in (each.strip().removeprefix("-").strip().rstrip(";") for each in typed) if line]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("addressees", "copies"):
            if any(len(line) > 300 for line in self.lines(name)):
                self.add_error(name, "Mỗi dòng dài tối đa 300 ký tự. Hãy tách dòng quá dài.")
        return cleaned


class CitationForm(VietnameseFormMixin, forms.ModelForm):
    class Meta:
        model = Citation
        fields = ("text", "relation", "cited")
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}
        labels = {"cited": "Văn bản trong hệ thống"}


class BaseCitationFormSet(RowsMixin, BaseInlineFormSet):
    def __init__(self, *args: Any, documents: QuerySet[Document], **kwargs: Any) -> None:
        """``documents`` are those that the person may read; what is cited already stays a choice."""
        super().__init__(*args, **kwargs)
        near = documents.filter(programme=self.instance.programme_id) | Document.objects.filter(
            cited_by__document=self.instance.pk
        )
        self.documents = near.exclude(pk=self.instance.pk).distinct().order_by("issued_on", "pk")

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["cited"].queryset = self.documents
        form.fields["cited"].label_from_instance = document_label


CitationFormSet = inlineformset_factory(
    Document,
    Citation,
    form=CitationForm,
    formset=BaseCitationFormSet,
    fk_name="document",
    extra=2,
    max_num=MOST_ROWS,
    absolute_max=MOST_ROWS,
    can_delete=True,
    can_delete_extra=False,
)


def document_label(document: Document) -> str:
    """A document in a list of choices: kind, number, day, issuer."""
    day = f"{document.issued_on:%d/%m/%Y}" if document.issued_on else "chưa rõ ngày"
    return " · ".join(part for part in (str(document), day, document.issuer_name) if part)


def form_helper(*parts: Any) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True  # the template writes the token
    helper.layout = Layout(*parts)
    return helper
