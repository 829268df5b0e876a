"""Taking an act back: the places are as they were, as long as nothing has been built on it since.

The row of the act stays, with who took it back and why. An act of a reform is taken back only with the whole reform.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from orgunits import audit, reorganisation
from orgunits.models import OrgUnit, Placement, Reform, Reorganisation, ReorganisationUnit, Succession, User
from orgunits.models.units import SEGMENT_WIDTH
from orgunits.placing import Changes, batches, depth_of, store
from orgunits.transitions import Conflict

Act = Reorganisation.Act

# Sent inside the transaction before anything is taken back; a receiver that stands in the way raises ValidationError
# with a sentence. Arguments: acts (queryset of Reorganisation), units (queryset of the pks of all units concerned).
reversing = Signal()
# Sent inside the transaction when it is done. Arguments: acts (list of Reorganisation).
reversed_acts = Signal()


@transaction.atomic
def reverse(what: Reorganisation | Reform, *, by: User | None, reason: str) -> None:
    """Take an act, or a whole reform, back.

    Raises ValidationError where something was built on it, Conflict where somebody has taken it back already.
    """
    if isinstance(what, Reorganisation) and what.reform_id is not None:
        raise ValidationError("Quyết định này thuộc một đợt sắp xếp; chỉ hủy được cả đợt.")
    sector = what.sector if isinstance(what, Reform) else what.org_unit.sector
    reorganisation.lock_tree(sector)
    now = timezone.now()
    marks: dict[str, Any] = {"reversed_at": now, "reversed_by": by, "reversal_reason": reason}
    standing = type(what)._default_manager.filter(pk=what.pk, reversed_at__isnull=True)
    if not standing.update(**marks):
        raise Conflict("Quyết định này đã được hủy từ trước.")
    acts = (
        Reorganisation.objects.filter(reform=what)
        if isinstance(what, Reform)
        else Reorganisation.objects.filter(pk=what.pk)
    )
    _refuse_built_upon(acts)
    reversing.send(sender=Reorganisation, acts=acts, units=_units(acts))
    _put_back(acts, on=what.effective_on)
    Succession.objects.filter(reorganisation__in=acts).delete()
    acts.update(**marks)
    done = list(acts.select_related("org_unit"))
    audit.record(
        "unit.reverse", what, by=by, org_unit=None if isinstance(what, Reform) else what.org_unit,
        act=str(what), reason=reason,
    )  # fmt: skip
    reversed_acts.send(sender=Reorganisation, acts=done)


def _units(acts: QuerySet[Reorganisation]) -> QuerySet[OrgUnit]:
    """All units that the acts are about or have given another place."""
    about = ReorganisationUnit.objects.filter(reorganisation__in=acts).values("org_unit_id")
    placed = Placement.objects.filter(opened_by__in=acts).values("org_unit_id")
    return OrgUnit.objects.filter(Q(pk__in=about) | Q(pk__in=placed))


def _refuse_built_upon(acts: QuerySet[Reorganisation]) -> None:
    """Refuse where a later act concerns the same units, or a unit was placed below one of them since."""
    last = acts.order_by("-pk").values_list("pk", flat=True).first() or 0
    about = ReorganisationUnit.objects.filter(reorganisation__in=acts).values("org_unit_id")
    placed = Placement.objects.filter(opened_by__in=acts).values("org_unit_id")
    newer = Placement.objects.filter(opened_by__gt=last)
    acted = ReorganisationUnit.objects.filter(reorganisation__gt=last, reorganisation__reversed_at__isnull=True)
    later = (
        acted.filter(org_unit__in=about).first()
        or acted.filter(org_unit__in=placed).first()
        or newer.filter(org_unit__in=placed).first()
        or newer.filter(parent__in=about).first()
    )
    if later is not None:
        unit = later.org_unit
        raise ValidationError(
            f"Sau đó đã có quyết định khác về {unit.name}. Hãy hủy quyết định đó trước, hoặc ghi một quyết định mới."
        )


def _put_back(acts: QuerySet[Reorganisation], *, on: datetime.date) -> None:
    """Delete the places that the acts opened, and let those before them go on as they would have."""
    opened = list(Placement.objects.filter(opened_by__in=acts, valid_from=on))
    overwritten = {image["pk"]: image for act in acts.exclude(before=[]) for image in act.before}
    gone = [row for row in opened if row.pk not in overwritten]
    moved = _moved_branches(gone, on=on) | {
        image["path"]: row.path for row in opened if (image := overwritten.get(row.pk)) and image["path"] != row.path
    }
    for pks in batches([row.pk for row in gone]):
        Placement.objects.filter(pk__in=pks).delete()
    _go_on(gone, restored=set(acts.filter(act=Act.RESTORE).values_list("org_unit_id", flat=True)), on=on)
    ended = ReorganisationUnit.objects.filter(
        reorganisation__in=acts.filter(act__in=(Act.MERGE, Act.SPLIT, Act.DISSOLVE)), part="origin"
    )
    Placement.objects.filter(org_unit__in=ended.values("org_unit_id"), is_final=True, valid_to=on).update(valid_to=None)
    _restore_images(overwritten)
    _restore_later_paths(moved, on=on)


def _go_on(gone: Iterable[Placement], *, restored: set[int], on: datetime.date) -> None:
    """The place before each deleted one takes over its end; where nothing follows, the last one is final again.

    A unit that the acts restored has ended again, also where it had ended with the very day.
    """
    back = {row.org_unit_id: row for row in gone if row.org_unit_id in restored}
    by_unit = {row.org_unit_id: row for row in gone if row.org_unit_id not in restored}
    plain, others = [], []
    for pks in batches(list(by_unit)):
        for before in Placement.objects.filter(org_unit__in=pks, valid_to=on).only("pk", "org_unit_id"):
            row = by_unit.pop(before.org_unit_id)
            if row.is_final and row.valid_to is None:
                plain.append(before.pk)
            else:
                before.valid_to, before.is_final = row.valid_to, row.is_final
                others.append(before)
    for pks in batches(plain):
        Placement.objects.filter(pk__in=pks).update(valid_to=None, is_final=True)
    Placement.objects.bulk_update(others, ["valid_to", "is_final"], batch_size=100)
    for pks in batches([pk for pk, row in (by_unit | back).items() if row.is_final]):
        last = Placement.objects.filter(org_unit__in=pks).order_by("org_unit_id", "-valid_from")
        newest = {row.org_unit_id: row.pk for row in reversed(list(last))}
        Placement.objects.filter(pk__in=newest.values()).update(is_final=True)


def _moved_branches(gone: list[Placement], *, on: datetime.date) -> dict[str, str]:
    """By the earlier path: the path that an act gave, for the topmost unit of every branch that moved."""
    by_unit = {row.org_unit_id: row.path for row in gone}
    found = {}
    for pks in batches(list(by_unit)):
        for unit, path in Placement.objects.filter(org_unit__in=pks, valid_to=on).values_list("org_unit_id", "path"):
            if by_unit[unit] != path:
                found[path] = by_unit[unit]
    return {old: new for old, new in found.items() if old[:-SEGMENT_WIDTH] not in found}


def _restore_images(images: dict[int, dict[str, Any]]) -> None:
    rows = list(Placement.objects.filter(pk__in=images))
    for row in rows:
        for name, value in images[row.pk].items():
            setattr(row, name, value)
    store(Changes(rewritten=rows), on=timezone.localdate())


def _restore_later_paths(moved: dict[str, str], *, on: datetime.date) -> None:
    """Places that begin later were given the new path of their branch; the shortest branch says it for all below."""
    if not Placement.objects.filter(valid_from__gte=on).exists():
        return
    rows = {}
    for old, new in sorted(moved.items(), key=lambda pair: len(pair[1])):
        for row in Placement.objects.in_subtree(new).filter(valid_from__gte=on):
            if row.pk not in rows:
                row.path = old + row.path.removeprefix(new)
                row.depth = depth_of(row.path)
                rows[row.pk] = row
    Placement.objects.bulk_update(list(rows.values()), ["path", "depth"], batch_size=100)
