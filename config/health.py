"""Is the product well? ``/healthz`` tells a load balancer, a container runtime or an operator."""

import datetime

from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

HEARTBEAT_KEY = "heartbeat"
# Beat sends one every 10 s; a long job on every thread of the worker may delay it.
HEARTBEAT_LIMIT = datetime.timedelta(minutes=5)


def note_heartbeat(*, at: datetime.datetime) -> None:
    """Remember that a job ran at the instant ``at``."""
    cache.set(HEARTBEAT_KEY, at, timeout=None)


def jobs_are_running(*, at: datetime.datetime) -> bool:
    """Whether the last heartbeat was at most ``HEARTBEAT_LIMIT`` before ``at``."""
    last = cache.get(HEARTBEAT_KEY)
    return last is not None and at - last <= HEARTBEAT_LIMIT


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where the database answers and jobs run, else 503; it tells nothing else, so it needs no sign-in."""
    state = {"database": database_answers(), "jobs": jobs_are_running(at=timezone.now())}
    return JsonResponse(state, status=200 if all(state.values()) else 503)
