"""Who should have got which letter on which day, worked out from the rules alone. Knows no product code.

The rules (Công văn and chế độ báo cáo as an officer would read them):

* Something is owed until it is filed, and again after a return; it is owed no more once it is waived.
* The last good day is that of the document, else of the extension, else of the correction.
* Steps are 14, 7, 3 and 1 days before it, on it, and 1 and 7 days after it. On a day the last step that has come holds,
  and it is told once for each last good day; 30 days after it everything falls silent.
* Until the day itself the unit's reporters hear of it; where it has none, who signs for it; where the unit has been
  merged, those of its heir. One day late, who signs hears of it too. Seven days late, so do the reviewers of the unit
  that receives the report: one letter for each day of the step, with all names, on a working day.
* Who was given a report back on that day hears nothing more on it.
* Who wants one letter a day gets one on the days on which something that is not late would have been said.
* On working days a reviewer hears what waits, and what is late by 30 days at most, if there is any of either.
* On the first working day of a week whoever reviews or administers at the top hears how it stands, where a due date is
  less than 60 days ahead or 30 days past.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field

from tests.year.lives import FIRST, LAST, OPENED, OUTAGE, ROOT, TICK, Event, Person, Year, later

STEPS = (14, 7, 3, 1, 0, -1, -7)  # days left
WITH_HEAD, WITH_SUPERIOR = -1, -7
SILENT_AFTER = 30
AHEAD = 60
# Working days that are off in 2028 (Bộ luật Lao động 2019, Điều 111 and 112; 24/11 is Ngày Văn hóa Việt Nam).
HOLIDAYS = {
    datetime.date(2028, month, day)
    for month, days in {1: (3, 24, 25, 26, 27, 28), 4: (4,), 5: (1, 2), 9: (1, 4), 11: (24,)}.items()
    for day in days
}


@dataclass(frozen=True, order=True)
class Told:
    """One letter of the ladder to a person of the unit: of which report, on which step, for which last good day."""

    day: datetime.date
    email: str
    unit: str
    duty: str
    days_left: int  # of the step
    due: datetime.date


@dataclass(frozen=True, order=True)
class Named:
    """One letter to a superior, with the units that it names."""

    day: datetime.date
    email: str
    receiver: str
    duty: str
    step_on: datetime.date
    units: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Gathered:
    """One letter of many things: ``owed``, ``review`` or ``province``."""

    day: datetime.date
    email: str
    kind: str


@dataclass
class State:
    """How one report stands."""

    due: datetime.date
    is_owed: bool = True
    waits: bool = False  # for its reviewer
    is_waived: bool = False
    returned_on: datetime.date | None = None
    told: set[tuple[int, datetime.date, str]] = field(default_factory=set)
    named: set[datetime.date] = field(default_factory=set)

    def happens(self, event: Event) -> None:
        match event.what:
            case "file":
                self.is_owed, self.waits, self.returned_on = False, True, None
            case "return":
                self.is_owed, self.waits, self.returned_on = True, False, event.moment.date()
                self.due = event.until or self.due
            case "extend":
                self.due = event.until or self.due
            case "approve":
                self.waits = False
            case "waive":
                self.is_owed, self.is_waived = False, True


def days_of_the_year() -> list[datetime.date]:
    return [later(FIRST, number) for number in range((LAST - FIRST).days + 1)]


def is_working_day(day: datetime.date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def statement(year: Year, due: dict[str, datetime.date]) -> "Clerk":
    """All letters of the year, in the order of their days."""
    clerk = Clerk(year, due)
    for day in days_of_the_year():
        clerk.reads_the_post(day)
        if day not in OUTAGE:
            clerk.writes(day)
    return clerk


class Clerk:
    """Somebody with a large notebook who writes every letter by hand, at eight in the morning."""

    def __init__(self, year: Year, due: dict[str, datetime.date]) -> None:
        self.year = year
        self.states = {key: State(due[key[1]]) for key in year.owed}
        self.people: dict[str, list[Person]] = defaultdict(list)
        for person in year.people:
            self.people[person.unit].append(person)
        self.told: list[Told] = []
        self.named: list[Named] = []
        self.gathered: list[Gathered] = []
        self._week_told = datetime.date.min
        self._events = list(year.events)
        self._to_name: dict[tuple[str, str, datetime.date], set[str]] = defaultdict(set)

    def reads_the_post(self, day: datetime.date) -> None:
        """All that has happened until that day's eight o'clock."""
        while self._events and self._events[0].moment <= datetime.datetime.combine(day, TICK):
            event = self._events.pop(0)
            if event.duty:
                self.states[event.unit, event.duty].happens(event)

    def writes(self, day: datetime.date) -> None:
        for (unit, duty), state in self.states.items():
            step = _step(state, day)
            if step is not None and day >= OPENED[duty] and state.returned_on != day:
                self._tell(unit, duty, state, step, day)
        if is_working_day(day):
            self._name(day)
            self._review(day)
            self._province(day)

    def _tell(self, unit: str, duty: str, state: State, step: int, day: datetime.date) -> None:
        for person in self._hearers(unit, day, with_head=step <= WITH_HEAD):
            if (step, state.due, person.email) not in state.told:
                state.told.add((step, state.due, person.email))
                if not person.gathers or step < 0:
                    self.told.append(Told(day, person.email, unit, duty, step, state.due))
                elif Gathered(day, person.email, "owed") not in self.gathered:
                    self.gathered.append(Gathered(day, person.email, "owed"))
        if step <= WITH_SUPERIOR and state.due not in state.named:
            state.named.add(state.due)
            self._to_name[self.year.receiver(unit, duty), duty, later(state.due, -step)].add(unit)

    def _name(self, day: datetime.date) -> None:
        for (receiver, duty, step_on), units in self._to_name.items():
            still = tuple(sorted(unit for unit in units if _is_so_late(self.states[unit, duty], day, step_on)))
            for person in self.people[receiver]:
                if still and person.role == "reviewer" and person.holds(datetime.datetime.combine(day, TICK)):
                    self.named.append(Named(day, person.email, receiver, duty, step_on, still))
        self._to_name.clear()

    def _review(self, day: datetime.date) -> None:
        busy = {
            self.year.receiver(unit, duty)
            for (unit, duty), state in self.states.items()
            if day >= OPENED[duty] and (state.waits or (state.is_owed and 0 < (day - state.due).days <= SILENT_AFTER))
        }
        for receiver in busy:
            self._gather(receiver, day, ("reviewer",), "review")

    def _province(self, day: datetime.date) -> None:
        monday = later(day, -day.weekday())
        if monday > self._week_told:
            self._week_told = monday
            if any(
                -SILENT_AFTER <= (state.due - day).days <= AHEAD and day >= OPENED[duty] and not state.is_waived
                for (_, duty), state in self.states.items()
            ):
                self._gather(ROOT, day, ("reviewer", "administrator"), "province")

    def _gather(self, unit: str, day: datetime.date, roles: tuple[str, ...], kind: str) -> None:
        for person in self.people[unit]:
            if person.role in roles and person.holds(datetime.datetime.combine(day, TICK)):
                self.gathered.append(Gathered(day, person.email, kind))

    def _hearers(self, unit: str, day: datetime.date, *, with_head: bool) -> list[Person]:
        """The unit's own people, or its heir's once it is merged; who signs, where nobody reports or with_head."""
        heir, merged_on = self.year.merged.get(unit, ("", LAST))
        place = heir if heir and merged_on <= day else unit
        there = [person for person in self.people[place] if person.holds(datetime.datetime.combine(day, TICK))]
        reporters = [person for person in there if person.role == "reporter"]
        heads = [person for person in there if person.role == "approver"]
        return [*reporters, *heads] if with_head or not reporters else reporters


def _step(state: State, day: datetime.date) -> int | None:
    left = (state.due - day).days
    if not state.is_owed or left < -SILENT_AFTER:
        return None
    return min((step for step in STEPS if left <= step), default=None)


def _is_so_late(state: State, day: datetime.date, step_on: datetime.date) -> bool:
    return state.is_owed and later(state.due, -WITH_SUPERIOR) == step_on <= day
