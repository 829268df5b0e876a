"""What the rows about units of a workbook would do, held against the database: every mistake with its cell.

The trees are locked first, so that what is found still holds when it is written in the same transaction.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from orgunits import reorganisation, scopes
from orgunits.models import Level, Placement, Sector, User
from orgunits.models.units import SEGMENT_WIDTH
from orgunits.placing import batches
from orgunits.vietnamese import without_marks
from orgunits.workbook_plan import Plan
from orgunits.workbook_table import Row, Table

CLEAR: Final = "-"
CONTACT: Final = ("email", "phone", "province_code", "commune_code")
Key = tuple[str, str]  # sector and official code

NO_SECTOR: Final = "Hãy ghi hệ thống: Công đoàn, Đảng hoặc Chính quyền."
NO_CODE: Final = "Dòng này thiếu mã đơn vị."
TWICE: Final = "Mã này đã có ở dòng {}. Mỗi đơn vị chỉ được một dòng."
OUTSIDE: Final = "Mã này là của một đơn vị ngoài phạm vi bạn quản trị."
NOT_NEW: Final = "Chưa có đơn vị mang mã này, nên là đơn vị mới; cột này để trống."
NEEDS: Final = "Đơn vị mới phải có {}."
NO_DAY: Final = "Dòng này có thay đổi về tên, cấp, mã hoặc cấp trên nên phải ghi ngày hiệu lực."
EARLY: Final = "Ngày hiệu lực phải từ ngày {:%d/%m/%Y} trở đi, là ngày bắt đầu của vị trí sau cùng."
NO_LEVEL: Final = "Hệ thống này không có cấp như vậy. Hãy chọn trong danh sách, hoặc thêm ở trang Tên các cấp."
NO_PARENT: Final = "Không có đơn vị đang hoạt động nào mang mã này trong phạm vi của bạn và trong tệp."
PARENT_LATE: Final = "Đơn vị cấp trên có vị trí từ ngày {:%d/%m/%Y}; ngày hiệu lực phải từ ngày đó trở đi."
TOP: Final = "Chỉ quản trị toàn hệ thống đặt được đơn vị đứng đầu hệ thống. Hãy ghi mã cấp trên."
CIRCLE: Final = "Theo tệp này, đơn vị trực thuộc chính mình hoặc đơn vị cấp dưới của mình."
CODE_HELD: Final = "Mã {} đang là mã của {}."
CODE_TWICE: Final = "Mã {} được cấp cho hai đơn vị trong tệp (dòng {})."
BAD_EMAIL: Final = "Địa chỉ thư điện tử này không đúng."


@dataclass
class Known:
    """A unit that has an open place, by its official code."""

    pk: int
    code: str
    name: str
    short_name: str
    level_id: int
    parent_id: int | None
    path: str
    valid_from: datetime.date
    contact: dict[str, str]
    is_inside: bool


@dataclass
class Act:
    """What one row does to one unit from a day; ``unit`` is None for a new one. What is None stays as it is."""

    row: Row
    key: Key
    on: datetime.date
    legal_basis: str
    unit: Known | None
    name: str | None = None
    short_name: str | None = None
    level: Level | None = None
    code: str | None = None
    parent: "Key | int | None" = None
    moves: bool = False
    contact: dict[str, str] = field(default_factory=dict)


@dataclass
class UnitPlan(Plan):
    acts: list[Act] = field(default_factory=list)
    contacts: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    new_people: list[dict[str, str]] = field(default_factory=list)
    changed_people: list[tuple[User, str, str]] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)
    ended: list[Any] = field(default_factory=list)


class UnitCheck:
    def __init__(self, table: Table, *, by: User, on: datetime.date) -> None:
        self.table, self.by, self.on = table, by, on
        self.plan = UnitPlan()
        self.scope = scopes.administered(by, on=on)
        self.known: dict[Key, Known] = {}
        self.by_pk: dict[int, Known] = {}
        self.new: dict[Key, Act] = {}
        self.levels: dict[tuple[str, str], Level] = {}
        for level in Level.objects.order_by("-rank", "-code"):
            for word in (level.name, level.code):
                self.levels[level.sector, without_marks(word)] = level

    def run(self) -> None:
        keyed = self._keyed()
        for sector in sorted({sector for (sector, _), _ in keyed}):
            reorganisation.lock_tree(sector)
        self.load(
            {
                (sector, code)
                for (sector, _), row in keyed
                for code in (row["code"], row["parent"], row["new_code"])
                if code and code != CLEAR
            }
        )
        for key, row in keyed:
            if key not in self.known:
                self.new[key] = Act(row, key, row["on"] or self.on, row["legal_basis"] or "", None)
        for key, row in keyed:
            self._create(self.new[key]) if key in self.new else self._change(self.known[key], key, row)
        self._refuse_codes()
        self._refuse_circles()

    def _keyed(self) -> list[tuple[Key, Row]]:
        """The rows that name a unit, each unit once."""
        first: dict[Key, int] = {}
        found = []
        for row in self.table.rows:
            sector = sector_of(row["sector"])
            if sector is None:
                self.table.refuse(row, "sector", NO_SECTOR)
            elif not row["code"] or row["code"] == CLEAR:
                self.table.refuse(row, "code", NO_CODE)
            elif (sector, row["code"]) in first:
                self.table.refuse(row, "code", TWICE.format(first[sector, row["code"]]))
            else:
                first[sector, row["code"]] = row.number
                found.append(((sector, row["code"]), row))
        return found

    def load(self, keys: set[Key]) -> None:
        """The units that carry these codes now and have no end."""
        by_sector: dict[str, list[str]] = defaultdict(list)
        for sector, code in keys - self.known.keys():
            by_sector[sector].append(code)
        for sector, codes in by_sector.items():
            for some in batches(sorted(codes)):
                places = Placement.objects.filter(code__in=some, org_unit__sector=sector, valid_to__isnull=True)
                for place in places.select_related("org_unit"):
                    contact = {name: getattr(place.org_unit, name) for name in CONTACT}
                    known = Known(
                        place.org_unit_id, place.code, place.name, place.short_name, place.level_id, place.parent_id,
                        place.path, place.valid_from, contact, self.scope.holds(place.path),
                    )  # fmt: skip
                    self.known[sector, place.code] = self.by_pk[known.pk] = known

    # --- one row -----------------------------------------------------------------------------------------------------
    def _create(self, act: Act) -> None:
        row = act.row
        for name, words in (
            ("name", "tên đơn vị"),
            ("level", "cấp"),
            ("parent", "mã cấp trên"),
            ("on", "ngày hiệu lực"),
        ):
            if not row[name]:
                self.table.refuse(row, name, NEEDS.format(words))
        if row["new_code"]:
            self.table.refuse(row, "new_code", NOT_NEW)
        act.name, act.code, act.moves = row["name"] or "", act.key[1], True
        act.short_name = cleared(row["short_name"]) or ""
        act.level = self._level(act)
        act.parent = self._parent(act)
        act.contact = {name: cleared(row[name]) or "" for name in CONTACT}
        self._check_email(row)
        self.plan.acts.append(act)
        self.plan.count("create")
        level = act.level.name if act.level else ""
        self._line("tạo", act, f"{level}, {self._above(act)}, từ {act.on:%d/%m/%Y}")

    def _change(self, unit: Known, key: Key, row: Row) -> None:
        if not unit.is_inside:
            self.table.refuse(row, "code", OUTSIDE)
            return
        act = Act(row, key, row["on"] or self.on, row["legal_basis"] or "", unit)
        if row["name"] and row["name"] != unit.name:
            act.name = row["name"]
        short_name = cleared(row["short_name"])
        if short_name is not None and short_name != unit.short_name:
            act.short_name = short_name
        if row["new_code"] and row["new_code"] not in (unit.code, CLEAR):
            act.code = row["new_code"]
        level = self._level(act)
        act.level = level if level is not None and level.pk != unit.level_id else None
        parent = self._parent(act) if row["parent"] else None
        if row["parent"] and (parent is not None or row["parent"] == CLEAR):
            act.parent, act.moves = parent, parent != unit.parent_id
        self._dated(act, unit)
        self._contact(row, unit, key)

    def _dated(self, act: Act, unit: Known) -> None:
        renames = [act.name, act.short_name, act.level, act.code] != [None] * 4
        if not renames and not act.moves:
            return
        if act.row["on"] is None:
            self.table.refuse(act.row, "on", NO_DAY)
        elif act.on < unit.valid_from:
            self.table.refuse(act.row, "on", EARLY.format(unit.valid_from))
        self.plan.acts.append(act)
        if renames:
            self.plan.count("rename")
            told = [unit.name, "→", act.name] if act.name else []
            told += ["cấp", act.level.name] if act.level else []
            told += ["mã", unit.code, "→", act.code] if act.code else []
            told += [f"tên gọi tắt “{act.short_name}”"] if act.short_name is not None else []
            self._line("đổi tên, cấp, mã", act, f"{' '.join(map(str, told))}, từ {act.on:%d/%m/%Y}")
        if act.moves:
            self.plan.count("move")
            self._line("chuyển", act, f"{self._above(act)}, từ {act.on:%d/%m/%Y}")

    def _contact(self, row: Row, unit: Known, key: Key) -> None:
        self._check_email(row)
        found = {name: cleared(row[name]) for name in CONTACT}
        changed = {name: text for name, text in found.items() if text is not None and text != unit.contact[name]}
        if changed:
            self.plan.contacts.append((unit.pk, changed))
            self.plan.count("contact")
            told = "; ".join(
                f"{unit.contact[name] or '(trống)'} → {text or '(trống)'}" for name, text in changed.items()
            )
            self.plan.changes.append(["sửa liên hệ", key[1], unit.name, told])

    def _level(self, act: Act) -> Level | None:
        word = act.row["level"]
        if not word:
            return None
        level = self.levels.get((act.key[0], without_marks(word)))
        if level is None:
            self.table.refuse(act.row, "level", NO_LEVEL)
        return level

    def _parent(self, act: Act) -> Key | int | None:
        """The unit above: the key of one that the file creates, else its number; None at the top and where refused."""
        row, code = act.row, act.row["parent"]
        if not code:
            return None
        if code == CLEAR:
            is_top = act.unit is not None and act.unit.parent_id is None
            if not self.scope.is_whole and not is_top:
                self.table.refuse(row, "parent", TOP)
            return None
        key = (act.key[0], code)
        if key in self.new:
            if self.new[key].on > act.on and row["on"]:
                self.table.refuse(row, "parent", PARENT_LATE.format(self.new[key].on))
            return key
        above = self.known.get(key)
        stays = above is not None and act.unit is not None and above.pk == act.unit.parent_id
        if above is None or not (above.is_inside or stays):
            self.table.refuse(row, "parent", NO_PARENT)
            return None
        if row["on"] and not stays and above.valid_from > act.on:
            self.table.refuse(row, "parent", PARENT_LATE.format(above.valid_from))
        return above.pk

    def _check_email(self, row: Row) -> None:
        if row["email"] and row["email"] != CLEAR and not is_email(row["email"]):
            self.table.refuse(row, "email", BAD_EMAIL)

    def _above(self, act: Act) -> str:
        if act.parent is None:
            return "đứng đầu hệ thống"
        if isinstance(act.parent, tuple):
            return f"trực thuộc {self.new[act.parent].row['name']} ({act.parent[1]})"
        above = self.by_pk[act.parent]
        return f"trực thuộc {above.name} ({above.code})"

    def _line(self, what: str, act: Act, told: str) -> None:
        self.plan.changes.append([what, act.key[1], act.unit.name if act.unit else act.name or "", told])

    # --- all rows ----------------------------------------------------------------------------------------------------
    def _refuse_codes(self) -> None:
        """A code that two units would carry; of whoever gives one up in this file it is free."""
        leaving = {(act.key[0], act.unit.code) for act in self.plan.acts if act.unit and act.code}
        given: dict[Key, int] = {}
        for act in self.plan.acts:
            if act.code is None:
                continue
            key = (act.key[0], act.code)
            column = "new_code" if act.unit else "code"
            if key in given:
                self.table.refuse(act.row, column, CODE_TWICE.format(act.code, given[key]))
            elif act.unit and key in self.known and key not in leaving:
                self.table.refuse(act.row, column, CODE_HELD.format(act.code, self.known[key].name))
            given.setdefault(key, act.row.number)

    def _refuse_circles(self) -> None:
        """Follow each unit that gets another place up to the top, over those that get one themselves."""
        above: dict[Key | int, Key | int | None] = {}
        for act in self.plan.acts:
            if act.moves:
                above[act.unit.pk if act.unit else act.key] = act.parent
        paths = {known.pk: known.path for known in self.by_pk.values()}
        for act in self.plan.acts:
            start: Key | int = act.unit.pk if act.unit else act.key
            if act.moves and _returns(start, above, paths):
                self.table.refuse(act.row, "parent", CIRCLE)


def _returns(start: Key | int, above: dict[Key | int, Key | int | None], paths: dict[int, str]) -> bool:
    """Whether the way up from a unit comes back to it."""
    seen: set[Key | int] = set()
    current: Key | int | None = above[start]
    while current is not None and current not in seen:
        if current == start:
            return True
        seen.add(current)
        if current in above:
            current = above[current]
            continue
        path = paths.get(current, "")[:-SEGMENT_WIDTH] if isinstance(current, int) else ""
        current = int(path[-SEGMENT_WIDTH:]) if path else None
        if current is not None:
            paths.setdefault(current, path)
    return False


def sector_of(word: str | None) -> str | None:
    wanted = without_marks(word or "")
    return next((value for value, label in Sector.choices if wanted in (value, without_marks(label))), None)


def cleared(text: str | None) -> str | None:
    """None for what stays, nothing for what is to be emptied."""
    return "" if text == CLEAR else text


def is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
