"""The names of the levels of each sector; they concern every unit, so only who administers the whole keeps them."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import audit
from orgunits.access import system_administrators_only
from orgunits.forms import LevelForm
from orgunits.models import Level, Sector
from orgunits.requests import SignedInRequest


@require_safe
@system_administrators_only
def level_list(request: SignedInRequest) -> HttpResponse:
    levels = Level.objects.annotate(units=Count("placements__org_unit", distinct=True))
    in_order = sorted(levels.order_by("rank", "code"), key=lambda level: Sector.values.index(level.sector))
    return render(request, "orgunits/level_list.html", {"levels": in_order})


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def level_create(request: SignedInRequest) -> HttpResponse:
    return _form_page(request, LevelForm(request.POST or None), title="Thêm cấp", action="level.create")


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def level_change(request: SignedInRequest, pk: int) -> HttpResponse:
    level = get_object_or_404(Level, pk=pk)
    return _form_page(request, LevelForm(request.POST or None, instance=level), title="Sửa cấp", action="level.change")


def _form_page(request: SignedInRequest, form: LevelForm, *, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            level = form.save()
            audit.record(action, level, by=request.user, name=level.name, rank=level.rank)
        messages.success(request, "Đã lưu.")
        return redirect("orgunits:level_list")
    return render(request, "orgunits/level_form.html", {"form": form, "title": title})
