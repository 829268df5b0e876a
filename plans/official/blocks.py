"""The content of an official document: a tree of blocks that knows nothing of paper, screen or file format.

Everything is frozen and made of text, numbers and tuples, so a document can be compared, hashed and kept as JSON.
Structure is never markup: ``<b>`` in a text is three characters that are printed.
"""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

from plans.official.text import clean

VERSION: Final = 1

Style = Literal["nd30", "party"]
ND30: Final = "nd30"
PARTY: Final = "party"

Align = Literal["left", "center", "right"]


class ContentError(ValueError):
    """The stored content is not a document of a version that this program can read."""


# --- text ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    """A stretch of text in one weight and slope."""

    text: str
    bold: bool = False
    italic: bool = False


Runs = tuple[Run, ...]


def plain(text: str) -> Runs:
    """Return ``text`` as one upright run."""
    return (Run(text),)


def text_of(runs: Runs) -> str:
    """Return the text of ``runs`` without its weights."""
    return "".join(run.text for run in runs)


# --- body blocks -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Heading:
    """A part's number and title. Level 1 is ``I. TIÊU ĐỀ``, 2 is ``1. Tên``, 3 is ``1.1. Tên``, 4 is ``a) Tên``."""

    level: int
    number: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text, with its own number (``1.``, ``a)``) when the source numbers it."""

    runs: Runs
    number: str = ""


@dataclass(frozen=True)
class Bullet:
    """One item of a dashed list, printed as a paragraph that begins with the marker."""

    runs: Runs
    marker: str = "-"


@dataclass(frozen=True)
class KeyLine:
    """A labelled line: ``Ngành chủ trì: Công chức Văn hóa – xã hội``."""

    label: str
    text: str


@dataclass(frozen=True)
class Column:
    """A column's share of the width (any positive unit; shares are divided by their sum) and its alignment."""

    width: float
    align: Align = "left"


@dataclass(frozen=True)
class Cell:
    """A table cell. ``align`` overrides the column's alignment; header cells are always centred and bold."""

    text: str
    colspan: int = 1
    rowspan: int = 1
    bold: bool = False
    italic: bool = False
    align: Align | None = None


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A ruled table. The header rows are repeated on every page that the table reaches; rows do not split."""

    columns: tuple[Column, ...]
    header: tuple[Row, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing made by our own chart functions, with the title and description that stand for it in words."""

    svg: str
    title: str
    description: str = ""


Block = Heading | Paragraph | Bullet | KeyLine | Table | Chart
Blocks = tuple[Block, ...]


# --- the frame -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DocumentNumber:
    """The parts of ``57/KH-CĐVC``. ``serial`` is None until the document is issued.

    ``type_code`` is empty for a công văn of a state body or union; ``drafting_code`` is the department that wrote it.
    """

    serial: int | None = None
    type_code: str = ""
    body_code: str = ""
    drafting_code: str = ""


@dataclass(frozen=True)
class IssueDate:
    """The place and the date of issue; a part that is not known yet is None and prints as a blank."""

    place: str = ""
    day: int | None = None
    month: int | None = None
    year: int | None = None


@dataclass(frozen=True)
class Signature:
    """Who signs: the lines of authority (``TM. …``, ``KT. …``), the post, the name."""

    authority: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Appendix:
    """An appendix with pages of its own numbering; ``landscape`` is for wide tables only."""

    title: str
    blocks: Blocks
    landscape: bool = False


@dataclass(frozen=True)
class OfficialDocument:
    """A whole document, ready for any renderer.

    ``type_name`` is ``KẾ HOẠCH``, ``BÁO CÁO``…, and empty for a công văn, whose subject stands under the number.
    ``issuer_name`` is the issuer in ordinary writing, for "(Kèm theo … của …)". ``notice`` marks sample data on every
    page. ``verify_url`` is where anybody checks the paper; it is set when the document is issued.
    ``missing`` lists in words what the document still lacks; it is shown on screen and never printed.
    """

    style: Style
    issuer_lines: tuple[str, ...]
    number: DocumentNumber
    date: IssueDate
    subject: str
    type_name: str = ""
    superior_lines: tuple[str, ...] = ()
    issuer_name: str = ""
    addressees: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    body: Blocks = ()
    closing: Blocks = ()
    signature: Signature | None = None
    recipients: tuple[str, ...] = ()
    appendices: tuple[Appendix, ...] = ()
    notice: str = ""
    verify_url: str = ""
    missing: tuple[str, ...] = field(default=())


# --- walking ---------------------------------------------------------------------------------------------------------
T = TypeVar("T")


def map_text(node: T, change: Callable[[str], str]) -> T:
    """Return a copy of ``node`` with every text in it changed by ``change``."""
    if isinstance(node, str):
        return typing.cast(T, change(node))
    if isinstance(node, tuple):
        return typing.cast(T, tuple(map_text(item, change) for item in node))
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        values = {f.name: map_text(getattr(node, f.name), change) for f in dataclasses.fields(node)}
        return typing.cast(T, type(node)(**values))
    return node


# --- JSON ------------------------------------------------------------------------------------------------------------
_BLOCK_TYPES: Final[dict[str, type]] = {cls.__name__: cls for cls in get_args(Block)}


def to_json(document: OfficialDocument) -> dict[str, Any]:
    """Return ``document`` as plain JSON data, its text cleaned, with the version of the model."""
    return {"version": VERSION, "document": _encode(map_text(document, clean))}


def from_json(data: Any) -> OfficialDocument:
    """Return the document that :func:`to_json` wrote.

    Raises ContentError when the version is another one or the data has not the shape of a document.
    """
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise ContentError("Nội dung bản in được lưu ở một phiên bản khác. Hãy xuất lại văn bản.")
    try:
        return typing.cast(OfficialDocument, _decode(OfficialDocument, data["document"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContentError("Nội dung bản in đã lưu không đọc được. Hãy xuất lại văn bản.") from error


def content_hash(data: dict[str, Any]) -> str:
    """Return the SHA-256 of JSON data in canonical form: equal content has an equal hash."""
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        tag = {"type": type(value).__name__} if type(value).__name__ in _BLOCK_TYPES else {}
        return tag | {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return [_encode(item) for item in value] if isinstance(value, tuple) else value


def _decode(kind: Any, value: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind == Block:
        return _decode(_BLOCK_TYPES[value["type"]], {k: v for k, v in value.items() if k != "type"})
    if origin is tuple:
        return tuple(_decode(arguments[0], item) for item in _require(value, list))
    if origin in (Union, types.UnionType):
        return None if value is None else _decode(arguments[0], value)
    if origin is Literal:
        return arguments[arguments.index(value)]
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        return typing.cast(type, kind)(**{k: _decode(hints[k], v) for k, v in _require(value, dict).items()})
    if kind is float:
        return _require(value, (int, float))
    return _require(value, kind)


def _hints(kind: type) -> dict[str, Any]:
    return _HINTS.setdefault(kind, typing.get_type_hints(kind))


_HINTS: Final[dict[type, dict[str, Any]]] = {}


def _require(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is not {kind}")
    return value
