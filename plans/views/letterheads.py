"""What a unit's documents carry: the letterheads by dates, a new one, a change, and the private pictures."""

import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import roles
from orgunits.models import OrgUnit, Role
from orgunits.requests import SignedInRequest, typed_key
from orgunits.transitions import Conflict
from plans import letterheads
from plans.letterhead_forms import LetterheadForm
from plans.letterhead_preview import KINDS, preview
from plans.letterhead_signers import BaseSignerFormSet, signer_forms
from plans.models import Letterhead, Signer
from plans.official.blocks import PARTY
from plans.official.letterhead import letterhead_of, missing_of, style_of

SAVED = "Đã lưu mẫu văn bản. Văn bản đã ban hành giữ nguyên."


def _unit(request: SignedInRequest, pk: int) -> OrgUnit:
    units = OrgUnit.objects.visible_to(request.user).prefetch_related("placements")
    return get_object_or_404(units, pk=pk)


def _letterhead(request: SignedInRequest, pk: int) -> Letterhead:
    found = Letterhead.objects.visible_to(request.user).select_related("org_unit")
    return get_object_or_404(found, pk=pk)


def _require_administrator(request: SignedInRequest, unit: OrgUnit, *, on: datetime.date) -> None:
    roles.require(request.user, Role.ADMINISTRATOR, unit, on=on)


# --- looking ---------------------------------------------------------------------------------------------------------
@require_safe
@login_required
def letterhead_list(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """The unit's letterheads by dates, and how its documents of today look."""
    on, unit = timezone.localdate(), _unit(request, unit_pk)
    heads = list(unit.letterheads.order_by("-valid_from"))
    current = letterhead_of(unit, on=on)
    context = {
        "unit": unit,
        "heads": heads,
        "today": on,
        "current": current if current.pk else None,
        "missing": missing_of(current),
        "sheet": _stored_sheet(request, current, on=on),
        "may_administer": roles.may(request.user, Role.ADMINISTRATOR, unit, on=on),
    }
    return render(request, "plans/letterhead_list.html", context)


@require_safe
@login_required
def letterhead_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One letterhead as it is stored, of whatever days."""
    on, head = timezone.localdate(), _letterhead(request, pk)
    unit = head.org_unit
    context = {
        "unit": unit,
        "head": head,
        "signers": head.signers.order_by("order", "pk"),
        "party": style_of(unit) == PARTY,
        "missing": missing_of(head),
        "sheet": _stored_sheet(request, head, on=on),
        "may_change": letterheads.is_open(head, on=on) and roles.may(request.user, Role.ADMINISTRATOR, unit, on=on),
        "is_coming": head.valid_from > on,
    }
    return render(request, "plans/letterhead_detail.html", context)


def _stored_sheet(request: SignedInRequest, head: Letterhead, *, on: datetime.date) -> str:
    others = list(head.signers.order_by("order", "pk")) if head.pk else []
    pictures = {}
    if letterheads.may_see_images(request.user, head.org_unit, on=on):
        pictures = _pictures(head, head)
    return preview(head, others, unit=head.org_unit, on=on, kind=request.GET.get("loai_xem", ""), pictures=pictures)


def _pictures(shown: Letterhead, source: Letterhead | None) -> dict[str, str]:
    """Addresses of the stored pictures that the letterhead shows; a picture chosen just now is not stored yet."""
    if source is None or not source.pk:
        return {}
    names = {"seal": ("seal_image", "plans:letterhead_seal"), "hand": ("signature_image", "plans:letterhead_signature")}
    return {key: reverse(url, args=[source.pk]) for key, (name, url) in names.items() if getattr(shown, name)}


# --- changing --------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def letterhead_add(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """Give the unit a new letterhead from a day on; it begins as a copy of the last one."""
    on, unit = timezone.localdate(), _unit(request, unit_pk)
    _require_administrator(request, unit, on=on)
    last = letterheads.last_letterhead(unit)
    form, signers = _forms(request, unit, last, on=on, adds=True)
    if _is_to_save(request) and form.is_valid() and signers.is_valid():
        day = form.cleaned_data["valid_from"]
        try:
            made = letterheads.begin(
                unit, form.typed(signers), valid_from=day, seen=request.POST.get("seen", ""), by=request.user
            )
        except Conflict as conflict:
            return _form_page(request, form, signers, conflict=str(conflict))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"Đã thêm mẫu văn bản dùng từ ngày {day:%d/%m/%Y}.")
            return redirect("plans:letterhead_detail", made.pk)
    return _form_page(request, form, signers)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def letterhead_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a letterhead that is in use or yet to come."""
    on, head = timezone.localdate(), _letterhead(request, pk)
    _require_administrator(request, head.org_unit, on=on)
    letterheads.require_open(head, on=on)
    form, signers = _forms(request, head.org_unit, head, on=on, adds=False)
    if _is_to_save(request) and form.is_valid() and signers.is_valid():
        typed, seen = form.typed(signers), request.POST.get("seen", "")
        try:
            is_changed = letterheads.change(head, typed, seen=seen, on=on, by=request.user)
        except Conflict as conflict:
            return _form_page(request, form, signers, conflict=str(conflict))
        messages.success(request, SAVED if is_changed else "Không có gì thay đổi.")
        return redirect("plans:letterhead_detail", head.pk)
    return _form_page(request, form, signers)


@require_POST
@login_required
def letterhead_preview(request: SignedInRequest, unit_pk: int) -> HttpResponse:
    """The sheet of what is typed now, for htmx; nothing is stored and nothing is refused."""
    on, unit = timezone.localdate(), _unit(request, unit_pk)
    _require_administrator(request, unit, on=on)
    chosen = typed_key(request.POST.get("mau"))
    source = unit.letterheads.filter(pk=chosen).first() if chosen else None
    form, signers = _forms(request, unit, source, on=on, adds="valid_from" in request.POST)
    return HttpResponse(_typed_sheet(request, form, signers))


@require_POST
@login_required
def letterhead_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back a letterhead whose first day has not come."""
    on, head = timezone.localdate(), _letterhead(request, pk)
    _require_administrator(request, head.org_unit, on=on)
    letterheads.remove_coming(head, on=on, by=request.user)
    messages.success(request, f"Đã bỏ mẫu văn bản dùng từ ngày {head.valid_from:%d/%m/%Y}.")
    return redirect("plans:letterhead_list", head.org_unit_id)


def _is_to_save(request: SignedInRequest) -> bool:
    """Whether the form was sent to be saved; without scripts the button "Xem trước" sends it, too."""
    return request.method == "POST" and "xem" not in request.POST


def _forms(
    request: SignedInRequest, unit: OrgUnit, source: Letterhead | None, *, on: datetime.date, adds: bool
) -> tuple[LetterheadForm, BaseSignerFormSet]:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    initial = {} if source else {"issuer_line": letterhead_of(unit, on=on).issuer_line, "has_verify_code": True}
    form = LetterheadForm(data, files, unit=unit, source=source, on=on, adds=adds, initial=initial)
    return form, signer_forms(data, files, unit=unit, source=source)


def _form_page(
    request: SignedInRequest, form: LetterheadForm, signers: BaseSignerFormSet, *, conflict: str = ""
) -> HttpResponse:
    """The form with what was typed; after a conflict (409) beside it what the other person saved."""
    source = form.source
    context: dict[str, Any] = {
        "unit": form.unit,
        "head": source,
        "form": form,
        "signers": signers,
        "adds": form.adds,
        "seen": letterheads.stamp(source),
        "kinds": KINDS,
        "kind": request.POST.get("loai_xem", ""),
        "sheet": _typed_sheet(request, form, signers),
        "conflict": conflict,
        "stored": _stored_otherwise(form, signers) if conflict else [],
        "files_are_lost": bool(request.FILES),
    }
    return render(request, "plans/letterhead_form.html", context, status=409 if conflict else 200)


def _stored_otherwise(form: LetterheadForm, signers: BaseSignerFormSet) -> list[tuple[str, str]]:
    """What is stored now where this person typed something else: saving again would put it aside."""
    stored = letterheads.signer_labels(form.source.signers.order_by("order", "pk")) if form.source else ""
    differs = stored != letterheads.signer_labels(signers.as_signers())
    return form.stored_otherwise() + ([("Những người ký khác", stored or "không có ai")] if differs else [])


def _typed_sheet(request: SignedInRequest, form: LetterheadForm, signers: BaseSignerFormSet) -> str:
    shown = form.as_letterhead()
    kind, pictures = request.POST.get("loai_xem", ""), _pictures(shown, form.source)
    return preview(shown, signers.as_signers(), unit=form.unit, on=form.on, kind=kind, pictures=pictures)


# --- pictures --------------------------------------------------------------------------------------------------------
@require_safe
@login_required
def seal_image(request: SignedInRequest, pk: int) -> FileResponse:
    head = _letterhead(request, pk)
    return _picture(request, head.seal_image, head.org_unit, name="con-dau.png")


@require_safe
@login_required
def signature_image(request: SignedInRequest, pk: int) -> FileResponse:
    head = _letterhead(request, pk)
    return _picture(request, head.signature_image, head.org_unit, name="chu-ky.png")


@require_safe
@login_required
def signer_image(request: SignedInRequest, pk: int) -> FileResponse:
    heads = Letterhead.objects.visible_to(request.user)
    signer = get_object_or_404(
        Signer.objects.filter(letterhead__in=heads).select_related("letterhead__org_unit"), pk=pk
    )
    return _picture(request, signer.signature_image, signer.letterhead.org_unit, name="chu-ky.png")


def _picture(request: SignedInRequest, picture: FieldFile, unit: OrgUnit, *, name: str) -> FileResponse:
    """The stored picture for those who may see it, never kept by a browser or a proxy."""
    if not letterheads.may_see_images(request.user, unit, on=timezone.localdate()):
        raise PermissionDenied
    if not picture:
        raise Http404("Chưa có ảnh này.")
    try:
        content = picture.open("rb")
    except FileNotFoundError as error:
        raise Http404("Ảnh không còn trên máy chủ.") from error
    response = FileResponse(content, as_attachment=True, filename=name, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
