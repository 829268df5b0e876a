"""What is refused before it is rendered: documents that no reader wants and no machine finishes, with what to do.

Two million letters and a table of 5,000 rows are printed; these limits lie well above. What slips through is held by
the limits of the job (plans/renderers.py).
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from plans.official.blocks import OfficialDocument, Table
from plans.official.printout import NotPrinted

MOST_CHARACTERS: Final = 4_000_000
MOST_CELLS: Final = 200_000
MOST_COLUMNS: Final = 60
LONGEST_WORD: Final = 5_000
_LONG_WORD: Final = re.compile(rf"\S{{{LONGEST_WORD + 1}}}")
_SHOWN: Final = 40  # characters of a word by which it is found again


def check(document: OfficialDocument) -> None:
    """Raise NotPrinted, with what to do, for a document that is too large to be rendered."""
    _check_tables(document)
    total = 0
    for text in _texts(document):
        total += len(text)
        if found := _LONG_WORD.search(text):
            raise NotPrinted(
                f"Văn bản có một chuỗi dài hơn {_number(LONGEST_WORD)} ký tự không có dấu cách, bắt đầu bằng "
                f"“{found[0][:_SHOWN]}”. Hãy bỏ chuỗi ấy hoặc thêm dấu cách."
            )
    if total > MOST_CHARACTERS:
        raise NotPrinted(
            f"Văn bản có {_number(total)} ký tự, nhiều hơn mức {_number(MOST_CHARACTERS)} ký tự cho một lần in. "
            "Hãy chia thành nhiều văn bản."
        )


def _check_tables(document: OfficialDocument) -> None:
    parts = (document.body, document.closing, *(appendix.blocks for appendix in document.appendices))
    tables = [block for blocks in parts for block in blocks if isinstance(block, Table)]
    if (columns := max((len(table.columns) for table in tables), default=0)) > MOST_COLUMNS:
        raise NotPrinted(
            f"Văn bản có bảng {_number(columns)} cột, nhiều hơn mức {MOST_COLUMNS} cột in được trên giấy A4. "
            "Hãy bớt cột hoặc chia thành nhiều bảng."
        )
    if (cells := sum(len(row) for table in tables for row in (*table.header, *table.rows))) > MOST_CELLS:
        raise NotPrinted(
            f"Các bảng của văn bản có {_number(cells)} ô, nhiều hơn mức {_number(MOST_CELLS)} ô cho một lần in. "
            "Hãy chia bảng thành nhiều văn bản, hoặc xuất ra Excel."
        )


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _texts(item)
    elif hasattr(node, "__dataclass_fields__"):
        for name in node.__dataclass_fields__:
            if name != "svg":  # drawn by ourselves, and no words
                yield from _texts(getattr(node, name))


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
