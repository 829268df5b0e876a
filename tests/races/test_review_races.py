"""Two people at once: one wins, the other reads who did what. Each race has a control with the guard off."""

import threading

import pytest
from django.db.models import Max

from orgunits.models import AuditEvent
from reports import workflow
from reports.models import Report, ReviewEvent, Revision
from tests.builders import content, make_report
from tests.races.crowd import press_together

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
            read.wait(20)
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
        read.wait(20)
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
