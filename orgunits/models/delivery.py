"""Outgoing mail as rows: claimed by a conditional UPDATE, sent outside the transaction, never twice."""

import datetime
from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Q

Row = TypeVar("Row", bound=models.Model, covariant=True)


class DeliveryQuerySet(models.QuerySet[Row]):
    def waiting(self) -> Self:
        return self.filter(status=Delivery.Status.WAITING)

    def ready(self, *, at: datetime.datetime) -> Self:
        """Waiting rows that may be tried now: never tried, or tried in vain long enough ago."""
        return self.waiting().filter(Q(not_before__isnull=True) | Q(not_before__lte=at))

    def failed(self) -> Self:
        """Those that came to nothing and were not sent again."""
        return self.filter(status=Delivery.Status.FAILED).exclude(pk__in=self._resent())

    def _resent(self) -> models.QuerySet[Any]:
        sent_again: models.QuerySet[Any] = self.model._default_manager.filter(resend_of__isnull=False)
        return sent_again.values("resend_of")

    def claim(self, pk: int, *, at: datetime.datetime) -> bool:
        """Take a ready row and begin with it; True for exactly one of any number of callers."""
        taken = (
            self.ready(at=at)
            .filter(pk=pk)
            .update(status=Delivery.Status.CLAIMED, claimed_at=at, started_at=at, claims=F("claims") + 1)
        )
        return taken == 1

    @transaction.atomic
    def claim_many(self, limit: int, *, at: datetime.datetime) -> list[int]:
        """Take the oldest ready rows; each goes to one of any number of callers, and none waits for another.

        On PostgreSQL the rows that another is taking are skipped; on SQLite a transaction that writes is alone.
        """
        free = self.ready(at=at).select_for_update(skip_locked=True).order_by("pk")
        pks = list(free.values_list("pk", flat=True)[:limit])
        mine = self.waiting().filter(pk__in=pks)
        mine.update(status=Delivery.Status.CLAIMED, claimed_at=at, started_at=None, claims=F("claims") + 1)
        return pks

    def start(self, pk: int, *, claimed_at: datetime.datetime | None, at: datetime.datetime) -> bool:
        """Begin with one row of a claim of many; False where it was taken from us meanwhile."""
        mine = self.filter(pk=pk, status=Delivery.Status.CLAIMED, claimed_at=claimed_at, started_at__isnull=True)
        return mine.update(started_at=at) == 1

    def give_back(self, pks: Iterable[int], *, claimed_at: datetime.datetime | None, **changes: Any) -> int:
        """Put back rows of a claim that were not begun, as if they had not been claimed."""
        mine = self.filter(pk__in=pks, status=Delivery.Status.CLAIMED, claimed_at=claimed_at)
        return mine.update(status=Delivery.Status.WAITING, claims=F("claims") - 1, **changes)

    def release_stale(self, *, before: datetime.datetime) -> int:
        """Put back the rows whose worker died: once where it had begun with the row; a second death needs a person."""
        stale = self.filter(status=Delivery.Status.CLAIMED, claimed_at__lt=before)
        begun = stale.filter(started_at__isnull=False)
        begun.filter(releases__gte=1).update(
            status=Delivery.Status.FAILED,
            error="Việc gửi dừng giữa chừng hai lần. Hãy kiểm tra rồi bấm “Gửi lại”.",
        )
        untouched = stale.filter(started_at__isnull=True)
        free = untouched.update(status=Delivery.Status.WAITING, claims=F("claims") - 1)
        return free + begun.filter(releases=0).update(status=Delivery.Status.WAITING, releases=1)

    def send_again(self, pk: int) -> bool:
        """Give a failed row its tries back; True for exactly one of any number of callers."""
        reset = self.filter(pk=pk, status=Delivery.Status.FAILED).update(
            status=Delivery.Status.WAITING, claims=0, releases=0, not_before=None, error=""
        )
        return reset == 1


class Delivery(models.Model):
    """The common part of every outgoing message to one person.

    ``claims`` counts the tries, ``releases`` how often a dead worker's row was put back, ``not_before`` keeps a row
    quiet: after a try that the mail server may answer better later, or until an hour in which it may go out. ``error``
    says why it failed, waits or was cancelled. ``started_at`` is set when this claim goes to the mail server: what was
    only claimed together with others can be put back as often as needed. ``resend_of`` is the row that a person sends
    again with this one, once; its content is written anew, so it has a Message-ID of its own.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "chờ gửi"
        CLAIMED = "claimed", "đang gửi"
        SENT = "sent", "đã gửi"
        FAILED = "failed", "lỗi"
        CANCELLED = "cancelled", "không còn cần gửi"
        GATHERED = "gathered", "gộp vào thư tổng hợp"

    recipient = models.ForeignKey("orgunits.User", models.PROTECT, related_name="+", verbose_name="người nhận")
    status = models.CharField("trạng thái", max_length=12, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    releases = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField("gửi lúc", null=True)
    message_id = models.CharField(max_length=200, blank=True)
    error = models.CharField("lỗi", max_length=500, blank=True)
    # Both are empty in nearly every row, so neither has a plain index: the constraint below finds what is there.
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_index=False, related_name="resends", verbose_name="gửi lại"
    )
    resent_by = models.ForeignKey(
        "orgunits.User", models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )

    objects: ClassVar[DeliveryQuerySet[Any]] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["resend_of"], condition=Q(resend_of__isnull=False), name="%(class)s_resent_once"
            )
        ]


class Invitation(Delivery):
    """A letter that lets an invited person set the first password."""

    invited_by = models.ForeignKey("orgunits.User", models.PROTECT, null=True, related_name="+")

    class Meta(Delivery.Meta):
        abstract = False
        constraints = [*Delivery.Meta.constraints]
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status__in=["waiting", "claimed"]),
                name="invitation_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"Lời mời {self.recipient}"
