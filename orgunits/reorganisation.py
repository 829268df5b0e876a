"""Dated acts on units: establish, change, move, merge, split, end, restore. Nothing else writes placements.

Nothing is edited in place: a change closes the open place and opens the next. Intervals of one unit never overlap:
checked under lock on both engines, and by an exclusion constraint on PostgreSQL. An ``Order`` collects the acts of one
day in one tree and writes them in one transaction; the functions below are orders of one act.
"""

import datetime
import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal

from orgunits import audit
from orgunits.models import Level, OrgUnit, Placement, Reform, Reorganisation, ReorganisationUnit, User
from orgunits.placing import BATCH, Node, Tree, clean_name
from orgunits.succeeding import Shares, links_of, store_links
from orgunits.vietnamese import nfc

Act = Reorganisation.Act
Part = ReorganisationUnit.Part

# Sent inside the transaction, after the places are written: what hangs on units (sums, letters) follows at once.
# Arguments: acts (list of Reorganisation), on.
reorganised = Signal()


class Order:
    """The acts of one day in one tree; nothing is written before ``write``.

    ``whole`` reads the whole tree at once: for a reform, not for a single act. Call it inside a transaction, with the
    lock of the tree held (``ordered`` does both).
    """

    def __init__(
        self,
        sector: str,
        *,
        on: datetime.date,
        by: User | None,
        legal_basis: str = "",
        reform: Reform | None = None,
        whole: bool = False,
    ) -> None:
        self.sector, self.on, self.by = sector, on, by
        self.legal_basis, self.reform = legal_basis, reform
        self.tree = Tree(sector, on=on, whole=whole)
        self.acts: list[Reorganisation] = []
        self._parts: list[ReorganisationUnit] = []
        self._details: list[dict[str, Any]] = []
        self._shares: list[tuple[Reorganisation, OrgUnit, Shares]] = []

    # --- acts ----------------------------------------------------------------------------------------------------
    def establish(
        self, unit: OrgUnit, *, name: str, level: Level, parent: OrgUnit | None, code: str, short_name: str = ""
    ) -> Reorganisation:
        """Give a new unit, whose row is stored, its first place."""
        self._check(unit, level, parent)
        act = self._act(Act.ESTABLISH, unit, results=[unit])
        self.tree.add(unit, **_values(name, short_name, code, level, parent), act=act)
        return act

    def change(
        self,
        unit: OrgUnit,
        *,
        name: str | None = None,
        short_name: str | None = None,
        code: str | None = None,
        level: Level | None = None,
    ) -> Reorganisation:
        """Another name, level or official code; what is None stays as it is, and so does the place in the tree."""
        node = self.tree.node(unit)
        if level is not None:
            self._check(unit, level, None)
            node.level_id = level.pk
        node.name = node.name if name is None else clean_name(name)
        node.short_name = node.short_name if short_name is None else clean_name(short_name)
        node.code = node.code if code is None else nfc(code.strip())
        return self._on_node(node, Act.RENAME, name=node.name, code=node.code)

    def move(self, unit: OrgUnit, *, parent: OrgUnit | None) -> Reorganisation:
        """Another unit above; everything below comes along."""
        self._check(unit, None, parent)
        node = self.tree.node(unit)
        self.tree.put_below(node, parent)
        return self._on_node(node, Act.MOVE, parent=node.parent_id)

    def end(
        self, unit: OrgUnit, shares: "Shares | None" = None, *, children_to: OrgUnit | None = None
    ) -> Reorganisation:
        """End the unit; the keys of ``shares`` succeed it. One successor is a merger, several are a split."""
        shares = dict(shares or {})
        kind = Act.DISSOLVE if not shares else Act.MERGE if len(shares) == 1 else Act.SPLIT
        act = self._act(kind, unit, origins=[unit], results=list(shares), successors=[each.pk for each in shares])
        self._end(unit, act, shares, children_to)
        return act

    def merge(
        self, origins: Sequence[OrgUnit], shares: "Shares", *, children_to: OrgUnit | None = None
    ) -> Reorganisation:
        """Many into one or many. An origin that is among the results goes on; the others end."""
        ending = [unit for unit in origins if unit not in shares]
        if not ending or not shares:
            raise ValidationError("Hãy nêu đơn vị kết thúc và đơn vị tiếp nhận.")
        act = self._act(
            Act.MERGE, ending[0], origins=origins, results=list(shares), successors=[each.pk for each in shares]
        )
        for unit in ending:
            self._end(unit, act, shares, children_to)
        return act

    def split(self, unit: OrgUnit, shares: "Shares", *, goes_on: bool, kept_share: int | None = None) -> Reorganisation:
        """One into many. A unit that goes on keeps ``kept_share`` of its earlier figures, in the measure of the shares.

        The units below a unit that does not go on must have been moved or ended before, each by its own act.
        """
        if not shares:
            raise ValidationError("Hãy nêu ít nhất một đơn vị được tách ra.")
        results = [*shares, *([unit] if goes_on else [])]
        act = self._act(Act.SPLIT, unit, origins=[unit], results=results, successors=[each.pk for each in shares])
        if goes_on:
            self.tree.node(unit)  # it must be there, and nothing of it changes
            act.kept_share = kept_share
            self._shares.append((act, unit, dict(shares)))
        else:
            self._end(unit, act, shares, None)
        return act

    def restore(self, unit: OrgUnit, *, parent: OrgUnit | None) -> Reorganisation:
        """Give a unit that has ended a place again, with its last name, level and code."""
        self._check(unit, None, parent)
        last = unit.placements.filter(is_final=True).first()
        if last is None or last.valid_to is None or last.valid_to > self.on:
            raise ValidationError("Đơn vị này đang hoạt động vào ngày đó, không cần khôi phục.")
        act = self._act(Act.RESTORE, unit, results=[unit])
        values = _values(last.name, last.short_name, last.code, last.level, parent)
        self.tree.add(unit, **values, act=act)
        unit.placements.filter(pk=last.pk).update(is_final=False)
        return act

    # --- writing -------------------------------------------------------------------------------------------------
    def write(self) -> list[Reorganisation]:
        """Store the acts and what they change; raises ValidationError with a sentence when they cannot be."""
        for _, _, shares in self._shares:
            self._refuse_absent(shares)
        Reorganisation.objects.bulk_create(self.acts, batch_size=BATCH)
        for part in self._parts:
            part.reorganisation_id = part.reorganisation.pk
        ReorganisationUnit.objects.bulk_create(self._parts, batch_size=BATCH)
        self.tree.write()
        overwritten = [act for act in self.acts if act.before]
        Reorganisation.objects.bulk_update(overwritten, ["before"], batch_size=100)
        store_links(links_of(self._shares))
        audit.record_each(
            [
                audit.Entry(f"unit.{act.act}", act.org_unit, self._name_of(act), act.org_unit, data)
                for act, data in zip(self.acts, self._details, strict=True)
            ],
            by=self.by,
        )
        reorganised.send(sender=Order, acts=self.acts, on=self.on)
        return self.acts

    def _refuse_absent(self, shares: "Shares") -> None:
        for unit in shares:
            if not self.tree.has_place(unit):
                raise ValidationError(
                    f"{unit.name} không hoạt động vào ngày {self.on:%d/%m/%Y} nên không kế thừa được đơn vị khác."
                )

    def _end(self, unit: OrgUnit, act: Reorganisation, shares: "Shares", children_to: OrgUnit | None) -> None:
        if children_to is not None:
            for child in self.tree.children_of(unit):
                if child != children_to:
                    self._check(child, None, children_to)
                    below = self.tree.node(child)
                    self.tree.put_below(below, children_to)
                    below.act = act
        node = self.tree.node(unit)
        node.ended, node.act = True, act
        if shares:
            self._shares.append((act, unit, dict(shares)))

    def _on_node(self, node: Node, kind: str, **details: Any) -> Reorganisation:
        node.act = self._act(kind, node.unit, origins=[node.unit], results=[node.unit], **details)
        return node.act

    def _act(
        self,
        kind: str,
        unit: OrgUnit,
        *,
        origins: Iterable[OrgUnit] = (),
        results: Iterable[OrgUnit] = (),
        **details: Any,
    ) -> Reorganisation:
        act = Reorganisation(
            act=kind, effective_on=self.on, legal_basis=self.legal_basis, org_unit=unit, recorded_by=self.by,
            reform=self.reform,
        )  # fmt: skip
        self.acts.append(act)
        self._details.append({"effective_on": self.on.isoformat(), **details})
        for part, units in ((Part.ORIGIN, origins), (Part.RESULT, results)):
            self._parts += [ReorganisationUnit(reorganisation=act, org_unit=each, part=part) for each in units]
        return act

    def _name_of(self, act: Reorganisation) -> str:
        return self.tree.name_of(act.org_unit)

    def _check(self, unit: OrgUnit, level: Level | None, parent: OrgUnit | None) -> None:
        if level is not None and level.sector != unit.sector:
            raise ValidationError({"level": "Cấp này thuộc hệ thống khác."})
        if parent is not None and parent.sector != unit.sector:
            raise ValidationError({"parent": "Đơn vị cấp trên phải cùng hệ thống."})
        if parent is not None and parent == unit:
            raise ValidationError({"parent": "Đơn vị không thể trực thuộc chính mình hoặc đơn vị cấp dưới của mình."})


@contextmanager
def ordered(sector: str, *, on: datetime.date, by: User | None, legal_basis: str = "", **kinds: Any) -> Iterator[Order]:
    """An order in a transaction with the tree locked; it is written when the block ends without an error."""
    with transaction.atomic(), _all_kept() if kinds.get("whole") else nullcontext():
        lock_tree(sector)
        order = Order(sector, on=on, by=by, legal_basis=legal_basis, **kinds)
        yield order
        order.write()


@contextmanager
def _all_kept() -> Iterator[None]:
    """No search for unused objects: the 400,000 of a whole tree live to the end, and each search reads them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# --- orders of one act -------------------------------------------------------------------------------------------
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
    **fields: Any,
) -> OrgUnit:
    """Create a unit and give it its first place from ``on``; raises ValidationError on a wrong parent or level."""
    with ordered(sector, on=on, by=by, legal_basis=legal_basis) as order:
        unit = new_unit(sector, code, on=on, **fields)
        order.establish(unit, name=name, short_name=short_name, level=level, parent=parent, code=nfc(code.strip()))
    return unit


def change(unit: OrgUnit, *, on: datetime.date, by: User | None, legal_basis: str = "", **values: Any) -> Placement:
    """Give the unit another name, short name, level or official code from ``on``; its place in the tree stays."""
    with ordered(unit.sector, on=on, by=by, legal_basis=legal_basis) as order:
        order.change(unit, **values)
    return Placement.objects.get(org_unit=unit, is_final=True)


def rename(
    unit: OrgUnit,
    *,
    name: str,
    level: Level,
    on: datetime.date,
    by: User | None,
    short_name: str = "",
    legal_basis: str = "",
    code: str | None = None,
) -> Placement:
    """Give the unit another name or level from ``on``; its place in the tree stays."""
    values = {"name": name, "short_name": short_name, "level": level, "code": code}
    return change(unit, on=on, by=by, legal_basis=legal_basis, **values)


def move(unit: OrgUnit, *, parent: OrgUnit | None, on: datetime.date, by: User | None, legal_basis: str = "") -> None:
    """Place the unit, with everything below it, under another unit from ``on``; earlier places stay as they were."""
    with ordered(unit.sector, on=on, by=by, legal_basis=legal_basis) as order:
        order.move(unit, parent=parent)


def end(
    unit: OrgUnit,
    *,
    on: datetime.date,
    by: User | None,
    successors: "Iterable[OrgUnit] | Mapping[OrgUnit, int | None] | None" = None,
    children_to: OrgUnit | None = None,
    legal_basis: str = "",
) -> Reorganisation:
    """End the unit: its last day is the day before ``on``. Its history goes to the successors, if any."""
    shares = dict(successors) if isinstance(successors, Mapping) else dict.fromkeys(successors or ())
    with ordered(unit.sector, on=on, by=by, legal_basis=legal_basis) as order:
        return order.end(unit, shares, children_to=children_to)


def merge(
    origins: Sequence[OrgUnit],
    results: "Iterable[OrgUnit] | Mapping[OrgUnit, int | None]",
    *,
    on: datetime.date,
    by: User | None,
    children_to: OrgUnit | None = None,
    legal_basis: str = "",
) -> Reorganisation:
    """Merge units into one or several others; what lies below the ended ones moves to ``children_to``."""
    shares = dict(results) if isinstance(results, Mapping) else dict.fromkeys(results)
    with ordered(origins[0].sector, on=on, by=by, legal_basis=legal_basis) as order:
        return order.merge(origins, shares, children_to=children_to)


def split(
    unit: OrgUnit,
    results: "Iterable[OrgUnit] | Mapping[OrgUnit, int | None]",
    *,
    on: datetime.date,
    by: User | None,
    goes_on: bool = False,
    kept_share: int | None = None,
    legal_basis: str = "",
) -> Reorganisation:
    """Split a unit into others, which are there already; see ``Order.split``."""
    shares = dict(results) if isinstance(results, Mapping) else dict.fromkeys(results)
    with ordered(unit.sector, on=on, by=by, legal_basis=legal_basis) as order:
        return order.split(unit, shares, goes_on=goes_on, kept_share=kept_share)


def restore(
    unit: OrgUnit, *, parent: OrgUnit | None, on: datetime.date, by: User | None, legal_basis: str = ""
) -> Reorganisation:
    """Give a unit that has ended a place again from ``on``; the time between stays empty."""
    with ordered(unit.sector, on=on, by=by, legal_basis=legal_basis) as order:
        return order.restore(unit, parent=parent)


def new_unit(sector: str, code: str, *, on: datetime.date, **fields: Any) -> OrgUnit:
    """Store the row of a unit that has no place yet; one whose establishment was taken back is used again."""
    code = nfc(code.strip())
    held = OrgUnit.objects.filter(sector=sector, code=code).first()
    if held is not None and not held.placements.exists():
        OrgUnit.objects.filter(pk=held.pk).update(**fields)
        return OrgUnit.objects.get(pk=held.pk)
    unit = OrgUnit(sector=sector, code=identity(code, on=on) if held and not _holds(held, code, on) else code, **fields)
    unit.full_clean()
    unit.save()
    return unit


def identity(code: str, *, on: datetime.date) -> str:
    """A code of our own for a unit whose official code was once another's: the year is added."""
    return f"{code}/{on.year}"


def _holds(unit: OrgUnit, code: str, on: datetime.date) -> bool:
    """Whether the code is still the unit's official one on that day: then another unit cannot have it."""
    return Placement.objects.as_of(on).filter(org_unit=unit, code=code).exists()


def _values(name: str, short_name: str, code: str, level: Level, parent: OrgUnit | None) -> dict[str, Any]:
    return {
        "name": clean_name(name),
        "short_name": clean_name(short_name),
        "code": code,
        "level_id": level.pk,
        "parent_id": parent.pk if parent else None,
    }


def lock_tree(sector: str) -> None:
    """One act at a time in each tree: the path of the unit above, once read, must hold until it is built upon."""
    list(Level.objects.select_for_update(no_key=True).filter(sector=sector).order_by("pk"))
