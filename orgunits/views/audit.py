"""The audit trail, for reading."""

from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits.access import administrators_only
from orgunits.audit_words import ACTIONS, action_words, details, unit_pks
from orgunits.form_fields import DayField, UnitField
from orgunits.models import AuditEvent, OrgUnit, User
from orgunits.requests import SignedInRequest

PAGE_SIZE = 50


class DayFilter(django_filters.Filter):
    field_class = DayField


class UnitFilter(django_filters.Filter):
    field_class = UnitField


class AuditFilter(django_filters.FilterSet):
    """Action, actor, unit and days; the last day is included."""

    viec = django_filters.ChoiceFilter("action", label="Việc", empty_label="Mọi việc", choices=list(ACTIONS.items()))
    nguoi = django_filters.CharFilter(label="Người làm", method="by_actor")
    don_vi = UnitFilter("org_unit", label="Đơn vị")
    tu_ngay = DayFilter("at", label="Từ ngày", lookup_expr="date__gte")
    den_ngay = DayFilter("at", label="Đến hết ngày", lookup_expr="date__lte")

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def by_actor(self, events: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        return events.filter(actor__in=User.objects.search(value))


@require_safe
@administrators_only
def audit_list(request: SignedInRequest) -> HttpResponse:
    on = timezone.localdate()
    events = AuditEvent.objects.administered_by(request.user, on).select_related("actor", "org_unit")
    chosen = AuditFilter(request.GET, events.prefetch_related("org_unit__placements"))
    chosen.form.fields["don_vi"].queryset = OrgUnit.objects.administered_by(request.user, on)
    page = Paginator(chosen.qs.order_by("-at", "-pk"), PAGE_SIZE).get_page(request.GET.get("trang"))
    named = OrgUnit.objects.filter(pk__in={pk for event in page for pk in unit_pks(event.data)})
    names = {unit.pk: unit.name for unit in named.prefetch_related("placements")}
    rows: list[dict[str, Any]] = [
        {"event": event, "action": action_words(event.action), "details": details(event.data, names)} for event in page
    ]
    return render(request, "orgunits/audit_list.html", {"form": chosen.form, "page_obj": page, "rows": rows})
