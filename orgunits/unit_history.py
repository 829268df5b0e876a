"""The history line of a unit: the acts in which it took part, and who held which role when."""

import datetime
from dataclasses import dataclass

from django.db.models import F, Prefetch, QuerySet

from orgunits.models import OrgUnit, Reorganisation, ReorganisationUnit, RoleAssignment

PEOPLE_SHOWN = 50


@dataclass(frozen=True)
class Line:
    """An act with the names of the units before and after it; both are empty where it is about one unit only."""

    act: Reorganisation
    before: str = ""
    after: str = ""


def acts(unit: OrgUnit) -> list[Line]:
    """Acts on the unit and those in which it began or ended, the newest first, taken back or not."""
    parts = ReorganisationUnit.objects.select_related("org_unit").prefetch_related("org_unit__placements")
    found = Reorganisation.objects.about(unit).select_related("recorded_by", "reversed_by", "reform", "org_unit")
    rows = found.prefetch_related(Prefetch("units", queryset=parts)).order_by("-effective_on", "-pk")
    return [_line(act) for act in rows]


def _line(act: Reorganisation) -> Line:
    parts = list(act.units.all())
    if len({part.org_unit_id for part in parts}) < 2:
        return Line(act)
    before, after = (
        ", ".join(str(part.org_unit) for part in parts if part.part == wanted) for wanted in ("origin", "result")
    )
    return Line(act, before, after)


def people(unit: OrgUnit, *, on: datetime.date) -> QuerySet[RoleAssignment]:
    """Those who held a role on the unit and hold it no longer, the last first; roles that never held are left out."""
    held = RoleAssignment.objects.filter(org_unit=unit, valid_to__lte=on).exclude(valid_to=F("valid_from"))
    return held.select_related("user", "delegated_by").order_by("-valid_to", "-pk")[:PEOPLE_SHOWN]
