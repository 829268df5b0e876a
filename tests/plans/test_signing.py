"""Signing an issued document through its pages: who may, what is kept, and that no secret is."""

import hashlib
import logging

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from orgunits.models import AuditEvent
from orgunits.transitions import Conflict
from plans import signing
from plans.models import Letterhead, OutgoingDocument
from plans.official import pades
from tests.builders import give_role, make_unit, make_user
from tests.plans.certificates import DAY, SECRET, pkcs12_file
from tests.plans.signing_steps import (
    STATUS,
    address,
    approver,
    day,
    document,
    issued,
    press_sign,
    printed,
    unit,
    words,
)
from tests.plans.test_pades import LOOK

pytestmark = pytest.mark.django_db
__all__ = ["approver", "day", "document", "issued", "printed", "unit"]  # fixtures


# --- signed here -----------------------------------------------------------------------------------------------------
def test_person_then_body_sign_and_each_result_is_kept(client, document, issued, approver, printed):
    client.force_login(approver)
    assert press_sign(client, document, issued).status_code == 302
    first = document.files.get(kind="signed")
    body = pkcs12_file("Công đoàn Thử Nghiệm")
    assert press_sign(client, document, first, container=body, party="body").status_code == 302
    last = document.files.order_by("pk").last()
    content = signing.content_of(last)
    assert content.startswith(signing.content_of(first))
    assert content.startswith(printed)
    assert (last.sha256, last.size, last.pages) == (hashlib.sha256(content).hexdigest(), len(content), 2)
    assert [entry["name"] for entry in last.signatures] == ["Trần Văn Dũng", "Công đoàn Thử Nghiệm"]
    assert all(entry["is_unchanged"] and entry["is_same_document"] for entry in last.signatures)
    assert AuditEvent.objects.filter(action="outgoing.file").count() == 2


def test_page_offers_only_who_has_not_signed_yet(client, document, issued, approver):
    client.force_login(approver)
    assert {signing.FIELD_OF["person"], signing.FIELD_OF["body"]} == {pades.PERSON, pades.BODY}
    press_sign(client, document, issued)
    second = words(client.get(address("outgoing_sign", document)))
    checked = second.index("checked")
    assert 'value="body"' in second[checked - 200 : checked + 60]
    body = pkcs12_file("Công đoàn Thử Nghiệm")
    press_sign(client, document, document.files.get(kind="signed"), container=body, party="body")
    third = words(client.get(address("outgoing_sign", document)))
    assert "Người ký và cơ quan đều đã ký số" in third
    assert 'type="password"' not in third


def test_page_of_the_document_tells_who_signed_when_and_that_it_is_a_trial(client, document, issued, approver):
    client.force_login(approver)
    press_sign(client, document, issued)
    text = words(client.get(document.get_absolute_url()))
    assert "<strong>Trần Văn Dũng</strong> ký số lúc 09:00 22/11/2026" in text
    assert "không bị sửa từ khi ký" in text
    assert "Chứng thư tự tạo, không có giá trị pháp lý" in text
    assert "Các trang đúng như tệp đã ban hành từ hệ thống" in text
    assert "khác tên người ký" not in text


def test_neither_key_nor_passphrase_is_kept_or_logged(client, document, issued, approver, tmp_path, caplog):
    client.force_login(approver)
    with caplog.at_level(logging.DEBUG):
        press_sign(client, document, issued)
        press_sign(client, document, issued, passphrase=f"{SECRET} sai")
    assert SECRET not in caplog.text
    assert not any(SECRET in str(event.data) for event in AuditEvent.objects.all())
    container = pkcs12_file()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert container not in path.read_bytes()
            assert SECRET.encode() not in path.read_bytes()
    assert SECRET not in repr(signing.Credential(container, SECRET))


@pytest.mark.parametrize(
    ("container", "passphrase", "sentence"),
    [
        (None, "sai", "mật khẩu không đúng"),
        (b"khong phai", SECRET, "Chưa mở được tệp chứng thư"),
        (b"", SECRET, "Tệp chứng thư số rỗng"),
        (b"x" * 300_000, SECRET, "quá lớn so với một chứng thư số"),
    ],
)
def test_bad_certificate_is_answered_with_a_sentence(
    client, document, issued, approver, container, passphrase, sentence
):
    client.force_login(approver)
    answer = press_sign(client, document, issued, container=container, passphrase=passphrase, party="body")
    text = words(answer)
    assert answer.status_code == 200
    assert sentence in text
    assert passphrase not in text
    assert text.count("checked") == 1
    assert 'value="body"' in text[text.index("checked") - 200 : text.index("checked") + 60]
    assert document.files.count() == 1


def test_expired_certificate_is_answered_with_a_sentence(client, document, issued, approver):
    client.force_login(approver)
    old = pkcs12_file(first=DAY.replace(year=2024), last=DAY.replace(year=2025))
    assert "đã hết hạn ngày 22/11/2025" in words(press_sign(client, document, issued, container=old))
    assert document.files.count() == 1


@pytest.mark.parametrize(("party", "wanted"), [("person", "Trần Văn Dũng"), ("body", "Công đoàn Thử Nghiệm")])
def test_certificate_of_another_name_signs_only_when_that_is_confirmed(
    client, document, issued, approver, party, wanted
):
    client.force_login(approver)
    other = pkcs12_file("Lê Thị Ký")
    text = words(press_sign(client, document, issued, container=other, party=party))
    assert f"mang tên “Lê Thị Ký”, còn văn bản ghi “{wanted}”" in text
    assert 'type="checkbox" name="any_name"' in text
    assert document.files.count() == 1
    data = {"party": party, "base": issued.pk, "passphrase": SECRET, "any_name": "on"}
    data["container"] = SimpleUploadedFile("khoa.p12", other)
    assert client.post(address("outgoing_sign", document), data).status_code == 302
    assert document.files.get(kind="signed").signatures[0]["is_expected"] is False


@pytest.mark.parametrize(
    ("name", "wanted", "same"),
    [
        ("TRAN VAN DUNG", "Trần Văn Dũng", True),
        ("Trần Văn Dũng (Ban Cơ yếu)", "Trần Văn Dũng", True),
        ("Trần Dũng", "Trần Văn Dũng", True),
        ("Dũng", "Trần Văn Dũng", False),
        ("Trần Văn Dung Hòa", "Trần Văn Dùng", True),
        ("Lê Thị Ký", "Trần Văn Dũng", False),
        ("", "Trần Văn Dũng", False),
        ("Lê Thị Ký", "", True),
    ],
)
def test_name_of_a_certificate_is_read_as_authorities_write_it(name, wanted, same):
    assert signing.is_name_of(name, wanted) is same


def test_same_party_cannot_sign_twice(client, document, issued, approver):
    client.force_login(approver)
    press_sign(client, document, issued)
    newest = document.files.get(kind="signed")
    assert "đã ký số tệp này rồi" in words(press_sign(client, document, newest))


def test_stale_page_is_told_of_the_newer_copy(client, document, issued, approver):
    client.force_login(approver)
    press_sign(client, document, issued)
    answer = press_sign(client, document, issued, container=pkcs12_file("Công đoàn Thử Nghiệm"), party="body")
    assert answer.status_code == 409
    assert "Vừa có người thêm bản đã ký khác" in words(answer)
    assert document.files.count() == 2


def test_document_without_a_pdf_says_to_wait(client, document, approver):
    client.force_login(approver)
    assert "chưa có tệp PDF để ký" in words(client.get(address("outgoing_sign", document)))


def test_pictures_of_the_letterhead_of_the_day_of_issue_are_used(document, issued, unit, approver, monkeypatch):
    head = Letterhead.objects.create(
        org_unit=unit, valid_from=DAY.date(), issuer_line="CĐTN", signer_post="CHỦ TỊCH", signer_name="Người Khác",
        seal_image=ContentFile(LOOK.seal, name="dau.png"),
    )  # fmt: skip
    head.signers.create(
        post="PHÓ CHỦ TỊCH", name="Trần Văn Dũng", signature_image=ContentFile(LOOK.hand, name="chu-ky.png")
    )
    seen = []
    real = pades.sign
    monkeypatch.setattr(pades, "sign", lambda *args, **more: seen.append(more["look"]) or real(*args, **more))
    credential = signing.Credential(pkcs12_file(), SECRET)
    signing.sign(document, credential, party="person", base=issued, by=approver, at=DAY)
    assert seen == [LOOK]


# --- who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["outgoing_sign", "outgoing_signed_copy"])
@pytest.mark.parametrize(("role", "status"), [("reporter", 403), ("viewer", 403), ("administrator", 200), ("", 404)])
def test_only_approver_and_administrator_of_the_unit_bring_signed_copies(
    client, document, issued, unit, name, role, status
):
    user = make_user(unit=unit, role=role) if role else make_user(unit=make_unit(), role="approver")
    client.force_login(user)
    assert client.get(address(name, document)).status_code == status
    assert client.post(address(name, document), {}).status_code == status
    assert document.files.count() == 1
    page = client.get(document.get_absolute_url())
    assert (address(name, document) in page.content.decode()) is (status == 200)


def test_approver_of_the_unit_above_does_not_sign_for_it(client, document, issued, unit):
    above = make_user(unit=unit, role="viewer")
    give_role(above, "approver", make_unit())
    client.force_login(above)
    assert client.get(address("outgoing_sign", document)).status_code == 403


@pytest.mark.parametrize("name", ["outgoing_sign", "outgoing_signed_copy"])
@pytest.mark.parametrize("status", [STATUS.VOID, STATUS.RESERVED])
def test_only_an_issued_document_gets_a_signed_copy(client, document, issued, approver, name, status):
    client.force_login(approver)
    OutgoingDocument.objects.update(status=status)
    assert client.get(address(name, document)).status_code == 409


def test_number_that_becomes_void_while_somebody_signs_keeps_no_signed_copy(document, issued, approver):
    OutgoingDocument.objects.update(status=STATUS.VOID)
    credential = signing.Credential(pkcs12_file(), SECRET)
    with pytest.raises(Conflict):
        signing.sign(document, credential, party="person", base=issued, by=approver, at=DAY)
    assert document.files.count() == 1
