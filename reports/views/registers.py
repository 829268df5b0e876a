"""What the pages of both registers share: whose register it is, and the report from which a person comes."""

import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, resolve_url
from django.utils import timezone

from orgunits import roles
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest, typed_key
from reports import activities, care_models
from reports.form_building import MODELS_CODE
from reports.models import CareModel, FormVersion, ItemKind, Report


def kept_units(request: SignedInRequest) -> list[OrgUnit]:
    """The units whose registers the person keeps by a role on the unit itself."""
    return roles.units_where(request.user, activities.FILING_ROLES, on=timezone.localdate())


def may_record(request: SignedInRequest, unit: OrgUnit) -> bool:
    return activities.may_record(request.user, unit, on=timezone.localdate())


def coming_report(request: SignedInRequest) -> Report | None:
    """The report that ``?bao-cao=<pk>`` names, if it is one that the person may read; 404 if it is not."""
    pk = request.GET.get("bao-cao", "")
    if not (pk.isascii() and pk.isdigit()):
        return None
    visible = Report.objects.visible_to(request.user).select_related("obligation__org_unit", "obligation__period")
    return get_object_or_404(visible.prefetch_related("obligation__org_unit__placements"), pk=typed_key(pk))


def units_to_record(request: SignedInRequest, report: Report | None) -> list[OrgUnit]:
    """The units for which a new row may be entered: that of the report, else those that the person keeps."""
    units = [report.obligation.org_unit] if report else kept_units(request)
    if not units or (report and not may_record(request, units[0])):
        raise PermissionDenied
    return units


def keep_model(request: SignedInRequest, report: Report, pk: str) -> str:
    """Note with one press that a model of the unit is kept up in the report's period; the address to go back to."""
    models = CareModel.objects.filter(org_unit=report.obligation.org_unit_id).select_related("org_unit")
    model = get_object_or_404(models, pk=typed_key(pk))
    care_models.keep(model, period=report.obligation.period, on=timezone.localdate(), by=request.user)
    messages.success(request, f"Đã ghi nhận: mô hình “{model.name}” vẫn được duy trì.")
    return report_url(report, ItemKind.MODELS, code=MODELS_CODE)


def tell_filed(request: SignedInRequest, unit: OrgUnit, kind: ItemKind, *days: datetime.date) -> None:
    """Say which filed reports of those days keep what they had: the register changes, they do not."""
    of_days = Q()
    for day in days:
        of_days |= Q(obligation__period__starts_on__lte=day, obligation__period__ends_on__gte=day)
    filed = Report.objects.filter(
        of_days,
        obligation__org_unit=unit,
        status__in=(Report.Status.SUBMITTED, Report.Status.APPROVED),
        form_version__in=FormVersion.objects.filter(items__kind=kind),
    )
    for report in filed.select_related("obligation__duty", "obligation__period").defer("draft").order_by("pk"):
        name = f"{report.obligation.duty} · {report.obligation.period}"
        messages.info(
            request,
            f"Báo cáo “{name}” đã nộp nên giữ nguyên như khi nộp, không theo thay đổi này của sổ. "
            "Nếu báo cáo cần thay đổi này, hãy đề nghị nơi nhận trả lại báo cáo.",
        )


def report_url(report: Report, kind: ItemKind, *, code: str) -> str:
    """The filing form at the item of that kind; ``code`` is the usual one, for a form that has none."""
    found = report.form_version.items.filter(kind=kind).order_by("order", "pk").values_list("code", flat=True).first()
    return f"{resolve_url('reports:filing', report.pk)}#muc-{found or code}"
