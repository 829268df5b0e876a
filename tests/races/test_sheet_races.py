"""Excel imports at one moment: eight workers on one file, two people on one draft. Each with a control."""

import datetime
import threading

import pytest
from django.utils import timezone

from orgunits.models import Role
from reports import drafts, sheets_form, sheets_import, sheets_one, sheets_units
from reports.models import Report, SheetImport
from tests import builders
from tests.builders import make_cast
from tests.races.crowd import PATIENCE, press_together
from tests.reports.sheet_files import filled, typed_into, uploaded

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8
Status = SheetImport.Status


@pytest.fixture
def scene(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    scene = make_cast()
    scene.clerk = builders.make_user("Vũ Thị Tổng Hợp", unit=scene.union, role=Role.REPORTER)
    return scene


@pytest.fixture
def confirmed(scene):
    """A checked and confirmed table that writes into both units."""
    period = scene.obligation.period
    content = sheets_units.build(scene.duty, period, by=scene.clerk, on=datetime.date(2026, 11, 22)).content
    content = typed_into(content, {("Số liệu", f"C{row}"): 4 for row in (6, 7)})
    row = sheets_import.take_many(uploaded(content), scene.duty, period, unit=scene.union, by=scene.clerk)
    sheets_import.run(row.pk)
    row.refresh_from_db()
    sheets_import.confirm_many(row, by=scene.clerk, with_clashes=False)
    return row


def test_of_eight_workers_one_imports(confirmed):
    results = []
    press_together([lambda: results.append(sheets_import.run(confirmed.pk))] * CROWD)
    assert sorted(results) == [False] * (CROWD - 1) + [True]
    confirmed.refresh_from_db()
    assert (confirmed.status, confirmed.claims) == (Status.DONE, 1)
    assert list(Report.objects.values_list("draft_version", flat=True)) == [1, 1]


def test_control_read_check_save_lets_more_than_one_in(confirmed):
    read = threading.Barrier(CROWD)
    inside = []

    def work():
        mine = SheetImport.objects.get(pk=confirmed.pk)
        waiting = mine.status == Status.CONFIRMED
        read.wait(PATIENCE)
        if waiting:
            inside.append(1)
            mine.status, mine.claimed_at = Status.IMPORTING, timezone.now()
            mine.save(update_fields=["status", "claimed_at"])

    press_together([work] * CROWD)
    assert len(inside) > 1


def previewed(scene, report, by, value):
    content = filled(sheets_form.build(report).content, tre_em_duoc_ho_tro__v=value)
    return sheets_one.take_one(report, uploaded(content), by=by)


def test_two_files_with_different_numbers_are_never_both_written(scene):
    report = builders.make_report(scene.obligation)
    rows = [previewed(scene, report, by, value) for by, value in ((scene.officer, 4), (scene.colleague, 9))]
    moved = []

    def press(row):
        try:
            sheets_one.confirm_one(row, by=row.uploaded_by)
        except sheets_one.DraftMoved:
            moved.append(row)

    press_together([lambda row=row: press(row) for row in rows])
    assert len(moved) == 1
    report.refresh_from_db()
    assert report.draft_version == 1
    winner = next(row for row in rows if row is not moved[0])
    assert report.draft == {"tre-em-duoc-ho-tro.v": winner.changes[str(report.pk)]["tre-em-duoc-ho-tro.v"][1]}
    moved[0].refresh_from_db()
    assert moved[0].status == Status.READY
    assert moved[0].changes[str(report.pk)]["tre-em-duoc-ho-tro.v"][0] == report.draft["tre-em-duoc-ho-tro.v"]


def test_control_without_the_version_both_are_written(scene):
    """Both read the empty draft, and the second overwrites the first in silence."""
    report = builders.make_report(scene.obligation)
    read = threading.Barrier(2)
    written = []

    def press(value):
        mine = Report.objects.get(pk=report.pk)
        merged, clashes = drafts.merge(mine.draft, {}, {"tre-em-duoc-ho-tro.v": value})
        read.wait(PATIENCE)
        if not clashes:
            Report.objects.filter(pk=report.pk).update(draft=merged)
            written.append(value)

    press_together([lambda: press("4"), lambda: press("9")])
    assert sorted(written) == ["4", "9"]


def test_an_import_and_a_save_at_one_moment_lose_neither(scene, confirmed):
    """Somebody types into a draft that the worker is about to begin or to write."""
    report = builders.make_report(scene.obligation)

    def types():
        drafts.save(report, {"ket-qua": "Đang gõ."}, base={}, version=0, by=scene.officer)

    press_together([types, lambda: sheets_import.run(confirmed.pk)])
    report.refresh_from_db()
    confirmed.refresh_from_db()
    assert report.draft["ket-qua"] == "Đang gõ."
    if confirmed.status == Status.DONE:
        assert report.draft["can-bo.chu-chot.n"] == "4"
    else:
        assert confirmed.status == Status.READY
        assert report.draft == {"ket-qua": "Đang gõ."}
