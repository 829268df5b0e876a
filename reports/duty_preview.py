"""What opening a period would ask for, level by level, in words; and where a unit would be due before it can know."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from orgunits.models import Level
from plans.due_order import too_early
from reports import due_dates
from reports.obligations import Expected

FEW = 3


@dataclass(frozen=True)
class LevelLine:
    """The units of one level that share a rule: how many, by which day, to whom."""

    level: Level
    units: int
    words: str  # "trước ngày 10/11/2026, tức chậm nhất …"
    receivers: str
    cut_off_on: datetime.date
    counts_until_filed: bool  # no cut-off is set: counted until the report is filed


def level_lines(rows: list[Expected], year: int) -> list[LevelLine]:
    """One line for each level, the lowest first."""
    by_level: dict[Level, list[Expected]] = defaultdict(list)
    for row in rows:
        by_level[row.place.level].append(row)
    return [
        LevelLine(
            level=level,
            units=len(found),
            words=due_dates.rule_in_words(found[0].rule, year),
            receivers=_listed(sorted({row.receiver_name for row in found if row.receiver})),
            cut_off_on=found[0].cut_off_on,
            counts_until_filed=found[0].cut_off_on > found[0].due_on,
        )
        for level, found in sorted(by_level.items(), key=lambda pair: (-pair[0].rank, pair[0].code))
    ]


def warnings(rows: list[Expected], period: str) -> list[str]:
    """Where a unit must file before, or on the day on which, units that report to it must: once for two levels."""
    due = {row.place.org_unit_id: row for row in rows}
    found: dict[tuple[int, int], str] = {}
    for row in rows:
        above = due.get(row.receiver.pk) if row.receiver else None
        if above is None or above.due_on > row.due_on:
            continue
        levels = (above.place.level, row.place.level)
        key = (levels[0].pk, levels[1].pk)
        if key not in found:
            days = [f"chậm nhất ngày {due_dates.day_text(each.due_on)}" for each in (above, row)]
            found[key] = too_early(levels[0], days[0], levels[1], days[1], period)
    return list(found.values())


def _listed(names: list[str]) -> str:
    """A few names, the others counted."""
    more = len(names) - FEW
    return f"{'; '.join(names[:FEW])} và {more} đơn vị khác" if more > 0 else "; ".join(names)
