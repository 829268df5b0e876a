"""Compares every stored sum with the reports, by plain reading that shares no code with the summing.

It would be worthless if it shared code: a fault there would then be found equal to itself. Only what heals calls it.
"""

import datetime
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from orgunits.models.units import unit_pks
from plans.models import ReportingDuty
from reports import rollups
from reports.models import FormItem, Obligation, Period, Revision, Rollup
from targets.models import Milestone

log = logging.getLogger(__name__)
SUNDAY = 6
STILL_OPEN = datetime.timedelta(days=120)  # after a period's end its reports are still filed, reviewed and reopened
NUMBERS = ("expected", "filed", "on_time", "submitted", "returned", "approved", "waived")
ACTIVITY_FIELDS = ("children_reached", "families_reached", "amount_spent")
SOURCES = ("union", "state", "social", "other")
MODEL_STEPS = ("started", "kept", "improved", "spread", "ended")


@dataclass(frozen=True)
class Difference:
    """One field of one row that is not what the reports say."""

    unit: int
    field: str
    stored: Any
    right: Any


@dataclass
class Expectation:
    """What a row should hold."""

    path: str
    parent: int | None
    own: dict[str, Any] = field(default_factory=dict)
    subtree: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NUMBERS, 0))


def slots(duty: int | None = None, period: int | None = None) -> list[tuple[ReportingDuty, Period]]:
    """The duties and periods that have anything to check, the latest period first."""
    asked = {name: pk for name, pk in (("duty", duty), ("period", period)) if pk is not None}
    pairs = set(Obligation.objects.filter(**asked).order_by().values_list("duty_id", "period_id").distinct())
    pairs |= set(Rollup.objects.filter(**asked).order_by().values_list("duty_id", "period_id").distinct())
    duties = ReportingDuty.objects.in_bulk({pair[0] for pair in pairs})
    periods = Period.objects.in_bulk({pair[1] for pair in pairs})
    ordered = sorted(pairs, key=lambda pair: (periods[pair[1]].ends_on, *pair), reverse=True)
    return [(duties[duty_pk], periods[period_pk]) for duty_pk, period_pk in ordered]


def differences(duty: ReportingDuty, period: Period) -> Iterator[Difference]:
    """Every field of the duty's rows in the period that is not what the reports say, in unit order."""
    right = _expectations(duty, period)
    stored = {
        row.org_unit_id: row
        for row in Rollup.objects.filter(duty=duty, period=period, basis=Rollup.Basis.AS_FILED).order_by("org_unit_id")
    }
    for unit in sorted(right.keys() | stored.keys()):
        if unit not in stored:
            yield Difference(unit, "row", None, "one row")
        elif unit not in right:
            yield Difference(unit, "row", "one row", None)
        else:
            yield from _compare(stored[unit], right[unit])


def heal(*, on: datetime.date) -> int:
    """Compare the periods that may still change, on Sundays all, and rebuild what differs; returns how many did.

    The sums of a healthy installation never differ, but for one case: a milestone that an administrator has changed
    since, which moves the count of units that meet it. So a difference is healed and told in the log.
    """
    healed = 0
    for duty, period in slots():
        if on.weekday() != SUNDAY and period.ends_on < on - STILL_OPEN:
            continue
        found = list(differences(duty, period))
        if found:
            rollups.rebuild(duty, period)
            healed += 1
            log.warning(
                "Sums of duty %s, period %s differed in %s fields: %s", duty.pk, period.pk, len(found), found[0]
            )
    return healed


def _compare(row: Rollup, right: Expectation) -> Iterator[Difference]:
    values = {
        "path": right.path,
        "depth": len(unit_pks(right.path)) - 1,
        "parent_id": right.parent,
        "own": right.own,
        "subtree": right.subtree,
        **right.numbers,
    }
    for name, value in values.items():
        if getattr(row, name) != value:
            yield Difference(row.org_unit_id, name, getattr(row, name), value)


def _expectations(duty: ReportingDuty, period: Period) -> dict[int, Expectation]:
    units = _tree(duty, period)
    for owing, numbers, bucket, items in answers(duty, period):
        unit: int | None = owing
        _merge(units[owing].own, bucket, items)
        while unit is not None:
            _merge(units[unit].subtree, bucket, items)
            for name in numbers:
                units[unit].numbers[name] += 1
            unit = units[unit].parent
    return units


def answers(duty: ReportingDuty, period: Period) -> Iterator[tuple[int, list[str], str, dict[str, dict[str, int]]]]:
    """Of each obligation its unit, the counts to which it adds one, the bucket of its report, the cells by item."""
    obligations: list[Any] = list(
        Obligation.objects.filter(duty=duty, period=period)
        .order_by("pk")
        .values("org_unit_id", "waived_at", "due_on", "extended_due_on", "report__pk", "report__status",
                "report__first_submitted_at", "report__form_version_id")
    )  # fmt: skip
    contents = dict(
        Revision.objects.filter(report__obligation__duty=duty, report__obligation__period=period)
        .order_by("report_id", "number")  # the last one of each report stays in the dictionary
        .values_list("report_id", "content")
    )
    thresholds = _thresholds(duty, period.year)
    for obligation in obligations:
        yield obligation["org_unit_id"], *_answer(obligation, contents, thresholds)


def _tree(duty: ReportingDuty, period: Period) -> dict[int, Expectation]:
    """Each unit hangs where the oldest obligation that names it puts it."""
    units: dict[int, Expectation] = {}
    paths = Obligation.objects.filter(duty=duty, period=period).order_by("pk").values_list("path", flat=True)
    for named in paths:
        path, parent = "", None
        for unit in unit_pks(named):
            if unit not in units:
                units[unit] = Expectation(path=f"{path}{unit:07d}", parent=parent)
            path, parent = units[unit].path, unit
    return units


def _answer(
    obligation: dict[str, Any], contents: dict[int, dict[str, Any]], thresholds: dict[tuple[int, str], Milestone]
) -> tuple[list[str], str, dict[str, dict[str, int]]]:
    """The counts to which one obligation adds one, the bucket of its report and the cells of each item."""
    if obligation["waived_at"]:
        return ["waived"], "", {}
    status = obligation["report__status"]
    if status not in ("submitted", "returned", "approved"):
        return ["expected"], "", {}
    numbers = ["expected", "filed", status]
    last_good_day = obligation["extended_due_on"] or obligation["due_on"]
    if timezone.localtime(obligation["report__first_submitted_at"]).date() <= last_good_day:
        numbers.append("on_time")
    content = contents.get(obligation["report__pk"]) or {}
    items: dict[str, dict[str, int]] = {}
    for code, answer in content.get("figures", {}).items():
        cells = _cells(answer, thresholds.get((obligation["report__form_version_id"], code)))
        if cells:
            items[code] = cells
    return numbers, status, items | _events(content)


def _cells(answer: dict[str, Any], threshold: Milestone | None) -> dict[str, int]:
    if answer.get("nil"):
        return {"units": 0, "nil": 1, "met": 0}
    cells = {cell: answer[cell] for cell in answer if cell.rpartition(".")[2] == "v" and answer[cell] is not None}
    top = bottom = 0
    for cell in answer:
        if cell.endswith(".n"):
            group = cell[: -len(".n")]
            numerator, denominator = answer[cell], answer.get(f"{group}.d")
            if numerator is not None and denominator is not None:
                cells |= {f"{group}.n": numerator, f"{group}.d": denominator}
                top, bottom = top + numerator, bottom + denominator
    if not cells:
        return {}
    met = False
    if threshold and bottom:
        asked = threshold.percent * bottom
        met = top * 100 > asked or (threshold.operator == "gte" and top * 100 == asked)
    return cells | {"units": 1, "nil": 0, "met": int(met)}


def _events(content: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Answers chosen, task statuses, activities held, models noted."""
    items: dict[str, dict[str, int]] = {}
    for code, answer in (content.get("choices") or {}).items():
        items[code] = {f"{answer}.c": 1, "units": 1, "nil": 0, "met": 0}
    for pk, task in content.get("tasks", {}).items():
        if task.get("status"):
            items.setdefault("@tasks", {"units": 1, "nil": 0, "met": 0})[f"{pk}.{task['status']}"] = 1
    for activity in content.get("activities", []):
        _add_activity(items.setdefault("@activities", {"n": 0, "units": 1, "nil": 0, "met": 0}), activity)
    for model in content.get("models") or []:
        _add_model(items.setdefault("@models", {"n": 0, "units": 1, "nil": 0, "met": 0}), model)
    steps = [step for model in content.get("models") or [] for step in model["steps"]]
    spread = [step["places"] for step in steps if step["kind"] == "spread"]
    if "@models" in items and (not spread or any(places is not None for places in spread)):
        items["@models"]["places"] = sum(places for places in spread if places is not None)
    return items


def _add_activity(sums: dict[str, int], activity: dict[str, Any]) -> None:
    sums["n"] += 1
    for name in ACTIVITY_FIELDS:
        if activity.get(name) is not None:
            sums[name] = sums.get(name, 0) + activity[name]
    for source, amount in _money(activity):
        sums[f"amount_{source}"] = sums.get(f"amount_{source}", 0) + amount


def _add_model(sums: dict[str, int], model: dict[str, Any]) -> None:
    """A model counts once for each kind of its steps."""
    sums["n"] += 1
    for kind in MODEL_STEPS:
        sums[kind] = sums.get(kind, 0) + (1 if any(step["kind"] == kind for step in model["steps"]) else 0)


def _money(activity: dict[str, Any]) -> list[tuple[str, int]]:
    """Source and amount; an old filing names one source, or a mix, which is counted with the others."""
    if "amounts" in activity:
        return [(source, activity["amounts"][source]) for source in SOURCES if source in activity["amounts"]]
    if activity.get("amount_spent") is None:
        return []
    named = activity.get("funding_source")
    return [(named if named in SOURCES else "other", activity["amount_spent"])]


def _merge(figures: dict[str, Any], bucket: str, items: dict[str, dict[str, int]]) -> None:
    for code, cells in items.items():
        sums = figures.setdefault(bucket, {}).setdefault(code, {})
        for cell, value in cells.items():
            sums[cell] = sums.get(cell, 0) + value


def _thresholds(duty: ReportingDuty, year: int) -> dict[tuple[int, str], Milestone]:
    """The milestone of each item of each version of the duty's forms: the first not before the year, else the last."""
    milestones: dict[int, list[Milestone]] = defaultdict(list)
    for milestone in Milestone.objects.filter(target__form_items__version__form__duty=duty).distinct():
        milestones[milestone.target_id].append(milestone)
    found = {}
    for item in FormItem.objects.filter(version__form__duty=duty, target__isnull=False):
        candidates = sorted(milestones[item.target_id or 0], key=lambda milestone: milestone.year)
        ahead = [milestone for milestone in candidates if milestone.year >= year]
        if candidates:
            found[item.version_id, item.code] = (ahead or candidates[-1:])[0]
    return found
