"""The one door to the audit trail."""

from typing import Any

from django.db import models

from orgunits.models import AuditEvent, OrgUnit, User


def record(
    action: str,
    target: models.Model,
    *,
    by: User | None,
    org_unit: OrgUnit | None = None,
    **data: Any,
) -> None:
    """Write what was done to ``target``; call it inside the transaction of the change.

    ``action`` is a code such as ``report.approve``; ``data`` must be JSON (dates as ISO text).
    """
    AuditEvent.objects.create(
        actor=by,
        action=action,
        target_type=target._meta.label_lower,
        target_pk=str(target.pk),
        target_label=str(target)[:250],
        org_unit=org_unit,
        data=data,
    )
