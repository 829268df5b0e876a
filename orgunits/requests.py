"""What a view may rely on in a request, and what it may not: the text of its address."""

from django.http import HttpRequest

from orgunits.models import User

LONGEST_KEY = 18  # digits: what is longer fits no column, and SQLite refuses to look for it


class SignedInRequest(HttpRequest):
    """A request whose user is a person of ours, never an anonymous one; a type for views, made nowhere."""

    user: User


def typed_key(text: str | None) -> int | None:
    """The key of a row that an address names; None for what can be none."""
    return int(text) if text and text.isdecimal() and len(text) <= LONGEST_KEY else None
