"""Programmes, their cascade, and the quick record of a unit's own plan."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from orgunits import audit, roles
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest, typed_key
from plans.batch_lists import any_branch
from plans.cascade import cascade, plan_above
from plans.editing import create_outside_document, create_plan
from plans.models import Document, Plan, Programme
from plans.programme_forms import OutsideDocumentForm, ProgrammeForm, RegistrationForm
from plans.rights import readable_documents, require_registrar, writes_for_any_unit

PLANS_A_PAGE = 25


@require_safe
@login_required
def plan_list(request: SignedInRequest) -> HttpResponse:
    """Every programme, and the plans that the user may read."""
    on = timezone.localdate()
    visible = Plan.objects.visible_to(request.user, on)
    counts = dict(visible.order_by().values_list("programme").annotate(Count("pk")))
    programmes = sorted(Programme.objects.select_related("root_document"), key=_newest_first)
    for programme in programmes:
        programme.plan_count = counts.get(programme.pk, 0)  # type: ignore[attr-defined]
    plans = _filtered(visible, request)
    page = Paginator(plans, PLANS_A_PAGE).get_page(request.GET.get("trang"))
    context = {
        "programmes": programmes,
        "page_obj": page,
        "statuses": Plan.Status.choices,
        "programme_filter": request.GET.get("chuong-trinh", ""),
        "status_filter": request.GET.get("trang-thai", ""),
        "unit_filter": request.GET.get("don-vi", ""),
        "may_write": writes_for_any_unit(request.user, on=on),
        "is_system_administrator": roles.is_system_administrator(request.user, on=on),
    }
    return render(request, "plans/plan_list.html", context)


def _newest_first(programme: Programme) -> tuple[int, str]:
    root = programme.root_document
    year = (root and root.issued_year) or programme.year_from or 0
    return -year, programme.code


def _filtered(plans: QuerySet[Plan], request: SignedInRequest) -> QuerySet[Plan]:
    status, unit = (request.GET.get(name, "").strip() for name in ("trang-thai", "don-vi"))
    if programme := typed_key(request.GET.get("chuong-trinh")):
        plans = plans.filter(programme=programme)
    if status in Plan.Status.values:
        plans = plans.filter(status=status)
    if unit:
        plans = plans.filter(org_unit__in=OrgUnit.objects.search(unit).values("pk"))
    plans = plans.select_related("document", "org_unit", "programme").prefetch_related("org_unit__placements")
    year, day = (F(f"document__{name}").desc(nulls_first=True) for name in ("issued_year", "issued_on"))
    return plans.order_by(year, day, "pk")


@require_safe
@login_required
def programme_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The cascade: who carries out the programme with which plan, and which units have none yet."""
    programme = get_object_or_404(Programme.objects.select_related("root_document"), pk=pk)
    on = timezone.localdate()
    steps = cascade(programme, user=request.user, on=on)
    context = {
        "programme": programme,
        "steps": steps,
        "on": on,
        "is_system_administrator": roles.is_system_administrator(request.user, on=on),
        "may_write": writes_for_any_unit(request.user, on=on),
        "may_print_all": any_branch(request.user, on=on),
        "may_add_document": roles.administers_anything(request.user, on=on),
    }
    return render(request, "plans/programme_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def plan_register(request: SignedInRequest, pk: int, unit_pk: int) -> HttpResponse:
    """Record number and day of a unit's own plan under the programme."""
    on = timezone.localdate()
    programme = get_object_or_404(Programme, pk=pk)
    unit = get_object_or_404(OrgUnit.objects.visible_to(request.user, on), pk=unit_pk)
    require_registrar(request.user, unit, on=on)
    above = plan_above(unit, programme, on=on)
    existing = Plan.objects.filter(programme=programme, org_unit=unit).order_by("-pk").first()
    form = RegistrationForm(request.POST or None, on=on)
    if form.is_valid():
        values = form.cleaned_data
        plan = create_plan(
            org_unit=unit,
            programme=programme,
            document={
                "kind": Document.Kind.PLAN,
                "number": values["number"],
                "issued_on": values["issued_on"],
                "subject": values["subject"],
                "issuer_name": unit.name_on(on),
                "derives_from": above.document if above else None,
            },
            plan={"status": Plan.Status.ISSUED},
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, f"Đã ghi nhận {plan} của {unit}.")
        return redirect(programme)
    context = {"programme": programme, "unit": unit, "form": form, "above": above, "existing": existing}
    return render(request, "plans/plan_register.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def programme_create(request: SignedInRequest) -> HttpResponse:
    return _write_programme(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def programme_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _write_programme(request, get_object_or_404(Programme, pk=pk))


def _write_programme(request: SignedInRequest, programme: Programme | None) -> HttpResponse:
    if not roles.is_system_administrator(request.user, on=timezone.localdate()):
        raise PermissionDenied
    form = ProgrammeForm(request.POST or None, instance=programme)
    if form.is_valid():
        with transaction.atomic():
            written = form.save()
            action = "programme.update" if programme else "programme.create"
            audit.record(action, written, by=request.user, fields=sorted(form.changed_data))
        messages.success(request, f"Đã lưu chương trình {written}.")
        return redirect(written)
    return render(request, "plans/programme_form.html", {"form": form, "programme": programme})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def document_create(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a document of a higher body, so that plans can say that they carry it out."""
    programme = get_object_or_404(Programme, pk=pk)
    if not roles.administers_anything(request.user, on=timezone.localdate()):
        raise PermissionDenied
    documents = readable_documents(request.user, on=timezone.localdate()).filter(programme=programme)
    form = OutsideDocumentForm(request.POST or None, documents=documents)
    if form.is_valid():
        document = create_outside_document(programme, values=form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, f"Đã thêm {document}.")
        return redirect(programme)
    return render(request, "plans/document_form.html", {"form": form, "programme": programme})
