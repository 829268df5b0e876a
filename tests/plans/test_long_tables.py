"""Very long tables are set by ourselves: line by line the same as the renderer's own pages, and as safe."""

import random

import pytest

from plans.official import archive, blocks, long_table
from plans.official.blocks import Appendix, Cell, Column, Table
from plans.official.pdf import print_out
from tests.plans.official_pages import Printed
from tests.plans.test_official_pdf import plan

TEXT = (
    "Tổ chức tuyên truyền pháp luật về trẻ em cho đoàn viên AVTo Y. TA P, 28-CT/TW 2021–2025 dung/việc (khoản 2); [a], "
    "“trích dẫn”; 12.345,6 % https://mau.example/duong-dan-rat-dai-khong-co-cho-ngat/12345678901234567890123456789 "
    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ … – a / b ! <b>đậm</b> \\( {{ 7 }} \U0001f600 ₫"
)
WORDS = TEXT.split()
HEADER = (
    (Cell("TT", rowspan=2), Cell("Nội dung", colspan=3), Cell("Số liệu", rowspan=2)),
    (Cell("Việc đã làm"), Cell("Kết quả"), Cell("Ghi chú")),
)
COLUMNS = (Column(1, "center"), Column(4), Column(4), Column(4, "center"), Column(3, "right"))


def rows(count):
    chance = random.Random(28)

    def text(most):
        return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))

    for number in range(count):
        if number % 23 == 5:
            yield (Cell("Chủ trì: Ban Nữ công", colspan=5, bold=True),)
        elif number % 11 == 3:
            yield Cell("x"), Cell(text(20), colspan=2, italic=True), Cell(text(4), bold=True), Cell("")
        else:
            yield Cell(str(number)), Cell(text(9)), Cell(text(9)), Cell(text(5)), Cell(text(4))


def appendix(count=130, *, header=HEADER, landscape=True, **changes):
    table = Table(COLUMNS, header, tuple(rows(count)), **changes)
    return Appendix("Danh mục việc đã làm", (table,), landscape=landscape)


def printed(document, monkeypatch, *, long):
    monkeypatch.setattr(long_table, "LONG", 100 if long else 10**9)
    monkeypatch.setattr(long_table, "FIRST_ROWS", 60)
    return Printed(print_out(document).content)


@pytest.mark.parametrize(
    ("style", "given"),
    [
        (blocks.ND30, {"caption": "Biểu 1"}),
        (blocks.PARTY, {"header": (), "landscape": False}),
    ],
)
def test_pages_are_those_of_the_renderer_line_by_line(monkeypatch, style, given):
    document = plan(style=style, body=(), appendices=(appendix(**given), Appendix("Phụ lục sau", ())))
    ours = printed(document, monkeypatch, long=True)
    theirs = printed(document, monkeypatch, long=False)
    assert len(ours.pages) == len(theirs.pages) > 10
    tables = set()
    for number in range(1, len(ours.pages) + 1):
        mine, other = ours.lines(number), theirs.lines(number)
        assert [(line.text, line.size, line.font) for line in mine] == [
            (line.text, line.size, line.font) for line in other
        ]
        for line, model in zip(mine, other, strict=True):
            assert (line.x, line.y) == (pytest.approx(model.x, abs=0.02), pytest.approx(model.y, abs=0.02))
        tables.add("/ExtGState" in ours.pages[number - 1]["/Resources"])
    assert tables == {True, False}, "both ways must have been compared"
    assert ours.text() == theirs.text()


def test_file_with_a_long_table_is_archival_and_counts_its_pages(monkeypatch):
    monkeypatch.setattr(long_table, "LONG", 100)
    printout = print_out(plan(body=(), appendices=(appendix(), appendix())))
    assert archive.faults_of(printout.content) == []
    assert printout.pages == len(Printed(printout.content).pages)


@pytest.mark.parametrize(
    "change",
    [
        {"note": "Ghi chú"},
        {
            "rows": (
                *rows(60),
                (Cell("TT", rowspan=2), *(Cell("") for _ in range(4))),
                tuple(Cell("") for _ in range(4)),
            )
        },
        {"rows": (*rows(60), (Cell("một ô"),))},
        {"rows": (*rows(60), (Cell("שלום", colspan=5),))},
        {"rows": (*rows(60), (Cell("\u0635\u0644", colspan=5),))},
        {"rows": (*rows(60), (Cell("x\u0304\u0323", colspan=5),))},
        {"rows": (*rows(60), (Cell("1", colspan=5, rowspan=2),))},
    ],
)
def test_what_is_not_simple_is_left_to_the_renderer(monkeypatch, change):
    monkeypatch.setattr(long_table, "LONG", 100)
    table = Table(COLUMNS, HEADER, tuple(rows(60)))
    assert long_table.long_table(Appendix("Bảng", (table,))) is table
    changed = Table(COLUMNS, HEADER, change.get("rows", table.rows), note=change.get("note", ""))
    assert long_table.long_table(Appendix("Bảng", (changed,))) is None


def test_rows_higher_than_a_page_are_left_to_the_renderer(monkeypatch):
    high = tuple((Cell("1"), Cell("Rất dài " * 400), *(Cell("") for _ in range(3))) for _ in range(4))
    table = Table(COLUMNS, HEADER, (*appendix().blocks[0].rows, *high))
    document = plan(body=(), appendices=(Appendix("Bảng", (table,), landscape=True),))
    whole = printed(document, monkeypatch, long=True)
    assert whole.text().count("Rất") == 1600
    assert all("/ExtGState" in page["/Resources"] for page in whole.pages)
