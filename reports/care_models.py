"""The register of models (mô hình) of care: what became of each, and how that comes into a report."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils.formats import number_format

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from reports.models import CareModel, CareModelStep, Period, Report

Kind = CareModelStep.Kind
STEP_FACTS = ("kind", "children_reached", "families_reached", "places", "note")
# In the words of the plans: "duy trì, cải tiến, nhân rộng"; a beginning and an end stand around them.
STATE_KINDS = {
    Kind.STARTED: "info",
    Kind.KEPT: "ok",
    Kind.IMPROVED: "ok",
    Kind.SPREAD: "ok",
    Kind.ENDED: "muted",
}
SUMMED = (Kind.STARTED, Kind.KEPT, Kind.IMPROVED, Kind.SPREAD, Kind.ENDED)


@dataclass(frozen=True)
class ModelOfPeriod:
    """One model with what became of it in a period, oldest step first; never without a step."""

    model: CareModel
    steps: list[CareModelStep]


@dataclass(frozen=True)
class ModelTotals:
    """How many models had each kind of step, each model once for a kind; ``places`` is None where none was given."""

    count: int
    kinds: dict[str, int]
    places: int | None


def of_report(report: Report) -> list[ModelOfPeriod]:
    """The unit's models that have steps within the report's period, by name."""
    period = report.obligation.period
    steps = (
        CareModelStep.objects.filter(
            model__org_unit=report.obligation.org_unit_id, noted_on__range=(period.starts_on, period.ends_on)
        )
        .select_related("model__task__section")
        .order_by("model__name", "model_id", "noted_on", "pk")
    )
    found: dict[int, ModelOfPeriod] = {}
    for step in steps:
        found.setdefault(step.model_id, ModelOfPeriod(step.model, [])).steps.append(step)
    return list(found.values())


def not_noted(report: Report) -> list[CareModel]:
    """The unit's models that ran before the period's end and of which nothing is noted in it, by name.

    None for a period without days, as the preview of a form has it: that is read by other units too.
    """
    period = report.obligation.period
    if period.starts_on > period.ends_on:
        return []
    steps = CareModelStep.objects.order_by("noted_on", "pk")
    models = CareModel.objects.filter(org_unit=report.obligation.org_unit_id).prefetch_related(
        Prefetch("steps", queryset=steps)
    )
    return [model for model in models.order_by("name", "pk") if _runs_unnoted(model, period)]


def frozen(report: Report) -> list[dict[str, Any]]:
    """The models of the period with their steps, as a revision keeps them."""
    return [
        {
            "pk": row.model.pk,
            "name": row.model.name,
            "task": row.model.task_id,
            "steps": [_step_facts(step) for step in row.steps],
        }
        for row in of_report(report)
    ]


def totals(rows: Iterable[ModelOfPeriod]) -> ModelTotals:
    return totals_of([(step.kind, step.places) for step in row.steps] for row in rows)


def totals_words(found: ModelTotals) -> str:
    """How many models had what, in the words of the plans: "duy trì 3 · cải tiến 1 · nhân rộng 2 (thêm 5 nơi)"."""
    words = []
    for kind in SUMMED:
        if number := found.kinds.get(kind.value):
            label = f"{str(kind.label).lower()} {number_format(number, force_grouping=True)}"
            if kind == Kind.SPREAD and found.places is not None:
                label += f" (thêm {number_format(found.places, force_grouping=True)} nơi)"
            words.append(label)
    return " · ".join(words)


def totals_of(models: Iterable[Iterable[tuple[str, int | None]]]) -> ModelTotals:
    """Totals over models, each given as the kind and the places of its steps."""
    kinds = dict.fromkeys(SUMMED, 0)
    places: list[int] = []
    count = 0
    for steps in map(list, models):
        count += 1
        for kind in {kind for kind, _ in steps if kind in kinds}:
            kinds[Kind(kind)] += 1
        places += [number for kind, number in steps if kind == Kind.SPREAD and number is not None]
    return ModelTotals(count, {kind.value: number for kind, number in kinds.items()}, sum(places) if places else None)


# --- keeping the register -----------------------------------------------------------------------------------------


@transaction.atomic
def record(model: CareModel, *, by: User) -> CareModel:
    """Enter a new model in the register; raises Conflict where the unit got one of that name meanwhile."""
    model.recorded_by = by
    try:
        model.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("Đơn vị vừa có mô hình mang tên này. Hãy xem lại sổ mô hình.") from error
    audit.record("care_model.create", model, by=by, org_unit=model.org_unit, **_facts(model))
    return model


@transaction.atomic
def correct(model: CareModel, *, by: User, changed: list[str]) -> None:
    """Write the changed fields of a model; reports that were filed keep what they froze."""
    if not changed:
        return
    try:
        model.save(update_fields=changed)
    except IntegrityError as error:
        raise Conflict("Đơn vị vừa có mô hình mang tên này. Hãy xem lại sổ mô hình.") from error
    audit.record("care_model.edit", model, by=by, org_unit=model.org_unit, changed=changed, **_facts(model))


@transaction.atomic
def remove(model: CareModel, *, by: User) -> None:
    """Take a model that was entered by mistake out of the register, with its steps; the audit rows keep them."""
    model = CareModel.objects.select_for_update().select_related("org_unit").get(pk=model.pk)
    steps = [_audited(step) for step in model.steps.order_by("noted_on", "pk")]
    audit.record("care_model.delete", model, by=by, org_unit=model.org_unit, **_facts(model), steps=steps)
    model.delete()


@transaction.atomic
def add_step(step: CareModelStep, *, by: User) -> CareModelStep:
    """Note what became of a model."""
    step.recorded_by = by
    step.save(force_insert=True)
    audit.record("care_model.step", step.model, by=by, org_unit=step.model.org_unit, **_audited(step))
    return step


@transaction.atomic
def remove_step(step: CareModelStep, *, by: User) -> None:
    """Take a step out; the audit row keeps what it said."""
    audit.record("care_model.step_delete", step.model, by=by, org_unit=step.model.org_unit, **_audited(step))
    step.delete()


@transaction.atomic
def keep(model: CareModel, *, period: Period, on: datetime.date, by: User) -> CareModelStep:
    """Note that the model is kept up in the period, where nothing is noted in it yet; pressed twice it is one step.

    Raises Conflict for a period that has not begun.
    """
    CareModel.objects.select_for_update().get(pk=model.pk)
    noted = model.steps.filter(noted_on__range=(period.starts_on, period.ends_on)).order_by("pk").first()
    if noted:
        return noted
    day = min(on, period.ends_on)
    if day < period.starts_on:
        raise Conflict("Kỳ báo cáo này chưa bắt đầu nên chưa ghi nhận được mô hình.")
    return add_step(CareModelStep(model=model, kind=Kind.KEPT, noted_on=day), by=by)


def _runs_unnoted(model: CareModel, period: Period) -> bool:
    steps = list(model.steps.all())
    if any(period.starts_on <= step.noted_on <= period.ends_on for step in steps):
        return False
    if model.began_on and model.began_on > period.ends_on:
        return False
    before = [step for step in steps if step.noted_on < period.starts_on]
    if before:
        return before[-1].kind != Kind.ENDED
    return not (steps and steps[0].kind == Kind.STARTED)  # begun after the period


def _step_facts(step: CareModelStep) -> dict[str, Any]:
    return {"noted_on": step.noted_on.isoformat()} | {name: getattr(step, name) for name in STEP_FACTS}


def _audited(step: CareModelStep) -> dict[str, Any]:
    facts = _step_facts(step)
    return {"step": facts.pop("kind")} | facts


def _facts(model: CareModel) -> dict[str, Any]:
    began_on = model.began_on.isoformat() if model.began_on else None
    return {"name": model.name, "began_on": began_on, "description": model.description}
