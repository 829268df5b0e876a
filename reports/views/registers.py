"""What the pages of both registers share: whose register it is, and the report from which a person comes."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, resolve_url
from django.utils import timezone

from orgunits import roles
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest, typed_key
from reports import activities, care_models
from reports.form_building import MODELS_CODE
from reports.models import CareModel, ItemKind, Report


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


def report_url(report: Report, kind: ItemKind, *, code: str) -> str:
    """The filing form at the item of that kind; ``code`` is the usual one, for a form that has none."""
    found = report.form_version.items.filter(kind=kind).order_by("order", "pk").values_list("code", flat=True).first()
    return f"{resolve_url('reports:filing', report.pk)}#muc-{found or code}"
