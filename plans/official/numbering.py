"""Numbers, dates and type codes as the regulations write them.

Rules: NĐ 30/2020, Annex I, part I, points 3 and 4; HD 36-HD/VPTW for the Party. A leading zero stands before numbers
and days below 10 and before the months 1 and 2 only. What is not known yet prints as a blank that can be filled in by
hand.
"""

from typing import Final

from plans.official.blocks import PARTY, DocumentNumber, IssueDate, Style

# Ordinary spaces: the first no-break space of a font would make every space of the file one when it is read back.
BLANK: Final = " " * 6

# Type code → the name that stands as the document's title. A công văn has no title.
TYPE_NAMES: Final = {
    "KH": "KẾ HOẠCH",
    "BC": "BÁO CÁO",
    "CT": "CHỈ THỊ",
    "QĐ": "QUYẾT ĐỊNH",
    "TB": "THÔNG BÁO",
    "HD": "HƯỚNG DẪN",
    "TTr": "TỜ TRÌNH",
    "CTr": "CHƯƠNG TRÌNH",
    "NQ": "NGHỊ QUYẾT",
}
LETTER: Final = "CV"


def number_reference(number: DocumentNumber, style: Style) -> str:
    """Return the number and its symbol without the word "Số": ``09/KH-UBND``, ``162-KH/ĐUK``, ``12/LĐLĐ-NC``."""
    serial = BLANK if number.serial is None else f"{number.serial:02d}"
    body = number.body_code or BLANK
    if style == PARTY:
        return f"{serial}-{number.type_code or LETTER}/{body}"
    letter = number.type_code in ("", LETTER)
    parts = (body, number.drafting_code) if letter else (number.type_code, body)
    return f"{serial}/{'-'.join(part for part in parts if part)}"


def number_line(number: DocumentNumber, style: Style) -> str:
    """Return the whole line: ``Số: 09/KH-UBND`` (NĐ 30), ``Số 162-KH/ĐUK`` (Party)."""
    word = "Số" if style == PARTY else "Số:"
    return f"{word} {number_reference(number, style)}"


def two_digit_day(day: int | None) -> str:
    """Return a day of the month with its leading zero, or the blank."""
    return BLANK if day is None else f"{day:02d}"


def month_number(month: int | None) -> str:
    """Return ``01``, ``02``, ``3`` … ``12``: only the first two months take a zero. None is the blank."""
    if month is None:
        return BLANK
    return f"{month:02d}" if month <= 2 else str(month)


def date_phrase(date: IssueDate) -> str:
    """Return ``ngày 05 tháng 01 năm 2026``, with blanks for what is not known."""
    year = BLANK if date.year is None else str(date.year)
    return f"ngày {two_digit_day(date.day)} tháng {month_number(date.month)} năm {year}"


def place_and_date(date: IssueDate) -> str:
    """Return ``Đắk Lắk, ngày 05 tháng 01 năm 2026``."""
    return f"{date.place or BLANK}, {date_phrase(date)}"


def roman(number: int) -> str:
    """Return a positive whole number in Roman numerals.

    Raises ValueError below 1.
    """
    if number < 1:
        raise ValueError(f"no Roman numeral for {number}")
    signs = (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
        (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    )  # fmt: skip
    result = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        result += sign * count
    return result


def appendix_label(position: int, count: int, style: Style) -> str:
    """Return ``Phụ lục`` when there is one, ``Phụ lục II`` (Party ``Phụ lục 2``) when there are more."""
    if count == 1:
        return "Phụ lục"
    return f"Phụ lục {position if style == PARTY else roman(position)}"
