"""Printing jobs: the row is the truth, the message to the worker is only a bell."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from orgunits.models import OrgUnit, User


class PrintJobQuerySet(models.QuerySet["PrintJob"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """A job belongs to the person who asked for it."""
        return self.filter(requested_by=user)

    def claim(self, pk: int, *, at: datetime.datetime) -> bool:
        """Take a waiting job; True for exactly one of any number of workers."""
        taken = self.filter(pk=pk, status=PrintJob.Status.WAITING).update(
            status=PrintJob.Status.RUNNING, claimed_at=at, claims=F("claims") + 1
        )
        return taken == 1


class PrintJob(models.Model):
    """One official document to render: its whole content as JSON blocks, so that the worker needs no other row."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        WORD = "word", "Word"

    class Status(models.TextChoices):
        WAITING = "waiting", "đang chờ"
        RUNNING = "running", "đang tạo"
        DONE = "done", "đã xong"
        FAILED = "failed", "lỗi"

    kind = models.CharField("loại tệp", max_length=4, choices=Kind, default=Kind.PDF)
    title = models.CharField("văn bản", max_length=300)
    file_name = models.CharField(max_length=150)
    content: "models.JSONField[dict[str, Any]]" = models.JSONField()
    content_hash = models.CharField(max_length=64)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="print_jobs")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    file = models.FileField(upload_to="print/", blank=True)
    pages = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects = PrintJobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["status"], condition=Q(status__in=["waiting", "running"]), name="print_job_unfinished"
            ),
            models.Index(fields=["content_hash", "kind"], name="print_job_same"),  # a file that is there already
            models.Index(fields=["file"], name="print_job_file"),  # who shares a file, when an old job is removed
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)
