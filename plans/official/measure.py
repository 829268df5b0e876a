"""Widths of text in the official font, so that heads and titles break where a typist would break them."""

from functools import lru_cache
from itertools import pairwise
from typing import Final

from fontTools.ttLib import TTFont

from plans.official.fonts import FontNotFound, official_font

MM_PER_POINT: Final = 25.4 / 72
# Words that begin a line well in the name of a body.
_GOOD_STARTS: Final = frozenset(
    ["TỈNH", "THÀNH", "HUYỆN", "QUẬN", "THỊ", "XÃ", "PHƯỜNG", "ĐẶC", "KHU", "VIỆT", "VÀ", "CƠ"]
)
# A good start is worth this much of the widest line.
_BAD_START: Final = 1.35
_STEP: Final = 5


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width in mm of ``text`` in ``size`` points; 0 where no official font is installed."""
    try:
        advances, em = _advances(bold=bold)
    except FontNotFound:
        return 0.0
    wide = max(advances.values())
    return sum(advances.get(ord(character), wide) for character in text) / em * size * MM_PER_POINT


def head_lines(text: str, *, size: float, bold: bool, width: float) -> list[str]:
    """Return the name of a body as lines of at most ``width`` mm.

    A name that fits stays whole. Of the breaks into two lines that fit, the most even one is taken, with a preference
    for a second line that begins with "TỈNH", "XÃ", "VÀ"…; what needs three lines is left to the page.
    """
    if text_width(text, size, bold=bold) <= width:
        return [text]
    words = text.split(" ")
    ways = []
    for cut in range(1, len(words)):
        first, second = " ".join(words[:cut]), " ".join(words[cut:])
        widest = max(text_width(first, size, bold=bold), text_width(second, size, bold=bold))
        if widest <= width:
            ways.append((widest * (1 if words[cut] in _GOOD_STARTS else _BAD_START), [first, second]))
    return min(ways)[1] if ways else [text]


def even_width(text: str, *, size: float, bold: bool, width: float) -> int:
    """Return the narrowest width in mm, in steps of 5, in which ``text`` needs no more lines than in ``width``."""
    needed = _line_count(text, size=size, bold=bold, width=width)
    widths = range(int(width) // _STEP * _STEP, 0, -_STEP)
    for wider, narrower in pairwise(widths):
        if needed == 1 or _line_count(text, size=size, bold=bold, width=narrower) > needed:
            return wider
    return int(width)


def _line_count(text: str, *, size: float, bold: bool, width: float) -> int:
    space = text_width(" ", size, bold=bold)
    lines, used = 1, -space
    for word in text.split(" "):
        length = text_width(word, size, bold=bold)
        if used + space + length > width:
            lines, used = lines + 1, length
        else:
            used += space + length
    return lines


@lru_cache(maxsize=2)
def _advances(*, bold: bool) -> tuple[dict[int, int], int]:
    family = official_font()
    with TTFont(family.bold if bold else family.regular, lazy=True) as font:
        metrics = font["hmtx"]
        return {point: metrics[name][0] for point, name in font.getBestCmap().items()}, font["head"].unitsPerEm
