"""The page on which a document is issued: what will be printed, with its number, and the four things to decide."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits.form_fields import DayField
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from plans import issuing, register
from plans.issuing import Order
from plans.models import Document, OutgoingDocument, Plan
from plans.official.blocks import DocumentNumber, IssueDate, OfficialDocument, Signature, content_hash, to_json
from plans.official.letterhead import letterhead_of, signers_of, style_of
from plans.official.numbering import number_reference
from plans.official.screen import render_html
from plans.register_forms import IssueForm
from plans.rights import require_issuer
from plans.tasks import keep_issued_file

CHANGED = "Nội dung văn bản vừa được sửa. Hãy xem lại bản in dưới đây rồi bấm Ban hành."
READ_FIRST = "Hãy đọc điều cần lưu ý ở trên rồi đánh dấu ô này."


@dataclass(frozen=True)
class Paper:
    """What is to be issued: how it is built for a day, and what issues it."""

    unit: OrgUnit
    kind: str
    title: str
    back_url: str
    list_url: str
    list_title: str
    build: Callable[[datetime.date], OfficialDocument]
    issue: Callable[[Order], OutgoingDocument]
    own: Document | None = None  # the document that carries its number in a field of its own
    notes: tuple[str, ...] = ()  # what else is to be read and confirmed before the number is given
    aside: str = ""  # a template above the form, with ``paper``: what may be done about the notes
    subject: Model | None = None  # the row that it is made from, for that template


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def plan_issue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Issue a plan."""
    found = Plan.objects.visible_to(request.user, timezone.localdate()).select_related("document", "org_unit")
    plan = get_object_or_404(found.prefetch_related("org_unit__placements"), pk=pk)
    require_issuer(request.user, plan.org_unit, on=timezone.localdate())
    if not issuing.can_be_issued(plan):
        raise Conflict(f"{plan} đã được ban hành. Hãy tải lại trang kế hoạch.")
    paper = Paper(
        unit=plan.org_unit,
        kind=plan.document.kind,
        title=str(plan),
        back_url=plan.get_absolute_url(),
        list_url="plans:plan_list",
        list_title="Kế hoạch",
        build=lambda on: issuing.draft_of(plan, on=on),
        issue=lambda order: issuing.issue_plan(plan, order, by=request.user, at=timezone.now()),
        own=plan.document,
    )
    return issue_page(request, paper)


def issue_page(request: SignedInRequest, paper: Paper) -> HttpResponse:
    """Show the document as it will go out; POST issues it, or with ``xem`` only shows it anew."""
    today = timezone.localdate()
    day = _typed_day(request, today=today)
    draft = paper.build(day)
    form = _form(request, paper, draft, day=day, today=today)
    warnings, problem = _warnings(paper, draft, form, day=day)
    if request.method == "POST" and form.is_valid() and "xem" not in request.POST:
        _check(form, paper, draft, warnings)
        if form.is_valid() and not problem:
            try:
                outgoing = paper.issue(form.order)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                keep_issued_file.delay_on_commit(outgoing.pk)
                messages.success(request, f"Đã ban hành {outgoing}, ngày {outgoing.issued_on:%d/%m/%Y}.")
                return redirect(outgoing)
    context = {"paper": paper, "form": form, "warnings": warnings, "problem": problem}
    return render(request, "plans/outgoing_issue.html", context | _preview(paper, draft, form, day=day))


def _typed_day(request: SignedInRequest, *, today: datetime.date) -> datetime.date:
    """The day that was typed, as far as one can issue on it; else today."""
    try:
        day = DayField(required=False).clean(request.POST.get("on", ""))
    except ValidationError:
        return today
    return day if day and datetime.date(2000, 1, 1) <= day <= today else today


def _form(
    request: SignedInRequest, paper: Paper, draft: OfficialDocument, *, day: datetime.date, today: datetime.date
) -> IssueForm:
    kept = OutgoingDocument.objects.filter(org_unit=paper.unit, kind=paper.kind)
    return IssueForm(
        request.POST or None,
        initial={"on": today, "recipients": "\n".join(draft.recipients)},
        today=today,
        draft=draft,
        signers=signers_of(letterhead_of(paper.unit, on=day)),
        reservations=kept.filter(status=OutgoingDocument.Status.RESERVED).order_by("serial", "pk"),
    )


def _fingerprint(draft: OfficialDocument, notes: tuple[str, ...] = ()) -> str:
    """The text alone: what the form decides, and what follows from the day, is no change of the content."""
    bare = replace(draft, superior_lines=(), issuer_lines=(), issuer_name="", number=DocumentNumber(), date=IssueDate())
    return content_hash(to_json(replace(bare, recipients=(), signature=None, missing=notes)))


def _warnings(paper: Paper, draft: OfficialDocument, form: IssueForm, *, day: datetime.date) -> tuple[list[str], str]:
    """What to know before the number is given, and what forbids it."""
    reserved = form.cleaned_data.get("reserved") if form.is_bound and form.is_valid() else None
    try:
        serial = reserved.serial if reserved else None
        words = register.warnings(paper.unit, draft.number, on=day, serial=serial, own=paper.own)
    except ValidationError as error:
        return list(paper.notes), " ".join(error.messages)
    typed = paper.own.number if paper.own and paper.own.is_numbered else ""
    if typed:
        words.append(f"Văn bản đang ghi số {typed}; khi ban hành, số này được thay bằng số của sổ.")
    return [*paper.notes, *words], ""


def _check(form: IssueForm, paper: Paper, draft: OfficialDocument, warnings: list[str]) -> None:
    if form.cleaned_data["seen"] != _fingerprint(draft, paper.notes):
        form.add_error(None, CHANGED)
    if warnings and not form.cleaned_data["confirmed"]:
        form.add_error("confirmed", READ_FIRST)


def _preview(paper: Paper, draft: OfficialDocument, form: IssueForm, *, day: datetime.date) -> dict[str, Any]:
    """The document as it would go out now, and the number in words."""
    order = form.order if form.is_bound and "on" in form.cleaned_data else Order(day, _first(form))
    try:
        place = register.place_of(paper.unit, draft.number.type_code, on=day)
        serial = order.reserved.serial if order.reserved else register.next_serial(place)
        shown = issuing.with_number(draft, order, unit=paper.unit, serial=serial)
    except ValidationError:
        return {
            "number": "",
            "sheets": render_html(draft),
            "missing": draft.missing,
            "fingerprint": _fingerprint(draft, paper.notes),
        }
    lacks = [] if shown.signature and shown.signature.name else ["Chưa có họ tên người ký"]
    lacks += [] if shown.recipients else ["Chưa có nơi nhận và nơi lưu"]
    lacks += [] if shown.date.place else ["Chưa có địa danh"]
    return {
        "number": number_reference(shown.number, style_of(paper.unit)),
        "sheets": render_html(shown),
        "missing": lacks,
        "fingerprint": _fingerprint(draft, paper.notes),
    }


def _first(form: IssueForm) -> Signature | None:
    return next((signature for _, signature in form.signatures.values()), None)
