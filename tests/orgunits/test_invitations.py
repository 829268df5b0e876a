import datetime
import re
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from orgunits import invitations
from orgunits.models import Invitation, Role, User
from tests.builders import PASSWORD, make_unit, make_user

DAY = datetime.date(2026, 11, 22)

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return make_unit("Công đoàn cơ sở Thử")


@pytest.fixture
def administrator(unit):
    return make_user("Bùi Văn Quản Trị", unit=unit, role=Role.ADMINISTRATOR)


def invite(unit, by, email="Moi@Vi-Du.vn"):
    return invitations.invite(
        email=email, full_name="Lê Thị Mới", unit=unit, role=Role.REPORTER, since=DAY, by=by, on=DAY
    )


def link_in(message):
    return re.search(r"http\S+/mat-khau/dat-lai/\S+", message.body).group()


def test_invited_person_sets_a_password_through_the_link_and_signs_in(client, unit, administrator):
    user, row = invite(unit, administrator)
    assert user.email == "moi@vi-du.vn"
    assert not user.has_usable_password()
    assert invitations.deliver(row.pk)
    letter = mail.outbox[0]
    assert letter.subject == "Mời dùng hệ thống Măng Non"
    assert "Công đoàn cơ sở Thử" in letter.body
    page = client.get(link_in(letter), follow=True)
    answer = client.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD}, follow=True)
    assert "Đã đặt mật khẩu" in answer.content.decode()
    answer = client.post("/tai-khoan/dang-nhap/", {"login": "MOI@vi-du.vn", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_first_administrator_is_appointed_on_the_machine(client):
    told = StringIO()
    call_command("appoint_administrator", "Quan.Tri@Vi-Du.vn", "Đỗ Thị Đầu Tiên", stdout=told)
    user = User.objects.get()
    assert (user.email, user.full_name) == ("quan.tri@vi-du.vn", "Đỗ Thị Đầu Tiên")
    assert [(held.role, held.org_unit) for held in user.role_assignments.all()] == [(Role.ADMINISTRATOR, None)]
    page = client.get(re.search(r"http\S+", told.getvalue()).group(), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    client.post("/tai-khoan/dang-nhap/", {"login": user.email, "password": PASSWORD})
    assert client.get("/to-chuc/cap/").status_code == 200  # for the whole administrator only


def test_appointing_again_gives_no_second_role_and_no_link_to_a_set_password():
    for _ in range(2):
        user, row = invitations.appoint_administrator("a@vi-du.vn", "Đỗ Thị A", on=DAY)
        assert row is not None
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    assert invitations.appoint_administrator("A@vi-du.vn", "Tên Khác", on=DAY) == (user, None)
    assert user.role_assignments.count() == 1
    assert User.objects.get().full_name == "Đỗ Thị A"


def test_wrong_address_or_deactivated_account_is_not_appointed():
    with pytest.raises(CommandError):
        call_command("appoint_administrator", "khong-phai-thu", "Đỗ Thị A")
    make_user("Lê Văn Nghỉ")
    User.objects.update(is_active=False)
    with pytest.raises(ValidationError):
        invitations.appoint_administrator(User.objects.get().email, "Lê Văn Nghỉ", on=DAY)
    assert User.objects.count() == 1


def test_link_works_once(client, unit, administrator):
    _, row = invite(unit, administrator)
    invitations.deliver(row.pk)
    link = link_in(mail.outbox[0])
    page = client.get(link, follow=True)
    client.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert "không còn dùng được" in client.get(link, follow=True).content.decode()


@pytest.mark.parametrize(("hours", "opens"), [(71, True), (73, False)])
def test_link_expires_after_three_days(client, unit, administrator, hours, opens):
    with time_machine.travel(datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC), tick=False) as clock:
        _, row = invite(unit, administrator)
        invitations.deliver(row.pk)
        clock.shift(datetime.timedelta(hours=hours))
        page = client.get(link_in(mail.outbox[0]), follow=True).content.decode()
    assert ("không còn dùng được" not in page) is opens


def test_letter_is_dropped_when_the_password_is_set_before_it_is_sent(unit, administrator):
    user, row = invite(unit, administrator)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    assert not invitations.deliver(row.pk)
    row.refresh_from_db()
    assert row.status == Invitation.Status.CANCELLED
    assert mail.outbox == []


def test_known_person_gets_the_role_and_no_letter(unit, administrator):
    known = make_user("Có Rồi", email="co@vi-du.vn")
    known.set_password(PASSWORD)
    known.save(update_fields=["password"])
    user, row = invite(unit, administrator, email="CO@vi-du.vn")
    assert (user, row) == (known, None)
    assert known.role_assignments.get().org_unit == unit
    assert User.objects.get(pk=known.pk).full_name == "Có Rồi"


def test_administrator_invites_nobody_outside_the_scope(administrator):
    with pytest.raises(PermissionDenied):
        invite(make_unit("Nơi khác"), administrator)
    assert not User.objects.filter(email="moi@vi-du.vn").exists()


def test_second_letter_replaces_the_first_that_still_waits(unit, administrator):
    user, first = invite(unit, administrator)
    second = invitations.invite_again(user, by=administrator, on=DAY)
    assert not invitations.deliver(first.pk)
    assert invitations.deliver(second.pk)
    assert len(mail.outbox) == 1


def test_no_second_letter_once_the_password_is_set(unit, administrator):
    user, _ = invite(unit, administrator)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    with pytest.raises(ValidationError, match="đã đặt mật khẩu"):
        invitations.invite_again(user, by=administrator, on=DAY)
