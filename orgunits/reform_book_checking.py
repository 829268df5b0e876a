"""What the rows of a reform would do: old codes as on the day before, new codes as on the day; every mistake listed.

1. Each row is read for itself and finds its old unit.
2. Who ends, who goes on and who carries which code on the day follows from all rows together.
3. New codes and units above are looked up in that; units below ended ones that nobody has placed are *unresolved*.
"""

import datetime
from collections import defaultdict
from typing import Final

from orgunits import reorganisation, scopes
from orgunits.models import Level, Placement, WorkbookImport
from orgunits.reform_book_past import PastUnits
from orgunits.reform_book_rows import (
    ACTS,
    END_WORD,
    LEFT,
    Act,
    Change,
    Merger,
    New,
    Parting,
    ReformPlan,
    Return,
    Standing,
    Unit,
)
from orgunits.reform_book_words import ReformWords
from orgunits.unit_book_units import CLEAR
from orgunits.vietnamese import without_marks
from orgunits.workbook_table import Row, Table

NO_ACT: Final = f"Hãy ghi hình thức theo danh sách: {', '.join(ACTS.values())}."
OTHER_DAY: Final = "Mọi dòng phải cùng một ngày, là ngày {:%d/%m/%Y} đã ghi khi nộp tệp."
NEEDS: Final = "Việc “{}” phải có {}."
NOT_FOR: Final = "Việc “{}” không dùng cột này; hãy để trống."
NO_OLD: Final = "Trước ngày {:%d/%m/%Y} không có đơn vị nào mang mã này trong hệ thống này."
CHANGED_LATER: Final = "Đơn vị này đã có thay đổi ghi từ ngày sắp xếp trở đi; hãy hủy thay đổi đó trước."
OUTSIDE: Final = "Đơn vị mang mã này ở ngoài phạm vi bạn quản trị."
NO_ENDED: Final = "Đến ngày {:%d/%m/%Y} không có đơn vị nào đã kết thúc mà mang mã này sau cùng."
STANDS: Final = "Đơn vị mang mã này đang hoạt động trước ngày sắp xếp, không cần khôi phục."
MANY_ENDED: Final = "Nhiều đơn vị đã kết thúc mang mã này: {}. Hãy khôi phục ở trang của đúng đơn vị."
NO_NEW: Final = "Từ ngày sắp xếp không có đơn vị nào mang mã này. Đơn vị mới cần một dòng “Thành lập”."
NO_LEVEL: Final = "Hệ thống này không có cấp như vậy. Hãy chọn trong danh sách, hoặc thêm ở trang Tên các cấp."
TOP: Final = "Chỉ quản trị toàn hệ thống đặt được đơn vị đứng đầu hệ thống."
TWICE: Final = "Đơn vị này đã có việc ở dòng {}, không làm cùng lúc được."
CODE_TWICE: Final = "Từ ngày sắp xếp mã {} sẽ là của hai đơn vị ({})."
INTO_MANY: Final = "Đơn vị này vào nhiều đơn vị mới: hãy ghi “Chia tách” ở mọi dòng của đơn vị."
ONE_PART: Final = (
    "Chia tách cần ít nhất hai dòng. Đơn vị còn hoạt động thì thêm một dòng mã mới là mã của chính đơn vị."
)
SOME_SHARES: Final = (
    "Phần kế thừa phải ghi ở mọi dòng chia tách của đơn vị này, hoặc bỏ trống hết; tổng phải lớn hơn 0."
)
SAME_PART: Final = "Dòng này lặp lại một dòng chia tách của cùng đơn vị."
CIRCLE: Final = "Theo tệp này, đơn vị trực thuộc chính mình hoặc đơn vị cấp dưới của mình."
NOTHING_NEW: Final = "Dòng này không đổi gì: hãy ghi tên mới, cấp hoặc mã mới khác trước."

# By act: the columns that must be filled in, and those that may.
ASKED: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Act.ESTABLISH: (("new_code", "name", "level", "parent"), ()),
    Act.RENAME: (("old_code",), ("new_code", "name", "level", "parent")),
    Act.MOVE: (("old_code", "parent"), ("new_code", "name", "level")),
    Act.MERGE: (("old_code", "new_code"), ()),
    Act.SPLIT: (("old_code", "new_code"), ("share",)),
    Act.DISSOLVE: (("old_code",), ()),
    Act.RESTORE: (("old_code", "parent"), ()),
}
WORDS: Final = {
    "old_code": "mã cũ", "new_code": "mã mới", "name": "tên mới", "level": "cấp", "parent": "mã cấp trên mới",
}  # fmt: skip


class ReformCheck:
    def __init__(self, rows: Table, left: Table, sent: WorkbookImport, *, on: datetime.date) -> None:
        if sent.effective_on is None:
            raise ValueError("A reform has a day.")
        self.rows, self.left, self.sent = rows, left, sent
        self.day: datetime.date = sent.effective_on
        self.scope = scopes.administered(sent.uploaded_by, on=on)
        self.past = PastUnits(sent.sector, self.scope, on=self.day)
        self.plan = ReformPlan()
        self.units: dict[int, Standing] = {}
        self.words = ReformWords(self.plan, self.units)
        self.old: dict[str, int] = {}
        self.levels: dict[str, Level] = {}
        self.tables: dict[int, Table] = {}
        self.going: dict[int, list[tuple[str, Row]]] = defaultdict(list)  # rows of mergers and splits by old unit
        self.changed: dict[int, Row] = {}
        self.gone: dict[int, Row] = {}
        self.mergers: dict[Unit, Merger] = {}
        self.level_names: dict[int, str] = {}
        self.ending: set[int] = set()
        self.carriers: dict[str, Unit] = {}

    def run(self) -> ReformPlan:
        reorganisation.lock_tree(self.sent.sector)
        self._load()
        for row in self.rows.rows:
            self._row(row)
        for row in self.left.rows:
            self._settled(row)
        self._find_ending()
        self._find_carriers()
        for new in self.plan.new:
            new.parent = self._above(new.row, new.row["parent"])
        for back in self.plan.back:
            back.parent = self._above(back.row, back.row["parent"])
        for change in self.plan.moved:
            if change.row["parent"]:
                change.parent, change.moves = self._above(change.row, change.row["parent"]), True
        for pk, rows in self.going.items():
            self._go(self.units[pk], rows)
        self._refuse_circles()
        self._find_left()
        self.words.tell()
        self.plan.errors = [*self.rows.errors, *self.left.errors]
        return self.plan

    def _load(self) -> None:
        places = Placement.objects.filter(org_unit__sector=self.sent.sector).order_by()
        fields = ("org_unit_id", "code", "name", "level_id", "parent_id", "path")
        lasting = places.filter(valid_to__isnull=True, valid_from__lte=self.day)
        for pk, code, name, level, parent, path in lasting.values_list(*fields):
            self.units[pk] = Standing(pk, code, name, level, parent, path, self.scope.holds(path))
        before = self.day - datetime.timedelta(days=1)
        self.old = dict(places.as_of(before).values_list("code", "org_unit_id"))
        for level in Level.objects.filter(sector=self.sent.sector).order_by("-rank", "-code"):
            self.level_names[level.pk] = level.name
            for word in (level.name, level.code):
                self.levels[without_marks(word)] = level

    # --- one row -----------------------------------------------------------------------------------------------------
    def _row(self, row: Row) -> None:
        self.tables[id(row)] = self.rows
        kind = act_of(row["act"])
        if kind is None:
            self.rows.refuse(row, "act", NO_ACT)
            return
        if row["on"] and row["on"] != self.day:
            self.rows.refuse(row, "on", OTHER_DAY.format(self.day))
        self._refuse_cells(kind, row)
        if kind == Act.ESTABLISH:
            new = New(row, row["new_code"] or "", row["name"] or "", self._level(row))
            self.plan.new.append(new)
            self.words.new[new.code] = new
        elif kind == Act.RESTORE and row["old_code"]:
            self._restore(row, row["old_code"])
        elif row["old_code"]:
            unit = self._unit(row, "old_code", row["old_code"])
            if unit is not None:
                self._on_unit(kind, unit, row)

    def _refuse_cells(self, kind: str, row: Row) -> None:
        """What is missing, and what the act has no use for."""
        must, may = ASKED[kind]
        for name in must:
            if not row[name]:
                self.rows.refuse(row, name, NEEDS.format(ACTS[kind], WORDS[name]))
        for name in ("old_code", "new_code", "name", "level", "parent", "share"):
            if row[name] is not None and name not in must and name not in may:
                self.rows.refuse(row, name, NOT_FOR.format(ACTS[kind]))

    def _restore(self, row: Row, code: str) -> None:
        found = self.past.find(code)
        if len(found) > 1:
            self._refuse(row, "old_code", MANY_ENDED.format("; ".join(each.words for each in found)))
        elif not found:
            self._refuse(row, "old_code", STANDS if code in self.old else NO_ENDED.format(self.day))
        elif not found[0].unit.is_inside:
            self._refuse(row, "old_code", OUTSIDE)
        elif self._is_first(found[0].unit, row, self.changed):
            self.plan.back.append(Return(row, found[0].unit, found[0].ended_on))

    def _settled(self, row: Row) -> None:
        """A unit for which a person has decided in the returned workbook."""
        self.tables[id(row)] = self.left
        if not row["parent"] or not row["code"]:
            return
        unit = self._unit(row, "code", row["code"])
        if unit is None:
            return
        if without_marks(row["parent"]) == without_marks(END_WORD):
            self._on_unit(Act.DISSOLVE, unit, row)
        elif self._is_first(unit, row, self.changed):
            self.plan.moved.append(Change(row, unit))

    def _unit(self, row: Row, column: str, code: str) -> Standing | None:
        pk = self.old.get(code)
        if pk is None:
            self._refuse(row, column, NO_OLD.format(self.day))
            return None
        unit = self.units.get(pk)
        if unit is None:
            self._refuse(row, column, CHANGED_LATER)
        elif not unit.is_inside:
            self._refuse(row, column, OUTSIDE)
            return None
        return unit

    def _on_unit(self, kind: str, unit: Standing, row: Row) -> None:
        if kind in (Act.MERGE, Act.SPLIT):
            if unit.pk in self.going or self._is_first(unit, row, self.gone):
                self.going[unit.pk].append((kind, row))
        elif kind == Act.DISSOLVE:
            if self._is_first(unit, row, self.gone):
                self.plan.ended.append((row, unit))
        elif self._is_first(unit, row, self.changed):
            self._change(kind, unit, row)

    def _change(self, kind: str, unit: Standing, row: Row) -> None:
        level = self._level(row)
        change = Change(row, unit)
        change.name = row["name"] if row["name"] and row["name"] != unit.name else None
        change.level = level if level is not None and level.pk != unit.level_id else None
        change.code = row["new_code"] if row["new_code"] and row["new_code"] != unit.code else None
        if not row["parent"] and kind == Act.RENAME and [change.name, change.level, change.code] == [None] * 3:
            self._refuse(row, "name", NOTHING_NEW)
        self.plan.moved.append(change)

    def _is_first(self, unit: Standing, row: Row, done: dict[int, Row]) -> bool:
        """A unit is changed once and ends once; only of a parting there may be several rows."""
        if unit.pk in done:
            self._refuse(row, "old_code", TWICE.format(done[unit.pk].number))
            return False
        done[unit.pk] = row
        return True

    def _level(self, row: Row) -> Level | None:
        if not row["level"]:
            return None
        level = self.levels.get(without_marks(row["level"]))
        if level is None:
            self._refuse(row, "level", NO_LEVEL)
        return level

    # --- all rows together -------------------------------------------------------------------------------------------
    def _find_ending(self) -> None:
        """A unit goes on where one of its rows names its own code and no new unit takes that code."""
        taken = {new.code for new in self.plan.new}
        self.ending = {unit.pk for _, unit in self.plan.ended}
        codes = {change.unit.pk: change.code for change in self.plan.moved if change.code}
        for pk, rows in self.going.items():
            own = codes.get(pk, self.units[pk].code)
            if own in taken or all(row["new_code"] != own for _, row in rows):
                self.ending.add(pk)
        for change in self.plan.moved:
            if change.unit.pk in self.ending:
                self._refuse(change.row, "old_code", TWICE.format(self.gone[change.unit.pk].number))

    def _find_carriers(self) -> None:
        """Who carries which code on the day."""
        changed = {change.unit.pk: change for change in self.plan.moved if change.code}
        for pk, unit in self.units.items():
            if pk not in self.ending and pk not in changed:
                self.carriers[unit.code] = pk
        for change in changed.values():
            self._carry(change.code or "", change.unit.pk, change.row)
        for new in self.plan.new:
            self._carry(new.code, new.code, new.row)
        for back in self.plan.back:
            self.units[back.unit.pk] = back.unit
            self._carry(back.unit.code, back.unit.pk, back.row)

    def _carry(self, code: str, unit: Unit, row: Row) -> None:
        if code in self.carriers:
            self._refuse(row, "new_code", CODE_TWICE.format(code, self.words.name(self.carriers[code])))
        elif code:
            self.carriers[code] = unit

    def _above(self, row: Row, code: str | None) -> Unit | None:
        if not code:
            return None
        if code == CLEAR:
            if not self.scope.is_whole:
                self._refuse(row, "parent", TOP)
            return None
        return self._carrier(row, "parent", code)

    def _carrier(self, row: Row, column: str, code: str) -> Unit | None:
        found = self.carriers.get(code)
        if found is None:
            self._refuse(row, column, NO_NEW)
        elif isinstance(found, int) and not self.units[found].is_inside:
            self._refuse(row, column, OUTSIDE)
        return found

    def _go(self, unit: Standing, rows: list[tuple[str, Row]]) -> None:
        """One old unit with all the rows that say where it goes."""
        kinds = {kind for kind, _ in rows}
        if kinds == {Act.MERGE} and len(rows) == 1:
            self._merge(unit, rows[0][1])
            return
        if kinds != {Act.SPLIT}:
            for kind, row in rows:
                if kind == Act.MERGE:
                    self._refuse(row, "act", INTO_MANY)
            return
        self._part(unit, [row for _, row in rows])

    def _part(self, unit: Standing, rows: list[Row]) -> None:
        parting = Parting(rows[0], unit, goes_on=unit.pk not in self.ending)
        shares = [row["share"] for row in rows]
        known = [share for share in shares if share is not None]
        if known and (len(known) < len(shares) or not sum(known)):
            self._refuse(rows[0], "share", SOME_SHARES)
        for row in rows:
            target = self._carrier(row, "new_code", row["new_code"] or "")
            if target == unit.pk:
                parting.kept_share = row["share"]
            elif target in parting.shares:
                self._refuse(row, "new_code", SAME_PART)
            elif target is not None:
                parting.shares[target] = row["share"]
        if len(rows) < 2 or not parting.shares:
            self._refuse(rows[0], "act", ONE_PART)
        self.plan.partings.append(parting)

    def _merge(self, unit: Standing, row: Row) -> None:
        target = self._carrier(row, "new_code", row["new_code"] or "")
        if target is None:
            return
        if target not in self.mergers:
            self.mergers[target] = Merger(row, target)
            self.plan.mergers.append(self.mergers[target])
        self.mergers[target].origins.append(unit)

    def _refuse_circles(self) -> None:
        above: dict[Unit, Unit | None] = {new.code: new.parent for new in self.plan.new}
        above |= {back.unit.pk: back.parent for back in self.plan.back}
        above |= {change.unit.pk: change.parent for change in self.plan.moved if change.moves}
        into = {unit.pk: merger.target for merger in self.plan.mergers for unit in merger.origins}
        starts: list[tuple[Unit, Row]] = [(new.code, new.row) for new in self.plan.new]
        starts += [(back.unit.pk, back.row) for back in self.plan.back]
        starts += [(change.unit.pk, change.row) for change in self.plan.moved if change.moves]
        for start, row in starts:
            seen: set[Unit] = set()
            current = above[start]
            while current is not None and current != start and current not in seen:
                seen.add(current)
                if current in above:
                    current = above[current]
                elif isinstance(current, int) and current in self.units:
                    parent = self.units[current].parent_id
                    current = into.get(parent, parent) if parent in self.ending else parent
                else:
                    current = None
            if current == start:
                self._refuse(row, "parent", CIRCLE)

    # --- what a person must decide -----------------------------------------------------------------------------------
    def _find_left(self) -> None:
        """Units below one that ends which nobody has placed: only a merger takes along what lies below."""
        carried = {unit.pk: merger.target for merger in self.plan.mergers for unit in merger.origins}
        placed = {change.unit.pk for change in self.plan.moved if change.moves}
        placed |= {back.unit.pk for back in self.plan.back}
        parted = {parting.unit.pk: parting for parting in self.plan.partings}
        for unit in self.units.values():
            parent = unit.parent_id
            if parent is None or parent not in self.ending or unit.pk in self.ending or unit.pk in placed:
                continue
            if carried.get(parent) in (None, unit.pk):
                above = self.units[parent]
                shares = parted[parent].shares if parent in parted else {}
                hints = [f"{self.words.code(each)} {self.words.name(each)}" for each in shares]
                self.plan.unresolved.append(
                    {
                        "code": unit.code,
                        "name": unit.name,
                        "level": self.level_names[unit.level_id],
                        "above": f"{above.name} ({above.code})",
                        "hint": "; ".join(hints)[:2000],
                    }
                )

    def _refuse(self, row: Row, column: str, reason: str) -> None:
        table = self.tables[id(row)]
        column = "code" if table.title == LEFT and column == "old_code" else column
        table.refuse(row, column, reason)


def act_of(word: str | None) -> str | None:
    wanted = without_marks(word or "")
    return next((code for code, label in ACTS.items() if wanted in (code, without_marks(label))), None)
