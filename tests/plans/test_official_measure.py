import pytest

from plans.official import measure
from plans.official.fonts import FontNotFound
from plans.official.measure import even_width, head_lines, text_width

LEFT = 165 * 0.43


def test_width_of_a_line_is_that_of_times_new_roman():
    # 1 em of figures at 14 points: two digits of half an em each.
    assert text_width("00", 14) == pytest.approx(14 * 25.4 / 72, abs=0.01)
    assert text_width("CỘNG HÒA XÃ HỘI", 12, bold=True) > text_width("CỘNG HÒA XÃ HỘI", 12)


def test_name_that_fits_stays_whole():
    assert head_lines("CÔNG ĐOÀN VIÊN CHỨC TỈNH", size=12, bold=True, width=LEFT) == ["CÔNG ĐOÀN VIÊN CHỨC TỈNH"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("LIÊN ĐOÀN LAO ĐỘNG TỈNH ĐẮK LẮK", ["LIÊN ĐOÀN LAO ĐỘNG", "TỈNH ĐẮK LẮK"]),
        ("TỔNG LIÊN ĐOÀN LAO ĐỘNG VIỆT NAM", ["TỔNG LIÊN ĐOÀN LAO ĐỘNG", "VIỆT NAM"]),
        ("ỦY BAN NHÂN DÂN THÀNH PHỐ BUÔN MA THUỘT", ["ỦY BAN NHÂN DÂN", "THÀNH PHỐ BUÔN MA THUỘT"]),
    ],
)
def test_long_name_breaks_where_a_typist_breaks_it(name, lines):
    assert head_lines(name, size=12, bold=False, width=LEFT) == lines


def test_name_that_needs_three_lines_is_left_to_the_page():
    name = " ".join(["CÔNG ĐOÀN"] * 10)
    assert head_lines(name, size=12, bold=True, width=LEFT) == [name]


def test_even_width_keeps_the_number_of_lines():
    text = "Triển khai thực hiện Chỉ thị số 28-CT/TW về tăng cường công tác chăm sóc, giáo dục và bảo vệ trẻ em"
    width = even_width(text, size=14, bold=True, width=150)
    assert 75 < width < 150
    assert width % 5 == 0
    assert measure._line_count(text, size=14, bold=True, width=width) == 2
    assert measure._line_count(text, size=14, bold=True, width=width - 5) == 3


def test_short_text_is_not_narrowed():
    assert even_width("Thực hiện công tác trẻ em", size=14, bold=True, width=150) == 150


def test_preview_works_without_the_font(monkeypatch):
    def no_font():
        raise FontNotFound

    monkeypatch.setattr(measure, "official_font", no_font)
    measure._advances.cache_clear()
    assert head_lines("LIÊN ĐOÀN LAO ĐỘNG TỈNH ĐẮK LẮK", size=12, bold=True, width=LEFT) == [
        "LIÊN ĐOÀN LAO ĐỘNG TỈNH ĐẮK LẮK"
    ]
    measure._advances.cache_clear()
