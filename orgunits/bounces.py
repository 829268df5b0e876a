"""Letters that come back: reads the report of a mail server (RFC 3464) and marks the person's address.

Anybody can write to the address for bounces, so a report counts only where it names a letter of ours by its
``Message-ID`` and an address to which that very letter went.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F

from orgunits import appointments, audit
from orgunits.models import Bounce, Delivery, User
from orgunits.models.channels import BounceQuerySet
from orgunits.transitions import Conflict
from orgunits.vietnamese import nfc

MOST_BYTES = 2 * 1024 * 1024  # a report that carries the whole letter back is smaller


class NotABounce(Exception):
    """The message tells of no letter of ours that failed; why, in English, for the mail server's log."""


@dataclass(frozen=True)
class Failure:
    """One address that a report gives up."""

    address: str
    status: str
    reason: str


# --- taking reports ---------------------------------------------------------------------------------------------


@transaction.atomic
def take(raw: bytes, *, at: datetime.datetime) -> list[Bounce]:
    """Mark the addresses that a report gives up. Raises NotABounce; the same report twice marks once."""
    message = _parsed(raw)
    letter = _letter_id(message)
    found = []
    for failure in _failures(message):
        delivery = _delivery(letter, failure.address)
        if delivery is None:
            continue
        found.append(_mark(delivery.recipient, failure, letter=letter, subject=_subject(message), at=at))
        type(delivery)._default_manager.filter(pk=delivery.pk, status=Delivery.Status.SENT).update(
            status=Delivery.Status.FAILED, error=f"Thư bị trả lại: {failure.reason}"[:500]
        )
    if not found:
        raise NotABounce("no letter of ours failed for an address to which it went")
    return found


def _mark(user: User, failure: Failure, *, letter: str, subject: str, at: datetime.datetime) -> Bounce:
    row, made = Bounce.objects.get_or_create(
        user=user,
        address=user.email,
        letter=letter,
        defaults={"status": failure.status, "reason": failure.reason, "subject": subject, "bounced_at": at},
    )
    if made:
        audit.record("person.bounce", user, by=None, email=user.email, reason=failure.reason)
    else:
        Bounce.objects.filter(pk=row.pk).update(count=F("count") + 1, bounced_at=at)
    return row


def _delivery(letter: str, address: str) -> Delivery | None:
    """The row of the letter that went to that address, among the letters of every application."""
    for model in apps.get_models():
        if issubclass(model, Delivery) and letter:
            rows = model._default_manager.select_related("recipient")
            if row := rows.filter(message_id=letter, recipient__email__iexact=address).first():
                return row
    return None


# --- reading ----------------------------------------------------------------------------------------------------


def _parsed(raw: bytes) -> EmailMessage:
    if len(raw) > MOST_BYTES:
        raise NotABounce("the message is too large for a delivery report")
    try:
        message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        is_report = message.get_content_type() == "multipart/report"
        if not is_report or message.get_param("report-type", "") != "delivery-status":
            raise NotABounce("the message is no delivery report (RFC 3464)")
    except (MessageError, LookupError, ValueError) as error:
        raise NotABounce(f"the message cannot be read: {type(error).__name__}") from error
    return message


def _failures(message: EmailMessage) -> Iterator[Failure]:
    """The addresses that the report gives up; those that are only delayed will be tried again by the server."""
    for block in _blocks(message):
        action = _field(block, "Action").lower()
        address = _address(block, "Original-Recipient") or _address(block, "Final-Recipient")
        if action == "failed" and address:
            yield Failure(address, _field(block, "Status")[:20] or "5.0.0", _reason(block))
            final = _address(block, "Final-Recipient")
            if final and final != address:
                yield Failure(final, _field(block, "Status")[:20] or "5.0.0", _reason(block))


def _blocks(message: EmailMessage) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            yield from payload if isinstance(payload, list) else []  # type: ignore[misc]


def _letter_id(message: EmailMessage) -> str:
    """The ``Message-ID`` of the letter that came back, from the copy or the headers that the report carries."""
    returned = _returned(message)
    return "".join(_field(returned, "Message-ID").split())[:200] if returned is not None else ""


def _subject(message: EmailMessage) -> str:
    returned = _returned(message)
    return _field(returned, "Subject")[:250] if returned is not None else ""


def _returned(message: EmailMessage) -> Message | None:
    for part in message.walk():
        match part.get_content_type():
            case "message/rfc822":
                inner = part.get_payload()
                return inner[0] if isinstance(inner, list) and inner else None  # type: ignore[return-value]
            case "text/rfc822-headers":
                body = part.get_payload(decode=True)
                headers = body if isinstance(body, bytes) else b""
                return message_from_bytes(headers, _class=EmailMessage, policy=policy.default)
    return None


def _address(block: Message, name: str) -> str:
    """``rfc822; a@b`` without its type."""
    kind, _, address = _field(block, name).rpartition(";")
    return "" if kind.strip().lower() not in ("", "rfc822", "utf-8") else address.strip().strip("<>").lower()


def _reason(block: Message) -> str:
    said = _field(block, "Diagnostic-Code").partition(";")
    words = said[2] or said[0] or _field(block, "Status")
    return (nfc(" ".join(words.replace("\x00", "").split())) or "không rõ lý do")[:400]


def _field(block: Message, name: str) -> str:
    """A header's text; what a careless server has written there breaks nothing."""
    try:
        return str(block.get(name, "") or "").replace("\x00", "").strip()
    except (MessageError, LookupError, ValueError, IndexError):
        return ""


# --- asking, and trying again -----------------------------------------------------------------------------------


def bouncing(users: Iterable[User | int]) -> set[int]:
    """Those of the people whose address of today has given letters back and was not tried again since."""
    pks = {person if isinstance(person, int) else person.pk for person in users}
    return set(Bounce.objects.current().filter(user__in=pks).values_list("user_id", flat=True))


def of(user: User) -> BounceQuerySet:
    return Bounce.objects.current().filter(user=user)


@transaction.atomic
def try_again(user: User, *, by: User, at: datetime.datetime, on: datetime.date) -> None:
    """Take the mark off; the next letter tells. The person may, and who administers the account."""
    if user.pk != by.pk and not appointments.may_manage_account(user, by=by, on=on):
        raise PermissionDenied
    rows = Bounce.objects.filter(pk__in=list(of(user).values_list("pk", flat=True)), cleared_at__isnull=True)
    if not rows.update(cleared_at=at, cleared_by=by):
        raise Conflict("Địa chỉ này không còn bị đánh dấu: đã có người bấm thử lại.")
    audit.record("person.mail_again", user, by=by, email=user.email)
