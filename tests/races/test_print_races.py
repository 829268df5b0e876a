"""Eight workers ring for one printing job: one renders it. The control reads and checks first, and several do."""

import threading

import pytest
from django.utils import timezone

from plans import printing
from plans.models import PrintJob
from plans.official import blocks
from plans.official.blocks import OfficialDocument
from plans.official.pdf import Printout
from tests.builders import make_unit, make_user
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8
DOCUMENT = OfficialDocument(
    style=blocks.ND30,
    issuer_lines=("CÔNG ĐOÀN THỬ NGHIỆM",),
    number=blocks.DocumentNumber(1, "KH", "CĐTN"),
    date=blocks.IssueDate("Đắk Lắk", 1, 1, 2026),
    type_name="KẾ HOẠCH",
    subject="Triển khai",
)


@pytest.fixture
def job(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    unit = make_unit()
    return printing.request_print(DOCUMENT, by=make_user(unit=unit, role="reporter"), org_unit=unit, title="Kế hoạch")


def test_of_eight_workers_one_renders(job, monkeypatch):
    rendered = []

    def render(document, *, progress):
        rendered.append(1)
        return Printout(b"%PDF-1.7", 1)

    monkeypatch.setattr(printing, "print_out", render)
    results = []
    press_together([lambda: results.append(printing.run(job.pk))] * CROWD)
    assert sorted(results) == [False] * (CROWD - 1) + [True]
    assert len(rendered) == 1
    job.refresh_from_db()
    assert (job.status, job.claims) == (PrintJob.Status.DONE, 1)


def test_control_read_check_save_lets_more_than_one_in(job):
    read = threading.Barrier(CROWD)
    inside = []

    def work():
        mine = PrintJob.objects.get(pk=job.pk)
        waiting = mine.status == PrintJob.Status.WAITING
        read.wait(PATIENCE)
        if waiting:
            inside.append(1)
            mine.status, mine.claimed_at = PrintJob.Status.RUNNING, timezone.now()
            mine.save(update_fields=["status", "claimed_at"])

    press_together([work] * CROWD)
    assert len(inside) > 1
