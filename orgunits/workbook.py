"""What every workbook of ours has: sheets, hidden lists for choices, and the file in the end."""

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final, NamedTuple

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from orgunits import workbook_style
from orgunits.vietnamese import without_marks

LISTS: Final = "_danh_muc"
CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BookFile(NamedTuple):
    """A finished workbook with the name under which it is handed out."""

    name: str
    content: bytes


class Book:
    """A workbook under way; ``saved`` closes it."""

    def __init__(self, title: str) -> None:
        self.workbook = Workbook()
        self.workbook.remove(self.workbook.active)
        self.workbook.properties.title = title
        self.workbook.properties.creator = "Măng Non"
        self._lists: dict[tuple[str, ...], str] = {}

    def sheet(self, title: str) -> Any:
        return self.workbook.create_sheet(title)

    def list_source(self, words: tuple[str, ...]) -> str:
        """The range that holds these words, written once."""
        if words not in self._lists:
            if LISTS not in self.workbook.sheetnames:
                self.workbook.create_sheet(LISTS).sheet_state = "veryHidden"
            column = len(self._lists) + 1
            for row, text in enumerate(words, start=1):
                workbook_style.put_text(self.workbook[LISTS].cell(row, column), text)
            letter = get_column_letter(column)
            self._lists[words] = f"{LISTS}!${letter}$1:${letter}${len(words)}"
        return self._lists[words]

    def hidden_rows(self, title: str, rows: Iterable[tuple[str, ...]]) -> None:
        """A sheet that nobody sees, for what the reader of the filled file must know."""
        hidden = self.workbook.create_sheet(title)
        hidden.sheet_state = "veryHidden"
        for row, cells in enumerate(rows, start=1):
            for column, text in enumerate(cells, start=1):
                workbook_style.put_text(hidden.cell(row, column), text)

    def saved(self) -> bytes:
        self.workbook.active = 0
        self.workbook.calculation.fullCalcOnLoad = True
        buffer = BytesIO()
        self.workbook.save(buffer)
        return buffer.getvalue()


def file_name(*parts: str) -> str:
    """A name without marks: "Báo cáo năm", "CĐCS 07" → ``bao-cao-nam-cdcs-07.xlsx``."""
    words = re.sub(r"[^a-z0-9]+", "-", without_marks(" ".join(parts))).strip("-")
    return f"{words[:120].rstrip('-') or 'bieu-mau'}.xlsx"
