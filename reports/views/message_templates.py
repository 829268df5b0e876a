"""The words of messages: every kind, and one kind to change, look at, try on oneself or take back."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from orgunits.access import system_administrators_only
from orgunits.audit_words import action_words
from orgunits.models import AuditEvent
from orgunits.requests import SignedInRequest
from reports import message_trials
from reports.message_texts import KINDS, Kind
from reports.models import MessageTemplate
from reports.sending_forms import TemplateForm
from reports.tasks import drain_letters
from reports.views.typed import seen_edits

HISTORY = 10


@require_safe
@system_administrators_only
def message_template_list(request: SignedInRequest) -> HttpResponse:
    written = {row.kind: row for row in MessageTemplate.objects.select_related("changed_by")}
    rows = [(kind, written.get(kind.code)) for kind in KINDS.values()]
    return render(request, "reports/message_template_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@system_administrators_only
def message_template_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """One kind of message; what was typed stays on the page while it is looked at or tried."""
    kind = KINDS.get(code)
    if kind is None:
        raise Http404
    row = MessageTemplate.objects.filter(kind=code).select_related("changed_by").first()
    if "default" in request.POST:
        message_trials.reset(kind, seen=seen_edits(request), by=request.user)
        messages.success(request, "Đã dùng lại lời thư mặc định.")
        return redirect("reports:message_template_edit", code)
    words = row.words if row else {"subject": kind.subject, "body": kind.body}
    form = TemplateForm(kind, request.POST or None, initial=words)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        if "try" in request.POST:
            _try_out(request, kind, typed)
        elif "look" not in request.POST:
            message_trials.change(kind, **typed, seen=seen_edits(request), by=request.user)
            messages.success(request, f"Đã lưu mẫu thư “{kind.label}”.")
            return redirect("reports:message_template_edit", code)
        words = typed
    context = {
        "kind": kind,
        "row": row,
        "form": form,
        "sample": message_trials.sample(kind, **words, to=request.user) if not form.errors else None,
        "seen": request.POST.get("seen") or (row.edits if row else 0),
        "history": _history(kind),
    }
    return render(request, "reports/message_template_edit.html", context)


def _try_out(request: SignedInRequest, kind: Kind, typed: dict[str, Any]) -> None:
    with transaction.atomic():
        message_trials.try_out(kind, **typed, by=request.user)
        drain_letters.delay_on_commit("trials")
    messages.success(request, f"Đang gửi thử tới {request.user.email}. Mẫu thư chưa được lưu.")


def _history(kind: Kind) -> list[tuple[AuditEvent, str]]:
    """The latest changes of these words, with who made them."""
    events = AuditEvent.objects.filter(action__startswith="message_template.", data__letter_kind=kind.label)
    return [(event, action_words(event.action)) for event in events.select_related("actor").order_by("-pk")[:HISTORY]]
