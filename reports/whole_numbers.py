"""Reads the whole numbers that people type: ``1234``, ``1.234`` and ``1 234`` are one number, ``1.23`` is a question.

Only what can be read in one way is taken. The rest is asked about: a figure that was guessed is worse than one that
is missing.
"""

import re

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
_SHORTENED = re.compile(r"[0-9]\s*(?:triệu|tr|tỷ|tỉ|nghìn|ngàn|k)\b", re.IGNORECASE)
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
    """An amount in whole đồng, with or without the word đồng behind it; raises Unreadable."""
    if _SHORTENED.search(text):
        raise Unreadable("Hãy ghi đủ số đồng bằng chữ số, ví dụ 5000000 hoặc 5.000.000, không viết tắt “triệu”, “tỷ”.")
    return read_whole(_CURRENCY.sub("", text.strip()), most=MOST_MONEY)


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
