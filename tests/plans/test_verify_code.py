"""The code under the signature: only when the document has one, readable, small, never alone on a page."""

import dataclasses
import re

import pytest

from plans.official import blocks
from plans.official.archive import faults_of
from plans.official.blocks import Paragraph, content_hash, from_json, plain, to_json
from plans.official.layout import main_part
from plans.official.pdf import render_pdf
from plans.official.qr import qr_code
from plans.official.screen import render_html
from tests.plans.official_pages import Printed
from tests.plans.test_official_pdf import LONG, plan

URL = "https://mangnon.vi-du.vn/xac-minh/ABCDEFGH2345/"
WORDS = "Để xác minh văn bản"


def printed(**changes) -> Printed:
    return Printed(render_pdf(plan(verify_url=URL, appendices=(), **changes)))


def test_stored_documents_from_before_are_read_and_have_no_code():
    data = to_json(plan())
    del data["document"]["verify_url"]
    assert from_json(data) == plan()
    assert main_part(plan())["verify"] is None
    assert "o-verify" not in render_html(plan())


def test_code_changes_the_content_and_survives_storage():
    document = plan(verify_url=URL)
    assert from_json(to_json(document)) == document
    assert content_hash(to_json(document)) != content_hash(to_json(plan()))


def test_preview_shows_address_and_drawing_with_a_name():
    html = render_html(plan(verify_url=URL))
    assert re.sub(r"<wbr>", "", html).count(URL) == 1
    assert html.count('aria-label="Mã QR xác minh văn bản"') == 1
    assert html.index("Trần Văn Dũng") < html.index("o-verify")


@pytest.mark.parametrize("style", [blocks.ND30, blocks.PARTY])
def test_printed_page_holds_the_address_in_9_pt_and_is_archival(style):
    content = render_pdf(plan(verify_url=URL, style=style))
    assert faults_of(content) == []
    page = Printed(content)
    number = page.page_of(WORDS)
    line = page.line(number, WORDS)
    assert (line.size, line.bold) == (9, False)
    assert line.y > page.line(number, "Trần Văn Dũng").y
    assert URL in page.text(number).replace("\n", "")


@pytest.mark.parametrize("paragraphs", range(3, 15))
@pytest.mark.parametrize("style", [blocks.ND30, blocks.PARTY])
def test_code_stays_with_the_signature_wherever_the_page_ends(style, paragraphs):
    body = tuple(Paragraph(plain(LONG)) for _ in range(paragraphs))
    page = printed(style=style, body=body)
    assert page.page_of(WORDS) == page.page_of("Trần Văn Dũng") == len(page.pages)
    assert page.page_of("Đề nghị các đơn vị thực hiện") == len(page.pages)


def test_code_under_recipients_alone_stays_with_them():
    page = printed(signature=None)
    assert page.page_of(WORDS) == page.page_of("Nơi nhận:")


def test_qr_code_has_its_three_marks_and_a_quiet_zone_of_four():
    code = qr_code(URL)
    cells = set()
    for x, y, length, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", code.path):
        assert length == back
        cells |= {(int(x) + step, int(y)) for step in range(int(length))}
    assert min(x for x, _ in cells) == min(y for _, y in cells) == 4
    assert max(x for x, _ in cells) == code.size - 5
    side = code.size - 8
    assert (side - 17) % 4 == 0
    finder = [[(x + 4, y + 4) in cells for x in range(7)] for y in range(7)]
    assert finder[0] == finder[6] == [True] * 7
    assert finder[3] == [True, False, True, True, True, False, True]


def test_address_is_printed_as_text_never_as_markup():
    document = dataclasses.replace(plan(), verify_url='https://a.vn/<b>"x"</b>/')
    assert "<b>" not in render_html(document).split("o-verify-words")[1]
