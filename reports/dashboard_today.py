"""What a dashboard in today's tree says beyond its sums: what ended, what nobody can allocate, when it was computed.

    theo tổ chức hiện nay + đơn vị đã kết thúc + không phân bổ được = theo tổ chức khi đó

holds over a whole tree; for one unit the three lines are what belongs to it today.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from orgunits.models import OrgUnit, Reorganisation, ReorganisationUnit, Succession, User
from orgunits.models.units import AFTER_DIGITS
from plans.models import ReportingDuty
from reports import restated
from reports.dashboard_figures import Counting, share_line, short_title, value_text, whole
from reports.form_fields import NUMBER_KINDS, SUM
from reports.models import FormItem, ItemKind, Obligation, Period, Restatement, Rollup
from reports.own_sums import COUNTS, Cells, Sums

Basis = Rollup.Basis
Act = Reorganisation.Act
UNITS_SHOWN: Final = 200
PREDECESSORS_SHOWN: Final = 20
OUTSIDE: Final = (Basis.ENDED, Basis.UNALLOCATED)


@dataclass(frozen=True)
class OutsideUnit:
    """A unit whose figures are in none of today's units, and the act by which."""

    name: str
    url: str
    act: str


@dataclass(frozen=True)
class OutsideLine:
    """One of the two named lines; without units there is nothing in it."""

    title: str
    explanation: str
    reports: str
    units: list[OutsideUnit] = field(default_factory=list)
    units_left_out: int = 0


@dataclass(frozen=True)
class ReconciliationRow:
    """One figure: in today's units, of each outside line, and together."""

    label: str
    unit: str
    values: list[tuple[str, str]]  # column, text


@dataclass(frozen=True)
class Today:
    """``is_stale``: something has changed since ``computed_at``, and the sums are being computed anew."""

    computed_at: datetime.datetime | None
    is_stale: bool
    lines: list[OutsideLine]
    columns: list[str]
    rows: list[ReconciliationRow]
    predecessors: list[str]
    predecessors_left_out: int


def today_of(row: Rollup, counting: Counting, items: Iterable[FormItem], *, user: User, on: datetime.date) -> Today:
    """For the row of a unit in today's tree, which need not be stored."""
    slot = {"duty": row.duty_id, "period": row.period_id}
    restatement = Restatement.objects.filter(**slot).first()
    duty = ReportingDuty.objects.select_related("plan__org_unit").get(pk=row.duty_id)
    outside = Rollup.objects.filter(**slot, basis__in=OUTSIDE)
    theirs = {found.basis: found for found in outside.filter(org_unit=row.org_unit_id)}
    shown = {basis: theirs.get(basis) for basis in OUTSIDE}
    # A unit that has ended hangs where restated.py put it.
    path = next((found.path for found in theirs.values()), row.path)
    by_basis: dict[str, list[Rollup]] = defaultdict(list)
    inside = outside.filter(path__gte=path, path__lt=path + AFTER_DIGITS) if theirs else outside.none()
    for found in inside.defer("subtree").order_by("path"):
        by_basis[found.basis].append(found)
    held = {basis: _holders(by_basis[basis]) for basis in OUTSIDE}
    named = _named([unit for units in held.values() for unit in units[:UNITS_SHOWN]], row.period, user=user, on=on)
    lines = [_line(basis, shown[basis], held[basis], named) for basis in OUTSIDE]
    sums = [_sums(row), *(_sums(each) for each in shown.values() if each)]
    columns = [Basis(basis).label for basis in (Basis.RESTATED, *(basis for basis in OUTSIDE if shown[basis]))]
    succeeded = _predecessors(row, user=user, on=on)
    together = Sums()
    for each in sums:
        together.add(each.figures, each.counts)
    return Today(
        computed_at=restatement.computed_at if restatement else None,
        is_stale=restated.is_stale(duty, row.period, restatement, on=on),
        lines=lines,
        columns=[*columns, "Cộng"],
        rows=_reconciled([*columns, "Cộng"], [*sums, together], counting, list(items)) if len(sums) > 1 else [],
        predecessors=succeeded[:PREDECESSORS_SHOWN],
        predecessors_left_out=max(0, len(succeeded) - PREDECESSORS_SHOWN),
    )


def _predecessors(row: Rollup, *, user: User, on: datetime.date) -> list[str]:
    """The units that the row's unit succeeds, with reports of their own for the period, in name order."""
    links = Succession.objects.filter(
        successor=row.org_unit_id, reorganisation__reversed_at__isnull=True, reorganisation__effective_on__lte=on
    )
    reporting = Obligation.objects.filter(duty=row.duty_id, period=row.period_id).values("org_unit_id")
    units = OrgUnit.objects.visible_to(user, on).filter(pk__in=links.values("predecessor_id")).filter(pk__in=reporting)
    named = [(unit.latest_placement, unit) for unit in units.prefetch_related("placements")]
    ordered = sorted(named, key=lambda pair: pair[0].sort_name if pair[0] else "")
    return [unit.name_on(row.period.ends_on) for _, unit in ordered]


def _sums(row: Rollup) -> Sums:
    return Sums(row.subtree, {name: getattr(row, name) for name in COUNTS})


def _holders(rows: Sequence[Rollup]) -> list[int]:
    """The units with something of their own: figures, or counts beyond the rows directly below."""
    below: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.parent_id:
            below[row.parent_id] += row.expected + row.waived
    return [row.org_unit_id for row in rows if row.own or row.expected + row.waived > below[row.org_unit_id]]


def _line(basis: str, row: Rollup | None, holders: list[int], named: dict[tuple[int, str], OutsideUnit]) -> OutsideLine:
    explanation = (
        "Đơn vị kết thúc hoạt động mà quyết định không nêu đơn vị kế thừa; số liệu không thuộc đơn vị nào hiện nay"
        if basis == Basis.ENDED
        else "Đơn vị được chia tách mà quyết định không nêu tỷ lệ phân chia; số liệu không chia cho đơn vị nào"
    )
    return OutsideLine(
        title=Basis(basis).label,
        explanation=explanation,
        reports=f"{whole(row.approved)}/{whole(row.expected)} đã duyệt" if row else "",
        units=[named[unit, basis] for unit in holders[:UNITS_SHOWN]],
        units_left_out=max(0, len(holders) - UNITS_SHOWN),
    )


def _named(units: list[int], period: Period, *, user: User, on: datetime.date) -> dict[tuple[int, str], OutsideUnit]:
    """The units with name and act; one outside the reader's scope without its name."""
    visible = {
        unit.pk: unit
        for unit in OrgUnit.objects.visible_to(user, on).filter(pk__in=units).prefetch_related("placements")
    }
    parts = ReorganisationUnit.objects.filter(
        org_unit__in=units, part=ReorganisationUnit.Part.ORIGIN, reorganisation__reversed_at__isnull=True,
        reorganisation__effective_on__lte=on, reorganisation__act__in=[Act.MERGE, Act.SPLIT, Act.DISSOLVE],
    ).select_related("reorganisation").order_by("reorganisation__effective_on", "reorganisation_id")  # fmt: skip
    acts: dict[int, list[Reorganisation]] = defaultdict(list)
    for part in parts:
        acts[part.org_unit_id].append(part.reorganisation)
    found = {}
    for pk in units:
        unit = visible.get(pk)
        name = unit.name_on(period.ends_on) if unit else "Đơn vị ngoài phạm vi được xem"
        url = unit.get_absolute_url() if unit else ""
        found[pk, str(Basis.ENDED)] = OutsideUnit(name, url, _act_words(acts[pk][-1:]))
        # A unit that goes on and was split more than once: the first act after the period.
        later = [act for act in acts[pk] if act.act != Act.DISSOLVE and act.effective_on > period.ends_on]
        found[pk, str(Basis.UNALLOCATED)] = OutsideUnit(name, url, _act_words(later[:1] or acts[pk][-1:]))
    return found


def _act_words(acts: list[Reorganisation]) -> str:
    """Empty for a unit of which no act tells how it ended."""
    if not acts:
        return ""
    act = acts[0]
    words = f"{act.get_act_display()} từ ngày {act.effective_on:%d/%m/%Y}"
    return f"{words} ({act.legal_basis})" if act.legal_basis else words


# --- that nothing is lost -----------------------------------------------------------------------------------------


def _reconciled(
    columns: list[str], sums: list[Sums], counting: Counting, items: list[FormItem]
) -> list[ReconciliationRow]:
    """What is filed, then each figure, over all columns; the last column is the sum of the others."""
    counts = [f"{whole(each.counts['approved'])}/{whole(each.counts['expected'])}" for each in sums]
    rows = [_row("Báo cáo đã duyệt/phải nộp", "báo cáo", columns, counts)]
    for item in items:
        cells = [counting.of_item(each.figures, item.code) for each in sums]
        if item.kind == ItemKind.SHARE:
            rows.append(_row(short_title(item), item.unit_of_count, columns, [_share_text(found) for found in cells]))
        elif item.kind in NUMBER_KINDS:
            unit = "đồng" if item.kind == ItemKind.MONEY else item.unit_of_count
            rows.append(_row(item.label, unit, columns, [value_text(found, SUM) for found in cells]))
    return rows


def _row(label: str, unit: str, columns: list[str], texts: list[str]) -> ReconciliationRow:
    return ReconciliationRow(label, unit, list(zip(columns, texts, strict=True)))


def _share_text(cells: Cells | None) -> str:
    line = share_line(cells, None)
    return line.state or f"{line.fraction} ({line.percent})"
