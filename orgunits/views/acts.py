"""The dated acts on units: form, before/after with what follows, confirmation; and taking an act back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits import acting, reversal, roles
from orgunits.access import administrators_only
from orgunits.act_forms import ActForm, EndForm, EstablishForm, MoveForm, RenameForm, RestoreForm
from orgunits.forms import ReverseForm, add_errors
from orgunits.merge_forms import MergeForm, SplitForm
from orgunits.models import OrgUnit, Reorganisation, Role
from orgunits.requests import SignedInRequest, typed_key
from orgunits.transitions import Conflict
from orgunits.views.units import named

READ_OR_POST = ["GET", "HEAD", "POST"]
ANSWER = "viec-"  # before the key of a question about what follows
MOST_TOLD = 50  # acts of a reform that the page of its reversal names


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_create(request: SignedInRequest) -> HttpResponse:
    today = timezone.localdate()
    above = typed_key(request.GET.get("truc-thuoc"))
    parent = OrgUnit.objects.administered_by(request.user, today).filter(pk=above).first() if above else None
    return _act_page(request, EstablishForm(request.POST or None, unit=parent, by=request.user, today=today))


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_rename(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = administered(request, pk)
    place = get_object_or_404(unit.placements.select_related("org_unit"), is_final=True)
    return _act_page(request, _form(RenameForm, request, unit, place=place))


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_move(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act_page(request, _form(MoveForm, request, administered(request, pk)))


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_end(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act_page(request, _form(EndForm, request, administered(request, pk)))


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_merge(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = administered(request, pk)
    get_object_or_404(unit.placements, is_final=True)
    return _act_page(request, _form(MergeForm, request, unit))


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_split(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = administered(request, pk)
    get_object_or_404(unit.placements, is_final=True)
    return _act_page(request, _form(SplitForm, request, unit))


@require_http_methods(READ_OR_POST)
@administrators_only
def unit_restore(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act_page(request, _form(RestoreForm, request, administered(request, pk)))


@require_http_methods(READ_OR_POST)
@administrators_only
def act_reverse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an act back with a reason, and with it the whole reform to which it belongs."""
    acts = Reorganisation.objects.visible_to(request.user).select_related("org_unit", "reform", "reversed_by")
    act = get_object_or_404(acts, pk=pk)
    _require_whole_act(request, act)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reversal.reverse(act.reform or act, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"Đã hủy quyết định: {act.reform or act}.")
            return redirect(act.org_unit if act.org_unit.placements.exists() else "orgunits:unit_list")
    together = act.reform.acts.select_related("org_unit") if act.reform else [act]
    context = {"act": act, "form": form, "unit": act.org_unit, "together": list(together[:MOST_TOLD])}
    return render(request, "orgunits/act_reverse.html", context)


def _require_whole_act(request: SignedInRequest, act: Reorganisation) -> None:
    """403 unless the user administers every unit of the act, or of the reform, that is taken back."""
    acts = Reorganisation.objects.filter(reform=act.reform) if act.reform else Reorganisation.objects.filter(pk=act.pk)
    concerned = OrgUnit.objects.filter(acts__reorganisation__in=acts)
    inside = OrgUnit.objects.administered_by(request.user, timezone.localdate())
    if concerned.exclude(pk__in=inside.values("pk")).exists():
        raise PermissionDenied


def _form(kind: type[ActForm], request: SignedInRequest, unit: OrgUnit, **kwargs: Any) -> ActForm:
    return kind(request.POST or None, unit=unit, by=request.user, today=timezone.localdate(), **kwargs)


def _act_page(request: SignedInRequest, form: ActForm) -> HttpResponse:
    """Form → what would be written → written. What was typed, and what was answered, comes along at every step."""
    action = request.POST.get("action", "")
    if request.method != "POST" or action == "edit" or not form.is_valid():
        return _form_page(request, form)
    sentence = ""
    try:
        if action == "confirm":
            return _confirm(request, form)
    except ValidationError as error:
        add_errors(form, error)
        return _form_page(request, form, status=409)  # it was possible when the page was shown
    except Conflict as conflict:
        sentence = str(conflict)
    try:
        shown = acting.preview(form, _answers(request), by=request.user, today=timezone.localdate())
    except ValidationError as error:
        add_errors(form, error)
        return _form_page(request, form, status=409 if sentence else 200)
    context = {"form": form, "unit": form.unit, "shown": shown, "sentence": sentence, "prefix": ANSWER}
    return render(request, "orgunits/act_preview.html", context, status=409 if sentence else 200)


def _confirm(request: SignedInRequest, form: ActForm) -> HttpResponse:
    today = timezone.localdate()
    stamp = request.POST.get("stamp", "")
    acts = acting.confirm(form, _answers(request), stamp=stamp, by=request.user, today=today)
    messages.success(request, form.done)
    return redirect(form.unit if form.unit and not isinstance(form, EstablishForm) else acts[0].org_unit)


def _form_page(request: SignedInRequest, form: ActForm, *, status: int = 200) -> HttpResponse:
    kept = {f"{ANSWER}{key}": value for key, value in _answers(request).items()}
    return render(request, "orgunits/act_form.html", {"form": form, "unit": form.unit, "kept": kept}, status=status)


def _answers(request: SignedInRequest) -> dict[str, str]:
    return {name.removeprefix(ANSWER): str(value) for name, value in request.POST.items() if name.startswith(ANSWER)}


def administered(request: SignedInRequest, pk: int) -> OrgUnit:
    """The unit if it is in sight (404) and the user administers it (403)."""
    unit = get_object_or_404(named(OrgUnit.objects.visible_to(request.user)), pk=pk)
    roles.require(request.user, Role.ADMINISTRATOR, unit, on=timezone.localdate())
    return unit
