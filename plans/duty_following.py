"""Plans and reporting duties of a unit that ends: each is listed for a decision, and nothing is decided by itself.

A duty is read anew for each period, so a new recipient or another reporting unit counts for what is opened from then
on; what was opened before stays on its own rows.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from orgunits import audit
from orgunits.following import SUCCESSOR, End, Option, Question, Section, Size, left_over, successor_options
from orgunits.models import OrgUnit, User
from plans.models import Plan, ReportingDuty

KEEP, END, REMOVE, CLOSE = "keep", "end", "remove", "close"


class DutySection(Section):
    key = "duties"
    order = 20
    title = "Chế độ báo cáo và kế hoạch"
    lead = "Báo cáo đã giao không đổi theo các lựa chọn này; chúng áp dụng cho những kỳ mở từ ngày có hiệu lực."
    proposal = (
        "Đơn vị kế thừa duy nhất thay đơn vị kết thúc ở nơi nhận báo cáo và trong danh sách đơn vị phải báo cáo; không "
        "có đơn vị kế thừa duy nhất thì đơn vị kết thúc được bỏ khỏi danh sách đó. Kế hoạch, và chế độ báo cáo do đơn "
        "vị kết thúc đặt ra, để nguyên."
    )

    def counted(self, units: QuerySet[OrgUnit], on: datetime.date) -> list[Size]:
        running = _running(on).order_by()
        laid_down = running.filter(plan__org_unit__in=units).exclude(recipient_unit=F("plan__org_unit"))
        return [
            Size("chế độ báo cáo gửi về đơn vị kết thúc", running.filter(recipient_unit__in=units).count()),
            Size("chế độ báo cáo do đơn vị kết thúc đặt ra", laid_down.count()),
            Size("lần đơn vị kết thúc được nêu tên phải báo cáo", _named_pairs(units, on).count()),
            Size("kế hoạch của đơn vị kết thúc", _open_plans().filter(org_unit__in=units).order_by().count()),
        ]

    def questions(self, end: End) -> list[Question]:
        return [
            *(_of_recipient(duty, end) for duty in _received(end)),
            *(_of_issuer(duty, end) for duty in _laid_down(end)),
            *(_of_reporter(duty, end) for duty in _chosen(end)),
            *(_of_plan(plan) for plan in _plans(end)),
        ]

    def carry_out(self, end: End, answers: Mapping[str, str], *, by: User | None) -> list[dict[str, Any]]:
        done: list[dict[str, Any]] = []
        for duty in [*_received(end), *_laid_down(end)]:
            answer = answers.get(f"duty-{duty.pk}", KEEP)
            if answer.startswith(SUCCESSOR):
                done.append(_new_recipient(duty, end, end.successor(answer), by=by) or _lost(duty.name, end))
            elif answer == END:
                done.append(_end_duty(duty, end, by=by) or _lost(duty.name, end))
        for duty in _chosen(end):
            answer = answers.get(f"reporter-{duty.pk}-{end.unit.pk}", KEEP)
            if answer != KEEP:
                heir = end.successor(answer) if answer.startswith(SUCCESSOR) else None
                done.append(_replace_reporter(duty, end, heir, by=by))
        for plan in _plans(end):
            if answers.get(f"plan-{plan.pk}") == CLOSE:
                done.append(_close(plan, by=by) or _lost(str(plan), end))
        return done

    def undo(self, done: list[dict[str, Any]], *, by: User | None, on: datetime.date) -> None:
        undoing = {"recipient": _undo_recipient, "end": _undo_end, "reporter": _undo_reporter, "close": _undo_close}
        for row in reversed(done):
            undoing[row["what"]](row, by)


# --- what there is ---------------------------------------------------------------------------------------------------
def _running(on: datetime.date) -> Any:
    """Duties that still hold on the day, of plans that were not closed."""
    holds = Q(active_to__isnull=True) | Q(active_to__gt=on)
    running = ReportingDuty.objects.filter(holds).exclude(plan__status=Plan.Status.CLOSED)
    return running.select_related("plan__document", "plan__org_unit").order_by("plan", "pk")


def _received(end: End) -> Any:
    return _running(end.on).filter(recipient_unit=end.unit)


def _laid_down(end: End) -> Any:
    """Duties of the unit's own plans whose reports go to somebody else, or to nobody yet."""
    return _running(end.on).filter(plan__org_unit=end.unit).exclude(recipient_unit=end.unit)


def _chosen(end: End) -> Any:
    chosen = _running(end.on).filter(reporters=ReportingDuty.Reporters.CHOSEN, units=end.unit)
    return chosen.exclude(plan__org_unit=end.unit)


def _named_pairs(units: QuerySet[OrgUnit], on: datetime.date) -> Any:
    """As ``_chosen`` for many units: a duty that names two of them counts twice."""
    running = _running(on).filter(reporters=ReportingDuty.Reporters.CHOSEN).order_by()
    pairs = ReportingDuty.units.through.objects.filter(orgunit__in=units, reportingduty__in=running.values("pk"))
    return pairs.exclude(reportingduty__plan__org_unit=F("orgunit"))


def _open_plans() -> Any:
    return Plan.objects.exclude(status=Plan.Status.CLOSED)


def _plans(end: End) -> Any:
    plans = _open_plans().filter(org_unit=end.unit).select_related("document")
    return plans.annotate(target_count=Count("targets", distinct=True)).order_by("pk")


# --- what is asked ---------------------------------------------------------------------------------------------------
def _of_recipient(duty: ReportingDuty, end: End) -> Question:
    options = [
        Option(KEEP, "Để nguyên"),
        Option(END, f"Thôi áp dụng từ ngày {end.on:%d/%m/%Y}"),
        *successor_options(end, "Nơi nhận mới: {}"),
    ]
    first = options[-1].value if end.only_successor else KEEP
    return Question(f"duty-{duty.pk}", duty.name, f"{end.unit} nhận báo cáo; {duty.plan}", options, first)


def _of_issuer(duty: ReportingDuty, end: End) -> Question:
    options = [Option(KEEP, "Để nguyên"), Option(END, f"Thôi áp dụng từ ngày {end.on:%d/%m/%Y}")]
    return Question(f"duty-{duty.pk}", duty.name, f"{end.unit} đặt ra; {duty.plan}", options, KEEP)


def _of_reporter(duty: ReportingDuty, end: End) -> Question:
    options = [
        Option(KEEP, "Để nguyên"),
        Option(REMOVE, "Bỏ khỏi danh sách đơn vị phải báo cáo"),
        *successor_options(end, "{} báo cáo thay"),
    ]
    first = options[-1].value if end.only_successor else REMOVE
    detail = f"{end.unit} được nêu tên là đơn vị phải báo cáo; {duty.plan}"
    return Question(f"reporter-{duty.pk}-{end.unit.pk}", duty.name, detail, options, first)


def _of_plan(plan: Any) -> Question:
    options = [Option(KEEP, "Để nguyên"), Option(CLOSE, "Kết thúc kế hoạch")]
    count = f"{plan.target_count} chỉ tiêu" if plan.target_count else "không có chỉ tiêu"
    return Question(f"plan-{plan.pk}", str(plan), f"kế hoạch của {plan.org_unit}, {count}", options, KEEP)


def _lost(subject: str, end: End) -> dict[str, Any]:
    return left_over(subject, str(end.unit), "Vừa được người khác sửa.")


# --- what is done, and its way back ----------------------------------------------------------------------------------
def _new_recipient(duty: ReportingDuty, end: End, heir: OrgUnit, *, by: User | None) -> dict[str, Any] | None:
    same = ReportingDuty.objects.filter(pk=duty.pk, recipient_unit=end.unit)
    if not same.update(recipient_unit=heir, edited_at=timezone.now()):
        return None
    audit.record("duty.recipient", duty, by=by, org_unit=duty.plan.org_unit, recipient=str(heir))
    return {"what": "recipient", "duty": duty.pk, "before": end.unit.pk, "after": heir.pk}


def _undo_recipient(row: dict[str, Any], by: User | None) -> None:
    same = ReportingDuty.objects.filter(pk=row["duty"], recipient_unit=row["after"])
    if same.update(recipient_unit=row["before"], edited_at=timezone.now()):
        duty = ReportingDuty.objects.select_related("plan__org_unit", "recipient_unit").get(pk=row["duty"])
        audit.record("duty.recipient", duty, by=by, org_unit=duty.plan.org_unit, recipient=str(duty.recipient_unit))


def _end_duty(duty: ReportingDuty, end: End, *, by: User | None) -> dict[str, Any] | None:
    before, after = duty.active_to, max(end.on, duty.active_from or end.on)
    same = ReportingDuty.objects.filter(pk=duty.pk, active_to=before)
    if not same.update(active_to=after, edited_at=timezone.now()):
        return None
    audit.record("duty.end", duty, by=by, org_unit=duty.plan.org_unit, valid_to=after.isoformat())
    return {"what": "end", "duty": duty.pk, "before": before and before.isoformat(), "after": after.isoformat()}


def _undo_end(row: dict[str, Any], by: User | None) -> None:
    same = ReportingDuty.objects.filter(pk=row["duty"], active_to=row["after"])
    if same.update(active_to=row["before"], edited_at=timezone.now()):
        duty = ReportingDuty.objects.select_related("plan__org_unit").get(pk=row["duty"])
        audit.record("duty.go_on", duty, by=by, org_unit=duty.plan.org_unit, valid_to=row["before"])


def _replace_reporter(duty: ReportingDuty, end: End, heir: OrgUnit | None, *, by: User | None) -> dict[str, Any]:
    added = heir is not None and not duty.units.filter(pk=heir.pk).exists()
    duty.units.remove(end.unit)
    if heir is not None and added:
        duty.units.add(heir)
    ReportingDuty.objects.filter(pk=duty.pk).update(edited_at=timezone.now())
    audit.record(
        "duty.units", duty, by=by, org_unit=duty.plan.org_unit, before=str(end.unit), name=str(heir) if heir else ""
    )
    return {"what": "reporter", "duty": duty.pk, "before": end.unit.pk, "after": heir.pk if heir and added else None}


def _undo_reporter(row: dict[str, Any], by: User | None) -> None:
    duty = ReportingDuty.objects.select_related("plan__org_unit").filter(pk=row["duty"]).first()
    if duty is None:
        return
    duty.units.add(row["before"])
    if row["after"]:
        duty.units.remove(row["after"])
    unit = OrgUnit.objects.prefetch_related("placements").get(pk=row["before"])
    audit.record("duty.units", duty, by=by, org_unit=duty.plan.org_unit, name=str(unit))


def _close(plan: Plan, *, by: User | None) -> dict[str, Any] | None:
    if not Plan.objects.filter(pk=plan.pk, status=plan.status).update(status=Plan.Status.CLOSED):
        return None
    audit.record("plan.close", plan, by=by, org_unit=plan.org_unit)
    return {"what": "close", "plan": plan.pk, "before": plan.status}


def _undo_close(row: dict[str, Any], by: User | None) -> None:
    if Plan.objects.filter(pk=row["plan"], status=Plan.Status.CLOSED).update(status=row["before"]):
        plan = Plan.objects.select_related("org_unit", "document").get(pk=row["plan"])
        audit.record("plan.open_again", plan, by=by, org_unit=plan.org_unit)
