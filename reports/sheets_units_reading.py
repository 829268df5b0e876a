"""Reads a filled workbook of many units: every row and cell checked, all errors listed with their addresses."""

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl.utils import get_column_letter

from orgunits import workbook_safety
from orgunits.models import User
from orgunits.workbook_safety import RawCell, Sheet, SheetRefused, Source
from plans.models import ReportingDuty
from reports import content, sheets_fields, sheets_form, sheets_identity, sheets_reading, sheets_scope
from reports.models import Period
from reports.sheets_fields import MOST_IN_CELL, CellRefused, SheetField
from reports.sheets_identity import MANY
from reports.sheets_reading import TELL, Change, Place, error
from reports.sheets_scope import Scope, UnitRow
from reports.sheets_units import CODE, FIRST, FIRST_ROW, NAME, NAMES_ROW, NOT_ASKED, NOW

Progress = Callable[[int, int], object]

ONE_UNIT: Final = "Tệp này là biểu mẫu của một đơn vị. Hãy nộp ở trang lập báo cáo của đơn vị đó."
OTHER_PERIOD: Final = "Tệp này là bảng của chế độ báo cáo hoặc kỳ khác. Hãy nộp ở đúng trang của kỳ đó."
NO_SHEET: Final = f"Tệp không có trang tính “{NOW}”. Hãy tải lại bảng, chép số liệu sang rồi nộp lại."
NO_CODE: Final = "Dòng này có số liệu mà không có mã đơn vị. Hãy bỏ dòng, hoặc chép đúng mã từ bảng đã tải."
UNKNOWN: Final = "Không có đơn vị nào mang mã “{}” trong phạm vi của bạn."
NOT_YOURS: Final = "Bạn không có quyền lập báo cáo cho đơn vị mã “{}”, hoặc đơn vị không phải nộp báo cáo này."
TWICE: Final = "Đơn vị mã “{}” đã có ở dòng {}. Mỗi đơn vị chỉ được một dòng."
OTHER_NAME: Final = "Mã “{}” là của {}, không phải của đơn vị ghi ở dòng này. Hãy tải lại bảng."
NOT_FOR_UNIT: Final = "Mục này không hỏi đơn vị, hoặc đã chốt. Hãy xóa ô này."
HEAD_UNKNOWN: Final = "Cột này có số liệu nhưng không thuộc biểu mẫu. Hãy bỏ cột đã thêm."
HEAD_TWICE: Final = "Cột này lặp lại cột {}. Hãy bỏ cột đã thêm."


@dataclass
class CheckedUnits:
    """By obligation what would change in its draft; and all that is wrong."""

    scope: Scope
    changes: dict[str, dict[str, Change]] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        return any(line["kind"] != TELL for line in self.errors)


def check(
    file: Source, duty: ReportingDuty, period: Period, *, by: User, on: datetime.date, progress: Progress | None = None
) -> CheckedUnits:
    """Read the file against the drafts as they stand; raises SheetRefused for one not to be taken at all."""
    sheets = workbook_safety.read(file, [sheets_identity.SHEET, NOW])
    rows = sheets_reading.identity_rows(sheets)
    identity = sheets_reading.identity_of(rows)
    if identity.kind != MANY:
        raise SheetRefused(ONE_UNIT)
    if identity.subject != f"{duty.pk}-{period.pk}":
        raise SheetRefused(OTHER_PERIOD)
    scope = sheets_scope.load(by, duty, period, on=on)
    if identity.version != scope.version.pk:
        raise SheetRefused(sheets_reading.wrong_version(identity, scope.version))
    if NOW not in sheets:
        raise SheetRefused(NO_SHEET)
    return _Check(scope, sheets[NOW], sheets_reading.base_of(rows), by=by, on=on).run(progress)


class _Check:
    def __init__(self, scope: Scope, sheet: Sheet, base: Mapping[str, str], *, by: User, on: datetime.date) -> None:
        self.sheet = sheet
        self.base = base
        self.by = by
        self.on = on
        self.scope = scope
        self.found = CheckedUnits(scope)
        self.columns: dict[int, SheetField] = {}
        self.rows: dict[int, dict[int, RawCell]] = {}
        self.refused: set[tuple[int, int]] = set()

    def run(self, progress: Progress | None) -> CheckedUnits:
        self._gather()
        self._find_columns()
        units = self._find_units()
        for done, (row, unit) in enumerate(units, start=1):
            self._unit(row, unit)
            if progress:
                progress(done, len(units))
        return self.found

    def _gather(self) -> None:
        """The cells by row, below the heads."""
        for (row, column), cell in self.sheet.cells.items():
            if row >= FIRST_ROW and column >= FIRST:
                self.rows.setdefault(row, {})[column] = cell

    def _refuse(self, row: int, column: int, sentence: str) -> None:
        self.refused.add((row, column))
        self.found.errors.append(error(Place(self.sheet.title, row, column), sentence))

    def _find_columns(self) -> None:
        known = {each.name: each for _, fields in self.scope.columns for each in fields}
        used = {column for cells in self.rows.values() for column in cells}
        seen: dict[str, int] = {}
        for column in sorted(used | {column for row, column in self.sheet.cells if row == NAMES_ROW}):
            if column < FIRST:
                continue
            name = self.sheet.text(NAMES_ROW, column)
            if name not in known:
                if column in used:
                    self._refuse(NAMES_ROW + 1, column, HEAD_UNKNOWN)
            elif name in seen:
                self._refuse(NAMES_ROW + 1, column, HEAD_TWICE.format(get_column_letter(seen[name])))
            else:
                seen[name] = column
                self.columns[column] = known[name]

    def _find_units(self) -> list[tuple[int, UnitRow]]:
        """The rows that stand for a unit, each unit once; for every other row an error."""
        found: list[tuple[int, UnitRow]] = []
        first: dict[str, int] = {}
        for row in range(FIRST_ROW, self.sheet.last_row + 1):
            code = self.sheet.text(row, CODE)
            if not code:
                if any(cell.kind != "f" for cell in self.rows.get(row, {}).values()):
                    self._refuse(row, CODE, NO_CODE)
                continue
            if code in first:
                self._refuse(row, CODE, TWICE.format(code[:60], first[code]))
                continue
            first[code] = row
            unit = self.scope.rows.get(code)
            if unit is None:
                self._refuse(row, CODE, self._why_not(code))
            elif self.sheet.text(row, NAME) != unit.name:
                self._refuse(row, NAME, OTHER_NAME.format(code[:60], unit.name))
            else:
                found.append((row, unit))
        return found

    def _why_not(self, code: str) -> str:
        if code in self.scope.refused:
            return self.scope.refused[code]
        known = sheets_scope.unit_visible(self.by, code, on=self.on)
        return (NOT_YOURS if known else UNKNOWN).format(code[:60])

    def _unit(self, row: int, unit: UnitRow) -> None:
        texts, nil_at = self._texts(row, unit)
        base = self._base(unit)
        changes = sheets_reading.changes(unit.fields, texts, base=base, raw=unit.raw, is_fingerprint=True)
        if changes:
            self.found.changes[str(unit.obligation.pk)] = changes
        self._tell(row, unit, changes, nil_at)

    def _texts(self, row: int, unit: UnitRow) -> tuple[dict[str, str], dict[str, int]]:
        """What the cells say by field name, and in which column each *không phát sinh* stands."""
        texts: dict[str, str] = {}
        nil_at: dict[str, int] = {}
        cells = self.rows.get(row, {})
        for column, each in self.columns.items():
            cell = cells.get(column)
            if each.name not in unit.fields or len(unit.raw.get(each.name, "")) > MOST_IN_CELL:
                self._refuse_if_typed(row, column, each, cell, unit)
                continue
            if each.is_number and cell is not None and sheets_fields.says_nil(cell):
                texts[each.name] = ""
                nil_at.setdefault(_nil_name(each), column)
                continue
            try:
                texts[each.name] = sheets_fields.draft_text(each, cell)
            except CellRefused as refused:
                self._refuse(row, column, str(refused))
        self._nil(row, unit, texts, nil_at)
        return texts, nil_at

    def _nil(self, row: int, unit: UnitRow, texts: dict[str, str], nil_at: dict[str, int]) -> None:
        """*Không phát sinh* of each figure that has a column; together with a number it is an error."""
        typed = {_nil_name(each) for each in self.columns.values() if each.is_number and texts.get(each.name)}
        for each in self.columns.values():
            name = _nil_name(each)
            if each.is_number and name in unit.fields:
                texts[name] = "on" if name in nil_at else ""
        for name in nil_at.keys() & typed:
            self._refuse(row, nil_at[name], content.NIL_WITH_NUMBER)

    def _refuse_if_typed(self, row: int, column: int, each: SheetField, cell: RawCell | None, unit: UnitRow) -> None:
        """A cell that we locked holds what we wrote, or it is an error."""
        if cell is None or str(cell.value).strip() in (NOT_ASKED, sheets_form.TOO_LONG):
            return
        was = unit.raw.get(each.name, "")
        shown = sheets_fields.shown(each, was)
        if sheets_fields.canonical(each, str(cell.value)) != sheets_fields.canonical(each, shown):
            self._refuse(row, column, NOT_FOR_UNIT)

    def _base(self, unit: UnitRow) -> dict[str, str]:
        """The fingerprints of the draft at the download; without them every difference is a change of the file."""
        try:
            found: Any = json.loads(self.base.get(unit.code, "{}"))
        except ValueError:
            found = {}
        return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}

    def _tell(self, row: int, unit: UnitRow, changes: dict[str, Change], nil_at: dict[str, int]) -> None:
        """What the screen would say about the figures; what is only missing is for later."""
        merged = unit.raw | {name: change[1] for name, change in changes.items()}
        parsed = content.parse_fields(unit.form, merged, previous=unit.previous)
        columns = {each.name: column for column, each in self.columns.items()} | nil_at
        for sentences in (parsed.errors, parsed.warnings):
            for name, words in sentences.items():
                if name not in columns:
                    continue
                place = Place(self.sheet.title, row, columns[name])
                wanted = [sentence for sentence in words if sentence not in content.MISSING]
                if (row, columns[name]) not in self.refused:
                    self.found.errors += [error(place, sentence, kind=TELL) for sentence in wanted]


def _nil_name(each: SheetField) -> str:
    return f"{each.name.partition('.')[0]}.nil"
