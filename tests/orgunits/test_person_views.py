"""People, invitations and roles: the house catalogue."""

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from orgunits import tasks
from orgunits.models import AuditEvent, Invitation, Role, RoleAssignment, User
from tests.builders import PASSWORD, give_role, make_user

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


def day(value):
    return f"{value:%d/%m/%Y}"


def text(answer):
    return answer.content.decode()


@pytest.fixture
def rung(monkeypatch):
    """The bells that were rung, instead of a broker."""
    bells = []
    monkeypatch.setattr(tasks.deliver_invitation, "ring", bells.append)
    return bells


# --- looking ----------------------------------------------------------------------------------------------------


def test_list_shows_people_of_the_scope_only(client, cast):
    client.force_login(cast.unit_administrator)
    page = text(client.get("/to-chuc/nguoi-dung/"))
    assert "Trần Thị Cán Bộ" in page
    assert "Lý Văn Người Lạ" not in page
    assert "Hồ Văn Cấp Tỉnh" not in page
    client.force_login(cast.administrator)
    assert "Lý Văn Người Lạ" in text(client.get("/to-chuc/nguoi-dung/"))


@pytest.mark.parametrize(
    ("wanted", "found", "missing"),
    [
        ("q=dong nghiep", "Lê Văn Đồng Nghiệp", "Trần Thị Cán Bộ"),
        ("vai_tro=approver", "Võ Thị Chủ Tịch", "Trần Thị Cán Bộ"),
        ("don_vi=Công đoàn cơ sở số 02", "Phạm Văn Bên Cạnh", "Trần Thị Cán Bộ"),
        ("trang_thai=ngung", "Đã Nghỉ", "Trần Thị Cán Bộ"),
        ("trang_thai=moi", "Trần Thị Cán Bộ", "Đã Nghỉ"),
        ("trang_thai=khong-co", "Trần Thị Cán Bộ", "Đã Nghỉ"),
        ("don_vi=khong co don vi nay", "Trần Thị Cán Bộ", "Đã Nghỉ"),
    ],
)
def test_list_is_narrowed(client, cast, wanted, found, missing):
    make_user("Đã Nghỉ", unit=cast.base, role=Role.VIEWER, is_active=False)
    client.force_login(cast.unit_administrator)
    page = text(client.get(f"/to-chuc/nguoi-dung/?{wanted}"))
    assert found in page
    assert missing not in page


def test_list_is_ordered_by_given_name(client, cast):
    for name in ("Lê Văn Đông", "Vũ Thị An", "Bùi Văn Dũng"):
        make_user(name, unit=cast.base, role=Role.VIEWER)
    client.force_login(cast.unit_administrator)
    page = text(client.get("/to-chuc/nguoi-dung/?vai_tro=viewer"))
    assert page.index("Vũ Thị An") < page.index("Bùi Văn Dũng") < page.index("Lê Văn Đông")


def test_list_asks_the_same_number_of_times_for_many_people(client, cast, django_assert_max_num_queries):
    for number in range(30):
        make_user(f"Người {number}", unit=cast.base, role=Role.VIEWER)
    client.force_login(cast.unit_administrator)
    with django_assert_max_num_queries(20):
        client.get("/to-chuc/nguoi-dung/")


def test_person_page_shows_roles_inside_the_scope(client, cast):
    give_role(cast.officer, Role.VIEWER, cast.elsewhere)
    client.force_login(cast.unit_administrator)
    page = text(client.get(cast.officer.get_absolute_url()))
    assert "Công đoàn cơ sở số 01" in page
    assert "Nơi Khác" not in page
    assert "1 vai trò ở đơn vị ngoài phạm vi" in page
    assert "Ngừng tài khoản" not in page


def test_person_outside_the_scope_is_not_found(client, cast):
    client.force_login(cast.unit_administrator)
    for end in ("", "sua/", "vai-tro/"):
        assert client.get(f"{cast.stranger.get_absolute_url()}{end}").status_code == 404
    for end in ("ngung/", "mo-lai/", "gui-lai-thu-moi/"):
        assert client.post(f"{cast.stranger.get_absolute_url()}{end}").status_code == 404


# --- invitations ------------------------------------------------------------------------------------------------


def invite(client, cast, **changed):
    data = {
        "email": "moi@vi-du.vn",
        "full_name": "Lê Thị Mới",
        "role": Role.REPORTER,
        "unit": cast.base.code,
        "since": day(TODAY),
    }
    return client.post("/to-chuc/nguoi-dung/moi/", data | changed)


def test_administrator_invites_a_person(client, cast, rung, django_capture_on_commit_callbacks):
    client.force_login(cast.unit_administrator)
    with django_capture_on_commit_callbacks(execute=True):
        answer = invite(client, cast)
    person = User.objects.get(email="moi@vi-du.vn")
    assert answer.headers["Location"] == person.get_absolute_url()
    letter = Invitation.objects.get(recipient=person)
    assert (letter.status, letter.invited_by, rung) == (Invitation.Status.WAITING, cast.unit_administrator, [letter.pk])
    assert mail.outbox == []  # the worker sends it
    assert "Đang chờ gửi" in text(client.get(person.get_absolute_url()))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "sai"}, "Hãy nhập đúng địa chỉ thư điện tử"),
        ({"full_name": ""}, "Hãy điền mục này"),
        ({"unit": "Nơi Khác"}, "Không có đơn vị nào như vậy trong phạm vi"),
        ({"unit": ""}, "Hãy điền mục này"),
        ({"since": "2026/40/40"}, "ngày/tháng/năm"),
        ({"until": "01/01/2020"}, "Ngày cuối không được trước ngày bắt đầu"),
        ({"since": "01/01/2019"}, "không hoạt động vào ngày 01/01/2019"),
    ],
)
def test_bad_invitation_keeps_what_was_typed_and_writes_nothing(client, cast, changed, words):
    client.force_login(cast.unit_administrator)
    answer = invite(client, cast, **({"full_name": "Lê Thị Mới"} | changed))
    assert answer.status_code == 200
    assert words in text(answer)
    assert f'value="{changed.get("email", "moi@vi-du.vn")}"' in text(answer)
    assert not User.objects.filter(email__in=["moi@vi-du.vn", "sai"]).exists()
    assert not Invitation.objects.exists()


def test_system_administrator_without_a_unit_only_appoints_another_one(client, cast, rung):
    client.force_login(cast.administrator)
    assert "Hãy chọn đơn vị" in text(invite(client, cast, unit=""))
    assert invite(client, cast, unit="", role=Role.ADMINISTRATOR).status_code == 302
    assert User.objects.get(email="moi@vi-du.vn").role_assignments.get().org_unit is None


def test_last_day_is_included(client, cast, rung):
    client.force_login(cast.unit_administrator)
    invite(client, cast, until=day(TODAY))
    held = RoleAssignment.objects.get(user__email="moi@vi-du.vn")
    assert held.valid_to == TODAY + datetime.timedelta(days=1)


def test_letter_is_sent_again(client, cast, rung, django_capture_on_commit_callbacks):
    client.force_login(cast.unit_administrator)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{cast.officer.get_absolute_url()}gui-lai-thu-moi/")
    assert rung == [Invitation.objects.get(recipient=cast.officer).pk]
    cast.officer.set_password(PASSWORD)
    cast.officer.save(update_fields=["password"])
    answer = client.post(f"{cast.officer.get_absolute_url()}gui-lai-thu-moi/", follow=True)
    assert "đã đặt mật khẩu" in text(answer)
    assert Invitation.objects.count() == 1


# --- accounts and roles -----------------------------------------------------------------------------------------


def test_deactivated_person_is_out_at_once(client, cast):
    browser = type(client)()
    browser.force_login(cast.officer)
    assert browser.get(f"/to-chuc/don-vi/{cast.base.pk}/").status_code == 200
    client.force_login(cast.unit_administrator)
    client.post(f"{cast.officer.get_absolute_url()}ngung/")
    assert browser.get(f"/to-chuc/don-vi/{cast.base.pk}/").status_code == 302
    client.post(f"{cast.officer.get_absolute_url()}mo-lai/")
    assert User.objects.get(pk=cast.officer.pk).is_active
    assert list(AuditEvent.objects.filter(actor=cast.unit_administrator).values_list("action", flat=True)) == [
        "person.reactivate",
        "person.deactivate",
    ]


def test_second_deactivation_is_a_conflict_with_a_sentence(client, cast):
    client.force_login(cast.unit_administrator)
    client.post(f"{cast.officer.get_absolute_url()}ngung/")
    answer = client.post(f"{cast.officer.get_absolute_url()}ngung/")
    assert answer.status_code == 409
    assert "đã ngừng hoạt động trước đó" in text(answer)


def test_changes_are_posts(client, cast):
    client.force_login(cast.unit_administrator)
    for end in ("ngung/", "mo-lai/", "gui-lai-thu-moi/"):
        assert client.get(f"{cast.officer.get_absolute_url()}{end}").status_code == 405
    assert User.objects.get(pk=cast.officer.pk).is_active


@pytest.mark.parametrize("end", ["ngung/", "sua/"])
def test_account_that_reaches_beyond_the_scope_is_not_changed(client, cast, end):
    give_role(cast.officer, Role.VIEWER, cast.elsewhere)
    client.force_login(cast.unit_administrator)
    assert client.post(f"{cast.officer.get_absolute_url()}{end}", {"full_name": "X"}).status_code == 403
    assert User.objects.get(pk=cast.officer.pk).is_active


def test_name_is_corrected(client, cast):
    client.force_login(cast.unit_administrator)
    address = f"{cast.officer.get_absolute_url()}sua/"
    assert "Hãy điền mục này" in text(client.post(address, {"full_name": ""}))
    assert client.post(address, {"full_name": "Trần Thị Đúng Tên"}).status_code == 302
    assert User.objects.search("dung ten").get() == cast.officer


def test_role_is_given_and_ended(client, cast):
    client.force_login(cast.unit_administrator)
    data = {"role": Role.APPROVER, "unit": cast.sibling.code, "since": day(TODAY)}
    assert client.post(f"{cast.officer.get_absolute_url()}vai-tro/", data).status_code == 302
    held = cast.officer.role_assignments.get(role=Role.APPROVER)
    again = client.post(f"{cast.officer.get_absolute_url()}vai-tro/", data)
    assert "đã giữ vai trò" in text(again)
    assert client.post(f"/to-chuc/vai-tro/{held.pk}/ket-thuc/", {"last_day": day(TODAY)}).status_code == 302
    held.refresh_from_db()
    assert held.valid_to == TODAY + datetime.timedelta(days=1)


def test_role_outside_the_scope_is_not_ended(client, cast):
    held = cast.stranger.role_assignments.get()
    client.force_login(cast.unit_administrator)
    assert client.post(f"/to-chuc/vai-tro/{held.pk}/ket-thuc/", {"last_day": day(TODAY)}).status_code == 404
    held.refresh_from_db()
    assert held.valid_to is None


def test_unreadable_last_day_ends_nothing(client, cast):
    held = cast.officer.role_assignments.get()
    client.force_login(cast.unit_administrator)
    answer = client.post(f"/to-chuc/vai-tro/{held.pk}/ket-thuc/", {"last_day": "mai"})
    assert 'value="mai"' in text(answer)
    held.refresh_from_db()
    assert held.valid_to is None


def test_reviewer_and_officer_change_nobody(client, cast):
    for person in (cast.reviewer, cast.officer):
        client.force_login(person)
        assert client.post(f"{cast.colleague.get_absolute_url()}ngung/").status_code == 403
        assert invite(client, cast).status_code == 403
