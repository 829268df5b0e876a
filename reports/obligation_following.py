"""Open reports of a unit that ends: closed, moved to a successor, or left to be filed by the successor's people.

An expected report never changes its owner: the ended unit's row is closed with the reason, and the successor gets its
own row unless it has one. What was filed or approved is not touched. Taking the act back reopens and closes again, and
is refused once one of the units has filed since.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from orgunits import audit
from orgunits.following import (
    SUCCESSOR,
    Afterwards,
    End,
    Option,
    Question,
    Section,
    Size,
    left_over,
    successor_options,
)
from orgunits.models import OrgUnit, Reorganisation, ReorganisationUnit, User
from orgunits.transitions import Conflict
from reports import obligations, rollups
from reports.models import Obligation, Report, Revision
from reports.models.obligations import ObligationQuerySet

CLOSE, KEEP = "close", "keep"
TAKEN_BACK: Final = "Quyết định sắp xếp đã được hủy"
MOST_TOLD = 60


class ObligationSection(Section):
    key = "obligations"
    order = 30
    title = "Báo cáo còn phải nộp của đơn vị kết thúc"
    lead = "Báo cáo đã nộp, đã duyệt giữ nguyên. Chuyển sang đơn vị kế thừa: bản nháp vẫn xem và lấy nội dung được."
    afterwards_title = "Ai còn nợ báo cáo gì sau đó"
    proposal = (
        "Báo cáo của kỳ chưa hết chuyển sang đơn vị kế thừa duy nhất, trừ khi đơn vị đó đã được miễn hoặc chính là nơi "
        "nhận. Báo cáo của kỳ đã hết, đã từng nộp hoặc có nhiều đơn vị kế thừa vẫn là của đơn vị cũ, người của đơn vị "
        "kế thừa nộp. Không có đơn vị kế thừa thì khép lại."
    )

    def counted(self, units: QuerySet[OrgUnit], on: datetime.date) -> list[Size]:
        owed = Obligation.objects.owed().filter(org_unit__in=units).order_by()
        sizes = owed.aggregate(reports=Count("pk"), units=Count("org_unit", distinct=True))
        return [Size("báo cáo còn phải nộp", sizes["reports"]), Size("đơn vị còn nợ báo cáo", sizes["units"])]

    def questions(self, end: End) -> list[Question]:
        return [_question(row, end) for row in _open(end.unit)]

    def carry_out(self, end: End, answers: Mapping[str, str], *, by: User | None) -> list[dict[str, Any]]:
        done = []
        for row in _open(end.unit):
            answer = answers.get(_key(row), KEEP)
            if answer == KEEP:
                continue
            heir = end.successor(answer) if answer.startswith(SUCCESSOR) else None
            try:
                with transaction.atomic():
                    done.append(_close(row, end, heir, by=by))
            except Conflict as conflict:  # filed, or its successor ended, on the way to the day of the act
                done.append(left_over(f"{row.duty}, {row.period}", str(end.unit), str(conflict)))
        return done

    def undo(self, done: list[dict[str, Any]], *, by: User | None, on: datetime.date) -> None:
        for row in done:
            _reopen(Obligation.objects.filter(pk=row["closed"], waive_reason=row["reason"]), by=by)
            if row["made"]:
                _close_again(Obligation.objects.filter(pk=row["made"]), by=by)

    def afterwards(self, ends: list[End]) -> list[Afterwards]:
        units = {unit.pk for end in ends for unit in [end.unit, *end.successors]}
        owed = _named(Obligation.objects.owed().filter(org_unit__in=units)).order_by("org_unit", "due_on", "pk")
        rows = list(owed[: MOST_TOLD + 1])
        lines = [
            Afterwards(str(row.org_unit), f"{row.duty}, {row.period}", f"hạn {row.due_now:%d/%m/%Y}")
            for row in rows[:MOST_TOLD]
        ]
        more = owed.count() - MOST_TOLD if len(rows) > MOST_TOLD else 0
        return [*lines, Afterwards("", f"và {more} báo cáo khác")] if more else lines


def refuse_after_filing(acts: QuerySet[Reorganisation], units: QuerySet[OrgUnit], **kwargs: Any) -> None:
    """Receiver of ``reversing``: an act stands once one of its units has filed under it."""
    since = acts.aggregate(recorded=Max("recorded_at"), day=Max("effective_on"))
    if since["recorded"] is None:
        return
    _hold_filing(units)
    begins = timezone.make_aware(datetime.datetime.combine(since["day"], datetime.time.min))
    filed = Revision.objects.filter(
        report__obligation__org_unit__in=units, submitted_at__gt=max(since["recorded"], begins)
    )
    revision = filed.select_related("report__obligation__org_unit").order_by("pk").first()
    if revision is not None:
        unit, day = revision.report.obligation.org_unit, timezone.localdate(revision.submitted_at)
        raise ValidationError(
            f"{unit} đã nộp báo cáo ngày {day:%d/%m/%Y}, sau quyết định này, nên không hủy được nữa. "
            "Hãy ghi một quyết định mới."
        )


def _hold_filing(units: QuerySet[OrgUnit]) -> None:
    """Whoever files takes the row of the expected report first: from now on they wait, and who had it is seen."""
    owed = Obligation.objects.owed().filter(org_unit__in=units).order_by()
    rows = Obligation.objects.filter(pk__in=owed.values("pk")).select_for_update()
    list(rows.order_by("pk").values_list("pk", flat=True))


def close_of_unmade(acts: list[Reorganisation], **kwargs: Any) -> None:
    """Receiver of ``reversed_acts``: a unit whose establishment is taken back owes nothing."""
    made = ReorganisationUnit.objects.filter(reorganisation__in=acts, part="result", org_unit__placements__isnull=True)
    for act in acts[:1]:
        owed = Obligation.objects.owed().filter(org_unit__in=made.values("org_unit"))
        for row in owed.select_related("org_unit"):
            obligations.waive(row, reason=TAKEN_BACK, by=act.reversed_by)


def _named(rows: ObligationQuerySet) -> ObligationQuerySet:
    named = rows.select_related("org_unit", "duty__plan", "period", "report", "receiving_unit")
    return named.prefetch_related("org_unit__placements", "receiving_unit__placements")


def _open(unit: OrgUnit) -> ObligationQuerySet:
    return _named(Obligation.objects.owed().filter(org_unit=unit)).order_by("due_on", "pk")


def _key(row: Obligation) -> str:
    return f"report-{row.pk}"


def _question(row: Obligation, end: End) -> Question:
    report: Report | None = getattr(row, "report", None)
    was_filed = report is not None and report.status != Report.Status.DRAFT
    options = [Option(CLOSE, f"Khép lại: đơn vị kết thúc từ {end.on:%d/%m/%Y}")]
    if end.successors:
        options.append(Option(KEEP, "Giữ là báo cáo của đơn vị cũ, người của đơn vị kế thừa nộp"))
    if not was_filed:  # what was filed once and came back goes on where it was
        moves = successor_options(end, "Chuyển sang {}")
        barred = {row.receiving_unit_id, *_freed(row, end)}
        options += [option for option in moves if end.successor(option.value).pk not in barred]
    state = f", {report.get_status_display().lower()}" if report else ""
    detail = f"{end.unit}; hạn {row.due_now:%d/%m/%Y}{state}"
    return Question(_key(row), f"{row.duty}, {row.period}", detail, options, _first(row, end, options))


def _freed(row: Obligation, end: End) -> list[int]:
    """The successors that were freed from this very report for a reason of their own: it would get lost with them."""
    same = Obligation.objects.filter(duty=row.duty_id, period=row.period_id, org_unit__in=end.successors)
    freed = same.filter(waived_at__isnull=False).exclude(waive_reason=TAKEN_BACK)
    return list(freed.values_list("org_unit_id", flat=True))


def _first(row: Obligation, end: End, options: list[Option]) -> str:
    """A period that was over by then stays the old unit's; a running one goes to the only successor."""
    values = [option.value for option in options]
    if row.period.ends_on < end.on or end.only_successor is None:
        return KEEP if KEEP in values else CLOSE
    return values[-1]


def _close(row: Obligation, end: End, heir: OrgUnit | None, *, by: User | None) -> dict[str, Any]:
    reason = f"Đơn vị kết thúc hoạt động từ ngày {end.on:%d/%m/%Y}"
    reason += f"; báo cáo chuyển sang {heir.name_on(end.on)}." if heir else "."
    reason = reason[:500]
    obligations.waive(row, reason=reason, by=by)
    made = _take_over(row, end, heir, by=by) if heir else None
    return {"closed": row.pk, "reason": reason, "made": made and made.pk}


def _take_over(row: Obligation, end: End, heir: OrgUnit, *, by: User | None) -> Obligation | None:
    """The successor's own row of the same duty and period; None where it has one that stands."""
    place = heir.placement_on(end.on)
    if place is None:
        raise Conflict(f"{heir} không hoạt động vào ngày {end.on:%d/%m/%Y}.")
    made, created = Obligation.objects.get_or_create(
        org_unit=heir,
        duty=row.duty,
        period=row.period,
        defaults={
            "parent": place.parent, "path": place.path, "receiving_unit": row.receiving_unit, "route": row.route,
            "due_phrase": row.due_phrase, "due_on": row.due_on, "extended_due_on": row.extended_due_on,
            "extension_reason": row.extension_reason, "cut_off_on": row.cut_off_on, "due_rule_id": row.due_rule_id,
            "rule_words": row.rule_words, "planned_on": row.planned_on,
        },
    )  # fmt: skip
    back = Obligation.objects.filter(pk=made.pk, waive_reason=TAKEN_BACK)
    if not created and not back.update(waived_at=None, waive_reason=""):
        return None
    audit.record("obligation.take_over", made, by=by, org_unit=heir, before=str(end.unit))
    rollups.recompute_chain([made])
    return made


def _reopen(rows: ObligationQuerySet, *, by: User | None) -> None:
    for row in rows.filter(waived_at__isnull=False).select_related("org_unit"):
        Obligation.objects.filter(pk=row.pk).update(waived_at=None, waive_reason="")
        audit.record("obligation.reopen", row, by=by, org_unit=row.org_unit)
        rollups.recompute_chain([row])


def _close_again(rows: Iterable[Obligation], *, by: User | None) -> None:
    for row in rows:
        try:
            obligations.waive(row, reason=TAKEN_BACK, by=by)
        except Conflict:  # somebody freed the unit from it meanwhile
            continue
