"""What narrows the register of models, and how each stands now."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from orgunits.models import OrgUnit
from orgunits.requests import typed_key
from reports import care_models
from reports.activity_filters import Options, chosen
from reports.models import CareModel, CareModelStep

Kind = CareModelStep.Kind
NOT_NOTED = "chua-ghi"


@dataclass(frozen=True)
class ModelRow:
    """One model in the list: its latest step as a badge, and the day of it."""

    model: CareModel
    state: str
    state_kind: str
    noted_on: datetime.date | None


class CareModelFilter:
    """Unit, year in which something was noted, and how the model stands now; what cannot be read narrows nothing."""

    def __init__(self, asked: Mapping[str, str], *, visible: QuerySet[CareModel]) -> None:
        units = OrgUnit.objects.filter(pk__in=visible.order_by().values("org_unit_id")).prefetch_related("placements")
        named = sorted(units, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")
        self.units: Options = [(str(unit.pk), str(unit)) for unit in named]
        self.steps = CareModelStep.objects.filter(model__in=visible)
        years = self.steps.dates("noted_on", "year", order="DESC")
        self.years: Options = [(str(day.year), str(day.year)) for day in years]
        self.states: Options = [*Kind.choices, (NOT_NOTED, "Chưa ghi nhận")]
        self.unit = chosen(asked, "don_vi", self.units)
        self.year = chosen(asked, "nam", self.years)
        self.state = chosen(asked, "trang_thai", self.states)
        self.found = self._narrow(visible)

    @property
    def fields(self) -> list[tuple[str, str, str, Options, str]]:
        """Name, label, words for no choice, options and what is chosen, for each select that has a choice to offer."""
        every = [
            ("don_vi", "Đơn vị", "Tất cả đơn vị", self.units, self.unit),
            ("nam", "Năm có ghi nhận", "Tất cả các năm", self.years, self.year),
            ("trang_thai", "Hiện nay", "Mọi tình trạng", self.states if self.units else [], self.state),
        ]
        return [row for row in every if len(row[3]) >= (2 if row[0] == "don_vi" else 1)]

    @property
    def is_narrowed(self) -> bool:
        return any((self.unit, self.year, self.state))

    @property
    def has_many_units(self) -> bool:
        return len(self.units) > 1

    @property
    def total_words(self) -> str:
        """What was noted of the models that are shown, in the chosen year or ever."""
        steps = CareModelStep.objects.filter(model__in=self.found.order_by().values("pk"))
        if self.year:
            steps = steps.filter(noted_on__year=int(self.year))
        of_model: dict[int, list[tuple[str, int | None]]] = {}
        for model, kind, places in steps.order_by("pk").values_list("model_id", "kind", "places"):
            of_model.setdefault(model, []).append((kind, places))
        return care_models.totals_words(care_models.totals_of(of_model.values()))

    def _narrow(self, visible: QuerySet[CareModel]) -> QuerySet[CareModel]:
        found: Any = with_state(visible)
        found = found.filter(org_unit=typed_key(self.unit)) if self.unit else found
        if self.year:
            noted = self.steps.filter(noted_on__year=int(self.year))
            found = found.filter(pk__in=noted.order_by().values("model_id"))
        if self.state == NOT_NOTED:
            found = found.filter(last_kind__isnull=True)
        elif self.state:
            found = found.filter(last_kind=self.state)
        narrowed: QuerySet[CareModel] = found
        return narrowed


def with_state(models: QuerySet[CareModel]) -> QuerySet[CareModel]:
    """Annotates ``last_kind`` and ``last_noted_on`` of the latest step; None where nothing is noted."""
    steps = CareModelStep.objects.filter(model=OuterRef("pk")).order_by("-noted_on", "-pk")
    return models.annotate(
        last_kind=Subquery(steps.values("kind")[:1]), last_noted_on=Subquery(steps.values("noted_on")[:1])
    )


def row_of(model: CareModel) -> ModelRow:
    """A model of ``with_state`` as the list shows it."""
    kind: str | None = getattr(model, "last_kind", None)
    if kind is None:
        return ModelRow(model, "Chưa ghi nhận", "warn", None)
    found = Kind(kind)
    return ModelRow(model, str(found.label), care_models.STATE_KINDS[found], getattr(model, "last_noted_on", None))
