"""A workbook of ten thousand new units, as an administrator fills it in: checked, confirmed, imported."""

import io
import time

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from bench.measures import Result
from bench.nation import DAY, Nation
from orgunits import unit_book, workbook_jobs
from orgunits.models import OrgUnit, Role, RoleAssignment, User, WorkbookImport
from orgunits.models.units import Sector
from orgunits.workbook_table import FIRST_ROW, HEAD_ROW

IMPORTED = 10_000
SHEET = "Đơn vị"
BAR = 60  # seconds


def imported_units(nation: Nation) -> Result:
    """The worker's two steps on one file; the units lie below the topmost one, each with name, code and address."""
    by = User.objects.create_user("quan-tri-tep@do-dac.example", full_name="Quản trị hệ thống")
    RoleAssignment.objects.create(user=by, org_unit=None, role=Role.ADMINISTRATOR, valid_from=DAY)
    file = SimpleUploadedFile("don-vi.xlsx", _filled(nation, unit_book.build(by=by, on=DAY, is_empty=True).content))
    row = workbook_jobs.take(file, kind=WorkbookImport.Kind.UNITS, by=by)
    started = time.perf_counter()
    workbook_jobs.run(row.pk)
    checked = time.perf_counter() - started
    row.refresh_from_db()
    workbook_jobs.confirm(row, by=by, seen=row.digest)
    workbook_jobs.run(row.pk)
    seconds = time.perf_counter() - started
    row.refresh_from_db()
    found = OrgUnit.objects.filter(code__startswith="NHAP-").count()
    if row.status != WorkbookImport.Status.DONE or found != IMPORTED:
        raise RuntimeError(f"The workbook was not imported: {row.status} {row.error}, {found} units.")
    note = f"{IMPORTED:,} units: check {checked:.0f} s, writing {seconds - checked:.0f} s"
    return Result("import of units by workbook", seconds, BAR, "s", note)


def _filled(nation: Nation, empty: bytes) -> bytes:
    workbook = load_workbook(io.BytesIO(empty))
    sheet = workbook[SHEET]
    columns = {sheet.cell(HEAD_ROW, number).value: number for number in range(1, sheet.max_column + 1)}
    same = {
        "Hệ thống": Sector(nation.root.sector).label,
        "Cấp": nation.levels["co-so"].name,
        "Mã cấp trên": nation.root.code,
        "Ngày hiệu lực": f"{DAY:%d/%m/%Y}",
    }
    for number in range(IMPORTED):
        own = {
            "Mã đơn vị": f"NHAP-{number:05d}",
            "Tên đơn vị": f"Công đoàn cơ sở nhập tệp số {number:05d}",
            "Thư điện tử": f"nhap{number:05d}@do-dac.example",
        }
        for head, value in (same | own).items():
            sheet.cell(FIRST_ROW + number, columns[head]).value = value
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
