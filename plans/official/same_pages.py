"""Whether two PDF files show the same pages: what a signing tool adds is allowed, what a forger changes is not.

That a file begins with the issued one proves nothing of what it shows: a later part of it may put other words in the
place of ours, and a signature over the whole makes them look signed. So the pages are compared as a reader of the file
draws them. Streams are unpacked no further than ours are long: a file made to hurt takes no memory.
"""

import zlib
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream, String

# What of a stream says only how it is packed, and what of a page may differ without another look.
_PACKING: Final = frozenset(["/Length", "/Filter", "/DecodeParms"])
_DEEPEST: Final = 40
_LARGEST: Final = 0.25  # of the page, for one signature


def same_pages(ours: bytes, theirs: bytes) -> bool:
    """Return whether every page of ``theirs`` is drawn as in ``ours``, with nothing more on it than signatures.

    A tool that packs or orders the file anew makes no difference; one that draws the pages anew does.
    """
    try:
        with pikepdf.open(BytesIO(ours)) as issued, pikepdf.open(BytesIO(theirs)) as brought:
            return _same_documents(issued, brought)
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, zlib.error):
        return False


def _same_documents(issued: Pdf, brought: Pdf) -> bool:
    if len(issued.pages) != len(brought.pages) or "/OCProperties" in brought.Root:
        return False  # layers that can be switched off are drawn by nothing of ours
    seen: set[tuple[Any, Any]] = set()
    return all(_same_page(*pair, seen) for pair in zip(issued.pages, brought.pages, strict=True))


def _same_page(ours: Page, theirs: Page, seen: set[tuple[Any, Any]]) -> bool:
    boxes = [[float(value) for value in page.cropbox] for page in (ours, theirs)]
    turns = [int(page.obj.get("/Rotate", 0)) for page in (ours, theirs)]
    if boxes[0] != boxes[1] or turns[0] != turns[1] or not _only_signatures(theirs):
        return False
    drawn = _content(ours, most=None)
    if drawn is None or drawn.split() != (_content(theirs, most=len(drawn) + 1024) or b"").split():
        return False
    return _same(ours.resources, theirs.resources, seen, depth=0)


def _only_signatures(page: Page) -> bool:
    """Whether nothing lies over the page but signatures that were made, none so large that it hides the text."""
    left, bottom, right, top = (float(value) for value in page.cropbox)
    most = (right - left) * (top - bottom) * _LARGEST
    for note in page.obj.get("/Annots", []):
        field = note if "/FT" in note else note.get("/Parent", note)
        if note.get("/Subtype") != Name.Widget or field.get("/FT") != Name.Sig or "/V" not in field:
            return False
        left, bottom, right, top = (float(value) for value in note.Rect)
        if abs((right - left) * (top - bottom)) > most:
            return False
    return True


def _content(page: Page, *, most: int | None) -> bytes | None:
    contents = page.obj.get("/Contents")
    if contents is None:
        return b""
    parts = [_data(part, most=most) for part in (contents if isinstance(contents, Array) else [contents])]
    return None if any(part is None for part in parts) else b"\n".join(part for part in parts if part is not None)


def _data(stream: Object, *, most: int | None) -> bytes | None:
    """Return the unpacked bytes of a stream, at most so many; None for a way of packing that ours does not use."""
    raw = stream.read_raw_bytes()
    packing = stream.get("/Filter")
    if isinstance(packing, Array):
        packing = packing[0] if len(packing) == 1 else packing
    if packing is None:
        return raw if most is None else raw[:most]
    if packing != Name.FlateDecode or "/DecodeParms" in stream:
        return None
    return zlib.decompressobj().decompress(raw, most or 0)


def _same(ours: Any, theirs: Any, seen: set[tuple[Any, Any]], *, depth: int) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, (int, Decimal)) or ours is None:
        return bool(ours == theirs)
    if not isinstance(theirs, Object) or depth > _DEEPEST:
        return False
    pair = (ours.objgen, theirs.objgen)
    if (ours.is_indirect or theirs.is_indirect) and pair in seen:
        return True
    seen.add(pair)
    if isinstance(ours, Stream):
        return isinstance(theirs, Stream) and _same_streams(ours, theirs, seen, depth=depth)
    if isinstance(ours, Dictionary):
        return isinstance(theirs, Dictionary) and _same_keys(ours, theirs, seen, depth=depth)
    if isinstance(ours, Array):
        return (
            isinstance(theirs, Array)
            and len(ours) == len(theirs)
            and all(_same(*each, seen, depth=depth + 1) for each in zip(ours, theirs, strict=True))
        )
    return isinstance(ours, (Name, String)) and bool(ours == theirs)


def _same_streams(ours: Stream, theirs: Stream, seen: set[tuple[Any, Any]], *, depth: int) -> bool:
    if not _same_keys(ours, theirs, seen, depth=depth):
        return False
    if ours.get("/Filter") == theirs.get("/Filter") and ours.read_raw_bytes() == theirs.read_raw_bytes():
        return True
    drawn = _data(ours, most=None)
    return drawn is not None and drawn == _data(theirs, most=len(drawn) + 1)


def _same_keys(ours: Object, theirs: Object, seen: set[tuple[Any, Any]], *, depth: int) -> bool:
    names = set(ours.keys()) - _PACKING
    if names != set(theirs.keys()) - _PACKING:
        return False
    return all(_same(ours.get(name), theirs.get(name), seen, depth=depth + 1) for name in names)
