"""Deadlines for a nation: the obligations of 126,000 grassroots unions, made on one confirmation.

Checked: every unit owes one report, and the sums above them are what the product's own check says they are.
"""

import datetime
import resource
import time
from collections.abc import Callable

from bench import made_up_reports as made_up
from bench.divisions import Divisions
from bench.measures import Result
from bench.nation import build
from orgunits.models import User
from plans.models import DueRule, PeriodKind, ReportingDuty
from reports import obligations, regenerating, rollup_check
from reports.models import Obligation

UNITS = 126_000
YEAR = 2025
ON = datetime.date(YEAR, 1, 2)
BAR = 60  # seconds
BASE = "co-so"


class DeadlinesFailed(Exception):
    """Something is missing or wrong."""


def run(divisions: Divisions, settle: Callable[[], None]) -> list[Result]:
    """Build the nation, then measure part by part."""
    started = time.monotonic()
    nation = build(divisions, UNITS)
    duty, _ = made_up.a_duty(nation)
    duty.reporters = ReportingDuty.Reporters.LEVEL
    duty.save(update_fields=["reporters"])
    duty.levels.set([nation.levels[BASE]])
    settle()
    print(f"Nation built in {time.monotonic() - started:.0f} s.", flush=True)
    results = generated(duty)
    settle()
    return results + made_anew(duty)


def generated(duty: ReportingDuty) -> list[Result]:
    """All obligations of a year, with the rows of the sums above them."""
    before = _peak()
    started = time.monotonic()
    made = obligations.open_period(duty, PeriodKind.YEAR, YEAR, by=None, on=ON)
    seconds = time.monotonic() - started
    owed = Obligation.objects.filter(duty=duty, period=made.period).count()
    if made.created != UNITS or owed != UNITS:
        raise DeadlinesFailed(f"{made.created:,} were made and {owed:,} are there, of {UNITS:,}.")
    grown = _peak() - before
    for difference in rollup_check.differences(duty, made.period):
        raise DeadlinesFailed(f"The sums are not what is expected: {difference}")
    return [Result("126,000 obligations", seconds, BAR, "s", f"{UNITS / seconds:,.0f} a second, {grown:,.0f} MB more")]


def made_anew(duty: ReportingDuty) -> list[Result]:
    """The same year with another day: what would change, and the change."""
    duty = ReportingDuty.objects.select_related("plan__org_unit", "recipient_unit").get(pk=duty.pk)
    DueRule.objects.filter(duty=duty).update(month=11, day=20)
    started = time.monotonic()
    seen = regenerating.changes(duty, PeriodKind.YEAR, YEAR, on=ON).seen
    shown = time.monotonic() - started
    started = time.monotonic()
    by = _administrator()
    done = regenerating.regenerate(duty, PeriodKind.YEAR, YEAR, by=by, on=ON, seen=seen)
    seconds = time.monotonic() - started
    if done.redated_count != UNITS or Obligation.objects.filter(due_on=datetime.date(YEAR, 11, 19)).count() != UNITS:
        raise DeadlinesFailed("Not every report has the new day.")
    return [
        Result("preview of a changed rule", shown, BAR, "s"),
        Result("126,000 due dates changed", seconds, BAR, "s"),
    ]


def _administrator() -> User:
    return User.objects.get_or_create(email="thoi-han@do-dac.example", defaults={"full_name": "Người đặt thời hạn"})[0]


def _peak() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
