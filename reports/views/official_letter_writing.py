"""An official letter while it is written: the units chosen, the text beside its printed look, saved or thrown away."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest, typed_key
from orgunits.transitions import Conflict
from plans.models import ReportingDuty
from plans.official.screen import render_html
from plans.rights import may_issue
from reports import official_letters
from reports.models import Obligation, OfficialLetter, Period
from reports.official_letter_document import letter_document
from reports.official_letter_forms import OfficialLetterForm, chosen_units
from reports.official_letter_units import Listed, candidates, listed, obligations_of, sender_of

Kind = OfficialLetter.Kind
KINDS: Final = {"don-doc": Kind.URGE, "bieu-mau": Kind.FORM}


@dataclass(frozen=True)
class Choice:
    """One unit that can be ticked."""

    row: Listed
    days: int | None
    ticked: bool


def visible_letter(request: SignedInRequest, pk: int) -> OfficialLetter:
    """The letter if the person may read it; 404 otherwise."""
    found = OfficialLetter.objects.visible_to(request.user).select_related(
        "org_unit", "duty__plan__document", "period", "outgoing", "edited_by", "created_by"
    )
    return get_object_or_404(found.prefetch_related("org_unit__placements"), pk=pk)


def written_letter(request: SignedInRequest, pk: int) -> OfficialLetter:
    """The letter, 404 for who may not read it, 403 for who may not write it."""
    letter = visible_letter(request, pk)
    if not official_letters.may_write(request.user, letter.org_unit, on=timezone.localdate()):
        raise PermissionDenied
    return letter


def draft_letter(request: SignedInRequest, pk: int) -> OfficialLetter:
    """A letter that may be changed; Conflict when it is issued."""
    letter = written_letter(request, pk)
    if letter.is_issued:
        raise Conflict(official_letters.OUT)
    return letter


# --- begin -----------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def official_letter_create(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """Choose the units of a period that a letter goes to (``?loai=don-doc`` or ``bieu-mau``), and draft it."""
    on = timezone.localdate()
    duty = get_object_or_404(ReportingDuty.objects.visible_to(request.user), pk=pk)
    period = get_object_or_404(Period.objects.filter(obligations__duty=duty).distinct(), pk=period_pk)
    typed = request.POST.get("loai") or request.GET.get("loai", "")
    kind = KINDS.get(typed, Kind.URGE)
    rows = _offered(request, duty, period, kind, on=on)
    problem = ""
    if request.method == "POST":
        wanted = chosen_units(request.POST)
        chosen = [row.obligation for row in rows if row.obligation.pk in wanted]
        if len(chosen) != len(wanted) and Obligation.objects.filter(pk__in=wanted).count() != len(wanted):
            raise Http404
        try:
            letter = official_letters.begin(kind, chosen, by=request.user, on=on)
        except ValidationError as error:
            problem = error.messages[0]
        else:
            messages.success(request, "Đã soạn công văn. Hãy đọc lại, sửa nếu cần, rồi ban hành.")
            return redirect("reports:official_letter_edit", letter.pk)
    context = {
        "duty": duty,
        "period": period,
        "kind": kind,
        "kind_word": next(word for word, value in KINDS.items() if value == kind),
        "choices": _choices(rows, _ticked(request, rows, kind, on=on), on=on),
        "problem": problem,
        "letters": _letters_of(request, duty, period),
    }
    return render(request, "reports/official_letter_create.html", context)


def _offered(
    request: SignedInRequest, duty: ReportingDuty, period: Period, kind: str, *, on: datetime.date
) -> list[Listed]:
    """The reports of which the person may write; 403 where their receiver's letters are not the person's to write."""
    found = candidates(request.user, duty, period, on=on)
    receivers = OrgUnit.objects.filter(pk__in=found.values("receiving_unit_id")).prefetch_related("placements")
    own = [unit.pk for unit in receivers if official_letters.may_write(request.user, sender_of(unit, on=on), on=on)]
    if not own:
        raise PermissionDenied
    rows = listed(found.filter(receiving_unit__in=own), on=on)
    return [row for row in rows if row.is_owed] if kind == Kind.URGE else rows


def _ticked(request: SignedInRequest, rows: Sequence[Listed], kind: str, *, on: datetime.date) -> frozenset[int]:
    """What was ticked; before that the late units of an urging letter, everybody for a form, or the one asked for."""
    if request.method == "POST":
        return chosen_units(request.POST)
    one = typed_key(request.GET.get("bao-cao"))
    if one is not None:
        return frozenset({one})
    late = [row for row in rows if kind == Kind.FORM or row.obligation.days_left(on) < 0]
    return frozenset(row.obligation.pk for row in late)


def _choices(rows: Sequence[Listed], ticked: frozenset[int], *, on: datetime.date) -> list[Choice]:
    return [
        Choice(row, row.obligation.days_left(on) if row.is_owed else None, row.obligation.pk in ticked) for row in rows
    ]


def _letters_of(request: SignedInRequest, duty: ReportingDuty, period: Period) -> list[OfficialLetter]:
    found = OfficialLetter.objects.visible_to(request.user).filter(duty=duty, period=period)
    return list(found.select_related("outgoing", "edited_by").order_by("-pk")[:20])


# --- write -----------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def official_letter_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """The letter's text beside its printed look; POST saves it, or with ``xem`` only shows it anew."""
    on = timezone.localdate()
    letter = draft_letter(request, pk)
    form = OfficialLetterForm(request.POST or None, letter=letter, on=on)
    if request.method != "POST" or "xem" in request.POST or not form.is_valid():
        return _edit_page(request, form, on=on)
    seen = typed_key(request.POST.get("seen"))
    try:
        official_letters.save(letter, form.typed, seen=-1 if seen is None else seen, by=request.user, on=on)
    except Conflict as conflict:
        form.letter = draft_letter(request, pk)  # as the other person left it; 409 of its own when it is issued now
        return _edit_page(request, form, on=on, conflict=str(conflict))
    except ValidationError as error:
        form.add_error(None, error)
        return _edit_page(request, form, on=on)
    if "ban_hanh" in request.POST:
        return redirect("reports:official_letter_issue", pk)
    messages.success(request, "Đã lưu bản nháp công văn.")
    return redirect("reports:official_letter_edit", pk)


@require_POST
@login_required
def official_letter_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The sheets of what is typed now, for htmx; nothing is stored and nothing is refused."""
    on = timezone.localdate()
    form = OfficialLetterForm(request.POST, letter=draft_letter(request, pk), on=on)
    return render(request, "reports/official_letter_sheet.html", _sheet(form, on=on))


@require_POST
@login_required
def official_letter_drop_filed(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take the units that have filed since out of the letter."""
    letter = draft_letter(request, pk)
    seen = typed_key(request.POST.get("seen"))
    on = timezone.localdate()
    try:
        names = official_letters.drop_filed(letter, seen=-1 if seen is None else seen, by=request.user, on=on)
    except ValidationError as error:
        messages.warning(request, error.messages[0])
        return redirect("reports:official_letter_edit", pk)
    if names:
        messages.success(request, f"Đã bỏ khỏi công văn: {', '.join(names)}.")
    return redirect("reports:official_letter_edit", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def official_letter_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Throw a draft away, after a question."""
    letter = draft_letter(request, pk)
    if request.method == "POST":
        official_letters.discard(letter, by=request.user)
        messages.success(request, "Đã xóa bản nháp công văn.")
        return redirect("reports:official_letter_list")
    return render(request, "reports/official_letter_discard.html", {"letter": letter})


def _edit_page(
    request: SignedInRequest, form: OfficialLetterForm, *, on: datetime.date, conflict: str = ""
) -> HttpResponse:
    """The form with what was typed; after a conflict (409) beside it what the other person saved."""
    letter = form.letter
    own = obligations_of(letter)
    offered = Obligation.objects.visible_to(request.user, on).filter(
        duty=letter.duty_id, period=letter.period_id, receiving_unit__in=own.values("receiving_unit_id")
    )
    kept = set(own.values_list("pk", flat=True))
    rows = [
        row
        for row in listed(offered, on=on)
        if row.obligation.pk in kept or ((row.is_owed or letter.kind == Kind.FORM) and not row.obligation.waived_at)
    ]
    seen = str(letter.edits) if conflict or request.method != "POST" else request.POST.get("seen", "")
    context: dict[str, Any] = {
        "letter": letter,
        "form": form,
        "choices": _choices(rows, form.units, on=on),
        "chosen": len(form.units),
        "seen": seen,
        "filed": [row for row in listed(own, on=on) if not row.is_owed] if letter.kind == Kind.URGE else [],
        "may_issue": may_issue(request.user, letter.org_unit, on=on),
        "conflict": conflict,
        "stored": _stored_otherwise(form, kept, rows) if conflict else [],
        **_sheet(form, on=on),
    }
    return render(request, "reports/official_letter_edit.html", context, status=409 if conflict else 200)


def _stored_otherwise(form: OfficialLetterForm, kept: set[int], rows: Sequence[Listed]) -> list[tuple[str, str]]:
    found = form.stored_otherwise()
    if kept != form.units:
        found.append(("Đơn vị", "\n".join(row.name for row in rows if row.obligation.pk in kept)))
    return found


def _sheet(form: OfficialLetterForm, *, on: datetime.date) -> dict[str, Any]:
    letter = form.as_letter()
    pks = official_letters.obligations_in_reach(form.letter, form.units)
    document = letter_document(letter, listed(Obligation.objects.filter(pk__in=pks), on=on), on=on)
    sheets: SafeString = render_html(document)
    return {"sheets": sheets, "missing": document.missing}
