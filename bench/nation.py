"""Made-up unions over the real divisions: nation → province → district → commune → base unit, as of 2010.

And 1/7/2025 over them, as acts of one order. Names are those of the divisions; the unions are made up.
"""

import datetime
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bench.deciding import Decisions, dealt, decide, shares, spread
from bench.divisions import Division, Divisions
from orgunits.models import Level, OrgUnit, Placement, Reform, ReorganisationUnit, User
from orgunits.reorganisation import Order, identity, ordered
from orgunits.vietnamese import sort_key, without_marks

SECTOR = "trade_union"
FOUNDED = datetime.date(2010, 1, 1)
DAY = datetime.date(2025, 7, 1)
BASIS = "Dữ liệu mẫu: sắp xếp ngày 1/7/2025"
BATCH = 2000
LEVELS = (
    ("toan-quoc", "Toàn quốc"), ("tinh", "Cấp tỉnh"), ("huyen", "Cấp huyện"), ("xa", "Cấp xã"), ("co-so", "Cơ sở"),
)  # fmt: skip


@dataclass
class Nation:
    """The units by kind and official code; base units by the code of the commune in which they were founded."""

    divisions: Divisions
    root: OrgUnit
    levels: dict[str, Level]
    provinces: dict[int, OrgUnit]
    districts: dict[int, OrgUnit]
    communes: dict[int, OrgUnit]
    base: dict[int, list[OrgUnit]] = field(default_factory=dict)

    @property
    def decisions(self) -> Decisions:
        return decide(self.divisions)


# --- before ------------------------------------------------------------------------------------------------------


def build(divisions: Divisions, base_units: int) -> Nation:
    """Write all units and their places, level by level."""
    levels = {
        code: Level.objects.create(sector=SECTOR, code=code, name=name, rank=rank)
        for rank, (code, name) in enumerate(LEVELS, start=1)
    }
    top: dict[int, tuple[OrgUnit, str]] = {}
    root = _write(levels["toan-quoc"], [(0, "00", "Cơ quan toàn quốc (Dữ liệu mẫu)", 0)], top)[0]
    places = {0: (root, root.segment)}
    made: dict[str, dict[int, OrgUnit]] = {}
    for kind, rows in (
        ("tinh", divisions.old_provinces), ("huyen", divisions.old_districts), ("xa", divisions.old_communes),
    ):  # fmt: skip
        lines = [(row.code, official(kind, row.code), f"Công đoàn {row.name}", row.above) for row in rows.values()]
        made[kind] = _write(levels[kind], lines, places)
        places = {code: (unit, f"{places[rows[code].above][1]}{unit.segment}") for code, unit in made[kind].items()}
    nation = Nation(divisions, root, levels, made["tinh"], made["huyen"], made["xa"])
    lines, owners = [], []
    for commune, count in spread(divisions, base_units).items():
        for number in range(1, count + 1):
            name = f"Công đoàn cơ sở số {number:03d}, {divisions.old_communes[commune].name}"
            lines.append((len(lines), f"CS{commune:05d}-{number:03d}", name, commune))
            owners.append(commune)
    for number, unit in _write(levels["co-so"], lines, places).items():
        nation.base.setdefault(owners[number], []).append(unit)
    return nation


def official(kind: str, code: int) -> str:
    """The code as it is written: two, three or five digits, so that no two levels share one."""
    return f"{code:0{ {'tinh': 2, 'huyen': 3, 'xa': 5}[kind] }d}"


def _write(
    level: Level, lines: list[tuple[int, str, str, int]], above: dict[int, tuple[OrgUnit, str]]
) -> dict[int, OrgUnit]:
    """Lines of key, code, name and key of the unit above; by key the unit."""
    units = [OrgUnit(sector=SECTOR, code=code, is_sample=True) for _, code, _, _ in lines]
    OrgUnit.objects.bulk_create(units, batch_size=BATCH)
    Placement.objects.bulk_create(_places(level, units, lines, above), batch_size=BATCH)
    return {line[0]: unit for line, unit in zip(lines, units, strict=True)}


def _places(
    level: Level, units: list[OrgUnit], lines: list[tuple[int, str, str, int]], above: dict[int, tuple[OrgUnit, str]]
) -> Iterator[Placement]:
    for (_, code, name, key), unit in zip(lines, units, strict=True):
        parent, path = above.get(key, (None, ""))
        yield Placement(
            org_unit=unit, name=name, code=code, level=level, parent=parent, path=path + unit.segment,
            depth=level.rank - 1, valid_from=FOUNDED, search_name=without_marks(name), sort_name=sort_key(name),
        )  # fmt: skip


# --- 1/7/2025 ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Replayed:
    """What the reform was and how long it took, from its first statement to the end of the commit."""

    reform: Reform
    acts: int
    seconds: float
    provinces: dict[int, OrgUnit]
    communes: dict[int, OrgUnit]


def replay(nation: Nation, *, by: User) -> Replayed:
    """All acts of the day in one transaction."""
    decisions = nation.decisions
    started = time.perf_counter()
    with ordered(SECTOR, on=DAY, by=by, legal_basis=BASIS, whole=True) as order:
        order.reform = Reform.objects.create(
            sector=SECTOR, name=BASIS, legal_basis=BASIS, effective_on=DAY, recorded_by=by
        )
        provinces, communes = _new_units(nation, decisions)
        _provinces(order, nation, decisions, provinces)
        _communes(order, nation, decisions, provinces, communes)
        _split_communes(order, nation, decisions, communes)
        for district in nation.districts.values():
            order.end(district)
        _merge_provinces(order, nation, decisions, provinces)
    return Replayed(order.reform, len(order.acts), time.perf_counter() - started, provinces, communes)


def _new_units(nation: Nation, decisions: Decisions) -> tuple[dict[int, OrgUnit], dict[int, OrgUnit]]:
    """By new code the unit: the one that goes on, or a new row; our own code gets the year where it was used."""
    provinces = {new: nation.provinces[old] for new, old in decisions.provinces_stay.items()}
    communes = {new: nation.communes[old] for new, old in decisions.communes_stay.items()}
    used = set(OrgUnit.objects.filter(sector=SECTOR).values_list("code", flat=True))
    for kind, wanted, units in (
        ("tinh", nation.divisions.new_provinces, provinces), ("xa", nation.divisions.new_communes, communes),
    ):  # fmt: skip
        missing = [code for code in wanted if code not in units]
        rows = [OrgUnit(sector=SECTOR, code=_free(official(kind, code), used), is_sample=True) for code in missing]
        units |= dict(zip(missing, OrgUnit.objects.bulk_create(rows, batch_size=BATCH), strict=True))
    return provinces, communes


def _free(code: str, used: set[str]) -> str:
    return identity(code, on=DAY) if code in used else code


def _provinces(order: Order, nation: Nation, decisions: Decisions, provinces: dict[int, OrgUnit]) -> None:
    for code, row in nation.divisions.new_provinces.items():
        if code in decisions.provinces_stay:
            _rename(order, provinces[code], nation.divisions.old_provinces[decisions.provinces_stay[code]], row, "tinh")
        else:
            _establish(order, provinces[code], row, "tinh", nation, nation.root)


def _communes(
    order: Order, nation: Nation, decisions: Decisions, provinces: dict[int, OrgUnit], communes: dict[int, OrgUnit]
) -> None:
    for code, row in nation.divisions.new_communes.items():
        if code in decisions.communes_stay:
            order.move(communes[code], parent=provinces[row.above])
            _rename(order, communes[code], nation.divisions.old_communes[decisions.communes_stay[code]], row, "xa")
        else:
            _establish(order, communes[code], row, "xa", nation, provinces[row.above])
    for code, origins in decisions.merged.items():
        heir = communes[code]
        order.merge([nation.communes[old] for old in origins], {heir: None}, children_to=heir)


def _establish(order: Order, unit: OrgUnit, row: Division, kind: str, nation: Nation, parent: OrgUnit) -> None:
    level = nation.levels[kind]
    order.establish(unit, name=f"Công đoàn {row.name}", level=level, parent=parent, code=official(kind, row.code))


def _rename(order: Order, unit: OrgUnit, before: Division, after: Division, kind: str) -> None:
    if (before.name, before.code) != (after.name, after.code):
        order.change(unit, name=f"Công đoàn {after.name}", code=official(kind, after.code))


def _split_communes(order: Order, nation: Nation, decisions: Decisions, communes: dict[int, OrgUnit]) -> None:
    """Each base unit by an act of its own, as a person would decide it; then the commune ends."""
    for old, targets in decisions.split.items():
        units = {unit.pk: unit for unit in nation.base[old]}
        parts = dealt(list(units), targets)
        for new, pks in parts.items():
            for pk in pks:
                order.move(units[pk], parent=communes[new])
        given = shares(parts)
        order.split(nation.communes[old], {communes[new]: given[new] for new in targets}, goes_on=False)


def _merge_provinces(order: Order, nation: Nation, decisions: Decisions, provinces: dict[int, OrgUnit]) -> None:
    for new in sorted(provinces.keys() - decisions.provinces_stay.keys()):
        origins = [nation.provinces[old] for old, heir in sorted(decisions.province_heirs.items()) if heir == new]
        order.merge(origins, {provinces[new]: None})


# --- afterwards --------------------------------------------------------------------------------------------------


def misplaced(nation: Nation) -> Iterable[str]:
    """What is wrong with the places after the reform; nothing, if all is well."""
    today = {
        unit: (parent, path)
        for unit, parent, path in Placement.objects.as_of(DAY)
        .filter(org_unit__sector=SECTOR).order_by().values_list("org_unit_id", "parent_id", "path")
    }  # fmt: skip
    for unit, (parent, path) in today.items():
        above = today[parent][1] if parent in today else "" if parent is None else None
        if above is None:
            yield f"unit {unit} lies below {parent}, which has no place"
        elif path != f"{above}{unit:07d}":
            yield f"unit {unit} has the path {path}"
    origins = ReorganisationUnit.objects.filter(part="origin", reorganisation__reform__isnull=False)
    ended = set(origins.values_list("org_unit_id", flat=True))
    for unit in OrgUnit.objects.filter(sector=SECTOR).values_list("pk", flat=True):
        if unit not in today and unit not in ended:
            yield f"unit {unit} has no place, and no act ended it"
    finals = Placement.objects.filter(org_unit__sector=SECTOR, is_final=True)
    if finals.count() != OrgUnit.objects.filter(sector=SECTOR).count():
        yield "a unit has no last place, or two"
    expected = {"tinh": len(nation.divisions.new_provinces), "huyen": 0, "xa": len(nation.divisions.new_communes)}
    expected |= {"toan-quoc": 1, "co-so": sum(len(units) for units in nation.base.values())}
    for level, count in expected.items():
        if (found := Placement.objects.as_of(DAY).filter(level=nation.levels[level]).count()) != count:
            yield f"{found} units of the level {level}, not {count}"
