"""What narrows the register of activities; read from the address of the page."""

from collections.abc import Mapping

from django.db.models import QuerySet

from orgunits.models import OrgUnit
from orgunits.requests import typed_key
from plans.models import Task
from reports.activity_forms import task_label
from reports.models import Activity, Occasion

Options = list[tuple[str, str]]


class ActivityFilter:
    """Unit, year, occasion and task; offered is only what is there, and what cannot be read narrows nothing."""

    def __init__(self, asked: Mapping[str, str], *, visible: QuerySet[Activity]) -> None:
        units = OrgUnit.objects.filter(pk__in=visible.order_by().values("org_unit_id")).prefetch_related("placements")
        named = sorted(units, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")
        self.units: Options = [(str(unit.pk), str(unit)) for unit in named]
        self.years: Options = [(str(day.year), str(day.year)) for day in visible.dates("held_on", "year", order="DESC")]
        held = set(visible.order_by().values_list("occasion", flat=True).distinct())
        self.occasions: Options = [(code, str(label)) for code, label in Occasion.choices if code in held]
        tasks = Task.objects.filter(pk__in=visible.order_by().values("task_id"))
        ordered = tasks.select_related("section", "plan__document").order_by("plan", "order", "pk")
        self.tasks: Options = [(str(task.pk), task_label(task)) for task in ordered]
        self.unit = chosen(asked, "don_vi", self.units)
        self.year = chosen(asked, "nam", self.years)
        self.occasion = chosen(asked, "dip", self.occasions)
        self.task = chosen(asked, "nhiem_vu", self.tasks)
        self.found = self._narrow(visible)

    @property
    def fields(self) -> list[tuple[str, str, str, Options, str]]:
        """Name, label, words for no choice, options and what is chosen, for each select that has a choice to offer."""
        every = [
            ("don_vi", "Đơn vị", "Tất cả đơn vị", self.units, self.unit, 2),
            ("nam", "Năm", "Tất cả các năm", self.years, self.year, 1),
            ("dip", "Dịp", "Mọi dịp", self.occasions, self.occasion, 1),
            ("nhiem_vu", "Nhiệm vụ", "Mọi nhiệm vụ", self.tasks, self.task, 1),
        ]
        return [(*row[:3], row[3], row[4]) for row in every if len(row[3]) >= row[5]]

    @property
    def is_narrowed(self) -> bool:
        return any((self.unit, self.year, self.occasion, self.task))

    @property
    def has_many_units(self) -> bool:
        return len(self.units) > 1

    def _narrow(self, visible: QuerySet[Activity]) -> QuerySet[Activity]:
        found = visible.filter(org_unit=typed_key(self.unit)) if self.unit else visible
        found = found.filter(held_on__year=int(self.year)) if self.year else found
        found = found.filter(occasion=self.occasion) if self.occasion else found
        return found.filter(task=typed_key(self.task)) if self.task else found


def chosen(asked: Mapping[str, str], name: str, options: Options) -> str:
    """What the address names, if it is one of the options; else nothing."""
    wished = asked.get(name, "")
    return wished if any(wished == value for value, _ in options) else ""
