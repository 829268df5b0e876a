"""A report that came back with single items: these are open, the others stand as they were filed, whatever is sent."""

import datetime
import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from reports import content, drafts, filing_notes, form_fields, workflow
from reports.models import Activity, FormCheck, Report
from tests.builders import content as filed_content
from tests.builders import make_report, make_task

CHILDREN = "tre-em-duoc-ho-tro"


@pytest.fixture
def report(cast) -> Report:
    """Returned with one open item: the number of children."""
    report = make_report(cast.obligation)
    report.form_version.items.create(code="nhiem-vu", kind="tasks", label="Nhiệm vụ", order=20, required=False)
    report.form_version.items.create(code="hoat-dong", kind="activities", label="Hoạt động", order=21, required=False)
    report.form_version.items.create(code="da-lam", kind="yes_no", label="Đã làm?", order=22, required=False)
    report.form_version.items.create(code="tai-lieu", kind="attachments", label="Tài liệu", order=23, required=False)
    task = make_task(cast.plan)
    filed = filed_content(children=7) | {"choices": {"da-lam": "yes"}, "explanations": {"can-bo": "Đã tách đơn vị."}}
    filed["tasks"] = {str(task.pk): {"status": "done", "note": "Xong."}}
    filed["collected"] = {"ket-qua": [{"unit": "Đơn vị", "revision": 1, "text": "Từ dưới lên.", "edited": False}]}
    workflow.submit(report, filed, by=cast.officer)
    days = timezone.localdate() + datetime.timedelta(days=7)
    workflow.send_back(report, by=cast.reviewer, reason="", item_reasons={CHILDREN: "Xem lại số này."}, due_on=days)
    report.refresh_from_db()
    assert report.open_items == [CHILDREN]
    return report


@pytest.fixture
def url(report) -> str:
    return reverse("reports:filing", args=[report.pk])


@pytest.fixture
def officer(client, cast):
    client.force_login(cast.officer)
    return client


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_only_the_returned_item_is_open(report):
    open_codes = [each.code for each in form_fields.load(report).questions if not each.is_closed]
    assert open_codes == [CHILDREN]
    assert not form_fields.is_closed(report, CHILDREN)
    assert form_fields.is_closed(report, "ket-qua")


def test_report_that_came_back_as_a_whole_is_all_open(cast, report):
    Report.objects.filter(pk=report.pk).update(open_items=[])
    report.refresh_from_db()
    assert not any(question.is_closed for question in form_fields.load(report).questions)


def test_draft_that_names_open_items_is_open_as_long_as_it_was_not_returned(cast):
    other = make_report(cast.sibling_obligation, open_items=["ket-qua"])
    assert not form_fields.is_restricted(other)


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_hand_made_post_changes_no_closed_item(officer, report, url):
    fields = {
        f"{CHILDREN}.v": "9", "ket-qua": "Sửa lén.", "kinh-phi.v": "5", "kinh-phi.nil": "", "can-bo.chu-chot.n": "1",
        "da-lam": "no", "can-bo.explanation": "Khác.",
    }  # fmt: skip
    officer.post(url, fields | {"action": "submit", "draft_version": "0", "base": "{}"})
    report.refresh_from_db()
    assert report.draft[f"{CHILDREN}.v"] == "9"
    assert report.draft["ket-qua"] == "Đã làm tốt."
    version = str(report.draft_version)
    response = officer.post(reverse("reports:filing_submit", args=[report.pk]), {"draft_version": version})
    assert response.headers["Location"] == report.get_absolute_url()
    first, second = report.revisions.order_by("number")
    assert second.content["figures"].pop(CHILDREN) == {"v": 9}
    assert first.content["figures"].pop(CHILDREN) == {"v": 7}
    assert second.content == first.content, "everything else is as it was filed: tasks, choices, collected texts too"


def test_autosave_changes_no_closed_item_and_takes_the_open_one(officer, report):
    changes = {f"{CHILDREN}.v": ["7", "8"], "ket-qua": ["Đã làm tốt.", "Sửa lén."]}
    body = json.dumps({"draft_version": 0, "changes": changes})
    url = reverse("reports:filing_autosave", args=[report.pk])
    answer = officer.post(url, body, content_type="application/json").json()
    assert (answer["draft"][f"{CHILDREN}.v"], answer["draft"]["ket-qua"]) == ("8", "Đã làm tốt.")
    assert set(answer["notes"]) == {f"{CHILDREN}.v", f"{CHILDREN}.nil", f"{CHILDREN}.explanation"}


def test_draft_that_differs_in_a_closed_item_is_not_what_is_filed(report):
    """Even text that came into the draft by another way."""
    raw = drafts.typed(report) | {"ket-qua": "Lạ.", "da-lam": "no", "kinh-phi.v": "5", "can-bo.chu-chot.n": "99999"}
    parsed = content.parse(report, raw, previous=None)
    assert parsed.is_valid
    assert parsed.content["texts"] == {"ket-qua": "Đã làm tốt."}
    assert parsed.content["choices"] == {"da-lam": "yes"}
    assert parsed.content["figures"]["kinh-phi"] == {"nil": True}


def test_emptied_open_item_is_missing_and_not_as_filed(report):
    parsed = content.parse(report, drafts.typed(report) | {f"{CHILDREN}.v": ""}, previous=None)
    assert parsed.errors == {f"{CHILDREN}.v": [content.MISSING_FIGURE]}


def test_activity_recorded_since_stays_out_until_its_item_is_open(cast, report):
    Activity.objects.create(
        org_unit=cast.base, name="Vui Trung thu", occasion="mid_autumn", held_on="2026-09-25", recorded_by=cast.officer
    )
    assert content.parse(report, {}, previous=None).content["activities"] == []
    Report.objects.filter(pk=report.pk).update(open_items=["hoat-dong"])
    report.refresh_from_db()
    parsed = content.parse(report, {}, previous=None)
    assert [row["name"] for row in parsed.content["activities"]] == ["Vui Trung thu"]


def test_open_tasks_are_read_from_the_draft(cast, report):
    Report.objects.filter(pk=report.pk).update(open_items=["nhiem-vu"])
    report.refresh_from_db()
    (row,) = next(each for each in form_fields.load(report).questions if each.kind == "tasks").tasks
    parsed = content.parse(report, {row.status_name: "ongoing", f"{CHILDREN}.v": "99"}, previous=None)
    assert parsed.content["tasks"] == {str(row.task.pk): {"status": "ongoing", "note": ""}}
    assert parsed.content["figures"][CHILDREN] == {"v": 7}


# --- rules between open and closed items ----------------------------------------------------------------------------


@pytest.mark.parametrize("severity", ["stop", "explain"])
def test_rule_broken_by_the_open_item_is_told_there(report, severity):
    items = {item.code: item for item in report.form_version.items.all()}
    FormCheck.objects.create(
        version=report.form_version, kind="item", item=items["can-bo"], part="n", operator="gte",
        other=items[CHILDREN], severity=severity,
    )  # fmt: skip
    assert content.parse(report, {f"{CHILDREN}.v": "90"}, previous=None).is_valid
    refused = content.parse(report, {f"{CHILDREN}.v": "91"}, previous=None)
    assert list(refused.errors) == [f"{CHILDREN}.v"]
    explained = {f"{CHILDREN}.v": "91", f"{CHILDREN}.explanation": "Đã đếm lại."}
    assert content.parse(report, explained, previous=None).is_valid is (severity == "explain")


def test_rule_between_closed_items_stops_nobody_who_cannot_change_them(report):
    items = {item.code: item for item in report.form_version.items.all()}
    FormCheck.objects.create(
        version=report.form_version, kind="bound", item=items["can-bo"], part="n", operator="lte", bound=1,
        severity="stop",
    )  # fmt: skip
    parsed = content.parse(report, {f"{CHILDREN}.v": "8"}, previous=None)
    assert parsed.is_valid
    assert [row["item"] for row in parsed.explained] == ["can-bo"], "its explanation was filed with it"


def test_nothing_is_noted_beside_closed_fields(report):
    assert filing_notes.of_saved(report, {"ket-qua": "x"}, ["ket-qua"]) == {}


# --- the page -------------------------------------------------------------------------------------------------------


def test_page_says_what_is_open_with_reason_and_day(officer, report, url):
    page = text(officer.get(url))
    assert "Chỉ 1 mục được mở lại" in page
    assert f'<a href="#muc-{CHILDREN}">' in page
    assert page.count("Xem lại số này.") == 2
    assert f"chậm nhất 23:59 ngày {report.correction_due_on:%d/%m/%Y}" in page


def test_way_through_the_page_leads_to_what_is_open(officer, report, url):
    report.form_version.items.exclude(code=CHILDREN).update(section="Phần đóng")
    page = text(officer.get(url))
    way = page[page.index('class="filing-nav"') : page.index("</nav>", page.index('class="filing-nav"'))]
    assert "Phần đóng" not in way
    assert way.count("<li>") == 1


def test_closed_items_have_no_field_and_show_what_was_filed(officer, url):
    page = text(officer.get(url))
    assert f'name="{CHILDREN}.v"' in page
    for name in ("ket-qua", "kinh-phi.v", "can-bo.chu-chot.n", "da-lam", "tai-lieu.caption", "tep"):
        assert f'name="{name}"' not in page
    assert re.search(r"<dt>Đã làm\?</dt> <dd><span[^>]*>Có</span>", page)
    assert re.search(r"<dt>Kinh phí công đoàn</dt> <dd><span[^>]*>không phát sinh</span>", page)
    assert "Đã hoàn thành. Xong." in page
    assert "giữ như bản đã nộp" in page


def test_file_is_refused_while_its_item_is_closed(officer, report, url):
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("a.pdf", b"%PDF-1.4 x", content_type="application/pdf")
    response = officer.post(
        url, {"action": "attach", "draft_version": "0", "base": "{}", "tai-lieu.caption": "Tệp", "tep": upload}
    )
    assert response.status_code == 409
    assert not report.attachments.exists()


def test_filing_again_opens_nothing_of_the_next_return_by_itself(cast, report):
    workflow.submit(report, filed_content(children=8), by=cast.officer)
    report.refresh_from_db()
    assert report.open_items == []
    workflow.send_back(report, by=cast.reviewer, reason="Xem lại cả báo cáo.")
    report.refresh_from_db()
    assert not form_fields.is_restricted(report)


# --- a form that changed --------------------------------------------------------------------------------------------


def test_text_of_an_item_that_is_gone_is_shown_to_be_copied_and_kept(officer, cast, report, url):
    draft = {f"{CHILDREN}.v": "8", "y-kien": "Chữ cũ không được mất.", "hoi-cu.v": "12", "hoi-cu.nil": "on"}
    Report.objects.filter(pk=report.pk).update(draft=draft, draft_version=1, open_items=[])
    page = text(officer.get(url))
    assert "Nội dung của các mục đã bỏ" in page
    assert "Chữ cũ không được mất.</textarea>" in page
    assert 'name="y-kien"' not in page
    officer.post(url, {"ket-qua": "Mới.", "y-kien": "Đổi.", "draft_version": "1", "base": json.dumps(draft)})
    report.refresh_from_db()
    assert (report.draft["y-kien"], report.draft["ket-qua"]) == ("Chữ cũ không được mất.", "Mới.")
    assert "y-kien" not in content.parse(report, report.draft, previous=None).content["texts"]


def test_label_of_a_gone_item_comes_from_the_version_that_had_it(cast, report):
    from reports import closed_items
    from reports.models import FormVersion

    old = report.form_version
    old.items.create(code="y-kien", kind="narrative", label="Ý kiến của đơn vị", order=30)
    report.form_version = FormVersion.objects.create(form=old.form, number=old.number + 1)
    report.draft = {"y-kien": "Chữ cũ.", "can-bo.nil": "on"}
    gone = closed_items.gone(form_fields.load(report))
    assert [(row.label, row.text) for row in gone][1] == ("Ý kiến của đơn vị", "Chữ cũ.")
    assert gone[0].text == "không phát sinh"
