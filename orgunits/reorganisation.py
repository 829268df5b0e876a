"""The only code that writes placements: dated acts that establish, change and end units.

Intervals of one unit never overlap: checked here under lock on both engines, and by an exclusion constraint on
PostgreSQL. Nothing is edited in place: a change closes the open placement and opens the next.
"""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from orgunits import audit
from orgunits.models import Level, OrgUnit, Placement, Reorganisation, Succession, User
from orgunits.models.units import unit_pks
from orgunits.vietnamese import nfc, sort_key, without_marks

Act = Reorganisation.Act


@transaction.atomic
def establish(
    *,
    sector: str,
    code: str,
    name: str,
    level: Level,
    parent: OrgUnit | None,
    on: datetime.date,
    by: User | None,
    short_name: str = "",
    legal_basis: str = "",
    **fields: object,
) -> OrgUnit:
    """Create a unit and give it its first place from ``on``; raises ValidationError on a wrong parent or level."""
    _lock_tree(sector)
    unit = OrgUnit(sector=sector, code=nfc(code.strip()), **fields)
    unit.full_clean()
    unit.save()
    _open_placement(unit, name=name, short_name=short_name, level=level, parent=parent, on=on)
    _record(Act.ESTABLISH, unit, on=on, by=by, legal_basis=legal_basis)
    return unit


@transaction.atomic
def rename(
    unit: OrgUnit,
    *,
    name: str,
    level: Level,
    on: datetime.date,
    by: User | None,
    short_name: str = "",
    legal_basis: str = "",
) -> Placement:
    """Give the unit another name or level from ``on``; its place in the tree stays."""
    last = _lock_last(unit, on=on)
    place = _next_placement(
        unit,
        last,
        name=name,
        short_name=short_name,
        level=level,
        parent=last.parent,
        on=on,
    )
    _record(Act.RENAME, unit, on=on, by=by, legal_basis=legal_basis, name=place.name)
    return place


@transaction.atomic
def move(
    unit: OrgUnit,
    *,
    parent: OrgUnit | None,
    on: datetime.date,
    by: User | None,
    legal_basis: str = "",
) -> None:
    """Place the unit, with everything below it, under another unit from ``on``; earlier places stay as they were."""
    last = _lock_last(unit, on=on)
    place = _next_placement(
        unit,
        last,
        name=last.name,
        short_name=last.short_name,
        level=last.level,
        parent=parent,
        on=on,
    )
    if place.path != last.path:
        _move_descendants(unit, old_path=last.path, new_path=place.path, on=on)
    _record(
        Act.MOVE,
        unit,
        on=on,
        by=by,
        legal_basis=legal_basis,
        parent=parent.pk if parent else None,
    )


@transaction.atomic
def end(
    unit: OrgUnit,
    *,
    on: datetime.date,
    by: User | None,
    successors: list[OrgUnit] | None = None,
    legal_basis: str = "",
) -> None:
    """End the unit: its last day is the day before ``on``. Its history goes to the successors, if any."""
    last = _lock_last(unit, on=on)
    if Placement.objects.filter(parent=unit).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).exists():
        raise ValidationError("Đơn vị này còn đơn vị trực thuộc; hãy chuyển hoặc kết thúc các đơn vị đó trước.")
    if last.valid_from >= on:
        raise ValidationError("Ngày kết thúc phải sau ngày bắt đầu của vị trí hiện tại.")
    Placement.objects.filter(pk=last.pk).update(valid_to=on)
    act = Act.MERGE if successors else Act.DISSOLVE
    event = _record(
        act,
        unit,
        on=on,
        by=by,
        legal_basis=legal_basis,
        successors=[u.pk for u in successors or []],
    )
    for successor in successors or []:
        _succeed(event, predecessor=unit, successor=successor)


def _succeed(event: Reorganisation, *, predecessor: OrgUnit, successor: OrgUnit) -> None:
    """Link the two, and close the relation: whatever the predecessor had inherited goes on to the successor."""
    Succession.objects.get_or_create(
        predecessor=predecessor,
        successor=successor,
        defaults={"reorganisation": event, "direct": True},
    )
    inherited = Succession.objects.filter(successor=predecessor).values_list("predecessor_id", flat=True)
    Succession.objects.bulk_create(
        [
            Succession(
                reorganisation=event,
                predecessor_id=pk,
                successor=successor,
                direct=False,
            )
            for pk in inherited
        ],
        ignore_conflicts=True,
    )


def _lock_tree(sector: str) -> None:
    """One act at a time in each tree: the path of the unit above, once read, must hold until it is built upon."""
    list(Level.objects.select_for_update(no_key=True).filter(sector=sector).order_by("pk"))


def _lock_last(unit: OrgUnit, *, on: datetime.date) -> Placement:
    _lock_tree(unit.sector)
    OrgUnit.objects.select_for_update().get(pk=unit.pk)
    last = Placement.objects.select_for_update().get(org_unit=unit, is_final=True)
    if last.valid_to is not None:
        raise ValidationError(f"Đơn vị đã kết thúc từ ngày {last.valid_to:%d/%m/%Y}.")
    return last


def _next_placement(
    unit: OrgUnit,
    last: Placement,
    *,
    name: str,
    short_name: str,
    level: Level,
    parent: OrgUnit | None,
    on: datetime.date,
) -> Placement:
    if on <= last.valid_from:
        raise ValidationError(
            f"Ngày hiệu lực phải sau ngày {last.valid_from:%d/%m/%Y}, là ngày bắt đầu của vị trí hiện tại."
        )
    Placement.objects.filter(pk=last.pk).update(valid_to=on, is_final=False)
    return _open_placement(unit, name=name, short_name=short_name, level=level, parent=parent, on=on)


def _open_placement(
    unit: OrgUnit,
    *,
    name: str,
    short_name: str,
    level: Level,
    parent: OrgUnit | None,
    on: datetime.date,
) -> Placement:
    above = _parent_path(unit, parent, on=on)
    if level.sector != unit.sector:
        raise ValidationError({"level": "Cấp này thuộc hệ thống khác."})
    name = nfc(name.strip())
    path = above + unit.segment
    return Placement.objects.create(
        org_unit=unit,
        name=name,
        short_name=nfc(short_name.strip()),
        level=level,
        parent=parent,
        path=path,
        depth=len(path) // len(unit.segment) - 1,
        valid_from=on,
        search_name=without_marks(f"{name} {short_name}"),
        sort_name=sort_key(name),
    )


def _parent_path(unit: OrgUnit, parent: OrgUnit | None, *, on: datetime.date) -> str:
    if parent is None:
        return ""
    if parent.sector != unit.sector:
        raise ValidationError({"parent": "Đơn vị cấp trên phải cùng hệ thống."})
    place = Placement.objects.as_of(on).filter(org_unit=parent).first()
    if place is None:
        raise ValidationError({"parent": f"Đơn vị cấp trên không hoạt động vào ngày {on:%d/%m/%Y}."})
    if unit.pk in unit_pks(place.path):
        raise ValidationError({"parent": "Đơn vị không thể trực thuộc chính mình hoặc đơn vị cấp dưới của mình."})
    _refuse_later_change(parent, place, on=on)
    return place.path


def _refuse_later_change(parent: OrgUnit, place: Placement, *, on: datetime.date) -> None:
    """A place is written for all time to come, so the unit above must not be known to move or to end after ``on``."""
    later = Placement.objects.filter(org_unit=parent, valid_from__gt=on).exclude(path=place.path)
    if moved := later.order_by("valid_from").first():
        raise ValidationError(
            f"Đơn vị cấp trên chuyển chỗ từ ngày {moved.valid_from:%d/%m/%Y}; hãy ghi ngày hiệu lực từ ngày đó trở đi."
        )
    if ended := Placement.objects.filter(org_unit=parent, is_final=True, valid_to__isnull=False).first():
        day = f"{ended.valid_to:%d/%m/%Y}"
        raise ValidationError({"parent": f"Đơn vị cấp trên kết thúc hoạt động từ ngày {day}. Hãy chọn đơn vị khác."})


def _move_descendants(unit: OrgUnit, *, old_path: str, new_path: str, on: datetime.date) -> None:
    """Give every unit below a new placement from ``on`` with the new path; later placements are rewritten."""
    below = Placement.objects.select_for_update().in_subtree(old_path).exclude(org_unit=unit)
    for place in below.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).order_by("depth", "pk"):
        path = new_path + place.path.removeprefix(old_path)
        depth = len(path) // len(unit.segment) - 1
        if place.valid_from >= on:
            Placement.objects.filter(pk=place.pk).update(path=path, depth=depth)
            continue
        Placement.objects.filter(pk=place.pk).update(valid_to=on, is_final=False)
        Placement.objects.create(
            org_unit_id=place.org_unit_id,
            name=place.name,
            short_name=place.short_name,
            level_id=place.level_id,
            parent_id=place.parent_id,
            path=path,
            depth=depth,
            valid_from=on,
            valid_to=place.valid_to,
            is_final=place.is_final,
            search_name=place.search_name,
            sort_name=place.sort_name,
        )


def _record(
    act: Reorganisation.Act,
    unit: OrgUnit,
    *,
    on: datetime.date,
    by: User | None,
    legal_basis: str,
    **data: object,
) -> Reorganisation:
    event = Reorganisation.objects.create(
        act=act, effective_on=on, legal_basis=legal_basis, org_unit=unit, recorded_by=by
    )
    audit.record(f"unit.{act}", unit, by=by, org_unit=unit, effective_on=on.isoformat(), **data)
    return event
