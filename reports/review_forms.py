"""What a reviewer types: a comment on approval, reasons for a return, a reason for a reopening."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import Truncator

from plans.forms import VietnameseFormMixin
from reports.models import FormItem, Report

MOST = 4000


class ReviewForm(VietnameseFormMixin, forms.Form):
    """``seen`` is the number of the revision that stood on the page; the forms share a page, so each has own ids."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}-%s", **kwargs})


class ApproveForm(ReviewForm):
    comment = forms.CharField(
        label="Lời nhắn cho đơn vị (không bắt buộc)",
        required=False,
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReturnForm(ReviewForm):
    """A reason for the whole report and one for each item; one of them at least is needed."""

    reason = forms.CharField(
        label="Lý do trả lại",
        required=False,
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Đơn vị đọc nguyên văn lời này trong thư và trên trang việc cần làm.",
    )

    def __init__(self, *args: Any, items: Sequence[FormItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            self.fields[_name(item.code)] = forms.CharField(
                label=short_label(item), required=False, max_length=MOST, widget=forms.Textarea(attrs={"rows": 2})
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("reason", "").strip() and not self.item_reasons:
            self.add_error("reason", "Hãy ghi lý do trả lại để đơn vị biết cần sửa gì.")
        return cleaned

    @property
    def item_reasons(self) -> dict[str, str]:
        """The reasons that were given, by item code."""
        typed = {item.code: self.cleaned_data.get(_name(item.code), "").strip() for item in self.items}
        return {code: text for code, text in typed.items() if text}

    @property
    def item_fields(self) -> list[forms.BoundField]:
        return [self[_name(item.code)] for item in self.items]

    @property
    def has_item_input(self) -> bool:
        """Whether a box of an item has something in it, so that the page opens the boxes."""
        return any(field.value() for field in self.item_fields)


class ReopenForm(ReviewForm):
    reason = forms.CharField(
        label="Lý do mở lại",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Hãy ghi lý do mở lại báo cáo đã duyệt."},
        help_text="Số liệu thôi được tính là đã duyệt cho đến khi đơn vị nộp lại và báo cáo được duyệt lần nữa.",
    )


def review_items(report: Report) -> list[FormItem]:
    """The items of the report's form, with what ``short_label`` names."""
    return list(report.form_version.items.select_related("target__indicator").order_by("order", "pk"))


def short_label(item: FormItem) -> str:
    """A few words that name the question beside its box."""
    return item.target.indicator.short_name if item.target else Truncator(item.label).words(16)


def _name(code: str) -> str:
    return f"muc-{code}"
