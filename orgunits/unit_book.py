"""The workbook of units, people and roles: three sheets with locked headings, read back to create, change and place.

``read``, ``plan`` and ``write`` are the steps of ``workbook_jobs``.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from orgunits import scopes, workbook_safety, workbook_table
from orgunits.models import Level, OrgUnit, Placement, Role, RoleAssignment, Sector, User, WorkbookImport
from orgunits.placing import batches
from orgunits.unit_book_checking import check
from orgunits.unit_book_units import UnitPlan
from orgunits.unit_book_writing import carry_out
from orgunits.workbook import Book, BookFile, file_name
from orgunits.workbook_safety import Source
from orgunits.workbook_table import Column, Table

UNITS, PEOPLE, ROLES = "Đơn vị", "Người dùng", "Vai trò"
MOST_UNITS: Final = 10_000

UNIT_COLUMNS: Final = (
    Column("sector", "Hệ thống", 14, choices=tuple(Sector.labels)),
    Column("code", "Mã đơn vị", 16, most=60),
    Column("name", "Tên đơn vị", 44),
    Column("short_name", "Tên gọi tắt", 20, most=100),
    Column("level", "Cấp", 26, most=100),
    Column("parent", "Mã cấp trên", 16, most=60),
    Column("new_code", "Mã mới", 16, most=60),
    Column("on", "Ngày hiệu lực", 14, kind="day"),
    Column("legal_basis", "Căn cứ", 30, most=500),
    Column("email", "Thư điện tử", 28, most=254),
    Column("phone", "Điện thoại", 16, most=40),
    Column("province_code", "Mã tỉnh", 10, most=10),
    Column("commune_code", "Mã xã", 10, most=10),
)
PERSON_COLUMNS: Final = (
    Column("email", "Thư điện tử", 32, most=254),
    Column("full_name", "Họ và tên", 32, most=150),
    Column("phone", "Điện thoại", 18, most=40),
)
ROLE_COLUMNS: Final = (
    Column("email", "Thư điện tử", 32, most=254),
    Column("role", "Vai trò", 28, choices=tuple(Role.labels)),
    Column("sector", "Hệ thống", 14, choices=tuple(Sector.labels)),
    Column("code", "Mã đơn vị", 18, most=60),
    Column("since", "Từ ngày", 14, kind="day"),
    Column("last_day", "Đến hết ngày", 14, kind="day"),
)
SHEETS: Final = {UNITS: UNIT_COLUMNS, PEOPLE: PERSON_COLUMNS, ROLES: ROLE_COLUMNS}

STEPS: Final = (
    "Mỗi dòng là một đơn vị, một người hoặc một vai trò. Không sửa dòng tiêu đề. Dòng nào không có gì thay đổi thì để "
    "nguyên hoặc xóa đi: xóa dòng không xóa gì trong hệ thống.",
    "Đơn vị đã có nhận ra theo hệ thống và mã đơn vị; mã chưa có là đơn vị mới, phải ghi tên, cấp, mã cấp trên và ngày "
    "hiệu lực. Đơn vị đứng đầu hệ thống: ghi dấu - ở mã cấp trên (chỉ quản trị toàn hệ thống).",
    "Đổi tên, cấp, mã (ghi ở cột Mã mới) hoặc chuyển cấp trên: sửa ô đó và ghi ngày hiệu lực; từ ngày đó mới đổi, "
    "trước "
    "đó giữ nguyên. Kết thúc, sáp nhập, chia tách đơn vị: dùng trang của đơn vị hoặc tệp sắp xếp.",
    "Ô để trống nghĩa là giữ nguyên. Muốn xóa tên gọi tắt, thư, điện thoại, mã tỉnh, mã xã thì ghi dấu -.",
    "Người mới: ghi ở trang Người dùng và ít nhất một dòng ở trang Vai trò; hệ thống gửi thư mời để tự đặt mật khẩu.",
    "Kết thúc một vai trò: ghi ngày cuối ở cột Đến hết ngày. Quản trị toàn hệ thống: để trống hệ thống và mã đơn vị.",
    "Ngày ghi dạng ngày/tháng/năm. Không ghi công thức, không thêm macro hay liên kết với tệp khác.",
    "Lưu tệp dạng .xlsx rồi nộp. Trang liệt kê mọi lỗi, rồi cho xem trước; chỉ khi bạn đồng ý mới ghi, ghi tất cả cùng "
    "một lần hoặc không ghi gì.",
)


@dataclass
class UnitBook:
    units: Table
    people: Table
    roles: Table


class TooMany(Exception):
    """The branch does not fit into one workbook; the message is a sentence."""


# --- out ----------------------------------------------------------------------------------------------------------


def build(*, by: User, on: datetime.date, unit: OrgUnit | None = None, is_empty: bool = False) -> BookFile:
    """What the person administers, or one branch of it; ``is_empty`` leaves only the headings. Raises TooMany."""
    places: list[Placement] = [] if is_empty else _places(by, on=on, unit=unit)
    if len(places) > MOST_UNITS:
        raise TooMany(
            f"Một tệp chứa nhiều nhất {MOST_UNITS} đơn vị. Hãy chọn một nhánh nhỏ hơn, ví dụ từ trang của một đơn vị."
        )
    codes = {place.org_unit_id: place.code for place in places}
    held = (
        [] if is_empty else _held(list(codes), on=on, is_all=unit is None and scopes.administered(by, on=on).is_whole)
    )
    people = {row.user_id: row.user for row in held}
    book = Book("Đơn vị, người dùng, vai trò")
    lead = (
        "Nhập nhiều đơn vị, người dùng, vai trò bằng một tệp"
        if is_empty
        else f"Ghi đến ngày {on:%d/%m/%Y}, kể cả thay đổi có hiệu lực về sau"
    )
    workbook_table.guide(book, "Đơn vị, người dùng, vai trò", lead, STEPS, SHEETS)
    units = SHEETS[UNITS]
    levels = tuple(dict.fromkeys(Level.objects.order_by("sector", "rank", "code").values_list("name", flat=True)))
    units = tuple(Column(**{**vars(each), "choices": levels}) if each.key == "level" else each for each in units)
    workbook_table.write(book, UNITS, lead, units, _unit_rows(places))
    workbook_table.write(book, PEOPLE, lead, PERSON_COLUMNS, _person_rows(people))
    workbook_table.write(book, ROLES, lead, ROLE_COLUMNS, _role_rows(held, codes))
    return BookFile(file_name("Đơn vị", "mẫu" if is_empty else (unit.name if unit else f"{on:%d-%m-%Y}")), book.saved())


def _places(by: User, *, on: datetime.date, unit: OrgUnit | None) -> list[Placement]:
    """The places that are open to change, those that begin later among them: what ``check`` compares the file with."""
    places = Placement.objects.filter(valid_to__isnull=True).select_related("org_unit", "level").order_by("path")
    scope = scopes.administered(by, on=on)
    if unit is not None:
        place = unit.latest_placement
        places = places.in_subtree(place.path) if place else places.none()
    elif not scope.is_whole:
        places = places.in_subtrees(list(scope.paths))
    return list(places[: MOST_UNITS + 1])


def _unit_rows(places: list[Placement]) -> Iterator[dict[str, Any]]:
    above = {place.org_unit_id: place.code for place in places}
    missing = {place.parent_id for place in places if place.parent_id} - above.keys()
    above |= dict(Placement.objects.filter(org_unit__in=missing, is_final=True).values_list("org_unit_id", "code"))
    for place in places:
        unit = place.org_unit
        yield {
            "sector": Sector(unit.sector).label,
            "code": place.code,
            "name": place.name,
            "short_name": place.short_name,
            "level": place.level.name,
            "parent": above[place.parent_id] if place.parent_id else "-",
            "email": unit.email,
            "phone": unit.phone,
            "province_code": unit.province_code,
            "commune_code": unit.commune_code,
        }


def _held(units: list[int], *, on: datetime.date, is_all: bool) -> list[RoleAssignment]:
    """Roles that hold now or will, but for those that hang on another's."""
    lasting = RoleAssignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), delegated_by__isnull=True)
    lasting = lasting.select_related("user", "org_unit").filter(user__is_active=True)
    found = [row for pks in batches(units) for row in lasting.filter(org_unit__in=pks)]
    found += list(lasting.filter(org_unit__isnull=True)) if is_all else []
    return sorted(found, key=lambda row: (row.user.sort_name, row.user_id, row.role, row.valid_from))


def _person_rows(people: dict[int, User]) -> Iterator[dict[str, Any]]:
    for person in people.values():
        yield {"email": person.email, "full_name": person.full_name, "phone": person.phone}


def _role_rows(held: list[RoleAssignment], codes: dict[int, str]) -> Iterator[dict[str, Any]]:
    for row in held:
        yield {
            "email": row.user.email,
            "role": Role(row.role).label,
            "sector": Sector(row.org_unit.sector).label if row.org_unit else None,
            "code": codes[row.org_unit_id] if row.org_unit_id else None,
            "since": row.valid_from,
            "last_day": row.last_day,
        }


# --- in -----------------------------------------------------------------------------------------------------------


def read(file: Source) -> UnitBook:
    sheets = workbook_safety.read(file, SHEETS, limits=workbook_table.LIMITS)
    tables = [workbook_table.read(sheets, title, columns) for title, columns in SHEETS.items()]
    return UnitBook(*tables)


def plan(book: UnitBook, row: WorkbookImport, *, on: datetime.date) -> UnitPlan:
    return check(book.units, book.people, book.roles, by=row.uploaded_by, on=on)


def write(plan: UnitPlan, row: WorkbookImport, *, on: datetime.date) -> None:
    carry_out(plan, by=row.uploaded_by, on=on, file=row)
