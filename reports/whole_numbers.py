"""Reads the whole numbers that people type: ``1234``, ``1.234`` and ``1 234`` are one number, ``1.23`` is a question.

Only what can be read in one way is taken. The rest is asked about: a figure that was guessed is worse than one that
is missing.
"""

import re
from fractions import Fraction

from django.utils.formats import number_format

MOST_COUNT = 10**9  # ten times the population of Viet Nam
MOST_MONEY = 10**15  # đồng; JavaScript reads whole numbers exactly up to nine times that

_PLAIN = re.compile(r"[0-9]+")
# Thousands by dots or by spaces, and the ",00" that accounting programs print after an amount.
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:([. ])[0-9]{3})(?:\1[0-9]{3})*(?:,00?)?")
# One comma is a decimal in Vietnamese writing; two can only stand between thousands.
_COMMAS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}")
_NEGATIVE = re.compile(r"[-−–]\s*[0-9][0-9., ]*")
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]+")
# Amounts as people write them: "12,5 triệu", "1 tỷ 250 triệu". Three digits behind a mark are thousands to some.
_WORD = r"tỷ|tỉ|triệu|tr|nghìn|ngàn|k"
_SHORTENED = re.compile(rf"[0-9]\s*(?:{_WORD})\b", re.IGNORECASE)
_SCALED = re.compile(rf"([0-9]{{1,9}})(?:[.,]([0-9]{{1,2}}|[0-9]{{4,9}}))? ?({_WORD})\b", re.IGNORECASE)
_SCALES = {"tỷ": 10**9, "tỉ": 10**9, "triệu": 10**6, "tr": 10**6, "nghìn": 1000, "ngàn": 1000, "k": 1000}
# One mark between digits: thousands to one person, a decimal to another.
_TWO_READINGS = re.compile(r"([0-9]{1,12})[.,]([0-9]{1,6})")
_CURRENCY = re.compile(r"\s*(?:đồng|đ|vnđ|vnd)\.?$", re.IGNORECASE)


class Unreadable(ValueError):
    """The text is not one whole number from 0 on; the message is a sentence for the person who typed it."""


def read_whole(text: str, *, most: int = MOST_COUNT) -> int:
    """The number that the text says beyond doubt; raises Unreadable otherwise, also above ``most``."""
    shown = _SPACES.sub(" ", text).strip()
    if _NEGATIVE.fullmatch(shown):
        raise Unreadable("Số không được âm. Hãy ghi số từ 0 trở lên.")
    if not (_PLAIN.fullmatch(shown) or _GROUPED.fullmatch(shown) or _COMMAS.fullmatch(shown)):
        raise Unreadable(_question(shown))
    digits = re.sub(r"[^0-9]", "", re.sub(r"(?<=[0-9]{3}),00?$", "", shown)).lstrip("0") or "0"
    if len(digits) > len(str(most)) or int(digits) > most:
        raise Unreadable(f"Số quá lớn: nhiều nhất là {number_format(most, force_grouping=True)}.")
    return int(digits)


def read_money(text: str) -> int:
    """An amount in whole đồng: digits, or millions and billions in words; đồng may stand behind. Raises Unreadable."""
    plain = _CURRENCY.sub("", _SPACES.sub(" ", text).strip())
    if not _SHORTENED.search(plain):
        return read_whole(plain, most=MOST_MONEY)
    amount = _in_words(plain)
    if amount is None:
        raise Unreadable(
            "Không rõ số tiền này là bao nhiêu. Hãy ghi đủ bằng chữ số, ví dụ 5.000.000, hoặc ghi như “12,5 triệu”, "
            "“1 tỷ 250 triệu”."
        )
    return read_whole(str(amount), most=MOST_MONEY)


def _in_words(text: str) -> int | None:
    """``12,5 triệu`` and ``1 tỷ 250 triệu`` in đồng; None where it is no whole number, or can be read in two ways."""
    parts = [match.groups() for match in _SCALED.finditer(text)]
    if not parts or _SCALED.sub("", text).strip():
        return None
    total, above = 0, 0
    for whole, decimals, word in parts:
        scale = _SCALES[word.lower()]
        amount = Fraction(f"{whole}.{decimals or 0}") * scale
        # After the first, each part is smaller than one of the word before it, and nothing is parted further.
        is_in_order = not above or (scale < above and amount < above and not decimals)
        if amount.denominator != 1 or not is_in_order or (decimals and len(parts) > 1):
            return None
        total, above = total + int(amount), scale
    return total


def _question(shown: str) -> str:
    """What to write instead; where the digits can be read in two ways, both are named."""
    quoted = shown if len(shown) <= 40 else f"{shown[:40]}…"
    if not re.fullmatch(r"[0-9., ]+", shown):
        return f"“{quoted}” không phải là số nguyên. Hãy chỉ ghi chữ số, ví dụ 1234 hoặc 1.234."
    doubt = f"Không rõ “{quoted}” là bao nhiêu. Hãy ghi lại"
    if two := _TWO_READINGS.fullmatch(shown):
        whole, part = two[1].lstrip("0") or "0", two[2]
        together = f"{whole}{part}".lstrip("0") or "0"
        return f"{doubt}: bạn muốn ghi {together} hay {whole},{part}? Ô này chỉ nhận số nguyên, số lẻ hãy làm tròn."
    return f"{doubt} bằng số nguyên, ví dụ 1234 hoặc 1.234."
