"""People, their invitations and their roles, inside the administrator's scope."""

import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import appointments, invitations, roles, tasks
from orgunits.access import administrators_only
from orgunits.forms import add_errors
from orgunits.models import Invitation, OrgUnit, Role, RoleAssignment, User
from orgunits.models.people import RoleAssignmentQuerySet, UserQuerySet
from orgunits.people_forms import EndRoleForm, InvitationForm, PersonFilterForm, PersonForm, RoleForm
from orgunits.requests import SignedInRequest, typed_key

PAGE_SIZE = 50
UNUSABLE = "!"  # Django's mark of a password that was never set


# --- looking ----------------------------------------------------------------------------------------------------


@require_safe
@administrators_only
def person_list(request: SignedInRequest) -> HttpResponse:
    """The people of the units that the user administers, narrowed by the filter."""
    on = timezone.localdate()
    form = PersonFilterForm(request.GET, by=request.user, on=on)
    form.is_valid()
    people = _narrowed(User.objects.administered_by(request.user, on), form.cleaned_data, on=on)
    page = Paginator(people.order_by("sort_name", "pk"), PAGE_SIZE).get_page(request.GET.get("trang"))
    held = _roles_in_sight(request.user, on=on).as_of(on).filter(user__in=[person.pk for person in page])
    by_person: dict[int, list[RoleAssignment]] = {}
    for role in held.order_by("role", "pk"):
        by_person.setdefault(role.user_id, []).append(role)
    rows = [(person, by_person.get(person.pk, [])) for person in page]
    return render(request, "orgunits/person_list.html", {"page_obj": page, "rows": rows, "form": form})


@require_safe
@administrators_only
def person_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    on = timezone.localdate()
    person = _person(request, pk)
    held = _roles_in_sight(request.user, on=on).filter(user=person).order_by("-valid_from", "pk")
    context = {
        "person": person,
        "on": on,
        "held": [(role, _state(role, on=on), _may_end(role, by=request.user, on=on)) for role in held],
        "held_elsewhere": person.role_assignments.as_of(on).exclude(pk__in=[role.pk for role in held]).count(),
        "invitation": Invitation.objects.filter(recipient=person).order_by("-pk").first(),
        "may_manage": appointments.may_manage_account(person, by=request.user, on=on),
    }
    return render(request, "orgunits/person_detail.html", context)


# --- accounts ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person_invite(request: SignedInRequest) -> HttpResponse:
    on = timezone.localdate()
    wanted = typed_key(request.GET.get("don-vi"))
    units = OrgUnit.objects.administered_by(request.user, on)
    unit = units.filter(pk=wanted).first() if wanted else None
    form = InvitationForm(request.POST or None, by=request.user, on=on, unit=unit)
    if request.method == "POST" and form.is_valid():
        try:
            person, letter = invitations.invite(by=request.user, on=on, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            _announce(request, person, letter)
            return redirect(person)
    return render(request, "orgunits/person_invite.html", {"form": form})


@require_POST
@administrators_only
def person_invite_again(request: SignedInRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    try:
        letter = invitations.invite_again(person, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _announce(request, person, letter)
    return redirect(person)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person_change(request: SignedInRequest, pk: int) -> HttpResponse:
    on = timezone.localdate()
    person = _person(request, pk)
    appointments.require_account_rights(person, by=request.user, on=on)
    form = PersonForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        appointments.change_person(User.objects.get(pk=pk), by=request.user, on=on, **form.cleaned_data)
        messages.success(request, "Đã lưu.")
        return redirect(person)
    return render(request, "orgunits/person_form.html", {"form": form, "person": person})


@require_POST
@administrators_only
def person_deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    try:
        appointments.deactivate(person, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"Đã ngừng tài khoản của {person}. Người này không đăng nhập được nữa.")
    return redirect(person)


@require_POST
@administrators_only
def person_reactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    appointments.reactivate(person, by=request.user, on=timezone.localdate())
    messages.success(request, f"Đã mở lại tài khoản của {person}.")
    return redirect(person)


# --- roles ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def role_give(request: SignedInRequest, pk: int) -> HttpResponse:
    on = timezone.localdate()
    person = _person(request, pk)
    form = RoleForm(request.POST or None, by=request.user, on=on)
    if request.method == "POST" and form.is_valid():
        try:
            appointments.give_role(person, by=request.user, on=on, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"Đã giao vai trò cho {person}.")
            return redirect(person)
    return render(request, "orgunits/role_form.html", {"form": form, "person": person, "title": "Giao vai trò"})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def role_end(request: SignedInRequest, pk: int) -> HttpResponse:
    on = timezone.localdate()
    held = get_object_or_404(_roles_in_sight(request.user, on=on).select_related("user"), pk=pk)
    if not _may_end(held, by=request.user, on=on):
        raise PermissionDenied
    form = EndRoleForm(request.POST or None, initial={"last_day": on})
    if request.method == "POST" and form.is_valid():
        try:
            appointments.end_role(held, ends_on=form.cleaned_data["last_day"], by=request.user, on=on)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"Đã ghi nhận ngày kết thúc vai trò của {held.user}.")
            return redirect(held.user)
    context = {"form": form, "person": held.user, "held": held, "title": "Kết thúc vai trò"}
    return render(request, "orgunits/role_form.html", context)


# --- shared -----------------------------------------------------------------------------------------------------


def _person(request: SignedInRequest, pk: int) -> User:
    return get_object_or_404(User.objects.administered_by(request.user, timezone.localdate()), pk=pk)


def _announce(request: SignedInRequest, person: User, letter: Invitation | None) -> None:
    """Say what happened, and ring for the letter after the transaction."""
    if letter is None:
        messages.success(request, f"{person} đã có tài khoản; vai trò đã được giao và không cần thư mời.")
        return
    tasks.deliver_invitation.delay_on_commit(letter.pk)
    messages.success(request, f"Đã tạo tài khoản; thư mời đang được gửi đến {person.email}.")


def _narrowed(people: UserQuerySet, wanted: dict[str, Any], *, on: datetime.date) -> UserQuerySet:
    if words := wanted.get("q"):
        people = people.search(words)
    now = RoleAssignment.objects.as_of(on)
    if role := wanted.get("vai_tro"):
        people = people.filter(pk__in=now.filter(role=role).values("user_id"))
    if unit := wanted.get("don_vi"):
        below = OrgUnit.objects.below(unit, on, include_self=True)
        people = people.filter(pk__in=now.filter(org_unit__in=below).values("user_id"))
    match wanted.get("trang_thai"):
        case "moi":
            return people.filter(Q(password="") | Q(password__startswith=UNUSABLE), is_active=True)
        case "ngung":
            return people.filter(is_active=False)
        case "tat-ca":
            return people
    return people.filter(is_active=True)


def _roles_in_sight(user: User, *, on: datetime.date) -> RoleAssignmentQuerySet:
    """Roles on units that the user administers, with the names of the units."""
    named = Prefetch("org_unit", OrgUnit.objects.prefetch_related("placements"))
    held = RoleAssignment.objects.select_related("delegated_by").prefetch_related(named)
    if roles.is_system_administrator(user, on=on):
        return held
    return held.filter(org_unit__in=OrgUnit.objects.administered_by(user, on).values("pk"))


def _may_end(held: RoleAssignment, *, by: User, on: datetime.date) -> bool:
    if held.valid_to is not None and held.valid_to <= on:
        return False
    if held.org_unit is None:
        return roles.is_system_administrator(by, on=on)
    return roles.may(by, Role.ADMINISTRATOR, held.org_unit, on=on)


def _state(held: RoleAssignment, *, on: datetime.date) -> str:
    if held.valid_from > on:
        return "later"
    return "now" if held.valid_to is None or held.valid_to > on else "past"
