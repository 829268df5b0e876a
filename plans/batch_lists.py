"""What can be printed together of plans and of a register: the lists behind the pages that offer it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from orgunits.models import OrgUnit, Placement, User
from orgunits.models.units import AFTER_DIGITS, SEGMENT_WIDTH
from orgunits.requests import typed_key
from orgunits.tree_order import TreeOrder
from plans.batches import Listing, Wanted
from plans.models import OutgoingDocument, Plan, Programme
from plans.register_list import RegisterFilter


@dataclass(frozen=True)
class Branch:
    """A unit with units below it; ``depth`` below the topmost one that is offered."""

    pk: int
    path: str
    name: str
    depth: int = 0

    @property
    def label(self) -> str:
        return f"{'— ' * self.depth}{self.name}"

    def holds(self, path: str) -> bool:
        return self.path <= path < self.path + AFTER_DIGITS


def with_depths(branches: list[Branch]) -> list[Branch]:
    """The branches with their depths below the highest of them."""
    top = min((len(branch.path) for branch in branches), default=0)
    steps = [(len(branch.path) - top) // SEGMENT_WIDTH for branch in branches]
    return [Branch(each.pk, each.path, each.name, step) for each, step in zip(branches, steps, strict=True)]


def any_branch(user: User, *, on: datetime.date) -> bool:
    """Whether there is a unit with units below it whose plans the person may print together."""
    return Placement.objects.as_of(on).filter(parent__in=OrgUnit.objects.visible_to(user, on)).exists()


class ProgrammePlans:
    """The plans of a programme in one branch, for a person who may read the units of that branch."""

    def __init__(self, programme: Programme, asked: Mapping[str, str], *, by: User, on: datetime.date) -> None:
        self.programme = programme
        self.by = by
        self.on = on
        self.with_drafts = asked.get("du-thao") == "co"
        wanted = typed_key(asked.get("don-vi"))
        self.branch = next((each for each in self.branches if each.pk == wanted), next(iter(self.branches), None))

    @cached_property
    def _places(self) -> list[tuple[int, str, int | None]]:
        """The places of all units in the person's scope, in the order of the tree."""
        scope = OrgUnit.objects.visible_to(self.by, self.on)
        places = Placement.objects.as_of(self.on).filter(org_unit__in=scope)
        return sorted(
            places.order_by().values_list("org_unit_id", "path", "parent_id"), key=lambda row: self._order.key(row[1])
        )

    @cached_property
    def _order(self) -> TreeOrder:
        scope = OrgUnit.objects.visible_to(self.by, self.on)
        places = Placement.objects.as_of(self.on).filter(org_unit__in=scope)
        return TreeOrder(places.order_by().values_list("path", flat=True))

    @cached_property
    def branches(self) -> list[Branch]:
        """The units with units below them."""
        parents = {parent for _, _, parent in self._places}
        found = [Branch(pk, path, self._order.name(pk)) for pk, path, _ in self._places if pk in parents]
        return with_depths(found)

    def listing(self) -> Listing:
        """The plans in the order of the tree, and the units that have none."""
        branch = self.branch or Branch(0, "", "")
        inside = [pk for pk, path, _ in self._places if branch.holds(path)]
        plans = Plan.objects.visible_to(self.by, self.on).filter(programme=self.programme).select_related("document")
        by_unit: dict[int, list[Plan]] = {}
        drafting: set[int] = set()
        for plan in plans.order_by("document__issued_year", "document__issued_on", "pk"):
            if self.with_drafts or plan.status != Plan.Status.DRAFT:
                by_unit.setdefault(plan.org_unit_id, []).append(plan)
            else:
                drafting.add(plan.org_unit_id)
        wanted = [Wanted(plan.pk, self._order.name(pk), str(plan)) for pk in inside for plan in by_unit.get(pk, [])]
        absent = [
            (self._order.name(pk), "Kế hoạch còn là dự thảo" if pk in drafting else "Chưa có kế hoạch")
            for pk in inside
            if pk not in by_unit
        ]
        drafts = ", cả dự thảo" if self.with_drafts else ""
        title = f"Các kế hoạch thực hiện {self.programme.short_name}{drafts} · {branch.name}"
        unit = OrgUnit.objects.get(pk=branch.pk)
        return Listing("plans", title, unit, wanted, absent)


def issued_documents(chosen: RegisterFilter) -> Listing:
    """The issued documents that the register's page shows, in the order of their numbers."""
    name = str(chosen.unit)
    issued = [row for row in chosen.rows() if row.status == OutgoingDocument.Status.ISSUED]
    wanted = [Wanted(row.pk, f"{row.number} {name}", f"{row} {row.subject}") for row in issued]
    narrowed = " · ".join(filter(None, [chosen.span_words, chosen.kind_words, chosen.words]))
    title = " · ".join(filter(None, ["Văn bản đi", narrowed, name]))
    return Listing("issued", title, chosen.unit, wanted)
