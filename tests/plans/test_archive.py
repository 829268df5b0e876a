"""What goes out is PDF/A-2b: the five source plans and a filed report pass the validator, a spoiled file does not."""

import datetime
import io
import subprocess
import sys

import pikepdf
import pytest
from django.db import transaction

from plans.letterheads import load_letterheads
from plans.loading import load_plans
from plans.models import Plan
from plans.official import pdf
from plans.official.archive import NotArchival, archival, faults_of
from plans.official.blocks import ContentError, DocumentNumber
from plans.official.from_plan import plan_document
from plans.official.pdf import render_pdf
from reports import workflow
from reports.official import report_document
from tests.builders import content, make_report
from tests.plans.organisation import make_organisation
from tests.plans.test_official_pdf import plan

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def seeds(django_db_setup, django_db_blocker):
    """The five plans as documents, loaded once and rolled back after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        units = make_organisation()
        load_letterheads(units, valid_from=datetime.date(2018, 1, 1))
        load_plans(units)
        made = [plan_document(each, on=TODAY) for each in Plan.objects.order_by("pk")]
        transaction.set_rollback(True)
    return made


@pytest.fixture(scope="module")
def printed() -> bytes:
    """A document with tables and landscape appendices."""
    return render_pdf(plan())


def changed(content: bytes, change) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        change(pdf)
        pdf.save(written)
    return written.getvalue()


@pytest.mark.parametrize("position", range(5))
def test_source_plans_are_archival_as_they_are_printed(seeds, position):
    content = render_pdf(seeds[position])
    assert archival(content) is content


def test_plan_with_appendices_is_archival(printed):
    assert archival(printed) is printed


@pytest.mark.django_db
def test_filed_report_is_archival(cast):
    revision = workflow.submit(make_report(cast.obligation), content(), by=cast.officer)
    assert faults_of(render_pdf(report_document(revision.report, revision, on=TODAY))) == []


def test_empty_resources_are_taken_away(printed):
    def spoil(pdf):
        pdf.pages[0].Resources.Pattern = pikepdf.Dictionary()
        pdf.pages[1].Resources.Shading = pikepdf.Dictionary()

    spoiled = changed(printed, spoil)
    assert faults_of(spoiled)
    cleaned = archival(spoiled)
    assert cleaned != spoiled
    assert faults_of(cleaned) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pdf: pdf.Root.__delitem__("/OutputIntents"),
        lambda pdf: pdf.Root.__delitem__("/Metadata"),
        lambda pdf: pdf.Root.__setitem__("/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x")),
    ],
    ids=["no colours", "no metadata", "a script"],
)
def test_spoiled_file_is_refused_with_a_sentence(printed, spoil):
    spoiled = changed(printed, spoil)
    with pytest.raises(NotArchival, match="chưa đạt chuẩn lưu trữ PDF/A-2b") as refused:
        archival(spoiled)
    assert refused.value.faults


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing", b"PK\x03\x04"])
def test_what_is_no_pdf_is_refused(content):
    with pytest.raises(NotArchival):
        archival(content)


def test_document_with_a_number_is_not_printed_when_it_fails_and_a_draft_is(monkeypatch):
    monkeypatch.setattr(pdf, "without_empty_resources", lambda document, file: file.catalog.pop("OutputIntents"))
    with pytest.raises(ContentError, match="chưa đạt chuẩn lưu trữ"):
        render_pdf(plan(appendices=()))
    assert render_pdf(plan(appendices=(), number=DocumentNumber(None, "KH", "CĐVC")))


def test_web_processes_do_not_load_the_validator():
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "import plans.tasks; print([name for name in ('pikepdf', 'pyhanko', 'weasyprint') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
