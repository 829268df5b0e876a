"""What the rows about people and roles of a workbook would do; roles may be of units that the same file creates."""

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from orgunits import appointments
from orgunits.models import Placement, Role, RoleAssignment, User
from orgunits.placing import batches
from orgunits.unit_book_units import BAD_EMAIL, CLEAR, NO_SECTOR, Key, UnitCheck, cleared, is_email, sector_of
from orgunits.vietnamese import without_marks
from orgunits.workbook_table import Row, Table

NO_EMAIL: Final = "Dòng này thiếu thư điện tử."
PERSON_TWICE: Final = "Người này đã có ở dòng {}. Mỗi người chỉ được một dòng."
NO_NAME: Final = "Người mới phải có họ và tên."
NO_ROLE_OF_NEW: Final = "Người mới cần ít nhất một dòng ở trang “Vai trò”."
NOT_YOURS: Final = "Người này giữ vai trò ngoài phạm vi của bạn, nên bạn không sửa được tên và điện thoại."
UNKNOWN_PERSON: Final = "Chưa có người nào dùng địa chỉ này. Hãy thêm một dòng ở trang “Người dùng”."
CLOSED: Final = "Tài khoản này đã ngừng hoạt động; hãy mở lại trước khi giao vai trò."
NO_ROLE: Final = "Hãy ghi vai trò theo danh sách: {}."
NO_UNIT: Final = (
    "Hãy ghi mã đơn vị. Chỉ vai trò quản trị toàn hệ thống mới để trống, và chỉ quản trị toàn hệ thống giao được."
)
UNKNOWN_UNIT: Final = "Không có đơn vị nào mang mã này trong phạm vi của bạn và trong tệp."
NO_SINCE: Final = "Hãy ghi ngày bắt đầu của vai trò."
ENDS_FIRST: Final = "Ngày cuối không được trước ngày bắt đầu."
NOT_PLACED: Final = "Đơn vị không hoạt động vào ngày {:%d/%m/%Y}; hãy chọn ngày khác."
ROLE_TWICE: Final = "Dòng này lặp lại vai trò ở dòng {}."
OVERLAPS: Final = "Người này đã giữ vai trò đó ở đơn vị đó trong khoảng thời gian này (từ {:%d/%m/%Y})."
LONGER: Final = "Vai trò này kết thúc ngày {:%d/%m/%Y}; chỉ kết thúc sớm hơn được. Muốn giữ tiếp, hãy ghi một dòng mới."


@dataclass
class Given:
    """A role that the file gives; ``unit`` is the key of a unit that the file creates, a number, or None."""

    row: Row
    email: str
    role: str
    unit: int | Key | None
    since: datetime.date
    until: datetime.date | None


@dataclass
class Ended:
    held: RoleAssignment
    ends_on: datetime.date


class PeopleCheck:
    def __init__(self, units: UnitCheck, people: Table, roles: Table) -> None:
        self.units, self.plan = units, units.plan
        self.people, self.roles = people, roles
        self.users: dict[str, User] = {}
        self.new: dict[str, Row] = {}
        self.held: dict[tuple[str, int | Key | None, str], list[RoleAssignment]] = defaultdict(list)
        self.places: dict[int, list[tuple[datetime.date, datetime.date | None]]] = defaultdict(list)
        self.asked: set[str] = set()

    def run(self) -> None:
        emails = {row["email"].lower() for table in (self.people, self.roles) for row in table.rows if row["email"]}
        for some in batches(sorted(emails)):
            for user in User.objects.select_for_update().filter(email__in=some).order_by("pk"):
                self.users[user.email] = user
        self._load_roles()
        self._people()
        self._roles()
        for email, row in self.new.items():
            if email not in self.asked:
                self.people.refuse(row, "email", NO_ROLE_OF_NEW)

    def _load_roles(self) -> None:
        for pks in batches(sorted(user.pk for user in self.users.values())):
            lasting = RoleAssignment.objects.filter(user__in=pks, delegated_by__isnull=True)
            for row in lasting.select_related("org_unit", "user"):
                self.held[row.user.email, row.org_unit_id, row.role].append(row)

    # --- people ------------------------------------------------------------------------------------------------------
    def _people(self) -> None:
        first: dict[str, int] = {}
        for row in self.people.rows:
            email = (row["email"] or "").lower()
            if not email:
                self.people.refuse(row, "email", NO_EMAIL)
            elif email in first:
                self.people.refuse(row, "email", PERSON_TWICE.format(first[email]))
            elif email in self.users:
                self._known(row, self.users[email])
            elif not is_email(email):
                self.people.refuse(row, "email", BAD_EMAIL)
            else:
                self._invite(row, email)
            first.setdefault(email, row.number)

    def _known(self, row: Row, user: User) -> None:
        name, phone = row["full_name"] or user.full_name, cleared(row["phone"])
        phone = user.phone if phone is None else phone
        if (name, phone) == (user.full_name, user.phone):
            return
        if not appointments.may_manage_account(user, by=self.units.by, on=self.units.on):
            self.people.refuse(row, "email", NOT_YOURS)
            return
        self.plan.changed_people.append((user, name, phone))
        self.plan.count("person")
        told = f"{user.full_name} → {name}; điện thoại {user.phone or '(trống)'} → {phone or '(trống)'}"
        self.plan.changes.append(["sửa người dùng", user.email, user.full_name, told])

    def _invite(self, row: Row, email: str) -> None:
        if not row["full_name"] or row["full_name"] == CLEAR:
            self.people.refuse(row, "full_name", NO_NAME)
        self.new[email] = row
        person = {"email": email, "full_name": row["full_name"] or "", "phone": cleared(row["phone"]) or ""}
        self.plan.new_people.append(person)
        self.plan.count("invite")
        self.plan.changes.append(["mời", email, person["full_name"], "gửi thư mời đặt mật khẩu"])

    # --- roles -------------------------------------------------------------------------------------------------------
    def _roles(self) -> None:
        keys = {
            (sector, row["code"]) for row in self.roles.rows if row["code"] and (sector := sector_of(row["sector"]))
        }
        self.units.load(keys)
        pks = sorted(self.units.known[key].pk for key in keys if key in self.units.known)
        for some in batches(pks):
            for pk, start, end in Placement.objects.filter(org_unit__in=some).values_list(
                "org_unit_id", "valid_from", "valid_to"
            ):
                self.places[pk].append((start, end))
        new = [given for given in self._each_once() if not self._is_held(given)]
        for given in new:
            self._give(given)

    def _each_once(self) -> list[Given]:
        first: dict[tuple[str, str, int | Key | None, datetime.date], int] = {}
        found = []
        for row in self.roles.rows:
            given = self._given(row)
            if given is None:
                continue
            key = (given.email, given.role, given.unit, given.since)
            if key in first:
                self.roles.refuse(row, "email", ROLE_TWICE.format(first[key]))
            else:
                first[key] = row.number
                found.append(given)
        return found

    def _given(self, row: Row) -> Given | None:
        """What the row says; None where something in it is refused."""
        before = len(self.roles.errors)
        email = (row["email"] or "").lower()
        if not email:
            self.roles.refuse(row, "email", NO_EMAIL)
        elif email not in self.users and email not in self.new:
            self.roles.refuse(row, "email", UNKNOWN_PERSON)
        self.asked.add(email)
        role = role_of(row["role"])
        if role is None:
            self.roles.refuse(row, "role", NO_ROLE.format(", ".join(Role.labels)))
        unit = self._unit(row, role)
        since, last = row["since"], row["last_day"]
        if since is None:
            self.roles.refuse(row, "since", NO_SINCE)
        elif last and last < since:
            self.roles.refuse(row, "last_day", ENDS_FIRST)
        if len(self.roles.errors) > before or role is None or since is None:
            return None
        return Given(row, email, role, unit, since, last and last + datetime.timedelta(days=1))

    def _unit(self, row: Row, role: str | None) -> int | Key | None:
        if not row["code"]:
            if role != Role.ADMINISTRATOR or not self.units.scope.is_whole:
                self.roles.refuse(row, "code", NO_UNIT)
            return None
        sector = sector_of(row["sector"])
        if sector is None:
            self.roles.refuse(row, "sector", NO_SECTOR)
            return None
        key = (sector, row["code"])
        if key in self.units.new:
            return key
        known = self.units.known.get(key)
        if known is None or not known.is_inside:
            self.roles.refuse(row, "code", UNKNOWN_UNIT)
            return None
        return known.pk

    def _is_held(self, given: Given) -> bool:
        """Whether the person holds it since that day already; then the file may end it. These come first."""
        rows = self.held[given.email, given.unit, given.role]
        same = next((row for row in rows if row.valid_from == given.since), None)
        if same is not None:
            self._end(given, same)
        return same is not None

    def _give(self, given: Given) -> None:
        rows = self.held[given.email, given.unit, given.role]
        until = given.until or datetime.date.max
        other = next((row for row in rows if row.valid_from < until and (row.valid_to or until) > given.since), None)
        user = self.users.get(given.email)
        if other is not None:
            self.roles.refuse(given.row, "since", OVERLAPS.format(other.valid_from))
        elif user is not None and not user.is_active:
            self.roles.refuse(given.row, "email", CLOSED)
        elif not self._is_placed(given):
            self.roles.refuse(given.row, "since", NOT_PLACED.format(given.since))
        else:
            rows.append(RoleAssignment(role=given.role, valid_from=given.since, valid_to=given.until))
            self.plan.given.append(given)
            self.plan.count("give")
            ends = f" đến hết {given.row['last_day']:%d/%m/%Y}" if given.until else ""
            told = f"{Role(given.role).label}, {self._unit_name(given)}, từ {given.since:%d/%m/%Y}{ends}"
            self.plan.changes.append(["giao vai trò", given.email, self._person(given), told])

    def _end(self, given: Given, held: RoleAssignment) -> None:
        if given.until is None or given.until == held.valid_to:
            return
        if held.valid_to is not None and given.until > held.valid_to:
            self.roles.refuse(given.row, "last_day", LONGER.format(held.valid_to - datetime.timedelta(days=1)))
            return
        held.valid_to = given.until  # the role is free again from that day
        self.plan.ended.append(Ended(held, given.until))
        self.plan.count("end")
        last: datetime.date = given.row["last_day"]
        told = f"{held.get_role_display()}, {self._unit_name(given)}, đến hết {last:%d/%m/%Y}"
        self.plan.changes.append(["kết thúc vai trò", given.email, self._person(given), told])

    def _is_placed(self, given: Given) -> bool:
        if given.unit is None:
            return True
        if isinstance(given.unit, tuple):
            return self.units.new[given.unit].on <= given.since
        return any(
            start <= given.since and (end is None or given.since < end) for start, end in self.places[given.unit]
        )

    def _person(self, given: Given) -> str:
        user = self.users.get(given.email)
        return user.full_name if user else self.new[given.email]["full_name"] or ""

    def _unit_name(self, given: Given) -> str:
        if given.unit is None:
            return "toàn hệ thống"
        if isinstance(given.unit, tuple):
            return self.units.new[given.unit].row["name"] or given.unit[1]
        return self.units.by_pk[given.unit].name


def role_of(word: str | None) -> str | None:
    wanted = without_marks(word or "")
    return next((value for value, label in Role.choices if wanted in (value, without_marks(label))), None)
