"""Sends one message of a Delivery row: text and HTML from one stem, a stable Message-ID, the outcome recorded."""

import datetime
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from orgunits.models import Delivery, User

STALE_AFTER = datetime.timedelta(minutes=15)


def compose(stem: str, recipient: User, context: dict[str, Any], *, message_id: str = "") -> EmailMultiAlternatives:
    """A message from ``<stem>_subject.txt``, ``<stem>.txt`` and ``<stem>.html`` under templates/email/."""
    context = {**context, "recipient": recipient, "site_url": settings.SITE_URL}
    message = EmailMultiAlternatives(
        subject=" ".join(render_to_string(f"email/{stem}_subject.txt", context).split()),
        body=render_to_string(f"email/{stem}.txt", context),
        to=[f"{recipient.full_name} <{recipient.email}>"],
        headers={"Message-ID": message_id} if message_id else {},
    )
    message.attach_alternative(render_to_string(f"email/{stem}.html", context), "text/html")
    return message


def stable_message_id(row: Delivery) -> str:
    """The same for every attempt at one row, so that a repeat can be recognised by the reader's mail program."""
    domain = settings.SITE_URL.split("://")[-1].split("/")[0].split(":")[0]
    return f"<{row._meta.model_name}-{row.pk}@{domain}>"


def send(row: Delivery, stem: str, context: dict[str, Any]) -> bool:
    """Send a claimed row outside any transaction and record sent or error; False when it failed."""
    manager = type(row)._default_manager.filter(pk=row.pk)
    message_id = row.message_id or stable_message_id(row)
    manager.update(message_id=message_id)
    try:
        compose(stem, row.recipient, context, message_id=message_id).send()
    except (OSError, smtplib.SMTPException) as error:
        manager.update(status=Delivery.Status.FAILED, error=str(error)[:500])
        return False
    manager.update(status=Delivery.Status.SENT, sent_at=timezone.now(), error="")
    return True
