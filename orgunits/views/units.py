"""The tree of units and one unit; the acts are in acts.py."""

import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import audit, roles, tree, unit_history
from orgunits.access import administrators_only
from orgunits.form_fields import DayField
from orgunits.forms import ContactForm
from orgunits.models import Level, OrgUnit, Placement, Role, RoleAssignment, Sector
from orgunits.models.units import OrgUnitQuerySet
from orgunits.requests import SignedInRequest, typed_key
from orgunits.vietnamese import searchable, without_marks

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
        found = named(OrgUnit.objects.administered_by(request.user, today).search(words))
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
    units = named(OrgUnit.objects.visible_to(request.user).placed_on(timezone.localdate()))
    found = units.search(words) if words.strip() else units
    ordered = found.filter(placements__is_final=True).order_by("placements__sort_name", "placements__org_unit_id")
    return render(request, "orgunits/unit_suggestions.html", {"units": ordered[:SUGGESTIONS]})


@require_safe
@login_required
def unit_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the unit is, what is below it, who does what in it on a day, and its history."""
    unit = get_object_or_404(named(OrgUnit.objects.visible_to(request.user)), pk=pk)
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
        "acts": unit_history.acts(unit),
        "holders_then": unit_history.people(unit, on=today),
        "predecessors": unit.predecessor_links.filter(direct=True).select_related("reorganisation"),
        "successors": unit.successor_links.filter(direct=True).select_related("reorganisation"),
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, unit, on=today),
    }
    return render(request, "orgunits/unit_detail.html", context)


@require_safe
@login_required
def unit_below(request: SignedInRequest, pk: int) -> HttpResponse:
    """Everything below the unit on a day, page by page in the order of the tree; ``cap`` shows one level, ``q`` a name.

    What is below comes with the unit: who may see it may see its branch.
    """
    unit = get_object_or_404(named(OrgUnit.objects.visible_to(request.user)), pk=pk)
    on = day_of(request)
    place = unit.placement_on(on)
    below = Placement.objects.as_of(on)
    below = below.in_subtree(place.path).exclude(pk=place.pk) if place else below.none()
    levels = list(Level.objects.filter(sector=unit.sector).order_by("rank", "code"))
    level = next((row for row in levels if row.pk == typed_key(request.GET.get("cap"))), None)
    words = request.GET.get("q", "").strip()[:200]
    if level:
        below = below.filter(level=level)
    if words:
        wanted = searchable(words)
        below = below.filter(Q(search_name__contains=without_marks(wanted)) | Q(code__iexact=wanted))
    # Keys first: a page far down a branch of fourteen thousand joins nothing for the rows before it.
    page = Paginator(below.order_by("path").values_list("pk", flat=True), PAGE_SIZE).get_page(request.GET.get("trang"))
    shown = Placement.objects.filter(pk__in=list(page)).select_related("org_unit", "level").order_by("path")
    context = {
        "unit": unit,
        "name": unit.name_on(on),
        "on": on,
        "levels": levels,
        "level": level,
        "words": words,
        "page_obj": page,
        "rows": tree.with_parents(shown, on=on),
    }
    return render(request, "orgunits/unit_below.html", context)


# --- changing what has no date ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def unit_contact(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(named(OrgUnit.objects.visible_to(request.user)), pk=pk)
    roles.require(request.user, Role.ADMINISTRATOR, unit, on=timezone.localdate())
    form = ContactForm(request.POST or None, instance=unit)
    if request.method == "POST" and form.is_valid():
        if form.has_changed():
            with transaction.atomic():
                unit.save(update_fields=form.changed_data)
                audit.record("unit.contact", unit, by=request.user, org_unit=unit, fields=form.changed_data)
        messages.success(request, "Đã lưu.")
        return redirect(unit)
    title = "Sửa liên hệ và mã địa bàn"
    return render(request, "orgunits/unit_form.html", {"unit": unit, "form": form, "title": title, "submit": title})


def named(units: OrgUnitQuerySet) -> OrgUnitQuerySet:
    """With the places, their levels and the names of the units above, so that a list asks a fixed number of times."""
    places = Placement.objects.select_related("level", "parent").prefetch_related("parent__placements")
    return units.prefetch_related(Prefetch("placements", queryset=places))


def day_of(request: SignedInRequest) -> datetime.date:
    """The day that the page is about: ``ngay`` in the address, today where it is missing or unreadable."""
    try:
        return DayField(required=False).clean(request.GET.get("ngay", "")) or timezone.localdate()
    except ValidationError:
        return timezone.localdate()
