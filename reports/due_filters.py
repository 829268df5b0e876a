"""What narrows the list of who owes what by when; read from the address of the page."""

import datetime
from typing import Any

from django.db.models import Q, QuerySet

from orgunits.form_fields import DayField, UnitField
from orgunits.models import OrgUnit, User
from reports import report_filters
from reports.models import Obligation
from reports.models.obligations import ObligationQuerySet

WRONG_DAY = {"invalid": "Hãy ghi ngày theo dạng ngày/tháng/năm."}


class DueFilter(report_filters.ReportFilter):
    """Duty, period, state, branch and due days; what cannot be read is told at its field and narrows nothing."""

    ten = None  # type: ignore[assignment]  # the branch takes its place
    don_vi = UnitField(label="Trong nhánh đơn vị", required=False)
    tu_ngay = DayField(label="Hạn từ ngày", required=False, error_messages=WRONG_DAY)
    den_ngay = DayField(label="Đến hết ngày", required=False, error_messages=WRONG_DAY)

    def __init__(self, data: Any, *, user: User, obligations: QuerySet[Obligation], on: datetime.date) -> None:
        super().__init__(data, obligations=obligations, statuses=report_filters.LIST_STATUSES)
        self.on = on
        self.fields["don_vi"].queryset = OrgUnit.objects.visible_to(user, on)  # type: ignore[attr-defined]
        for name in ("don_vi", "tu_ngay", "den_ngay"):
            widget = self.fields[name].widget
            widget.attrs["class"] = " ".join(filter(None, [widget.attrs.get("class", ""), "form-control"]))

    def narrowed(self, rows: ObligationQuerySet) -> ObligationQuerySet:
        """The rows with ``due`` that all filters leave."""
        wanted = Q()
        for name, field in {"che_do": "duty", "ky": "period"}.items():
            if value := self.chosen(name):
                wanted &= Q(**{field: value})
        if unit := self.chosen("don_vi"):
            wanted &= Q(org_unit__in=OrgUnit.objects.below(unit, self.on, include_self=True))
        rows = rows.filter(wanted, report_filters.in_state(self.chosen("trang_thai"), on=self.on)).with_due()
        first, last = self.chosen("tu_ngay"), self.chosen("den_ngay")
        rows = rows.filter(due__gte=first) if first else rows  # type: ignore[misc]
        return rows.filter(due__lte=last) if last else rows  # type: ignore[misc]
