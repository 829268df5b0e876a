"""Workbooks of units and of reforms that came in: the row is the truth about checking and importing."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from orgunits.models.people import User
from orgunits.models.reorganisations import Reform
from orgunits.models.units import Sector


class WorkbookImportQuerySet(models.QuerySet["WorkbookImport"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        """An import belongs to the person who sent the file."""
        return self.filter(uploaded_by=user)

    def claim(self, pk: int, *, at: datetime.datetime, source: str, target: str) -> bool:
        """Take a row from one state to the next; True for exactly one of any number of workers."""
        taken = self.filter(pk=pk, status=source).update(status=target, claimed_at=at, claims=F("claims") + 1)
        return taken == 1


class WorkbookImport(models.Model):
    """One uploaded workbook: of units, people and roles, or of the acts of one reform.

    ``errors`` is [{"sheet", "cell", "reason"}], all of them. ``changes`` is what the dry run would do, line by line:
    [what, code, name, details]; ``digest`` says later whether the same would still be done. ``unresolved`` are the
    units that the acts of a reform leave without a place, for a person to decide. ``asked`` is what hangs on the units
    that a reform ends, counted by the dry run, and ``follow_rule`` the answer to each (``orgunits.reform_following``).
    """

    class Kind(models.TextChoices):
        UNITS = "units", "Đơn vị, người dùng, vai trò"
        REFORM = "reform", "Đợt sắp xếp"

    class Status(models.TextChoices):
        WAITING = "waiting", "chờ kiểm tra"
        CHECKING = "checking", "đang kiểm tra"
        REFUSED = "refused", "không nhận"
        READY = "ready", "chờ xác nhận"
        CONFIRMED = "confirmed", "chờ nhập"
        IMPORTING = "importing", "đang nhập"
        DONE = "done", "đã nhập"
        FAILED = "failed", "lỗi"

    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="workbook_imports")
    kind = models.CharField(max_length=10, choices=Kind)
    file = models.FileField(upload_to="workbooks/%Y/")
    original_name = models.CharField("tên tệp", max_length=200)
    status = models.CharField("trạng thái", max_length=10, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    errors: "models.JSONField[list[dict[str, str]]]" = models.JSONField(default=list)
    counts: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    changes: "models.JSONField[list[list[str]]]" = models.JSONField(default=list)
    unresolved: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    # of a reform
    sector = models.CharField("hệ thống", max_length=20, choices=Sector, blank=True)
    effective_on = models.DateField("ngày hiệu lực", null=True, blank=True)
    name = models.CharField("tên đợt sắp xếp", max_length=250, blank=True)
    legal_basis = models.CharField("căn cứ", max_length=500, blank=True)
    reform = models.ForeignKey(Reform, models.PROTECT, null=True, blank=True, related_name="workbooks")
    asked: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    follow_rule: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)

    objects = WorkbookImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status__in=["waiting", "checking", "confirmed", "importing"]),
                name="workbook_import_unfinished",
            )
        ]

    def __str__(self) -> str:
        return self.original_name
