"""Writes many rows at once: by COPY on PostgreSQL, else as usual. The only SQL of placements, and of rows made in bulk.

A reform writes 126,000 places, the move of a commune 400, and a nation's period 126,000 expected reports; an INSERT
through the ORM is the largest part of each.
"""

import datetime
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from django.db import connection, models
from django.utils import timezone

from orgunits.models import Placement

BATCH: Final = 2000
FEW: Final = 20  # rows for which a statement is as quick
ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def create(places: list[Placement]) -> None:
    """Store new places; afterwards their keys are known only where they were few."""
    if connection.vendor != "postgresql" or len(places) <= FEW:
        Placement.objects.bulk_create(places, batch_size=BATCH)
        return
    names = [field.attname for field in Placement._meta.concrete_fields if not field.primary_key]
    _copy(Placement, names, ([getattr(place, name) for name in names] for place in places))


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]], **same: Any) -> None:
    """Store new rows given as values of the fields ``names``; ``same`` are those that all have in common.

    Every other field has its default. A batch at a time, so that a nation's rows do not lie in memory together; no row
    may be there already.
    """
    if connection.vendor != "postgresql":
        for batch in _batches(rows):
            model._default_manager.bulk_create(model(**dict(zip(names, row, strict=True)), **same) for row in batch)
        return
    common = _others(model, [*names, *same]) | same
    ending = list(common.values())
    for batch in _batches(rows):
        _copy(model, [*names, *common], ([*row, *ending] for row in batch))


def _others(model: type[models.Model], given: Sequence[str]) -> dict[str, Any]:
    """What the fields that nobody names hold in a new row."""
    left = [field for field in model._meta.concrete_fields if not field.primary_key and field.attname not in given]
    now = timezone.now()
    stamps = {field.attname for field in left if getattr(field, "auto_now", False) or _is_added(field)}
    return {field.attname: now if field.attname in stamps else field.get_default() for field in left}


def _is_added(field: Any) -> bool:
    return bool(getattr(field, "auto_now_add", False))


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _copy(model: type[models.Model], attnames: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    columns = {field.attname: field.column for field in model._meta.concrete_fields}
    names = ", ".join(f'"{columns[name]}"' for name in attnames)
    lines = io.StringIO("".join("\t".join(map(_text, row)) + "\n" for row in rows))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', lines)


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPED)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict | list):
        return json.dumps(value).translate(ESCAPED)
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
