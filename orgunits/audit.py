"""The one door to the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass
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
    _event(action, target, by=by, org_unit=org_unit, data=data).save(force_insert=True)


def record_many(
    action: str, targets: Iterable[tuple[models.Model, OrgUnit | None]], *, by: User | None, **data: Any
) -> None:
    """As ``record`` for many targets, each with its unit, in one statement."""
    AuditEvent.objects.bulk_create(
        [_event(action, target, by=by, org_unit=org_unit, data=data) for target, org_unit in targets], batch_size=500
    )


@dataclass(frozen=True)
class Entry:
    """One event of many that differ: the label is given, since a target's own may cost a query."""

    action: str
    target: models.Model
    label: str
    org_unit: OrgUnit | None
    data: dict[str, Any]


def record_each(entries: Iterable[Entry], *, by: User | None) -> None:
    """As ``record`` for many events, in a few statements."""
    AuditEvent.objects.bulk_create(
        [
            _event(row.action, row.target, by=by, org_unit=row.org_unit, data=row.data, label=row.label)
            for row in entries
        ],
        batch_size=500,
    )


def _event(
    action: str,
    target: models.Model,
    *,
    by: User | None,
    org_unit: OrgUnit | None,
    data: dict[str, Any],
    label: str | None = None,
) -> AuditEvent:
    return AuditEvent(
        actor=by,
        action=action,
        target_type=target._meta.label_lower,
        target_pk=str(target.pk),
        target_label=(str(target) if label is None else label)[:250],
        org_unit=org_unit,
        data=data,
    )
