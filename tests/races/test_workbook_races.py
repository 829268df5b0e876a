"""The press that confirms a workbook: once, for what the person has seen, on the tree as it is when it is written."""

import datetime
import threading
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from orgunits import reform_book, reform_book_checking, reorganisation, workbook_jobs
from orgunits.models import Placement, Reform, WorkbookImport
from orgunits.transitions import Conflict
from tests.builders import make_cast
from tests.orgunits.books import sent, with_rows
from tests.races.crowd import PATIENCE, press_together, wait_for_a_waiter

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="On SQLite the transaction itself is the lock."),
]
DAY = datetime.date(2026, 7, 1)
Status = WorkbookImport.Status


@pytest.fixture
def cast(settings, tmp_path) -> SimpleNamespace:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


def checked(cast: SimpleNamespace, *rows: dict[str, str]) -> WorkbookImport:
    """A reform's workbook that was tried and waits for the press."""
    file = with_rows(reform_book.build().content, sap_xep=list(rows))
    details = {"sector": cast.base.sector, "effective_on": DAY, "name": "Sắp xếp 2026"}
    row = sent(file, by=cast.unit_administrator, kind="reform", **details)
    assert row.status == Status.READY, row.errors
    return row


def merger(cast: SimpleNamespace) -> dict[str, str]:
    return {"Hình thức": "Sáp nhập", "Mã cũ": cast.base.code, "Mã mới": cast.sibling.code}


def press(row: WorkbookImport, choice: str):
    """What a press sends, from the page as it was shown: the row as it was read then."""
    shown = WorkbookImport.objects.get(pk=row.pk)
    rule = dict.fromkeys(("roles", "obligations"), choice)
    return lambda: workbook_jobs.confirm(shown, by=shown.uploaded_by, seen=shown.digest, rule=rule)


def claim_by_reading_first(monkeypatch, parties: int) -> None:
    """The guard off: each press reads, all have read, each saves."""
    all_have_read = threading.Barrier(parties)

    def claim(pk, seen, rule):
        row = WorkbookImport.objects.get(pk=pk)
        is_ready = row.status == Status.READY
        all_have_read.wait(PATIENCE)
        row.status, row.follow_rule = Status.CONFIRMED, rule
        row.save(update_fields=["status", "follow_rule"])
        return is_ready

    monkeypatch.setattr(workbook_jobs, "_claim_ready", claim)


# --- two presses -------------------------------------------------------------------------------------------------


def test_one_of_two_presses_wins_and_its_choices_are_kept(cast):
    row = checked(cast, merger(cast))
    outcomes = press_together([press(row, "proposed"), press(row, "left")])
    assert sorted(outcomes) == sorted([workbook_jobs.PRESSED, "won"])
    row.refresh_from_db()
    assert row.follow_rule["roles"] == ["proposed", "left"][outcomes.index("won")]
    assert workbook_jobs.run(row.pk)
    assert not workbook_jobs.run(row.pk)
    assert Reform.objects.count() == 1


def test_control_reading_first_and_saving_then_lets_both_press(cast, monkeypatch):
    row = checked(cast, merger(cast))
    claim_by_reading_first(monkeypatch, 2)
    assert press_together([press(row, "proposed"), press(row, "left")]) == ["won", "won"]


# --- a press on a page that is no longer so ------------------------------------------------------------------------


def check_anew(cast: SimpleNamespace, row: WorkbookImport) -> None:
    """Somebody pressed after a unit was renamed: nothing is written, and the row waits with a new preview."""
    reorganisation.change(cast.sibling, name="Tên của người khác", on=DAY, by=None)
    press(row, "left")()
    workbook_jobs.run(row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == (Status.READY, workbook_jobs.MOVED)


def test_press_on_a_preview_that_was_made_anew_confirms_nothing(cast):
    row = checked(cast, merger(cast))
    late = press(row, "proposed")
    check_anew(cast, row)
    with pytest.raises(Conflict, match="bản xem trước đã đổi"):
        late()
    row.refresh_from_db()
    assert row.status == Status.READY


def test_control_without_the_digest_the_unseen_preview_is_confirmed(cast, monkeypatch):
    row = checked(cast, merger(cast))
    late = press(row, "proposed")
    check_anew(cast, row)

    def claim(pk, seen, rule):
        return bool(WorkbookImport.objects.filter(pk=pk, status=Status.READY).update(status=Status.CONFIRMED))

    monkeypatch.setattr(workbook_jobs, "_claim_ready", claim)
    late()
    row.refresh_from_db()
    assert row.status == Status.CONFIRMED


def press_while_it_is_shown_anew(row: WorkbookImport) -> list[str]:
    """The worker holds the row with its new preview, not yet committed, while the press on the old page arrives."""
    late = press(row, "proposed")
    is_shown = threading.Event()

    def show_anew():
        with transaction.atomic():
            mine = WorkbookImport.objects.filter(pk=row.pk, status=Status.READY)
            assert mine.update(digest="0" * 64, changes=[["Sáp nhập", "X", "khác", "khác"]])
            is_shown.set()
            wait_for_a_waiter()

    def arrive():
        assert is_shown.wait(PATIENCE)
        late()

    return press_together([show_anew, arrive])


def test_press_that_arrives_while_the_row_is_shown_anew_waits_and_loses(cast):
    row = checked(cast, merger(cast))
    assert press_while_it_is_shown_anew(row) == ["won", workbook_jobs.SHOWN_BEFORE]
    row.refresh_from_db()
    assert row.status == Status.READY


def test_control_without_the_digest_in_the_update_the_late_press_wins(cast, monkeypatch):
    row = checked(cast, merger(cast))

    def claim(pk, seen, rule):  # what was seen is compared with what was read, and not where it is written
        return bool(WorkbookImport.objects.filter(pk=pk, status=Status.READY).update(status=Status.CONFIRMED))

    monkeypatch.setattr(workbook_jobs, "_claim_ready", claim)
    assert press_while_it_is_shown_anew(row) == ["won", "won"]
    row.refresh_from_db()
    assert (row.status, row.digest) == (Status.CONFIRMED, "0" * 64)


# --- another import in between -----------------------------------------------------------------------------------


def import_two(cast: SimpleNamespace, monkeypatch, *, waits: bool) -> tuple[WorkbookImport, WorkbookImport]:
    """Both are confirmed. The first has written and not yet committed when the second reads the tree.

    The first renames the union; the second moves a base unit away from it, and its preview says so by the old name.
    """
    rename = {"Hình thức": "Đổi tên", "Mã cũ": cast.union.code, "Tên mới": "Tên sau sắp xếp"}
    move = {"Hình thức": "Chuyển cấp trên", "Mã cũ": cast.base.code, "Mã cấp trên mới": cast.sibling.code}
    first, second = checked(cast, rename), checked(cast, move)
    assert cast.union.name in second.changes[0][2]
    for row in (first, second):
        press(row, "left")()
    is_written, is_planned = threading.Event(), threading.Event()
    write, plan = reform_book.write, reform_book.plan

    def write_slowly(planned, row, **kwargs):
        write(planned, row, **kwargs)
        if row.pk == first.pk:
            is_written.set()
            wait_for_a_waiter() if waits else is_planned.wait(PATIENCE)

    def plan_and_say(book, row, **kwargs):
        planned = plan(book, row, **kwargs)
        if row.pk == second.pk:
            is_planned.set()
        return planned

    monkeypatch.setattr(reform_book, "write", write_slowly)
    monkeypatch.setattr(reform_book, "plan", plan_and_say)

    def run_second():
        assert is_written.wait(PATIENCE)
        workbook_jobs.run(second.pk)

    assert press_together([lambda: workbook_jobs.run(first.pk), run_second]) == ["won", "won"]
    first.refresh_from_db()
    second.refresh_from_db()
    return first, second


def test_import_on_a_tree_that_another_one_is_changing_is_shown_anew(cast, monkeypatch):
    first, second = import_two(cast, monkeypatch, waits=True)
    assert (first.status, second.status, second.error) == (Status.DONE, Status.READY, workbook_jobs.MOVED)
    assert "Tên sau sắp xếp" in second.changes[0][2]
    assert Placement.objects.as_of(DAY).get(org_unit=cast.base).parent == cast.union


def test_control_without_the_lock_of_the_tree_what_nobody_saw_is_written(cast, monkeypatch):
    monkeypatch.setattr(reform_book_checking.reorganisation, "lock_tree", lambda sector: None)
    first, second = import_two(cast, monkeypatch, waits=False)
    assert (first.status, second.status) == (Status.DONE, Status.DONE)
    assert "Tên sau sắp xếp" not in second.changes[0][2]


def test_control_without_the_comparison_what_nobody_saw_is_written(cast, monkeypatch):
    monkeypatch.setattr(workbook_jobs, "_refuse_other", lambda plan, row: None)
    first, second = import_two(cast, monkeypatch, waits=True)
    assert (first.status, second.status) == (Status.DONE, Status.DONE)
    assert "Tên sau sắp xếp" not in second.changes[0][2]
