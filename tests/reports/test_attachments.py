"""Attachments: known by content, pictures without their past, served only as downloads behind the rights."""

import io
import json
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, PngImagePlugin

from orgunits.models import AuditEvent
from orgunits.transitions import Conflict
from reports import attachments, content, workflow
from reports.attachments import MOST_BYTES, AttachmentRejected, accept, attach, remove, shown_name
from reports.models import Attachment, PhotoConsent, Report
from tests.builders import content as sound_content
from tests.builders import make_plan, make_report, make_task, plan_form

GPS = 0x8825  # the EXIF directory of the place
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def report(cast) -> Report:
    report = make_report(cast.obligation)
    report.form_version = plan_form(cast.duty)
    report.save(update_fields=["form_version"])
    return report


def upload(body: bytes, name: str = "tep.bin", content_type: str = "text/html") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body, content_type)


def office(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


def photo(kind: str = "JPEG", size=(40, 20)) -> bytes:
    """A picture lying on its side, with a place, a comment and words behind its end."""
    picture = Image.new("RGB", size, "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees
    exif[0x010F] = "Camera of Nguyen"
    exif.get_ifd(0x8825)[2] = (12.0, 41.0, 5.0)  # GPSLatitude
    buffer = io.BytesIO()
    if kind == "JPEG":
        picture.save(buffer, "JPEG", exif=exif, comment=b"secret place")
    elif kind in ("MPO", "WEBP"):
        second = {"save_all": True, "append_images": [picture.resize((4, 2))]} if kind == "MPO" else {}
        picture.save(buffer, kind, exif=exif, **second)
        buffer.write(b"secret place")
    else:
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "secret place")
        picture.save(buffer, "PNG", exif=exif, pnginfo=notes)
    return buffer.getvalue() + b"secret place behind the end"


# --- what it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PDF, attachments.PDF),
        (office("[Content_Types].xml", "word/document.xml"), attachments.DOCX),
        (office("[Content_Types].xml", "xl/workbook.xml"), attachments.XLSX),
        (photo("JPEG"), attachments.JPEG),
        (photo("PNG"), attachments.PNG),
        (photo("MPO"), attachments.JPEG),
        (photo("WEBP"), attachments.JPEG),
    ],
)
def test_type_is_read_from_the_content_and_not_from_the_name(body, content_type):
    assert accept(upload(body, "anh.exe")).content_type == content_type


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 40,
        b"MZ\x90\0",
        b" %PDF-1.7",
        office("a.txt"),
        office("[Content_Types].xml", "ppt/presentation.xml"),
        b"PK\x03\x04 broken",
        b"x",
    ],
)
def test_other_content_is_refused_whatever_its_name(body):
    with pytest.raises(AttachmentRejected, match="Chỉ nhận tệp PDF, Word"):
        accept(upload(body, "bao-cao.pdf", "application/pdf"))


@pytest.mark.parametrize("name", ["anh.png", "anh.jpg", "bao-cao.pdf", "bao-cao.docx"])
@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf<!DOCTYPE html><script>alert(1)</script>",
        b"<!--%PDF-1.7--><script>alert(1)</script>",
        b"<script>/*\x89PNG\r\n\x1a\n*/alert(1)</script>",
        b"\x1f\x8b\x08<svg/>",
    ],
)
def test_web_pages_and_drawings_are_refused_under_any_name(body, name):
    with pytest.raises(AttachmentRejected):
        accept(upload(body, name, "image/png"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_page_hidden_in_a_picture_does_not_survive(kind):
    picture = photo(kind) + b"<script>alert(1)</script>"
    clean = accept(upload(picture, "anh.html"))
    assert clean.content_type == {"JPEG": attachments.JPEG, "PNG": attachments.PNG}[kind]
    assert b"<script>" not in clean.content.read()


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"hevx", b"avif"])
def test_picture_of_a_telephone_in_its_own_format_is_told_how_to_become_one_that_is_taken(brand):
    with pytest.raises(AttachmentRejected, match="chuyển ảnh sang JPG"):
        accept(upload(b"\0\0\0\x18ftyp" + brand + b"\0" * 30, "IMG_0001.jpg"))


def test_film_is_not_called_a_picture():
    with pytest.raises(AttachmentRejected, match="Chỉ nhận tệp PDF, Word"):
        accept(upload(b"\0\0\0\x18ftypisom" + b"\0" * 30, "phim.mp4"))


def test_old_word_and_excel_are_told_how_to_become_new_ones():
    with pytest.raises(AttachmentRejected, match=r"lưu lại thành \.docx"):
        accept(upload(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 30, "a.doc"))


def test_macros_are_refused():
    body = office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
    with pytest.raises(AttachmentRejected, match="macro"):
        accept(upload(body, "bao-cao.docx"))


@pytest.mark.parametrize("type_of_part", ["sheet.macroEnabled.main+xml", "vnd.ms-office.vbaProject"])
def test_macros_under_another_name_are_refused(type_of_part):
    buffer = io.BytesIO(office("xl/workbook.xml", "xl/notes.bin"))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="application/{type_of_part}"/></Types>')
    with pytest.raises(AttachmentRejected, match="macro"):
        accept(upload(buffer.getvalue(), "bang.xlsx"))


def test_damaged_list_of_types_is_a_refusal():
    whole = bytearray(office("[Content_Types].xml", "word/document.xml"))
    place = whole.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    whole[place : place + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(AttachmentRejected, match="Chỉ nhận tệp"):
        accept(upload(bytes(whole), "a.docx"))


def test_archive_of_very_many_parts_is_refused():
    body = office("[Content_Types].xml", "word/document.xml", *(f"x/{number}" for number in range(5001)))
    with pytest.raises(AttachmentRejected):
        accept(upload(body))


def test_empty_and_too_large_files_are_refused():
    with pytest.raises(AttachmentRejected, match="rỗng"):
        accept(upload(b""))
    assert accept(upload(PDF.ljust(MOST_BYTES))).size == MOST_BYTES
    with pytest.raises(AttachmentRejected, match="10 MB"):
        accept(upload(PDF.ljust(MOST_BYTES + 1)))


def test_broken_picture_is_refused():
    with pytest.raises(AttachmentRejected, match="Không đọc được ảnh"):
        accept(upload(photo("JPEG")[:60]))
    with pytest.raises(AttachmentRejected, match="Không đọc được ảnh"):
        accept(upload(b"\x89PNG\r\n\x1a\n" + b"\0" * 50))


def test_picture_of_too_many_pixels_is_refused(monkeypatch):
    monkeypatch.setattr(attachments, "MOST_PIXELS", 799)
    with pytest.raises(AttachmentRejected, match="quá nhiều điểm ảnh"):
        accept(upload(photo("PNG")))
    monkeypatch.setattr(attachments, "MOST_PIXELS", 800)
    assert accept(upload(photo("PNG")))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [100, 500])
def test_decompression_bomb_is_refused(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    monkeypatch.setattr(attachments, "MOST_PIXELS", 700)
    with pytest.raises(AttachmentRejected, match="quá nhiều điểm ảnh"):
        accept(upload(photo("PNG")))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "MPO", "WEBP"])
def test_picture_keeps_its_look_and_nothing_else(kind):
    before = photo(kind)
    assert b"secret place" in before
    assert b"Camera" in before
    clean = accept(upload(before)).content.read()
    assert b"secret" not in clean
    assert b"Camera" not in clean
    with Image.open(io.BytesIO(before)) as picture:
        assert picture.getexif().get_ifd(GPS), "there was a place to lose"
    with Image.open(io.BytesIO(clean)) as picture:
        assert picture.format == ("PNG" if kind == "PNG" else "JPEG")
        assert not picture.getexif().get_ifd(GPS)
        assert picture.size == (20, 40), "turned upright before the mark that says so was dropped"
        assert not picture.getexif()
        assert not {"comment", "Comment", "exif", "icc_profile"} & set(picture.info)
        red, green, blue = picture.convert("RGB").getpixel((5, 5))
        assert red > 200
        assert green < 60
        assert blue < 60


def test_png_keeps_its_transparency():
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(buffer, "PNG")
    with Image.open(accept(upload(buffer.getvalue())).content) as picture:
        assert picture.mode == "RGBA"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Kế hoạch.PDF", "Kế hoạch.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\a\\anh.html", "anh.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("\u202egpj.exe", "gpj.pdf"),
        ("", "tai-lieu.pdf"),
        ("...", "tai-lieu.pdf"),
        ("a" * 400 + ".pdf", "a" * 180 + ".pdf"),
    ],
)
def test_name_is_shown_without_tricks(name, shown):
    assert shown_name(name, attachments.PDF) == shown


# --- in a draft ---------------------------------------------------------------------------------------------------


def test_file_is_stored_under_a_random_name(cast, report, media):
    attachment = attach(report, upload(PDF, "../Ảnh bìa.pdf"), caption=" Bìa ", by=cast.officer)
    assert (attachment.caption, attachment.original_name, attachment.content_type) == (
        "Bìa",
        "Ảnh bìa.pdf",
        attachments.PDF,
    )
    assert re.fullmatch(r"attachments/\d{4}/[0-9a-f]{32}\.pdf", attachment.file.name)
    assert (media / attachment.file.name).read_bytes() == PDF
    assert AuditEvent.objects.filter(action="attachment.add").count() == 1


@pytest.mark.parametrize(("caption", "sentence"), [("", "chú thích"), ("  ", "chú thích"), ("a" * 301, "300 ký tự")])
def test_caption_is_needed_and_limited(cast, report, caption, sentence):
    with pytest.raises(AttachmentRejected, match=sentence):
        attach(report, upload(PDF), caption=caption, by=cast.officer)
    assert not Attachment.objects.exists()


def test_number_of_files_is_limited(cast, report, monkeypatch):
    monkeypatch.setattr(attachments, "MOST_FILES", 1)
    attach(report, upload(PDF), caption="Một", by=cast.officer)
    with pytest.raises(AttachmentRejected, match="nhiều nhất 1 tệp"):
        attach(report, upload(PDF), caption="Hai", by=cast.officer)


def test_removed_file_leaves_the_draft_and_stays_in_what_was_filed(cast, report):
    attachment = attach(report, upload(PDF), caption="Một", by=cast.officer)
    assert content.parse(report, {}, previous=None).content["attachments"] == [attachment.pk]
    remove(attachment, by=cast.colleague)
    assert content.parse(report, {}, previous=None).content["attachments"] == []
    assert Attachment.objects.filter(pk=attachment.pk).exists()


def test_filed_report_takes_and_gives_no_file(cast, report):
    attachment = attach(report, upload(PDF), caption="Một", by=cast.officer)
    workflow.submit(report, sound_content(), by=cast.officer)
    with pytest.raises(Conflict):
        attach(report, upload(PDF), caption="Hai", by=cast.officer)
    with pytest.raises(Conflict):
        remove(attachment, by=cast.officer)
    attachment.refresh_from_db()
    assert attachment.removed_at is None


# --- who is in the picture, and what it is about ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("consent", ["", "yes", "on"])
def test_picture_is_not_taken_without_a_word_about_the_people_in_it(cast, report, kind, consent):
    with pytest.raises(AttachmentRejected, match="Không gửi ảnh thấy rõ mặt trẻ em khi chưa có sự đồng ý"):
        attach(report, upload(photo(kind)), caption="Bìa", by=cast.officer, consent=consent)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("consent", PhotoConsent.values)
def test_what_the_officer_declared_stays_with_the_picture(cast, report, consent):
    attachment = attach(report, upload(photo()), caption="Bìa", by=cast.officer, consent=consent)
    attachment.refresh_from_db()
    assert attachment.consent == consent
    assert AuditEvent.objects.get(action="attachment.add").data["consent"] == consent


def test_consent_is_for_pictures_only(cast, report):
    attachment = attach(report, upload(PDF), caption="Một", by=cast.officer, consent=PhotoConsent.CONSENTED)
    assert attachment.consent == ""


def test_file_names_a_task_of_the_reports_plan_and_no_other(cast, report):
    task = make_task(cast.plan)
    assert attach(report, upload(PDF), caption="Một", by=cast.officer, task=task).task == task
    foreign = make_task(make_plan(cast.province))
    with pytest.raises(AttachmentRejected, match="không thuộc kế hoạch"):
        attach(report, upload(PDF), caption="Hai", by=cast.officer, task=foreign)
    assert Attachment.objects.count() == 1


def test_report_returned_for_other_items_takes_and_gives_no_file(cast, report):
    attachment = attach(report, upload(PDF), caption="Một", by=cast.officer)
    workflow.submit(report, sound_content(), by=cast.officer)
    Report.objects.filter(pk=report.pk).update(status=Report.Status.RETURNED, open_items=["ket-qua"])
    with pytest.raises(Conflict, match="một số mục khác"):
        attach(report, upload(PDF), caption="Hai", by=cast.officer)
    with pytest.raises(Conflict, match="một số mục khác"):
        remove(attachment, by=cast.officer)
    Report.objects.filter(pk=report.pk).update(open_items=["ket-qua", "tai-lieu"])
    remove(attachment, by=cast.officer)
    assert attach(report, upload(PDF), caption="Hai", by=cast.officer).pk


# --- on the page --------------------------------------------------------------------------------------------------


def send(client, report, *, file, caption="Bìa", action="attach", **fields):
    url = reverse("reports:filing", args=[report.pk])
    data = {"action": action, "draft_version": str(report.draft_version), "base": json.dumps(report.draft), **fields}
    return client.post(url, data | {"tep": file, "tai-lieu.caption": caption})


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_caption_that_a_colleague_writes_meanwhile_stays(client, cast, report, monkeypatch):
    def attach_while_a_colleague_writes(*args, **kwargs):
        attached = attach(*args, **kwargs)
        Report.objects.filter(pk=report.pk).update(
            draft={"tai-lieu.caption": "Ảnh khác"}, draft_version=report.draft_version + 2
        )
        return attached

    monkeypatch.setattr(attachments, "attach", attach_while_a_colleague_writes)
    client.force_login(cast.officer)
    assert send(client, report, file=upload(PDF)).status_code == 302
    report.refresh_from_db()
    assert report.draft == {"tai-lieu.caption": "Ảnh khác"}
    assert report.attachments.get().caption == "Bìa"


def test_upload_saves_the_text_too_and_comes_back(client, cast, report):
    client.force_login(cast.officer)
    response = send(client, report, file=upload(PDF, "a.pdf"), **{"ket-qua": "đang ghi"})
    url = reverse("reports:filing", args=[report.pk])
    assert response.headers["Location"] == url + "#muc-tai-lieu"
    report.refresh_from_db()
    assert report.draft == {"ket-qua": "đang ghi"}, "the caption belongs to the file now"
    page = text(client.get(url))
    assert "a.pdf" in page
    assert "Bìa" in page


@pytest.mark.parametrize(
    ("caption", "name", "what"),
    [
        ("Gọi 0912 345 678 để nhận quà", "a.pdf", "Chú thích “Gọi 0912 345 678"),
        ("Bìa", "sdt_0912345678.pdf", "Tên tệp “sdt 0912345678"),
    ],
)
def test_caption_and_name_that_look_like_personal_data_are_kept_and_warned_about(
    client, cast, report, caption, name, what
):
    client.force_login(cast.officer)
    response = send(client, report, file=upload(PDF, name), caption=caption)
    page = text(client.get(response.headers["Location"]))
    assert Attachment.objects.count() == 1
    assert what in page
    assert "Hãy bỏ tệp này và gửi lại" in page


def test_picture_is_sent_with_its_consent_and_task_from_the_form(client, cast, report):
    task = make_task(cast.plan)
    client.force_login(cast.officer)
    refused = send(client, report, file=upload(photo(), "anh.jpg"), caption="Rước đèn")
    assert refused.status_code == 422
    assert "Tệp này là ảnh. Hãy cho biết" in text(refused)
    assert 'value="Rước đèn"' in text(refused)
    assert not Attachment.objects.exists()
    report.refresh_from_db()
    fields = {"tai-lieu.consent": "consented", "tai-lieu.file_task": str(task.pk)}
    assert send(client, report, file=upload(photo(), "anh.jpg"), caption="Rước đèn", **fields).status_code == 302
    taken = Attachment.objects.get()
    assert (taken.consent, taken.task, taken.content_type) == ("consented", task, attachments.JPEG)
    page = text(client.get(reverse("reports:filing", args=[report.pk])))
    listed = page.partition('<ul class="file-list">')[2].partition("</ul>")[0]
    assert "đã đồng ý" in listed
    assert f"Nhiệm vụ: {task}" in listed


def test_plain_caption_is_not_warned_about(client, cast, report):
    client.force_login(cast.officer)
    response = send(client, report, file=upload(PDF, "ke-hoach-2026.pdf"), caption="Kế hoạch của đơn vị")
    assert "Hãy bỏ tệp này và gửi lại" not in text(client.get(response.headers["Location"]))


@pytest.mark.parametrize("action", ["save", "check", "submit"])
def test_chosen_file_is_taken_with_every_button(client, cast, report, action):
    client.force_login(cast.officer)
    assert send(client, report, file=upload(PDF, "a.pdf"), action=action).status_code == 302
    assert Attachment.objects.get().caption == "Bìa"


def test_refused_file_is_told_beside_its_field_and_the_text_stays(client, cast, report):
    client.force_login(cast.officer)
    response = send(
        client, report, file=upload(b"<html>", "a.pdf"), caption="Chú thích của tôi", **{"ket-qua": "đang ghi"}
    )
    page = text(response)
    assert response.status_code == 422
    assert "Chỉ nhận tệp PDF, Word" in page
    assert "Chưa gửi kèm được tệp." in page
    assert "trước khi nộp." not in page, "nothing was asked to be filed"
    assert 'value="Chú thích của tôi"' in page
    assert "đang ghi</textarea>" in page
    assert 'name="draft_version" value="1"' in page, "the text was saved: the page goes on from there"
    assert not Attachment.objects.exists()


def test_button_without_a_file_asks_for_one(client, cast, report):
    client.force_login(cast.officer)
    url = reverse("reports:filing", args=[report.pk])
    response = client.post(url, {"action": "attach", "draft_version": "0", "tep": ""})
    assert (response.status_code, "Hãy chọn tệp" in text(response)) == (422, True)


def test_file_is_removed_from_the_page_and_only_of_this_report(client, cast, report):
    mine = attach(report, upload(PDF), caption="Một", by=cast.officer)
    other = attach(make_report(cast.sibling_obligation), upload(PDF), caption="Hai", by=cast.sibling_officer)
    client.force_login(cast.officer)
    url = reverse("reports:filing", args=[report.pk])
    assert client.post(url, {"action": f"remove-attachment:{other.pk}", "draft_version": "0"}).status_code == 404
    assert client.post(url, {"action": f"remove-attachment:{mine.pk}", "draft_version": "0"}).status_code == 302
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.removed_at is not None
    assert other.removed_at is None


# --- download -----------------------------------------------------------------------------------------------------


@pytest.fixture
def attachment(cast, report) -> Attachment:
    return attach(report, upload(PDF, "Báo cáo ảnh.pdf"), caption="Một", by=cast.officer)


def status_of_download(client, person, attachment) -> int:
    client.force_login(person)
    return client.get(reverse("reports:attachment_download", args=[attachment.pk])).status_code


def file_with(attachment: Attachment, by) -> None:
    workflow.submit(attachment.report, sound_content() | {"attachments": [attachment.pk]}, by=by)


@pytest.mark.parametrize("person", ["officer", "colleague", "reviewer", "viewer", "province_reviewer"])
def test_readers_of_the_report_download_it_and_never_open_it_inline(client, cast, attachment, person):
    file_with(attachment, cast.officer)
    client.force_login(getattr(cast, person))
    response = client.get(reverse("reports:attachment_download", args=[attachment.pk]))
    assert b"".join(response.streaming_content) == PDF
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("person", ["stranger", "sibling_officer", "stranger_reviewer"])
def test_stranger_finds_no_file(client, cast, attachment, person):
    client.force_login(getattr(cast, person))
    assert client.get(reverse("reports:attachment_download", args=[attachment.pk])).status_code == 404


def test_download_needs_a_session_and_a_get(client, cast, attachment):
    url = reverse("reports:attachment_download", args=[attachment.pk])
    assert client.get(url).status_code == 302
    client.force_login(cast.officer)
    assert client.post(url).status_code == 405


def test_file_of_a_draft_is_for_those_who_write_it(client, cast, attachment):
    assert status_of_download(client, cast.colleague, attachment) == 200
    assert status_of_download(client, cast.reviewer, attachment) == 403


def test_file_that_was_removed_before_the_filing_is_for_nobody(client, cast, attachment):
    remove(attachment, by=cast.officer)
    workflow.submit(attachment.report, sound_content(), by=cast.officer)
    assert status_of_download(client, cast.officer, attachment) == 404
    assert status_of_download(client, cast.reviewer, attachment) == 404


def test_removed_file_can_still_be_read_for_old_revisions(client, cast, attachment):
    file_with(attachment, cast.officer)
    workflow.send_back(attachment.report, by=cast.reviewer, reason="Bỏ ảnh thấy mặt trẻ em.")
    remove(attachment, by=cast.officer)
    assert status_of_download(client, cast.reviewer, attachment) == 200


def test_file_that_is_gone_from_the_disk_is_404(client, cast, attachment, media):
    (media / attachment.file.name).unlink()
    client.force_login(cast.officer)
    assert client.get(reverse("reports:attachment_download", args=[attachment.pk])).status_code == 404
