"""The page of a filed report: figures with verdicts, last period beside, every filing readable, what changed."""

import pytest
from django.urls import reverse

from orgunits.models import Role
from plans.models import Responsibility
from reports import workflow
from reports.comparison import text_parts
from reports.models import Activity, FormItem, ItemKind, Report
from reports.reading import read
from targets.models import Milestone
from tests.builders import content, make_report, make_task, make_user, open_year


def submitted(cast, obligation=None, **changes) -> Report:
    report = make_report(obligation or cast.obligation)
    workflow.submit(report, content(**changes), by=cast.officer)
    return report


def page_of(client, user, report: Report, query: str = "") -> str:
    client.force_login(user)
    response = client.get(report.get_absolute_url() + query)
    assert response.status_code == 200
    return response.content.decode()


def blocks(report: Report) -> dict:
    revision = report.revisions.order_by("-number")[0]
    return {block.question.code: block for block in read(report, revision).blocks}


# --- who ----------------------------------------------------------------------------------------------------------


def test_unit_superiors_and_viewers_read_it(client, cast):
    report = submitted(cast)
    people = (cast.officer, cast.colleague, cast.approver, cast.reviewer, cast.province_reviewer, cast.viewer)
    for person in (*people, cast.administrator):
        assert "Số liệu riêng của đơn vị" in page_of(client, person, report)


def test_another_branch_and_a_sibling_find_nothing(client, cast):
    report = submitted(cast)
    for person in (cast.stranger, cast.stranger_reviewer, cast.sibling_officer):
        client.force_login(person)
        for url in (report.get_absolute_url(), reverse("reports:report_history", args=[report.pk])):
            assert client.get(url).status_code == 404
        assert client.get(cast.obligation.get_absolute_url()).status_code == 404


def test_page_is_read_only_and_asks_for_a_sign_in(client, cast):
    report = submitted(cast)
    assert client.get(report.get_absolute_url()).status_code == 302
    client.force_login(cast.reviewer)
    assert client.post(report.get_absolute_url()).status_code == 405


def test_draft_is_not_shown_to_the_superior(client, cast):
    report = make_report(cast.obligation, draft={"ket-qua": "Đang viết dở dang"})
    client.force_login(cast.reviewer)
    response = client.get(report.get_absolute_url())
    assert response.url == cast.obligation.get_absolute_url()
    assert "Đang viết dở dang" not in client.get(response.url).content.decode()


def test_only_reviewers_get_the_buttons(client, cast):
    report = submitted(cast)
    approve = reverse("reports:report_approve", args=[report.pk])
    assert approve in page_of(client, cast.reviewer, report)
    for person in (cast.viewer, cast.officer, cast.administrator):
        assert approve not in page_of(client, person, report)


def test_approved_report_offers_no_editing(client, cast):
    report = submitted(cast)
    workflow.approve(report, by=cast.reviewer)
    page = page_of(client, cast.officer, report)
    assert reverse("reports:filing", args=[report.pk]) not in page
    assert "Đã duyệt" in page


# --- figures ------------------------------------------------------------------------------------------------------


def test_ninety_of_a_hundred_has_not_met_over_ninety(cast):
    Milestone.objects.filter(year=2030).update(percent=90)
    share = blocks(submitted(cast, people=(90, 100)))["can-bo"]
    assert share.goal == "Mục tiêu đến năm 2030: trên 90 %"
    assert [(row.percent, row.verdict) for row in share.shares] == [("90,0 %", "Chưa đạt")] * 3
    assert [row.distance for row in share.shares] == ["cần thêm 1"] * 3


def test_total_is_the_sum_of_the_groups_and_not_an_average(cast):
    report = make_report(cast.obligation)
    filed = content()
    filed["figures"]["can-bo"] = {"chu-chot.n": 1, "chu-chot.d": 1, "nu-cong.n": 0, "nu-cong.d": 99}
    workflow.submit(report, filed, by=cast.officer)
    total = blocks(report)["can-bo"].shares[-1]
    assert (total.title, total.numerator, total.denominator, total.percent) == ("Cộng", "1", "100", "1,0 %")
    assert total.is_total


def test_report_shows_the_groups_that_it_was_asked_for(cast):
    """A group that the indicator has lost keeps its figures; one that came later was not asked."""
    report = submitted(cast, people=(40, 50))
    groups = cast.target.indicator.groups
    groups.get(code="nu-cong").delete()
    groups.create(code="moi", name="Nhóm mới", order=9)
    shares = blocks(report)["can-bo"].shares
    assert [(row.title, row.numerator, row.denominator) for row in shares] == [
        ("Nhóm chu-chot", "40", "50"),
        ("nu-cong", "40", "50"),
        ("Cộng", "80", "100"),
    ]


def test_zero_nil_and_missing_are_three_things(cast):
    report = submitted(cast, children=0)
    zero = blocks(report)["tre-em-duoc-ho-tro"]
    assert (zero.value, zero.state) == ("0", "")
    assert blocks(report)["kinh-phi"].state == "không phát sinh"
    workflow.send_back(report, by=cast.reviewer, reason="Xem lại.")
    workflow.submit(report, content(children=None), by=cast.officer)
    assert blocks(report)["tre-em-duoc-ho-tro"].state == "chưa báo cáo"


def test_missing_share_says_so(client, cast):
    report = submitted(cast, people=None)
    assert blocks(report)["can-bo"].state == "chưa báo cáo"
    assert "Chưa báo cáo" in page_of(client, cast.reviewer, report)


def test_last_period_stands_beside(cast):
    last_year = open_year(cast.duty, 2025)[0]
    earlier = submitted(cast, last_year, people=(40, 50), children=1234)
    report = submitted(cast)
    found = blocks(report)
    assert found["can-bo"].shares[0].before == "80,0 % (40/50)"
    assert found["can-bo"].shares[-1].before == "80,0 % (80/100)"
    assert found["tre-em-duoc-ho-tro"].before == "1.234"
    workflow.send_back(earlier, by=cast.reviewer, reason="Sai.")
    assert blocks(report)["tre-em-duoc-ho-tro"].before == ""


def test_tasks_stand_under_the_body_that_leads_them(cast):
    task = make_task(cast.plan, "Tuyên truyền", lead="Công chức Văn hóa")
    FormItem.objects.create(
        version=cast.form, order=90, code="nhiem-vu", kind=ItemKind.TASKS, label="Nhiệm vụ", section="Nhiệm vụ"
    )
    report = make_report(cast.obligation)
    filed = content() | {"tasks": {str(task.pk): {"status": "done", "note": "Ba buổi."}}}
    workflow.submit(report, filed, by=cast.officer)
    block = blocks(report)["nhiem-vu"]
    [(lead, [row])] = block.tasks
    assert (lead, row.status, row.note, row.before) == ("Công chức Văn hóa", "Đã hoàn thành", "Ba buổi.", "")
    assert block.tasks_in_short == "1 đã hoàn thành"
    assert Responsibility.objects.get().bodies == lead


def test_task_stands_beside_how_it_was_in_the_period_before(client, cast):
    task = make_task(cast.plan, "Tuyên truyền")
    FormItem.objects.create(version=cast.form, order=90, code="nhiem-vu", kind=ItemKind.TASKS, label="Nhiệm vụ")
    reports = [make_report(open_year(cast.duty, 2025)[0]), make_report(cast.obligation)]
    for report, status in zip(reports, ("done", "ongoing"), strict=True):
        workflow.submit(report, content() | {"tasks": {str(task.pk): {"status": status}}}, by=cast.officer)
    [(_, [row])] = blocks(reports[1])["nhiem-vu"].tasks
    assert (row.status, row.before) == ("Đang thực hiện", "Đã hoàn thành")
    cell = '<td data-label="Kỳ trước" class="small-print nowrap">Đã hoàn thành</td>'
    assert cell in page_of(client, cast.reviewer, reports[1])
    assert cell not in page_of(client, cast.reviewer, reports[0]), "there is no period before it"


def test_activities_are_shown_as_they_stood(client, cast):
    FormItem.objects.create(
        version=cast.form, order=91, code="hoat-dong", kind=ItemKind.ACTIVITIES, label="Hoạt động", section="Hoạt động"
    )
    frozen = {
        "name": "Tết Trung thu", "occasion": "mid_autumn", "held_on": "2026-09-25", "place": "Nhà văn hóa",
        "children_reached": 120, "families_reached": None, "amount_spent": 15000000, "funding_source": "union",
    }  # fmt: skip
    report = make_report(cast.obligation)
    workflow.submit(report, content() | {"activities": [frozen]}, by=cast.officer)
    page = page_of(client, cast.reviewer, report)
    for words in ("25/09/2026", "Nhà văn hóa", "120", "15.000.000", "Kinh phí công đoàn"):
        assert words in page
    assert not Activity.objects.exists()


# --- revisions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def filed_twice(cast) -> Report:
    report = submitted(cast, children=7, text="Đã tổ chức ba buổi truyền thông.")
    workflow.send_back(report, by=cast.reviewer, reason="Sai số.", item_reasons={"ket-qua": "Nêu rõ số buổi."})
    workflow.submit(report, content(children=9, text="Đã tổ chức năm buổi truyền thông."), by=cast.colleague)
    return report


def test_every_filing_can_be_opened(client, cast, filed_twice):
    newest = page_of(client, cast.officer, filed_twice)
    assert "năm buổi" in newest
    assert "Nêu rõ số buổi." not in newest
    first = page_of(client, cast.officer, filed_twice, "?lan=1")
    assert "ba buổi" in first
    assert "đã có bản mới hơn" in first
    assert "Nêu rõ số buổi." in first
    client.force_login(cast.officer)
    for wrong in ("?lan=3", "?lan=x"):
        assert client.get(filed_twice.get_absolute_url() + wrong).status_code == 404


def test_history_names_who_when_and_why(client, cast, filed_twice):
    page = page_of(client, cast.viewer, filed_twice)
    for words in (cast.officer.full_name, cast.colleague.full_name, cast.reviewer.full_name, "Sai số."):
        assert words in page


def test_comparison_shows_what_changed_and_nothing_else(client, cast, filed_twice):
    client.force_login(cast.reviewer)
    response = client.get(reverse("reports:report_history", args=[filed_twice.pk]))
    differences = response.context["differences"]
    assert [(row.label, row.older, row.newer) for row in differences] == [
        ("Số trẻ em được hỗ trợ", "7", "9"),
        ("Kết quả", "Đã tổ chức ba buổi truyền thông.", "Đã tổ chức năm buổi truyền thông."),
    ]
    page = response.content.decode()
    assert '<del><span class="visually-hidden">[bỏ: </span>ba<span class="visually-hidden">]</span></del>' in page
    assert '<ins><span class="visually-hidden">[thêm: </span>năm<span class="visually-hidden">]</span></ins>' in page
    assert "+2 (tăng 28 %)" in page


def test_comparison_of_a_revision_with_itself_is_empty(client, cast, filed_twice):
    client.force_login(cast.reviewer)
    url = reverse("reports:report_history", args=[filed_twice.pk])
    assert "giống hệt nhau" in client.get(f"{url}?tu=1&den=1").content.decode()
    assert client.get(f"{url}?tu=1&den=7").status_code == 404


def test_single_filing_has_nothing_to_compare(client, cast):
    report = submitted(cast)
    client.force_login(cast.reviewer)
    url = reverse("reports:report_history", args=[report.pk])
    assert "differences" not in client.get(url).context
    old = client.get(reverse("reports:report_compare", args=[report.pk]) + "?tu=1&den=2")
    assert old.url == f"{url}?tu=1&den=2#so-sanh"


def test_words_that_stayed_went_and_came():
    parts = [(part.kind, part.text) for part in text_parts("một hai ba", "một bốn ba")]
    assert parts == [("same", "một "), ("gone", "hai"), ("new", "bốn"), ("same", " ba")]


def test_text_of_an_officer_is_never_markup(client, cast):
    report = submitted(cast, text="<script>alert(1)</script>")
    page = page_of(client, cast.reviewer, report)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


# --- the expected report ------------------------------------------------------------------------------------------


def test_expected_report_says_by_when_to_whom_and_how_to_begin(client, cast):
    client.force_login(cast.officer)
    page = client.get(cast.obligation.get_absolute_url()).content.decode()
    assert "Trước ngày 10/11/2026, tức chậm nhất 23:59 ngày 09/11/2026 (thứ Hai)" in page
    assert "trước ngày 10/11" in page
    assert cast.union.name in page
    assert "Bắt đầu lập báo cáo" in page


def test_start_opens_the_form(client, cast):
    client.force_login(cast.officer)
    url = reverse("reports:report_start", args=[cast.obligation.pk])
    response = client.post(url)
    assert response.url == reverse("reports:filing", args=[Report.objects.get().pk])
    assert client.get(url).status_code == 405


def test_start_is_for_the_unit(client, cast):
    url = reverse("reports:report_start", args=[cast.obligation.pk])
    for person, code in ((cast.viewer, 403), (cast.reviewer, 403), (cast.stranger, 404), (cast.sibling_officer, 404)):
        client.force_login(person)
        assert client.post(url).status_code == code
    assert not Report.objects.exists()


def test_viewer_sees_no_button_to_begin(client, cast):
    client.force_login(cast.viewer)
    assert "Bắt đầu lập báo cáo" not in client.get(cast.obligation.get_absolute_url()).content.decode()


def test_number_of_queries_of_the_page(client, cast, filed_twice, django_assert_num_queries):
    make_user(unit=cast.union, role=Role.REVIEWER)
    client.force_login(cast.reviewer)
    with django_assert_num_queries(37):  # one of them for the items that went back
        client.get(filed_twice.get_absolute_url())
