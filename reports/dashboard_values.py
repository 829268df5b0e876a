"""What a dashboard says of counts, amounts, the registers of activities and models, and answers to questions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reports.dashboard_figures import (
    ACTIVITY_LABELS,
    MODEL_LABELS,
    SOURCE_LABELS,
    coverage,
    value_text,
    whole,
)
from reports.form_fields import CHOICE_KINDS, NUMBER_KINDS, SUM, YES_OR_NO
from reports.models import FormItem, ItemKind
from reports.own_sums import ACTIVITIES, MODELS, Cells

PERIODS_SHOWN = 4  # columns of the table of counts
UNPARTED = "Chưa phân tổ"  # from reports that gave the sum alone
RARE = ("started", "ended")  # of models: a row only where there was one; the plans ask for what lies between
Sums = dict[str, Cells]  # item code → cell → sum


@dataclass(frozen=True)
class Value:
    """A sum as text, or why there is none."""

    period: str
    text: str
    is_missing: bool


@dataclass(frozen=True)
class ValueRow:
    """One count or amount: own, and of the subtree in each shown period, the last one being the chosen period.

    A part is a group of the row above, or a source of its money.
    """

    label: str
    unit: str
    own: Value
    values: list[Value]
    coverage: str
    is_part: bool = False


@dataclass
class ValueTable:
    periods: list[str]
    rows: list[ValueRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    """One row to fill: where its sums are found."""

    code: str
    cell: str
    label: str
    unit: str
    is_part: bool = False


def value_table(items: Iterable[FormItem], own: Sums, history: Sequence[tuple[str, Sums]]) -> ValueTable:
    """Sums over the subtree, period beside period; halves and years are never in one table."""
    shown = history[-PERIODS_SHOWN:]
    every = [sums for _, sums in shown]
    table = ValueTable([label for label, _ in shown])
    for row in [*_numbers(items, every), *_registers(every)]:
        values = [_value(period, _with_rest(sums.get(row.code)), row.cell) for period, sums in shown]
        source = "" if row.is_part or not shown else coverage(shown[-1][1].get(row.code))
        mine = _value("", _with_rest(own.get(row.code)), row.cell)
        table.rows.append(ValueRow(row.label, row.unit, mine, values, source, row.is_part))
    return table


def _numbers(items: Iterable[FormItem], shown: list[Sums]) -> Iterator[_Asked]:
    for item in items:
        if item.kind in NUMBER_KINDS:
            unit = "đồng" if item.kind == ItemKind.MONEY else item.unit_of_count
            yield _Asked(item.code, SUM, item.label, unit)
            yield from (_Asked(item.code, cell, name, unit, is_part=True) for cell, name in _groups(item, shown))


def _groups(item: FormItem, shown: list[Sums]) -> list[tuple[str, str]]:
    """The groups that were ever answered, by cell, and the rest that was given without a group."""
    found = [_with_rest(sums.get(item.code)) for sums in shown]
    named = {f"{group['code']}.{SUM}": group["name"] for group in item.groups} | {_REST: UNPARTED}
    answered = dict.fromkeys(cell for cells in found for cell in cells or {} if cell.endswith(f".{SUM}"))
    known = [cell for cell in named if cell in answered]
    return [(cell, named.get(cell, cell.removesuffix(f".{SUM}"))) for cell in dict.fromkeys([*known, *answered])]


_REST = f"@rest.{SUM}"


def _with_rest(cells: Cells | None) -> Cells | None:
    """With what the sum holds beyond its groups; none where there are no groups at all."""
    parts = [value for cell, value in (cells or {}).items() if cell.endswith(f".{SUM}")]
    if not cells or not parts or cells.get(SUM, 0) <= sum(parts):
        return cells
    return cells | {_REST: cells[SUM] - sum(parts)}


def _registers(shown: list[Sums]) -> Iterator[_Asked]:
    if any(ACTIVITIES in sums for sums in shown):
        yield from (_Asked(ACTIVITIES, cell, *words) for cell, words in ACTIVITY_LABELS.items())
        given = {cell for sums in shown for cell in sums.get(ACTIVITIES, {})}
        yield from (
            _Asked(ACTIVITIES, cell, *words, is_part=True) for cell, words in SOURCE_LABELS.items() if cell in given
        )
    noted = [sums[MODELS] for sums in shown if MODELS in sums]
    for cell, words in MODEL_LABELS.items():
        if noted and (cell not in RARE or any(cells.get(cell) for cells in noted)):
            yield _Asked(MODELS, cell, *words, is_part=cell != "n")


def _value(period: str, cells: Cells | None, cell: str) -> Value:
    return Value(period, value_text(cells, cell), is_missing=not (cells and cell in cells))


# --- answers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AnswerLine:
    """How many units gave which answer: "Có: 12 đơn vị"; ``own`` is the unit's own."""

    label: str
    answers: list[tuple[str, str]]
    own: str
    coverage: str


def answer_lines(items: Iterable[FormItem], own: Sums, subtree: Sums) -> list[AnswerLine]:
    """The yes-or-no and the choices; an answer that nobody gave stands with 0."""
    lines = []
    for item in items:
        if item.kind in CHOICE_KINDS:
            cells, mine = subtree.get(item.code), own.get(item.code) or {}
            named = _answers(item, cells or {})
            counts = [(name, whole((cells or {}).get(f"{code}.c", 0))) for code, name in named.items()]
            chosen = [name for code, name in named.items() if mine.get(f"{code}.c")]
            lines.append(AnswerLine(item.label, counts if cells else [], ", ".join(chosen), _answered_by(cells)))
    return lines


def _answers(item: FormItem, cells: Cells) -> dict[str, str]:
    named = dict(YES_OR_NO) if item.kind == ItemKind.YES_NO else {row["code"]: row["name"] for row in item.choices}
    given = [cell.removesuffix(".c") for cell in cells if cell.endswith(".c")]
    return named | {code: code for code in given if code not in named}


def _answered_by(cells: Cells | None) -> str:
    return f"{whole(cells.get('units', 0))} đơn vị trả lời" if cells else "Chưa có báo cáo nào được tính trả lời"
