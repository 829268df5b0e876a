from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest
from reports import due_dates, handover

READ = "handovers_read"  # key of the session: units whose page was opened, so that home does not point there again


@require_safe
@login_required
def handover_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """Everything that whoever takes over the post has to know; for its people and its administrators."""
    on = timezone.localdate()
    unit = get_object_or_404(OrgUnit.objects.visible_to(request.user).prefetch_related("placements"), pk=pk)
    if not handover.may_open(request.user, unit, on=on):
        raise PermissionDenied
    request.session[READ] = sorted({*read_units(request), unit.pk})
    context = {
        "unit": unit,
        "page": handover.handover(unit, user=request.user, on=on),
        "today": due_dates.day_text(on),
    }
    return render(request, "reports/handover.html", context)


def read_units(request: SignedInRequest) -> list[int]:
    """The units whose page the person has opened since signing in."""
    found: list[int] = request.session.get(READ, [])
    return found
