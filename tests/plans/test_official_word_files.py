"""Word files of real plans and reports: the words of the PDF, made by a job, handed out under the same rights."""

import collections
import datetime
import subprocess
import sys
import unicodedata

import pytest
from django.db import transaction
from django.urls import reverse

from plans import printing
from plans.letterheads import load_letterheads
from plans.loading import load_plans
from plans.models import Plan, PrintJob
from plans.official import blocks, word
from plans.official.from_plan import plan_document
from plans.official.pdf import render_pdf
from plans.views import printing as views
from tests.plans.official_pages import Printed
from tests.plans.organisation import make_organisation
from tests.plans.word_pages import Written

TODAY = datetime.date(2026, 11, 22)
SEEDS = ("57-kh-cdvc", "162-kh-duk", "cong-van-ldld-tinh", "60-kh-ldld", "kh-ubnd-cam-tan")


# --- the five plans --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def documents(django_db_setup, django_db_blocker):
    """The five plans, loaded once and rolled back after the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        units = make_organisation()
        load_letterheads(units, valid_from=datetime.date(2018, 1, 1))
        load_plans(units)
        made = {plan.document.key: plan_document(plan, on=TODAY) for plan in Plan.objects.order_by("pk")}
        transaction.set_rollback(True)
    return made


def letters(text: str) -> collections.Counter[str]:
    return collections.Counter("".join(text.split()))


def printed_text(document) -> str:
    """The text of the PDF without page numbers and the notice, which Word keeps in header and footer."""
    printed = Printed(render_pdf(document))
    pages = range(1, len(printed.pages) + 1)
    return "".join(line.text for page in pages for line in printed.lines(page) if 20 < line.y < 280)


@pytest.mark.parametrize("key", SEEDS)
def test_word_file_of_a_seed_has_the_letters_of_its_pdf(documents, key):
    document = documents[key]
    file = Written(word.print_out(document).content)
    assert unicodedata.is_normalized("NFC", file.text)
    assert letters(file.text) == letters(printed_text(document))


@pytest.mark.parametrize("key", SEEDS)
def test_word_file_of_a_seed_has_every_sentence_of_its_body_in_order(documents, key):
    document = documents[key]
    text = "".join(Written(word.print_out(document).content).text.split())
    reached = 0
    for block in (*document.body, *document.closing):
        if isinstance(block, (blocks.Paragraph, blocks.Bullet)):
            begins = "".join(blocks.text_of(block.runs).split())[:15]
            reached = text.index(unicodedata.normalize("NFC", begins), reached)
    assert reached


# --- jobs ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def media(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    rung = []
    monkeypatch.setattr(views.print_document, "delay_on_commit", rung.append)
    return tmp_path


@pytest.fixture
def job(client, cast, media):
    client.force_login(cast.officer)
    client.post(reverse("plans:plan_print", args=[cast.plan.pk]), {"kind": "word"})
    return PrintJob.objects.get()


def address(name, pk):
    return reverse(f"plans:{name}", args=[pk])


@pytest.mark.django_db
def test_word_file_is_asked_for_beside_the_pdf(client, cast, media):
    client.force_login(cast.officer)
    content = client.get(address("plan_preview", cast.plan.pk)).content.decode()
    assert '<input type="hidden" name="kind" value="word">' in content
    assert "Xuất Word" in content
    assert "Xuất PDF" in content


@pytest.mark.django_db
def test_same_content_as_word_and_as_pdf_are_two_jobs_and_each_is_made_once(client, cast, job):
    for kind, count in (("word", 1), ("pdf", 2), ("", 2), ("exe", 2)):
        client.post(address("plan_print", cast.plan.pk), {"kind": kind})
        assert PrintJob.objects.count() == count
    assert [each.kind for each in PrintJob.objects.order_by("pk")] == ["word", "pdf"]


@pytest.mark.django_db
def test_word_job_is_written_and_downloaded_under_its_name(client, cast, job):
    printing.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.progress, job.pages) == (PrintJob.Status.DONE, 100, None)
    assert job.file.name.endswith(".docx")
    answer = client.get(address("print_job_file", job.pk))
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert answer["Content-Disposition"] == (
        'attachment; filename="ke-hoach-trien-khai-thuc-hien-chi-thi-so-28-ct-tw.docx"'
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in Written(b"".join(answer.streaming_content)).text


@pytest.mark.django_db
def test_page_of_a_finished_word_job_offers_the_file_and_no_frame(client, job):
    printing.run(job.pk)
    content = client.get(address("print_job", job.pk)).content.decode()
    assert "Tệp Word" in content
    assert "Tệp Word đã xong" in content
    assert f'href="{address("print_job_file", job.pk)}?tai=1"' in content
    for absent in ("<iframe", "Tệp PDF", "gồm", "None"):
        assert absent not in content


@pytest.mark.django_db
def test_waiting_word_job_does_not_speak_of_a_pdf(client, job):
    PrintJob.objects.update(status=PrintJob.Status.RUNNING)
    content = client.get(address("print_job", job.pk)).content.decode()
    assert "Đang tạo tệp Word…" in content
    assert "PDF" not in content


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["colleague", "stranger", "reviewer"])
def test_word_file_belongs_to_who_asked_for_it(client, cast, job, person):
    printing.run(job.pk)
    client.force_login(getattr(cast, person))
    for name in ("print_job", "print_job_file"):
        assert client.get(address(name, job.pk)).status_code == 404


@pytest.mark.django_db
def test_word_job_with_a_broken_drawing_fails_with_a_sentence(job):
    chart = blocks.Chart("<svg", "Biểu đồ")
    content = blocks.to_json(blocks.OfficialDocument(**{**vars(blocks.from_json(job.content)), "body": (chart,)}))
    PrintJob.objects.filter(pk=job.pk).update(content=content)
    printing.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == (PrintJob.Status.FAILED, "Biểu đồ trong văn bản không đọc được.")


def test_kind_of_file_gives_the_name_its_end():
    assert printing.file_name("Kế hoạch 57/KH-CĐVC", PrintJob.Kind.WORD) == "ke-hoach-57-kh-cdvc.docx"
    assert printing.asked_kind(None) == printing.asked_kind("exe") == PrintJob.Kind.PDF


def test_web_processes_load_neither_word_nor_drawings():
    loaded = "print([name for name in ('docx', 'resvg_py', 'weasyprint') if name in sys.modules])"
    code = f"import django, sys; django.setup(); import config.urls; {loaded}"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert answer.stdout.strip().endswith("[]"), answer.stdout
