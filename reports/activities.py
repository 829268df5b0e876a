"""The register of activities held for children, and how it comes into a report."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from orgunits import audit, roles
from orgunits.models import OrgUnit, Role, User
from reports.models import Activity, FundingSource, Occasion, Report

FILING_ROLES = (Role.REPORTER, Role.APPROVER)
AUDITED = ("name", "occasion", "held_on", "place", "children_reached", "families_reached", "amounts")


@dataclass(frozen=True)
class Totals:
    """Sums over some activities; None where no activity gives that number, which is not zero."""

    count: int
    children: int | None
    families: int | None
    amount: int | None


@dataclass(frozen=True)
class Summary:
    """What some activities come to: all together, by occasion (those that were held) and by source of money.

    A source that no activity names is left out; one that is named with 0 is there.
    """

    together: Totals
    by_occasion: list[tuple[str, Totals]]
    by_source: list[tuple[str, int]]


@dataclass(frozen=True)
class Facts:
    """The numbers of one activity, or of ``count`` of them that had one occasion."""

    occasion: str
    count: int = 1
    children: int | None = None
    families: int | None = None
    amounts: dict[str, int] = field(default_factory=dict)  # by source


def of_report(report: Report) -> list[Activity]:
    """What the unit held within the report's period, by day."""
    period = report.obligation.period
    held = Activity.objects.filter(org_unit=report.obligation.org_unit_id).held_between(
        period.starts_on, period.ends_on
    )
    return list(held.select_related("task__section").order_by("held_on", "pk"))


def totals(activities: Iterable[Activity]) -> Totals:
    return summary(activities).together


def summary(activities: Iterable[Activity]) -> Summary:
    return summed(Facts(row.occasion, 1, row.children_reached, row.families_reached, row.amounts) for row in activities)


def summary_of(activities: QuerySet[Activity]) -> Summary:
    """``summary`` by the database, for a list that is shown page by page."""
    sums: Any = (
        activities.order_by("occasion")
        .values("occasion")
        .annotate(
            count=Count("pk"),
            children=Sum("children_reached"),
            families=Sum("families_reached"),
            **{f"sum_{source}": Sum(f"amount_{source}") for source in FundingSource.values},
        )
    )
    return summed(
        Facts(
            row["occasion"],
            row["count"],
            row["children"],
            row["families"],
            {
                source: amount
                for source in FundingSource.values
                if (amount := row[f"sum_{source}"]) is not None
            },
        )
        for row in sums
    )  # fmt: skip


def summary_of_frozen(rows: Iterable[dict[str, Any]]) -> Summary:
    """``summary`` of activities as a revision keeps them."""
    return summed(
        Facts(row.get("occasion", ""), 1, row.get("children_reached"), row.get("families_reached"), frozen_amounts(row))
        for row in rows
    )


def summed(facts: Iterable[Facts]) -> Summary:
    """Totals in the order of the occasions and of the sources."""
    rows = list(facts)
    codes = [*Occasion.values, *sorted({row.occasion for row in rows} - set(Occasion.values))]
    by_occasion = [
        (str(Occasion(code).label) if code in Occasion.values else code or "Không ghi dịp", _totals(held))
        for code in codes
        if (held := [row for row in rows if row.occasion == code])
    ]
    by_source = [
        (str(source.label), amount)
        for source in FundingSource
        if (amount := _sum(row.amounts.get(source.value) for row in rows)) is not None
    ]
    return Summary(_totals(rows), by_occasion, by_source)


def frozen_amounts(row: dict[str, Any]) -> dict[str, int]:
    """The money of a frozen activity by source.

    Filings before 23/11/2026 name one source for the whole sum; "mixed" and "none" are read as other sources, as the
    register's own rows were when they got a column for each.
    """
    if "amounts" in row:
        return dict(row["amounts"] or {})
    amount, source = row.get("amount_spent"), row.get("funding_source")
    if amount is None:
        return {}
    return {source if source in FundingSource.values else FundingSource.OTHER.value: amount}


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
    return values | {"held_on": activity.held_on.isoformat(), "task": activity.task_id}


def _totals(facts: list[Facts]) -> Totals:
    return Totals(
        count=sum(row.count for row in facts),
        children=_sum(row.children for row in facts),
        families=_sum(row.families for row in facts),
        amount=_sum(amount for row in facts for amount in row.amounts.values()),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    given = [number for number in numbers if number is not None]
    return sum(given) if given else None
