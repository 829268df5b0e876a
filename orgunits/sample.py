"""Builds the sample organisation of the five source plans. Idempotent: what exists is left as it is."""

import datetime
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from orgunits import reorganisation
from orgunits.models import Level, OrgUnit, RoleAssignment, User

DATA = Path(__file__).parent / "data" / "sample.toml"


@dataclass(frozen=True)
class SampleAccount:
    """One account for the list that the first start prints."""

    email: str
    full_name: str
    role: str
    unit: str


def organisation() -> dict[str, Any]:
    """The data file as plain Python."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@transaction.atomic
def load_units() -> dict[str, OrgUnit]:
    """Establish the sample units; returns every one by its key."""
    data = organisation()
    for row in data["level"]:
        Level.objects.get_or_create(
            sector=row["sector"], code=row["code"], defaults={"name": row["name"], "rank": row["rank"]}
        )
    units: dict[str, OrgUnit] = {}
    for row in _numbered(data["unit"]):
        existing = OrgUnit.objects.filter(sector=row["sector"], code=row["key"]).first()
        units[row["key"]] = existing or _establish(row, units, on=data["valid_from"])
    return units


@transaction.atomic
def load_people(units: dict[str, OrgUnit], *, password: str) -> list[SampleAccount]:
    """Create the sample people with one common password; returns those that are shown, in the file's order."""
    data = organisation()
    hashed = make_password(password)
    shown = []
    for row in _numbered(data["person"]):
        unit = units[row["unit"]] if "unit" in row else None
        if not User.objects.filter(email=row["email"]).exists():
            user = User.objects.create_user(row["email"], full_name=row["full_name"], is_sample=True)
            User.objects.filter(pk=user.pk).update(password=hashed)
            RoleAssignment.objects.create(user=user, org_unit=unit, role=row["role"], valid_from=data["valid_from"])
        if _is_shown(row):
            role = RoleAssignment(role=row["role"]).get_role_display()
            shown.append(SampleAccount(row["email"], row["full_name"], role, unit.name if unit else "toàn hệ thống"))
    return shown


def shown_addresses() -> list[str]:
    """The sign-in addresses of the people that the first start and the sign-in page show, in the file's order."""
    return [row["email"] for row in _numbered(organisation()["person"]) if _is_shown(row)]


def _is_shown(row: dict[str, Any]) -> bool:
    """Whether the person stands for its kind; of a numbered row only the one of ``shown_number`` does."""
    return bool(row.get("shown")) or row.get("shown_number", -1) == row.get("number")


def _establish(row: dict[str, Any], units: dict[str, OrgUnit], *, on: datetime.date) -> OrgUnit:
    return reorganisation.establish(
        sector=row["sector"],
        code=row["key"],
        name=row["name"],
        short_name=row.get("short_name", ""),
        level=Level.objects.get(sector=row["sector"], code=row["level"]),
        parent=units[row["parent"]] if "parent" in row else None,
        on=on,
        by=None,
        commune_code=row.get("commune_code", ""),
        is_sample=True,
    )


def _numbered(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows as they are; one with ``count`` once for each number, ``{n}`` replaced in its texts."""
    for row in rows:
        if "count" not in row:
            yield row
            continue
        for number in range(1, row["count"] + 1):
            texts = {key: value.replace("{n}", f"{number:02d}") for key, value in row.items() if isinstance(value, str)}
            yield {**row, **texts, "number": number}
