"""What every workbook of ours has: hidden lists for choices, the hidden identity, and the file in the end."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from orgunits.vietnamese import without_marks
from reports import sheets_identity, sheets_style
from reports.sheets_identity import Identity

LISTS: Final = "_danh_muc"
CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Book:
    """A workbook under way; ``content`` closes it."""

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
                sheets_style.put_text(self.workbook[LISTS].cell(row, column), text)
            letter = get_column_letter(column)
            self._lists[words] = f"{LISTS}!${letter}$1:${letter}${len(words)}"
        return self._lists[words]

    def content(self, identity: Identity, base: Mapping[str, str]) -> bytes:
        """The file; ``base`` is the draft's text at the download, to tell later who has changed what."""
        hidden = self.workbook.create_sheet(sheets_identity.SHEET)
        hidden.sheet_state = "veryHidden"
        rows = [(name, text, "") for name, text in identity.rows()]
        rows += [(sheets_identity.BASE, name, text) for name, text in base.items() if text]
        for row, cells in enumerate(rows, start=1):
            for column, text in enumerate(cells, start=1):
                sheets_style.put_text(hidden.cell(row, column), text)
        self.workbook.active = 0
        self.workbook.calculation.fullCalcOnLoad = True
        buffer = BytesIO()
        self.workbook.save(buffer)
        return buffer.getvalue()


def file_name(*parts: str) -> str:
    """A name without marks: "Báo cáo năm", "CĐCS 07" → ``bao-cao-nam-cdcs-07.xlsx``."""
    words = re.sub(r"[^a-z0-9]+", "-", without_marks(" ".join(parts))).strip("-")
    return f"{words[:120].rstrip('-') or 'bieu-mau'}.xlsx"
