"""Excel files that came in: the row is the truth about checking and importing, the message a bell."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from orgunits.models import OrgUnit, User
from plans.models import ReportingDuty
from reports.models.obligations import Period
from reports.models.reports import Report


class SheetImportQuerySet(models.QuerySet["SheetImport"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """An import belongs to the person who sent the file."""
        return self.filter(uploaded_by=user)

    def claim(self, pk: int, *, at: datetime.datetime, source: str, target: str) -> bool:
        """Take a row from one state to the next; True for exactly one of any number of workers."""
        taken = self.filter(pk=pk, status=source).update(status=target, claimed_at=at, claims=F("claims") + 1)
        return taken == 1


class SheetImport(models.Model):
    """One uploaded workbook: for one report, or for one duty and period of many units. It writes drafts only.

    ``errors`` is [{"sheet", "cell", "reason", "kind"}], all of them: ``stop`` keeps the file out, ``tell`` only the
    report from being filed. ``changes`` is {report or obligation key: {field name: [text before, text now]}}, the
    preview, and what is then imported in one transaction; a third text marks a field that somebody else has changed
    since the download.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "chờ kiểm tra"
        CHECKING = "checking", "đang kiểm tra"
        REFUSED = "refused", "không nhận"
        READY = "ready", "chờ xác nhận"
        CONFIRMED = "confirmed", "chờ nhập"
        IMPORTING = "importing", "đang nhập"
        DONE = "done", "đã nhập"
        FAILED = "failed", "lỗi"

    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="sheet_imports")
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")  # whose report, or whose units below
    report = models.ForeignKey(Report, models.PROTECT, null=True, blank=True, related_name="sheet_imports")
    duty = models.ForeignKey(ReportingDuty, models.PROTECT, related_name="+")
    period = models.ForeignKey(Period, models.PROTECT, related_name="+")
    file = models.FileField(upload_to="sheets/%Y/")
    original_name = models.CharField("tên tệp", max_length=200)
    status = models.CharField("trạng thái", max_length=10, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    errors: "models.JSONField[list[dict[str, str]]]" = models.JSONField(default=list)
    changes: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SheetImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status__in=["waiting", "checking", "confirmed", "importing"]),
                name="sheet_import_unfinished",
            )
        ]

    def __str__(self) -> str:
        return self.original_name
