"""The service worker that keeps a copy of a filing form for work without a network."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def filing_worker(request: HttpRequest) -> HttpResponse:
    """``filing_worker.js`` from the folder whose pages it may serve: browsers go by the address of the script.

    It holds nothing of anybody, so everybody may read it; browsers ask for it anew each time.
    """
    found = finders.find("js/filing_worker.js")
    answer = HttpResponse(Path(str(found)).read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer
