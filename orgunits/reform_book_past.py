"""Units that had ended by the day of a reform, by the official code that each carried last."""

import datetime
from typing import NamedTuple

from orgunits.models import Placement
from orgunits.reform_book_rows import Standing
from orgunits.scopes import Scope


class Past(NamedTuple):
    unit: Standing
    ended_on: datetime.date

    @property
    def words(self) -> str:
        return f"{self.unit.name} (kết thúc ngày {self.ended_on - datetime.timedelta(days=1):%d/%m/%Y})"


class PastUnits:
    def __init__(self, sector: str, scope: Scope, *, on: datetime.date) -> None:
        self.scope = scope
        self.ended = Placement.objects.filter(org_unit__sector=sector, is_final=True, valid_to__lte=on)

    def find(self, code: str) -> list[Past]:
        """All of them: two units may have carried one code at different times, and no code tells which is meant."""
        rows = self.ended.filter(code=code).order_by("valid_to", "pk")
        fields = ("org_unit_id", "code", "name", "level_id", "parent_id", "path")
        return [
            Past(Standing(unit, last_code, name, level, parent, path, self.scope.holds(path)), ended_on)
            for unit, last_code, name, level, parent, path, ended_on in rows.values_list(*fields, "valid_to")
        ]
