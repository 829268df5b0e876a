"""When messages may start by themselves: reminders while people are awake, the rest in working hours of working days.

Every function takes the instant; hours are those of Viet Nam, whatever the clock of the machine says.
"""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from orgunits import audit, working_days
from orgunits.models import User
from orgunits.transitions import Conflict
from reports.models import SendingHours

FIELDS = ("waking_from", "waking_to", "working_from", "working_to", "working_days")
FAR = 60  # days in which a working day is looked for; even Tết is shorter


def hours() -> SendingHours:
    """What is set, or the defaults."""
    return SendingHours.objects.first() or SendingHours()


def is_waking_hour(at: datetime.datetime, *, set_hours: SendingHours | None = None) -> bool:
    """Whether reminders may be started by themselves at that instant: nobody is woken by one."""
    rule = set_hours or hours()
    return rule.waking_from <= timezone.localtime(at).time() < rule.waking_to


def is_working_day(day: datetime.date, *, set_hours: SendingHours | None = None) -> bool:
    """Whether people are at their desks that day: no holiday, and a day of the week that is set, or a swap day."""
    said = working_days.load().says(day)
    return day.weekday() in (set_hours or hours()).working_days if said is None else said


def is_working_time(at: datetime.datetime, *, set_hours: SendingHours | None = None) -> bool:
    """Whether messages to superiors and digests may be started by themselves at that instant."""
    rule = set_hours or hours()
    local = timezone.localtime(at)
    return rule.working_from <= local.time() < rule.working_to and is_working_day(local.date(), set_hours=rule)


def next_waking(at: datetime.datetime) -> datetime.datetime:
    """The first instant from ``at`` on in which reminders may go out."""
    rule = hours()
    local = timezone.localtime(at)
    if is_waking_hour(at, set_hours=rule):
        return at
    later = local.time() >= rule.waking_to
    return _at(local.date() + datetime.timedelta(days=int(later)), rule.waking_from)


def next_working(at: datetime.datetime) -> datetime.datetime:
    """The first instant from ``at`` on in which messages to superiors and digests may go out."""
    rule = hours()
    local = timezone.localtime(at)
    if is_working_time(at, set_hours=rule):
        return at
    first = local.date() + datetime.timedelta(days=int(local.time() >= rule.working_from))
    days = (first + datetime.timedelta(days=number) for number in range(FAR))
    return _at(next((day for day in days if is_working_day(day, set_hours=rule)), first), rule.working_from)


def _at(day: datetime.date, time: datetime.time) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, time))


@transaction.atomic
def change(typed: SendingHours, *, seen: int, by: User) -> SendingHours:
    """Set the hours; Conflict where somebody else has changed them since ``seen``.

    Raises ValidationError for hours that end before they begin or that leave no working day.
    """
    if not typed.working_days:
        raise ValidationError({"working_days": "Hãy chọn ít nhất một ngày làm việc."})
    SendingHours.objects.bulk_create([SendingHours()], ignore_conflicts=True)
    values = {name: getattr(typed, name) for name in FIELDS}
    before = SendingHours.objects.get()
    now = timezone.now()
    changed = SendingHours.objects.filter(edits=seen).update(**values, edits=seen + 1, changed_by=by, changed_at=now)
    if not changed:
        raise Conflict("Giờ gửi thư vừa được người khác thay đổi. Hãy xem lại rồi sửa tiếp.")
    pairs = {name: [_words(getattr(before, name)), _words(values[name])] for name in FIELDS}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    audit.record("sending_hours.change", before, by=by, changes=changes)
    return SendingHours.objects.get()


def _words(value: datetime.time | list[int]) -> str:
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    return ", ".join("Chủ nhật" if day == 6 else f"thứ {day + 2}" for day in value)
