"""Files that are not what they say, or hold what we never take: each refused with its own sentence, before parsing."""

import resource
import time
import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook

from orgunits import workbook_safety
from orgunits.workbook_safety import SheetRefused
from tests.reports.sheet_files import part, with_part

RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TITLE = "Số liệu"
BOMB_BYTES = 100 * 1024 * 1024


def plain() -> bytes:
    workbook = Workbook()
    workbook.active.title = TITLE
    workbook.active["A1"] = "Xin chào"
    workbook.active["B2"] = 12
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(SheetRefused) as refused:
        workbook_safety.read(BytesIO(content), [TITLE])
    return str(refused.value)


def rels(kind: str, target: str, mode: str = "External") -> bytes:
    return (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId9" Type="{RELS}/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    ).encode()


def test_a_plain_workbook_is_read_with_the_kinds_of_its_cells():
    sheet = workbook_safety.read(BytesIO(plain()), [TITLE])[TITLE]
    assert sheet.cells == {(1, 1): ("Xin chào", "s"), (2, 2): (12, "n")}
    assert (sheet.last_row, sheet.text(1, 1), sheet.text(9, 9)) == (2, "Xin chào", "")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", workbook_safety.EMPTY),
        (b"%PDF-1.7", workbook_safety.NOT_XLSX),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, workbook_safety.ENCRYPTED_FILE),
        (b"PK\x03\x04" + b"\x00" * 40, workbook_safety.DAMAGED),
    ],
)
def test_what_is_no_xlsx(content, sentence):
    assert refusal(content) == sentence


def test_a_file_above_ten_megabytes():
    assert refusal(plain() + b"\x00" * workbook_safety.MOST_BYTES) == workbook_safety.TOO_LARGE


def test_another_zip_file():
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert refusal(buffer.getvalue()) == workbook_safety.NOT_XLSX


def test_a_file_cut_short_and_one_with_a_flipped_bit():
    content = plain()
    assert refusal(content[: len(content) // 2]) == workbook_safety.DAMAGED
    at = content.index(b"xl/workbook.xml") + 60
    assert refusal(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]) == workbook_safety.DAMAGED


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("xl/vbaProject.bin", workbook_safety.MACROS),
        ("xl/VBAPROJECT.BIN", workbook_safety.MACROS),
        ("xl/macrosheets/sheet1.xml", workbook_safety.MACROS),
        ("customUI/customUI14.xml", workbook_safety.MACROS),
        ("xl/externalLinks/externalLink1.xml", workbook_safety.LINKS),
        ("xl/connections.xml", workbook_safety.LINKS),
        ("xl/queryTables/queryTable1.xml", workbook_safety.LINKS),
        ("xl/embeddings/oleObject1.bin", workbook_safety.OBJECTS),
        ("xl/activeX/activeX1.xml", workbook_safety.OBJECTS),
    ],
)
def test_parts_that_we_never_take(name, sentence):
    assert refusal(with_part(plain(), name, b"<x/>")) == sentence


def test_a_macro_workbook_under_the_name_of_a_plain_one():
    types = part(plain(), "[Content_Types].xml").replace(b"spreadsheetml.sheet.main", b"sheet.macroEnabled.main")
    assert refusal(with_part(plain(), "[Content_Types].xml", types, instead=True)) == workbook_safety.MACROS


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("image", workbook_safety.LINKS),
        ("externalLinkPath", workbook_safety.LINKS),
        ("oleObject", workbook_safety.OBJECTS),
    ],
)
def test_what_is_drawn_in_from_outside(kind, sentence):
    name = "xl/worksheets/_rels/sheet1.xml.rels"
    assert refusal(with_part(plain(), name, rels(kind, "file:///c:/a.xlsx"))) == sentence


def test_a_hyperlink_is_only_shown():
    content = with_part(plain(), "xl/worksheets/_rels/sheet1.xml.rels", rels("hyperlink", "mailto:a@vi-du.vn"))
    assert workbook_safety.read(BytesIO(content), [TITLE])[TITLE].text(1, 1) == "Xin chào"


def test_a_bomb_of_a_hundred_megabytes_is_refused_at_once_and_takes_no_memory():
    content = with_part(plain(), "xl/worksheets/sheet2.xml", b" " * BOMB_BYTES)
    assert len(content) < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    assert refusal(content) == workbook_safety.BOMB
    assert time.perf_counter() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_a_bomb_that_lies_about_its_size():
    """The headers say one kilobyte; unpacked it is a hundred megabytes."""
    size, lie = BOMB_BYTES.to_bytes(4, "little"), (1024).to_bytes(4, "little")
    content = with_part(plain(), "xl/worksheets/sheet2.xml", b" " * BOMB_BYTES)
    assert size in content
    assert refusal(content.replace(size, lie)) in (workbook_safety.BOMB, workbook_safety.DAMAGED)


def test_many_parts_that_are_large_together():
    large = bytes(range(256)) * (20 * 1024 * 4)  # 20 MB each
    content = plain()
    for number in (2, 3, 4):
        content = with_part(content, f"xl/media/image{number}.xml", large)
    assert refusal(content) == workbook_safety.BOMB


def test_thousands_of_parts():
    buffer = BytesIO(plain())
    with zipfile.ZipFile(buffer, "a") as archive:
        for number in range(workbook_safety.MOST_PARTS):
            archive.writestr(f"xl/a{number}.xml", "")
    assert refusal(buffer.getvalue()) == workbook_safety.BOMB


def with_strings() -> bytes:
    """As Excel saves it: the texts stand in a part of their own."""
    cell = b'<c r="A1" t="inlineStr"><is><t>' + "Xin chào".encode() + b"</t></is></c>"
    sheet = part(plain(), "xl/worksheets/sheet1.xml")
    assert cell in sheet
    content = with_part(
        plain(), "xl/worksheets/sheet1.xml", sheet.replace(cell, b'<c r="A1" t="s"><v>0</v></c>'), instead=True
    )
    override = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>'
    )
    types = part(content, "[Content_Types].xml").replace(b"</Types>", override)
    content = with_part(content, "[Content_Types].xml", types, instead=True)
    strings = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Xin chào</t></si></sst>'
    return with_part(content, "xl/sharedStrings.xml", strings.encode())


def test_texts_in_a_part_of_their_own():
    assert workbook_safety.read(BytesIO(with_strings()), [TITLE])[TITLE].text(1, 1) == "Xin chào"


def test_shared_strings_have_a_limit_of_their_own():
    strings = part(with_strings(), "xl/sharedStrings.xml")
    noise = b"".join(b"%08d" % (number * 7919 % 100_003) for number in range(3_200_000))
    large = strings.replace(b"</sst>", b"<!--" + noise + b"--></sst>")
    assert len(large) > workbook_safety.MOST_STRINGS_BYTES
    assert refusal(with_part(with_strings(), "xl/sharedStrings.xml", large, instead=True)) == workbook_safety.BOMB


def billion_laughs(name: str, tag: str) -> bytes:
    content = with_strings()
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))]
    old = part(content, name)
    body = old[old.index(b"<" + tag.encode()) :].replace(b"<t>", b"<t>&a9;").replace(b"<v>", b"<v>&a9;")
    document = b'<?xml version="1.0"?><!DOCTYPE x [' + "".join(lines).encode() + b"]>" + body
    return with_part(content, name, document, instead=True)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("xl/sharedStrings.xml", "sst"),
        ("xl/worksheets/sheet1.xml", "worksheet"),
        ("xl/workbook.xml", "workbook"),
        ("xl/styles.xml", "styleSheet"),
        ("[Content_Types].xml", "Types"),
    ],
)
def test_an_entity_bomb_in_any_part_that_is_read(name, tag):
    start = time.perf_counter()
    assert refusal(billion_laughs(name, tag)) == workbook_safety.UNSAFE_XML
    assert time.perf_counter() - start < 1


def test_a_sheet_that_says_it_is_as_large_as_excel_allows():
    """Dimensions and merged cells over the whole grid cost nothing: no grid is built."""
    xml = part(plain(), "xl/worksheets/sheet1.xml")
    xml = xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    xml = xml.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')
    start = time.perf_counter()
    sheet = workbook_safety.read(BytesIO(with_part(plain(), "xl/worksheets/sheet1.xml", xml, instead=True)), [TITLE])[
        TITLE
    ]
    assert len(sheet.cells) == 2
    assert time.perf_counter() - start < 1


def test_too_many_cells_and_a_row_too_far_down():
    xml = part(plain(), "xl/worksheets/sheet1.xml")
    cells = b"<row>" + b"<c ></c>" * (workbook_safety.MOST_CELLS + 1) + b"</row></sheetData>"
    many = xml.replace(b"</sheetData>", cells)
    assert refusal(with_part(plain(), "xl/worksheets/sheet1.xml", many, instead=True)) in (
        workbook_safety.TOO_MANY_CELLS,
        workbook_safety.BOMB,
    )
    deep = xml.replace(b"</sheetData>", b'<row r="900000"><c r="A900000"><v>1</v></c></row></sheetData>')
    start = time.perf_counter()
    refused = refusal(with_part(plain(), "xl/worksheets/sheet1.xml", deep, instead=True))
    assert refused == workbook_safety.TOO_MANY_CELLS
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "nonsense", [b"<c r='A1' t='s'><v>999</v></c>", b"<c r='??'><v>1</v></c>", b"<c><v>1e</v></c>"]
)
def test_nonsense_in_a_sheet_is_a_damaged_file(nonsense):
    xml = part(plain(), "xl/worksheets/sheet1.xml").replace(
        b"</sheetData>", b"<row>" + nonsense + b"</row></sheetData>"
    )
    assert refusal(with_part(plain(), "xl/worksheets/sheet1.xml", xml, instead=True)) == workbook_safety.DAMAGED


def test_xml_is_read_through_defusedxml():
    """Where lxml is there, openpyxl would take it, and entities with it."""
    from openpyxl.xml import DEFUSEDXML, LXML

    assert (bool(DEFUSEDXML), bool(LXML)) == (True, False)


def test_a_kind_of_workbook_may_have_limits_of_its_own():
    workbook = Workbook()
    workbook.active.title = TITLE
    workbook.active.cell(4, 1, "quá")
    buffer = BytesIO()
    workbook.save(buffer)
    few = workbook_safety.Limits(rows=3)
    with pytest.raises(SheetRefused, match="quá nhiều dòng"):
        workbook_safety.read(buffer, [TITLE], limits=few)
    assert workbook_safety.read(buffer, [TITLE], limits=few._replace(rows=4))[TITLE].last_row == 4
