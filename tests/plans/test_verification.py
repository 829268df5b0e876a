"""The public page on which anybody holds a paper against the register: what it says, and what it never says."""

import datetime
import hashlib

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.urls import reverse

from plans import issuing, verification
from plans.models import IssuedFile, Letterhead, NumberSeries, OutgoingDocument
from plans.official.blocks import from_json
from tests.builders import make_unit, make_user
from tests.plans.test_official_pdf import plan

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)
SUBJECT = "Trích yếu không ai ngoài đơn vị được đọc"
CONTENT = b"%PDF-1.7 the issued file"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
STATUS = OutgoingDocument.Status


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.SITE_URL = "https://mangnon.vi-du.vn"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def unit():
    return make_unit("Công đoàn Thử Nghiệm")


@pytest.fixture
def document(unit):
    by = make_user(unit=unit, role="approver")
    series = NumberSeries.objects.create(org_unit=unit, year=2026, last=7)
    return OutgoingDocument.objects.create(
        series=series, serial=7, org_unit=unit, kind="plan", number="07/KH-CĐTN", subject=SUBJECT,
        signer_name="Trần Văn Người Ký", recipients="Nơi nhận riêng", status=STATUS.ISSUED, issued_on=DAY,
        created_by=by, issued_by=by, verify_code="ABCDEFGH2345", void_reason="Lý do riêng",
    )  # fmt: skip


@pytest.fixture
def file(document):
    return IssuedFile.objects.create(
        document=document, kind=IssuedFile.Kind.PDF, file=ContentFile(CONTENT, name="a.pdf"), sha256=DIGEST,
        size=len(CONTENT), added_by=document.created_by,
    )  # fmt: skip


def page(client, code="ABCDEFGH2345", **query):
    answer = client.get(reverse("verification:document", args=[code]), query)
    return answer.status_code, " ".join(answer.content.decode().split())


def test_anybody_reads_number_day_issuer_status_and_hash_and_nothing_else(client, document, file):
    status, text = page(client)
    assert status == 200
    for words in ("07/KH-CĐTN", "20/11/2026", "Công đoàn Thử Nghiệm", "Đã ban hành", DIGEST):
        assert words in text
    for secret in (SUBJECT, "Trần Văn Người Ký", "Nơi nhận riêng", "Lý do riêng", document.created_by.email):
        assert secret not in text


def test_void_number_is_said_to_be_void_without_the_reason(client, document):
    OutgoingDocument.objects.update(status=STATUS.VOID)
    status, text = page(client)
    assert status == 200
    assert "Số của văn bản này đã hủy" in text
    assert "đã ban hành từ hệ thống" not in text
    assert "Lý do riêng" not in text


def test_reserved_number_has_gone_out_on_no_paper(client, document):
    OutgoingDocument.objects.update(status=STATUS.RESERVED, issued_on=None)
    assert page(client)[0] == 404


@pytest.mark.parametrize("code", ["ABCDEFGH2346", "x", "%00", "ABCDEFGH234", "<b>"])
def test_unknown_code_is_answered_with_a_sentence(client, document, code):
    status, text = page(client, code)
    assert status == 404
    assert "Không có văn bản nào mang mã" in text
    assert "07/KH-CĐTN" not in text


def test_code_may_be_typed_in_any_case_with_blanks_and_dashes(client, document):
    answer = client.get(reverse("verification:start"), {"ma": " abcd-efgh 2345 "})
    assert answer.status_code == 302
    assert answer["Location"] == "/xac-minh/ABCDEFGH2345/"


def test_start_keeps_what_was_typed_wrong(client, document):
    answer = client.get(reverse("verification:start"), {"ma": "SAI"})
    assert answer.status_code == 404
    assert 'value="SAI"' in answer.content.decode()
    assert client.get(reverse("verification:start")).status_code == 200


def test_hash_of_the_issued_file_matches_in_any_writing(client, document, file):
    spread = " ".join(DIGEST.upper()[at : at + 8] for at in range(0, 64, 8))
    assert "Trùng khớp" in page(client, bam=spread)[1]


def test_hash_of_another_file_does_not_match(client, document, file):
    text = page(client, bam=hashlib.sha256(CONTENT + b" ").hexdigest())[1]
    assert "Không trùng với tệp nào" in text
    assert "Trùng khớp" not in text


def test_hash_of_another_document_does_not_match(client, document, unit, file):
    other = OutgoingDocument.objects.create(
        series=document.series, serial=8, org_unit=unit, kind="plan", number="08/KH-CĐTN", subject="x",
        status=STATUS.ISSUED, issued_on=DAY, created_by=document.created_by,
    )  # fmt: skip
    IssuedFile.objects.update(document=other)
    IssuedFile.objects.create(
        document=document, kind="pdf", file="b.pdf", sha256="0" * 64, size=1, added_by=document.created_by
    )
    assert "Không trùng" in page(client, bam=DIGEST)[1]


@pytest.mark.parametrize("typed", [DIGEST[:-1], DIGEST + "0", "g" * 64, "a"])
def test_wrong_hash_keeps_what_was_typed_and_says_what_to_do(client, document, file, typed):
    status, text = page(client, bam=typed)
    assert status == 200
    assert "gồm đúng 64 ký tự" in text
    assert f'value="{typed}"' in text


def test_document_without_a_file_says_so(client, document):
    assert "Chưa có tệp nào được lưu" in page(client)[1]


def test_page_is_not_for_search_engines_nor_caches(client, document):
    for url in (reverse("verification:start"), reverse("verification:document", args=[document.verify_code])):
        answer = client.get(url)
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]


def test_only_reading_is_possible(client, document):
    assert client.post(reverse("verification:document", args=[document.verify_code])).status_code == 405
    assert client.post(reverse("verification:start")).status_code == 405


@time_machine.travel("2026-11-22 09:00:30+07:00", tick=False)
def test_the_61st_question_of_a_minute_waits(client, document):
    url = reverse("verification:document", args=["KHONGCO"])
    assert {client.get(url).status_code for _ in range(60)} == {404}
    answer = client.get(url)
    assert answer.status_code == 429
    assert "Hãy thử lại sau một phút" in answer.content.decode()
    assert client.get(url, REMOTE_ADDR="203.0.113.9").status_code == 404


def test_page_asks_the_database_little(client, document, file, django_assert_num_queries):
    with django_assert_num_queries(3):  # the document, the issuer's name that day, the files
        page(client)


def test_address_for_the_paper_is_public_and_follows_the_letterhead(document, unit):
    address = "https://mangnon.vi-du.vn/xac-minh/ABCDEFGH2345/"
    assert verification.url_of(document) == address
    head = Letterhead.objects.create(org_unit=unit, valid_from=DAY, issuer_line="CĐTN", has_verify_code=False)
    assert verification.url_of(document) == ""
    assert verification.address_of(document) == address
    Letterhead.objects.filter(pk=head.pk).update(valid_from=DAY + datetime.timedelta(days=1))
    assert verification.url_of(document) == address


@pytest.mark.parametrize("has_code", [True, False])
def test_issued_content_carries_the_address_unless_the_letterhead_says_no(unit, document, has_code):
    Letterhead.objects.create(org_unit=unit, valid_from=DAY, issuer_line="CĐTN", has_verify_code=has_code)
    by = document.created_by
    issued = issuing.issue(plan(appendices=()), unit, "plan", issuing.Order(on=DAY), by=by)
    assert issued.verify_code != document.verify_code
    printed = from_json(issued.content).verify_url
    assert printed == (f"https://mangnon.vi-du.vn/xac-minh/{issued.verify_code}/" if has_code else "")


def test_new_code_has_no_letters_that_look_alike(document):
    code = OutgoingDocument._meta.get_field("verify_code").default()
    assert len(code) == 12
    assert not set(code) & set("01ILO")


def test_trial_signature_is_called_one_to_who_holds_the_file(client, document, file):
    assert "chữ ký thử" not in page(client, bam=DIGEST)[1].casefold()
    IssuedFile.objects.update(kind=IssuedFile.Kind.SIGNED, signatures=[{"is_test": True, "name": "Người Thử"}])
    _, text = page(client, bam=DIGEST)
    assert "Chữ ký số trong tệp là chữ ký thử, không có giá trị pháp lý." in text
    assert text.count("không có giá trị pháp lý") == 2
    assert "Người Thử" not in text


def test_sample_document_says_that_it_is_one(client, document, unit):
    assert "Dữ liệu mẫu" not in page(client)[1]
    unit.is_sample = True
    unit.save(update_fields=["is_sample"])
    assert "Dữ liệu mẫu: đơn vị và văn bản này chỉ để thử hệ thống" in page(client)[1]
