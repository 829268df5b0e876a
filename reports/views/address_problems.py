"""The administrators' page of addresses that letters do not reach."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orgunits.access import administrators_only
from orgunits.requests import SignedInRequest
from reports import address_problems


@require_safe
@administrators_only
def problems(request: SignedInRequest) -> HttpResponse:
    found = address_problems.of(request.user, on=timezone.localdate())
    return render(request, "reports/address_problems.html", {"problems": found})
