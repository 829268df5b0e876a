"""The filed reports of one duty and period, to be printed together: the list of a page, and what a batch builds."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.db.models import Prefetch, QuerySet

from orgunits.models import OrgUnit, User
from orgunits.models.units import SEGMENT_WIDTH, unit_pks
from orgunits.tree_order import TreeOrder
from plans.batch_lists import Branch, with_depths
from plans.batch_sources import LeftOut, Source, ToPrint
from plans.batches import Listing, Wanted
from plans.models import ReportingDuty
from plans.official.layout import document_title
from reports import issuing, states
from reports.models import Obligation, Period, Report, Revision

SOURCE: Final = "reports"
FILED, APPROVED = "da-nop", "da-duyet"
STATUSES: Final = {FILED: "Đã nộp (chờ duyệt và đã duyệt)", APPROVED: "Chỉ báo cáo đã duyệt"}
COUNTED: Final = {
    FILED: (Report.Status.SUBMITTED, Report.Status.APPROVED),
    APPROVED: (Report.Status.APPROVED,),
}
NOT_FILED: Final = "Báo cáo không còn ở trạng thái đã nộp: đã bị trả lại hoặc được mở lại."


class PeriodReports:
    """What a person may print of a duty and period: everything, or one branch of it."""

    def __init__(self, duty: ReportingDuty, period: Period, *, by: User, on: datetime.date) -> None:
        self.duty = duty
        self.period = period
        self.by = by
        self.on = on
        visible = Obligation.objects.visible_to(by, on).filter(duty=duty, period=period)
        fields = ("org_unit_id", "path", "waived_at", "report__pk", "report__status")
        self._rows = [_Row(*row) for row in visible.order_by().values_list(*fields)]
        self._order = TreeOrder(row.path for row in self._rows)
        self._rows.sort(key=lambda row: self._order.key(row.path))

    @cached_property
    def branches(self) -> list[Branch]:
        """The units above one of the reports, as the tree was frozen; those outside the person's scope are left out."""
        paths = {row.path[:end] for row in self._rows for end in range(SEGMENT_WIDTH, len(row.path), SEGMENT_WIDTH)}
        above = {path: unit_pks(path)[-1] for path in paths}
        scope = OrgUnit.objects.visible_to(self.by, self.on).filter(pk__in=above.values())
        readable = set(scope.values_list("pk", flat=True))
        in_order = sorted((path for path in paths if above[path] in readable), key=self._order.key)
        return with_depths([Branch(above[path], path, self._order.name(above[path])) for path in in_order])

    def listing(self, unit: OrgUnit, *, branch: Branch | None, status: str) -> Listing:
        """The filed reports in the order of the tree, and by name those that are not there."""
        rows = [row for row in self._rows if branch is None or branch.holds(row.path)]
        wanted = [row for row in rows if row.status in COUNTED[status]]
        absent = [row for row in rows if row.status not in COUNTED[status] and row.waived_at is None]
        words = " đã duyệt" if status == APPROVED else ""
        name = branch.name if branch else str(unit)
        return Listing(
            SOURCE,
            f"Các báo cáo{words} · {self.duty} · {self.period} · {name}",
            unit,
            [Wanted(row.report_pk or 0, self._order.name(row.unit_pk)) for row in wanted],
            [(self._order.name(row.unit_pk), row.state_words) for row in absent],
        )


@dataclass(frozen=True)
class _Row:
    unit_pk: int
    path: str
    waived_at: datetime.datetime | None
    report_pk: int | None
    status: str | None

    @property
    def state_words(self) -> str:
        return states.OF_STATUS[Report.Status(self.status)].label if self.status else states.NOT_BEGUN.label


class ReportSource(Source):
    def readable(self, *, by: User, on: datetime.date) -> QuerySet[Report]:
        return Report.objects.visible_to(by, on)

    def load(self, pks: Iterable[int], *, by: User, on: datetime.date) -> dict[int, Report]:
        """The reports with their latest filings, and the register's row of those that went out under a number."""
        reports = self.readable(by=by, on=on).filter(pk__in=list(pks)).defer("draft")
        reports = reports.select_related(
            "obligation__org_unit",
            "obligation__duty__plan__document",
            "obligation__duty__plan__programme__root_document",
            "obligation__period",
            "obligation__receiving_unit",
            "form_version",
        )
        filings = Prefetch("revisions", Revision.objects.order_by("-number"), to_attr="filings")
        names = ("obligation__org_unit__placements", "obligation__receiving_unit__placements")
        return {report.pk: report for report in reports.prefetch_related(filings, *names)}

    def build(self, row: Report, *, on: datetime.date) -> ToPrint:
        if not issuing.is_filed(row):
            raise LeftOut(NOT_FILED)
        revision: Revision = row.filings[0]  # type: ignore[attr-defined]  # of load
        document = issuing.document_of(row, revision, on=on)
        return ToPrint(document, row.obligation.org_unit, f"{document_title(document)}, {document.issuer_name}")
