"""One reporting duty with its due rules; the list of duties with their periods is in reports."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from orgunits.requests import SignedInRequest
from plans.due_order import out_of_order
from plans.due_rule_forms import DueRuleFormSet, levels_fit, once_fits
from plans.duty_forms import DutyForm
from plans.editing import remove_duty, save_duty
from plans.models import Plan, ReportingDuty
from plans.rights import require_editor
from plans.views.plans import writable_plan


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def duty_add(request: SignedInRequest, pk: int) -> HttpResponse:
    plan = writable_plan(request, pk)
    return _write_duty(request, plan, ReportingDuty(plan=plan))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def duty_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    duty = _writable_duty(request, pk)
    return _write_duty(request, duty.plan, duty)


def _write_duty(request: SignedInRequest, plan: Plan, duty: ReportingDuty) -> HttpResponse:
    """Set who reports what to whom, and the due day of each kind of period."""
    form = DutyForm(request.POST or None, instance=duty, plan=plan, on=timezone.localdate())
    rules = DueRuleFormSet(request.POST or None, instance=duty, prefix="thoi-han", form_kwargs={"plan": plan})
    if form.is_valid() and rules.is_valid() and all([levels_fit(form, rules), once_fits(form, rules)]):
        saved = save_duty(form, rules, plan=plan, by=request.user, at=timezone.now())
        messages.success(request, "Đã lưu chế độ báo cáo. Hạn của các báo cáo đã tạo không đổi theo.")
        for sentence in out_of_order(saved):
            messages.warning(request, sentence)
        return redirect(f"{plan.get_absolute_url()}#che-do-bao-cao")
    return render(request, "plans/duty_form.html", {"plan": plan, "duty": duty, "form": form, "rules": rules})


@require_POST
@login_required
def duty_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    duty = _writable_duty(request, pk)
    try:
        remove_duty(duty, by=request.user, at=timezone.now())
        messages.success(request, "Đã xóa chế độ báo cáo.")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect(duty.plan)


def _writable_duty(request: SignedInRequest, pk: int) -> ReportingDuty:
    on = timezone.localdate()
    duties = ReportingDuty.objects.visible_to(request.user, on).select_related("plan__document", "plan__org_unit")
    duty = get_object_or_404(duties, pk=pk)
    require_editor(request.user, duty.plan.org_unit, on=on)
    return duty
