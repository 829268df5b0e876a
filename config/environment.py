"""Reads the values that are easy to get wrong from the environment; each mistake becomes one clear line.

Every function raises ``ImproperlyConfigured`` with the variable's name first. A message never repeats the value: it may
hold a password.
"""

import contextlib
import re
import secrets
import tempfile
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

DATABASE_ENGINES = {"django.db.backends.postgresql", "django.db.backends.sqlite3"}
REDIS_SCHEMES = {"redis", "rediss", "redis+socket"}
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


TRUE = {"1", "on", "true", "yes"}
FALSE = {"0", "off", "false", "no"}


def flag(name: str, *, default: bool = False) -> bool:
    """A switch. A word that is neither on nor off is an error, and never off in silence."""
    text = env.str(name, default="").lower() or ("on" if default else "off")
    if text not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}: on or off is needed, not {text!r}.")
    return text in TRUE


def whole_number(name: str, *, default: int, low: int = 0, high: int) -> int:
    """A number from ``low`` to ``high``, both included."""
    text = env.str(name, default="") or str(default)
    if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
        raise ImproperlyConfigured(f"{name}: a whole number from {low} to {high} is needed, not {text!r}.")
    return int(text)


def site_url(default: str) -> str:
    """``SITE_URL``: how people reach the site, without a slash at the end."""
    url = (env.str("SITE_URL", default="") or default).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
        raise ImproperlyConfigured("SITE_URL: an address such as https://mangnon.example is needed, without a path.")
    return url


def database(default: str) -> dict[str, Any]:
    """``DATABASE_URL`` as an entry of Django's ``DATABASES``: PostgreSQL or SQLite."""
    wrong = "DATABASE_URL: postgres://user:password@host:5432/name or sqlite:////path/to/file is needed."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an unknown engine is refused below
        try:
            found = env.db_url_config(env.str("DATABASE_URL", default="") or default)
        except ValueError as error:
            raise ImproperlyConfigured(wrong) from error
    if found.get("ENGINE") not in DATABASE_ENGINES or not found.get("NAME"):
        raise ImproperlyConfigured(wrong)
    return dict(found)


def redis_url() -> str:
    """``REDIS_URL``, or an empty text: then jobs go through files in ``DATA_DIR``."""
    url = env.str("REDIS_URL", default="")
    try:
        parts = urlsplit(url)
        good = parts.scheme in REDIS_SCHEMES and bool(parts.path if parts.scheme == "redis+socket" else parts.hostname)
        _ = parts.port  # raises where it is no number
    except ValueError:
        good = False
    if url and not good:
        raise ImproperlyConfigured("REDIS_URL: redis://host:6379/0 or redis+socket:///path/to/socket is needed.")
    return url


def mail(outbox: Path) -> dict[str, Any]:
    """``EMAIL_URL`` as Django's ``EMAIL_*`` settings; without it mail is written to the folder ``outbox``."""
    url = env.str("EMAIL_URL", default="")
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(outbox)}
    wrong = "EMAIL_URL: smtp+tls://user:password@host:587, smtp://host:25 or filemail:///folder is needed."
    try:
        found = env.email_url_config(url)
    except (ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(wrong) from error
    if found["EMAIL_BACKEND"].endswith(".smtp.EmailBackend") and not found["EMAIL_HOST"]:
        raise ImproperlyConfigured(wrong)
    if found["EMAIL_BACKEND"].endswith(".filebased.EmailBackend"):
        found["EMAIL_FILE_PATH"] = "/" + found["EMAIL_FILE_PATH"].lstrip("/")
    return dict(found)


def mail_address(name: str) -> str:
    """One bare address such as ``tra-lai@mangnon.example``, or an empty text where the variable is not set."""
    address = env.str(name, default="")
    if address and not MAIL_ADDRESS.fullmatch(address):
        raise ImproperlyConfigured(f"{name}: one bare address such as tra-lai@mangnon.example is needed.")
    return address


def secret_key(folder: Path, *, generate: bool) -> str:
    """``SECRET_KEY``; a single machine (``generate``) makes its own once and keeps it in ``folder/secret_key``.

    Several machines need one key that is given to each, so there a missing one is an error.
    """
    key = env.str("SECRET_KEY", default="")
    if key:
        return key
    if not generate:
        raise ImproperlyConfigured("SECRET_KEY: it must be set when DATABASE_URL is set (50 random characters).")
    path = folder / "secret_key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written aside and linked into place: of two processes that start at once, both read the winner's key.
            with tempfile.NamedTemporaryFile("w", dir=folder, prefix="secret_key.") as aside:  # mode 600
                aside.write(secrets.token_urlsafe(50))
                aside.flush()
                with contextlib.suppress(FileExistsError):
                    path.hardlink_to(aside.name)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR: {folder} cannot be used: {error.strerror}.") from error
