"""The letterheads of the sample organisation, read from ``plans/data/letterheads.toml``."""

import datetime
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from django.db import transaction

from orgunits.models import OrgUnit
from plans.models import Letterhead

DATA = Path(__file__).parent / "data" / "letterheads.toml"


@transaction.atomic
def load_letterheads(units: Mapping[str, OrgUnit], *, valid_from: datetime.date) -> None:
    """Give each sample unit its letterhead; a unit that has one keeps it."""
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["letterhead"]
    for key, unit in units.items():
        row = next((row for row in rows if any(fnmatch(key, pattern) for pattern in row["units"])), None)
        if row is None or unit.letterheads.exists():
            continue
        values = {field: text.replace("{NAME}", unit.name.upper()) for field, text in row.items() if field != "units"}
        Letterhead.objects.create(org_unit=unit, valid_from=valid_from, **values)
