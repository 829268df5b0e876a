"""Texts of the units below: found, picked, edited by two people at once, ordered, and frozen with their source."""

import datetime

import pytest
from django.urls import reverse

from orgunits.models import Role
from orgunits.transitions import Conflict
from plans.official.blocks import Paragraph, text_of
from reports import below, collected_texts, drafts, text_picking, workflow
from reports.content import MISSING_TEXT, parse
from reports.dashboard_figures import Counting
from reports.models import FormItem, ItemKind, Report, TextPick
from reports.official import report_document
from reports.text_picking import Edit
from tests.builders import content, make_report, make_user
from tests.reports.test_consolidated_snapshots import approve, upward

__all__ = ["upward"]  # a fixture
pytestmark = pytest.mark.django_db
CODE = "ket-qua"


@pytest.fixture
def draft(upward):
    upward.report = make_report(upward.up_obligation)
    upward.source = approve(upward, upward.obligation, upward.officer, text="Đã tổ chức ba lớp.")
    upward.colleague_above = make_user("Tạ Văn Cùng Làm", unit=upward.union, role=Role.REPORTER)
    return upward


def page(cast, code=CODE):
    return reverse("reports:collected_texts", args=[cast.report.pk, code])


def rows(cast):
    return below.rows_below(cast.up_obligation)


def pick(cast, revision=None):
    text_picking.pick(cast.report, CODE, [((revision or cast.source).pk, CODE)], by=cast.union_officer)
    return TextPick.objects.latest("pk")


def found(cast, counting=Counting.APPROVED, search=""):
    candidates = collected_texts.candidates(rows(cast), CODE, counting=counting, picked=set())
    return collected_texts.grouped(candidates, search=search)


# --- what there is to pick from -----------------------------------------------------------------------------------


def test_only_approved_texts_unless_asked(draft):
    workflow.submit(make_report(draft.sibling_obligation), content(text="Chưa ai duyệt."), by=draft.sibling_officer)
    assert [group.text for group in found(draft)] == ["Đã tổ chức ba lớp."]
    groups = found(draft, Counting.SUBMITTED)
    assert [(group.text, group.first.is_approved) for group in groups] == [
        ("Đã tổ chức ba lớp.", True),
        ("Chưa ai duyệt.", False),
    ]


def test_returned_and_waived_reports_offer_nothing(draft):
    workflow.reopen(draft.source.report, by=draft.reviewer, reason="Sửa.")
    assert found(draft, Counting.SUBMITTED) == []


def test_same_words_stand_in_one_group(draft):
    approve(draft, draft.sibling_obligation, draft.sibling_officer, text="đã tổ chức  ba lớp.")
    (group,) = found(draft)
    assert [each.unit for each in group.candidates] == ["Công đoàn cơ sở số 01", "Công đoàn cơ sở số 02"]
    assert group.words == 5


def test_search_finds_words_and_units_without_marks(draft):
    approve(draft, draft.sibling_obligation, draft.sibling_officer, text="Hỗ trợ trẻ em.")
    assert [group.text for group in found(draft, search="tre em")] == ["Hỗ trợ trẻ em."]
    assert [group.text for group in found(draft, search="số 01 lớp")] == ["Đã tổ chức ba lớp."]
    assert found(draft, search="không có") == []


@pytest.mark.parametrize(
    ("label", "section", "expected"),
    [("kết quả", "", "khac"), ("Khác hẳn", "Phần chung", "khac"), ("Khác hẳn", "Phần lạ", "")],
)
def test_item_is_matched_by_words_then_by_section(label, section, expected):
    sources = [FormItem(code="khac", label="Kết quả", section="Phần chung"), FormItem(code="so", label="Số liệu")]
    assert collected_texts.matching(FormItem(code="a", label=label, section=section), sources) == expected
    assert collected_texts.matching(FormItem(code="so", label=label), sources) == "so"


# --- picking and its source -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("emptied", ["", " \n"])
def test_passage_that_was_emptied_is_no_answer(draft, emptied):
    chosen = pick(draft)
    edit = {chosen.pk: Edit("Đã tổ chức ba lớp.", emptied)}
    text_picking.save(draft.report, CODE, edit, by=draft.union_officer)
    assert collected_texts.frozen(draft.report) == {}
    assert parse(draft.report, {}, previous=None).errors[CODE] == [MISSING_TEXT]


def test_passage_keeps_its_source_and_what_was_edited(draft):
    chosen = pick(draft)
    assert collected_texts.frozen(draft.report) == {
        CODE: [
            {
                "unit": "Công đoàn cơ sở số 01",
                "report": draft.source.report_id,
                "revision": draft.source.pk,
                "number": 1,
                "text": "Đã tổ chức ba lớp.",
                "edited": False,
            }
        ]
    }
    edit = {chosen.pk: Edit("Đã tổ chức ba lớp.", "Tổ chức 3 lớp.")}
    assert text_picking.save(draft.report, CODE, edit, by=draft.union_officer).count == 1
    (kept,) = collected_texts.frozen(draft.report)[CODE]
    assert (kept["text"], kept["edited"]) == ("Tổ chức 3 lớp.", True)
    (passage,) = collected_texts.passages(draft.report)[CODE]
    assert passage.source == "Theo báo cáo của Công đoàn cơ sở số 01, bản nộp lần 1"


def test_picking_twice_takes_one(draft):
    pick(draft)
    assert text_picking.pick(draft.report, CODE, [(draft.source.pk, CODE)], by=draft.union_officer) == 0
    assert TextPick.objects.count() == 1


def test_returned_filing_cannot_be_picked(draft):
    revision = workflow.submit(make_report(draft.sibling_obligation), content(), by=draft.sibling_officer)
    workflow.send_back(revision.report, by=draft.reviewer, reason="Thiếu.")
    with pytest.raises(Conflict):
        text_picking.pick(draft.report, CODE, [(revision.pk, CODE)], by=draft.union_officer)
    assert not TextPick.objects.exists()


def test_later_filing_of_the_source_is_pointed_out_and_can_be_taken(draft):
    chosen = pick(draft)
    workflow.reopen(draft.source.report, by=draft.reviewer, reason="Sửa.")
    (passage,) = collected_texts.passages(draft.report)[CODE]
    assert (passage.newer, passage.was_returned) == (None, True)
    newer = workflow.submit(draft.source.report, content(text="Bốn lớp."), by=draft.officer)
    workflow.approve(newer.report, by=draft.reviewer)
    (passage,) = collected_texts.passages(draft.report)[CODE]
    assert (passage.newer, passage.newer_text, passage.pick.text) == (newer, "Bốn lớp.", "Đã tổ chức ba lớp.")
    text_picking.renew(draft.report, CODE, chosen.pk, base="Đã tổ chức ba lớp.", by=draft.union_officer)
    chosen.refresh_from_db()
    assert (chosen.text, chosen.source) == ("Bốn lớp.", newer)


def test_order_changes_and_the_ends_hold(draft):
    second = approve(draft, draft.sibling_obligation, draft.sibling_officer, text="Thứ hai.")
    first_pick, second_pick = pick(draft), pick(draft, second)

    def texts():
        return [each["text"] for each in collected_texts.frozen(draft.report)[CODE]]

    assert texts() == ["Đã tổ chức ba lớp.", "Thứ hai."]
    text_picking.move(draft.report, CODE, second_pick.pk, up=True, by=draft.union_officer)
    assert texts() == ["Thứ hai.", "Đã tổ chức ba lớp."]
    text_picking.move(draft.report, CODE, second_pick.pk, up=True, by=draft.union_officer)
    text_picking.move(draft.report, CODE, first_pick.pk, up=False, by=draft.union_officer)
    assert texts() == ["Thứ hai.", "Đã tổ chức ba lớp."]


def test_passage_of_an_item_that_is_gone_is_shown_and_not_sent(client, draft):
    pick(draft)
    draft.report.form_version.items.filter(code=CODE).update(code="muc-khac")
    assert collected_texts.frozen(draft.report) == {}
    client.force_login(draft.union_officer)
    text = client.get(reverse("reports:consolidated", args=[draft.report.pk])).content.decode()
    assert "không còn mục của các đoạn sau" in text
    assert "Đã tổ chức ba lớp." in text


# --- two people, and a report that is filed ---------------------------------------------------------------------------


def test_two_who_edit_one_passage_both_keep_their_words(draft):
    chosen = pick(draft)
    base = chosen.text
    text_picking.save(draft.report, CODE, {chosen.pk: Edit(base, "Của tôi.")}, by=draft.union_officer)
    saved = text_picking.save(draft.report, CODE, {chosen.pk: Edit(base, "Của bạn.")}, by=draft.colleague_above)
    assert (saved.count, saved.clashes[chosen.pk]) == (0, drafts.BothTexts("Của tôi.", "Của bạn."))
    chosen.refresh_from_db()
    assert chosen.text == "Của tôi."


def test_passage_that_somebody_edits_is_not_removed(draft):
    chosen = pick(draft)
    base = chosen.text
    text_picking.save(draft.report, CODE, {chosen.pk: Edit(base, "Mới.")}, by=draft.union_officer)
    with pytest.raises(Conflict, match="vừa sửa"):
        text_picking.remove(draft.report, CODE, chosen.pk, base=base, by=draft.colleague_above)
    text_picking.remove(draft.report, CODE, chosen.pk, base="Mới.", by=draft.colleague_above)
    saved = text_picking.save(draft.report, CODE, {chosen.pk: Edit("Mới.", "Nữa.")}, by=draft.union_officer)
    assert saved.gone == {chosen.pk: "Nữa."}


def test_nothing_changes_in_a_filed_report(draft):
    chosen = pick(draft)
    draft.report.refresh_from_db()
    workflow.submit(draft.report, content(), by=draft.union_officer)
    with pytest.raises(Conflict, match="nộp lúc"):
        text_picking.save(draft.report, CODE, {chosen.pk: Edit(chosen.text, "Sau khi nộp.")}, by=draft.union_officer)
    with pytest.raises(Conflict):
        text_picking.remove(draft.report, CODE, chosen.pk, base=chosen.text, by=draft.union_officer)
    chosen.refresh_from_db()
    assert chosen.text == "Đã tổ chức ba lớp."


def test_item_that_was_not_returned_stays_closed(draft):
    chosen = pick(draft)
    workflow.submit(draft.report, content(), by=draft.union_officer)
    workflow.send_back(draft.report, by=draft.province_reviewer, reason="", item_reasons={"kinh-phi": "Sai."})
    with pytest.raises(Conflict, match="không bị trả lại"):
        text_picking.save(draft.report, CODE, {chosen.pk: Edit(chosen.text, "Khác.")}, by=draft.union_officer)


def test_change_of_a_passage_makes_the_confirmed_draft_another(draft):
    before = Report.objects.get(pk=draft.report.pk).draft_version
    pick(draft)
    assert Report.objects.get(pk=draft.report.pk).draft_version == before + 1


def test_returned_report_keeps_its_filed_text_as_draft(draft):
    """Raising the number of an empty draft must not make it count as emptied by hand."""
    workflow.submit(draft.report, content(text="Tự viết."), by=draft.union_officer)
    workflow.send_back(draft.report, by=draft.province_reviewer, reason="Thiếu.")
    assert drafts.typed(Report.objects.get(pk=draft.report.pk))[CODE] == "Tự viết."
    pick(draft)
    assert drafts.typed(Report.objects.get(pk=draft.report.pk))[CODE] == "Tự viết."


# --- the page -------------------------------------------------------------------------------------------------------


def test_page_picks_and_saves(client, draft):
    client.force_login(draft.union_officer)
    assert "Đã tổ chức ba lớp." in client.get(page(draft)).content.decode()
    answer = client.post(page(draft), {"action": "pick", "source": f"{draft.source.pk}.{CODE}"})
    assert answer.status_code == 302
    chosen = TextPick.objects.get()
    data = {f"text-{chosen.pk}": "Ba lớp.\r\nTốt.", f"base-{chosen.pk}": chosen.text, "action": "save"}
    assert client.post(page(draft), data).status_code == 302
    chosen.refresh_from_db()
    assert chosen.text == "Ba lớp.\nTốt."
    assert "đã sửa lời" in client.get(page(draft)).content.decode()


def test_any_button_saves_the_passages_first(client, draft):
    chosen = pick(draft)
    client.force_login(draft.union_officer)
    data = {f"text-{chosen.pk}": "Sửa.", f"base-{chosen.pk}": chosen.text, "action": "filter", "q": "lớp"}
    answer = client.post(page(draft), data)
    assert answer["Location"] == f"{page(draft)}?q=l%E1%BB%9Bp"
    chosen.refresh_from_db()
    assert chosen.text == "Sửa."


def test_second_of_two_pages_gets_both_texts(client, draft):
    chosen = pick(draft)
    base = chosen.text
    text_picking.save(draft.report, CODE, {chosen.pk: Edit(base, "Của đồng nghiệp.")}, by=draft.colleague_above)
    client.force_login(draft.union_officer)
    data = {f"text-{chosen.pk}": "Của tôi.", f"base-{chosen.pk}": base, "action": f"remove:{chosen.pk}"}
    answer = client.post(page(draft), data)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Của tôi." in text
    assert "Của đồng nghiệp." in text
    assert f'name="base-{chosen.pk}" value="Của đồng nghiệp."' in text
    assert TextPick.objects.get().text == "Của đồng nghiệp."


def test_too_long_passage_stays_in_its_field(client, draft):
    chosen = pick(draft)
    client.force_login(draft.union_officer)
    data = {f"text-{chosen.pk}": "x" * 10_001, f"base-{chosen.pk}": chosen.text, "action": "save"}
    answer = client.post(page(draft), data)
    assert answer.status_code == 422
    assert "x" * 10_001 in answer.content.decode()
    assert TextPick.objects.get().text == chosen.text


def test_typed_words_are_shown_when_the_report_was_filed_meanwhile(client, draft):
    chosen = pick(draft)
    workflow.submit(draft.report, content(), by=draft.colleague_above)
    client.force_login(draft.union_officer)
    data = {f"text-{chosen.pk}": "Đang gõ dở.", f"base-{chosen.pk}": chosen.text, "action": "save"}
    answer = client.post(page(draft), data)
    assert answer.status_code == 409
    assert "Đang gõ dở." in answer.content.decode()


@pytest.mark.parametrize(
    "source", ["abc", "1", "²." + CODE, "9" * 30 + "." + CODE], ids=["word", "no code", "digit", "long"]
)
def test_source_that_our_page_does_not_send_is_not_found(client, draft, source):
    client.force_login(draft.union_officer)
    assert client.post(page(draft), {"action": "pick", "source": source}).status_code == 404


def test_filing_that_is_no_longer_there_is_refused_in_words(client, draft):
    client.force_login(draft.union_officer)
    answer = client.post(page(draft), {"action": "pick", "source": f"999999.{CODE}"})
    assert answer.status_code == 409
    assert "chọn lại" in answer.content.decode()


def test_autosave_answers_in_json(client, draft):
    chosen = pick(draft)
    url = reverse("reports:passage_save", args=[draft.report.pk, chosen.pk])
    client.force_login(draft.union_officer)
    answer = client.post(url, {"base": chosen.text, "text": "Một."})
    assert (answer.status_code, answer.json()["text"]) == (200, "Một.")
    answer = client.post(url, {"base": chosen.text, "text": "Hai."})
    assert (answer.status_code, answer.json()["theirs"]) == (409, "Một.")
    assert client.post(url, {"base": "Một.", "text": "x" * 10_001}).status_code == 413
    assert client.get(url).status_code == 405


@pytest.mark.parametrize(
    ("person", "status"),
    [("colleague_above", 200), ("reviewer", 403), ("viewer", 403), ("province_reviewer", 403), ("officer", 404),
     ("stranger", 404)],
)  # fmt: skip
def test_who_may_pick(client, draft, person, status):
    client.force_login(getattr(draft, person))
    assert client.get(page(draft)).status_code == status
    assert client.post(page(draft), {"action": "save"}).status_code == (302 if status == 200 else status)


def test_unknown_item_is_not_found(client, draft):
    FormItem.objects.filter(code="kinh-phi").update(kind=ItemKind.MONEY)
    client.force_login(draft.union_officer)
    assert client.get(page(draft, "khong-co")).status_code == 404
    assert client.get(page(draft, "kinh-phi")).status_code == 404


def test_queries_of_the_page_do_not_grow(client, draft, django_assert_max_num_queries):
    approve(draft, draft.sibling_obligation, draft.sibling_officer, text="Thêm.")
    pick(draft)
    client.force_login(draft.union_officer)
    with django_assert_max_num_queries(24):
        client.get(page(draft))


# --- filed with the report --------------------------------------------------------------------------------------------


def file_by_hand(client, cast):
    """Through the confirming page, as an officer does."""
    cast.report.refresh_from_db()
    typed = {"can-bo.chu-chot.n": "1", "can-bo.chu-chot.d": "2", "can-bo.nu-cong.n": "1", "can-bo.nu-cong.d": "2"}
    typed |= {"tre-em-duoc-ho-tro.v": "5", "kinh-phi.nil": "on"}
    Report.objects.filter(pk=cast.report.pk).update(draft=typed)
    client.force_login(cast.union_officer)
    url = reverse("reports:filing_submit", args=[cast.report.pk])
    assert client.get(url).status_code == 200
    version = Report.objects.get(pk=cast.report.pk).draft_version
    answer = client.post(url, {"draft_version": version})
    assert answer.status_code == 302
    return cast.report.revisions.latest("number")


def test_passages_are_filed_read_and_printed_with_their_source(client, draft):
    """The text of the item itself stays empty: what was picked answers it."""
    pick(draft)
    revision = file_by_hand(client, draft)
    assert [each["text"] for each in revision.content["collected"][CODE]] == ["Đã tổ chức ba lớp."]
    page = client.get(draft.report.get_absolute_url()).content.decode()
    assert "Đã tổ chức ba lớp." in page
    assert "Theo báo cáo của Công đoàn cơ sở số 01, bản nộp lần 1" in page
    document = report_document(draft.report, revision, on=datetime.date(2026, 11, 23))
    words = [text_of(block.runs) for block in document.body if isinstance(block, Paragraph)]
    assert "(Theo báo cáo của Công đoàn cơ sở số 01, bản nộp lần 1)" in words


def test_confirmed_draft_is_another_after_a_pick(client, draft):
    client.force_login(draft.union_officer)
    version = Report.objects.get(pk=draft.report.pk).draft_version
    pick(draft)
    answer = client.post(reverse("reports:filing_submit", args=[draft.report.pk]), {"draft_version": version})
    assert answer.status_code == 409
    assert not draft.report.revisions.exists()


def test_closed_item_keeps_its_passages_when_the_report_is_filed_again(client, draft):
    pick(draft)
    file_by_hand(client, draft)
    reasons = {"tre-em-duoc-ho-tro": "Sai số."}
    workflow.send_back(draft.report, by=draft.province_reviewer, reason="", item_reasons=reasons)
    TextPick.objects.all().delete()
    revision = file_by_hand(client, draft)
    assert revision.number == 2
    assert [each["text"] for each in revision.content["collected"][CODE]] == ["Đã tổ chức ba lớp."]


def test_form_shows_the_passages_and_leads_to_them(client, draft):
    pick(draft)
    client.force_login(draft.union_officer)
    url = reverse("reports:filing", args=[draft.report.pk])
    text = client.get(url).content.decode()
    assert "Theo báo cáo của Công đoàn cơ sở số 01, bản nộp lần 1" in text
    assert reverse("reports:consolidated", args=[draft.report.pk]) in text
    answer = client.post(url, {"action": f"collect:{CODE}", CODE: "Tự viết.", "base": "{}", "draft_version": "1"})
    assert answer["Location"] == page(draft)
    assert Report.objects.get(pk=draft.report.pk).draft[CODE] == "Tự viết."


def test_form_of_a_unit_without_units_below_does_not_speak_of_them(client, draft):
    report = make_report(draft.sibling_obligation)
    client.force_login(draft.sibling_officer)
    assert "cấp dưới</h2>" not in client.get(reverse("reports:filing", args=[report.pk])).content.decode()


def test_history_names_the_item_and_not_its_code(client, draft):
    pick(draft)
    client.force_login(draft.union_officer)
    text = client.get(reverse("reports:report_history", args=[draft.report.pk])).content.decode()
    label = draft.report.form_version.items.get(code=CODE).label
    assert f"Mục: {label}" in text
    assert f"Mục: {CODE}" not in text
