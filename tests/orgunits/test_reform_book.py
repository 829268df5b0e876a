"""A whole reform as one workbook: codes before and after, all errors, who is left without a place; taking it back."""

import datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from orgunits import reform_book, reform_book_writing, reorganisation, reversal
from orgunits.models import OrgUnit, Placement, Reform, Reorganisation, Role, Succession, WorkbookImport
from tests.builders import make_level, make_unit, make_user
from tests.orgunits.books import cells, done, reasons, sent, with_rows
from tests.orgunits.test_reversal import all_places

DAY = datetime.date(2025, 7, 1)
BEFORE = DAY - datetime.timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(db, settings, tmp_path) -> SimpleNamespace:
    """Two provinces with a district each; communes A, B below the first district, C below the second; base units."""
    settings.MEDIA_ROOT = tmp_path
    top = make_level(code="tinh", name="Tỉnh", rank=1)
    middle = make_level(code="huyen", name="Huyện", rank=2)
    commune = make_level(code="xa", name="Xã", rank=3)
    base = make_level(code="co-so", name="Công đoàn cơ sở", rank=4)
    one, two = (make_unit(f"Tỉnh {code}", code=code, level=top) for code in ("T1", "T2"))
    h1 = make_unit("Huyện Một", code="H1", parent=one, level=middle)
    h2 = make_unit("Huyện Hai", code="H2", parent=two, level=middle)
    a, b = (make_unit(f"Xã {code}", code=code, parent=h1, level=commune) for code in ("A", "B"))
    c = make_unit("Xã C", code="C", parent=h2, level=commune)
    bases = {
        above.code: [
            make_unit(f"Cơ sở {above.code}{n}", code=f"{above.code}{n}", parent=above, level=base) for n in (1, 2)
        ]
        for above in (a, b, c)
    }
    return SimpleNamespace(
        one=one, two=two, h1=h1, h2=h2, a=a, b=b, c=c, bases=bases,
        whole=make_user(role=Role.ADMINISTRATOR), branch=make_user(unit=h1, role=Role.ADMINISTRATOR),
    )  # fmt: skip


def row(act: str, old: str = "", new: str = "", **rest: Any) -> dict[str, Any]:
    heads = {"name": "Tên mới", "level": "Cấp", "above": "Mã cấp trên mới", "share": "Phần kế thừa", "on": "Ngày"}
    heads["basis"] = "Căn cứ"
    return {"Hình thức": act, "Mã cũ": old, "Mã mới": new} | {heads[key]: value for key, value in rest.items()}


def book(*rows: dict[str, Any]) -> bytes:
    return with_rows(reform_book.build().content, sap_xep=list(rows))


def send(country: SimpleNamespace, content: bytes, *, by: Any = None, on: datetime.date = DAY) -> WorkbookImport:
    details = {"sector": "trade_union", "effective_on": on, "name": "Sắp xếp 2025", "legal_basis": "NQ 202/2025/QH15"}
    return sent(content, by=by or country.whole, kind="reform", **details)


# What happened on 1/7/2025, in small: a district ends, two communes become a new one that carries an old one's code.
REFORM = (
    row("Thành lập", new="A", name="Xã Mới", level="Xã", above="T1", basis="NQ 1660"),
    row("Sáp nhập", "A", "A"),
    row("Sáp nhập", "B", "A"),
    row("Kết thúc", "H1"),
    row("Đổi tên", "T1", "T9", name="Tỉnh Lớn"),
    row("Chuyển cấp trên", "C", above="T2"),
    row("Kết thúc", "H2"),
)


def test_reform_is_tried_shown_and_written_at_once(country):
    before = all_places()
    rows = [each | ({"Mã cấp trên mới": "T9"} if each["Hình thức"] == "Thành lập" else {}) for each in REFORM]
    sent_row = send(country, book(*rows))
    assert sent_row.status == "ready", reasons(sent_row)
    assert all_places() == before  # the dry run was taken back
    assert sent_row.counts == {"establish": 1, "rename": 1, "move": 1, "merge": 1, "dissolve": 2}
    assert ["Sáp nhập", "A", "Xã A (A); Xã B (B)", "Xã Mới"] in sent_row.changes
    reform = done(sent_row).reform
    assert (reform.name, reform.effective_on, reform.acts.count()) == ("Sắp xếp 2025", DAY, 6)
    assert set(reform.acts.values_list("legal_basis", flat=True)) == {"NQ 1660", "NQ 202/2025/QH15"}
    merged = Placement.objects.as_of(DAY).get(code="A")
    assert (merged.org_unit.code, merged.parent, merged.name) == ("A/2025", country.one, "Xã Mới")
    for unit in country.bases["A"] + country.bases["B"]:
        assert Placement.objects.as_of(DAY).get(org_unit=unit).parent == merged.org_unit
        assert (
            Placement.objects.as_of(BEFORE).get(org_unit=unit).path.startswith(country.one.segment + country.h1.segment)
        )
    assert Placement.objects.as_of(DAY).get(org_unit=country.c).parent == country.two
    assert set(Succession.objects.values_list("predecessor__code", "successor")) == {
        ("A", merged.org_unit_id), ("B", merged.org_unit_id),
    }  # fmt: skip
    reversal.reverse(reform, by=country.whole, reason="Nhầm")
    assert all_places() == before


def test_units_below_a_split_one_are_unresolved_until_a_person_decides(country):
    rows = [
        row("Thành lập", new="M", name="Xã M", level="Xã", above="H1"),
        row("Chia tách", "A", "M", share=30),
        row("Chia tách", "A", "B", share=70),
    ]
    refused = send(country, book(*rows))
    assert (refused.status, refused.errors) == ("refused", [])
    assert [(line["code"], line["above"], line["hint"]) for line in refused.unresolved] == [
        ("A1", "Xã A (A)", "M Xã M; B Xã B"), ("A2", "Xã A (A)", "M Xã M; B Xã B"),
    ]  # fmt: skip
    assert not Reform.objects.exists()
    content = reform_book.returned(refused).content
    left = cells(content, "Chưa có chỗ")
    assert [line["Mã đơn vị"] for line in left] == ["A1", "A2"]
    assert len(cells(content, "Sắp xếp")) == 3
    half = settled(content, {"A1": "M"})
    again = send(country, half)
    assert [line["code"] for line in again.unresolved] == ["A2"]
    assert [line["Mã cấp trên mới"] for line in cells(reform_book.returned(again).content, "Chưa có chỗ")] == [
        None,
        "M",
    ]
    done(send(country, settled(content, {"A1": "M", "A2": "Kết thúc"})))
    assert Placement.objects.as_of(DAY).get(code="A1").parent.code == "M"
    assert not Placement.objects.as_of(DAY).filter(code="A2").exists()
    assert set(Succession.objects.values_list("successor__code", "share")) == {("M", 30), ("B", 70)}


def settled(content: bytes, where: dict[str, str]) -> bytes:
    """The returned workbook with decisions typed into its last sheet."""
    workbook = load_workbook(BytesIO(content))
    sheet = workbook["Chưa có chỗ"]
    for number in range(4, sheet.max_row + 1):
        if sheet.cell(number, 1).value in where:
            sheet.cell(number, 6).value = where[sheet.cell(number, 1).value]
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def test_unit_from_which_a_part_is_taken_goes_on_and_may_be_renamed(country):
    rows = [
        row("Thành lập", new="M", name="Xã M", level="xa", above="H1"),
        row("Chia tách", "A", "M", share=1),
        row("Chia tách", "A", "A", share=3),
        row("Đổi tên", "A", name="Xã A nhỏ"),
    ]
    done(send(country, book(*rows)))
    act = Reorganisation.objects.get(act="split")
    assert (act.kept_share, act.successions.get().share) == (3, 1)
    assert Placement.objects.as_of(DAY).get(org_unit=country.a).name == "Xã A nhỏ"
    assert Placement.objects.as_of(DAY).get(code="A1").parent == country.a


def test_unit_that_takes_another_in_goes_on(country):
    done(send(country, book(row("Sáp nhập", "A", "A"), row("Sáp nhập", "B", "A"))))
    assert Placement.objects.as_of(DAY).get(code="A").org_unit == country.a
    assert Placement.objects.as_of(DAY).get(code="B1").parent == country.a
    act = Reorganisation.objects.get(act="merge")
    assert set(act.units.values_list("org_unit__code", "part")) == {("A", "origin"), ("B", "origin"), ("A", "result")}


def test_unit_that_had_ended_is_restored_below_a_unit_above(country):
    reorganisation.end(country.bases["C"][0], on=datetime.date(2025, 1, 1), by=None)
    rows = [
        row("Thành lập", new="M", name="Xã M", level="Xã", above="T1"),
        row("Khôi phục", "C1", above="M"),
        row("Sáp nhập", "C2", "C1"),
    ]
    before = all_places()
    sent_row = send(country, book(*rows))
    assert sent_row.counts == {"establish": 1, "restore": 1, "merge": 1}
    line = ["Khôi phục", "C1", "Cơ sở C1 (C1), kết thúc từ 01/01/2025", "hoạt động lại, trực thuộc Xã M"]
    assert line in sent_row.changes
    reform = done(sent_row).reform
    place = Placement.objects.as_of(DAY).get(org_unit=country.bases["C"][0])
    assert (place.code, place.parent.code, place.valid_from) == ("C1", "M", DAY)
    assert not Placement.objects.as_of(BEFORE).filter(org_unit=country.bases["C"][0]).exists()
    assert not Placement.objects.as_of(DAY).filter(org_unit=country.bases["C"][1]).exists()
    reversal.reverse(reform, by=country.whole, reason="Nhầm")
    assert all_places() == before


def test_branch_is_restored_unit_by_unit(country):
    for unit in (*country.bases["C"], country.c):
        reorganisation.end(unit, on=datetime.date(2025, 1, 1), by=None)
    done(send(country, book(row("Khôi phục", "C", above="H1"), row("Khôi phục", "C2", above="C"))))
    place = Placement.objects.as_of(DAY).get(org_unit=country.bases["C"][1])
    assert place.path == country.one.segment + country.h1.segment + country.c.segment + place.org_unit.segment


def test_unit_that_ends_with_the_reform_day_is_restored_and_the_way_back_ends_it_again(country):
    reorganisation.end(country.bases["C"][0], on=DAY, by=None)
    before = all_places()
    reform = done(send(country, book(row("Khôi phục", "C1", above="B")))).reform
    assert Placement.objects.as_of(DAY).get(code="C1").parent == country.b
    reversal.reverse(reform, by=country.whole, reason="Nhầm")
    assert all_places() == before


def test_what_cannot_be_restored_is_told_with_its_cell(country):
    for year in (2023, 2024):
        twin = make_unit("Cơ sở cũ", code="CU" if year == 2023 else "X", parent=country.c)
        reorganisation.change(twin, code="CU", on=datetime.date(year, 1, 1), by=None)
        reorganisation.end(twin, on=datetime.date(year, 6, 1), by=None)
    for unit in country.bases["A"]:
        reorganisation.end(unit, on=datetime.date(2025, 1, 1), by=None)
    reorganisation.change(country.bases["B"][0], code="A2", on=datetime.date(2025, 2, 1), by=None)
    rows = [
        row("Khôi phục", "CU", above="C"),
        row("Khôi phục", "C1", above="C"),
        row("Khôi phục", "KHONG", above="C"),
        row("Khôi phục", "A1", "A9", name="Tên khác", above="C"),
        row("Khôi phục", "A1", above="C"),
        row("Khôi phục", "A2", above="C"),
        row("Khôi phục", "A1"),
    ]
    told = reasons(send(country, book(*rows)))
    assert "ngày 31/05/2023); Cơ sở cũ (kết thúc ngày 31/05/2024" in told["Sắp xếp B4"]
    assert "không cần khôi phục" in told["Sắp xếp B5"]
    assert "không có đơn vị nào đã kết thúc" in told["Sắp xếp B6"]
    assert {"Sắp xếp C7", "Sắp xếp D7"} <= told.keys()
    assert "đã có việc ở dòng 7" in told["Sắp xếp B8"]
    assert "sẽ là của hai đơn vị (Cơ sở B1)" in told["Sắp xếp C9"]
    assert "phải có mã cấp trên mới" in told["Sắp xếp F10"]
    outside = send(country, book(row("Khôi phục", "CU", above="A")), by=country.branch)
    assert "Nhiều đơn vị" in reasons(outside)["Sắp xếp B4"]
    outside = send(country, book(row("Khôi phục", "X1", above="A")), by=country.branch)
    assert "Sắp xếp B4" in reasons(outside)


def test_all_errors_are_told_with_their_cells(country):
    make_unit("Xã đã có", code="E", parent=country.h2, level=make_level(code="xa"))
    rows = [
        row("Nhập", "A", "B"),
        row("Thành lập", new="E", name="Xã E", level="Xã", above="H1"),
        row("Thành lập", "A", new="M", name="", level="Phường", above="KHONG"),
        row("Sáp nhập", "A", "B"),
        row("Sáp nhập", "A", "C"),
        row("Chia tách", "B", "B", share=2),
        row("Đổi tên", "C"),
        row("Kết thúc", "KHONG", on="02/07/2025"),
        row("Chuyển cấp trên", "H2", above="C"),
        row("Sáp nhập", "A1", "KHONG", share=3),
    ]
    told = reasons(send(country, book(*rows)))
    wanted = {
        "Sắp xếp A4": "theo danh sách",
        "Sắp xếp C5": "sẽ là của hai đơn vị (Xã đã có)",
        "Sắp xếp B6": "không dùng cột này",
        "Sắp xếp D6": "phải có tên mới",
        "Sắp xếp E6": "không có cấp như vậy",
        "Sắp xếp F6": "không có đơn vị nào mang mã này",
        "Sắp xếp A7": "Chia tách",
        "Sắp xếp A8": "Chia tách",
        "Sắp xếp A9": "ít nhất hai dòng",
        "Sắp xếp D10": "không đổi gì",
        "Sắp xếp B11": "không có đơn vị nào mang mã này",
        "Sắp xếp H11": "cùng một ngày",
        "Sắp xếp F12": "chính mình",
        "Sắp xếp C13": "không có đơn vị nào",
        "Sắp xếp G13": "không dùng cột này",
    }
    assert told.keys() == wanted.keys()
    assert [(cell, told[cell]) for cell, words in wanted.items() if words not in told[cell]] == []
    assert not Reform.objects.exists()


def test_administrator_of_a_branch_reforms_that_branch_only(country):
    outside = send(
        country, book(row("Đổi tên", "C", name="Xã D"), row("Chuyển cấp trên", "A", above="T2")), by=country.branch
    )
    assert reasons(outside).keys() == {"Sắp xếp B4", "Sắp xếp F5"}
    done(send(country, book(row("Đổi tên", "A", name="Xã D")), by=country.branch))
    assert Placement.objects.as_of(DAY).get(org_unit=country.a).name == "Xã D"


def test_unit_that_changes_later_anyway_is_refused_with_its_row(country):
    reorganisation.end(country.bases["A"][0], on=datetime.date(2026, 1, 1), by=None)
    told = reasons(send(country, book(row("Chuyển cấp trên", "A1", above="B"))))
    assert "hãy hủy thay đổi đó trước" in told["Sắp xếp B4"]


def test_what_only_the_acts_refuse_is_found_by_the_dry_run(country):
    """A unit that begins later below one that is to end is not in the workbook's own picture."""
    make_unit("Đến sau", code="S", parent=country.a, on=datetime.date(2026, 1, 1))
    found = send(country, book(row("Kết thúc", "A"), row("Kết thúc", "A1"), row("Kết thúc", "A2")))
    assert found.status == "refused"
    assert "còn đơn vị trực thuộc (Đến sau)" in found.errors[0]["reason"]
    assert not Reorganisation.objects.filter(act="dissolve").exists()


def test_whole_tree_in_memory_gives_the_same_reform(country, monkeypatch):
    monkeypatch.setattr(reform_book_writing, "WHOLE_FROM", 1)
    rows = [each | ({"Mã cấp trên mới": "T9"} if each["Hình thức"] == "Thành lập" else {}) for each in REFORM]
    done(send(country, book(*rows)))
    merged = Placement.objects.as_of(DAY).get(code="A")
    places = Placement.objects.as_of(DAY).filter(parent=merged.org_unit).order_by("code")
    assert list(places.values_list("code", flat=True)) == ["A1", "A2", "B1", "B2"]
    assert all(place.path == merged.path + place.org_unit.segment for place in places)
    assert OrgUnit.objects.placed_on(DAY).count() == 10
