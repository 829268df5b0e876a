"""Stored sums of a subtree: recomputed from the children in the transaction of every transition, never incremented."""

import datetime
from typing import Any, Self

from django.db import models

from orgunits.models import OrgUnit, User
from plans.models import ReportingDuty
from reports.models.obligations import Period


class RollupQuerySet(models.QuerySet["Rollup"]):
    def visible_to(self, user: User, on: datetime.date | None = None) -> Self:
        return self.filter(org_unit__in=OrgUnit.objects.visible_to(user, on))


class Rollup(models.Model):
    """One unit's subtree for one duty and period: its own report plus the rows of the units directly below.

    ``own`` and ``subtree`` map a bucket (``approved``, ``submitted`` waiting for review, ``returned``) to
    {item code: {cell: sum, "units": how many gave figures, "nil": how many said không phát sinh,
    "met": how many met the milestone of the period's year}}. Buckets do not overlap: a view that counts what is
    submitted adds the first two.

    Rows as filed stand in the tree of their period. The other three hang in today's tree (reports/restated.py), and
    over the roots of a duty and period: as filed = restated + ended + unallocated, in every cell and count.
    """

    class Basis(models.TextChoices):
        AS_FILED = "as_filed", "Theo tổ chức khi đó"
        RESTATED = "restated", "Theo tổ chức hiện nay"
        ENDED = "ended", "Đơn vị đã kết thúc"  # without a successor
        UNALLOCATED = "unallocated", "Không phân bổ được"  # split, and the act gives no shares

    basis = models.CharField(max_length=12, choices=Basis, default=Basis.AS_FILED)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="rollups")
    # No index of its own where another one begins with the column.
    parent = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+", db_index=False)
    duty = models.ForeignKey(ReportingDuty, models.PROTECT, related_name="rollups", db_index=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="rollups")
    path = models.CharField(max_length=255)
    depth = models.PositiveSmallIntegerField()
    own: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    subtree: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    expected = models.PositiveIntegerField(default=0)  # obligations that are not waived
    filed = models.PositiveIntegerField(default=0)  # filed at least once
    on_time = models.PositiveIntegerField(default=0)  # first filing in time
    submitted = models.PositiveIntegerField(default=0)  # waiting for review now
    returned = models.PositiveIntegerField(default=0)  # returned or reopened, being corrected now
    approved = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(auto_now=True)

    objects = RollupQuerySet.as_manager()

    class Meta:
        ordering = ["depth", "pk"]
        indexes = [
            models.Index(fields=["parent", "duty", "period"], name="rollup_children"),  # recompute and the table below
            models.Index(fields=["duty", "period", "path"], name="rollup_subtree"),  # rebuild, check
        ]
        constraints = [
            models.UniqueConstraint(fields=["basis", "org_unit", "duty", "period"], name="rollup_once"),
        ]

    def __str__(self) -> str:
        return f"{self.org_unit} · {self.duty} · {self.period}"


class Restatement(models.Model):
    """From what the rows of a duty and period in today's tree were computed; they are stale once it is no longer so.

    ``roots`` are the topmost rows as filed, each with the moment at which it was computed: whatever is computed below
    writes them too. ``acts`` counts the acts of the sector that can move figures: recorded, taken back, in force.
    """

    duty = models.ForeignKey(ReportingDuty, models.CASCADE, related_name="restatements")
    period = models.ForeignKey(Period, models.CASCADE, related_name="restatements")
    roots: "models.JSONField[list[list[Any]]]" = models.JSONField(default=list)
    acts: "models.JSONField[list[int]]" = models.JSONField(default=list)
    computed_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(default=0)  # that the last computing took

    class Meta:
        constraints = [models.UniqueConstraint(fields=["duty", "period"], name="restatement_once")]

    def __str__(self) -> str:
        return f"{self.duty} · {self.period}"
