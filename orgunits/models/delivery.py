"""Outgoing mail as rows: claimed by a conditional UPDATE, sent outside the transaction, never twice."""

import datetime
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, Q

Row = TypeVar("Row", bound=models.Model, covariant=True)


class DeliveryQuerySet(models.QuerySet[Row]):
    def waiting(self) -> Self:
        return self.filter(status=Delivery.Status.WAITING)

    def ready(self, *, at: datetime.datetime) -> Self:
        """Waiting rows that may be tried now: never tried, or tried in vain long enough ago."""
        return self.waiting().filter(Q(not_before__isnull=True) | Q(not_before__lte=at))

    def claim(self, pk: int, *, at: datetime.datetime) -> bool:
        """Take a ready row; True for exactly one of any number of callers."""
        taken = (
            self.ready(at=at)
            .filter(pk=pk)
            .update(status=Delivery.Status.CLAIMED, claimed_at=at, claims=F("claims") + 1)
        )
        return taken == 1

    def release_stale(self, *, before: datetime.datetime) -> int:
        """Put back, once, the rows whose worker died in the middle; a second death needs a person."""
        stale = self.filter(status=Delivery.Status.CLAIMED, claimed_at__lt=before)
        stale.filter(releases__gte=1).update(
            status=Delivery.Status.FAILED,
            error="Việc gửi dừng giữa chừng hai lần. Hãy kiểm tra rồi bấm “Gửi lại”.",
        )
        return stale.filter(releases=0).update(status=Delivery.Status.WAITING, releases=1)

    def send_again(self, pk: int) -> bool:
        """Give a failed row its tries back; True for exactly one of any number of callers."""
        reset = self.filter(pk=pk, status=Delivery.Status.FAILED).update(
            status=Delivery.Status.WAITING, claims=0, releases=0, not_before=None, error=""
        )
        return reset == 1


class Delivery(models.Model):
    """The common part of every outgoing message to one person.

    ``claims`` counts the tries, ``releases`` how often a dead worker's row was put back, ``not_before`` keeps a row
    quiet after a try that the mail server may answer better later. ``error`` says why it failed, waits or was
    cancelled.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "chờ gửi"
        CLAIMED = "claimed", "đang gửi"
        SENT = "sent", "đã gửi"
        FAILED = "failed", "lỗi"
        CANCELLED = "cancelled", "không còn cần gửi"

    recipient = models.ForeignKey("orgunits.User", models.PROTECT, related_name="+", verbose_name="người nhận")
    status = models.CharField("trạng thái", max_length=12, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    releases = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField("gửi lúc", null=True)
    message_id = models.CharField(max_length=200, blank=True)
    error = models.CharField("lỗi", max_length=500, blank=True)

    objects: ClassVar[DeliveryQuerySet[Any]] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True


class Invitation(Delivery):
    """A letter that lets an invited person set the first password."""

    invited_by = models.ForeignKey("orgunits.User", models.PROTECT, null=True, related_name="+")

    class Meta(Delivery.Meta):
        abstract = False
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status__in=["waiting", "claimed"]),
                name="invitation_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"Lời mời {self.recipient}"
