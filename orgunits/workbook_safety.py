"""Looks into an Excel file that somebody sent before anything of it is believed, and opens it for reading only.

The limits come before the parser: every part is unpacked once in small pieces, whatever its headers say, and only then
handed to openpyxl, which reads XML through defusedxml and whose streaming reader builds no grid of empty cells.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, NamedTuple, cast
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.core.files import File
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MIB: Final = 1024 * 1024
MOST_BYTES: Final = 10 * MIB
MOST_PARTS: Final = 300
MOST_PART_BYTES: Final = 24 * MIB  # 500 units by 60 questions are 4 MB
MOST_STRINGS_BYTES: Final = 20 * MIB
MOST_UNPACKED: Final = 48 * MIB
MOST_RATIO: Final = 150  # a table of empty, coloured cells packs to a fiftieth
RATIO_FROM: Final = 2 * MIB
MOST_CELLS: Final = 300_000
MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 500
LAST_EXCEL_ROW: Final = 1_048_576
CHUNK: Final = 64 * 1024

Source = BinaryIO | File

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STORED_OR_DEFLATED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED: Final = 0x1

NOT_XLSX = "Tệp này không phải là tệp Excel (.xlsx). Hãy tải biểu mẫu từ trang này, điền rồi nộp lại đúng tệp đó."
EMPTY = "Tệp này rỗng. Hãy chọn tệp khác."
TOO_LARGE = "Tệp lớn hơn 10 MB. Biểu mẫu tải từ trang này nhỏ hơn nhiều; hãy bỏ ảnh và những thứ đã thêm vào tệp."
ENCRYPTED_FILE = (
    "Tệp có mật khẩu mở tệp, hoặc là tệp Excel đời cũ (.xls). Hãy bỏ mật khẩu, lưu lại thành “Excel Workbook (.xlsx)” "
    "rồi nộp lại."
)
MACROS = "Tệp có macro nên không nhận. Hãy lưu lại thành “Excel Workbook (.xlsx)”, không có macro, rồi nộp lại."
LINKS = (
    "Tệp có liên kết hoặc kết nối đến tệp, dữ liệu khác nên không nhận. Hãy tải lại biểu mẫu và chép số liệu vào bằng "
    "cách dán giá trị (Paste Values)."
)
OBJECTS = "Tệp có đối tượng nhúng (OLE, ActiveX) nên không nhận. Hãy xóa đối tượng đó, hoặc tải lại biểu mẫu rồi điền."
BOMB = "Tệp mở ra lớn bất thường nên không nhận. Hãy tải lại biểu mẫu từ trang này và điền vào tệp mới."
DAMAGED = "Không đọc được tệp này: tệp bị hỏng hoặc chưa tải lên hết. Hãy mở bằng Excel, lưu lại rồi nộp lại."
UNSAFE_XML = (
    "Tệp chứa khai báo XML không an toàn nên không nhận. Hãy tải lại biểu mẫu từ trang này và điền vào tệp mới."
)
TOO_MANY_CELLS = "Tệp có quá nhiều dòng hoặc ô. Hãy tải lại biểu mẫu từ trang này và điền vào tệp mới."

_MACRO_PART = re.compile(r"vbaproject|vbadata|/macrosheets/|/dialogsheets/|/customui", re.IGNORECASE)
_LINK_PART = re.compile(r"/externallinks?/|/connections\.xml|/querytables?/|/webextensions?/|/model/", re.IGNORECASE)
_OBJECT_PART = re.compile(r"/embeddings/|/activex/|oleobject|/ctrlprops/", re.IGNORECASE)
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)

# What zipfile, expat and openpyxl raise for a file that is not what it says.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class Limits(NamedTuple):
    """How much a workbook of one kind may hold."""

    rows: int = MOST_ROWS
    cells: int = MOST_CELLS
    part_bytes: int = MOST_PART_BYTES
    unpacked: int = MOST_UNPACKED


USUAL: Final = Limits()


class SheetRefused(Exception):
    """The file is not taken at all; the message is a sentence that says why and what to do."""


class RawCell(NamedTuple):
    """What stands in a cell; ``kind`` is n for a number, s text, b true or false, d date, e error, f formula."""

    value: Any
    kind: str


@dataclass
class Sheet:
    """The cells that hold something, by row and column, both from 1."""

    title: str
    cells: dict[tuple[int, int], RawCell] = field(default_factory=dict)
    last_row: int = 0

    def text(self, row: int, column: int) -> str:
        """The cell as text, for what we wrote ourselves."""
        cell = self.cells.get((row, column))
        return "" if cell is None or cell.kind == "f" else str(cell.value).strip()


def read(file: Source, titles: Iterable[str], *, limits: Limits = USUAL) -> dict[str, Sheet]:
    """The sheets of these titles of a file that holds nothing dangerous; raises SheetRefused."""
    look_into(file, limits=limits)
    file.seek(0)
    wanted = set(titles)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of features that it leaves out
            workbook = load_workbook(cast(BinaryIO, file), read_only=True, keep_links=False)
            try:
                found = [worksheet for worksheet in workbook.worksheets if worksheet.title in wanted]
                if len({worksheet.title for worksheet in found}) < len(found):
                    raise SheetRefused(DAMAGED)
                return {worksheet.title: _sheet(worksheet, limits) for worksheet in found}
            finally:
                workbook.close()
    except UNREADABLE as error:
        raise SheetRefused(_sentence(error)) from error


def look_into(file: Source, *, limits: Limits = USUAL) -> None:
    """Raise SheetRefused for whatever is not a plain, small .xlsx."""
    _look_at_outside(file)
    try:
        with zipfile.ZipFile(cast(BinaryIO, file)) as archive:
            _look_at_parts(archive)
            _unpack(archive, limits)
            _look_at_types_and_links(archive)
    except DefusedXmlException as error:
        raise SheetRefused(UNSAFE_XML) from error
    except UNREADABLE as error:
        raise SheetRefused(DAMAGED) from error


def _sheet(worksheet: Any, limits: Limits) -> Sheet:
    """Raises SheetRefused beyond the rows of the limits; columns beyond ``MOST_COLUMNS`` hold nothing of ours."""
    sheet = Sheet(worksheet.title)
    worksheet.reset_dimensions()  # what the file says about its size is not believed
    for number, row in enumerate(worksheet.iter_rows(max_row=LAST_EXCEL_ROW), start=1):
        for cell in row:
            if cell.value is not None and cell.column <= MOST_COLUMNS:
                if number > limits.rows:
                    raise SheetRefused(TOO_MANY_CELLS)
                sheet.cells[number, cell.column] = RawCell(cell.value, cell.data_type)
                sheet.last_row = number
    return sheet


def _look_at_outside(file: Source) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if not size:
        raise SheetRefused(EMPTY)
    if size > MOST_BYTES:
        raise SheetRefused(TOO_LARGE)
    if head == OLE:
        raise SheetRefused(ENCRYPTED_FILE)
    if not head.startswith(b"PK\x03\x04"):
        raise SheetRefused(NOT_XLSX)


def _look_at_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [f"/{part.filename}" for part in parts]
    if len(parts) > MOST_PARTS:
        raise SheetRefused(BOMB)
    if len({name.lower() for name in names}) < len(names):
        raise SheetRefused(DAMAGED)
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise SheetRefused(ENCRYPTED_FILE)
    if any(part.compress_type not in STORED_OR_DEFLATED for part in parts):
        raise SheetRefused(DAMAGED)
    for pattern, sentence in ((_MACRO_PART, MACROS), (_LINK_PART, LINKS), (_OBJECT_PART, OBJECTS)):
        if any(pattern.search(name) for name in names):
            raise SheetRefused(sentence)
    if not {"/[Content_Types].xml", "/xl/workbook.xml"} <= set(names):
        raise SheetRefused(NOT_XLSX)


def _unpack(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Read every part to its end in small pieces; raises SheetRefused as soon as a limit is passed."""
    total = cells = 0
    for part in archive.infolist():
        strings = part.filename.lower() == "xl/sharedstrings.xml"
        most = MOST_STRINGS_BYTES if strings else limits.part_bytes
        is_sheet = bool(_SHEET_PART.fullmatch(part.filename))
        size = 0
        with archive.open(part) as content:
            while piece := content.read(CHUNK):
                size += len(piece)
                total += len(piece)
                cells += piece.count(b"<c ") if is_sheet else 0
                if size > most or total > limits.unpacked:
                    raise SheetRefused(BOMB)
                if size > RATIO_FROM and size > MOST_RATIO * max(part.compress_size, 1):
                    raise SheetRefused(BOMB)
        if cells > limits.cells:
            raise SheetRefused(TOO_MANY_CELLS)


def _look_at_types_and_links(archive: zipfile.ZipFile) -> None:
    """A macro under another name, and what a part draws in from outside; a hyperlink is only shown."""
    types = archive.read("[Content_Types].xml")
    if b"macroEnabled" in types or b"vbaProject" in types:
        raise SheetRefused(MACROS)
    for name in archive.namelist():
        if not name.lower().endswith(".rels"):
            continue
        for link in fromstring(archive.read(name)):
            kind = link.get("Type", "").rpartition("/")[2].lower()
            if "oleobject" in kind or kind in ("package", "control"):
                raise SheetRefused(OBJECTS)
            if "externallink" in kind or (link.get("TargetMode") == "External" and kind != "hyperlink"):
                raise SheetRefused(LINKS)


def _sentence(error: Exception) -> str:
    """openpyxl wraps what it cannot read, so a forbidden entity may lie underneath."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DefusedXmlException):
            return UNSAFE_XML
        cause = cause.__cause__ or cause.__context__
    return DAMAGED
