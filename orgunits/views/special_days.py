"""Days off and swap days; they hold for every unit, so only who administers the whole keeps them."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import audit, working_days
from orgunits.access import system_administrators_only
from orgunits.models import SpecialDay
from orgunits.requests import SignedInRequest
from orgunits.special_day_forms import FIRST_YEAR, LAST_YEAR, SpecialDayForm

HELD = "Hạn của các báo cáo đã tạo không đổi theo; muốn đổi, hãy tính lại kỳ báo cáo."


@require_safe
@system_administrators_only
def special_day_list(request: SignedInRequest) -> HttpResponse:
    """What was entered for a year (``?nam=2026``), beside what the general calendar says."""
    year = _year(request.GET.get("nam", ""))
    context = {
        "year": year,
        "years": [each for each in (year - 1, year, year + 1) if FIRST_YEAR <= each <= LAST_YEAR],
        "days": SpecialDay.objects.filter(day__year=year),
        "general": working_days.general_days(year),
        "swaps": working_days.swap_days(year),
    }
    return render(request, "orgunits/special_day_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def special_day_create(request: SignedInRequest) -> HttpResponse:
    form = SpecialDayForm(request.POST or None)
    return _form_page(request, form, title="Thêm ngày nghỉ, ngày làm bù", action="special_day.create")


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def special_day_change(request: SignedInRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(SpecialDay, pk=pk)
    form = SpecialDayForm(request.POST or None, instance=row)
    return _form_page(request, form, title="Sửa ngày nghỉ, ngày làm bù", action="special_day.change")


@require_POST
@system_administrators_only
def special_day_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(SpecialDay, pk=pk)
    with transaction.atomic():
        audit.record("special_day.remove", row, by=request.user, **_told(row))
        row.delete()
    messages.success(request, f"Đã xóa ngày {row.day:%d/%m/%Y}. {HELD}")
    return redirect("orgunits:special_day_list")


def _form_page(request: SignedInRequest, form: SpecialDayForm, *, title: str, action: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                row = form.save()
                audit.record(action, row, by=request.user, **_told(row))
        except IntegrityError:  # somebody entered the same day at the same moment
            form.add_error("day", "Ngày này đã có trong bảng. Hãy sửa dòng đã có.")
        else:
            messages.success(request, f"Đã lưu. {HELD}")
            return redirect("orgunits:special_day_list")
    return render(request, "orgunits/special_day_form.html", {"form": form, "title": title})


def _told(row: SpecialDay) -> dict[str, Any]:
    return {
        "day": row.day.isoformat(),
        "special_kind": row.get_kind_display(),
        "name": row.name,
        "document": row.source,
    }


def _year(text: str) -> int:
    """The year of the address; this year where it makes no sense."""
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    return wanted if FIRST_YEAR <= wanted <= LAST_YEAR else timezone.localdate().year
