"""All filed reports of a duty and period in one press."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest, typed_key
from plans.models import ReportingDuty
from plans.views.batches import batch_page
from reports.models import Period
from reports.print_batches import FILED, STATUSES, PeriodReports


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def period_print(request: SignedInRequest, pk: int, period_pk: int) -> HttpResponse:
    """What will be printed: of which branch (``?don-vi=``), filed or only approved ones (``?tinh-trang=``)."""
    duties = ReportingDuty.objects.visible_to(request.user).select_related("plan__org_unit", "recipient_unit")
    duty = get_object_or_404(duties, pk=pk)
    period = get_object_or_404(Period.objects.filter(obligations__duty=duty).distinct(), pk=period_pk)
    reports = PeriodReports(duty, period, by=request.user, on=timezone.localdate())
    wanted = typed_key(request.GET.get("don-vi"))
    branch = next((each for each in reports.branches if each.pk == wanted), None)
    status = request.GET.get("tinh-trang", "")
    status = status if status in STATUSES else FILED
    unit = OrgUnit.objects.get(pk=branch.pk) if branch else duty.recipient_unit or duty.plan.org_unit
    context = {
        "duty": duty,
        "period": period,
        "branches": reports.branches,
        "branch": branch,
        "statuses": STATUSES,
        "status": status,
    }
    listing = reports.listing(unit, branch=branch, status=status)
    return batch_page(request, listing, "reports/period_print.html", context)
