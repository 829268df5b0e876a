"""Pages on which is set when and to whom messages go: the ladder of a duty, the hours."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits import roles
from orgunits.access import system_administrators_only
from orgunits.models import Role
from orgunits.requests import SignedInRequest
from plans.models import ReportingDuty
from reports import ladders, sending_hours
from reports.sending_forms import HoursForm, step_forms
from reports.views.typed import seen_edits


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ladder_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """The steps of a duty: what days, and who is told; or back to the default ones."""
    duties = ReportingDuty.objects.visible_to(request.user).select_related("plan__org_unit", "plan__document")
    duty = get_object_or_404(duties, pk=pk)
    roles.require(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=timezone.localdate())
    steps, row = ladders.ladder_of(duty)
    if "default" in request.POST:
        ladders.reset(duty, seen=seen_edits(request), by=request.user)
        messages.success(request, "Đã dùng lại các mốc nhắc mặc định.")
        return redirect("reports:duty_detail", duty.pk)
    form = step_forms(steps, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        ladders.set_ladder(duty, form.rungs(), seen=seen_edits(request), by=request.user)
        messages.success(request, "Đã lưu các mốc nhắc. Thư chưa gửi được xét lại theo mốc mới.")
        return redirect("reports:duty_detail", duty.pk)
    context = {
        "duty": duty,
        "form": form,
        "row": row,
        "default": ladders.DEFAULT,
        "seen": request.POST.get("seen") or (row.edits if row else 0),
    }
    return render(request, "reports/ladder_edit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def sending_hours_edit(request: SignedInRequest) -> HttpResponse:
    """The hours in which messages may go out, for the whole installation."""
    now = sending_hours.hours()
    initial = {name: getattr(now, name) for name in sending_hours.FIELDS}
    form = HoursForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        sending_hours.change(form.hours(), seen=seen_edits(request), by=request.user)
        messages.success(request, "Đã lưu giờ gửi thư.")
        return redirect("reports:sending_hours")
    context = {"form": form, "hours": now, "seen": request.POST.get("seen") or now.edits}
    return render(request, "reports/sending_hours.html", context)
