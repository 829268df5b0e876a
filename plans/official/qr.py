"""QR codes as one path of squares, which print and screen draw without any picture file."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

import segno

# ISO/IEC 18004 asks for a quiet zone of four modules on each side.
_QUIET: Final = 4


@dataclass(frozen=True)
class QrCode:
    """A drawing in units of one module: ``path`` is SVG path data inside a square of ``size``."""

    size: int
    path: str


@lru_cache(maxsize=64)
def qr_code(text: str) -> QrCode:
    """Return the QR code of ``text``; 15 % of it may be dirty or torn (level M)."""
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    bars = []
    for y, row in enumerate(matrix, start=_QUIET):
        x = _QUIET
        for dark, modules in groupby(row):
            length = len(list(modules))
            if dark:
                bars.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return QrCode(len(matrix) + 2 * _QUIET, "".join(bars))
