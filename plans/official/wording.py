"""The wording of printed lines: what the typist wrote becomes what the regulations ask for.

Stored text is never changed; these functions run on the way to the page only.
"""

import re
from collections.abc import Sequence
from typing import Final

from plans.official.blocks import ND30, PARTY, Block, Bullet, KeyLine, Paragraph, Run, Style
from plans.official.numbering import TYPE_NAMES, month_number, two_digit_day
from plans.official.text import tidy

# --- authority, posts, names -----------------------------------------------------------------------------------------
_AUTHORITY: Final = re.compile(
    r"^(?P<letters>T\s?/?\s?M|K\s?/?\s?T|T\s?/?\s?L|T\s?/?\s?U\s?/?\s?Q)(?:\s*\.\s*|\s+)(?=\w)|^(?P<acting>Q)\s*\.\s*(?=\w)",
    re.IGNORECASE,
)
_ND30_FORMS: Final = {"TM": "TM.", "KT": "KT.", "TL": "TL.", "TUQ": "TUQ.", "Q": "Q."}
_PARTY_FORMS: Final = {"TM": "T/M", "KT": "K/T", "TL": "T/L", "TUQ": "TUQ.", "Q": "Q."}
_COLLECTIVE: Final = re.compile(r"^(TM\.|T/M) (BAN (CHẤP HÀNH|THƯỜNG VỤ)|THƯỜNG TRỰC|ĐẢNG ỦY|ĐẢNG UỶ|CHI ỦY)\b")
# NĐ 30: no academic title before the signer's name (armed forces, science and health bodies aside).
_ACADEMIC: Final = re.compile(
    r"^(?:(?:GS|PGS|TSKH|TS|ThS|Th\.S|BS|CN|KS|LS|NCS|CKI{1,2})\s*[.,]\s*"
    r"|(?:Giáo sư|Phó Giáo sư|Tiến sĩ|Thạc sĩ)\s*,?\s+)+",
    re.IGNORECASE,
)


def authority_line(text: str, style: Style) -> str:
    """Return a line of authority in capitals with its prefix in the form of the style: ``TM. …`` or ``T/M …``."""
    text = tidy(text)
    match = _AUTHORITY.match(text)
    if match is None:
        return text.upper()
    letters = re.sub(r"[\s/]", "", match["letters"] or match["acting"]).upper()
    forms = _PARTY_FORMS if style == PARTY else _ND30_FORMS
    return f"{forms[letters]} {text[match.end() :].upper()}"


def authority_lines(lines: Sequence[str], style: Style) -> tuple[str, ...]:
    """Return the lines of authority; a deputy who signs for a committee has no line "for the head"."""
    printed = [line for line in (authority_line(text, style) for text in lines) if line]
    if any(_COLLECTIVE.match(line) for line in printed):
        printed = [line for line in printed if not line.startswith(("KT. ", "K/T "))]
    return tuple(printed)


def signer_name(text: str) -> str:
    """Return the signer's name without academic titles."""
    name = tidy(text)
    return _ACADEMIC.sub("", name) or name


# --- lists -----------------------------------------------------------------------------------------------------------
_ITEM_MARK: Final = re.compile(r"^[-–—+*•]\s*")
_ITEM_END: Final = re.compile(r"(?:\s*[;,:]|\s*(?<!\.)\.|\s*\./\.)+$")
_FILE_COPY: Final = re.compile(r"^Lưu\b\s*:?\s*", re.IGNORECASE)
AS_ABOVE: Final = "Như trên"


def list_item(text: str) -> str:
    """Return one item of a list without its dash and without the mark at its end."""
    return _ITEM_END.sub("", _ITEM_MARK.sub("", tidy(text)))


def _punctuated(items: Sequence[str]) -> tuple[str, ...]:
    last = len(items) - 1
    return tuple(f"{item}{'.' if index == last else ';'}" for index, item in enumerate(items))


def citation_lines(citations: Sequence[str]) -> tuple[str, ...]:
    """Return the legal basis, one per line, each with ``;`` and the last with a full stop."""
    return _punctuated([item for item in map(list_item, citations) if item])


def addressee_lines(addressees: Sequence[str]) -> tuple[str, ...]:
    """Return whom the letter addresses: one alone bears no mark, several end with ``;`` and the last with ``.``."""
    items = [item for item in map(list_item, addressees) if item]
    return tuple(items) if len(items) < 2 else _punctuated(items)


def recipient_lines(recipients: Sequence[str], *, style: Style, addressed: bool) -> tuple[str, ...]:
    """Return the list "Nơi nhận" with its marks and the file copy last.

    ``addressed`` (there is a Kính gửi) puts "Như trên" first, once; without a Kính gửi there is nothing above to point
    at, so it is left out. Without any recipient the list is empty: nothing is invented for a draft.
    """
    items = [item for item in map(list_item, recipients) if item]
    if not items:
        return ()
    copies = [_file_copy(item, style) for item in items if _FILE_COPY.match(item)]
    others = [item for item in items if not (_FILE_COPY.match(item) or is_as_above(item))]
    if addressed:
        others.insert(0, AS_ABOVE)
    return _punctuated(others + copies)


def is_as_above(line: str) -> bool:
    """Whether a line of the list only points at the Kính gửi."""
    return list_item(line).casefold() == AS_ABOVE.casefold()


def _file_copy(item: str, style: Style) -> str:
    where = _FILE_COPY.sub("", item).replace(";", ",")
    return f"Lưu {where}" if style == PARTY else f"Lưu: {where}"


# --- the subject -----------------------------------------------------------------------------------------------------
_ABOUT: Final = re.compile(r"^(?:V/v|về việc)\s*:?\s*", re.IGNORECASE)


def letter_subject(subject: str, style: Style) -> str:
    """Return the subject of a công văn as it stands under the number: ``V/v …`` or the Party's ``về việc …``."""
    bare = lower_first(_ABOUT.sub("", tidy(subject)))
    return f"{'về việc' if style == PARTY else 'V/v'} {bare}" if bare else ""


def lower_first(text: str) -> str:
    """Return ``text`` with a small first letter, unless its first word is an abbreviation (``UBND``)."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


# --- the end of the text ---------------------------------------------------------------------------------------------
_END: Final = re.compile(r"\s*(?:\.?\s?/\s?\.|(?<!\.)\.|[;,:])\s*$")


def ended(text: str, style: Style) -> str:
    """Return the last text of a document with the mark of its end: ``./.`` by NĐ 30, a full stop by the Party."""
    bare = _END.sub("", tidy(text))
    if style == ND30:
        return f"{bare}./."
    return bare if bare.endswith("...") else f"{bare}."


def with_end(block: Block, style: Style) -> Block:
    """Return ``block`` with the end mark on its last text; a heading, table or chart stays as it is."""
    match block:
        case Paragraph(runs=(*first, last)):
            return Paragraph((*first, Run(ended(last.text, style), last.bold, last.italic)), block.number)
        case Bullet(runs=(*first, last)):
            return Bullet((*first, Run(ended(last.text, style), last.bold, last.italic)), block.marker)
        case KeyLine(label=label, text=text):
            return KeyLine(label, ended(text, style))
    return block


# --- numbers and dates inside running text ---------------------------------------------------------------------------
_CODE: Final = r"[A-ZĐ][A-Za-zĐđÀ-ỹ&]{0,15}"
_SPACED_NUMBER: Final = re.compile(
    rf"(?<![\w/-])(\d{{1,5}}(?:/\d{{4}})?)\s?([/-])\s?({_CODE})\s?([-/])\s?({_CODE})(?!\w)"
)
_WRITTEN_DATE: Final = re.compile(r"\b(ngày)\s(\d{1,2})\s(tháng)\s(\d{1,2})\s(năm)\s(\d{4})\b", re.IGNORECASE)
_KNOWN_CODES: Final = frozenset([*TYPE_NAMES, "CV", "NĐ", "TT", "TTLT", "QH", "KL", "LĐLĐ", "QC", "ĐA"])


def running_text(text: str) -> str:
    """Return running text with document numbers closed up (``57/KH - CĐVC``) and written dates zeroed by the rule."""
    text = _SPACED_NUMBER.sub(_closed_up, text)
    return _WRITTEN_DATE.sub(_written_date, text)


def _closed_up(match: re.Match[str]) -> str:
    if match[2] == match[4] or match[3] not in _KNOWN_CODES:
        return match[0]
    return "".join(match.groups())


def _written_date(match: re.Match[str]) -> str:
    day, month = two_digit_day(int(match[2])), month_number(int(match[4]))
    return f"{match[1]} {day} {match[3]} {month} {match[5]} {match[6]}"
