"""Signing and reading PAdES: who and when, the place on the page, PDF/A kept, and nothing changed unseen."""

import datetime
import io

import pikepdf
import pytest
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from plans.official import pades
from plans.official.archive import Fault, faults_of
from plans.official.pades import BODY, PERSON, Look, SigningRefused, open_key, read
from plans.official.pdf import render_pdf
from plans.official.stamp import stamp_pdf
from tests.plans.certificates import DAY, SECRET, pkcs12_file, without_key
from tests.plans.official_pages import MM, Printed
from tests.plans.test_official_pdf import plan

LATER = DAY + datetime.timedelta(minutes=5)


def picture(width: int, height: int, colour: str) -> bytes:
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((2, 2, width - 3, height - 3), outline=colour, width=6)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


LOOK = Look(hand=picture(400, 200, "blue"), seal=picture(300, 300, "red"))


@pytest.fixture(scope="module")
def printed() -> bytes:
    return render_pdf(plan(verify_url="https://mangnon.vi-du.vn/xac-minh/ABCDEFGH2345/"))


def signed(content, *, field=PERSON, look=LOOK, at=DAY, **certificate) -> bytes:
    return pades.sign(content, open_key(pkcs12_file(**certificate), SECRET, at=at), field=field, look=look, at=at)


@pytest.fixture(scope="module")
def both(printed) -> bytes:
    return signed(signed(printed), field=BODY, name="Công đoàn Viên chức tỉnh", at=LATER)


def beside_the_form(content: bytes) -> list[Fault]:
    """What breaks PDF/A, but for the form of the signatures itself, of which the validator does not judge."""
    return [fault for fault in faults_of(content) if "interactive forms" not in fault.message]


def boxes(content: bytes) -> dict[str, tuple[int, list[float]]]:
    """The page and the rectangle (in mm, from the top left corner) of every signature."""
    found = {}
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            height = float(page.mediabox[3])
            for widget in page.get("/Annots", []):
                left, bottom, right, top = (float(value) for value in widget.Rect)
                edges = (left, height - top, right, height - bottom)
                found[str(widget.T)] = (number, [value * MM for value in edges])
    return found


# --- what it says ----------------------------------------------------------------------------------------------------
def test_person_and_body_sign_one_after_the_other_and_both_hold(both):
    first, second = read(both)
    assert (first["field"], first["name"], first["signed_at"]) == (PERSON, "Trần Văn Dũng", "2026-11-22T09:00:30+07:00")
    assert (second["field"], second["name"]) == (BODY, "Công đoàn Viên chức tỉnh")
    assert second["signed_at"] == "2026-11-22T09:05:30+07:00"
    for entry in (first, second):
        assert entry["is_intact"]
        assert entry["is_unchanged"]
        assert entry["was_valid"]


def test_signed_file_begins_with_the_issued_one_and_is_still_archival(printed, both):
    assert both.startswith(printed)
    assert beside_the_form(both) == []


def test_signing_time_in_the_file_carries_the_offset_of_viet_nam(printed):
    utc = DAY.astimezone(datetime.UTC)
    (field,) = PdfFileReader(io.BytesIO(signed(printed, at=utc))).embedded_signatures
    assert field.sig_object["/M"] == "D:20261122090030+07'00'"
    assert field.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_self_made_certificate_is_labelled_and_an_issued_one_is_not(printed):
    (own,) = read(signed(printed))
    assert own["is_test"]
    content = signed(printed, name="Lê Thị Ký", issuer="Cơ quan cấp chứng thư thử")
    (issued,) = read(content)
    assert not issued["is_test"]
    assert issued["issuer"] == "Cơ quan cấp chứng thư thử"
    assert issued["is_unchanged"]


@pytest.mark.parametrize(
    ("words", "look", "issuer"),
    [
        (("Chữ ký thử,", "không có giá trị pháp lý"), LOOK, ""),
        ((), LOOK, "Cơ quan"),
        (("Ký số bởi:", "Trần Văn Dũng", "22/11/2026 09:00:30 +07:00"), Look(), "Cơ quan"),
    ],
)
def test_stamp_says_what_the_picture_does_not(monkeypatch, printed, words, look, issuer):
    seen = []
    drawn = pades.stamp_pdf
    monkeypatch.setattr(pades, "stamp_pdf", lambda *args, **more: seen.append(more["words"]) or drawn(*args, **more))
    assert beside_the_form(signed(printed, look=look, issuer=issuer)) == []
    assert seen == [words]


# --- where it stands -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def by_authority(printed) -> bytes:
    """Signed by both with certificates of a made-up authority: nothing but the pictures stands on the page."""
    content = signed(printed, issuer="Nơi cấp thử")
    return signed(content, field=BODY, name="Công đoàn Viên chức tỉnh", issuer="Nơi cấp thử", at=LATER)


def test_hand_stands_between_post_and_name_in_the_middle(by_authority):
    both = by_authority
    page, (left, top, right, bottom) = boxes(both)[PERSON]
    read_back = Printed(both)
    assert page == read_back.page_of("Trần Văn Dũng")
    post, name = read_back.line(page, "PHÓ CHỦ TỊCH"), read_back.line(page, "Trần Văn Dũng")
    assert post.y < top
    assert bottom < name.y
    assert (right - left) / (bottom - top) == pytest.approx(2, abs=0.05)
    assert (left + right) / 2 == pytest.approx(195 - 0.54 * 165 / 2, abs=1)


def test_seal_covers_the_left_third_of_the_hand(by_authority):
    placed = boxes(by_authority)
    (page, hand), (seal_page, seal) = placed[PERSON], placed[BODY]
    assert page == seal_page
    assert seal[2] - hand[0] == pytest.approx((hand[2] - hand[0]) / 3, abs=0.5)
    assert seal[0] < hand[0]
    assert seal[2] - seal[0] == pytest.approx(36, abs=0.5)
    assert (seal[1] + seal[3]) / 2 == pytest.approx((hand[1] + hand[3]) / 2, abs=0.5)


def test_words_of_a_trial_take_nothing_from_the_pictures(both):
    placed = boxes(both)
    (_, hand), (_, seal) = placed[PERSON], placed[BODY]
    words = 2 * 9 * MM
    assert (hand[2] - hand[0]) / (hand[3] - hand[1] - words) == pytest.approx(2, abs=0.1)
    assert seal[2] - seal[0] == pytest.approx(36, abs=0.5)
    assert seal[3] - seal[1] == pytest.approx(36 + words, abs=0.5)
    assert seal[2] - hand[0] == pytest.approx((hand[2] - hand[0]) / 3, abs=0.5)


def test_file_without_a_place_is_signed_unseen():
    pdf = pikepdf.new()
    pdf.add_blank_page()
    buffer = io.BytesIO()
    pdf.save(buffer)
    content = signed(buffer.getvalue())
    assert boxes(content)[PERSON][1][2:] == boxes(content)[PERSON][1][:2]
    assert read(content)[0]["is_unchanged"]


# --- what is refused -------------------------------------------------------------------------------------------------
def test_same_party_does_not_sign_twice(both):
    with pytest.raises(SigningRefused, match="Người ký đã ký số tệp này rồi"):
        signed(both)
    with pytest.raises(SigningRefused, match="Cơ quan đã ký số tệp này rồi"):
        signed(both, field=BODY)


@pytest.mark.parametrize("container", [b"", b"no container", pkcs12_file()[:-30]])
def test_wrong_file_is_refused_with_a_sentence(container):
    with pytest.raises(SigningRefused, match="Chưa mở được tệp chứng thư"):
        open_key(container, SECRET, at=DAY)


@pytest.mark.parametrize("passphrase", ["", "sai", SECRET + " "])
def test_wrong_passphrase_is_refused_with_a_sentence(passphrase):
    with pytest.raises(SigningRefused, match="mật khẩu không đúng"):
        open_key(pkcs12_file(), passphrase, at=DAY)


def test_container_without_a_key_is_refused():
    with pytest.raises(SigningRefused, match="không có khóa riêng"):
        open_key(without_key(), SECRET, at=DAY)


def test_certificate_is_valid_to_its_last_second_and_from_its_first():
    first, last = DAY - datetime.timedelta(days=30), DAY + datetime.timedelta(days=30)
    second = datetime.timedelta(seconds=1)
    assert open_key(pkcs12_file(), SECRET, at=last).name == "Trần Văn Dũng"
    assert open_key(pkcs12_file(), SECRET, at=first).is_test
    with pytest.raises(SigningRefused, match="đã hết hạn ngày 22/12/2026"):
        open_key(pkcs12_file(), SECRET, at=last + second)
    with pytest.raises(SigningRefused, match="đến ngày 23/10/2026 mới có hiệu lực"):
        open_key(pkcs12_file(), SECRET, at=first - second)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_pdf_is_neither_signed_nor_read(content):
    with pytest.raises(SigningRefused, match="không phải PDF"):
        read(content)
    with pytest.raises(SigningRefused, match="không phải PDF"):
        signed(content)


# --- what was changed ------------------------------------------------------------------------------------------------
def test_changed_byte_is_seen(printed):
    content = bytearray(signed(printed))
    at = content.index(b"/Title")
    content[at + 10 : at + 11] = b"X"
    (entry,) = read(bytes(content))
    assert not entry["is_intact"]
    assert not entry["is_unchanged"]


def test_page_added_behind_the_signature_is_seen(both):
    writer = IncrementalPdfFileWriter(io.BytesIO(both))
    writer.root["/Lang"] = writer.root["/Lang"].__class__("en")
    writer.update_root()
    page = writer.prev.root["/Pages"]["/Kids"].raw_get(0)
    page.get_object()["/Rotate"] = NumberObject(90)
    writer.mark_update(page)
    buffer = io.BytesIO()
    writer.write(buffer)
    changed = read(buffer.getvalue())
    assert [entry["is_intact"] for entry in changed] == [True, True]
    assert [entry["is_unchanged"] for entry in changed] == [False, False]


def test_unsigned_file_has_no_signatures(printed):
    assert read(printed) == []


@pytest.mark.parametrize(
    ("image", "words"),
    [(LOOK.hand, ()), (LOOK.seal, ("Chữ ký thử,", "không có giá trị pháp lý")), (b"", ("Ký số bởi:", "Lê Thị Ký"))],
)
def test_stamp_itself_is_archival_whether_picture_or_words(image, words):
    assert faults_of(stamp_pdf(140, 70, image=image, words=words)) == []
