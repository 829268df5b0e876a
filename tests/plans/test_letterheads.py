"""The unit's own letterhead: by dates, with its signers and pictures, changed by its administrators only."""

import datetime
import html
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from orgunits.models import AuditEvent, Role
from plans import letterhead_images, letterheads
from plans.models import Letterhead
from plans.official.blocks import ND30, PARTY
from plans.official.from_plan import plan_document
from plans.official.letterhead import letterhead_of, missing_of, printed_signature, signers_of
from tests.builders import make_level, make_unit, make_user

pytestmark = pytest.mark.django_db

JULY = datetime.date(2025, 7, 1)
A_DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def head(cast):
    """The letterhead of the sector union since 2020."""
    return Letterhead.objects.create(
        org_unit=cast.union,
        valid_from=datetime.date(2020, 1, 1),
        superior_line="LIÊN ĐOÀN LAO ĐỘNG TỈNH THỬ NGHIỆM",
        issuer_line="CÔNG ĐOÀN VIÊN CHỨC TỈNH",
        body_code="CĐVC",
        place_name="Đắk Lắk",
        signing_authority="TM. BAN THƯỜNG VỤ",
        signer_post="CHỦ TỊCH",
        signer_name="Nguyễn Văn An",
        recipients="Như Điều 3\nLưu: VT",
    )


# --- for the documents -----------------------------------------------------------------------------------------------
def test_default_signer_comes_first_and_the_others_in_their_order(head):
    second = head.signers.create(order=2, authority="TL. BAN THƯỜNG VỤ", post="CHÁNH VĂN PHÒNG", name="Hồ Thị Ba")
    first = head.signers.create(order=1, authority="TM. BAN THƯỜNG VỤ", post="PHÓ CHỦ TỊCH", name="Lê Văn Hai")
    choices = signers_of(head)
    assert [choice.key for choice in choices] == ["", str(first.pk), str(second.pk)]
    assert choices[1].label == "PHÓ CHỦ TỊCH Lê Văn Hai"
    assert choices[1].signature.authority == ("TM. BAN THƯỜNG VỤ",)


def test_letterhead_without_signer_offers_only_the_further_ones(cast):
    assert signers_of(letterhead_of(cast.base, on=JULY)) == []


@pytest.mark.parametrize(
    ("typed", "style", "printed"),
    [
        ("KT. CHỦ TỊCH", ND30, ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Lê Văn Hai")),
        ("T/M BAN THƯỜNG VỤ", ND30, ("TM. BAN THƯỜNG VỤ", "PHÓ CHỦ TỊCH", "Lê Văn Hai")),
        ("TM.BAN THƯỜNG VỤ", PARTY, ("T/M BAN THƯỜNG VỤ", "PHÓ CHỦ TỊCH", "Lê Văn Hai")),
        ("TM. BAN THƯỜNG VỤ\nKT. CHỦ TỊCH", PARTY, ("T/M BAN THƯỜNG VỤ", "PHÓ CHỦ TỊCH", "Lê Văn Hai")),
    ],
)
def test_authority_is_printed_in_the_form_of_the_style_and_stored_as_typed(head, typed, style, printed):
    signer = head.signers.create(authority=typed, post="Phó Chủ tịch", name="ThS. Lê Văn Hai")
    assert printed_signature(signers_of(head)[1].signature, style) == printed
    signer.refresh_from_db()
    assert signer.authority == typed


def test_what_is_missing_is_said_in_words(head):
    assert missing_of(head) == []
    bare = Letterhead(org_unit=head.org_unit, issuer_line="CÔNG ĐOÀN", recipients="Như trên")
    assert "Chưa có địa danh" in missing_of(bare)
    assert "Chưa có ký hiệu của cơ quan ban hành" in missing_of(bare)
    assert "Chưa có nơi lưu ở dòng cuối của Nơi nhận" in missing_of(bare)


# --- pages -----------------------------------------------------------------------------------------------------------
def address(name, pk):
    return reverse(f"plans:letterhead_{name}", args=[pk])


def typed(head=None, **changes):
    """What the form of ``head`` sends, with some fields changed; the further signers as they are stored."""
    data = {name: getattr(head, name) if head else "" for name in letterheads.TEXTS}
    data |= {"issuer_line": data["issuer_line"] or "CÔNG ĐOÀN CƠ SỞ", "has_verify_code": "on"}
    data["seen"] = letterheads.stamp(head)
    rows = list(head.signers.order_by("order", "pk")) if head else []
    for index, row in enumerate(rows):
        values = {"signer": row.pk, "order": index + 1, "authority": row.authority, "post": row.post, "name": row.name}
        data |= {f"nguoi-ky-{index}-{name}": value for name, value in values.items()}
    data |= {"nguoi-ky-TOTAL_FORMS": len(rows) + 2, "nguoi-ky-INITIAL_FORMS": len(rows)}
    return data | changes


def picture(size=(80, 60), mode="RGBA", kind="PNG", name="chu-ky.png", **options):
    image = Image.new(mode, size, (0, 0, 0, 0) if mode == "RGBA" else "white")
    image.paste("blue", (10, 10, 30, 30))
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="image/png")


@pytest.fixture
def visit(client, cast):
    client.force_login(cast.unit_administrator)
    return client


def test_list_shows_every_letterhead_and_the_one_of_today(visit, cast, head):
    Letterhead.objects.filter(pk=head.pk).update(valid_to=JULY)
    cast.union.letterheads.create(valid_from=JULY, issuer_line="CÔNG ĐOÀN\nTỈNH MỚI")
    page = visit.get(address("list", cast.union.pk)).content.decode()
    assert "30/06/2025" in page
    assert page.count("Đang dùng") == 1
    assert "CÔNG ĐOÀN TỈNH MỚI" in page
    assert "Chưa có địa danh" in page
    assert "style=" not in page


def test_reader_sees_the_letterhead_without_its_pictures(client, cast, head):
    head.seal_image.save("dau.png", picture())
    client.force_login(cast.viewer)
    page = client.get(address("detail", head.pk)).content.decode()
    assert "TM. BAN THƯỜNG VỤ" in page
    assert "con-dau.png" not in page
    assert "Sửa mẫu này" not in page


def test_unit_page_leads_to_the_letterheads(visit, cast):
    assert address("list", cast.union.pk) in visit.get(cast.union.get_absolute_url()).content.decode()


# --- a new one -------------------------------------------------------------------------------------------------------
def test_new_letterhead_ends_the_one_before_at_its_first_day(visit, cast, head):
    answer = visit.post(address("add", cast.union.pk), typed(head, valid_from="01/07/2025", place_name="Buôn Ma Thuột"))
    made = cast.union.letterheads.get(valid_from=JULY)
    assert answer["Location"] == address("detail", made.pk)
    head.refresh_from_db()
    assert (head.valid_to, made.valid_to) == (JULY, None)
    assert (head.place_name, made.place_name) == ("Đắk Lắk", "Buôn Ma Thuột")
    assert letterhead_of(cast.union, on=JULY - A_DAY) == head
    assert letterhead_of(cast.union, on=JULY) == made
    assert AuditEvent.objects.filter(action="letterhead.begin", org_unit=cast.union).count() == 1


def test_document_of_an_older_day_keeps_the_letterhead_of_its_day(visit, cast, head):
    visit.post(address("add", cast.union.pk), typed(head, valid_from="01/07/2025", issuer_line="TÊN MỚI"))
    document = cast.plan.document
    for day, issuer in ((JULY - A_DAY, "CÔNG ĐOÀN VIÊN CHỨC TỈNH"), (JULY, "TÊN MỚI")):
        type(document).objects.filter(pk=document.pk).update(issued_on=day)
        cast.plan.document.refresh_from_db()
        assert plan_document(cast.plan, on=datetime.date(2026, 11, 22)).issuer_lines == (issuer,)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("", "Hãy ghi ngày bắt đầu"),
        ("31/02/2026", "ngày/tháng/năm"),
        ("01/01/2020", "phải sau ngày 01/01/2020"),
        ("31/12/2019", "phải sau ngày 01/01/2020"),
        ("31/12/1989", "phải từ 01/01/1990"),
        ("01/01/2062", "phải từ 01/01/1990"),
    ],
)
def test_day_that_cannot_be_keeps_what_was_typed(visit, cast, head, day, sentence):
    answer = visit.post(address("add", cast.union.pk), typed(head, valid_from=day, place_name="Buôn Hồ"))
    assert answer.status_code == 200
    assert sentence in html.unescape(answer.content.decode())
    assert "Buôn Hồ" in answer.content.decode()
    head.refresh_from_db()
    assert head.valid_to is None
    assert cast.union.letterheads.count() == 1


def test_day_after_the_first_day_is_the_first_that_can_be(visit, cast, head):
    visit.post(address("add", cast.union.pk), typed(head, valid_from="02/01/2020"))
    head.refresh_from_db()
    assert head.valid_to == datetime.date(2020, 1, 2)


def test_signers_and_pictures_come_along_to_the_new_letterhead(visit, cast, head):
    head.seal_image.save("dau.png", picture())
    signer = head.signers.create(order=1, post="PHÓ CHỦ TỊCH", name="Lê Văn Hai")
    visit.post(address("add", cast.union.pk), typed(head, valid_from="01/07/2025"))
    made = cast.union.letterheads.get(valid_from=JULY)
    assert made.seal_image.name == head.seal_image.name
    assert [each.name for each in made.signers.all()] == ["Lê Văn Hai"]
    assert list(head.signers.all()) == [signer]


def test_letterhead_that_has_not_begun_can_be_taken_back(visit, cast, head):
    coming = timezone.localdate() + A_DAY
    visit.post(address("add", cast.union.pk), typed(head, valid_from=f"{coming:%d/%m/%Y}"))
    made = cast.union.letterheads.get(valid_from=coming)
    assert visit.post(address("remove", made.pk)).status_code == 302
    head.refresh_from_db()
    assert head.valid_to is None
    assert cast.union.letterheads.count() == 1
    assert visit.post(address("remove", head.pk)).status_code == 409


# --- a change --------------------------------------------------------------------------------------------------------
def test_change_is_stored_and_told_in_the_audit(visit, head):
    answer = visit.post(address("edit", head.pk), typed(head, place_name="Buôn Ma Thuột", signing_authority="T/M BCH"))
    assert answer["Location"] == address("detail", head.pk)
    head.refresh_from_db()
    assert (head.place_name, head.signing_authority) == ("Buôn Ma Thuột", "T/M BCH")
    event = AuditEvent.objects.get(action="letterhead.change")
    assert event.data["changes"]["place_name"] == ["Đắk Lắk", "Buôn Ma Thuột"]


def test_nothing_changed_writes_nothing(visit, head):
    visit.post(address("edit", head.pk), typed(head))
    assert not AuditEvent.objects.filter(action="letterhead.change").exists()


def test_letterhead_that_has_ended_is_not_changed(visit, head):
    today = timezone.localdate()
    Letterhead.objects.filter(pk=head.pk).update(valid_to=today + A_DAY)
    assert visit.get(address("edit", head.pk)).status_code == 200
    Letterhead.objects.filter(pk=head.pk).update(valid_to=today)
    assert visit.get(address("edit", head.pk)).status_code == 409
    assert visit.post(address("edit", head.pk), typed(head, place_name="Khác")).status_code == 409
    head.refresh_from_db()
    assert head.place_name == "Đắk Lắk"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("issuer_line", " \n ", "Hãy ghi tên cơ quan ban hành."),
        ("issuer_line", "A\nB\nC\nD\nE", "nhiều nhất 4 dòng"),
        ("superior_line", "A" * 121, "tối đa 120 ký tự"),
        ("body_code", "CĐ VC", "không có dấu cách"),
        ("body_code", "KH/CĐVC", "dấu gạch chéo"),
        ("drafting_code", "N C", "không có dấu cách"),
        ("place_name", "Đắk Lắk, ngày", "Chỉ ghi tên địa danh"),
        ("signing_authority", "BAN THƯỜNG VỤ", "phải bắt đầu bằng TM."),
        ("signing_authority", "TM.", "phải bắt đầu bằng TM."),
        ("signer_post", "", "Hãy ghi chức vụ của người ký"),
        ("signer_name", "Nguyễn Văn 2", "không có chữ số"),
        ("recipients", "Lưu: VT\nNhư trên", "đứng cuối"),
        ("recipients", "A" * 301, "tối đa 300 ký tự"),
        ("nguoi-ky-0-post", "CHỦ TỊCH", "Hãy ghi họ và tên của người ký"),
        ("nguoi-ky-0-order", "0", "Thứ tự là số từ 1 đến 99."),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_kept(visit, head, field, value, sentence):
    answer = visit.post(address("edit", head.pk), typed(head) | {"place_name": "Buôn Hồ"} | {field: value})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert sentence in page
    assert "Buôn Hồ" in page or field == "place_name"
    head.refresh_from_db()
    assert head.place_name == "Đắk Lắk"


def test_signers_are_added_changed_put_in_order_and_taken_out(visit, head):
    first = head.signers.create(order=1, post="PHÓ CHỦ TỊCH", name="Lê Văn Hai")
    gone = head.signers.create(order=2, post="ỦY VIÊN", name="Hồ Thị Ba")
    changes = {
        "nguoi-ky-0-order": 2, "nguoi-ky-0-authority": "TM. BAN THƯỜNG VỤ", "nguoi-ky-1-DELETE": "on",
        "nguoi-ky-2-order": 1, "nguoi-ky-2-post": "CHÁNH VĂN PHÒNG", "nguoi-ky-2-name": "Đỗ Thị Tư",
    }  # fmt: skip
    assert visit.post(address("edit", head.pk), typed(head, **changes)).status_code == 302
    rows = list(head.signers.order_by("order"))
    assert [(row.name, row.authority) for row in rows] == [("Đỗ Thị Tư", ""), ("Lê Văn Hai", "TM. BAN THƯỜNG VỤ")]
    assert rows[1].pk == first.pk
    assert not head.signers.filter(pk=gone.pk).exists()


# --- two at once -----------------------------------------------------------------------------------------------------
def test_second_of_two_administrators_gets_409_and_loses_nothing(visit, client, head):
    stale = typed(head, place_name="Của người thứ hai", **{"nguoi-ky-0-post": "ỦY VIÊN", "nguoi-ky-0-name": "Đỗ Tư"})
    visit.post(address("edit", head.pk), typed(head, body_code="CĐVCT", **{
        "nguoi-ky-0-post": "PHÓ CHỦ TỊCH", "nguoi-ky-0-name": "Lê Văn Hai",
    }))  # fmt: skip
    answer = visit.post(address("edit", head.pk), stale)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "vừa được người khác sửa" in page
    assert "Của người thứ hai" in page  # what was typed
    assert "CĐVCT" in page  # what the first person stored
    assert "Lê Văn Hai" in page
    head.refresh_from_db()
    assert (head.body_code, head.place_name) == ("CĐVCT", "Đắk Lắk")


def test_second_new_letterhead_of_two_gets_409(visit, cast, head):
    stale = typed(head, valid_from="01/08/2025")
    visit.post(address("add", cast.union.pk), typed(head, valid_from="01/07/2025"))
    answer = visit.post(address("add", cast.union.pk), stale)
    assert answer.status_code == 409
    assert cast.union.letterheads.count() == 2


# --- the way of numbering --------------------------------------------------------------------------------------------
def test_way_of_numbering_stays_while_numbers_of_the_year_were_given(visit, cast, head):
    year = timezone.localdate().year
    cast.union.number_series.create(type_code="", year=year, last=7)
    answer = visit.post(address("edit", head.pk), typed(head, numbers_by_type="on"))
    assert f"Năm {year} đơn vị đã cấp số chung một dãy số" in answer.content.decode()
    last_year = {"numbers_by_type": "on", "valid_from": f"01/07/{year - 1}"}
    answer = visit.post(address("add", cast.union.pk), typed(head, **last_year))
    assert f"thêm mẫu mới từ ngày 01/01/{year + 1}" in answer.content.decode()
    next_year = {"numbers_by_type": "on", "valid_from": f"01/01/{year + 1}"}
    assert visit.post(address("add", cast.union.pk), typed(head, **next_year)).status_code == 302
    assert cast.union.letterheads.get(valid_from=datetime.date(year + 1, 1, 1)).numbers_by_type


# --- the preview -----------------------------------------------------------------------------------------------------
def test_preview_shows_what_is_typed_and_stores_nothing(visit, cast, head):
    data = typed(head, mau=head.pk, issuer_line="TÊN THỨ NHẤT\nTÊN THỨ HAI", signing_authority="T/M Ban Thường vụ")
    answer = visit.post(address("preview", cast.union.pk), data)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert '<span class="o-line">TÊN THỨ NHẤT</span><span class="o-line">TÊN THỨ HAI</span>' in page
    assert "TM. BAN THƯỜNG VỤ" in page
    assert "Khi in, “T/M Ban Thường vụ” thành “TM. BAN THƯỜNG VỤ”." in page
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in page
    head.refresh_from_db()
    assert head.issuer_line == "CÔNG ĐOÀN VIÊN CHỨC TỈNH"


def test_preview_without_scripts_is_a_button_of_the_form(visit, head):
    answer = visit.post(address("edit", head.pk), typed(head, place_name="Buôn Hồ", xem="1", loai_xem="CV"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Buôn Hồ," in page
    assert "V/v trích yếu nội dung văn bản" in page
    head.refresh_from_db()
    assert head.place_name == "Đắk Lắk"


def test_party_unit_is_shown_in_the_style_of_the_party(client, cast):
    unit = make_unit("Đảng ủy Khối", sector="party", level=make_level(sector="party", code="dang-uy"))
    client.force_login(cast.administrator)
    page = client.get(address("add", unit.pk)).content.decode()
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in page
    assert "numbers_by_type" not in page
    answer = client.post(
        address("preview", unit.pk),
        typed(None, signing_authority="TM. BAN THƯỜNG VỤ\nKT. BÍ THƯ", signer_post="PHÓ BÍ THƯ"),
    )
    page = html.unescape(answer.content.decode())
    assert "T/M BAN THƯỜNG VỤ" in page
    assert "Dòng “K/T BÍ THƯ” không in" in page


@pytest.mark.parametrize("who", ["viewer", "reviewer"])
def test_reader_may_neither_preview_nor_change_nor_remove(client, cast, head, who):
    client.force_login(getattr(cast, who))
    assert client.post(address("preview", cast.union.pk), typed(head)).status_code == 403
    assert client.post(address("edit", head.pk), typed(head, place_name="Khác")).status_code == 403
    assert client.post(address("add", cast.union.pk), typed(head, valid_from="01/07/2025")).status_code == 403
    assert client.post(address("remove", head.pk)).status_code == 403
    head.refresh_from_db()
    assert (head.place_name, head.valid_to) == ("Đắk Lắk", None)


def test_stranger_finds_nothing(client, cast, head):
    client.force_login(cast.stranger)
    for name, pk in (("list", cast.union.pk), ("detail", head.pk), ("edit", head.pk), ("seal", head.pk)):
        assert client.get(address(name, pk)).status_code == 404
    assert client.post(address("edit", head.pk), typed(head)).status_code == 404
    assert client.post(address("preview", cast.union.pk), typed(head)).status_code == 404


def test_administrator_of_another_unit_may_not_preview_over_its_letterhead(visit, cast, head):
    other = cast.province.letterheads.create(valid_from=JULY, issuer_line="BÍ MẬT CỦA TỈNH")
    page = visit.post(address("preview", cast.union.pk), typed(head, mau=other.pk)).content.decode()
    assert "BÍ MẬT" not in page
    assert visit.get(address("edit", other.pk)).status_code == 404


def test_wrong_methods(visit, cast, head):
    for name, pk in (("preview", cast.union.pk), ("remove", head.pk)):
        assert visit.get(address(name, pk)).status_code == 405
    for name, pk in (("list", cast.union.pk), ("detail", head.pk), ("seal", head.pk)):
        assert visit.post(address(name, pk)).status_code == 405


# --- pictures --------------------------------------------------------------------------------------------------------
def test_picture_is_stored_anew_and_served_privately(visit, client, cast, head):
    png = picture(pnginfo=note("quay so 12"))
    assert visit.post(address("edit", head.pk), typed(head, seal_image=png)).status_code == 302
    head.refresh_from_db()
    answer = visit.get(address("seal", head.pk))
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\x89PNG")
    assert b"quay so 12" not in content
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    event = AuditEvent.objects.get(action="letterhead.change")
    assert event.data["changed"] == ["seal_image"]
    assert head.seal_image.name not in str(event.data)
    assert address("seal", head.pk) in visit.get(address("detail", head.pk)).content.decode()


def test_who_signs_for_the_very_unit_sees_the_pictures_and_others_do_not(client, cast, head):
    head.signature_image.save("ky.png", picture())
    signer = head.signers.create(post="PHÓ CHỦ TỊCH", name="Lê Văn Hai")
    signer.signature_image.save("hai.png", picture())
    approver = make_user("Người Ký", unit=cast.union, role=Role.APPROVER)
    for person, code in ((approver, 200), (cast.reviewer, 403), (cast.viewer, 403), (cast.stranger, 404)):
        client.force_login(person)
        assert client.get(address("signature", head.pk)).status_code == code
        assert client.get(address("signer_image", signer.pk)).status_code == code


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (lambda: SimpleUploadedFile("a.png", b""), "rỗng"),
        (lambda: SimpleUploadedFile("a.png", b"<?xml version='1.0'?><svg xmlns='x'/>"), "SVG"),
        (lambda: picture(mode="RGB", kind="JPEG", name="a.png"), "Ảnh JPG không giữ được nền trong suốt"),
        (lambda: picture(mode="RGB"), "không có nền trong suốt"),
        (lambda: SimpleUploadedFile("a.png", b"%PDF-1.7"), "không phải ảnh PNG"),
        (lambda: SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n<html>"), "Không đọc được ảnh này"),
        (lambda: SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 2_097_145), "lớn hơn 2 MB"),
        (lambda: picture(size=(4001, 4000)), "quá nhiều điểm ảnh"),
        (lambda: picture(size=(39, 60)), "quá nhỏ"),
        (lambda: truncated(picture()), "Không đọc được ảnh này"),
    ],
)
def test_picture_that_cannot_be_taken_is_refused_with_the_reason(visit, head, upload, sentence):
    answer = visit.post(address("edit", head.pk), typed(head, place_name="Buôn Hồ", seal_image=upload()))
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert sentence in page
    assert "Buôn Hồ" in page
    head.refresh_from_db()
    assert (head.seal_image.name, head.place_name) == ("", "Đắk Lắk")


def test_picture_of_exactly_two_megabytes_is_not_too_large(visit, head):
    padded = picture().read().ljust(letterhead_images.MOST_BYTES, b"\0")
    accepted = letterhead_images.accept(SimpleUploadedFile("a.png", padded))
    assert accepted.size < 10_000  # what stood behind the picture's end is gone


def test_stored_hand_does_not_come_to_stand_over_another_name(visit, head, django_capture_on_commit_callbacks):
    head.signature_image.save("ky.png", picture())
    stored = head.signature_image.name
    answer = visit.post(address("edit", head.pk), typed(head, signer_name="Lê Thị Mới"))
    assert "Ảnh chữ ký đang lưu là của Nguyễn Văn An" in answer.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        changes = {"signer_name": "Lê Thị Mới", "remove_signature_image": "on"}
        assert visit.post(address("edit", head.pk), typed(head, **changes)).status_code == 302
    head.refresh_from_db()
    assert head.signature_image.name == ""
    assert not head.signature_image.storage.exists(stored)


def test_picture_that_an_older_letterhead_holds_stays_when_the_newer_one_drops_it(
    visit, cast, head, django_capture_on_commit_callbacks
):
    head.seal_image.save("dau.png", picture())
    visit.post(address("add", cast.union.pk), typed(head, valid_from="01/07/2025"))
    made = cast.union.letterheads.get(valid_from=JULY)
    with django_capture_on_commit_callbacks(execute=True):
        visit.post(address("edit", made.pk), typed(made, remove_seal_image="on"))
    made.refresh_from_db()
    assert made.seal_image.name == ""
    assert head.seal_image.storage.exists(head.seal_image.name)


def note(text):
    info = PngInfo()
    info.add_text("Comment", text)
    return info


def truncated(upload):
    return SimpleUploadedFile("a.png", upload.read()[:60])
