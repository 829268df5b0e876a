"""Texts that were filed before: by the unit itself last period, or by a unit beside."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports import text_prints, workflow
from reports.models import Revision, TextPrint
from reports.text_prints import alike, fingerprint, is_telling, words_of
from tests.builders import content, make_report, make_unit, open_year

TEXT = (
    "Công đoàn cơ sở đã tổ chức năm buổi truyền thông về quyền trẻ em cho đoàn viên, phối hợp với nhà trường mở lớp "
    "kỹ năng phòng đuối nước, thăm và tặng quà các cháu có hoàn cảnh khó khăn nhân dịp Tết Trung thu."
)
OTHER = (
    "Đơn vị vận động quỹ khuyến học, xây dựng tủ sách gia đình, ký cam kết không để con đoàn viên bỏ học và duy trì "
    "câu lạc bộ nữ công sinh hoạt hằng tháng tại nhà văn hóa."
)


def filed(obligation, by, text: str, **more) -> Revision:
    return workflow.submit(make_report(obligation), {**content(text=text), **more}, by=by)


# --- words and percentages ----------------------------------------------------------------------------------------


def test_case_punctuation_and_form_of_unicode_do_not_matter_but_marks_do():
    decomposed = "Tre\u0309 em, HO\u0323C giỏi!"
    assert words_of(decomposed) == words_of("trẻ em học... giỏi")
    assert words_of("trẻ") != words_of("tre")


def test_percent_is_rounded_down_and_never_100_for_texts_that_differ():
    words = [f"chữ{number}" for number in range(1000)]
    assert alike(words, list(words)) == 100
    assert alike(words, [*words[:-1], "khác"]) == 99
    assert alike(words, [*words, "thêm"]) == 99
    assert alike(words[:8], [*words[:7], "khác"]) == 87  # 14 of 16 words are 87,5 %


def test_texts_under_the_threshold_are_not_alike():
    words = words_of(TEXT)
    assert alike(words, words_of(OTHER)) < text_prints.SAME_FROM


def test_long_texts_are_held_run_by_run():
    words = [f"từ{number}" for number in range(4000)]
    changed = [*words[:3900], *["khác"] * 100]
    assert text_prints.alike(words, words) == 100
    assert text_prints.alike(words, changed) == 97  # 3,898 of 3,998 runs of three words
    assert text_prints.alike(words, list(reversed(words))) == 0


def test_fingerprint_is_the_same_in_every_process():
    assert fingerprint(["một", "hai", "ba", "bốn"]) == [1767461754, 3669413085]
    assert len(fingerprint([f"chữ{number}" for number in range(500)])) == text_prints.KEPT


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("Không", False),
        ("Không phát sinh", False),
        ("một hai ba bốn năm sáu bảy", False),
        ("một hai ba bốn năm sáu bảy tám", True),
        ("Trong kỳ báo cáo đơn vị không phát sinh trường hợp nào.", False),
        ("Đơn vị không có trẻ em bị xâm hại trong kỳ báo cáo này.", False),
        (TEXT, True),
    ],
)
def test_short_texts_and_those_that_say_there_was_nothing_tell_nothing(text, telling):
    assert is_telling(words_of(text)) is telling


# --- filing -------------------------------------------------------------------------------------------------------


def test_text_of_a_unit_beside_is_flagged_with_its_revision(cast):
    first = filed(cast.obligation, cast.officer, TEXT)
    second = filed(cast.sibling_obligation, cast.sibling_officer, TEXT.replace("năm buổi", "bốn buổi"))
    assert (first.flags, first.flag_count) == ({}, 0)
    assert second.flags["same_sibling"] == {"ket-qua": [first.pk, 97]}
    assert second.flag_count == 1


def test_other_text_is_not_flagged(cast):
    filed(cast.obligation, cast.officer, TEXT)
    second = filed(cast.sibling_obligation, cast.sibling_officer, OTHER)
    assert (second.flags, second.flag_count) == ({}, 0)


def test_text_of_last_year_is_flagged(cast):
    last_year = next(row for row in open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    filed(last_year, cast.officer, TEXT)
    now = filed(cast.obligation, cast.officer, TEXT)
    assert now.flags == {"same_before": {"ket-qua": 100}}


def test_own_earlier_filing_of_the_same_report_is_not_a_copy(cast):
    report = make_report(cast.obligation)
    workflow.submit(report, content(text=TEXT), by=cast.officer)
    workflow.send_back(report, by=cast.reviewer, reason="Sai số liệu.")
    again = workflow.submit(report, content(text=TEXT), by=cast.officer)
    assert again.flags == {}
    assert list(TextPrint.objects.values_list("revision", flat=True)) == [again.pk]


def test_reports_to_another_unit_and_of_other_periods_are_not_beside(cast):
    other = next(row for row in open_year(cast.duty, 2025) if row.org_unit_id == cast.sibling.pk)
    filed(other, cast.sibling_officer, TEXT)
    now = filed(cast.obligation, cast.officer, TEXT)
    assert now.flags == {}


def test_passages_collected_from_below_are_not_counted(cast):
    filed(cast.sibling_obligation, cast.sibling_officer, TEXT)
    collected = {"ket-qua": [{"unit": "Công đoàn cơ sở số 02", "revision": 1, "text": TEXT, "edited": False}]}
    now = filed(cast.obligation, cast.officer, OTHER, collected=collected)
    assert now.flags == {}


def copies(cast, count: int) -> None:
    """Units beside that have filed the same text."""
    units = {make_unit(parent=cast.union).pk for _ in range(count)}
    now = timezone.now()
    for row in open_year(cast.duty):
        if row.org_unit_id in units:
            report = make_report(
                row, status="submitted", submitted_at=now, first_submitted_at=now, submitted_by=cast.officer
            )
            revision = Revision.objects.create(
                report=report, number=1, content=content(text=TEXT), submitted_at=now, submitted_by=cast.officer
            )
            words = words_of(TEXT)
            TextPrint.objects.create(
                revision=revision, item_code="ket-qua", hashes=fingerprint(words), words=len(words)
            )


def test_number_of_queries_does_not_grow_with_the_units_beside(cast):
    def queries(obligation, officer) -> int:
        report = make_report(obligation)
        with CaptureQueriesContext(connection) as seen:
            revision = workflow.submit(report, content(text=TEXT), by=officer)
        assert revision.flags["same_sibling"]["ket-qua"][1] == 100
        return len(seen)

    copies(cast, 1)
    few = queries(cast.obligation, cast.officer)
    copies(cast, 12)
    assert queries(cast.sibling_obligation, cast.sibling_officer) == few
