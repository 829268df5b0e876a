"""Turns what the rules raise into an answer that a person can read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.views import conflict
from orgunits.transitions import Conflict


class ConflictMiddleware:
    """Answers 409 with the exception's sentence when somebody was faster or the page was stale."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return conflict(request, exception) if isinstance(exception, Conflict) else None
