"""What stays open at a unit, for pages of the orgunits app, which stands below and cannot ask for it."""

from django import template

from orgunits.models import OrgUnit
from reports.handover import OpenWork, open_work

register = template.Library()


@register.simple_tag
def open_work_of(unit: OrgUnit) -> OpenWork:
    """The reports, drafts and reviews that the unit still has before it."""
    return open_work(unit)
