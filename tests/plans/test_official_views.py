"""The pages of printing: the plan on screen, the job, its file; each for the people who may see it."""

import pytest
from django.urls import reverse

from plans import printing
from plans.models import PrintJob
from plans.views import printing as views

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(settings, tmp_path, monkeypatch):
    """Files in a folder of the test; the bell is written down instead of rung."""
    settings.MEDIA_ROOT = tmp_path
    rung = []
    monkeypatch.setattr(views.print_document, "delay_on_commit", rung.append)
    return rung


@pytest.fixture
def job(client, cast):
    client.force_login(cast.officer)
    client.post(reverse("plans:plan_print", args=[cast.plan.pk]))
    return PrintJob.objects.get()


def address(name, pk):
    return reverse(f"plans:{name}", args=[pk])


# --- the plan --------------------------------------------------------------------------------------------------------
def test_preview_shows_the_printed_plan_and_what_is_missing(client, cast):
    client.force_login(cast.officer)
    answer = client.get(address("plan_preview", cast.plan.pk))
    assert answer.status_code == 200
    content = answer.content.decode()
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in content
    assert "Chưa có họ tên người ký" in content
    assert "css/official" in content
    assert "style=" not in content


def test_export_makes_a_job_and_leads_to_its_page(client, cast, quiet):
    client.force_login(cast.officer)
    answer = client.post(address("plan_print", cast.plan.pk))
    job = PrintJob.objects.get()
    assert answer["Location"] == address("print_job", job.pk)
    assert (job.requested_by, job.org_unit, job.status) == (cast.officer, cast.union, PrintJob.Status.WAITING)
    assert quiet == [job.pk]


def test_second_export_of_the_same_plan_leads_to_the_same_job(client, cast, job):
    answer = client.post(address("plan_print", cast.plan.pk))
    assert answer["Location"] == address("print_job", job.pk)
    assert PrintJob.objects.count() == 1


@pytest.mark.parametrize(("name", "method"), [("plan_preview", "get"), ("plan_print", "post")])
def test_stranger_finds_no_plan(client, cast, name, method):
    client.force_login(cast.stranger)
    assert getattr(client, method)(address(name, cast.plan.pk)).status_code == 404
    assert not PrintJob.objects.exists()


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("plan_preview", "post"),
        ("plan_print", "get"),
        ("print_job", "post"),
        ("print_job_status", "post"),
        ("print_job_file", "post"),
        ("print_job_retry", "get"),
    ],
)
def test_wrong_method_is_refused(client, cast, job, name, method):
    pk = cast.plan.pk if name.startswith("plan") else job.pk
    assert getattr(client, method)(address(name, pk)).status_code == 405


@pytest.mark.parametrize("name", ["plan_preview", "print_job", "print_job_status", "print_job_file"])
def test_nobody_reads_without_signing_in(client, cast, job, name):
    client.logout()
    pk = cast.plan.pk if name.startswith("plan") else job.pk
    answer = client.get(address(name, pk))
    assert answer.status_code == 302
    assert reverse("account_login") in answer["Location"]


# --- the job ---------------------------------------------------------------------------------------------------------
def test_waiting_job_asks_again_with_and_without_scripts(client, job):
    content = client.get(address("print_job", job.pk)).content.decode()
    assert f'hx-get="{address("print_job_status", job.pk)}"' in content
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in content
    assert "Đang chờ đến lượt" in content
    status = client.get(address("print_job_status", job.pk))
    assert "HX-Refresh" not in status
    assert "<html" not in status.content.decode()


def test_finished_job_shows_its_file_in_the_page(client, job):
    printing.run(job.pk)
    assert client.get(address("print_job_status", job.pk))["HX-Refresh"] == "true"
    content = client.get(address("print_job", job.pk)).content.decode()
    file = address("print_job_file", job.pk)
    assert f'<iframe class="o-pdf" src="{file}"' in content
    assert f'href="{file}?tai=1"' in content
    assert "gồm 1 trang" in content
    assert "refresh" not in content


def test_file_opens_in_our_own_frame_only_and_downloads_under_its_name(client, job):
    printing.run(job.pk)
    shown = client.get(address("print_job_file", job.pk))
    assert (shown["Content-Type"], shown["X-Frame-Options"]) == ("application/pdf", "SAMEORIGIN")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Disposition"].startswith("inline")
    assert b"".join(shown.streaming_content).startswith(b"%PDF-1.7")
    saved = client.get(address("print_job_file", job.pk), {"tai": "1"})
    assert (
        saved["Content-Disposition"] == 'attachment; filename="ke-hoach-trien-khai-thuc-hien-chi-thi-so-28-ct-tw.pdf"'
    )
    saved.close()


def test_page_itself_may_not_be_framed(client, job):
    assert client.get(address("print_job", job.pk))["X-Frame-Options"] == "DENY"


def test_file_that_is_not_there_yet_or_no_longer_is_not_found(client, job):
    assert client.get(address("print_job_file", job.pk)).status_code == 404
    printing.run(job.pk)
    done = PrintJob.objects.get()
    done.file.delete(save=False)
    assert client.get(address("print_job_file", job.pk)).status_code == 404


def test_failed_job_says_why_and_can_be_tried_again(client, job, quiet):
    PrintJob.objects.filter(pk=job.pk).update(status=PrintJob.Status.FAILED, error="Máy này không có phông chữ.")
    content = client.get(address("print_job", job.pk)).content.decode()
    assert "Máy này không có phông chữ." in content
    assert address("print_job_retry", job.pk) in content
    client.post(address("print_job_retry", job.pk))
    assert PrintJob.objects.get().status == PrintJob.Status.WAITING
    assert quiet == [job.pk, job.pk]
    client.post(address("print_job_retry", job.pk))
    assert quiet == [job.pk, job.pk]


@pytest.mark.parametrize("person", ["colleague", "stranger", "reviewer"])
@pytest.mark.parametrize("name", ["print_job", "print_job_status", "print_job_file", "print_job_retry"])
def test_job_belongs_to_who_asked_for_it(client, cast, job, name, person):
    printing.run(job.pk)
    client.force_login(getattr(cast, person))
    method = client.post if name == "print_job_retry" else client.get
    assert method(address(name, job.pk)).status_code == 404
