"""The log of letters, one page for each kind, sending again, and the page of what does not arrive."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from orgunits import roles
from orgunits.access import administrators_only
from orgunits.models import Delivery, OrgUnit, Role, User
from orgunits.requests import SignedInRequest
from reports import letter_problems as problems
from reports import reminders, resending
from reports.mail_log import KINDS, LogKind
from reports.manual_reminders import OVERSEERS
from reports.tasks import deliver_notice, deliver_official_letter, deliver_reminder, drain_letters

PAGE = 50
BELLS = {"nhac": deliver_reminder, "ket-qua": deliver_notice, "cong-van": deliver_official_letter}
DRAINS = {"cap-tren": "superiors", "tong-hop": "digests"}


@dataclass(frozen=True)
class Tab:
    """One kind of letters, with how many of them failed."""

    label: str
    url: str
    is_current: bool
    failed: int


@require_safe
@login_required
def reminder_list(request: SignedInRequest) -> HttpResponse:
    """Every reminder of the units that the person oversees, the newest first."""
    return _log(request, KINDS["nhac"])


@require_safe
@login_required
def notice_list(request: SignedInRequest) -> HttpResponse:
    """Every notice about a review of the units that the person oversees, the newest first."""
    return _log(request, KINDS["ket-qua"])


@require_safe
@login_required
def letter_log(request: SignedInRequest, code: str) -> HttpResponse:
    """Letters of the other kinds that concern the units that the person oversees."""
    return _log(request, _kind(code))


def _kind(code: str) -> LogKind:
    kind = KINDS.get(code)
    if kind is None:
        raise Http404
    return kind


def _log(request: SignedInRequest, kind: LogKind) -> HttpResponse:
    units = _overseen(request.user)
    filters = kind.filters(request.GET, queryset=kind.of(units))
    page = Paginator(filters.qs.order_by("-pk"), PAGE).get_page(request.GET.get("trang"))
    page.object_list = kind.with_names(page.object_list)
    is_first = kind.code == "nhac"
    context = {
        "kind": kind,
        "filters": filters,
        "page_obj": page,
        "rows": [(row, kind.again_url(row.pk)) for row in kind.rows(page.object_list)],
        "tabs": [_tab(each, units, current=kind) for each in KINDS.values()],
        "unreachable": reminders.unreachable(timezone.localdate(), units=units.values("pk")) if is_first else [],
        "administers": roles.administers_anything(request.user, on=timezone.localdate()),
    }
    return render(request, "reports/letter_log.html", context)


def _tab(kind: LogKind, units: QuerySet[OrgUnit], *, current: LogKind) -> Tab:
    return Tab(kind.label, kind.url, kind is current, kind.of(units).failed().count())


def _overseen(user: User) -> QuerySet[OrgUnit]:
    """The units whose letters the person may read; 403 for who oversees none."""
    on = timezone.localdate()
    if not user.role_assignments.as_of(on).filter(role__in=OVERSEERS).exists():
        raise PermissionDenied
    return roles.reach(user, OVERSEERS, on=on)


@require_POST
@login_required
def reminder_send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    return _send_again(request, KINDS["nhac"], pk)


@require_POST
@login_required
def notice_send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    return _send_again(request, KINDS["ket-qua"], pk)


@require_POST
@login_required
def letter_send_again(request: SignedInRequest, code: str, pk: int) -> HttpResponse:
    return _send_again(request, _kind(code), pk)


@transaction.atomic
def _send_again(request: SignedInRequest, kind: LogKind, pk: int) -> HttpResponse:
    """Write the letter anew and ring for it: 404 outside what the person may see, 403 where another oversees it."""
    row: Any = get_object_or_404(kind.of(OrgUnit.objects.visible_to(request.user)).select_related("recipient"), pk=pk)
    if not kind.of(_overseen(request.user)).filter(pk=pk).exists():
        raise PermissionDenied
    again = resending.send_again(row, by=request.user, unit=_unit(kind, row))
    if kind.code in BELLS:
        BELLS[kind.code].delay_on_commit(again.pk)
    else:
        drain_letters.delay_on_commit(DRAINS[kind.code])
    messages.success(request, f"Đang gửi lại thư tới {row.recipient.full_name}.")
    return redirect(kind.url)


def _unit(kind: LogKind, row: Delivery) -> OrgUnit | None:
    """The unit that the letter is about, for the audit trail."""
    found: Any = row
    for part in kind.unit.split("__") if kind.unit else []:
        found = getattr(found, part)
    return found if kind.unit else None


@require_safe
@administrators_only
def letter_problems(request: SignedInRequest) -> HttpResponse:
    """Whom no message reaches, and why: units and heads that are not there, letters that the mail server refused."""
    on = timezone.localdate()
    units = roles.reach(request.user, Role.ADMINISTRATOR, on=on)
    context = {
        "problems": problems.of(units, on=on),
        "failed": [(kind, kind.rows(rows), count) for kind, rows, count in problems.failed(units)],
        "shown": problems.SHOWN,
    }
    return render(request, "reports/letter_problems.html", context)
