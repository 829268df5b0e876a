"""What a sample report says: figures by a seeded generator, made-up texts, and what stands in the unit's registers."""

import random
from collections.abc import Sequence
from typing import Any

from reports import activities, care_models, sample_texts
from reports.form_fields import SUM, Question
from reports.models import FormItem, ItemKind, Obligation, Report, Revision

# Nobody is to read an invented number of harmed children under the name of a real place: these stay không phát sinh.
HARM = {"tre-em-bi-xam-hai", "tre-em-bi-bao-luc", "tre-em-duoc-ho-tro-can-thiep", "vu-xu-ly-vi-pham-hanh-chinh"}
STEP = 500_000  # đồng: sample money comes in such steps
REMAINS = 35  # per cent of last year's figure, where it fell so much that it is explained


def make(questions: Sequence[Question], report: Report) -> dict[str, Any]:
    """Content for these questions, the same on every machine."""
    obligation = report.obligation
    year = obligation.period.year
    made_up = random.Random(f"{obligation.org_unit.code} {obligation.period.kind} {year}")  # noqa: S311
    content: dict[str, Any] = {
        "figures": {},
        "texts": {},
        "choices": {},
        "tasks": {},
        "activities": [],
        "models": [],
        "attachments": [],
        "explanations": {},
        "collected": {},
    }
    for question in questions:
        code = question.code
        match question.kind:
            case ItemKind.SHARE:
                content["figures"][code] = _share(question.item, made_up, year)
            case ItemKind.COUNT | ItemKind.MONEY:
                content["figures"][code] = _number(question, obligation, made_up)
            case ItemKind.NARRATIVE:
                content["texts"][code] = text(code, obligation)
            case ItemKind.TASKS:
                content["tasks"] = _tasks(question, made_up)
            case ItemKind.ACTIVITIES:
                content["activities"] = activities.frozen(report)
            case ItemKind.MODELS:
                content["models"] = care_models.frozen(report)
    return content


def text(code: str, obligation: Obligation, *, years_back: int = 0) -> str:
    """What the unit of the obligation writes to this item, in that year or some years before."""
    period = obligation.period
    return sample_texts.compose(code, unit=obligation.org_unit.code, kind=period.kind, year=period.year - years_back)


def fall(content: dict[str, Any], code: str, obligation: Obligation) -> dict[str, str]:
    """Let a figure fall far below that of the year before, with the officer's explanation; returns what is flagged."""
    before = (
        Revision.objects.filter(
            report__obligation__org_unit=obligation.org_unit_id,
            report__obligation__duty=obligation.duty_id,
            report__obligation__period__kind=obligation.period.kind,
            report__obligation__period__year=obligation.period.year - 1,
        )
        .order_by("-number")
        .first()
    )
    was = before.content["figures"][code][SUM] if before else content["figures"][code][SUM]
    content["figures"][code] = {SUM: was * REMAINS // 100}
    explanation = "Dữ liệu mẫu: năm trước có đợt sửa phòng sinh hoạt cho trẻ em, năm nay không còn khoản đó."
    content["explanations"][code] = explanation
    return {"item": code, "sentence": f"Giảm {100 - REMAINS} % so với kỳ trước."}


def _tasks(question: Question, made_up: random.Random) -> dict[str, dict[str, str]]:
    states = ["done", "ongoing", "ongoing", "not_started"]
    return {str(row.task.pk): {"status": made_up.choice(states), "note": ""} for row in question.tasks}


def _number(question: Question, obligation: Obligation, made_up: random.Random) -> dict[str, Any]:
    """About as much as in other years: a unit's size does not change, so that what differs much stands out."""
    if question.code in HARM:
        return {"nil": True}
    size = random.Random(f"{obligation.org_unit.code} {obligation.period.kind} {question.code}")  # noqa: S311
    step = STEP if question.kind == ItemKind.MONEY else 1
    parts = {}
    for cell in question.cells:
        usual = size.randint(6, 40)
        parts[cell.key] = round(usual * made_up.uniform(0.85, 1.15)) * step
    return {**parts, SUM: sum(parts.values())} if question.has_parts else parts


def _share(item: FormItem, made_up: random.Random, year: int) -> dict[str, int]:
    """Shares that rise from year to year, towards the milestone and not all beyond it."""
    groups = [group.code for group in item.target.indicator.groups.all()] if item.target else []
    cells: dict[str, int] = {}
    for group in groups or ["all"]:
        denominator = made_up.randint(8, 60)
        share = min(1.0, made_up.uniform(0.80, 0.93) + 0.035 * (year % 100 - 24))
        cells |= {f"{group}.n": round(denominator * share), f"{group}.d": denominator}
    return cells
