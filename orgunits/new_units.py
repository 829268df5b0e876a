"""Stores the rows of many new units in a few statements; each has no place yet (see ``reorganisation.new_unit``)."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef

from orgunits.models import OrgUnit, Placement
from orgunits.placing import BATCH, batches
from orgunits.reorganisation import identity


def store(sector: str, wanted: Mapping[str, Mapping[str, Any]], *, on: datetime.date) -> dict[str, OrgUnit]:
    """By official code the unit, given by code its other fields.

    A unit whose establishment was taken back is used again; where the code was once another unit's, our own code gets
    the year. Whether an official code is given twice at one time is for the act that places the unit.
    """
    held: dict[str, OrgUnit] = {}
    placed: set[int] = set()
    codes = list(wanted)
    for each in batches([*codes, *(identity(code, on=on) for code in codes)]):
        has_place = Exists(Placement.objects.filter(org_unit=OuterRef("pk")))
        of_code = OrgUnit.objects.filter(sector=sector, code__in=each)
        held |= {unit.code: unit for unit in of_code}
        placed |= set(of_code.filter(has_place).values_list("pk", flat=True))
    found: dict[str, OrgUnit] = {}
    again: list[tuple[OrgUnit, Mapping[str, Any]]] = []
    for code, fields in wanted.items():
        own = code if code not in held or held[code].pk not in placed else identity(code, on=on)
        unit = held.get(own)
        if unit is not None and unit.pk in placed:
            raise ValidationError(f"Mã {code} đã dùng cho hai đơn vị khác trong cùng hệ thống. Hãy dùng mã khác.")
        if unit is None:
            unit = OrgUnit(sector=sector, code=own, **fields)
        else:
            again.append((unit, fields))
        found[code] = unit
    OrgUnit.objects.bulk_create([unit for unit in found.values() if unit.pk is None], batch_size=BATCH)
    for unit, fields in again:
        if fields:
            OrgUnit.objects.filter(pk=unit.pk).update(**fields)
    return found
