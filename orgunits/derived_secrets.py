"""Secrets that are shown once and stored nowhere: made from a random salt and the installation's own key.

The row keeps the salt and a hash of the secret. Who reads the database alone learns neither; after a change of
``SECRET_KEY`` the hash tells which of the fallbacks made the secret.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Derived:
    """A new secret with what is to be stored of it."""

    secret: str
    salt: str
    mark: str


def make(purpose: str) -> Derived:
    """A new secret for a purpose such as ``calendar``."""
    salt = secrets.token_urlsafe(24)
    secret = _derive(settings.SECRET_KEY, purpose, salt)
    return Derived(secret, salt, mark_of(secret))


def find(purpose: str, *, salt: str, mark: str) -> str | None:
    """The secret again; None where the key that made it is no longer among ours."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _derive(key, purpose, salt)
        if hmac.compare_digest(mark_of(secret), mark):
            return secret
    return None


def mark_of(secret: str) -> str:
    """The hash under which a secret of 256 bits is known."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _derive(key: str, purpose: str, salt: str) -> str:
    digest = hmac.new(key.encode(), f"mangnon.{purpose}.{salt}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
