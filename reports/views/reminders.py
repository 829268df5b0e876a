"""The button *nhắc*: whom it reaches and what they will read, then the letters."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from orgunits import mail, roles
from orgunits.models import OrgUnit
from orgunits.requests import SignedInRequest
from reports import letters, manual_reminders
from reports.manual_reminders import OVERSEERS
from reports.models import Obligation, Reminder
from reports.tasks import deliver_reminder

FEW = 6


@require_POST
@login_required
def remind_now(request: SignedInRequest) -> HttpResponse:
    """Show whom a reminder would reach; with ``confirmed``, write it and have it delivered."""
    on = timezone.localdate()
    chosen = _chosen_obligations(request)
    back = _back(request)
    if not chosen:
        messages.warning(request, "Chưa chọn đơn vị nào. Hãy đánh dấu các đơn vị cần nhắc rồi bấm “Nhắc”.")
        return HttpResponseRedirect(back)
    for unit in OrgUnit.objects.filter(obligations_received__in=chosen).distinct():
        roles.require(request.user, OVERSEERS, unit, on=on)
    if "confirmed" not in request.POST:
        return render(request, "reports/reminder_confirm.html", _confirmation(chosen, request, back))
    with transaction.atomic():
        found, written = manual_reminders.remind(chosen, by=request.user, on=on)
        for row in written:
            deliver_reminder.delay_on_commit(row.pk)
    _tell(request, found, written)
    return HttpResponseRedirect(back)


def _chosen_obligations(request: SignedInRequest) -> list[int]:
    """The pks that were ticked; 404 where one lies outside the person's scope."""
    typed = set(request.POST.getlist("obligation"))
    if not all(text.isdecimal() and len(text) < 19 for text in typed):
        raise Http404
    wanted = {int(text) for text in typed}
    visible = Obligation.objects.visible_to(request.user).filter(pk__in=wanted)
    chosen = list(visible.order_by("pk").values_list("pk", flat=True))
    if len(chosen) != len(wanted):
        raise Http404
    return chosen


def _confirmation(chosen: list[int], request: SignedInRequest, back: str) -> dict[str, Any]:
    on = timezone.localdate()
    found = manual_reminders.plan(chosen, on=on)
    context: dict[str, Any] = {"round": found, "chosen": chosen, "next": back, "on": on}
    if found.addressed:
        first = found.addressed[0]
        letter = letters.reminder(first.obligation, to=first.people[0], by=request.user, on=on)
        context["first"] = first
        context["sample"] = mail.compose(letter.stem, first.people[0], letter.context)
    context["rows"] = [(row, row.obligation.days_left(on)) for row in found.addressed]
    return context


def _tell(request: HttpRequest, found: manual_reminders.Round, written: list[Reminder]) -> None:
    """Say how many letters go to whom, and who was left out why."""
    units = {row.obligation.pk: row.obligation.org_unit for row in found.addressed}
    if written:
        people = _some([f"{row.recipient.full_name} ({units[row.obligation_id]})" for row in written])
        messages.success(request, f"Đang gửi {len(written)} thư nhắc tới: {people}.")
    else:
        messages.warning(request, "Không có thư nhắc nào được gửi.")
    if found.unreachable:
        names = _some([str(row.org_unit) for row in found.unreachable])
        messages.warning(
            request, f"Chưa nhắc được vì đơn vị chưa có người lập báo cáo: {names}. Hãy cử người hoặc gọi điện."
        )
    if found.not_owed:
        names = _some([str(row.org_unit) for row in found.not_owed])
        messages.info(request, f"Bỏ qua vì báo cáo đã nộp hoặc được miễn: {names}.")
    if found.reminded_today:
        names = _some([str(row.obligation.org_unit) for row in found.reminded_today])
        messages.info(request, f"Hôm nay đã nhắc rồi, không gửi thêm: {names}.")


def _some(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    rest = len(unique) - FEW
    return ", ".join(unique[:FEW]) + (f" và {rest} nơi khác" if rest > 0 else "")


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("reports:reminder_list")
