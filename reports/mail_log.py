"""The log of letters: what was sent to whom, what waits, what failed and why; one kind of letters at a time."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from orgunits import mail
from orgunits.form_fields import DayField
from orgunits.models import Delivery, OrgUnit, RoleAssignment, User
from orgunits.models.delivery import DeliveryQuerySet
from reports import due_dates, reminders
from reports.ladders import DEFAULT, Ladders
from reports.models import Digest, Notice, Obligation, OfficialLetterNotice, Reminder, ReviewEvent, SuperiorReminder

Status = Delivery.Status
BADGES = {
    Status.WAITING: "warn",
    Status.CLAIMED: "info",
    Status.SENT: "ok",
    Status.FAILED: "late",
    Status.CANCELLED: "muted",
    Status.GATHERED: "muted",
}
AGAIN = {Status.SENT, Status.FAILED}  # what a person may send again, once


@dataclass(frozen=True)
class About:
    """What a letter is about: a title with its page, a line below, what happened, and who caused it."""

    title: str
    url: str
    detail: str
    what: str
    by: User | None = None


@dataclass(frozen=True)
class LogRow:
    """One letter as the page shows it."""

    pk: int
    about: About
    recipient: User
    created_at: datetime.datetime
    sent_at: datetime.datetime | None
    badge: str
    status: str
    note: str
    may_send_again: bool
    resent_by: User | None


class DayFilter(django_filters.Filter):
    field_class = DayField


class LetterFilter(django_filters.FilterSet):
    """Filters that all letters share; the parameters are Vietnamese, as all of the site's addresses."""

    UNIT_FIELD = ""

    trang_thai = django_filters.ChoiceFilter(
        field_name="status",
        choices=[(value, label.capitalize()) for value, label in Status.choices],
        label="Trạng thái",
        empty_label="Tất cả",
    )
    don_vi = django_filters.CharFilter(method="in_units", label="Đơn vị (tên hoặc mã)")
    nguoi = django_filters.CharFilter(method="to_person", label="Người nhận (tên hoặc thư điện tử)")
    tu_ngay = DayFilter(field_name="created_at", lookup_expr="date__gte", label="Từ ngày")
    den_ngay = DayFilter(field_name="created_at", lookup_expr="date__lte", label="Đến hết ngày")

    def in_units(self, queryset: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        return queryset.filter(**{f"{self.UNIT_FIELD}__in": OrgUnit.objects.search(value)})

    def to_person(self, queryset: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        return queryset.filter(recipient__in=User.objects.search(value))


def _rungs() -> list[tuple[str, str]]:
    """The steps of every ladder that holds now, the earliest first, and the button."""
    steps = sorted({rung.days for ladder in [DEFAULT, *Ladders().all()] for rung in ladder}, reverse=True)
    named = {rung.days: rung for ladder in [DEFAULT, *Ladders().all()] for rung in ladder}
    return [*((named[days].code, named[days].label) for days in steps), (reminders.MANUAL, "Nhắc trực tiếp")]


class ReminderFilter(LetterFilter):
    UNIT_FIELD = "obligation__org_unit"

    moc = django_filters.ChoiceFilter(method="on_rung", choices=_rungs, label="Mốc nhắc", empty_label="Tất cả")

    def on_rung(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(rung__startswith=value) if value == reminders.MANUAL else queryset.filter(rung=value)


class SuperiorFilter(LetterFilter):
    UNIT_FIELD = "receiving_unit"


class DigestFilter(LetterFilter):
    loai = django_filters.ChoiceFilter(
        field_name="kind", choices=Digest.Kind.choices, label="Loại thư tổng hợp", empty_label="Tất cả"
    )

    def in_units(self, queryset: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        return queryset.filter(recipient__in=_people(OrgUnit.objects.search(value)))


class NoticeFilter(LetterFilter):
    UNIT_FIELD = "event__report__obligation__org_unit"

    viec = django_filters.ChoiceFilter(
        field_name="event__action", choices=ReviewEvent.Action.choices, label="Việc", empty_label="Tất cả"
    )


class OfficialLetterFilter(LetterFilter):
    UNIT_FIELD = "letter__org_unit"


def _people(units: QuerySet[OrgUnit]) -> QuerySet[Any]:
    """Who holds a role on one of the units today."""
    held = RoleAssignment.objects.as_of(timezone.localdate()).filter(org_unit__in=units.values("pk"))
    return held.values("user_id")


def _of_obligation(obligation: Obligation, *, what: str, by: User | None) -> About:
    detail = f"{obligation.duty.name}, {obligation.period}"
    return About(str(obligation.org_unit), obligation.get_absolute_url(), detail, what, by)


def _reminder(row: Any) -> About:
    return _of_obligation(row.obligation, what=reminders.rung_label(row.rung), by=row.requested_by)


def _superior(row: Any) -> About:
    url = reverse("reports:duty_period", args=[row.duty_id, row.period_id])
    what = f"Mốc ngày {due_dates.day_text(row.step_on)}"
    return About(str(row.receiving_unit), url, f"{row.duty.name}, {row.period}", what)


def _digest(row: Any) -> About:
    return About(row.get_kind_display(), "", f"Ngày {due_dates.day_text(row.day)}", "Thư tổng hợp")


def _notice(row: Any) -> About:
    return _of_obligation(row.event.report.obligation, what=row.event.get_action_display(), by=row.event.by)


def _official(row: Any) -> About:
    letter = row.letter
    return About(letter.subject, letter.get_absolute_url(), str(letter.org_unit), f"Công văn số {row.outgoing.number}")


@dataclass(frozen=True)
class LogKind:
    """One kind of letters: how they are found, filtered and told. ``unit`` is the path to the unit that decides."""

    code: str
    label: str
    lead: str
    model: type[Delivery]
    filters: type[LetterFilter]
    unit: str
    related: tuple[str, ...]
    about: Callable[[Any], About]
    empty: str
    url_name: str = ""
    again: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name) if self.url_name else reverse("reports:letter_log", args=[self.code])

    @property
    def again_url_name(self) -> str:
        return self.again or "reports:letter_send_again"

    def again_url(self, pk: int) -> str:
        return reverse(self.again, args=[pk]) if self.again else reverse(self.again_url_name, args=[self.code, pk])

    def of(self, units: QuerySet[OrgUnit]) -> DeliveryQuerySet[Any]:
        """The letters that concern these units."""
        if not self.unit:
            return self.model.objects.filter(recipient__in=_people(units))
        concerned: DeliveryQuerySet[Any] = self.model.objects.all()
        return concerned.filter(**{f"{self.unit}__in": units})

    def with_names(self, rows: Any) -> QuerySet[Any]:
        """With what a row shows, and whether somebody has sent it again."""
        units = [f"{self.unit}__placements"] if self.unit else []
        everything: Any = self.model.objects
        sent_again = Exists(everything.filter(resend_of=OuterRef("pk")))
        named: QuerySet[Any] = rows.select_related("recipient", "resent_by", *self.related).prefetch_related(*units)
        return named.annotate(is_sent_again=sent_again)

    def rows(self, found: Iterable[Any]) -> list[LogRow]:
        return [
            LogRow(
                pk=row.pk,
                about=self.about(row),
                recipient=row.recipient,
                created_at=row.created_at,
                sent_at=row.sent_at,
                badge=BADGES[Status(row.status)],
                status=row.get_status_display(),
                note=_note(row),
                may_send_again=row.status in AGAIN and not row.is_sent_again,
                resent_by=row.resent_by,
            )
            for row in found
        ]


OBLIGATION = ("org_unit", "duty", "period")
KINDS = {
    kind.code: kind
    for kind in (
        LogKind(
            "nhac",
            "Thư nhắc",
            "Thư gửi đơn vị theo các mốc nhắc của từng chế độ báo cáo, và thư do người xét duyệt bấm gửi.",
            Reminder,
            ReminderFilter,
            "obligation__org_unit",
            ("requested_by", *(f"obligation__{name}" for name in OBLIGATION)),
            _reminder,
            "Thư nhắc được lập khi báo cáo của đơn vị sắp đến hạn.",
            "reports:reminder_list",
            "reports:reminder_send_again",
        ),
        LogKind(
            "cap-tren",
            "Báo cấp trên",
            "Thư báo nơi nhận báo cáo tên các đơn vị quá hạn chưa nộp, gửi trong giờ làm việc.",
            SuperiorReminder,
            SuperiorFilter,
            "receiving_unit",
            ("receiving_unit", "duty", "period"),
            _superior,
            "Thư báo cấp trên được lập khi có đơn vị quá hạn đến mốc báo cấp trên.",
        ),
        LogKind(
            "tong-hop",
            "Thư tổng hợp",
            "Một thư cho nhiều việc: báo cáo phải nộp, báo cáo chờ xét duyệt, tình hình trong tuần.",
            Digest,
            DigestFilter,
            "",
            (),
            _digest,
            "Thư tổng hợp được lập đầu giờ ngày làm việc, khi có việc để báo.",
        ),
        LogKind(
            "ket-qua",
            "Thư báo",
            "Thư gửi khi báo cáo được nộp, trả lại, duyệt hoặc mở lại.",
            Notice,
            NoticeFilter,
            "event__report__obligation__org_unit",
            ("event__by", *(f"event__report__obligation__{name}" for name in OBLIGATION)),
            _notice,
            "Thư báo được lập khi một báo cáo được nộp, trả lại, duyệt hoặc mở lại.",
            "reports:notice_list",
            "reports:notice_send_again",
        ),
        LogKind(
            "cong-van",
            "Công văn",
            "Thư báo cho các đơn vị khi công văn gửi tới họ đã ban hành.",
            OfficialLetterNotice,
            OfficialLetterFilter,
            "letter__org_unit",
            ("letter__org_unit", "outgoing"),
            _official,
            "Thư báo được lập khi một công văn được ban hành.",
        ),
    )
}


def _note(row: Delivery) -> str:
    """The error, and when the next try is due."""
    if row.status == Status.WAITING and row.not_before:
        again = timezone.localtime(row.not_before)
        when = f"{again:%H:%M} ngày {again:%d/%m/%Y}"
        if not row.error:
            return f"Chờ đến giờ gửi thư: {when}."
        return f"{row.error.rstrip('.')}. Lần thử {row.claims + 1}/{mail.MAX_TRIES} vào {when}."
    return row.error
