"""Hostile text: in both files and in the preview it is text and nothing else, it is whole, and it ends in time."""

import re
import socket
import unicodedata
import zipfile
from io import BytesIO

import pytest
from defusedxml import ElementTree

from plans.official import limits
from plans.official.blocks import (
    Appendix,
    Bullet,
    Cell,
    Chart,
    Column,
    ContentError,
    Heading,
    KeyLine,
    Paragraph,
    Table,
    from_json,
    plain,
    to_json,
)
from plans.official.drawings import safe_drawing
from plans.official.fonts import official_font
from plans.official.pdf import print_out as as_pdf
from plans.official.printout import NotPrinted
from plans.official.screen import render_html
from plans.official.text import clean, tidy
from plans.official.word import print_out as as_word
from tests.plans.official_pages import Printed
from tests.plans.test_official_pdf import plan
from tests.plans.word_pages import Written

MARKUP = {
    "tags": "<b>đậm</b><script>alert(1)</script><style>*{display:none}</style>",
    "end of style": "</style></p></article></body><h1>Khác</h1>",
    "css": "}*{display:none} @import url(file:///etc/passwd); @font-face{src:url(file:///etc/passwd)}",
    "file": "<link rel=stylesheet href=file:///etc/passwd><object data=file:///etc/passwd></object>url(file:///etc/passwd)",
    "attachment": "<link rel=attachment href=file:///etc/hostname><a rel=attachment href=file:///etc/hostname>x</a>",
    "entities": "&lt;b&gt; &amp;amp; &#x202e; &nbsp; <!ENTITY x SYSTEM 'file:///etc/passwd'> &x;",
    "template": "{{ document }} {% include 'official/stamp.html' %} {# ghi chú #} {{ settings.SECRET_KEY }} ${7*7}",
    "word field": 'INCLUDETEXT "/etc/passwd" \\* MERGEFORMAT <w:t>x</w:t> {DDEAUTO c:\\\\windows\\\\cmd.exe}',
    "cdata": "]]> <![CDATA[x]]> <?xml version='1.0'?> <!-- chú thích -->",
    "formula": "=1+1 +2 -3 @SUM(A1) =HYPERLINK('http://127.0.0.1')",
    "pdf": ") Tj ET (x) <3c3e> endstream endobj %%EOF \\( \\\\ /JavaScript",
    "huge number": "9" * 400,
}
ODD = {
    "right-to-left override": "Số \u202e90\u202c %, \u2067ngược\u2069, \u200fdấu\u200e",
    "zero width": "Đắk\u200b \u200dLắk\u200c \u2060và\ufeff",
    "emoji": "Vui \U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1fb\U0001f1f3",
    "decomposed": unicodedata.normalize("NFD", "Đắk Lắk: trẻ em được bảo vệ"),
    "marks heaped up": "a" + "\u0301\u0323\u0306" * 40 + " b",
    "unpaired surrogate": "trước \ud83d sau \ude00",
    "control characters": "a\x00b\x01c\x1b[31md\x7fe\x9ff\x08",
    "noncharacters": "a\ufffeb\uffffc\ufdd0d",
    "other scripts": "שלום عربى ไทย 漢字 हिन्दी",
    "bidi and lines": "một\u2028hai\u2029ba\x0bbốn\x0cnăm\x85sáu",
}
HOSTILE = MARKUP | ODD


def everywhere(text):
    """A document that has the text in every place where a person may write."""
    table = Table((Column(1), Column(2)), ((Cell(text), Cell("B")),), ((Cell("A"), Cell(text)),), text, text)
    return plan(
        superior_lines=(text,),
        issuer_lines=(text,),
        issuer_name=text,
        subject=text,
        addressees=(text,),
        citations=(text,),
        body=(Heading(1, "I.", text), Heading(4, "a)", text), Paragraph(plain(text), "1."), KeyLine(text, text), table),
        closing=(Bullet(plain(text)),),
        recipients=(text,),
        appendices=(Appendix(text, (Paragraph(plain(text)),)),),
        notice=text,
    )


def stored(document):
    return from_json(to_json(document))


def letters(text):
    """Text without spaces: where a line ends is not the question here."""
    return re.sub(r"\s+", "", text)


def on_paper(text):
    """What must stand on the page: the cleaned text, with squares for what the font has not."""
    return letters(official_font().with_squares(tidy(text)))


@pytest.mark.parametrize("name", HOSTILE)
def test_pdf_prints_the_text_and_nothing_else(name):
    text = HOSTILE[name]
    printed = Printed(as_pdf(stored(plan(body=(Paragraph(plain(f"{text} HẾT.")),), closing=(), appendices=()))).content)
    found = printed.text()
    assert unicodedata.is_normalized("NFC", found)
    assert "root:" not in found
    if name not in ("other scripts", "marks heaped up"):  # set from right to left, and one above another
        assert f"{on_paper(text)}HẾT" in letters(found).replace("\u2011", "-")


@pytest.mark.parametrize("name", HOSTILE)
def test_text_in_every_place_of_a_document_leaves_the_pdf_whole(name):
    printout = as_pdf(stored(everywhere(HOSTILE[name])))
    printed = Printed(printout.content)
    assert {font.split("-")[0] for font in printed.fonts()} == {official_font().name}
    raw = printout.content
    assert not any(word in raw for word in (b"/JavaScript", b"/EmbeddedFile", b"/URI", b"/Launch", b"/OpenAction"))
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in printed.text()


@pytest.mark.parametrize("name", HOSTILE)
def test_text_in_every_place_of_a_document_leaves_the_word_file_whole(name):
    content = as_word(stored(everywhere(HOSTILE[name]))).content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for part in archive.namelist():
            if part.endswith((".xml", ".rels")):
                ElementTree.fromstring(archive.read(part), forbid_dtd=True)
            if part.endswith(".rels"):
                assert b'TargetMode="External"' not in archive.read(part)
        body = archive.read("word/document.xml").decode()
    assert "<w:instrText" not in body, "a field in the text"
    written = Written(content).text
    assert letters(tidy(HOSTILE[name])).rstrip(".;,") in letters(written).replace("\u2011", "-")


@pytest.mark.parametrize("name", HOSTILE)
def test_preview_shows_the_text_and_gains_no_element(name):
    html = render_html(stored(everywhere(HOSTILE[name])))
    harmless = render_html(stored(everywhere("Lời văn thường")))

    def elements(page):
        return {tag.lower() for tag in re.findall(r"<([a-zA-Z][\w-]*)", page)}

    def attributes(page):
        return set(re.findall(r'\s([\w-]+)="', re.sub(r">[^<]*<", "><", page)))

    assert elements(html) == elements(harmless)
    assert attributes(html) == attributes(harmless)


def test_nobody_is_asked_for_anything(monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        text = f"<img src={address}.png> <link rel=stylesheet href='{address}.css'> url({address}) @import '{address}';"
        drawing = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 20 20">'
            f'<style>@import url({address});</style><image href="{address}" width="9" height="9"/>'
            f'<image xlink:href="{address}" width="9" height="9"/><use href="{address}#a"/>'
            f'<rect width="9" height="9" fill="url({address})" style="fill:url({address})"/>'
            f'<text font-family="x" x="1" y="9">{text.replace("<", "&lt;")}</text></svg>'
        )
        document = stored(everywhere(text))
        charts = plan(body=(Chart(drawing, text, text),), appendices=())
        for each in (document, charts):
            as_pdf(each)
            as_word(each)
            render_html(each)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "part",
    [
        '<image href="file:///etc/passwd"/>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">x</body></foreignObject>',
        "<script>alert(1)</script>",
        '<a href="javascript:alert(1)"><rect/></a>',
        '<rect onclick="alert(1)"/>',
        '<rect style="fill:url(file:///etc/passwd)"/>',
        '<rect fill="URL( file:///etc/passwd )"/>',
        '<rect fill="url(&#35;a) url(file:///etc/passwd)"/>',
        '<animate attributeName="href" to="file:///etc/passwd"/>',
        '<filter id="f"><feImage href="file:///etc/passwd"/></filter>',
        '<g xml:base="file:///etc/"><use href="passwd"/></g>',
    ],
)
def test_drawing_loses_what_loads_or_runs(part):
    kept = safe_drawing(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{part}<circle r="1"/></svg>')
    assert "circle" in kept
    assert not any(word in kept for word in ("passwd", "script", "onclick", "foreignObject", "href", "file:"))


@pytest.mark.parametrize(
    "svg",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>',
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
    ],
)
def test_drawing_with_entities_is_refused(svg):
    with pytest.raises(ContentError):
        safe_drawing(svg)


# --- size ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ((Paragraph(plain("x" * (limits.LONGEST_WORD + 1))),), "không có dấu cách.*Hãy bỏ"),
        ((Paragraph(plain("x " * (limits.MOST_CHARACTERS // 2 + 1))),), "ký tự cho một lần in. Hãy chia"),
        ((Table((Column(1),), (), ((Cell("x"),) * 401,) * 500),), "ô cho một lần in. Hãy chia"),
        ((Table((Column(1),) * 61, (), ()),), "61 cột.*Hãy bớt"),
    ],
)
def test_what_is_too_large_is_refused_with_what_to_do(body, sentence):
    with pytest.raises(NotPrinted, match=sentence):
        limits.check(plan(body=body))


def test_two_million_letters_and_five_thousand_rows_are_not_refused():
    rows = tuple((Cell("x"),) * 20 for _ in range(5000))
    limits.check(plan(body=(Paragraph(plain("Trẻ em " * 290_000)), Table((Column(1),) * 20, (), rows))))


def test_word_as_long_as_it_may_be_and_a_hundred_thousand_line_breaks_are_printed():
    body = (Paragraph(plain("x" * limits.LONGEST_WORD)), Paragraph(plain("\n" * 100_000 + "cuối")), *_deep_list(400))
    document = stored(plan(body=body, appendices=()))
    printed = Printed(as_pdf(document).content)
    assert letters(printed.text()).count("x") >= limits.LONGEST_WORD
    assert "cuối" in printed.text()
    assert "cuối" in Written(as_word(document).content).text


def _deep_list(levels):
    return (Bullet(plain(f"mục {level}"), "-" * (level % 90 + 1)) for level in range(levels))


def test_clean_text_is_clean_the_second_time_too():
    for text in HOSTILE.values():
        assert clean(clean(text)) == clean(text)
