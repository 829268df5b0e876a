"""The tree of units, one unit and the dated acts, each with the house catalogue."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from orgunits import reorganisation, tree
from orgunits.models import AuditEvent, OrgUnit, Placement, Role
from orgunits.views import units
from tests.builders import LONG_AGO, give_role, make_level, make_unit, make_user
from tests.orgunits.act_steps import act

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
TOMORROW = TODAY + datetime.timedelta(days=1)


def day(value):
    return f"{value:%d/%m/%Y}"


def text(answer):
    return answer.content.decode()


def main(answer):
    """The page without its header, which names the reader's unit."""
    return text(answer).partition("<main")[2]


def named(name):
    return Placement.objects.filter(name=name)


# --- the list ---------------------------------------------------------------------------------------------------


def test_tree_shows_the_top_of_the_scope_and_opens_branch_by_branch(client, cast):
    client.force_login(cast.administrator)
    page = text(client.get("/to-chuc/don-vi/"))
    assert "Liên đoàn Lao động tỉnh Thử Nghiệm" in page
    assert "Công đoàn cơ sở số 01" not in page
    page = text(client.get(f"/to-chuc/don-vi/?mo={cast.union.pk}"))
    assert "Công đoàn cơ sở số 01" in page


def test_tree_of_a_unit_administrator_begins_at_the_own_unit(client, cast):
    client.force_login(cast.unit_administrator)
    page = text(client.get("/to-chuc/don-vi/"))
    assert "Công đoàn Viên chức tỉnh Thử Nghiệm" in page
    assert "Liên đoàn Lao động tỉnh Thử Nghiệm" not in page


def test_unit_below_another_administered_one_is_not_a_second_root(client, cast):
    give_role(cast.unit_administrator, Role.ADMINISTRATOR, cast.base)
    client.force_login(cast.unit_administrator)
    assert "Công đoàn cơ sở số 01" not in text(client.get("/to-chuc/don-vi/"))


def test_tree_on_a_day_shows_the_names_of_that_day(client, cast):
    reorganisation.rename(cast.union, name="Công đoàn Tên Mới", level=make_level(), on=TODAY, by=None)
    client.force_login(cast.unit_administrator)
    assert "Công đoàn Tên Mới" in main(client.get("/to-chuc/don-vi/"))
    before = day(TODAY - datetime.timedelta(days=1))
    assert "Công đoàn Tên Mới" not in main(client.get(f"/to-chuc/don-vi/?ngay={before}"))


def test_rights_of_today_decide_what_is_seen_of_the_tree_of_another_day(client, cast):
    """Who was appointed today reads the past of the own branch; who was an administrator elsewhere then does not."""
    newcomer = make_user("Phan Thị Mới")
    give_role(newcomer, Role.ADMINISTRATOR, cast.union, on=TODAY)
    give_role(newcomer, Role.ADMINISTRATOR, cast.elsewhere, on=LONG_AGO, until=TODAY)
    client.force_login(newcomer)
    past = day(TODAY - datetime.timedelta(days=400))
    page = main(client.get(f"/to-chuc/don-vi/?ngay={past}"))
    assert "Công đoàn Viên chức tỉnh Thử Nghiệm" in page
    assert "Nơi Khác" not in page
    assert "Nơi Khác" not in main(client.get(f"/to-chuc/don-vi/?ngay={past}&q=noi khac"))
    assert client.get(f"/to-chuc/don-vi/{cast.base.pk}/nhanh/?ngay={past}").status_code == 200
    assert client.get(f"/to-chuc/don-vi/{cast.elsewhere.pk}/nhanh/?ngay={past}").status_code == 404


def test_search_finds_without_marks_and_only_inside_the_scope(client, cast):
    client.force_login(cast.unit_administrator)
    page = text(client.get("/to-chuc/don-vi/?q=cong doan co so"))
    assert "Công đoàn cơ sở số 01" in page
    assert "Công đoàn cơ sở số 02" in page
    assert "Không tìm thấy" in text(client.get("/to-chuc/don-vi/?q=noi khac"))


def test_branch_for_htmx_opens_and_closes(client, cast):
    client.force_login(cast.administrator)
    opened = text(client.get(f"/to-chuc/don-vi/{cast.union.pk}/nhanh/"))
    assert "Công đoàn cơ sở số 01" in opened
    assert 'aria-expanded="true"' in opened
    closed = text(client.get(f"/to-chuc/don-vi/{cast.union.pk}/nhanh/?dong"))
    assert "Công đoàn cơ sở số 01" not in closed


def test_long_branch_comes_in_pieces(client, cast, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(tree, "BRANCH_LIMIT", 2)
    for number in range(3):
        make_unit(f"Tổ {number}", parent=cast.union)
    client.force_login(cast.administrator)
    url = f"/to-chuc/don-vi/{cast.union.pk}/nhanh/"
    first = text(client.get(url))
    assert "Công đoàn cơ sở số 02" in first
    assert "Tổ 0" not in first
    assert "Hiện thêm, còn 3 đơn vị" in first
    with django_assert_max_num_queries(12):
        second = text(client.get(f"{url}?sau=2"))
    assert "Tổ 1" in second
    assert "Hiện thêm, còn 1 đơn vị" in second
    last = text(client.get(f"{url}?sau=4"))
    assert "Tổ 2" in last
    assert "Hiện thêm" not in last
    assert client.get(f"{url}?sau=999999999999999999").status_code == 200


def test_page_of_a_unit_steps_through_what_is_below_it(client, cast, monkeypatch):
    monkeypatch.setattr(units, "CHILDREN_ON_PAGE", 1)
    client.force_login(cast.viewer)
    assert "1–1 trong 2 đơn vị" in text(client.get(f"/to-chuc/don-vi/{cast.union.pk}/"))
    assert "Công đoàn cơ sở số 02" in text(client.get(f"/to-chuc/don-vi/{cast.union.pk}/?trang=2"))


@pytest.mark.parametrize(
    "unreadable", ["ngay=31/02/2026", "ngay=x", "mo=abc", "mo=99999999999999", "trang=x", "he-thong=x"]
)
def test_unreadable_address_shows_the_tree_of_today(client, cast, unreadable):
    client.force_login(cast.administrator)
    assert client.get(f"/to-chuc/don-vi/?{unreadable}").status_code == 200


def test_list_asks_the_same_number_of_times_for_many_units(client, cast, django_assert_max_num_queries):
    for number in range(30):
        make_unit(f"Đơn vị thêm {number}", parent=cast.union)
    client.force_login(cast.administrator)
    for address in (f"/to-chuc/don-vi/?mo={cast.union.pk}", "/to-chuc/don-vi/?q=don vi"):
        with django_assert_max_num_queries(17):
            client.get(address)


def test_suggestions_are_units_in_sight(client, cast):
    client.force_login(cast.officer)
    page = text(client.get("/to-chuc/don-vi/goi-y/?field=parent&parent=cong doan"))
    assert "Công đoàn cơ sở số 01" in page
    assert "Công đoàn cơ sở số 02" not in page


# --- one unit ---------------------------------------------------------------------------------------------------


def test_unit_page_shows_people_children_and_history(client, cast):
    client.force_login(cast.unit_administrator)
    page = text(client.get(f"/to-chuc/don-vi/{cast.union.pk}/"))
    for words in ("Đỗ Thị Xét Duyệt", "Công đoàn cơ sở số 02", "Thành lập", "Đổi tên, đổi cấp"):
        assert words in page


def test_officer_reads_the_own_unit_without_the_acts(client, cast):
    client.force_login(cast.officer)
    page = text(client.get(f"/to-chuc/don-vi/{cast.base.pk}/"))
    assert "Lê Văn Đồng Nghiệp" in page
    assert "Đổi tên" not in page.replace("Đổi tên, đổi cấp</strong>", "")
    assert "Mời người dùng" not in page


def test_ended_unit_stays_readable_and_is_said_to_have_ended(client, cast):
    reorganisation.end(cast.base, on=TODAY, by=None, successors=[cast.sibling])
    client.force_login(cast.unit_administrator)
    page = text(client.get(f"/to-chuc/don-vi/{cast.base.pk}/"))
    assert "Đã kết thúc" in page
    assert "Công đoàn cơ sở số 02" in page
    assert "Công đoàn cơ sở số 01" in text(client.get(f"/to-chuc/don-vi/{cast.sibling.pk}/"))


def test_stranger_does_not_find_the_unit(client, cast):
    client.force_login(cast.stranger)
    assert client.get(f"/to-chuc/don-vi/{cast.base.pk}/").status_code == 404


# --- acts -------------------------------------------------------------------------------------------------------

ACTS = ["doi-ten", "chuyen", "ket-thuc", "sap-nhap", "chia-tach", "lien-he"]


@pytest.mark.parametrize("name", ACTS)
def test_acts_are_for_administrators_of_the_unit(client, cast, name):
    address = f"/to-chuc/don-vi/{cast.base.pk}/{name}/"
    for person, status in [
        (cast.administrator, 200),
        (cast.unit_administrator, 200),
        (cast.reviewer, 403),
        (cast.officer, 403),
    ]:
        client.force_login(person)
        assert client.get(address).status_code == status
    stranger = make_user(unit=cast.elsewhere, role=Role.ADMINISTRATOR)
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).headers["Location"].startswith("/tai-khoan/dang-nhap/")
    assert client.put(address).status_code == 405


def test_administrator_elsewhere_who_only_views_the_unit_gets_403(client, cast):
    person = make_user(unit=cast.elsewhere, role=Role.ADMINISTRATOR)
    give_role(person, Role.VIEWER, cast.base)
    client.force_login(person)
    assert client.get(f"/to-chuc/don-vi/{cast.base.pk}/doi-ten/").status_code == 403


def establish(client, **changed):
    data = {
        "name": "Công đoàn cơ sở Mới",
        "level": make_level().pk,
        "code": "moi-01",
        "on": day(TODAY),
        "legal_basis": "Quyết định số 12/QĐ-CĐVC",
    }
    return act(client, "/to-chuc/don-vi/them/", data | changed)


def test_administrator_establishes_a_unit_below_the_own_one(client, cast):
    client.force_login(cast.unit_administrator)
    answer = establish(client, parent=cast.union.code)
    unit = OrgUnit.objects.get(code="moi-01")
    assert answer.headers["Location"] == unit.get_absolute_url()
    place = named("Công đoàn cơ sở Mới").get()
    assert (place.parent, place.valid_from) == (cast.union, TODAY)
    event = AuditEvent.objects.get(action="unit.establish", actor=cast.unit_administrator)
    assert event.org_unit == unit


def test_unit_administrator_makes_no_unit_at_the_top_or_elsewhere(client, cast):
    client.force_login(cast.unit_administrator)
    for above in ("", cast.elsewhere.code, cast.province.code):
        answer = establish(client, parent=above)
        assert answer.status_code == 200
        assert 'value="moi-01"' in text(answer)
    assert not OrgUnit.objects.filter(code="moi-01").exists()


def test_unit_administrator_chooses_among_the_levels_of_the_own_sector(client, cast):
    make_level("party", name="Tổ chức cơ sở đảng")
    client.force_login(cast.unit_administrator)
    assert "Đảng: Tổ chức cơ sở đảng" not in text(client.get("/to-chuc/don-vi/them/"))
    client.force_login(cast.administrator)
    assert "Đảng: Tổ chức cơ sở đảng" in text(client.get("/to-chuc/don-vi/them/"))


def test_system_administrator_makes_a_unit_at_the_top(client, cast):
    client.force_login(cast.administrator)
    assert establish(client, parent="").status_code == 302
    assert named("Công đoàn cơ sở Mới").get().parent is None


def test_taken_code_keeps_what_was_typed(client, cast):
    client.force_login(cast.unit_administrator)
    answer = establish(client, parent=cast.union.code, code=cast.base.code)
    assert "Mã này đã dùng" in text(answer)
    assert "Quyết định số 12/QĐ-CĐVC" in text(answer)


def test_parent_may_be_typed_by_name_without_marks(client, cast):
    client.force_login(cast.administrator)
    establish(client, parent="cong doan vien chuc tinh thu nghiem")
    assert named("Công đoàn cơ sở Mới").get().parent == cast.union


def test_ambiguous_parent_is_asked_about(client, cast):
    client.force_login(cast.administrator)
    page = text(establish(client, parent="công đoàn cơ sở"))
    assert "Có nhiều đơn vị như vậy" in page
    assert cast.base.code in page


def test_rename_holds_from_its_day(client, cast):
    client.force_login(cast.unit_administrator)
    data = {"name": "Công đoàn cơ sở Đổi Tên", "level": make_level().pk, "on": day(TOMORROW)}
    assert act(client, f"/to-chuc/don-vi/{cast.base.pk}/doi-ten/", data).status_code == 302
    unit = OrgUnit.objects.get(pk=cast.base.pk)
    assert unit.name_on(TODAY) == "Công đoàn cơ sở số 01"
    assert unit.name_on(TOMORROW) == "Công đoàn cơ sở Đổi Tên"


def test_rename_without_a_change_or_too_early_is_refused(client, cast):
    client.force_login(cast.unit_administrator)
    address = f"/to-chuc/don-vi/{cast.base.pk}/doi-ten/"
    same = {"name": "Công đoàn cơ sở số 01", "level": make_level().pk, "on": day(TODAY)}
    assert "Chưa có gì thay đổi" in text(act(client, address, same))
    page = text(act(client, address, same | {"name": "Khác", "on": day(LONG_AGO - datetime.timedelta(days=1))}))
    assert "Ngày hiệu lực phải từ ngày 01/01/2020 trở đi" in page
    assert 'value="Khác"' in page
    assert named("Khác").count() == 0


def test_move_stays_inside_the_scope(client, cast):
    client.force_login(cast.unit_administrator)
    address = f"/to-chuc/don-vi/{cast.base.pk}/chuyen/"
    assert act(client, address, {"parent": cast.elsewhere.code, "on": day(TODAY)}).status_code == 200
    assert act(client, address, {"parent": cast.sibling.code, "on": day(TODAY)}).status_code == 302
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY).parent == cast.sibling


def test_end_hands_the_history_to_the_successor(client, cast):
    client.force_login(cast.unit_administrator)
    data = {"on": day(TODAY), "successor_1": cast.sibling.code, "legal_basis": "Quyết định số 5/QĐ-CĐVC"}
    assert act(client, f"/to-chuc/don-vi/{cast.base.pk}/ket-thuc/", data).status_code == 302
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY) is None
    assert cast.sibling.predecessor_links.get().predecessor == cast.base
    event = AuditEvent.objects.get(action="unit.merge")
    assert (event.actor, event.data["successors"]) == (cast.unit_administrator, [cast.sibling.pk])


def test_unit_with_units_below_cannot_end(client, cast):
    client.force_login(cast.unit_administrator)
    answer = act(client, f"/to-chuc/don-vi/{cast.union.pk}/ket-thuc/", {"on": day(TODAY)})
    assert "còn đơn vị trực thuộc" in text(answer)


def test_contact_is_saved_and_audited(client, cast):
    client.force_login(cast.unit_administrator)
    address = f"/to-chuc/don-vi/{cast.base.pk}/lien-he/"
    assert "Hãy nhập đúng địa chỉ" in text(client.post(address, {"email": "khong-phai-thu"}))
    assert client.post(address, {"email": "don-vi@vi-du.vn"}).status_code == 302
    assert OrgUnit.objects.get(pk=cast.base.pk).email == "don-vi@vi-du.vn"
    assert AuditEvent.objects.get(action="unit.contact").data == {"fields": ["email"]}


@pytest.mark.parametrize("address", ["don-vi/", "don-vi/them/", "nguoi-dung/", "nguoi-dung/moi/", "nhat-ky/"])
def test_administrators_pages_are_closed_to_others(client, cast, address):
    for person, status in [(cast.administrator, 200), (cast.unit_administrator, 200), (cast.officer, 403)]:
        client.force_login(person)
        assert client.get(f"/to-chuc/{address}").status_code == status


@pytest.mark.parametrize("address", ["cap/", "cap/them/", "hop-thu-di/"])
def test_pages_that_concern_everybody_are_for_the_whole_administrator(client, cast, address):
    for person, status in [(cast.administrator, 200), (cast.unit_administrator, 403), (cast.officer, 403)]:
        client.force_login(person)
        assert client.get(f"/to-chuc/{address}").status_code == status


# --- everything below ---------------------------------------------------------------------------------------------
def below(client, unit, **ask):
    response = client.get(reverse("orgunits:unit_below", args=[unit.pk]), ask)
    return [(place.name, above) for place, above in response.context["rows"]]


def test_everything_below_stands_in_the_order_of_the_tree_with_the_unit_above(client, cast):
    client.force_login(cast.administrator)
    assert below(client, cast.province) == [
        (cast.union.name, cast.province.name),
        (cast.base.name, cast.union.name),
        (cast.sibling.name, cast.union.name),
    ]
    assert below(client, cast.base) == []


def test_below_on_an_earlier_day_is_as_it_was(client, cast):
    client.force_login(cast.administrator)
    reorganisation.move(cast.base, parent=cast.province, on=datetime.date(2026, 3, 1), by=None)
    names = [name for name, _ in below(client, cast.union, ngay="28/02/2026")]
    assert cast.base.name in names
    assert cast.base.name not in [name for name, _ in below(client, cast.union, ngay="01/03/2026")]


def test_below_is_narrowed_by_level_and_by_a_name_without_marks(client, cast):
    client.force_login(cast.administrator)
    level = cast.base.latest_placement.level
    found = below(client, cast.province, cap=level.pk)
    assert {name for name, _ in found} >= {cast.base.name, cast.sibling.name}
    assert below(client, cast.province, q="CONG DOAN vien chuc") == [(cast.union.name, cast.province.name)]
    assert below(client, cast.province, q="không có đơn vị này") == []


def test_who_does_not_see_the_unit_does_not_see_its_branch(client, cast):
    client.force_login(cast.stranger)
    assert client.get(reverse("orgunits:unit_below", args=[cast.province.pk])).status_code == 404


def test_below_asks_as_often_for_many_units_as_for_few(client, cast, django_assert_max_num_queries):
    client.force_login(cast.administrator)
    for _ in range(30):
        make_unit(parent=cast.union)
    with django_assert_max_num_queries(16):
        below(client, cast.province)
