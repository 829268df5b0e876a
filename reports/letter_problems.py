"""Whom messages do not reach, so that an administrator sees it: nobody there, or refused by the mail server."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from orgunits.models import OrgUnit
from reports import audiences, reminders
from reports.ladders import Circle, Ladders
from reports.mail_log import KINDS, LogKind
from reports.reminders import Unreachable

SHOWN = 20  # failed letters of one kind


@dataclass(frozen=True)
class Problems:
    """Units by what they lack: somebody to report, a head who hears of what is late, a reviewer who hears of it."""

    without_reporter: list[Unreachable]
    without_head: list[OrgUnit]
    without_reviewer: list[OrgUnit]

    @property
    def is_empty(self) -> bool:
        return not (self.without_reporter or self.without_head or self.without_reviewer)


def of(units: QuerySet[OrgUnit], *, on: datetime.date) -> Problems:
    """What the units lack for the reports that they owe or are owed now."""
    ladders = Ladders()
    inside = set(units.values_list("pk", flat=True))
    heads: set[int] = set()
    superiors: set[int] = set()
    for row in reminders.with_days(reminders.remindable(on, ladders=ladders)):
        rung = ladders.rung(row.duty_id, row.days_left(on))
        if rung and rung.circle != Circle.UNIT and row.org_unit_id in inside:
            heads.add(row.org_unit_id)
        if rung and rung.circle == Circle.SUPERIOR and row.receiving_unit_id in inside:
            superiors.add(row.receiving_unit_id)
    without_reporter = reminders.unreachable(on, units=units.values("pk"))
    alone = {row.unit.pk for row in without_reporter}
    people = audiences.audiences(heads - alone, on=on)
    reviewers = audiences.reviewers(superiors, on=on)
    return Problems(
        without_reporter,
        _named(unit for unit, audience in people.items() if not audience.heads),
        _named(unit for unit, found in reviewers.items() if not found),
    )


def failed(units: QuerySet[OrgUnit]) -> list[tuple[LogKind, list[Any], int]]:
    """The latest letters of each kind that failed and were not sent again, and how many there are."""
    found = []
    for kind in KINDS.values():
        rows = kind.of(units).failed()
        count = rows.count()
        if count:
            found.append((kind, list(kind.with_names(rows.order_by("-pk"))[:SHOWN]), count))
    return found


def _named(units: Iterable[int]) -> list[OrgUnit]:
    found = OrgUnit.objects.filter(pk__in=list(units)).prefetch_related("placements")
    return sorted(found, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")
