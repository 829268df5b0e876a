"""All that the rules of all duties would make for a year, before it is made: one line for each duty and period."""

import datetime
import hashlib
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Prefetch

from orgunits import roles
from orgunits.models import Role, User
from orgunits.transitions import Conflict
from plans.models import DueRule, PeriodKind, Plan, ReportingDuty
from reports import duty_preview, obligations, regenerating
from reports.duty_preview import LevelLine
from reports.expecting import GenerationRefused, expected
from reports.models import Period
from reports.regenerating import Changes

RULES = Prefetch("due_rules", DueRule.objects.select_related("level", "unit"))
CHANGED_SINCE = "Từ khi bạn xem trước, chế độ báo cáo hoặc đơn vị đã đổi. Hãy xem lại rồi xác nhận."


@dataclass
class Line:
    """One duty and kind of period in the year; ``refused`` says why nothing can be made."""

    duty: ReportingDuty
    kind: str
    period: str
    rule: DueRule  # the page of a period is reached through one of its rules
    levels: list[LevelLine] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    changes: Changes | None = None
    opened: Period | None = None
    refused: str = ""

    @property
    def new(self) -> int:
        return len(self.changes.new) if self.changes else 0

    @property
    def differs(self) -> bool:
        """Whether reports that are there already would change too; that is confirmed on a page of its own."""
        changes = self.changes
        return changes is not None and bool(changes.redated_count or changes.freed_count or changes.restored_count)


def duties_of(user: User, *, on: datetime.date) -> list[ReportingDuty]:
    """The duties of the plans in force that the user administers."""
    administered = roles.reach(user, Role.ADMINISTRATOR, on=on)
    duties = ReportingDuty.objects.visible_to(user, on).filter(plan__org_unit__in=administered)
    return list(
        duties.exclude(plan__status=Plan.Status.CLOSED)
        .select_related("plan__document", "plan__org_unit", "recipient_unit")
        .prefetch_related(RULES, "recipient_unit__placements", "plan__org_unit__placements")
        .order_by("plan__document__issued_year", "plan__document__issued_on", "plan", "pk")
    )


def lines(user: User, year: int, *, on: datetime.date) -> list[Line]:
    found = []
    for duty in duties_of(user, on=on):
        rules = list(duty.due_rules.all())
        for kind in PeriodKind.values:
            first = next((rule for rule in rules if rule.period_kind == kind), None)
            if first is None or (kind == PeriodKind.ONCE and not _is_in(duty, year)):
                continue
            found.append(_line(duty, kind, year, first, on=on))
    return found


def _is_in(duty: ReportingDuty, year: int) -> bool:
    """A thematic report belongs to the year in which it ends; one without days is shown, to be completed."""
    return duty.once_ends_on is None or duty.once_ends_on.year == year


def _line(duty: ReportingDuty, kind: str, year: int, rule: DueRule, *, on: datetime.date) -> Line:
    title = duty.once_title if kind == PeriodKind.ONCE else ""
    line = Line(duty, kind, str(Period(kind=kind, year=year, title=title)) or "Chuyên đề", rule)
    opened = regenerating.period_of(duty, kind, year)
    if opened and opened.obligations.filter(duty=duty).exists():
        line.opened = opened
    try:
        rows = expected(duty, kind, year, on=on)
        line.levels = duty_preview.level_lines(rows)
        line.warnings = duty_preview.warnings(rows, line.period)
        line.changes = regenerating.changes(duty, kind, year, on=on, rows=rows)
    except GenerationRefused as error:
        line.refused = error.messages[0]
    return line


def seen(found: list[Line]) -> str:
    """What a page shows, in short, so that confirming it means this and nothing else."""
    shown = [f"{line.duty.pk}:{line.kind}:{line.new}" for line in found if line.new]
    return hashlib.sha256("|".join(shown).encode()).hexdigest()[:16]


@transaction.atomic
def make(user: User, year: int, *, on: datetime.date, was_seen: str) -> int:
    """Make all that is new, all or nothing; how many reports there were. Another state than was seen is a Conflict."""
    for duty in sorted(duties_of(user, on=on), key=lambda duty: duty.pk):
        obligations.lock(duty)
    found = lines(user, year, on=on)
    if seen(found) != was_seen:
        raise Conflict(CHANGED_SINCE)
    return sum(
        obligations.open_period(line.duty, line.kind, year, by=user, on=on).created for line in found if line.new
    )
