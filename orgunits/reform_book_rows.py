"""What the acts of a reform's workbook are called, and what of them is kept for writing."""

import datetime
from dataclasses import dataclass, field
from typing import Final

from orgunits.models import Level, Reorganisation
from orgunits.workbook_plan import Plan
from orgunits.workbook_table import Row

Act = Reorganisation.Act

LEFT: Final = "Chưa có chỗ"
END_WORD: Final = "kết thúc"
ACTS: Final[dict[str, str]] = {
    Act.ESTABLISH: "Thành lập",
    Act.RENAME: "Đổi tên",
    Act.MOVE: "Chuyển cấp trên",
    Act.MERGE: "Sáp nhập",
    Act.SPLIT: "Chia tách",
    Act.DISSOLVE: "Kết thúc",
    Act.RESTORE: "Khôi phục",
}
Unit = str | int  # the new official code of a unit that the reform establishes, or the number of one that is there


@dataclass(frozen=True)
class Standing:
    """A unit as it is before the reform; one that has ended, as it was last."""

    pk: int
    code: str
    name: str
    level_id: int
    parent_id: int | None
    path: str
    is_inside: bool


@dataclass
class New:
    row: Row
    code: str
    name: str
    level: Level | None
    parent: Unit | None = None


@dataclass
class Change:
    """Another name, level, code or unit above; what is None stays."""

    row: Row
    unit: Standing
    name: str | None = None
    level: Level | None = None
    code: str | None = None
    parent: Unit | None = None
    moves: bool = False


@dataclass
class Return:
    """A unit that had ended and is there again, as it was last called, below another unit."""

    row: Row
    unit: Standing
    ended_on: datetime.date
    parent: Unit | None = None


@dataclass
class Parting:
    """A unit of which all or a part goes to others."""

    row: Row
    unit: Standing
    shares: dict[Unit, int | None] = field(default_factory=dict)
    goes_on: bool = False
    kept_share: int | None = None


@dataclass
class Merger:
    """Units that go into one; those that go on are the one itself."""

    row: Row
    target: Unit
    origins: list[Standing] = field(default_factory=list)


@dataclass
class ReformPlan(Plan):
    new: list[New] = field(default_factory=list)
    moved: list[Change] = field(default_factory=list)
    partings: list[Parting] = field(default_factory=list)
    mergers: list[Merger] = field(default_factory=list)
    ended: list[tuple[Row, Standing]] = field(default_factory=list)
    back: list[Return] = field(default_factory=list)
