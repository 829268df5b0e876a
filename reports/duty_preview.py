"""What opening a period would ask for, level by level, in words; and where a unit would be due before it can know."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models.functions import Coalesce

from orgunits.models import Level
from plans.due_order import too_early
from plans.models import ReportingDuty
from reports import due_dates
from reports.expecting import Expected
from reports.models import Obligation, Period

FEW = 3


@dataclass(frozen=True)
class LevelLine:
    """The units of one level that share a rule: how many, by which day, to whom."""

    level: str  # or the name of the unit that has a day of its own
    units: int
    words: str  # "trước ngày 10/11/2026, tức chậm nhất …"
    receivers: str
    cut_off_on: datetime.date
    counts_until_filed: bool  # no cut-off is set: counted until the report is filed


def level_lines(rows: list[Expected]) -> list[LevelLine]:
    """One line for each level, the lowest first, and one for each unit with a day of its own."""
    by_level: dict[tuple[Level, str], list[Expected]] = defaultdict(list)
    for row in rows:
        own = row.due.rule.unit_id
        by_level[row.level, row.name if own else ""].append(row)
    return [
        LevelLine(
            level=unit or level.name,
            units=len(found),
            words=found[0].due.words,
            receivers=_listed(sorted({row.receiver_name for row in found if row.receiver})),
            cut_off_on=found[0].cut_off_on,
            counts_until_filed=found[0].cut_off_on > found[0].due_on,
        )
        for (level, unit), found in sorted(by_level.items(), key=lambda pair: (-pair[0][0].rank, pair[0][0].code))
    ]


def warnings(rows: list[Expected], period: str) -> list[str]:
    """Where a unit must file before, or on the day on which, units that report to it must: once for two levels."""
    due = {row.unit: row for row in rows}
    found: dict[tuple[int, int], str] = {}
    for row in rows:
        above = due.get(row.receiver) if row.receiver else None
        if above is None or above.due_on > row.due_on:
            continue
        levels = (above.level, row.level)
        key = (levels[0].pk, levels[1].pk)
        if key not in found:
            days = [f"chậm nhất ngày {due_dates.day_text(each.due_on)}" for each in (above, row)]
            found[key] = too_early(levels[0], days[0], levels[1], days[1], period)
    return list(found.values())


def warnings_of_plan(duty: ReportingDuty, rows: list[Expected], period: Period) -> list[str]:
    """The same across duties of the plan: where a unit must send its own report on before the reports that it collects
    are due, or on that day. Told only of periods that are open already.
    """
    owing = {row.unit: row for row in rows}
    collecting: dict[int, Expected] = {}
    for row in rows:
        if row.receiver and (row.receiver not in collecting or collecting[row.receiver].due_on < row.due_on):
            collecting[row.receiver] = row
    others = Obligation.objects.filter(
        duty__plan=duty.plan_id, period__kind=period.kind, period__year=period.year, waived_at__isnull=True
    ).exclude(duty=duty)
    found: dict[tuple[int, int], str] = {}
    fields = ("duty_id", "duty__name", "org_unit_id", "receiving_unit_id", Coalesce("extended_due_on", "due_on"))
    for other, name, unit, receiver, due_on in others.order_by("due_on", "pk").values_list(*fields):
        last, own = collecting.get(unit), owing.get(receiver)
        if last and due_on <= last.due_on:
            found[other, unit] = _sent_on_too_early(last.receiver_name, name, due_on, last.due_on)
        if own and own.due_on <= due_on:
            found[other, receiver] = _sent_on_too_early(own.name, duty.name, own.due_on, due_on)
    return list(found.values())[:FEW]


def _sent_on_too_early(unit: str, report: str, due: datetime.date, below: datetime.date) -> str:
    return (
        f"{unit} phải nộp “{report}” chậm nhất ngày {due_dates.day_text(due)}, không sau hạn của các đơn vị "
        f"gửi báo cáo về đó (ngày {due_dates.day_text(below)}). Đến hạn, đơn vị có thể chưa có báo cáo của cấp dưới; "
        f"hãy xem lại thời hạn."
    )


def _listed(names: list[str]) -> str:
    """A few names, the others counted."""
    more = len(names) - FEW
    return f"{'; '.join(names[:FEW])} và {more} đơn vị khác" if more > 0 else "; ".join(names)
