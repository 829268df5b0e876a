"""Whom letters do not reach, or reach as the person has chosen: bounced, missing, fewer letters."""

import datetime
from dataclasses import dataclass

from orgunits.models import Bounce, MessagePreference, OrgUnit, User
from orgunits.models.channels import BounceQuerySet
from reports import reminders
from reports.reminders import Unreachable

MOST = 200  # rows of one list; who has more problems begins with these


@dataclass(frozen=True)
class Problems:
    """What an administrator sees of the own scope."""

    bounces: list[Bounce]
    missing: list[User]
    unreachable: list[Unreachable]
    fewer: list[MessagePreference]


def of(user: User, *, on: datetime.date) -> Problems:
    """The problems among the people and units that the person administers that day."""
    people = User.objects.administered_by(user, on).filter(is_active=True)
    units = OrgUnit.objects.administered_by(user, on)
    fewer = MessagePreference.objects.filter(user__in=people, reminders=MessagePreference.Reminders.DAILY)
    return Problems(
        bounces=list(_newest(Bounce.objects.current().filter(user__in=people))),
        missing=list(people.filter(email="").order_by("sort_name", "pk")[:MOST]),
        unreachable=reminders.unreachable(on, units=units.values("pk"))[:MOST],
        fewer=list(fewer.select_related("user").order_by("user__sort_name", "pk")[:MOST]),
    )


def _newest(bounces: BounceQuerySet) -> list[Bounce]:
    """One row for each person: the latest letter that came back."""
    found: dict[int, Bounce] = {}
    for row in bounces.select_related("user").order_by("-bounced_at", "-pk")[: MOST * 5]:
        found.setdefault(row.user_id, row)
    return list(found.values())[:MOST]
