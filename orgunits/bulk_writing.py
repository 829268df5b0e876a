"""Writes the places of a whole branch at once: by COPY on PostgreSQL, else as usual. The only SQL of placements.

A reform writes 126,000 places and the move of a commune 400; an INSERT through the ORM is the largest part of both.
"""

import datetime
import io
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection

from orgunits.models import Placement

BATCH: Final = 2000
FEW: Final = 20  # rows for which a statement is as quick
ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def create(places: list[Placement]) -> None:
    """Store new places; afterwards their keys are known only where they were few."""
    if connection.vendor != "postgresql" or len(places) <= FEW:
        Placement.objects.bulk_create(places, batch_size=BATCH)
        return
    columns = [field for field in Placement._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in columns)
    rows = io.StringIO("".join(_lines(places, [field.attname for field in columns])))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f'COPY "{Placement._meta.db_table}" ({names}) FROM STDIN', rows)


def _lines(places: Iterable[Placement], names: list[str]) -> Iterable[str]:
    for place in places:
        yield "\t".join([_text(getattr(place, name)) for name in names]) + "\n"


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPED)
    if isinstance(value, bool):
        return "t" if value else "f"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
