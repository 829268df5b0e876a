"""What a reviewer types: a comment on approval, reasons for a return, a reason for a reopening."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import Truncator

from orgunits.form_fields import DayField
from plans.forms import VietnameseFormMixin
from reports import form_fields
from reports.models import FormItem, Report

MOST = 4000
DAYS_TO_CORRECT = 7  # proposed: a working week and a weekend, whatever day the report comes back


class ReviewForm(VietnameseFormMixin, forms.Form):
    """``seen`` is the number of the revision that stood on the page; the forms share a page, so each has own ids.

    The page is long: what is wrong is told on its top, and the first field that is wrong gets the cursor.
    """

    refused = ""  # the sentence on top
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}-%s", **kwargs})

    def is_valid(self) -> bool:
        if super().is_valid():
            return True
        for field in self.wrong[:1]:
            field.field.widget.attrs["autofocus"] = True
        return False

    @property
    def wrong(self) -> list[forms.BoundField]:
        """The fields on the page that are wrong."""
        return [field for field in self.visible_fields() if field.errors]


class ApproveForm(ReviewForm):
    refused = "Chưa duyệt được báo cáo."
    comment = forms.CharField(
        label="Lời nhắn cho đơn vị (không bắt buộc)",
        required=False,
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class BackForm(ReviewForm):
    """With what a report goes back to its unit: by when it is to be filed again."""

    due_on = DayField(
        label="Hạn nộp lại",
        help_text=f"Hết ngày này vẫn còn hạn. Đặt sẵn {DAYS_TO_CORRECT} ngày kể từ hôm nay; sửa được.",
        error_messages={"required": "Hãy ghi hạn nộp lại, ví dụ 30/11/2026."},
    )

    def __init__(self, *args: Any, on: datetime.date, **kwargs: Any) -> None:
        self.on = on
        later = on + datetime.timedelta(days=DAYS_TO_CORRECT)
        super().__init__(*args, **{**kwargs, "initial": {"due_on": later, **kwargs.get("initial", {})}})

    def clean_due_on(self) -> datetime.date:
        return self.not_past(self.cleaned_data["due_on"])

    def not_past(self, day: datetime.date) -> datetime.date:
        if day < self.on:
            raise forms.ValidationError(f"Hạn nộp lại không được trước hôm nay ({self.on:%d/%m/%Y}).")
        return day


@dataclass(frozen=True)
class ItemBox:
    """The three fields of one item, ready for the page."""

    section: str
    name: str
    tick: forms.BoundField
    reason: forms.BoundField
    due_on: forms.BoundField

    @property
    def is_open(self) -> bool:
        return bool(self.tick.value() or self.reason.value() or self.due_on.value())


class ReturnForm(BackForm):
    """A reason for the whole report, or single items that are ticked, each with a reason and, where wanted, a day."""

    refused = "Chưa trả lại được báo cáo."
    reason = forms.CharField(
        label="Lý do trả lại cả báo cáo",
        required=False,
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3, "data-key-reason": ""}),
        help_text="Ghi ở đây thì mọi mục mở ra để sửa. Chỉ cần sửa vài mục thì để trống và tích các mục đó ở dưới.",
    )
    field_order = ("seen", "reason", "due_on")

    def __init__(self, *args: Any, items: Sequence[FormItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            label = short_label(item)
            self.fields[f"tich-{item.code}"] = forms.BooleanField(label=label, required=False)
            self.fields[f"muc-{item.code}"] = forms.CharField(
                label=f"Lý do: {label}", required=False, max_length=MOST, widget=forms.Textarea(attrs={"rows": 2})
            )
            self.fields[f"han-{item.code}"] = DayField(label=f"Hạn riêng: {label}", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for item in self.items:
            ticked, reason = cleaned.get(f"tich-{item.code}"), cleaned.get(f"muc-{item.code}", "").strip()
            if ticked and not reason:
                self.add_error(f"muc-{item.code}", "Hãy ghi lý do để đơn vị biết cần sửa gì ở mục này.")
            if reason and not ticked:
                self.add_error(f"tich-{item.code}", "Mục này có lý do mà chưa tích. Hãy tích, hoặc xóa lý do.")
            self._check_day(f"han-{item.code}")
        if not self.errors and not cleaned.get("reason", "").strip() and not self.item_reasons:
            self.add_error("reason", "Hãy ghi lý do trả lại, hoặc tích mục cần sửa và ghi lý do của mục đó.")
        return cleaned

    def _check_day(self, name: str) -> None:
        day, last = self.cleaned_data.get(name), self.cleaned_data.get("due_on")
        if day is None:
            return
        try:
            self.not_past(day)
        except forms.ValidationError as error:
            self.add_error(name, error)
        if last and day > last:
            self.add_error(name, f"Hạn riêng của mục không được sau hạn nộp lại ({last:%d/%m/%Y}).")

    @property
    def item_reasons(self) -> dict[str, str]:
        """The reasons that were given, by item code."""
        typed = {item.code: self.cleaned_data.get(f"muc-{item.code}", "").strip() for item in self.items}
        return {code: text for code, text in typed.items() if text}

    @property
    def item_due(self) -> dict[str, datetime.date]:
        """The days of their own, by code of the items that go back."""
        days = {code: self.cleaned_data.get(f"han-{code}") for code in self.item_reasons}
        return {code: day for code, day in days.items() if day}

    @property
    def boxes(self) -> list[ItemBox]:
        return [
            ItemBox(
                item.section,
                short_label(item),
                self[f"tich-{item.code}"],
                self[f"muc-{item.code}"],
                self[f"han-{item.code}"],
            )
            for item in self.items
        ]

    @property
    def has_item_input(self) -> bool:
        """Whether a box of an item has something in it, so that the page opens the boxes."""
        return self.is_bound and any(box.is_open for box in self.boxes)


class ReopenForm(BackForm):
    refused = "Chưa mở lại được báo cáo."
    reason = forms.CharField(
        label="Lý do mở lại",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Hãy ghi lý do mở lại báo cáo đã duyệt."},
        help_text="Số liệu thôi được tính là đã duyệt cho đến khi đơn vị nộp lại và báo cáo được duyệt lần nữa.",
    )
    field_order = ("seen", "reason", "due_on")


def review_items(report: Report) -> list[FormItem]:
    """The items that the report's unit was asked: one that it never saw, open alone, would leave it nothing to do."""
    return [question.item for question in form_fields.load(report).questions]


def short_label(item: FormItem) -> str:
    """A few words that name the question beside its box."""
    return item.target.indicator.short_name if item.target else Truncator(item.label).words(16)
