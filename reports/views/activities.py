"""The register of activities of a unit: everybody in scope reads it, those who file for the unit keep it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import roles
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest
from reports import activities
from reports.activity_forms import ActivityForm
from reports.models import Activity, Report

READ_OR_POST = ["GET", "HEAD", "POST"]
ROWS = 50


# /hoat-dong/


@require_safe
@login_required
def activity_list(request: SignedInRequest) -> HttpResponse:
    """Activities in the user's scope, by year and unit, newest first, with the totals of what is chosen."""
    visible = Activity.objects.visible_to(request.user)
    units = _units_with_activities(visible)
    years = list(visible.dates("held_on", "year", order="DESC"))
    unit = next((unit for unit in units if str(unit.pk) == request.GET.get("don_vi")), None)
    year = next((day.year for day in years if str(day.year) == request.GET.get("nam")), None)
    found = visible.filter(org_unit=unit) if unit else visible
    found = found.filter(held_on__year=year) if year else found
    found = found.select_related("org_unit", "task__section").prefetch_related("org_unit__placements")
    page = Paginator(found.order_by("-held_on", "-pk"), ROWS).get_page(request.GET.get("trang"))
    kept = _kept_units(request)
    context = {
        "page_obj": page,
        "totals": activities.totals_of(found),
        "units": units,
        "unit": unit,
        "years": [day.year for day in years],
        "year": year,
        "keeps": {kept_unit.pk for kept_unit in kept},
        "may_add": bool(kept),
    }
    return render(request, "reports/activity_list.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def activity_create(request: SignedInRequest) -> HttpResponse:
    """``?bao-cao=<pk>`` says from which report the person comes, and so for which unit; there the way leads back."""
    report = _report(request)
    units = [report.obligation.org_unit] if report else _kept_units(request)
    if not units or (report and not _may_record(request, units[0])):
        raise PermissionDenied
    form = ActivityForm(request.POST or None, units=units, on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        activity = activities.record(form.save(commit=False), by=request.user)
        messages.success(request, f"Đã ghi hoạt động “{activity.name}” vào sổ.")
        return redirect(_back_url(report))
    context = {"form": form, "report": report, "back_url": _back_url(report), "title": "Thêm hoạt động"}
    return render(request, "reports/activity_form.html", context)


# /hoat-dong/<pk>/


@require_http_methods(READ_OR_POST)
@login_required
def activity_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    activity, report = _activity_to_keep(request, pk), _report(request)
    form = ActivityForm(request.POST or None, instance=activity, units=[activity.org_unit], on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        activities.correct(form.save(commit=False), by=request.user, changed=form.changed_data)
        messages.success(request, f"Đã sửa hoạt động “{activity.name}”.")
        return redirect(_back_url(report))
    context = {
        "form": form,
        "activity": activity,
        "report": report,
        "back_url": _back_url(report),
        "title": "Sửa hoạt động",
    }
    return render(request, "reports/activity_form.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def activity_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks once, naming what will happen."""
    activity, report = _activity_to_keep(request, pk), _report(request)
    if request.method == "POST":
        activities.remove(activity, by=request.user)
        messages.success(request, f"Đã xóa hoạt động “{activity.name}” khỏi sổ.")
        return redirect(_back_url(report))
    context = {"activity": activity, "back_url": _back_url(report)}
    return render(request, "reports/activity_delete.html", context)


# --- whose -------------------------------------------------------------------------------------------------------


def _kept_units(request: SignedInRequest) -> list[OrgUnit]:
    """The units whose register the person keeps by a role on the unit itself."""
    return roles.units_where(request.user, activities.FILING_ROLES, on=timezone.localdate())


def _may_record(request: SignedInRequest, unit: OrgUnit) -> bool:
    return activities.may_record(request.user, unit, on=timezone.localdate())


def _activity_to_keep(request: SignedInRequest, pk: int) -> Activity:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    visible = Activity.objects.visible_to(request.user).select_related("org_unit")
    activity = get_object_or_404(visible.prefetch_related("org_unit__placements"), pk=pk)
    if not _may_record(request, activity.org_unit):
        raise PermissionDenied
    return activity


def _report(request: SignedInRequest) -> Report | None:
    """The report from which the person came, if it is one that they may read."""
    pk = request.GET.get("bao-cao", "")
    if not (pk.isascii() and pk.isdigit()):
        return None
    visible = Report.objects.visible_to(request.user).select_related("obligation__org_unit", "obligation__period")
    return get_object_or_404(visible.prefetch_related("obligation__org_unit__placements"), pk=pk)


def _back_url(report: Report | None) -> str:
    if report:
        return resolve_url("reports:filing", report.pk) + "#muc-hoat-dong"
    return resolve_url("reports:activity_list")


def _units_with_activities(visible: QuerySet[Activity]) -> list[OrgUnit]:
    units = OrgUnit.objects.filter(pk__in=visible.values("org_unit_id")).prefetch_related("placements")
    return sorted(units, key=lambda unit: unit.latest_placement.sort_name if unit.latest_placement else "")
