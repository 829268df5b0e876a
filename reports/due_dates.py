"""Due dates in words, the same on every page and in every letter.

"Trước ngày 10/11" is exclusive: the screen always adds the last good moment, so that nobody has to know that.
"""

import contextlib
import datetime

from plans.models import DueRule
from reports.models import Obligation

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

    With a shift the day to which it leads is added. Raises ValueError when the rule has no date, or none in that year
    (29/2).
    """
    named, planned, last = rule.named_day(year), rule.planned_on(year), rule.due_on(year)
    match rule.comparison:
        case DueRule.Comparison.BEFORE:
            words = f"trước ngày {day_text(named)}, tức chậm nhất {last_moment(planned)}"
        case DueRule.Comparison.LAST_DAY:
            words = f"ngày cuối cùng của tháng {named:%m/%Y}, tức chậm nhất {last_moment(planned)}"
        case DueRule.Comparison.AFTER:
            words = f"{_after(rule, named)}, tức chậm nhất {last_moment(planned)}"
        case _:
            words = f"chậm nhất {last_moment(planned)}"
    if last == planned:
        return words
    moved = "lùi sang ngày làm việc kế tiếp" if last > planned else "đưa lên ngày làm việc liền trước"
    return f"{words}; {moved}: {last_moment(last)}"


def _after(rule: DueRule, named: datetime.date) -> str:
    if not rule.days_after:
        return f"ngày cuối cùng của kỳ ({day_text(named)})"
    end = named - datetime.timedelta(days=rule.days_after)
    return f"{rule.days_after} ngày sau khi hết kỳ ({day_text(end)})"


def planned_in_words(obligation: Obligation) -> str:
    """When the first filing was due, as a sentence part; by the rule as it stood when it fixed the day."""
    if obligation.extended_due_on:
        return f"được gia hạn đến {last_moment(obligation.extended_due_on)}"
    return obligation.rule_words or _of_the_rule_now(obligation) or f"chậm nhất {last_moment(obligation.due_on)}"


def _of_the_rule_now(obligation: Obligation) -> str:
    """For reports made before the words were kept on them: the rule's, where it still means the same day."""
    rule = obligation.duty.rule_for(obligation.period.kind, obligation.level_id, obligation.org_unit_id)
    with contextlib.suppress(ValueError):  # the rule has lost its date since, or has none in that year
        if rule and rule.due_on(obligation.period.year) == obligation.due_on:
            return rule_in_words(rule, obligation.period.year)
    return ""


def days_left(days: int) -> str:
    """Days until the last good day in words: "còn 12 ngày", "hạn chót là hôm nay", "quá hạn 3 ngày"."""
    if days < 0:
        return f"quá hạn {-days} ngày"
    return f"còn {days} ngày" if days else "hạn chót là hôm nay"
