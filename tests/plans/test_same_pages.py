"""Whether two files show the same pages: packing makes no difference, anything that a reader could see does."""

import io
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from plans.official.pdf import render_pdf
from plans.official.same_pages import same_pages
from tests.plans.test_official_pdf import plan
from tests.plans.test_pades import signed

pytestmark = pytest.mark.filterwarnings("ignore:This document has:UserWarning")  # fields without a form


@pytest.fixture(scope="module")
def ours() -> bytes:
    return render_pdf(plan())


def changed(content: bytes, change=lambda pdf: None, **saving) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        change(pdf)
        pdf.save(written, **saving)
    return written.getvalue()


def test_file_is_the_same_as_itself_and_as_its_signed_copy(ours):
    assert same_pages(ours, ours)
    assert same_pages(ours, signed(ours))


@pytest.mark.parametrize(
    "saving",
    [
        {"linearize": True},
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate, "recompress_flate": True},
        {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.generalized},
    ],
    ids=["linear", "packed", "unpacked"],
)
def test_packing_makes_no_difference(ours, saving):
    assert same_pages(ours, changed(ours, **saving))


def note(pdf, **values):
    made = {"Type": Name.Annot, "Rect": [0, 0, 9, 9]} | values
    pdf.pages[0].Annots = Array([pdf.make_indirect(Dictionary(**made))])


def other_letters(pdf):
    font = next(iter(pdf.pages[0].Resources.Font.values()))
    file = font.DescendantFonts[0].FontDescriptor.FontFile2
    file.write(bytes(file.read_bytes()[:-1]) + b"\x01")


CHANGES = {
    "page taken out": lambda pdf: pdf.pages.__delitem__(1),
    "page added": lambda pdf: pdf.pages.append(pdf.pages[0]),
    "pages changed round": lambda pdf: pdf.pages.reverse(),
    "page turned": lambda pdf: pdf.pages[0].rotate(180, relative=True),
    "page cut": lambda pdf: pdf.pages[0].__setattr__("CropBox", [0, 0, 300, 300]),
    "drawn over": lambda pdf: pdf.pages[0].contents_add(b"0 0 500 500 re f"),
    "other letters in the font": other_letters,
    "text laid over": lambda pdf: note(pdf, Subtype=Name.FreeText),
    "field laid over": lambda pdf: note(pdf, Subtype=Name.Widget, FT=Name.Tx, V="x"),
    "empty field of a signature": lambda pdf: note(pdf, Subtype=Name.Widget, FT=Name.Sig),
    "layers": lambda pdf: pdf.Root.__setitem__("/OCProperties", Dictionary()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_a_reader_could_see_makes_a_difference(ours, change):
    assert not same_pages(ours, changed(ours, change))


def test_signature_may_not_hide_the_page(ours):
    def place(side):
        made = {"Subtype": Name.Widget, "FT": Name.Sig, "V": Dictionary(), "Rect": [0, 0, side, side]}
        return lambda pdf: note(pdf, **made)

    assert same_pages(ours, changed(ours, place(300)))
    assert not same_pages(ours, changed(ours, place(400)))


def test_page_that_unpacks_without_end_is_not_unpacked(ours):
    def swell(pdf):
        packed = zlib.compress(b" " * 200_000_000, 9)
        pdf.pages[0].Contents = pikepdf.Stream(pdf, packed, Filter=Name.FlateDecode)

    tracing = changed(ours, swell, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert len(tracing) < 2_000_000
    assert not same_pages(ours, tracing)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"PK\x03\x04"])
def test_what_is_no_pdf_is_not_the_same(ours, content):
    assert not same_pages(ours, content)
