"""The register of activities of a unit: everybody in scope reads it, those who file for the unit keep it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits.requests import SignedInRequest
from reports import activities, form_building
from reports.activity_filters import ActivityFilter
from reports.activity_forms import ActivityForm
from reports.models import Activity, ItemKind, Report
from reports.views.registers import coming_report, kept_units, may_record, report_url, tell_filed, units_to_record

READ_OR_POST = ["GET", "HEAD", "POST"]
ROWS = 50


# /hoat-dong/


@require_safe
@login_required
def activity_list(request: SignedInRequest) -> HttpResponse:
    """Activities in the user's scope, newest first, narrowed by the filter, with the totals of what is chosen."""
    visible = Activity.objects.visible_to(request.user)
    narrowed = ActivityFilter(request.GET, visible=visible)
    found = narrowed.found.select_related("org_unit", "task__section").prefetch_related("org_unit__placements")
    page = Paginator(found.order_by("-held_on", "-pk"), ROWS).get_page(request.GET.get("trang"))
    kept = kept_units(request)
    context = {
        "page_obj": page,
        "summary": activities.summary_of(narrowed.found),
        "filter": narrowed,
        "keeps": {kept_unit.pk for kept_unit in kept},
        "may_add": bool(kept),
    }
    return render(request, "reports/activity_list.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def activity_create(request: SignedInRequest) -> HttpResponse:
    """``?bao-cao=<pk>`` says from which report the person comes, and so for which unit; there the way leads back."""
    report = coming_report(request)
    units = units_to_record(request, report)
    on = timezone.localdate()
    form = ActivityForm(request.POST or None, units=units, on=on, initial={"held_on": on})
    if request.method == "POST" and form.is_valid():
        activity = activities.record(form.save(commit=False), by=request.user)
        messages.success(request, f"Đã ghi hoạt động “{activity.name}” vào sổ.")
        _warn(request, form)
        tell_filed(request, activity.org_unit, ItemKind.ACTIVITIES, activity.held_on)
        return redirect(_back_url(report))
    context = {"form": form, "report": report, "back_url": _back_url(report), "title": "Thêm hoạt động"}
    return render(request, "reports/activity_form.html", context)


# /hoat-dong/<pk>/


@require_http_methods(READ_OR_POST)
@login_required
def activity_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    activity, report = _activity_to_keep(request, pk), coming_report(request)
    held_on = activity.held_on
    form = ActivityForm(request.POST or None, instance=activity, units=[activity.org_unit], on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        activities.correct(form.save(commit=False), by=request.user, changed=form.changed_data)
        messages.success(request, f"Đã sửa hoạt động “{activity.name}”.")
        _warn(request, form)
        if form.has_changed():
            tell_filed(request, activity.org_unit, ItemKind.ACTIVITIES, held_on, activity.held_on)
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
    activity, report = _activity_to_keep(request, pk), coming_report(request)
    if request.method == "POST":
        activities.remove(activity, by=request.user)
        messages.success(request, f"Đã xóa hoạt động “{activity.name}” khỏi sổ.")
        return redirect(_back_url(report))
    context = {"activity": activity, "back_url": _back_url(report)}
    return render(request, "reports/activity_delete.html", context)


# --- whose -------------------------------------------------------------------------------------------------------


def _warn(request: SignedInRequest, form: ActivityForm) -> None:
    """What was written is kept, and the person asked to look at it again: figures only, never who a child is."""
    for sentence in form.warnings:
        messages.warning(request, sentence)


def _activity_to_keep(request: SignedInRequest, pk: int) -> Activity:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    visible = Activity.objects.visible_to(request.user).select_related("org_unit")
    activity = get_object_or_404(visible.prefetch_related("org_unit__placements"), pk=pk)
    if not may_record(request, activity.org_unit):
        raise PermissionDenied
    return activity


def _back_url(report: Report | None) -> str:
    if report:
        return report_url(report, ItemKind.ACTIVITIES, code=form_building.ACTIVITIES_CODE)
    return resolve_url("reports:activity_list")
