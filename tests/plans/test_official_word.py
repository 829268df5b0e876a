"""The Word file against the tables of the regulations: sizes, weights, spaces and rules read back from the file."""

import unicodedata
import zipfile
from io import BytesIO

import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from plans.official import blocks, word_styles
from plans.official.blocks import Bullet, Cell, Column, ContentError, Heading, OfficialDocument, Paragraph, Run, plain
from plans.official.measure import text_width
from plans.official.numbering import BLANK
from plans.official.word import print_out
from tests.plans.test_official_pdf import HOSTILE, LONG, plan, table
from tests.plans.word_pages import Written, number, text_of

MM = 36000  # the unit of python-docx in a millimetre


def written(**changes) -> Written:
    return Written(print_out(plan(**changes)).content)


@pytest.fixture(scope="module")
def state() -> Written:
    return written()


@pytest.fixture(scope="module")
def party() -> Written:
    return written(
        style=blocks.PARTY,
        superior_lines=("Tỉnh ủy Đắk Lắk",),
        issuer_lines=("Đảng ủy Khối Cơ quan", "và Doanh nghiệp tỉnh"),
        number=blocks.DocumentNumber(162, "KH", "ĐUK"),
        signature=blocks.Signature(("TM. Ban Thường vụ", "KT. Bí thư"), ("Phó Bí thư",), "Trần Văn Thuận"),
        recipients=("Ban Thường vụ Tỉnh ủy (để b/c)", "Lưu VPĐUK"),
        notice="",
    )


def letter(**changes) -> Written:
    """A công văn of a union: a draft without number, day, signature and recipients."""
    values = {
        "type_name": "",
        "number": blocks.DocumentNumber(None, "", "LĐLĐ", "NC"),
        "date": blocks.IssueDate("", None, 5, 2024),
        "subject": "Về việc Triển khai Kế hoạch số 104/KH-TLĐ",
        "addressees": ("Các Liên đoàn Lao động huyện", "Các công đoàn ngành địa phương"),
        "citations": (),
        "body": (Paragraph(plain(unicodedata.normalize("NFD", "Thực hiện Kế hoạch của Tổng Liên đoàn"))),),
        "closing": (),
        "signature": None,
        "recipients": (),
        "appendices": (),
        "notice": "",
    }
    return written(**(values | changes))


# --- page ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("style", "distance"), [("state", 7), ("party", 10)])
def test_page_is_a4_with_the_margins_of_both_styles(style, distance, request):
    section = request.getfixturevalue(style).sections[0]
    lengths = [
        section.page_width,
        section.page_height,
        section.top_margin,
        section.bottom_margin,
        section.left_margin,
        section.right_margin,
        section.header_distance,
    ]
    assert [round(length / MM) for length in lengths] == [210, 297, 20, 20, 30, 15, distance]


@pytest.mark.parametrize("style", ["state", "party"])
def test_page_number_is_a_field_in_the_middle_of_the_top_and_hidden_on_page_1(style, request):
    file = request.getfixturevalue(style)
    for section in file.sections:
        assert section.different_first_page_header_footer
        assert [paragraph.text for paragraph in section.first_page_header.paragraphs] == [""]
    (paragraph,) = file.sections[0].header.paragraphs
    kinds = [each.get(qn("w:fldCharType")) for each in paragraph._p.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"]
    assert [each.text for each in paragraph._p.iter(qn("w:instrText"))] == [" PAGE "]
    line = file.read(paragraph._p)
    assert (line.align, line.size) == ("center", 14)


def test_every_appendix_is_a_section_that_counts_from_1(state):
    main, wide, upright = state.sections
    assert [section.orientation for section in state.sections] == [
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.PORTRAIT,
    ]
    assert (round(wide.page_width / MM), round(wide.page_height / MM)) == (297, 210)
    assert round(upright.page_width / MM) == 210
    assert [number(section._sectPr, "w:pgNumType", "start") for section in (main, wide, upright)] == [1, 1, 1]
    assert wide.header.is_linked_to_previous
    assert wide.first_page_header.is_linked_to_previous


def test_all_four_font_slots_of_every_style_are_times_new_roman_in_vietnamese(state):
    styles = state.docx.styles.element
    fonts = list(styles.iter(qn("w:rFonts")))
    assert len(fonts) > 30
    for font in fonts:
        assert {name.split("}")[1]: value for name, value in font.attrib.items()} == dict.fromkeys(
            ["ascii", "hAnsi", "eastAsia", "cs"], "Times New Roman"
        )
    languages = {value for lang in styles.iter(qn("w:lang")) for value in lang.attrib.values()}
    assert languages == {"vi-VN"}
    assert not list(state.body.iter(qn("w:rFonts"))), "a run that chooses a font of its own"


def test_notice_of_sample_data_stands_on_every_page(state, party):
    for footer in (state.sections[0].footer, state.sections[0].first_page_footer):
        assert [paragraph.text for paragraph in footer.paragraphs] == ["Dữ liệu mẫu, không phải văn bản đã ban hành"]
    assert party.sections[0].footer.paragraphs[0].text == ""
    assert all(section.footer.is_linked_to_previous for section in state.sections[1:])


def test_file_says_what_it_is(state):
    properties = state.docx.core_properties
    assert properties.title == "Kế hoạch số 07/KH-CĐVC Triển khai thực hiện Chỉ thị số 28-CT/TW"
    assert (properties.author, properties.comments) == ("Công đoàn Viên chức tỉnh Đắk Lắk", "")
    mode = state.docx.settings.element.find(f".//{qn('w:compatSetting')}")
    assert (mode.get(qn("w:name")), mode.get(qn("w:val"))) == ("compatibilityMode", "15")


# --- elements --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "size", "bold", "italic", "align"),
    [
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, True, False, "center"),
        ("Độc lập - Tự do - Hạnh phúc", 13, True, False, "center"),
        ("LIÊN ĐOÀN LAO ĐỘNG TỈNH", 12, False, False, "center"),
        ("CÔNG ĐOÀN VIÊN CHỨC TỈNH", 12, True, False, "center"),
        ("Số: 07/KH-CĐVC", 13, False, False, "center"),
        ("Đắk Lắk, ngày 04 tháng 02 năm 2024", 13, False, True, "center"),
        ("KẾ HOẠCH", 14, True, False, "center"),
        ("Triển khai thực hiện", 14, True, False, "center"),
        ("Căn cứ Luật Trẻ em;", 14, False, True, "both"),
        ("Căn cứ Chỉ thị số 28-CT/TW.", 14, False, True, "both"),
        ("I. MỤC ĐÍCH, YÊU CẦU", 14, True, False, "both"),
        ("2. Nhiệm vụ có tên", 14, True, False, "both"),
        ("1. Tăng cường", 14, False, False, "both"),
        ("Nơi nhận:", 12, True, True, "left"),
        ("- Ban Nữ công", 11, False, False, "left"),
        ("- Lưu: VT, NC.", 11, False, False, "left"),
        ("TM. BAN THƯỜNG VỤ", 14, True, False, "center"),
        ("PHÓ CHỦ TỊCH", 14, True, False, "center"),
        ("Trần Văn Dũng", 14, True, False, "center"),
        ("Phụ lục II", 14, True, False, "center"),
        ("DANH MỤC", 14, True, False, "center"),
    ],
)
def test_state_document_has_the_sizes_and_weights_of_the_table(state, start, size, bold, italic, align):
    found = [line for line in state.lines if line.text.startswith(start)][0]  # noqa: RUF015 (a list reads better here)
    assert (found.size, found.bold, found.italic, found.align) == (size, bold, italic, align)


@pytest.mark.parametrize(
    ("start", "size", "bold", "italic"),
    [
        ("ĐẢNG CỘNG SẢN VIỆT NAM", 15, True, False),
        ("TỈNH ỦY ĐẮK LẮK", 14, False, False),
        ("ĐẢNG ỦY KHỐI CƠ QUAN", 14, True, False),
        ("*", 14, False, False),
        ("Số 162-KH/ĐUK", 14, False, False),
        ("Đắk Lắk, ngày 04 tháng 02 năm 2024", 14, False, True),
        ("KẾ HOẠCH", 16, True, False),
        ("triển khai thực hiện", 15, True, False),
        ("-----", 14, False, False),
        ("- Căn cứ Luật Trẻ em;", 14, False, False),
        ("Nơi nhận:", 14, False, False),
        ("- Ban Thường vụ Tỉnh ủy", 12, False, False),
        ("- Lưu VPĐUK.", 12, False, False),
        ("T/M BAN THƯỜNG VỤ", 14, True, False),
        ("PHÓ BÍ THƯ", 14, False, False),
        ("Trần Văn Thuận", 14, True, False),
        ("Phụ lục 1", 14, True, False),
    ],
)
def test_party_document_has_the_sizes_and_weights_of_the_table(party, start, size, bold, italic):
    found = party.find(start)
    assert (found.size, found.bold, found.italic) == (size, bold, italic)


def test_party_document_has_neither_quoc_hieu_nor_the_line_for_the_head(party):
    assert "CỘNG HÒA" not in party.text
    assert "Độc lập" not in party.text
    assert "BÍ THƯ PHÓ BÍ THƯ" not in party.text
    underlined = party.find("Nơi nhận:").element.findall(f"{qn('w:r')}/{qn('w:rPr')}/{qn('w:u')}")
    assert len(underlined) == 1


@pytest.mark.parametrize(("style", "indent", "line"), [("state", 12.7, (272, "auto")), ("party", 10, (380, "exact"))])
def test_body_is_justified_indented_and_spaced(style, indent, line, request):
    paragraph = request.getfixturevalue(style).find("1. Tăng cường")
    assert paragraph.align == "both"
    assert paragraph.first_line == pytest.approx(indent, abs=0.1)
    assert paragraph.after == 6
    assert (paragraph.line, paragraph.line_rule) == line


def test_rule_under_the_motto_is_as_long_as_the_motto(state):
    motto = state.find("Độc lập - Tự do - Hạnh phúc")
    rule = state.after(motto, "Đường kẻ")
    assert rule.length == pytest.approx(text_width(motto.text, 13, bold=True), abs=0.5)
    assert rule.left == rule.right


def test_rule_under_the_party_s_name_is_as_long_as_the_name(party):
    name = party.find("ĐẢNG CỘNG SẢN VIỆT NAM")
    assert party.after(name, "Đường kẻ").length == pytest.approx(text_width(name.text, 15, bold=True), abs=0.5)


@pytest.mark.parametrize(("start", "size"), [("CÔNG ĐOÀN VIÊN CHỨC TỈNH", 12), ("Triển khai thực hiện", 14)])
def test_rule_under_issuer_and_subject_is_a_third_to_a_half_and_centred(state, start, size):
    above = state.find(start)
    rule = state.after(above, "Đường kẻ")
    width = text_width(above.text, size, bold=True)
    assert width / 3 <= rule.length <= width / 2
    assert rule.left == rule.right


def test_rules_are_borders_of_paragraphs(state):
    border = state.styles[word_styles.RULE].find(f"{qn('w:pPr')}/{qn('w:pBdr')}/{qn('w:top')}")
    assert (border.get(qn("w:val")), border.get(qn("w:sz"))) == ("single", "6")


def test_names_in_the_head_fit_beside_each_other(state, party):
    for file, names in ((state, ("CỘNG HÒA XÃ", "Độc lập", "CÔNG ĐOÀN")), (party, ("ĐẢNG CỘNG", "ĐẢNG ỦY KHỐI"))):
        for start in names:
            found = file.find(start)
            assert text_width(found.text, found.size, bold=True) < found.inside


def test_number_and_date_stand_in_one_row_and_one_size(state):
    cells = [next(state.find(start).element.iterancestors(qn("w:tc"))) for start in ("Số: 07", "Đắk Lắk, ngày")]
    assert cells[0].getparent() is cells[1].getparent()
    lines = [state.find(start) for start in ("Số: 07", "Đắk Lắk, ngày")]
    assert len({(line.size, line.before, line.line) for line in lines}) == 1


def test_tables_of_head_and_end_have_no_cell_margins_and_no_borders(state):
    tables = state.docx.tables
    for layout in (tables[0], tables[1]):
        properties = layout._tbl.tblPr
        assert {cell.get(qn("w:w")) for cell in properties.find(qn("w:tblCellMar"))} == {"0"}
        assert properties.find(qn("w:tblBorders")) is None
        assert properties.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"


# --- letters ---------------------------------------------------------------------------------------------------------
def test_draft_of_a_letter_keeps_its_blanks():
    file = letter()
    texts = [line.text for line in file.lines]
    assert f"Số: {BLANK}/LĐLĐ-NC" in texts
    assert f"{BLANK}, ngày {BLANK} tháng 5 năm 2024" in texts
    about = file.find("V/v triển khai Kế hoạch số 104/KH-TLĐ")
    assert (about.size, about.italic, about.before, about.align) == (12, False, 6, "center")
    assert {"KẾ HOẠCH", "CÔNG VĂN", "Nơi nhận:"}.isdisjoint(texts)
    assert file.text.endswith("Thực hiện Kế hoạch của Tổng Liên đoàn./.")


def test_party_letter_has_its_subject_in_italics():
    about = letter(style=blocks.PARTY).find("về việc triển khai")
    assert (about.size, about.italic) == (12, True)


def test_one_addressee_stands_on_the_line_and_several_each_on_their_own():
    many = letter()
    assert [line.text for line in many.lines if line.style.endswith(("Kính gửi nhiều nơi", "kính gửi"))] == [
        "Kính gửi:",
        "- Các Liên đoàn Lao động huyện;",
        "- Các công đoàn ngành địa phương.",
    ]
    one = letter(addressees=("Liên đoàn Lao động tỉnh",)).find("Kính gửi: Liên đoàn Lao động tỉnh")
    assert (one.size, one.align) == (14, "center")


# --- blocks ----------------------------------------------------------------------------------------------------------
def test_runs_keep_their_weight_and_slope(state):
    bullet = state.find("- Phong trào “Toàn dân bảo vệ trẻ em”")
    slopes = {text_of_run(run): run.find(f"{qn('w:rPr')}/{qn('w:i')}") is not None for run in bullet.element.r_lst}
    assert slopes["Toàn dân bảo vệ trẻ em"]
    assert not slopes["”."]
    label = state.find("Ngành chủ trì: Công chức").element.r_lst[0]
    assert (text_of_run(label), label.find(f"{qn('w:rPr')}/{qn('w:i')}") is not None) == ("Ngành chủ trì:", True)
    bold = state.find("Chữ đậm").element.r_lst[0]
    assert bold.find(f"{qn('w:rPr')}/{qn('w:b')}") is not None


def text_of_run(run) -> str:
    return text_of(run)


def test_number_of_a_document_has_hyphens_that_no_line_breaks_at(state):
    found = state.find("Căn cứ Chỉ thị số 28-CT/TW.")
    assert len(list(found.element.iter(qn("w:noBreakHyphen")))) == 1
    assert found.text == "Căn cứ Chỉ thị số 28-CT/TW."


def test_headings_are_headings_of_word_and_stay_with_their_text(state):
    heading = state.find("I. MỤC ĐÍCH, YÊU CẦU")
    assert (heading.style, heading.keep_next) == ("heading 1", True)
    assert number(state.styles["Heading1"], "w:pPr/w:outlineLvl", "val") == 0


def test_table_repeats_its_header_and_splits_no_row(state):
    found = state.docx.tables[2]._tbl
    rows = found.tr_lst
    assert len(rows) == 41
    assert [index for index, row in enumerate(rows) if row.trPr.find(qn("w:tblHeader")) is not None] == [0]
    assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
    assert found.tblPr.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"
    widths = [int(column.get(qn("w:w"))) / 1440 * 25.4 for column in found.tblGrid.gridCol_lst]
    assert widths == [pytest.approx(252 * share / 8, abs=0.1) for share in (1, 5, 2)]
    cells = [state.read(cell.p_lst[0]) for cell in rows[1].tc_lst]
    assert [cell.align for cell in cells] == ["center", "left", "right"]
    assert [state.read(cell.p_lst[0]).bold for cell in rows[0].tc_lst] == [True, True, True]


def test_cells_that_reach_over_columns_and_rows():
    listing = blocks.Table(
        (Column(1), Column(1), Column(1)),
        ((Cell("TT", rowspan=2), Cell("Kết quả", colspan=2)), (Cell("Số"), Cell("Tỷ lệ"))),
        (
            (Cell("Chủ trì: Ban Nữ công", colspan=3, bold=True),),
            (Cell("1", rowspan=2), Cell("a"), Cell("b")),
            (Cell("c"), Cell("d")),
        ),
    )
    rows = written(body=(listing,), appendices=()).docx.tables[1]._tbl.tr_lst
    assert [len(row.tc_lst) for row in rows] == [2, 3, 1, 3, 3]
    merges = [[cell.vMerge for cell in row.tc_lst] for row in rows]
    assert merges[0] == ["restart", None]
    assert merges[1] == ["continue", None, None]
    assert merges[3] == ["restart", None, None]
    assert merges[4] == ["continue", None, None]
    assert [cell.grid_span for cell in rows[0].tc_lst] == [1, 2]
    assert rows[2].tc_lst[0].grid_span == 3
    assert rows[2].tc_lst[0].p_lst[0].pPr.find(qn("w:keepNext")) is not None
    assert all(sum(cell.grid_span for cell in row.tc_lst) == 3 for row in rows)


def test_chart_is_a_picture_with_words_that_stand_for_it():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40" width="200" height="40">'
        '<rect width="120" height="20" fill="#b00"/><text x="0" y="36" font-size="12">Đạt 90,1 %</text></svg>'
    )
    content = print_out(plan(body=(blocks.Chart(svg, "Tỷ lệ", "Đạt 90,1 %"),), appendices=())).content
    (shape,) = Written(content).docx.inline_shapes
    assert round(shape.width / MM) == 130
    assert round(shape.height / MM) == 26
    assert shape._inline.docPr.get("descr") == "Tỷ lệ. Đạt 90,1 %"
    (name,) = [name for name in zipfile.ZipFile(BytesIO(content)).namelist() if name.startswith("word/media/")]
    assert name.endswith(".png")


@pytest.mark.parametrize("box", ["0 0 1 100000", "0 0 100000 1", "0 0 0 0", "0 0 1 x", "0 0 -5 5", "0 0 5 . 5"])
def test_drawing_of_no_sensible_size_is_refused_before_it_takes_the_memory(box):
    chart = blocks.Chart(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><rect width="1"/></svg>', "x")
    with pytest.raises(ContentError, match="không đọc được"):
        print_out(plan(body=(chart,), appendices=()))


def test_high_drawing_is_made_to_fit_a_page():
    chart = blocks.Chart('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 400"/>', "x")
    (shape,) = written(body=(chart,), appendices=()).docx.inline_shapes
    assert (round(shape.width / MM), round(shape.height / MM)) == (50, 200)


def test_words_of_a_chart_are_drawn_in_the_official_font():
    from PIL import Image

    def dark(text):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40"><text y="30">{text}</text></svg>'
        content = print_out(plan(body=(blocks.Chart(svg, "x"),), appendices=())).content
        archive = zipfile.ZipFile(BytesIO(content))
        (name,) = [name for name in archive.namelist() if name.startswith("word/media/")]
        return sum(value < 128 for value in Image.open(archive.open(name)).convert("L").tobytes())

    assert dark("ệ") > dark("e") > 100
    assert dark("") == 0


# --- the end ---------------------------------------------------------------------------------------------------------
def test_signature_stays_with_the_text_before_it_and_level_with_the_recipients(state):
    closing = state.find("Đề nghị các đơn vị thực hiện./.")
    position = state.lines.index(closing)
    kept = state.lines[position - 1 : position + 2]
    assert [line.keep_next for line in kept] == [True, True, True]
    words, authority = state.find("Nơi nhận:"), state.find("TM. BAN THƯỜNG VỤ")
    cells = [next(line.element.iterancestors(qn("w:tc"))) for line in (words, authority)]
    assert cells[0].getparent() is cells[1].getparent()
    assert cells[0].getparent().trPr.find(qn("w:cantSplit")) is not None
    assert [cell.p_lst[0] for cell in cells] == [words.element, authority.element]
    # The baseline is 0.891 of the size below the top of a line of this font.
    assert words.before + 0.891 * words.size == pytest.approx(authority.before + 0.891 * authority.size, abs=0.2)


def test_there_is_room_for_a_signature_that_grows_with_a_picture(state):
    space = state.after(state.find("PHÓ CHỦ TỊCH"), "Chỗ ký")
    assert (round(space.line / 1440 * 25.4), space.line_rule) == (25, "atLeast")


def test_document_that_can_be_checked_carries_the_address_and_its_code():
    file = written(verify_url="https://example.org/xac-minh/abc/", appendices=())
    assert file.find("https://example.org/xac-minh/abc/").size == 9
    (shape,) = file.docx.inline_shapes
    assert round(shape.width / MM) == 18
    assert not written(appendices=()).docx.inline_shapes


# --- safety ----------------------------------------------------------------------------------------------------------
def test_markup_and_fields_in_a_text_are_only_text(state):
    assert HOSTILE.partition("{{")[0].strip() in state.text
    hostile = '<w:instrText>INCLUDETEXT "/etc/passwd"</w:instrText> { DDEAUTO cmd } {% for %} &lt; ]]>'
    file = written(body=(Paragraph(plain(hostile)),), subject=hostile, issuer_name=hostile, notice=hostile)
    assert len([line for line in file.lines if line.text.startswith("<w:instrText>INCLUDETEXT")]) == 2
    fields = [each.text for each in file.body.iter(qn("w:instrText"))]
    assert fields == []
    assert hostile in file.sections[0].footer.paragraphs[0].text


@pytest.mark.parametrize("text", ["a\x00b\x1fc", "a\ud800b", "a\u202eb\u200fc", "a\ufffeb", "😀", "a\vb\tc\nd"])
def test_characters_that_xml_cannot_hold_are_cleaned_everywhere(text):
    listing = blocks.Table((Column(1),), ((Cell(text),),), ((Cell(text),),), caption=text, note=text)
    file = written(
        subject=text,
        issuer_lines=(text,),
        issuer_name=text,
        addressees=(text, text),
        citations=(text,),
        body=(Heading(1, text, text), Paragraph(plain(text), text), Bullet(plain(text)), listing),
        signature=blocks.Signature((text,), (text,), text),
        recipients=(text,),
        appendices=(blocks.Appendix(text, (blocks.KeyLine(text, text),)),),
        notice=text,
    )
    assert not {"\x00", "\x1f", "\ufffe", "\u202e", "\t", "\n"} & set("".join(line.text for line in file.lines))


# Word calls a file damaged when these stand in another order (ECMA-376, part 1, the sequences of the types).
ORDER = {
    "pPr": "pStyle keepNext widowControl pBdr spacing ind jc outlineLvl sectPr",
    "rPr": "rFonts b bCs i iCs sz szCs u lang",
    "tblPr": "tblW tblBorders tblLayout tblCellMar",
    "tcPr": "tcW gridSpan vMerge vAlign",
    "sectPr": "headerReference footerReference type pgSz pgMar pgNumType cols titlePg",
    "style": "name uiPriority qFormat pPr rPr",
    "tbl": "tblPr tblGrid tr",
}


@pytest.mark.parametrize("style", ["state", "party"])
def test_parts_of_every_element_stand_in_the_order_of_the_standard(style, request):
    file = request.getfixturevalue(style)
    for root in (file.body, file.docx.styles.element):
        for tag, names in ORDER.items():
            order = names.split()
            for each in root.iter(qn(f"w:{tag}")):
                places = [order.index(child.tag.rpartition("}")[2]) for child in each]
                assert places == sorted(places), (tag, [child.tag for child in each])


def test_file_refers_to_nothing_outside_itself():
    content = print_out(plan()).content
    archive = zipfile.ZipFile(BytesIO(content))
    relations = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".rels")]
    assert not any("External" in each for each in relations)
    assert not any("thumbnail" in name for name in archive.namelist())


def test_long_title_fits_into_the_properties_of_the_file():
    assert len(written(subject="Đề án " * 100).docx.core_properties.title) == 255


def test_empty_document_is_a_document():
    document = OfficialDocument(blocks.ND30, (), blocks.DocumentNumber(), blocks.IssueDate(), "")
    assert "CỘNG HÒA" in Written(print_out(document).content).text


def test_text_comes_back_in_nfc():
    decomposed = unicodedata.normalize("NFD", LONG)
    file = written(body=(Paragraph((Run(decomposed),)),), closing=(), appendices=())
    assert LONG.rstrip(".") in file.text
    assert unicodedata.is_normalized("NFC", file.text)


def test_progress_counts_the_parts():
    steps = []
    print_out(plan(), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_long_appendix_is_written_within_seconds():
    import time

    started = time.perf_counter()
    file = written(appendices=(blocks.Appendix("Bảng", (table(2000),), landscape=True),))
    assert len(file.docx.tables[2]._tbl.tr_lst) == 2001
    assert time.perf_counter() - started < 30
