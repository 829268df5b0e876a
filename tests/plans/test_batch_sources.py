"""What is printed together of plans and of a register, for whom, and which copy of an issued document is taken."""

import datetime
import io
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from orgunits.models import OrgUnit
from plans import batches, printing
from plans.models import IssuedFile, NumberSeries, OutgoingDocument, Plan, PrintBatch
from plans.official.printout import Printout
from plans.views import batches as pages
from tests.builders import make_plan, make_programme, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    found = []
    monkeypatch.setattr(pages, "ring_for_batch", found.append)
    monkeypatch.setattr(printing, "print_out", lambda document, *, progress=None: Printout(b"%PDF-1.7", 1))
    return found


def finish():
    batch = PrintBatch.objects.get()
    while batches.work(batch.pk):
        pass
    batch.refresh_from_db()
    return batch


def files(batch):
    with batch.file.open("rb") as stored:
        archive = zipfile.ZipFile(io.BytesIO(stored.read()))
    return {name: archive.read(name) for name in archive.namelist()[:-1]}


# --- plans -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def programme(cast):
    """The union has a plan, one of its units has one and another a draft; another programme has its own."""
    make_plan(cast.base, number="03/KH-CĐCS")
    Plan.objects.filter(pk=make_plan(cast.sibling, number="").pk).update(status=Plan.Status.DRAFT)
    make_plan(cast.union, number="99/KH", programme=make_programme("khac", "Chương trình khác"))
    make_plan(cast.elsewhere, number="88/KH")
    return cast.plan.programme


def test_plans_of_a_branch_come_in_the_order_of_the_tree(client, cast, programme, rung):
    make_unit("Công đoàn cơ sở số 03", parent=cast.union)
    client.force_login(cast.province_reviewer)
    url = reverse("plans:programme_print", args=[programme.pk])
    assert url in client.get(programme.get_absolute_url()).content.decode()
    page = client.get(url).content.decode()
    assert "Sẽ in 2 kế hoạch" in page
    assert "Không có trong tệp: 3 đơn vị" in page
    assert 'Công đoàn cơ sở số 02 <span class="text-secondary">· Kế hoạch còn là dự thảo' in page
    assert 'Công đoàn cơ sở số 03 <span class="text-secondary">· Chưa có kế hoạch' in page
    client.post(f"{url}?don-vi={cast.union.pk}&du-thao=co", {"dang": "zip"})
    batch = finish()
    assert rung == [batch.pk]
    assert batch.org_unit == cast.union
    assert list(files(batch)) == [
        "001-cong-doan-vien-chuc-tinh-thu-nghiem.pdf", "002-cong-doan-co-so-so-01.pdf", "003-cong-doan-co-so-so-02.pdf",
    ]  # fmt: skip
    assert [each["unit"] for each in batch.absent] == ["Công đoàn cơ sở số 03"]


def test_branch_outside_the_scope_cannot_be_chosen(client, cast, programme):
    make_unit("Công đoàn bên dưới", parent=cast.elsewhere)
    client.force_login(cast.reviewer)
    client.post(reverse("plans:programme_print", args=[programme.pk]) + f"?don-vi={cast.elsewhere.pk}")
    assert PrintBatch.objects.get().org_unit == cast.union


def test_plan_that_was_removed_meanwhile_is_left_out(client, cast, programme):
    client.force_login(cast.reviewer)
    client.post(reverse("plans:programme_print", args=[programme.pk]))
    Plan.objects.filter(org_unit=cast.base).update(org_unit=cast.elsewhere)
    assert list(files(finish())) == ["001-cong-doan-vien-chuc-tinh-thu-nghiem.pdf"]


def test_page_of_plans_costs_the_same_for_many_units(client, cast, programme, django_assert_max_num_queries):
    for number in range(30):
        make_plan(make_unit(f"Công đoàn {number}", parent=cast.union), number=f"{number}/KH")
    client.force_login(cast.reviewer)
    with django_assert_max_num_queries(18):
        client.get(reverse("plans:programme_print", args=[programme.pk]))


# --- issued documents ------------------------------------------------------------------------------------------------
@pytest.fixture
def register(cast):
    series = NumberSeries.objects.create(org_unit=cast.base, year=2026, last=4)
    rows = [
        OutgoingDocument.objects.create(
            series=series, serial=serial, org_unit=cast.base, kind=kind, number=f"{serial:02d}/{kind}-CĐCS",
            subject="Chăm sóc trẻ em", status=OutgoingDocument.Status.ISSUED, issued_on=datetime.date(2026, 11, serial),
            created_by=cast.officer,
        )
        for serial, kind in enumerate(["plan", "report", "report", "report"], start=1)
    ]  # fmt: skip
    for row, kind in [(rows[0], "pdf"), (rows[1], "pdf"), (rows[1], "signed"), (rows[3], "scan"), (rows[3], "pdf")]:
        file = ContentFile(f"{row.serial}-{kind}".encode(), name="a.pdf")
        IssuedFile.objects.create(
            document=row, kind=kind, file=file, sha256="0", size=1, pages=2, added_by=cast.officer
        )
    return rows


def test_signed_copy_goes_before_the_one_made_here_and_what_has_no_file_is_named(client, cast, register):
    client.force_login(cast.officer)
    url = reverse("plans:outgoing_print_all", args=[cast.base.pk]) + "?ky=2026"
    page = client.get(url).content.decode()
    assert "Sẽ in 4 văn bản" in page
    assert "tệp Word" not in page
    client.post(url, {"dang": "word"})
    batch = finish()
    assert (batch.kind, batch.shape) == ("pdf", "zip")
    assert list(files(batch).values()) == [b"1-pdf", b"2-signed", b"4-scan"]
    left = batch.items.get(position=3)
    assert (left.status, left.reason) == ("left_out", "Văn bản chưa có tệp PDF.")


def test_only_what_the_register_shows_is_printed(client, cast, register):
    OutgoingDocument.objects.filter(pk=register[2].pk).update(status=OutgoingDocument.Status.VOID)
    client.force_login(cast.officer)
    url = reverse("plans:outgoing_print_all", args=[cast.base.pk]) + "?ky=2026&loai=report"
    assert url in client.get(
        reverse("plans:outgoing_list", args=[cast.base.pk]) + "?ky=2026&loai=report"
    ).content.decode().replace("&amp;", "&")
    client.post(url)
    assert list(PrintBatch.objects.get().items.values_list("target_pk", flat=True)) == [register[1].pk, register[3].pk]


def test_document_that_was_void_meanwhile_is_left_out(client, cast, register):
    client.force_login(cast.officer)
    client.post(reverse("plans:outgoing_print_all", args=[cast.base.pk]) + "?ky=2026")
    OutgoingDocument.objects.filter(pk=register[0].pk).update(status=OutgoingDocument.Status.VOID)
    batch = finish()
    assert batch.items.get(position=1).status == "left_out"
    assert len(files(batch)) == 2


def test_nobody_prints_the_register_of_a_unit_out_of_sight(client, cast, register):
    client.force_login(cast.stranger)
    assert client.post(reverse("plans:outgoing_print_all", args=[cast.base.pk])).status_code == 404
    assert not OrgUnit.objects.visible_to(cast.stranger).filter(pk=cast.base.pk).exists()
