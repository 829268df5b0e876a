"""What narrows the review queue and the list of reports; read from the address of the page."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from orgunits import roles
from orgunits.models import OrgUnit, Role, User
from plans.models import ReportingDuty
from reports.models import Obligation, Period, Report

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
}


class ReportFilter(forms.Form):
    """Duty, period, unit name and status; what cannot be read narrows nothing."""

    che_do = forms.TypedChoiceField(label="Chế độ báo cáo", required=False, coerce=int, empty_value=None)
    ky = forms.TypedChoiceField(label="Kỳ báo cáo", required=False, coerce=int, empty_value=None)
    ten = forms.CharField(label="Tên đơn vị", required=False, max_length=100)
    trang_thai = forms.ChoiceField(label="Trạng thái", required=False)
    pham_vi = forms.ChoiceField(label="Phạm vi", required=False)

    def __init__(
        self,
        data: Any,
        *,
        obligations: QuerySet[Obligation],
        statuses: dict[str, str],
        scopes: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data)
        slots = obligations.order_by().values("duty_id", "period_id").distinct()
        rows = list(slots)
        duties = ReportingDuty.objects.filter(pk__in={row["duty_id"] for row in rows})
        periods = Period.objects.filter(pk__in={row["period_id"] for row in rows})
        self._choose("che_do", [(duty.pk, duty.name) for duty in duties.order_by("name", "pk")], "Mọi chế độ")
        self._choose("ky", [(period.pk, str(period)) for period in periods.order_by("-year", "kind")], "Mọi kỳ")
        self._choose("trang_thai", list(statuses.items()))
        if scopes:
            self._choose("pham_vi", list(scopes.items()))
        else:
            del self.fields["pham_vi"]

    def _choose(self, name: str, choices: list[tuple[Any, str]], every: str = "") -> None:
        self.fields[name].choices = [("", every), *choices] if every else choices  # type: ignore[attr-defined]

    def chosen(self, name: str) -> Any:
        """The value of a field; None or "" where it is empty or makes no sense."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""

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
        if name not in ("che_do", "ky", "ten", "pham_vi") or not carried[name]:
            del carried[name]
    return carried.urlencode()


def in_state(status: str, *, on: datetime.date) -> Q:
    """The condition of one of LIST_STATUSES on obligations."""
    Status = Report.Status
    owed = Q(report__isnull=True) | Q(report__status__in=[Status.DRAFT, Status.RETURNED])
    planned = Q(extended_due_on__lt=on) | Q(extended_due_on__isnull=True, due_on__lt=on)
    past = Q(report__correction_due_on__lt=on) | Q(report__correction_due_on__isnull=True) & planned
    conditions = {
        "qua-han": Q(waived_at__isnull=True) & owed & past,
        "chua-nop": Q(waived_at__isnull=True) & (Q(report__isnull=True) | Q(report__status=Status.DRAFT)),
        "cho-duyet": Q(waived_at__isnull=True, report__status=Status.SUBMITTED),
        "tra-lai": Q(waived_at__isnull=True, report__status=Status.RETURNED),
        "da-duyet": Q(waived_at__isnull=True, report__status=Status.APPROVED),
        "mien": Q(waived_at__isnull=False),
    }
    return conditions.get(status, Q())


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
        self.filter = ReportFilter(data, obligations=reach, statuses=QUEUE_STATUSES, scopes=SCOPES)
        self.everything = self.filter.chosen("pham_vi") == ALL
        self.obligations = reach
        if not self.everything:
            self.obligations = Obligation.objects.filter(receiving_unit__in=[unit.pk for unit in held])

    @property
    def reports(self) -> QuerySet[Report]:
        """What waits comes oldest first; what was decided, newest first."""
        found = Report.objects.filter(self.filter.narrow("obligation__"), obligation__in=self.obligations)
        status = self.filter.chosen("trang_thai")
        if status == ALL:
            return found.exclude(status=Report.Status.DRAFT).order_by("-submitted_at", "-pk")
        found = found.filter(status=STATUS_OF[status])
        return found.order_by("submitted_at", "pk") if not status else found.order_by("-decided_at", "-pk")

    @property
    def waiting(self) -> QuerySet[Report]:
        """What waits under the same filters, whatever status the page shows."""
        found = Report.objects.filter(self.filter.narrow("obligation__"), obligation__in=self.obligations)
        return found.filter(status=Report.Status.SUBMITTED)

    def before(self, report: Report) -> Report | None:
        """The next older one that waits."""
        return self.waiting.filter(_older_than(report)).order_by("-submitted_at", "-pk").first()

    def after(self, report: Report) -> Report | None:
        """The next newer one that waits."""
        newer = self.waiting.exclude(_older_than(report)).exclude(pk=report.pk)
        return newer.order_by("submitted_at", "pk").first()


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
        .annotate(times=Count("revisions"))
        .defer("draft")
    )
