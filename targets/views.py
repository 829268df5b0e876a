"""Targets of a plan and the indicators that they ask for."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from orgunits.requests import SignedInRequest, typed_key
from plans.models import Plan
from plans.rights import editor_check
from plans.views.plans import writable_plan
from targets.editing import remove_target, save_indicator, save_target
from targets.forms import GroupFormSet, IndicatorForm, MilestoneFormSet, TargetForm
from targets.models import Indicator, Target


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def target_add(request: SignedInRequest, plan_pk: int) -> HttpResponse:
    plan = writable_plan(request, plan_pk)
    return _write_target(request, plan, Target(plan=plan))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def target_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    target = get_object_or_404(Target, pk=pk)
    return _write_target(request, writable_plan(request, target.plan_id), target)


def _write_target(request: SignedInRequest, plan: Plan, target: Target) -> HttpResponse:
    """Choose the indicator, say who answers it, and set the milestones."""
    chosen = typed_key(request.GET.get("chi-tieu"))
    initial = {"indicator": chosen} if chosen else {}
    form = TargetForm(request.POST or None, instance=target, plan=plan, initial=initial)
    milestones = MilestoneFormSet(request.POST or None, instance=target, prefix="moc")
    if form.is_valid() and milestones.is_valid():
        save_target(form, milestones, plan=plan, by=request.user, at=timezone.now())
        messages.success(request, "Đã lưu chỉ tiêu.")
        return redirect(f"{plan.get_absolute_url()}#chi-tieu")
    context = {"plan": plan, "target": target, "form": form, "milestones": milestones}
    return render(request, "targets/target_form.html", context)


@require_POST
@login_required
def target_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    target = get_object_or_404(Target, pk=pk)
    plan = writable_plan(request, target.plan_id)
    try:
        remove_target(target, by=request.user, at=timezone.now())
        messages.success(request, "Đã xóa chỉ tiêu.")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect(plan)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def indicator_add(request: SignedInRequest, plan_pk: int) -> HttpResponse:
    """Describe a new indicator of the plan's programme."""
    return _write_indicator(request, writable_plan(request, plan_pk), Indicator())


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def indicator_edit(request: SignedInRequest, plan_pk: int, pk: int) -> HttpResponse:
    """Change an indicator; only who may write every plan that uses it, because they all read it."""
    plan = writable_plan(request, plan_pk)
    indicator = get_object_or_404(Indicator, pk=pk, programme=plan.programme_id)
    check = editor_check(request.user, on=timezone.localdate())
    users = Plan.objects.filter(targets__indicator=indicator).select_related("org_unit")
    places = [other.org_unit.latest_placement for other in users.prefetch_related("org_unit__placements")]
    if not all(place and check(place) for place in places):
        raise PermissionDenied
    return _write_indicator(request, plan, indicator)


def _write_indicator(request: SignedInRequest, plan: Plan, indicator: Indicator) -> HttpResponse:
    form = IndicatorForm(request.POST or None, instance=indicator)
    groups = GroupFormSet(request.POST or None, instance=indicator, prefix="phan-to")
    if form.is_valid() and groups.is_valid():
        created = indicator.pk is None
        saved = save_indicator(form, groups, plan=plan, by=request.user)
        messages.success(request, "Đã lưu chỉ tiêu." if not created else "Đã thêm chỉ tiêu. Bây giờ hãy đặt mốc.")
        if not created:
            return redirect(f"{plan.get_absolute_url()}#chi-tieu")
        response = redirect("targets:target_add", plan.pk)
        response["Location"] += f"?chi-tieu={saved.pk}"
        return response
    context = {"plan": plan, "indicator": indicator, "form": form, "groups": groups}
    return render(request, "targets/indicator_form.html", context)
