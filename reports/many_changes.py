"""More time, a waiver, or the end of taking reports for many units at once: all of a period, a branch, or one unit.

What will change is counted before it is done, and done only if that still holds. Whatever was filed already keeps its
instant; whether it came in time is counted by the due date as it stands.
"""

import datetime
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from orgunits import audit
from orgunits.models import OrgUnit, User
from orgunits.transitions import Conflict
from plans.models import ReportingDuty
from reports import obligations, rollups
from reports.models import Obligation, Period, Rollup
from reports.models.obligations import ObligationQuerySet

FEW = 500  # up to so many, the sums are recomputed along their paths; for more it is cheaper to sum the whole anew
CHANGED_SINCE = "Từ khi bạn xem trước, số báo cáo sẽ đổi không còn như vậy. Hãy xem lại rồi xác nhận."


class Change(models.TextChoices):
    EXTEND = "extend", "Gia hạn"
    WAIVE = "waive", "Miễn nộp"
    CLOSE = "close", "Đóng, không nhận nữa"
    OPEN_AGAIN = "open_again", "Nhận lại báo cáo đã đóng"


AUDITED = {
    Change.EXTEND: "duty.extend_all",
    Change.WAIVE: "duty.waive_many",
    Change.CLOSE: "duty.close_many",
    Change.OPEN_AGAIN: "duty.open_again",
}


class Scope(models.TextChoices):
    ALL = "all", "Mọi đơn vị của kỳ này"
    BRANCH = "branch", "Một đơn vị và mọi đơn vị cấp dưới của đơn vị đó"
    UNIT = "unit", "Một đơn vị"


@dataclass(frozen=True)
class Wanted:
    """What an administrator asks for."""

    change: Change
    reason: str
    scope: Scope = Scope.ALL
    unit: OrgUnit | None = None
    until: datetime.date | None = None  # of an extension


def within(duty: ReportingDuty, period: Period, wanted: Wanted) -> ObligationQuerySet:
    """The reports of the period that lie in the chosen scope, a branch by the tree of that period."""
    rows = Obligation.objects.filter(duty=duty, period=period)
    if wanted.scope == Scope.ALL or wanted.unit is None:
        return rows
    if wanted.scope == Scope.UNIT:
        return rows.filter(org_unit=wanted.unit)
    top = Rollup.objects.filter(duty=duty, period=period, org_unit=wanted.unit, basis=Rollup.Basis.AS_FILED).first()
    return rows.filter(path__startswith=top.path) if top else rows.none()


def affected(duty: ReportingDuty, period: Period, wanted: Wanted) -> ObligationQuerySet:
    """Those of them that the change would change."""
    rows = within(duty, period, wanted)
    match wanted.change:
        case Change.EXTEND:
            taken = rows.filter(waived_at__isnull=True, closed_at__isnull=True, due_on__lt=wanted.until)
            return taken.filter(Q(extended_due_on__isnull=True) | Q(extended_due_on__lt=wanted.until))
        case Change.OPEN_AGAIN:
            return rows.filter(closed_at__isnull=False)
        case Change.WAIVE:
            unfiled = Q(report__isnull=True) | Q(report__status__in=["draft", "returned"])
            return rows.filter(unfiled, waived_at__isnull=True)
    return rows.owed()


def count(duty: ReportingDuty, period: Period, wanted: Wanted) -> int:
    """How many reports would change; ValidationError with a sentence where it is none."""
    found = affected(duty, period, wanted).count()
    if not found:
        raise _nothing(wanted)
    return found


@transaction.atomic
def change(duty: ReportingDuty, period: Period, wanted: Wanted, *, by: User, seen: int | None = None) -> int:
    """Do it for all of them; how many there were.

    1. Lock the rows in the order in which everybody locks them: a filing that holds one is waited for.
    2. Read anew which of them are still to be changed. ``seen`` is the number that was shown: another is a Conflict.
    3. Write, audit with the units' reports, sum.
    """
    obligations.lock(duty)
    held = within(duty, period, wanted).select_for_update(of=("self",)).order_by("pk")
    list(held.values_list("pk", flat=True))
    pks = list(affected(duty, period, wanted).order_by("pk").values_list("pk", flat=True))
    if not pks:
        raise _nothing(wanted)
    if seen is not None and seen != len(pks):
        raise Conflict(CHANGED_SINCE)
    affected(duty, period, wanted).update(**_values(wanted))
    audit.record(
        AUDITED[wanted.change],
        duty,
        by=by,
        org_unit=duty.plan.org_unit,
        period=str(period),
        reason=wanted.reason,
        obligations=pks,
        **({"until": wanted.until.isoformat()} if wanted.until else {}),
        **({"branch": str(wanted.unit)} if wanted.unit else {}),
    )
    if wanted.change in (Change.EXTEND, Change.WAIVE):  # what is closed is expected as before
        resum(duty, period, pks)
    return len(pks)


def resum(duty: ReportingDuty, period: Period, pks: list[int]) -> None:
    if len(pks) > FEW:
        rollups.rebuild(duty, period)
    else:
        rollups.recompute_chain(Obligation.objects.filter(pk__in=pks))


def _values(wanted: Wanted) -> dict[str, object]:
    now, reason = timezone.now(), wanted.reason
    match wanted.change:
        case Change.EXTEND:
            return {"extended_due_on": wanted.until, "extension_reason": reason}
        case Change.WAIVE:
            return {"waived_at": now, "waive_reason": reason, "closed_at": None, "close_reason": ""}
        case Change.CLOSE:
            return {"closed_at": now, "close_reason": reason}
    return {"closed_at": None, "close_reason": ""}


def _nothing(wanted: Wanted) -> ValidationError:
    if wanted.change == Change.EXTEND:
        return ValidationError({"until": "Ngày gia hạn phải sau hạn chót hiện nay của các đơn vị."})
    if wanted.change == Change.OPEN_AGAIN:
        return ValidationError("Không có báo cáo nào đã đóng trong phạm vi này.")
    return ValidationError("Trong phạm vi này không còn báo cáo nào chưa nộp để đổi.")
