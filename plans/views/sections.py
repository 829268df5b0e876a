"""The text of a plan: its outline, and one section at a time."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits.requests import SignedInRequest, typed_key
from plans.editing import add_section, move_section, remove_section, update_section
from plans.models import Plan, Section, Task
from plans.outline import outline
from plans.section_forms import ResponsibilityFormSet, SectionForm
from plans.views.plans import seen_at, writable_plan


@require_safe
@login_required
def plan_outline(request: SignedInRequest, pk: int) -> HttpResponse:
    """The plan's text with the buttons that change it."""
    plan = writable_plan(request, pk)
    return render(request, "plans/plan_outline.html", {"plan": plan, "nodes": outline(plan)})


def _writable_section(request: SignedInRequest, pk: int) -> Section:
    section = get_object_or_404(Section.objects.select_related("task"), pk=pk)
    section.plan = writable_plan(request, section.plan_id)
    return section


def _section_of(plan: Plan, text: str) -> Section | None:
    """The section of this plan that a link names; 404 for one of another plan."""
    if not text:
        return None
    return get_object_or_404(Section, plan=plan, pk=typed_key(text))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def section_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a section below another (``trong``), after another (``sau``) or at the end."""
    plan = writable_plan(request, pk)
    after = _section_of(plan, request.GET.get("sau", ""))
    parent = after.parent if after else _section_of(plan, request.GET.get("trong", ""))
    form = SectionForm(request.POST or None, initial={"kind": after.kind if after else ""})
    rows = ResponsibilityFormSet(
        request.POST or None, instance=Section(plan=plan), prefix="don-vi", plan=plan, on=timezone.localdate()
    )
    if form.is_valid() and rows.is_valid():
        with transaction.atomic():
            section = add_section(
                plan,
                values=form.section_values(),
                parent=parent,
                after=after,
                task=form.task_values(None),
                by=request.user,
                at=timezone.now(),
            )
            rows.instance = section
            rows.save()
        messages.success(request, "Đã thêm mục.")
        return redirect(_place_in_outline(section))
    context = {"plan": plan, "form": form, "rows": rows, "parent": parent, "after": after}
    return render(request, "plans/section_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def section_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change the text of a section, its task and who carries it out."""
    section = _writable_section(request, pk)
    plan, task = section.plan, getattr(section, "task", None)
    form = SectionForm(request.POST or None, instance=section, initial=_initial(section, task))
    rows = ResponsibilityFormSet(
        request.POST or None, instance=section, prefix="don-vi", plan=plan, on=timezone.localdate()
    )
    if form.is_valid() and rows.is_valid():
        try:
            with transaction.atomic():
                update_section(
                    section,
                    values=form.section_values(),
                    task=form.task_values(task),
                    seen=seen_at(form.cleaned_data["seen"]),
                    by=request.user,
                    at=timezone.now(),
                )
                rows.save()
        except ValidationError as error:
            form.add_error("is_task", error)
        else:
            messages.success(request, "Đã lưu mục.")
            return redirect(_place_in_outline(section))
    return render(request, "plans/section_form.html", {"plan": plan, "section": section, "form": form, "rows": rows})


def _initial(section: Section, task: Task | None) -> dict[str, object]:
    initial: dict[str, object] = {"seen": section.edited_at.isoformat() if section.edited_at else ""}
    if task:
        names = ("time_frame", "year_round", "starts_on", "ends_on")
        initial |= {"is_task": True, **{name: getattr(task, name) for name in names}}
    return initial


@require_POST
@login_required
def section_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let a section change places with the one above (``huong=len``) or below it."""
    section = _writable_section(request, pk)
    up = request.POST.get("huong") == "len"
    if not move_section(section, up=up, by=request.user, at=timezone.now()):
        messages.info(request, f"Mục này đã đứng {'đầu' if up else 'cuối'}, không chuyển thêm được.")
    return redirect(_place_in_outline(section))


@require_POST
@login_required
def section_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove a section with everything below it."""
    section = _writable_section(request, pk)
    try:
        remove_section(section, by=request.user, at=timezone.now())
        messages.success(request, "Đã xóa mục.")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("plans:plan_outline", section.plan_id)


def _place_in_outline(section: Section) -> str:
    return f"{reverse('plans:plan_outline', args=[section.plan_id])}#muc-{section.pk}"
