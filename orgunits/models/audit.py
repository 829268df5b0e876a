import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from orgunits.models.units import OrgUnit

if TYPE_CHECKING:
    from orgunits.models.people import User


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def administered_by(self, user: "User", on: datetime.date) -> Self:
        """What happened in units that the user administers; everything for the whole installation."""
        held = user.role_assignments.as_of(on).filter(role="administrator")
        if held.filter(org_unit__isnull=True).exists():
            return self.all()
        return self.filter(org_unit__in=OrgUnit.objects.administered_by(user, on).values("pk"))


class AuditEvent(models.Model):
    """Who did what to which row, when. Append-only; written by audit.record inside the change's transaction."""

    at = models.DateTimeField("lúc", auto_now_add=True)
    actor = models.ForeignKey(
        "orgunits.User",
        models.PROTECT,
        null=True,
        related_name="audit_events",
        verbose_name="người làm",
    )
    action = models.CharField("việc", max_length=60)
    target_type = models.CharField(max_length=60)
    target_pk = models.CharField(max_length=40)
    target_label = models.CharField("đối tượng", max_length=250)
    org_unit = models.ForeignKey(
        "orgunits.OrgUnit",
        models.PROTECT,
        null=True,
        related_name="audit_events",
        verbose_name="đơn vị",
    )
    data: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["target_type", "target_pk"], name="audit_target"),  # the history of one row
            models.Index(fields=["-at"], name="audit_newest"),  # the audit page
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_label}"
