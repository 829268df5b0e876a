"""The way from the last figure to the next milestone: a straight line, in exact fractions."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol, TypeVar


class HasYearAndPercent(Protocol):
    """What a milestone must offer: "đến năm 2025, trên 90 %"."""

    @property
    def year(self) -> int: ...

    @property
    def percent(self) -> Decimal: ...


AnyMilestone = TypeVar("AnyMilestone", bound=HasYearAndPercent)


@dataclass(frozen=True)
class Point:
    """A day and the percentage (0–100, exact) that the line has there."""

    on: datetime.date
    percent: Fraction


@dataclass(frozen=True)
class Path:
    """The straight line from a figure to a milestone."""

    start: Point
    end: Point

    def at(self, day: datetime.date) -> Fraction:
        """The percentage that lies on the line that day; before its start and after its end the line is level."""
        if day <= self.start.on:
            return self.start.percent
        if day >= self.end.on:
            return self.end.percent
        gone = Fraction((day - self.start.on).days, (self.end.on - self.start.on).days)
        return self.start.percent + (self.end.percent - self.start.percent) * gone

    @property
    def points_a_year(self) -> Fraction:
        """Percentage points to gain in 365 days."""
        return (self.end.percent - self.start.percent) * 365 / (self.end.on - self.start.on).days

    def year_ends(self) -> list[Point]:
        """The start, each 31 December on the way, and the end."""
        middle = [
            datetime.date(year, 12, 31)
            for year in range(self.start.on.year, self.end.on.year)
            if datetime.date(year, 12, 31) > self.start.on
        ]
        return [self.start, *(Point(day, self.at(day)) for day in middle), self.end]


def deadline(year: int) -> datetime.date:
    """ "Đến năm 2025" is until the end of that year."""
    return datetime.date(year, 12, 31)


def next_milestone(milestones: Iterable[AnyMilestone], *, on: datetime.date) -> AnyMilestone | None:
    """The milestone whose deadline lies ahead or on that day, the earliest first; None when all have passed."""
    ahead = [milestone for milestone in milestones if deadline(milestone.year) >= on]
    return min(ahead, key=lambda milestone: milestone.year, default=None)


def milestone_in_force(milestones: Iterable[AnyMilestone], *, year: int) -> AnyMilestone | None:
    """The milestone against which a figure of that year is read: the next one, and after the last the last one."""
    ordered = sorted(milestones, key=lambda milestone: milestone.year)
    return next((milestone for milestone in ordered if milestone.year >= year), ordered[-1] if ordered else None)


def path_to(share: Fraction | None, *, on: datetime.date, milestone: HasYearAndPercent) -> Path | None:
    """The line from a share (1 = 100 %) on that day to the milestone; None without a figure or when it has passed."""
    end = deadline(milestone.year)
    if share is None or end <= on:
        return None
    return Path(Point(on, share * 100), Point(end, Fraction(milestone.percent)))
