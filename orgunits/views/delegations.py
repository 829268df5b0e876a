"""Delegation of review: what a person has given and received, a new one, and its early end."""

import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import delegations
from orgunits.delegation_forms import DelegationForm, SearchForm
from orgunits.forms import add_errors
from orgunits.models import OrgUnit, RoleAssignment, User
from orgunits.models.people import RoleAssignmentQuerySet, UserQuerySet
from orgunits.requests import SignedInRequest

SHOWN = 10  # people offered at a time; more are found by name
PAST_SHOWN = 50


@require_safe
@login_required
def delegation_list(request: SignedInRequest) -> HttpResponse:
    """Delegations that the person gave or received, and those of the units that the person administers."""
    user, on = request.user, timezone.localdate()
    lasting = Q(valid_to__gt=on)
    rows = _visible(user, on=on)
    lasting_rows = rows.filter(lasting)
    units = OrgUnit.objects.administered_by(user, on).filter(pk__in=[row.org_unit_id for row in lasting_rows])
    administered = set(units.values_list("pk", flat=True))
    open_rows = [
        (row, row.valid_from > on, row.delegated_by_id == user.pk or row.org_unit_id in administered)
        for row in lasting_rows
    ]
    context = {
        "open_rows": open_rows,
        "past_rows": rows.exclude(lasting)[:PAST_SHOWN],
        "may_delegate": bool(delegations.own_units(user, on=on)),
    }
    return render(request, "orgunits/delegation_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delegation_create(request: SignedInRequest) -> HttpResponse:
    """Choose the unit and the person, then the days; only for who reviews in the own right."""
    on = timezone.localdate()
    units = delegations.own_units(request.user, on=on)
    if not units:
        raise PermissionDenied
    search = SearchForm(request.GET, units=units)
    search.is_valid()
    unit = search.cleaned_data.get("don_vi") or units[0]
    people = delegations.candidates(unit, by=request.user, on=on)
    found = people.search(words) if (words := search.cleaned_data.get("tim")) else people
    shown, roles = _shown(found, unit, on=on)
    form = DelegationForm(request.POST or None, people=shown, roles=roles, on=on)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            given = delegations.delegate(
                unit, to=data["person"], since=data["since"], until=data["until"], by=request.user, on=on
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"{given.user} được xét duyệt thay bạn đến hết ngày {given.last_day:%d/%m/%Y}.")
            return redirect("orgunits:delegation_list")
    context = {
        "form": form,
        "search": search,
        "unit": unit,
        "units": units,
        "found": found.count(),
        "shown": len(roles),
    }
    return render(request, "orgunits/delegation_form.html", context)


@require_POST
@login_required
def delegation_end(request: SignedInRequest, pk: int) -> HttpResponse:
    on = timezone.localdate()
    delegation = get_object_or_404(_visible(request.user, on=on), pk=pk)
    delegations.end(delegation, by=request.user, on=on)
    messages.success(request, f"{delegation.user} không còn xét duyệt thay {delegation.delegated_by} từ bây giờ.")
    return redirect("orgunits:delegation_list")


def _visible(user: User, *, on: datetime.date) -> RoleAssignmentQuerySet:
    """Given or received by the person, or of a unit that the person administers."""
    administered = OrgUnit.objects.administered_by(user, on).values("pk")
    return delegations.delegations().filter(Q(delegated_by=user) | Q(user=user) | Q(org_unit__in=administered))


def _shown(found: UserQuerySet, unit: OrgUnit, *, on: datetime.date) -> tuple[UserQuerySet, dict[int, str]]:
    """The first people found, and what each is, as words by key."""
    first = list(found.values_list("pk", flat=True)[:SHOWN])
    held = RoleAssignment.objects.as_of(on).filter(user__in=first, delegated_by__isnull=True, org_unit__isnull=False)
    words: dict[int, list[str]] = {pk: [] for pk in first}
    for role in held.select_related("org_unit").prefetch_related("org_unit__placements").order_by("role", "pk"):
        words[role.user_id].append(f"{role.get_role_display()}, {role.org_unit}")
    return found.filter(pk__in=first), {pk: "; ".join(parts) for pk, parts in words.items()}
