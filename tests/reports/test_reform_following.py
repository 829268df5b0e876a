"""What follows a whole reform: one choice for each section, counted before, carried out act by act, taken back."""

import datetime
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orgunits import following, reform_book, reform_following, reorganisation, reversal, role_following
from orgunits.models import AuditEvent, Reform, Reorganisation, Role, RoleAssignment, WorkbookImport
from orgunits.transitions import Conflict
from plans.models import ReportingDuty
from reports.models import Obligation
from reports.workflow import submit
from tests.builders import content, make_cast, make_duty, make_report, make_unit, make_user, open_year
from tests.orgunits.books import done, sent, with_rows

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 7, 1)
LATER = DAY + datetime.timedelta(days=365)
ALL = {"roles": "proposed", "duties": "proposed", "obligations": "proposed"}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """The union with its two base units, and a third one that only the reform concerns."""
    cast = make_cast()
    cast.third = make_unit("Công đoàn cơ sở số 03", parent=cast.union)
    cast.third_officer = make_user("Cán bộ ba", unit=cast.third, role=Role.REPORTER)
    open_year(cast.duty)
    return cast


def act(kind: str, old: str, new: str = "") -> dict[str, str]:
    return {"Hình thức": kind, "Mã cũ": old, "Mã mới": new}


def send(cast: SimpleNamespace, *rows: dict[str, str], on: datetime.date = DAY) -> WorkbookImport:
    """The base unit goes up in its sibling and the third one ends, unless other rows are given."""
    rows = rows or (act("Sáp nhập", cast.base.code, cast.sibling.code), act("Kết thúc", cast.third.code))
    file = with_rows(reform_book.build().content, sap_xep=list(rows))
    details = {"sector": cast.base.sector, "effective_on": on, "name": "Sắp xếp 2026"}
    return sent(file, by=cast.unit_administrator, kind="reform", **details)


def owed_by(unit) -> list[Obligation]:
    return list(Obligation.objects.owed().filter(org_unit=unit))


def test_what_hangs_on_units_that_end_is_counted_before_anything_is_written(cast):
    duty = make_duty(cast.plan, name="Báo cáo riêng", reporters=ReportingDuty.Reporters.CHOSEN)
    duty.units.add(cast.base, cast.third, cast.sibling)
    row = send(cast)
    assert row.status == "ready"
    sizes = {asked["key"]: dict(map(tuple, asked["sizes"])) for asked in row.asked}
    held = RoleAssignment.objects.filter(org_unit__in=[cast.base, cast.third])
    assert sizes["roles"] == {"vai trò": held.count(), "người giữ vai trò": held.values("user").distinct().count()}
    assert sizes["obligations"] == {"báo cáo còn phải nộp": 2, "đơn vị còn nợ báo cáo": 2}
    assert sizes["duties"] == {"lần đơn vị kết thúc được nêu tên phải báo cáo": 2}
    assert {asked["ended"] for asked in row.asked} == {2}
    assert not Reorganisation.objects.filter(act__in=Reorganisation.ENDING).exists()


def test_numbers_are_those_of_the_questions_that_would_be_asked_one_by_one(cast):
    make_duty(cast.plan, name="Lên tỉnh", recipient_unit=cast.province)
    reorganisation.move(cast.base, parent=cast.province, on=DAY - datetime.timedelta(days=9), by=None)
    with reorganisation.ordered(cast.union.sector, on=DAY, by=None, reform=reform(cast)) as order:
        for unit in (cast.sibling, cast.third):
            order.end(unit, {cast.base: None})
        order.end(cast.union)
    ends = following.ends_of(order.acts)
    asked = {section.key: len(rows) for section, rows in following.asked(ends)}
    sizes = {row["key"]: dict(map(tuple, row["sizes"])) for row in reform_following.counted(Reform.objects.get())}
    assert sizes["roles"]["vai trò"] == asked["roles"]
    assert sizes["obligations"]["báo cáo còn phải nộp"] == asked["obligations"]
    assert sum(sizes["duties"].values()) == asked["duties"] == 3


def reform(cast) -> Reform:
    return Reform.objects.create(sector=cast.union.sector, name="Sắp xếp 2026", effective_on=DAY)


def test_counting_costs_the_same_for_two_units_and_for_twenty(cast, django_assert_num_queries):
    units = [make_unit(parent=cast.union) for _ in range(20)]
    open_year(cast.duty)
    with reorganisation.ordered(cast.union.sector, on=DAY, by=None, reform=reform(cast)) as order:
        for unit in units:
            order.end(unit, {cast.sibling: None})
    written = Reform.objects.get()
    with django_assert_num_queries(7):
        assert reform_following.counted(written)[0]["ended"] == 20


def test_reform_that_ends_nothing_is_not_asked_about(cast):
    row = send(cast, {"Hình thức": "Đổi tên", "Mã cũ": cast.base.code, "Tên mới": "Tên khác"})
    assert (row.status, row.asked) == ("ready", [])
    assert Reform.objects.get(pk=done(row).reform_id).acts.get().follow_up == {}


def test_proposals_are_carried_out_act_by_act_after_the_import(cast):
    row = done(send(cast), **ALL)
    rule = {"roles": "proposed", "obligations": "proposed"}  # nothing of the duties was there to ask about
    assert [act.follow_up for act in row.reform.acts.all()] == [{"rule": rule}] * 2
    assert owed_by(cast.base)  # the import itself does nothing of it
    now = reform_following.progress(row.reform)
    assert (now.total, now.done, now.waits) == (2, 0, True)
    assert following.carry_out_due(timezone.localdate()) == 2
    assert following.carry_out_due(timezone.localdate()) == 0
    assert not owed_by(cast.base)
    assert not owed_by(cast.third)
    assert owed_by(cast.sibling) == [cast.sibling_obligation]
    last = DAY - datetime.timedelta(days=1)
    assert RoleAssignment.objects.get(user=cast.officer, org_unit=cast.base).last_day == last
    assert RoleAssignment.objects.get(user=cast.third_officer).last_day == last
    now = reform_following.progress(row.reform)
    assert (now.done, now.waits, now.failed_count, now.left_over) == (2, False, 0, [])


def test_what_was_left_for_later_stays_and_may_be_taken_up(cast):
    row = done(send(cast), obligations="proposed")
    following.carry_out_due(timezone.localdate())
    assert not owed_by(cast.base)
    held = RoleAssignment.objects.get(user=cast.officer, org_unit=cast.base)
    assert held.valid_to is None
    reform_following.take_up(row.reform, "roles", by=cast.unit_administrator)
    assert following.carry_out_due(timezone.localdate()) == 2
    held.refresh_from_db()
    assert held.valid_to == DAY
    with pytest.raises(Conflict):
        reform_following.take_up(row.reform, "roles", by=cast.unit_administrator)
    with pytest.raises(Conflict):
        reform_following.take_up(row.reform, "khong-co", by=cast.unit_administrator)
    reversal.reverse(row.reform, by=cast.unit_administrator, reason="Nhầm")  # both rounds go back
    held.refresh_from_db()
    assert held.valid_to is None
    assert owed_by(cast.base) == [cast.obligation]


def test_where_all_is_left_nothing_waits(cast):
    row = done(send(cast))
    assert following.carry_out_due(timezone.localdate()) == 0
    assert not reform_following.progress(row.reform).waits
    assert owed_by(cast.base) == [cast.obligation]


def test_reform_of_a_later_day_waits_for_it(cast):
    row = done(send(cast, on=LATER), **ALL)
    assert following.carry_out_due(LATER - datetime.timedelta(days=1)) == 0
    assert not RoleAssignment.objects.filter(valid_to=LATER).exists()
    assert following.carry_out_due(LATER) == 2
    assert RoleAssignment.objects.get(user=cast.officer, org_unit=cast.base).valid_to == LATER
    assert reform_following.progress(row.reform).done == 2


def test_taking_the_reform_back_undoes_what_was_done_and_stops_what_was_not(cast):
    row = done(send(cast), **ALL)
    first, second = row.reform.acts.order_by("pk")
    following.carry_out(first, by=cast.unit_administrator)
    reversal.reverse(row.reform, by=cast.unit_administrator, reason="Nhầm")
    assert following.carry_out_due(timezone.localdate()) == 0
    second.refresh_from_db()
    assert second.followed_up_at is None
    assert (owed_by(cast.base), len(owed_by(cast.third))) == ([cast.obligation], 1)
    assert not RoleAssignment.objects.filter(org_unit__in=[cast.base, cast.third], valid_to__isnull=False).exists()
    assert reform_following.progress(row.reform).total == 0


def test_answers_are_those_of_the_moment_and_not_of_the_preview(cast):
    row = done(send(cast, on=LATER), **ALL)
    submit(make_report(cast.obligation), content(), by=cast.officer)
    following.carry_out_due(LATER)
    cast.obligation.refresh_from_db()
    assert cast.obligation.waived_at is None
    assert reform_following.progress(row.reform).left_over == []


def test_successor_that_is_itself_no_more_gets_nothing_and_a_person_reads_so(cast):
    cast.heir = make_unit("Công đoàn cơ sở số 04", parent=cast.union, on=datetime.date(2026, 1, 1))
    row = done(send(cast, act("Sáp nhập", cast.base.code, cast.heir.code)), **ALL)
    reorganisation.end(cast.heir, on=DAY + datetime.timedelta(days=30), by=None)
    assert following.carry_out_due(timezone.localdate()) == 1
    assert owed_by(cast.base) == [cast.obligation]
    assert not RoleAssignment.objects.filter(org_unit=cast.heir).exists()
    now = reform_following.progress(row.reform)
    assert len(now.left_over) == 1 + RoleAssignment.objects.filter(org_unit=cast.base).count()
    assert all("không hoạt động" in line["reason"] for line in now.left_over)


def test_act_that_fails_is_shown_and_tried_again_by_a_press(cast, monkeypatch):
    row = done(send(cast), **ALL)

    def refuse(*args, **kwargs):
        raise Conflict("Chưa được.")

    monkeypatch.setattr(role_following, "_lasting", refuse)
    for _ in range(following.MOST_TRIES + 2):
        assert following.carry_out_due(timezone.localdate()) == 0
    now = reform_following.progress(row.reform)
    assert (now.failed_count, now.failed[0].follow_up_error, now.waits) == (2, "Chưa được.", False)
    assert now.failed[0].follow_up_tries == following.MOST_TRIES
    monkeypatch.undo()
    assert following.carry_out_due(timezone.localdate()) == 0
    assert reform_following.try_again(row.reform, by=cast.unit_administrator) == 2
    assert following.carry_out_due(timezone.localdate()) == 2
    assert reform_following.progress(row.reform).failed == []
    with pytest.raises(Conflict):
        reform_following.try_again(row.reform, by=cast.unit_administrator)
    assert AuditEvent.objects.filter(action="reform.follow_again").count() == 1


# --- pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(cast) -> Client:
    client = Client()
    client.force_login(cast.unit_administrator)
    return client


def test_choice_is_asked_for_each_section_and_none_is_made_beforehand(cast, page):
    row = send(cast)
    html = page.get(reverse("orgunits:workbook_import", args=[row.pk])).content.decode()
    assert "Vai trò của người ở đơn vị kết thúc" in html
    assert "2 báo cáo còn phải nộp" in html
    assert " checked" not in html
    url = reverse("orgunits:workbook_import_confirm", args=[row.pk])
    answer = page.post(url, {"digest": row.digest, "roles": "proposed", "obligations": "khong-co"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count(" checked") == 1
    assert "Hãy chọn một trong hai cách." in html
    row.refresh_from_db()
    assert row.status == "ready"
    assert page.post(url, {"digest": row.digest, "roles": "proposed", "obligations": "left"}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.follow_rule) == ("confirmed", {"roles": "proposed", "obligations": "left"})


def test_preview_that_was_shown_before_is_not_confirmed_and_the_choices_stay(cast, page):
    row = send(cast)
    data = {"digest": "cũ", "roles": "proposed", "obligations": "left"}
    answer = page.post(reverse("orgunits:workbook_import_confirm", args=[row.pk]), data)
    assert answer.status_code == 409
    assert "bản xem trước đã đổi" in answer.content.decode()
    assert answer.content.decode().count(" checked") == 2
    row.refresh_from_db()
    assert row.status == "ready"


def test_page_of_the_reform_shows_how_far_it_is(cast, page):
    row = done(send(cast), roles="proposed")
    html = page.get(row.reform.get_absolute_url()).content.decode()
    assert "đã làm <strong>0/2</strong>" in html
    assert 'hx-trigger="every 3s"' in html
    following.carry_out_due(timezone.localdate())
    html = page.get(row.reform.get_absolute_url()).content.decode()
    assert "đã làm <strong>2/2</strong>" in html
    assert "every 3s" not in html
    url = reverse("orgunits:reform_take_up", args=[row.reform.pk])
    assert page.post(url, {"phan": "obligations"}).status_code == 302
    assert page.post(url, {"phan": "obligations"}).status_code == 409
    assert page.post(url).status_code == 409
    assert page.post(reverse("orgunits:reform_follow_again", args=[row.reform.pk])).status_code == 409


@pytest.mark.parametrize("name", ["reform_take_up", "reform_follow_again"])
def test_only_who_administers_the_whole_reform_decides(cast, page, name):
    far = reform(cast)
    with reorganisation.ordered(cast.union.sector, on=DAY, by=None, reform=far) as order:
        order.change(cast.third, name="Một")
        order.change(cast.elsewhere, name="Hai")
    url = reverse(f"orgunits:{name}", args=[far.pk])
    assert page.post(url, {"phan": "roles"}).status_code == 403
    assert page.get(url).status_code == 405
    client = Client()
    client.force_login(cast.officer)
    assert client.post(url).status_code == 403
    Reorganisation.objects.filter(reform=far, org_unit=cast.third).update(reform=None)
    assert page.post(url).status_code == 404
