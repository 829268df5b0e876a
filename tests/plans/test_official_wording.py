import unicodedata

import pytest

from plans.official.blocks import ND30, PARTY, Bullet, Heading, KeyLine, Paragraph, Run, plain
from plans.official.text import clean, tidy
from plans.official.wording import (
    addressee_lines,
    authority_line,
    authority_lines,
    citation_lines,
    ended,
    letter_subject,
    recipient_lines,
    running_text,
    signer_name,
    with_end,
)


# --- text on its way in ----------------------------------------------------------------------------------------------
def test_text_is_composed():
    assert clean(unicodedata.normalize("NFD", "Đắk Lắk, chữ ướt")) == "Đắk Lắk, chữ ướt"


@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x1f", "\x7f", "\u200b", "\u202e", "\ufeff", "\ufffe", "\U0001fffe"])
def test_characters_that_no_file_can_hold_are_dropped(bad):
    assert clean(f"trẻ{bad} em") == "trẻ em"


def test_unpaired_surrogate_becomes_a_replacement_character():
    assert clean("a\ud800b") == "a\ufffdb"


def test_paired_surrogates_become_their_character():
    assert clean("\ud835\udc00") == "\U0001d400"


def test_every_kind_of_line_break_is_one():
    assert clean("a\r\nb\rc\u2028d\x0be\x85f") == "a\nb\nc\nd\ne\nf"


def test_tidy_text_is_one_line_with_single_spaces_and_none_before_a_mark():
    assert tidy("  của cấp tỉnh,  huyện,\n xã .  ") == "của cấp tỉnh, huyện, xã."
    assert tidy("vui chơi ...") == "vui chơi ..."
    assert tidy("mức 0 .5") == "mức 0 .5"


# --- authority -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["KT.CHỦ TỊCH", "KT. CHỦ TỊCH", "kt . Chủ tịch", "K/T CHỦ TỊCH", "KT CHỦ TỊCH"])
def test_signing_for_another_is_written_one_way(typed):
    assert authority_line(typed, ND30) == "KT. CHỦ TỊCH"
    assert authority_line(typed, PARTY) == "K/T CHỦ TỊCH"


@pytest.mark.parametrize(
    ("typed", "state", "party"),
    [
        ("TM. Ban Thường vụ", "TM. BAN THƯỜNG VỤ", "T/M BAN THƯỜNG VỤ"),
        ("T/M BAN THƯỜNG VỤ", "TM. BAN THƯỜNG VỤ", "T/M BAN THƯỜNG VỤ"),
        ("TL.CHỦ TỊCH", "TL. CHỦ TỊCH", "T/L CHỦ TỊCH"),
        ("TUQ. GIÁM ĐỐC", "TUQ. GIÁM ĐỐC", "TUQ. GIÁM ĐỐC"),
        ("Q.GIÁM ĐỐC", "Q. GIÁM ĐỐC", "Q. GIÁM ĐỐC"),
        ("chủ tịch", "CHỦ TỊCH", "CHỦ TỊCH"),
        ("TMĐT", "TMĐT", "TMĐT"),
    ],
)
def test_forms_of_authority(typed, state, party):
    assert authority_line(typed, ND30) == state
    assert authority_line(typed, PARTY) == party


def test_deputy_who_signs_for_a_committee_has_no_line_for_its_head():
    assert authority_lines(["TM. BAN THƯỜNG VỤ", "KT. CHỦ TỊCH"], ND30) == ("TM. BAN THƯỜNG VỤ",)
    assert authority_lines(["T/M BAN THƯỜNG VỤ", "K/T BÍ THƯ"], PARTY) == ("T/M BAN THƯỜNG VỤ",)


def test_deputy_who_signs_for_a_people_s_committee_keeps_both_lines():
    lines = authority_lines(["TM.UỶ BAN NHÂN DÂN", "KT.CHỦ TỊCH"], ND30)
    assert lines == ("TM. UỶ BAN NHÂN DÂN", "KT. CHỦ TỊCH")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Hoàng Thị Hợp", "Hoàng Thị Hợp"),
        ("ThS. Hoàng Thị Hợp", "Hoàng Thị Hợp"),
        ("PGS.TS. Hoàng Thị Hợp", "Hoàng Thị Hợp"),
        ("Tiến sĩ Hoàng Thị Hợp", "Hoàng Thị Hợp"),
        ("Tsering Hợp", "Tsering Hợp"),
    ],
)
def test_signer_has_no_academic_title(typed, printed):
    assert signer_name(typed) == printed


# --- lists -----------------------------------------------------------------------------------------------------------
def test_recipients_end_with_semicolons_and_a_full_stop_and_the_file_copy_is_last():
    typed = ["- Lưu VP CĐVC.", "Các CĐCS trực thuộc,", "Ban Tuyên giáo-nữ công (b/c) ;", " "]
    assert recipient_lines(typed, style=ND30, addressed=False) == (
        "Các CĐCS trực thuộc;",
        "Ban Tuyên giáo-nữ công (b/c);",
        "Lưu: VP CĐVC.",
    )


def test_file_copy_is_one_item_and_has_no_colon_in_the_party():
    assert recipient_lines(["Lưu: VT; NC."], style=ND30, addressed=False) == ("Lưu: VT, NC.",)
    assert recipient_lines(["Lưu: VPĐUK"], style=PARTY, addressed=False) == ("Lưu VPĐUK.",)


def test_letter_with_addressees_begins_its_recipients_with_as_above():
    assert recipient_lines(["Lưu: VT"], style=ND30, addressed=True) == ("Như trên;", "Lưu: VT.")
    assert recipient_lines(["Như trên", "Lưu: VT"], style=ND30, addressed=True) == ("Như trên;", "Lưu: VT.")
    twice = ["Như trên", "- như trên;", "Ban Nữ công", "Lưu: VT"]
    assert recipient_lines(twice, style=ND30, addressed=True) == ("Như trên;", "Ban Nữ công;", "Lưu: VT.")


def test_as_above_is_left_out_where_nothing_stands_above():
    assert recipient_lines(["Như trên", "Lưu: VT"], style=ND30, addressed=False) == ("Lưu: VT.",)


def test_draft_without_recipients_gets_none():
    assert recipient_lines([], style=ND30, addressed=True) == ()


def test_citations_end_with_semicolons_and_a_full_stop():
    assert citation_lines(["Căn cứ Luật Trẻ em.", "Căn cứ Chỉ thị số 28-CT/TW,"]) == (
        "Căn cứ Luật Trẻ em;",
        "Căn cứ Chỉ thị số 28-CT/TW.",
    )


def test_one_addressee_has_no_mark_and_several_have():
    assert addressee_lines(["Liên đoàn Lao động tỉnh Đắk Lắk;"]) == ("Liên đoàn Lao động tỉnh Đắk Lắk",)
    assert addressee_lines(["- Các huyện", "- Các ngành;"]) == ("Các huyện;", "Các ngành.")


# --- the end of the text ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["thực hiện", "thực hiện.", "thực hiện./.", "thực hiện ./.", "thực hiện/."])
def test_end_of_the_text_has_one_mark(typed):
    assert ended(typed, ND30) == "thực hiện./."
    assert ended(typed, PARTY) == "thực hiện."


def test_an_ellipsis_is_kept_before_the_end():
    assert ended("Tết Trung thu...", ND30) == "Tết Trung thu..../."
    assert ended("Tết Trung thu...", PARTY) == "Tết Trung thu..."


def test_the_end_mark_goes_to_the_last_run_only():
    block = Paragraph((Run("a.", bold=True), Run("b")))
    assert with_end(block, ND30) == Paragraph((Run("a.", bold=True), Run("b./.")))
    assert with_end(Bullet(plain("b;")), ND30) == Bullet(plain("b./."))
    assert with_end(KeyLine("Thời gian", "hằng năm"), PARTY) == KeyLine("Thời gian", "hằng năm.")
    assert with_end(Heading(1, "I.", "A"), ND30) == Heading(1, "I.", "A")
    assert with_end(Paragraph(()), ND30) == Paragraph(())


# --- running text ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Kế hoạch số 54/KH - LĐLĐ ngày", "Kế hoạch số 54/KH-LĐLĐ ngày"),
        ("Chỉ thị số 28- CT/TW ngày", "Chỉ thị số 28-CT/TW ngày"),
        ("Chỉ thị số 28 - CT/TW và", "Chỉ thị số 28-CT/TW và"),
        ("Số: 60 /KH-LĐLĐ", "Số: 60/KH-LĐLĐ"),
        ("Kế hoạch số 181- KH/TU", "Kế hoạch số 181-KH/TU"),
        ("Thông tư 13/2021/TT - BLĐTBXH", "Thông tư 13/2021/TT-BLĐTBXH"),
        ("ngày 4 tháng 05 năm 2024", "ngày 04 tháng 5 năm 2024"),
        ("ngày 24 tháng 1 năm 2024", "ngày 24 tháng 01 năm 2024"),
        ("giai đoạn 2021 - 2030", "giai đoạn 2021 - 2030"),
        ("Lao động - Thương binh", "Lao động - Thương binh"),
        ("từ 15/12 - Tết", "từ 15/12 - Tết"),
    ],
)
def test_running_text_is_closed_up_where_the_rules_say_so(typed, printed):
    assert running_text(typed) == printed


def test_subject_of_a_letter():
    assert letter_subject("Về việc Triển khai kế hoạch", ND30) == "V/v triển khai kế hoạch"
    assert letter_subject("V/v triển khai", PARTY) == "về việc triển khai"
    assert letter_subject("UBND tỉnh báo cáo", ND30) == "V/v UBND tỉnh báo cáo"
    assert letter_subject(" ", ND30) == ""
