"""Of whom an official letter speaks: the units that owe a report, how they are named today, and who sends it."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orgunits.models import OrgUnit, Succession, User
from plans.models import ReportingDuty
from reports import letters
from reports.models import Obligation, OfficialLetter, Period, Report
from reports.models.obligations import ObligationQuerySet


@dataclass(frozen=True)
class Listed:
    """One expected report in a letter. ``to`` names whom the letter goes to: a unit that has ended has heirs."""

    obligation: Obligation
    name: str
    to: tuple[str, ...]
    is_owed: bool

    @property
    def full_name(self) -> str:
        """The unit as it owed the report, and what has become of it."""
        return self.name if self.to == (self.name,) else f"{self.name} (nay là {', '.join(self.to)})"

    @property
    def state(self) -> str:
        """How the report stands, in words."""
        if self.obligation.waived_at:
            return "Được miễn nộp"
        if not self.is_owed:
            return "Đã nộp"
        report: Report | None = getattr(self.obligation, "report", None)
        return "Bị trả lại, chưa nộp lại" if report and report.status == Report.Status.RETURNED else "Chưa nộp"


def candidates(user: User, duty: ReportingDuty, period: Period, *, on: datetime.date) -> ObligationQuerySet:
    """The reports of the period of which the user may write a letter, if the user reviews where they go."""
    return Obligation.objects.visible_to(user, on).filter(duty=duty, period=period, waived_at__isnull=True)


def obligations_of(letter: OfficialLetter) -> ObligationQuerySet:
    """The reports of which the letter speaks."""
    return Obligation.objects.filter(official_letters__letter=letter)


def listed(obligations: ObligationQuerySet, *, on: datetime.date) -> list[Listed]:
    """The reports with the names of their units, in the order of names."""
    rows = list(letters.with_names(obligations).select_related("duty__plan__document", "duty__section"))
    owed = set(Obligation.objects.owed().filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    heirs = heirs_of([row.org_unit for row in rows], on=on)
    found = []
    for row in rows:
        name = row.org_unit.name_on(on)
        to = tuple(unit.name_on(on) for unit in heirs.get(row.org_unit_id, ())) or (name,)
        found.append(Listed(row, name, to, row.pk in owed))
    return sorted(found, key=lambda line: (_sort_name(line.obligation.org_unit), line.obligation.pk))


def heirs_of(units: Iterable[OrgUnit], *, on: datetime.date) -> dict[int, list[OrgUnit]]:
    """By the pk of each unit that has ended: its successors that are there on that day."""
    ended = [unit.pk for unit in units if unit.placement_on(on) is None]
    links = Succession.objects.filter(predecessor__in=ended).select_related("successor") if ended else []
    found: dict[int, list[OrgUnit]] = defaultdict(list)
    for link in sorted(links, key=lambda link: link.successor_id):
        if link.successor.placement_on(on):
            found[link.predecessor_id].append(link.successor)
    return found


def addressed(rows: Sequence[Listed]) -> tuple[str, ...]:
    """Whom the letter addresses, each once: two units that have become one get one line."""
    return tuple(dict.fromkeys(name for row in rows for name in row.to))


def sender_of(receiving_unit: OrgUnit, *, on: datetime.date) -> OrgUnit:
    """Who writes about reports that go to this unit: itself, or its one heir where it has ended."""
    heirs = heirs_of([receiving_unit], on=on).get(receiving_unit.pk, [])
    return heirs[0] if len(heirs) == 1 else receiving_unit


def _sort_name(unit: OrgUnit) -> str:
    place = unit.latest_placement
    return place.sort_name if place else ""
