"""The pages of the report upward: own figures beside those from below, who is missing, what was sent, corrections."""

import datetime

import pytest
from django.urls import reverse

from orgunits.models import Role
from plans.official.blocks import Table
from reports import below, consolidated, dashboards, obligations, workflow
from reports.dashboard_figures import Counting
from reports.models import FormItem, Report, Rollup, Snapshot
from reports.official_consolidated import consolidated_part
from tests.builders import content, give_role, make_duty, make_report, make_unit, open_year
from tests.reports.test_consolidated_corrections import changed_after_sending
from tests.reports.test_consolidated_snapshots import approve, file_upward, upward

__all__ = ["upward"]  # a fixture
pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 23)


@pytest.fixture
def draft(upward):
    """A begun report upward; one of the two units below has an approved report, the other a submitted one."""
    upward.report = make_report(upward.up_obligation, draft={"tre-em-duoc-ho-tro.v": "5", "can-bo.chu-chot.n": "1"})
    approve(upward, upward.obligation, upward.officer, children=12)
    workflow.submit(make_report(upward.sibling_obligation), content(children=30), by=upward.sibling_officer)
    return upward


def url(cast, name="consolidated", *args):
    return reverse(f"reports:{name}", args=[cast.report.pk, *args])


def shown(cast, counting=Counting.APPROVED):
    """The lines of the table by label."""
    (row,) = below.rows_below(cast.up_obligation)
    table = consolidated.table(below.part_of(row, counting), consolidated.own_figures(cast.report), counting=counting)
    return table, {row.label: row for row in table.rows}


# --- the sums ---------------------------------------------------------------------------------------------------------


def test_own_and_below_are_told_apart_and_added(draft):
    table, rows = shown(draft)
    line = rows["Số trẻ em được hỗ trợ"].lines[0]
    assert (line.own.text, line.below.text, line.together.text) == ("5", "12", "17")
    sources = rows["Số trẻ em được hỗ trợ"]
    assert (sources.source_own, sources.source_below, sources.source_together) == (
        "1/1 đơn vị",
        "1/2 đơn vị",
        "2/3 đơn vị",
    )
    assert table.words == "1 báo cáo đã duyệt trên 2 báo cáo phải nộp"


def test_submitted_reports_count_only_when_asked(draft):
    table, rows = shown(draft, Counting.SUBMITTED)
    assert rows["Số trẻ em được hỗ trợ"].lines[0].below.text == "42"
    assert table.words == "2 báo cáo đã duyệt hoặc chờ duyệt trên 2 báo cáo phải nộp"


def test_share_is_the_sum_of_numerators_over_the_sum_of_denominators(upward):
    """9 of 10 and 10 of 100 is 19 of 110, not the average of 90 and 10 per cent; own 1 of 2 makes it 20 of 112."""
    names = [f"can-bo.{group}.{part}" for group in ("chu-chot", "nu-cong") for part in "nd"]
    upward.report = make_report(upward.up_obligation, draft=dict(zip(names, "1212", strict=True)))
    approve(upward, upward.obligation, upward.officer, people=(9, 10))
    approve(upward, upward.sibling_obligation, upward.sibling_officer, people=(10, 100))
    first = next(iter(shown(upward)[1].values())).lines[0]
    assert (first.own.text, first.below.text, first.together.text) == ("1/2", "19/110", "20/112")
    assert (first.below.percent, first.together.percent) == ("17,2 %", "17,8 %")  # never rounded up


def test_missing_zero_and_nil_stay_three_things(upward):
    upward.report = make_report(upward.up_obligation, draft={"kinh-phi.nil": "on", "tre-em-duoc-ho-tro.v": "0"})
    rows = shown(upward)[1]
    assert rows["Kinh phí công đoàn"].lines[0].own.text == "không phát sinh"
    line = rows["Số trẻ em được hỗ trợ"].lines[0]
    assert (line.own.text, line.below.text, line.together.text) == ("0", "chưa có số liệu", "0")


def test_sums_are_those_of_the_dashboard_also_after_a_return_below(draft):
    def both():
        row = Rollup.objects.get(org_unit=draft.union, duty=draft.duty)
        choice = dashboards.choose(draft.union, {"che_do": str(draft.duty.pk)}, on=TODAY)
        board = dashboards.build(draft.union, choice, user=draft.reviewer, on=TODAY)
        mine = shown(draft)[1]
        values = {line.label: line.values[-1].text for line in board.values.rows}
        assert {label: mine[label].lines[-1].below.text for label in values} == values
        card = board.cards[0]
        assert mine[card.title].lines[-1].below.text == card.together.fraction
        return row.approved, values["Số trẻ em được hỗ trợ"]

    assert both() == (1, "12")
    workflow.reopen(Report.objects.get(obligation=draft.obligation), by=draft.reviewer, reason="Sai.")
    assert both() == (0, "chưa có số liệu")


def test_groups_answers_and_registers_are_added_like_figures(upward):
    form = {"version": upward.form, "order": 8}
    groups = [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
    FormItem.objects.create(**form, code="tre-em", kind="count", label="Trẻ em", groups=groups)
    FormItem.objects.create(**form, code="co-ke-hoach", kind="yes_no", label="Có kế hoạch riêng")
    upward.report = make_report(upward.up_obligation)
    held = {"name": "Tết Trung thu", "occasion": "mid_autumn", "held_on": "2026-09-25", "children_reached": 30}
    first = {"choices": {"co-ke-hoach": "yes"}, "activities": [held]}
    second = {"choices": {"co-ke-hoach": "no"}, "activities": [held, held]}
    for obligation, officer, more, nam in (
        (upward.obligation, upward.officer, first, 3),
        (upward.sibling_obligation, upward.sibling_officer, second, 4),
    ):
        frozen = content() | more
        frozen["figures"] |= {"tre-em": {"nam.v": nam, "nu.v": 10, "v": nam + 10}}
        report = make_report(obligation)
        workflow.submit(report, frozen, by=officer)
        workflow.approve(report, by=upward.reviewer)
    rows = shown(upward)[1]
    assert [(line.title, line.below.text) for line in rows["Trẻ em"].lines] == [
        ("Nam", "7"),
        ("Nữ", "20"),
        ("Cộng", "27"),
    ]
    assert [(line.title, line.below.text) for line in rows["Có kế hoạch riêng"].lines] == [("Có", "1"), ("Không", "1")]
    assert rows["Hoạt động đã tổ chức"].lines[0].below.text == "3"
    assert rows["Lượt trẻ em tham gia, thụ hưởng"].lines[0].below.text == "90"
    (part,) = [below.part_of(row) for row in below.rows_below(upward.up_obligation)]
    cells = [
        [cell.text for cell in row]
        for block in consolidated_part(part, number=1, on=TODAY)
        if isinstance(block, Table)
        for row in block.rows
    ]
    assert ["", "Nam", "", "7", ""] in cells
    assert ["4", "Hoạt động đã tổ chức", "hoạt động", "3", "2 đơn vị có số liệu"] in cells
    assert ["1", "Có kế hoạch riêng", "Có: 1 đơn vị; Không: 1 đơn vị", "2 đơn vị có số liệu"] in cells


def test_half_year_is_never_added_to_the_year(upward):
    upward.report = make_report(upward.up_obligation)
    upward.duty.due_rules.create(period_kind="half_year", comparison="before", month=6, day=20)
    half = next(row for row in open_year(upward.duty, kind="half_year") if row.org_unit_id == upward.base.pk)
    approve(upward, half, upward.officer, children=7)
    assert shown(upward)[1]["Số trẻ em được hỗ trợ"].lines[0].below.text == "chưa có số liệu"


def test_province_reads_the_whole_subtree(upward):
    duty = make_duty(upward.plan, name="Báo cáo của mọi đơn vị", reporters="all_below", recipient_unit=upward.union)
    assert len(open_year(duty)) == 2
    make_unit("Tổ công đoàn số 01", parent=upward.base)
    obligations.open_period(duty, "year", 2026, by=None, on=datetime.date(2026, 1, 2))
    row = next(row for row in below.rows_below(upward.up_obligation) if row.duty == duty)
    assert row.expected == 3
    assert len(below.children_of(row)) == 3


# --- the page -------------------------------------------------------------------------------------------------------


def test_page_names_who_is_missing_by_state(client, draft):
    client.force_login(draft.union_officer)
    text = client.get(url(draft)).content.decode()
    assert "Công đoàn cơ sở số 02" in text
    assert "Chờ duyệt (1)" in text
    assert draft.sibling_obligation.get_absolute_url() in text
    assert reverse("reports:dashboard", args=[draft.union.pk]) in text


def test_late_returned_and_waived_units_are_listed(client, upward):
    upward.report = make_report(upward.up_obligation)
    obligations.waive(upward.obligation, reason="Mới thành lập.", by=upward.unit_administrator)
    client.force_login(upward.union_officer)
    text = client.get(url(upward)).content.decode()
    assert "Được miễn (1)" in text
    assert "Mới thành lập." in text
    (row,) = below.rows_below(upward.up_obligation)
    found = consolidated.missing_list([row], asked="qua-han", on=datetime.date(2026, 11, 9))
    assert list(found.found) == []  # the last good day
    found = consolidated.missing_list([row], asked="qua-han", on=datetime.date(2026, 11, 10))
    assert list(found.found) == [upward.sibling_obligation]
    tabs = {tab.choice.value: tab.count for tab in found.tabs}
    assert tabs == {"": 2, "chua-nop": 1, "duoc-mien": 1, "qua-han": 1}


def test_list_can_be_narrowed_and_a_made_up_state_shows_all(client, draft):
    client.force_login(draft.union_officer)
    assert "Không có" not in client.get(url(draft), {"loc": "cho-duyet"}).content.decode()
    assert "Công đoàn cơ sở số 02" in client.get(url(draft), {"loc": "la-lung", "trang": "-1"}).content.decode()


def test_reminder_is_offered_to_who_may_send_it(client, upward):
    upward.report = make_report(upward.up_obligation)
    client.force_login(upward.union_officer)
    assert "Nhắc<span" not in client.get(url(upward)).content.decode()
    client.force_login(upward.reviewer)
    assert "Nhắc<span" in client.get(url(upward)).content.decode()


def test_counting_of_submitted_is_marked_as_not_sent(client, draft):
    client.force_login(draft.union_officer)
    assert "không được gửi đi" not in client.get(url(draft)).content.decode()
    assert "không được gửi đi" in client.get(url(draft), {"count": "submitted"}).content.decode()
    assert "không được gửi đi" not in client.get(url(draft), {"count": "all"}).content.decode()


def test_unit_without_units_below_is_told_so(client, cast):
    cast.report = make_report(cast.obligation)
    client.force_login(cast.officer)
    assert "Không có đơn vị nào báo cáo cho đơn vị này" in client.get(url(cast)).content.decode()


def test_who_only_receives_reads_without_links_down(client, draft):
    draft.up_obligation.receiving_unit = draft.elsewhere
    draft.up_obligation.save(update_fields=["receiving_unit"])
    give_role(draft.stranger_reviewer, Role.VIEWER, draft.elsewhere)
    client.force_login(draft.stranger_reviewer)
    text = client.get(url(draft)).content.decode()
    assert "Công đoàn cơ sở số 02" in text
    assert draft.sibling_obligation.get_absolute_url() not in text
    assert reverse("reports:dashboard", args=[draft.union.pk]) not in text


def test_what_is_only_typed_is_read_by_nobody_above(client, draft):
    Report.objects.filter(pk=draft.report.pk).update(draft={"tre-em-duoc-ho-tro.v": "98765432"})
    client.force_login(draft.union_officer)
    assert "98.765.432" in client.get(url(draft)).content.decode()
    for person in (draft.province_reviewer, draft.viewer, draft.administrator):
        client.force_login(person)
        assert "98.765.432" not in client.get(url(draft)).content.decode()
    workflow.submit(draft.report, content(children=6543210), by=draft.union_officer)
    workflow.send_back(draft.report, by=draft.province_reviewer, reason="Thiếu.")
    client.force_login(draft.province_reviewer)
    text = client.get(url(draft)).content.decode()
    assert "6.543.210" in text
    assert "98.765.432" not in text


PAGES = [("consolidated", ()), ("consolidated_changes", ()), ("consolidated_snapshot", (1,))]


@pytest.mark.parametrize(("name", "args"), PAGES)
@pytest.mark.parametrize(
    ("person", "status"),
    [("union_officer", 200), ("reviewer", 200), ("viewer", 200), ("province_reviewer", 200), ("officer", 404),
     ("stranger", 404)],
)  # fmt: skip
def test_who_reads(client, upward, name, args, person, status):
    upward.report, _, _ = file_upward(upward)
    client.force_login(getattr(upward, person))
    assert client.get(url(upward, name, *args)).status_code == status
    assert client.post(url(upward, name, *args)).status_code == 405


# --- what was sent, and what changed --------------------------------------------------------------------------------


def test_snapshot_page_shows_what_was_sent_after_a_change_below(client, upward):
    upward.report, _, _ = changed_after_sending(upward)
    client.force_login(upward.province_reviewer)
    text = client.get(url(upward, "consolidated_snapshot", 1)).content.decode()
    assert "0 báo cáo đã duyệt trên 2 báo cáo phải nộp" in text
    assert "Chưa nộp" in text
    assert client.get(url(upward, "consolidated_snapshot", 2)).status_code == 404
    workflow.correct(upward.report, by=upward.union_officer, reason="Bổ sung.")
    text = client.get(url(upward, "consolidated_snapshot", 2)).content.decode()
    assert "Khác với bản chốt lần 1" in text
    assert "+12" in text
    assert "1 báo cáo của cấp dưới khác với lần trước" in text
    assert "Đã duyệt, bản nộp lần 1" in text
    client.force_login(upward.province_reviewer)
    assert url(upward, "consolidated_snapshot", 2) in client.get(upward.report.get_absolute_url()).content.decode()
    child = Report.objects.get(obligation=upward.obligation)
    assert f"{child.get_absolute_url()}?lan=1" in text


@pytest.mark.parametrize("person", ["union_officer", "province_reviewer"])
def test_change_after_sending_is_on_the_page_of_both_sides(client, upward, person):
    upward.report, _, _ = file_upward(upward)
    client.force_login(getattr(upward, person))
    assert "Từ khi gửi, cấp dưới không có thay đổi." in client.get(upward.report.get_absolute_url()).content.decode()
    approve(upward, upward.obligation, upward.officer, children=12)
    text = client.get(upward.report.get_absolute_url()).content.decode()
    assert "Thay đổi sau khi gửi" in text
    assert "chưa nộp → đã duyệt, bản nộp lần 1" in text
    assert "Đỗ Thị Xét Duyệt" in text
    assert ("gửi bản đính chính" in text) == (person == "union_officer")


def test_correction_is_sent_from_the_page_of_changes(client, upward):
    upward.report, _, _ = changed_after_sending(upward)
    client.force_login(upward.union_officer)
    assert "Gửi bản đính chính" in client.get(url(upward, "consolidated_changes")).content.decode()
    answer = client.post(url(upward, "report_correct"), {"reason": "Nộp bổ sung.", "seen": "1"})
    assert (answer.status_code, answer["Location"]) == (302, upward.report.get_absolute_url())
    assert Snapshot.objects.filter(revision__report=upward.report).count() == 2
    again = client.post(url(upward, "report_correct"), {"reason": "Nộp bổ sung.", "seen": "1"})
    assert again.status_code == 409


def test_reason_that_is_missing_is_asked_for(client, upward):
    upward.report, _, _ = changed_after_sending(upward)
    client.force_login(upward.union_officer)
    answer = client.post(url(upward, "report_correct"), {"reason": " ", "seen": "1"})
    assert answer.status_code == 422
    assert "Hãy ghi lý do gửi bản đính chính." in answer.content.decode()
    assert '<a href="#correctform-reason">Hãy ghi lý do ở cuối trang</a>' in answer.content.decode()
    answer = client.post(url(upward, "report_correct"), {"reason": "Đủ lý do.", "seen": "một"})
    assert answer.status_code == 422
    assert "Đủ lý do." in answer.content.decode()


@pytest.mark.parametrize(
    ("person", "status"), [("reviewer", 403), ("province_reviewer", 403), ("viewer", 403), ("stranger", 404)]
)
def test_who_may_not_correct(client, upward, person, status):
    upward.report, _, _ = changed_after_sending(upward)
    client.force_login(getattr(upward, person))
    assert "Gửi bản đính chính" not in client.get(url(upward, "consolidated_changes")).content.decode()
    assert client.post(url(upward, "report_correct"), {"reason": "Vì.", "seen": "1"}).status_code == status
    assert client.get(url(upward, "report_correct")).status_code == 405


def test_queries_do_not_grow_with_the_units(client, draft, django_assert_num_queries):
    client.force_login(draft.union_officer)
    client.get(url(draft))
    with django_assert_num_queries(40):
        client.get(url(draft))
