"""What goes under the bell and to the gateways beside the letters, in the transaction that writes the letters' rows."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from orgunits import notifications, webhook_tasks, webhooks
from orgunits.models import WebhookDelivery, WebhookEvent
from orgunits.notifications import Draft
from orgunits.webhooks import Message
from reports import due_dates, letters
from reports.models import Notice, Obligation, OfficialLetterNotice, Reminder, ReviewEvent, SuperiorReminder

Action = ReviewEvent.Action
EVENTS = {
    Action.SUBMIT: WebhookEvent.SUBMITTED,
    Action.RETURN: WebhookEvent.RETURNED,
    Action.APPROVE: WebhookEvent.APPROVED,
    Action.REOPEN: WebhookEvent.REOPENED,
    Action.CORRECT: WebhookEvent.CORRECTED,
}
TITLES = {
    Action.SUBMIT: "Báo cáo mới chờ xét duyệt",
    Action.RETURN: "Báo cáo bị trả lại để sửa",
    Action.APPROVE: "Báo cáo đã được duyệt",
    Action.REOPEN: "Báo cáo đã duyệt được mở lại",
    Action.CORRECT: "Báo cáo có bản đính chính",
}
RECEIVED = (Action.SUBMIT, Action.CORRECT)  # told to the unit that receives the report


# --- reminders --------------------------------------------------------------------------------------------------


def on_reminded(sender: Any, *, pks: list[int], **_: Any) -> None:
    """The receiver of ``reminders.reminded``: the rows that one call has inserted, perhaps thousands."""
    on = timezone.localdate()
    rows = Reminder.objects.filter(pk__in=pks).order_by("pk")
    wanted = rows.order_by().values("obligation_id")
    found = Obligation.objects.filter(pk__in=wanted).select_related("duty", "period", "org_unit")
    named = found.only("duty__name", "period__kind", "period__year", "org_unit__code", "org_unit__is_sample")
    obligations = {row.pk: row for row in named.prefetch_related("org_unit__placements")}
    notifications.write(_reminder_drafts(rows, obligations, on=on))
    endpoints = webhooks.listening((WebhookEvent.DUE, WebhookEvent.OVERDUE))
    if endpoints:
        told = rows.select_related("recipient")
        messages = [_reminder_message(row, obligations[row.obligation_id], on=on) for row in told]
        _send(messages, endpoints, on=on)


def _reminder_drafts(rows: QuerySet[Reminder], obligations: dict[int, Obligation], *, on: datetime.date) -> list[Draft]:
    """One draft for each row; what is the same for every recipient of a report is said once."""
    before, _, after = reverse("reports:obligation_detail", args=[0]).rpartition("0")
    names = {pk: (f"{_name(row)}.", row.org_unit_id) for pk, row in obligations.items()}
    moments: dict[datetime.date, tuple[str, str]] = {}
    drafts = []
    for pk, rung, due_on, recipient in rows.values_list("obligation_id", "rung", "due_on", "recipient_id"):
        if due_on not in moments:
            left = due_dates.days_left((due_on - on).days)
            moments[due_on] = (f"Nhắc nộp báo cáo, {left}", f"Chậm nhất {due_dates.last_moment(due_on)}.")
        title, moment = moments[due_on]
        name, unit = names[pk]
        key = _reminder_key(pk, rung, due_on)
        drafts.append(Draft(recipient, key, title, f"{before}{pk}{after}", f"{name} {moment}", unit))
    return drafts


def _reminder_message(row: Reminder, obligation: Obligation, *, on: datetime.date) -> Message:
    days = (row.due_on - on).days
    left = due_dates.days_left(days)
    text = f"Măng Non: {_name(obligation)}, {left}. Chậm nhất {due_dates.last_moment(row.due_on)}."
    person = row.recipient
    return Message(
        unit=obligation.org_unit_id,
        key=f"{_reminder_key(row.obligation_id, row.rung, row.due_on)}:{row.recipient_id}",
        event=WebhookEvent.OVERDUE if days < 0 else WebhookEvent.DUE,
        payload=_payload(obligation, due_on=row.due_on, days=days, text=text)
        | {"recipient": {"id": person.pk, "name": person.full_name}},
        phone=person.phone,
    )


def _reminder_key(obligation: int, rung: str, due_on: datetime.date) -> str:
    """What the reminder is, whatever channel its row is for: told once."""
    return f"reminder:{obligation}:{rung}:{due_on}"


def on_superiors_told(sender: Any, *, pks: list[int], **_: Any) -> None:
    """The receiver of ``superiors.superiors_told``: beside the letter with the names of who has not filed."""
    rows = SuperiorReminder.objects.filter(pk__in=pks).select_related("duty", "period").order_by("pk")
    notifications.write(
        Draft(
            recipient=row.recipient_id,
            key=f"superior:{row.duty_id}:{row.period_id}:{row.receiving_unit_id}:{row.step_on}",
            title="Còn đơn vị chưa nộp báo cáo đã quá hạn",
            url=reverse("reports:duty_period", args=[row.duty_id, row.period_id]),
            text=f"{row.duty.name}, {row.period}.",
            unit=row.receiving_unit_id,
        )
        for row in rows
    )


def lost_reason(row: WebhookDelivery) -> str:
    """Why a gateway need not be told of a reminder any more: what waited long may be about a report that is in."""
    _, obligation, _, due_on, _ = row.key.split(":")
    found = Obligation.objects.owed().select_related("report").filter(pk=int(obligation)).first()
    if found is None:
        return "Báo cáo đã được nộp hoặc được miễn trước khi gửi tin."
    return "" if found.due_now.isoformat() == due_on else "Hạn chót đã thay đổi; hệ thống sẽ nhắc theo hạn mới."


# --- notices ----------------------------------------------------------------------------------------------------


def on_notices(event: ReviewEvent, rows: Iterable[Notice]) -> None:
    """Beside the letters about a review: one notification for each addressee, one message about the event for each."""
    on = timezone.localdate(event.at)
    rows = list(rows)
    action = Action(event.action)
    obligation = letters.with_names(Obligation.objects.all()).get(pk=event.report.obligation_id)
    unit = obligation.receiving_unit_id if action in RECEIVED else obligation.org_unit_id
    url = event.report.get_absolute_url()
    if action in (Action.RETURN, Action.REOPEN):
        url = letters.form_path(obligation)
    notifications.write(
        Draft(row.recipient_id, f"notice:{event.pk}", TITLES[action], url, f"{_name(obligation)}.", unit)
        for row in rows
    )
    endpoints = webhooks.listening([EVENTS[action]])
    _send([_notice_message(row, event, obligation, on=on) for row in rows] if endpoints else [], endpoints, on=on)


def _notice_message(row: Notice, event: ReviewEvent, obligation: Obligation, *, on: datetime.date) -> Message:
    action, person = Action(event.action), row.recipient
    due = obligation.due_now
    payload = _payload(
        obligation, due_on=due, days=(due - on).days, text=f"Măng Non: {TITLES[action]}: {_name(obligation)}."
    )
    payload["report"]["url"] = settings.SITE_URL + event.report.get_absolute_url()
    return Message(
        unit=obligation.org_unit_id,
        key=f"notice:{event.pk}:{person.pk}",
        event=EVENTS[action],
        payload=payload | {"recipient": {"id": person.pk, "name": person.full_name}},
        phone=person.phone,
    )


def on_official_letter(rows: Iterable[OfficialLetterNotice]) -> None:
    """Beside the mail about an official letter that was issued."""
    notifications.write(
        Draft(
            recipient=row.recipient_id,
            key=f"official-letter:{row.outgoing_id}",
            title=f"Công văn số {row.outgoing.number} gửi đơn vị của bạn",
            url=row.letter.get_absolute_url(),
        )
        for row in rows
    )


# --- shared -----------------------------------------------------------------------------------------------------


def _name(obligation: Obligation) -> str:
    return f"{obligation.duty.name}, {obligation.period}, {obligation.org_unit.name}"


def _payload(obligation: Obligation, *, due_on: datetime.date, days: int, text: str) -> dict[str, Any]:
    """What every message says; names of units, reports and officers, and nothing of a report's content."""
    return {
        "unit": {"code": obligation.org_unit.code, "name": obligation.org_unit.name},
        "report": {
            "name": obligation.duty.name,
            "period": str(obligation.period),
            "due_on": due_on.isoformat(),
            "days_left": days,
            "url": settings.SITE_URL + obligation.get_absolute_url(),
        },
        "text": text,
        "is_sample": obligation.org_unit.is_sample,
    }


def _send(messages: list[Message], endpoints: list[Any], *, on: datetime.date) -> None:
    """Write the messages, and ring once after the commit: the tick finds them all."""
    if messages and webhooks.write(messages, endpoints, on=on):
        webhook_tasks.ring_for_webhooks.delay_on_commit()
