"""The life of a report: start, submit, return, approve, reopen, correct.

Each transition is one transaction: a conditional UPDATE on the old status decides who wins, then the event, the audit
row, the sums above and the notices follow. What two people may press at once is never read, checked and saved.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from orgunits import audit, roles
from orgunits.models import Role, User
from orgunits.transitions import Conflict
from reports import corrections, form_building, notices, review_flags, rollups, snapshots, stand_ins
from reports.models import Obligation, Report, ReviewEvent, Revision

Action = ReviewEvent.Action
Status = Report.Status
FILING_ROLES = (Role.REPORTER, Role.APPROVER)


@dataclass(frozen=True)
class Transition:
    """From which states an action leads to which; ``done`` is its verb in "đã được Nguyễn Văn A … lúc 10:42"."""

    sources: tuple[str, ...]
    target: str
    done: str


@dataclass(frozen=True)
class Back:
    """With what a report goes back to its unit; ``open_items`` empty opens all of them."""

    reason: str = ""
    item_reasons: dict[str, str] = field(default_factory=dict)
    due_on: datetime.date | None = None
    item_due: dict[str, datetime.date] = field(default_factory=dict)
    open_items: list[str] = field(default_factory=list)

    def check_days(self, on: datetime.date) -> None:
        if any(day < on for day in [self.due_on or on, *self.item_due.values()]):
            raise ValidationError({"due_on": "Hạn nộp lại không được trước hôm nay."})


@dataclass(frozen=True)
class Batch:
    """What became of many reports at once; those refused with the sentence that says why."""

    approved: list[Report] = field(default_factory=list)
    refused: list[tuple[Report, str]] = field(default_factory=list)


TRANSITIONS = {
    Action.SUBMIT: Transition((Status.DRAFT, Status.RETURNED), Status.SUBMITTED, "nộp"),
    Action.RETURN: Transition((Status.SUBMITTED,), Status.RETURNED, "trả lại"),
    Action.APPROVE: Transition((Status.SUBMITTED,), Status.APPROVED, "duyệt"),
    Action.REOPEN: Transition((Status.APPROVED,), Status.RETURNED, "mở lại"),
    Action.CORRECT: Transition((Status.SUBMITTED, Status.APPROVED), Status.SUBMITTED, "gửi bản đính chính"),
}


@transaction.atomic
def start_report(obligation: Obligation, *, by: User) -> Report:
    """The report of an obligation, begun as an empty draft by whoever comes first.

    Raises PermissionDenied without the right to file for the unit, Conflict when the report was waived.
    """
    _require_filing(obligation, by)
    _refuse_waived_or_closed(obligation)
    begun = Report.objects.filter(obligation=obligation).first()
    if begun:
        return begun
    version = form_building.ensure_form(obligation.duty, obligation.period.kind)
    report, created = Report.objects.get_or_create(obligation=obligation, defaults={"form_version": version})
    if created:
        audit.record("report.start", report, by=by, org_unit=obligation.org_unit)
    return report


@transaction.atomic
def submit(report: Report, content: dict[str, Any], *, by: User, flags: dict[str, Any] | None = None) -> Revision:
    """File the checked content as the next revision; ``flags`` is what ``content.flags`` found in it.

    The instant of the first filing is kept for ever: it decides whether the report came in time. Raises
    PermissionDenied without the right to file for the unit, Conflict when the report is filed or waived already.
    """
    obligation = Obligation.objects.select_for_update().get(pk=report.obligation_id)
    _require_filing(obligation, by)
    _refuse_waived_or_closed(obligation)
    now = timezone.now()
    _move(
        report,
        Action.SUBMIT,
        submitted_at=now,
        submitted_by=by,
        first_submitted_at=Coalesce(F("first_submitted_at"), now),
        decided_at=None,
        decided_by=None,
        open_items=[],
        correction_due_on=None,
    )
    last = _last_revision(report)
    revision = Revision.objects.create(
        report=report,
        number=last.number + 1 if last else 1,
        content=content,
        form_version_id=report.form_version_id,
        submitted_at=now,
        submitted_by=by,
    )
    review_flags.write(revision, flags or {})
    snapshots.take(revision)
    _record(revision, Action.SUBMIT, by=by)
    return revision


@transaction.atomic
def approve(report: Report, *, by: User, comment: str = "", seen: int | None = None) -> ReviewEvent:
    """Approve what was filed; from then on its figures count.

    ``seen`` is the number of the revision that the reviewer read: a newer one is a Conflict. Raises PermissionDenied
    to who does not review for the receiving unit, and to who filed the revision.
    """
    return _decide(report, Action.APPROVE, by=by, back=Back(reason=comment.strip()), seen=seen)


@transaction.atomic
def approve_many(reports: Iterable[Report], *, by: User, seen: dict[int, int]) -> Batch:
    """Approve those of which all checks pass, each in a savepoint of its own; the others stay and are named with why.

    ``seen`` is as for ``approve``, by pk. The rows are taken in the order of their pks, so that two batches never wait
    for each other in a circle, and the sums above are recomputed once for all.
    """
    batch = Batch()
    for report in sorted(reports, key=lambda row: row.pk):
        try:
            with transaction.atomic():
                _decide(report, Action.APPROVE, by=by, back=Back(), seen=seen[report.pk], in_batch=True)
        except Conflict as error:
            batch.refused.append((report, str(error)))
        except PermissionDenied:
            batch.refused.append((report, "Bạn là người nộp bản này, hoặc không xét duyệt báo cáo của đơn vị này."))
        else:
            batch.approved.append(report)
    rollups.recompute_chain([report.obligation for report in batch.approved])
    return batch


@transaction.atomic
def send_back(
    report: Report,
    *,
    by: User,
    reason: str,
    item_reasons: dict[str, str] | None = None,
    due_on: datetime.date | None = None,
    item_due: dict[str, datetime.date] | None = None,
    seen: int | None = None,
) -> ReviewEvent:
    """Return the report to its unit, with a reason for the whole and reasons for single items by item code.

    With reasons for items only, those items alone open again. ``due_on`` is the last good day for the correction,
    ``item_due`` that of single items; without ``due_on`` the latest of them. Raises ValidationError without any
    reason, or with a day in the past; otherwise as ``approve``.
    """
    of_items = {code: text.strip() for code, text in (item_reasons or {}).items() if text.strip()}
    if not reason.strip() and not of_items:
        raise ValidationError({"reason": "Hãy ghi lý do trả lại để đơn vị biết cần sửa gì."})
    days = {code: day for code, day in (item_due or {}).items() if code in of_items}
    back = Back(
        reason=reason.strip(),
        item_reasons=of_items,
        due_on=due_on or max(days.values(), default=None),
        item_due=days,
        open_items=[] if reason.strip() else list(of_items),
    )
    return _decide(report, Action.RETURN, by=by, back=back, seen=seen)


@transaction.atomic
def reopen(
    report: Report, *, by: User, reason: str, due_on: datetime.date | None = None, seen: int | None = None
) -> ReviewEvent:
    """Take back an approval so that the unit can file a corrected revision; the approved one stays readable.

    Raises ValidationError without a reason, or with a day in the past; otherwise as ``approve``.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Hãy ghi lý do mở lại báo cáo đã duyệt."})
    return _decide(report, Action.REOPEN, by=by, back=Back(reason=reason.strip(), due_on=due_on), seen=seen)


@transaction.atomic
def correct(report: Report, *, by: User, reason: str, seen: int | None = None) -> Revision:
    """Send the last filing again with the figures from below as they stand now; its own content stays the same.

    ``seen`` is the number of the revision that was on the page: a newer one is a Conflict. The revision before stays
    readable. Raises ValidationError without a reason, PermissionDenied without the right to file for the unit, and
    Conflict where nothing below has changed since.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Hãy ghi lý do gửi bản đính chính."})
    obligation = Obligation.objects.select_for_update().get(pk=report.obligation_id)
    _require_filing(obligation, by)
    _refuse_waived_or_closed(obligation)
    now = timezone.now()
    _move(report, Action.CORRECT, submitted_at=now, submitted_by=by, decided_at=None, decided_by=None)
    last = report.revisions.order_by("-number")[:1].get()
    if seen is not None and seen != last.number:
        raise Conflict(f"Báo cáo đã có bản nộp lần {last.number}. Hãy xem bản mới trước khi gửi bản đính chính.")
    if not corrections.since_filed(last):
        raise Conflict("Từ khi gửi báo cáo, số liệu của các đơn vị cấp dưới không thay đổi nên không cần đính chính.")
    revision = Revision.objects.create(
        report=report,
        number=last.number + 1,
        content=last.content,
        form_version_id=last.form_version_id,
        submitted_at=now,
        submitted_by=by,
    )
    review_flags.write(revision, last.flags)
    snapshots.take(revision)
    _record(revision, Action.CORRECT, by=by, back=Back(reason=reason.strip()))
    return revision


def may_file(user: User, obligation: Obligation, *, on: datetime.date) -> bool:
    """Whether the user fills in and submits the unit's reports."""
    return roles.may(user, FILING_ROLES, obligation.org_unit, on=on)


def may_review(user: User, obligation: Obligation, *, on: datetime.date) -> bool:
    """Whether the user reviews for the receiving unit; that nobody approves an own filing is asked on approval."""
    return roles.may(user, Role.REVIEWER, obligation.receiving_unit, on=on)


def conflict_sentence(report: Report, action: Action) -> str:
    """Why the action came too late or too early, for the person who pressed it."""
    last = report.events.select_related("by").order_by("-pk").first()
    if last is None:
        return "Báo cáo này chưa được nộp nên chưa xét duyệt được."
    done = TRANSITIONS[Action(last.action)].done
    at = timezone.localtime(last.at)
    sentence = f"Báo cáo này đã được {last.by.full_name} {done} lúc {at:%H:%M} ngày {at:%d/%m/%Y}."
    if last.action in (Action.SUBMIT, Action.CORRECT) and action == Action.REOPEN:
        return f"{sentence} Báo cáo đang chờ duyệt nên không cần mở lại."
    return sentence


def _decide(
    report: Report, action: Action, *, by: User, back: Back, seen: int | None, in_batch: bool = False
) -> ReviewEvent:
    """A decision of who may review; in a batch only on what has nothing to look at, and without the sums above."""
    on = timezone.localdate()
    if not may_review(by, report.obligation, on=on):
        raise PermissionDenied
    back.check_days(on)
    _move(
        report,
        action,
        decided_at=timezone.now(),
        decided_by=by,
        open_items=back.open_items,
        correction_due_on=back.due_on,
    )
    # The row is locked from here on: what is read now holds until the end of the transaction.
    revision = report.revisions.order_by("-number")[:1].get()
    if action == Action.APPROVE and revision.submitted_by_id == by.pk:
        raise PermissionDenied
    if seen is not None and seen != revision.number:
        raise Conflict(
            f"Đơn vị đã nộp lại báo cáo này, nay là bản nộp lần {revision.number}. Hãy đọc bản mới trước khi xét duyệt."
        )
    if in_batch and revision.flag_count != 0:
        raise Conflict("Báo cáo có điều cần xem. Hãy mở báo cáo để đọc rồi duyệt riêng.")
    return _record(revision, action, by=by, back=back, with_sums=not in_batch)


def _move(report: Report, action: Action, **changes: Any) -> None:
    """Take the report to the action's state; the row count of the conditional UPDATE decides, not what we read."""
    step = TRANSITIONS[action]
    won = Report.objects.filter(pk=report.pk, status__in=step.sources).update(status=step.target, **changes)
    if not won:
        raise Conflict(conflict_sentence(report, action))
    report.refresh_from_db(fields=["status", "form_version", *changes])


def _record(
    revision: Revision, action: Action, *, by: User, back: Back | None = None, with_sums: bool = True
) -> ReviewEvent:
    """The event, the audit row, the sums above, and the notices to whom it concerns."""
    report, back = revision.report, back or Back()
    event = ReviewEvent.objects.create(
        report=report,
        revision=revision,
        action=action,
        by=by,
        reason=back.reason,
        item_reasons=back.item_reasons,
        due_on=back.due_on,
        item_due={code: day.isoformat() for code, day in back.item_due.items()},
    )
    audit.record(
        f"report.{action}",
        report,
        by=by,
        org_unit=report.obligation.org_unit,
        revision=revision.number,
        reason=back.reason,
        item_reasons=back.item_reasons,
        **({"due_on": back.due_on.isoformat()} if back.due_on else {}),
        **stand_ins.audited(event, report.obligation.receiving_unit),
    )
    if with_sums:
        rollups.recompute_chain([report.obligation])
    notices.write(event)
    return event


def _last_revision(report: Report) -> Revision | None:
    return report.revisions.order_by("-number").first()


def _require_filing(obligation: Obligation, by: User) -> None:
    if not may_file(by, obligation, on=timezone.localdate()):
        raise PermissionDenied


def _refuse_waived_or_closed(obligation: Obligation) -> None:
    if obligation.waived_at is not None:
        day = timezone.localdate(obligation.waived_at)
        raise Conflict(f"Đơn vị đã được miễn nộp báo cáo này từ ngày {day:%d/%m/%Y}: {obligation.waive_reason}")
    if obligation.closed_at is not None:
        day = timezone.localdate(obligation.closed_at)
        raise Conflict(f"Báo cáo này đã đóng từ ngày {day:%d/%m/%Y}, không nhận nộp nữa: {obligation.close_reason}")
