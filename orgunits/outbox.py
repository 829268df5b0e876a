"""Reads the mail that the embedded run writes to a folder instead of sending it.

Django's file backend writes one file for each connection; the letters in it are parted by a line of 79 hyphens.
"""

import datetime
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
NAME = re.compile(r"\d{8}-\d{6}-\d+\.log")
PARTING = re.compile(rb"^-{79}\r?\n", flags=re.MULTILINE)
FILES_READ = 300  # the newest; an installation with more mail than that has a mail server


@dataclass(frozen=True)
class Letter:
    """One written letter; ``name`` and ``number`` say where it stands in the folder."""

    name: str
    number: int
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "").strip()

    @property
    def to(self) -> str:
        """The addressee; decoded here because the parser breaks a long name inside a word."""
        raw = next((value for name, value in self.message.raw_items() if name == "To"), "")
        return " ".join(str(make_header(decode_header(raw))).split())

    @property
    def sent_at(self) -> datetime.datetime | None:
        date = self.message["Date"]
        return date.datetime if date else None

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


def folder() -> Path | None:
    """Where the mail is written, or None where a mail server takes it."""
    place: str = getattr(settings, "EMAIL_FILE_PATH", "")
    return Path(place) if place and settings.EMAIL_BACKEND == FILE_BACKEND else None


def letters(place: Path) -> list[Letter]:
    """The newest letters, the newest first."""
    if not place.is_dir():
        return []
    names = sorted((file.name for file in place.iterdir() if NAME.fullmatch(file.name)), reverse=True)
    return [letter for name in names[:FILES_READ] for letter in reversed(_read(place / name))]


def letter(place: Path, name: str, number: int) -> Letter | None:
    """One letter, or None; a name that is not the file backend's is never looked up."""
    if not NAME.fullmatch(name) or not (place / name).is_file():
        return None
    found = _read(place / name)
    return found[number] if number < len(found) else None


def _read(file: Path) -> list[Letter]:
    parts = [part for part in PARTING.split(file.read_bytes()) if part.strip()]
    return [
        Letter(file.name, number, message_from_bytes(part, policy=policy.default)) for number, part in enumerate(parts)
    ]
