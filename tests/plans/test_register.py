"""The register of outgoing documents: which number, in which series, on which day; kept, void, set by hand."""

import datetime
import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from orgunits.models import AuditEvent, Sector
from orgunits.transitions import Conflict
from plans import issuing, printing, register
from plans.models import Document, IssuedFile, Letterhead, NumberSeries, OutgoingDocument, Plan, PrintJob
from plans.official import numbering
from plans.official.blocks import DocumentNumber, Signature, from_json
from plans.official.letterhead import style_of
from plans.official.pdf import Printout
from tests.builders import LONG_AGO, make_plan, make_programme, make_unit, make_user

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 22)
Status = OutgoingDocument.Status


def make_head(unit, **values):
    values = {"issuer_line": "CÔNG ĐOÀN VIÊN CHỨC", "body_code": "CĐVC", "place_name": "Đắk Lắk"} | values
    return Letterhead.objects.create(org_unit=unit, valid_from=LONG_AGO, **values)


@pytest.fixture
def unit():
    unit = make_unit()
    make_head(unit)
    return unit


@pytest.fixture
def party():
    unit = make_unit("Đảng ủy Thử Nghiệm", sector=Sector.PARTY)
    make_head(unit, body_code="ĐU")
    return unit


@pytest.fixture
def by(unit):
    return make_user(unit=unit, role="approver")


def give(unit, by, *, code="KH", kind="plan", on=DAY, **values):
    return register.give(unit, kind, number=DocumentNumber(None, code), on=on, by=by, subject="Thử", **values)


# --- the number ------------------------------------------------------------------------------------------------------
def test_numbers_run_on_over_all_types_of_a_unit(unit, by):
    numbers = [give(unit, by).number, give(unit, by, code="BC", kind="report").number]
    assert numbers == ["01/KH-CĐVC", "02/BC-CĐVC"]


def test_each_type_has_its_series_where_the_letterhead_says_so(unit, by):
    Letterhead.objects.update(numbers_by_type=True, drafting_code="VP")
    numbers = [
        give(unit, by).number,
        give(unit, by, code="BC", kind="report").number,
        give(unit, by, code="", kind="letter").number,
        give(unit, by).number,
    ]
    assert numbers == ["01/KH-CĐVC", "01/BC-CĐVC", "01/CĐVC-VP", "02/KH-CĐVC"]
    assert set(NumberSeries.objects.values_list("type_code", flat=True)) == {"KH", "BC", "CV"}


def test_numbers_begin_anew_on_new_years_day_by_the_day_of_issue(unit, by):
    last = datetime.datetime(2026, 12, 31, 16, 59, 59, tzinfo=datetime.UTC)  # 23:59:59 in Vietnam
    days = [timezone.localdate(last), timezone.localdate(last + datetime.timedelta(seconds=1))]
    assert days == [datetime.date(2026, 12, 31), datetime.date(2027, 1, 1)]
    give(unit, by)
    assert [give(unit, by, on=day).number for day in days] == ["02/KH-CĐVC", "01/KH-CĐVC"]
    assert give(unit, by, on=days[0]).number == "03/KH-CĐVC"  # a late one still belongs to its year


def test_party_numbers_run_over_the_term_by_type(party):
    by = make_user(unit=party, role="approver")
    register.add_term(party, name="2025–2030", starts_on=datetime.date(2025, 7, 1), ends_on=None, by=by)
    numbers = [
        give(party, by, on=datetime.date(2025, 12, 31)).number,
        give(party, by, on=datetime.date(2026, 1, 1)).number,
        give(party, by, code="BC", kind="report").number,
        give(party, by, code="", kind="letter").number,
    ]
    assert numbers == ["01-KH/ĐU", "02-KH/ĐU", "01-BC/ĐU", "01-CV/ĐU"]


def test_party_without_a_term_that_day_is_told_to_enter_it(party):
    by = make_user(unit=party, role="approver")
    register.add_term(party, name="2025–2030", starts_on=datetime.date(2025, 7, 1), ends_on=None, by=by)
    with pytest.raises(ValidationError, match="nhiệm kỳ"):
        give(party, by, on=datetime.date(2025, 6, 30))
    assert not OutgoingDocument.objects.exists()


def test_new_term_ends_the_one_before_and_starts_its_own_numbers(party):
    by = make_user(unit=party, role="approver")
    register.add_term(party, name="2020–2025", starts_on=datetime.date(2020, 7, 1), ends_on=None, by=by)
    give(party, by, on=datetime.date(2025, 6, 30))
    register.add_term(party, name="2025–2030", starts_on=datetime.date(2025, 7, 1), ends_on=None, by=by)
    assert give(party, by, on=datetime.date(2025, 6, 30)).number == "02-KH/ĐU"
    assert give(party, by, on=datetime.date(2025, 7, 1)).number == "01-KH/ĐU"


def test_terms_do_not_overlap(party):
    by = make_user(unit=party, role="approver")
    end = datetime.date(2030, 6, 30)
    register.add_term(party, name="2025–2030", starts_on=datetime.date(2025, 7, 1), ends_on=end, by=by)
    with pytest.raises(ValidationError, match="2025–2030"):
        register.add_term(party, name="2030–2035", starts_on=end, ends_on=None, by=by)
    assert register.add_term(
        party, name="2030–2035", starts_on=end + datetime.timedelta(days=1), ends_on=None, by=by
    ).pk


def test_unit_without_a_code_gets_no_number():
    unit = make_unit()
    with pytest.raises(ValidationError, match="ký hiệu"):
        give(unit, make_user(unit=unit, role="approver"))


# --- set, kept, void -------------------------------------------------------------------------------------------------
def test_register_that_began_on_paper_goes_on_from_there(unit, by):
    register.set_last(unit, "KH", on=DAY, last=57, by=by)
    assert give(unit, by).number == "58/KH-CĐVC"
    assert AuditEvent.objects.filter(action="series.set").get().data["last"] == 57


def test_last_number_is_never_set_below_one_that_was_given(unit, by):
    register.set_last(unit, "KH", on=DAY, last=57, by=by)
    give(unit, by)
    with pytest.raises(ValidationError, match="58"):
        register.set_last(unit, "KH", on=DAY, last=57, by=by)
    assert NumberSeries.objects.get().last == 58


def test_kept_number_is_used_later_while_others_go_on(unit, by):
    kept = register.reserve(unit, "plan", on=DAY, by=by, purpose="Kế hoạch Tết Trung thu")
    assert (kept.number, kept.status, kept.issued_on) == ("01/KH-CĐVC", Status.RESERVED, None)
    assert give(unit, by).number == "02/KH-CĐVC"
    number = DocumentNumber(None, "KH")
    used = register.issue_reserved(kept, number=number, on=DAY, by=by, subject="Tổ chức Tết Trung thu")
    assert (used.number, used.status, used.subject) == ("01/KH-CĐVC", Status.ISSUED, "Tổ chức Tết Trung thu")
    with pytest.raises(Conflict):
        register.issue_reserved(kept, number=number, on=DAY, by=by, subject="Lần nữa")


def test_kept_number_of_another_year_is_refused(unit, by):
    kept = register.reserve(unit, "plan", on=DAY, by=by, purpose="Kế hoạch")
    with pytest.raises(ValidationError, match="dãy số khác"):
        register.issue_reserved(
            kept, number=DocumentNumber(None, "KH"), on=datetime.date(2027, 1, 1), by=by, subject="Kế hoạch"
        )


def test_void_number_stays_and_is_never_given_again(unit, by):
    first = give(unit, by)
    register.void(first, reason="Ghi sai trích yếu", by=by)
    assert (first.status, first.void_reason, first.voided_by) == (Status.VOID, "Ghi sai trích yếu", by)
    assert give(unit, by).number == "02/KH-CĐVC"
    with pytest.raises(Conflict):
        register.void(first, reason="Lần nữa", by=by)
    assert AuditEvent.objects.get(action="outgoing.void").data["reason"] == "Ghi sai trích yếu"


# --- warnings --------------------------------------------------------------------------------------------------------
def warned(unit, **values):
    return " ".join(register.warnings(unit, DocumentNumber(None, "KH"), on=values.pop("on", DAY), **values))


def test_empty_register_warns_that_it_begins_with_01(unit, by):
    assert "số đầu tiên sẽ là 01" in warned(unit)
    register.set_last(unit, "KH", on=DAY, last=0, by=by)
    assert warned(unit) == ""


def test_number_that_was_issued_elsewhere_is_warned_of_and_not_refused(unit, by):
    register.set_last(unit, "KH", on=DAY, last=56, by=by)
    fields = {"kind": "plan", "issuer_unit": unit, "serial": 57}
    before = Document.objects.create(number="57/KH-CĐVC", issued_year=2025, **fields)
    assert warned(unit) == ""  # of another year
    before.issued_year, before.number = 2026, "57/KH - CĐVC"
    before.save()
    assert "57/KH-CĐVC" in warned(unit)
    assert warned(unit, own=before) == ""
    assert give(unit, by).number == "57/KH-CĐVC"


def test_day_before_the_last_issued_one_is_warned_of(unit, by):
    give(unit, by)
    assert warned(unit) == ""
    assert "22/11/2026" in warned(unit, on=DAY - datetime.timedelta(days=1))


# --- issuing a plan --------------------------------------------------------------------------------------------------
@pytest.fixture
def plan(unit):
    plan = make_plan(unit, number="")
    Document.objects.filter(pk=plan.document_id).update(serial=None, issued_on=None, issued_month=None)
    Plan.objects.update(status=Plan.Status.DRAFT)
    return Plan.objects.get()


def order(**values):
    return issuing.Order(DAY, **values)


def test_issued_plan_carries_number_day_and_signer_everywhere(unit, by, plan):
    register.set_last(unit, "KH", on=DAY, last=57, by=by)
    signer = Signature(("TM. BAN THƯỜNG VỤ",), ("CHỦ TỊCH",), "Nguyễn Văn Ký")
    recipients = ("Liên đoàn Lao động tỉnh", "Lưu: VT")
    outgoing = issuing.issue_plan(plan, order(signer=signer, recipients=recipients), by=by, at=timezone.now())
    plan.refresh_from_db()
    document = plan.document
    assert (plan.status, document.number, document.serial) == (Plan.Status.ISSUED, "58/KH-CĐVC", 58)
    assert (document.issued_on, document.signer_name) == (DAY, "Nguyễn Văn Ký")
    assert list(document.recipients.values_list("text", flat=True)) == list(recipients)
    frozen = from_json(outgoing.content)
    assert numbering.number_reference(frozen.number, style_of(unit)) == "58/KH-CĐVC"
    assert numbering.place_and_date(frozen.date) == "Đắk Lắk, ngày 22 tháng 11 năm 2026"
    assert (frozen.signature, frozen.recipients, frozen.missing) == (signer, recipients, ())
    assert (outgoing.signer_name, outgoing.status) == ("Nguyễn Văn Ký", Status.ISSUED)


def test_issued_plan_is_printed_as_it_went_out(unit, by, plan):
    issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    Document.objects.update(subject="Sửa sau khi ban hành")
    plan.refresh_from_db()
    assert issuing.document_of(plan, on=DAY).subject == "Triển khai thực hiện Chỉ thị số 28-CT/TW"


def test_plan_is_issued_once(unit, by, plan):
    issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    with pytest.raises(Conflict):
        issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    assert NumberSeries.objects.get().last == 1


def test_plan_under_a_kept_number(unit, by, plan):
    kept = register.reserve(unit, "plan", on=DAY, by=by, purpose="Giữ cho kế hoạch")
    outgoing = issuing.issue_plan(plan, order(reserved=kept), by=by, at=timezone.now())
    assert outgoing == kept
    assert OutgoingDocument.objects.get().plan == plan


def test_void_makes_the_plan_a_draft_that_gets_a_number_of_its_own(unit, by, plan):
    first = issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    issuing.void(first, reason="Sai thẩm quyền ký", by=by, at=timezone.now())
    plan = Plan.objects.get()
    assert (plan.status, plan.document.number, plan.document.issued_on) == (Plan.Status.DRAFT, "", None)
    again = issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    assert (first.number, again.number) == ("01/KH-CĐVC", "02/KH-CĐVC")


def test_plan_of_another_number_is_not_touched_by_a_void(unit, by):
    plan = make_plan(unit, number="99/KH-CĐVC", programme=make_programme())
    outgoing = give(unit, by, plan=plan)
    issuing.void(outgoing, reason="Nhầm", by=by, at=timezone.now())
    assert Plan.objects.get(pk=plan.pk).document.number == "99/KH-CĐVC"


# --- the file --------------------------------------------------------------------------------------------------------
@pytest.fixture
def printed(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(printing, "print_out", lambda document, **options: Printout(b"%PDF-1.7 thu", 3))


def test_pdf_of_an_issued_plan_is_kept_once(unit, by, plan, printed):
    outgoing = issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    assert issuing.without_file() == [outgoing.pk]
    assert issuing.make_file(outgoing.pk)
    assert not issuing.make_file(outgoing.pk)
    file = IssuedFile.objects.get()
    assert (file.kind, file.pages, file.size) == ("pdf", 3, 12)
    assert file.sha256 == hashlib.sha256(b"%PDF-1.7 thu").hexdigest()
    assert file.file.read() == b"%PDF-1.7 thu"
    assert issuing.without_file() == []


def test_failed_pdf_is_not_tried_for_ever(unit, by, plan, printed, monkeypatch):
    def fail(document, **options):
        raise RuntimeError("no")

    monkeypatch.setattr(printing, "print_out", fail)
    outgoing = issuing.issue_plan(plan, order(), by=by, at=timezone.now())
    assert not issuing.make_file(outgoing.pk)
    assert PrintJob.objects.get().status == PrintJob.Status.FAILED
    assert issuing.without_file() == []
