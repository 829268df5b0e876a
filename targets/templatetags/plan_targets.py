"""The targets of a plan for pages of the plans app, which stands below and cannot import them."""

from typing import Any

from django import template

from plans.models import Plan
from targets.models import Target

register = template.Library()


@register.inclusion_tag("targets/_plan_targets.html")
def plan_targets(plan: Plan, *, may_edit: bool = False) -> dict[str, Any]:
    """The targets of a plan with groups and milestones."""
    targets = (
        Target.objects.filter(plan=plan)
        .select_related("indicator", "section")
        .prefetch_related("milestones", "indicator__groups", "levels")
        .order_by("order", "pk")
    )
    return {"targets": targets, "plan": plan, "may_edit": may_edit}
