"""Fills the registers of the sample units with activities and models, marked as sample data.

Rows are written directly, as the rest of the sample is; the figures are the same on every machine.
"""

import datetime
import random
import tomllib
from pathlib import Path
from typing import Any

from orgunits.models import OrgUnit, Role, User
from plans.models import ReportingDuty, Task
from reports.models import Activity, CareModel, CareModelStep

DATA = Path(__file__).parent / "data" / "sample_registers.toml"
ROUND = 100_000  # đồng


def load(on: datetime.date) -> None:
    """Enter sample activities and models up to that day; a unit whose registers hold anything is left alone.

    Call it before sample reports are filed: they freeze what the registers hold.
    """
    for row in tomllib.loads(DATA.read_text(encoding="utf-8"))["plan"]:
        duty = ReportingDuty.objects.select_related("plan").get(key=row["duty"])
        task = duty.plan.tasks.filter(section__key=row["task"]).order_by("pk").first()
        below = OrgUnit.objects.filter(is_sample=True, placements__parent=duty.plan.org_unit_id).distinct()
        for unit in below.filter(activities__isnull=True, care_models__isnull=True).order_by("pk"):
            made_up = random.Random(f"{unit.code} registers")  # noqa: S311 (sample figures)
            keeper = _keeper(unit)
            _activities(unit, row, task, keeper, made_up, on=on)
            _models(unit, row, task, keeper, made_up, on=on)


def _keeper(unit: OrgUnit) -> User:
    """Who files for the unit in the sample; the installation's administrator where nobody does."""
    people = User.objects.filter(is_sample=True).order_by("pk")
    officer = people.filter(role_assignments__org_unit=unit, role_assignments__role=Role.REPORTER).first()
    return officer or people.get(role_assignments__org_unit__isnull=True)


def _activities(
    unit: OrgUnit, plan: dict[str, Any], task: Task | None, keeper: User, made_up: random.Random, *, on: datetime.date
) -> None:
    for year in range(on.year - plan["years_back"], on.year + 1):
        for row in plan["activity"]:
            day = datetime.date(year, row["month"], row["day"])
            if made_up.randrange(100) >= row["share"] or day > on:
                continue
            Activity.objects.create(
                org_unit=unit,
                name=row["name"],
                occasion=row["occasion"],
                task=task,
                held_on=day,
                children_reached=made_up.randint(*row["children"]) if "children" in row else None,
                families_reached=made_up.randint(*row["families"]) if "families" in row else None,
                recorded_by=keeper,
                **{f"amount_{source}": made_up.randint(5, 80) * ROUND for source in row["sources"]},
            )


def _models(
    unit: OrgUnit, plan: dict[str, Any], task: Task | None, keeper: User, made_up: random.Random, *, on: datetime.date
) -> None:
    for row in plan["model"]:
        if made_up.randrange(100) >= row["share"]:
            continue
        model = CareModel.objects.create(
            org_unit=unit, name=row["name"], task=task, description="Dữ liệu mẫu.", recorded_by=keeper
        )
        for years_back, month, day, kind, places in row["steps"]:
            noted_on = datetime.date(on.year - years_back, month, day)
            if noted_on <= on:
                CareModelStep.objects.create(
                    model=model,
                    kind=kind,
                    noted_on=noted_on,
                    children_reached=made_up.randint(10, 40),
                    families_reached=made_up.randint(5, 30),
                    places=places or None,
                    recorded_by=keeper,
                )
