"""The figures that reports below are asked for, apart from the form's rows, so that a snapshot can keep their words."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plans.models import ReportingDuty
from reports.dashboard_figures import ACTIVITY_LABELS, MODEL_LABELS, SOURCE_LABELS, milestone_of, summed_items
from reports.form_fields import CHOICE_KINDS, FIGURE_KINDS, YES_OR_NO
from reports.models import FormItem, FormVersion, ItemKind, Period
from reports.own_sums import ACTIVITIES, MODELS
from targets.models import Milestone

# The sums of the registers: key of the sums, cell, words, unit of count.
REGISTERS = [
    *((ACTIVITIES, cell, label, unit) for cell, (label, unit) in ACTIVITY_LABELS.items()),
    *(
        (ACTIVITIES, cell, f"Kinh phí hoạt động, {label.lower()}", unit)
        for cell, (label, unit) in SOURCE_LABELS.items()
    ),
    *(
        (MODELS, cell, label if cell == "n" else f"Mô hình, {label.lower()}", unit)
        for cell, (label, unit) in MODEL_LABELS.items()
    ),
]


@dataclass(frozen=True)
class AskedItem:
    """One figure: its words, its groups (of a choice its answers) as (code, name), and the milestone of the year."""

    code: str
    kind: str
    label: str
    unit_of_count: str
    groups: tuple[tuple[str, str], ...] = ()
    milestone: Milestone | None = None


def asked_items(duty: ReportingDuty, period: Period) -> list[AskedItem]:
    """What the duty's forms ask or once asked for this kind of period, in the order of the newest form."""
    return [_asked(item, year=period.year) for item in summed_items(duty, period.kind)]


def items_of_version(version: FormVersion, *, year: int) -> list[AskedItem]:
    """What one version of a form asks, in its order."""
    items = (
        version.items.filter(kind__in=(*FIGURE_KINDS, *CHOICE_KINDS))
        .select_related("target__indicator")
        .order_by("order", "pk")
    )
    named = items.prefetch_related("target__indicator__groups", "target__milestones")
    return [_asked(item, year=year) for item in named]


def _asked(item: FormItem, *, year: int) -> AskedItem:
    if item.target:
        groups = [(group.code, group.name) for group in item.target.indicator.groups.all()]
    elif item.kind == ItemKind.YES_NO:
        groups = list(YES_OR_NO)
    else:
        groups = [(row["code"], row["name"]) for row in (item.choices if item.kind == ItemKind.CHOICE else item.groups)]
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
