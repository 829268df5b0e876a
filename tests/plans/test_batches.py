"""Many documents in one press: the list, the turns of the workers, the packed file, and what does not get into it."""

import datetime
import io
import zipfile

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from openpyxl import load_workbook

from orgunits.models import AuditEvent, OrgUnit
from plans import batch_merging, batch_sources, batches, printing, tasks
from plans.batch_sources import LeftOut, Source, ToPrint
from plans.batches import BatchRefused, Listing, Wanted
from plans.models import PrintBatch, PrintBatchItem, PrintJob
from plans.official import blocks
from plans.official.blocks import OfficialDocument, Paragraph, plain
from plans.official.printout import Printout
from tests.builders import make_unit, make_user

pytestmark = pytest.mark.django_db
Status, ItemStatus = PrintBatch.Status, PrintBatchItem.Status
PDF, WORD = PrintJob.Kind.PDF, PrintJob.Kind.WORD
ZIP, MERGED = PrintBatch.Shape.ZIP, PrintBatch.Shape.MERGED


def pdf(pages=1):
    file = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page()
        made.save(file)
    return file.getvalue()


class UnitSource(Source):
    """One letter about each unit, of as many pages as its place in the list; the tests decide what fails."""

    def __init__(self):
        self.fails, self.left_out, self.built = set(), set(), []

    def readable(self, *, by, on):
        return OrgUnit.objects.visible_to(by, on)

    def load(self, pks, *, by, on):
        return {unit.pk: unit for unit in self.readable(by=by, on=on).filter(pk__in=pks).prefetch_related("placements")}

    def build(self, row, *, on):
        self.built.append(row.pk)
        if row.pk in self.fails:
            raise ValueError("hỏng")
        if row.pk in self.left_out:
            raise LeftOut("Không thuộc danh sách nữa.")
        document = OfficialDocument(
            style=blocks.ND30,
            issuer_lines=("CÔNG ĐOÀN THỬ NGHIỆM",),
            number=blocks.DocumentNumber(None, "BC", "CĐTN"),
            date=blocks.IssueDate("Đắk Lắk", None, 11, 2026),
            type_name="BÁO CÁO",
            subject=f"Về {row.name}",
            body=(Paragraph(plain("Nội dung.")),),
        )
        return ToPrint(document, row, f"Báo cáo của {row.name}")


@pytest.fixture
def source(monkeypatch):
    found = UnitSource()
    monkeypatch.setitem(batch_sources.SOURCES, "units", found)
    return found


@pytest.fixture(autouse=True)
def rendered(settings, tmp_path, monkeypatch):
    """Titles of what was rendered, in order: a stand-in that takes no second for each page."""
    settings.MEDIA_ROOT = tmp_path
    found = []

    def print_out(content, *, progress=None):
        found.append(content["document"]["subject"])
        return Printout(pdf(len(found)), len(found))

    monkeypatch.setattr(printing, "print_out", print_out)
    return found


@pytest.fixture
def province():
    return make_unit("Liên đoàn Lao động tỉnh")


@pytest.fixture
def person(province):
    return make_user(unit=province, role="reviewer")


@pytest.fixture
def units(province):
    names = ("Công đoàn Đắk Lắk", "Công đoàn Ý Chí", "Công đoàn =1+1")
    return [make_unit(name, parent=province) for name in names]


def listing(units, absent=()):
    wanted = [Wanted(unit.pk, unit.name) for unit in units]
    return Listing("units", "Các báo cáo năm 2026", units[0].latest_placement.parent, wanted, absent)


def ask(units, person, *, kind=PDF, shape=ZIP, absent=()):
    return batches.ask(listing(units, absent), by=person, kind=kind, shape=shape)


def finish(batch):
    """All turns of one worker."""
    while batches.work(batch.pk):
        pass
    return PrintBatch.objects.get(pk=batch.pk)


def content(batch):
    with batch.file.open("rb") as file:
        return io.BytesIO(file.read())


def states(batch):
    return list(batch.items.order_by("position").values_list("status", flat=True))


# --- the list --------------------------------------------------------------------------------------------------------
def test_a_thousand_documents_are_asked_for_in_a_few_queries(source, units, person, django_assert_max_num_queries):
    wanted = [Wanted(number, f"Công đoàn cơ sở số {number}") for number in range(1, 1001)]
    many = Listing("units", "Các báo cáo", units[0], wanted)
    with django_assert_max_num_queries(20):  # SQLite takes fewer rows in one statement
        batch = batches.ask(many, by=person, kind=PDF, shape=ZIP)
    assert batch.items.count() == 1000
    assert source.built == []
    event = AuditEvent.objects.get(action="batch.ask")
    assert (event.actor, event.data) == (person, {"count": 1000})


def test_two_presses_make_one_batch(source, units, person):
    first = ask(units, person)
    assert ask(units, person) == first
    assert ask(units, make_user()) != first
    assert ask(units[:2], person) != first
    assert ask(units, person, shape=MERGED) != first
    batches.cancel(first, by=person)
    assert ask(units, person) != first


def test_nothing_and_too_much_are_refused_in_words(source, units, person, monkeypatch):
    with pytest.raises(BatchRefused, match="Chưa có văn bản nào"):
        batches.ask(Listing("units", "Trống", units[0], []), by=person, kind=PDF, shape=ZIP)
    monkeypatch.setattr(batches, "MOST", 2)
    with pytest.raises(BatchRefused, match="nhiều nhất 2 văn bản"):
        ask(units, person)


# --- ZIP -------------------------------------------------------------------------------------------------------------
def test_zip_holds_every_document_in_order_and_a_table_of_contents(source, units, person, rendered):
    batch = finish(ask(units, person, absent=[("Công đoàn Vắng Mặt", "Chưa nộp")]))
    assert (batch.status, batch.error, batch.file_name) == (Status.DONE, "", "cac-bao-cao-nam-2026.zip")
    assert rendered == [f"Về {unit.name}" for unit in units]
    with zipfile.ZipFile(content(batch)) as archive:
        assert archive.namelist() == [
            "001-cong-doan-dak-lak.pdf",
            "002-cong-doan-y-chi.pdf",
            "003-cong-doan-1-1.pdf",
            "000-muc-luc.xlsx",
        ]
        assert archive.testzip() is None
        assert len(pikepdf.open(io.BytesIO(archive.read("002-cong-doan-y-chi.pdf"))).pages) == 2
        sheet = load_workbook(io.BytesIO(archive.read("000-muc-luc.xlsx"))).active
    rows = [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]
    assert rows[1] == [2, "Công đoàn Ý Chí", "Báo cáo của Công đoàn Ý Chí", "002-cong-doan-y-chi.pdf", 2, None]
    assert rows[3] == [None, "Công đoàn Vắng Mặt", None, None, None, "Chưa nộp"]


def test_names_are_unique_also_where_units_have_the_same_name(source, province, person):
    twins = [make_unit("Công đoàn Một", parent=province) for _ in range(2)]
    batch = finish(ask(twins, person))
    with zipfile.ZipFile(content(batch)) as archive:
        assert archive.namelist()[:2] == ["001-cong-doan-mot.pdf", "002-cong-doan-mot.pdf"]


def test_word_files_come_in_a_zip(source, units, person):
    batch = finish(ask(units[:1], person, kind=WORD))
    with zipfile.ZipFile(content(batch)) as archive:
        assert archive.namelist()[0] == "001-cong-doan-dak-lak.docx"
        assert zipfile.ZipFile(io.BytesIO(archive.read(archive.namelist()[0]))).testzip() is None


# --- one PDF ---------------------------------------------------------------------------------------------------------
def test_merged_pdf_has_all_pages_and_a_bookmark_a_unit(source, units, person, monkeypatch):
    monkeypatch.setattr(batch_merging, "GROUP", 2)  # more than one intermediate file
    batch = finish(ask(units, person, shape=MERGED))
    assert (batch.status, batch.pages) == (Status.DONE, 6)
    with pikepdf.open(content(batch)) as merged:
        assert len(merged.pages) == 6
        with merged.open_outline() as outline:
            places = [(item.title, merged.pages.index(pikepdf.Page(item.destination[0]))) for item in outline.root]
    assert places == [(units[0].name, 0), (units[1].name, 1), (units[2].name, 3)]


def test_file_that_is_no_pdf_is_named_and_the_others_are_merged(source, units, person):
    batch = ask(units, person, shape=MERGED)
    batches.work(batch.pk)
    job = batch.items.get(position=2).job
    job.file.storage.delete(job.file.name)
    job.file.storage.save(job.file.name, ContentFile(b"no PDF"))
    batch = finish(batch)
    assert (batch.status, batch.pages) == (Status.DONE, 4)
    item = batch.items.get(position=2)
    assert (item.status, item.reason) == (ItemStatus.FAILED, batches.batch_packing.UNREADABLE)


# --- what does not get in --------------------------------------------------------------------------------------------
def test_failing_document_is_named_with_its_reason_and_stops_no_other(source, units, person):
    source.fails.add(units[1].pk)
    source.left_out.add(units[2].pk)
    batch = finish(ask(units, person))
    assert batch.status == Status.DONE
    assert states(batch) == [ItemStatus.DONE, ItemStatus.FAILED, ItemStatus.LEFT_OUT]
    assert [item.reason for item in batch.items.order_by("position")] == [
        "", printing.FAILED, "Không thuộc danh sách nữa.",
    ]  # fmt: skip
    with zipfile.ZipFile(content(batch)) as archive:
        assert archive.namelist() == ["001-cong-doan-dak-lak.pdf", "000-muc-luc.xlsx"]


def test_batch_of_nothing_but_failures_says_so(source, units, person):
    source.fails.update(unit.pk for unit in units)
    batch = finish(ask(units, person))
    assert (batch.status, batch.error, batch.file.name) == (Status.FAILED, batches.NOTHING, "")


def test_right_that_ends_before_the_document_is_made_leaves_it_out(source, units, person):
    batch = ask(units, person)
    person.role_assignments.update(org_unit=units[0])
    batch = finish(batch)
    assert states(batch) == [ItemStatus.DONE, ItemStatus.LEFT_OUT, ItemStatus.LEFT_OUT]
    assert batch.items.get(position=2).reason == batches.NO_RIGHT
    assert batches.may_download(batch, on=timezone.localdate())


def test_right_that_ends_before_packing_leaves_the_document_out(source, units, person):
    batch = ask(units, person)
    batches.work(batch.pk)
    assert states(batch) == [ItemStatus.DONE] * 3
    person.role_assignments.update(org_unit=units[2])
    batch = finish(batch)
    assert states(batch) == [ItemStatus.LEFT_OUT, ItemStatus.LEFT_OUT, ItemStatus.DONE]
    with zipfile.ZipFile(content(batch)) as archive:
        assert archive.namelist()[0] == "003-cong-doan-1-1.pdf"


def test_account_that_was_closed_gets_nothing(source, units, person):
    batch = ask(units, person)
    type(person).objects.filter(pk=person.pk).update(is_active=False)
    batch = finish(batch)
    assert batch.status == Status.FAILED
    assert source.built == []


def test_right_that_ends_after_packing_closes_the_file(source, units, person):
    batch = finish(ask(units, person))
    today = timezone.localdate()
    assert batches.may_download(batch, on=today)
    person.role_assignments.update(org_unit=units[0])
    assert not batches.may_download(batch, on=today)


# --- reuse -----------------------------------------------------------------------------------------------------------
def test_second_press_renders_nothing(source, units, person, rendered, province):
    finish(ask(units, person))
    assert len(rendered) == 3
    again = finish(ask(units, person, shape=MERGED))
    other = finish(ask(units, make_user(unit=province, role="viewer")))
    assert len(rendered) == 3
    assert (again.status, again.pages, other.status) == (Status.DONE, 6, Status.DONE)


def test_bookkeeping_of_a_document_costs_few_queries(source, province, person, django_assert_max_num_queries):
    """A turn of eight: the rows at once, and for each what a printing job and the progress need."""
    many = [make_unit(f"Công đoàn {number}", parent=province) for number in range(8)]
    batch = ask(many, person)
    with django_assert_max_num_queries(8 + 17 * 8):
        batches.work(batch.pk)
    finish(batch)
    again = ask(many, person, shape=MERGED)
    with django_assert_max_num_queries(8 + 8 * 8):
        batches.work(again.pk)


# --- cancel ----------------------------------------------------------------------------------------------------------
def test_cancelled_batch_ends_with_the_document_at_hand(source, units, person, monkeypatch, rendered):
    batch = ask(units, person)
    made = printing.print_out

    def print_and_cancel(document, *, progress=None):
        assert batches.cancel(batch, by=person)
        return made(document, progress=progress)

    monkeypatch.setattr(printing, "print_out", print_and_cancel)
    batch = finish(batch)
    assert batch.status == Status.CANCELLED
    assert len(rendered) == 1
    assert not batch.file
    assert PrintJob.objects.filter(status=PrintJob.Status.WAITING).count() == 0
    assert AuditEvent.objects.filter(action="batch.cancel", actor=person).count() == 1


def test_batch_that_is_cancelled_while_it_is_packed_leaves_no_file(source, units, person, monkeypatch, tmp_path):
    batch = ask(units, person)
    batches.work(batch.pk)
    packed = batches.batch_packing.contents

    def packed_and_cancelled(*args):
        batches.cancel(batch, by=person)
        return packed(*args)

    monkeypatch.setattr(batches.batch_packing, "contents", packed_and_cancelled)
    batch = finish(batch)
    assert batch.status == Status.CANCELLED
    assert not list(tmp_path.rglob("*.zip"))


def test_only_the_own_unfinished_batch_can_be_cancelled(source, units, person):
    batch = ask(units, person)
    assert not batches.cancel(batch, by=make_user())
    batch = finish(batch)
    assert not batches.cancel(batch, by=person)
    assert batch.status == Status.DONE


# --- dead workers ----------------------------------------------------------------------------------------------------
def test_items_of_a_dead_worker_are_taken_up_and_nothing_is_made_twice(source, units, person, rendered):
    batch = ask(units, person)
    now = timezone.now()
    dead = batch.items.get(position=2)
    assert PrintBatchItem.objects.claim(dead.pk, at=now)
    finish(batch)
    assert states(batch) == [ItemStatus.DONE, ItemStatus.RUNNING, ItemStatus.DONE]
    assert batches.unfinished(at=now + batches.STALE_AFTER - datetime.timedelta(seconds=1)) == [batch.pk]
    assert states(batch)[1] == ItemStatus.RUNNING
    assert batches.unfinished(at=now + batches.STALE_AFTER * 2) == [batch.pk]
    batch = finish(batch)
    assert (batch.status, sorted(rendered)) == (Status.DONE, sorted(f"Về {unit.name}" for unit in units))


def test_job_of_a_dead_worker_is_taken_up_with_its_item(source, units, person, rendered):
    batch = ask(units[:1], person)
    item = batch.items.get()
    at = timezone.now() - batches.STALE_AFTER * 2
    PrintBatchItem.objects.claim(item.pk, at=at)
    made = source.build(units[0], on=timezone.localdate())
    job = printing.request_print(made.document, by=person, org_unit=units[0], title=made.title)
    PrintJob.objects.claim(job.pk, at=at)
    PrintBatchItem.objects.update(job=job)
    assert batches.unfinished(at=timezone.now()) == [batch.pk]
    assert finish(batch).status == Status.DONE
    job.refresh_from_db()
    assert (job.status, job.claims, len(rendered)) == (PrintJob.Status.DONE, 2, 1)


def test_item_whose_job_somebody_else_runs_is_settled_by_the_tick(source, units, person):
    batch = ask(units[:1], person)
    made = source.build(units[0], on=timezone.localdate())
    job = printing.request_print(made.document, by=person, org_unit=units[0], title=made.title)
    PrintJob.objects.claim(job.pk, at=timezone.now())
    finish(batch)
    assert states(batch) == [ItemStatus.RUNNING]
    PrintJob.objects.update(status=PrintJob.Status.FAILED, error="Quá dài.")
    assert batches.unfinished(at=timezone.now()) == [batch.pk]
    assert batch.items.get().reason == "Quá dài."


def test_document_that_stops_its_worker_each_time_is_given_up(source, units, person):
    batch = ask(units, person)
    old = timezone.now() - batches.STALE_AFTER * 2
    batch.items.filter(position=1).update(status=ItemStatus.RUNNING, claimed_at=old, claims=batches.MAX_CLAIMS)
    batches.unfinished(at=timezone.now())
    batch = finish(batch)
    assert batch.status == Status.DONE
    assert batch.items.get(position=1).reason == batches.LEFT


def test_packing_of_a_dead_worker_is_taken_up_and_given_up_after_three_times(source, units, person):
    batch = ask(units, person)
    batches.work(batch.pk)
    old = timezone.now() - batches.STALE_AFTER * 2
    PrintBatch.objects.claim_packing(batch.pk, at=old)
    assert batches.unfinished(at=timezone.now()) == [batch.pk]
    assert finish(batch).status == Status.DONE
    PrintBatch.objects.update(status=Status.PACKING, claimed_at=old, claims=batches.MAX_CLAIMS)
    assert batches.unfinished(at=timezone.now()) == []
    batch.refresh_from_db()
    assert (batch.status, batch.error) == (Status.FAILED, batches.LEFT)


def test_tick_rings_only_for_batches_at_which_nobody_works(source, units, person, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.work_on_print_batch, "ring", rung.append)
    batch = ask(units, person)
    tasks.ring_for_print_batches()
    assert rung == []
    PrintBatch.objects.update(created_at=timezone.now() - batches.IDLE_AFTER * 2)
    tasks.ring_for_print_batches()
    assert rung == [batch.pk] * batches.LANES


def test_turn_rings_for_the_next_one(source, units, person, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.work_on_print_batch, "ring", rung.append)
    batch = ask(units, person)
    tasks.work_on_print_batch(batch.pk)
    assert rung == [batch.pk]
    tasks.work_on_print_batch(batch.pk)
    assert rung == [batch.pk]
    batch.refresh_from_db()
    assert batch.status == Status.DONE


# --- after a month ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("seconds", "removed"), [(0, 0), (1, 1)])
def test_finished_batch_is_removed_after_30_days_with_its_file(source, units, person, tmp_path, seconds, removed):
    now = timezone.now()
    batch = finish(ask(units, person))
    PrintBatch.objects.update(finished_at=now - batches.KEPT_FOR - datetime.timedelta(seconds=seconds))
    assert batches.remove_old(at=now) == removed
    assert PrintBatch.objects.filter(pk=batch.pk).exists() is not bool(removed)
    assert bool(list(tmp_path.rglob("*.zip"))) is not bool(removed)


def test_job_that_a_batch_still_needs_outlives_its_month(source, units, person):
    batch = ask(units, person)
    batches.work(batch.pk)
    now = timezone.now()
    PrintJob.objects.update(finished_at=now - printing.KEPT_FOR * 2)
    assert printing.remove_old(at=now) == 0
    assert finish(batch).status == Status.DONE
    assert printing.remove_old(at=now) == 3
