"""A plan: read like the document, held against its source, written and removed."""

import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import roles
from orgunits.models import OrgUnit, Role
from orgunits.requests import SignedInRequest, typed_key
from plans.cascade import below_plan, plan_above
from plans.editing import create_plan, remove_plan, replace_citations, replace_recipients, update_plan
from plans.forms import CitationFormSet, PlanForm, RecipientsForm
from plans.issuing import can_be_issued
from plans.missing import missing_of_plan
from plans.models import DueRule, OutgoingDocument, Plan, Programme, ReportingDuty
from plans.outline import outline, walk
from plans.rights import OWN_ROLES, may_edit, may_issue, readable_documents, require_editor

UNITS_SHOWN = 20


def visible_plan(request: SignedInRequest, pk: int) -> Plan:
    """The plan if the person may read it; 404 otherwise."""
    plans = Plan.objects.visible_to(request.user, timezone.localdate())
    plans = plans.select_related("document__derives_from__plan", "org_unit", "programme")
    return get_object_or_404(plans.prefetch_related("org_unit__placements", "document__recipients"), pk=pk)


def writable_plan(request: SignedInRequest, pk: int) -> Plan:
    """The plan if the person may write it; 404 outside the person's scope, 403 inside."""
    plan = visible_plan(request, pk)
    require_editor(request.user, plan.org_unit, on=timezone.localdate())
    return plan


def seen_at(text: str) -> datetime.datetime | None:
    """When the row had been edited as the form was shown; what cannot be read counts as never."""
    try:
        seen = parse_datetime(text)
        return seen.astimezone(datetime.UTC) if seen else None
    except (ValueError, OverflowError):
        return None


@require_safe
@login_required
def plan_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The document with its tasks, targets and duties beside it."""
    return render(request, "plans/plan_detail.html", _plan_context(request, pk))


@require_safe
@login_required
def plan_source(request: SignedInRequest, pk: int) -> HttpResponse:
    """The structured plan beside the text that it was entered from."""
    return render(request, "plans/plan_source.html", _plan_context(request, pk))


def _plan_context(request: SignedInRequest, pk: int) -> dict[str, object]:
    plan, on = visible_plan(request, pk), timezone.localdate()
    nodes = outline(plan)
    duties = list(
        ReportingDuty.objects.filter(plan=plan)
        .select_related("recipient_unit", "section")
        .prefetch_related(
            Prefetch("due_rules", DueRule.objects.select_related("level", "unit")),
            "levels",
            "recipient_unit__placements",
            Prefetch("units", OrgUnit.objects.prefetch_related("placements").order_by("pk")),
        )
        .order_by("pk")
    )
    tasks = [node for node in walk(nodes) if node.task]
    citations = list(plan.document.citations.select_related("cited__plan").order_by("order", "pk"))
    named = [*(citation.cited_id for citation in citations), plan.document.derives_from_id]
    outgoing = OutgoingDocument.objects.visible_to(request.user, on)
    readable = Plan.objects.visible_to(request.user, on).filter(document__in=[pk for pk in named if pk])
    return {
        "plan": plan,
        "document": plan.document,
        "nodes": nodes,
        "tasks": tasks,
        "leads_are_named": any(node.labelled for node in tasks),
        "duties": duties,
        "missing": missing_of_plan(plan, duties),
        "citations": citations,
        "has_copies": any(line.kind == "copy" for line in plan.document.recipients.all()),
        "readable_plans": set(readable.values_list("pk", flat=True)),
        "below": below_plan(plan, user=request.user, on=on),
        "may_edit": may_edit(request.user, plan.org_unit, on=on),
        "may_issue": can_be_issued(plan) and may_issue(request.user, plan.org_unit, on=on),
        "outgoing": outgoing.filter(plan=plan).defer("content").order_by("pk"),
    }


@require_safe
@login_required
def plan_start(request: SignedInRequest) -> HttpResponse:
    """Choose the unit whose plan is to be written."""
    on = timezone.localdate()
    own = roles.units_where(request.user, [*OWN_ROLES, Role.ADMINISTRATOR], on=on)
    wanted = request.GET.get("tim", "").strip()
    found: list[OrgUnit] = []
    if wanted:
        units = OrgUnit.objects.visible_to(request.user, on).placed_on(on).search(wanted)
        found = [
            unit
            for unit in units.prefetch_related("placements").order_by("pk")[:UNITS_SHOWN]
            if may_edit(request.user, unit, on=on)
        ]
    context = {"own": own, "wanted": wanted, "found": found, "programme": request.GET.get("chuong-trinh", "")}
    return render(request, "plans/plan_start.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def plan_create(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """Write a new plan of a unit."""
    on = timezone.localdate()
    unit = get_object_or_404(OrgUnit.objects.visible_to(request.user, on), pk=unit_pk)
    require_editor(request.user, unit, on=on)
    chosen = typed_key(request.GET.get("chuong-trinh"))
    programme = Programme.objects.filter(pk=chosen).first() if chosen else None
    above = plan_above(unit, programme, on=on) if programme else None
    initial = {
        "kind": "plan",
        "issuer_name": unit.name_on(on),
        "programme": programme and programme.pk,
        "derives_from": above and above.document_id,
    }
    form = PlanForm(request.POST or None, initial=initial, documents=readable_documents(request.user, on=on))
    if form.is_valid():
        plan = create_plan(
            org_unit=unit,
            programme=form.cleaned_data["programme"],
            document=form.document_values(),
            plan={name: value for name, value in form.plan_values().items() if name != "programme"},
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, "Đã lập kế hoạch. Bây giờ hãy nhập nội dung.")
        return redirect("plans:plan_outline", plan.pk)
    return render(request, "plans/plan_form.html", {"form": form, "unit": unit})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def plan_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change number, day, signature and the other data of a plan's document."""
    plan = writable_plan(request, pk)
    edited = plan.document.edited_at
    initial = {name: getattr(plan, name) for name in ("programme", "status", "year_from", "year_to")}
    initial["seen"] = edited.isoformat() if edited else ""
    documents = readable_documents(request.user, on=timezone.localdate())
    form = PlanForm(request.POST or None, instance=plan.document, initial=initial, plan=plan, documents=documents)
    if form.is_valid():
        update_plan(
            plan,
            document={**form.document_values(), "programme": form.cleaned_data["programme"]},
            values=form.plan_values(),
            seen=seen_at(form.cleaned_data["seen"]),
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, "Đã lưu kế hoạch.")
        return redirect(plan)
    return render(request, "plans/plan_form.html", {"form": form, "plan": plan, "unit": plan.org_unit})


@require_POST
@login_required
def plan_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a plan that was entered by mistake."""
    plan = writable_plan(request, pk)
    programme, name = plan.programme, str(plan)
    try:
        remove_plan(plan, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("plans:plan_edit", pk)
    messages.success(request, f"Đã xóa {name}.")
    return redirect(programme)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def recipients_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write Kính gửi and Nơi nhận, one a line."""
    plan = writable_plan(request, pk)
    lines = plan.document.recipients.all()
    initial = {
        "addressees": "\n".join(line.text for line in lines if line.kind == "addressee"),
        "copies": "\n".join(line.text for line in lines if line.kind == "copy"),
    }
    form = RecipientsForm(request.POST or None, initial=initial)
    if form.is_valid():
        replace_recipients(
            plan,
            addressees=form.lines("addressees"),
            copies=form.lines("copies"),
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, "Đã lưu nơi nhận.")
        return redirect(plan)
    return render(request, "plans/recipients_form.html", {"form": form, "plan": plan})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def citations_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write the documents that the plan is based on or names."""
    plan = writable_plan(request, pk)
    documents = readable_documents(request.user, on=timezone.localdate())
    rows = CitationFormSet(request.POST or None, instance=plan.document, prefix="can-cu", documents=documents)
    if request.method == "POST" and rows.is_valid():
        kept = [each for each in rows.forms if each.cleaned_data.get("text") and not each.cleaned_data.get("DELETE")]
        citations = [{name: each.cleaned_data[name] for name in ("text", "relation", "cited")} for each in kept]
        replace_citations(plan, citations=citations, by=request.user, at=timezone.now())
        messages.success(request, "Đã lưu căn cứ và văn bản được dẫn.")
        return redirect(plan)
    return render(request, "plans/citations_form.html", {"rows": rows, "plan": plan})
