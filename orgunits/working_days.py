"""Which days are worked in Viet Nam: weekends, Tết and other holidays, decreed swap days, and what was entered here.

The table ``SpecialDay`` rules over the package; a day that neither knows is worked from Monday to Friday.
"""

import datetime
from dataclasses import dataclass, field
from functools import lru_cache

import holidays

from orgunits.models import SpecialDay

FARTHEST = 60  # days: no chain of days off is as long; a table full of days off ends the search there
NONE, NEXT, PREVIOUS = "none", "next", "previous"


@dataclass(frozen=True)
class WorkCalendar:
    """The worked days, with the exceptions read once; ask it about many days without asking the database again."""

    exceptions: dict[datetime.date, str] = field(default_factory=dict)

    def is_working_day(self, day: datetime.date) -> bool:
        """Whether the day is worked where the week goes from Monday to Friday."""
        said = self.says(day)
        return day.weekday() < 5 if said is None else said

    def says(self, day: datetime.date) -> bool | None:
        """What is known of this very day: a day off, a worked one, or None for a day like any other of the week."""
        kind = self.exceptions.get(day)
        if kind is not None:
            return kind == SpecialDay.Kind.WORKING
        general = _general(day.year)
        if day in general.weekend_workdays:
            return True
        return False if day in general else None

    def shifted(self, day: datetime.date, shift: str) -> datetime.date:
        """The day itself where it is worked or nothing is to be shifted; else the next or the previous worked day."""
        if shift == NONE:
            return day
        step = datetime.timedelta(days=1 if shift == NEXT else -1)
        found = day
        for _ in range(FARTHEST):
            if self.is_working_day(found):
                return found
            found += step
        return day


def load() -> WorkCalendar:
    """The calendar with all that was entered; the table holds a few rows a year."""
    return WorkCalendar(dict(SpecialDay.objects.values_list("day", "kind")))


def is_working_day(day: datetime.date) -> bool:
    return load().is_working_day(day)


def shifted(day: datetime.date, shift: str) -> datetime.date:
    """``WorkCalendar.shifted`` for one day; without a shift nothing is read."""
    return day if shift == NONE else load().shifted(day, shift)


def general_days(year: int) -> list[tuple[datetime.date, str]]:
    """The holidays that the package knows for a year, with their Vietnamese names, in order."""
    return sorted(_general(year).items())


def swap_days(year: int) -> list[datetime.date]:
    """The Saturdays and Sundays that the package knows to be worked in that year."""
    return sorted(day for day in _general(year).weekend_workdays if day.year == year)


@lru_cache(maxsize=64)
def _general(year: int) -> holidays.HolidayBase:
    """One year of the package; asking for a day outside it would make it load more behind our back."""
    return holidays.country_holidays("VN", years=[year], language="vi", expand=False)
