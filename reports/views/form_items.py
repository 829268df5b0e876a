"""The items of a form's draft: adding, changing, ordering, removing them, and the rules to which they are held.

Every address names the form and the item's code, and not a row of the draft: when a colleague has thrown the draft
away or put it into use meanwhile, what was typed is shown with a sentence, to be copied.
"""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from orgunits.requests import SignedInRequest
from reports import form_items, form_page, form_preview, ready_forms
from reports.filing_questions import QuestionView
from reports.form_editing import StaleDraft
from reports.form_fields import FIGURE_KINDS
from reports.form_item_forms import KIND_HELP, ItemForm
from reports.form_rule_forms import RuleForm, SectionForm
from reports.form_words import rule_in_words, rule_with_consequence
from reports.models import FormCheck, FormItem, FormVersion, ItemKind, ReportForm
from reports.views.forms import administered_form, seen

NOT_TYPED = {"csrfmiddlewaretoken", "seen"}
PREVIEW = "xem_thu"  # asks what an officer would see of what is typed, and saves nothing


@require_http_methods(["GET", "POST"])
@login_required
def item_add(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    """A new item of one kind."""
    form = administered_form(request, pk)
    draft = form.draft
    if draft is None or kind not in ItemKind.values:
        return _gone(request, form)
    item_form = ItemForm(
        request.POST or None,
        version=draft,
        kind=kind,
        levels=form_preview.levels_of(form.duty, on=timezone.localdate()),
        section=request.GET.get("phan", "").replace("\x00", "")[:200],
    )
    if PREVIEW in request.POST:
        return _item_preview(request, draft, item_form)
    stale = ""
    if request.method == "POST" and item_form.is_valid():
        try:
            item = form_items.add(
                draft, kind, item_form.values, levels=item_form.cleaned_data["levels"],
                tasks=item_form.chosen_tasks, seen=seen(request), by=request.user,
            )  # fmt: skip
        except StaleDraft as error:
            stale = str(error)
        else:
            messages.success(request, f"Đã thêm mục “{item}”.")
            return redirect(_place(form, item.code))
    return _item_page(request, form, draft, item_form, stale=stale)


@require_http_methods(["GET", "POST"])
@login_required
def item_edit(request: SignedInRequest, pk: int, code: str) -> HttpResponse:
    """Change an item."""
    form = administered_form(request, pk)
    item = _item(form, code)
    if item is None:
        return _gone(request, form)
    item_form = ItemForm(
        request.POST or None,
        version=item.version,
        kind=item.kind,
        item=item,
        levels=form_preview.levels_of(form.duty, on=timezone.localdate()),
    )
    if PREVIEW in request.POST:
        return _item_preview(request, item.version, item_form)
    stale = ""
    if request.method == "POST" and item_form.is_valid():
        try:
            form_items.change(
                item, item_form.values, levels=item_form.cleaned_data["levels"],
                tasks=item_form.chosen_tasks, seen=seen(request), by=request.user,
            )  # fmt: skip
        except StaleDraft as error:
            stale = str(error)
        else:
            messages.success(request, f"Đã sửa mục “{item}”.")
            return redirect(_place(form, item.code))
    return _item_page(request, form, item.version, item_form, item=item, stale=stale)


@require_http_methods(["GET", "POST"])
@login_required
def item_remove(request: SignedInRequest, pk: int, code: str) -> HttpResponse:
    """Ask once, naming the rules that fall too, then take the item out."""
    form = administered_form(request, pk)
    item = _item(form, code)
    if item is None:
        return _gone(request, form)
    if request.method == "POST":
        form_items.remove(item, seen=seen(request), by=request.user)
        messages.success(request, f"Đã xóa mục “{item.label}”.")
        return redirect("reports:form_build", form.pk)
    rules = [rule_in_words(check) for check in form_items.rules_about(item)]
    context = {"form": form, "duty": form.duty, "draft": item.version, "item": item, "rules": rules}
    return render(request, "reports/form_item_remove.html", context)


@require_POST
@login_required
def item_move(request: SignedInRequest, pk: int, code: str) -> HttpResponse:
    """One place up or down; from the edge of a section into the next one."""
    form = administered_form(request, pk)
    item = _item(form, code)
    if item is None:
        return _gone(request, form)
    form_items.shift(item, up=request.POST.get("huong") == "len", seen=seen(request), by=request.user)
    return redirect(_place(form, item.code))


@require_POST
@login_required
def form_order(request: SignedInRequest, pk: int) -> HttpResponse:
    """The whole order at once, from the script that drags: ``thu_tu`` is ``[[section, [item pk, …]], …]`` in JSON."""
    form = administered_form(request, pk)
    draft = form.draft
    try:
        if draft is None:
            raise StaleDraft("Bản đang sửa không còn nữa. Hãy tải lại trang.")
        form_items.set_order(draft, _wanted_order(request), seen=seen(request), by=request.user)
    except StaleDraft as error:
        return HttpResponse(str(error), status=409, content_type="text/plain; charset=utf-8")
    except ValueError:
        text = "Thứ tự gửi lên không đọc được. Hãy tải lại trang."
        return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
    return JsonResponse({"seen": draft.edits})


@require_http_methods(["GET", "POST"])
@login_required
def section_rename(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give the section ``?phan=`` another name."""
    form = administered_form(request, pk)
    draft = form.draft
    section = request.GET.get("phan", "").replace("\x00", "")
    if draft is None or not draft.items.filter(section=section).exists():
        return _gone(request, form)
    name_form = SectionForm(request.POST or None, initial={"name": section})
    stale = ""
    if request.method == "POST" and name_form.is_valid():
        try:
            name = name_form.cleaned_data["name"]
            form_items.rename_section(draft, section, name, seen=seen(request), by=request.user)
        except StaleDraft as error:
            stale = str(error)
        else:
            messages.success(request, f"Đã đổi tên phần thành “{name}”.")
            return redirect("reports:form_build", form.pk)
    context = {"form": form, "duty": form.duty, "draft": _now(draft), "section": section, "name_form": name_form}
    return render(request, "reports/form_section.html", context | {"stale": stale}, status=409 if stale else 200)


@require_POST
@login_required
def section_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """A whole section one place up or down."""
    form = administered_form(request, pk)
    draft = form.draft
    if draft is None:
        return _gone(request, form)
    section = request.POST.get("phan", "").replace("\x00", "")
    up = request.POST.get("huong") == "len"
    form_items.shift_section(draft, section, up=up, seen=seen(request), by=request.user)
    return redirect("reports:form_build", form.pk)


@require_http_methods(["GET", "POST"])
@login_required
def items_from_ready(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose a ready form (GET) and put its items behind those of the draft (POST)."""
    form = administered_form(request, pk)
    draft = form.draft
    if draft is None:
        return _gone(request, form)
    ready = ready_forms.find(request.POST.get("nguon", ""))
    if request.method == "POST" and ready:
        specs = ready_forms.specs_for(ready, form.duty)
        items = form_items.add_specs(draft, specs, source=ready.title, seen=seen(request), by=request.user)
        left = f" Bỏ qua {len(specs) - len(items)} mục đã có." if len(items) < len(specs) else ""
        messages.success(request, f"Đã thêm {len(items)} mục từ “{ready.title}”.{left}")
        if ready.caution and items:
            messages.warning(request, ready.caution)
        return redirect("reports:form_build", form.pk)
    if request.method == "POST":
        messages.error(request, "Hãy chọn một mẫu.")
    context = {"form": form, "duty": form.duty, "draft": draft, "ready": ready_forms.offered()}
    return render(request, "reports/form_add_ready.html", context)


# rules


@require_http_methods(["GET", "POST"])
@login_required
def rule_add(request: SignedInRequest, pk: int, code: str, kind: str) -> HttpResponse:
    """A new rule of one kind for an item with figures."""
    form = administered_form(request, pk)
    item = _item(form, code)
    if item is None or item.kind not in FIGURE_KINDS or kind not in FormCheck.Kind.values:
        return _gone(request, form)
    return _rule(request, form, RuleForm(request.POST or None, item=item, kind=kind))


@require_http_methods(["GET", "POST"])
@login_required
def rule_edit(request: SignedInRequest, pk: int, check_pk: int) -> HttpResponse:
    """Change a rule."""
    form = administered_form(request, pk)
    check = _check(form, check_pk)
    if check is None:
        return _gone(request, form)
    return _rule(request, form, RuleForm(request.POST or None, item=check.item, kind=check.kind, check=check))


@require_POST
@login_required
def rule_remove(request: SignedInRequest, pk: int, check_pk: int) -> HttpResponse:
    """Take a rule out."""
    form = administered_form(request, pk)
    check = _check(form, check_pk)
    if check is None:
        return _gone(request, form)
    words = rule_in_words(check)
    form_items.remove_rule(check, seen=seen(request), by=request.user)
    messages.success(request, f"Đã bỏ quy tắc: {words}")
    return redirect("reports:item_edit", form.pk, check.item.code)


def _rule(request: SignedInRequest, form: ReportForm, rule_form: RuleForm) -> HttpResponse:
    stale, item = "", rule_form.item
    if request.method == "POST" and rule_form.is_valid():
        try:
            rule = rule_form.rule
            form_items.save_rule(rule, seen=seen(request), by=request.user)
        except StaleDraft as error:
            stale = str(error)
        else:
            messages.success(request, f"Đã đặt quy tắc: {rule_with_consequence(rule)}")
            return redirect(resolve_url("reports:item_edit", form.pk, item.code) + "#quy-tac")
    context = {
        "form": form,
        "duty": form.duty,
        "draft": _now(item.version),
        "item": item,
        "rule_form": rule_form,
        "kind_label": FormCheck.Kind(rule_form.kind).label,
        "stale": stale,
    }
    return render(request, "reports/form_rule.html", context, status=409 if stale else 200)


# --- pages --------------------------------------------------------------------------------------------------------


def _item_page(
    request: SignedInRequest,
    form: ReportForm,
    draft: FormVersion,
    item_form: ItemForm,
    *,
    item: FormItem | None = None,
    stale: str = "",
) -> HttpResponse:
    kind = ItemKind(item_form.kind)
    checks = item.checks.select_related("item", "other").order_by("pk") if item else []
    context: dict[str, Any] = {
        "form": form,
        "duty": form.duty,
        "draft": _now(draft),
        "item": item,
        "item_form": item_form,
        "kind_label": kind.label,
        "kind_help": KIND_HELP[kind],
        "is_figure": kind in FIGURE_KINDS,
        "sections": [name for name, _ in form_items.sections(draft)],
        "rules": [form_page.RuleRow(check, rule_in_words(check), rule_with_consequence(check)) for check in checks],
        "rule_kinds": FormCheck.Kind.choices,
        "stale": stale,
        "view": _preview_of(draft, item_form),
    }
    return render(request, "reports/form_item.html", context, status=409 if stale else 200)


def _item_preview(request: SignedInRequest, draft: FormVersion, item_form: ItemForm) -> HttpResponse:
    return render(request, "reports/form_item_preview.html", {"view": _preview_of(draft, item_form)})


def _preview_of(draft: FormVersion, item_form: ItemForm) -> QuestionView | None:
    typed = item_form.typed_item
    return form_preview.of_item(draft, typed, on=timezone.localdate()) if typed else None


def _gone(request: SignedInRequest, form: ReportForm) -> HttpResponse:
    """The draft or the item is not there any more: on a POST with what was typed, to be copied."""
    if request.method != "POST":
        messages.info(request, "Bản đang sửa hoặc mục này không còn nữa. Hãy xem lại biểu mẫu.")
        return redirect("reports:form_build", form.pk)
    context = {"form": form, "duty": form.duty, "typed": _typed(request.POST)}
    return render(request, "reports/form_gone.html", context, status=409)


def _typed(posted: QueryDict) -> list[str]:
    """What was typed, as texts to copy."""
    found = [text.strip() for name, texts in posted.lists() if name not in NOT_TYPED for text in texts]
    return [text for text in found if text and not text.isdigit()]


# --- what was asked for -------------------------------------------------------------------------------------------


def _item(form: ReportForm, code: str) -> FormItem | None:
    """The item of the draft under that code."""
    items = FormItem.objects.filter(version__form=form, version__published_at__isnull=True, code=code)
    item = items.select_related("target__indicator").prefetch_related("levels", "asked_tasks").first()
    if item and form.draft:
        item.version = form.draft
        item.version.form = form
    return item


def _check(form: ReportForm, pk: int) -> FormCheck | None:
    checks = FormCheck.objects.filter(version__form=form, version__published_at__isnull=True)
    return checks.select_related("item__version__form", "other", "version__form").filter(pk=pk).first()


def _now(draft: FormVersion) -> FormVersion:
    """The draft as it stands now: a page that answers a stale one goes on from there."""
    return FormVersion.objects.select_related("edited_by").filter(pk=draft.pk).first() or draft


def _place(form: ReportForm, code: str) -> str:
    return resolve_url("reports:form_build", form.pk) + f"#dong-{code}"


def _wanted_order(request: SignedInRequest) -> list[tuple[str, list[int]]]:
    """Raises ValueError for whatever is not what our page sends."""
    try:
        rows = json.loads(request.POST.get("thu_tu", ""))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(rows, list):
        raise ValueError("not a list")
    wanted = []
    for row in rows:
        match row:
            case [str() as section, list() as pks] if all(type(pk) is int for pk in pks):
                wanted.append((section, pks))
            case _:
                raise ValueError("not a section with items")
    return wanted
