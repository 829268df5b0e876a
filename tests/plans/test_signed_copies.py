"""Copies signed elsewhere and scans, brought to an issued document: checked, and kept byte for byte."""

import io

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from plans import signing
from plans.official import pades
from plans.official.blocks import DocumentNumber
from plans.official.pdf import render_pdf
from tests.plans.signing_steps import (
    approver,
    bring,
    day,
    document,
    issued,
    printed,
    unit,
    words,
)
from tests.plans.test_official_pdf import plan
from tests.plans.test_pades import signed

pytestmark = pytest.mark.django_db
__all__ = ["approver", "day", "document", "issued", "printed", "unit"]  # fixtures


# --- signed elsewhere ------------------------------------------------------------------------------------------------
def test_copy_signed_elsewhere_is_checked_and_kept_byte_for_byte(client, document, issued, approver, printed):
    client.force_login(approver)
    content = signed(printed, name="Lê Thị Ký", issuer="Nơi cấp thử")
    assert bring(client, document, content).status_code == 302
    kept = document.files.get(kind="signed")
    assert signing.content_of(kept) == content
    assert kept.signatures[0]["is_same_document"]
    assert not kept.signatures[0]["is_test"]
    text = words(client.get(document.get_absolute_url()))
    assert "Chứng thư do Nơi cấp thử cấp; hệ thống chưa đối chiếu với nơi cấp" in text
    assert "Chứng thư tự tạo" not in text


def test_copy_that_another_tool_packed_anew_is_the_issued_one(client, document, issued, approver, printed):
    client.force_login(approver)
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        packed = io.BytesIO()
        pdf.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)
    assert not packed.getvalue().startswith(printed[:5000])
    assert bring(client, document, signed(packed.getvalue())).status_code == 302
    assert document.files.get(kind="signed").signatures[0]["is_same_document"]


@pytest.mark.parametrize("changes", [{"subject": "Văn bản khác"}, {"number": DocumentNumber(8, "KH", "CĐVC")}])
def test_signed_copy_of_something_else_is_refused(client, document, issued, approver, changes):
    client.force_login(approver)
    answer = bring(client, document, signed(render_pdf(plan(appendices=(), **changes))))
    assert "không giống văn bản đã ban hành" in words(answer)
    assert document.files.count() == 1


def test_copy_whose_pages_were_changed_before_it_was_signed_is_refused(client, document, issued, approver, printed):
    """The file begins with the issued one byte for byte, and its signature is sound; it shows another page."""
    client.force_login(approver)
    writer = IncrementalPdfFileWriter(io.BytesIO(printed))
    page = writer.prev.root["/Pages"]["/Kids"].raw_get(0).get_object()
    page["/Contents"] = writer.add_object(StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)
    forged = io.BytesIO()
    writer.write(forged)
    content = signed(forged.getvalue())
    assert content.startswith(printed)
    assert pades.read(content)[0]["is_unchanged"]
    assert "không giống văn bản đã ban hành" in words(bring(client, document, content))
    assert document.files.count() == 1


def test_signed_copy_waits_for_the_file_that_it_is_compared_with(client, document, approver, printed):
    client.force_login(approver)
    assert "chưa so được" in words(bring(client, document, signed(printed)))
    assert not document.files.exists()


def test_copy_that_nobody_expected_signed_says_so(client, document, issued, approver, printed):
    client.force_login(approver)
    bring(client, document, signed(printed, name="Lê Thị Ký"))
    assert "tên trên chứng thư khác tên người ký và tên cơ quan" in words(client.get(document.get_absolute_url()))


def test_copy_changed_after_signing_is_refused(client, document, issued, approver, printed):
    client.force_login(approver)
    content = bytearray(signed(printed))
    content[content.index(b"/Title") + 10] ^= 1
    answer = bring(client, document, bytes(content))
    assert "đã bị sửa sau khi ký" in words(answer)
    assert document.files.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"GIF89a", "không phải PDF đọc được"), (b"%PDF-1.7", "không phải PDF đọc được"), (b"", "Tệp rỗng")],
)
def test_what_is_no_pdf_is_refused_as_a_signed_copy(client, document, issued, approver, content, sentence):
    client.force_login(approver)
    assert sentence in words(bring(client, document, content))
    assert document.files.count() == 1


def test_unsigned_pdf_is_refused_as_a_signed_copy_and_kept_as_a_scan(client, document, issued, approver, printed):
    client.force_login(approver)
    other = render_pdf(plan(subject="Bản quét"))
    assert "không có chữ ký số nào" in words(bring(client, document, other))
    assert bring(client, document, other, kind="ban-quet").status_code == 302
    scan = document.files.get(kind="scan")
    assert (scan.pages, scan.signatures) == (pades.page_count(other), [])


def test_same_file_is_not_kept_twice(client, document, issued, approver, printed):
    client.force_login(approver)
    assert "đã có đúng tệp đó rồi" in words(bring(client, document, printed, kind="ban-quet"))


# --- scans -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("MPO", ".jpg")])
def test_scanned_picture_is_drawn_anew_without_where_it_was_taken(client, document, issued, approver, kind, suffix):
    client.force_login(approver)
    exif = Image.Exif()
    exif[0x010E] = "toa do bi mat"
    buffer = io.BytesIO()
    second = {"save_all": True, "append_images": [Image.new("RGB", (6, 8))]} if kind == "MPO" else {}
    Image.new("RGB", (60, 80), "white").save(buffer, kind, exif=exif, **second)
    assert bring(client, document, buffer.getvalue(), kind="ban-quet", name="anh.pdf").status_code == 302
    scan = document.files.get(kind="scan")
    assert scan.file.name.endswith(suffix)
    content = signing.content_of(scan)
    assert b"toa do bi mat" not in content
    assert Image.open(io.BytesIO(content)).size == (60, 80)


@pytest.mark.parametrize("content", [b"GIF89a", b"%PDF-1.7 broken", b"\xff\xd8\xff broken", b"<svg/>", b"PK\x03\x04"])
def test_scan_is_known_by_its_content(client, document, issued, approver, content):
    client.force_login(approver)
    assert "Bản quét phải là tệp PDF hoặc ảnh" in words(bring(client, document, content, kind="ban-quet"))
    assert document.files.count() == 1


def test_too_large_file_is_refused(client, document, issued, approver, monkeypatch):
    client.force_login(approver)
    monkeypatch.setattr(signing, "MOST_BYTES", 10)
    answer = bring(client, document, b"x" * 11, kind="ban-quet")
    assert "Tệp lớn hơn 30 MB" in words(answer)
    assert 'value="ban-quet"' in words(answer)
