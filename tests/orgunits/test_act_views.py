"""The pages of acts: what is shown before the confirmation is what is written, and it is confirmed once."""

import datetime
import re

import pytest
from django.utils import timezone

from orgunits import reorganisation
from orgunits.models import OrgUnit, Placement, Reform, Reorganisation, Role, RoleAssignment, Succession
from reports.models import Obligation
from tests.builders import give_role, make_level, make_unit, make_user
from tests.orgunits.act_steps import act, asked, preview, stamp_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
TOMORROW = TODAY + datetime.timedelta(days=1)


def day(value):
    return f"{value:%d/%m/%Y}"


def text(answer):
    return answer.content.decode()


def trees(answer):
    """The two trees as text without marks of HTML."""
    page = text(answer)
    inside = page[page.index('class="act-trees"') : page.index('name="stamp"')]
    before, after = re.split(r"Từ ngày", re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside)), maxsplit=1)
    return before, after


def address(unit, verb):
    return f"/to-chuc/don-vi/{unit.pk}/{verb}/"


def everything():
    return Placement.objects.count(), Reorganisation.objects.count(), OrgUnit.objects.count(), Reform.objects.count()


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.unit_administrator)
    return client


# --- before and after -------------------------------------------------------------------------------------------


def test_preview_shows_both_trees_with_words_and_writes_nothing(admin, cast):
    were = everything()
    answer = preview(admin, address(cast.base, "chuyen"), {"parent": cast.sibling.code, "on": day(TODAY)})
    before, after = trees(answer)
    assert "Chuyển đi" in before
    assert "Chuyển đến" in after
    assert stamp_of(answer)
    assert everything() == were


def test_what_comes_along_is_counted_and_not_listed(admin, cast):
    for number in range(3):
        make_unit(f"Tổ {number}", parent=cast.base)
    answer = preview(admin, address(cast.base, "chuyen"), {"parent": cast.sibling.code, "on": day(TODAY)})
    assert "3 đơn vị cấp dưới chuyển theo" in text(answer)
    assert "Tổ 1" not in "".join(trees(answer))
    assert "3 đơn vị trực thuộc" in trees(answer)[1]


def test_typed_text_comes_along_to_the_confirmation_and_back(admin, cast):
    data = {"parent": cast.sibling.code, "on": day(TOMORROW), "legal_basis": 'Quyết định "số" 5'}
    page = preview(admin, address(cast.base, "chuyen"), data)
    assert 'value="Quyết định &quot;số&quot; 5"' in text(page)
    back = admin.post(address(cast.base, "chuyen"), data | {"action": "edit", "viec-role-1": "end"})
    assert 'value="Quyết định &quot;số&quot; 5"' in text(back)
    assert 'name="viec-role-1" value="end"' in text(back)
    assert not stamp_of(back)


def test_official_code_changes_from_a_later_day(admin, cast):
    data = {"name": "Công đoàn cơ sở số 01", "level": make_level().pk, "code": "MOI-1", "on": day(TOMORROW)}
    page = preview(admin, address(cast.base, "doi-ten"), data)
    assert f"Đổi mã {cast.base.code} → MOI-1" in trees(page)[1]
    act(admin, address(cast.base, "doi-ten"), data)
    unit = OrgUnit.objects.get(pk=cast.base.pk)
    assert (unit.placement_on(TODAY).code, unit.placement_on(TOMORROW).code) == (cast.base.code, "MOI-1")


def test_tree_that_changed_meanwhile_is_shown_anew_with_409(admin, cast):
    data = {"parent": cast.sibling.code, "on": day(TODAY)}
    stamp = stamp_of(preview(admin, address(cast.base, "chuyen"), data))
    reorganisation.change(cast.base, on=TODAY, by=None, name="Tên mới")
    answer = admin.post(address(cast.base, "chuyen"), data | {"stamp": stamp, "action": "confirm"})
    assert answer.status_code == 409
    assert "đã thay đổi sau khi bạn xem" in text(answer)
    assert "Tên mới" in trees(answer)[0]
    again = admin.post(address(cast.base, "chuyen"), data | {"stamp": stamp_of(answer), "action": "confirm"})
    assert again.status_code == 302


def test_act_that_is_no_longer_possible_is_refused_with_409(admin, cast):
    data = {"on": day(TODAY)}
    stamp = stamp_of(preview(admin, address(cast.base, "ket-thuc"), data))
    reorganisation.end(cast.base, on=TODAY, by=None)
    answer = admin.post(address(cast.base, "ket-thuc"), data | {"stamp": stamp, "action": "confirm"})
    assert answer.status_code == 409
    assert "Đơn vị đã kết thúc từ ngày" in text(answer)


def test_confirmation_without_a_preview_is_shown_first(admin, cast):
    data = {"parent": cast.sibling.code, "on": day(TODAY), "action": "confirm"}
    assert admin.post(address(cast.base, "chuyen"), data).status_code == 409
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY).parent == cast.union


def test_new_unit_has_the_same_stamp_each_time(admin, cast):
    data = {"name": "Mới", "level": make_level().pk, "code": "m1", "parent": cast.union.code, "on": day(TODAY)}
    first, second = (stamp_of(preview(admin, "/to-chuc/don-vi/them/", data)) for _ in range(2))
    assert first == second


def test_year_that_cannot_be_meant_is_asked_about(admin, cast):
    answer = preview(admin, address(cast.base, "chuyen"), {"parent": cast.sibling.code, "on": "01/01/0026"})
    assert "Hãy kiểm tra lại năm" in text(answer)


# --- merge ------------------------------------------------------------------------------------------------------


def test_two_units_merge_into_a_new_one_with_what_lies_below(admin, cast):
    child = make_unit("Tổ công đoàn", parent=cast.sibling)
    data = {
        "origin_1": cast.sibling.code, "new_name": "Công đoàn cơ sở Hợp Nhất", "new_code": "hn-01",
        "on": day(TODAY), "legal_basis": "Quyết định số 9",
    }  # fmt: skip
    page = preview(admin, address(cast.base, "sap-nhap"), data)
    before, after = trees(page)
    assert before.count("Kết thúc") == 2
    assert "Công đoàn cơ sở Hợp Nhất Công đoàn cơ sở · hn-01 Thêm mới" in after
    assert "Chuyển đến" in after
    assert act(admin, address(cast.base, "sap-nhap"), data).status_code == 302
    new = OrgUnit.objects.get(code="hn-01")
    assert set(new.predecessor_links.values_list("predecessor", flat=True)) == {cast.base.pk, cast.sibling.pk}
    assert child.placements.get(is_final=True).parent == new
    assert Obligation.objects.owed().get(org_unit=new).duty == cast.duty
    assert RoleAssignment.objects.as_of(TODAY).filter(org_unit=new, user=cast.officer).exists()
    assert Reform.objects.get().name == "Sáp nhập thành Công đoàn cơ sở Hợp Nhất"


def test_merger_into_one_of_the_units_needs_no_share(admin, cast):
    data = {"origin_1": cast.sibling.code, "result_1": cast.base.code, "on": day(TODAY)}
    assert act(admin, address(cast.base, "sap-nhap"), data).status_code == 302
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY)
    assert OrgUnit.objects.get(pk=cast.sibling.pk).placement_on(TODAY) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Hãy nêu đơn vị tiếp nhận"),
        ({"result_1": "base"}, "Hãy nêu ít nhất một đơn vị kết thúc"),
        ({"new_name": "Mới"}, "Đơn vị mới cần có cả tên và mã"),
        ({"result_1": "sibling", "new_name": "M", "new_code": "m", "share_1": "3"}, "Hãy nêu phần kế thừa của mọi"),
        ({"result_1": "sibling", "children_to": "new"}, "Đơn vị tiếp nhận này chưa được nêu ở trên"),
        ({"result_1": "sibling", "share_1": "9" * 20}, "invalid-feedback"),
        ({"result_1": "elsewhere"}, "Không có đơn vị nào như vậy trong phạm vi của bạn"),
    ],
)
def test_merger_that_says_too_little_is_asked_about(admin, cast, data, words):
    named = {key: getattr(cast, value).code if key == "result_1" else value for key, value in data.items()}
    answer = preview(admin, address(cast.base, "sap-nhap"), named | {"on": day(TODAY), "legal_basis": "Giữ lại"})
    assert words in text(answer)
    assert 'value="Giữ lại"' in text(answer)


# --- split, dissolve, restore -----------------------------------------------------------------------------------


def test_unit_splits_and_each_unit_below_is_told_where_it_goes(admin, cast):
    first, second = make_unit("Tổ một", parent=cast.base), make_unit("Tổ hai", parent=cast.base)
    data = {
        "name_1": "Công đoàn A", "code_1": "a", "share_1": "30", "name_2": "Công đoàn B", "code_2": "b",
        "share_2": "20", f"child_{first.pk}": "1", f"child_{second.pk}": "2", "on": day(TODAY),
    }  # fmt: skip
    assert act(admin, address(cast.base, "chia-tach"), data).status_code == 302
    shares = dict(Succession.objects.filter(predecessor=cast.base).values_list("successor__code", "share"))
    assert shares == {"a": 30, "b": 20}
    assert second.placements.get(is_final=True).parent.code == "b"
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY) is None


def test_unit_that_goes_on_keeps_a_share(admin, cast):
    data = {"goes_on": "on", "kept_share": "60", "name_1": "Mới", "code_1": "m", "share_1": "40", "on": day(TODAY)}
    page = preview(admin, address(cast.base, "chia-tach"), data)
    assert 'name="goes_on" value="True"' in text(page)
    stamp = {"stamp": stamp_of(page), "action": "confirm", "goes_on": "True"}
    assert admin.post(address(cast.base, "chia-tach"), data | stamp).status_code == 302
    assert Reorganisation.objects.get(act="split").kept_share == 60
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Hãy nêu ít nhất một đơn vị được tách ra"),
        ({"name_1": "A", "code_1": "a"}, "hãy nêu ít nhất hai đơn vị được tách ra"),
        ({"name_1": "A", "name_2": "B", "code_2": "b"}, "Đơn vị mới cần có cả tên và mã"),
        ({"goes_on": "on", "name_1": "A", "code_1": "a", "share_1": "4"}, "Hãy nêu phần kế thừa của mọi đơn vị"),
        ({"name_1": "A", "code_1": "a", "name_2": "B", "code_2": "b"}, "Hãy chọn nơi đến"),
    ],
)
def test_split_that_says_too_little_is_asked_about(admin, cast, data, words):
    make_unit("Tổ một", parent=cast.base)
    answer = preview(admin, address(cast.base, "chia-tach"), data | {"on": day(TODAY)})
    assert words in text(answer)


def test_dissolution_hands_the_units_below_on(admin, cast):
    child = make_unit("Tổ một", parent=cast.base)
    data = {"on": day(TODAY), "children_to": cast.sibling.code}
    assert act(admin, address(cast.base, "ket-thuc"), data).status_code == 302
    assert child.placements.get(is_final=True).parent == cast.sibling
    assert Reorganisation.objects.get(act="dissolve").legal_basis == ""


def test_ended_unit_is_restored_below_its_last_parent(admin, cast):
    reorganisation.end(cast.base, on=TODAY, by=None)
    assert "Khôi phục hoạt động" in text(admin.get(f"/to-chuc/don-vi/{cast.base.pk}/"))
    data = {"parent": cast.union.code, "on": day(TOMORROW)}
    assert act(admin, address(cast.base, "khoi-phuc"), data).status_code == 302
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TOMORROW).parent == cast.union
    assert "không cần khôi phục" in text(preview(admin, address(cast.sibling, "khoi-phuc"), data))


# --- what follows -----------------------------------------------------------------------------------------------


def test_preview_asks_about_people_and_reports_and_says_who_owes_what_then(admin, cast):
    data = {"on": day(TODAY), "successor_1": cast.sibling.code}
    page = preview(admin, address(cast.base, "ket-thuc"), data)
    questions = asked(page)
    report = f"viec-report-{cast.obligation.pk}"
    assert questions[report] == (f"to:{cast.sibling.code}", ["close", "keep", f"to:{cast.sibling.code}"])
    assert "Trần Thị Cán Bộ" in text(page)
    afterwards = text(page).partition("Ai còn nợ báo cáo gì sau đó")[2]
    assert "<strong>Công đoàn cơ sở số 02</strong>" in afterwards
    assert "<strong>Công đoàn cơ sở số 01</strong>" not in afterwards
    kept = admin.post(address(cast.base, "ket-thuc"), data | {report: "keep", "action": "preview"})
    assert asked(kept)[report][0] == "keep"
    assert "<strong>Công đoàn cơ sở số 01</strong>" in text(kept).partition("Ai còn nợ báo cáo gì sau đó")[2]
    assert Obligation.objects.owed().filter(org_unit=cast.base).exists()


def test_choices_are_carried_out_as_they_were_confirmed(admin, cast):
    data = {"on": day(TODAY), "successor_1": cast.sibling.code}
    role = cast.officer.role_assignments.get()
    data |= {f"viec-report-{cast.obligation.pk}": "close", f"viec-role-{role.pk}": f"to:{cast.sibling.code}"}
    assert act(admin, address(cast.base, "ket-thuc"), data).status_code == 302
    assert not Obligation.objects.owed().filter(org_unit=cast.base).exists()
    assert RoleAssignment.objects.as_of(TODAY).get(user=cast.officer).org_unit == cast.sibling


def test_choice_that_was_not_offered_is_refused_and_nothing_is_written(admin, cast):
    data = {"on": day(TODAY), "successor_1": cast.sibling.code, f"viec-report-{cast.obligation.pk}": "x"}
    were = everything()
    assert act(admin, address(cast.base, "ket-thuc"), data).status_code == 409
    assert everything() == were


def test_choices_for_a_later_day_are_said_to_wait(admin, cast):
    data = {"on": day(TOMORROW), "successor_1": cast.sibling.code}
    page = preview(admin, address(cast.base, "ket-thuc"), data)
    assert "tự thực hiện vào ngày" in text(page)
    act(admin, address(cast.base, "ket-thuc"), data)
    assert Reorganisation.objects.get(act="merge").followed_up_at is None
    assert Obligation.objects.owed().filter(org_unit=cast.base).exists()
    assert "Chưa đến ngày" in text(admin.get(f"/to-chuc/don-vi/{cast.base.pk}/"))


# --- taking back ------------------------------------------------------------------------------------------------


def test_act_is_taken_back_with_a_reason_and_stays_in_the_history(admin, cast):
    act(admin, address(cast.base, "ket-thuc"), {"on": day(TODAY), "successor_1": cast.sibling.code})
    made = Reorganisation.objects.get(act="merge")
    page = f"/to-chuc/quyet-dinh/{made.pk}/huy/"
    assert page in text(admin.get(f"/to-chuc/don-vi/{cast.sibling.pk}/"))
    assert admin.post(page, {"reason": " "}).status_code == 200
    assert Reorganisation.objects.get(pk=made.pk).reversed_at is None
    assert admin.post(page, {"reason": "Nhầm đơn vị"}).status_code == 302
    history = text(admin.get(f"/to-chuc/don-vi/{cast.base.pk}/"))
    assert "<s><strong>Sáp nhập</strong>" in history
    assert "Lý do hủy: Nhầm đơn vị" in history
    assert Obligation.objects.owed().filter(org_unit=cast.base).exists()
    assert admin.post(page, {"reason": "Nữa"}).status_code == 409


def test_merger_into_a_new_unit_is_taken_back_as_a_whole(admin, cast):
    data = {"origin_1": cast.sibling.code, "new_name": "Mới", "new_code": "m1", "on": day(TODAY)}
    act(admin, address(cast.base, "sap-nhap"), data)
    made = Reorganisation.objects.get(act="merge")
    page = f"/to-chuc/quyet-dinh/{made.pk}/huy/"
    assert "hủy cùng cả đợt (2 việc)" in text(admin.get(page))
    assert admin.post(page, {"reason": "Nhầm"}).status_code == 302
    assert OrgUnit.objects.get(pk=cast.base.pk).placement_on(TODAY)
    assert not OrgUnit.objects.get(code="m1").placements.exists()
    assert not RoleAssignment.objects.as_of(TODAY).filter(org_unit__code="m1").exists()


def test_what_stands_in_the_way_is_said_and_the_reason_kept(admin, cast):
    reorganisation.move(cast.base, parent=cast.sibling, on=TODAY, by=None)
    made = Reorganisation.objects.get(act="move")
    reorganisation.change(cast.base, on=TODAY, by=None, name="Khác")
    answer = admin.post(f"/to-chuc/quyet-dinh/{made.pk}/huy/", {"reason": "Nhầm nơi"})
    assert "Sau đó đã có quyết định khác" in text(answer)
    assert "Nhầm nơi" in text(answer)


def test_act_is_taken_back_only_by_who_administers_all_its_units(client, cast):
    reorganisation.end(cast.base, on=TODAY, by=None, successors=[cast.sibling])
    page = f"/to-chuc/quyet-dinh/{Reorganisation.objects.get(act='merge').pk}/huy/"
    narrow = make_user(unit=cast.base, role=Role.ADMINISTRATOR)
    give_role(narrow, Role.VIEWER, cast.union)
    for person, status in [(narrow, 403), (cast.officer, 403), (cast.unit_administrator, 200)]:
        client.force_login(person)
        assert client.get(page).status_code == status
    client.force_login(make_user(unit=cast.elsewhere, role=Role.ADMINISTRATOR))
    assert client.get(page).status_code == 404


def test_history_names_people_codes_and_acts(admin, cast):
    give_role(cast.stranger, Role.REPORTER, cast.base, on=TODAY - datetime.timedelta(days=9), until=TODAY)
    page = text(admin.get(f"/to-chuc/don-vi/{cast.base.pk}/"))
    assert "Lý Văn Người Lạ: Người lập báo cáo" in page
    assert f'data-label="Mã">{cast.base.code}' in page


def test_preview_asks_the_same_number_of_times_for_many_units_below(admin, cast, django_assert_max_num_queries):
    for number in range(20):
        make_unit(f"Tổ {number}", parent=cast.base)
    with django_assert_max_num_queries(90):
        preview(admin, address(cast.base, "chuyen"), {"parent": cast.sibling.code, "on": day(TODAY)})


def test_preview_and_writing_are_the_same(cast, admin):
    """The places that the preview shows are those that stand there after the confirmation."""
    data = {"origin_1": cast.sibling.code, "new_name": "Mới", "new_code": "m1", "on": day(TODAY)}
    _, shown = trees(preview(admin, address(cast.base, "sap-nhap"), data))
    act(admin, address(cast.base, "sap-nhap"), data)
    for place in Placement.objects.as_of(TODAY).filter(path__startswith=cast.province.segment):
        assert place.name in shown


@pytest.mark.parametrize("bad", ["a\x00b", "9" * 20, "31/12/9999", "%_\\'\"<", ""])
@pytest.mark.parametrize("field", ["stamp", "action", "on", "legal_basis", "successor_1", "children_to", "report", "x"])
def test_bad_input_at_the_confirmation_is_no_fault_of_the_server(admin, cast, field, bad):
    data = {"on": day(TODAY), "successor_1": cast.sibling.code, "legal_basis": "Quyết định"}
    data |= {"stamp": stamp_of(preview(admin, address(cast.base, "ket-thuc"), data)), "action": "confirm"}
    name = f"viec-report-{cast.obligation.pk}" if field == "report" else "viec-x\x00" if field == "x" else field
    assert admin.post(address(cast.base, "ket-thuc"), data | {name: bad}).status_code in (200, 302, 409)
