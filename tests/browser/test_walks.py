"""The five walks from a plan's paper to its proof, as people walk them: real pages, found by their words."""

import base64
import re
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from reports.models import Obligation, Report, Revision

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("walks")]

UNION_REPORT = "57-kh-cdvc-bao-cao-nam"
PEOPLE = "28-ct-tw-can-bo-duoc-truyen-thong"
FAMILIES = "28-ct-tw-gia-dinh-duoc-truyen-thong"
LEADERS, WOMEN = "Cán bộ chủ chốt công đoàn cơ sở", "Cán bộ nữ công công đoàn cơ sở"
GOAL = 95  # "đến năm 2030 … trên 95 %": the milestone towards which 2026 goes
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


# --- 1. a report from its first number to the sums of the province -------------------------------------------------


def test_report_goes_from_the_officer_over_the_reviewer_to_the_sums_above(visitor, tmp_path):
    before = approved_sums(UNION_REPORT, 2026)
    officer, reviewer = visitor(), visitor()
    page = officer.sign_in("cdcs07@mau.example")
    owed = page.get_by_role("listitem").filter(has_text="Năm 2026")
    expect(owed).to_contain_text("09/11/2026")
    expect(owed).to_contain_text("Còn 4 ngày")
    owed.get_by_role("button", name="Bắt đầu lập báo cáo").click()

    # A wrong number is told beside its field; the right one is taken.
    leaders = page.get_by_role("group", name=LEADERS)
    informed, all_leaders = leaders.get_by_label("Số cán bộ được truyền thông"), leaders.get_by_label("Tổng số cán bộ")
    informed.fill("25")
    all_leaders.fill("20")
    page.get_by_role("button", name="Kiểm tra").click()
    expect(informed).to_have_attribute("aria-invalid", "true")
    expect(informed).to_have_accessible_description(re.compile(r"Tử số \(25\) lớn hơn mẫu số \(20\)"))
    expect(leaders).to_contain_text("Tử số (25) lớn hơn mẫu số (20)")
    expect(informed).to_have_value("25")
    informed.fill("19")
    expect(leaders).to_contain_text("95,0 %")

    # The draft waits for its writer.
    page.get_by_label("Kết quả", exact=True).fill("Đã tổ chức bốn buổi truyền thông cho đoàn viên.")
    expect(page.get_by_text(re.compile(r"^Đã lưu \d\d:\d\d"))).to_be_visible()
    menu(page, "Việc cần làm")
    owed = page.get_by_role("listitem").filter(has_text="Năm 2026")
    expect(owed).to_contain_text("Bản nháp")
    owed.get_by_role("link", name="Làm tiếp").click()
    expect(informed).to_have_value("19")
    expect(page.get_by_label("Kết quả", exact=True)).to_have_value("Đã tổ chức bốn buổi truyền thông cho đoàn viên.")

    fill_rest_of_union_report(page)
    page.get_by_role("button", name="Nộp báo cáo…").click()
    expect(page.get_by_role("heading", name="Nộp báo cáo này?")).to_be_visible()
    page.get_by_role("button", name="Nộp báo cáo", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Đã nộp báo cáo đến Công đoàn Viên chức tỉnh Đắk Lắk")

    # The reviewer returns it with a reason; the officer reads it in the letter and at home.
    desk = reviewer.sign_in("xetduyet@mau.example")
    menu(desk, "Xét duyệt")
    desk.get_by_role("link", name="Công đoàn cơ sở số 07").click()
    expect(desk.get_by_role("row", name=LEADERS)).to_contain_text("95,0 %")
    desk.get_by_text("Trả lại để đơn vị sửa").click()
    desk.get_by_label("Lý do trả lại").fill("Số gia đình còn thiếu các tổ công đoàn ở xa, đề nghị bổ sung.")
    desk.get_by_role("button", name="Trả lại kèm lý do").click()
    expect(desk.get_by_role("status").first).to_contain_text("Đã trả lại báo cáo cho Công đoàn cơ sở số 07")
    (letter,) = letters_to("cdcs07@mau.example")
    assert "Số gia đình còn thiếu các tổ công đoàn ở xa" in letter.body
    menu(page, "Việc cần làm")
    owed = page.get_by_role("listitem").filter(has_text="Năm 2026")
    expect(owed).to_contain_text("Bị trả lại")
    expect(owed).to_contain_text("Số gia đình còn thiếu các tổ công đoàn ở xa, đề nghị bổ sung.")
    owed.get_by_role("link", name="Sửa và nộp lại").click()
    expect(page.get_by_role("region", name="Lý do trả lại")).to_contain_text("Số gia đình còn thiếu")
    page.get_by_label("Số gia đình được truyền thông").fill("24")
    page.get_by_label("Tổng số gia đình").fill("25")
    submit(page)

    # Before the approval nothing of it counts; after it everything, and at once.
    menu(desk, "Bảng theo dõi")
    expect(coverage(desk)).to_contain_text(coverage_words(UNION_REPORT, 2026))
    expect(indicator(desk, "Gia đình")).to_contain_text(fraction(before, FAMILIES, "all"))
    menu(desk, "Xét duyệt")
    desk.get_by_role("link", name="Công đoàn cơ sở số 07").click()
    expect(desk.get_by_role("row", name="Tất cả")).to_contain_text("96,0 %")
    desk.get_by_role("button", name="Duyệt báo cáo").click()
    expect(desk.get_by_role("status").first).to_contain_text("Đã duyệt báo cáo của Công đoàn cơ sở số 07")

    after = approved_sums(UNION_REPORT, 2026)
    assert after[FAMILIES, "all"] == (before[FAMILIES, "all"][0] + 24, before[FAMILIES, "all"][1] + 25)
    menu(desk, "Bảng theo dõi")
    assert_dashboard_shows(desk, after)
    province = visitor().sign_in("tinh@mau.example")
    menu(province, "Bảng theo dõi")
    assert_dashboard_shows(province, after)

    text = printed_report(page, tmp_path)
    for expected in (
        "CÔNG ĐOÀN VIÊN CHỨC TỈNH ĐẮK LẮK",
        "CÔNG ĐOÀN CƠ SỞ SỐ 07",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "BÁO CÁO",
        "Đã tổ chức bốn buổi truyền thông cho đoàn viên.",
        "22.500.000",
    ):
        assert expected in text
    assert re.search(r"24\D{1,20}25", text)


def fill_rest_of_union_report(page: Page) -> None:
    women = page.get_by_role("group", name=WOMEN)
    women.get_by_label("Số cán bộ được truyền thông").fill("50")
    women.get_by_label("Tổng số cán bộ").fill("58")
    page.get_by_label("Số gia đình được truyền thông").fill("20")
    page.get_by_label("Tổng số gia đình").fill("23")
    for label, number in (
        ("Số con đoàn viên, CCVCLĐ có thành tích", "30"),
        ("Số trẻ em ốm đau dài ngày được hỗ trợ", "25"),
        ("Số con đoàn viên, CCVCLĐ có hoàn cảnh khó khăn", "14"),
        ("Số mô hình chăm sóc", "12"),
        ("Kinh phí công đoàn dành cho", "22.500.000"),
    ):
        figure(page, label).fill(number)
    page.get_by_label("Không phát sinh: Nguồn lực xã hội huy động được").check()
    page.get_by_role("button", name="Điền").click()
    page.get_by_label("Phương hướng").fill("Tiếp tục truyền thông đến gia đình đoàn viên.")


# --- helpers ------------------------------------------------------------------------------------------------------


def figure(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}"))


def menu(page: Page, label: str) -> None:
    page.get_by_role("navigation", name="Danh mục chính").get_by_role("link", name=label, exact=True).click()


def submit(page: Page) -> None:
    page.get_by_role("button", name="Nộp báo cáo…").click()
    page.get_by_role("button", name="Nộp báo cáo", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Đã nộp báo cáo")


def letters_to(address: str) -> list[mail.EmailMessage]:
    return [letter for letter in mail.outbox if f"<{address}>" in letter.to[0]]


def coverage(page: Page) -> Locator:
    return page.get_by_role("region", name="Tình trạng nộp báo cáo")


def indicator(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^{name}.*được truyền thông$"))


def assert_dashboard_shows(page: Page, sums: dict[tuple[str, str], tuple[int, int]]) -> None:
    """Coverage, and for each indicator sum, percentage and verdict against the goal."""
    expect(coverage(page)).to_contain_text(coverage_words(UNION_REPORT, 2026))
    people, families = indicator(page, "Cán bộ"), indicator(page, "Gia đình")
    for card, code, groups in ((people, PEOPLE, ("chu-chot", "nu-cong")), (families, FAMILIES, ("all",))):
        numerator = sum(sums[code, group][0] for group in groups)
        denominator = sum(sums[code, group][1] for group in groups)
        expect(card).to_contain_text(f"{vietnamese(numerator)}/{vietnamese(denominator)}")
        expect(card).to_contain_text(percent(numerator, denominator))
        verdict = "Đạt" if numerator * 100 > GOAL * denominator else "Chưa đạt"
        expect(card.get_by_text(verdict, exact=True).first).to_be_visible()
    for name, group in ((LEADERS, "chu-chot"), (WOMEN, "nu-cong")):
        expect(people.get_by_role("row", name=name)).to_contain_text(fraction(sums, PEOPLE, group))


def approved_sums(duty: str, year: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Numerators and denominators by indicator and group, added up here from what the units have filed."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    of_year = Report.objects.filter(obligation__duty__key=duty, obligation__period__year=year, status="approved")
    for report in of_year:
        content = Revision.objects.filter(report=report).latest("number").content
        for code, cells in content["figures"].items():
            for group in [cell[:-2] for cell in cells if cell.endswith(".n")]:
                n, d = sums.get((code, group), (0, 0))
                sums[code, group] = n + cells[f"{group}.n"], d + cells[f"{group}.d"]
    return sums


def fraction(sums: dict[tuple[str, str], tuple[int, int]], code: str, group: str) -> str:
    return "/".join(vietnamese(number) for number in sums[code, group])


def vietnamese(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def percent(numerator: int, denominator: int) -> str:
    """Cut to one decimal, never rounded up."""
    tenths = numerator * 1000 // denominator
    return f"{tenths // 10},{tenths % 10} %"


def coverage_words(duty: str, year: int) -> str:
    states = [
        getattr(getattr(row, "report", None), "status", "missing")
        for row in Obligation.objects.filter(duty__key=duty, period__year=year).select_related("report")
    ]
    rest = {"submitted": "chờ duyệt", "returned": "bị trả lại"}
    words = [f"{states.count('approved')}/{len(states)} đơn vị đã duyệt"]
    words += [f"{states.count(state)} {label}" for state, label in rest.items() if state in states]
    missing = states.count("missing") + states.count("draft")
    return " · ".join([*words, *([f"{missing} chưa nộp"] if missing else [])])


def printed_report(page: Page, folder: Path) -> str:
    """From the home page to the file: the text of the report's PDF, with single spaces."""
    menu(page, "Việc cần làm")
    page.get_by_role("region", name="Mới được duyệt").get_by_role("link").first.click()
    page.get_by_role("link", name="Xuất PDF").click()
    page.get_by_role("button", name="Xuất PDF").click()
    expect(page.get_by_text("Tệp đã xong")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tải về").click()
    path = folder / "bao-cao.pdf"
    waiting.value.save_as(path)
    return re.sub(r"\s+", " ", " ".join(sheet.extract_text() for sheet in PdfReader(path).pages))
