"""Answers, counts by groups, shares without a target, models, passages from below and explained rules: read, compared,
printed, summed. Filings from before they were there are shown as they are."""

import datetime
import re

import pytest
from django.urls import reverse

from plans.official.blocks import Paragraph, Table, text_of
from reports import workflow
from reports.comparison import compare
from reports.models import Attachment, FormItem, ItemKind, Report, Revision
from reports.official import report_document
from reports.reading import read
from tests.builders import content, make_report, make_task, open_year

TODAY = datetime.date(2026, 11, 23)
PASSAGE = "Đã thăm 12 gia đình."
GROUPS = [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]


@pytest.fixture
def form(cast):
    """The form of the cast with one item of each further kind."""
    items = [
        FormItem(code="co-ke-hoach", kind=ItemKind.YES_NO, label="Đơn vị đã ban hành kế hoạch"),
        FormItem(
            code="muc-do",
            kind=ItemKind.CHOICE,
            label="Mức độ thực hiện",
            choices=[{"code": "tot", "name": "Tốt"}, {"code": "kha", "name": "Khá"}],
        ),
        FormItem(code="theo-gioi", kind=ItemKind.COUNT, label="Trẻ em theo giới", unit_of_count="em", groups=GROUPS),
        FormItem(
            code="ti-le",
            kind=ItemKind.SHARE,
            label="Tỷ lệ trẻ em được tiêm",
            groups=GROUPS,
            numerator_label="Số trẻ em được tiêm",
            denominator_label="Tổng số trẻ em",
        ),
        FormItem(code="hoat-dong", kind=ItemKind.ACTIVITIES, label="Hoạt động đã tổ chức"),
        FormItem(code="mo-hinh", kind=ItemKind.MODELS, label="Mô hình"),
        FormItem(code="tai-lieu", kind=ItemKind.ATTACHMENTS, label="Tài liệu kèm theo"),
    ]
    for order, item in enumerate(items, start=20):
        item.version, item.order = cast.form, order
    FormItem.objects.bulk_create(items)
    return cast.form


def step(kind: str, on: str = "2026-06-01", **numbers) -> dict:
    return {
        "kind": kind,
        "noted_on": on,
        "children_reached": None,
        "families_reached": None,
        "places": None,
        "note": "",
    } | numbers


def body(**changes) -> dict:
    found = content() | {
        "choices": {"co-ke-hoach": "no", "muc-do": "kha"},
        "activities": [
            {
                "pk": 1,
                "name": "Vui Tết Trung thu",
                "occasion": "mid_autumn",
                "held_on": "2026-09-25",
                "place": "Hội trường",
                "children_reached": 1200,
                "families_reached": 0,
                "amount_spent": 7_000_000,
                "amounts": {"union": 5_000_000, "social": 2_000_000},
            },
            {
                "pk": 2,
                "name": "Trại hè",
                "occasion": "action_month",
                "held_on": "2026-06-02",
                "place": "",
                "children_reached": None,
                "families_reached": None,
                "amount_spent": 0,
                "amounts": {"state": 0},
            },
        ],
        "models": [
            {
                "pk": 1,
                "name": "Câu lạc bộ Nữ công",
                "steps": [step("kept", "2026-03-01"), step("spread", places=5, children_reached=40, note="Hai xã")],
            },
            {"pk": 2, "name": "Trại hè cho con CNLĐ", "steps": [step("kept")]},
        ],
        "collected": {
            "ket-qua": [{"unit": "Công đoàn cơ sở số 02", "revision": 9, "number": 2, "text": PASSAGE, "edited": True}]
        },
    }
    found["figures"] |= {
        "theo-gioi": {"nam.v": 3, "nu.v": 0, "v": 3},
        "ti-le": {"nam.n": 9, "nam.d": 10, "nu.n": 4, "nu.d": 10},
    }
    return found | changes


def file(cast, obligation=None, *, by=None, flags=None, **changes) -> Report:
    report = make_report(obligation or cast.obligation)
    revision = workflow.submit(report, body(**changes), by=by or cast.officer)
    if flags:
        Revision.objects.filter(pk=revision.pk).update(flags=flags)
    return report


def blocks(report: Report) -> dict:
    revision = report.revisions.order_by("-number")[0]
    return {block.question.code: block for block in read(report, revision).blocks}


def page_of(client, user, url: str) -> str:
    client.force_login(user)
    response = client.get(url)
    assert response.status_code == 200
    page = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") :]))


# --- read ---------------------------------------------------------------------------------------------------------


def test_answers_are_said_in_the_words_of_the_form_with_last_period_beside(cast, form):
    last_year = next(row for row in open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    file(cast, last_year, choices={"co-ke-hoach": "yes", "muc-do": "tot"})
    found = blocks(file(cast))
    assert (found["co-ke-hoach"].value, found["co-ke-hoach"].before) == ("Không", "Có")
    assert (found["muc-do"].value, found["muc-do"].before, found["muc-do"].kind) == ("Khá", "Tốt", "choice")


def test_answer_that_was_not_given_is_missing_and_no_no(cast, form):
    found = blocks(file(cast, choices={}))
    assert found["co-ke-hoach"].state == "chưa báo cáo"
    assert found["co-ke-hoach"].value == ""


def test_groups_of_a_count_stand_with_their_sum(cast, form):
    found = blocks(file(cast))["theo-gioi"]
    assert (found.value, found.number) == ("3", 3)
    assert [(row.title, row.value, row.is_total) for row in found.parts] == [
        ("Nam", "3", False),
        ("Nữ", "0", False),
        ("Cộng", "3", True),
    ]


def test_count_that_was_filed_before_it_had_groups_is_one_number(cast, form):
    report = file(cast)
    Revision.objects.update(content=body() | {"figures": {"theo-gioi": {"v": 7}}})
    assert (blocks(report)["theo-gioi"].value, blocks(report)["theo-gioi"].parts) == ("7", [])
    Revision.objects.update(content=body() | {"figures": {"theo-gioi": {"nam.v": 1, "khac.v": 2, "v": 3}}})
    assert [row.title for row in blocks(report)["theo-gioi"].parts] == ["Nam", "khac", "Cộng"]


@pytest.mark.parametrize(("figure", "state"), [({"nil": True}, "không phát sinh"), (None, "chưa báo cáo")])
def test_nil_and_missing_by_groups_have_no_rows(cast, form, figure, state):
    report = file(cast)
    Revision.objects.update(content=body() | {"figures": {"theo-gioi": figure} if figure else {}})
    found = blocks(report)["theo-gioi"]
    assert (found.state, found.parts, found.number) == (state, [], None)


def test_share_without_a_target_has_its_groups_and_no_goal(cast, form):
    found = blocks(file(cast))["ti-le"]
    assert found.goal == ""
    assert [(row.title, row.percent, row.verdict) for row in found.shares] == [
        ("Nam", "90,0 %", ""),
        ("Nữ", "40,0 %", ""),
        ("Cộng", "65,0 %", ""),
    ]


def test_models_are_shown_with_their_steps_and_totals(cast, form):
    found = blocks(file(cast))["mo-hinh"]
    assert found.models_in_short == "duy trì 2 · nhân rộng 1 (thêm 5 nơi)"
    first = found.models[0]
    assert [(row.kind, row.noted_on, row.places, row.children) for row in first.steps] == [
        ("Duy trì", "01/03/2026", "–", "–"),
        ("Nhân rộng", "01/06/2026", "5", "40"),
    ]


def test_activities_have_totals_by_occasion_and_source(cast, form):
    found = blocks(file(cast))["hoat-dong"]
    assert [row.funding for row in found.activities] == [
        "Kinh phí công đoàn: 5.000.000; Nguồn xã hội hóa: 2.000.000",
        "Ngân sách nhà nước",
    ]
    assert (found.summary.together.count, found.summary.together.amount) == (2, 7_000_000)
    assert found.summary.by_source == [
        ("Kinh phí công đoàn", 5_000_000),
        ("Ngân sách nhà nước", 0),
        ("Nguồn xã hội hóa", 2_000_000),
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [("union", "Kinh phí công đoàn"), ("mixed", "Nhiều nguồn"), ("none", "Không dùng kinh phí"), ("", ""), (None, "")],
)
def test_activity_of_before_keeps_the_source_that_it_named(cast, form, code, words):
    old = {"name": "Cũ", "held_on": "2025-06-01", "amount_spent": 9, "funding_source": code}
    found = blocks(file(cast, activities=[old]))["hoat-dong"]
    assert [(row.amount, row.funding) for row in found.activities] == [("9", words)]
    assert found.summary.together.amount == 9


def test_passages_from_below_stand_after_the_own_text(client, cast, form):
    report = file(cast)
    page = page_of(client, cast.reviewer, report.get_absolute_url())
    assert re.search(rf"Đã làm tốt\..*{PASSAGE}.*Theo báo cáo của Công đoàn cơ sở số 02.*có biên tập", page)


def test_text_of_passages_alone_is_not_missing(cast, form):
    found = blocks(file(cast, texts={}))["ket-qua"]
    assert (found.text, found.state, len(found.collected)) == ("", "", 1)


def test_explained_rule_stands_beside_its_figure(client, cast, form):
    flags = {"checks": [{"item": "theo-gioi", "sentence": "Kỳ trước là 30, kỳ này ghi 3."}]}
    report = file(cast, flags=flags, explanations={"theo-gioi": "Trường đã chia tách."})
    found = blocks(report)
    assert found["theo-gioi"].checks == ["Kỳ trước là 30, kỳ này ghi 3."]
    assert found["kinh-phi"].checks == []
    page = page_of(client, cast.reviewer, report.get_absolute_url())
    assert re.search(r"Trẻ em theo giới.*Kỳ trước là 30, kỳ này ghi 3\..*Trường đã chia tách\.", page)


def test_page_shows_every_kind(client, cast, form):
    report = file(cast)
    page = page_of(client, cast.reviewer, report.get_absolute_url())
    for words in ("Đơn vị đã ban hành kế hoạch", "Mức độ thực hiện", "Câu lạc bộ Nữ công", "Nhân rộng", "thêm 5 nơi",
                  "Cộng theo dịp", "Kinh phí theo nguồn", "Nữ"):  # fmt: skip
        assert words in page, words


def test_consent_and_task_of_a_file_are_shown(client, cast, form):
    task = make_task(cast.plan, "Tổ chức Tết Trung thu")
    report = make_report(cast.obligation)
    picture = Attachment.objects.create(
        report=report, file="a.jpg", original_name="a.jpg", size=8, content_type="image/jpeg", caption="Rước đèn",
        uploaded_by=cast.officer, consent="no_faces", task=task,
    )  # fmt: skip
    workflow.submit(report, body(attachments=[picture.pk]), by=cast.officer)
    page = page_of(client, cast.reviewer, report.get_absolute_url())
    assert re.search(r"Rước đèn.*Tổ chức Tết Trung thu.*Ảnh không thấy rõ mặt người", page)


def test_filing_from_before_the_new_keys_is_shown(client, cast, form):
    report = file(cast)
    Revision.objects.update(content=content(), flags={})
    page = page_of(client, cast.reviewer, report.get_absolute_url())
    assert "Không ghi nhận mô hình nào trong kỳ này" in page
    assert "chưa báo cáo" in page
    assert report_document(report, report.revisions.get(), on=TODAY)


# --- compared -----------------------------------------------------------------------------------------------------


def test_comparison_names_each_answer_group_model_passage_and_activity_that_changed(cast, form):
    task, report = make_task(cast.plan, "Chăm lo Tết Trung thu"), file(cast)
    workflow.send_back(report, by=cast.reviewer, reason="Xem lại.")
    now = body(choices={"co-ke-hoach": "yes", "muc-do": "kha"})
    now["figures"]["theo-gioi"] = {"nam.v": 3, "nu.v": 2, "v": 5}
    now["models"] = now["models"][:1]
    now["activities"][1]["children_reached"] = 30
    now["activities"][0] |= {"name": "Đêm hội Trăng rằm", "occasion": "other", "task": task.pk}
    now["collected"]["ket-qua"][0]["text"] = "Đã thăm 15 gia đình."
    report.refresh_from_db()
    workflow.submit(report, now, by=cast.officer)
    older, newer = report.revisions.order_by("number")
    found = {row.label: (row.older, row.newer) for row in compare(report, older, newer)}
    held = (
        "25/09/2026, Hội trường: 1.200 trẻ em, 0 gia đình, 7.000.000 đồng "
        "(kinh phí công đoàn: 5.000.000; nguồn xã hội hóa: 2.000.000)"
    )
    assert found == {
        "Đơn vị đã ban hành kế hoạch": ("Không", "Có"),
        "Trẻ em theo giới": ("3", "5"),
        "Trẻ em theo giới: Nữ": ("0", "2"),
        "Mô hình: Trại hè cho con CNLĐ": ("duy trì 01/06/2026", "không có"),
        "Hoạt động đã tổ chức: Trại hè": (
            "02/06/2026: – trẻ em, – gia đình, 0 đồng (ngân sách nhà nước); Tháng hành động vì trẻ em",
            "02/06/2026: 30 trẻ em, – gia đình, 0 đồng (ngân sách nhà nước); Tháng hành động vì trẻ em",
        ),
        "Hoạt động đã tổ chức: Đêm hội Trăng rằm": (
            f"Vui Tết Trung thu, {held}; Tết Trung thu",
            f"Đêm hội Trăng rằm, {held}; Dịp khác, hoạt động thường xuyên; {task}",
        ),
        "Kết quả: theo báo cáo của Công đoàn cơ sở số 02": ("Đã thăm 12 gia đình.", "Đã thăm 15 gia đình."),
    }


# --- printed ------------------------------------------------------------------------------------------------------


def tables(cast) -> dict[str, list[list[str]]]:
    """The tables of the printed report by the title of their second column."""
    report = file(cast)
    document = report_document(report, report.revisions.get(), on=TODAY)
    found = [block for block in document.body if isinstance(block, Table)]
    return {table.header[0][min(1, len(table.header[0]) - 1)].text: [[cell.text for cell in row] for row in table.rows]
            for table in found}  # fmt: skip


def test_answers_and_models_are_printed_as_tables(cast, form):
    found = tables(cast)
    assert found["Mô hình"] == [
        ["1", "Câu lạc bộ Nữ công", "Duy trì", "01/03/2026", "–", "–", "–"],
        ["Nhân rộng (Hai xã)", "01/06/2026", "5", "40", "–"],
        ["2", "Trại hè cho con CNLĐ", "Duy trì", "01/06/2026", "–", "–", "–"],
    ]
    assert found["Số hoạt động"] == [
        ["Tháng hành động vì trẻ em", "1", "–", "–", "0"],
        ["Tết Trung thu", "1", "1.200", "0", "7.000.000"],
        ["Tổng số", "2", "1.200", "0", "7.000.000"],
        ["Trong đó kinh phí công đoàn", "5.000.000"],
        ["Trong đó ngân sách nhà nước", "0"],
        ["Trong đó nguồn xã hội hóa", "2.000.000"],
    ]


def test_groups_and_passages_are_printed(cast, form):
    report = file(cast)
    document = report_document(report, report.revisions.get(), on=TODAY)
    rows = [[cell.text for cell in row] for block in document.body if isinstance(block, Table) for row in block.rows]
    at = rows.index(["1", "Trẻ em theo giới", "em", "3"])
    assert rows[at + 1 : at + 3] == [["", "- Nam", "em", "3"], ["", "- Nữ", "em", "0"]]
    assert ["1", "Đơn vị đã ban hành kế hoạch", "Không"] in rows
    assert ["2", "Mức độ thực hiện", "Khá"] in rows
    texts = [text_of(block.runs) for block in document.body if isinstance(block, Paragraph)]
    assert texts[texts.index(PASSAGE) + 1].startswith("(Theo báo cáo của Công đoàn cơ sở số 02")
    assert "Trong kỳ, đơn vị ghi nhận 2 mô hình: duy trì 2, nhân rộng 1 (thêm 5 nơi)." in texts


def test_report_without_models_says_so_in_print(cast, form):
    report = file(cast, models=[])
    document = report_document(report, report.revisions.get(), on=TODAY)
    texts = [text_of(block.runs) for block in document.body if isinstance(block, Paragraph)]
    assert "Trong kỳ, đơn vị không ghi nhận mô hình nào." in texts


# --- on the dashboard ---------------------------------------------------------------------------------------------


def dashboard(client, cast, unit=None) -> str:
    return page_of(client, cast.reviewer, reverse("reports:dashboard", args=[(unit or cast.union).pk]))


def approve(cast, obligation, officer, **changes) -> None:
    report = file(cast, obligation, by=officer, **changes)
    workflow.approve(report, by=cast.reviewer)


def test_dashboard_counts_answers_and_sums_groups_models_and_sources(client, cast, form):
    approve(cast, cast.obligation, cast.officer)
    approve(cast, cast.sibling_obligation, cast.sibling_officer, choices={"co-ke-hoach": "yes", "muc-do": "kha"})
    page = dashboard(client, cast)
    assert re.search(r"Có: +1 +đơn vị +· +Không: +1 +đơn vị", page)
    assert re.search(r"Tốt: +0 +đơn vị +· +Khá: +2 +đơn vị", page)
    assert "2 đơn vị trả lời" in page
    assert re.search(r"Trẻ em theo giới +em +6.*? Nam +em +6.*? Nữ +em +0 ", page)
    assert re.search(r"Kinh phí công đoàn +đồng +10\.000\.000.*? Ngân sách nhà nước +đồng +0.*? "
                     r"Nguồn xã hội hóa +đồng +4\.000\.000", page)  # fmt: skip
    assert "Nguồn khác" not in page
    assert re.search(
        r"Mô hình có ghi nhận trong kỳ +mô hình +4.*? Duy trì +mô hình +4.*? Cải tiến +mô hình +0"
        r".*? Nhân rộng +mô hình +2.*? Nơi nhân rộng thêm +nơi +10 ",
        page,
    )
    assert "Mới bắt đầu" not in page, "no row for what nobody did"


def test_sum_that_came_without_groups_is_told_apart(client, cast, form):
    approve(cast, cast.obligation, cast.officer)
    approve(cast, cast.sibling_obligation, cast.sibling_officer, figures={"theo-gioi": {"v": 7}})
    page = dashboard(client, cast)
    assert re.search(r"Trẻ em theo giới +em +10.*? Nam +em +3.*? Nữ +em +0.*? Chưa phân tổ +em +7 ", page)


def test_nobody_has_answered_yet(client, cast, form):
    approve(cast, cast.obligation, cast.officer, choices={}, models=[], activities=[])
    page = dashboard(client, cast)
    assert "Chưa có báo cáo nào được tính trả lời" in page
    assert "Mô hình có ghi nhận trong kỳ" not in page


def test_answers_of_a_form_that_is_still_being_built_are_not_shown(client, cast, form):
    approve(cast, cast.obligation, cast.officer)
    draft = cast.form.form.versions.create(number=99, published_at=None)
    FormItem.objects.create(version=draft, code="sap-hoi", kind=ItemKind.YES_NO, label="Câu hỏi đang soạn")
    assert "Câu hỏi đang soạn" not in dashboard(client, cast)
