"""The review queue and the list of all reports: who sees what, in which order, narrowed how."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from plans.models import PeriodKind
from reports import workflow
from reports.models import Report, Revision
from reports.obligations import open_period
from tests.builders import content, make_duty, make_form, make_report, make_unit, open_year

QUEUE = reverse("reports:review_queue")
LIST = reverse("reports:report_list")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def filed(obligation, by, hour: int) -> Report:
    report = make_report(obligation)
    with time_machine.travel(datetime.datetime(2026, 11, 5, hour, tzinfo=VIETNAM), tick=False):
        workflow.submit(report, content(), by=by)
    return report


@pytest.fixture
def two(cast) -> tuple[Report, Report]:
    """The newer one has the smaller number."""
    newer = filed(cast.obligation, cast.officer, 15)
    return filed(cast.sibling_obligation, cast.sibling_officer, 8), newer


def listed(client, user, query: str = "") -> list[Report]:
    client.force_login(user)
    response = client.get(QUEUE + query)
    assert response.status_code == 200
    return [row.report for row in response.context["rows"]]


def test_oldest_comes_first(client, cast, two):
    assert listed(client, cast.reviewer) == list(two)


def test_queue_is_for_reviewers(client, cast, two):
    assert client.get(QUEUE).status_code == 302
    for person in (cast.viewer, cast.officer, cast.administrator):
        client.force_login(person)
        assert client.get(QUEUE).status_code == 403
    client.force_login(cast.reviewer)
    assert client.post(QUEUE).status_code == 405


def test_reviewer_of_another_branch_sees_an_empty_queue(client, cast, two):
    assert listed(client, cast.stranger_reviewer) == []
    assert listed(client, cast.stranger_reviewer, "?pham_vi=tat-ca") == []


def test_reviewer_above_sees_what_waits_below_when_asking_for_it(client, cast, two):
    assert listed(client, cast.province_reviewer) == []
    assert listed(client, cast.province_reviewer, "?pham_vi=tat-ca") == list(two)


def test_unit_is_found_without_marks(client, cast, two):
    assert listed(client, cast.reviewer, "?ten=cong+doan+co+so+so+01") == [two[1]]
    assert listed(client, cast.reviewer, "?ten=khong+co") == []


def test_duty_and_period_narrow_and_nonsense_does_not(client, cast, two):
    other = make_duty(cast.plan, name="Báo cáo chuyên đề")
    make_form(other)
    report = filed(open_year(other)[0], cast.officer, 9)
    assert listed(client, cast.reviewer, f"?che_do={other.pk}") == [report]
    assert len(listed(client, cast.reviewer, f"?ky={cast.obligation.period_id}")) == 3
    assert len(listed(client, cast.reviewer, "?che_do=abc&ky=-1&trang_thai=x&pham_vi=y&trang=999")) == 3


def test_status_shows_what_was_decided(client, cast, two):
    workflow.approve(two[0], by=cast.reviewer)
    workflow.send_back(two[1], by=cast.reviewer, reason="Thiếu.")
    assert listed(client, cast.reviewer) == []
    assert listed(client, cast.reviewer, "?trang_thai=da-duyet") == [two[0]]
    assert listed(client, cast.reviewer, "?trang_thai=tra-lai") == [two[1]]
    assert len(listed(client, cast.reviewer, "?trang_thai=tat-ca")) == 2


def test_queue_narrows_to_what_is_worth_a_look(client, cast, two):
    first, second = two
    Revision.objects.filter(report=first).update(flags={"same_before": {"ket-qua": 96}}, flag_count=1)
    Revision.objects.filter(report=second).update(flags={"same_sibling": {"ket-qua": [1, 91]}}, flag_count=1)
    assert listed(client, cast.reviewer, "?xem=can-xem") == [first, second]
    assert listed(client, cast.reviewer, "?xem=dat") == []
    assert listed(client, cast.reviewer, "?xem=giong-truoc") == [first]
    assert listed(client, cast.reviewer, "?xem=giong-don-vi") == [second]
    Revision.objects.filter(report=first).update(flags={}, flag_count=0)
    assert listed(client, cast.reviewer, "?xem=dat") == [first]
    Revision.objects.filter(report=first).update(flag_count=None)  # of a time when nothing was looked for
    assert listed(client, cast.reviewer, "?xem=can-xem") == [first, second]


def test_remarks_are_those_of_the_latest_revision(client, cast, two):
    Revision.objects.filter(report=two[0]).update(flags={"same_before": {"ket-qua": 96}}, flag_count=1)
    workflow.send_back(two[0], by=cast.reviewer, reason="Viết lại.")
    workflow.submit(two[0], content(text="Viết mới."), by=cast.sibling_officer)
    assert listed(client, cast.reviewer, "?xem=giong-truoc") == []
    assert listed(client, cast.reviewer, "?xem=nop-lai") == [two[0]]
    assert two[0] in listed(client, cast.reviewer, "?xem=dat")


@pytest.mark.parametrize(("at", "late"), [("2026-11-09 23:59:59+07:00", False), ("2026-11-10 00:00:00+07:00", True)])
def test_late_first_filing_begins_at_midnight(client, cast, at, late):
    report = make_report(cast.obligation)
    with time_machine.travel(at, tick=False):
        workflow.submit(report, content(), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    workflow.submit(report, content(), by=cast.officer)  # again, long after: the first filing counts
    assert (listed(client, cast.reviewer, "?xem=nop-cham") == [report]) is late


def test_neighbours_in_the_queue(client, cast, two):
    client.force_login(cast.reviewer)
    first = client.get(two[0].get_absolute_url()).context
    second = client.get(two[1].get_absolute_url()).context
    assert (first["queue_before"], first["queue_after"]) == (None, two[1])
    assert (second["queue_before"], second["queue_after"]) == (two[0], None)
    narrowed = client.get(two[0].get_absolute_url() + "?ten=so+02").context
    assert (narrowed["queue_before"], narrowed["queue_after"]) == (None, None)


def test_after_a_decision_the_next_one_is_at_hand(client, cast, two):
    workflow.approve(two[0], by=cast.reviewer)
    client.force_login(cast.reviewer)
    page = client.get(two[0].get_absolute_url()).content.decode()
    assert f'rel="next" href="{two[1].get_absolute_url()}"' in page


def test_number_of_queries_does_not_grow_with_the_queue(client, cast, two, django_assert_num_queries):
    for _ in range(20):
        make_unit(parent=cast.union)
    open_period(cast.duty, PeriodKind.YEAR, 2026, by=None, on=datetime.date(2026, 11, 1))
    for obligation in cast.duty.obligations.filter(report__isnull=True).order_by("pk"):
        make_report(
            obligation,
            status="submitted",
            submitted_at=datetime.datetime(2026, 11, 2, tzinfo=VIETNAM),
            first_submitted_at=datetime.datetime(2026, 11, 2, tzinfo=VIETNAM),
            submitted_by=cast.officer,
        )
    client.force_login(cast.reviewer)
    with django_assert_num_queries(16):
        response = client.get(QUEUE)
    assert len(response.context["rows"]) == 22


# --- the list of all expected reports -----------------------------------------------------------------------------


def names(client, user, query: str = "") -> list[str]:
    client.force_login(user)
    return [row.obligation.org_unit.name for row in client.get(LIST + query).context["rows"]]


def test_list_shows_missing_ones_too_and_each_person_the_own_scope(client, cast, two):
    both = ["Công đoàn cơ sở số 01", "Công đoàn cơ sở số 02"]
    assert names(client, cast.viewer) == both
    assert names(client, cast.administrator) == both
    assert names(client, cast.officer) == both[:1]
    assert names(client, cast.stranger) == []


@pytest.mark.parametrize(
    ("on", "late"), [("2026-11-09 23:59:59+07:00", []), ("2026-11-10 00:00:00+07:00", ["Công đoàn cơ sở số 01"])]
)
def test_late_begins_at_midnight(client, cast, on, late):
    filed(cast.sibling_obligation, cast.sibling_officer, 8)
    with time_machine.travel(on, tick=False):
        assert names(client, cast.viewer, "?trang_thai=qua-han") == late


def test_each_state_has_its_filter(client, cast):
    first = ["Công đoàn cơ sở số 01"]
    assert len(names(client, cast.viewer, "?trang_thai=chua-nop")) == 2
    report = filed(cast.obligation, cast.officer, 8)
    assert names(client, cast.viewer, "?trang_thai=cho-duyet") == first
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu.")
    assert names(client, cast.viewer, "?trang_thai=tra-lai") == first
    workflow.submit(report, content(), by=cast.officer)
    workflow.approve(report, by=cast.reviewer)
    assert names(client, cast.viewer, "?trang_thai=da-duyet") == first
    assert names(client, cast.viewer, "?trang_thai=mien") == []


def test_list_pins_its_queries(client, cast, django_assert_num_queries):
    for _ in range(20):
        make_unit(parent=cast.union)
    open_period(cast.duty, PeriodKind.YEAR, 2025, by=None, on=datetime.date(2026, 11, 1))
    client.force_login(cast.viewer)
    with django_assert_num_queries(14):
        client.get(LIST)
