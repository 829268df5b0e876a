"""The administrative divisions of Viet Nam before and after 1/7/2025, read from the wheel of ``vietnam-provinces``.

The package is GPL and asks for Python 3.12: it is never installed and nothing of it is copied. Its wheel, pinned by
hash in ``requirements/divisions.txt``, is downloaded once into ``var/bench`` and its tables are imported from there.
"""

import importlib
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "divisions.txt"
FOLDER = ROOT / "var" / "bench"


class DivisionsMissing(Exception):
    """The wheel is not here and cannot be downloaded."""


@dataclass(frozen=True)
class Division:
    """A province, district or commune; ``above`` is the code of the one above, 0 for a province."""

    code: int
    name: str
    kind: str = ""
    above: int = 0


@dataclass(frozen=True)
class Divisions:
    """Both structures by code, and which new communes each old one went into (none where nobody says)."""

    old_provinces: dict[int, Division]
    old_districts: dict[int, Division]
    old_communes: dict[int, Division]
    new_provinces: dict[int, Division]
    new_communes: dict[int, Division]
    went_to: dict[int, tuple[int, ...]]
    unknown: list[int] = field(default_factory=list)  # old communes of the conversion table that no list names

    def old_province_of(self, commune: int) -> int:
        return self.old_districts[self.old_communes[commune].above].above

    def heir_of(self) -> dict[int, int]:
        """By old province the new one into which most of its communes went, the lower code where two tie."""
        counted: dict[int, Counter[int]] = {code: Counter() for code in self.old_provinces}
        for old, targets in self.went_to.items():
            counted[self.old_province_of(old)].update(self.new_communes[new].above for new in targets)
        return {old: min(found, key=lambda new: (-found[new], new)) for old, found in counted.items() if found}

    def only(self, province: int) -> "Divisions":
        """What became one new province; links that lead out of it are left out."""
        heirs = self.heir_of()
        old_provinces = {code: row for code, row in self.old_provinces.items() if heirs.get(code) == province}
        districts = {code: row for code, row in self.old_districts.items() if row.above in old_provinces}
        communes = {code: row for code, row in self.old_communes.items() if row.above in districts}
        new = {code: row for code, row in self.new_communes.items() if row.above == province}
        inside = {old: tuple(code for code in self.went_to.get(old, ()) if code in new) for old in communes}
        return replace(
            self,
            old_provinces=old_provinces,
            old_districts=districts,
            old_communes=communes,
            new_provinces={province: self.new_provinces[province]},
            new_communes=new,
            went_to={old: targets for old, targets in inside.items() if targets},
            unknown=[],
        )


def load() -> Divisions:
    return read(fetch())


def fetch() -> Path:
    """The wheel, downloaded when it is not here yet; pip compares it with the hash either way."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(FOLDER), "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(FOLDER.glob(f"{pinned().replace('-', '_').replace('==', '-')}-*.whl"))
    if done.returncode or not wheels:
        raise DivisionsMissing(f"{pinned()} cannot be downloaded:\n{done.stderr}")
    return wheels[0]


def pinned() -> str:
    """``name==version`` of the lock."""
    return next(line.split()[0] for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))


def read(wheel: Path) -> Divisions:
    """Import the tables from the wheel: they are data written as Python."""
    sys.path.insert(0, str(wheel))
    try:
        old: Any = importlib.import_module("vietnam_provinces.legacy._lookup")
        new: Any = importlib.import_module("vietnam_provinces._lookup")
        table: Any = importlib.import_module("vietnam_provinces._ward_conversion_2025")
    finally:
        sys.path.remove(str(wheel))
    communes = _divisions(old.WARD_MAPPING, "district_code")
    table_rows = sorted(table.OLD_TO_NEW.items())
    return Divisions(
        old_provinces=_divisions(old.PROVINCE_MAPPING),
        old_districts=_divisions(old.DISTRICT_MAPPING, "province_code"),
        old_communes=communes,
        new_provinces=_divisions(new.PROVINCE_MAPPING),
        new_communes=_divisions(new.WARD_MAPPING, "province_code"),
        went_to={code: tuple(sorted(to.code for to in row.new_wards)) for code, row in table_rows if code in communes},
        unknown=[code for code, _ in table_rows if code not in communes],
    )


def _divisions(rows: dict[int, Any], above: str = "") -> dict[int, Division]:
    return {
        int(code): Division(int(code), row.name, str(row.division_type.value), int(getattr(row, above)) if above else 0)
        for code, row in sorted(rows.items())
    }
