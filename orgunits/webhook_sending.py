"""Sends the messages for gateways: signed, claimed once, tried again with growing pauses, at last laid aside.

The row is the truth. It is claimed by a conditional UPDATE, sent outside any transaction, and its outcome recorded; a
worker that dies in between leaves a claimed row that is put back once. A repeat carries the same id.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from orgunits import webhook_addresses, webhooks
from orgunits.models import WebhookDelivery, WebhookEndpoint
from orgunits.webhook_addresses import AddressRefused, Target

logger = logging.getLogger(__name__)

STALE_AFTER = datetime.timedelta(minutes=5)  # a try is cut off long before
FIRST_PAUSE = datetime.timedelta(seconds=30)
LONGEST_PAUSE = datetime.timedelta(hours=6)
MAX_TRIES = 8  # 30 s, 2 min, 8 min, 32 min, 2 h, 6 h, 6 h: about fifteen hours
JITTER = 0.2
LONGEST_REST = datetime.timedelta(minutes=15)  # of a gateway that does not answer
RUNG_FOR = 1000
MOST_READ = 4096  # bytes of an answer; nobody needs them but who looks for the reason of an error
AGAIN = {408, 425, 429}  # answers below 500 that a later try may change
Status = WebhookDelivery.Status


# Asked at the moment of sending, by event: why the message has lost its reason since it was written, or nothing.
_checks: dict[str, Callable[[WebhookDelivery], str]] = {}


def register_check(events: Iterable[str], check: Callable[[WebhookDelivery], str]) -> None:
    """The app that writes a kind of message says when it is no longer needed."""
    _checks.update(dict.fromkeys(events, check))


@dataclass(frozen=True)
class Outcome:
    """What one try came to: the status of the answer if there was one, why it failed, whether a later try may help."""

    answer: int | None = None
    error: str = ""
    may_pass: bool = False
    wait: datetime.timedelta | None = None

    @property
    def is_taken(self) -> bool:
        return not self.error


def unfinished(*, at: datetime.datetime) -> list[int]:
    """Put back what dead workers left, and return the rows to ring for, the oldest first."""
    WebhookDelivery.objects.release_stale(before=at - STALE_AFTER)
    return list(WebhookDelivery.objects.ready(at=at).order_by("pk").values_list("pk", flat=True)[:RUNG_FOR])


def deliver(pk: int) -> bool:
    """Send one message if it is ready and nobody else does; True when the gateway took it."""
    at = timezone.now()
    if not WebhookDelivery.objects.claim(pk, at=at):
        return False
    row = WebhookDelivery.objects.select_related("endpoint").get(pk=pk)
    if reason := _lost_reason(row):
        mine = WebhookDelivery.objects.filter(pk=pk, status=Status.CLAIMED, claimed_at=at)
        mine.update(status=Status.DISCARDED, finished_at=timezone.now(), error=reason)
        return False
    outcome = _try(row)
    _record(row, outcome, at=timezone.now())
    return outcome.is_taken


def _lost_reason(row: WebhookDelivery) -> str:
    check = _checks.get(row.event)
    return check(row) if check else ""


def body_of(row: WebhookDelivery) -> bytes:
    """The JSON of a message: the same bytes for every try; PostgreSQL keeps no order of keys."""
    head = {"id": str(row.message_id), "event": row.event, "created_at": timezone.localtime(row.created_at).isoformat()}
    return json.dumps(head | row.payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over ``<timestamp>.<body>``: who replays a message later is known by the old time."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def pause(tries: int, *, chance: float) -> datetime.timedelta:
    """The pause after so many tries; ``chance`` in [0, 1) spreads those that failed at the same moment."""
    plain = min(FIRST_PAUSE * 4 ** min(tries - 1, MAX_TRIES), LONGEST_PAUSE)
    return plain * (1 + JITTER * (2 * chance - 1))


# --- one try ----------------------------------------------------------------------------------------------------


def _try(row: WebhookDelivery) -> Outcome:
    secret = webhooks.secret_of(row.endpoint)
    if secret is None:
        return Outcome(error="Khóa của hệ thống đã đổi; hãy tạo lại khóa ký của cổng này.")
    try:
        target = webhook_addresses.check(row.endpoint.url)
    except AddressRefused as refusal:
        return Outcome(error=str(refusal), may_pass=True)
    body, timestamp = body_of(row), int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "MangNon-Webhook/1",
        "X-MangNon-Id": str(row.message_id),
        "X-MangNon-Event": row.event,
        "X-MangNon-Timestamp": str(timestamp),
        "X-MangNon-Signature": signature(secret, timestamp, body),
    }
    try:
        return _post(target, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(error=explain(error), may_pass=True)


class _Pinned(http.client.HTTPConnection):
    """A connection to the number that was looked at, whatever the name resolves to by now."""

    def __init__(self, target: Target, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self.target.number, self.target.port), self.timeout)
        if self.target.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)


def _post(target: Target, body: bytes, headers: dict[str, str]) -> Outcome:
    """One request: no redirects, no proxies, so many seconds for all of it, and little of the answer read."""
    connection = _Pinned(target, settings.WEBHOOK_SECONDS_LIMIT)
    # A timeout of the socket begins anew with every byte; this one does not.
    is_over = threading.Event()
    alarm = threading.Timer(settings.WEBHOOK_SECONDS_LIMIT, _cut, [connection, is_over])
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", target.path, body=body, headers=headers)
        answer = connection.getresponse()
        said = answer.read(MOST_READ)
    finally:
        alarm.cancel()
        connection.close()
    if is_over.is_set():  # an answer that we cut off in its headers looks like a whole one
        raise TimeoutError
    return _outcome(answer, said)


def _cut(connection: http.client.HTTPConnection, is_over: threading.Event) -> None:
    is_over.set()
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            logger.debug("The gateway had closed the connection already.")


def _outcome(answer: http.client.HTTPResponse, said: bytes) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Outcome(status)
    words = " ".join(said.decode("utf-8", errors="replace").replace("\x00", "").split())[:200]
    error = f"Cổng trả lời {status}" + (f": {words}" if words else ".")
    if 300 <= status < 400:
        error = f"Cổng trả lời {status}, chuyển sang địa chỉ khác; hãy ghi địa chỉ cuối cùng."
    may_pass = status >= 500 or status in AGAIN
    return Outcome(status, error, may_pass, _asked_pause(answer.getheader("Retry-After", "")) if may_pass else None)


def _asked_pause(text: str) -> datetime.timedelta | None:
    """What ``Retry-After`` asks for, in seconds or as a date; nothing where it is unreadable."""
    if text.isascii() and text.isdecimal() and len(text) < 8:
        return min(datetime.timedelta(seconds=int(text)), LONGEST_PAUSE)
    try:
        wait = parsedate_to_datetime(text) - timezone.now()
    except (TypeError, ValueError):
        return None
    return min(max(wait, datetime.timedelta()), LONGEST_PAUSE)


def explain(error: Exception) -> str:
    """What the pages say about a try without an answer."""
    match error:
        case ssl.SSLCertVerificationError():
            words = f"Chứng thư của cổng không hợp lệ: {error.verify_message}"
        case ssl.SSLError():
            words = f"Không lập được kết nối an toàn với cổng: {error.reason or error}"
        case TimeoutError():
            words = f"Cổng không trả lời trong {settings.WEBHOOK_SECONDS_LIMIT} giây."
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            words = "Cổng ngắt kết nối trước khi trả lời."
        case http.client.HTTPException() | ValueError():
            words = f"Cổng trả lời không đúng quy cách HTTP: {type(error).__name__}"
        case _:
            words = f"Không kết nối được cổng: {getattr(error, 'strerror', None) or error}"
    return " ".join(words.replace("\x00", "").split())[:500]


# --- the outcome ------------------------------------------------------------------------------------------------


def _record(row: WebhookDelivery, outcome: Outcome, *, at: datetime.datetime) -> None:
    """Write the outcome of this very claim; a taken message is taken, whoever has the row in the meantime."""
    rows = WebhookDelivery.objects.filter(pk=row.pk)
    if outcome.is_taken:
        rows.update(status=Status.SENT, finished_at=at, answer=outcome.answer, error="")
    else:
        mine = rows.filter(status=Status.CLAIMED, claimed_at=row.claimed_at)
        mine.update(**_next_step(row, outcome, at=at), answer=outcome.answer, error=outcome.error[:500])
    _note(row.endpoint, outcome, at=at)


def _next_step(row: WebhookDelivery, outcome: Outcome, *, at: datetime.datetime) -> dict[str, Any]:
    if not outcome.may_pass or row.tries >= MAX_TRIES:
        return {"status": Status.DEAD, "finished_at": at}
    wait = max(pause(row.tries, chance=random.random()), outcome.wait or datetime.timedelta())  # noqa: S311
    return {"status": Status.WAITING, "not_before": at + wait}


def _note(endpoint: WebhookEndpoint, outcome: Outcome, *, at: datetime.datetime) -> None:
    """A gateway that fails rests a little, longer each time, so that its messages do not hold every worker."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if outcome.is_taken:
        rows.filter(failures__gt=0).update(failures=0, quiet_until=None)
    elif outcome.may_pass:
        rest = min(datetime.timedelta(seconds=5) * 2 ** min(endpoint.failures, 10), LONGEST_REST)
        rows.update(failures=F("failures") + 1, quiet_until=at + rest)
