"""Enters the indicators and targets of the source plans; run it after ``plans.loading``.

What is already there is left as it is: a second run changes nothing and takes back no correction. A plan that
somebody has edited as a whole gets no target back that was removed from it.
"""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from orgunits.models import Level
from plans.models import Plan, Programme
from targets.models import Indicator, Milestone, PopulationGroup, Target

DATA = Path(__file__).parent / "data"


@transaction.atomic
def load_targets() -> list[Target]:
    """Load the indicators with their groups, and the targets with their milestones, in the order of the file."""
    data = tomllib.loads((DATA / "targets.toml").read_text(encoding="utf-8"))
    indicators = {row["code"]: _load_indicator(row) for row in data["indicator"]}
    order: dict[str, int] = {}
    targets = []
    for row in data["target"]:
        order[row["plan"]] = order.get(row["plan"], 0) + 1
        target = _load_target(row, indicators[row["indicator"]], order=order[row["plan"]])
        if target:
            targets.append(target)
    return targets


def _load_indicator(row: dict[str, Any]) -> Indicator:
    names = ("name", "short_name", "unit_of_count", "numerator_label", "denominator_label")
    indicator, _ = Indicator.objects.get_or_create(
        code=row["code"],
        defaults={"programme": Programme.objects.get(code=row["programme"]), **{name: row[name] for name in names}},
    )
    for order, group in enumerate(row.get("group", []), start=1):
        PopulationGroup.objects.get_or_create(
            indicator=indicator, code=group["code"], defaults={"name": group["name"], "order": order}
        )
    return indicator


def _load_target(row: dict[str, Any], indicator: Indicator, *, order: int) -> Target | None:
    plan = Plan.objects.select_related("document", "org_unit").get(document__key=row["plan"])
    found = Target.objects.filter(plan=plan, indicator=indicator).first()
    if found or plan.document.edited_at:
        return found
    target = Target.objects.create(
        plan=plan,
        indicator=indicator,
        section=plan.sections.filter(key=row["section"]).first(),
        order=order,
        answered_by=row["answered_by"],
    )
    target.levels.set(Level.objects.filter(sector=plan.org_unit.sector, code__in=row["levels"]))
    for milestone in row["milestone"]:
        Milestone.objects.create(target=target, **milestone)
    return target
