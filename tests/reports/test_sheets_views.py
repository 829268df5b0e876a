"""The pages around Excel files: who may, what a browser is told about a download, refusals, previews, progress."""

import datetime

import pytest
from django.urls import reverse

from orgunits.models import Role
from reports import drafts, sheets_form, sheets_import, sheets_units
from reports.models import FormVersion, Report, SheetImport
from reports.workflow import submit
from tests import builders
from tests.reports.sheet_files import XLSX, filled, places, typed_into, uploaded

TODAY = datetime.date(2026, 11, 22)
Status = SheetImport.Status


@pytest.fixture(autouse=True)
def files_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def report(cast):
    return builders.make_report(cast.obligation)


def url(name, report):
    return reverse(f"reports:{name}", args=[report.pk])


def send(client, report, content, name="bieu-mau.xlsx"):
    return client.post(url("sheet_upload", report), {"tep": uploaded(content, name)})


def preview(client, report, **values):
    """The page that asks, and its row."""
    answer = send(client, report, filled(sheets_form.build(report).content, **values))
    assert answer.status_code == 302, answer.content.decode()
    return client.get(answer["Location"]), SheetImport.objects.get()


def test_a_download_has_a_plain_name_and_is_never_opened_in_the_page(client, cast, report):
    client.force_login(cast.officer)
    answer = client.get(url("sheet_download", report))
    assert answer.status_code == 200
    assert answer["Content-Type"] == XLSX
    name = "bieu-mau-bao-cao-nam-thuc-hien-chi-thi-28-ct-tw-nam-2026-cong-doan-co-so-so-01.xlsx"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert places(answer.content)


@pytest.mark.parametrize("name", ["sheet_download", "sheet_upload"])
@pytest.mark.parametrize(
    ("person", "code"),
    [("colleague", 200), ("approver", 200), ("reviewer", 403), ("viewer", 403), ("stranger", 404)],
)
def test_who_may(client, cast, report, name, person, code):
    client.force_login(getattr(cast, person))
    assert client.get(url(name, report)).status_code == code


def test_a_filed_report_gives_no_form_and_takes_none(client, cast, report):
    content = sheets_form.build(report).content
    submit(report, builders.content(), by=cast.approver)
    client.force_login(cast.officer)
    assert client.get(url("sheet_download", report))["Location"] == report.get_absolute_url()
    answer = send(client, report, content)
    assert answer.status_code == 409
    assert "Võ Thị Chủ Tịch" in answer.content.decode()


def test_a_refused_file_says_why_and_keeps_nothing(client, cast, report, tmp_path):
    client.force_login(cast.officer)
    answer = send(client, report, b"%PDF-1.7", "bao-cao.pdf")
    assert answer.status_code == 422
    assert "không phải là tệp Excel" in answer.content.decode()
    assert client.post(url("sheet_upload", report)).status_code == 422
    assert not SheetImport.objects.exists()
    assert list(tmp_path.rglob("*.xlsx")) == []


def test_the_preview_shows_before_and_after_and_the_import_leads_to_the_draft(client, cast, report):
    report.draft = {"tre-em-duoc-ho-tro.v": "5"}
    report.save(update_fields=["draft"])
    client.force_login(cast.officer)
    page, row = preview(client, report, tre_em_duoc_ho_tro__v=12, kinh_phi__v="KPS")
    text = page.content.decode()
    assert "2 mục khác với bản nháp" in text
    assert "Số trẻ em được hỗ trợ" in text
    assert "Không phát sinh" in text
    answer = client.post(url("sheet_import_confirm", row), follow=True)
    assert answer.redirect_chain == [(url("filing", report), 302)]
    report.refresh_from_db()
    assert report.draft == {"tre-em-duoc-ho-tro.v": "12", "kinh-phi.nil": "on"}
    assert "được nhập vào bản nháp" in client.get(url("sheet_import", row)).content.decode()
    assert client.post(url("sheet_import_confirm", row)).status_code == 409


def test_errors_are_listed_with_sheet_cell_and_reason(client, cast, report):
    client.force_login(cast.officer)
    page, row = preview(client, report, tre_em_duoc_ho_tro__v="mười hai")
    _, cell = places(sheets_form.build(report).content)["tre-em-duoc-ho-tro.v"]
    text = page.content.decode()
    assert row.status == Status.REFUSED
    assert f">{cell}<" in text
    assert "mười hai" in text
    assert url("sheet_upload", report) in text
    assert client.post(url("sheet_import_confirm", row)).status_code == 409


def test_a_draft_that_moved_shows_a_new_preview_as_a_conflict(client, cast, report):
    client.force_login(cast.officer)
    _, row = preview(client, report, tre_em_duoc_ho_tro__v=12)
    drafts.save(report, {"tre-em-duoc-ho-tro.v": "9"}, base={}, version=0, by=cast.colleague)
    answer = client.post(url("sheet_import_confirm", row))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Chưa nhập gì" in text
    assert "Lấy theo tệp" in text
    report.refresh_from_db()
    assert report.draft == {"tre-em-duoc-ho-tro.v": "9"}
    client.post(url("sheet_import_confirm", row), {"lay": "tre-em-duoc-ho-tro.v"})
    report.refresh_from_db()
    assert report.draft == {"tre-em-duoc-ho-tro.v": "12"}


def test_a_file_belongs_to_who_sent_it(client, cast, report):
    client.force_login(cast.officer)
    _, row = preview(client, report, tre_em_duoc_ho_tro__v=12)
    client.force_login(cast.colleague)
    assert client.get(url("sheet_import", row)).status_code == 404
    assert client.post(url("sheet_import_confirm", row)).status_code == 404


def test_who_lost_the_right_to_file_cannot_confirm(client, cast, report):
    client.force_login(cast.officer)
    _, row = preview(client, report, tre_em_duoc_ho_tro__v=12)
    cast.officer.role_assignments.update(role=Role.VIEWER)
    assert client.post(url("sheet_import_confirm", row)).status_code == 403
    report.refresh_from_db()
    assert report.draft == {}


@pytest.mark.parametrize("name", ["sheet_import_confirm"])
def test_only_a_press_changes_anything(client, cast, report, name):
    client.force_login(cast.officer)
    _, row = preview(client, report, tre_em_duoc_ho_tro__v=12)
    assert client.get(url(name, row)).status_code == 405
    assert client.post(url("sheet_download", report)).status_code == 405


def test_the_filing_page_leads_to_both_ways(client, cast, report):
    client.force_login(cast.officer)
    text = client.get(url("filing", report)).content.decode()
    assert url("sheet_download", report) in text
    assert url("sheet_upload", report) in text


# --- many units ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clerk(cast):
    return builders.make_user("Vũ Thị Tổng Hợp", unit=cast.union, role=Role.REPORTER)


def period_url(name, cast):
    return reverse(f"reports:{name}", args=[cast.duty.pk, cast.obligation.period_id])


def filled_table(cast, clerk, value=12):
    content = sheets_units.build(cast.duty, cast.obligation.period, by=clerk, on=TODAY).content
    column = "E"  # chu-chot.n, chu-chot.d, nu-cong.n …
    return typed_into(content, {("Số liệu", f"{column}{row}"): value for row in (6, 7)})


def test_the_page_of_a_period_offers_the_table_to_who_files_for_many(client, cast, clerk):
    client.force_login(clerk)
    assert period_url("unit_sheet_download", cast) in client.get(period_url("duty_period", cast)).content.decode()
    for person in (cast.officer, cast.reviewer):
        client.force_login(person)
        text = client.get(period_url("duty_period", cast)).content.decode()
        assert period_url("unit_sheet_download", cast) not in text


def test_the_page_tells_of_drafts_on_an_older_form_before_the_download(client, cast, clerk, report):
    FormVersion.objects.create(form=report.form_version.form, number=9)
    client.force_login(clerk)
    text = " ".join(client.get(period_url("duty_period", cast)).content.decode().split())
    assert "1 đơn vị đang lập dở trên biểu mẫu cũ nên không có trong bảng" in text


def test_the_list_of_who_has_not_filed_offers_it_too(client, cast, clerk):
    builders.give_role(clerk, Role.VIEWER, cast.union)
    page = reverse("reports:missing", args=[cast.union.pk])
    client.force_login(clerk)
    assert period_url("unit_sheet_download", cast) in client.get(page).content.decode()
    client.force_login(cast.reviewer)
    assert period_url("unit_sheet_download", cast) not in client.get(page).content.decode()


@pytest.mark.parametrize("name", ["unit_sheet_download", "unit_sheet_upload"])
@pytest.mark.parametrize(("person", "code"), [("officer", 200), ("reviewer", 403), ("viewer", 403), ("stranger", 404)])
def test_who_may_have_the_table(client, cast, name, person, code):
    client.force_login(getattr(cast, person))
    assert client.get(period_url(name, cast)).status_code == code


def test_the_table_is_a_download_with_a_plain_name(client, cast, clerk):
    client.force_login(clerk)
    answer = client.get(period_url("unit_sheet_download", cast))
    assert 'attachment; filename="bang-nhieu-don-vi-' in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_way_of_a_table_from_upload_to_import(client, cast, clerk, django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr("reports.sheets_tasks.run_sheet_import.ring", lambda pk: rung.append(pk))
    client.force_login(clerk)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(period_url("unit_sheet_upload", cast), {"tep": uploaded(filled_table(cast, clerk))})
    row = SheetImport.objects.get()
    assert rung == [row.pk]
    assert answer["Location"] == url("sheet_import", row)
    assert "Đang chờ đến lượt" in client.get(url("sheet_import", row)).content.decode()
    assert "HX-Refresh" not in client.get(url("sheet_import_status", row))

    sheets_import.run(row.pk)
    assert client.get(url("sheet_import_status", row))["HX-Refresh"] == "true"
    text = client.get(url("sheet_import", row)).content.decode()
    assert "2 đơn vị" in text
    assert "Công đoàn cơ sở số 02" in text
    assert not Report.objects.exists()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(url("sheet_import_confirm", row))
    assert rung == [row.pk, row.pk]
    sheets_import.run(row.pk)
    assert "Đã nhập vào bản nháp của 2 đơn vị" in client.get(url("sheet_import", row)).content.decode()
    assert Report.objects.filter(draft_saved_by=clerk).count() == 2
    assert client.post(url("sheet_import_confirm", row)).status_code == 409


def test_errors_of_a_table_are_listed(client, cast, clerk):
    client.force_login(clerk)
    client.post(period_url("unit_sheet_upload", cast), {"tep": uploaded(filled_table(cast, clerk, "mười"))})
    row = SheetImport.objects.get()
    sheets_import.run(row.pk)
    text = client.get(url("sheet_import", row)).content.decode()
    assert ">E6<" in text
    assert ">E7<" in text
    assert "Có 2 chỗ" in text
    assert "Các tệp bạn đã nộp" in client.get(period_url("unit_sheet_upload", cast)).content.decode()


def test_no_table_where_nothing_is_owed(client, cast, clerk):
    for obligation, by in ((cast.obligation, cast.officer), (cast.sibling_obligation, cast.sibling_officer)):
        submit(builders.make_report(obligation), builders.content(), by=by)
    client.force_login(clerk)
    answer = client.get(period_url("unit_sheet_download", cast), follow=True)
    assert "Không còn đơn vị nào phải nộp" in answer.content.decode()


def test_a_file_that_changes_nothing_says_so(client, cast, report, clerk):
    client.force_login(cast.officer)
    page = client.get(send(client, report, sheets_form.build(report).content)["Location"])
    assert "Tệp không thay đổi gì" in page.content.decode()
    client.force_login(clerk)
    content = sheets_units.build(cast.duty, cast.obligation.period, by=clerk, on=TODAY).content
    answer = client.post(period_url("unit_sheet_upload", cast), {"tep": uploaded(content)})
    sheets_import.run(SheetImport.objects.latest("pk").pk)
    assert "Bảng không thay đổi gì" in client.get(answer["Location"]).content.decode()


def test_a_failed_job_says_what_to_do(client, cast, clerk):
    row = SheetImport.objects.create(
        uploaded_by=clerk, org_unit=cast.union, duty=cast.duty, period=cast.obligation.period, original_name="a.xlsx",
        status=Status.FAILED, error=sheets_import.FAILED,
    )  # fmt: skip
    client.force_login(clerk)
    text = client.get(url("sheet_import", row)).content.decode()
    assert "Chưa nhập gì" in text
    assert "Nộp lại tệp đã sửa" in text


def test_the_preview_of_many_units_asks_a_fixed_number_of_queries(client, cast, clerk, django_assert_max_num_queries):
    for number in range(3, 13):
        builders.make_unit(f"Công đoàn cơ sở số {number:02d}", parent=cast.union)
    builders.open_year(cast.duty)
    content = sheets_units.build(cast.duty, cast.obligation.period, by=clerk, on=TODAY).content
    content = typed_into(content, {("Số liệu", f"E{row}"): 4 for row in range(6, 18)})
    client.force_login(clerk)
    client.post(period_url("unit_sheet_upload", cast), {"tep": uploaded(content)})
    row = SheetImport.objects.get()
    sheets_import.run(row.pk)
    with django_assert_max_num_queries(35):
        text = client.get(url("sheet_import", row)).content.decode()
    assert text.count("<details>") == 12
