"""What is due on which day, and who owes it: by person, by scope, by filter."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orgunits.models import Role
from reports import many_changes, obligations, workflow
from reports.due_calendar import Calendar
from reports.many_changes import Change, Wanted
from reports.models import Obligation
from tests.builders import content, give_role, make_duty, make_report, make_unit, make_user, open_year

pytestmark = pytest.mark.django_db
MONTH = reverse("reports:due_month")
YEAR = reverse("reports:due_year")
WHO = reverse("reports:who_owes")


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel("2026-11-02 09:00+07:00", tick=False):
        yield


def due_days(weeks) -> dict[datetime.date, list]:
    return {day.day: day.lines for week in weeks for day in week if day.lines}


def test_officer_sees_own_reports_with_their_state(client, cast):
    client.force_login(cast.officer)
    page = client.get(MONTH)
    days = due_days(page.context["weeks"])
    assert list(days) == [datetime.date(2026, 11, 9)]
    (line,) = days[datetime.date(2026, 11, 9)]
    assert (line.url, line.units, line.state.label) == (cast.obligation.get_absolute_url(), 1, "Chưa nộp")


def test_reviewer_sees_the_counts_of_the_scope_and_the_way_to_who_owes(client, cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    client.force_login(cast.reviewer)
    (line,) = due_days(client.get(MONTH).context["weeks"])[datetime.date(2026, 11, 9)]
    assert (line.units, line.filed, line.missing, line.late) == (2, 1, 1, False)
    rows = client.get(line.url).context["rows"]
    assert {row.obligation.org_unit for row in rows} == {cast.base, cast.sibling}


def test_stranger_sees_nothing(client, cast):
    client.force_login(cast.stranger)
    assert due_days(client.get(MONTH).context["weeks"]) == {}
    assert client.get(WHO).context["rows"] == []


def test_waived_report_is_in_no_calendar_and_a_closed_one_is_missing(cast):
    obligations.waive(cast.obligation, reason="Mới lập.", by=cast.administrator)
    wanted = Wanted(Change.CLOSE, "Hết đợt.")
    many_changes.change(cast.duty, cast.obligation.period, wanted, by=cast.administrator)
    days = due_days(Calendar(cast.reviewer, "", on=datetime.date(2026, 12, 1)).month(2026, 11))
    (line,) = days[datetime.date(2026, 11, 9)]
    assert (line.units, line.missing, line.late) == (1, 1, False)


@pytest.mark.parametrize(("today", "late"), [("2026-11-09", False), ("2026-11-10", True)])
def test_line_is_late_from_the_day_after(cast, today, late):
    on = datetime.date.fromisoformat(today)
    for person in (cast.officer, cast.reviewer):
        (line,) = due_days(Calendar(person, "", on=on).month(2026, 11))[datetime.date(2026, 11, 9)]
        assert line.late is late


def test_returned_report_stands_on_the_day_of_its_correction(client, cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Sửa lại.", due_on=datetime.date(2026, 11, 20))
    client.force_login(cast.officer)
    assert list(due_days(client.get(MONTH).context["weeks"])) == [datetime.date(2026, 11, 20)]


def test_person_with_two_hats_chooses_the_scope(client, cast):
    give_role(cast.officer, Role.VIEWER, cast.union)
    client.force_login(cast.officer)
    (own,) = due_days(client.get(MONTH).context["weeks"])[datetime.date(2026, 11, 9)]
    (all_of_them,) = due_days(client.get(MONTH, {"pham_vi": "tat-ca"}).context["weeks"])[datetime.date(2026, 11, 9)]
    assert (own.units, all_of_them.units) == (1, 2)


def test_days_off_are_marked(cast):
    weeks = Calendar(cast.officer, "", on=datetime.date(2026, 2, 1)).month(2026, 2)
    off = {day.day.day for week in weeks for day in week if day.in_month and day.is_off}
    assert {16, 17, 18, 19, 20} <= off
    assert 23 not in off


def test_year_is_a_list_by_month(client, cast):
    half = make_duty(cast.plan, name="Báo cáo 6 tháng", kinds=("half_year",), month=6, day=15)
    open_year(half, kind="half_year")
    client.force_login(cast.reviewer)
    months = client.get(YEAR, {"nam": "2026"}).context["months"]
    assert [(first.month, [line.due.day for line in lines]) for first, lines in months] == [(6, [14]), (11, [9])]


def test_list_of_who_owes_is_narrowed(client, cast):
    workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    client.force_login(cast.reviewer)

    def units(**query: str) -> set:
        return {row.obligation.org_unit for row in client.get(WHO, query).context["rows"]}

    both = {cast.base, cast.sibling}
    assert units() == both
    assert units(trang_thai="chua-nop") == {cast.sibling}
    assert units(don_vi=cast.base.name) == {cast.base}
    assert units(don_vi=cast.union.name) == both
    assert units(tu_ngay="09/11/2026", den_ngay="09/11/2026") == both
    assert units(tu_ngay="10/11/2026") == units(den_ngay="08/11/2026") == set()
    assert units(che_do=str(cast.duty.pk), ky=str(cast.obligation.period_id)) == both


def test_list_says_what_it_cannot_read_and_keeps_it(client, cast):
    client.force_login(cast.reviewer)
    page = client.get(WHO, {"tu_ngay": "31/02/2026", "don_vi": "không có đâu"})
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("31/02/2026", "không có đâu", "Không có đơn vị nào như vậy", "ngày/tháng/năm"):
        assert words in text


def test_first_and_last_filing_and_approval_are_kept_apart(client, cast):
    report = make_report(cast.obligation)
    with time_machine.travel("2026-11-09 23:59:59+07:00", tick=False):
        workflow.submit(report, content(), by=cast.officer)
        workflow.send_back(report, by=cast.reviewer, reason="Sửa lại.")
    with time_machine.travel("2026-11-12 10:00+07:00", tick=False):
        workflow.submit(report, content(), by=cast.officer)
    with time_machine.travel("2026-11-15 11:00+07:00", tick=False):
        workflow.approve(report, by=cast.reviewer)
    client.force_login(cast.viewer)
    for url in (WHO, cast.obligation.get_absolute_url()):
        text = client.get(url).content.decode()
        for words in ("09/11/2026", "12/11/2026", "15/11/2026"):
            assert words in text, (url, words)
        assert "úng hạn" in text


def test_number_of_queries_does_not_grow_with_the_units(client, cast):
    client.force_login(cast.reviewer)
    counts = []
    for number in range(2):
        for extra in range(number * 5):
            make_unit(f"Công đoàn cơ sở thêm {extra}", parent=cast.union)
        obligations.open_period(cast.duty, "year", 2026, by=None, on=datetime.date(2026, 11, 2))
        for url in (MONTH, YEAR, WHO):
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
    assert counts[:3] == counts[3:]


def test_administrator_of_nothing_is_not_offered_the_year_plan(client, cast):
    person = make_user("Người Xem", unit=cast.union, role=Role.VIEWER)
    client.force_login(person)
    assert reverse("reports:year_plan") not in client.get(reverse("reports:duty_list")).content.decode()
    client.force_login(cast.unit_administrator)
    assert reverse("reports:year_plan") in client.get(reverse("reports:duty_list")).content.decode()


def test_who_receives_a_report_may_tick_what_is_owed_and_see_the_letter_first(client, cast):
    filed = Obligation.objects.exclude(pk=cast.obligation.pk).filter(duty=cast.duty).order_by("pk").first()
    workflow.submit(make_report(filed), content(), by=make_user(unit=filed.org_unit, role=Role.REPORTER))
    client.force_login(cast.reviewer)
    page = client.get(WHO).content.decode()
    assert f'value="{cast.obligation.pk}"' in page
    assert f'name="obligation"\n                             value="{filed.pk}"' not in page
    shown = client.post("/thu-nhac/nhac/", {"obligation": cast.obligation.pk, "next": WHO}).content.decode()
    assert "Nội dung thư" in shown
    client.force_login(cast.officer)
    assert 'name="obligation"' not in client.get(WHO).content.decode()
