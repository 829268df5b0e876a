"""Two people at once: one wins, the other reads who did what. Each race has a control with the guard off."""

import threading

import pytest
from django.db.models import Max

from orgunits.models import AuditEvent
from reports import workflow
from reports.models import Report, ReviewEvent, Revision, Rollup
from tests.builders import content, make_report
from tests.races.crowd import PATIENCE, press_together

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8


def submitted(cast) -> Report:
    report = make_report(cast.obligation)
    workflow.submit(report, content(), by=cast.officer)
    return report


def load(report: Report) -> Report:
    """The row as a request of its own sees it."""
    return Report.objects.select_related("obligation").get(pk=report.pk)


def test_of_eight_decisions_at_once_exactly_one_wins(cast):
    report = submitted(cast)

    def decide(place: int):
        mine = load(report)
        if place % 2:
            return lambda: workflow.approve(mine, by=cast.reviewer)
        return lambda: workflow.send_back(mine, by=cast.province_reviewer, reason="Thiếu số liệu.")

    outcomes = press_together([decide(place) for place in range(CROWD)])
    assert outcomes.count("won") == 1
    report.refresh_from_db()
    winner = report.events.exclude(action="submit").get()
    assert report.status == {"approve": "approved", "return": "returned"}[winner.action]
    assert AuditEvent.objects.filter(action__in=["report.approve", "report.return"]).count() == 1
    done = {"approve": "duyệt", "return": "trả lại"}[winner.action]
    sentences = {outcome for outcome in outcomes if outcome != "won"}
    assert len(sentences) == 1
    assert f"đã được {winner.by.full_name} {done} lúc" in sentences.pop()


def test_control_read_check_save_lets_more_than_one_win(cast):
    report = submitted(cast)
    read = threading.Barrier(CROWD)

    def decide(place: int):
        def action() -> None:
            mine = Report.objects.get(pk=report.pk)
            read.wait(PATIENCE)
            if mine.status == "submitted":
                mine.status = "approved" if place % 2 else "returned"
                mine.save(update_fields=["status"])
            else:
                raise workflow.Conflict("too late")

        return action

    assert press_together([decide(place) for place in range(CROWD)]).count("won") > 1


def test_of_eight_submissions_at_once_one_becomes_a_revision(cast):
    report = make_report(cast.obligation)
    people = [cast.officer, cast.colleague]
    mine = [load(report) for _ in range(CROWD)]

    def submit(place: int):
        return lambda: workflow.submit(mine[place], content(children=place), by=people[place % 2])

    outcomes = press_together([submit(place) for place in range(CROWD)])
    assert outcomes.count("won") == 1
    revision = Revision.objects.get()
    assert revision.content["figures"]["tre-em-duoc-ho-tro"]["v"] == outcomes.index("won")
    assert all("nộp lúc" in outcome for outcome in outcomes if outcome != "won")


def test_control_numbering_by_reading_first_makes_two_revisions(cast):
    """Without the conditional update every thread thinks that the report is still a draft."""
    report = make_report(cast.obligation)
    read = threading.Barrier(CROWD)
    filed: list[int] = []

    def action() -> None:
        mine = Report.objects.annotate(last=Max("revisions__number")).get(pk=report.pk)
        read.wait(PATIENCE)
        if mine.status == "draft":
            filed.append((mine.last or 0) + 1)

    press_together([action] * CROWD)
    assert filed == [1] * CROWD


def test_approval_against_reopening_of_the_same_report(cast):
    report = submitted(cast)
    workflow.approve(report, by=cast.reviewer)
    first, second = load(report), load(report)
    outcomes = press_together(
        [
            lambda: workflow.reopen(first, by=cast.reviewer, reason="Sai số liệu."),
            lambda: workflow.approve(second, by=cast.province_reviewer),
        ]
    )
    assert outcomes[0] == "won"
    assert "đã được Đỗ Thị Xét Duyệt" in outcomes[1]
    report.refresh_from_db()
    assert report.status == "returned"
    assert ReviewEvent.objects.filter(action="approve").count() == 1


def test_of_eight_who_start_the_report_all_get_the_same_one(cast):
    found: list[int] = []
    outcomes = press_together(
        [lambda: found.append(workflow.start_report(cast.obligation, by=cast.officer).pk)] * CROWD
    )
    assert outcomes == ["won"] * CROWD
    assert len(set(found)) == 1
    assert AuditEvent.objects.filter(action="report.start").count() == 1


# --- returning, filing again and approving many at once -----------------------------------------------------------


def both_submitted(cast) -> tuple[Report, Report]:
    other = make_report(cast.sibling_obligation)
    workflow.submit(other, content(), by=cast.sibling_officer)
    return submitted(cast), other


def test_two_batches_over_the_same_reports_approve_each_once_and_say_so(cast):
    reports = both_submitted(cast)
    seen = {report.pk: 1 for report in reports}
    batches: dict[str, workflow.Batch] = {}

    def approve(name: str, by, rows):
        def action() -> None:
            batches[name] = workflow.approve_many(rows, by=by, seen=seen)

        return action

    first, second = [load(report) for report in reports], [load(report) for report in reversed(reports)]
    outcomes = press_together(
        [approve("first", cast.reviewer, first), approve("second", cast.province_reviewer, second)]
    )
    assert outcomes == ["won", "won"]
    approved = [len(batch.approved) for batch in batches.values()]
    assert sum(approved) == 2
    for batch in batches.values():
        for _, sentence in batch.refused:
            assert "duyệt lúc" in sentence
    assert ReviewEvent.objects.filter(action="approve").count() == 2
    row = Rollup.objects.get(org_unit=cast.union, duty=cast.duty, period=cast.obligation.period)
    assert (row.approved, row.submitted) == (2, 0)


def test_batch_against_a_return_of_one_of_them(cast):
    reports = both_submitted(cast)
    seen = {report.pk: 1 for report in reports}
    rows, returned = [load(report) for report in reports], load(reports[0])
    batches = []
    outcomes = press_together(
        [
            lambda: batches.append(workflow.approve_many(rows, by=cast.reviewer, seen=seen)),
            lambda: workflow.send_back(returned, by=cast.province_reviewer, reason="Thiếu số liệu."),
        ]
    )
    assert outcomes[0] == "won"
    reports[0].refresh_from_db()
    if outcomes[1] == "won":
        assert reports[0].status == "returned"
        assert [report.pk for report in batches[0].approved] == [reports[1].pk]
        assert "đã được Hồ Văn Cấp Tỉnh trả lại lúc" in batches[0].refused[0][1]
    else:
        assert reports[0].status == "approved"
        assert "đã được Đỗ Thị Xét Duyệt duyệt lúc" in outcomes[1]
    row = Rollup.objects.get(org_unit=cast.union, duty=cast.duty, period=cast.obligation.period)
    assert row.approved == Report.objects.filter(status="approved").count()


def test_of_return_and_filing_again_the_open_items_are_those_of_the_state(cast):
    """Returned by items and filed again at once: never filed with items that are still open, or a day still set."""
    report = submitted(cast)
    workflow.send_back(report, by=cast.reviewer, reason="", item_reasons={"ket-qua": "Ngắn."})
    again, back = load(report), load(report)
    press_together(
        [
            lambda: workflow.submit(again, content(children=9), by=cast.officer),
            lambda: workflow.send_back(back, by=cast.province_reviewer, reason="", item_reasons={"kinh-phi": "Sai."}),
        ]
    )
    report.refresh_from_db()
    expected = {"submitted": [], "returned": ["kinh-phi"]}
    assert report.open_items == expected[report.status]


def test_approval_of_a_stale_page_loses_to_the_newer_filing(cast):
    """The reviewer read the first filing; meanwhile a colleague returned it and the unit filed again."""
    report = submitted(cast)
    mine = load(report)
    workflow.send_back(report, by=cast.province_reviewer, reason="Thiếu.")
    again = load(report)
    outcomes = press_together(
        [
            lambda: workflow.approve(mine, by=cast.reviewer, seen=1),
            lambda: workflow.submit(again, content(children=9), by=cast.officer),
        ]
    )
    assert outcomes[1] == "won"
    assert outcomes[0] != "won"
    assert "trả lại lúc" in outcomes[0] or "bản nộp lần 2" in outcomes[0]
    report.refresh_from_db()
    assert report.status == "submitted"


def test_control_without_the_seen_number_the_unread_filing_is_approved(cast):
    report = submitted(cast)
    mine = load(report)
    workflow.send_back(report, by=cast.province_reviewer, reason="Thiếu.")
    workflow.submit(load(report), content(children=9), by=cast.officer)
    workflow.approve(mine, by=cast.reviewer)
    report.refresh_from_db()
    assert report.status == "approved"
