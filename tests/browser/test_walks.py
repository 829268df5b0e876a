"""The five walks from a plan's paper to its proof, as people walk them: real pages, found by their words."""

import datetime
import re
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from plans.printing import request_print
from plans.tasks import print_document
from reports import attachments
from reports.models import Obligation, Report, Revision
from reports.official import report_document
from tests import smtp
from tests.browser.conftest import DAY, PHONE, Visitor, moment

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("walks")]

UNION_REPORT = "57-kh-cdvc-bao-cao-nam"
PEOPLE = "28-ct-tw-can-bo-duoc-truyen-thong"
FAMILIES = "28-ct-tw-gia-dinh-duoc-truyen-thong"
LEADERS, WOMEN = "Cán bộ chủ chốt công đoàn cơ sở", "Cán bộ nữ công công đoàn cơ sở"
GOAL = 95  # "đến năm 2030 … trên 95 %": the milestone towards which 2026 goes
LATE_DAY = datetime.date(2026, 11, 22)
NEW_PASSWORD = "mot-mat-khau-rieng-2026"


# --- 1. a report from its first number to the sums of the province -------------------------------------------------


def test_report_goes_from_the_officer_over_the_reviewer_to_the_sums_above(visitor, tmp_path):
    before = approved_sums(UNION_REPORT, 2026)
    officer, reviewer = visitor(), visitor()
    page = officer.sign_in("cdcs07@mau.example")
    owed = page.get_by_role("listitem").filter(has_text="Năm 2026")
    expect(owed).to_contain_text("09/11/2026")
    expect(owed).to_contain_text("Còn 4 ngày")
    owed.get_by_role("link", name="Làm tiếp").click()  # the sample's officer has begun a draft

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
    explain(page)
    page.get_by_role("button", name="Nộp báo cáo…").click()
    expect(page.get_by_role("heading", name="Nộp báo cáo này?")).to_be_visible()
    page.get_by_role("button", name="Nộp báo cáo", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Đã nộp báo cáo đến Công đoàn Viên chức tỉnh Đắk Lắk")

    # The reviewer returns it with a reason; the officer reads it in the letter and at home.
    desk = reviewer.sign_in("xetduyet@mau.example")
    menu(desk, "Xét duyệt")
    desk.get_by_role("link", name="Công đoàn cơ sở số 07").click()
    expect(desk.get_by_role("row", name=LEADERS)).to_contain_text("95,0 %")
    desk.get_by_role("link", name="Trả lại để đơn vị sửa").click()
    desk.get_by_label("Lý do trả lại").fill("Số gia đình còn thiếu các tổ công đoàn ở xa, đề nghị bổ sung.")
    desk.get_by_role("button", name="Trả lại kèm lý do").click()
    expect(desk.get_by_role("status").first).to_contain_text("Đã trả lại báo cáo của Công đoàn cơ sở số 07")
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
    figure(page, "Nguồn lực xã hội huy động được").fill("")
    page.get_by_label("Không phát sinh: Nguồn lực xã hội huy động được").check()
    page.get_by_role("button", name="Điền").click()
    page.get_by_label("Phương hướng").fill("Tiếp tục truyền thông đến gia đình đoàn viên.")


# --- 1b. the same on a phone --------------------------------------------------------------------------------------


def test_report_is_filed_on_a_phone(visitor):
    page = visitor(viewport=PHONE, has_touch=True, is_mobile=True).sign_in("cdcs30@mau.example")
    assert_fits(page)
    page.get_by_role("button", name="Bắt đầu lập báo cáo").click()
    leaders = page.get_by_role("group", name=LEADERS)
    expect(leaders.get_by_label("Tổng số cán bộ")).to_have_attribute("inputmode", "numeric")
    leaders.get_by_label("Số cán bộ được truyền thông").fill("21")
    leaders.get_by_label("Tổng số cán bộ").fill("20")
    fill_rest_of_union_report(page)
    page.get_by_label("Kết quả", exact=True).fill("Đã truyền thông tại các tổ công đoàn.")
    page.get_by_role("button", name="Kiểm tra").click()
    expect(page.locator("#kiem-tra")).to_contain_text("cần sửa trước khi nộp")  # a role is unsteady while a page comes
    expect(leaders).to_contain_text("Tử số (21) lớn hơn mẫu số (20)")
    assert_fits(page)
    leaders.get_by_label("Số cán bộ được truyền thông").fill("20")
    for reason in page.get_by_role("textbox", name="Giải trình").all():
        if reason.is_visible():  # asked where a figure is far from this unit's last one
            reason.fill("Đã rà soát lại theo danh sách đoàn viên.")
    page.get_by_role("button", name="Nộp báo cáo…").click()
    expect(page.get_by_role("heading", name="Nộp báo cáo này?")).to_be_visible()
    assert_fits(page)
    page.get_by_role("button", name="Nộp báo cáo", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Đã nộp báo cáo")
    assert_fits(page)
    assert Report.objects.get(obligation__org_unit__code="cdcs-30", obligation__period__year=2026).status == "submitted"


# --- 2. a commune, and a Party committee without any figures -------------------------------------------------------


def test_commune_files_with_the_tasks_by_the_bodies_that_lead_them(visitor):
    page = visitor().sign_in("xacamtan@mau.example")
    owed = page.get_by_role("listitem").filter(has_text="Năm 2026")
    expect(owed).to_contain_text("14/11/2026")  # "trước 15/11"
    expect(owed).to_contain_text("qua Phòng Lao động – TB&XH")
    owed.get_by_role("button", name="Bắt đầu lập báo cáo").click()
    expect(page.get_by_role("link", name="111", exact=True)).to_have_attribute("href", "tel:111")
    figure(page, "Số trẻ em đã được nhập vào phần mềm").fill("31")
    figure(page, "Số trẻ em có hoàn cảnh đặc biệt").fill("22")
    for box in page.get_by_role("checkbox", name="Không phát sinh").all()[2:]:
        box.check()
    page.get_by_role("button", name="Điền").click()
    health = page.get_by_role("group", name="Trạm y tế")
    for status in health.get_by_role("combobox").all():
        status.select_option(label="Đã hoàn thành")
    health.get_by_text("Ghi chú").first.click()
    health.get_by_role("textbox", name="Ghi chú").first.fill("Đã tập huấn cho nhân viên y tế thôn.")
    page.get_by_label("Kết quả", exact=True).fill("Không để xảy ra tai nạn đuối nước trong năm.")
    page.get_by_label("Phương hướng").fill("Duy trì lớp bơi an toàn tại trường học.")

    submit(page)
    expect(page.get_by_text("Nộp đúng hạn")).to_be_visible()

    district = visitor().sign_in("phongldtbxh@mau.example")
    menu(district, "Xét duyệt")
    district.get_by_role("link", name="Ủy ban nhân dân xã Cẩm Tân").click()
    article = district.get_by_role("article", name="Nội dung báo cáo")
    expect(article).to_contain_text("1 đã hoàn thành · 15 đang thực hiện")
    of_health = article.get_by_role("region", name="Nhiệm vụ của Trạm y tế xã")
    expect(of_health.get_by_role("row").last).to_contain_text("Đã hoàn thành")
    expect(of_health.get_by_role("row").last).to_contain_text("Đã tập huấn cho nhân viên y tế thôn.")
    expect(article.get_by_role("region", name="Nhiệm vụ của Công an xã")).to_contain_text("Đang thực hiện")
    expect(article).to_contain_text("không phát sinh")
    district.get_by_role("button", name="Duyệt báo cáo").click()
    expect(district.get_by_role("status").first).to_contain_text("Đã duyệt báo cáo của Ủy ban nhân dân xã Cẩm Tân")


def test_party_committee_files_words_alone_and_prints_them_in_the_partys_form(visitor, tmp_path):
    page = visitor().sign_in("danguy04@mau.example")
    page.get_by_role("listitem").filter(has_text="Năm 2026").get_by_role("button", name="Bắt đầu lập báo cáo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Năm 2026")
    expect(page.get_by_label("Không phát sinh")).to_have_count(0)
    expect(page.locator("[inputmode=numeric]")).to_have_count(0)
    page.get_by_role("button", name="Điền").click()
    page.get_by_label("Kết quả", exact=True).fill("Các chi bộ đã quán triệt Chỉ thị số 28-CT/TW trong quý I.")
    page.get_by_label("Phương hướng").fill("Đưa nội dung vào sinh hoạt chuyên đề của chi bộ.")
    submit(page)
    committee = visitor().sign_in("banttdv@mau.example")
    menu(committee, "Xét duyệt")
    committee.get_by_role("link", name="Đảng ủy cơ sở số 04").click()
    expect(committee.get_by_text("Các chi bộ đã quán triệt Chỉ thị số 28-CT/TW trong quý I.")).to_be_visible()
    committee.get_by_role("button", name="Duyệt báo cáo").click()
    expect(committee.get_by_role("status").first).to_contain_text("Đã duyệt báo cáo của Đảng ủy cơ sở số 04")

    text = printed_report(page, tmp_path)

    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in text
    assert "CỘNG HÒA XÃ HỘI" not in text
    assert re.search(r"Số +-BC/ĐU", text)
    assert "Các chi bộ đã quán triệt Chỉ thị số 28-CT/TW trong quý I." in text


# --- 3. who is late is reminded, and nobody else -------------------------------------------------------------------


def test_reviewer_reminds_those_who_are_late_and_nobody_else(visitor, settings, clock):
    clock.move_to(moment(LATE_DAY))
    with smtp.mail_server() as box:
        smtp.use(settings, box)
        page = visitor().sign_in("tinh@mau.example")
        menu(page, "Bảng theo dõi")
        page.get_by_role("link", name="Ai chưa nộp?").click()
        page.get_by_role("link", name="Đã quá hạn (3)").click()
        rows = page.get_by_role("region", name="Bảng đơn vị chưa nộp").get_by_role("row")
        expect(rows.filter(has_text="Công đoàn cơ sở số")).to_have_text(
            [
                re.compile(f"số {number}.*Quá hạn {days} ngày", re.DOTALL)
                for number, days in (("07", 13), ("30", 13), ("25", 10))  # the last by the day of its correction
            ]
        )
        expect(rows.filter(has_text="số 25")).to_contain_text("Bị trả lại")
        page.get_by_label("Nhắc Công đoàn cơ sở số 25").uncheck()
        page.get_by_role("button", name="Nhắc các đơn vị đã chọn").click()
        expect(page.get_by_role("region", name="Người nhận thư nhắc")).not_to_contain_text("số 25")
        assert box.letters == []
        page.get_by_role("button", name="Gửi 2 thư nhắc").click()
        expect(page.get_by_role("status").first).to_contain_text("Đang gửi 2 thư nhắc")
        expect(rows.filter(has_text="số 30")).to_contain_text("22/11/2026")
    assert sorted(box.recipients) == ["cdcs07@mau.example", "cdcs30@mau.example"]
    text = next(
        letter.get_body(("plain",)).get_content() for letter in box.letters if "cdcs30@mau.example" in letter["To"]
    )
    assert "quá hạn 13 ngày" in text
    officer = visitor()
    officer.page.goto(link_in(text))
    page = officer.fill_in("cdcs30@mau.example")
    expect(page.get_by_role("button", name="Bắt đầu lập báo cáo")).to_be_visible()


# --- 4. a new unit, its officer, its due date ----------------------------------------------------------------------


def test_administrator_adds_a_unit_invites_its_officer_and_sets_a_new_due_date(visitor):
    page = visitor().sign_in("quantri.cdvc@mau.example")
    menu(page, "Đơn vị")
    page.get_by_role("link", name="Thêm đơn vị").click()
    page.get_by_label("Tên đơn vị").fill("Công đoàn cơ sở số 32")
    page.get_by_role("combobox", name=re.compile("^Cấp")).select_option(label="Công đoàn: Công đoàn cơ sở")
    page.get_by_label("Đơn vị cấp trên trực tiếp").fill("Công đoàn Viên chức tỉnh Đắk Lắk")
    page.get_by_label("Mã đơn vị").fill("cdcs-32")
    page.get_by_label("Hoạt động từ ngày").fill("01/11/2026")
    page.get_by_role("button", name="Xem trước thay đổi").click()
    page.get_by_role("button", name="Xác nhận:").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Công đoàn cơ sở số 32")

    menu(page, "Người dùng")
    page.get_by_role("link", name="Mời người dùng").click()
    page.get_by_label("Thư điện tử").fill("canbo.cdcs32@mau.example")
    page.get_by_label("Họ và tên").fill("Cán bộ mới của CĐCS số 32")
    page.get_by_label("Vai trò").select_option(label="Người lập báo cáo")
    page.get_by_label("Đơn vị").fill("cdcs-32")
    page.get_by_role("button", name="Gửi thư mời").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cán bộ mới của CĐCS số 32")

    (letter,) = letters_to("canbo.cdcs32@mau.example")
    officer = visitor()
    officer.page.goto(link_in(letter.body))
    for box in officer.page.locator("[type=password]").all():
        box.fill(NEW_PASSWORD)
    officer.page.get_by_role("button", name="Đặt mật khẩu").click()
    expect(officer.page.get_by_role("heading", level=1)).not_to_have_text("Đặt mật khẩu")
    own = officer.sign_in("canbo.cdcs32@mau.example", NEW_PASSWORD)
    expect(own.get_by_text("Chưa có báo cáo nào phải nộp")).to_be_visible()

    menu(page, "Chế độ báo cáo")
    page.get_by_role("link", name="Báo cáo năm của công đoàn cơ sở").click()
    page.get_by_role("link", name="Đổi thời hạn").click()
    page.get_by_role("spinbutton", name=re.compile("^Ngày")).fill("20")
    page.get_by_role("button", name="Lưu thời hạn").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã đặt thời hạn")
    page.get_by_role("link", name="Tạo kỳ báo cáo").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Tạo 1 báo cáo phải nộp").click()
    expect(page.get_by_role("status").first).to_contain_text("Đã tạo 1 báo cáo phải nộp")

    own.reload()
    owed = own.get_by_role("listitem").filter(has_text="Năm 2026")
    expect(owed).to_contain_text("19/11/2026")
    expect(owed).to_contain_text("Còn 14 ngày")
    owed.get_by_role("link", name="Báo cáo năm của công đoàn cơ sở").click()
    expect(own.get_by_text("Trước ngày 20/11/2026, tức chậm nhất 23:59 ngày 19/11/2026 (thứ Năm)")).to_be_visible()
    neighbour = visitor().sign_in("cdcs07@mau.example")
    expect(neighbour.get_by_role("listitem").filter(has_text="Năm 2026")).to_contain_text("19/11/2026")


# --- 5. nobody sees another branch's report ------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["cdcs07@mau.example", "binhthuan@mau.example", "banttdv@mau.example"])
def test_report_of_another_branch_is_not_there(visitor, email):
    report = Report.objects.get(obligation__org_unit__code="cdcs-08", obligation__period__year=2026)
    paths = paths_of(report)
    owner, stranger = visitor("cdcs08@mau.example"), visitor(email)
    assert answers(owner, paths) == dict.fromkeys(paths, 200)
    assert answers(stranger, paths) == dict.fromkeys(paths, 404)
    stranger.open(paths[0])
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Không tìm thấy trang này")
    expect(stranger.page.get_by_text("Công đoàn cơ sở số 08")).to_have_count(0)
    menu(stranger.page, "Báo cáo")
    expect(stranger.page.get_by_role("heading", level=1)).to_be_visible()
    expect(stranger.page.get_by_text("Công đoàn cơ sở số 08")).to_have_count(0)


def answers(person: Visitor, paths: list[str]) -> dict[str, int]:
    return {path: person.page.request.get(person.site + path).status for path in paths}


def paths_of(report: Report) -> list[str]:
    """Every page and file of one unit's returned report, with a file attached and a PDF made of it."""
    officer, obligation = report.submitted_by, report.obligation
    assert officer is not None
    Report.objects.filter(pk=report.pk).update(status="returned")
    report.refresh_from_db()
    upload = SimpleUploadedFile("bien-ban.pdf", b"%PDF-1.4\n%%EOF\n", content_type="application/pdf")
    file = attachments.attach(report, upload, caption="Biên bản họp", by=officer)
    document = report_document(report, report.latest_revision, on=DAY)
    job = request_print(document, by=officer, org_unit=obligation.org_unit, title="Báo cáo")
    print_document(job.pk)
    return [
        reverse("reports:report_detail", args=[report.pk]),
        reverse("reports:report_print", args=[report.pk]),
        reverse("reports:report_history", args=[report.pk]),
        reverse("reports:filing", args=[report.pk]),
        reverse("reports:attachment_download", args=[file.pk]),
        reverse("plans:print_job", args=[job.pk]),
        reverse("plans:print_job_file", args=[job.pk]),
        reverse("reports:obligation_detail", args=[obligation.pk]),
        reverse("reports:dashboard", args=[obligation.org_unit_id]),
        reverse("reports:missing", args=[obligation.org_unit_id]),
    ]


# --- helpers ------------------------------------------------------------------------------------------------------


def figure(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}"))


def menu(page: Page, label: str) -> None:
    page.get_by_role("navigation", name="Danh mục chính").get_by_role("link", name=label, exact=True).click()


def assert_fits(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def link_in(text: str) -> str:
    """The first address of the site in a letter."""
    found = re.search(r"http://localhost:[0-9]+/\S+", text)
    assert found, text
    return found[0]


def explain(page: Page) -> None:
    """Give the reason wherever the checked form asks for one."""
    page.get_by_role("button", name="Kiểm tra").click()
    page.wait_for_url("**kiem-tra=1**")
    for reason in page.get_by_role("textbox", name="Giải trình").all():
        if reason.is_visible():
            reason.fill("Đã rà soát lại theo danh sách của đơn vị.")


def submit(page: Page) -> None:
    explain(page)
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
