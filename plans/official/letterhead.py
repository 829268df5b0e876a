"""What a unit's own data give to the frame of its documents: style, head, body code."""

import datetime

from orgunits.models import OrgUnit, Sector
from plans.models import Letterhead
from plans.official.blocks import ND30, PARTY, Style


def style_of(unit: OrgUnit) -> Style:
    """Return the style of the unit's documents: the Party has its own, state bodies and unions follow NĐ 30."""
    return PARTY if unit.sector == Sector.PARTY else ND30


def letterhead_of(unit: OrgUnit, *, on: datetime.date) -> Letterhead:
    """Return the unit's letterhead on that day, or an unsaved one with nothing but the unit's name then."""
    found = unit.letterheads.as_of(on).order_by("-valid_from").first()
    return found or Letterhead(org_unit=unit, valid_from=on, issuer_line=name_on(unit, on=on))


def name_on(unit: OrgUnit, *, on: datetime.date) -> str:
    """Return the unit's name on that day, or its latest one where it had no place then."""
    place = unit.placement_on(on)
    return place.name if place else unit.name
