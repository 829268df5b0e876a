"""The printed report upward: figures from below as they were sent, and the units that they lack by name."""

import datetime

import pytest

from plans.official import word
from plans.official.archive import faults_of
from plans.official.blocks import Bullet, Chart, Heading, Paragraph, Table, text_of
from plans.official.pdf import print_out, render_pdf
from reports import official_charts, official_consolidated, workflow
from reports.official import report_document
from tests.builders import content, make_report
from tests.plans.official_pages import Printed
from tests.plans.word_pages import Written
from tests.reports.test_consolidated_snapshots import approve, file_upward, upward

__all__ = ["upward"]  # a fixture
pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 23)


def below_part(document):
    heading = next(block for block in document.body if isinstance(block, Heading) and "tổng hợp" in block.text)
    return document.body[document.body.index(heading) :]


def words(blocks):
    return [text_of(block.runs) for block in blocks if isinstance(block, Paragraph | Bullet)]


def values(document):
    tables = [block for block in below_part(document) if isinstance(block, Table)]
    return [[cell.text for cell in row] for row in tables[-1].rows]


def test_filed_report_prints_what_was_sent_not_what_is_known_today(upward):
    approve(upward, upward.obligation, upward.officer, children=12)
    report, revision, _ = file_upward(upward)
    approve(upward, upward.sibling_obligation, upward.sibling_officer, children=30)
    document = report_document(report, revision, on=TODAY)
    assert values(document)[0] == ["1", "Số trẻ em được hỗ trợ", "em", "12", "1 đơn vị có số liệu"]
    text = words(below_part(document))
    assert "chỉ tính 1 báo cáo đã duyệt trên 2 báo cáo phải nộp" in text[0]
    assert "Số liệu chốt lúc" in text[0]
    assert text[-1] == "Chưa nộp (1): Công đoàn cơ sở số 02."


def test_filing_without_a_snapshot_prints_today(upward):
    report, revision, snapshot = file_upward(upward)
    snapshot.children.all().delete()
    snapshot.delete()
    approve(upward, upward.obligation, upward.officer, children=12)
    document = report_document(report, revision, on=TODAY)
    assert values(document)[0][3] == "12"
    assert "Số liệu chốt" not in words(below_part(document))[0]


def test_units_without_a_report_are_named_by_state(upward):
    report = make_report(upward.obligation)
    workflow.submit(report, content(), by=upward.officer)
    workflow.send_back(report, by=upward.reviewer, reason="Thiếu.")
    document = report_document(*file_upward(upward)[:2], on=TODAY)
    text = words(below_part(document))
    assert text[-3].startswith("Có 2 đơn vị chưa có báo cáo được duyệt")
    assert text[-2:] == [
        "Chưa nộp (1): Công đoàn cơ sở số 02;",
        "Bị trả lại, đang sửa (1): Công đoàn cơ sở số 01.",
    ]


def test_many_names_stand_in_an_appendix(upward, monkeypatch):
    monkeypatch.setattr(official_consolidated, "NAMES_IN_TEXT", 1)
    document = report_document(*file_upward(upward)[:2], on=TODAY)
    assert words(below_part(document))[-1].endswith("(danh sách tại phụ lục).")
    (listing,) = document.appendices[-1].blocks
    assert [[cell.text for cell in row] for row in listing.rows] == [
        ["1", "Công đoàn cơ sở số 01", "Chưa nộp"],
        ["2", "Công đoàn cơ sở số 02", "Chưa nộp"],
    ]


def test_consolidated_report_and_its_appendix_are_archival_and_open_in_word(upward, monkeypatch):
    """With the chart, the tables of the units below and the appendix of those that are absent."""
    monkeypatch.setattr(official_consolidated, "NAMES_IN_TEXT", 0)
    approve(upward, upward.obligation, upward.officer, children=12)
    document = report_document(*file_upward(upward)[:2], on=TODAY)
    printed = render_pdf(document)
    assert faults_of(printed) == []
    assert "chỉ tính 1 báo cáo đã duyệt trên 2 báo cáo phải nộp" in Printed(printed).text()
    file = Written(word.print_out(document).content)
    assert "DANH SÁCH ĐƠN VỊ CHƯA CÓ BÁO CÁO ĐƯỢC DUYỆT" in file.text
    content_blocks = [*document.body, *(block for each in document.appendices for block in each.blocks)]
    assert len(file.docx.inline_shapes) == sum(isinstance(block, Chart) for block in content_blocks) == 2


def test_charts_of_the_results_stand_in_an_appendix_of_the_consolidated_report(upward):
    approve(upward, upward.obligation, upward.officer, children=12)
    document = report_document(*file_upward(upward)[:2], on=TODAY)
    (appendix,) = [each for each in document.appendices if each.title == official_charts.TITLE]
    (chart,) = appendix.blocks
    assert document.subject == "Tổng hợp kết quả thực hiện Chỉ thị 28-CT/TW năm 2026"
    assert any("Biểu đồ kết quả so với mục tiêu ở phụ lục" in text for text in words(below_part(document)))
    assert isinstance(chart, Chart)
    assert chart.title == "Tỷ lệ cán bộ công đoàn được truyền thông về công tác trẻ em"
    for told in ("Nhóm chu-chot: 90,0 %", "Cộng các nhóm: 90,0 %", "Tỷ lệ của 3 nhóm. Mục tiêu đến năm"):
        assert told in chart.description
    printed = Printed(print_out(document).content)
    place = printed.page_of(official_charts.TITLE.upper())
    assert "Cộng các nhóm" in printed.text(place)


def test_report_without_figures_from_below_has_no_charts(upward):
    document = report_document(*file_upward(upward)[:2], on=TODAY)
    assert official_charts.TITLE not in [each.title for each in document.appendices]
