"""What a renderer of official documents hands over, whichever format it writes."""

from collections.abc import Callable
from dataclasses import dataclass

from plans.official.blocks import ContentError

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Printout:
    """A finished file and the number of its pages; None where only the reader's program lays the pages out."""

    content: bytes
    pages: int | None


class NotPrinted(ContentError):
    """The document is too large for the limits of one job; the text says in Vietnamese what to do."""
