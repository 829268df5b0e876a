"""Delegation of review: who may give it to whom, for how long, what it allows and how it ends."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from orgunits import appointments, delegations, roles
from orgunits.models import AuditEvent, Role, RoleAssignment
from orgunits.transitions import Conflict
from tests.builders import give_role, make_unit, make_user

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = datetime.date(2026, 11, 23)
ONE = datetime.timedelta(days=1)
LIST, CREATE = reverse("orgunits:delegation_list"), reverse("orgunits:delegation_create")


def delegate(cast, to=None, *, by=None, unit=None, since=DAY, until=DAY + 5 * ONE, on=DAY):
    return delegations.delegate(
        unit or cast.union, to=to or cast.viewer, since=since, until=until, by=by or cast.reviewer, on=on
    )


def see(client, user, url=LIST, *, at="2026-11-23 09:00+07:00") -> str:
    with time_machine.travel(at, tick=False):
        client.force_login(user)
        answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client, user, url, data=None, *, at="2026-11-23 09:00+07:00"):
    with time_machine.travel(at, tick=False):
        client.force_login(user)
        return client.post(url, data or {})


# --- who may give it, and to whom ---------------------------------------------------------------------------------


def test_delegate_reviews_for_the_unit_and_what_is_below_it_in_that_time_only(cast):
    delegate(cast, since=DAY + ONE, until=DAY + 3 * ONE)
    may = [roles.may(cast.viewer, Role.REVIEWER, cast.base, on=DAY + n * ONE) for n in range(4)]
    assert may == [False, True, True, False]


def test_notices_of_the_unit_reach_the_delegate(cast):
    assert cast.viewer not in roles.users_for(cast.union, Role.REVIEWER, on=DAY)
    delegate(cast)
    assert {cast.viewer, cast.reviewer} <= set(roles.users_for(cast.union, Role.REVIEWER, on=DAY))


def test_delegation_is_audited_with_who_and_until_when(cast):
    delegate(cast)
    event = AuditEvent.objects.get(action="delegation.give")
    assert (event.actor, event.org_unit, event.target_label) == (cast.reviewer, cast.union, str(cast.viewer))
    assert event.data == {"on_behalf_of": "Đỗ Thị Xét Duyệt", "valid_from": "2026-11-23", "valid_to": "2026-11-28"}


def test_only_who_reviews_there_in_the_own_right_delegates(cast):
    for person in (cast.officer, cast.viewer, cast.administrator, cast.stranger_reviewer):
        with pytest.raises(PermissionDenied):
            delegate(cast, cast.colleague, by=person)


def test_reviewer_of_the_unit_above_does_not_delegate_on_the_unit_below(cast):
    with pytest.raises(PermissionDenied):
        delegate(cast, by=cast.province_reviewer)


def test_delegate_passes_nothing_on(cast):
    delegate(cast)
    assert delegations.own_units(cast.viewer, on=DAY) == []
    with pytest.raises(PermissionDenied):
        delegate(cast, cast.colleague, by=cast.viewer)


def test_people_of_the_unit_above_it_and_below_it_are_offered_and_nobody_else(cast):
    above = make_user("Người Cấp Tỉnh", unit=cast.province, role=Role.VIEWER)
    closed = make_user("Đã Nghỉ", unit=cast.base, role=Role.VIEWER, is_active=False)
    former = make_user("Đã Chuyển")
    give_role(former, Role.REPORTER, cast.base, until=DAY)
    found = set(delegations.candidates(cast.union, by=cast.reviewer, on=DAY))
    assert {above, cast.officer, cast.viewer, cast.sibling_officer, cast.unit_administrator} <= found
    assert not {cast.reviewer, closed, former, cast.stranger, cast.administrator} & found


def test_people_of_the_unit_itself_are_offered_first(cast):
    names = [person.full_name for person in delegations.candidates(cast.union, by=cast.reviewer, on=DAY)]
    assert names[:2] == ["Bùi Văn Quản Trị", "Ngô Thị Xem"]
    assert "Võ Thị Chủ Tịch" in names[2:]


def test_person_of_a_sister_branch_is_not_offered(cast):
    sister = make_unit("Công đoàn ngành khác", parent=cast.province)
    person = make_user(unit=sister, role=Role.REPORTER)
    with pytest.raises(ValidationError, match="không giữ vai trò nào"):
        delegate(cast, person)


def test_nobody_delegates_to_oneself(cast):
    with pytest.raises(ValidationError, match="chính mình"):
        delegate(cast, cast.reviewer)


def test_person_who_reviews_there_already_needs_none(cast):
    second = make_user("Người Xét Duyệt Thứ Hai", unit=cast.union, role=Role.REVIEWER)
    with pytest.raises(ValidationError, match="đã là người xét duyệt"):
        delegate(cast, second)


@pytest.mark.parametrize(
    ("since", "until", "clash"),
    [(0, 1, False), (0, 2, True), (2, 3, True), (3, 6, True), (4, 6, False), (0, 9, True)],
)
def test_two_delegations_to_one_person_do_not_overlap(cast, since, until, clash):
    delegate(cast, since=DAY + ONE, until=DAY + 4 * ONE)
    if clash:
        with pytest.raises(ValidationError, match="đến hết ngày 26/11/2026"):
            delegate(cast, since=DAY + since * ONE, until=DAY + until * ONE)
    else:
        assert delegate(cast, since=DAY + since * ONE, until=DAY + until * ONE).pk


def test_ended_delegation_stands_in_the_way_of_none(cast):
    first = delegate(cast)
    delegations.end(first, by=cast.reviewer, on=DAY)
    assert delegate(cast).pk


def test_two_people_may_stand_in_at_the_same_time(cast):
    assert delegate(cast).pk != delegate(cast, cast.colleague).pk


def test_delegate_may_be_appointed_reviewer_meanwhile(cast):
    delegate(cast)
    given = appointments.give_role(
        cast.viewer, Role.REVIEWER, cast.union, since=DAY, by=cast.unit_administrator, on=DAY
    )
    assert given.delegated_by is None
    assert delegations.principal(cast.viewer, cast.union, on=DAY) is None


# --- days ---------------------------------------------------------------------------------------------------------


def test_it_begins_today_at_the_earliest(cast):
    with pytest.raises(ValidationError, match="sớm nhất từ hôm nay, 23/11/2026"):
        delegate(cast, since=DAY - ONE)


@pytest.mark.parametrize("until", [DAY - ONE, DAY])
def test_it_lasts_a_day_at_least(cast, until):
    with pytest.raises(ValidationError, match="trước ngày bắt đầu"):
        delegate(cast, until=until)


def test_it_lasts_a_year_at_most(cast):
    assert delegate(cast, until=DAY + 366 * ONE).pk
    with pytest.raises(ValidationError, match="không quá một năm"):
        delegate(cast, cast.colleague, until=DAY + 367 * ONE)


def test_it_does_not_outlast_the_role_from_which_it_comes(cast):
    RoleAssignment.objects.filter(user=cast.reviewer).update(valid_to=DAY + 4 * ONE)
    assert delegate(cast, until=DAY + 4 * ONE).pk
    with pytest.raises(ValidationError, match="chỉ đến hết ngày 26/11/2026"):
        delegate(cast, cast.colleague, until=DAY + 5 * ONE)


def test_last_day_holds_until_midnight_in_viet_nam(client, cast):
    """The last day on the screen is the 25th: at 23:59:59 the delegate reviews, a second later no more."""
    delegate(cast, cast.officer, since=DAY, until=datetime.date(2026, 11, 26))
    queue = reverse("reports:review_queue")
    for at, code in [
        ("2026-11-25 23:59:59+07:00", 200),
        ("2026-11-26 00:00:00+07:00", 403),
    ]:
        with time_machine.travel(at, tick=False):
            client.force_login(cast.officer)
            assert client.get(queue).status_code == code


def test_first_day_begins_at_midnight_in_viet_nam(client, cast):
    delegate(cast, cast.officer, since=DAY + ONE, until=DAY + 2 * ONE)
    queue = reverse("reports:review_queue")
    for at, code in [
        ("2026-11-23 23:59:59+07:00", 403),
        ("2026-11-24 00:00:00+07:00", 200),
    ]:
        with time_machine.travel(at, tick=False):
            client.force_login(cast.officer)
            assert client.get(queue).status_code == code


# --- how it ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["reviewer", "unit_administrator", "administrator"])
def test_delegator_and_administrator_end_it_at_once(cast, who):
    given = delegate(cast)
    delegations.end(given, by=getattr(cast, who), on=DAY)
    assert not roles.may(cast.viewer, Role.REVIEWER, cast.base, on=DAY)
    assert AuditEvent.objects.get(action="delegation.end").actor == getattr(cast, who)


@pytest.mark.parametrize("who", ["viewer", "officer", "province_reviewer", "stranger"])
def test_nobody_else_ends_it(cast, who):
    given = delegate(cast)
    with pytest.raises(PermissionDenied):
        delegations.end(given, by=getattr(cast, who), on=DAY)
    assert roles.may(cast.viewer, Role.REVIEWER, cast.base, on=DAY)


def test_one_that_is_over_is_not_ended_again(cast):
    given = delegate(cast)
    delegations.end(given, by=cast.reviewer, on=DAY)
    with pytest.raises(Conflict):
        delegations.end(given, by=cast.reviewer, on=DAY)
    assert AuditEvent.objects.filter(action="delegation.end").count() == 1


def test_one_that_has_not_begun_never_holds_once_ended(cast):
    given = delegate(cast, since=DAY + 2 * ONE, until=DAY + 5 * ONE)
    delegations.end(given, by=cast.reviewer, on=DAY)
    assert not RoleAssignment.objects.as_of(DAY + 2 * ONE).filter(pk=given.pk).exists()


def test_it_ends_with_the_role_of_the_delegator(cast):
    given = delegate(cast)
    own = RoleAssignment.objects.get(user=cast.reviewer)
    appointments.end_role(own, ends_on=DAY + 2 * ONE, by=cast.unit_administrator, on=DAY)
    given.refresh_from_db()
    assert given.valid_to == DAY + 2 * ONE
    assert AuditEvent.objects.get(action="delegation.end").data["valid_to"] == "2026-11-25"


def test_another_role_of_the_delegator_ends_without_it(cast):
    given = delegate(cast)
    other = give_role(cast.reviewer, Role.VIEWER, cast.union)
    appointments.end_role(other, ends_on=DAY, by=cast.unit_administrator, on=DAY)
    given.refresh_from_db()
    assert given.valid_to == DAY + 5 * ONE


def test_what_hangs_on_a_later_role_stays_when_an_earlier_one_ends(cast):
    own = RoleAssignment.objects.get(user=cast.reviewer)
    RoleAssignment.objects.filter(pk=own.pk).update(valid_to=DAY + 2 * ONE)
    own.refresh_from_db()
    give_role(cast.reviewer, Role.REVIEWER, cast.union, on=DAY + 3 * ONE)
    late = delegate(cast, since=DAY + 3 * ONE, until=DAY + 9 * ONE, on=DAY + 3 * ONE)
    appointments.end_role(own, ends_on=DAY + ONE, by=cast.unit_administrator, on=DAY)
    late.refresh_from_db()
    assert late.valid_to == DAY + 9 * ONE


def test_it_ends_with_the_account_of_the_delegator_and_does_not_come_back(cast):
    given = delegate(cast)
    appointments.deactivate(cast.reviewer, by=cast.administrator, on=DAY)
    appointments.reactivate(cast.reviewer, by=cast.administrator, on=DAY)
    given.refresh_from_db()
    assert given.valid_to == DAY
    assert not roles.may(cast.viewer, Role.REVIEWER, cast.base, on=DAY)


# --- in whose place -----------------------------------------------------------------------------------------------


def test_delegate_acts_in_the_place_of_the_delegator_and_others_in_their_own(cast):
    delegate(cast)
    assert delegations.principal(cast.viewer, cast.union, on=DAY) == cast.reviewer
    assert delegations.principal(cast.reviewer, cast.union, on=DAY) is None
    assert delegations.principal(cast.viewer, cast.elsewhere, on=DAY) is None
    assert delegations.principal(cast.viewer, cast.union, on=DAY + 5 * ONE) is None


def test_who_reviews_from_above_anyway_acts_for_nobody(cast):
    delegate(cast, cast.province_reviewer)
    assert delegations.principal(cast.province_reviewer, cast.union, on=DAY) is None


def test_acts_of_the_past_keep_in_whose_place_they_were_done(cast, django_assert_num_queries):
    given = delegate(cast)
    acts = [(1, cast.viewer.pk, DAY), (2, cast.reviewer.pk, DAY), (3, cast.viewer.pk, DAY - ONE)]
    assert delegations.principals(acts, cast.union) == {1: cast.reviewer}
    delegations.end(given, by=cast.reviewer, on=DAY)  # what was done this morning was done in her place
    assert delegations.principals(acts, cast.union) == {1: cast.reviewer}
    with django_assert_num_queries(1):
        assert delegations.principals([(1, cast.officer.pk, DAY)], cast.union) == {}


# --- pages --------------------------------------------------------------------------------------------------------


def test_reviewer_delegates_on_the_page(client, cast):
    assert "Không có ủy quyền nào" in see(client, cast.reviewer)
    assert "Ngô Thị Xem (Người xem, Công đoàn Viên chức tỉnh Thử Nghiệm)" in see(client, cast.reviewer, CREATE)
    data = {"person": cast.viewer.pk, "since": "23/11/2026", "until": "30/11/2026"}
    answer = post(client, cast.reviewer, CREATE, data)
    assert answer.status_code == 302
    given = RoleAssignment.objects.get(delegated_by=cast.reviewer)
    assert (given.user, given.valid_from, given.valid_to) == (cast.viewer, DAY, datetime.date(2026, 12, 1))
    assert "30/11/2026" in see(client, cast.reviewer)


def test_people_are_found_by_name_without_marks(client, cast):
    page = see(client, cast.reviewer, f"{CREATE}?tim=dong nghiep")
    assert "Lê Văn Đồng Nghiệp" in page
    assert "Ngô Thị Xem" not in page
    assert "Không có ai tên như vậy" in see(client, cast.reviewer, f"{CREATE}?tim=nguoi la")


def test_address_of_somebody_else_is_not_a_choice(client, cast):
    for person in (cast.stranger.pk, cast.reviewer.pk, "ai-do@vi-du.vn", ""):
        answer = post(client, cast.reviewer, CREATE, {"person": person, "since": "23/11/2026", "until": "24/11/2026"})
        assert answer.status_code == 200
        assert 'value="24/11/2026"' in answer.content.decode()
    assert not RoleAssignment.objects.filter(delegated_by__isnull=False).exists()


def test_refusal_keeps_what_was_typed_and_says_why(client, cast):
    data = {"person": cast.viewer.pk, "since": "20/11/2026", "until": "24/11/2026"}
    page = post(client, cast.reviewer, CREATE, data).content.decode()
    assert "sớm nhất từ hôm nay, 23/11/2026" in page
    assert 'value="20/11/2026"' in page


def test_who_reviews_nothing_in_the_own_right_gets_no_form(client, cast):
    delegate(cast)
    for person in (cast.officer, cast.viewer, cast.unit_administrator):
        with time_machine.travel("2026-11-23 09:00+07:00", tick=False):
            client.force_login(person)
            assert client.get(CREATE).status_code == 403


def test_both_read_on_home_and_queue_until_when(client, cast):
    delegate(cast)
    for url in (reverse("home"), reverse("reports:review_queue")):
        page = see(client, cast.viewer, url)
        assert "Bạn đang xét duyệt thay" in page
        assert "27/11/2026" in page
        assert "đang xét duyệt thay bạn" in see(client, cast.reviewer, url)
    late = see(client, cast.viewer, reverse("home"), at="2026-11-28 00:00:00+07:00")
    assert "Bạn đang xét duyệt thay" not in late


def test_end_by_the_page(client, cast):
    given = delegate(cast)
    url = reverse("orgunits:delegation_end", args=[given.pk])
    assert post(client, cast.stranger_reviewer, url).status_code == 404
    assert post(client, cast.viewer, url).status_code == 403
    assert post(client, cast.reviewer, url).status_code == 302
    given.refresh_from_db()
    assert given.valid_to == DAY
    assert post(client, cast.reviewer, url).status_code == 409
    assert "kết thúc trước khi bắt đầu hoặc ngay trong ngày đầu" in see(client, cast.reviewer)


def test_administrator_sees_the_delegations_of_the_own_branch(client, cast):
    delegate(cast)
    assert "Ngô Thị Xem" in see(client, cast.unit_administrator)
    elsewhere = make_user(unit=cast.elsewhere, role=Role.ADMINISTRATOR)
    assert "Ngô Thị Xem" not in see(client, elsewhere)


def test_pages_of_people_and_units_say_whose_delegation_a_role_is(client, cast):
    delegate(cast)
    for url in (cast.viewer.get_absolute_url(), cast.union.get_absolute_url(), reverse("orgunits:person_list")):
        assert "ủy quyền của Đỗ Thị Xét Duyệt" in see(client, cast.unit_administrator, url)


def test_list_asks_the_same_number_of_times_for_many(client, cast, django_assert_max_num_queries):
    for _ in range(10):
        delegate(cast, make_user(unit=cast.base, role=Role.VIEWER))
    with time_machine.travel("2026-11-23 09:00+07:00", tick=False):
        client.force_login(cast.unit_administrator)
        with django_assert_max_num_queries(18):
            client.get(LIST)
