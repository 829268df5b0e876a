"""Many documents in one press: the batch and its items are the truth, the messages to the workers are only bells."""

import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from orgunits.models import OrgUnit, User
from plans.models.printing import PrintJob
from plans.models.register import IssuedFile

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class PrintBatchQuerySet(models.QuerySet["PrintBatch"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """A batch belongs to the person who asked for it."""
        return self.filter(requested_by=user)

    def claim_packing(self, pk: int, *, at: datetime.datetime) -> bool:
        """Take a batch whose documents are made; True for exactly one of any number of workers."""
        taken = self.filter(pk=pk, status=PrintBatch.Status.RUNNING).update(
            status=PrintBatch.Status.PACKING, claimed_at=at, claims=F("claims") + 1
        )
        return taken == 1


class PrintBatch(models.Model):
    """Documents that one person asked for together, as one ZIP or one merged PDF.

    ``source`` names who builds the documents (plans/batch_sources.py). ``absent`` is [{"unit", "state"}]: what the
    list should hold and does not. ``fingerprint`` is what was asked for, so that two presses make one batch.
    """

    class Shape(models.TextChoices):
        ZIP = "zip", "một tệp ZIP"
        MERGED = "merged", "một tệp PDF gộp"

    class Status(models.TextChoices):
        RUNNING = "running", "đang tạo"
        PACKING = "packing", "đang đóng tệp"
        DONE = "done", "đã xong"
        CANCELLED = "cancelled", "đã dừng"
        FAILED = "failed", "lỗi"

    UNFINISHED: Final = ("running", "packing")

    source = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64)
    title = models.CharField("nội dung", max_length=300)
    kind = models.CharField("loại tệp", max_length=4, choices=PrintJob.Kind, default=PrintJob.Kind.PDF)
    shape = models.CharField("đóng thành", max_length=6, choices=Shape, default=Shape.ZIP)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", verbose_name="đơn vị")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="print_batches")
    absent: "models.JSONField[list[dict[str, str]]]" = models.JSONField(default=list)
    status = models.CharField("trạng thái", max_length=10, choices=Status, default=Status.RUNNING)
    file = models.FileField(upload_to="print/batches/", blank=True)
    file_name = models.CharField(max_length=150)
    size = models.PositiveBigIntegerField(null=True)
    pages = models.PositiveIntegerField(null=True)  # of a merged file
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects = PrintBatchQuerySet.as_manager()

    if TYPE_CHECKING:
        items: RelatedManager["PrintBatchItem"]

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["status"], condition=Q(status__in=["running", "packing"]), name="print_batch_unfinished"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "fingerprint"],
                condition=Q(status__in=["running", "packing"]),
                name="print_batch_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("plans:print_batch", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.status not in self.UNFINISHED


class PrintBatchItemQuerySet(models.QuerySet["PrintBatchItem"]):
    def claim(self, pk: int, *, at: datetime.datetime) -> bool:
        """Take a waiting item of a batch that is still wanted; True for exactly one of any number of workers."""
        wanted = PrintBatch.objects.filter(status=PrintBatch.Status.RUNNING)
        taken = self.filter(pk=pk, status=PrintBatchItem.Status.WAITING, batch__in=wanted).update(
            status=PrintBatchItem.Status.RUNNING, claimed_at=at, claims=F("claims") + 1
        )
        return taken == 1


class PrintBatchItem(models.Model):
    """One document of a batch: what it is made from, and the job or the issued file in which it lies once made."""

    class Status(models.TextChoices):
        WAITING = "waiting", "đang chờ"
        RUNNING = "running", "đang tạo"
        DONE = "done", "đã xong"
        FAILED = "failed", "lỗi"
        LEFT_OUT = "left_out", "bỏ qua"

    batch = models.ForeignKey(PrintBatch, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()  # in the order of the tree, from 1
    target_pk = models.PositiveBigIntegerField()
    unit_name = models.CharField("đơn vị", max_length=250)
    title = models.CharField("văn bản", max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    reason = models.CharField("lý do", max_length=500, blank=True)
    job = models.ForeignKey(PrintJob, models.SET_NULL, null=True, related_name="batch_items")
    issued_file = models.ForeignKey(IssuedFile, models.SET_NULL, null=True, related_name="+")
    pages = models.PositiveIntegerField(null=True)
    claimed_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)

    objects = PrintBatchItemQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "position"]
        indexes = [models.Index(fields=["batch", "status", "position"], name="print_batch_next")]  # what to do next
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="print_batch_position_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.unit_name}"

    @property
    def made(self) -> Any:
        """The stored file, or None."""
        held = self.issued_file or self.job
        return held.file if held and held.file else None
