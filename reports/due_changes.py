"""A changed due rule, and the reports made by it on which nothing was filed yet.

Extensions and waivers are in obligations.py and many_changes.py. What was filed keeps the day by which it was judged.
"""

from django.db import transaction
from django.db.models import Q

from orgunits import audit
from orgunits.models import User
from plans.models import DueRule
from reports.expecting import Due, due_of
from reports.models import Obligation, Period
from reports.models.obligations import ObligationQuerySet

DATE_FIELDS = [
    "comparison", "day", "month", "next_year", "days_after", "named_on", "shift", "cut_off_day", "cut_off_month"
]  # fmt: skip


@transaction.atomic
def set_rule(rule: DueRule, *, by: User, apply_from: int | None = None) -> int:
    """Write the rule's changed date; how many expected reports took it over.

    With ``apply_from`` the reports of that year and later ones on which nothing was filed yet get the new day too.
    """
    if not DueRule.objects.filter(pk=rule.pk, **{name: getattr(rule, name) for name in DATE_FIELDS}).exists():
        rule.set_by_administrator = True  # the date of the document, saved again, stays the document's
    rule.save(update_fields=[*DATE_FIELDS, "set_by_administrator"])
    changed = _apply(rule, year_from=apply_from) if apply_from is not None and rule.has_date else 0
    audit.record(
        "due_rule.set",
        rule.duty,
        by=by,
        org_unit=rule.duty.plan.org_unit,
        kind=rule.period_kind,
        **({"level": rule.level.name} if rule.level else {}),
        **({"name": rule.unit.name} if rule.unit else {}),
        rule=rule.in_words,
        obligations=changed,
    )
    return changed


def _apply(rule: DueRule, *, year_from: int) -> int:
    changed = 0
    periods = Period.objects.filter(kind=rule.period_kind, year__gte=year_from, obligations__duty=rule.duty).distinct()
    for period in periods:
        changed += redate(due_of(rule, rule.duty, period.year), period)
    return changed


def redate(due: Due, period: Period) -> int:
    """Give the reports of a period on which nothing was filed the day of their rule; how many it is another day for.

    The conditional UPDATE decides which reports are still not filed. It runs under locks that were taken before it:
    whoever is filing meanwhile is waited for, and then seen. Nothing else is touched, not even a later extension.
    """
    owed = ruled_by(due.rule, period).filter(waived_at__isnull=True, closed_at__isnull=True)
    list(owed.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    wanted = to_redate(due, period)
    wanted.filter(extended_due_on__lte=due.due_on).update(extended_due_on=None, extension_reason="")
    return wanted.update(
        due_on=due.due_on,
        cut_off_on=due.cut_off_on,
        due_phrase=due.phrase,
        due_rule=due.rule,
        rule_words=due.words,
        planned_on=due.planned_on,
    )


def to_redate(due: Due, period: Period) -> ObligationQuerySet:
    """The reports of the rule on which nothing was filed and that have another day than it gives."""
    return ruled_by(due.rule, period).never_filed().exclude(due_on=due.due_on, cut_off_on=due.cut_off_on)


def ruled_by(rule: DueRule, period: Period) -> ObligationQuerySet:
    """The reports of the period over which the rule rules: those of its unit, of its level, or of all the others.

    By the level that the unit had when the report was made: it is frozen on the row.
    """
    slot = Obligation.objects.filter(duty=rule.duty, period=period)
    if rule.unit_id:
        return slot.filter(org_unit=rule.unit_id)
    others = DueRule.objects.filter(duty=rule.duty, period_kind=rule.period_kind)
    slot = slot.exclude(org_unit__in=list(others.filter(unit__isnull=False).values_list("unit", flat=True)))
    if rule.level_id:
        return slot.filter(level=rule.level_id)
    levels = list(others.filter(level__isnull=False).values_list("level", flat=True))
    return slot.filter(~Q(level__in=levels) | Q(level__isnull=True)) if levels else slot
