"""The ladder of a duty: on which days it is reminded of, and who is told on each step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from plans.models import ReportingDuty
from reports.models import DutyLadder

Circle = DutyLadder.Circle
# Nobody is mailed by itself about an old report, say of a year that was entered later; a person may still press "nhắc".
LATE_LIMIT = 30
EARLIEST = 90  # days before the last good day
MOST = 12  # steps


@dataclass(frozen=True, order=True)
class Rung:
    """A step of a ladder: ``days`` before the last good day, 0 on it, negative after it; ``circle`` is who is told."""

    days: int
    circle: str = Circle.UNIT

    @property
    def code(self) -> str:
        if self.days > 0:
            return f"before-{self.days}"
        return f"late-{-self.days}" if self.days else "due-0"

    @property
    def label(self) -> str:
        return label_of(self.code)

    @property
    def told(self) -> str:
        """Who is told, in words."""
        return str(Circle(self.circle).label)


# The steps that the product promises.
DEFAULT = (
    Rung(14),
    Rung(7),
    Rung(3),
    Rung(1),
    Rung(0),
    Rung(-1, Circle.HEAD),
    Rung(-7, Circle.SUPERIOR),
)


def label_of(code: str) -> str:
    """The code of a step in words, also of a step that no ladder has any more."""
    kind, _, days = code.partition("-")
    match kind:
        case "before":
            return f"Trước hạn {days} ngày"
        case "late":
            return f"Quá hạn {days} ngày"
        case "due":
            return "Ngày hạn chót"
    return code


class Ladders:
    """The ladders of all duties, read once for many reports."""

    def __init__(self) -> None:
        self._set = {row.duty_id: _rungs(row.steps) for row in DutyLadder.objects.all()}

    def of(self, duty: int) -> tuple[Rung, ...]:
        return self._set.get(duty, DEFAULT)

    def all(self) -> list[tuple[Rung, ...]]:
        """Those that an administrator set."""
        return list(self._set.values())

    def rung(self, duty: int, days_left: int) -> Rung | None:
        """The most advanced step that applies with so many days left; missed steps fall together into it."""
        return rung_in(self.of(duty), days_left)

    @property
    def earliest(self) -> int:
        """The most days before a due date on which any duty has a step."""
        return max(rungs[0].days for rungs in (DEFAULT, *self._set.values()))


def rung_in(ladder: Sequence[Rung], days_left: int) -> Rung | None:
    if days_left < -LATE_LIMIT:
        return None
    return next((rung for rung in reversed(ladder) if days_left <= rung.days), None)


def ladder_of(duty: ReportingDuty) -> tuple[tuple[Rung, ...], DutyLadder | None]:
    """The steps of one duty, and the row that sets them or None where the default ones hold."""
    row = DutyLadder.objects.filter(duty=duty).select_related("changed_by").first()
    return (_rungs(row.steps), row) if row else (DEFAULT, None)


@transaction.atomic
def set_ladder(duty: ReportingDuty, rungs: Iterable[Rung], *, seen: int, by: User) -> DutyLadder:
    """Set the steps of a duty; ``seen`` is the number of edits that the person saw, 0 for the default ladder.

    Raises ValidationError for steps that make no ladder, Conflict where somebody else has set another since.
    """
    steps = checked(rungs)
    before, _ = ladder_of(duty)
    values: dict[str, Any] = {"steps": [[rung.days, rung.circle] for rung in steps], "changed_by": by}
    if seen:
        row = DutyLadder.objects.filter(duty=duty, edits=seen)
        if not row.update(**values, edits=seen + 1, changed_at=timezone.now()):
            raise _conflict()
        made = DutyLadder.objects.get(duty=duty)
    else:
        try:
            with transaction.atomic():
                made = DutyLadder.objects.create(duty=duty, **values)
        except IntegrityError as error:
            raise _conflict() from error
    _record(duty, before, steps, by=by)
    return made


@transaction.atomic
def reset(duty: ReportingDuty, *, seen: int, by: User) -> None:
    """Go back to the default steps."""
    before, _ = ladder_of(duty)
    deleted, _ = DutyLadder.objects.filter(duty=duty, edits=seen).delete()
    if not deleted:
        raise _conflict()
    _record(duty, before, DEFAULT, by=by)


def checked(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    """The steps in their order, the earliest first; ValidationError where they make no ladder."""
    steps = tuple(sorted(rungs, reverse=True))
    if not steps:
        raise ValidationError("Hãy giữ lại ít nhất một mốc nhắc.")
    if len(steps) > MOST:
        raise ValidationError(f"Một chế độ báo cáo có nhiều nhất {MOST} mốc nhắc.")
    if len({rung.days for rung in steps}) < len(steps):
        raise ValidationError("Mỗi ngày chỉ có một mốc nhắc: hãy bỏ mốc bị trùng.")
    if not all(-LATE_LIMIT <= rung.days <= EARLIEST for rung in steps):
        raise ValidationError(f"Mốc nhắc phải từ trước hạn {EARLIEST} ngày đến quá hạn {LATE_LIMIT} ngày.")
    return steps


def in_words(rungs: Sequence[Rung]) -> str:
    return "; ".join(f"{rung.label.lower()}: {Circle(rung.circle).label.lower()}" for rung in rungs)


def _rungs(steps: list[list[Any]]) -> tuple[Rung, ...]:
    return tuple(Rung(int(days), str(circle)) for days, circle in steps)


def _record(duty: ReportingDuty, before: Sequence[Rung], after: Sequence[Rung], *, by: User) -> None:
    unit = duty.plan.org_unit
    audit.record("duty.ladder", duty, by=by, org_unit=unit, changes={"ladder": [in_words(before), in_words(after)]})


def _conflict() -> Conflict:
    return Conflict("Các mốc nhắc vừa được người khác thay đổi. Hãy xem lại rồi sửa tiếp.")
