"""The mail of the embedded run. It holds links that set passwords, so only who administers the whole reads it."""

from pathlib import Path

from csp.decorators import csp
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from orgunits import outbox
from orgunits.access import system_administrators_only
from orgunits.requests import SignedInRequest

PAGE_SIZE = 50
# The letter's own HTML may carry styles, and nothing else: no scripts, no forms, no requests.
LETTER_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@require_safe
@system_administrators_only
def outbox_list(request: SignedInRequest) -> HttpResponse:
    place = outbox.folder()
    page = Paginator(outbox.letters(place) if place else [], PAGE_SIZE).get_page(request.GET.get("trang"))
    return render(request, "orgunits/outbox_list.html", {"page_obj": page, "is_kept": place is not None})


@require_safe
@system_administrators_only
def outbox_letter(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    return render(request, "orgunits/outbox_letter.html", {"letter": _letter(name, number)})


@require_safe
@csp(LETTER_POLICY)
@xframe_options_sameorigin
@system_administrators_only
def outbox_html(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """The HTML of one letter as it was written, for the frame on its page."""
    return HttpResponse(_letter(name, number).html)


def _letter(name: str, number: int) -> outbox.Letter:
    place: Path | None = outbox.folder()
    found = outbox.letter(place, name, number) if place else None
    if found is None:
        raise Http404
    return found
