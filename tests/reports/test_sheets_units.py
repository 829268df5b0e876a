"""One workbook for many units: written, filled in, checked by a worker, previewed, imported in one transaction."""

import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from orgunits.models import AuditEvent, Role
from reports import sheets_import, sheets_units
from reports.models import Report, SheetImport
from tests import builders
from tests.reports.sheet_files import typed_into, uploaded

TODAY = datetime.date(2026, 11, 22)
Status = SheetImport.Status


@pytest.fixture(autouse=True)
def files_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def district(cast):
    """Somebody at the union who may file for its units; one of the two has begun."""
    cast.clerk = builders.make_user("Vũ Thị Tổng Hợp", unit=cast.union, role=Role.REPORTER)
    cast.report = builders.make_report(
        cast.obligation, draft={"can-bo.chu-chot.n": "45", "ket-qua": "=2+3"}, draft_version=2
    )
    return cast


def build(district):
    return sheets_units.build(district.duty, district.obligation.period, by=district.clerk, on=TODAY).content


def cells(content):
    """(unit code, field name) → cell of the sheet of figures; ``None`` for the unit's code itself."""
    sheet = load_workbook(BytesIO(content))["Số liệu"]
    found = {}
    for row in sheet.iter_rows(min_row=sheets_units.FIRST_ROW):
        for cell in row:
            code, name = sheet.cell(cell.row, 1).value, sheet.cell(sheets_units.NAMES_ROW, cell.column).value
            if code and (name or cell.column <= 2):
                found[code, name or cell.column] = ("Số liệu", cell.coordinate)
    return found


def filled(district, values, content=None):
    content = content or build(district)
    at = cells(content)
    return typed_into(content, {at[unit.code, name]: value for (unit, name), value in values.items()})


def take(district, content, *, by=None):
    """The row after a worker has checked the file."""
    by = by or district.clerk
    row = sheets_import.take_many(
        uploaded(content), district.duty, district.obligation.period, unit=district.union, by=by
    )
    assert sheets_import.run(row.pk)
    row.refresh_from_db()
    return row


def confirm(row, *, with_clashes=False):
    sheets_import.confirm_many(row, by=row.uploaded_by, with_clashes=with_clashes)
    assert sheets_import.run(row.pk)
    row.refresh_from_db()
    return row


def stops(row):
    return [(line["cell"], line["reason"]) for line in row.errors if line["kind"] == "stop"]


def test_two_units_are_imported_and_the_report_of_one_is_begun(district):
    row = take(
        district,
        filled(
            district,
            {
                (district.base, "can-bo.chu-chot.n"): 46,
                (district.base, "can-bo.chu-chot.d"): "1.200",
                (district.base, "kinh-phi.v"): "KPS",
                (district.sibling, "tre-em-duoc-ho-tro.v"): 12.0,
                (district.sibling, "ket-qua"): "Đã làm tốt.",
            },
        ),
    )
    assert (row.status, stops(row), row.error) == (Status.READY, [], "")
    assert not Report.objects.filter(obligation=district.sibling_obligation).exists()
    row = confirm(row)
    assert (row.status, row.progress, row.error) == (Status.DONE, 100, "")
    district.report.refresh_from_db()
    assert district.report.draft == {
        "can-bo.chu-chot.n": "46",
        "can-bo.chu-chot.d": "1.200",
        "kinh-phi.nil": "on",
        "ket-qua": "=2+3",
    }
    assert district.report.draft_version == 3
    begun = Report.objects.get(obligation=district.sibling_obligation)
    assert begun.draft == {"tre-em-duoc-ho-tro.v": "12", "ket-qua": "Đã làm tốt."}
    assert (begun.draft_version, begun.draft_saved_by) == (1, district.clerk)
    started = AuditEvent.objects.get(action="report.start")
    assert (started.target_pk, started.org_unit) == (str(begun.pk), district.sibling)
    assert AuditEvent.objects.filter(action="report.import").count() == 2
