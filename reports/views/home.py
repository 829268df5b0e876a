from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits.requests import SignedInRequest
from reports import due_dates, handover, worklist
from reports.views.handover import read_units


@require_safe
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    """What the signed-in person has to do: as officer, as reviewer, as administrator, in this order."""
    on = timezone.localdate()
    context = {
        "today": f"Hôm nay là {due_dates.weekday(on)}, ngày {due_dates.day_text(on)}",
        "filing": worklist.filing_work(request.user, on=on),
        "review": worklist.review_work(request.user, on=on),
        "administration": worklist.administration_work(request.user, on=on),
        "new_posts": [unit for unit in handover.new_posts(request.user, on=on) if unit.pk not in read_units(request)],
    }
    return render(request, "reports/home.html", context)
