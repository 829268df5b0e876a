"""Sends the message of a Delivery row: claimed once, text and HTML from one stem, the outcome recorded.

Where the mail server may answer better later (it cannot be reached, is slow, or says 4xx), the row goes back to the
waiting ones with a growing delay; what it refuses for good (5xx) fails at once and waits for a person.
"""

import contextlib
import datetime
import smtplib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import format_datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import timezone

from orgunits import preferences, smtp
from orgunits.models import Delivery, User
from orgunits.vietnamese import nfc

Row = TypeVar("Row", bound=Delivery)

STALE_AFTER = datetime.timedelta(minutes=15)
# The pause after the first, second … try in vain; one try more than there are pauses.
RETRY_DELAYS = (
    datetime.timedelta(minutes=2),
    datetime.timedelta(minutes=10),
    datetime.timedelta(hours=1),
    datetime.timedelta(hours=6),
)
MAX_TRIES = len(RETRY_DELAYS) + 1
BATCH = 100  # letters of one claim and one connection
BATCH_SECONDS = 60  # far below STALE_AFTER; what is left of a batch then goes back
DRAIN_SECONDS = 10  # then other work of the queue has its turn


class NotNeeded(Exception):
    """The letter has lost its reason since its row was written; the message says why, in Vietnamese."""


class NotYet(Exception):
    """The letter may not go out at this hour; it waits until then, and is looked at again."""

    def __init__(self, until: datetime.datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True)
class Letter:
    """What a row wants to say: the stem of its three templates and their context."""

    stem: str
    context: dict[str, Any]


Prepare = Callable[[list[Row]], Callable[[Row], Letter]]


def deliver(model: type[Row], pk: int, write: Callable[[Row], Letter]) -> bool:
    """Send one row if it is ready and nobody else does; call it outside any transaction.

    1. Claim it by a conditional UPDATE: one of any number of callers goes on.
    2. Let ``write`` look again whether the letter is still needed (NotNeeded cancels it, NotYet lets it wait) and say
       what it says.
    3. Send, and record sent, failed or when to try again. True when the mail server took it.
    """
    if not model.objects.claim(pk, at=timezone.now()):
        return False
    row = cast(Row, model.objects.select_related("recipient").get(pk=pk))
    with Line() as line:
        return _deliver_begun(row, write, line)


def deliver_many(model: type[Row], prepare: Prepare[Row], *, limit: int = BATCH) -> int:
    """Claim ready rows, the oldest first, and send them over one connection; how many were claimed.

    ``prepare`` reads at once what the rows need and returns the ``write`` of ``deliver``. A row is begun one by one:
    whatever stops this call, the rows that it had not begun with are put back as if it had never seen them.
    """
    at = timezone.now()
    pks = model.objects.claim_many(limit, at=at)
    rows = deque[Row](_mine(model, pks, at).select_related("recipient").order_by("pk") if pks else [])
    last = time.monotonic() + BATCH_SECONDS
    try:
        write = prepare(list(rows)) if rows else None
        with Line() as line:
            while rows and write and time.monotonic() < last:
                if line.down:
                    _record_failure(rows.popleft(), line.down)
                elif _begin(rows[0]):
                    _deliver_begun(rows.popleft(), write, line)
                else:
                    rows.popleft()
    finally:
        model.objects.give_back([row.pk for row in rows], claimed_at=at)
    return len(pks)


def drain(model: type[Row], prepare: Prepare[Row], *, seconds: float = DRAIN_SECONDS) -> bool:
    """Send what is ready, batch by batch; True where the time was over before the rows were."""
    last = time.monotonic() + seconds
    while deliver_many(model, prepare):
        if time.monotonic() >= last:
            return True
    return False


def _mine(model: type[Row], pks: list[int], at: datetime.datetime) -> Any:
    return model.objects.filter(pk__in=pks, status=Delivery.Status.CLAIMED, claimed_at=at)


def _begin(row: Delivery) -> bool:
    return type(row).objects.start(row.pk, claimed_at=row.claimed_at, at=timezone.now())


def _deliver_begun(row: Row, write: Callable[[Row], Letter], line: "Line") -> bool:
    try:
        if not row.recipient.is_active:
            raise NotNeeded("Người nhận không còn dùng hệ thống.")
        letter = write(row)
    except NotNeeded as reason:
        _record(row, status=Delivery.Status.CANCELLED, error=str(reason))
        return False
    except NotYet as wait:
        type(row).objects.give_back([row.pk], claimed_at=row.claimed_at, not_before=wait.until)
        return False
    return send(row, letter.stem, letter.context, line=line)


def send(row: Delivery, stem: str, context: dict[str, Any], *, line: "Line | None" = None) -> bool:
    """Send a claimed row and record the outcome; False when it was not sent."""
    if not row.message_id:
        row.message_id = stable_message_id(row)
        type(row).objects.filter(pk=row.pk).update(message_id=row.message_id)
    try:
        message = compose(stem, row.recipient, context, message_id=row.message_id)
        (line or Line()).send(message)
    except (OSError, ValueError) as error:  # ValueError: an address that cannot stand in a header
        _record_failure(row, error)
        return False
    # It has gone out, whoever has taken the row in the meantime.
    type(row).objects.filter(pk=row.pk).update(status=Delivery.Status.SENT, sent_at=timezone.now(), error="")
    return True


class NoConnection(OSError):
    """The mail server cannot be reached or lets nobody in: no fault of the letter."""


class Line:
    """A connection to the mail server for several letters; ``down`` once it could not be had."""

    def __init__(self) -> None:
        self.down: NoConnection | None = None
        self._backend: Any = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def send(self, message: EmailMultiAlternatives) -> None:
        """Raises what the mail server answers; after an answer to one letter the connection serves the next."""
        if self._backend is None:
            self._open()
        try:
            self._backend.send_messages([message])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException, ValueError):
            if getattr(getattr(self._backend, "connection", None), "sock", self) is None:
                self.close()  # the answer was 421, after which the library hangs up
            raise
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        backend = get_connection(smtp.OURS if settings.EMAIL_BACKEND == smtp.DJANGO else None)
        try:
            backend.open()
        except OSError as error:  # the library's own errors are of this kind too
            self.down = NoConnection(explain(error))
            raise self.down from error
        self._backend = backend

    def close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(OSError):
                backend.close()


def compose(stem: str, recipient: User, context: dict[str, Any], *, message_id: str = "") -> EmailMultiAlternatives:
    """A message from ``<stem>_subject.txt``, ``<stem>.txt`` and ``<stem>.html`` under templates/email/.

    Without ``message_id`` it is a sample for another person's eyes: it carries nothing that is the addressee's own.
    """
    context = {**context, "recipient": recipient, "site_url": settings.SITE_URL}
    headers = _headers()
    if message_id:
        context["unsubscribe_link"] = link = preferences.unsubscribe_link(recipient)
        headers |= {"Message-ID": message_id, "List-Unsubscribe": f"<{link}>"}
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message = EmailMultiAlternatives(
        from_email=settings.MAIL_RETURN_PATH or settings.DEFAULT_FROM_EMAIL,  # of the envelope: where bounces go
        subject=one_line(render_to_string(f"email/{stem}_subject.txt", context)),
        body=nfc(render_to_string(f"email/{stem}.txt", context)).strip() + "\n",
        to=[str(Address(one_line(recipient.full_name), addr_spec=recipient.email))],
        headers=headers,
    )
    message.attach_alternative(nfc(render_to_string(f"email/{stem}.html", context)), "text/html")
    return message


def _headers() -> dict[str, str]:
    """What every letter says of itself; its Date with the offset of Viet Nam, whatever the machine's own is."""
    return {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Date": format_datetime(timezone.localtime()),
        "Auto-Submitted": "auto-generated",  # no holiday replies (RFC 3834)
        "X-Auto-Response-Suppress": "All",
    }


def unfinished(model: type[Delivery], *, at: datetime.datetime, limit: int = 500) -> list[int]:
    """Put back what dead workers left, and return the rows to ring for, the oldest first."""
    model.objects.release_stale(before=at - STALE_AFTER)
    return list(model.objects.ready(at=at).order_by("pk").values_list("pk", flat=True)[:limit])


def stable_message_id(row: Delivery) -> str:
    """The same for every try at one row, so that the reader's mail program recognises a repeat."""
    return f"<{row._meta.model_name}-{row.pk}-{row.created_at:%Y%m%d%H%M%S%f}@{mail_domain()}>"


def mail_domain() -> str:
    """The host of the site, without its port."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def one_line(text: str) -> str:
    return nfc(" ".join(text.split()))


def may_pass(error: Exception) -> bool:
    """Whether the same letter may be taken later: no connection, no answer in time, or a 4xx answer."""
    match error:
        case NoConnection():
            return True
        case smtplib.SMTPRecipientsRefused():
            return all(400 <= code < 500 for code, _ in error.recipients.values())
        case smtplib.SMTPResponseException():
            return 400 <= error.smtp_code < 500
        case smtplib.SMTPServerDisconnected():
            return True
        case smtplib.SMTPException():
            return False
        case _:
            return isinstance(error, OSError)


def explain(error: Exception) -> str:
    """What the log page says about a try in vain."""
    match error:
        case NoConnection():
            words = str(error)
        case smtplib.SMTPRecipientsRefused():
            answers = "; ".join(f"{code} {_text(answer)}" for code, answer in error.recipients.values())
            words = f"Máy chủ thư không nhận địa chỉ này: {answers}"
        case smtplib.SMTPResponseException():
            words = f"Máy chủ thư từ chối: {error.smtp_code} {_text(error.smtp_error)}"
        case smtplib.SMTPServerDisconnected() | TimeoutError():
            words = f"Máy chủ thư không trả lời hoặc ngắt giữa chừng: {error}"
        case smtplib.SMTPException() | ValueError():
            words = f"Không gửi được thư: {error}"
        case _:
            words = f"Không kết nối được máy chủ thư: {getattr(error, 'strerror', None) or error}"
    return one_line(words)[:500]


def _record_failure(row: Delivery, error: Exception) -> None:
    """Let the row wait where another try may help. Where the letter may have arrived, there is one try more at most."""
    is_open = isinstance(error, smtp.OutcomeUnknown)
    if may_pass(error) and row.claims < MAX_TRIES and not (is_open and row.releases):
        later = timezone.now() + RETRY_DELAYS[row.claims - 1]
        more = {"releases": 1} if is_open else {}
        _record(row, status=Delivery.Status.WAITING, not_before=later, error=explain(error), **more)
    else:
        _record(row, status=Delivery.Status.FAILED, error=explain(error))


def _record(row: Delivery, **changes: Any) -> None:
    """Write the outcome of this very claim; a row that was taken from a dead worker belongs to another."""
    mine = type(row).objects.filter(pk=row.pk, status=Delivery.Status.CLAIMED, claimed_at=row.claimed_at)
    mine.update(**changes)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
