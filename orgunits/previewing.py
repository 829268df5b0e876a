"""The branches that acts touch, as they stood before and as they stand after: read from the acts as they are written.

The page runs the acts in a transaction that it rolls back, so that what is shown is what would be written.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef

from orgunits.models import Level, OrgUnit, Placement, Reorganisation, ReorganisationUnit
from orgunits.models.units import unit_pks

DAY = datetime.timedelta(days=1)
MOST = 300  # lines of one tree; beyond that it says how many are left


@dataclass(frozen=True)
class Place:
    """What a place says, be it stored or written over by the act."""

    unit: int
    name: str
    short_name: str
    code: str
    level: int
    parent: int | None
    path: str

    @property
    def seen(self) -> tuple[Any, ...]:
        return self.name, self.short_name, self.code, self.level, self.parent


@dataclass(frozen=True)
class Mark:
    """What the act does to a unit, as a word and an icon; ``kind`` as in includes/badge.html."""

    kind: str
    icon: str
    text: str


@dataclass
class Line:
    """One unit of a tree that is shown; ``others`` are units directly below it that are not."""

    place: Place
    level: str
    marks: list[Mark] = field(default_factory=list)
    others: int = 0
    below: list["Line"] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """Both trees. ``carried`` units only come along with a unit above; ``facts`` is what the trees were made from."""

    on: datetime.date
    before: list[Line]
    after: list[Line]
    left_out: int
    carried: int
    facts: list[Any]


def of(acts: list[Reorganisation]) -> Preview:
    """Read both trees; the acts are written, and of one day."""
    on = acts[0].effective_on
    opened = Placement.objects.filter(opened_by__in=acts, valid_from=on)
    carried = opened.filter(_same_before(on)).count()
    touched = set(opened.exclude(_same_before(on)).values_list("org_unit", flat=True))
    parts = set(ReorganisationUnit.objects.filter(reorganisation__in=acts).values_list("org_unit", flat=True))
    after = _places(Placement.objects.as_of(on).filter(org_unit__in=touched | parts))
    before = _before(acts, after=after, touched=touched | parts, on=on)
    changed = {pk for pk in touched | parts if _seen(before.get(pk)) != _seen(after.get(pk))}
    shown = changed | parts
    left_out = max(0, len(shown) - MOST)
    shown = set(sorted(shown)[:MOST])
    names = {level.pk: level.name for level in Level.objects.all()}
    old, new = ({pk: row for pk, row in rows.items() if pk in shown} for rows in (before, after))
    old, new = _with_ancestors(old, on - DAY), _with_ancestors(new, on)
    return Preview(
        on,
        _forest(old, on - DAY, names, {pk: _marks_before(row, after.get(pk)) for pk, row in before.items()}),
        _forest(new, on, names, {pk: _marks_after(before.get(pk), row) for pk, row in after.items()}),
        left_out,
        carried,
        _facts(on, before, after, carried),
    )


def _same_before(on: datetime.date) -> Exists:
    """For an opened place: that the unit had the same one before, save the way from the top of the tree to it."""
    same = {name: OuterRef(name) for name in ("org_unit", "name", "short_name", "code", "level", "parent")}
    return Exists(Placement.objects.filter(valid_to=on, **same))


def _places(rows: Iterable[Placement]) -> dict[int, Place]:
    return {
        row.org_unit_id: Place(
            row.org_unit_id, row.name, row.short_name, row.code, row.level_id, row.parent_id, row.path
        )
        for row in rows
    }


def _before(
    acts: list[Reorganisation], *, after: dict[int, Place], touched: set[int], on: datetime.date
) -> dict[int, Place]:
    """The places as they would be without the acts: what was written over, what goes on, else the day before."""
    found = _places(Placement.objects.as_of(on - DAY).filter(org_unit__in=touched))
    untouched = Placement.objects.as_of(on).filter(org_unit__in=touched).exclude(opened_by__in=acts)
    found |= _places(untouched)
    images = {image["pk"]: image for act in acts for image in act.before}
    for row in Placement.objects.filter(pk__in=images):
        image = images[row.pk]
        found[row.org_unit_id] = Place(
            row.org_unit_id, image["name"], image["short_name"], image["code"], image["level_id"],
            image["parent_id"], image["path"],
        )  # fmt: skip
    return found


def _seen(place: Place | None) -> tuple[Any, ...] | None:
    return place.seen if place else None


def _with_ancestors(rows: dict[int, Place], day: datetime.date) -> dict[int, Place]:
    above = {pk for row in rows.values() for pk in unit_pks(row.path)} - rows.keys()
    return _places(Placement.objects.as_of(day).filter(org_unit__in=above)) | rows


def _forest(
    rows: dict[int, Place], day: datetime.date, levels: dict[int, str], marks: dict[int, list[Mark]]
) -> list[Line]:
    counted = Placement.objects.as_of(day).filter(parent__in=rows).exclude(org_unit__in=rows).order_by()
    others = dict(counted.values_list("parent").annotate(Count("pk")))
    lines = {pk: Line(row, levels.get(row.level, ""), marks.get(pk, []), others.get(pk, 0)) for pk, row in rows.items()}
    roots = []
    below: dict[int, list[Line]] = defaultdict(list)
    for line in sorted(lines.values(), key=lambda line: (line.place.name, line.place.unit)):
        if line.place.parent in lines and line.place.parent is not None:
            below[line.place.parent].append(line)
        else:
            roots.append(line)
    for pk, children in below.items():
        lines[pk].below = children
    return roots


def _marks_before(row: Place, after: Place | None) -> list[Mark]:
    if after is None:
        return [Mark("late", "circle-minus", "Kết thúc")]
    return [Mark("warn", "arrow-right", "Chuyển đi")] if row.parent != after.parent else []


def _marks_after(before: Place | None, row: Place) -> list[Mark]:
    if before is None:
        return [Mark("ok", "plus", "Thêm mới")]
    found = []
    if before.parent != row.parent:
        found.append(Mark("warn", "arrow-right", "Chuyển đến"))
    if (before.name, before.short_name) != (row.name, row.short_name):
        found.append(Mark("info", "pencil", "Đổi tên"))
    if before.level != row.level:
        found.append(Mark("info", "layers", "Đổi cấp"))
    if before.code != row.code:
        found.append(Mark("info", "hash", f"Đổi mã {before.code} → {row.code}"))
    return found


def _facts(on: datetime.date, before: dict[int, Place], after: dict[int, Place], carried: int) -> list[Any]:
    """What must be the same when it is confirmed. Units are named by our own code: a new one has no steady key."""
    units = before.keys() | after.keys()
    above = {row.parent for rows in (before, after) for row in rows.values() if row.parent}
    codes = dict(OrgUnit.objects.filter(pk__in=units | above).values_list("pk", "code"))

    def told(row: Place | None) -> list[Any] | None:
        way = [codes.get(pk, pk) for pk in unit_pks(row.path)] if row else []
        return [row.name, row.short_name, row.code, row.level, way] if row else None

    rows = [[codes[pk], told(before.get(pk)), told(after.get(pk))] for pk in units]
    return [on.isoformat(), carried, sorted(rows, key=lambda row: row[0])]
