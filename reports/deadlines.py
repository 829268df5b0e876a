"""Due dates in words that leave no doubt: "trước ngày 10/11" is until the end of 9/11."""

import datetime

from reports.models import Obligation

WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
DAY = "%d/%m/%Y"


def due_words(obligation: Obligation) -> str:
    """The last good moment, with the plan's "trước ngày" where that is what the plan says."""
    last = obligation.effective_due_on
    until = f"chậm nhất 23:59 ngày {last:{DAY}} ({WEEKDAYS[last.weekday()]})"
    if obligation.extended_due_on:
        return f"{until}, đã được gia hạn (hạn cũ: {obligation.due_on:{DAY}})"
    if "trước" in obligation.due_phrase.lower():
        return f"trước ngày {last + datetime.timedelta(days=1):{DAY}}, tức {until}"
    return until


def days_words(days_left: int) -> str:
    """How far away it is: 0 is the last good day, below 0 is late."""
    if days_left > 0:
        return f"còn {days_left} ngày"
    return "hôm nay là ngày cuối" if days_left == 0 else f"quá hạn {-days_left} ngày"
