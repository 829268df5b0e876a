"""The button *nhắc*, and the log of letters with what failed."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from orgunits import audit, mail, roles
from orgunits.models import OrgUnit, Role, User
from orgunits.requests import SignedInRequest
from orgunits.transitions import Conflict
from reports import letters, mail_log, manual_reminders, reminders
from reports.models import Notice, Obligation, Reminder
from reports.tasks import deliver_notice, deliver_reminder

OVERSEERS = (Role.REVIEWER, Role.ADMINISTRATOR)
PAGE = 50
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


@require_safe
@login_required
def reminder_list(request: SignedInRequest) -> HttpResponse:
    """Every reminder of the units that the person oversees, the newest first."""
    rows = mail_log.reminders_of(_overseen(request.user)).order_by("-pk")
    return _log(request, mail_log.ReminderFilter(request.GET, queryset=rows), mail_log.reminder_rows)


@require_safe
@login_required
def notice_list(request: SignedInRequest) -> HttpResponse:
    """Every notice about a review of the units that the person oversees, the newest first."""
    rows = mail_log.notices_of(_overseen(request.user)).order_by("-pk")
    return _log(request, mail_log.NoticeFilter(request.GET, queryset=rows), mail_log.notice_rows)


def _log(
    request: SignedInRequest, filters: mail_log.LetterFilter, as_rows: Callable[[Any], list[mail_log.LogRow]]
) -> HttpResponse:
    units = _overseen(request.user)
    is_reminders = isinstance(filters, mail_log.ReminderFilter)
    page = Paginator(filters.qs, PAGE).get_page(request.GET.get("trang"))
    context = {
        "filters": filters,
        "page_obj": page,
        "rows": as_rows(page.object_list),
        "is_reminders": is_reminders,
        "resend": "reports:reminder_send_again" if is_reminders else "reports:notice_send_again",
        "tabs": [
            mail_log.Tab("Thư nhắc", "reports:reminder_list", is_reminders, mail_log.reminders_of(units)),
            mail_log.Tab("Thư báo", "reports:notice_list", not is_reminders, mail_log.notices_of(units)),
        ],
        "unreachable": reminders.unreachable(timezone.localdate(), units=units.values("pk")) if is_reminders else [],
    }
    return render(request, "reports/reminder_list.html", context)


def _overseen(user: User) -> QuerySet[OrgUnit]:
    """The units whose letters the person may read; 403 for who oversees none."""
    on = timezone.localdate()
    if not user.role_assignments.as_of(on).filter(role__in=OVERSEERS).exists():
        raise PermissionDenied
    return roles.reach(user, OVERSEERS, on=on)


@require_POST
@login_required
def reminder_send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Reminder.objects.visible_to(request.user), pk=pk)
    return _send_again(request, row, row.obligation, deliver_reminder, "reports:reminder_list")


@require_POST
@login_required
def notice_send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    return _send_again(request, row, row.event.report.obligation, deliver_notice, "reports:notice_list")


@transaction.atomic
def _send_again(
    request: SignedInRequest, row: Reminder | Notice, obligation: Obligation, task: Any, page: str
) -> HttpResponse:
    """Give a failed letter its tries back and ring for it."""
    unit = obligation.org_unit
    roles.require(request.user, OVERSEERS, unit, on=timezone.localdate())
    if not type(row).objects.send_again(row.pk):
        raise Conflict("Thư này không còn ở trạng thái lỗi: đã có người bấm gửi lại.")
    audit.record("letter.send_again", row, by=request.user, org_unit=unit, recipient=row.recipient.full_name)
    task.delay_on_commit(row.pk)
    messages.success(request, f"Đang gửi lại thư tới {row.recipient.full_name}.")
    return redirect(page)
