"""Writes iCalendar (RFC 5545): all-day events with alarms, in lines of at most 75 octets. It knows no models."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orgunits.vietnamese import nfc

LONGEST = 75  # octets of a line, without its end
# At eight o'clock in the morning, three days and one day before the day begins.
ALARMS = ("-P2DT16H", "-PT16H")


@dataclass(frozen=True)
class Event:
    """One day with what is due on it; ``changed_at`` and ``sequence`` tell a reader that the day was another one."""

    uid: str
    day: datetime.date
    summary: str
    description: str
    url: str
    sequence: int
    changed_at: datetime.datetime


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """A whole calendar; the same events make the same bytes."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Mang Non//Lich nhac han//VI",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape(name)}",
        f"NAME:{escape(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) for line in lines)


def _event(event: Event) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_instant(event.changed_at)}"
    yield f"LAST-MODIFIED:{_instant(event.changed_at)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + datetime.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escape(event.summary)}"
    yield f"DESCRIPTION:{escape(event.description)}"
    yield f"URL:{event.url}"
    yield "STATUS:CONFIRMED"
    yield "TRANSP:TRANSPARENT"
    for trigger in ALARMS:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}")
        yield f"DESCRIPTION:{escape(event.summary)}"
        yield "END:VALARM"
    yield "END:VEVENT"


def escape(text: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line ends escaped, other control characters dropped."""
    text = nfc(text).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(char for char in text if char in "\n\t" or char.isprintable())
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """A line with its end, broken between characters, never inside one: a Vietnamese letter has up to three octets."""
    parts: list[bytes] = []
    current = b""
    for char in line:
        octets = char.encode()
        room = LONGEST - (1 if parts else 0)  # a continued line begins with a space
        if len(current) + len(octets) > room:
            parts.append(current)
            current = b""
        current += octets
    return b"\r\n ".join([*parts, current]) + b"\r\n"


def _instant(at: datetime.datetime) -> str:
    return f"{at.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}"
