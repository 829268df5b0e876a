"""The box above a report: what a reviewer should look at, and what it never says."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from reports import reading, review_notes, workflow
from reports.models import Attachment, Report, Revision
from tests.builders import content, make_report, open_year

TEXT = "Công đoàn cơ sở đã tổ chức năm buổi truyền thông về quyền trẻ em cho toàn thể đoàn viên của đơn vị."
CLEAR = "Mọi kiểm tra đều đạt"


def filed(obligation, by, body=None, **flags) -> Report:
    report = make_report(obligation)
    workflow.submit(report, body or content(), by=by, flags=flags or None)
    return report


def last_year(cast, body) -> Report:
    row = next(row for row in open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    report = filed(row, cast.officer, body)
    workflow.approve(report, by=cast.reviewer)
    return report


def page(client, user, report, query: str = "") -> str:
    client.force_login(user)
    return client.get(report.get_absolute_url() + query).content.decode()


def moved(report: Report) -> list[tuple[str, str, str, str]]:
    shown = reading.read(report, report.revisions.get())
    return [(move.code, move.before, move.now, move.change) for move in review_notes.moves(shown)]


def test_report_without_anything_to_look_at_says_so(client, cast):
    report = filed(cast.obligation, cast.officer)
    assert CLEAR in page(client, cast.reviewer, report)


def test_only_reviewers_see_the_box(client, cast):
    report = filed(cast.obligation, cast.officer)
    for person in (cast.officer, cast.viewer, cast.unit_administrator):
        assert "Điều cần xem" not in page(client, person, report)


def test_checks_stand_with_the_explanation_of_the_officer(client, cast):
    body = content() | {"explanations": {"tre-em-duoc-ho-tro": "Hai trường đã giải thể."}}
    checks = [{"item": "tre-em-duoc-ho-tro", "sentence": "Giảm 65 % so với kỳ trước."}]
    warnings = [{"item": "ket-qua", "sentence": "Có vẻ nêu tên trẻ em."}]
    report = filed(cast.obligation, cast.officer, body, checks=checks, warnings=warnings)
    text = page(client, cast.reviewer, report)
    assert CLEAR not in text
    assert "Giảm 65 % so với kỳ trước." in text
    assert "Giải trình: “Hai trường đã giải thể.”" in text
    assert "Có vẻ nêu tên trẻ em." in text
    assert 'href="#muc-tre-em-duoc-ho-tro"' in text
    assert 'id="muc-tre-em-duoc-ho-tro"' in text


def test_warning_in_the_note_of_a_task_leads_to_the_tasks(client, cast):
    cast.form.items.create(code="nhiem-vu", kind="tasks", label="Tình hình thực hiện nhiệm vụ", order=8)
    warnings = [{"item": "task12", "sentence": "Có vẻ chứa số điện thoại."}]
    text = page(client, cast.reviewer, filed(cast.obligation, cast.officer, warnings=warnings))
    assert '<a href="#muc-nhiem-vu">Tình hình thực hiện nhiệm vụ</a>: Có vẻ chứa số điện thoại.' in text


def test_same_texts_name_the_period_and_the_unit(client, cast):
    last_year(cast, content(text=TEXT))
    beside = filed(cast.sibling_obligation, cast.sibling_officer, content(text=TEXT))
    report = filed(cast.obligation, cast.officer, content(text=TEXT.replace("năm buổi", "bảy buổi")))
    text = page(client, cast.reviewer, report)
    assert "giống 95 %" in text
    assert ">kỳ trước</a>" in text
    assert "báo cáo của Công đoàn cơ sở số 02</a>" in text
    assert f"{beside.get_absolute_url()}?lan=1#muc-ket-qua" in text
    assert CLEAR not in text
    assert text.count("Xem chỗ khác") == 2, "the words that differ from each of the two are at hand"
    assert '<del><span class="visually-hidden">[bỏ: </span>năm<' in text
    assert 'data-return-item="ket-qua" data-reason="Nội dung giống 95 % kỳ trước.' in text


def test_equal_text_has_nothing_to_tell_apart(client, cast):
    last_year(cast, content(text=TEXT))
    text = page(client, cast.reviewer, filed(cast.obligation, cast.officer, content(text=TEXT)))
    assert "giống 100 %" in text
    assert "Xem chỗ khác" not in text


def test_unit_that_the_reviewer_may_not_read_is_not_named(client, cast):
    far = make_report(
        cast.sibling_obligation,
        status="submitted",
        submitted_at="2026-11-01T00:00Z",
        first_submitted_at="2026-11-01T00:00Z",
        submitted_by=cast.stranger,
    )
    revision = Revision.objects.create(
        report=far, number=1, content=content(), submitted_at=far.submitted_at, submitted_by=cast.stranger
    )
    report = filed(cast.obligation, cast.officer)
    Revision.objects.filter(report=report).update(flags={"same_sibling": {"ket-qua": [revision.pk, 91]}}, flag_count=1)
    type(cast.sibling_obligation).objects.filter(pk=cast.sibling_obligation.pk).update(
        org_unit=cast.elsewhere, receiving_unit=cast.elsewhere
    )
    text = page(client, cast.reviewer, report)
    assert "giống 91 % báo cáo của một đơn vị khác" in text
    assert far.get_absolute_url() not in text


def test_box_says_what_changed_since_the_last_filing(client, cast):
    report = filed(cast.obligation, cast.officer, content(children=7, text="Đã tổ chức ba buổi."))
    workflow.send_back(report, by=cast.reviewer, reason="Xem lại.")
    workflow.submit(report, content(children=9, text="Đã tổ chức năm buổi."), by=cast.officer)
    text = page(client, cast.reviewer, report)
    assert "So với bản nộp lần 1" in text
    assert "+2 (tăng 28 %)" in text
    assert '<del><span class="visually-hidden">[bỏ: </span>ba' in text
    assert '<ins><span class="visually-hidden">[thêm: </span>năm' in text
    assert f"{reverse('reports:report_history', args=[report.pk])}?tu=1&amp;den=2#so-sanh" in text
    assert "So với bản nộp lần 1" not in page(client, cast.reviewer, report, "?lan=1")


def test_box_says_what_was_asked_and_whether_it_was_changed(client, cast):
    report = filed(cast.obligation, cast.officer, content(children=7, text="Đã tổ chức ba buổi."))
    asked = {"ket-qua": "Nêu rõ số buổi.", "tre-em-duoc-ho-tro": "Kiểm tra lại số trẻ em."}
    workflow.send_back(report, by=cast.reviewer, reason="", item_reasons=asked)
    workflow.submit(report, content(children=7, text="Đã tổ chức năm buổi."), by=cast.officer)
    text = " ".join(page(client, cast.reviewer, report).split())
    box = text.partition("So với bản nộp lần 1")[2].partition("</ul>")[0]
    assert f"{cast.reviewer} đã yêu cầu sửa 2 mục:" in box
    answers = {reason: box.partition(reason)[2].partition("</li>")[0] for reason in asked.values()}
    assert "Đã thay đổi" in answers["Nêu rõ số buổi."]
    assert "Chưa thay đổi" in answers["Kiểm tra lại số trẻ em."]
    assert "đã yêu cầu sửa" not in page(client, cast.reviewer, report, "?lan=1")


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (100, 70, "-30 (giảm 30 %)"),
        (100, 71, None),
        (100, 130, "+30 (tăng 30 %)"),
        (0, 10, "+10"),
        (0, 9, None),
        (12, 3, None),  # too small to say anything
        (3, 13, "+10 (tăng 333 %)"),
    ],
)
def test_counts_that_moved_far(cast, before, now, change):
    last_year(cast, content(children=before))
    report = filed(cast.obligation, cast.officer, content(children=now))
    found = [row[3] for row in moved(report) if row[0] == "tre-em-duoc-ho-tro"]
    assert found == ([change] if change else [])


def held(children: int | None, amount: int) -> dict:
    return {"name": "Trại hè", "children_reached": children, "amounts": {"union": amount}}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ([held(40, 5_000_000)] * 5, []),
        ([held(39, 5_000_000)] * 4, []),
        (
            [held(70, 1_000_000)] * 2,
            [
                ("5", "2", "-3 (giảm 60 %)"),
                ("200", "140", "-60 (giảm 30 %)"),
                ("25.000.000", "2.000.000", "-23.000.000 (giảm 92 %)"),
            ],
        ),
        ([held(None, 5_000_000)] * 5, [("200", "chưa báo cáo", "")]),
    ],
)
def test_totals_of_the_activities_that_moved_far(cast, now, told):
    cast.form.items.create(code="hoat-dong", kind="activities", label="Hoạt động đã tổ chức", order=9)
    last_year(cast, content() | {"activities": [held(40, 5_000_000)] * 5})
    report = filed(cast.obligation, cast.officer, content() | {"activities": now})
    assert [row[1:] for row in moved(report) if row[0] == "hoat-dong"] == told


def test_figure_that_a_rule_has_flagged_is_not_told_twice(cast):
    last_year(cast, content(children=100))
    checks = [{"item": "tre-em-duoc-ho-tro", "sentence": "Giảm 70 % so với kỳ trước."}]
    report = filed(cast.obligation, cast.officer, content(children=30), checks=checks)
    shown = reading.read(report, report.revisions.get())
    found = review_notes.notes(report, shown, None, reader=cast.reviewer)
    assert [row.sentence for row in found.checks] == ["Giảm 70 % so với kỳ trước."]
    assert found.moves == []


def test_figure_that_is_missing_now_is_no_zero(cast):
    last_year(cast, content(children=40))
    report = filed(cast.obligation, cast.officer, content(children=None))
    assert ("tre-em-duoc-ho-tro", "40", "chưa báo cáo", "") in moved(report)


@pytest.mark.parametrize(("now", "is_told"), [((90, 100), False), ((81, 100), False), ((80, 100), True)])
def test_share_that_moved_by_ten_points(cast, now, is_told):
    last_year(cast, content(people=(90, 100)))
    report = filed(cast.obligation, cast.officer, content(people=now))
    assert ("can-bo" in [row[0] for row in moved(report)]) is is_told


def test_revision_of_an_older_time_is_not_called_clear(client, cast):
    report = filed(cast.obligation, cast.officer)
    Revision.objects.filter(report=report).update(flag_count=None)
    text = page(client, cast.reviewer, report)
    assert CLEAR not in text
    assert "chưa kiểm tra tự động" in text


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        ("", "1 ảnh chưa khai người trong ảnh đã đồng ý hay chưa"),
        ("consented", "1 ảnh đơn vị khai người trong ảnh đã đồng ý"),
        ("no_faces", "1 ảnh khai không thấy rõ mặt người"),
    ],
)
def test_pictures_are_told_by_what_was_declared(client, cast, consent, words):
    cast.form.items.create(code="tai-lieu", kind="attachments", label="Tài liệu", order=9)
    report = make_report(cast.obligation)
    picture = Attachment.objects.create(
        report=report,
        file=ContentFile(b"x", name="a.jpg"),
        original_name="a.jpg",
        size=1,
        content_type="image/jpeg",
        caption="Tết Trung thu",
        consent=consent,
        uploaded_by=cast.officer,
    )
    workflow.submit(report, content() | {"attachments": [picture.pk]}, by=cast.officer)
    text = page(client, cast.reviewer, report)
    assert words in text
    assert (CLEAR in text) is bool(consent)


def test_text_of_the_box_is_never_markup(client, cast):
    warnings = [{"item": "ket-qua", "sentence": "<b>x</b>"}]
    report = filed(cast.obligation, cast.officer, warnings=warnings)
    assert "<b>x</b>" not in page(client, cast.reviewer, report)


def test_correction_says_why_it_was_sent(client, cast):
    """The content is the same; what changed are the sums from below."""
    report = filed(cast.obligation, cast.officer)
    revision = report.revisions.get()
    again = Revision.objects.create(
        report=report, number=2, content=revision.content, submitted_at=revision.submitted_at,
        submitted_by=cast.officer, flag_count=0,
    )  # fmt: skip
    report.events.create(revision=again, action="correct", by=cast.officer, reason="Cơ sở 01 nộp bổ sung.")
    text = page(client, cast.reviewer, report)
    assert "Bản đính chính" in text
    assert "Lý do: “Cơ sở 01 nộp bổ sung.”" in text
    assert "Lý do: “Cơ sở 01 nộp bổ sung.”" not in page(client, cast.reviewer, report, "?lan=1")
