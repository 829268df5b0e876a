"""The register of activities held for children, and how it comes into a report."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from orgunits import audit, roles
from orgunits.models import OrgUnit, Role, User
from reports.models import Activity, FundingSource, Report

FILING_ROLES = (Role.REPORTER, Role.APPROVER)
AUDITED = ("name", "occasion", "held_on", "children_reached", "families_reached", "amount_spent", "amounts")
AMOUNTS = [f"amount_{source}" for source in FundingSource.values]


@dataclass(frozen=True)
class Totals:
    """Sums over some activities; None where no activity gives that number, which is not zero."""

    count: int
    children: int | None
    families: int | None
    amount: int | None


def of_report(report: Report) -> list[Activity]:
    """What the unit held within the report's period, by day."""
    period = report.obligation.period
    held = Activity.objects.filter(org_unit=report.obligation.org_unit_id).held_between(
        period.starts_on, period.ends_on
    )
    return list(held.select_related("task__section").order_by("held_on", "pk"))


def totals(activities: Iterable[Activity]) -> Totals:
    rows = list(activities)
    return Totals(
        count=len(rows),
        children=_sum(row.children_reached for row in rows),
        families=_sum(row.families_reached for row in rows),
        amount=_sum(row.amount_spent for row in rows),
    )


def totals_of(activities: QuerySet[Activity]) -> Totals:
    """``totals`` summed by the database, for a list that is shown page by page."""
    sums = activities.order_by().aggregate(
        count=Count("pk"),
        children=Sum("children_reached"),
        families=Sum("families_reached"),
        **{name: Sum(name) for name in AMOUNTS},
    )
    amount = _sum(sums.pop(name) for name in AMOUNTS)
    return Totals(**sums, amount=amount)


def frozen(report: Report) -> list[dict[str, Any]]:
    """The activities of the period as a revision keeps them."""
    return [
        {
            "pk": activity.pk,
            "name": activity.name,
            "occasion": activity.occasion,
            "task": activity.task_id,
            "held_on": activity.held_on.isoformat(),
            "place": activity.place,
            "children_reached": activity.children_reached,
            "families_reached": activity.families_reached,
            "amount_spent": activity.amount_spent,
            "amounts": activity.amounts,
        }
        for activity in of_report(report)
    ]


@transaction.atomic
def record(activity: Activity, *, by: User) -> Activity:
    """Enter a new activity in the register."""
    activity.recorded_by = by
    activity.save(force_insert=True)
    audit.record("activity.create", activity, by=by, org_unit=activity.org_unit, **_facts(activity))
    return activity


@transaction.atomic
def correct(activity: Activity, *, by: User, changed: list[str]) -> None:
    """Write the changed fields of an activity; reports that were filed keep what they froze."""
    if not changed:
        return
    activity.save(update_fields=changed)
    audit.record("activity.edit", activity, by=by, org_unit=activity.org_unit, changed=changed, **_facts(activity))


@transaction.atomic
def remove(activity: Activity, *, by: User) -> None:
    """Take an activity out of the register; the audit row keeps what it said."""
    audit.record("activity.delete", activity, by=by, org_unit=activity.org_unit, **_facts(activity))
    activity.delete()


def may_record(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Whether the user keeps the unit's register: those who file for it."""
    return roles.may(user, FILING_ROLES, unit, on=on)


def _facts(activity: Activity) -> dict[str, Any]:
    values = {name: getattr(activity, name) for name in AUDITED}
    return values | {"held_on": activity.held_on.isoformat()}


def _sum(numbers: Iterable[int | None]) -> int | None:
    given = [number for number in numbers if number is not None]
    return sum(given) if given else None
