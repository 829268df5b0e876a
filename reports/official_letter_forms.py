"""What the writer of an official letter types: its texts, the day that it asks for, the units it goes to."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orgunits.form_fields import DayField
from orgunits.requests import typed_key
from plans.forms import VietnameseFormMixin
from reports.models import OfficialLetter
from reports.official_letter_texts import Texts, same_text
from reports.official_letters import NOBODY, Typed

UNITS = "don_vi"
LONGEST = 20_000
FURTHEST = datetime.timedelta(days=366)


class OfficialLetterForm(VietnameseFormMixin, forms.Form):
    """The letter as it is typed; ``units`` are the reports ticked beside it."""

    subject = forms.CharField(
        label="Trích yếu",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Khi in, “V/v” (văn bản của Đảng: “về việc”) được thêm vào trước.",
        error_messages={"required": "Hãy ghi trích yếu của công văn."},
    )
    opening = forms.CharField(
        label="Phần mở đầu",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="Mỗi dòng một đoạn. Danh sách đơn vị và số ngày quá hạn được lấy từ số liệu, in ngay sau phần này.",
        error_messages={"required": "Hãy ghi phần mở đầu: căn cứ và tình hình báo cáo."},
    )
    asked_until = DayField(
        label="Đề nghị nộp chậm nhất hết ngày",
        required=False,
        help_text="Đổi ngày ở đây thì ngày trong phần đề nghị đổi theo.",
    )
    request = forms.CharField(
        label="Nội dung đề nghị",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text="Mỗi dòng một đoạn.",
        error_messages={"required": "Hãy ghi nội dung đề nghị."},
    )
    recipients = forms.CharField(
        label="Nơi nhận",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Mỗi dòng một nơi nhận; “Như trên” được thêm vào đầu, dòng cuối là nơi lưu.",
    )

    def __init__(self, *args: Any, letter: OfficialLetter, on: datetime.date, **kwargs: Any) -> None:
        names = ("subject", "opening", "request", "recipients", "asked_until")
        kwargs.setdefault("initial", {name: getattr(letter, name) for name in names})
        super().__init__(*args, **kwargs)
        self.letter, self.on = letter, on
        if letter.kind != OfficialLetter.Kind.URGE:
            del self.fields["asked_until"]
            self.fields["opening"].help_text = "Mỗi dòng một đoạn. Biểu mẫu đang dùng được in ở phụ lục."

    @property
    def units(self) -> frozenset[int]:
        """The reports that are ticked: in what was sent, else in the letter as it is stored."""
        if self.is_bound:
            return chosen_units(self.data)
        return frozenset(self.letter.addressees.values_list("obligation_id", flat=True))

    def clean_asked_until(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["asked_until"]
        if day is None or day == self.letter.asked_until:
            return day
        if day < self.on:
            raise ValidationError("Hãy chọn ngày từ hôm nay trở đi.")
        if day > self.on + FURTHEST:
            raise ValidationError("Ngày này ở quá xa. Hãy xem lại năm.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.units:
            self.add_error(None, NOBODY)
        return cleaned

    @property
    def typed(self) -> Typed:
        """What is to be saved; call it on a valid form."""
        values = self.cleaned_data
        texts = Texts(*(_lines(values[name]) for name in ("subject", "opening", "request")))
        return Typed(texts, _lines(values["recipients"]), values.get("asked_until"), self.units)

    def as_letter(self) -> OfficialLetter:
        """The letter with what is typed now, right or wrong, for the preview; never saved."""
        letter = self.letter
        typed = {name: str(self.data.get(name, "")) for name in ("subject", "opening", "request", "recipients")}
        until = letter.asked_until
        if self.is_bound:
            self.is_valid()
            until = self.cleaned_data.get("asked_until")
        shown = typed if self.is_bound else {name: getattr(letter, name) for name in typed}
        return OfficialLetter(
            pk=letter.pk, kind=letter.kind, org_unit=letter.org_unit, duty=letter.duty, period=letter.period,
            asked_until=until, **shown,
        )  # fmt: skip

    def stored_otherwise(self) -> list[tuple[str, str]]:
        """Label and stored text of each field in which something else is typed."""
        pairs = [(name, str(self.data.get(name, ""))) for name in ("subject", "opening", "request", "recipients")]
        differing = [
            (str(self.fields[name].label), getattr(self.letter, name))
            for name, typed in pairs
            if not same_text(getattr(self.letter, name), typed)
        ]
        until = self.letter.asked_until
        if "asked_until" in self.fields and self.cleaned_data.get("asked_until") != until:
            differing.append((str(self.fields["asked_until"].label), f"{until:%d/%m/%Y}" if until else ""))
        return differing


def chosen_units(data: Any) -> frozenset[int]:
    """The pks that are ticked in a form; what can be no pk is left out."""
    return frozenset(pk for text in data.getlist(UNITS) if (pk := typed_key(text)) is not None)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
