"""Due dates in words, the same on every page and in every letter.

"Trước ngày 10/11" is exclusive: the screen always adds the last good moment, so that nobody has to know that.
"""

import datetime

from plans.models import DueRule

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def day_text(day: datetime.date) -> str:
    return f"{day:%d/%m/%Y}"


def weekday(day: datetime.date) -> str:
    return WEEKDAYS[day.weekday()]


def last_moment(day: datetime.date) -> str:
    """The end of the last good day: "23:59 ngày 09/11/2026 (thứ Hai)"."""
    return f"23:59 ngày {day_text(day)} ({weekday(day)})"


def rule_in_words(rule: DueRule, year: int) -> str:
    """The rule for one year: "trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)".

    Raises ValueError when the rule has no date, or none in that year (29/2).
    """
    last = rule.due_on(year)
    if rule.comparison == DueRule.Comparison.BEFORE:
        named = last + datetime.timedelta(days=1)
        return f"trước ngày {day_text(named)}, tức chậm nhất {last_moment(last)}"
    return f"chậm nhất {last_moment(last)}"


def days_left(days: int) -> str:
    """Days until the last good day in words: "còn 12 ngày", "hạn chót là hôm nay", "quá hạn 3 ngày"."""
    if days < 0:
        return f"quá hạn {-days} ngày"
    return f"còn {days} ngày" if days else "hạn chót là hôm nay"
