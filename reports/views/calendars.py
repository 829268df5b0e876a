"""The page of the own calendar address, and the calendar behind it, which programs read without signing in."""

import hashlib

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orgunits.models import CalendarFeed
from orgunits.requests import SignedInRequest
from reports import calendars

SHOW_ADDRESS = "show_calendar_address"
MOST_OF_AN_ADDRESS = 60  # readings in an hour: several devices of one person, each every few minutes
MOST_OF_A_NETWORK = 600  # an office reads from one number


@require_safe
@never_cache
@login_required
def calendar(request: SignedInRequest) -> HttpResponse:
    """Whether there is an address and when it was read; the address itself, the one time after it was made."""
    feed = CalendarFeed.objects.filter(user=request.user).first()
    token = calendars.token_of(feed) if feed and request.session.pop(SHOW_ADDRESS, False) else None
    address = settings.SITE_URL + reverse("reports:calendar_feed", args=[token]) if token else ""
    context = {
        "feed": feed,
        "address": address,
        "app_address": "webcal:" + address.partition(":")[2] if address else "",
        "owed": len(calendars.owed_by(request.user, on=timezone.localdate())),
    }
    return render(request, "reports/calendar.html", context)


@require_POST
@login_required
def calendar_renew(request: SignedInRequest) -> HttpResponse:
    calendars.renew(request.user, by=request.user)
    request.session[SHOW_ADDRESS] = True
    messages.success(request, "Đã tạo địa chỉ lịch. Hãy chép ngay: địa chỉ chỉ hiện một lần.")
    return redirect("reports:calendar")


@require_POST
@login_required
def calendar_off(request: SignedInRequest) -> HttpResponse:
    calendars.turn_off(request.user, by=request.user)
    messages.success(request, "Đã tắt lịch nhắc hạn; địa chỉ cũ không còn dùng được.")
    return redirect("reports:calendar")


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address; whatever is wrong with the address, the answer is the same 404."""
    now = timezone.now()
    if _asks_too_often(f"net:{get_adapter().get_client_ip(request)}", MOST_OF_A_NETWORK):
        return _busy()
    feed = calendars.feed_of(token, on=timezone.localdate(now))
    if feed is None:
        return _private(HttpResponse("Not found\n", status=404, content_type="text/plain; charset=utf-8"))
    if _asks_too_often(f"feed:{feed.token_hash}", MOST_OF_AN_ADDRESS):
        return _busy()
    calendars.note_reading(feed, at=now)
    body = calendars.write(feed.user, on=timezone.localdate(now), at=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag = quote_etag(hashlib.sha256(body).hexdigest())
    response["Content-Disposition"] = 'inline; filename="mang-non.ics"'
    answer = get_conditional_response(request, etag=etag, response=response)
    return _private(answer if isinstance(answer, HttpResponse) else response)


def _asks_too_often(who: str, most: int) -> bool:
    """Count the readings of this hour; roughly, for the address itself cannot be guessed."""
    key = f"calendar:{who}:{timezone.now():%d%H}"
    asked = cache.get(key, 0) + 1
    cache.set(key, asked, 3600)
    return bool(asked > most)


def _busy() -> HttpResponse:
    response = HttpResponse("Too many requests\n", status=429, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = "3600"
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
