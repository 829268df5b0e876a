"""What to call the state of an expected report: a word, an icon and a kind of colour, the same on every page."""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from reports.models import Obligation, Report


@dataclass(frozen=True)
class State:
    """``kind`` is that of includes/badge.html."""

    code: str
    label: str
    kind: str
    icon: str = ""


OF_STATUS = {
    Report.Status.DRAFT: State("draft", "Bản nháp", "info", "pencil"),
    Report.Status.SUBMITTED: State("submitted", "Chờ duyệt", "warn"),
    Report.Status.RETURNED: State("returned", "Bị trả lại", "late", "undo-2"),
    Report.Status.APPROVED: State("approved", "Đã duyệt", "ok"),
}
REOPENED = State("returned", "Được mở lại", "warn", "lock-open")
WAIVED = State("waived", "Được miễn nộp", "muted", "circle-slash")
CLOSED = State("closed", "Đã đóng, không nộp", "late", "lock")
NOT_BEGUN = State("none", "Chưa nộp", "muted")


def state_of(obligation: Obligation) -> State:
    """The state without regard to the day; needs ``report`` selected with the obligation."""
    if obligation.waived_at is not None:
        return WAIVED
    if obligation.closed_at is not None:
        return CLOSED
    report: Report | None = getattr(obligation, "report", None)
    return OF_STATUS[Report.Status(report.status)] if report else NOT_BEGUN


def is_owed(obligation: Obligation) -> bool:
    """Whether the unit still has something to file (``ObligationQuerySet.owed`` for one row)."""
    return state_of(obligation).code in ("none", "draft", "returned")


def days_left(obligation: Obligation, *, on: datetime.date) -> int | None:
    """Days until what is still owed is to be filed; None for what is filed or waived."""
    return obligation.days_left(on) if is_owed(obligation) else None


def timeliness(obligation: Obligation, report: Report) -> State | None:
    """Whether the first filing came in time; None before it."""
    if report.first_submitted_at is None:
        return None
    if obligation.is_in_time(report.first_submitted_at):
        return State("in_time", "Nộp đúng hạn", "ok")
    days = (timezone.localdate(report.first_submitted_at) - obligation.effective_due_on).days
    return State("late", f"Nộp chậm {days} ngày", "late")
