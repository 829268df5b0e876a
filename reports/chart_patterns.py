"""Hatching and dots as plain strokes: what tells bars apart without colour, on screen and in black and white.

SVG has patterns of its own for this, but a document that goes out is a PDF/A-2b file, and the validator that it must
pass knows no pattern colours.
"""

from collections.abc import Iterator
from typing import Final

PITCH: Final = 10.0  # from one stroke to the next, along the bar
INSET: Final = 1.0  # the ends of a stroke are broad, and stay inside the bar
DOTS: Final = 7.0  # from one dot to the next
RADIUS: Final = 1.8


def hatching(x: float, y: float, width: float, height: float) -> str:
    """Return the path of slanted strokes inside a rectangle; empty for one that is too narrow."""
    return "".join(_strokes(x + INSET, y + INSET, width - 2 * INSET, height - 2 * INSET))


def _strokes(x: float, y: float, width: float, height: float) -> Iterator[str]:
    if width <= 0 or height <= 0:
        return
    start = PITCH / 2
    while start < width + height:  # the stroke from (start, top) down to (start - height, bottom), cut at both sides
        right, left = min(start, width), max(start - height, 0.0)
        yield f"M{x + right:.1f} {y + start - right:.1f}L{x + left:.1f} {y + start - left:.1f}"
        start += PITCH


def dots(x: float, y: float, width: float, height: float) -> str:
    """Return the path of round dots inside a rectangle, each wholly inside."""
    across, down = int(width // DOTS), int(height // DOTS)
    centres = [(x + (column + 0.5) * DOTS, y + (row + 0.5) * DOTS) for row in range(down) for column in range(across)]
    half = f"a{RADIUS} {RADIUS} 0 1 0"
    round_ = f"{half} {2 * RADIUS} 0{half} {-2 * RADIUS} 0z"
    return "".join(f"M{left - RADIUS:.1f} {top:.1f}{round_}" for left, top in centres)
