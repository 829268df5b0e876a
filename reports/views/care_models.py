"""The register of models (mô hình) of a unit: everybody in scope reads it, those who file for the unit keep it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits.requests import SignedInRequest
from reports import care_models
from reports.care_model_filters import CareModelFilter, row_of, with_state
from reports.care_model_forms import CareModelForm, StepForm
from reports.form_building import MODELS_CODE
from reports.models import CareModel, CareModelStep, ItemKind, Report
from reports.views.registers import (
    coming_report,
    kept_units,
    may_record,
    report_url,
    tell_filed,
    units_to_record,
)

READ_OR_POST = ["GET", "HEAD", "POST"]
ROWS = 50


# /mo-hinh/


@require_safe
@login_required
def care_model_list(request: SignedInRequest) -> HttpResponse:
    """Models in the user's scope with how each stands now, by name, narrowed by the filter."""
    narrowed = CareModelFilter(request.GET, visible=CareModel.objects.visible_to(request.user))
    found = narrowed.found.select_related("org_unit", "task__section").prefetch_related("org_unit__placements")
    page = Paginator(found.order_by("name", "pk"), ROWS).get_page(request.GET.get("trang"))
    kept = kept_units(request)
    context = {
        "page_obj": page,
        "rows": [row_of(model) for model in page.object_list],
        "filter": narrowed,
        "keeps": {unit.pk for unit in kept},
        "may_add": bool(kept),
    }
    return render(request, "reports/care_model_list.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def care_model_create(request: SignedInRequest) -> HttpResponse:
    """A model without a step is in no report: so the way leads on to its first step."""
    report = coming_report(request)
    units = units_to_record(request, report)
    form = CareModelForm(request.POST or None, units=units, on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        model = care_models.record(form.save(commit=False), by=request.user)
        messages.success(request, f"Đã ghi mô hình “{model.name}” vào sổ. Hãy ghi nhận việc của mô hình trong kỳ này.")
        _warn(request, form)
        return redirect(_with_report("reports:care_model_step", model, report))
    return _model_form(request, form, report, title="Thêm mô hình", back_url=_back_url(report))


# /mo-hinh/<pk>/


@require_safe
@login_required
def care_model_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One model with its steps, the latest first."""
    visible = with_state(CareModel.objects.visible_to(request.user))
    found = visible.select_related("org_unit", "task__section", "task__plan__document", "recorded_by")
    model = get_object_or_404(found.prefetch_related("org_unit__placements"), pk=pk)
    context = {
        "model": model,
        "row": row_of(model),
        "steps": model.steps.select_related("recorded_by").order_by("-noted_on", "-pk"),
        "report_url": _back_url(report) if (report := coming_report(request)) else "",
        "from_report": f"?bao-cao={report.pk}" if report else "",
        "may_keep": may_record(request, model.org_unit),
        "state_kinds": care_models.STATE_KINDS,
    }
    return render(request, "reports/care_model_detail.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def care_model_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    model, report = _model_to_keep(request, pk), coming_report(request)
    form = CareModelForm(request.POST or None, instance=model, units=[model.org_unit], on=timezone.localdate())
    back_url = _back_url(report, model)
    if request.method == "POST" and form.is_valid():
        care_models.correct(form.save(commit=False), by=request.user, changed=form.changed_data)
        messages.success(request, f"Đã sửa mô hình “{model.name}”.")
        _warn(request, form)
        return redirect(back_url)
    return _model_form(request, form, report, title="Sửa mô hình", back_url=back_url)


@require_http_methods(READ_OR_POST)
@login_required
def care_model_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks once, naming what will happen."""
    model, report = _model_to_keep(request, pk), coming_report(request)
    if request.method == "POST":
        care_models.remove(model, by=request.user)
        messages.success(request, f"Đã xóa mô hình “{model.name}” khỏi sổ.")
        return redirect(_back_url(report))
    back_url = _with_report("reports:care_model_detail", model, report)
    context = {"model": model, "steps": model.steps.count(), "back_url": back_url}
    return render(request, "reports/care_model_delete.html", context)


@require_http_methods(READ_OR_POST)
@login_required
def care_model_step(request: SignedInRequest, pk: int) -> HttpResponse:
    """Note what became of the model."""
    model, report, on = _model_to_keep(request, pk), coming_report(request), timezone.localdate()
    is_first = not model.steps.exists()
    kind = CareModelStep.Kind.STARTED if is_first else CareModelStep.Kind.KEPT
    form = StepForm(request.POST or None, model=model, on=on, initial={"noted_on": on, "kind": kind})
    if request.method == "POST" and form.is_valid():
        step = care_models.add_step(form.save(commit=False), by=request.user)
        messages.success(request, f"Đã ghi nhận “{step.get_kind_display()}” của mô hình “{model.name}”.")
        _warn(request, form)
        tell_filed(request, model.org_unit, ItemKind.MODELS, step.noted_on)
        return redirect(_back_url(report, model))
    context = {"form": form, "model": model, "report": report, "back_url": _back_url(report, model)}
    return render(request, "reports/care_model_step.html", context)


# /mo-hinh/ghi-nhan/<pk>/


@require_http_methods(READ_OR_POST)
@login_required
def care_model_step_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks once; a step is not changed but taken out and noted anew."""
    visible = CareModelStep.objects.filter(model__in=CareModel.objects.visible_to(request.user))
    step = get_object_or_404(visible.select_related("model__org_unit"), pk=pk)
    if not may_record(request, step.model.org_unit):
        raise PermissionDenied
    back_url = _with_report("reports:care_model_detail", step.model, coming_report(request))
    if request.method == "POST":
        care_models.remove_step(step, by=request.user)
        messages.success(request, f"Đã xóa lần ghi nhận “{step.get_kind_display()}”.")
        return redirect(back_url)
    context = {"step": step, "model": step.model, "back_url": back_url}
    return render(request, "reports/care_model_delete.html", context)


# --- whose -------------------------------------------------------------------------------------------------------


def _model_to_keep(request: SignedInRequest, pk: int) -> CareModel:
    """404 outside the user's scope, 403 inside it without the right to file for the unit."""
    visible = CareModel.objects.visible_to(request.user).select_related("org_unit")
    model = get_object_or_404(visible.prefetch_related("org_unit__placements"), pk=pk)
    if not may_record(request, model.org_unit):
        raise PermissionDenied
    return model


def _model_form(
    request: SignedInRequest, form: CareModelForm, report: Report | None, *, title: str, back_url: str
) -> HttpResponse:
    context = {"form": form, "report": report, "back_url": back_url, "title": title}
    return render(request, "reports/care_model_form.html", context)


def _warn(request: SignedInRequest, form: CareModelForm | StepForm) -> None:
    for sentence in form.warnings:
        messages.warning(request, sentence)


def _back_url(report: Report | None, model: CareModel | None = None) -> str:
    if report:
        return report_url(report, ItemKind.MODELS, code=MODELS_CODE)
    return resolve_url("reports:care_model_detail", model.pk) if model else resolve_url("reports:care_model_list")


def _with_report(name: str, model: CareModel, report: Report | None) -> str:
    """A page of the model that still knows from which report the person comes."""
    return reverse(name, args=[model.pk]) + (f"?bao-cao={report.pk}" if report else "")
