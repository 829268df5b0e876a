"""What whoever takes over a post finds: all that hangs on the unit and on nobody in person.

Drafts, activities, models, plans and history belong to the unit; a person who leaves takes nothing along. Everything
here is read, nothing is written.
"""

import datetime
from dataclasses import dataclass, field

from django.db.models import Max, Q

from orgunits import delegations, roles
from orgunits.models import OrgUnit, Role, RoleAssignment, User
from orgunits.models.people import RoleAssignmentQuerySet
from orgunits.models.units import unit_pks
from plans.models import Plan, Programme
from reports import progress, states, worklist
from reports.models import Activity, CareModel, Obligation, Report, SheetImport
from reports.progress import Progress
from reports.states import State
from reports.workflow import FILING_ROLES
from reports.worklist import LateGroup, Owed

POST_ROLES = (*FILING_ROLES, Role.REVIEWER, Role.ADMINISTRATOR)
NEW_FOR = datetime.timedelta(days=60)  # so long a new holder of a post is pointed to this page
YEARS_BACK = 2
SHOWN = 20


@dataclass(frozen=True)
class Draft:
    """A draft that is open: how far it is, and who typed last."""

    owed: Owed
    report: Report
    progress: Progress


@dataclass(frozen=True)
class Filed:
    """One report of the last years."""

    report: Report
    state: State
    timeliness: State | None


@dataclass(frozen=True)
class PlanLine:
    """A programme with the plan above that the unit carries out, and the unit's own."""

    programme: Programme
    above: Plan | None
    own: Plan | None

    @property
    def is_issued(self) -> bool:
        return self.own is not None and self.own.status != Plan.Status.DRAFT


@dataclass(frozen=True)
class Registers:
    """What the unit has in its registers."""

    activities: int
    last_held_on: datetime.date | None
    models: int


@dataclass
class Handover:
    """The whole page of one unit on one day."""

    unit: OrgUnit
    owed: list[Owed] = field(default_factory=list)
    coming: list[Owed] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    imports: list[SheetImport] = field(default_factory=list)
    reviews: bool = False  # whether reports are sent to the unit
    waiting: int = 0
    oldest: list[Report] = field(default_factory=list)
    late_below: list[LateGroup] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)
    filed_more: int = 0
    registers: Registers = Registers(0, None, 0)
    plans: list[PlanLine] = field(default_factory=list)
    delegations: list[RoleAssignment] = field(default_factory=list)
    holders: list[RoleAssignment] = field(default_factory=list)
    former: list[RoleAssignment] = field(default_factory=list)

    @property
    def returned(self) -> list[Owed]:
        return [item for item in self.owed if item.returned]

    @property
    def extended(self) -> list[Owed]:
        """Reports that are owed later than the rule says."""
        return [item for item in self.owed if item.obligation.extended_due_on]


@dataclass(frozen=True)
class OpenWork:
    """What stays to be done at a unit when somebody leaves."""

    owed: int
    drafts: int
    waiting: int

    @property
    def is_empty(self) -> bool:
        return not (self.owed or self.waiting)


def handover(unit: OrgUnit, *, user: User, on: datetime.date) -> Handover:
    """All of it; ``user`` is the reader, who sees no plan and no unit beyond what else is visible to them."""
    theirs = Obligation.objects.filter(worklist.of_units([unit.pk]))
    page = Handover(unit=unit)
    for item in worklist.owed_of(theirs, on=on):
        (page.coming if item.obligation.period.starts_on > on else page.owed).append(item)
    page.drafts = _drafts(page.owed + page.coming)
    unfinished = SheetImport.objects.filter(org_unit=unit, status=SheetImport.Status.READY)
    page.imports = list(unfinished.select_related("uploaded_by", "duty", "period").order_by("created_at", "pk"))
    _add_review(page, on=on)
    _add_filed(page, on=on)
    page.registers = _registers(unit)
    page.plans = _plans(unit, user=user, on=on)
    page.delegations = list(delegations.delegations().filter(org_unit=unit, valid_to__gt=on))
    _add_people(page, on=on)
    return page


def open_work(unit: OrgUnit) -> OpenWork:
    """What is left open at the unit, in numbers."""
    owed = Obligation.objects.filter(worklist.of_units([unit.pk])).owed()
    waiting = Report.objects.filter(obligation__receiving_unit=unit, status=Report.Status.SUBMITTED)
    return OpenWork(owed.count(), owed.filter(report__isnull=False).count(), waiting.count())


def may_open(user: User, unit: OrgUnit, *, on: datetime.date) -> bool:
    """Those who file or review there, and the administrators."""
    return roles.may(user, POST_ROLES, unit, on=on)


def new_posts(user: User, *, on: datetime.date) -> list[OrgUnit]:
    """The units on which the person took up filing or review within ``NEW_FOR``; standing in for somebody is no post.

    Somebody who has held another of these roles there for longer is not new.
    """
    held = list(
        user.role_assignments.as_of(on)
        .filter(role__in=(*FILING_ROLES, Role.REVIEWER), delegated_by__isnull=True, org_unit__isnull=False)
        .order_by("pk")
    )
    old = {row.org_unit_id for row in held if on - row.valid_from >= NEW_FOR}
    new = [row.org_unit_id for row in held if row.org_unit_id and row.org_unit_id not in old]
    return list(OrgUnit.objects.filter(pk__in=new).prefetch_related("placements").order_by("pk"))


def _drafts(items: list[Owed]) -> list[Draft]:
    begun = [item for item in items if item.report and (item.report.draft_version or item.returned)]
    reports = Report.objects.select_related(
        "draft_saved_by", "form_version", "obligation__org_unit", "obligation__duty", "obligation__period"
    ).in_bulk([item.report.pk for item in begun if item.report])
    rows = [(item, reports[item.report.pk]) for item in begun if item.report]
    return [Draft(item, report, progress.progress(report)) for item, report in rows]


def _add_review(page: Handover, *, on: datetime.date) -> None:
    page.reviews = Obligation.objects.filter(receiving_unit=page.unit).exists()
    if not page.reviews:
        return
    waiting = Report.objects.filter(obligation__receiving_unit=page.unit, status=Report.Status.SUBMITTED)
    page.waiting = waiting.count()
    page.oldest = list(worklist.reports_with_names(waiting).order_by("submitted_at", "pk")[:SHOWN])
    page.late_below = worklist.late_groups([page.unit.pk], on=on)


def _add_filed(page: Handover, *, on: datetime.date) -> None:
    """What was filed first in this year and the ``YEARS_BACK`` before it, the newest first."""
    since = datetime.date(on.year - YEARS_BACK, 1, 1)
    theirs = Obligation.objects.filter(worklist.of_units([page.unit.pk]))
    filed = Report.objects.filter(obligation__in=theirs, first_submitted_at__date__gte=since)
    found = worklist.reports_with_names(filed).order_by("-obligation__period__year", "-submitted_at", "pk")
    page.filed = [
        Filed(row, states.OF_STATUS[Report.Status(row.status)], states.timeliness(row.obligation, row))
        for row in found[:SHOWN]
    ]
    page.filed_more = max(filed.count() - SHOWN, 0)


def _registers(unit: OrgUnit) -> Registers:
    held = Activity.objects.filter(org_unit=unit)
    last = held.aggregate(last=Max("held_on"))["last"]
    return Registers(held.count(), last, CareModel.objects.filter(org_unit=unit).count())


def _plans(unit: OrgUnit, *, user: User, on: datetime.date) -> list[PlanLine]:
    """For each programme under which the unit or one above it has a plan: the nearest above, and the unit's own."""
    place = unit.placement_on(on) or unit.latest_placement
    above = unit_pks(place.path)[:-1] if place else []
    running = Plan.objects.visible_to(user, on).filter(Q(year_to__isnull=True) | Q(year_to__gte=on.year))
    named = running.exclude(status=Plan.Status.CLOSED).select_related("document", "programme", "org_unit")
    readable = named.prefetch_related("org_unit__placements")
    own = {plan.programme_id: plan for plan in readable.filter(org_unit=unit).order_by("pk")}
    nearest: dict[int, Plan] = {}
    for plan in sorted(
        readable.filter(org_unit__in=above, status=Plan.Status.ISSUED).order_by("pk"),
        key=lambda plan: above.index(plan.org_unit_id),
    ):
        nearest[plan.programme_id] = plan
    programmes = {plan.programme_id: plan.programme for plan in (*nearest.values(), *own.values())}
    return [PlanLine(programme, nearest.get(pk), own.get(pk)) for pk, programme in sorted(programmes.items())]


def _add_people(page: Handover, *, on: datetime.date) -> None:
    """Who holds a role there now, and who held one that is over."""
    rows = _of_unit(page.unit)
    page.holders = list(rows.as_of(on).filter(user__is_active=True).order_by("role", "user__sort_name", "pk"))
    gone = rows.filter(role__in=POST_ROLES, delegated_by__isnull=True)
    former = [row for row in gone.order_by("-valid_to", "-valid_from", "pk") if _is_over(row, on=on)]
    page.former = sorted(former, key=lambda row: row.valid_to or on, reverse=True)[:SHOWN]


def _of_unit(unit: OrgUnit) -> RoleAssignmentQuerySet:
    return RoleAssignment.objects.filter(org_unit=unit).select_related("user", "delegated_by")


def _is_over(row: RoleAssignment, *, on: datetime.date) -> bool:
    """A role that has held, and is over or was left with the account."""
    ended = row.valid_to is not None and row.valid_from < row.valid_to <= on
    return ended or (not row.user.is_active and row.valid_from <= on)
