"""What stands in a cell and what stands in a draft say the same, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from orgunits import workbook_style
from orgunits.workbook_safety import RawCell
from reports import sheets_fields
from reports.sheets_fields import CellRefused, FieldKind, SheetField

NUMBER = SheetField("tre.v", "Số trẻ em", FieldKind.NUMBER)
TEXT = SheetField("ket-qua", "Kết quả", FieldKind.TEXT, 1000)
YES_NO = SheetField("quy", "Có quỹ", FieldKind.CHOICE, choices=(("yes", "Có"), ("no", "Không")))


@given(st.integers(min_value=0, max_value=10**9))
def test_a_number_that_we_write_is_read_back(number):
    value = sheets_fields.cell_value(NUMBER, str(number))
    assert value == number
    text = sheets_fields.draft_text(NUMBER, RawCell(value, "n"))
    assert sheets_fields.same_text(NUMBER, text, str(number))
    assert sheets_fields.fingerprint(NUMBER, text) == sheets_fields.fingerprint(NUMBER, str(number))


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_of_excel_is_whole_or_refused(value):
    try:
        text = sheets_fields.draft_text(NUMBER, RawCell(value, "n"))
    except CellRefused:
        assert not (value.is_integer() and 0 <= value <= 10**9)
    else:
        assert sheets_fields.readable(NUMBER, text) == value


@given(st.text(alphabet=st.sampled_from("_x0041F5Dab =+-@\n"), max_size=40))
def test_a_text_is_a_text_and_comes_back_as_it_was(text):
    cell = workbook_style.put_text(Workbook().active["A1"], text)
    assert cell.data_type in ("s", "n")  # an empty cell is of the kind of numbers
    assert cell.data_type == "s" or not text
    assert workbook_style.unescaped(workbook_style.writable(text)) == text
    assert workbook_style.writable(text).replace("x005F_", "") == text or "x005F_" in text  # as openpyxl reads it


@given(st.text(max_size=200))
def test_no_text_breaks_the_file(text):
    assert not ILLEGAL_CHARACTERS_RE.search(workbook_style.writable(text))


@given(st.text(max_size=60), st.text(max_size=60))
def test_different_texts_have_different_fingerprints(one, other):
    same = one.strip() == other.strip()
    assert (sheets_fields.fingerprint(TEXT, one) == sheets_fields.fingerprint(TEXT, other)) == same
    assert len(sheets_fields.fingerprint(TEXT, one)) <= 17


@pytest.mark.parametrize(("typed", "code"), [("Có", "yes"), ("co", "yes"), ("KHÔNG", "no"), ("no", "no"), ("", "")])
def test_a_choice_in_any_spelling(typed, code):
    assert sheets_fields.draft_text(YES_NO, RawCell(typed, "s")) == code


@pytest.mark.parametrize("typed", ["chắc là có", "1", "yesno"])
def test_a_choice_that_is_none(typed):
    with pytest.raises(CellRefused, match="Có; Không"):
        sheets_fields.draft_text(YES_NO, RawCell(typed, "s"))
