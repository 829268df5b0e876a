"""The pages of the register: the list, its print and Excel file, numbers kept, void and set, a plan issued."""

import datetime
import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from orgunits.models import Sector
from plans import register
from plans.models import CommitteeTerm, Document, IssuedFile, Letterhead, NumberSeries, OutgoingDocument, Plan
from plans.official.blocks import DocumentNumber
from plans.views import issuing as pages
from tests.builders import LONG_AGO, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(pages.keep_issued_file, "delay_on_commit", lambda pk: None)


@pytest.fixture
def unit(cast):
    Letterhead.objects.create(
        org_unit=cast.union, valid_from=LONG_AGO, issuer_line="CÔNG ĐOÀN VIÊN CHỨC", body_code="CĐVC", place_name="Huế"
    )
    return cast.union


@pytest.fixture
def signed_in(client, cast):
    client.force_login(cast.unit_administrator)
    return client


def address(name, pk, query=""):
    return reverse(f"plans:{name}", args=[pk]) + query


def give(unit, by, *, subject="Triển khai Chỉ thị", code="KH", kind="plan", on=None, **values):
    number = DocumentNumber(None, code)
    return register.give(unit, kind, number=number, on=on or timezone.localdate(), by=by, subject=subject, **values)


# --- the register ----------------------------------------------------------------------------------------------------
def test_list_shows_this_year_and_finds_without_marks(signed_in, cast, unit):
    by, last_year = cast.unit_administrator, timezone.localdate() - datetime.timedelta(days=366)
    give(unit, by, subject="Kế hoạch năm trước", on=last_year)
    give(unit, by, subject="Tết Trung thu", recipients="Sở Y tế")
    give(unit, by, subject="Kết quả", code="BC", kind="report")
    content = signed_in.get(address("outgoing_list", unit.pk)).content.decode()
    assert "Tết Trung thu" in content
    assert "Kế hoạch năm trước" not in content
    assert "Kế hoạch năm trước" in signed_in.get(address("outgoing_list", unit.pk, "?ky=tat-ca")).content.decode()
    found = signed_in.get(address("outgoing_list", unit.pk, "?tim=trung+thu&loai=plan")).context["page_obj"]
    assert [row.number for row in found] == ["01/KH-CĐVC"]
    assert not signed_in.get(address("outgoing_list", unit.pk, "?tim=trung+thu&loai=report")).context["page_obj"]


def test_pages_are_those_of_the_issued_pdf_and_not_of_a_scan(signed_in, cast, unit):
    by = cast.unit_administrator
    document = give(unit, by)
    for kind, count in (("pdf", 6), ("signed", 6), ("scan", 1)):
        IssuedFile.objects.create(
            document=document, kind=kind, file="a.pdf", sha256=kind, size=1, pages=count, added_by=by
        )
    (row,) = signed_in.get(address("outgoing_list", unit.pk)).context["page_obj"]
    assert row.page_count == 6


def test_list_asks_the_database_as_often_for_many_rows(signed_in, cast, unit, django_assert_max_num_queries):
    for _ in range(20):
        give(unit, cast.unit_administrator)
    with django_assert_max_num_queries(20):
        signed_in.get(address("outgoing_list", unit.pk))


def test_print_has_all_rows_in_the_order_of_numbers_and_void_ones_struck(signed_in, cast, unit):
    by = cast.unit_administrator
    register.void(give(unit, by, subject="Nhầm"), reason="Ghi nhầm", by=by)
    for _ in range(60):
        give(unit, by)
    content = signed_in.get(address("outgoing_print", unit.pk)).content.decode()
    assert "Sổ đăng ký văn bản đi" in content
    assert "<s>01/KH-CĐVC</s>" in content
    assert "Hủy số: Ghi nhầm" in content
    assert content.index("02/KH-CĐVC") < content.index("61/KH-CĐVC")
    assert "style=" not in content


def test_excel_holds_text_and_no_formula(signed_in, cast, unit):
    give(unit, cast.unit_administrator, subject='=HYPERLINK("http://vi-du.vn")', recipients="+84\x07 và _x0041_")
    answer = signed_in.get(address("outgoing_export", unit.pk))
    assert answer["Content-Disposition"].startswith("attachment")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    row = sheet[5]
    assert (row[0].value, row[3].value, row[3].data_type) == ("01/KH-CĐVC", '=HYPERLINK("http://vi-du.vn")', "s")
    assert row[1].value.date() == timezone.localdate()
    assert row[5].data_type == "s"
    assert sheet.page_setup.orientation == "landscape"


# --- numbers kept, void, set -----------------------------------------------------------------------------------------
def test_number_is_kept_with_its_purpose(signed_in, unit):
    signed_in.post(address("outgoing_reserve", unit.pk), {"kind": "plan", "purpose": "Kế hoạch Tết"})
    kept = OutgoingDocument.objects.get()
    assert (kept.number, kept.subject, kept.status) == ("01/KH-CĐVC", "Kế hoạch Tết", "reserved")


def test_number_is_not_kept_without_a_purpose_and_what_was_typed_stays(signed_in, unit):
    page = signed_in.post(address("outgoing_reserve", unit.pk), {"kind": "report", "purpose": " "}).content.decode()
    assert "Hãy ghi giữ số cho văn bản nào." in page
    assert '<option value="report" selected>' in page
    assert not OutgoingDocument.objects.exists()


def test_void_asks_for_a_reason_and_happens_once(signed_in, cast, unit):
    document = give(unit, cast.unit_administrator)
    assert "Hãy ghi lý do" in signed_in.post(address("outgoing_void", document.pk), {"reason": ""}).content.decode()
    assert signed_in.post(address("outgoing_void", document.pk), {"reason": "Nhầm"}).status_code == 302
    assert signed_in.post(address("outgoing_void", document.pk), {"reason": "Nhầm"}).status_code == 409
    document.refresh_from_db()
    assert (document.status, document.void_reason) == ("void", "Nhầm")


def test_last_number_is_set_by_the_administrator(signed_in, cast, unit):
    url = address("outgoing_settings", unit.pk)
    assert signed_in.post(url, {"viec": "so", "so-last": "57"}).status_code == 302
    assert give(unit, cast.unit_administrator).number == "58/KH-CĐVC"
    page = signed_in.post(url, {"viec": "so", "so-last": "12"}).content.decode()
    assert "Trong sổ đã có số 58" in page
    assert 'value="12"' in page
    assert NumberSeries.objects.get().last == 58


def test_party_enters_its_term_first(client):
    unit = make_unit("Đảng ủy Thử Nghiệm", sector=Sector.PARTY)
    Letterhead.objects.create(org_unit=unit, valid_from=LONG_AGO, issuer_line="ĐẢNG ỦY", body_code="ĐU")
    client.force_login(make_user(unit=unit, role="administrator"))
    typed = {"kind": "plan", "purpose": "Kế hoạch"}
    assert "thêm nhiệm kỳ" in client.post(address("outgoing_reserve", unit.pk), typed).content.decode()
    term = {"viec": "nhiem-ky", "nhiem-ky-name": "2025–2030", "nhiem-ky-starts_on": "01/07/2025"}
    assert client.post(address("outgoing_settings", unit.pk), term).status_code == 302
    assert CommitteeTerm.objects.get().starts_on == datetime.date(2025, 7, 1)
    client.post(address("outgoing_reserve", unit.pk), typed)
    assert OutgoingDocument.objects.get().number == "01-KH/ĐU"


# --- who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("person", "code"), [("viewer", 403), ("reviewer", 403), ("stranger", 404)])
def test_who_only_reads_changes_nothing(client, cast, unit, person, code):
    document = give(unit, cast.unit_administrator)
    client.force_login(getattr(cast, person))
    for name, pk in (("outgoing_reserve", unit.pk), ("outgoing_settings", unit.pk), ("outgoing_void", document.pk)):
        typed = {"kind": "plan", "purpose": "x", "reason": "x", "viec": "so", "so-last": "9"}
        assert client.post(address(name, pk), typed).status_code == code
    assert OutgoingDocument.objects.filter(status="issued").count() == OutgoingDocument.objects.count() == 1
    assert NumberSeries.objects.get().last == 1


def test_pages_that_only_show_refuse_other_methods(signed_in, cast, unit):
    for name in ("outgoing_list", "outgoing_print", "outgoing_export"):
        assert signed_in.post(address(name, unit.pk)).status_code == 405


# --- a plan ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def plan(cast, unit):
    Document.objects.filter(pk=cast.plan.document_id).update(number="", serial=None, issued_on=None)
    Plan.objects.filter(pk=cast.plan.pk).update(status=Plan.Status.DRAFT)
    register.set_last(unit, "KH", on=timezone.localdate(), last=57, by=cast.unit_administrator)
    return Plan.objects.get(pk=cast.plan.pk)


def typed(client, plan, **values):
    seen = client.get(address("plan_issue", plan.pk)).context["fingerprint"]
    return {"on": f"{timezone.localdate():%d/%m/%Y}", "recipients": "Như trên\nLưu: VT", "seen": seen} | values


def test_plan_is_issued_from_its_page(signed_in, plan):
    assert address("plan_issue", plan.pk) in signed_in.get(plan.get_absolute_url()).content.decode()
    page = signed_in.get(address("plan_issue", plan.pk)).content.decode()
    assert "Sẽ cấp: 58/KH-CĐVC" in page
    assert signed_in.post(address("plan_issue", plan.pk), typed(signed_in, plan)).status_code == 302
    outgoing = OutgoingDocument.objects.get()
    assert (outgoing.number, outgoing.plan, outgoing.recipients) == ("58/KH-CĐVC", plan, "Như trên\nLưu: VT")
    page = signed_in.get(plan.get_absolute_url()).content.decode()
    assert outgoing.get_absolute_url() in page
    assert address("plan_issue", plan.pk) not in page
    assert "58/KH-CĐVC" in signed_in.get(address("plan_preview", plan.pk)).content.decode()
    assert signed_in.get(address("plan_issue", plan.pk)).status_code == 409


def test_plan_takes_a_kept_number(signed_in, cast, unit, plan):
    kept = register.reserve(unit, "plan", on=timezone.localdate(), by=cast.unit_administrator, purpose="Giữ")
    give(unit, cast.unit_administrator)
    signed_in.post(address("plan_issue", plan.pk), typed(signed_in, plan, reserved=kept.pk))
    plan.document.refresh_from_db()
    assert plan.document.number == kept.number == "58/KH-CĐVC"


def test_unit_without_a_code_reads_what_to_do(signed_in, plan):
    Letterhead.objects.update(body_code="")
    page = signed_in.get(address("plan_issue", plan.pk)).content.decode()
    assert "Chưa có ký hiệu của cơ quan ban hành" in page
    signed_in.post(address("plan_issue", plan.pk), typed(signed_in, plan))
    assert not OutgoingDocument.objects.exists()


def test_issued_plan_is_not_removed(signed_in, plan):
    signed_in.post(address("plan_issue", plan.pk), typed(signed_in, plan))
    signed_in.post(address("plan_remove", plan.pk))
    assert Plan.objects.filter(pk=plan.pk).exists()


def test_number_of_the_register_is_not_changed_by_hand(signed_in, plan):
    signed_in.post(address("plan_issue", plan.pk), typed(signed_in, plan))
    edit = address("plan_edit", plan.pk)
    form = signed_in.get(edit).context["form"]
    fields = {name: "" if value is None else value for name, value in form.initial.items() if name in form.fields}
    fields |= {"issued_on": f"{timezone.localdate():%d/%m/%Y}", "programme": plan.programme_id}
    page = signed_in.post(edit, fields | {"number": "99/KH-CĐVC", "status": "draft"}).content.decode()
    assert "Sổ văn bản đi đã cấp số 58/KH-CĐVC" in page
    assert "Kế hoạch đã ban hành với số 58/KH-CĐVC" in page
    plan.refresh_from_db()
    assert (plan.status, plan.document.number) == (Plan.Status.ISSUED, "58/KH-CĐVC")
    assert signed_in.post(edit, fields | {"subject": "Trích yếu sửa lại"}).status_code == 302
