"""Units, people and roles by workbook: out, changed, back in; all errors at once; nothing written before the press."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from orgunits import reorganisation, unit_book, workbook_jobs
from orgunits.models import AuditEvent, Invitation, OrgUnit, Placement, Reorganisation, Role, RoleAssignment, User
from orgunits.transitions import Conflict
from tests.builders import give_role, make_level, make_unit, make_user
from tests.orgunits.books import cells, done, reasons, sent, with_rows

DAY = datetime.date(2026, 1, 1)
SAID = "01/01/2026"

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(db, settings, tmp_path) -> SimpleNamespace:
    """Two federations, a union with two base units under the first; an administrator of all and one of the union."""
    settings.MEDIA_ROOT = tmp_path
    top = make_level(code="tinh", name="Liên đoàn Lao động tỉnh", rank=1)
    middle = make_level(code="nganh", name="Công đoàn ngành", rank=2)
    province = make_unit("Liên đoàn Lao động tỉnh", code="T1", level=top)
    other = make_unit("Liên đoàn Lao động tỉnh khác", code="T2", level=top)
    union = make_unit("Công đoàn ngành Y tế", code="N1", parent=province, level=middle)
    base = make_unit("Công đoàn cơ sở Bệnh viện", code="C1", parent=union, email="cu@vi-du.vn")
    sibling = make_unit("Công đoàn cơ sở Trường học", code="C2", parent=union)
    return SimpleNamespace(
        province=province, other=other, union=union, base=base, sibling=sibling,
        whole=make_user("Đặng Thị Hệ Thống", role=Role.ADMINISTRATOR),
        branch=make_user("Bùi Văn Quản Trị", unit=union, role=Role.ADMINISTRATOR),
        officer=make_user("Trần Thị Cán Bộ", email="canbo@vi-du.vn", unit=base, role=Role.REPORTER),
    )  # fmt: skip


def empty(by: User) -> bytes:
    return unit_book.build(by=by, on=timezone.localdate(), is_empty=True).content


def line(code: str, **cells: str) -> dict[str, str]:
    heads = {
        "name": "Tên đơn vị", "level": "Cấp", "above": "Mã cấp trên", "on": "Ngày hiệu lực", "email": "Thư điện tử",
        "new": "Mã mới", "short": "Tên gọi tắt", "basis": "Căn cứ", "phone": "Điện thoại",
    }  # fmt: skip
    return {"Hệ thống": "Công đoàn", "Mã đơn vị": code} | {heads[key]: text for key, text in cells.items()}


def new(code: str, above: str, **cells: str) -> dict[str, str]:
    return line(code, **{"name": f"Công đoàn {code}", "level": "Công đoàn cơ sở", "above": above, "on": SAID} | cells)


def role(email: str, word: str, code: str, *, since: Any = SAID, last: Any = None) -> dict[str, Any]:
    place = {"Hệ thống": "Công đoàn", "Mã đơn vị": code}
    return {"Thư điện tử": email, "Vai trò": word, **place, "Từ ngày": since, "Đến hết ngày": last}


def test_what_goes_out_and_comes_back_untouched_changes_nothing(place):
    content = unit_book.build(by=place.whole, on=timezone.localdate()).content
    assert [row["Mã đơn vị"] for row in cells(content, "Đơn vị")] == ["T1", "N1", "C1", "C2", "T2"]
    assert {row["Thư điện tử"] for row in cells(content, "Người dùng")} >= {"canbo@vi-du.vn"}
    row = sent(content, by=place.whole)
    assert (row.status, row.errors, row.error) == ("refused", [], workbook_jobs.NOTHING)


def test_change_that_begins_later_is_in_the_file_and_is_not_undone_by_it(place):
    later = timezone.localdate() + datetime.timedelta(days=30)
    reorganisation.change(place.base, name="Bệnh viện về sau", on=later, by=None)
    content = unit_book.build(by=place.whole, on=timezone.localdate()).content
    assert cells(content, "Đơn vị")[2]["Tên đơn vị"] == "Bệnh viện về sau"
    assert sent(content, by=place.whole).error == workbook_jobs.NOTHING


def test_administrator_of_a_branch_is_handed_that_branch(place):
    content = unit_book.build(by=place.branch, on=timezone.localdate()).content
    assert [row["Mã đơn vị"] for row in cells(content, "Đơn vị")] == ["N1", "C1", "C2"]
    assert cells(content, "Đơn vị")[0]["Mã cấp trên"] == "T1"
    content = unit_book.build(by=place.branch, on=timezone.localdate(), unit=place.base).content
    assert [row["Thư điện tử"] for row in cells(content, "Vai trò")] == ["canbo@vi-du.vn"]


def test_units_are_created_changed_moved_and_people_invited_in_one_go(place):
    content = with_rows(
        empty(place.whole),
        don_vi=[
            new("X2", "X1", email="x2@vi-du.vn"),
            new("X1", "T2", level="nganh", basis="QĐ 12/QĐ-LĐLĐ"),
            line("C1", name="Công đoàn cơ sở Bệnh viện Đa khoa", new="C9", on=SAID, email="moi@vi-du.vn"),
            line("C2", above="X1", on=SAID),
        ],
        nguoi=[{"Thư điện tử": "Moi@vi-du.vn", "Họ và tên": "Vũ Thị  Mới", "Điện thoại": "0901"}],
        vai_tro=[
            role("moi@vi-du.vn", "reporter", "X2"),
            role("canbo@vi-du.vn", "Người xem", "C2", last=datetime.datetime(2026, 12, 31)),
        ],
    )
    row = sent(content, by=place.whole)
    assert row.counts == {"create": 2, "rename": 1, "move": 1, "contact": 1, "invite": 1, "give": 2}
    assert not OrgUnit.objects.filter(code="X1").exists()  # the dry run was taken back
    assert not User.objects.filter(email="moi@vi-du.vn").exists()
    done(row)
    twig = Placement.objects.as_of(DAY).get(code="X2")
    branch = OrgUnit.objects.get(code="X1")
    assert twig.path == place.other.segment + branch.segment + twig.org_unit.segment
    assert twig.org_unit.email == "x2@vi-du.vn"
    assert Placement.objects.as_of(DAY).get(org_unit=place.sibling).parent == branch
    renamed = Placement.objects.as_of(DAY).get(org_unit=place.base)
    assert (renamed.name, renamed.code) == ("Công đoàn cơ sở Bệnh viện Đa khoa", "C9")
    place.base.refresh_from_db()
    assert (place.base.code, place.base.email) == ("C1", "moi@vi-du.vn")
    assert Reorganisation.objects.get(org_unit=branch).legal_basis == "QĐ 12/QĐ-LĐLĐ"
    person = User.objects.get(email="moi@vi-du.vn")
    assert (person.full_name, person.has_usable_password()) == ("Vũ Thị Mới", False)
    assert Invitation.objects.get(recipient=person).invited_by == place.whole
    assert person.role_assignments.get().org_unit == twig.org_unit
    assert place.officer.role_assignments.get(role=Role.VIEWER).valid_to == datetime.date(2027, 1, 1)
    written = set(AuditEvent.objects.filter(actor=place.whole).values_list("action", flat=True))
    assert written >= {"unit.establish", "unit.move", "unit.contact", "person.invite", "role.give", "workbook.import"}


def test_all_errors_are_told_with_their_cells(place):
    reorganisation.rename(place.sibling, name="Trường mới", level=make_level(), on=datetime.date(2026, 3, 1), by=None)
    content = with_rows(
        empty(place.whole),
        don_vi=[
            new("X1", "KHONG-CO", email="không phải thư"),
            new("X2", "T2", level="Cấp không có", name=""),
            line("C1", above="C1", on=SAID),
            line("C2", name="Tên", on=SAID),
            line("N1", name="Tên khác"),
            line("T1", new="T2", on=SAID),
            {"Hệ thống": "Công ty", "Mã đơn vị": "X3"},
            line("T1", name="Lần nữa", on=SAID),
            line("T2", phone="=1+1"),
        ],
        nguoi=[{"Thư điện tử": "moi@vi-du.vn", "Họ và tên": "Người Mới"}],
        vai_tro=[{"Thư điện tử": "la@vi-du.vn", "Vai trò": "Vua", "Từ ngày": "31/02/2026"}],
    )
    row = sent(content, by=place.whole)
    assert row.status == "refused"
    told = reasons(row)
    assert told.pop("Vai trò E4").startswith("Hãy ghi")
    assert "Vai trò E4" not in told
    wanted = {
        "Đơn vị F4": "Không có đơn vị đang hoạt động nào",
        "Đơn vị J4": "không đúng",
        "Đơn vị C5": "phải có tên đơn vị",
        "Đơn vị E5": "không có cấp như vậy",
        "Đơn vị F6": "trực thuộc chính mình",
        "Đơn vị H7": "phải từ ngày 01/03/2026",
        "Đơn vị H8": "phải ghi ngày hiệu lực",
        "Đơn vị G9": "đang là mã của Liên đoàn Lao động tỉnh khác",
        "Đơn vị A10": "Hãy ghi hệ thống",
        "Đơn vị B11": "đã có ở dòng 9",
        "Đơn vị K12": "công thức",
        "Người dùng A4": "ít nhất một dòng ở trang “Vai trò”",
        "Vai trò A4": "Chưa có người nào",
        "Vai trò B4": "theo danh sách",
        "Vai trò D4": "mã đơn vị",
    }
    assert told.keys() == wanted.keys()
    assert [cell for cell, words in wanted.items() if words not in told[cell]] == []


def test_nobody_reaches_out_of_the_own_branch(place):
    content = with_rows(
        empty(place.branch),
        don_vi=[
            line("T1", name="Tên khác", on=SAID),
            new("X1", "T2"),
            new("X2", "-"),
            line("C1", above="T2", on=SAID),
        ],
        vai_tro=[
            role("canbo@vi-du.vn", "Người xem", "T1"),
            {"Thư điện tử": "canbo@vi-du.vn", "Vai trò": "Quản trị", "Từ ngày": SAID},
        ],
    )
    told = reasons(sent(content, by=place.branch))
    assert told.keys() == {"Đơn vị B4", "Đơn vị F5", "Đơn vị F6", "Đơn vị F7", "Vai trò D4", "Vai trò D5"}
    mine = with_rows(empty(place.branch), don_vi=[new("X1", "N1"), line("C2", above="X1", on=SAID)])
    done(sent(mine, by=place.branch))
    assert Placement.objects.as_of(DAY).get(code="C2").parent.code == "X1"


def test_roles_end_by_a_last_day_and_pass_to_another_at_once(place):
    held = place.officer.role_assignments.get()
    rows = [
        role("canbo@vi-du.vn", "Người lập báo cáo", "C1", since=held.valid_from, last="31/12/2026"),
        role("canbo@vi-du.vn", "Người lập báo cáo", "C1", since="01/06/2027"),
    ]
    done(sent(with_rows(empty(place.branch), vai_tro=rows), by=place.branch))
    held.refresh_from_db()
    assert held.valid_to == datetime.date(2027, 1, 1)
    assert place.officer.role_assignments.count() == 2
    overlapping = [rows[1] | {"Từ ngày": "01/07/2027"}]
    told = reasons(sent(with_rows(empty(place.branch), vai_tro=overlapping), by=place.branch))
    assert "đã giữ vai trò đó" in told["Vai trò E4"]


def test_the_last_administrator_of_all_stays(place):
    row = {
        "Thư điện tử": place.whole.email,
        "Vai trò": "Quản trị",
        "Từ ngày": "01/01/2020",
        "Đến hết ngày": "31/12/2026",
    }
    told = sent(with_rows(empty(place.whole), vai_tro=[row]), by=place.whole)
    assert "duy nhất" in told.errors[0]["reason"]
    assert RoleAssignment.objects.get(user=place.whole).valid_to is None


def test_person_outside_is_not_renamed_by_an_administrator_of_a_branch(place):
    give_role(place.officer, Role.VIEWER, place.other)
    rows = [{"Thư điện tử": "canbo@vi-du.vn", "Họ và tên": "Tên Khác"}]
    assert (
        "ngoài phạm vi" in reasons(sent(with_rows(empty(place.branch), nguoi=rows), by=place.branch))["Người dùng A4"]
    )
    done(sent(with_rows(empty(place.whole), nguoi=rows), by=place.whole))
    place.officer.refresh_from_db()
    assert (place.officer.full_name, place.officer.search_name) == ("Tên Khác", "ten khac")


def test_what_has_changed_since_the_preview_is_shown_anew_and_not_written(place):
    row = sent(with_rows(empty(place.whole), don_vi=[line("C1", name="Tên mới", on=SAID)]), by=place.whole)
    reorganisation.rename(
        place.base, name="Tên của người khác", level=make_level(), on=datetime.date(2025, 1, 1), by=None
    )
    workbook_jobs.confirm(row, by=place.whole, seen=row.digest)
    workbook_jobs.run(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == ("ready", workbook_jobs.MOVED)
    assert "Tên của người khác → Tên mới" in row.changes[0][3]
    assert not Placement.objects.filter(name="Tên mới").exists()
    done(row)
    assert Placement.objects.as_of(DAY).get(org_unit=place.base).name == "Tên mới"


def test_import_is_confirmed_once(place):
    row = done(sent(with_rows(empty(place.whole), don_vi=[new("X1", "T1")]), by=place.whole))
    with pytest.raises(Conflict):
        workbook_jobs.confirm(row, by=place.whole, seen=row.digest)
    assert not workbook_jobs.run(row.pk)
    assert OrgUnit.objects.filter(code="X1").count() == 1


def test_old_code_of_an_ended_unit_may_be_given_to_a_new_one(place):
    reorganisation.end(place.sibling, on=datetime.date(2025, 7, 1), by=None)
    done(sent(with_rows(empty(place.whole), don_vi=[new("C2", "N1")]), by=place.whole))
    assert Placement.objects.as_of(DAY).get(code="C2").org_unit.code == "C2/2026"


def test_two_units_may_swap_their_codes(place):
    rows = [line("C1", new="C2", on=SAID), line("C2", new="C1", on=SAID)]
    done(sent(with_rows(empty(place.whole), don_vi=rows), by=place.whole))
    assert Placement.objects.as_of(DAY).get(code="C2").org_unit == place.base


def test_unit_may_not_be_moved_below_itself_over_several_rows(place):
    rows = [new("X1", "C1"), line("N1", above="X1", on=SAID)]
    told = reasons(sent(with_rows(empty(place.whole), don_vi=rows), by=place.whole))
    assert {cell for cell, words in told.items() if "chính mình" in words} == {"Đơn vị F4", "Đơn vị F5"}


def test_contact_is_emptied_by_a_dash_only(place):
    done(sent(with_rows(empty(place.whole), don_vi=[line("C1", email="-")]), by=place.whole))
    place.base.refresh_from_db()
    assert place.base.email == ""
