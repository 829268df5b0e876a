"""What looks like a person in a text, and the ordinary sentences of reports that must not raise an alarm."""

import time
import unicodedata

import pytest

from reports.personal_traces import ADDRESS, BIRTH_DATE, IDENTITY, NAME, TELEPHONE, found

# Names are put together from parts, so that no text of ours carries one.
FULL = " ".join(["Nguyễn", "Văn", "Thử"])


@pytest.mark.parametrize(
    "text",
    [
        f"Đã thăm cháu {FULL} ở thôn 3.",
        f"Cháu {FULL}",
        f"Cháu bé {FULL} được mổ tim.",
        f"em {FULL}, học lớp 5",
        f"các em {FULL} và bạn",
        f"em Lê {FULL}",
        f"bé: {FULL}",
        f"Bé gái tên là {FULL}",
        f"trẻ {FULL}",
        f"học sinh {FULL} (lớp 3A)",
        f"em học sinh {FULL}",
        f"con {FULL}",
        f"con anh {FULL} được nhận quà",
        f"con của đồng chí {FULL}",
        f"con gái chị {FULL}",
        f"cháu {FULL.upper()}",
        "cháu Trần Thị B",
        "cháu Y Thử Niê",
        f"cháu có tên {FULL}",
        "cháu H'Thử Niê",
        "em H’Thử Niê Kđăm",
        "bé H' Thử",
        "cháu A Thử",
        f"cháu {FULL.lower()}",
        "chau Nguyen Van Thu",
        f"Tặng quà cho {FULL} (lớp 3A)",
        f"{FULL}, học sinh lớp 3A",
        f"{FULL}, 8 tuổi",
        f"{FULL} sinh năm 2018",
        unicodedata.normalize("NFD", f"cháu {FULL}"),
        f"cháu\n{FULL}",
    ],
)
def test_name_of_a_child_is_found(text):
    assert found(text) == [NAME]


@pytest.mark.parametrize(
    "text",
    [
        "200 em Trường Tiểu học Kim Đồng tham gia",
        "trẻ em Việt Nam", "trẻ em Hà Nội và trẻ em Lâm Đồng", "trẻ em Thái Nguyên", "trẻ Châu Thành",
        "Tặng quà cho con CNVCLĐ có hoàn cảnh khó khăn", "con CNLĐ", "con Đoàn viên, con Đoàn Viên",
        "Bé khỏe bé ngoan", "Bé Khỏe Bé Ngoan", "trẻ Mầm non", "trẻ Mầm Non Hoa Mai", "trẻ mẫu giáo",
        "cháu ngoan Bác Hồ", "em Đội viên Đội Thiếu niên Tiền phong Hồ Chí Minh", "em Đoàn Thanh niên",
        "chị em Phụ Nữ", "anh em Công Đoàn", "Chị em Hoàng Anh Gia Lai", "học sinh Trung học cơ sở",
        "học sinh, Sinh viên", "cho trẻ em. Hoàng Thành Thăng Long được tham quan", "em. Nguyễn",
        "trẻ em Nghèo Vượt Khó", "quỹ “Vì Trẻ Em Nghèo”", "Trại hè cho con CNLĐ", "cháu Mai", "em Y Tế thôn bản",
        "Tháng hành động vì trẻ em; Ngày Quốc tế Thiếu nhi", "con em Đồng bào dân tộc", "con em Công Nhân",
        "trẻ em Tây Nguyên", "Trường Tiểu học Nguyễn Du có 30 em", "con đường Hoa Phượng", "học sinh Hồ Chí Minh",
        "Trường Tiểu học Nguyễn Du, lớp 3A", "học sinh Trường THCS Lê Hồng Phong lớp 9", "Mầm non Hoa Mai (lớp lá)",
        f"giáo viên {FULL}, lớp 3A", f"chị {FULL}, 9 tuổi nghề", "học sinh thi văn nghệ", "học sinh dự thi viết",
        "trẻ em A Lưới", "trẻ em đô thị mới", "trẻ em từ 6 tuổi đến 11 tuổi", "Tháng 6, lớp 3A có 30 em",
        "Ngày Quốc tế Thiếu nhi, 8 tuổi trở lên", "cháu A", "vitamin H' cho trẻ", "em họ văn hóa",
    ],
)  # fmt: skip
def test_ordinary_sentence_is_no_name(text):
    assert NAME not in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Liên hệ 0912345678", "0912 345 678", "0912.345.678", "0912-345-678", "091 234 5678", "09 12 34 56 78",
        "+84912345678", "+84 912 345 678", "+84 91 234 56 78", "(+84) 912 345 678", "84912345678", "(0262) 3856789",
        "0262 3 856 789", "02623856789", "024.3856.7890", "ĐT: 0912345678.", "gọi 0912345678, hỏi phụ huynh",
    ],
)  # fmt: skip
def test_telephone_number_is_found(text):
    assert found(text) == [TELEPHONE]


@pytest.mark.parametrize(
    "text",
    [
        "Tổng đài 111, 18001744, 1800 1744, 1800.1744", "kinh phí 120.000.000.000 đồng", "84.000.000.000 đồng",
        "84 500 000 đồng", "ngày 05.11.2026 20 em", "từ 01.06.2026 - 30.06.2026", "01/06/2026", "giai đoạn 2021 - 2030",
        "năm 2024, 2025, 2026", "Quyết định 23/QĐ-TTg ngày 07/01/2021", "0 1 2 3 trẻ", "Số 0123456", "0,912 345 678",
        "091.234.567 đồng",
    ],
)  # fmt: skip
def test_services_money_and_dates_are_no_telephone(text):
    assert TELEPHONE not in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "066123456789", "066 123 456 789", "0661 2345 6789", "066.123.456.789", "241567891", "241 567 891",
        "CMND: 241.567.890", "số căn cước 241567000", "Số định danh cá nhân: 066 123 456 000",
    ],
)  # fmt: skip
def test_identity_number_is_found(text):
    assert found(text) == [IDENTITY]


@pytest.mark.parametrize(
    "text",
    [
        "kinh phí 120000000 đồng", "kinh phí 123456789 đồng", "tổng 120.345.678", "120 345 000", "241567890đ",
        "500 000 000", "1.234.567.890", "12345678", "1234567890", "kinh phí 120.345.678.900 đồng", "số 12345/KH-UBND",
        "12 345 678 901 234", "241567891 VNĐ",
    ],
)  # fmt: skip
def test_amounts_are_no_identity_number(text):
    assert IDENTITY not in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "sinh ngày 01/02/2015", "Sinh ngày: 1-2-2015", "ngày sinh 01.02.2015", "Ngày sinh: 01/02/2015", "sinh 1/2/2015",
        "SN 01/02/2015", "sinh ngày 1 tháng 2 năm 2015", "ngày tháng năm sinh: 01/02/2015", "(sinh ngày 01/02/2015)",
        "em sinh ngày 01/02/2015",
    ],
)  # fmt: skip
def test_birth_date_is_found(text):
    assert found(text) == [BIRTH_DATE]


@pytest.mark.parametrize(
    "text",
    [
        "tổng vệ sinh ngày 05/06/2026", "tổ chức cho học sinh ngày 01/06/2026", "phát sinh ngày 01/02/2026",
        "trẻ sinh năm 2015", "ngày 01/06/2026", "khai sinh ngày 01/02/2026", "sinh hoạt hè ngày 01/06/2026",
        "thí sinh 01/06/2026",
    ],
)  # fmt: skip
def test_other_days_are_no_birth_date(text):
    assert BIRTH_DATE not in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "số nhà 12, đường Lê Lợi", "Số nhà: 12", "nhà số 5, ngõ 3", "trú tại số 12 đường Trần Phú",
        "ngụ tại 15 Lê Duẩn",
        "ở hẻm 12/3", "nhà ở tại 27 Y Ngông",
    ],
)  # fmt: skip
def test_house_address_is_found(text):
    assert found(text) == [ADDRESS]


@pytest.mark.parametrize(
    "text",
    [
        "trẻ em cư trú tại địa bàn", "hội trường số 12 đường Lê Duẩn", "thôn 5, xã Cẩm Tân", "tặng 2 nhà tình thương",
        "xây 3 nhà ở cho gia đình", "số nhà tiêu hợp vệ sinh", "tổ dân phố 4",
    ],
)  # fmt: skip
def test_places_of_work_are_no_house_address(text):
    assert ADDRESS not in found(text)


def test_each_kind_has_its_own_sentence():
    text = f"Cháu {FULL}, sinh ngày 01/02/2015, số nhà 12, CCCD 066123456789, ĐT 0912 345 678"
    assert found(text) == [NAME, TELEPHONE, IDENTITY, BIRTH_DATE, ADDRESS]
    assert len({NAME, TELEPHONE, IDENTITY, BIRTH_DATE, ADDRESS}) == 5


def test_warning_does_not_repeat_the_name():
    assert FULL not in " ".join(found(f"cháu {FULL}"))


@pytest.mark.parametrize(
    "text", ["1 " * 100_000, "em " * 60_000, "A" * 200_000, "em A" + " Aa" * 60_000, "sinh " * 40_000]
)
def test_long_texts_are_read_quickly(text):
    begun = time.perf_counter()
    found(text)
    assert time.perf_counter() - begun < 1
