"""All filed reports of a period in one press: who is in it, in which order, for whom, and at what price."""

import io
import zipfile

import pytest
from django.urls import reverse
from django.utils import timezone

from orgunits.models import Role
from plans import batches, printing
from plans.models import Letterhead, PrintBatch, PrintBatchItem, PrintJob
from plans.official.printout import Printout
from plans.views import batches as pages
from reports import print_batches, workflow
from reports.models import Report
from tests import builders
from tests.builders import LONG_AGO, content, make_report, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    found = []
    monkeypatch.setattr(pages, "ring_for_batch", found.append)
    monkeypatch.setattr(printing, "print_out", lambda document, *, progress=None: Printout(b"%PDF-1.7", 1))
    return found


def file(obligation, by):
    report = make_report(obligation)
    workflow.submit(report, content(), by=by)
    return report


@pytest.fixture
def url(cast):
    return reverse("reports:period_print", args=[cast.duty.pk, cast.obligation.period_id])


@pytest.fixture
def filed(cast):
    return file(cast.obligation, cast.officer)


def finish(batch):
    while batches.work(batch.pk):
        pass
    return PrintBatch.objects.get(pk=batch.pk)


def names(batch):
    with batch.file.open("rb") as stored:
        return zipfile.ZipFile(io.BytesIO(stored.read())).namelist()


def test_page_says_how_many_and_names_who_is_missing(client, cast, url, filed):
    client.force_login(cast.reviewer)
    page = client.get(url).content.decode()
    assert "Sẽ in 1 báo cáo" in page
    assert "Không có trong tệp: 1 đơn vị" in page
    assert 'Công đoàn cơ sở số 02 <span class="text-secondary">· Chưa nộp</span>' in page
    page = client.get(url, {"tinh-trang": "da-duyet"}).content.decode()
    assert "Chưa có báo cáo nào để in theo lựa chọn này." in page
    assert 'Công đoàn cơ sở số 01 <span class="text-secondary">· Chờ duyệt</span>' in page


def test_press_makes_a_batch_and_rings_for_it(client, cast, url, filed, rung):
    client.force_login(cast.reviewer)
    answer = client.post(url, {"dang": "gop"})
    batch = PrintBatch.objects.get()
    assert answer.url == reverse("plans:print_batch", args=[batch.pk])
    assert rung == [batch.pk]
    assert (batch.source, batch.kind, batch.shape, batch.org_unit) == ("reports", "pdf", "merged", cast.union)
    assert batch.absent == [{"unit": "Công đoàn cơ sở số 02", "state": "Chưa nộp"}]
    assert list(batch.items.values_list("target_pk", "unit_name")) == [(filed.pk, "Công đoàn cơ sở số 01")]


def test_nothing_to_print_is_told_in_words(client, cast, url):
    client.force_login(cast.reviewer)
    answer = client.post(url, {"dang": "zip"})
    assert answer.status_code == 422
    assert "Chưa có văn bản nào để in." in answer.content.decode()
    assert not PrintBatch.objects.exists()


def test_officer_prints_the_own_report_only(client, cast, url, filed):
    file(cast.sibling_obligation, cast.sibling_officer)
    client.force_login(cast.officer)
    client.post(url, {"dang": "zip"})
    batch = finish(PrintBatch.objects.get())
    assert names(batch) == ["001-cong-doan-co-so-so-01.pdf", "000-muc-luc.xlsx"]


def test_reports_come_in_the_order_of_the_tree(cast):
    """Each unit before those below it, neighbours by name, whatever the order in which they were made."""
    district = make_unit("Công đoàn huyện An Bình", parent=cast.union)
    for name in ("Cơ sở Ý", "Cơ sở Đức", "Cơ sở Dũng"):
        make_unit(name, parent=district)
    duty = builders.make_duty(cast.plan, name="Báo cáo của mọi cấp", reporters="all_below")
    builders.make_form(duty)
    rows = builders.open_year(duty)
    reports = print_batches.PeriodReports(duty, rows[0].period, by=cast.reviewer, on=timezone.localdate())
    listing = reports.listing(cast.union, branch=None, status=print_batches.FILED)
    assert [name for name, _ in listing.absent] == [
        "Công đoàn cơ sở số 01", "Công đoàn cơ sở số 02", "Công đoàn huyện An Bình", "Cơ sở Dũng", "Cơ sở Đức",
        "Cơ sở Ý",
    ]  # fmt: skip
    assert [each.label for each in reports.branches] == [
        "Công đoàn Viên chức tỉnh Thử Nghiệm", "— Công đoàn huyện An Bình",
    ]  # fmt: skip
    branch = reports.branches[1]
    listing = reports.listing(district, branch=branch, status=print_batches.FILED)
    assert len(listing.absent) == 4
    assert listing.title.endswith("· Công đoàn huyện An Bình")


def test_report_that_was_returned_meanwhile_is_left_out_with_the_reason(client, cast, url, filed):
    other = file(cast.sibling_obligation, cast.sibling_officer)
    client.force_login(cast.reviewer)
    client.post(url, {"dang": "zip"})
    workflow.send_back(Report.objects.get(pk=other.pk), by=cast.reviewer, reason="Thiếu số liệu của quý IV.")
    batch = finish(PrintBatch.objects.get())
    assert names(batch) == ["001-cong-doan-co-so-so-01.pdf", "000-muc-luc.xlsx"]
    assert batch.items.get(position=2).reason == print_batches.NOT_FILED


def test_file_is_closed_to_who_lost_the_right(client, cast, url, filed):
    client.force_login(cast.reviewer)
    client.post(url, {"dang": "zip"})
    batch = finish(PrintBatch.objects.get())
    address = reverse("plans:print_batch_file", args=[batch.pk])
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert "attachment" in answer["Content-Disposition"]
    cast.reviewer.role_assignments.update(org_unit=cast.elsewhere)
    answer = client.get(address)
    assert answer.status_code == 403
    assert "Quyền xem của bạn đã thay đổi" in answer.content.decode()
    page = client.get(batch.get_absolute_url()).content.decode()
    assert address not in page


def test_page_tells_the_progress_and_what_failed(client, cast, url, filed):
    client.force_login(cast.reviewer)
    client.post(url, {"dang": "zip"})
    batch = PrintBatch.objects.get()
    PrintBatchItem.objects.bulk_create(
        PrintBatchItem(batch=batch, position=n, target_pk=1, unit_name="Một", status="done" if n < 313 else "waiting")
        for n in range(2, 1001)
    )
    PrintBatchItem.objects.filter(position=1).update(status="failed", reason="Quá dài.")
    status = client.get(reverse("plans:print_batch_status", args=[batch.pk]))
    assert "312 trên 1.000" in status.content.decode()
    assert "HX-Refresh" not in status
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "Lỗi: Quá dài." in page
    assert '<meta http-equiv="refresh"' in page
    question = client.get(reverse("plans:print_batch_cancel", args=[batch.pk])).content.decode()
    assert "Đã tạo 311 trên 1.000 văn bản." in question
    client.post(reverse("plans:print_batch_cancel", args=[batch.pk]))
    assert PrintBatch.objects.get().status == PrintBatch.Status.CANCELLED
    status = client.get(reverse("plans:print_batch_status", args=[batch.pk]))
    assert status["HX-Refresh"] == "true"


def test_list_shows_batches_and_single_files_of_the_person_only(client, cast, url, filed):
    client.force_login(cast.reviewer)
    client.post(url, {"dang": "zip"})
    finish(PrintBatch.objects.get())
    client.post(reverse("reports:report_print", args=[filed.pk]))
    page = client.get(reverse("plans:print_list")).content.decode()
    assert page.count("Các báo cáo · Báo cáo năm thực hiện") == 1
    client.force_login(cast.officer)
    page = client.get(reverse("plans:print_list")).content.decode()
    assert "Các báo cáo ·" not in page
    assert "Chưa có tệp nào" in page


def test_lists_of_reports_lead_to_it(client, cast, url, filed):
    client.force_login(cast.reviewer)
    for name in ("reports:review_queue", "reports:report_list"):
        assert url in client.get(reverse(name)).content.decode()
    period = reverse("reports:duty_period", args=[cast.duty.pk, cast.obligation.period_id])
    assert url in client.get(period).content.decode()
    client.force_login(cast.officer)
    assert url not in client.get(period).content.decode()


# --- the price -------------------------------------------------------------------------------------------------------
def many(cast, count):
    """That many units below the union, each with a letterhead and a filed report."""
    units = [make_unit(f"Công đoàn cơ sở {n}", parent=cast.union) for n in range(count)]
    Letterhead.objects.bulk_create(
        Letterhead(org_unit=unit, valid_from=LONG_AGO, issuer_line="CÔNG ĐOÀN", body_code="CĐ") for unit in units
    )
    clerk = make_user(unit=cast.union, role=Role.REPORTER)
    rows = builders.open_year(cast.duty, 2027)
    for row in rows:
        report = make_report(row)
        at = timezone.now()
        Report.objects.filter(pk=report.pk).update(
            status=Report.Status.APPROVED, submitted_at=at, first_submitted_at=at, submitted_by=clerk
        )
        report.revisions.create(number=1, content=content(), submitted_at=at, submitted_by=clerk)
    return rows[0].period


def test_page_and_press_cost_the_same_for_two_and_for_twenty(client, cast, django_assert_max_num_queries):
    period = many(cast, 20)
    client.force_login(cast.reviewer)
    address = reverse("reports:period_print", args=[cast.duty.pk, period.pk])
    with django_assert_max_num_queries(18):
        assert "Sẽ in 22 báo cáo" in client.get(address).content.decode()
    with django_assert_max_num_queries(22):
        client.post(address, {"dang": "zip"})
    assert PrintBatchItem.objects.count() == 22


def test_content_of_a_report_costs_few_queries(client, cast, django_assert_max_num_queries):
    period = many(cast, 8)
    source = print_batches.ReportSource()
    pks = list(Report.objects.filter(obligation__period=period).values_list("pk", flat=True))[:8]
    on = timezone.localdate()
    with django_assert_max_num_queries(8):
        rows = source.load(pks, by=cast.reviewer, on=on)
    assert len(rows) == 8
    with django_assert_max_num_queries(8 * 14):
        for row in rows.values():
            source.build(row, on=on)


def test_turn_of_a_worker_costs_few_queries(client, cast, django_assert_max_num_queries):
    period = many(cast, 8)
    client.force_login(cast.reviewer)
    client.post(reverse("reports:period_print", args=[cast.duty.pk, period.pk]), {"dang": "zip"})
    with django_assert_max_num_queries(20 + 8 * 30):
        batches.work(PrintBatch.objects.get().pk)
    assert PrintJob.objects.filter(status=PrintJob.Status.DONE).count() == 8
