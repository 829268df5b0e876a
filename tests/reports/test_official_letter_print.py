"""The official letter read back from its PDF and its Word file: what stands where, in both styles."""

import dataclasses
import datetime

import pytest

from plans.models import Letterhead
from plans.official import pdf, word
from plans.official.blocks import DocumentNumber, IssueDate
from reports import official_letters
from reports.models import OfficialLetter
from reports.official_letter_document import document_of
from tests.builders import LONG_AGO, make_unit, open_year
from tests.plans.official_pages import Printed
from tests.plans.word_pages import Written

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)
Kind = OfficialLetter.Kind


@pytest.fixture
def head(cast):
    Letterhead.objects.create(
        org_unit=cast.union, valid_from=LONG_AGO, superior_line="LIÊN ĐOÀN LAO ĐỘNG TỈNH",
        issuer_line="CÔNG ĐOÀN VIÊN CHỨC TỈNH", body_code="CĐVC", drafting_code="NC", place_name="Đắk Lắk",
        signing_authority="TL. BAN THƯỜNG VỤ", signer_post="TRƯỞNG BAN NỮ CÔNG", signer_name="ThS. Võ Thị Ký",
        recipients="Ban Nữ công\nLưu: VT",
    )  # fmt: skip


def letter_of(cast, *, kind=Kind.URGE, sector="trade_union", obligations=None):
    type(cast.union).objects.filter(pk=cast.union.pk).update(sector=sector)
    rows = obligations or [cast.obligation, cast.sibling_obligation]
    return document_of(official_letters.begin(kind, rows, by=cast.reviewer, on=DAY), on=DAY)


def printed(document):
    return Printed(pdf.print_out(document).content)


def test_letter_of_a_union(cast, head):
    pages = printed(letter_of(cast))
    number, about = pages.line(1, "Số:"), pages.line(1, "V/v đôn đốc")
    place = pages.line(1, "Đắk Lắk, ngày")
    assert number.text.endswith("/CĐVC-NC")
    assert (number.size, about.size, place.size) == (13, 12, 13)
    assert number.y == pytest.approx(place.y, abs=0.3)
    assert about.y > number.y
    assert about.x < 105  # under the number, in the left half
    to, first, second = (
        pages.line(1, text) for text in ("Kính gửi:", "- Công đoàn cơ sở số 01;", "- Công đoàn cơ sở số 02.")
    )
    assert about.y < to.y < first.y < second.y < pages.line(1, "Thực hiện Kế hoạch").y
    assert (to.size, first.size) == (14, 14)
    assert first.x == pytest.approx(second.x, abs=0.1)
    text = pages.text()
    assert "CÔNG VĂN" not in text  # a công văn has no title
    assert "“trước ngày 10/11”" in text
    assert "1 Công đoàn cơ sở số 01 Chưa nộp 09/11/2026 11" in text
    assert "chậm nhất 23:59 ngày 27/11/2026 (thứ Sáu)./." in text
    signing = pages.line(1, "TL. BAN THƯỜNG VỤ")
    assert signing.y == pytest.approx(pages.line(1, "Nơi nhận:").y, abs=0.6)
    assert pages.line(1, "Võ Thị Ký").bold
    assert "- Như trên; - Ban Nữ công; - Lưu: VT." in text


def test_letter_of_a_party_committee(cast, head):
    pages = printed(letter_of(cast, sector="party"))
    (number,) = [line for line in pages.lines(1) if "-CV/" in line.text]
    about = pages.line(1, "về việc đôn đốc")
    assert number.text.startswith("Số ")
    assert number.text.endswith("-CV/CĐVC")
    assert ":" not in number.text
    assert about.italic
    assert about.y > number.y
    assert pages.line(1, "Kính gửi:").italic
    text = pages.text()
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in text
    assert "CỘNG HÒA" not in text
    assert "T/L BAN THƯỜNG VỤ" in text
    assert "(thứ Sáu). " in text
    assert "./." not in text
    assert "- Lưu VT." in text


def test_one_recipient_stands_on_the_line_of_the_word(cast, head):
    pages = printed(letter_of(cast, obligations=[cast.obligation]))
    assert pages.line(1, "Kính gửi: Công đoàn cơ sở số 01").size == 14


@pytest.mark.parametrize(("sector", "labels"), [("trade_union", "I II III"), ("party", "1 2 3")])
def test_appendices_have_the_numerals_of_the_style_and_wide_pages(cast, head, sector, labels):
    for number in range(40):
        make_unit(f"Công đoàn cơ sở thêm {number + 1:02d}", parent=cast.union)
    rows = open_year(cast.duty, 2027)
    pages = printed(letter_of(cast, kind=Kind.FORM, sector=sector, obligations=rows))
    assert "Kính gửi: Các đơn vị có tên trong danh sách kèm theo" in pages.text(1)
    units, figures, texts = (pages.page_of(f"Phụ lục {label} ") for label in labels.split())
    assert figures - units == 2  # 42 units fill a page and more: the head of the table is repeated, the number shown
    assert "TT Đơn vị Hạn chót" in pages.text(units)
    assert "TT Đơn vị Hạn chót" in pages.text(units + 1)
    assert pages.text(units + 1).endswith(" 2")
    box = pages.pages[figures - 1].mediabox
    assert box.width > box.height
    assert pages.pages[units - 1].mediabox.width < pages.pages[units - 1].mediabox.height
    assert "Tỷ lệ cán bộ công đoàn được truyền thông" in pages.text(figures)
    assert "(Kèm theo Công văn số" in pages.text(texts)


def test_word_file_has_the_same_text(cast, head):
    document = letter_of(cast)
    file = Written(word.print_out(document).content)
    assert file.find("V/v đôn đốc").size == 12
    assert file.find("Kính gửi:").size == 14
    assert file.find("- Công đoàn cơ sở số 02.").text
    for words in ("“trước ngày 10/11”", "Chưa nộp", "(thứ Sáu)./.", "TL. BAN THƯỜNG VỤ", "- Lưu: VT."):
        assert words in file.text


def test_issued_number_and_day_are_printed(cast, head):
    document = dataclasses.replace(
        letter_of(cast),
        number=DocumentNumber(9, "", "CĐVC", "NC"),
        date=IssueDate("Đắk Lắk", 5, 2, 2026),
    )
    pages = printed(document)
    assert pages.line(1, "Số:").text == "Số: 09/CĐVC-NC"
    assert pages.line(1, "Đắk Lắk").text == "Đắk Lắk, ngày 05 tháng 02 năm 2026"
