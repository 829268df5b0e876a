"""The reports below that do not count, by name and state: whoever reads a sum must see whom it lacks."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from reports.below import NONE, WAIVED, Child
from reports.models import Obligation, Report
from reports.own_sums import batches

# In the order in which they are listed; the words are parts of a sentence.
STATES = {
    NONE: "chưa nộp",
    Report.Status.RETURNED: "bị trả lại, đang sửa",
    Report.Status.SUBMITTED: "chờ duyệt",
    WAIVED: "được miễn nộp",
}


@dataclass(frozen=True)
class Absent:
    """One unit whose report does not count."""

    obligation: int
    name: str
    state: str

    @property
    def words(self) -> str:
        return STATES.get(self.state, self.state)


def absent(children: dict[int, Child], *, on: datetime.date) -> list[Absent]:
    """The units whose report was not approved, by state and name; each is called as it was on that day."""
    lacking = {pk: child for pk, child in children.items() if child.revision is None}
    names = names_of(lacking, on=on)
    order = list(STATES)
    found = [
        (order.index(child.state) if child.state in order else len(order), *names[pk], pk, child.state)
        for pk, child in lacking.items()
    ]
    return [Absent(pk, name, state) for _, _, name, pk, state in sorted(found)]


def names_of(obligations: Iterable[int], *, on: datetime.date) -> dict[int, tuple[str, str]]:
    """How the unit of each obligation sorts and is called on that day."""
    names = {}
    for batch in batches(sorted(obligations)):
        rows = Obligation.objects.filter(pk__in=batch).select_related("org_unit")
        for row in rows.prefetch_related("org_unit__placements"):
            place = row.org_unit.placement_on(on) or row.org_unit.latest_placement
            names[row.pk] = (place.sort_name, place.name) if place else ("", row.org_unit.code)
    return names
