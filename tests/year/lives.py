"""A year of made-up units: what each has to report, when it does what, and who its people are. Knows no product code.

Two duties: NHANH ("trước ngày 10/11/2028": the last good day is 9/11), owed by the base units to the province, and
TUNG-CAP ("chậm nhất ngày 29/2/2028", a leap year), owed by all units, each to the unit above it.
"""

import datetime
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

FAST, STEPWISE = "NHANH", "TUNG-CAP"
DUE = {FAST: datetime.date(2028, 11, 9), STEPWISE: datetime.date(2028, 2, 29)}
OPENED = {FAST: datetime.date(2028, 3, 1), STEPWISE: datetime.date(2028, 1, 1)}  # midnight
FIRST, LAST = datetime.date(2028, 1, 1), datetime.date(2028, 12, 31)
ROOT = "TINH"
BASE_UNITS_OF_A_COMMUNE = 50
TICK = datetime.time(8)
# Nothing ran on these days: a Thursday, on which two steps fall, to a Saturday.
OUTAGE = frozenset(datetime.date(2028, 11, day) for day in (9, 10, 11))


def at(day: datetime.date, hour: int, minute: int = 0, second: int = 0) -> datetime.datetime:
    """An instant in Viet Nam, without a zone."""
    return datetime.datetime.combine(day, datetime.time(hour, minute, second))


def later(day: datetime.date, days: int) -> datetime.date:
    return day + datetime.timedelta(days=days)


@dataclass(frozen=True)
class Person:
    """``role`` on ``unit`` from a day until before another; ``off_from``: the account is closed from that midnight."""

    email: str
    unit: str
    role: str  # reporter, approver, reviewer, administrator
    first: datetime.date = datetime.date(2020, 1, 1)
    until: datetime.date | None = None
    off_from: datetime.date | None = None
    gathers: bool = False  # wants one letter a day of what is not late yet

    def holds(self, moment: datetime.datetime) -> bool:
        day = moment.date()
        return self.first <= day and (self.until is None or day < self.until) and not self.is_off(moment)

    def is_off(self, moment: datetime.datetime) -> bool:
        return self.off_from is not None and moment.date() >= self.off_from


@dataclass(frozen=True)
class Event:
    """``until`` is the new last good day of an extension or of a correction; ``heir`` takes over from a merged unit."""

    moment: datetime.datetime
    what: str  # draft, file, return, approve, extend, waive, merge
    unit: str
    duty: str = ""
    until: datetime.date | None = None
    heir: str = ""


@dataclass
class Year:
    parents: dict[str, str] = field(default_factory=dict)  # unit: the one above
    people: list[Person] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    owed: list[tuple[str, str]] = field(default_factory=list)  # unit, duty
    lives: dict[tuple[str, str], str] = field(default_factory=dict)
    merged: dict[str, tuple[str, datetime.date]] = field(default_factory=dict)  # unit: heir, day

    def receiver(self, unit: str, duty: str) -> str:
        return ROOT if duty == FAST else self.parents[unit]


Life = Iterator[tuple[datetime.datetime, str, datetime.date | None]]


def _early(due: datetime.date) -> Life:
    yield at(later(due, -20), 10), "file", None


def _between(due: datetime.date) -> Life:
    yield at(later(due, -5), 10), "file", None


def _last_second(due: datetime.date) -> Life:
    yield at(due, 23, 59, 59), "file", None


def _next_midnight(due: datetime.date) -> Life:
    yield at(later(due, 1), 0), "file", None


def _late(due: datetime.date) -> Life:
    yield at(later(due, 3), 15), "file", None


def _very_late(due: datetime.date) -> Life:
    yield at(later(due, 12), 15), "file", None


def _never(due: datetime.date) -> Life:
    yield from ()


def _draft(due: datetime.date) -> Life:
    yield at(later(due, -9), 10), "draft", None


def _returned_filed_again(due: datetime.date) -> Life:
    yield at(later(due, -6), 10), "file", None
    yield at(later(due, -2), 15), "return", later(due, 8)
    yield at(later(due, 6), 10), "file", None


def _returned_before_the_tick(due: datetime.date) -> Life:
    yield at(later(due, -6), 10), "file", None
    yield at(later(due, -1), 7, 30), "return", later(due, 10)


def _extended_in_time(due: datetime.date) -> Life:
    yield at(later(due, -4), 10), "extend", later(due, 11)
    yield at(later(due, 10), 10), "file", None


def _extended_never_filed(due: datetime.date) -> Life:
    yield at(later(due, -4), 10), "extend", later(due, 11)


def _extended_when_late(due: datetime.date) -> Life:
    yield at(later(due, 4), 10), "extend", later(due, 13)


def _waived(due: datetime.date) -> Life:
    yield at(later(due, -2), 9), "waive", None


LIVES = (
    _early, _between, _last_second, _next_midnight, _late, _very_late, _never, _draft, _returned_filed_again,
    _returned_before_the_tick, _extended_in_time, _extended_never_filed, _extended_when_late, _waived,
)  # fmt: skip
WITHOUT_FILING = (_never, _extended_never_filed, _extended_when_late, _waived)
COMPANIES = ("one", "two", "head", "head-only", "nobody", "leaves", "closed", "gathers")


def lived(base_units: int, *, seed: int = 28) -> Year:
    """The year of so many base units, under as many communes as hold fifty each; the same for the same numbers."""
    dice = random.Random(seed)
    year = Year(parents={ROOT: ""})
    year.people += [Person("duyet-tinh@vi-du.vn", ROOT, "reviewer"), Person("quan-tri@vi-du.vn", ROOT, "administrator")]
    for number in range(base_units):
        commune = f"X{number // BASE_UNITS_OF_A_COMMUNE:02d}"
        if commune not in year.parents:
            year.parents[commune] = ROOT
            year.people += [
                Person(f"{commune.lower()}-duyet@vi-du.vn", commune, "reviewer"),
                Person(f"{commune.lower()}-lap@vi-du.vn", commune, "reporter"),
            ]
            _live(year, commune, [STEPWISE], dice)
        unit = f"C{number:04d}"
        year.parents[unit] = commune
        company = COMPANIES[number % len(COMPANIES)]
        year.people += _company(unit, company)
        if number % 25 == 24:
            _merge(year, unit, heir=f"C{number - 1:04d}", duty=(STEPWISE, FAST)[number % 2])
        elif company in ("head-only", "nobody", "leaves", "closed"):
            _live(year, unit, [STEPWISE, FAST], dice, lives=WITHOUT_FILING)
        else:
            _live(year, unit, [STEPWISE, FAST], dice)
    year.events.sort(key=lambda event: event.moment)
    return year


def _company(unit: str, company: str) -> list[Person]:
    name = unit.lower()
    first, second = f"{name}-lap@vi-du.vn", f"{name}-lap-2@vi-du.vn"
    head = Person(f"{name}-ky@vi-du.vn", unit, "approver")
    change = later(DUE[FAST], -5)
    return {
        "one": [Person(first, unit, "reporter")],
        "two": [Person(first, unit, "reporter"), Person(second, unit, "reporter")],
        "head": [Person(first, unit, "reporter"), head],
        "head-only": [head],
        "nobody": [],
        "leaves": [Person(first, unit, "reporter", until=change), Person(second, unit, "reporter", first=change)],
        "gathers": [Person(first, unit, "reporter", gathers=True), head],
        "closed": [Person(first, unit, "reporter", off_from=later(DUE[STEPWISE], -2)), head],
    }[company]


def _live(
    year: Year,
    unit: str,
    duties: list[str],
    dice: random.Random,
    *,
    lives: Sequence[Callable[[datetime.date], Life]] = LIVES,
) -> None:
    for duty in duties:
        life = dice.choice(lives)
        year.lives[unit, duty] = life.__name__.strip("_")
        year.owed.append((unit, duty))
        events = [Event(moment, what, unit, duty, until) for moment, what, until in life(DUE[duty])]
        if events and events[-1].what == "file":  # nobody sends it back again: it is approved three days later
            events.append(Event(at(later(events[-1].moment.date(), 3), 16), "approve", unit, duty))
        year.events += events


def _merge(year: Year, unit: str, *, heir: str, duty: str) -> None:
    """The unit never files and is merged ten days before a due date; what it owes stays its own, for its heir."""
    day = later(DUE[duty], -10)
    year.merged[unit] = heir, day
    year.events.append(Event(at(day, 0), "merge", unit, heir=heir))
    year.owed.append((unit, STEPWISE))
    if duty == FAST:  # in the other case it is no more when that duty's year is opened
        year.owed.append((unit, FAST))
