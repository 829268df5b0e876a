"""The unit's own letterhead: by dates, with its signers and pictures, changed by its administrators only."""

import datetime

import pytest

from plans.models import Letterhead
from plans.official.blocks import ND30, PARTY
from plans.official.letterhead import letterhead_of, missing_of, printed_signature, signers_of

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
