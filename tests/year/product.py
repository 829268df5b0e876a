"""The product lives through a year of lives.py: its own acts on a database, its clock moved."""

import datetime
from collections import Counter
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import time_machine
from django.core import mail
from django.utils import timezone

from orgunits import preferences, reorganisation
from orgunits.models import Level, OrgUnit, Role, RoleAssignment, User
from orgunits.reorganisation import new_unit, ordered
from plans.models import DueRule, PeriodKind, ReportingDuty
from reports import obligations, tasks, workflow
from reports.models import Obligation
from tests.builders import LONG_AGO, content, make_duty, make_form, make_level, make_plan
from tests.year.lives import FAST, FIRST, LAST, OPENED, OUTAGE, ROOT, STEPWISE, TICK, Event, Person, Year, later

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
ROLES = {
    "reporter": Role.REPORTER,
    "approver": Role.APPROVER,
    "reviewer": Role.REVIEWER,
    "administrator": Role.ADMINISTRATOR,
}
PERIOD = {FAST: 2028, STEPWISE: 2027}


class Lived:
    """The units, people and duties of a year in the database, by their names in the year."""

    def __init__(self, year: Year) -> None:
        self.year = year
        self.levels: dict[int, Level] = {
            0: make_level(code="tinh", name="Cấp tỉnh", rank=1),
            1: make_level(code="xa", name="Cấp xã", rank=2),
            2: make_level(code="co-so", name="Công đoàn cơ sở", rank=3),
        }
        self.units: dict[str, OrgUnit] = {}
        with ordered("trade_union", on=LONG_AGO, by=None) as order:
            for code, above in year.parents.items():
                unit = self.units[code] = new_unit("trade_union", code, on=LONG_AGO)
                parent = self.units[above] if above else None
                depth = 0 if not above else 1 if above == ROOT else 2
                order.establish(unit, name=f"Đơn vị {code}", level=self.levels[depth], parent=parent, code=code)
        self.people = {person.email: self._person(person) for person in year.people}
        self.duties = self._duties()
        self.owed: dict[tuple[str, str], Obligation] = {}

    def _person(self, person: Person) -> User:
        user = User.objects.create_user(person.email, full_name=f"Cán bộ {person.email.partition('@')[0]}")
        RoleAssignment.objects.create(
            user=user, org_unit=self.units[person.unit], role=ROLES[person.role], valid_from=person.first,
            valid_to=person.until,
        )  # fmt: skip
        if person.gathers:
            preferences.set_mode(user, preferences.DAILY, through="page")
        return user

    def _duties(self) -> dict[str, ReportingDuty]:
        plan = make_plan(self.units[ROOT])
        base = make_duty(plan, name=FAST, reporters=ReportingDuty.Reporters.LEVEL)
        base.levels.set([self.levels[2]])
        stepwise = make_duty(
            plan, name=STEPWISE, reporters=ReportingDuty.Reporters.ALL_BELOW, kinds=(),
            delivery=ReportingDuty.Delivery.STEPWISE,
        )  # fmt: skip
        DueRule.objects.create(
            duty=stepwise,
            period_kind=PeriodKind.YEAR,
            comparison=DueRule.Comparison.BY,
            month=2,
            day=29,
            next_year=True,
        )
        for duty in (base, stepwise):
            make_form(duty)
        return {FAST: base, STEPWISE: stepwise}

    # --- what happens -------------------------------------------------------------------------------------------------
    def opens(self, duty: str) -> None:
        day = timezone.localdate()
        obligations.open_period(self.duties[duty], PeriodKind.YEAR, PERIOD[duty], by=None, on=day)
        codes = {unit.pk: code for code, unit in self.units.items()}
        rows = Obligation.objects.filter(duty=self.duties[duty]).select_related("period", "duty", "org_unit")
        self.owed |= {(codes[row.org_unit_id], duty): row for row in rows}

    def happens(self, event: Event) -> None:
        if event.what == "merge":
            heir = self.units[event.heir]
            reorganisation.end(self.units[event.unit], on=event.moment.date(), by=None, successors=[heir])
            return
        obligation = Obligation.objects.select_related("duty", "period").get(pk=self.owed[event.unit, event.duty].pk)
        by = self._who_reviews(event)
        match event.what:
            case "draft":
                workflow.start_report(obligation, by=self._who_files(event))
            case "file":
                report = workflow.start_report(obligation, by=self._who_files(event))
                workflow.submit(report, content(), by=self._who_files(event))
            case "return":
                workflow.send_back(obligation.report, by=by, reason="Cần bổ sung.", due_on=event.until)
            case "approve":
                workflow.approve(obligation.report, by=by)
            case "extend":
                assert event.until is not None
                obligations.extend(obligation, until=event.until, reason="Mưa lũ.", by=by)
            case "waive":
                obligations.waive(obligation, reason="Đơn vị mới sáp nhập.", by=by)

    def _who_files(self, event: Event) -> User:
        return self.people[next(
            person.email for person in self.year.people
            if person.unit == event.unit and person.role == "reporter" and person.holds(event.moment)
        )]  # fmt: skip

    def _who_reviews(self, event: Event) -> User:
        receiver = self.year.receiver(event.unit, event.duty)
        return self.people[
            next(person.email for person in self.year.people if person.unit == receiver and person.role == "reviewer")
        ]


def live(lived: Lived, *, each_day: Callable[[datetime.date], None] | None = None) -> None:
    """Go through the year instant by instant; at eight of each day, but for those of the outage, everything ticks."""
    moments: dict[datetime.datetime, list[Callable[[], object]]] = {}
    for duty, day in OPENED.items():
        moments.setdefault(_midnight(day), []).append(partial(lived.opens, duty))
    for person in lived.year.people:
        if person.off_from:
            off = User.objects.filter(pk=lived.people[person.email].pk)
            moments.setdefault(_midnight(person.off_from), []).append(partial(off.update, is_active=False))
    for event in lived.year.events:
        moments.setdefault(event.moment, []).append(partial(lived.happens, event))
    for number in range((LAST - FIRST).days + 1):
        day = later(FIRST, number)
        if day not in OUTAGE:
            moments.setdefault(datetime.datetime.combine(day, TICK), []).append(tick)
    with time_machine.travel(min(moments).replace(tzinfo=VIETNAM), tick=False) as clock:
        for moment in sorted(moments):
            clock.move_to(moment.replace(tzinfo=VIETNAM))
            for act in moments[moment]:
                act()


def tick() -> None:
    """What beat rings for at that instant; all tasks run in place."""
    tasks.write_reminders()
    tasks.ring_for_letters()


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time())


def letters_by_id() -> Counter[str]:
    """How often each letter went out, by its Message-ID."""
    return Counter(message.extra_headers["Message-ID"] for message in mail.outbox)
