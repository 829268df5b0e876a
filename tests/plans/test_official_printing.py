"""Printing jobs: one content one file, one worker one job, and nothing is left half done for ever."""

import datetime

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from plans import printing, tasks
from plans.models import PrintJob
from plans.official import blocks
from plans.official.blocks import OfficialDocument, Paragraph, plain
from plans.official.fonts import FontNotFound
from plans.official.pdf import Printout
from tests.builders import make_unit, make_user
from tests.plans.official_pages import Printed

pytestmark = pytest.mark.django_db

DOCUMENT = OfficialDocument(
    style=blocks.ND30,
    issuer_lines=("CÔNG ĐOÀN THỬ NGHIỆM",),
    number=blocks.DocumentNumber(7, "KH", "CĐTN"),
    date=blocks.IssueDate("Đắk Lắk", 4, 2, 2024),
    type_name="KẾ HOẠCH",
    subject="Triển khai",
    body=(Paragraph(plain("Nội dung.")),),
)
TITLE = "Kế hoạch số 07/KH-CĐTN Triển khai"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def unit():
    return make_unit("Công đoàn Thử Nghiệm")


@pytest.fixture
def person(unit):
    return make_user(unit=unit, role="reporter")


@pytest.fixture
def job(unit, person):
    return printing.request_print(DOCUMENT, by=person, org_unit=unit, title=TITLE)


def reload(job):
    return PrintJob.objects.get(pk=job.pk)


def test_job_is_rendered_and_kept(job, files):
    assert printing.run(job.pk)
    job = reload(job)
    assert (job.status, job.progress, job.pages, job.error) == (PrintJob.Status.DONE, 100, 1, "")
    assert job.finished_at is not None
    assert job.file_name == "ke-hoach-so-07-kh-cdtn-trien-khai.pdf"
    printed = Printed((files / job.file.name).read_bytes())
    assert "Số: 07/KH-CĐTN" in printed.text()


def test_same_content_of_the_same_person_is_printed_once(job, person, unit):
    assert printing.request_print(DOCUMENT, by=person, org_unit=unit, title=TITLE) == job
    printing.run(job.pk)
    assert printing.request_print(DOCUMENT, by=person, org_unit=unit, title=TITLE) == job


def test_other_content_person_or_unit_gets_a_job_of_its_own(job, person, unit):
    other = make_user(unit=unit, role="reporter")
    elsewhere = make_unit("Công đoàn Khác")
    changed = OfficialDocument(**{**vars(DOCUMENT), "subject": "Triển khai khác"})
    jobs = {
        printing.request_print(DOCUMENT, by=other, org_unit=unit, title=TITLE).pk,
        printing.request_print(DOCUMENT, by=person, org_unit=elsewhere, title=TITLE).pk,
        printing.request_print(changed, by=person, org_unit=unit, title=TITLE).pk,
    }
    assert len(jobs - {job.pk}) == 3


def test_failed_job_and_lost_file_are_not_reused(job, person, unit, files):
    PrintJob.objects.filter(pk=job.pk).update(status=PrintJob.Status.FAILED)
    second = printing.request_print(DOCUMENT, by=person, org_unit=unit, title=TITLE)
    assert second != job
    printing.run(second.pk)
    (files / reload(second).file.name).unlink()
    assert printing.request_print(DOCUMENT, by=person, org_unit=unit, title=TITLE) not in (job, second)


def test_only_one_worker_renders_a_job(job):
    assert PrintJob.objects.claim(job.pk, at=timezone.now())
    assert not printing.run(job.pk)
    assert reload(job).status == PrintJob.Status.RUNNING
    assert not printing.run(job.pk + 1)


def test_content_that_cannot_be_read_fails_with_a_sentence(job):
    PrintJob.objects.filter(pk=job.pk).update(content={"version": 99})
    assert printing.run(job.pk)
    job = reload(job)
    assert job.status == PrintJob.Status.FAILED
    assert "xuất lại" in job.error
    assert not job.file


def test_missing_font_says_what_to_install(job, monkeypatch):
    def no_font(*args, **kwargs):
        raise FontNotFound("Máy này không có phông chữ.")

    monkeypatch.setattr(printing, "print_out", no_font)
    printing.run(job.pk)
    assert reload(job).error == "Máy này không có phông chữ."


def test_any_other_fault_is_recorded_without_its_details(job, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(printing, "print_out", broken)
    printing.run(job.pk)
    assert (reload(job).status, reload(job).error) == (PrintJob.Status.FAILED, printing.FAILED)


def test_progress_is_written_while_the_job_runs(job, monkeypatch):
    seen = []

    def slow(document, *, progress):
        for done in (1, 2):
            progress(done, 4)
            seen.append(reload(job).progress)
        raise RuntimeError

    monkeypatch.setattr(printing, "print_out", slow)
    printing.run(job.pk)
    assert seen == [23, 47]


def test_worker_that_lost_its_job_writes_nothing(job, monkeypatch, files):
    def overtaken(document, *, progress):
        PrintJob.objects.filter(pk=job.pk).update(claimed_at=timezone.now() + datetime.timedelta(minutes=20))
        return Printout(b"%PDF", 1)

    monkeypatch.setattr(printing, "print_out", overtaken)
    printing.run(job.pk)
    assert reload(job).status == PrintJob.Status.RUNNING
    assert [path for path in files.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("seconds", "released"), [(0, False), (1, True)])
def test_job_left_for_more_than_15_minutes_is_released(job, seconds, released):
    now = timezone.now()
    PrintJob.objects.claim(job.pk, at=now - printing.STALE_AFTER - datetime.timedelta(seconds=seconds))
    assert printing.unfinished(at=now) == ([job.pk] if released else [])
    assert reload(job).status == (PrintJob.Status.WAITING if released else PrintJob.Status.RUNNING)


def test_job_left_three_times_fails(job):
    now = timezone.now()
    PrintJob.objects.claim(job.pk, at=now - datetime.timedelta(hours=1))
    PrintJob.objects.filter(pk=job.pk).update(claims=printing.MAX_CLAIMS)
    assert printing.unfinished(at=now) == []
    assert (reload(job).status, reload(job).error) == (PrintJob.Status.FAILED, printing.LEFT)


def test_tick_rings_for_what_waits(job, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.print_document, "delay", rung.append)
    tasks.ring_for_print_jobs()
    assert rung == [job.pk]


def test_failed_job_can_be_tried_again_by_its_owner_only(job, person):
    assert not printing.try_again(job, by=person)
    PrintJob.objects.filter(pk=job.pk).update(status=PrintJob.Status.FAILED, error="x", claims=3)
    assert not printing.try_again(job, by=make_user())
    assert printing.try_again(job, by=person)
    assert (reload(job).status, reload(job).error, reload(job).claims) == (PrintJob.Status.WAITING, "", 0)


@pytest.mark.parametrize(("seconds", "removed"), [(0, 0), (1, 1)])
def test_finished_job_is_removed_after_30_days_with_its_file(job, files, seconds, removed):
    now = timezone.now()
    job.file.save("x.pdf", ContentFile(b"%PDF"), save=False)
    finished = now - printing.KEPT_FOR - datetime.timedelta(seconds=seconds)
    PrintJob.objects.filter(pk=job.pk).update(status=PrintJob.Status.DONE, file=job.file.name, finished_at=finished)
    assert printing.remove_old(at=now) == removed
    assert PrintJob.objects.exists() is not bool(removed)
    assert any(path.is_file() for path in files.rglob("*")) is not bool(removed)


def test_file_name_is_short_and_without_marks():
    assert printing.file_name("Kế hoạch 57/KH-CĐVC") == "ke-hoach-57-kh-cdvc.pdf"
    assert printing.file_name("☃") == "van-ban.pdf"
    assert len(printing.file_name("Đ" * 500)) == 104


# --- one file for the same content of several people -----------------------------------------------------------------
def done_by(person, unit):
    job = printing.request_print(DOCUMENT, by=person, org_unit=unit, title=TITLE)
    printing.run(job.pk)
    return reload(job)


def test_finished_file_of_the_same_content_is_reused_whoever_asked(job, unit, monkeypatch):
    printing.run(job.pk)
    monkeypatch.setattr(printing, "print_out", None)  # what renders again fails
    other = make_user(unit=unit, role="reporter")
    second = printing.request_print(DOCUMENT, by=other, org_unit=unit, title="Tên khác")
    assert second.pk != job.pk
    assert (second.status, second.requested_by, second.title) == (PrintJob.Status.DONE, other, "Tên khác")
    assert (second.file.name, second.pages) == (reload(job).file.name, 1)
    assert list(PrintJob.objects.visible_to(other)) == [second]


def test_word_file_is_not_taken_for_a_pdf_file(job, unit):
    printing.run(job.pk)
    other = make_user(unit=unit, role="reporter")
    word = printing.request_print(DOCUMENT, by=other, org_unit=unit, title=TITLE, kind=PrintJob.Kind.WORD)
    assert word.status == PrintJob.Status.WAITING


def test_other_layout_is_rendered_anew(job, unit, monkeypatch):
    printing.run(job.pk)
    monkeypatch.setattr(printing, "LAYOUT_VERSION", -1)
    other = make_user(unit=unit, role="reporter")
    assert printing.request_print(DOCUMENT, by=other, org_unit=unit, title=TITLE).status == PrintJob.Status.WAITING


def test_shared_file_goes_with_the_last_job_that_has_it(job, person, unit, files):
    first = done_by(person, unit)
    second = done_by(make_user(unit=unit, role="reporter"), unit)
    assert second.file.name == first.file.name
    now = timezone.now()
    PrintJob.objects.filter(pk=first.pk).update(finished_at=now - printing.KEPT_FOR * 2)
    assert printing.remove_old(at=now) == 1
    assert (files / second.file.name).is_file()
    PrintJob.objects.update(finished_at=now - printing.KEPT_FOR * 2)
    assert printing.remove_old(at=now) == 1
    assert not (files / second.file.name).exists()
