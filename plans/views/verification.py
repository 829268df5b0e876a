"""The public check of a paper: no sign-in, nothing of the content, not for search engines."""

from collections.abc import Callable
from typing import Final

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from plans import verification

MOST_A_MINUTE: Final = 60  # an office sends all its people from one address


def _asks_too_often(request: HttpRequest) -> bool:
    """Count the questions of an address in this minute; roughly, for the code itself cannot be guessed."""
    key = f"verify:{get_adapter().get_client_ip(request)}:{timezone.now():%H%M}"
    asked = cache.get(key, 0) + 1
    cache.set(key, asked, 60)
    return asked > MOST_A_MINUTE


def _gently(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 429 to who asks for more than anybody checks by hand; keep the page out of search engines."""

    def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if _asks_too_often(request):
            response = render(request, "plans/verification_busy.html", status=429)
        else:
            response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


@require_safe
@never_cache
@_gently
def start(request: HttpRequest) -> HttpResponse:
    """Ask for the code that is printed on the paper."""
    typed = request.GET.get("ma", "").strip()
    if typed and (document := verification.find(typed)):
        return redirect("verification:document", document.verify_code)
    return render(request, "plans/verification_start.html", {"typed": typed}, status=404 if typed else 200)


@require_safe
@never_cache
@_gently
def document(request: HttpRequest, code: str) -> HttpResponse:
    """What was issued under that code; ``?bam=`` holds the hash of a file against it."""
    found = verification.find(code)
    if found is None:
        return render(request, "plans/verification_start.html", {"typed": code}, status=404)
    files = list(found.files.order_by("pk"))
    typed = request.GET.get("bam", "").strip()
    context = {
        "document": found,
        "issuer": verification.issuer_of(found),
        "files": files,
        "comparison": verification.compare(typed, files) if typed else None,
    }
    return render(request, "plans/verification_document.html", context)
