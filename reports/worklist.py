"""What a person has to do today: what the units owe, what waits for review, what an administrator must settle.

Every part asks a fixed number of queries, however many units there are.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from orgunits import roles
from orgunits.models import (
    Bounce,
    Invitation,
    OrgUnit,
    Placement,
    Role,
    RoleAssignment,
    Succession,
    User,
    WebhookDelivery,
)
from plans.models import DueRule, Plan
from reports import corrections, due_dates, returns, workflow
from reports.models import (
    Notice,
    Obligation,
    OfficialLetter,
    OfficialLetterAddressee,
    OfficialLetterNotice,
    Period,
    Reminder,
    Report,
    ReviewEvent,
    Revision,
    Rollup,
    SheetImport,
    Snapshot,
)
from reports.models.obligations import ObligationQuerySet

HAS_DATE = Q(month__isnull=False) | Q(days_after__isnull=False) | Q(named_on__isnull=False)
LATELY = datetime.timedelta(days=60)
FEW = 5


@dataclass(frozen=True)
class Owed:
    """One report that a unit still has to file."""

    obligation: Obligation
    report: Report | None
    days: int
    returned: ReviewEvent | None
    to_do: returns.Returned | None = None  # what the return asks for, in words

    @property
    def is_late(self) -> bool:
        return self.days < 0

    @property
    def days_text(self) -> str:
        return due_dates.days_left(self.days)


@dataclass(frozen=True)
class ChangedBelow:
    """A report upward after whose sending reports below have changed."""

    report: Report
    count: int  # reports below that stand otherwise than when it was sent


@dataclass
class FilingWork:
    """What the person's units owe and have filed. ``coming`` are reports of periods that have not begun."""

    units: list[OrgUnit]
    owed: list[Owed] = field(default_factory=list)
    coming: list[Owed] = field(default_factory=list)
    waiting: list[Report] = field(default_factory=list)
    approved: list[Report] = field(default_factory=list)
    imports: list[SheetImport] = field(default_factory=list)  # Excel files that wait for the person's word
    changed: list[ChangedBelow] = field(default_factory=list)
    letters: list[OfficialLetter] = field(default_factory=list)  # official letters to the units, lately issued

    @property
    def late(self) -> int:
        return sum(item.is_late for item in self.owed)

    @property
    def late_text(self) -> str:
        return f"{self.late} báo cáo quá hạn"

    @property
    def is_empty(self) -> bool:
        return not (self.owed or self.coming or self.waiting or self.approved or self.changed)


@dataclass(frozen=True)
class LateGroup:
    """How many units have not filed one duty's report of one period to one receiving unit."""

    receiving_unit_id: int
    duty_id: int
    duty_name: str
    period_id: int
    period: str
    units: int
    since: datetime.date


@dataclass
class ReviewWork:
    """What waits for the person's review, and what has not come in."""

    units: list[OrgUnit]
    waiting: int = 0
    oldest: list[Report] = field(default_factory=list)
    oldest_days: int = 0  # for how long the oldest has waited
    waiting_below: int = 0
    late: list[LateGroup] = field(default_factory=list)

    @property
    def late_text(self) -> str:
        return f"{sum(group.units for group in self.late)} báo cáo quá hạn"


@dataclass
class AdministrationWork:
    """What only an administrator can settle."""

    rules_without_date: list[DueRule] = field(default_factory=list)
    rules_not_opened: list[DueRule] = field(default_factory=list)
    units_without_reporter: int = 0
    first_units: list[OrgUnit] = field(default_factory=list)
    failed_mails: int = 0
    bouncing: int = 0
    dead_messages: int = 0

    @property
    def is_empty(self) -> bool:
        missing = self.rules_without_date or self.rules_not_opened or self.units_without_reporter
        return not (missing or self.failed_mails or self.bouncing or self.dead_messages)


def filing_work(user: User, *, on: datetime.date) -> FilingWork | None:
    """The reports of the units for which the person files, the late ones first; None for who files for none."""
    units = roles.units_where(user, workflow.FILING_ROLES, on=on)
    if not units:
        return None
    theirs = of_units([unit.pk for unit in units])
    work = FilingWork(units=units, imports=waiting_imports(user), changed=changed_below(theirs, on=on))
    work.letters = official_letters_to(theirs, on=on)
    for item in owed_of(Obligation.objects.filter(theirs), on=on):
        (work.coming if item.obligation.period.starts_on > on else work.owed).append(item)
    filed = reports_with_names(Report.objects.filter(obligation__in=Obligation.objects.filter(theirs)))
    since = on - LATELY
    recent = filed.filter(
        Q(status=Report.Status.SUBMITTED) | Q(status=Report.Status.APPROVED, decided_at__date__gte=since)
    )
    for report in recent.order_by("-decided_at", "submitted_at", "pk"):
        (work.waiting if report.status == Report.Status.SUBMITTED else work.approved).append(report)
    return work


def of_units(units: Sequence[int]) -> Q:
    """The obligations of these units: whoever takes over a unit takes over what its predecessors owe."""
    inherited = Succession.objects.filter(successor__in=units).values("predecessor_id")
    return Q(org_unit__in=units) | Q(org_unit__in=inherited)


def official_letters_to(theirs: Q, *, on: datetime.date) -> list[OfficialLetter]:
    """The letters about these obligations that went out lately, the newest first."""
    about = OfficialLetterAddressee.objects.filter(obligation__in=Obligation.objects.filter(theirs)).values("letter_id")
    recent = OfficialLetter.objects.issued().filter(pk__in=about, outgoing__issued_on__gte=on - LATELY)
    named = recent.select_related("org_unit", "outgoing").prefetch_related("org_unit__placements")
    return list(named.order_by("-outgoing__issued_on", "-pk")[:FEW])


def changed_below(theirs: Q, *, on: datetime.date) -> list[ChangedBelow]:
    """Filed reports upward of this year and the last, of these obligations, that reports below have left behind.

    Where no sum below was computed anew since the sending nothing has changed: that is one query for all of them.
    """
    of_report = "revision__report__obligation__"
    moved = Rollup.objects.filter(
        basis=Rollup.Basis.AS_FILED,
        org_unit=OuterRef(f"{of_report}org_unit"),
        period=OuterRef(f"{of_report}period"),
        computed_at__gt=OuterRef("taken_at"),
    ).exclude(duty=OuterRef(f"{of_report}duty"))
    # Of a report that goes up step by step the unit's own row moves with its own filing: the rows below it tell.
    moved_step = Rollup.objects.filter(
        parent=OuterRef(f"{of_report}org_unit"),
        duty=OuterRef(f"{of_report}duty"),
        period=OuterRef(f"{of_report}period"),
        computed_at__gt=OuterRef("taken_at"),
    )
    sent = Snapshot.objects.filter(
        Exists(moved) | Exists(moved_step),
        revision__report__obligation__in=Obligation.objects.filter(theirs, period__year__gte=on.year - 1),
        revision__report__status__in=[Report.Status.SUBMITTED, Report.Status.APPROVED],
    ).annotate(
        is_last=~Exists(
            Revision.objects.filter(report=OuterRef("revision__report"), number__gt=OuterRef("revision__number"))
        )
    )
    named = sent.filter(is_last=True).select_related(*corrections.OF_SNAPSHOT).order_by("-taken_at", "pk")
    found = [(row.revision.report, corrections.since_sent(row).children) for row in named[:FEW]]
    return [ChangedBelow(report, len(children)) for report, children in found if children]


def waiting_imports(user: User) -> list[SheetImport]:
    """The Excel files of the person that are checked and wait to be confirmed, the oldest first."""
    ready = SheetImport.objects.visible_to(user).filter(status=SheetImport.Status.READY)
    return list(ready.select_related("duty", "period").order_by("created_at", "pk"))


def owed_of(obligations: ObligationQuerySet, *, on: datetime.date) -> list[Owed]:
    """What is still owed of these: the late ones first, then those that were returned, by the days that are left."""
    rows = list(_with_names(obligations.owed()).with_due().order_by("due", "pk"))  # type: ignore[misc]
    reports = {row.pk: _report_of(row) for row in rows}
    returned = [report.pk for report in reports.values() if report and report.status == Report.Status.RETURNED]
    reasons = last_returns(returned)
    to_do = returns.described(reasons.values())
    items = []
    for row in rows:
        report = reports[row.pk]
        event = reasons.get(report.pk) if report else None
        items.append(Owed(row, report, row.days_left(on), event, to_do[event.pk] if event else None))
    return sorted(items, key=lambda item: (not item.is_late, item.returned is None, item.days))


def last_returns(reports: Sequence[int]) -> dict[int, ReviewEvent]:
    """The latest return or reopening of each of these reports."""
    events = ReviewEvent.objects.filter(
        report__in=reports, action__in=[ReviewEvent.Action.RETURN, ReviewEvent.Action.REOPEN]
    )
    return {event.report_id: event for event in events.select_related("by").order_by("pk")}


def review_work(user: User, *, on: datetime.date) -> ReviewWork | None:
    """What waits at the person's own units, oldest first, and what is late there; None for who reviews nothing."""
    units = roles.units_where(user, Role.REVIEWER, on=on)
    if not units:
        return None
    held = [unit.pk for unit in units]
    waiting = Report.objects.filter(status=Report.Status.SUBMITTED)
    mine = waiting.filter(obligation__receiving_unit__in=held)
    oldest = list(reports_with_names(mine).order_by("submitted_at", "pk")[:FEW])
    since = oldest[0].submitted_at if oldest else None
    below = waiting.filter(obligation__receiving_unit__in=roles.reach(user, Role.REVIEWER, on=on))
    return ReviewWork(
        units=units,
        waiting=mine.count(),
        oldest=oldest,
        oldest_days=(on - timezone.localdate(since)).days if since else 0,
        waiting_below=below.exclude(obligation__receiving_unit__in=held).count(),
        late=late_groups(held, on=on),
    )


def late_groups(receiving_units: list[int], *, on: datetime.date) -> list[LateGroup]:
    rows = (
        Obligation.objects.filter(receiving_unit__in=receiving_units)
        .late_on(on)
        .values(
            "receiving_unit_id", "duty_id", "duty__name", "period_id", "period__kind", "period__year", "period__title"
        )
        .annotate(units=Count("pk"), since=Min("due"))
        .order_by("since", "duty_id")
    )
    return [
        LateGroup(
            receiving_unit_id=row["receiving_unit_id"],
            duty_id=row["duty_id"],
            duty_name=row["duty__name"],
            period_id=row["period_id"],
            period=_period_text(row["period__kind"], row["period__year"], row["period__title"]),
            units=row["units"],
            since=row["since"],
        )
        for row in rows
    ]


def administration_work(user: User, *, on: datetime.date) -> AdministrationWork | None:
    """Rules that want a date, periods to open, units without an officer, mails that failed; None for others."""
    if not roles.administers_anything(user, on=on):
        return None
    administered = roles.reach(user, Role.ADMINISTRATOR, on=on)
    rules = _running_rules(administered, on=on)
    owing = Exists(Obligation.objects.owed().filter(org_unit=OuterRef("pk")))
    holders = RoleAssignment.objects.as_of(on).filter(role__in=workflow.FILING_ROLES, user__is_active=True)
    placed = Exists(Placement.objects.as_of(on).filter(org_unit=OuterRef("pk")))
    unmanned = administered.filter(owing, placed).exclude(Exists(holders.filter(org_unit=OuterRef("pk"))))
    first_units = list(unmanned.prefetch_related("placements").order_by("pk")[:FEW])
    return AdministrationWork(
        rules_without_date=list(rules.exclude(HAS_DATE)),
        rules_not_opened=_one_of_a_kind(rules.filter(HAS_DATE).exclude(_is_opened(on.year))),
        units_without_reporter=unmanned.count() if len(first_units) == FEW else len(first_units),
        first_units=first_units,
        failed_mails=_failed_mails(administered),
        bouncing=_bouncing(administered),
        dead_messages=WebhookDelivery.objects.dead().filter(endpoint__org_unit__in=administered).count(),
    )


def _running_rules(administered: QuerySet[OrgUnit], *, on: datetime.date) -> QuerySet[DueRule]:
    """The due rules of the plans that are in force."""
    plan_runs = Q(duty__plan__year_to__isnull=True) | Q(duty__plan__year_to__gte=on.year)
    duty_runs = Q(duty__active_to__isnull=True) | Q(duty__active_to__gt=on)
    has_begun = Q(duty__active_from__isnull=True) | Q(duty__active_from__year__lte=on.year)
    rules = DueRule.objects.filter(plan_runs, duty_runs, has_begun, duty__plan__org_unit__in=administered)
    return (
        rules.exclude(duty__plan__status=Plan.Status.CLOSED)
        .select_related("duty__plan__document", "level", "unit")
        .order_by("duty__plan", "duty", "period_kind")
    )


def _one_of_a_kind(rules: QuerySet[DueRule]) -> list[DueRule]:
    """One rule for each duty and kind of period: a period is opened for all levels at once."""
    found: dict[tuple[int, str], DueRule] = {}
    for rule in rules:
        found.setdefault((rule.duty_id, rule.period_kind), rule)
    return list(found.values())


def _is_opened(year: int) -> Q:
    """Whether the expected reports of a rule's duty and kind of period exist for that year, a thematic one's at all;
    or whether they are not to be made in that year, being of a thematic report of another.
    """
    made = Obligation.objects.filter(duty=OuterRef("duty"), period__kind=OuterRef("period_kind"))
    elsewhen = Q(period_kind="once") & ~Q(duty__once_ends_on__year=year)
    return Q(Exists(made.filter(period__year=year))) | elsewhen


def _failed_mails(administered: QuerySet[OrgUnit]) -> int:
    theirs = RoleAssignment.objects.filter(org_unit__in=administered).values("user_id")
    return (
        Reminder.objects.failed().filter(obligation__org_unit__in=administered).count()
        + Notice.objects.failed().filter(event__report__obligation__org_unit__in=administered).count()
        + OfficialLetterNotice.objects.failed().filter(letter__org_unit__in=administered).count()
        + Invitation.objects.failed().filter(recipient__in=theirs).count()
    )


def _bouncing(administered: QuerySet[OrgUnit]) -> int:
    """How many people's addresses give letters back."""
    theirs = RoleAssignment.objects.filter(org_unit__in=administered).values("user_id")
    bounces = Bounce.objects.current().filter(user__in=theirs, user__is_active=True)
    return bounces.order_by().values("user").distinct().count()


def _report_of(obligation: Obligation) -> Report | None:
    return getattr(obligation, "report", None)


def _with_names(obligations: ObligationQuerySet) -> ObligationQuerySet:
    return obligations.select_related("org_unit", "duty", "period", "receiving_unit", "report").prefetch_related(
        "org_unit__placements", "receiving_unit__placements"
    )


def reports_with_names(reports: QuerySet[Report]) -> QuerySet[Report]:
    return reports.select_related(
        "obligation__org_unit", "obligation__duty", "obligation__period", "obligation__receiving_unit", "decided_by"
    ).prefetch_related("obligation__org_unit__placements", "obligation__receiving_unit__placements")


def _period_text(kind: str, year: int, title: str) -> str:
    return str(Period(kind=kind, year=year, title=title))
