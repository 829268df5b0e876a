"""What an Excel file would change, ready for the page that asks before anything is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reports import form_building, form_fields, sheets_fields
from reports.models import FormVersion, Obligation, Report, SheetImport
from reports.sheets_fields import SheetField
from reports.sheets_reading import STOP, Change

NOTHING = "(trống)"


@dataclass(frozen=True)
class Line:
    """One field; ``was`` is its text at the download where somebody else has changed it since."""

    name: str
    label: str
    before: str
    after: str
    was: str = ""
    is_clash: bool = False


def lines_of(report: Report, row: SheetImport) -> list[Line]:
    """The changes of one report in page order."""
    fields = sheets_fields.all_by_name(form_fields.load(report).questions)
    return lines(fields, row.changes.get(str(report.pk), {}))


def lines(fields: Mapping[str, SheetField], changes: Mapping[str, Change]) -> list[Line]:
    return [_line(field, changes[name]) for name, field in fields.items() if name in changes]


@dataclass(frozen=True)
class UnitChanges:
    """What would change in the draft of one unit."""

    unit: str
    is_begun: bool
    lines: list[Line]
    clashes: int


def units_of(row: SheetImport, keys: Iterable[str]) -> list[UnitChanges]:
    """The changes of these expected reports, in the order of the keys."""
    wanted = list(keys)
    obligations = Obligation.objects.filter(pk__in=[int(key) for key in wanted]).select_related(
        "org_unit", "period", "duty__plan", "report__form_version"
    )
    found = {str(each.pk): each for each in obligations.prefetch_related("org_unit__placements")}
    version = form_building.ensure_form(row.duty, row.period.kind)
    fields: dict[int | None, dict[str, SheetField]] = {}
    return [_unit_changes(found[key], row.changes[key], version, fields) for key in wanted if key in found]


def _unit_changes(
    obligation: Obligation,
    changes: Mapping[str, Change],
    version: FormVersion,
    fields: dict[int | None, dict[str, SheetField]],
) -> UnitChanges:
    """``fields`` keeps the fields of each level."""
    unit = obligation.org_unit
    place = unit.placement_on(obligation.period.ends_on) or unit.latest_placement
    level_pk = place.level_id if place else None
    if level_pk not in fields:
        form = form_fields.load(Report(form_version=version, obligation=obligation))
        fields[level_pk] = sheets_fields.all_by_name(form.questions)
    found = lines(fields[level_pk], changes)
    return UnitChanges(str(unit), hasattr(obligation, "report"), found, sum(line.is_clash for line in found))


def errors_of(row: SheetImport) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What keeps the file out, and what only has to be put right before the report is filed."""
    stops = [error for error in row.errors if error["kind"] == STOP]
    return stops, [error for error in row.errors if error["kind"] != STOP]


def _line(field: SheetField, change: Change) -> Line:
    before, after, *base = [sheets_fields.shown(field, text) for text in change]
    label = f"{field.label}: không phát sinh" if field.name.endswith(".nil") else field.label
    return Line(field.name, label, before or NOTHING, after or NOTHING, base[0] if base else "", bool(base))
