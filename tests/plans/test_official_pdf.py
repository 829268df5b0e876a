"""The printed page against the tables of the regulations: positions, sizes, fonts and rules read back from the PDF."""

import re
import unicodedata

import pytest
from django.template.loader import render_to_string

from plans.official import blocks, layout, pdf
from plans.official.blocks import Bullet, Cell, Column, Heading, KeyLine, OfficialDocument, Paragraph, Run, plain
from plans.official.fonts import official_font
from plans.official.numbering import BLANK
from plans.official.pdf import print_out, render_pdf
from plans.official.screen import render_html
from tests.plans.official_pages import Line, Printed, text_width

LEFT, RIGHT, A4 = 30, 195, (210, 297)
LONG = (
    "Tăng cường công tác chăm sóc, giáo dục và bảo vệ trẻ em theo Chỉ thị số 28-CT/TW ngày 25/12/2023 của Bộ Chính "
    "trị; xây dựng môi trường sống an toàn, lành mạnh, thân thiện; phòng, chống xâm hại, bạo lực và tai nạn "
    "thương tích; huy động các nguồn lực xã hội chăm lo cho trẻ em có hoàn cảnh khó khăn."
)
HOSTILE = "<b>đậm</b> & <img src='file:///etc/passwd'> {{ x }} “trích” \u2713"


def table(rows: int) -> blocks.Table:
    return blocks.Table(
        (Column(1, "center"), Column(5), Column(2, "right")),
        ((Cell("TT"), Cell("Chỉ tiêu"), Cell("Kết quả")),),
        tuple((Cell(str(n)), Cell(f"Dòng {n}"), Cell("1.234")) for n in range(1, rows + 1)),
    )


def plan(**changes) -> OfficialDocument:
    values = {
        "style": blocks.ND30,
        "superior_lines": ("Liên đoàn Lao động tỉnh",),
        "issuer_lines": ("Công đoàn Viên chức tỉnh",),
        "issuer_name": "Công đoàn Viên chức tỉnh Đắk Lắk",
        "number": blocks.DocumentNumber(7, "KH", "CĐVC"),
        "date": blocks.IssueDate("Đắk Lắk", 4, 2, 2024),
        "type_name": "KẾ HOẠCH",
        "subject": "Triển khai thực hiện Chỉ thị số 28-CT/TW",
        "citations": ("Căn cứ Luật Trẻ em", "Căn cứ Chỉ thị số 28-CT/TW"),
        "body": (
            Heading(1, "I.", "Mục đích, yêu cầu"),
            *(Paragraph(plain(LONG), f"{n}.") for n in range(1, 10)),
            Heading(2, "2.", "Nhiệm vụ có tên"),
            Bullet((Run("Phong trào “"), Run("Toàn dân bảo vệ trẻ em", italic=True), Run("”."))),
            KeyLine("Ngành chủ trì", "Công chức Văn hóa – xã hội"),
            Paragraph((Run("Chữ đậm", bold=True), Run(f" {HOSTILE}"))),
        ),
        "closing": (Paragraph(plain("Đề nghị các đơn vị thực hiện.")),),
        "signature": blocks.Signature(("TM.BAN THƯỜNG VỤ",), ("Phó Chủ tịch",), "ThS. Trần Văn Dũng"),
        "recipients": ("Ban Nữ công Tổng Liên đoàn", "Lưu VT; NC"),
        "appendices": (
            blocks.Appendix("Bảng số liệu", (table(40),), landscape=True),
            blocks.Appendix("Danh mục", (Paragraph(plain("Nội dung phụ lục hai.")),)),
        ),
        "notice": "Dữ liệu mẫu, không phải văn bản đã ban hành",
    }
    return OfficialDocument(**(values | changes))


def page_number(printed: Printed, page: int) -> Line | None:
    """What stands in the top margin."""
    return next((line for line in printed.lines(page) if line.y < 20), None)


@pytest.fixture(scope="module")
def state() -> Printed:
    return Printed(render_pdf(plan()))


@pytest.fixture(scope="module")
def party() -> Printed:
    document = plan(
        style=blocks.PARTY,
        superior_lines=("Tỉnh ủy Đắk Lắk",),
        issuer_lines=("Đảng ủy Khối Cơ quan", "và Doanh nghiệp tỉnh"),
        number=blocks.DocumentNumber(162, "KH", "ĐUK"),
        signature=blocks.Signature(("TM. Ban Thường vụ", "KT. Bí thư"), ("Phó Bí thư",), "Trần Văn Thuận"),
        recipients=("Ban Thường vụ Tỉnh ủy (để b/c)", "Lưu VPĐUK"),
        appendices=(),
        notice="",
    )
    return Printed(render_pdf(document))


@pytest.fixture(scope="module")
def letter() -> Printed:
    """A công văn of a union: a draft without number, day, signature and recipients."""
    document = plan(
        type_name="",
        number=blocks.DocumentNumber(None, "", "LĐLĐ", "NC"),
        date=blocks.IssueDate("", None, 5, 2024),
        subject="Về việc Triển khai Kế hoạch số 104/KH-TLĐ",
        addressees=("Các Liên đoàn Lao động huyện", "Các công đoàn ngành địa phương"),
        citations=(),
        body=(Paragraph(plain(unicodedata.normalize("NFD", "Thực hiện Kế hoạch của Tổng Liên đoàn"))),),
        closing=(),
        signature=None,
        recipients=(),
        appendices=(),
        notice="",
    )
    return Printed(render_pdf(document))


# --- page ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("style", ["state", "party"])
def test_page_is_a4_with_margins_of_30_and_15_mm(style, request):
    printed = request.getfixturevalue(style)
    box = printed.pages[0].mediabox
    assert (round(float(box.width) * 25.4 / 72), round(float(box.height) * 25.4 / 72)) == A4
    body = [line for line in printed.lines(1) if line.size == 14 and not line.bold]
    assert min(line.x for line in body) == pytest.approx(LEFT, abs=0.5)
    right_edges = [rule.x + rule.length for rule in printed.rules(1)]
    assert max(right_edges) <= RIGHT


@pytest.mark.parametrize("style", ["state", "party"])
def test_text_stays_inside_the_top_and_bottom_margins(style, request):
    printed = request.getfixturevalue(style)
    lines = [line for line in printed.lines(1) if not line.text.startswith("Dữ liệu mẫu")]
    assert 20 < min(line.y for line in lines) < 26
    assert max(line.y for line in lines) < 277


@pytest.mark.parametrize("style", ["state", "party"])
def test_first_page_has_no_number_and_the_second_has_it_in_the_middle(style, request):
    printed = request.getfixturevalue(style)
    assert page_number(printed, 1) is None
    number = page_number(printed, 2)
    assert (number.text, number.size) == ("2", 14)
    middle = number.x + text_width("2", 14) / 2
    assert middle == pytest.approx((LEFT + RIGHT) / 2, abs=1)


def test_party_page_number_is_10_mm_from_the_edge(party):
    number = page_number(party, 2)
    top_of_digit = number.y - 0.662 * 14 * 25.4 / 72
    assert top_of_digit == pytest.approx(10, abs=1)


def test_only_the_official_font_is_embedded(state, party, letter):
    family = official_font().name
    for printed in (state, party, letter):
        assert {font.split("-")[0] for font in printed.fonts()} == {family}


def test_file_says_what_it_is(state):
    assert state.reader.metadata.title == "Kế hoạch số 07/KH-CĐVC Triển khai thực hiện Chỉ thị số 28-CT/TW"
    assert state.reader.trailer["/Root"]["/Lang"] == "vi"
    xmp = state.reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "pdfaid" in xmp
    assert "/OutputIntents" in state.reader.trailer["/Root"]
    resources = state.pages[0]["/Resources"]
    assert "/Pattern" not in resources
    assert "/Shading" not in resources


# --- NĐ 30 -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "size", "bold", "italic"),
    [
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, True, False),
        ("Độc lập - Tự do - Hạnh phúc", 13, True, False),
        ("LIÊN ĐOÀN LAO ĐỘNG TỈNH", 12, False, False),
        ("CÔNG ĐOÀN VIÊN CHỨC TỈNH", 12, True, False),
        ("Số: 07/KH-CĐVC", 13, False, False),
        ("Đắk Lắk, ngày 04 tháng 02 năm 2024", 13, False, True),
        ("KẾ HOẠCH", 14, True, False),
        ("Triển khai thực hiện", 14, True, False),
        ("Căn cứ Luật Trẻ em;", 14, False, True),
        ("Căn cứ Chỉ thị số 28-CT/TW.", 14, False, True),
        ("I. MỤC ĐÍCH, YÊU CẦU", 14, True, False),
        ("1. Tăng cường", 14, False, False),
    ],
)
def test_sizes_of_the_first_page(state, start, size, bold, italic):
    line = state.line(1, start)
    assert (line.size, line.bold, line.italic) == (size, bold, italic)


def test_rule_under_the_motto_is_as_long_as_the_motto(state):
    motto = state.line(1, "Độc lập - Tự do - Hạnh phúc")
    (rule,) = [rule for rule in state.rules(1) if 0 < rule.y - motto.y < 3 and rule.x > 100]
    assert rule.length == pytest.approx(text_width(motto.text, 13, font="Tinos-Bold"), abs=1)
    assert rule.x == pytest.approx(motto.x, abs=1)


@pytest.mark.parametrize(("start", "size"), [("CÔNG ĐOÀN VIÊN CHỨC TỈNH", 12), ("Triển khai thực hiện", 14)])
def test_rule_under_issuer_and_subject_is_a_third_to_a_half_and_centred(state, start, size):
    line = state.line(1, start)
    (rule,) = [rule for rule in state.rules(1) if 0 < rule.y - line.y < 4 and abs(rule.x - line.x) < 60]
    width = text_width(line.text, size, font="Tinos-Bold")
    assert width / 3 <= rule.length <= width / 2
    assert rule.x + rule.length / 2 == pytest.approx(line.x + width / 2, abs=1)


def test_number_and_date_stand_on_one_baseline(state):
    assert state.line(1, "Số:").y == pytest.approx(state.line(1, "Đắk Lắk, ngày").y, abs=0.1)


def test_nation_and_superior_begin_on_one_line(state):
    assert state.line(1, "CỘNG HÒA").y == pytest.approx(state.line(1, "LIÊN ĐOÀN").y, abs=0.1)


def test_paragraph_is_indented_and_spaced(state):
    first = state.line(1, "1. Tăng cường")
    lines = [line for line in state.lines(1) if line.y > first.y]
    assert first.x == pytest.approx(LEFT + 12.7, abs=0.5)
    spacing = (lines[0].y - first.y) / (14 * 25.4 / 72)
    assert 1.15 <= spacing <= 1.5 * 1.15


def test_signature_block(state):
    page = state.page_of("TM. BAN THƯỜNG VỤ")
    authority, post = state.line(page, "TM. BAN THƯỜNG VỤ"), state.line(page, "PHÓ CHỦ TỊCH")
    name = state.line(page, "Trần Văn Dũng")
    for line in (authority, post, name):
        assert (line.size, line.bold, line.italic) == (14, True, False)
        assert line.x > 105
    assert post.y < name.y - 20


def test_recipients_are_level_with_the_authority(state):
    page = state.page_of("Nơi nhận:")
    word = state.line(page, "Nơi nhận:")
    assert (word.size, word.bold, word.italic) == (12, True, True)
    assert word.x == pytest.approx(LEFT, abs=0.5)
    assert word.y == pytest.approx(state.line(page, "TM. BAN THƯỜNG VỤ").y, abs=0.1)
    for start in ("- Ban Nữ công Tổng Liên đoàn;", "- Lưu: VT, NC."):
        assert state.line(page, start).size == 11


def test_text_ends_with_its_mark_and_stands_with_the_signature(state):
    page = state.page_of("TM. BAN THƯỜNG VỤ")
    assert "Đề nghị các đơn vị thực hiện./." in state.text(page)


def test_markup_in_the_text_is_printed_as_it_is(state):
    assert "<b>đậm</b> & <img src='file:///etc/passwd'> {{ x }} “trích” □" in state.text()


def test_weights_inside_a_paragraph(state):
    page = state.page_of("Toàn dân bảo vệ trẻ em")
    assert state.line(page, "Chữ đậm").bold
    assert state.line(page, "Toàn dân bảo vệ").italic
    assert state.line(page, "Ngành chủ trì:").italic
    assert "- Phong trào “Toàn dân bảo vệ trẻ em”." in state.text(page)


def test_document_numbers_do_not_break(state):
    for page in range(1, 4):
        for line in state.lines(page):
            assert not line.text.endswith(("28-", "28-CT/", "25/", "25/12/"))


def test_sample_data_is_marked_on_every_page(state):
    for page in range(1, len(state.pages) + 1):
        assert "Dữ liệu mẫu, không phải văn bản đã ban hành" in state.text(page)


# --- appendices ------------------------------------------------------------------------------------------------------
def test_appendix_is_landscape_and_numbered_by_itself(state):
    first = state.page_of("BẢNG SỐ LIỆU")
    box = state.pages[first - 1].mediabox
    assert box.width > box.height
    label = state.line(first, "Phụ lục I")
    assert (label.size, label.bold) == (14, True)
    attached = state.line(first, "(Kèm theo Kế hoạch số 07/KH-CĐVC ngày 04 tháng 02 năm 2024 của Công đoàn")
    assert attached.italic
    assert page_number(state, first) is None
    assert page_number(state, first + 1).text == "2"
    assert state.page_of("Nội dung phụ lục hai.") == len(state.pages)


def test_appendix_repeats_its_header_row_and_keeps_every_row(state):
    first = state.page_of("BẢNG SỐ LIỆU")
    texts = [state.text(page) for page in range(first, len(state.pages))]
    assert len(texts) > 1
    assert all("Chỉ tiêu" in text for text in texts)
    assert all(f"Dòng {n} " in " ".join(texts) for n in range(1, 41))


def test_numbers_are_aligned_to_the_right(state):
    first = state.page_of("BẢNG SỐ LIỆU")
    header, value = state.line(first, "Kết quả"), next(line for line in state.lines(first) if line.text == "1.234")
    assert value.x > header.x
    assert value.x + text_width("1.234", value.size) == pytest.approx(297 - 15, abs=2)


# --- a letter that is a draft ----------------------------------------------------------------------------------------
def test_draft_prints_blanks_for_number_place_and_day(letter):
    assert letter.line(1, "Số:").text == f"Số: {BLANK}/LĐLĐ-NC"
    assert letter.line(1, f"{BLANK}, ngày").text == f"{BLANK}, ngày {BLANK} tháng 5 năm 2024"


def test_subject_of_a_letter_stands_under_the_number(letter):
    number, about = letter.line(1, "Số:"), letter.line(1, "V/v triển khai")
    assert about.size == 12
    assert about.y > number.y + 6 * 25.4 / 72
    assert about.x < 105
    assert "CÔNG VĂN" not in letter.text()


def test_several_addressees_have_a_line_each(letter):
    word = letter.line(1, "Kính gửi:")
    first, last = letter.line(1, "- Các Liên đoàn"), letter.line(1, "- Các công đoàn")
    assert word.size == first.size == 14
    assert word.y < first.y < last.y
    assert first.text.endswith(";")
    assert last.text.endswith(".")


def test_draft_invents_no_signature_and_no_recipients(letter):
    text = letter.text()
    assert "Nơi nhận" not in text
    assert "CHỦ TỊCH" not in text
    assert text.endswith("Tổng Liên đoàn./.")


def test_text_comes_back_composed(letter):
    text = letter.text()
    assert text == unicodedata.normalize("NFC", text)
    assert "Thực hiện Kế hoạch của Tổng Liên đoàn" in text


# --- the Party -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "size", "bold", "italic"),
    [
        ("ĐẢNG CỘNG SẢN VIỆT NAM", 15, True, False),
        ("TỈNH ỦY ĐẮK LẮK", 14, False, False),
        ("ĐẢNG ỦY KHỐI CƠ QUAN", 14, True, False),
        ("Số 162-KH/ĐUK", 14, False, False),
        ("Đắk Lắk, ngày 04 tháng 02 năm 2024", 14, False, True),
        ("KẾ HOẠCH", 16, True, False),
        ("triển khai thực hiện", 15, True, False),
        ("- Căn cứ Luật Trẻ em;", 14, False, False),
        ("I. MỤC ĐÍCH, YÊU CẦU", 14, True, False),
    ],
)
def test_party_sizes(party, start, size, bold, italic):
    line = party.line(1, start)
    assert (line.size, line.bold, line.italic) == (size, bold, italic)


def test_party_head_has_a_star_dashes_and_no_motto(party):
    texts = [line.text for line in party.lines(1)]
    assert "*" in texts
    assert "-----" in texts
    assert "CỘNG HÒA" not in party.text()
    assert "Độc lập" not in party.text()


def test_party_rule_is_as_long_as_the_title(party):
    title = party.line(1, "ĐẢNG CỘNG SẢN VIỆT NAM")
    (rule,) = [rule for rule in party.rules(1) if rule.y - title.y < 3]
    assert rule.length == pytest.approx(text_width(title.text, 15, font="Tinos-Bold"), abs=1)


def test_party_line_spacing_is_18_to_22_points(party):
    first = party.line(1, "1. Tăng cường")
    following = next(line for line in party.lines(1) if line.y > first.y)
    assert 18 <= (following.y - first.y) * 72 / 25.4 <= 22


def test_party_signature(party):
    page = party.page_of("T/M BAN THƯỜNG VỤ")
    authority, post = party.line(page, "T/M BAN THƯỜNG VỤ"), party.line(page, "PHÓ BÍ THƯ")
    assert (authority.size, authority.bold) == (14, True)
    assert (post.size, post.bold) == (14, False)
    assert party.line(page, "Trần Văn Thuận").bold
    assert "K/T" not in party.text()
    word = party.line(page, "Nơi nhận")
    assert (word.size, word.bold, word.italic) == (14, False, False)
    assert party.line(page, "- Lưu VPĐUK.").size == 12
    assert "Đề nghị các đơn vị thực hiện." in party.text(page)
    assert "./." not in party.text()


# --- the signature never stands alone --------------------------------------------------------------------------------
@pytest.mark.parametrize("closing", ["Đề nghị thực hiện.", LONG], ids=["short", "long"])
def test_signature_takes_two_lines_of_the_text_with_it(closing):
    """The body is made longer line by line until the signature must go over to the next page."""
    found = False
    for filling in range(13, 18):
        body = (*(Paragraph(plain(LONG)) for _ in range(6)), *(Bullet(plain(f"Dòng {n}.")) for n in range(filling)))
        printed = Printed(
            render_pdf(plan(body=body, closing=(Paragraph(plain(closing)),), citations=(), appendices=(), notice=""))
        )
        page = printed.page_of("TM. BAN THƯỜNG VỤ")
        authority = printed.line(page, "TM. BAN THƯỜNG VỤ")
        above = [line for line in printed.lines(page) if 20 < line.y < authority.y - 1]
        assert len(above) >= 2
        found = found or page == 2
    assert found


# --- safety ----------------------------------------------------------------------------------------------------------
def test_renderer_fetches_nothing_but_the_font(monkeypatch, tmp_path):
    secret = tmp_path / "secret.css"
    secret.write_text("article::before { content: 'LOT RA NGOAI' }")
    fetched = []
    original = pdf.OwnFontsOnly.fetch

    def watched(self, url, headers=None):
        fetched.append(url)
        return original(self, url, headers)

    monkeypatch.setattr(pdf.OwnFontsOnly, "fetch", watched)
    template = f'<link rel="stylesheet" href="{secret.as_uri()}"><img src="http://127.0.0.1:9/x.png"><p>Chữ</p>'
    monkeypatch.setattr(pdf, "_markup", lambda document, position: template)
    printed = Printed(render_pdf(plan(appendices=())))
    assert printed.text() == "Chữ"
    assert secret.as_uri() in fetched
    refused = pdf.OwnFontsOnly(official_font())
    for url in (secret.as_uri(), "http://127.0.0.1:9/x.png", "data:text/css,a", "file:///etc/passwd"):
        with pytest.raises(ValueError, match="own font"):
            original(refused, url)


def test_progress_is_told_part_by_part():
    steps = []
    document = plan(body=(), appendices=(blocks.Appendix("A", ()),))
    printout = print_out(document, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert printout.pages == len(Printed(printout.content).pages) == 2


# --- the preview -----------------------------------------------------------------------------------------------------
def test_preview_has_the_same_text_and_no_inline_style():
    html = render_html(plan())
    assert "style=" not in html
    assert "<script" not in html
    assert "&lt;b&gt;đậm&lt;/b&gt;" in html
    for text in ("Số: 07/KH-CĐVC", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Phụ lục II", "Lưu: VT, NC."):
        assert text in html


def test_text_with_chart_prints_the_drawing_s_words():
    chart = blocks.Chart(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40" width="200" height="40">'
        '<rect width="120" height="20" fill="#b00"/><text x="0" y="36" font-size="12">Đạt 90,1 %</text></svg>',
        "Tỷ lệ gia đình được truyền thông",
    )
    printed = Printed(render_pdf(plan(body=(chart,), appendices=())))
    assert "Đạt 90,1 %" in printed.text()
    assert "Tỷ lệ gia đình được truyền thông" in printed.text()
    assert {font.split("-")[0] for font in printed.fonts()} == {official_font().name}
    assert "style=" not in render_to_string(
        "official/_block.html", {"block": {"kind": "chart", "svg": "", "title": "x"}}
    )


def test_row_that_heads_others_is_never_the_last_of_a_page():
    """A band ("Chủ trì: …") goes over to the next page with its first row, wherever the page ends."""
    columns = (Column(1, "center"), Column(5))
    band = (Cell("Chủ trì: Ban Nữ công", colspan=2, bold=True),)
    for filling in range(27, 30):
        rows = (*((Cell(str(n)), Cell(f"Dòng {n}")) for n in range(filling)), band, (Cell("x"), Cell("Việc của ban")))
        listing = blocks.Table(columns, ((Cell("TT"), Cell("Nội dung")),), rows)
        printed = Printed(render_pdf(plan(body=(listing,), citations=(), appendices=(), notice="")))
        assert printed.page_of("Chủ trì: Ban Nữ công") == printed.page_of("Việc của ban")


def test_preview_leaves_the_first_heading_to_the_page_and_skips_no_level():
    html = render_html(plan(body=(Heading(2, "1.", "Một"), Heading(4, "a)", "Hai")), appendices=()))
    assert re.findall(r"<h(\d)", html) == ["2", "3", "4"]
    letter = render_html(plan(type_name="", body=(Heading(1, "I.", "Một"),), appendices=()))
    assert re.findall(r"<h(\d)", letter) == ["2"]


def test_very_long_paragraph_is_cut_for_the_renderer_and_reads_on(monkeypatch):
    text = "Tổ chức tuyên truyền pháp luật về trẻ em cho đoàn viên, người lao động. " * 200
    document = plan(body=(Paragraph((Run(text, italic=True),)), Paragraph(plain(text))), closing=(), appendices=())
    assert render_html(document).count("o-piece") > 6
    cut = Printed(render_pdf(document))
    monkeypatch.setattr(layout, "_LONGEST_PIECE", 10**9)
    whole = Printed(render_pdf(document))
    assert "o-piece" not in render_html(document)
    assert [cut.text(n + 1) for n in range(len(cut.pages))] == [whole.text(n + 1) for n in range(len(whole.pages))]
