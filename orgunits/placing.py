"""The places of one tree while acts change them: read once, changed in memory, written in a few statements.

Only reorganisation.py and reversal.py use it. A unit that moves takes its whole branch along, and a branch may hold
fourteen thousand units, so nothing here asks or writes unit by unit.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q

from orgunits import bulk_writing
from orgunits.models import OrgUnit, Placement, Reorganisation
from orgunits.models.units import SEGMENT_WIDTH
from orgunits.vietnamese import nfc, sort_key, without_marks

T = TypeVar("T")
BATCH: Final = 2000
NAMED: Final = 5  # units that a sentence names before it says how many more there are
IMAGE: Final = ("name", "short_name", "code", "level_id", "parent_id", "path", "depth", "search_name", "sort_name",
                "opened_by_id")  # fmt: skip
IMAGE_FIELDS: Final = tuple(name.removesuffix("_id") for name in IMAGE)


@dataclass(frozen=True, slots=True)
class Before:
    """Of a stored place what is asked after the acts have changed it."""

    parent_id: int | None
    path: str
    code: str


@dataclass
class Node:
    """A unit's place while acts change it; ``row`` is the stored place that it has on the day, if any."""

    unit: OrgUnit
    row: Placement | None
    name: str = ""
    short_name: str = ""
    code: str = ""
    level_id: int = 0
    parent_id: int | None = None
    act: Reorganisation | None = None  # the last act that changed it
    ended: bool = False
    path: str = ""
    was: Before | None = None  # the stored place as it was read

    @property
    def has_moved(self) -> bool:
        return self.was is None or self.parent_id != self.was.parent_id


@dataclass
class Changes:
    """What is to be written."""

    closed: list[int] = field(default_factory=list)  # stored places that another one follows
    ended: list[int] = field(default_factory=list)  # stored places after which the unit is no more
    opened: list[Placement] = field(default_factory=list)
    rewritten: list[Placement] = field(default_factory=list)


class Tree:
    """One sector's tree on one day. With ``whole`` all places are read at once, for a reform of thousands of acts."""

    def __init__(self, sector: str, *, on: datetime.date, whole: bool = False) -> None:
        self.sector, self.on = sector, on
        self._nodes: dict[int, Node] = {}
        self._put_below: dict[int | None, set[int]] = defaultdict(set)  # by unit: what acts have placed below it
        self._carried: dict[int, Placement] = {}  # by unit: the place on the day of what lies below a unit that moves
        self._later: dict[int, tuple[Placement, Node]] = {}  # by row: places that begin later, with what moves above
        self._all: dict[int, Placement] | None = None
        self._below: dict[int, list[int]] = defaultdict(list)
        self._some_begin_later: bool | None = None
        self._paths: dict[int, str] = {}  # by unit: worked out once
        if whole:
            self._read_all()

    # --- what acts ask and change ------------------------------------------------------------------------------------
    def add(self, unit: OrgUnit, **values: Any) -> Node:
        """Give a unit that has no place on the day (a new or a restored one) its place."""
        node = self._nodes[unit.pk] = Node(unit, None, **values)
        self._put_below[node.parent_id].add(unit.pk)
        return node

    def put_below(self, node: Node, parent: OrgUnit | None) -> None:
        """Another unit above, or none."""
        node.parent_id = parent.pk if parent else None
        self._put_below[node.parent_id].add(node.unit.pk)

    def node(self, unit: OrgUnit) -> Node:
        """The unit's place, to be changed. Raises ValidationError where it has ended or changes later anyway."""
        if unit.pk in self._nodes:
            return self._nodes[unit.pk]
        row = self._last(unit.pk)
        if row is None:
            raise ValidationError(f"{unit.code} chưa từng có vị trí trong hệ thống.")
        if row.valid_to is not None:
            raise ValidationError(f"Đơn vị đã kết thúc từ ngày {row.valid_to:%d/%m/%Y}.")
        if row.valid_from > self.on:
            raise ValidationError(
                f"Ngày hiệu lực phải từ ngày {row.valid_from:%d/%m/%Y} trở đi, là ngày bắt đầu của vị trí sau cùng."
            )
        was = Before(row.parent_id, row.path, row.code)
        node = Node(unit, row, row.name, row.short_name, row.code, row.level_id, row.parent_id, was=was)
        self._nodes[unit.pk] = node
        return node

    def children_of(self, unit: OrgUnit) -> list[OrgUnit]:
        """Units directly below on the day, as the acts so far have left them."""
        found = {row.org_unit_id: row.org_unit for row in self._stored_children(unit.pk)}
        for pk in [*found, *self._put_below[unit.pk]]:
            node = self._nodes.get(pk)
            if node is None:
                continue
            if node.parent_id == unit.pk and not node.ended:
                found[pk] = node.unit
            else:
                found.pop(pk, None)
        return list(found.values())

    def has_place(self, unit: OrgUnit) -> bool:
        """Whether the unit has a place on the day, as the acts so far have left it."""
        if unit.pk in self._nodes:
            return not self._nodes[unit.pk].ended
        return self._place_on_day(unit.pk) is not None

    def name_of(self, unit: OrgUnit) -> str:
        """The unit's name after the acts."""
        node = self._nodes.get(unit.pk)
        return node.name if node is not None else unit.name

    # --- writing -----------------------------------------------------------------------------------------------------
    def write(self) -> None:
        """Work out every path and write all places; the acts of the nodes are stored already.

        Raises ValidationError for a circle, for a unit above that is not there, for units left below one that ends,
        and for a code that two units would carry at once.
        """
        changed = [node for node in self._nodes.values() if node.act is not None]
        self._carry([node for node in changed if node.row is not None and node.has_moved and not node.ended])
        self._refuse_orphans([node for node in changed if node.ended])
        changes = Changes()
        for node in changed:
            self._write_node(node, changes)
        for row in self._carried.values():
            self._write_carried(row, changes)
        for row, above in self._later.values():
            old = above.was.path if above.was else ""
            row.path = self._path_of(above.unit.pk) + row.path.removeprefix(old)
            row.depth = depth_of(row.path)
            changes.rewritten.append(row)
        store(changes, on=self.on)
        self._refuse_code_twice([node for node in changed if not node.ended])

    def _write_node(self, node: Node, changes: Changes) -> None:
        row = node.row
        if node.ended:
            if row is None or row.valid_from >= self.on:
                raise ValidationError("Ngày kết thúc phải sau ngày bắt đầu của vị trí hiện tại.")
            changes.ended.append(row.pk)
            return
        node.path = self._path_of(node.unit.pk)
        if row is not None and row.valid_from == self.on:
            if node.act is not None:
                node.act.before.append({"pk": row.pk, **{name: getattr(row, name) for name in IMAGE}})
            changes.rewritten.append(self._filled(row, node))
            return
        if row is None:
            row = Placement(org_unit=node.unit, valid_from=self.on)
            changes.opened.append(row)
        else:
            self._follow(row, changes)
        self._filled(row, node)

    def _follow(self, row: Placement, changes: Changes) -> None:
        """Close the stored place; the same object goes on as the next: a branch may hold fourteen thousand."""
        changes.closed.append(row.pk)
        row.pk, row.valid_from = None, self.on
        row._state.adding = True
        changes.opened.append(row)

    def _filled(self, row: Placement, node: Node) -> Placement:
        if (row.name, row.short_name) != (node.name, node.short_name):
            row.name, row.short_name = node.name, node.short_name
            row.search_name, row.sort_name = without_marks(f"{node.name} {node.short_name}"), sort_key(node.name)
        row.code, row.level_id, row.parent_id, row.opened_by = node.code, node.level_id, node.parent_id, node.act
        row.path, row.depth = node.path, depth_of(node.path)
        return row

    def _write_carried(self, row: Placement, changes: Changes) -> None:
        path = self._path_of(row.org_unit_id)
        if row.valid_from < self.on:
            self._follow(row, changes)
            row.opened_by = self._act_above(row)
        else:
            changes.rewritten.append(row)
        row.path, row.depth = path, depth_of(path)

    # --- paths -------------------------------------------------------------------------------------------------------
    def _path_of(self, pk: int, trail: tuple[int, ...] = ()) -> str:
        """The new path of a unit: that of the unit above and its own step."""
        if pk in self._paths:
            return self._paths[pk]
        path = self._paths[pk] = self._worked_out(pk, trail)
        return path

    def _worked_out(self, pk: int, trail: tuple[int, ...]) -> str:
        if pk in trail:
            raise ValidationError({"parent": "Đơn vị không thể trực thuộc chính mình hoặc đơn vị cấp dưới của mình."})
        node, row = self._nodes.get(pk), self._carried.get(pk)
        if node is not None and node.ended:
            raise ValidationError({"parent": f"Đơn vị cấp trên không hoạt động vào ngày {self.on:%d/%m/%Y}."})
        if node is not None and node.act is not None:
            parent = node.parent_id
        elif row is not None:
            parent = row.parent_id
        else:
            return self._stored_path(pk)
        above = self._path_of(parent, (*trail, pk)) if parent else ""
        return f"{above}{pk:0{SEGMENT_WIDTH}d}"

    def _stored_path(self, pk: int) -> str:
        """The path of a unit that no act touches. A place is written for all time to come, so it must hold on."""
        place = self._place_on_day(pk)
        if place is None:
            raise ValidationError({"parent": f"Đơn vị cấp trên không hoạt động vào ngày {self.on:%d/%m/%Y}."})
        if place.is_final and place.valid_to is None:
            return place.path
        if place.valid_to is not None and place.is_final:
            day = f"{place.valid_to:%d/%m/%Y}"
            raise ValidationError(
                {"parent": f"Đơn vị cấp trên kết thúc hoạt động từ ngày {day}. Hãy chọn đơn vị khác."}
            )
        self._refuse_later_change(place)
        return place.path

    def _refuse_later_change(self, place: Placement) -> None:
        later = Placement.objects.filter(org_unit=place.org_unit_id, valid_from__gt=self.on).order_by("valid_from")
        if moved := later.exclude(path=place.path).first():
            day = f"{moved.valid_from:%d/%m/%Y}"
            raise ValidationError(f"Đơn vị cấp trên chuyển chỗ từ ngày {day}; hãy ghi ngày hiệu lực từ ngày đó trở đi.")
        if ended := later.filter(is_final=True, valid_to__isnull=False).first():
            day = f"{ended.valid_to:%d/%m/%Y}"
            raise ValidationError(
                {"parent": f"Đơn vị cấp trên kết thúc hoạt động từ ngày {day}. Hãy chọn đơn vị khác."}
            )

    def _act_above(self, row: Placement) -> Reorganisation | None:
        """The act that moves the branch in which the place lies."""
        parent = row.parent_id
        while parent is not None:
            node = self._nodes.get(parent)
            if node is not None and node.act is not None and node.has_moved:
                return node.act
            above = self._carried.get(parent)
            if node is not None and node.act is not None:
                parent = node.parent_id
            else:
                parent = above.parent_id if above is not None else None
        return None

    # --- reading -----------------------------------------------------------------------------------------------------
    def _read_all(self) -> None:
        """Each unit's last place, with its unit. Places that begin after the day stay in the database."""
        rows = Placement.objects.filter(org_unit__sector=self.sector, is_final=True).select_related("org_unit")
        self._all = {row.org_unit_id: row for row in rows.order_by()}
        for row in self._all.values():
            if row.valid_to is None and row.parent_id is not None:
                self._below[row.parent_id].append(row.org_unit_id)

    def _last(self, pk: int) -> Placement | None:
        if self._all is not None:
            return self._all.get(pk)
        return Placement.objects.filter(org_unit=pk, is_final=True).first()

    def _place_on_day(self, pk: int) -> Placement | None:
        row = self._all.get(pk) if self._all is not None else None
        if row is not None and row.valid_from <= self.on and (row.valid_to is None or row.valid_to > self.on):
            return row
        return Placement.objects.as_of(self.on).filter(org_unit=pk).first()

    def _stored_children(self, pk: int) -> list[Placement]:
        if self._all is not None:
            return [self._all[child] for child in self._below[pk]]
        still = Placement.objects.filter(parent=pk).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=self.on))
        return list(still.select_related("org_unit").order_by("sort_name", "pk"))

    def _carry(self, moved: list[Node]) -> None:
        """Find what lies below the units that move: each deepest one last, so that it has the word over its branch."""
        if self._all is not None:
            self._carry_in_memory([node.unit.pk for node in moved])
            if not self._has_later_rows:
                return
        for node in sorted(moved, key=lambda node: len(node.was.path) if node.was else 0):
            for row in self._branch_rows(node):
                if row.valid_from > self.on:
                    self._later[row.pk] = row, node
                elif self._is_untouched(row.org_unit_id):
                    self._carried[row.org_unit_id] = row

    def _branch_rows(self, node: Node) -> Iterable[Placement]:
        """What the database holds below; with all in memory only what begins after the day is still to be read."""
        if node.was is None:
            return ()
        below = Placement.objects.in_subtree(node.was.path).exclude(org_unit=node.unit)
        if self._all is None:
            return below.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=self.on)).order_by("depth", "pk")
        return below.filter(valid_from__gt=self.on)

    @property
    def _has_later_rows(self) -> bool:
        if self._some_begin_later is None:
            later = Placement.objects.filter(org_unit__sector=self.sector, valid_from__gt=self.on)
            self._some_begin_later = later.exists()
        return self._some_begin_later

    def _carry_in_memory(self, moved: list[int]) -> None:
        waiting = list(moved)
        seen = set(moved)
        while waiting:
            for pk in self._below[waiting.pop()]:
                if pk in seen:
                    continue
                seen.add(pk)
                waiting.append(pk)
                row = self._all[pk] if self._all is not None else None
                if row is not None and row.valid_from <= self.on and self._is_untouched(pk):
                    self._carried[pk] = row

    def _is_untouched(self, pk: int) -> bool:
        node = self._nodes.get(pk)
        return node is None or node.act is None

    # --- what must not be left ---------------------------------------------------------------------------------------
    def _refuse_orphans(self, ended: list[Node]) -> None:
        for node in ended:
            left = self.children_of(node.unit)
            if left:
                names = ", ".join(unit.name for unit in left[:NAMED])
                more = f" và {len(left) - NAMED} đơn vị khác" if len(left) > NAMED else ""
                raise ValidationError(
                    f"Đơn vị này còn đơn vị trực thuộc ({names}{more}); hãy chuyển hoặc kết thúc các đơn vị đó trước."
                )

    def _refuse_code_twice(self, nodes: list[Node]) -> None:
        """An official code is given once at a time in a sector; the codes of units that have ended may come again."""
        new = {node.code: node for node in nodes if node.was is None or node.code != node.was.code}
        holds = Q(valid_to__isnull=True) | Q(valid_to__gt=self.on)
        for codes in batches(list(new)):
            held = Placement.objects.filter(holds, code__in=codes, org_unit__sector=self.sector)
            for code, unit, name in held.values_list("code", "org_unit_id", "name"):
                if unit != new[code].unit.pk:
                    raise ValidationError({"code": f"Mã {code} đang là mã của {name}. Hãy dùng mã khác."})


def store(changes: Changes, *, on: datetime.date) -> None:
    """Write the changes: first what ends, then what begins, so that at no time two places of a unit overlap."""
    for pks in batches(changes.closed):
        Placement.objects.filter(pk__in=pks).update(valid_to=on, is_final=False)
    for pks in batches(changes.ended):
        Placement.objects.filter(pk__in=pks).update(valid_to=on)
    Placement.objects.bulk_update(changes.rewritten, IMAGE_FIELDS, batch_size=100)
    bulk_writing.create(changes.opened)


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[list[T]]:
    """The items in lists that a database takes as the values of one IN."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def depth_of(path: str) -> int:
    """0 for the top of a tree."""
    return len(path) // SEGMENT_WIDTH - 1


def clean_name(name: str) -> str:
    """A name as it is stored: one normal form, single spaces."""
    return nfc(" ".join(name.split()))
