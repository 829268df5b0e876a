"""Changes of due dates that an administrator makes for many units at once.

One unit's extension and waiver are in obligations.py. Whatever was filed already keeps its instant; whether it came in
time is counted by the due date as it stands.
"""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q

from orgunits import audit
from orgunits.models import User
from plans.models import DueRule, ReportingDuty
from reports import rollups
from reports.models import Obligation, Period, Report

DATE_FIELDS = ["comparison", "day", "month", "next_year", "cut_off_day", "cut_off_month"]


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
        rule=rule.in_words,
        obligations=changed,
    )
    return changed


def _apply(rule: DueRule, *, year_from: int) -> int:
    """The conditional UPDATE decides which reports are still not filed, period by period.

    It runs under locks that were taken before it: whoever is filing meanwhile is waited for, and then seen.
    """
    changed = 0
    periods = Period.objects.filter(kind=rule.period_kind, year__gte=year_from, obligations__duty=rule.duty).distinct()
    for period in periods:
        due_on = rule.due_on(period.year)
        cut_off_on = rule.cut_off_on(period.year, period_end=period.ends_on)
        owed = Obligation.objects.filter(_ruled_by(rule), duty=rule.duty, period=period, waived_at__isnull=True)
        list(owed.select_for_update().order_by("pk").values_list("pk", flat=True))
        never_filed = owed.filter(Q(report__isnull=True) | Q(report__status=Report.Status.DRAFT))
        moved = list(never_filed.exclude(due_on=due_on, cut_off_on=cut_off_on).values_list("pk", flat=True))
        changed += never_filed.filter(pk__in=moved).update(
            due_on=due_on, cut_off_on=cut_off_on, due_phrase=rule.phrase or rule.in_words
        )
        Obligation.objects.filter(pk__in=moved, extended_due_on__lte=F("due_on")).update(
            extended_due_on=None, extension_reason=""
        )
    return changed


def _ruled_by(rule: DueRule) -> Q:
    """The reports over which the rule rules: those of its level, or of all levels without a rule of their own."""
    if rule.level_id:
        return Q(level=rule.level_id)
    others = DueRule.objects.filter(duty=rule.duty, period_kind=rule.period_kind, level__isnull=False)
    return ~Q(level__in=list(others.values_list("level", flat=True)))


@transaction.atomic
def extend_all(duty: ReportingDuty, period: Period, *, until: datetime.date, reason: str, by: User) -> int:
    """Give every unit that was not freed time until that day; how many got it.

    Units whose own last day is later already keep it. Raises ValidationError when the day helps nobody.
    """
    wanted = Obligation.objects.filter(duty=duty, period=period, waived_at__isnull=True, due_on__lt=until).filter(
        Q(extended_due_on__isnull=True) | Q(extended_due_on__lt=until)
    )
    pks = list(wanted.select_for_update().order_by("pk").values_list("pk", flat=True))  # the order of set_rule's locks
    if not pks:
        raise ValidationError({"until": "Ngày gia hạn phải sau hạn chót hiện nay của các đơn vị."})
    wanted.filter(pk__in=pks).update(extended_due_on=until, extension_reason=reason)
    audit.record(
        "duty.extend_all",
        duty,
        by=by,
        org_unit=duty.plan.org_unit,
        period=str(period),
        until=until.isoformat(),
        reason=reason,
        obligations=pks,
    )
    rollups.recompute_chain(Obligation.objects.filter(pk__in=pks))
    return len(pks)
