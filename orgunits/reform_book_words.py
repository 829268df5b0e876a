"""Says what a reform would do: one line for each act, before and after."""

from orgunits.reform_book_rows import ACTS, Act, New, ReformPlan, Standing, Unit


class ReformWords:
    def __init__(self, plan: ReformPlan, units: dict[int, Standing]) -> None:
        self.plan, self.units = plan, units
        self.new: dict[str, New] = {}

    def tell(self) -> None:
        """Fill in the changes and the counts of the plan."""
        plan = self.plan
        for new in plan.new:
            self._line(Act.ESTABLISH, new.code, "", f"{new.name}, {self.under(new.parent)}")
        for change in plan.moved:
            unit, before = change.unit, f"{change.unit.name} ({change.unit.code})"
            if [change.name, change.level, change.code] != [None] * 3:
                level = f", {change.level.name}" if change.level else ""
                after = f"{change.name or unit.name} ({change.code or unit.code}){level}"
                self._line(Act.RENAME, unit.code, before, after)
            if change.moves:
                self._line(Act.MOVE, unit.code, f"{before}, {self.under(unit.parent_id)}", self.under(change.parent))
        for merger in plan.mergers:
            before = "; ".join(f"{unit.name} ({unit.code})" for unit in merger.origins)
            self._line(Act.MERGE, self.code(merger.target), before, self.name(merger.target))
        for parting in plan.partings:
            shares = [f"{self.name(each)}{share_words(share)}" for each, share in parting.shares.items()]
            shares += [f"{parting.unit.name} (còn lại){share_words(parting.kept_share)}"] if parting.goes_on else []
            before = f"{parting.unit.name} ({parting.unit.code})"
            self._line(Act.SPLIT, parting.unit.code, before, "; ".join(shares))
        for back in plan.back:
            before = f"{back.unit.name} ({back.unit.code}), kết thúc từ {back.ended_on:%d/%m/%Y}"
            self._line(Act.RESTORE, back.unit.code, before, f"hoạt động lại, {self.under(back.parent)}")
        for _, unit in plan.ended:
            self._line(Act.DISSOLVE, unit.code, f"{unit.name} ({unit.code})", "không còn hoạt động")

    def name(self, unit: Unit) -> str:
        if isinstance(unit, int):
            found = self.units.get(unit)
            return found.name if found else ""
        return self.new[unit].name if unit in self.new else unit

    def code(self, unit: Unit) -> str:
        return unit if isinstance(unit, str) else self.units[unit].code

    def under(self, unit: Unit | None) -> str:
        return f"trực thuộc {self.name(unit)}" if unit is not None else "đứng đầu hệ thống"

    def _line(self, kind: str, code: str, before: str, after: str) -> None:
        self.plan.count(kind)
        self.plan.changes.append([ACTS[kind], code, before, after])


def share_words(share: int | None) -> str:
    return "" if share is None else f" [{share}]"
