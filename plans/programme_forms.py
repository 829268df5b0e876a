"""What people type into a programme: itself, documents from outside, and the number of a unit's own plan."""

import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet

from plans.forms import VietnameseFormMixin, date_field, document_label
from plans.models import Document, Programme


class RegistrationForm(VietnameseFormMixin, forms.Form):
    """Number and day of a unit's own plan, without its text."""

    number = forms.CharField(label="Số, ký hiệu", max_length=80, help_text="Ghi như trên văn bản, ví dụ 12/KH-CĐCS.")
    issued_on = date_field("Ngày ban hành")
    subject = forms.CharField(
        label="Trích yếu", required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Không bắt buộc."
    )

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.fields["issued_on"].required = True
        self.fields["issued_on"].error_messages["required"] = "Hãy ghi ngày ban hành."

    def clean_issued_on(self) -> datetime.date:
        issued_on: datetime.date = self.cleaned_data["issued_on"]
        if issued_on > self.on:
            raise forms.ValidationError("Ngày ban hành không thể sau hôm nay.")
        return issued_on


class OutsideDocumentForm(VietnameseFormMixin, forms.ModelForm):
    """A document of a higher body that has no plan of its own here."""

    issued_on = date_field("Ngày ban hành")

    class Meta:
        model = Document
        fields = ("kind", "number", "issued_on", "issuer_name", "subject", "derives_from")
        widgets = {"subject": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, documents: QuerySet[Document], **kwargs: Any) -> None:
        """``documents`` are those of the programme that the person may read."""
        super().__init__(*args, **kwargs)
        for name in ("number", "issuer_name"):
            self.fields[name].required = True
        self.fields["derives_from"].queryset = documents  # type: ignore[attr-defined]
        self.fields["derives_from"].label_from_instance = document_label  # type: ignore[attr-defined]


class ProgrammeForm(VietnameseFormMixin, forms.ModelForm):
    """A programme; its root document is chosen once the document has been added to it."""

    class Meta:
        model = Programme
        fields = ("code", "short_name", "name", "year_from", "year_to", "root_document")
        help_texts = {
            "code": "Chữ thường không dấu, số và gạch nối, ví dụ 28-ct-tw.",
            "root_document": "Chỉ thị, quyết định ban hành chương trình. Thêm văn bản vào chương trình rồi chọn ở đây.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        documents = Document.objects.filter(programme=self.instance.pk, plan__isnull=True)
        root = Document.objects.filter(pk=self.instance.root_document_id)
        choices = (documents | root).order_by("issued_on", "pk") if self.instance.pk else documents.none()
        self.fields["root_document"].queryset = choices  # type: ignore[attr-defined]
        self.fields["root_document"].label_from_instance = document_label  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("year_from"), cleaned.get("year_to")
        if first and last and last < first:
            self.add_error("year_to", f"Năm kết thúc phải từ năm {first} trở đi.")
        return cleaned
