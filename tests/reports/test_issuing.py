"""A filed report goes out under a number of the register; a correction under its own."""

import datetime

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from orgunits.transitions import Conflict
from plans import issuing as issuing_of_plans
from plans import register
from plans.issuing import Order
from plans.models import IssuedFile, Letterhead, OutgoingDocument
from plans.official import numbering
from plans.official.blocks import DocumentNumber, Signature
from plans.views import issuing as issuing_pages
from plans.views import register as register_pages
from reports import issuing, workflow
from reports.models import IssuedRevision, Report
from tests.builders import LONG_AGO, content, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    found = []
    for module in (issuing_pages, register_pages):
        monkeypatch.setattr(module.keep_issued_file, "delay_on_commit", found.append)
    return found


@pytest.fixture
def report(cast):
    Letterhead.objects.create(
        org_unit=cast.base, valid_from=LONG_AGO, issuer_line="CÔNG ĐOÀN CƠ SỞ SỐ 01", body_code="CĐCS",
        place_name="Đắk Lắk", signing_authority="TM. BAN CHẤP HÀNH", signer_post="CHỦ TỊCH", signer_name="Võ Thị Ký",
        recipients="Lưu: VT",
    )  # fmt: skip
    register.set_last(cast.base, "BC", on=timezone.localdate(), last=57, by=cast.approver)
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    return Report.objects.get(pk=report.pk)


def issue(report, cast, **values):
    today = timezone.localdate()
    return issuing.issue_report(report, report.latest_revision, Order(today, **values), by=cast.approver, on=today)


def page(report):
    return reverse("reports:report_issue", args=[report.pk])


def posted(client, report, **values):
    fields = {"on": timezone.localdate().strftime("%d/%m/%Y"), "signer": "mac-dinh", "recipients": "Lưu: VT"}
    fields["seen"] = client.get(page(report)).context["fingerprint"]
    return client.post(page(report), fields | values)


# --- the rule --------------------------------------------------------------------------------------------------------
def test_printed_report_carries_number_day_and_signer(report, cast):
    signer = Signature(("TM. BAN CHẤP HÀNH",), ("PHÓ CHỦ TỊCH",), "Lê Văn Hai")
    outgoing = issue(report, cast, signer=signer)
    document = issuing.document_of(report, report.latest_revision, on=timezone.localdate())
    assert outgoing.number == "58/BC-CĐCS"
    assert numbering.number_line(document.number, document.style) == "Số: 58/BC-CĐCS"
    day = timezone.localdate()
    assert (document.date.day, document.date.month, document.date.year) == (day.day, day.month, day.year)
    assert document.signature == signer


def test_printed_report_is_frozen(report, cast):
    issue(report, cast)
    Letterhead.objects.update(issuer_line="TÊN MỚI")
    document = issuing.document_of(report, report.latest_revision, on=timezone.localdate())
    assert document.issuer_lines == ("CÔNG ĐOÀN CƠ SỞ SỐ 01",)


def test_filing_is_issued_once(report, cast):
    issue(report, cast)
    with pytest.raises(Conflict):
        issue(report, cast)
    assert OutgoingDocument.objects.count() == 1


def test_correction_gets_a_number_of_its_own(report, cast):
    issue(report, cast)
    workflow.send_back(report, reason="Thiếu số liệu", by=cast.reviewer)
    report.refresh_from_db()
    with pytest.raises(Conflict):
        issue(report, cast)  # a returned one waits for its correction
    workflow.submit(report, content(children=13), by=cast.officer)
    report.refresh_from_db()
    assert issue(report, cast).number == "59/BC-CĐCS"
    assert IssuedRevision.objects.count() == 2


def test_after_a_void_the_filing_may_get_another_number(report, cast):
    first = issue(report, cast)
    issuing_of_plans.void(first, reason="Sai người ký", by=cast.approver, at=timezone.now())
    assert issuing.outgoing_of(report.latest_revision) is None
    assert issue(report, cast).number == "59/BC-CĐCS"


# --- the page --------------------------------------------------------------------------------------------------------
def test_page_shows_the_number_and_gives_it_only_when_pressed(client, report, cast, rung):
    client.force_login(cast.approver)
    answer = client.get(page(report))
    assert "Sẽ cấp: 58/BC-CĐCS" in answer.content.decode()
    assert not OutgoingDocument.objects.exists()
    answer = posted(client, report)
    outgoing = OutgoingDocument.objects.get()
    assert answer["Location"] == outgoing.get_absolute_url()
    assert (outgoing.number, outgoing.signer_name, outgoing.recipients) == ("58/BC-CĐCS", "Võ Thị Ký", "Lưu: VT")
    assert rung == [outgoing.pk]
    assert "Số 58/BC-CĐCS" in client.get(report.get_absolute_url()).content.decode()
    assert client.get(page(report)).status_code == 409


def test_looking_again_gives_no_number(client, report, cast):
    client.force_login(cast.approver)
    answer = posted(client, report, xem="1", recipients="Sở Y tế")
    assert "Sở Y tế" in answer.content.decode()
    assert not OutgoingDocument.objects.exists()


def test_tomorrow_is_refused_and_what_was_typed_stays(client, report, cast):
    client.force_login(cast.approver)
    tomorrow = (timezone.localdate() + datetime.timedelta(days=1)).strftime("%d/%m/%Y")
    page = posted(client, report, on=tomorrow, recipients="Nơi đã gõ").content.decode()
    assert "Ngày ban hành không thể sau hôm nay." in page
    assert tomorrow in page
    assert "Nơi đã gõ" in page
    assert not OutgoingDocument.objects.exists()


def test_warning_must_be_ticked(client, report, cast):
    number = DocumentNumber(None, "BC")
    register.give(cast.base, "report", number=number, on=timezone.localdate(), by=cast.approver, subject="Báo cáo khác")
    client.force_login(cast.approver)
    day = (timezone.localdate() - datetime.timedelta(days=1)).strftime("%d/%m/%Y")
    answer = posted(client, report, on=day)
    assert "Cần lưu ý" in answer.content.decode()
    assert OutgoingDocument.objects.count() == 1
    assert posted(client, report, on=day, confirmed="on").status_code == 302
    assert OutgoingDocument.objects.count() == 2


def test_content_that_changed_meanwhile_is_shown_first(client, report, cast):
    client.force_login(cast.approver)
    answer = posted(client, report, seen="khác")
    assert "Nội dung văn bản vừa được sửa" in answer.content.decode()
    assert not OutgoingDocument.objects.exists()


@pytest.mark.parametrize(
    ("person", "code"), [("officer", 403), ("viewer", 403), ("reviewer", 403), ("stranger", 404), ("approver", 200)]
)
def test_who_may_issue(client, report, cast, person, code):
    client.force_login(getattr(cast, person))
    assert client.get(page(report)).status_code == code
    if code != 200:
        assert client.post(page(report), {"on": "01/11/2026"}).status_code == code
    assert client.delete(page(report)).status_code == 405


def test_register_leads_to_the_report_and_serves_its_file_as_a_download(client, report, cast):
    outgoing = issue(report, cast)
    file = IssuedFile(document=outgoing, kind="pdf", sha256="0" * 64, size=8, pages=4, added_by=cast.approver)
    file.file.save("a.pdf", ContentFile(b"%PDF-1.7"))
    client.force_login(cast.officer)
    detail = client.get(outgoing.get_absolute_url()).content.decode()
    assert report.get_absolute_url() in detail
    answer = client.get(reverse("plans:issued_file", args=[file.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="bao-cao-58-bc-cdcs.pdf"'
    assert "private, no-store" in answer["Cache-Control"]
    client.force_login(cast.stranger)
    assert client.get(reverse("plans:issued_file", args=[file.pk])).status_code == 404
