"""Fields of the builder of forms: whole numbers as Vietnamese write them, and rows of names with codes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.text import slugify

from orgunits.vietnamese import nfc, without_marks
from reports.whole_numbers import MOST_MONEY, Unreadable, read_whole

MOST_ROWS = 40  # groups or answers of one item
Rows = list[dict[str, str]]


class WholeNumberField(forms.CharField):
    """A whole number as Vietnamese write it: 1234 and 1.234 are one."""

    def __init__(self, *, least: int = 0, most: int = MOST_MONEY, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.least, self.most = least, most
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return number_format(value, force_grouping=True) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            number = read_whole(text, most=MOST_MONEY)
        except Unreadable as error:
            raise ValidationError(str(error)) from error
        if not self.least <= number <= self.most:
            low, high = (number_format(bound, force_grouping=True) for bound in (self.least, self.most))
            raise ValidationError(f"Hãy ghi một số từ {low} đến {high}.")
        return number


class RowsWidget(forms.Widget):
    """Repeated pairs ``<name>`` and ``<name>_ma``: what is typed, and the code of the row that it stood in before."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Rows:
        if not isinstance(data, QueryDict):
            rows: Rows = data.get(name, [])
            return rows
        typed, codes = data.getlist(name)[:MOST_ROWS], data.getlist(f"{name}_ma")
        codes += [""] * (len(typed) - len(codes))
        pairs = zip(typed, codes, strict=False)
        return [{"name": text.replace("\x00", ""), "code": code} for text, code in pairs if text.strip() or code]


class RowsField(forms.Field):
    """Groups or answers in order, each with a code that stays when its name is corrected."""

    widget = RowsWidget

    def __init__(self, *, least: int, twice: str, too_few: str, most_length: int = 200, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.least, self.twice, self.too_few, self.most_length = least, twice, too_few, most_length

    def clean(self, value: Any) -> Rows:
        rows = [(nfc(row["name"]).strip(), row["code"]) for row in value or []]
        rows = [row for row in rows if row[0]]
        if any(len(name) > self.most_length for name, _ in rows):
            raise ValidationError(f"Mỗi dòng dài nhất {self.most_length} ký tự. Hãy rút gọn.")
        seen: set[str] = set()
        for name, _ in rows:
            if name.casefold() in seen:
                raise ValidationError(self.twice % {"name": name})
            seen.add(name.casefold())
        if len(rows) < self.least:
            raise ValidationError(self.too_few)
        return [{"code": code, "name": name} for name, code in rows]


def with_codes(rows: Rows, before: Rows) -> Rows:
    """Give each row its code: that of a row with the same name, else that of the place in which it was retyped."""
    by_name = {row["name"].casefold(): row["code"] for row in before}
    known = {row["code"] for row in before}
    kept = [by_name.get(row["name"].casefold(), "") for row in rows]
    for index, row in enumerate(rows):
        if not kept[index] and row["code"] in known and row["code"] not in kept:
            kept[index] = row["code"]
    for index, row in enumerate(rows):
        if not kept[index]:
            stem = slugify(without_marks(row["name"]))[:40].strip("-") or "nhom"
            names = [stem, *(f"{stem}-{number}" for number in range(2, len(rows) + len(known) + 3))]
            kept[index] = next(name for name in names if name not in known and name not in kept and name != "all")
    return [{"code": code, "name": row["name"]} for code, row in zip(kept, rows, strict=True)]
