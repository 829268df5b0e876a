"""What narrows the review queue and the list of reports; read from the address of the page."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from orgunits import roles
from orgunits.models import OrgUnit, Role, User
from plans.models import ReportingDuty
from reports.models import Obligation, Period, Report, ReviewEvent, Revision

ALL = "tat-ca"
QUEUE_STATUSES = {
    "": "Chờ duyệt",
    "tra-lai": "Đã trả lại",
    "da-duyet": "Đã duyệt",
    ALL: "Mọi trạng thái",
}
STATUS_OF = {"": Report.Status.SUBMITTED, "tra-lai": Report.Status.RETURNED, "da-duyet": Report.Status.APPROVED}
LIST_STATUSES = {
    "": "Mọi trạng thái",
    "qua-han": "Quá hạn chưa nộp",
    "chua-nop": "Chưa nộp",
    "cho-duyet": "Chờ duyệt",
    "tra-lai": "Bị trả lại",
    "da-duyet": "Đã duyệt",
    "mien": "Được miễn nộp",
    "dong": "Đã đóng, không nộp",
}
# What the reviewer looks for in the queue; see ``worth_a_look``.
LOOKS = {
    "": "Mọi báo cáo",
    "can-xem": "Có điều cần xem",
    "dat": "Mọi kiểm tra đều đạt",
    "giong-truoc": "Nội dung giống kỳ trước",
    "giong-don-vi": "Nội dung giống đơn vị khác",
    "nop-cham": "Nộp lần đầu bị chậm",
    "nop-lai": "Nộp lại sau khi bị trả",
}
KEPT = ("che_do", "ky", "ten", "pham_vi", "xem")


class ReportFilter(forms.Form):
    """Duty, period, unit name and status; what cannot be read narrows nothing."""

    che_do = forms.TypedChoiceField(label="Chế độ báo cáo", required=False, coerce=int, empty_value=None)
    ky = forms.TypedChoiceField(label="Kỳ báo cáo", required=False, coerce=int, empty_value=None)
    ten = forms.CharField(label="Tên đơn vị", required=False, max_length=100)
    trang_thai = forms.ChoiceField(label="Trạng thái", required=False)
    xem = forms.ChoiceField(label="Chỉ xem", required=False)
    pham_vi = forms.ChoiceField(label="Phạm vi", required=False)

    def __init__(
        self,
        data: Any,
        *,
        obligations: QuerySet[Obligation],
        statuses: dict[str, str],
        scopes: dict[str, str] | None = None,
        looks: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data)
        slots = obligations.order_by().values("duty_id", "period_id").distinct()
        rows = list(slots)
        self._slots = {(row["duty_id"], row["period_id"]) for row in rows}
        duties = ReportingDuty.objects.filter(pk__in={row["duty_id"] for row in rows})
        periods = Period.objects.filter(pk__in={row["period_id"] for row in rows})
        self._choose("che_do", [(duty.pk, duty.name) for duty in duties.order_by("name", "pk")], "Mọi chế độ")
        self._choose("ky", [(period.pk, str(period)) for period in periods.order_by("-year", "kind")], "Mọi kỳ")
        self._choose("trang_thai", list(statuses.items()))
        for name, choices in {"pham_vi": scopes, "xem": looks}.items():
            if choices:
                self._choose(name, list(choices.items()))
            else:
                del self.fields[name]

    def _choose(self, name: str, choices: list[tuple[Any, str]], every: str = "") -> None:
        self.fields[name].choices = [("", every), *choices] if every else choices  # type: ignore[attr-defined]

    def chosen(self, name: str) -> Any:
        """The value of a field; None or "" where it is empty or makes no sense."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def slot(self) -> tuple[int, int] | None:
        """The duty and period of which all reports can be printed: the only ones that the choice leaves."""
        duty, period = self.chosen("che_do"), self.chosen("ky")
        left = {slot for slot in self._slots if (not duty or slot[0] == duty) and (not period or slot[1] == period)}
        return left.pop() if len(left) == 1 else None

    @property
    def is_narrowing(self) -> bool:
        return any(self.chosen(name) for name in self.fields if name != "pham_vi")

    def narrow(self, prefix: str = "") -> Q:
        """Duty, period and unit as a condition on obligations, or on reports with the prefix ``obligation__``."""
        wanted = Q()
        if duty := self.chosen("che_do"):
            wanted &= Q(**{f"{prefix}duty": duty})
        if period := self.chosen("ky"):
            wanted &= Q(**{f"{prefix}period": period})
        if name := self.chosen("ten"):
            wanted &= Q(**{f"{prefix}org_unit__in": OrgUnit.objects.search(name)})
        return wanted


def kept(query: QueryDict) -> str:
    """The filters of the queue as part of an address, to carry them from report to report."""
    carried = query.copy()
    for name in list(carried):
        if name not in KEPT or not carried[name]:
            del carried[name]
    return carried.urlencode()


def in_state(status: str, *, on: datetime.date) -> Q:
    """The condition of one of LIST_STATUSES on obligations."""
    Status = Report.Status
    owed = Q(report__isnull=True) | Q(report__status__in=[Status.DRAFT, Status.RETURNED])
    planned = Q(extended_due_on__lt=on) | Q(extended_due_on__isnull=True, due_on__lt=on)
    past = Q(report__correction_due_on__lt=on) | Q(report__correction_due_on__isnull=True) & planned
    taken = Q(waived_at__isnull=True, closed_at__isnull=True)
    conditions = {
        "qua-han": taken & owed & past,
        "chua-nop": taken & (Q(report__isnull=True) | Q(report__status=Status.DRAFT)),
        "cho-duyet": Q(waived_at__isnull=True, report__status=Status.SUBMITTED),
        "tra-lai": taken & Q(report__status=Status.RETURNED),
        "da-duyet": Q(waived_at__isnull=True, report__status=Status.APPROVED),
        "mien": Q(waived_at__isnull=False),
        "dong": Q(closed_at__isnull=False),
    }
    return conditions.get(status, Q())


def worth_a_look(reports: QuerySet[Report], look: str) -> QuerySet[Report]:
    """The reports to which one of LOOKS applies: by what was found when their latest revision was filed."""
    latest = Revision.objects.filter(pk=OuterRef("latest_pk"))
    conditions = {
        "can-xem": Exists(latest.exclude(flag_count=0)),
        "dat": Exists(latest.filter(flag_count=0)),
        "giong-truoc": Exists(latest.filter(flags__has_key="same_before")),
        "giong-don-vi": Exists(latest.filter(flags__has_key="same_sibling")),
        "nop-cham": Q(
            first_submitted_at__date__gt=Coalesce("obligation__extended_due_on", "obligation__due_on"),
        ),
        "nop-lai": Exists(
            ReviewEvent.objects.filter(
                report=OuterRef("pk"), action__in=[ReviewEvent.Action.RETURN, ReviewEvent.Action.REOPEN]
            )
        ),
    }
    if look not in conditions:
        return reports
    return reports.annotate(latest_pk=_of_latest("pk")).filter(conditions[look])


def _of_latest(field: str) -> Subquery:
    """A column of each report's latest revision."""
    revisions = Revision.objects.filter(report=OuterRef("pk")).order_by("-number")
    return Subquery(revisions.values(field)[:1])


def in_list_order(obligations: QuerySet[Obligation]) -> QuerySet[Obligation, int]:
    """The numbers of the rows, newest period first and units by name; a page of them is then loaded with names."""
    placed = obligations.filter(org_unit__placements__is_final=True)  # every unit has one: its last name sorts it
    order = ("-period__year", "period__kind", "duty", "org_unit__placements__sort_name", "pk")
    return placed.order_by(*order).values_list("pk", flat=True)


def load(pks: Sequence[int]) -> list[Obligation]:
    """These obligations in this order, with all that a line of the list shows."""
    rows = Obligation.objects.select_related("org_unit", "duty", "period", "report").defer("report__draft")
    by_pk = rows.prefetch_related("org_unit__placements").in_bulk(pks)
    return [by_pk[pk] for pk in pks]


SCOPES = {"": "Gửi đơn vị của tôi", ALL: "Cả các báo cáo gửi cấp dưới"}


class ReviewQueue:
    """The reports that a reviewer's page lists, narrowed by the address of the page."""

    def __init__(self, user: User, data: Any, *, on: datetime.date) -> None:
        held = roles.units_where(user, Role.REVIEWER, on=on)
        self.is_reviewer = bool(held)
        reach = Obligation.objects.filter(receiving_unit__in=roles.reach(user, Role.REVIEWER, on=on))
        self.filter = ReportFilter(data, obligations=reach, statuses=QUEUE_STATUSES, scopes=SCOPES, looks=LOOKS)
        self.everything = self.filter.chosen("pham_vi") == ALL
        self.obligations = reach
        if not self.everything:
            self.obligations = Obligation.objects.filter(receiving_unit__in=[unit.pk for unit in held])

    @property
    def reports(self) -> QuerySet[Report]:
        """What waits comes oldest first; what was decided, newest first."""
        found = self._found()
        status = self.filter.chosen("trang_thai")
        if status == ALL:
            return found.exclude(status=Report.Status.DRAFT).order_by("-submitted_at", "-pk")
        found = found.filter(status=STATUS_OF[status])
        return found.order_by("submitted_at", "pk") if not status else found.order_by("-decided_at", "-pk")

    @property
    def waiting(self) -> QuerySet[Report]:
        """What waits under the same filters, whatever status the page shows."""
        return self._found().filter(status=Report.Status.SUBMITTED)

    def _found(self) -> QuerySet[Report]:
        found = Report.objects.filter(self.filter.narrow("obligation__"), obligation__in=self.obligations)
        return worth_a_look(found, self.filter.chosen("xem"))

    def before(self, report: Report) -> Report | None:
        """The next older one that waits."""
        return self.waiting.filter(_older_than(report)).order_by("-submitted_at", "-pk").first()

    def after(self, report: Report) -> Report | None:
        """The next newer one that waits."""
        newer = self.waiting.exclude(_older_than(report)).exclude(pk=report.pk)
        return newer.order_by("submitted_at", "pk").first()

    def onward_from(self, report: Report) -> Report | None:
        """What opens by itself after a decision: the next newer one that waits, else the oldest."""
        return self.after(report) or self.waiting.order_by("submitted_at", "pk").first()


def _older_than(report: Report) -> Q:
    at = report.submitted_at
    return Q(submitted_at__lt=at) | Q(submitted_at=at, pk__lt=report.pk)


def with_names(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Reports with all that a line of a list shows, in a fixed number of queries."""
    return (
        reports.select_related(
            "obligation__org_unit", "obligation__duty", "obligation__period", "submitted_by", "decided_by"
        )
        .prefetch_related("obligation__org_unit__placements")
        .annotate(times=Count("revisions"), latest_number=Max("revisions__number"), flag_count=_of_latest("flag_count"))
        .defer("draft")
    )
