"""The checks of what is filed, each a plain function that gives a sentence for the officer, or an empty text."""

from django.utils.formats import number_format

from reports import personal_traces

WILD_FACTOR = 3
WILD_FROM = 10  # below, a change by a factor says nothing


def differs_wildly(before: int, now: int) -> bool:
    """More than three times the last figure, or less than a third of it, where either is above ten."""
    if max(before, now) <= WILD_FROM:
        return False
    return now > WILD_FACTOR * before or now * WILD_FACTOR < before


def wild_difference(before: int, now: int) -> str:
    if not differs_wildly(before, now):
        return ""
    return f"Kỳ trước là {number_format(before)}, kỳ này ghi {number_format(now)}: chênh lệch quá 3 lần."


def wild_fall_to_nil(before: int) -> str:
    if not differs_wildly(before, 0):
        return ""
    return f"Kỳ trước là {number_format(before)}, kỳ này không phát sinh: chênh lệch quá 3 lần."


def numerator_above_denominator(numerator: int, denominator: int) -> str:
    if numerator <= denominator:
        return ""
    return (
        f"Tử số ({number_format(numerator)}) lớn hơn mẫu số ({number_format(denominator)}). Tử số là một phần của "
        "mẫu số nên không thể lớn hơn."
    )


def too_long(text: str, most: int) -> str:
    if len(text) <= most:
        return ""
    return f"Nội dung dài {number_format(len(text))} ký tự, nhiều nhất là {number_format(most)}. Hãy rút gọn."


def names_a_person(text: str) -> str:
    """A warning, not an error: the form holds figures about children, never who they are."""
    return " ".join(personal_traces.found(text))
