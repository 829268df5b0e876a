"""Pages that belong to no application: the errors."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from reports.views import filing


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def method_not_allowed(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """405 for a person who opened the address of a button; ``allowed`` is what the address does take."""
    response = render(request, "405.html", status=405)
    response.headers["Allow"] = allowed
    return response


def conflict(request: HttpRequest, exception: Exception) -> HttpResponse:
    """409 with the sentence that says who did what when; htmx gets the sentence alone."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(str(exception), status=409, content_type="text/plain; charset=utf-8")
    context = {"sentence": str(exception), "back_url": previous_page(request)}
    return render(request, "409.html", context, status=409)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came from an old session or from elsewhere; ``reason`` is Django's English text for developers.

    A filing form that our own page sent keeps its text: signing in again in another tab changes the token.
    """
    match = request.resolver_match
    if match and match.view_name == "reports:filing" and is_from_our_page(request):
        return filing.keep_text(request, status=403)
    return render(request, "403_csrf.html", {"back_url": previous_page(request)}, status=403)


def is_from_our_page(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent the request; without a word it is not."""
    origin = request.headers.get("Origin", "")
    return origin == f"{request.scheme}://{request.get_host()}" if origin else bool(previous_page(request))


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without a request: nothing on this page may ask the database."""
    return render(None, "500.html", status=500)


def previous_page(request: HttpRequest) -> str:
    """The path of our own page from which the request came, or an empty text."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(referer)
    return parts.path + (f"?{parts.query}" if parts.query else "")
