"""Random acts on random trees against a plain model: a dictionary for each day that knows nothing of paths."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgunits import reorganisation, reversal
from orgunits.models import OrgUnit, Placement, Reorganisation
from tests.builders import make_unit

FIRST = datetime.date(2021, 1, 1)
UNITS = 6

pytestmark = pytest.mark.django_db

acts = st.lists(
    st.tuples(
        st.sampled_from(["move", "end", "merge", "establish", "rename"]),
        st.integers(0, UNITS + 3),
        st.integers(-1, UNITS + 3),
        st.integers(1, 3),  # how many days later than the act before
    ),
    max_size=8,
)


class Model:
    """By unit its parent on each day so far; None for a root, absent for a unit that is not there."""

    def __init__(self) -> None:
        self.days: dict[datetime.date, dict[int, int | None]] = {}
        self.now: dict[int, int | None] = {}

    def keep(self, day: datetime.date) -> None:
        self.days[day] = dict(self.now)

    def is_below(self, unit: int, other: int | None) -> bool:
        while other is not None:
            if other == unit:
                return True
            other = self.now[other]
        return False


def expected_path(parents: dict[int, int | None], unit: int) -> str:
    above = parents[unit]
    return (expected_path(parents, above) if above is not None else "") + f"{unit:07d}"


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(parents=st.lists(st.integers(-1, UNITS - 2), min_size=UNITS, max_size=UNITS), script=acts)
def test_places_of_every_day_are_what_the_acts_say(parents, script):
    model, units = Model(), []
    for index, parent in enumerate(parents):
        above = units[parent] if 0 <= parent < index else None
        units.append(make_unit(parent=above, on=FIRST))
        model.now[units[-1].pk] = above.pk if above else None
    day = FIRST
    model.keep(day)
    for kind, first, second, later in script:
        day += datetime.timedelta(days=later)
        unit = units[first % len(units)]
        other = units[second % len(units)] if second >= 0 else None
        try:
            carry_out(kind, unit, other, day, model, units)
        except ValidationError:
            assert not is_possible(kind, unit, other, model)
        else:
            model.keep(day)
    check(model, units)
    last = Reorganisation.objects.latest("pk")
    if last.effective_on == max(model.days) and last.act != "establish":
        reversal.reverse(last, by=None, reason="thử")
        del model.days[last.effective_on]
        check(model, units)


def is_possible(kind: str, unit: OrgUnit, other: OrgUnit | None, model: Model) -> bool:
    there = unit.pk in model.now
    other_there = other is None or other.pk in model.now
    has_children = unit.pk in model.now.values()
    if kind == "establish":
        return other_there
    if kind == "rename":
        return there
    if kind == "move":
        return there and other_there and not model.is_below(unit.pk, other.pk if other else None)
    if kind == "end":
        return there and not has_children
    return there and other is not None and other_there and other != unit and not model.is_below(unit.pk, other.pk)


def carry_out(kind, unit, other, day, model, units) -> None:
    if kind == "establish":
        units.append(make_unit(parent=other, on=day))
        model.now[units[-1].pk] = other.pk if other else None
    elif kind == "rename":
        reorganisation.change(unit, name=f"Tên {day}", on=day, by=None)
    elif kind == "move":
        reorganisation.move(unit, parent=other, on=day, by=None)
        model.now[unit.pk] = other.pk if other else None
    elif kind == "end":
        reorganisation.end(unit, on=day, by=None)
        del model.now[unit.pk]
    else:
        if other is None:
            raise ValidationError("nobody to merge with")
        reorganisation.merge([unit], [other], on=day, by=None, children_to=other)
        model.now = {pk: other.pk if above == unit.pk else above for pk, above in model.now.items() if pk != unit.pk}


def check(model: Model, units: list[OrgUnit]) -> None:
    for day, parents in model.days.items():
        rows = Placement.objects.as_of(day).filter(org_unit__in=units)
        stored = {row.org_unit_id: (row.parent_id, row.path, row.depth) for row in rows}
        assert rows.count() == len(stored)
        right = {pk: expected_path(parents, pk) for pk in parents}
        assert stored == {pk: (parents[pk], path, len(path) // 7 - 1) for pk, path in right.items()}
