"""The page under the bell: what happened, the newest first, what is unread marked."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from orgunits import notifications
from orgunits.models import Notification
from orgunits.requests import SignedInRequest, typed_key

PAGE_SIZE = 30


@require_safe
@login_required
def notification_list(request: SignedInRequest) -> HttpResponse:
    """Everything of the person, or only what is unread (``?loc=chua-doc``)."""
    only_unread = request.GET.get("loc") == "chua-doc"
    rows = Notification.objects.visible_to(request.user)
    unread = notifications.unread_count(request.user)
    page = Paginator(rows.unread() if only_unread else rows, PAGE_SIZE).get_page(request.GET.get("trang"))
    hidden = notifications.hidden(page.object_list, request.user, on=timezone.localdate())
    context = {
        "page_obj": page,
        "rows": [(row, row.pk in hidden) for row in page],
        "only_unread": only_unread,
        "unread": unread,
        "most_shown": notifications.MOST_SHOWN,
        "newest": max((row.pk for row in page), default=0),
    }
    return render(request, "orgunits/notification_list.html", context)


@require_POST
@login_required
def notification_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark one as read and go to what it is about; only mark it where its unit is out of sight or nothing is asked."""
    row = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    notifications.open_one(row)
    is_hidden = bool(notifications.hidden([row], request.user, on=timezone.localdate()))
    is_ours = row.url.startswith("/") and url_has_allowed_host_and_scheme(row.url, allowed_hosts=None)
    if is_hidden or not is_ours or "chi_danh_dau" in request.POST:
        return redirect("channels:notification_list")
    return HttpResponseRedirect(row.url)


@require_POST
@login_required
def notification_read_all(request: SignedInRequest) -> HttpResponse:
    """Mark all that had come when the page was made; what has come since stays unread."""
    count = notifications.read_all(request.user, up_to=typed_key(request.POST.get("den")) or 0)
    messages.success(request, f"Đã đánh dấu {count} thông báo là đã đọc." if count else "Không có thông báo chưa đọc.")
    return HttpResponseRedirect(reverse("channels:notification_list"))
