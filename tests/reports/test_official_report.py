"""A filed report as an official BÁO CÁO, and the page that shows and exports it."""

import datetime

import pytest
from django.urls import reverse

from plans.models import Document, PrintJob
from plans.official.blocks import Bullet, Cell, Chart, Heading, Paragraph, Table, from_json, text_of, to_json
from plans.official.layout import main_part
from plans.official.numbering import BLANK
from plans.official.pdf import print_out
from reports import workflow
from reports.models import FormItem, ItemKind, Revision
from reports.official import cited, report_document
from reports.official_blocks import shortened, text_blocks
from reports.views import printing as views
from tests.builders import content, make_report, make_task
from tests.plans.official_pages import Printed

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)
FILED = datetime.datetime(2026, 11, 8, 17, 30, tzinfo=datetime.UTC)  # 9/11 00:30 in Viet Nam


def file_report(cast, obligation=None, **changes):
    report = make_report(obligation or cast.obligation)
    revision = workflow.submit(report, {**content(), **changes}, by=cast.officer)
    Revision.objects.filter(pk=revision.pk).update(submitted_at=FILED)
    report.refresh_from_db()
    return report, Revision.objects.get(pk=revision.pk)


def document_of(cast, **changes):
    return report_document(*file_report(cast, **changes), on=TODAY)


def texts(document):
    return [text_of(block.runs) for block in document.body if isinstance(block, Paragraph | Bullet)]


def tables(document):
    return [block for block in document.body if isinstance(block, Table)]


def row_texts(table):
    return [[cell.text for cell in row] for row in table.rows]


# --- the frame -------------------------------------------------------------------------------------------------------
def test_head_comes_from_the_letterhead_of_the_day_of_filing(cast):
    cast.base.letterheads.create(
        valid_from=datetime.date(2026, 11, 9),
        superior_line="CÔNG ĐOÀN VIÊN CHỨC TỈNH",
        issuer_line="CÔNG ĐOÀN CƠ SỞ\nSỐ 01",
        body_code="CĐCS",
        place_name="Đắk Lắk",
        signing_authority="TM. BAN CHẤP HÀNH",
        signer_post="CHỦ TỊCH",
        recipients="Như trên\nBan Nữ công\nLưu VT",
    )
    document = document_of(cast)
    part = main_part(document)
    assert part["issuer"] == ["CÔNG ĐOÀN CƠ SỞ", "SỐ 01"]
    assert part["number"] == f"Số: {BLANK}/BC-CĐCS"
    assert part["place_and_date"] == f"Đắk Lắk, ngày {BLANK} tháng 11 năm 2026"
    assert part["type_name"] == "BÁO CÁO"
    assert document.subject == "Kết quả thực hiện Chỉ thị 28-CT/TW năm 2026"
    assert document.addressees == ("Công đoàn Viên chức tỉnh Thử Nghiệm",)
    assert document.recipients == ("Như trên", "Ban Nữ công", "Lưu VT")
    assert part["signature"]["posts"] == ["CHỦ TỊCH"]
    assert "Chưa có họ tên người ký" in document.missing
    assert "Chưa có nơi nhận và nơi lưu" not in document.missing


def test_unit_without_letterhead_prints_its_name_and_says_what_is_missing(cast):
    document = document_of(cast)
    assert document.issuer_lines == ("Công đoàn cơ sở số 01",)
    assert "Đơn vị chưa có mẫu tiêu đề văn bản" in document.missing
    assert main_part(document)["signature"] is None


def test_basis_is_the_root_document_and_the_plan(cast):
    root = Document.objects.create(
        kind=Document.Kind.DIRECTIVE,
        number="28-CT/TW",
        serial=28,
        issuer_name="Bộ Chính trị",
        issued_on=datetime.date(2023, 12, 25),
        subject="Về tăng cường công tác chăm sóc trẻ em",
    )
    cast.plan.programme.root_document = root
    cast.plan.programme.save(update_fields=["root_document"])
    Document.objects.filter(pk=cast.plan.document_id).update(serial=57)
    first, second = document_of(cast).citations
    assert first == (
        "Căn cứ Chỉ thị số 28-CT/TW ngày 25 tháng 12 năm 2023 của Bộ Chính trị về tăng cường công tác chăm sóc trẻ em"
    )
    assert second.startswith("Căn cứ Kế hoạch số 57/KH-CĐVC ngày 24 tháng 5 năm 2024 của Công đoàn Viên chức tỉnh")


def test_document_without_number_is_cited_without_one():
    document = Document(kind=Document.Kind.PLAN, number="/KH - UBND", issued_year=2024, issuer_name="UBND xã Cẩm Tân")
    assert cited(document) == "Kế hoạch năm 2024 của UBND xã Cẩm Tân"


def test_route_stands_with_the_addressee(cast):
    cast.obligation.route = "qua Ban Nữ công"
    cast.obligation.save(update_fields=["route"])
    assert document_of(cast).addressees == ("Công đoàn Viên chức tỉnh Thử Nghiệm (qua Ban Nữ công)",)


def test_returned_report_and_sample_unit_are_marked(cast):
    report, revision = file_report(cast)
    assert report_document(report, revision, on=TODAY).notice == ""
    workflow.send_back(report, by=cast.reviewer, reason="Thiếu số liệu.")
    report.refresh_from_db()
    assert "lần 1 đã bị trả lại" in report_document(report, revision, on=TODAY).notice
    report.obligation.org_unit.is_sample = True
    assert report_document(report, revision, on=TODAY).notice.startswith("Dữ liệu mẫu")


def test_cut_off_is_never_after_the_day_of_filing(cast):
    cast.obligation.cut_off_on = datetime.date(2026, 12, 31)
    cast.obligation.save(update_fields=["cut_off_on"])
    report, revision = file_report(cast)
    assert "số liệu chốt đến ngày 09/11/2026)" in texts(report_document(report, revision, on=TODAY))[0]
    report.obligation.cut_off_on = datetime.date(2026, 10, 31)
    assert "số liệu chốt đến ngày 31/10/2026)" in texts(report_document(report, revision, on=TODAY))[0]


# --- figures ---------------------------------------------------------------------------------------------------------
def test_own_figures_are_called_so(cast):
    assert "Số liệu trong báo cáo này là số liệu riêng của đơn vị." in texts(document_of(cast))


def test_share_has_its_groups_sum_target_and_verdict(cast):
    shares = tables(document_of(cast))[0]
    assert [cell.text for cell in shares.header[0]] == [
        "TT", "Chỉ tiêu", "Tử số", "Mẫu số", "Tỷ lệ", "Mục tiêu", "Kết quả",
    ]  # fmt: skip
    head, first, second, total = shares.rows
    assert head[1] == Cell(cast.target.indicator.name, colspan=6, bold=True, align="left")
    assert [cell.text for cell in first] == [
        "",
        "Nhóm chu-chot",
        "45",
        "50",
        "90,0 %",
        "trên 95 % (năm 2030)",
        "Chưa đạt",
    ]
    assert [cell.text for cell in second] == ["Nhóm nu-cong", "45", "50", "90,0 %", "Chưa đạt"]
    assert [cell.text for cell in total] == ["Cộng", "90", "100", "90,0 %", "Chưa đạt"]
    assert first[5].rowspan == 3


def test_missing_zero_and_nil_stay_three_things(cast):
    figures = content()["figures"] | {"tre-em-duoc-ho-tro": {"v": 0}, "kinh-phi": {"nil": True}}
    del figures["can-bo"]
    shares, numbers = tables(document_of(cast, figures=figures))[:2]
    assert "chưa báo cáo" in row_texts(shares)[1]
    assert row_texts(numbers) == [
        ["1", "Số trẻ em được hỗ trợ", "em", "0"],
        ["2", "Kinh phí công đoàn", "đồng", "không phát sinh"],
    ]


def test_last_year_stands_beside_this_year(cast):
    from tests.builders import open_year

    last_year = next(row for row in open_year(cast.duty, 2025) if row.org_unit_id == cast.base.pk)
    file_report(cast, last_year, figures=content(children=1234)["figures"])
    numbers = tables(document_of(cast))[1]
    assert numbers.header[0][-1].text == "Năm 2025"
    assert row_texts(numbers)[0] == ["1", "Số trẻ em được hỗ trợ", "em", "12", "1.234"]


def test_explanation_follows_its_table(cast):
    document = document_of(cast, explanations={"tre-em-duoc-ho-tro": "Do sáp nhập."})
    assert "Giải trình về “Số trẻ em được hỗ trợ”: Do sáp nhập." in texts(document)


# --- texts, tasks, activities ----------------------------------------------------------------------------------------
def test_narrative_keeps_its_paragraphs_and_dashes(cast):
    document = document_of(cast, texts={"ket-qua": "Đoạn một.\n- Ý một\n+ Ý nhỏ\n\nĐoạn hai."})
    position = next(n for n, b in enumerate(document.body) if isinstance(b, Heading) and b.text == "Kết quả")
    kinds = [type(block) for block in document.body[position + 1 : position + 5]]
    assert kinds == [Paragraph, Bullet, Bullet, Paragraph]


def test_dash_alone_is_text():
    assert [type(block) for block in text_blocks("-\n–  \n- a")] == [Paragraph, Paragraph, Bullet]


def test_tasks_stand_by_the_body_that_leads_them(cast):
    FormItem.objects.create(version=cast.form, order=9, code="nhiem-vu", kind=ItemKind.TASKS, label="Nhiệm vụ")
    first, second = make_task(cast.plan, lead="Công đoàn cơ sở"), make_task(cast.plan, "Việc khác", lead="Ban Nữ công")
    document = document_of(cast, tasks={str(first.pk): {"status": "done", "note": "Xong sớm"}})
    found = row_texts(tables(document)[-1])
    assert found[0] == ["Chủ trì: Công đoàn cơ sở"]
    assert found[1][2:] == ["Đã hoàn thành", "Xong sớm"]
    assert found[2] == ["Chủ trì: Ban Nữ công"]
    assert second.section.heading in found[3][1]
    assert found[3][2:] == ["Chưa báo cáo", "–"]
    assert "Trong 2 nhiệm vụ của kế hoạch: đã hoàn thành 1; chưa báo cáo 1." in texts(document)


def activity(number):
    return {
        "name": f"Hoạt động {number}",
        "held_on": "2026-06-01",
        "occasion": "childrens_day",
        "children_reached": 1200,
        "families_reached": None,
        "amount_spent": 5_000_000,
        "funding_source": "union",
    }


@pytest.mark.parametrize(("count", "appendices"), [(8, 0), (9, 1)])
def test_many_activities_go_to_a_landscape_appendix(cast, count, appendices):
    FormItem.objects.create(version=cast.form, order=9, code="hoat-dong", kind=ItemKind.ACTIVITIES, label="Hoạt động")
    document = document_of(cast, activities=[activity(n) for n in range(count)])
    assert len(document.appendices) == appendices
    *others, totals = tables(document)
    listing = document.appendices[0].blocks[0] if appendices else others[-1]
    assert row_texts(listing)[0] == [
        "1", "Hoạt động 0", "01/06/2026", "Ngày Quốc tế Thiếu nhi 1/6", "1.200", "–", "5.000.000 (kinh phí công đoàn)",
    ]  # fmt: skip
    children = f"{1200 * count:,}".replace(",", ".")
    assert row_texts(totals)[-2:] == [
        ["Tổng số", str(count), children, "–", f"{count * 5}.000.000"],
        ["Trong đó kinh phí công đoàn", f"{count * 5}.000.000"],
    ]
    assert all(appendix.landscape for appendix in document.appendices)
    assert any(f"đã tổ chức {count} hoạt động" in text for text in texts(document))


def test_long_task_is_cut_at_a_word():
    assert shortened("một hai ba", 9) == "một hai…"
    assert shortened("một hai ba", 10) == "một hai ba"


# --- consolidated ----------------------------------------------------------------------------------------------------
def test_unit_with_units_below_prints_their_sums_apart(cast):
    """The union files under a second duty what its bases file to it under the first."""
    from tests.builders import make_duty, open_year

    report, _ = file_report(cast)
    workflow.approve(report, by=cast.reviewer)
    upward = make_duty(cast.plan, name="Báo cáo lên tỉnh", reporters="chosen", recipient_unit=cast.province)
    upward.units.add(cast.union)
    (own,) = open_year(upward)
    union_report = make_report(own)
    revision = Revision.objects.create(
        report=union_report, number=1, content=content(people=None), submitted_at=FILED, submitted_by=cast.officer
    )
    document = report_document(union_report, revision, on=TODAY)
    heading = next(block for block in document.body if isinstance(block, Heading) and "tổng hợp" in block.text)
    position = document.body.index(heading)
    source, chart, shares, leads, values = document.body[position + 1 : position + 6]
    assert "chỉ tính 1 báo cáo đã duyệt trên 2 báo cáo phải nộp" in text_of(source.runs)
    assert isinstance(chart, Chart)
    assert ["Cộng", "90", "100", "90,0 %", "Chưa đạt"] in row_texts(shares)
    assert "ở phụ lục" in text_of(leads.runs)
    assert row_texts(values)[0] == ["1", "Số trẻ em được hỗ trợ", "em", "12", "1 đơn vị có số liệu"]
    assert any("số liệu riêng của đơn vị; số liệu tổng hợp" in text for text in texts(document))
    printed = Printed(print_out(document).content)
    assert "Đã duyệt: 1" in printed.text()
    assert len({font.split("-")[0] for font in printed.fonts()}) == 1


def test_document_survives_json(cast):
    document = document_of(cast)
    assert from_json(to_json(document)) == from_json(to_json(from_json(to_json(document))))


# --- the page --------------------------------------------------------------------------------------------------------
@pytest.fixture
def report(cast):
    return file_report(cast)[0]


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    calls = []
    monkeypatch.setattr(views.print_document, "delay_on_commit", calls.append)
    return calls


def address(report):
    return reverse("reports:report_print", args=[report.pk])


@pytest.mark.parametrize("person", ["officer", "colleague", "reviewer", "province_reviewer", "viewer"])
def test_page_shows_the_printed_report(client, cast, report, person):
    client.force_login(getattr(cast, person))
    answer = client.get(address(report))
    assert answer.status_code == 200
    assert "BÁO CÁO" in answer.content.decode()
    assert "Chưa có ngày ban hành" in answer.content.decode()
    assert "style=" not in answer.content.decode()


def test_export_makes_a_job_of_the_person(client, cast, report, rung):
    client.force_login(cast.reviewer)
    answer = client.post(address(report))
    job = PrintJob.objects.get()
    assert answer["Location"] == reverse("plans:print_job", args=[job.pk])
    assert (job.requested_by, job.org_unit) == (cast.reviewer, cast.base)
    assert job.title == "Báo cáo Kết quả thực hiện Chỉ thị 28-CT/TW năm 2026, Công đoàn cơ sở số 01"
    assert rung == [job.pk]


def test_report_is_offered_and_asked_for_as_a_word_file_too(client, cast, report, rung):
    client.force_login(cast.officer)
    assert "Xuất Word" in client.get(address(report)).content.decode()
    client.post(address(report), {"kind": "word"})
    job = PrintJob.objects.get()
    assert (job.kind, job.file_name[-5:], rung) == (PrintJob.Kind.WORD, ".docx", [job.pk])


@pytest.mark.parametrize("person", ["stranger", "sibling_officer", "stranger_reviewer"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_stranger_finds_no_report(client, cast, report, person, method):
    client.force_login(getattr(cast, person))
    assert getattr(client, method)(address(report)).status_code == 404
    assert not PrintJob.objects.exists()


def test_report_that_was_never_filed_has_nothing_to_print(client, cast):
    draft = make_report(cast.obligation)
    client.force_login(cast.officer)
    assert client.get(address(draft)).status_code == 302
    assert client.post(address(draft)).status_code == 302
    assert not PrintJob.objects.exists()


def test_wrong_method_is_refused(client, cast, report):
    client.force_login(cast.officer)
    assert client.put(address(report)).status_code == 405


def test_page_needs_a_person(client, report):
    assert reverse("account_login") in client.get(address(report))["Location"]
