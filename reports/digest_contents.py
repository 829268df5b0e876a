"""What the digests say, read when they are sent. Each raises NotNeeded where there is nothing to say."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length, Substr
from django.urls import reverse
from django.utils import timezone

from orgunits import mail, roles
from orgunits.models import OrgUnit, Placement, Role, RoleAssignment, Succession, User
from orgunits.models.units import AFTER_DIGITS, SEGMENT_WIDTH
from reports import audiences, due_dates, listings
from reports.ladders import LATE_LIMIT, Ladders
from reports.listings import Line, Section
from reports.message_texts import Texts
from reports.models import Digest, Obligation, Period, Reminder, Report
from reports.models.obligations import ObligationQuerySet

FEW, MANY, WORST = 10, 50, 5
FILING_ROLES = (Role.REPORTER, Role.APPROVER)  # as in workflow.py, which imports what imports this
AHEAD = 60  # days before a due date from which the province reads of a report


# --- what a person owes -------------------------------------------------------------------------------------------
def owed(row: Digest, person: User, *, texts: Texts, on: datetime.date) -> mail.Letter:
    """Everything that the person's units owe and that is near or late, where one of its reminders still holds."""
    units = _with_predecessors(unit.pk for unit in roles.units_where(person, FILING_ROLES, on=on))
    first, last = on - datetime.timedelta(days=LATE_LIMIT), on + datetime.timedelta(days=Ladders().earliest)
    near = Obligation.objects.owed().filter(org_unit__in=units).due_between(first, last)
    items = list(_with_names(near).order_by("due", "path", "pk"))  # type: ignore[misc]
    first_sent = row.resend_of_id or row.pk
    asked = set(Reminder.objects.filter(digest=first_sent).values_list("obligation_id", flat=True))
    if not asked & {item.pk for item in items}:
        raise mail.NotNeeded("Các báo cáo đã được nộp hoặc được miễn trước khi gửi thư.")
    lines = [
        Line(
            f"{item.duty.name}, {item.period}, {item.org_unit.name_on(on)}",
            f"{due_dates.days_left(item.days_left(on))}, chậm nhất {due_dates.last_moment(item.due_now)}",
        )
        for item in items
    ]
    values = {"nguoi_nhan": person.full_name, "ngay": due_dates.day_text(on), "so_bao_cao": str(len(lines))}
    return listings.letter(
        texts.message("digest_owed", values),
        [_few("Báo cáo phải nộp", lines, MANY)],
        path=reverse("home"),
        button="Mở việc cần làm",
        is_sample=any(item.org_unit.is_sample for item in items),
    )


# --- what a reviewer has to do ------------------------------------------------------------------------------------
def reviewers_to_tell(on: datetime.date) -> list[int]:
    """Everybody at whose units something waits for review, or to whom something late is owed."""
    waiting = Report.objects.filter(status=Report.Status.SUBMITTED).order_by()
    units = set(waiting.values_list("obligation__receiving_unit", flat=True).distinct())
    units |= set(_late(Obligation.objects.all(), on=on).order_by().values_list("receiving_unit", flat=True).distinct())
    return sorted({person.pk for people in audiences.reviewers(units, on=on).values() for person in people})


def review(row: Digest, person: User, *, texts: Texts, on: datetime.date) -> mail.Letter:
    """What waits for the person's review, the oldest first, and who is late to the person's units."""
    units = _with_predecessors(unit.pk for unit in roles.units_where(person, Role.REVIEWER, on=on))
    waiting = (
        Report.objects.filter(status=Report.Status.SUBMITTED, obligation__receiving_unit__in=units)
        .select_related("obligation__org_unit", "obligation__duty", "obligation__period")
        .prefetch_related("obligation__org_unit__placements")
        .order_by("submitted_at", "pk")
    )
    owed_here = _late(Obligation.objects.filter(receiving_unit__in=units), on=on)
    late = _with_names(owed_here).order_by("due", "path", "pk")  # type: ignore[misc]
    count, late_count = waiting.count(), late.count()
    if not count and not late_count:
        raise mail.NotNeeded("Không còn báo cáo nào chờ xét duyệt hay quá hạn.")
    shown = list(waiting[:FEW])
    values = {
        "nguoi_nhan": person.full_name,
        "ngay": due_dates.day_text(on),
        "so_cho_duyet": str(count),
        "so_qua_han": str(late_count),
    }
    sections = [
        Section("Chờ xét duyệt", [_waiting_line(report, on=on) for report in shown], count - len(shown)),
        *_late_sections(list(late), on=on),
    ]
    return listings.letter(
        texts.message("digest_review", values),
        sections,
        path=reverse("reports:review_queue") if count else reverse("home"),
        button="Mở hàng chờ xét duyệt" if count else "Mở việc cần làm",
        is_sample=_any_sample(units),
    )


def _waiting_line(report: Report, *, on: datetime.date) -> Line:
    about, since = report.obligation, report.submitted_at
    note = f"nộp ngày {due_dates.day_text(timezone.localdate(since))}" if since else ""
    return Line(f"{about.org_unit.name_on(on)}: {about.duty.name}, {about.period}", note)


def _late_sections(rows: Sequence[Obligation], *, on: datetime.date) -> list[Section]:
    """For each duty and period the units by name."""
    groups: dict[tuple[int, int], list[Obligation]] = defaultdict(list)
    for row in rows:
        groups[row.duty_id, row.period_id].append(row)
    return [
        _few(
            f"Quá hạn chưa nộp: {group[0].duty.name}, {group[0].period} ({len(group)} đơn vị)",
            [Line(row.org_unit.name_on(on), due_dates.days_left(row.days_left(on))) for row in group],
            MANY,
        )
        for group in groups.values()
    ]


# --- how it stands in the province --------------------------------------------------------------------------------
def province_people(on: datetime.date) -> list[int]:
    """The reviewers and administrators of the units at the top of their trees, where something is expected."""
    tops = _tops(on)
    expected = [unit for unit, path in tops.items() if _expected(path, on=on).exists()]
    return sorted(_overseers(expected, on=on).values_list("user_id", flat=True).distinct())


def province(row: Digest, person: User, *, texts: Texts, on: datetime.date) -> mail.Letter:
    """Completeness by duty, and the branches of which most reports are late."""
    tops = _tops(on)
    own = _overseers(tops, on=on).filter(user=person).order_by("org_unit_id").values_list("org_unit_id", flat=True)
    units = OrgUnit.objects.filter(pk__in=list(own)).prefetch_related("placements").order_by("pk")
    sections = [section for unit in units for section in _of_province(unit, tops[unit.pk], on=on)]
    if not sections:
        raise mail.NotNeeded("Tuần này không có báo cáo nào đến hạn.")
    values = {
        "nguoi_nhan": person.full_name,
        "ngay": due_dates.day_text(on),
        "ten_don_vi": ", ".join(unit.name_on(on) for unit in units),
    }
    return listings.letter(
        texts.message("digest_province", values),
        sections,
        path=reverse("reports:dashboard_home"),
        button="Mở bảng theo dõi",
        is_sample=any(unit.is_sample for unit in units),
    )


def _of_province(unit: OrgUnit, path: str, *, on: datetime.date) -> list[Section]:
    rows = list(
        _expected(path, on=on)
        .order_by("period__year", "period__kind", "duty")
        .values("duty__name", "period__kind", "period__year")
        .annotate(
            expected=Count("pk"),
            filed=Count("pk", filter=Q(report__status__in=[Report.Status.SUBMITTED, Report.Status.APPROVED])),
            late=Count("pk", filter=_is_owed() & Q(due__lt=on)),
        )
    )
    lines = [
        Line(
            f"{row['duty__name']}, {Period(kind=row['period__kind'], year=row['period__year'])}",
            f"đã nộp {row['filed']}/{row['expected']}, quá hạn {row['late']}",
        )
        for row in rows
    ]
    return [Section("Tình hình nộp theo báo cáo", lines), *_worst(path, on=on)] if lines else []


def _worst(path: str, *, on: datetime.date) -> list[Section]:
    """The branches right below with the most late reports, by name."""
    width = len(path) + SEGMENT_WIDTH
    rows = (
        _late(_expected(path, on=on).filter(path__gt=path), on=on)
        .annotate(branch=Substr("path", 1, width), width=Length("path"))
        .filter(width__gte=width)
        .order_by()
        .values("branch")
        .annotate(late=Count("pk"))
        .order_by("-late", "branch")[:WORST]
    )
    late = {int(row["branch"][-SEGMENT_WIDTH:]): row["late"] for row in rows}
    units = OrgUnit.objects.prefetch_related("placements").in_bulk(list(late))
    lines = [Line(units[pk].name_on(on), f"{count} báo cáo quá hạn") for pk, count in late.items() if pk in units]
    return [Section("Nhánh có nhiều báo cáo quá hạn nhất", lines)] if lines else []


def _tops(on: datetime.date) -> dict[int, str]:
    """The units at the top of their trees that day with their paths."""
    return dict(Placement.objects.as_of(on).filter(parent=None).order_by().values_list("org_unit_id", "path"))


def _overseers(units: Iterable[int], *, on: datetime.date) -> QuerySet[RoleAssignment]:
    held = RoleAssignment.objects.as_of(on).filter(role__in=[Role.REVIEWER, Role.ADMINISTRATOR])
    return held.filter(org_unit__in=list(units), user__is_active=True)


def _expected(path: str, *, on: datetime.date) -> ObligationQuerySet:
    """What is expected below, of periods whose day is near or has lately passed."""
    inside = Obligation.objects.filter(path__gte=path, path__lt=path + AFTER_DIGITS, waived_at__isnull=True)
    first, last = on - datetime.timedelta(days=LATE_LIMIT), on + datetime.timedelta(days=AHEAD)
    return inside.due_between(first, last)


# --- all of them --------------------------------------------------------------------------------------------------
def _late(rows: ObligationQuerySet, *, on: datetime.date) -> ObligationQuerySet:
    """What is late by so little that something is still said of it by itself."""
    return rows.late_on(on).filter(due__gte=on - datetime.timedelta(days=LATE_LIMIT))  # type: ignore[misc]


def _with_predecessors(units: Iterable[int]) -> list[int]:
    """The units and those whose work they took over."""
    own = list(units)
    return own + list(Succession.objects.filter(successor__in=own).values_list("predecessor_id", flat=True))


def _is_owed() -> Q:
    return Q(report__isnull=True) | Q(report__status__in=[Report.Status.DRAFT, Report.Status.RETURNED])


def _with_names(rows: ObligationQuerySet) -> ObligationQuerySet:
    named = rows.select_related("org_unit", "duty", "period", "report").defer("report__draft")
    return named.prefetch_related("org_unit__placements")


def _few(title: str, lines: Sequence[Line], most: int) -> Section:
    return Section(title, lines[:most], max(len(lines) - most, 0))


def _any_sample(units: Iterable[int]) -> bool:
    return OrgUnit.objects.filter(pk__in=list(units), is_sample=True).exists()
