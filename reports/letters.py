"""What the letters about reports say, and the delivery of notices about a review."""

import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from orgunits import mail
from orgunits.models import User
from reports import due_dates, returns, waiting
from reports.message_texts import Texts
from reports.models import Notice, Obligation, Report, ReviewEvent
from reports.models.obligations import ObligationQuerySet

Action = ReviewEvent.Action
STEMS = {
    Action.SUBMIT: "submitted",
    Action.RETURN: "returned",
    Action.APPROVE: "approved",
    Action.REOPEN: "reopened",
    Action.CORRECT: "corrected",
}


def with_names(obligations: ObligationQuerySet) -> ObligationQuerySet:
    """Obligations with what a letter names, in few queries."""
    return obligations.select_related(
        "duty", "period", "org_unit", "receiving_unit", "report", "report__decided_by"
    ).prefetch_related("org_unit__placements", "receiving_unit__placements", "duty__due_rules")


def reminder(
    obligation: Obligation,
    *,
    to: User,
    by: User | None,
    on: datetime.date,
    texts: Texts | None = None,
    awaited: dict[int, Obligation] | None = None,
) -> mail.Letter:
    """The letter that reminds of a report as it stands that day; ``by`` is who pressed *nhắc*.

    ``texts`` and ``awaited`` (of ``waiting.awaited_by_many``) are given where many letters are written.
    """
    days = obligation.days_left(on)
    context = about(obligation)
    waits = waiting.awaited_by(obligation) if awaited is None else awaited.get(obligation.pk)
    values = {
        "nguoi_nhan": to.full_name,
        "ten_don_vi": context["unit"],
        "ten_bao_cao": context["report_name"],
        "ky_bao_cao": context["period"],
        "han_chot": due_dates.last_moment(obligation.due_now),
        "thoi_han": due_dates.days_left(days),
        "so_ngay": str(abs(days)),
        "noi_nhan": str(context["receiver"]),
    }
    kind = reminder_kind(days, is_returned=context["is_returned"])
    context |= {
        "message": (texts or Texts()).message(kind, values),
        "days_words": values["thoi_han"],
        "by": by,
        "awaited_until": due_dates.last_moment(waits.due_now) if waits else "",
    }
    return mail.Letter("reminder", context)


def reminder_kind(days: int, *, is_returned: bool) -> str:
    """Which words remind of a report with so many days left."""
    if is_returned:
        return "reminder_returned"
    if days < 0:
        return "reminder_late"
    return "reminder_before" if days else "reminder_today"


def deliver_notice(pk: int) -> bool:
    """Send one notice, unless something newer has happened to the report."""
    return mail.deliver(Notice, pk, _notice)


def about(obligation: Obligation) -> dict[str, Any]:
    """What every letter about a report names: unit, report, period, due date, where it goes, where to open it."""
    report = getattr(obligation, "report", None)
    return {
        "unit": obligation.org_unit.name,
        "report_name": obligation.duty.name,
        "period": str(obligation.period),
        "due_words": due_in_words(obligation),
        "receiver": obligation.receiving_unit,
        "office": obligation.route.strip().removeprefix("qua ").removeprefix("Qua "),
        "report": report,
        "is_returned": report is not None and report.status == Report.Status.RETURNED,
        "is_sample": obligation.org_unit.is_sample,
        "link": settings.SITE_URL + form_path(obligation),
    }


def due_in_words(obligation: Obligation) -> str:
    """The due date as a sentence part that leaves no doubt about the last good moment; of a correction, its own."""
    if obligation.due_now != obligation.effective_due_on:
        return f"chậm nhất {due_dates.last_moment(obligation.due_now)}"
    return planned_in_words(obligation)


def planned_in_words(obligation: Obligation) -> str:
    """When the first filing was due, as a sentence part."""
    return due_dates.planned_in_words(obligation)


def form_path(obligation: Obligation) -> str:
    """The form of a report that has been begun, else the page on which it is begun."""
    report = getattr(obligation, "report", None)
    if report is not None and report.is_editable:
        return reverse("reports:filing", args=[report.pk])
    return obligation.get_absolute_url()


def _notice(row: Notice) -> mail.Letter:
    event = ReviewEvent.objects.select_related("by", "revision__submitted_by", "report").get(pk=row.event_id)
    if event.report.events.filter(pk__gt=event.pk).exists():
        raise mail.NotNeeded("Báo cáo đã sang bước sau trước khi gửi thư.")
    obligation = with_names(Obligation.objects.all()).get(pk=event.report.obligation_id)
    context = about(obligation)
    at = timezone.localtime(event.at)
    values = {
        "nguoi_nhan": row.recipient.full_name,
        "ten_don_vi": context["unit"],
        "ten_bao_cao": context["report_name"],
        "ky_bao_cao": context["period"],
        "nguoi_thuc_hien": event.by.full_name,
        "luc": f"{at:%H:%M} ngày {at:%d/%m/%Y}",
        "lan_nop": str(event.revision.number),
    }
    stem = STEMS[Action(event.action)]
    context |= {
        "message": Texts().message(stem, values),
        "event": event,
        "by": event.by,
        "at": at,
        "returned": returns.describe(event),
    }
    if event.action in (Action.SUBMIT, Action.APPROVE, Action.CORRECT):
        context["link"] = settings.SITE_URL + event.report.get_absolute_url()
    return mail.Letter(stem, context)
