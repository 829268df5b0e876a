"""The history of one report on one page: who did what, when and why, from its events and from the audit trail."""

import datetime
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from orgunits import audit_words
from orgunits.models import AuditEvent, User
from reports import due_dates, returns, stand_ins
from reports.models import Report, ReviewEvent

Action = ReviewEvent.Action
VERBS = {
    Action.SUBMIT: "nộp báo cáo",
    Action.RETURN: "trả lại báo cáo để đơn vị sửa",
    Action.APPROVE: "duyệt báo cáo",
    Action.REOPEN: "mở lại báo cáo đã duyệt",
    Action.CORRECT: "gửi bản đính chính",
}
ICONS = {
    Action.SUBMIT: "send",
    Action.RETURN: "undo-2",
    Action.APPROVE: "circle-check",
    Action.REOPEN: "lock-open",
    Action.CORRECT: "file-pen",
}
AUDIT_ICONS = {
    "report.start": "pencil",
    "report.import": "file-spreadsheet",
    "report.move_form": "layout-list",
    "obligation.extend": "calendar-plus",
    "duty.extend_all": "calendar-plus",
    "obligation.waive": "circle-slash",
    "duty.waive_many": "circle-slash",
    "obligation.close": "lock",
    "duty.close_many": "lock",
    "duty.open_again": "lock-open",
    "reminder.manual": "bell",
}
OF_MANY = ("duty.extend_all", "duty.waive_many", "duty.close_many", "duty.open_again")
# Each of these stands in an event too, which says more.
IN_EVENTS = tuple(f"report.{action}" for action in Action.values)
# Details that a reader of the page knows or cannot use.
LEFT_OUT = {"fields", "sheet", "passages", "obligations", "period", "reason", "until", "on_behalf_of"}


@dataclass
class Step:
    """One line of the history; ``revision`` is the number of the filing that it is about."""

    at: datetime.datetime
    by: User | None
    what: str
    icon: str
    revision: int | None = None
    reason: str = ""
    returned: returns.Returned | None = None
    instead_of: User | None = None
    details: list[tuple[str, str]] = field(default_factory=list)


def steps(report: Report) -> list[Step]:
    """Everything that happened to the report and to what is expected of its unit, oldest first."""
    found = [*_of_events(report), *_of_audit(report)]
    return sorted(found, key=lambda step: step.at)


def _of_events(report: Report) -> list[Step]:
    events = list(report.events.select_related("by", "revision", "report").defer("revision__content").order_by("pk"))
    stand_ins.mark(events, report.obligation.receiving_unit)
    back = returns.described(event for event in events if event.action in (Action.RETURN, Action.REOPEN))
    return [
        Step(
            at=event.at,
            by=event.by,
            what=VERBS[Action(event.action)],
            icon=ICONS[Action(event.action)],
            revision=event.revision.number,
            reason="" if event.pk in back else event.reason,
            returned=back.get(event.pk),
            instead_of=event.instead_of,
        )
        for event in events
    ]


def _of_audit(report: Report) -> list[Step]:
    obligation = report.obligation
    of_rows = Q(target_type="reports.report", target_pk=str(report.pk)) | Q(
        target_type="reports.obligation", target_pk=str(obligation.pk)
    )
    of_many = Q(action__in=OF_MANY, target_type="plans.reportingduty", target_pk=str(obligation.duty_id))
    rows = AuditEvent.objects.filter(of_rows | of_many).exclude(action__in=IN_EVENTS)
    found = list(rows.select_related("actor").order_by("at", "pk"))
    labels = _item_labels(report) if any("item" in row.data for row in found) else {}
    return [
        _step(row, labels)
        for row in found
        if row.action not in OF_MANY or obligation.pk in row.data.get("obligations", [])
    ]


def _item_labels(report: Report) -> dict[str, str]:
    """What the items of the report's form are called; the trail keeps their codes."""
    return dict(report.form_version.items.values_list("code", "label"))


def _step(row: AuditEvent, labels: dict[str, str]) -> Step:
    words = audit_words.action_words(row.action)
    until = row.data.get("until")
    if until:
        words = f"{words} đến {due_dates.last_moment(datetime.date.fromisoformat(until))}"
    shown = {key: value for key, value in row.data.items() if key not in LEFT_OUT}
    if "item" in shown:
        shown["item"] = labels.get(shown["item"], shown["item"])
    return Step(
        at=row.at,
        by=row.actor,
        what=words[:1].lower() + words[1:],
        icon=AUDIT_ICONS.get(row.action, "circle-dot"),
        reason=str(row.data.get("reason", "")),
        details=audit_words.details(shown),
    )


def days(found: list[Step]) -> list[tuple[datetime.date, list[Step]]]:
    """The steps by the day on which they happened in Viet Nam, in their order."""
    grouped: dict[datetime.date, list[Step]] = {}
    for step in found:
        grouped.setdefault(timezone.localdate(step.at), []).append(step)
    return list(grouped.items())
