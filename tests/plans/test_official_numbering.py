import pytest

from plans.official.blocks import ND30, PARTY, DocumentNumber, IssueDate
from plans.official.numbering import (
    BLANK,
    appendix_label,
    date_phrase,
    month_number,
    number_line,
    number_reference,
    place_and_date,
    roman,
    two_digit_day,
)


@pytest.mark.parametrize(
    ("serial", "printed"),
    [(1, "01"), (9, "09"), (10, "10"), (99, "99"), (100, "100"), (1292, "1292")],
)
def test_only_numbers_below_ten_take_a_leading_zero(serial, printed):
    assert number_line(DocumentNumber(serial, "KH", "UBND"), ND30) == f"Số: {printed}/KH-UBND"


def test_party_number_has_no_colon_and_the_hyphen_before_the_type():
    assert number_line(DocumentNumber(162, "KH", "ĐUK"), PARTY) == "Số 162-KH/ĐUK"
    assert number_line(DocumentNumber(5, "HD", "VPTW"), PARTY) == "Số 05-HD/VPTW"


def test_letter_has_no_type_code_in_a_state_body_and_cv_in_the_party():
    assert number_line(DocumentNumber(12, "", "LĐLĐ", "NC"), ND30) == "Số: 12/LĐLĐ-NC"
    assert number_line(DocumentNumber(12, "CV", "LĐLĐ", "NC"), ND30) == "Số: 12/LĐLĐ-NC"
    assert number_line(DocumentNumber(12, "", "ĐU"), PARTY) == "Số 12-CV/ĐU"


def test_draft_prints_blanks_where_number_and_day_will_be_written():
    assert number_line(DocumentNumber(None, "KH", "UBND"), ND30) == f"Số: {BLANK}/KH-UBND"
    assert number_line(DocumentNumber(None, "KH", "ĐUK"), PARTY) == f"Số {BLANK}-KH/ĐUK"
    assert place_and_date(IssueDate("Cẩm Tân", None, 5, 2024)) == f"Cẩm Tân, ngày {BLANK} tháng 5 năm 2024"
    assert date_phrase(IssueDate()) == f"ngày {BLANK} tháng {BLANK} năm {BLANK}"


def test_a_document_with_neither_serial_nor_body_keeps_both_blanks():
    assert number_reference(DocumentNumber(None, "KH", ""), ND30) == f"{BLANK}/KH-{BLANK}"


@pytest.mark.parametrize(("day", "printed"), [(1, "01"), (9, "09"), (10, "10"), (31, "31"), (None, BLANK)])
def test_days_below_ten_take_a_zero(day, printed):
    assert two_digit_day(day) == printed


@pytest.mark.parametrize(
    ("month", "printed"), [(1, "01"), (2, "02"), (3, "3"), (9, "9"), (10, "10"), (12, "12"), (None, BLANK)]
)
def test_only_the_first_two_months_take_a_zero(month, printed):
    assert month_number(month) == printed


@pytest.mark.parametrize(
    ("number", "printed"), [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (40, "XL"), (90, "XC"), (1999, "MCMXCIX")]
)
def test_roman_numerals(number, printed):
    assert roman(number) == printed


def test_there_is_no_roman_zero():
    with pytest.raises(ValueError, match="0"):
        roman(0)


def test_appendices_are_numbered_when_there_are_two():
    assert appendix_label(1, 1, ND30) == "Phụ lục"
    assert appendix_label(2, 3, ND30) == "Phụ lục II"
    assert appendix_label(2, 3, PARTY) == "Phụ lục 2"
