"""A workbook of reports: with the hidden identity by which the filled file is known again."""

from collections.abc import Mapping

from orgunits import workbook
from reports import sheets_identity
from reports.sheets_identity import Identity


class Book(workbook.Book):
    def content(self, identity: Identity, base: Mapping[str, str]) -> bytes:
        """The file; ``base`` is the draft's text at the download, to tell later who has changed what."""
        rows = [(name, text, "") for name, text in identity.rows()]
        rows += [(sheets_identity.BASE, name, text) for name, text in base.items() if text]
        self.hidden_rows(sheets_identity.SHEET, rows)
        return self.saved()
