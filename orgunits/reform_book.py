"""The workbook of a whole reform: one row for each act on a unit, of one day in one tree.

Old codes are the official codes on the day before, new ones those on the day: a new unit may carry an old unit's code.
``read``, ``plan`` and ``write`` are the steps of ``workbook_jobs``.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orgunits import reform_following, workbook_safety, workbook_table
from orgunits.models import Level, WorkbookImport
from orgunits.reform_book_checking import ReformCheck
from orgunits.reform_book_rows import ACTS, END_WORD, LEFT, ReformPlan
from orgunits.reform_book_writing import carry_out
from orgunits.workbook import Book, BookFile, file_name
from orgunits.workbook_safety import Source
from orgunits.workbook_table import Column, Table

ROWS: Final = "Sắp xếp"
COLUMNS: Final = (
    Column("act", "Hình thức", 16, choices=tuple(ACTS.values())),
    Column("old_code", "Mã cũ", 14, most=60),
    Column("new_code", "Mã mới", 14, most=60),
    Column("name", "Tên mới", 44),
    Column("level", "Cấp", 26, most=100),
    Column("parent", "Mã cấp trên mới", 16, most=60),
    Column("share", "Phần kế thừa", 14, kind="whole"),
    Column("on", "Ngày", 14, kind="day"),
    Column("legal_basis", "Căn cứ", 40, most=500),
)
LEFT_COLUMNS: Final = (
    Column("code", "Mã đơn vị", 14, most=60),
    Column("name", "Tên đơn vị", 44),
    Column("level", "Cấp", 26),
    Column("above", "Cấp trên cũ", 44, most=400),
    Column("hint", "Có thể về", 60, most=2000),
    Column("parent", "Mã cấp trên mới", 18, most=60),
)
STEPS: Final = (
    "Một tệp là cả một đợt sắp xếp của một hệ thống, cùng một ngày. Mỗi dòng là một việc với một đơn vị. Tên đợt, hệ "
    "thống, ngày và căn cứ chung ghi ở trang nộp tệp; căn cứ riêng của một dòng ghi ở cột Căn cứ.",
    "Mã cũ là mã chính thức trước ngày sắp xếp, mã mới là mã từ ngày đó. Đơn vị mới có thể mang mã của đơn vị cũ.",
    "Thành lập: mã mới, tên mới, cấp, mã cấp trên mới (dấu - nếu đứng đầu hệ thống).",
    "Đổi tên: mã cũ, rồi tên mới, cấp hoặc mã mới; ô để trống giữ nguyên. Chuyển cấp trên: mã cũ và mã cấp trên mới.",
    "Sáp nhập: mỗi đơn vị nhập vào một dòng, mã mới là mã của đơn vị nhận từ ngày sắp xếp (đơn vị nhận là đơn vị mới "
    "thì "
    "thêm dòng Thành lập). Đơn vị trực thuộc theo về đơn vị nhận.",
    "Chia tách: mỗi đơn vị nhận một dòng cùng mã cũ; phần kế thừa là số nguyên theo cùng một thước đo (đoàn viên, "
    "trẻ em "
    "…), bỏ trống hết nếu không có. Đơn vị còn hoạt động sau khi tách thì thêm một dòng mã mới là mã của chính nó.",
    "Khôi phục đơn vị đã kết thúc: mã cũ là mã đơn vị mang sau cùng, và mã cấp trên mới; tên, cấp, mã trở lại như lúc "
    "kết thúc. Đơn vị trực thuộc trước kia, nếu cũng khôi phục, có dòng riêng.",
    "Kết thúc: chỉ mã cũ. Đơn vị trực thuộc phải có dòng chuyển hoặc kết thúc riêng.",
    "Đơn vị trực thuộc chưa biết về đâu được liệt kê ở trang “Chưa có chỗ” của tệp trả lại: ghi mã cấp trên mới, "
    "hoặc ghi "
    "“kết thúc”, rồi nộp lại tệp đó.",
    "Không ghi công thức, không thêm macro hay liên kết. Lưu tệp dạng .xlsx rồi nộp. Trang liệt kê mọi lỗi, cho xem "
    "trước; "
    "chỉ khi bạn đồng ý mới ghi, ghi cả đợt cùng một lần.",
)


@dataclass
class ReformBook:
    rows: Table
    left: Table


def build(
    rows: Iterable[Mapping[str, Any]] = (), unresolved: Iterable[Mapping[str, Any]] = (), *, name: str = ""
) -> BookFile:
    """An empty workbook, or a returned one: the same rows and the units for which a person must decide."""
    book = Book(name or "Đợt sắp xếp tổ chức")
    lead = name or "Cả đợt sắp xếp trong một tệp"
    workbook_table.guide(book, "Đợt sắp xếp tổ chức", lead, STEPS, {ROWS: COLUMNS, LEFT: LEFT_COLUMNS})
    levels = tuple(dict.fromkeys(Level.objects.order_by("sector", "rank", "code").values_list("name", flat=True)))
    columns = tuple(Column(**{**vars(each), "choices": levels}) if each.key == "level" else each for each in COLUMNS)
    workbook_table.write(book, ROWS, lead, columns, rows)
    words = f"Ghi mã cấp trên mới, hoặc ghi “{END_WORD}”, cho từng đơn vị còn lại."
    workbook_table.write(book, LEFT, words, LEFT_COLUMNS, unresolved)
    return BookFile(file_name("Sắp xếp", name or "mẫu"), book.saved())


def returned(row: WorkbookImport) -> BookFile:
    """The sent workbook again, with the sheet of what is not settled. Raises SheetRefused where it cannot be read."""
    with row.file.open("rb") as file:
        book = read(file)
    settled = [line.values for line in book.left.rows if line["parent"]]
    open_rows = [{**line, "parent": None} for line in row.unresolved]
    return build([line.values for line in book.rows.rows], [*open_rows, *settled], name=row.name)


def read(file: Source) -> ReformBook:
    sheets = workbook_safety.read(file, [ROWS, LEFT], limits=workbook_table.LIMITS)
    rows = workbook_table.read(sheets, ROWS, COLUMNS)
    return ReformBook(rows, workbook_table.read(sheets, LEFT, LEFT_COLUMNS, optional=True))


def plan(book: ReformBook, row: WorkbookImport, *, on: datetime.date) -> ReformPlan:
    return ReformCheck(book.rows, book.left, row, on=on).run()


def write(plan: ReformPlan, row: WorkbookImport, *, on: datetime.date) -> None:
    plan.asked = reform_following.counted(carry_out(plan, row))
