"""A province's own gateway: where to send, and what is to be sent, as rows."""

import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from orgunits.models.people import User
from orgunits.models.units import OrgUnit


class WebhookEvent(models.TextChoices):
    """What a gateway may be told of."""

    DUE = "reminder.due", "Nhắc báo cáo sắp đến hạn"
    OVERDUE = "reminder.overdue", "Nhắc báo cáo đã quá hạn"
    SUBMITTED = "report.submitted", "Báo cáo được nộp"
    RETURNED = "report.returned", "Báo cáo bị trả lại"
    APPROVED = "report.approved", "Báo cáo được duyệt"
    REOPENED = "report.reopened", "Báo cáo được mở lại"
    CORRECTED = "report.corrected", "Báo cáo được đính chính"


TEST_EVENT = "test"  # what the button *gửi thử* sends; nobody chooses it


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def visible_to(self, user: User, on: datetime.date) -> Self:
        """Gateways of the units that the person administers."""
        return self.filter(org_unit__in=OrgUnit.objects.administered_by(user, on).values("pk"))

    def awake(self, *, at: datetime.datetime) -> Self:
        """Switched on and not resting after a failure."""
        return self.filter(Q(quiet_until__isnull=True) | Q(quiet_until__lte=at), is_active=True)


class WebhookEndpoint(models.Model):
    """An address of a unit's gateway, told of what concerns the unit and the units below.

    The secret is not stored: ``secret_salt`` and the installation's key make it, ``secret_mark`` tells which key did.
    After failures the gateway rests until ``quiet_until``, so that one that hangs does not hold the workers.
    """

    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="webhooks", verbose_name="đơn vị")
    name = models.CharField("tên cổng", max_length=100)
    url = models.CharField("địa chỉ nhận", max_length=500)
    events: "models.JSONField[list[str]]" = models.JSONField("sự kiện", default=list)
    with_phone = models.BooleanField("gửi kèm số điện thoại của người nhận", default=False)
    is_active = models.BooleanField("đang bật", default=True)
    secret_salt = models.CharField(max_length=40)
    secret_mark = models.CharField(max_length=64)
    secret_made_at = models.DateTimeField("tạo khóa lúc")
    failures = models.PositiveIntegerField("số lần lỗi liên tiếp", default=0)
    quiet_until = models.DateTimeField("tạm nghỉ đến", null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField("thêm lúc", auto_now_add=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["org_unit", "url"],
                name="webhook_once_per_unit",
                violation_error_message="Đơn vị này đã có cổng gửi tin tới địa chỉ đó.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("channels:webhook_detail", args=[self.pk])

    @property
    def event_labels(self) -> list[str]:
        return [str(event.label) for event in WebhookEvent if event.value in self.events]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def ready(self, *, at: datetime.datetime) -> Self:
        """Waiting rows of gateways that are awake, never tried or tried in vain long enough ago."""
        due = Q(not_before__isnull=True) | Q(not_before__lte=at)
        return self.filter(
            due, status=WebhookDelivery.Status.WAITING, endpoint__in=WebhookEndpoint.objects.awake(at=at).values("pk")
        )

    def claim(self, pk: int, *, at: datetime.datetime) -> bool:
        """Take a ready row; True for exactly one of any number of callers.

        The status is a condition on the row itself, not inside a sub-select: PostgreSQL asks it again after it has
        waited for another caller's UPDATE.
        """
        taken = (
            self.ready(at=at)
            .filter(pk=pk)
            .update(status=WebhookDelivery.Status.CLAIMED, claimed_at=at, tries=F("tries") + 1)
        )
        return taken == 1

    def release_stale(self, *, before: datetime.datetime) -> int:
        """Put back, once, the rows whose worker died in the middle; a second death is for a person to look at."""
        stale = self.filter(status=WebhookDelivery.Status.CLAIMED, claimed_at__lt=before)
        stale.filter(releases__gte=1).update(
            status=WebhookDelivery.Status.DEAD, error="Việc gửi dừng giữa chừng hai lần."
        )
        return stale.filter(releases=0).update(status=WebhookDelivery.Status.WAITING, releases=1, not_before=None)

    def dead(self) -> Self:
        return self.filter(status=WebhookDelivery.Status.DEAD)


class WebhookDelivery(models.Model):
    """One message to one gateway. ``key`` says what it is about: it is written once for each gateway."""

    class Status(models.TextChoices):
        WAITING = "waiting", "chờ gửi"
        CLAIMED = "claimed", "đang gửi"
        SENT = "sent", "đã gửi"
        DEAD = "dead", "không gửi được"
        DISCARDED = "discarded", "đã bỏ"

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.PROTECT, related_name="deliveries", verbose_name="cổng", db_index=False
    )
    key = models.CharField(max_length=100)
    event = models.CharField("sự kiện", max_length=30)
    payload: "models.JSONField[dict[str, Any]]" = models.JSONField("nội dung")
    message_id = models.UUIDField("mã tin", unique=True)
    status = models.CharField("trạng thái", max_length=12, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField("số lần thử", default=0)
    releases = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField("thử lại từ", null=True)
    created_at = models.DateTimeField("lập lúc", auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField("xong lúc", null=True)
    answer = models.PositiveSmallIntegerField("mã trả lời", null=True)
    error = models.CharField("lỗi", max_length=500, blank=True)

    objects: ClassVar[WebhookDeliveryQuerySet] = WebhookDeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="webhook_delivery_once")]
        indexes = [
            models.Index(
                fields=["status"], condition=Q(status__in=["waiting", "claimed"]), name="webhook_unfinished"
            ),  # the tick
            models.Index(fields=["endpoint", "-id"], name="webhook_newest"),  # the gateway's page
            models.Index(fields=["endpoint"], condition=Q(status="dead"), name="webhook_dead"),  # the dead letters
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"

    @property
    def event_label(self) -> str:
        found = next((event.label for event in WebhookEvent if event.value == self.event), "Gửi thử")
        return str(found)
