"""The figures that reports below are asked for, apart from the form's rows, so that a snapshot can keep their words."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plans.models import ReportingDuty
from reports.dashboard_figures import items_of, milestone_of
from reports.form_fields import FIGURE_KINDS
from reports.models import FormItem, FormVersion, Period
from targets.models import Milestone


@dataclass(frozen=True)
class AskedItem:
    """One figure: its words, its groups as (code, name), and the milestone against which the year is read."""

    code: str
    kind: str
    label: str
    unit_of_count: str
    groups: tuple[tuple[str, str], ...] = ()
    milestone: Milestone | None = None


def asked_items(duty: ReportingDuty, period: Period) -> list[AskedItem]:
    """What the duty's forms ask or once asked for this kind of period, in the order of the newest form."""
    return [_asked(item, year=period.year) for item in items_of(duty, period.kind)]


def items_of_version(version: FormVersion, *, year: int) -> list[AskedItem]:
    """What one version of a form asks, in its order."""
    items = version.items.filter(kind__in=FIGURE_KINDS).select_related("target__indicator").order_by("order", "pk")
    named = items.prefetch_related("target__indicator__groups", "target__milestones")
    return [_asked(item, year=year) for item in named]


def _asked(item: FormItem, *, year: int) -> AskedItem:
    if item.target:
        groups = [(group.code, group.name) for group in item.target.indicator.groups.all()]
    else:
        groups = [(group["code"], group["name"]) for group in item.groups]
    return AskedItem(item.code, item.kind, item.label, item.unit_of_count, tuple(groups), milestone_of(item, year))


def to_json(items: list[AskedItem]) -> list[dict[str, Any]]:
    """The items as a snapshot keeps them."""
    return [
        {
            "code": item.code,
            "kind": item.kind,
            "label": item.label,
            "unit": item.unit_of_count,
            "groups": [list(group) for group in item.groups],
            "goal": _goal(item.milestone),
        }
        for item in items
    ]


def from_json(rows: list[dict[str, Any]]) -> list[AskedItem]:
    """The items of a snapshot; their milestones are not rows of the database."""
    return [
        AskedItem(
            code=row["code"],
            kind=row["kind"],
            label=row["label"],
            unit_of_count=row["unit"],
            groups=tuple((code, name) for code, name in row["groups"]),
            milestone=_milestone(row["goal"]),
        )
        for row in rows
    ]


def _goal(milestone: Milestone | None) -> dict[str, Any] | None:
    if milestone is None:
        return None
    return {"operator": milestone.operator, "percent": str(milestone.percent), "year": milestone.year}


def _milestone(goal: dict[str, Any] | None) -> Milestone | None:
    if goal is None:
        return None
    return Milestone(operator=goal["operator"], percent=Decimal(goal["percent"]), year=goal["year"])
