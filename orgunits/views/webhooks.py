"""The administrators' pages of gateways: which there are, what was sent, what could not be sent."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgunits import webhooks
from orgunits.access import administrators_only
from orgunits.forms import add_errors
from orgunits.models import WebhookDelivery, WebhookEndpoint
from orgunits.models.webhooks import WebhookEndpointQuerySet
from orgunits.requests import SignedInRequest
from orgunits.webhook_forms import WebhookForm
from orgunits.webhook_tasks import deliver_webhook

PAGE_SIZE = 30
SHOW_SECRET = "show_webhook_secret"  # noqa: S105, a key of the session that holds a row's number


@require_safe
@administrators_only
def webhook_list(request: SignedInRequest) -> HttpResponse:
    waiting = Count("deliveries", filter=Q(deliveries__status=WebhookDelivery.Status.WAITING))
    dead = Count("deliveries", filter=Q(deliveries__status=WebhookDelivery.Status.DEAD))
    rows = _endpoints(request).annotate(waiting=waiting, dead=dead)
    return render(request, "orgunits/webhook_list.html", {"rows": rows, "dead": sum(row.dead for row in rows)})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def webhook_create(request: SignedInRequest) -> HttpResponse:
    on = timezone.localdate()
    form = WebhookForm(request.POST or None, by=request.user, on=on)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            endpoint = webhooks.add(fields.pop("unit"), by=request.user, on=on, **fields)
        except ValidationError as error:
            add_errors(form, error)
        else:
            request.session[SHOW_SECRET] = endpoint.pk
            messages.success(request, "Đã thêm cổng gửi tin. Hãy chép khóa ký dưới đây sang cổng.")
            return redirect(endpoint)
    return render(request, "orgunits/webhook_form.html", {"form": form, "title": "Thêm cổng gửi tin"})


@require_safe
@never_cache
@administrators_only
def webhook_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The gateway with its latest messages; the secret, the one time after it was made."""
    endpoint = _endpoint(request, pk)
    is_new = request.session.get(SHOW_SECRET) == endpoint.pk
    if is_new:
        del request.session[SHOW_SECRET]
    page = Paginator(endpoint.deliveries.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("trang"))
    context = {
        "endpoint": endpoint,
        "secret": webhooks.secret_of(endpoint) if is_new else None,
        "is_quiet": bool(endpoint.quiet_until and endpoint.quiet_until > timezone.now()),
        "page_obj": page,
    }
    return render(request, "orgunits/webhook_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def webhook_change(request: SignedInRequest, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    form = WebhookForm(request.POST or None, by=request.user, on=timezone.localdate(), endpoint=endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.change(endpoint, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, "Đã lưu.")
            return redirect(endpoint)
    context: dict[str, Any] = {"form": form, "title": "Sửa cổng gửi tin", "endpoint": endpoint}
    return render(request, "orgunits/webhook_form.html", context)


@require_POST
@administrators_only
def webhook_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """``viec=bat`` switches on, anything else off."""
    endpoint = _endpoint(request, pk)
    is_active = request.POST.get("viec") == "bat"
    webhooks.switch(endpoint, is_active=is_active, by=request.user)
    messages.success(
        request, "Đã bật cổng gửi tin." if is_active else "Đã tắt cổng gửi tin; tin đang chờ được giữ lại."
    )
    return redirect(endpoint)


@require_POST
@administrators_only
def webhook_secret(request: SignedInRequest, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    webhooks.renew_secret(endpoint, by=request.user)
    request.session[SHOW_SECRET] = endpoint.pk
    messages.success(request, "Đã tạo khóa ký mới; khóa cũ không còn dùng.")
    return redirect(endpoint)


@require_POST
@administrators_only
@transaction.atomic
def webhook_test(request: SignedInRequest, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    if not endpoint.is_active:
        messages.warning(request, "Cổng đang tắt. Hãy bật cổng trước khi gửi thử.")
        return redirect(endpoint)
    row = webhooks.write_test(endpoint, by=request.user)
    deliver_webhook.delay_on_commit(row.pk)
    messages.success(request, "Đang gửi tin thử; kết quả hiện ở bảng dưới đây, hãy tải lại trang sau ít giây.")
    return redirect(endpoint)


# --- what could not be sent -------------------------------------------------------------------------------------


@require_safe
@administrators_only
def webhook_dead_list(request: SignedInRequest) -> HttpResponse:
    """Messages that every try has failed to bring to their gateway: sent again or discarded by a person."""
    rows = WebhookDelivery.objects.dead().filter(endpoint__in=_endpoints(request)).select_related("endpoint")
    page = Paginator(rows.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("trang"))
    return render(request, "orgunits/webhook_dead_list.html", {"page_obj": page})


@require_POST
@administrators_only
@transaction.atomic
def webhook_resend(request: SignedInRequest, pk: int) -> HttpResponse:
    row = _delivery(request, pk)
    webhooks.resend(row, by=request.user)
    deliver_webhook.delay_on_commit(row.pk)
    messages.success(request, "Đang gửi lại tin.")
    return redirect("channels:webhook_dead_list")


@require_POST
@administrators_only
def webhook_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    webhooks.discard(_delivery(request, pk), by=request.user)
    messages.success(request, "Đã bỏ tin; cổng sẽ không nhận tin này.")
    return redirect("channels:webhook_dead_list")


# --- shared -----------------------------------------------------------------------------------------------------


def _endpoints(request: SignedInRequest) -> WebhookEndpointQuerySet:
    rows = WebhookEndpoint.objects.visible_to(request.user, timezone.localdate())
    return rows.select_related("org_unit").prefetch_related("org_unit__placements")


def _endpoint(request: SignedInRequest, pk: int) -> WebhookEndpoint:
    return get_object_or_404(_endpoints(request), pk=pk)


def _delivery(request: SignedInRequest, pk: int) -> WebhookDelivery:
    rows = WebhookDelivery.objects.filter(endpoint__in=_endpoints(request))
    return get_object_or_404(rows.select_related("endpoint__org_unit"), pk=pk)
