"""The rest of the regulations' tables, measured on the printed page: what test_official_pdf.py leaves out."""

import re

import pytest

from plans.official import blocks
from plans.official.blocks import Appendix, Cell, Column, Paragraph, plain
from plans.official.pdf import render_pdf
from tests.plans.official_pages import MM, Line, Printed, text_width
from tests.plans.test_official_pdf import LEFT, LONG, RIGHT, plan

POINT, PIXEL = MM, 0.75 * MM  # in mm
TABLE = blocks.Table((Column(1), Column(4)), ((Cell("TT"), Cell("Nội dung")),), ((Cell("1"), Cell("Dòng")),))


@pytest.fixture(scope="module")
def state() -> Printed:
    return Printed(render_pdf(plan(addressees=("Liên đoàn Lao động tỉnh Đắk Lắk",), notice="")))


@pytest.fixture(scope="module")
def party() -> Printed:
    appendices = (Appendix("Bảng số liệu", (TABLE,), landscape=True), Appendix("Danh mục", (TABLE,)))
    return Printed(
        render_pdf(
            plan(
                style=blocks.PARTY,
                addressees=("Ban Thường vụ Tỉnh ủy",),
                recipients=("Các đảng ủy, chi ủy cơ sở trực thuộc Đảng ủy Khối Cơ quan và Doanh nghiệp", "Lưu VPĐUK"),
                appendices=appendices,
                notice="",
            )
        )
    )


def text_lines(printed: Printed, page: int) -> list[Line]:
    """The lines of the body in its plain letters, without what is centred or stands in a margin."""
    found = [line for line in printed.lines(page) if line.size == 14 and not line.bold and not line.italic]
    return [line for line in found if 20 < line.y < 280]


@pytest.mark.parametrize("style", ["state", "party"])
def test_full_lines_reach_from_margin_to_margin(style, request):
    printed = request.getfixturevalue(style)
    begins = [index for index, line in enumerate(text_lines(printed, 1)) if line.text.startswith(("1. ", "2. ", "3. "))]
    assert len(begins) == 3
    for index in begins:
        first, second, third, last = text_lines(printed, 1)[index : index + 4]
        for line in (first, second, third):
            assert line.end == pytest.approx(RIGHT, abs=0.3)
        for line in (second, third, last):
            assert line.x == pytest.approx(LEFT, abs=0.1)
        assert last.end < RIGHT - 10


@pytest.mark.parametrize(("style", "indent"), [("state", 12.7), ("party", 10)])
def test_paragraphs_are_indented_and_at_least_6_points_apart(style, indent, request):
    printed = request.getfixturevalue(style)
    lines = text_lines(printed, 2)
    first = [index for index, line in enumerate(lines) if line.x == pytest.approx(LEFT + indent, abs=0.5)]
    assert len(first) >= 3
    inside = lines[first[0] + 1].y - lines[first[0]].y
    for index in first[1:]:
        assert lines[index].y - lines[index - 1].y - inside >= 6 * POINT - 0.05


@pytest.mark.parametrize("style", ["state", "party"])
def test_titled_points_are_bold_and_plain_ones_are_not(style, request):
    printed = request.getfixturevalue(style)
    page = printed.page_of("2. Nhiệm vụ có tên")
    assert printed.line(page, "2. Nhiệm vụ có tên").bold
    assert not printed.line(1, "1. Tăng cường").bold


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        ("state", ["KẾ HOẠCH", "Triển khai thực hiện", "Kính gửi: Liên đoàn"]),
        ("party", ["KẾ HOẠCH", "triển khai thực hiện", "-----"]),
    ],
)
def test_title_and_addressee_stand_in_the_middle_of_the_text(style, lines, request):
    printed = request.getfixturevalue(style)
    for start in lines:
        assert printed.line(1, start).middle == pytest.approx((LEFT + RIGHT) / 2, abs=0.5)


def test_number_stands_under_the_issuer_and_the_date_under_the_nation(state):
    assert state.line(1, "Số:").middle == pytest.approx(state.line(1, "CÔNG ĐOÀN VIÊN").middle, abs=0.5)
    nation, motto, date = (state.line(1, start) for start in ("CỘNG HÒA", "Độc lập", "Đắk Lắk, ngày"))
    assert date.middle == pytest.approx(nation.middle, abs=0.5)
    assert motto.middle == pytest.approx(nation.middle, abs=0.5)
    assert nation.end <= RIGHT


def test_party_s_number_stands_under_the_star_and_the_date_under_the_rule(party):
    issuer, star, number = (party.line(1, start) for start in ("CÔNG ĐOÀN VIÊN", "*", "Số 07-KH"))
    assert star.middle == pytest.approx(issuer.middle, abs=0.5)
    assert number.middle == pytest.approx(issuer.middle, abs=0.5)
    assert issuer.y < star.y < number.y
    title, date = party.line(1, "ĐẢNG CỘNG SẢN"), party.line(1, "Đắk Lắk, ngày")
    assert date.middle == pytest.approx(title.middle, abs=0.5)
    assert date.y > title.y


def test_addressee_is_upright_by_nd_30_and_its_word_slopes_in_the_party(state, party):
    one = state.line(1, "Kính gửi: Liên đoàn Lao động tỉnh Đắk Lắk")
    assert (one.size, one.bold, one.italic) == (14, False, False)
    word = party.line(1, "Kính gửi:")
    assert (word.size, word.bold, word.italic) == (14, False, True)
    assert "- Như trên;" in state.text(state.page_of("Nơi nhận:"))


def test_subject_of_a_letter_stands_6_points_under_the_middle_of_its_number():
    printed = Printed(
        render_pdf(plan(type_name="", subject="Đôn đốc báo cáo", appendices=(), notice="", body=(), citations=()))
    )
    number, about = printed.line(1, "Số:"), printed.line(1, "V/v đôn đốc báo cáo")
    assert about.middle == pytest.approx(number.middle, abs=0.5)
    # Between the lines: what hangs under the number (13 pt) and what rises over the subject (12 pt), at 1.2 of each.
    hangs, rises = (1.2 / 2 + 0.2165 - 0.891 / 2 - 0.2165 / 2) * 13, (1.2 / 2 + 0.891 / 2 - 0.2165 / 2) * 12
    assert (about.y - number.y) / POINT - hangs - rises == pytest.approx(6, abs=1.5)


@pytest.mark.parametrize("style", ["state", "party"])
def test_signature_block_is_centred_on_one_line_down_the_page(style, request):
    printed = request.getfixturevalue(style)
    post = "PHÓ CHỦ TỊCH"
    page = printed.page_of(post)
    authority = printed.line(page, "TM. BAN" if style == "state" else "T/M BAN")
    name = printed.line(page, "Trần Văn Dũng")
    middles = [line.middle for line in (authority, printed.line(page, post), name)]
    assert max(middles) - min(middles) < 0.5
    assert name.y - printed.line(page, post).y > 25
    assert printed.line(page, post).bold is (style == "state")


def test_recipients_of_the_party_are_underlined_and_hang(party):
    page = party.page_of("Nơi nhận")
    word = party.line(page, "Nơi nhận")
    drawn = party.pages[page - 1].get_contents().get_data().decode("latin1")
    (right, left) = re.search(r"([\d.]+) [\d.]+ m\n([\d.]+) [\d.]+ l\n", drawn).groups()
    assert float(left) * PIXEL == pytest.approx(LEFT, abs=0.1)
    assert (float(right) - float(left)) * PIXEL == pytest.approx(text_width("Nơi nhận", 14), abs=0.3)
    assert word.text == "Nơi nhận:"
    lines = [line for line in party.lines(page) if line.size == 12]
    assert lines[0].text.startswith("- Như trên;")
    assert {round(line.x - LEFT) for line in lines} == {0, 2}
    assert lines[-1].text == "- Lưu VPĐUK."


@pytest.mark.parametrize("style", ["state", "party"])
def test_everything_is_black(style, request):
    for page in request.getfixturevalue(style).pages:
        drawn = page.get_contents().get_data().decode("latin1")
        colours = set(re.findall(r"^(.+) (?:rg|RG|g|G|sc|SC|scn|SCN|k|K)$", drawn, re.MULTILINE))
        assert colours <= {"0 0 0", "0"}


def test_appendices_of_the_party_are_counted_in_arabic_numerals(party):
    first, second = party.page_of("Phụ lục 1"), party.page_of("Phụ lục 2")
    for page, start in ((first, "BẢNG SỐ LIỆU"), (second, "DANH MỤC")):
        label, title = party.line(page, "Phụ lục"), party.line(page, start)
        for line in (label, title):
            assert (line.size, line.bold, line.italic) == (14, True, False)
        attached = party.line(page, "(Kèm theo Kế hoạch số")
        assert (attached.size, attached.italic) == (14, True)
        assert "(Kèm theo Kế hoạch số 07-KH/CĐVC, ngày 04 tháng 02 năm 2024 của" in party.text(page)
        middle = (LEFT + float(party.pages[page - 1].mediabox.width) * MM - 15) / 2
        assert label.middle == pytest.approx(middle, abs=0.5)
        assert title.middle == pytest.approx(middle, abs=0.5)


def test_line_under_the_title_of_an_appendix_is_filled_before_it_breaks(party):
    page = party.page_of("Phụ lục 2")
    attached = party.line(page, "(Kèm theo Kế hoạch số 07-KH/CĐVC, ngày 04")
    assert attached.end - attached.x > 0.9 * (RIGHT - LEFT)


def test_draft_s_appendix_keeps_the_blanks_of_number_and_day():
    draft = plan(
        number=blocks.DocumentNumber(None, "KH", "CĐVC"),
        date=blocks.IssueDate("Đắk Lắk", None, 2, 2024),
        body=(),
        appendices=(Appendix("Bảng", (TABLE,), landscape=True),),
    )
    printed = Printed(render_pdf(draft))
    attached = printed.line(len(printed.pages), "(Kèm theo")
    narrow = text_width(" ".join(attached.text.split()), 14, font=attached.font)
    assert attached.end - attached.x > narrow + 10 * text_width(" ", 14, font=attached.font)


def test_one_appendix_has_no_number():
    printed = Printed(render_pdf(plan(body=(Paragraph(plain(LONG)),), appendices=(Appendix("Bảng", (TABLE,)),))))
    assert printed.line(len(printed.pages), "Phụ lục").text == "Phụ lục"
