"""What a renderer of official documents hands over, whichever format it writes."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Printout:
    """A finished file and the number of its pages; None where only the reader's program lays the pages out."""

    content: bytes
    pages: int | None
