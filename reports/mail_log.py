"""The log of letters about reports: what was sent to whom, what waits, what failed and why."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone

from orgunits import mail
from orgunits.models import Delivery, OrgUnit, User
from reports import reminders
from reports.ladders import DEFAULT
from reports.models import Notice, Obligation, Reminder, ReviewEvent

Status = Delivery.Status
BADGES = {
    Status.WAITING: "warn",
    Status.CLAIMED: "info",
    Status.SENT: "ok",
    Status.FAILED: "late",
    Status.CANCELLED: "muted",
}
RUNGS = [*((rung.code, rung.label) for rung in DEFAULT), (reminders.MANUAL, "Nhắc trực tiếp")]


@dataclass(frozen=True)
class LogRow:
    """One letter as the page shows it."""

    pk: int
    obligation: Obligation
    what: str
    by: User | None
    recipient: User
    created_at: datetime.datetime
    sent_at: datetime.datetime | None
    badge: str
    status: str
    note: str
    failed: bool


@dataclass(frozen=True)
class Tab:
    """One kind of letters, with how many of them failed."""

    label: str
    url_name: str
    is_current: bool
    rows: QuerySet[Any]

    @property
    def failed(self) -> int:
        return self.rows.filter(status=Status.FAILED).count()


class LetterFilter(django_filters.FilterSet):
    """Filters that reminders and notices share; the parameters are Vietnamese, as all of the site's addresses."""

    UNIT_FIELD = ""

    trang_thai = django_filters.ChoiceFilter(
        field_name="status",
        choices=[(value, label.capitalize()) for value, label in Status.choices],
        label="Trạng thái",
        empty_label="Tất cả",
    )
    don_vi = django_filters.CharFilter(method="in_units", label="Đơn vị (tên hoặc mã)")
    ngay = django_filters.DateFilter(field_name="created_at", lookup_expr="date", label="Ngày lập (ngày/tháng/năm)")

    def in_units(self, queryset: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        return queryset.filter(**{f"{self.UNIT_FIELD}__in": OrgUnit.objects.search(value)})


class ReminderFilter(LetterFilter):
    UNIT_FIELD = "obligation__org_unit"

    moc = django_filters.ChoiceFilter(
        field_name="rung", lookup_expr="startswith", choices=RUNGS, label="Mốc nhắc", empty_label="Tất cả"
    )


class NoticeFilter(LetterFilter):
    UNIT_FIELD = "event__report__obligation__org_unit"

    viec = django_filters.ChoiceFilter(
        field_name="event__action", choices=ReviewEvent.Action.choices, label="Việc", empty_label="Tất cả"
    )


def reminders_of(units: QuerySet[OrgUnit]) -> QuerySet[Reminder]:
    """Reminders of the reports of these units, with what a row shows."""
    return (
        Reminder.objects.filter(obligation__org_unit__in=units)
        .select_related("recipient", "requested_by", "obligation__org_unit", "obligation__duty", "obligation__period")
        .prefetch_related("obligation__org_unit__placements")
    )


def notices_of(units: QuerySet[OrgUnit]) -> QuerySet[Notice]:
    """Notices about the reports of these units, with what a row shows."""
    about = "event__report__obligation"
    return (
        Notice.objects.filter(event__report__obligation__org_unit__in=units)
        .select_related("recipient", "event__by", f"{about}__org_unit", f"{about}__duty", f"{about}__period")
        .prefetch_related(f"{about}__org_unit__placements")
    )


def reminder_rows(rows: Iterable[Reminder]) -> list[LogRow]:
    return [_row(row, row.obligation, what=reminders.rung_label(row.rung), by=row.requested_by) for row in rows]


def notice_rows(rows: Iterable[Notice]) -> list[LogRow]:
    return [
        _row(row, row.event.report.obligation, what=row.event.get_action_display(), by=row.event.by) for row in rows
    ]


def _row(row: Delivery, obligation: Obligation, *, what: str, by: User | None) -> LogRow:
    return LogRow(
        pk=row.pk,
        obligation=obligation,
        what=what,
        by=by,
        recipient=row.recipient,
        created_at=row.created_at,
        sent_at=row.sent_at,
        badge=BADGES[Status(row.status)],
        status=row.get_status_display(),
        note=_note(row),
        failed=row.status == Status.FAILED,
    )


def _note(row: Delivery) -> str:
    """The error, and when the next try is due."""
    if row.status == Status.WAITING and row.not_before:
        again = timezone.localtime(row.not_before)
        number = f"{row.claims + 1}/{mail.MAX_TRIES}"
        return f"{row.error.rstrip('.')}. Lần thử {number} vào {again:%H:%M} ngày {again:%d/%m/%Y}."
    return row.error
