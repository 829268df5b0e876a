"""The Excel form of one report: out with the draft in it, filled in, and back into the draft after a preview."""

import pytest

from orgunits.models import AuditEvent
from reports import sheets_form, sheets_one
from reports.models import SheetImport
from tests import builders
from tests.reports.sheet_files import filled, places, uploaded


@pytest.fixture(autouse=True)
def files_aside(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def report(cast):
    builders.make_task(cast.plan)
    builders.plan_form(cast.duty)
    return builders.make_report(
        cast.obligation,
        draft={
            "can-bo.chu-chot.n": "1.234",
            "can-bo.chu-chot.d": "1300",
            "can-bo.nu-cong.n": "mười hai",
            "ket-qua": "=1+1\nDòng hai.",
        },
        draft_version=3,
    )


def take(report, content, by):
    return sheets_one.take_one(report, uploaded(content), by=by)


def test_an_untouched_file_changes_nothing_but_tells_what_cannot_be_read(cast, report):
    content = sheets_form.build(report).content
    row = take(report, content, cast.officer)
    assert row.status == SheetImport.Status.REFUSED
    [stop] = [error for error in row.errors if error["kind"] == "stop"]
    assert (stop["sheet"], stop["cell"]) == places(content)["can-bo.nu-cong.n"]
    assert "mười hai" in stop["reason"]


def test_download_fill_upload_gives_the_same_draft(cast, report):
    content = sheets_form.build(report).content
    row = take(
        report,
        filled(content, can_bo__nu_cong__n=12, can_bo__nu_cong__d="1.500", phuong_huong="Làm tiếp.\nVà hơn."),
        cast.officer,
    )
    assert row.status == SheetImport.Status.READY, row.errors
    assert sheets_one.confirm_one(row, by=cast.officer) == 3
    report.refresh_from_db()
    assert report.draft == {
        "can-bo.chu-chot.n": "1.234",
        "can-bo.chu-chot.d": "1300",
        "can-bo.nu-cong.n": "12",
        "can-bo.nu-cong.d": "1.500",
        "ket-qua": "=1+1\nDòng hai.",
        "phuong-huong": "Làm tiếp.\nVà hơn.",
    }
    assert report.draft_version == 4
    assert report.draft_saved_by == cast.officer
    event = AuditEvent.objects.get(action="report.import")
    assert (event.actor, event.org_unit) == (cast.officer, cast.base)
