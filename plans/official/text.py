"""Text on its way into a document: one Unicode form, and nothing that PDF, XML or a database cannot hold."""

import re
import unicodedata

_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_WIDE_SPACES = re.compile(r"[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SPACES = re.compile(r"[ \n]+")
# A slip of the typist ("cấp xã .") that the printed page does not repeat; an ellipsis keeps its space.
_SPACE_BEFORE_MARK = re.compile(r"(?<=[^\W\d_]) +(?=[.;,:](?:\s|$))")


def clean(text: str) -> str:
    """Return ``text`` in NFC without control, format and noncharacters; unpaired surrogates become U+FFFD.

    Line breaks of every kind become ``\\n``, tabs and special spaces become spaces. Paired surrogates are joined
    into the character that they mean.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _BREAKS.sub("\n", _WIDE_SPACES.sub(" ", unicodedata.normalize("NFC", text)))
    return "".join(c for c in text if _can_be_held(c))


def _can_be_held(character: str) -> bool:
    if character == "\n":
        return True
    code = ord(character)
    nonchar = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return not nonchar and unicodedata.category(character) not in {"Cc", "Cf"}


def spaced(text: str) -> str:
    """Return ``text`` cleaned, on one line, with single spaces and none before a mark; its ends are left."""
    return _SPACE_BEFORE_MARK.sub("", _SPACES.sub(" ", clean(text)))


def tidy(text: str) -> str:
    """Return :func:`spaced` text without spaces at its ends."""
    return spaced(text).strip()
