"""Activities and models of a filed revision as lines for the page; numbers come ready as text."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format

from plans.models import Task
from reports import care_models
from reports.activities import frozen_amounts
from reports.models import CareModelStep, FundingSource, Occasion

# Filings before money had a column for each source name one of these instead.
OLD_SOURCES = {"mixed": "Nhiều nguồn", "none": "Không dùng kinh phí"}


@dataclass(frozen=True)
class ActivityLine:
    """``pk`` finds the same activity in another revision; 0 where the filing does not say."""

    pk: int
    name: str
    held_on: str
    occasion: str
    place: str
    children: str
    families: str
    amount: str
    funding: str
    task: str = ""


@dataclass(frozen=True)
class StepLine:
    """What became of a model on a day; ``places`` is filled where it was spread."""

    kind: str
    state_kind: str
    noted_on: str
    children: str
    families: str
    places: str
    note: str


@dataclass(frozen=True)
class ModelLine:
    """``pk`` finds the same model in another revision."""

    pk: int
    name: str
    steps: list[StepLine]


def activity_lines(rows: list[dict[str, Any]]) -> list[ActivityLine]:
    wanted = {row["task"] for row in rows if row.get("task")}
    tasks = Task.objects.select_related("section").in_bulk(wanted) if wanted else {}
    return [_activity_line(row, tasks.get(row.get("task") or 0)) for row in rows]


def _activity_line(row: dict[str, Any], task: Task | None) -> ActivityLine:
    occasion = row.get("occasion", "")
    return ActivityLine(
        pk=row.get("pk") or 0,
        name=row.get("name", ""),
        held_on=day(row.get("held_on", "")),
        occasion=str(Occasion(occasion).label) if occasion in Occasion.values else "",
        place=row.get("place", ""),
        children=counted(row.get("children_reached")),
        families=counted(row.get("families_reached")),
        amount=counted(row.get("amount_spent")),
        funding=_funding(row),
        task=str(task) if task else "",
    )


def model_lines(rows: list[dict[str, Any]]) -> list[ModelLine]:
    return [
        ModelLine(row.get("pk") or 0, row.get("name", ""), [_step_line(step) for step in row.get("steps") or []])
        for row in rows
    ]


def models_in_short(rows: list[dict[str, Any]]) -> str:
    """How many models were kept, improved, spread: "duy trì 3 · cải tiến 1 · nhân rộng 2 (thêm 5 nơi)"."""
    steps = [[(step.get("kind", ""), step.get("places")) for step in row.get("steps") or []] for row in rows]
    return care_models.totals_words(care_models.totals_of(steps))


def counted(value: int | None) -> str:
    return "–" if value is None else whole(value)


def whole(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def day(iso: str) -> str:
    year, _, rest = iso.partition("-")
    month, _, day_of_month = rest.partition("-")
    return f"{day_of_month}/{month}/{year}" if day_of_month else iso


def _funding(row: dict[str, Any]) -> str:
    """The source where there is one, each with its part where there are several; nothing where no money is given."""
    if "amounts" not in row and (old := OLD_SOURCES.get(row.get("funding_source", ""))):
        return old
    amounts = frozen_amounts(row)
    if "amounts" not in row and row.get("funding_source") not in FundingSource.values:
        return ""
    parts = {str(FundingSource(source).label): amount for source, amount in amounts.items()}
    if len(parts) == 1:
        return next(iter(parts))
    return "; ".join(f"{label}: {whole(amount)}" for label, amount in parts.items())


def _step_line(step: dict[str, Any]) -> StepLine:
    code = step.get("kind", "")
    kind = CareModelStep.Kind(code) if code in CareModelStep.Kind.values else None
    return StepLine(
        kind=str(kind.label) if kind else code,
        state_kind=care_models.STATE_KINDS[kind] if kind else "muted",
        noted_on=day(step.get("noted_on", "")),
        children=counted(step.get("children_reached")),
        families=counted(step.get("families_reached")),
        places=counted(step.get("places")),
        note=step.get("note", ""),
    )
