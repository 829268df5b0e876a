"""Vietnamese text: one normal form, a search form without marks, and a sort key."""

import re
import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {
    "\u0300": 1,
    "\u0309": 2,
    "\u0303": 3,
    "\u0301": 4,
    "\u0323": 5,
}  # huyền, hỏi, ngã, sắc, nặng
_LETTER_KEYS = {letter: f"{index:02d}" for index, letter in enumerate(_ALPHABET, start=20)}


def nfc(text: str) -> str:
    """The text in the normal form in which everything is stored, compared and printed."""
    return unicodedata.normalize("NFC", text)


def without_marks(text: str) -> str:
    """The text as people type it in a hurry: lower case, no marks, đ as d ("Đắk Lắk" → "dak lak")."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return nfc(re.sub(r"\s+", " ", plain)).strip()


def searchable(text: str) -> str:
    """Typed words as a query can take them: in the stored normal form, without the NUL that PostgreSQL refuses."""
    return nfc(text.replace("\x00", "")).strip()


def sort_key(text: str) -> str:
    """A key whose byte order is Vietnamese dictionary order: letters first, then tones; numbers by their value."""
    letters, tones = [], []
    for part in re.findall(r"\d+|\D", nfc(text.lower()), flags=re.DOTALL):
        if part.isdigit():
            letters.append("1" + part.zfill(8))
            continue
        letter, tone = _split_tone(part)
        letters.append(_LETTER_KEYS.get(letter, "00"))
        tones.append(str(tone))
    return ("".join(letters) + "!" + "".join(tones))[:400]


def person_sort_key(full_name: str) -> str:
    """A key that orders people as in Vietnam: by the last word of the name (the given name), then by the whole."""
    *_, given = full_name.split() or [""]
    return sort_key(f"{given} {full_name}")


def _split_tone(char: str) -> tuple[str, int]:
    tone, rest = 0, []
    for mark in unicodedata.normalize("NFD", char):
        if mark in _TONES:
            tone = _TONES[mark]
        else:
            rest.append(mark)
    return nfc("".join(rest)), tone
