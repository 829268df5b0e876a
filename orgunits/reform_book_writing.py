"""Writes a checked reform: all its acts in one order, in the transaction in which it was checked."""

from collections.abc import Callable
from functools import partial
from typing import Final

from django.core.exceptions import ValidationError

from orgunits import audit, new_units, reform_following, reorganisation
from orgunits.models import OrgUnit, Reform, WorkbookImport
from orgunits.placing import batches
from orgunits.reform_book_rows import Change, Merger, New, Parting, ReformPlan, Return, Standing, Unit
from orgunits.workbook_plan import Rejected
from orgunits.workbook_table import Row, error

WHOLE_FROM: Final = 200  # acts from which it is quicker to read the whole tree at once
SHEET: Final = "Sắp xếp"


def carry_out(plan: ReformPlan, sent: WorkbookImport) -> Reform:
    """Raises Rejected with what the acts themselves refused."""
    if sent.effective_on is None:
        raise ValueError("A reform has a day.")
    by = sent.uploaded_by
    reform = Reform.objects.create(
        sector=sent.sector, name=sent.name, effective_on=sent.effective_on, legal_basis=sent.legal_basis, recorded_by=by
    )
    acts = len(plan.changes)
    order = reorganisation.Order(
        sent.sector, on=sent.effective_on, by=by, legal_basis=sent.legal_basis, reform=reform, whole=acts >= WHOLE_FROM
    )
    _Writing(plan, order).run()
    WorkbookImport.objects.filter(pk=sent.pk).update(reform=reform)
    reform_following.keep(reform, sent.follow_rule)
    told = reform_following.told(sent.follow_rule)
    audit.record("reform.record", reform, by=by, file=sent.original_name, count=acts, follow_up=told)
    return reform


class _Writing:
    def __init__(self, plan: ReformPlan, order: reorganisation.Order) -> None:
        self.plan, self.order = plan, order
        self.usual_basis = order.legal_basis
        self.errors: list[dict[str, str]] = []
        self.units: dict[int, OrgUnit] = {}
        self.new: dict[str, OrgUnit] = {}

    def run(self) -> None:
        """First what begins, then what moves, then what ends, the deepest first."""
        plan = self.plan
        try:
            self.new = new_units.store(self.order.sector, {new.code: {} for new in plan.new}, on=self.order.on)
            self._load()
            for new in plan.new:
                self._do(new.row, partial(self._establish, new))
            for back in plan.back:
                self._do(back.row, partial(self._restore, back))
            for change in plan.moved:
                self._do(change.row, partial(self._change, change))
            for _, row, act in sorted(self._ends(), key=lambda end: -end[0]):
                self._do(row, act)
            if not self.errors:
                self.order.write()
        except ValidationError as refused:
            self.errors += [error(SHEET, "", text) for text in refused.messages]
        if self.errors:
            raise Rejected(self.errors)

    def _load(self) -> None:
        plan = self.plan
        known: list[Unit | None] = [new.parent for new in plan.new]
        known += [unit for back in plan.back for unit in (back.unit.pk, back.parent)]
        known += [unit for change in plan.moved for unit in (change.unit.pk, change.parent)]
        known += [unit.pk for _, unit in plan.ended]
        known += [unit for parting in plan.partings for unit in (parting.unit.pk, *parting.shares)]
        known += [merger.target for merger in plan.mergers]
        known += [unit.pk for merger in plan.mergers for unit in merger.origins]
        for pks in batches(sorted({pk for pk in known if isinstance(pk, int)})):
            self.units |= OrgUnit.objects.in_bulk(pks)

    def _do(self, row: Row, act: Callable[[], object]) -> None:
        self.order.legal_basis = row["legal_basis"] or self.usual_basis
        try:
            act()
        except ValidationError as refused:
            self.errors += [error(SHEET, f"A{row.number}", text) for text in refused.messages]

    def _establish(self, new: New) -> None:
        if new.level is None:
            raise ValidationError("Đơn vị mới phải có cấp.")
        self.order.establish(
            self.new[new.code], name=new.name, level=new.level, parent=self._unit(new.parent), code=new.code
        )

    def _restore(self, back: Return) -> None:
        self.order.restore(self.units[back.unit.pk], parent=self._unit(back.parent))

    def _change(self, change: Change) -> None:
        unit = self.units[change.unit.pk]
        if [change.name, change.level, change.code] != [None] * 3:
            self.order.change(unit, name=change.name, level=change.level, code=change.code)
        if change.moves:
            self.order.move(unit, parent=self._unit(change.parent))

    def _ends(self) -> list[tuple[int, Row, Callable[[], object]]]:
        """Depth, row and act of all that ends or gives a part away."""
        found: list[tuple[int, Row, Callable[[], object]]] = []
        for row, unit in self.plan.ended:
            found.append((len(unit.path), row, partial(self._end, unit)))
        for parting in self.plan.partings:
            found.append((len(parting.unit.path), parting.row, partial(self._part, parting)))
        for merger in self.plan.mergers:
            depth = max(len(unit.path) for unit in merger.origins)
            found.append((depth, merger.row, partial(self._merge, merger)))
        return found

    def _end(self, unit: Standing) -> None:
        self.order.end(self.units[unit.pk])

    def _part(self, parting: Parting) -> None:
        shares = {self._there(unit): share for unit, share in parting.shares.items()}
        unit = self.units[parting.unit.pk]
        self.order.split(unit, shares, goes_on=parting.goes_on, kept_share=parting.kept_share)

    def _merge(self, merger: Merger) -> None:
        target = self._there(merger.target)
        origins = [self.units[unit.pk] for unit in merger.origins]
        self.order.merge(origins, {target: None}, children_to=target)

    def _there(self, unit: Unit) -> OrgUnit:
        return self.units[unit] if isinstance(unit, int) else self.new[unit]

    def _unit(self, unit: Unit | None) -> OrgUnit | None:
        return None if unit is None else self._there(unit)
