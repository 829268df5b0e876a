"""Gateways of units: kept by their administrators, and the messages for them, written with the event.

What a message says is for the apps above; here it is only known which gateways hear of a unit.
"""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orgunits import audit, derived_secrets, roles
from orgunits.models import (
    OrgUnit,
    Placement,
    Role,
    Succession,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from orgunits.models.units import unit_pks
from orgunits.models.webhooks import TEST_EVENT, WebhookDeliveryQuerySet
from orgunits.transitions import Conflict

PURPOSE = "webhook"
BATCH = 500
Status = WebhookDelivery.Status


@dataclass(frozen=True)
class Message:
    """What happened to a unit, for every gateway that hears of it; ``phone`` only for those that ask for it."""

    unit: int
    key: str
    event: str
    payload: dict[str, Any]
    phone: str = ""


# --- writing messages -------------------------------------------------------------------------------------------


def listening(events: Iterable[str]) -> list[WebhookEndpoint]:
    """The gateways that are switched on and hear of one of the events: one query, mostly for none."""
    wanted = set(events)
    return [row for row in WebhookEndpoint.objects.filter(is_active=True) if wanted & set(row.events)]


def write(messages: Iterable[Message], endpoints: list[WebhookEndpoint], *, on: datetime.date) -> int:
    """Write each message once for each gateway that hears of its unit; call it inside the event's transaction.

    Returns how many rows this call has inserted. The caller rings after the commit.
    """
    messages = list(messages)
    above = _units_above({message.unit for message in messages}, on=on)
    rows = [
        WebhookDelivery(
            endpoint=endpoint,
            key=message.key,
            event=message.event,
            payload=_payload(message, endpoint),
            message_id=uuid.uuid4(),
        )
        for message in messages
        for endpoint in endpoints
        if message.event in endpoint.events and endpoint.org_unit_id in above[message.unit]
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    ids = [row.message_id for row in rows]
    return sum(
        WebhookDelivery.objects.filter(message_id__in=ids[start : start + BATCH]).count()
        for start in range(0, len(ids), BATCH)
    )


def _payload(message: Message, endpoint: WebhookEndpoint) -> dict[str, Any]:
    payload = dict(message.payload)
    if endpoint.with_phone and "recipient" in payload:
        payload["recipient"] = payload["recipient"] | {"phone": message.phone}
    return payload


def _units_above(units: set[int], *, on: datetime.date) -> dict[int, set[int]]:
    """For each unit itself and what is above it that day; so too for its successors, as ``roles.units_above``."""
    heirs: dict[int, set[int]] = defaultdict(set)
    for old, new in Succession.objects.filter(predecessor__in=units).values_list("predecessor_id", "successor_id"):
        heirs[old].add(new)
    places: dict[int, set[int]] = defaultdict(set)
    wanted = units.union(*heirs.values())
    for unit, path in Placement.objects.known_by(on).filter(org_unit__in=wanted).values_list("org_unit_id", "path"):
        places[unit].update(unit_pks(path))
    return {unit: {unit}.union(places[unit], *(places[heir] for heir in heirs[unit])) for unit in units}


# --- keeping gateways -------------------------------------------------------------------------------------------


@transaction.atomic
def add(
    unit: OrgUnit, *, name: str, url: str, events: list[str], with_phone: bool, by: User, on: datetime.date
) -> WebhookEndpoint:
    """A gateway of the unit, switched on, with a first secret. Raises PermissionDenied outside the scope of ``by``."""
    roles.require(by, Role.ADMINISTRATOR, unit, on=on)
    made = derived_secrets.make(PURPOSE)
    endpoint = WebhookEndpoint(
        org_unit=unit,
        name=name,
        url=url,
        events=in_order(events),
        with_phone=with_phone,
        secret_salt=made.salt,
        secret_mark=made.mark,
        secret_made_at=timezone.now(),
        created_by=by,
    )
    endpoint.full_clean()
    endpoint.save(force_insert=True)
    _audit("webhook.add", endpoint, by=by, name=name, url=url, events=endpoint.event_labels, with_phone=with_phone)
    return endpoint


@transaction.atomic
def change(
    endpoint: WebhookEndpoint, *, name: str, url: str, events: list[str], with_phone: bool, by: User
) -> WebhookEndpoint:
    """Write what is different, and wake the gateway: a corrected address is tried at once."""
    locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    after = {"name": name, "url": url, "events": in_order(events), "with_phone": with_phone}
    changed = {
        key: [_shown(getattr(locked, key)), _shown(new)] for key, new in after.items() if getattr(locked, key) != new
    }
    if not changed:
        return locked
    for key, value in after.items():
        setattr(locked, key, value)
    locked.failures, locked.quiet_until = 0, None
    locked.full_clean()
    locked.save(update_fields=[*after, "failures", "quiet_until"])
    _audit("webhook.change", locked, by=by, changes=changed)
    return locked


@transaction.atomic
def switch(endpoint: WebhookEndpoint, *, is_active: bool, by: User) -> None:
    """Switch on or off. Messages that wait stay and go out when it is on again; new ones are not written meanwhile."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(is_active=is_active)
    if not rows.update(is_active=is_active, failures=0, quiet_until=None):
        raise Conflict(f"Cổng “{endpoint}” đã {'bật' if is_active else 'tắt'} trước đó.")
    _audit("webhook.on" if is_active else "webhook.off", endpoint, by=by)


@transaction.atomic
def renew_secret(endpoint: WebhookEndpoint, *, by: User) -> None:
    """A new secret; the old one no longer signs. Of two people who press at once, one renews."""
    made = derived_secrets.make(PURPOSE)
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk, secret_mark=endpoint.secret_mark)
    if not rows.update(secret_salt=made.salt, secret_mark=made.mark, secret_made_at=timezone.now()):
        raise Conflict("Khóa ký vừa được người khác tạo lại. Hãy tải lại trang.")
    _audit("webhook.secret", endpoint, by=by)


def secret_of(endpoint: WebhookEndpoint) -> str | None:
    """What signs the gateway's messages; None where the installation's key has changed since."""
    return derived_secrets.find(PURPOSE, salt=endpoint.secret_salt, mark=endpoint.secret_mark)


@transaction.atomic
def write_test(endpoint: WebhookEndpoint, *, by: User) -> WebhookDelivery:
    """A message that says only that it is a test; the caller rings for it."""
    message_id = uuid.uuid4()
    row = WebhookDelivery.objects.create(
        endpoint=endpoint,
        key=f"test:{message_id}",
        event=TEST_EVENT,
        payload={
            "unit": {"code": endpoint.org_unit.code, "name": endpoint.org_unit.name},
            "text": "Tin thử của Măng Non.",
        },
        message_id=message_id,
    )
    _audit("webhook.test", endpoint, by=by)
    return row


@transaction.atomic
def resend(row: WebhookDelivery, *, by: User) -> None:
    """Give a dead message its tries back, under the same id; the caller rings."""
    rows = WebhookDelivery.objects.dead().filter(pk=row.pk)
    if not rows.update(status=Status.WAITING, tries=0, releases=0, not_before=None, finished_at=None):
        raise Conflict("Tin này không còn ở danh sách không gửi được: đã có người gửi lại hoặc bỏ.")
    WebhookEndpoint.objects.filter(pk=row.endpoint_id).update(failures=0, quiet_until=None)
    _audit("webhook.resend", row.endpoint, by=by, message=str(row.message_id))


@transaction.atomic
def discard(row: WebhookDelivery, *, by: User) -> None:
    """Nobody needs this message any more; it stays readable until the nightly removal."""
    if not WebhookDelivery.objects.dead().filter(pk=row.pk).update(status=Status.DISCARDED):
        raise Conflict("Tin này không còn ở danh sách không gửi được: đã có người gửi lại hoặc bỏ.")
    _audit("webhook.discard", row.endpoint, by=by, message=str(row.message_id))


def old(at: datetime.datetime) -> WebhookDeliveryQuerySet:
    """Finished messages that may be removed at that instant; dead ones wait for a person."""
    before = at - datetime.timedelta(days=settings.NOTIFICATION_DAYS)
    return WebhookDelivery.objects.filter(status__in=[Status.SENT, Status.DISCARDED], created_at__lt=before)


def in_order(events: Iterable[str]) -> list[str]:
    return [value for value in WebhookEvent.values if value in set(events)]


def _shown(value: Any) -> Any:
    """Codes of events as a reader of the audit trail reads them."""
    return ", ".join(str(WebhookEvent(code).label) for code in value) if isinstance(value, list) else value


def _audit(action: str, endpoint: WebhookEndpoint, *, by: User, **data: Any) -> None:
    audit.record(action, endpoint, by=by, org_unit=endpoint.org_unit, **data)
