"""Report forms: what they ask, their versions and differences, and the life of a version that is being built."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import roles
from orgunits.models import Role
from orgunits.requests import SignedInRequest
from plans.models import PeriodKind, ReportingDuty
from reports import (
    form_building,
    form_differences,
    form_editing,
    form_items,
    form_moving,
    form_page,
    form_preview,
    ready_forms,
)
from reports.form_editing import StaleDraft
from reports.form_rule_forms import PublishForm
from reports.models import FormVersion, Report, ReportForm

LEVEL = "cap"
EMPTY = "trong"
IN_USE = "dang-dung"


# /bieu-mau/


@require_safe
@login_required
def form_list(request: SignedInRequest) -> HttpResponse:
    """The forms of every duty that the user may read, by plan and kind of period."""
    on = timezone.localdate()
    duties = (
        ReportingDuty.objects.visible_to(request.user)
        .select_related("plan__document", "plan__org_unit")
        .prefetch_related("due_rules", "forms", "plan__org_unit__placements")
        .order_by("plan__document__issued_year", "plan__document__issued_on", "plan", "pk")
    )
    administered = set(roles.reach(request.user, Role.ADMINISTRATOR, on=on).values_list("pk", flat=True))
    rows = form_page.list_rows(list(duties), administered=administered)
    return render(request, "reports/form_list.html", {"rows": rows})


@require_POST
@login_required
def form_create(request: SignedInRequest) -> HttpResponse:
    """Make the form of a duty for one kind of period out of its plan."""
    pk, kind = request.POST.get("che_do", ""), request.POST.get("ky", "")
    number = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 10 else 0
    duty = get_object_or_404(ReportingDuty.objects.visible_to(request.user), pk=number)
    roles.require(request.user, Role.ADMINISTRATOR, duty.plan.org_unit, on=timezone.localdate())
    if kind not in PeriodKind.values:
        messages.error(request, "Hãy chọn kỳ báo cáo của biểu mẫu.")
        return redirect("reports:form_list")
    version = form_building.ensure_form(duty, kind)
    messages.success(request, "Đã lập biểu mẫu theo kế hoạch.")
    return redirect("reports:form_detail", version.form_id)


@require_safe
@login_required
def form_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One form: what it asks now, its versions, the difference of two of them, drafts on older versions."""
    form = visible_form(request, pk)
    versions = list(_versions(form))
    chosen = form_page.chosen_pair(versions, request.GET.get("tu", ""), request.GET.get("den", ""))
    may_administer = _may_administer(request, form)
    context = {
        "form": form,
        "duty": form.duty,
        "versions": versions,
        "current": next((version for version in versions if version.published_at), None),
        "draft": form.draft,
        "sections": form_page.sections(form.current) if form.current else [],
        "chosen": chosen,
        "difference": form_differences.compare(*chosen) if chosen else None,
        "older": form_moving.older_versions(form) if may_administer else [],
        "may_administer": may_administer,
    }
    return render(request, "reports/form_detail.html", context)


@require_safe
@login_required
def form_version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """A version that is or was in use, as an officer of a level sees it."""
    form = visible_form(request, pk)
    version = get_object_or_404(form.versions, number=number, published_at__isnull=False)
    context = {"form": form, "duty": form.duty, "version": version, **preview_of(request, version)}
    return render(request, "reports/form_version.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def form_move(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """Show what moving the open reports of an older version over changes (GET), and move the chosen ones (POST)."""
    form = administered_form(request, pk)
    older = next((row for row in form_moving.older_versions(form) if row.version.number == number), None)
    current = form.current
    if older is None or current is None:
        messages.info(request, "Không còn bản nháp nào ở phiên bản này.")
        return redirect("reports:form_detail", form.pk)
    if request.method == "POST":
        if request.POST.get("sang") != str(current.pk):
            raise StaleDraft("Biểu mẫu đang dùng đã đổi sau khi bạn mở trang. Hãy tải lại trang rồi xem lại.")
        chosen = [row.report.pk for row in older.rows if str(row.report.pk) in request.POST.getlist("bao_cao")]
        if chosen:
            moved = form_moving.move(form, older.version, current, report_pks=chosen, by=request.user)
            messages.success(request, f"Đã chuyển {moved} bản nháp sang phiên bản {current.number}.")
            return redirect("reports:form_detail", form.pk)
        messages.error(request, "Hãy chọn ít nhất một báo cáo để chuyển.")
    context = {"form": form, "duty": form.duty, "older": older, "current": current}
    return render(request, "reports/form_move.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def form_follow_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once, then let the form follow its plan again."""
    form = administered_form(request, pk)
    if request.method == "POST":
        version = form_editing.follow_plan(form, by=request.user)
        messages.success(request, f"Biểu mẫu theo kế hoạch trở lại, phiên bản {version.number}.")
        return redirect("reports:form_detail", form.pk)
    return render(request, "reports/form_follow_plan.html", {"form": form, "duty": form.duty})


# /bieu-mau/<pk>/sua/


@require_safe
@login_required
def form_build(request: SignedInRequest, pk: int) -> HttpResponse:
    """The draft version with its live preview; without a draft, the ways to begin one."""
    form = administered_form(request, pk)
    draft = form.draft
    if draft is None:
        begin = {"form": form, "duty": form.duty, "current": form.current, "ready": ready_forms.offered()}
        return render(request, "reports/form_begin.html", begin)
    context = {
        "form": form,
        "duty": form.duty,
        "draft": draft,
        "sections": form_page.sections(draft),
        "kinds": form_page.kinds(draft),
        "is_caution": ready_forms.is_caution(draft.note),
        "into": request.GET.get("phan", "").replace("\x00", "")[:200],
        "current": form.current,
        **preview_of(request, draft),
    }
    return render(request, "reports/form_build.html", context)


@require_safe
@login_required
def form_draft_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The preview of the draft alone: beside the builder by htmx, or as a page of its own."""
    form = administered_form(request, pk)
    draft = form.draft
    if draft is None:
        return redirect("reports:form_build", form.pk)
    template = "reports/form_preview.html" if request.headers.get("HX-Request") else "reports/form_preview_page.html"
    return render(request, template, {"form": form, "duty": form.duty, "draft": draft, **preview_of(request, draft)})


@require_POST
@login_required
def form_begin(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin a draft: from the version in use, from a ready form, or empty."""
    form = administered_form(request, pk)
    source = request.POST.get("nguon", "")
    ready = ready_forms.find(source)
    current = form.current
    if ready:
        specs = ready_forms.specs_for(ready, form.duty)
        form_items.begin_from(
            form, specs, by=request.user, source=ready.title, note=ready.caution[: ready_forms.NOTE_LENGTH]
        )
    elif source == IN_USE and current:
        form_editing.begin(form, by=request.user, copied=current)
    elif source == EMPTY:
        form_editing.begin(form, by=request.user)
    else:
        messages.error(request, "Hãy chọn bắt đầu từ đâu.")
    return redirect("reports:form_build", form.pk)


@require_http_methods(["GET", "POST"])
@login_required
def form_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once, then throw the draft away."""
    form = administered_form(request, pk)
    draft = form.draft
    if draft is None:
        messages.info(request, "Biểu mẫu không có bản đang sửa.")
        return redirect("reports:form_detail", form.pk)
    if request.method == "POST":
        form_editing.discard(draft, seen=seen(request), by=request.user)
        messages.success(request, "Đã bỏ bản đang sửa. Biểu mẫu đang dùng giữ nguyên.")
        return redirect("reports:form_detail", form.pk)
    context = {
        "form": form,
        "duty": form.duty,
        "draft": draft,
        "difference": form_differences.compare(form.current, draft),
    }
    return render(request, "reports/form_discard.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def form_publish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the difference with the version in use, then put the draft into use."""
    form = administered_form(request, pk)
    draft, current = form.draft, form.current
    if draft is None:
        messages.info(request, "Biểu mẫu không có bản đang sửa.")
        return redirect("reports:form_detail", form.pk)
    publish_form = PublishForm(request.POST or None, initial={"note": draft.note})
    problem = "" if draft.items.exists() else "Biểu mẫu chưa có mục nào. Hãy thêm ít nhất một mục rồi đưa vào dùng."
    status = 200
    if request.method == "POST" and publish_form.is_valid() and not problem:
        try:
            form_editing.publish(
                draft,
                seen=seen(request),
                replaces=request.POST.get("thay", ""),
                note=publish_form.cleaned_data["note"],
                by=request.user,
            )
        except StaleDraft as error:
            problem, status = str(error), 409
        else:
            messages.success(request, f"Đã đưa phiên bản {draft.number} vào dùng. Báo cáo đang lập giữ phiên bản cũ.")
            return redirect("reports:form_detail", form.pk)
    context = {
        "form": form,
        "duty": form.duty,
        "draft": draft,
        "current": current,
        "is_caution": ready_forms.is_caution(draft.note),
        "stamp": form_editing.stamp(current),
        "publish_form": publish_form,
        "problem": problem,
        "difference": form_differences.compare(current, draft),
        "open_reports": Report.objects.filter(form_version__form=form, status__in=form_moving.OPEN).count(),
    }
    return render(request, "reports/form_publish.html", context, status=status)


# --- shared with form_items ---------------------------------------------------------------------------------------


def visible_form(request: SignedInRequest, pk: int) -> ReportForm:
    """The form, 404 outside the user's scope."""
    forms = ReportForm.objects.filter(duty__in=ReportingDuty.objects.visible_to(request.user)).select_related(
        "duty__plan__document", "duty__plan__org_unit", "duty__recipient_unit"
    )
    return get_object_or_404(forms, pk=pk)


def administered_form(request: SignedInRequest, pk: int) -> ReportForm:
    """The form, 404 outside the user's scope, 403 for who does not administer the plan's unit."""
    form = visible_form(request, pk)
    roles.require(request.user, Role.ADMINISTRATOR, form.duty.plan.org_unit, on=timezone.localdate())
    return form


def seen(request: SignedInRequest) -> int:
    """The number of changes of the draft that the page knew of; one that never is where it cannot be read."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def preview_of(request: SignedInRequest, version: FormVersion) -> dict[str, Any]:
    """The version as the chosen level sees it, as context of ``form_preview.html``."""
    text = request.GET.get(LEVEL, "")
    level_pk = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    preview = form_preview.build(version, level_pk=level_pk, on=timezone.localdate())
    return {"preview": preview, "page": preview.page}


def _may_administer(request: SignedInRequest, form: ReportForm) -> bool:
    return roles.may(request.user, Role.ADMINISTRATOR, form.duty.plan.org_unit, on=timezone.localdate())


def _versions(form: ReportForm) -> QuerySet[FormVersion]:
    """The versions in use and before, the newest first, with how many reports use each."""
    open_reports = Q(reports__status__in=form_moving.OPEN)
    return (
        form.versions.filter(published_at__isnull=False)
        .select_related("published_by")
        .annotate(used=Count("reports"), open=Count("reports", filter=open_reports))
        .order_by("-number")
    )
