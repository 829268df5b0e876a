"""Whether the days of a duty at many levels let each level wait for the one below it."""

from itertools import pairwise

from orgunits.models import Level
from plans.models import DueRule, PeriodKind, ReportingDuty

ANY_YEAR = 2023  # the order of days is the same every year; 29/2 is not accepted as a date


def out_of_order(duty: ReportingDuty) -> list[str]:
    """Sentences naming the levels whose day is before or on the day of a level that reports to them.

    Only of a duty that goes up step by step: where everybody files with one recipient nobody waits for anybody.
    """
    if not duty.is_stepwise:
        return []
    sentences = []
    for kind in PeriodKind:
        if kind == PeriodKind.ONCE and not duty.once_title:
            continue
        dated = [(level, rule) for level, rule in _rules_by_level(duty, kind) if rule and rule.has_date]
        for (lower, lower_rule), (upper, upper_rule) in pairwise(dated):
            if upper_rule.planned_on(ANY_YEAR) <= lower_rule.planned_on(ANY_YEAR):
                sentences.append(too_early(upper, upper_rule.in_words, lower, lower_rule.in_words, kind.label))
    return sentences


def too_early(upper: Level, upper_day: str, lower: Level, lower_day: str, period: str) -> str:
    """Why two days do not fit, for who sets them."""
    return (
        f"{period}: cấp “{upper}” phải nộp {upper_day}, không sau hạn của cấp “{lower}” ({lower_day}). "
        f"Đến hạn, cấp trên có thể chưa có báo cáo của cấp dưới; hãy xem lại thời hạn."
    )


def _rules_by_level(duty: ReportingDuty, kind: str) -> list[tuple[Level, DueRule | None]]:
    """The levels that are known to report with their rules, the lowest first."""
    levels = {rule.level for rule in duty.due_rules.all() if rule.level and rule.period_kind == kind}
    if duty.reporters == ReportingDuty.Reporters.LEVEL:
        levels |= set(duty.levels.all())
    ordered = sorted(levels, key=lambda level: (-level.rank, level.code))
    return [(level, duty.rule_for(kind, level.pk)) for level in ordered]
