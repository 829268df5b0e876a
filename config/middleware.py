"""Turns what the rules raise into an answer that a person can read."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from config.views import conflict, method_not_allowed, previous_page
from orgunits.transitions import Conflict


class ConflictMiddleware:
    """Answers 409 with the exception's sentence when somebody was faster or the page was stale."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return conflict(request, exception) if isinstance(exception, Conflict) else None


class PressedButtonMiddleware:
    """An address that only a button may use is no place to arrive at: leads back to the page where the button stands.

    Who signs in again after pressing it comes to that page, and who opens the address itself reads what to do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and _leads_to_sign_in(response):
            return redirect_to_login(previous_page(request) or resolve_url("home"))
        if request.method == "GET" and response.status_code == 405:
            return method_not_allowed(request, allowed=response.headers["Allow"])
        return response


def _leads_to_sign_in(response: HttpResponse) -> bool:
    to = urlsplit(response.headers.get("Location", ""))
    return response.status_code == 302 and to.path == resolve_url(settings.LOGIN_URL) and to.query.startswith("next=")
