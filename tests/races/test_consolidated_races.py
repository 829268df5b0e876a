"""A correction against an approval, two corrections, and a report sent while those below are decided."""

import threading

import pytest
from django.db import transaction
from django.db.models import F

from orgunits.models import Role
from reports import collected_texts, text_picking, workflow
from reports.models import Report, ReviewEvent, Revision, Snapshot, TextPick
from reports.text_picking import Edit
from tests.builders import content, make_duty, make_form, make_report, make_user, open_year
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 6


@pytest.fixture
def sent(cast):
    """The union's report upward, sent before a report below was approved."""
    cast.up_duty = make_duty(cast.plan, name="Báo cáo lên tỉnh", reporters="chosen", recipient_unit=cast.province)
    cast.up_duty.units.add(cast.union)
    make_form(cast.up_duty)
    (cast.up_obligation,) = open_year(cast.up_duty)
    cast.union_officer = make_user("Trịnh Thị Tổng Hợp", unit=cast.union, role=Role.REPORTER)
    cast.report = make_report(cast.up_obligation)
    workflow.submit(cast.report, content(), by=cast.union_officer)
    below = make_report(cast.obligation)
    workflow.submit(below, content(), by=cast.officer)
    workflow.approve(below, by=cast.reviewer)
    return cast


def load(report: Report) -> Report:
    return Report.objects.select_related("obligation").get(pk=report.pk)


def correction(sent, *, seen=1):
    mine = load(sent.report)
    return lambda: workflow.correct(mine, by=sent.union_officer, reason="Bổ sung.", seen=seen)


def test_approval_never_falls_on_a_correction_that_was_not_read(sent):
    approvals = [load(sent.report) for _ in range(CROWD)]
    outcomes = press_together(
        [
            correction(sent),
            *(lambda mine=mine: workflow.approve(mine, by=sent.province_reviewer, seen=1) for mine in approvals),
        ]
    )
    assert outcomes[0] == "won"
    assert outcomes[1:].count("won") <= 1
    sent.report.refresh_from_db()
    assert sent.report.status == Report.Status.SUBMITTED
    assert [event.revision.number for event in sent.report.events.filter(action=ReviewEvent.Action.APPROVE)] == [
        1 for outcome in outcomes[1:] if outcome == "won"
    ]


def test_control_without_the_number_that_was_read_the_correction_is_approved_unread(sent):
    correction(sent)()
    event = workflow.approve(load(sent.report), by=sent.province_reviewer)
    assert event.revision.number == 2


def test_of_many_corrections_at_once_one_is_sent(sent):
    outcomes = press_together([correction(sent) for _ in range(CROWD)])
    assert outcomes.count("won") == 1
    assert list(sent.report.revisions.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert Snapshot.objects.count() == 2


def test_control_a_number_read_without_the_lock_lets_all_correct(sent):
    read = threading.Barrier(CROWD)
    passed: list[int] = []

    def action() -> None:
        last = Revision.objects.filter(report=sent.report).latest("number").number
        read.wait(PATIENCE)
        if last == 1:
            passed.append(last)

    press_together([action] * CROWD)
    assert len(passed) == CROWD


def test_snapshot_taken_among_decisions_agrees_with_itself(sent):
    """Whatever is approved first: the sums are those of the reports that the snapshot names."""
    sibling = make_report(sent.sibling_obligation)
    workflow.submit(sibling, content(children=30), by=sent.sibling_officer)
    mine = load(sibling)
    outcomes = press_together([correction(sent), lambda: workflow.approve(mine, by=sent.reviewer)])
    assert outcomes == ["won", "won"]
    snapshot = Snapshot.objects.get(revision__number=2)
    counted = [child.revision for child in snapshot.children.filter(revision__isnull=False)]
    (row,) = snapshot.rows
    assert row["approved"] == len(counted)
    children = sum(revision.content["figures"]["tre-em-duoc-ho-tro"]["v"] for revision in counted)
    assert row["figures"]["tre-em-duoc-ho-tro"]["v"] == children


# --- passages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def picked(sent):
    """A passage in the report upward, which came back to be written again."""
    workflow.send_back(sent.report, by=sent.province_reviewer, reason="Thiếu nội dung.")
    source = Revision.objects.get(report__obligation=sent.obligation)
    text_picking.pick(sent.report, "ket-qua", [(source.pk, "ket-qua")], by=sent.union_officer)
    return TextPick.objects.get()


def test_of_many_edits_of_one_passage_one_is_saved_and_nobody_loses_words(sent, picked):
    saved = {}

    def edit(place: int):
        edits = {picked.pk: Edit(picked.text, f"Bản {place}.")}

        def action() -> None:
            saved[place] = text_picking.save(sent.report, "ket-qua", edits, by=sent.union_officer)

        return action

    press_together([edit(place) for place in range(CROWD)])
    (winner,) = [place for place, outcome in saved.items() if outcome.count]
    assert TextPick.objects.get().text == f"Bản {winner}."
    for place, outcome in saved.items():
        if place != winner:
            assert (outcome.clashes[picked.pk].theirs, outcome.clashes[picked.pk].mine) == (
                f"Bản {winner}.",
                f"Bản {place}.",
            )


def test_control_a_plain_save_overwrites_what_others_wrote(sent, picked):
    read = threading.Barrier(CROWD)
    saved: list[int] = []

    def edit(place: int):
        def action() -> None:
            mine = TextPick.objects.get(pk=picked.pk)
            read.wait(PATIENCE)
            if mine.text == picked.text:
                mine.text = f"Bản {place}."
                mine.save(update_fields=["text"])
                saved.append(place)

        return action

    press_together([edit(place) for place in range(CROWD)])
    assert len(saved) == CROWD


def test_edit_against_filing_is_frozen_or_refused(sent, picked):
    """Whoever is first: the words are in the filing, or the editor is told that they are not."""
    mine = load(sent.report)
    edits = {picked.pk: Edit(picked.text, "Sửa phút chót.")}

    def file() -> None:
        with transaction.atomic():
            Report.objects.filter(pk=mine.pk).update(draft_version=F("draft_version"))  # held, as by the page
            frozen = collected_texts.frozen(mine)
            workflow.submit(mine, content() | {"collected": frozen}, by=sent.union_officer)

    edit = lambda: text_picking.save(load(sent.report), "ket-qua", edits, by=sent.union_officer)  # noqa: E731
    filed, edited = press_together([file, edit])
    assert filed == "won"
    kept = Revision.objects.get(report=sent.report, number=2).content["collected"]["ket-qua"][0]["text"]
    assert kept == ("Sửa phút chót." if edited == "won" else "Đã làm tốt.")
    assert TextPick.objects.get().text == kept
