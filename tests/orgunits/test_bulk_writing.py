"""Places that are written by COPY are the same as those that the ORM writes."""

import datetime

import pytest

from orgunits import bulk_writing
from orgunits.models import OrgUnit, Placement, SpecialDay
from tests.builders import make_unit

pytestmark = pytest.mark.django_db

ODD = ["Xã Đắk\tLắk", "dòng\nhai", "gạch \\ chéo", "\\N", "\\.", 'ngoặc "kép"', "về\r đầu", ""]


def test_every_text_and_every_empty_value_comes_back_as_it_was():
    above = make_unit()
    level = above.placements.get().level
    count = bulk_writing.FEW + len(ODD)
    units = OrgUnit.objects.bulk_create(OrgUnit(sector=above.sector, code=f"M{n}") for n in range(count))
    places = [
        Placement(
            org_unit=unit, name=ODD[n % len(ODD)], code=f"M{n}", level=level, parent=above if n % 2 else None,
            path=unit.segment, depth=n % 3, valid_from=datetime.date(2025, 7, 1), is_final=True,
            valid_to=datetime.date(2026, 1, 1) if n % 4 == 0 else None, search_name="x", sort_name=str(n),
        )
        for n, unit in enumerate(units)
    ]  # fmt: skip
    fields = [field.attname for field in Placement._meta.concrete_fields if not field.primary_key]
    wanted = [tuple(getattr(place, name) for name in fields) for place in places]
    bulk_writing.create(places)
    stored = Placement.objects.filter(org_unit__in=units).order_by("org_unit_id").values_list(*fields)
    assert list(stored) == wanted


def test_rows_that_name_some_fields_get_the_defaults_of_the_others():
    above = make_unit()
    names = ("day", "name")
    rows = [(datetime.date(2026, 1, 1) + datetime.timedelta(days=n), odd) for n, odd in enumerate(ODD) if odd]
    bulk_writing.insert(SpecialDay, names, iter(rows), kind=SpecialDay.Kind.OFF, source=above.code)
    stored = SpecialDay.objects.order_by("day").values_list("day", "name", "kind", "source")
    assert list(stored) == [(*row, "off", above.code) for row in rows]
    assert SpecialDay.objects.filter(created_at__isnull=True).count() == 0
