"""Reforms that were recorded, with their acts; taking one back as a whole."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import reform_following, reversal
from orgunits.access import administrators_only
from orgunits.forms import add_errors
from orgunits.models import OrgUnit, Reform, Reorganisation, ReorganisationUnit
from orgunits.reform_forms import ReasonForm
from orgunits.requests import SignedInRequest
from orgunits.tasks import follow_reorganisations

PAGE_SIZE = 50
NAMED = 5  # units of one side of an act that its line names


@require_safe
@administrators_only
def reform_list(request: SignedInRequest) -> HttpResponse:
    reforms = Reform.objects.administered_by(request.user, timezone.localdate())
    counted = reforms.select_related("recorded_by").annotate(size=Count("acts"))
    page = Paginator(counted.order_by("-effective_on", "-pk"), PAGE_SIZE).get_page(request.GET.get("trang"))
    return render(request, "orgunits/reform_list.html", {"page_obj": page})


@require_safe
@administrators_only
def reform_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the reform says of itself, how many acts of each kind, and the acts page by page."""
    reform, today = _reform(request, pk), timezone.localdate()
    acts = Reorganisation.objects.filter(reform=reform).order_by("pk")
    page = Paginator(acts, PAGE_SIZE).get_page(request.GET.get("trang"))
    sizes = dict(acts.order_by().values_list("act").annotate(Count("pk")))
    context = {
        "reform": reform,
        "counts": [(label, sizes[act]) for act, label in Reorganisation.Act.choices if act in sizes],
        "page_obj": page,
        "rows": _rows(list(page)),
        "may_reverse": reform.reversed_at is None and _holds_all(request, reform),
        "follow": reform_following.progress(reform),
        "is_future": reform.effective_on > today,
    }
    return render(request, "orgunits/reform_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def reform_reverse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the whole reform back, with a reason; refused where something was built on it since."""
    reform = _whole(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reversal.reverse(reform, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, f"Đã hủy đợt sắp xếp “{reform}”. Hệ thống tổ chức trở lại như trước.")
            return redirect(reform)
    return render(request, "orgunits/reform_reverse.html", {"reform": reform, "form": form})


@require_POST
@administrators_only
def reform_follow_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let what had failed wait again, and ring for it."""
    reform = _whole(request, pk)
    count = reform_following.try_again(reform, by=request.user)
    follow_reorganisations.delay_on_commit()
    messages.success(request, f"Đang làm lại việc kèm theo của {count} việc sắp xếp.")
    return redirect(reform)


@require_POST
@administrators_only
def reform_take_up(request: SignedInRequest, pk: int) -> HttpResponse:
    """Do as proposed what was left for later; the button of the section says which (``phan``)."""
    reform = _whole(request, pk)
    reform_following.take_up(reform, request.POST.get("phan", ""), by=request.user)
    follow_reorganisations.delay_on_commit()
    messages.success(request, "Đã chọn làm theo đề nghị của hệ thống. Việc được làm lần lượt, tiến độ ở trang này.")
    return redirect(reform)


def _whole(request: SignedInRequest, pk: int) -> Reform:
    """The reform if the person administers every unit of it (403)."""
    reform = _reform(request, pk)
    if not _holds_all(request, reform):
        raise PermissionDenied
    return reform


def _reform(request: SignedInRequest, pk: int) -> Reform:
    reforms = Reform.objects.administered_by(request.user, timezone.localdate())
    return get_object_or_404(reforms.select_related("recorded_by", "reversed_by"), pk=pk)


def _holds_all(request: SignedInRequest, reform: Reform) -> bool:
    """Whether every unit of the reform lies where the person administers."""
    units = OrgUnit.objects.administered_by(request.user, timezone.localdate())
    outside = ReorganisationUnit.objects.filter(reorganisation__reform=reform).exclude(org_unit__in=units)
    return not outside.exists()


def _rows(acts: list[Reorganisation]) -> list[tuple[Reorganisation, list[str], list[str]]]:
    """Each act with the names of the units before and after it, each as it was called then."""
    parts = ReorganisationUnit.objects.filter(reorganisation__in=acts).select_related("org_unit")
    names: dict[tuple[int, str], list[str]] = {}
    days = {act.pk: act.effective_on for act in acts}
    for part in parts.prefetch_related("org_unit__placements").order_by("pk"):
        on = days[part.reorganisation_id]
        is_origin = part.part == ReorganisationUnit.Part.ORIGIN
        places = sorted(part.org_unit.placements.all(), key=lambda place: place.valid_from)
        before = [place for place in places if place.valid_from < on] or places
        after = [place for place in places if place.valid_from >= on] or places
        place = before[-1] if is_origin else after[0]
        names.setdefault((part.reorganisation_id, part.part), []).append(f"{place.name} ({place.code})")
    return [
        (act, _shortened(names.get((act.pk, "origin"), [])), _shortened(names.get((act.pk, "result"), [])))
        for act in acts
    ]


def _shortened(names: list[str]) -> list[str]:
    left = len(names) - NAMED
    return names if left <= 0 else [*names[:NAMED], f"và {left} đơn vị khác"]
