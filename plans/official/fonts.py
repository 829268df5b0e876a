"""The font of official documents, found by file: a name would let the system choose, and Debian has two that share one.

Times New Roman's measures are kept by Tinos and by Liberation Serif from version 2. Older Liberation lacks half of the
Vietnamese letters, and a renderer then draws them from any other font without a word; so each file is opened and read.
"""

import itertools
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from fontTools.ttLib import TTFont, TTLibError


class FontNotFound(LookupError):
    """No usable font for official documents; the message says in Vietnamese what to install or set."""


# Regular, bold, italic, bold italic, as the families name their files.
_FAMILIES: Final = (
    ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf"),
    (
        "LiberationSerif-Regular.ttf",
        "LiberationSerif-Bold.ttf",
        "LiberationSerif-Italic.ttf",
        "LiberationSerif-BoldItalic.ttf",
    ),
    ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf"),
)
_FOLDERS: Final = (
    "/usr/share/fonts/truetype/croscore",
    "/usr/share/fonts/truetype/liberation2",
    "/usr/share/fonts/truetype/liberation",
    "/usr/share/fonts/liberation-serif",
)
_NOT_IN_FONT: Final = "\N{WHITE SQUARE}"
HOW_TO_INSTALL: Final = (
    "Hãy cài gói fonts-croscore (Tinos) hoặc fonts-liberation2 bằng lệnh "
    "“apt-get install fonts-croscore”, hoặc đặt OFFICIAL_FONT_DIR là thư mục có đủ bốn tệp phông."
)


def vietnamese_letters() -> frozenset[str]:
    """Return all 186 letters of Vietnamese text: the Latin ones, the Vietnamese vowels under six tones, đ and Đ."""
    tones = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    vowels = "aăâeêioôơuưy"
    small = {unicodedata.normalize("NFC", vowel + tone) for vowel, tone in itertools.product(vowels, tones)}
    small |= set("abcdefghijklmnopqrstuvwxyzđ")
    return frozenset(small | {letter.upper() for letter in small})


@dataclass(frozen=True)
class FontFamily:
    """The four files of one family, its own name, and the characters that all of the files have."""

    name: str
    regular: Path
    bold: Path
    italic: Path
    bold_italic: Path
    characters: frozenset[int]

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the four files: regular, bold, italic, bold italic."""
        return (self.regular, self.bold, self.italic, self.bold_italic)

    def with_squares(self, text: str) -> str:
        """Return ``text`` with empty squares for what the font has not; line breaks stay."""
        unknown = {ord(character) for character in set(text)} - self.characters - {0x0A}
        return text.translate(dict.fromkeys(unknown, _NOT_IN_FONT)) if unknown else text


def official_font() -> FontFamily:
    """Return the family that documents are printed in.

    The folder OFFICIAL_FONT_DIR, when it is set, is the only one that is looked at; otherwise Tinos comes first, then
    Liberation Serif. Raises FontNotFound when no complete family has all Vietnamese letters.
    """
    return _resolve(str(getattr(settings, "OFFICIAL_FONT_DIR", "") or ""))


@lru_cache(maxsize=4)
def _resolve(folder: str) -> FontFamily:
    faults: list[str] = []
    for place in [folder] if folder else _FOLDERS:
        for names in _FAMILIES:
            files = [Path(place) / name for name in names]
            if not all(file.is_file() for file in files):
                continue
            try:
                return _read(files)
            except FontNotFound as fault:
                faults.append(str(fault))
    where = f"Thư mục {folder} không có" if folder else "Máy này không có"
    reason = " ".join(faults) or f"{where} đủ bốn tệp của phông chữ cho văn bản hành chính."
    raise FontNotFound(f"{reason} {HOW_TO_INSTALL}")


def _read(files: list[Path]) -> FontFamily:
    name = ""
    common: set[int] | None = None
    for file in files:
        try:
            with TTFont(file, lazy=True) as font:
                points = set(font.getBestCmap() or ())
                name = name or str(font["name"].getBestFamilyName())
        except (TTLibError, OSError) as error:
            raise FontNotFound(f"Không đọc được tệp phông {file}.") from error
        absent = sorted(letter for letter in vietnamese_letters() if ord(letter) not in points)
        if absent:
            raise FontNotFound(f"Phông {file.name} thiếu {len(absent)} chữ cái tiếng Việt ({' '.join(absent[:5])}…).")
        common = points if common is None else common & points
    return FontFamily(name, files[0], files[1], files[2], files[3], frozenset(common or ()))
