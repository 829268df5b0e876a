"""The way of a programme from its directive through the plans of province and sector to the base."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import F

from orgunits.models import OrgUnit, Placement, User
from plans.models import Citation, Document, Plan, Programme
from plans.rights import registrar_check


@dataclass(frozen=True)
class UnitBelow:
    """A unit directly below an issuer, with its own plan under the programme where it has one."""

    place: Placement
    plan: Plan | None
    registrable: bool = False  # whether the reader may record its plan

    @property
    def issued(self) -> bool:
        return self.plan is not None and self.plan.status != Plan.Status.DRAFT


@dataclass(frozen=True)
class Below:
    """The units directly below an issuer on the day that counts for its plan."""

    units: list[UnitBelow]

    @property
    def total(self) -> int:
        return len(self.units)

    @property
    def issued(self) -> int:
        return sum(unit.issued for unit in self.units)

    @property
    def drafted(self) -> int:
        return sum(unit.plan is not None and not unit.issued for unit in self.units)

    @property
    def missing(self) -> int:
        return self.total - self.issued - self.drafted


@dataclass
class Step:
    """One document of the cascade. ``plan`` only where the reader may open it."""

    document: Document
    plan: Plan | None = None
    below: Below | None = None  # None where the reader has no say about the units below
    unstated: bool = False  # the document does not say what it carries out
    children: list["Step"] = field(default_factory=list)


def cascade(programme: Programme, *, user: User, on: datetime.date) -> list[Step]:
    """The documents of a programme as a tree, as far as the user may see the plans in it.

    1. The plans that the user may read, the documents that they carry out, up to the root, and their legal basis.
    2. A document hangs below the one that it carries out; where that is not known, below the root.
    3. A plan of a unit that is listed under the plan above it, and has nothing below it, is not repeated as a step.
    """
    plans = {
        plan.document_id: plan
        for plan in Plan.objects.visible_to(user, on)
        .filter(programme=programme)
        .select_related("document", "org_unit")
        .prefetch_related("org_unit__placements")
        .order_by("pk")
    }
    documents = _documents(programme, [plan.document for plan in plans.values()])
    below = _below(list(plans.values()), user=user, on=on)
    steps = {
        pk: Step(document, plans.get(pk), below.get(plans[pk].pk) if pk in plans else None)
        for pk, document in documents.items()
    }
    return _tree(steps, programme.root_document_id)


def counted_on(plan: Plan, *, on: datetime.date) -> datetime.date:
    """The day whose hierarchy counts: today, or the last day of a plan whose years are over."""
    return min(on, datetime.date(plan.year_to, 12, 31)) if plan.year_to else on


def plan_above(unit: OrgUnit, programme: Programme, *, on: datetime.date) -> Plan | None:
    """The latest plan under the programme of the unit directly above: the one that a new plan carries out."""
    place = unit.placement_on(on)
    if place is None or place.parent_id is None:
        return None
    plans = Plan.objects.filter(programme=programme, org_unit=place.parent_id).select_related("document")
    return plans.order_by("-pk").first()


def below_plan(plan: Plan, *, user: User, on: datetime.date) -> Below | None:
    """The units directly below the issuer of one plan, or None where the user has no say about them."""
    return _below([plan], user=user, on=on).get(plan.pk)


def _documents(programme: Programme, planned: Iterable[Document]) -> dict[int, Document]:
    found = {document.pk: document for document in planned}
    cited = Citation.objects.filter(
        document__in=list(found), relation=Citation.Relation.BASIS, cited__programme=programme
    )
    wanted = {
        programme.root_document_id,
        *cited.values_list("cited_id", flat=True),
        *(document.derives_from_id for document in found.values()),
    }
    while wanted := {pk for pk in wanted if pk and pk not in found}:
        batch = Document.objects.in_bulk(list(wanted))
        found |= batch
        wanted = {document.derives_from_id for document in batch.values()}
    return found


def _below(plans: list[Plan], *, user: User, on: datetime.date) -> dict[int, Below]:
    issuers = [plan.org_unit_id for plan in plans]
    own = set(OrgUnit.objects.visible_to(user, on).filter(pk__in=issuers).values_list("pk", flat=True))
    counted = [plan for plan in plans if plan.org_unit_id in own]
    days: dict[datetime.date, list[Plan]] = {}
    for plan in counted:
        days.setdefault(counted_on(plan, on=on), []).append(plan)
    check = registrar_check(user, on=on)
    found: dict[int, Below] = {}
    for day, group in days.items():
        found |= _below_on(day, group, check)
    return found


def _below_on(day: datetime.date, plans: list[Plan], check: Callable[[Placement], bool]) -> dict[int, Below]:
    places: dict[int, list[Placement]] = {}
    children = Placement.objects.as_of(day).filter(parent__in=[plan.org_unit_id for plan in plans])
    for place in children.order_by("sort_name", "pk"):
        places.setdefault(place.parent_id or 0, []).append(place)
    own = Plan.objects.filter(
        programme__in={plan.programme_id for plan in plans},
        org_unit__in=[place.org_unit_id for group in places.values() for place in group],
    )
    # A later plan of the same unit replaces an earlier one, an issued one a draft. What has no date yet is the latest;
    # it is said here, because the two databases put what is missing at different ends.
    by_year, by_day = (F(f"document__{name}").asc(nulls_last=True) for name in ("issued_year", "issued_on"))
    own = own.select_related("document").order_by(by_year, by_day, "pk")
    by_unit: dict[tuple[int, int], Plan] = {}
    for plan in sorted(own, key=lambda plan: plan.status != Plan.Status.DRAFT):
        by_unit[plan.org_unit_id, plan.programme_id] = plan
    return {
        plan.pk: Below(
            [
                UnitBelow(place, by_unit.get((place.org_unit_id, plan.programme_id)), check(place))
                for place in places.get(plan.org_unit_id, [])
            ]
        )
        for plan in plans
    }


def _tree(steps: dict[int, Step], root_pk: int | None) -> list[Step]:
    roots: list[Step] = []
    for step in sorted(steps.values(), key=_reading_order):
        parent = steps.get(step.document.derives_from_id or 0)
        if parent is None and step.document.pk != root_pk:
            step.unstated = True
            parent = steps.get(root_pk or 0)
        (parent.children if parent else roots).append(step)
    _drop_listed(roots)
    return roots


def _drop_listed(steps: list[Step]) -> None:
    for step in steps:
        _drop_listed(step.children)
        listed = {unit.plan.pk for unit in step.below.units if unit.plan} if step.below else set()
        step.children = [
            child
            for child in step.children
            if child.children or (child.below and child.below.total) or not child.plan or child.plan.pk not in listed
        ]


def _reading_order(step: Step) -> tuple[datetime.date, int]:
    return step.document.issued_on or datetime.date(step.document.issued_year or 9999, 12, 31), step.document.pk
