"""The tree of units, one unit, and the dated acts on it."""

import datetime
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import audit, reorganisation, roles, tree
from orgunits.access import administrators_only
from orgunits.form_fields import DayField
from orgunits.forms import ContactForm, EndForm, EstablishForm, MoveForm, RenameForm, add_errors
from orgunits.models import OrgUnit, Placement, Role, RoleAssignment, Sector
from orgunits.models.units import OrgUnitQuerySet
from orgunits.requests import SignedInRequest, typed_key

PAGE_SIZE = 50
SUGGESTIONS = 20
CHILDREN_ON_PAGE = 100


# --- looking ----------------------------------------------------------------------------------------------------


@require_safe
@administrators_only
def unit_list(request: SignedInRequest) -> HttpResponse:
    """The tree on a day, or what the search found."""
    today, on = timezone.localdate(), day_of(request)
    sectors = tree.sectors(request.user, on=on, today=today)
    words = request.GET.get("q", "").strip()
    open_pk = typed_key(request.GET.get("mo"))
    opened = OrgUnit.objects.filter(pk=open_pk).values_list("sector", flat=True).first() if open_pk else None
    sector = next((value for value in (request.GET.get("he-thong"), opened, *sectors) if value in sectors), "")
    context = {
        "on": on,
        "words": words,
        "sector": sector,
        "sectors": [(value, label) for value, label in Sector.choices if value in sectors],
        "may_establish_top": roles.is_system_administrator(request.user, on=today),
    }
    if words:
        found = _named(OrgUnit.objects.administered_by(request.user, today).search(words))
        ordered = found.filter(placements__is_final=True).order_by("placements__sort_name", "placements__org_unit_id")
        context["page_obj"] = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("trang"))
    else:
        context["branches"] = tree.roots(request.user, sector=sector, on=on, today=today, open_pk=open_pk)
    return render(request, "orgunits/unit_list.html", context)


@require_safe
@administrators_only
def unit_branch(request: SignedInRequest, pk: int) -> HttpResponse:
    """One line of the tree, open or closed, for htmx; without scripts it is the tree page opened there.

    ``sau`` asks for the next piece of a long branch, after so many units.
    """
    on = day_of(request)
    unit = get_object_or_404(OrgUnit.objects.administered_by(request.user, timezone.localdate()), pk=pk)
    place = get_object_or_404(Placement.objects.as_of(on).select_related("org_unit", "level"), org_unit=unit)
    if start := typed_key(request.GET.get("sau")):
        branches, left = tree.more(place, on=on, start=start)
        context = {"pk": pk, "branches": branches, "left": left, "start": start + len(branches), "on": on}
        return render(request, "orgunits/unit_more.html", context)
    branch = tree.branch(place, on=on, is_open="dong" not in request.GET)
    return render(request, "orgunits/unit_branch.html", {"branch": branch, "on": on})


@require_safe
@login_required
def unit_suggestions(request: SignedInRequest) -> HttpResponse:
    """Options for a text field of a unit: the first units that fit the words."""
    words = request.GET.get(request.GET.get("field", "q"), "")[:200]
    units = _named(OrgUnit.objects.visible_to(request.user).placed_on(timezone.localdate()))
    found = units.search(words) if words.strip() else units
    ordered = found.filter(placements__is_final=True).order_by("placements__sort_name", "placements__org_unit_id")
    return render(request, "orgunits/unit_suggestions.html", {"units": ordered[:SUGGESTIONS]})


@require_safe
@login_required
def unit_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the unit is, what is below it, who does what in it on a day, and its history."""
    unit = get_object_or_404(_named(OrgUnit.objects.visible_to(request.user)), pk=pk)
    today, on = timezone.localdate(), day_of(request)
    place = unit.placement_on(on)
    children = Placement.objects.as_of(on).filter(parent=unit).select_related("org_unit", "level")
    pages = Paginator(children.order_by("sort_name", "pk"), CHILDREN_ON_PAGE)
    holders = RoleAssignment.objects.as_of(on).filter(org_unit=unit).select_related("user", "delegated_by")
    context = {
        "unit": unit,
        "name": unit.name_on(on),
        "on": on,
        "today": today,
        "place": place,
        "last": unit.latest_placement,
        "page_obj": pages.get_page(request.GET.get("trang")),
        "holders": holders.order_by("role", "user__sort_name", "pk"),
        "places": sorted(unit.placements.all(), key=lambda row: row.valid_from, reverse=True),
        "acts": unit.reorganisations.select_related("recorded_by").order_by("-effective_on", "-pk"),
        "predecessors": unit.predecessor_links.filter(direct=True).select_related("reorganisation"),
        "successors": unit.successor_links.filter(direct=True).select_related("reorganisation"),
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, unit, on=today),
    }
    return render(request, "orgunits/unit_detail.html", context)


# --- acts -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def unit_create(request: SignedInRequest) -> HttpResponse:
    today = timezone.localdate()
    above = typed_key(request.GET.get("truc-thuoc"))
    parent = OrgUnit.objects.administered_by(request.user, today).filter(pk=above).first() if above else None
    initial = {"parent": parent, "on": today}
    form = EstablishForm(request.POST or None, by=request.user, on=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            unit = reorganisation.establish(sector=data["level"].sector, by=request.user, **data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"Đã thêm {unit.name}.")
            return redirect(unit)
    context = {"form": form, "title": "Thêm đơn vị", "submit": "Thêm đơn vị", "unit": parent}
    return render(request, "orgunits/unit_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def unit_rename(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = _administered(request, pk)
    place = get_object_or_404(unit.placements.select_related("org_unit"), is_final=True)
    form = RenameForm(request.POST or None, place=place, on=timezone.localdate())

    def act() -> None:
        reorganisation.rename(unit, by=request.user, **form.cleaned_data)

    lead = "Tên và cấp cũ vẫn giữ nguyên trong các báo cáo của thời gian trước ngày hiệu lực."
    return _act_page(request, unit, form, act, title="Đổi tên, đổi cấp", done="Đã ghi nhận tên và cấp mới.", lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def unit_move(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = _administered(request, pk)
    today = timezone.localdate()
    form = MoveForm(request.POST or None, by=request.user, on=today, initial={"on": today})

    def act() -> None:
        reorganisation.move(unit, by=request.user, **form.cleaned_data)

    lead = "Các đơn vị trực thuộc chuyển theo. Số liệu các kỳ trước ngày hiệu lực vẫn thuộc đơn vị cấp trên cũ."
    done = "Đã ghi nhận đơn vị cấp trên mới."
    return _act_page(request, unit, form, act, title="Chuyển đơn vị cấp trên", done=done, lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def unit_end(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = _administered(request, pk)
    today = timezone.localdate()
    form = EndForm(request.POST or None, unit=unit, by=request.user, on=today, initial={"on": today})

    def act() -> None:
        data = form.cleaned_data
        basis = data["legal_basis"]
        reorganisation.end(unit, on=data["on"], by=request.user, successors=form.successors(), legal_basis=basis)

    lead = "Đơn vị không bị xóa: báo cáo và số liệu đã nộp vẫn xem được, và thuộc về đơn vị kế thừa nếu có."
    done = f"Đã ghi nhận việc kết thúc hoạt động của {unit.name}."
    return _act_page(request, unit, form, act, title="Kết thúc hoạt động", done=done, lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def unit_contact(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = _administered(request, pk)
    form = ContactForm(request.POST or None, instance=unit)

    @transaction.atomic
    def act() -> None:
        if form.has_changed():
            unit.save(update_fields=form.changed_data)
            audit.record("unit.contact", unit, by=request.user, org_unit=unit, fields=form.changed_data)

    return _act_page(request, unit, form, act, title="Sửa liên hệ và mã địa bàn", done="Đã lưu.", lead="")


def _act_page(
    request: SignedInRequest,
    unit: OrgUnit,
    form: forms.BaseForm,
    act: Callable[[], None],
    *,
    title: str,
    done: str,
    lead: str,
) -> HttpResponse:
    """Show the form of one act; on a good POST do it and go back to the unit, keep what was typed otherwise."""
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, done)
            return redirect(unit)
    context = {"unit": unit, "form": form, "title": title, "lead": lead, "submit": title}
    return render(request, "orgunits/unit_form.html", context)


def _administered(request: SignedInRequest, pk: int) -> OrgUnit:
    """The unit if it is in sight (404) and the user administers it (403)."""
    unit = get_object_or_404(_named(OrgUnit.objects.visible_to(request.user)), pk=pk)
    roles.require(request.user, Role.ADMINISTRATOR, unit, on=timezone.localdate())
    return unit


def _named(units: OrgUnitQuerySet) -> OrgUnitQuerySet:
    """With the places, their levels and the names of the units above, so that a list asks a fixed number of times."""
    places = Placement.objects.select_related("level", "parent").prefetch_related("parent__placements")
    return units.prefetch_related(Prefetch("placements", queryset=places))


def day_of(request: SignedInRequest) -> datetime.date:
    """The day that the page is about: ``ngay`` in the address, today where it is missing or unreadable."""
    try:
        return DayField(required=False).clean(request.GET.get("ngay", "")) or timezone.localdate()
    except ValidationError:
        return timezone.localdate()
