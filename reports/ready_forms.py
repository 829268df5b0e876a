"""Ready forms from which an administrator starts, and what they become for a given duty.

They are read from ``data/ready_forms.toml``; those of a plan ask just what ``form_building`` makes of that plan.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from orgunits.vietnamese import without_marks
from plans.models import ReportingDuty
from reports.form_building import ItemSpec, extra_items, item_specs
from reports.models import ItemKind
from targets.models import Target

DATA = Path(__file__).parent / "data" / "ready_forms.toml"
LABEL_LENGTH = 200
NOTE_LENGTH = 300  # of a version


@dataclass(frozen=True)
class ReadyForm:
    """One entry of the file; ``caution`` is what the administrator must do before using it."""

    key: str
    title: str
    about: str
    caution: str
    duty_key: str
    section: str
    items: tuple[ItemSpec, ...]


@cache
def all_forms() -> tuple[ReadyForm, ...]:
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["form"]
    return tuple(
        ReadyForm(
            key=row["key"],
            title=row["title"],
            about=row["about"],
            caution=row.get("caution", ""),
            duty_key=row.get("duty", ""),
            section=row.get("section", ""),
            items=tuple(_item(item) for item in row.get("item", [])),
        )
        for row in rows
    )


def offered() -> list[ReadyForm]:
    """The ready forms whose plan this installation has, and those that need none."""
    keys = {form.duty_key for form in all_forms() if form.duty_key}
    there = set(ReportingDuty.objects.filter(key__in=keys).values_list("key", flat=True))
    return [form for form in all_forms() if not form.duty_key or form.duty_key in there]


def is_caution(note: str) -> bool:
    """Whether the note of a version is what a ready form warns of."""
    return any(form.caution and note == form.caution[:NOTE_LENGTH] for form in all_forms())


def find(key: str) -> ReadyForm | None:
    return next((form for form in offered() if form.key == key), None)


def specs_for(form: ReadyForm, duty: ReportingDuty) -> list[ItemSpec]:
    """The items of a ready form for a form of ``duty``.

    1. A share asks for the target of the duty's own plan on the same indicator; where there is none, it brings its
       labels and groups itself.
    2. The table of tasks is that of the duty's own plan, and is left out where the plan has no task.
    """
    source = _source(form)
    specs = list(item_specs(source)) if source else list(form.items)
    has_tasks = duty.plan.tasks.exists()
    kept = [spec for spec in specs if has_tasks or spec.kind != ItemKind.TASKS]
    adapted = _with_own_targets(kept, duty)
    return [_under(form.section, spec) for spec in adapted] if form.section else list(adapted)


def _source(form: ReadyForm) -> ReportingDuty | None:
    if not form.duty_key:
        return None
    return ReportingDuty.objects.select_related("plan__document").filter(key=form.duty_key).order_by("pk").first()


def _with_own_targets(specs: list[ItemSpec], duty: ReportingDuty) -> Iterator[ItemSpec]:
    pks = [spec.target_id for spec in specs if spec.target_id]
    asked = Target.objects.select_related("indicator").prefetch_related("indicator__groups").in_bulk(pks)
    own = {target.indicator_id: target.pk for target in duty.plan.targets.all()}
    for spec in specs:
        target = asked.get(spec.target_id) if spec.target_id else None
        if target is None or target.plan_id == duty.plan_id:
            yield spec
        elif target.indicator_id in own:
            yield replace(spec, target_id=own[target.indicator_id])
        else:
            yield _without_target(spec, target)


def _without_target(spec: ItemSpec, target: Target) -> ItemSpec:
    indicator = target.indicator
    return replace(
        spec,
        target_id=None,
        groups=[{"code": group.code, "name": group.name} for group in indicator.groups.all()],
        numerator_label=indicator.numerator_label[:LABEL_LENGTH],
        denominator_label=indicator.denominator_label[:LABEL_LENGTH],
    )


def _under(section: str, spec: ItemSpec) -> ItemSpec:
    return replace(spec, section=f"{section}: {spec.section[:1].lower()}{spec.section[1:]}")


def _item(row: dict[str, Any]) -> ItemSpec:
    """One item of the file: alike to one of forms.toml, or written out."""
    changed: dict[str, Any] = {name: row[name] for name in ("section", "label", "guide", "required") if name in row}
    if "groups" in row:
        changed["groups"] = [{"code": slugify(without_marks(name)), "name": name} for name in row["groups"]]
    if "like" in row:
        duty, _, code = row["like"].partition(":")
        return replace(next(spec for spec in extra_items(duty).items if spec.code == code), **changed)
    return ItemSpec(code=row["code"], kind=ItemKind(row["kind"]), **changed)
