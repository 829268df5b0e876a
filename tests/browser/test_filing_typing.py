"""Help while typing: blocks from Excel, the keyboard, remarks and sums beside the fields, two people in every kind."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from reports import drafts
from reports.models import Report
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.filing_steps import (
    COLLEAGUE,
    COMMUNE,
    HELPED,
    OFFICER,
    PEOPLE,
    begun,
    field,
    forgive_failed_requests,
    path_of,
    state,
    wait_for_draft,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("filing")]

FAMILIES = "28-ct-tw-gia-dinh-duoc-truyen-thong"
SHARE_CELLS = [f"{PEOPLE}.{part}" for part in ("chu-chot.n", "chu-chot.d", "nu-cong.n", "nu-cong.d")]
SHARE_CELLS += [f"{FAMILIES}.all.n", f"{FAMILIES}.all.d"]
GROUPS = [{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}]
CHOICES = [{"code": code, "name": name} for code, name in (("tot", "Tốt"), ("kha", "Khá"), ("yeu", "Yếu"))]
MANY = [{"code": f"tinh-{number}", "name": f"Tình huống {number}"} for number in range(1, 10)]


def every_kind() -> Report:
    """The officer's report, with questions of the kinds that a person may build."""
    report = begun()
    asked = (
        ("tre-em-gap", "count", {"groups": GROUPS, "unit_of_count": "em"}),
        ("tien-gap", "money", {"unit_of_count": "đồng"}),
        ("co-khong", "yes_no", {}),
        ("danh-gia", "choice", {"choices": CHOICES, "required": False}),
        ("tinh-huong", "choice", {"choices": MANY}),
        ("ngan", "narrative", {"max_length": 20}),
    )
    for order, (code, kind, more) in enumerate(asked, start=100):
        label = f"Câu hỏi {code}"
        report.form_version.items.create(code=code, kind=kind, label=label, order=order, section="Thêm", **more)
    return report


def paste(page: Page, text: str) -> None:
    """As Ctrl+V after a copy in a spreadsheet, into the field in focus."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def as_keyword(name: str) -> str:
    """As ``wait_for_draft`` takes it."""
    return name.replace(".", "__").replace("-", "_")


def values(page: Page, names: list[str]) -> list[str]:
    return [field(page, name).input_value() for name in names]


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.name || document.activeElement.value || ''")


def remark(page: Page, name: str):
    return page.locator(f'[id="f-{name}-loi"]')


# --- blocks from a spreadsheet ------------------------------------------------------------------------------------


def test_block_from_excel_fills_the_table_and_is_taken_back_with_one_press(visitor):
    report = begun()
    page = visitor(OFFICER).open(path_of(report))
    field(page, SHARE_CELLS[3]).fill("77")
    field(page, SHARE_CELLS[0]).focus()
    paste(page, "Số cán bộ\tTổng số\r\n19\t20\r\n1.054\t\r\nkhông rõ\t1 060\r\n8\t9\r\n")
    # The heading, words and what is below the table are left; an empty cell takes nothing away.
    expect(field(page, SHARE_CELLS[5])).to_have_value("1.060")
    assert values(page, SHARE_CELLS) == ["19", "20", "1.054", "77", "", "1.060"]
    line = page.locator(".filing-bar__paste")
    expect(line).to_contain_text("Đã dán vào 4 ô. Còn 5 ô không điền")
    expect(line).to_contain_text("“không rõ”")
    assert focused(page) == SHARE_CELLS[0]
    expect(page.locator("[data-percent]").first).to_have_text("95,0 %")
    wait_for_draft(page, report, **{as_keyword(SHARE_CELLS[2]): "1.054"})

    field(page, SHARE_CELLS[1]).fill("21")  # typed since: stays
    page.get_by_role("button", name="Hoàn tác dán").click()
    expect(line).to_contain_text("Đã hoàn tác dán ở 3 ô")
    assert values(page, SHARE_CELLS) == ["", "21", "", "77", "", ""]
    expected = dict(zip(SHARE_CELLS, ["", "21", "", "77", "", ""], strict=True))
    wait_for_draft(page, report, **{as_keyword(name): text for name, text in expected.items()})


def test_single_number_is_pasted_as_ever(visitor):
    page = visitor(OFFICER).open(path_of(begun()))
    field(page, HELPED).focus()
    paste(page, "12")
    expect(field(page, HELPED)).to_have_value("12")
    expect(page.locator(".filing-bar__paste")).to_be_empty()


def test_column_of_states_fills_the_tasks(visitor):
    report = begun(COMMUNE)
    page = visitor(COMMUNE).open(path_of(report))
    states = page.locator('select[name$=".status"]')
    notes = page.locator('textarea[name$=".note"]')
    states.first.focus()
    paste(page, "Đã hoàn thành\tXong tháng 6\nđang thực hiện\t\nDANG TRIEN KHAI\t\nSắp xong\t\nChưa thực hiện\t\n")
    expect(states.nth(4)).to_have_value("not_started")
    assert [states.nth(row).input_value() for row in range(5)] == ["done", "ongoing", "ongoing", "", "not_started"]
    expect(notes.first).to_have_value("Xong tháng 6")
    expect(page.locator(".filing-bar__paste")).to_contain_text("Đã dán vào 5 ô. Còn 1 ô không điền")
    page.get_by_role("button", name="Hoàn tác dán").click()
    for row in range(5):
        expect(states.nth(row)).to_have_value("")


# --- the keyboard -------------------------------------------------------------------------------------------------


def test_keys_lead_through_the_figures(visitor):
    report = begun()
    page = visitor(OFFICER).open(path_of(report))
    expect(field(page, SHARE_CELLS[0])).to_have_attribute("enterkeyhint", "next")
    field(page, SHARE_CELLS[0]).focus()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    assert focused(page) == SHARE_CELLS[1]
    page.keyboard.press("ArrowDown")
    assert focused(page) == SHARE_CELLS[3]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+Enter")
    assert focused(page) == SHARE_CELLS[0]
    assert page.url.endswith(path_of(report))  # Enter has sent nothing
    field(page, HELPED).focus()
    nil = field(page, HELPED.removesuffix("v") + "nil")
    page.keyboard.press("Alt+n")
    expect(nil).to_be_checked()
    assert focused(page) == HELPED
    page.keyboard.press("Alt+n")
    expect(nil).not_to_be_checked()
    page.keyboard.type("4")
    page.keyboard.press("Control+s")
    expect(state(page)).to_have_text(re.compile("^Đã lưu"))
    assert Report.objects.get(pk=report.pk).draft[HELPED] == "4"


def test_whole_report_is_filed_by_keyboard(visitor):
    report = begun()
    page = visitor(OFFICER).open(path_of(report))

    def tab_to(wanted: str) -> None:
        """``wanted`` is a name, or the words of a button."""
        reached = """wanted => { const at = document.activeElement;
                     return at.name === wanted || (at.matches('button') && at.textContent.trim() === wanted); }"""
        for _ in range(150):
            if page.evaluate(reached, wanted):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"no way to {wanted}")

    tab_to(SHARE_CELLS[0])
    while True:
        here = focused(page)
        before = page.evaluate("document.activeElement.dataset.before || ''")
        page.keyboard.type(before) if before else page.keyboard.press("Alt+n")
        page.keyboard.press("Enter")
        if focused(page) == here:
            break
    tab_to("Điền")
    page.keyboard.press("Enter")
    for name in ("ket-qua", "phuong-huong"):
        tab_to(name)
        page.keyboard.type("Đã làm bằng bàn phím.")
    page.keyboard.press("Control+s")
    tab_to("Nộp báo cáo…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nộp báo cáo này?")
    tab_to("Nộp báo cáo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Báo cáo đang chờ duyệt")).to_be_visible()
    assert Report.objects.get(pk=report.pk).status == "submitted"


# --- beside the fields --------------------------------------------------------------------------------------------


def test_each_field_says_how_its_saving_stands(visitor):
    person = visitor(OFFICER)
    page = person.open(path_of(begun()))
    corner = page.locator("#muc-ket-qua .field-state")
    field(page, "ket-qua").fill("Một")
    expect(corner).to_have_text("chưa lưu")
    expect(corner).to_have_text(re.compile(r"^đã lưu \d\d:\d\d$"))
    page.context.set_offline(True)
    field(page, "ket-qua").fill("Hai")
    expect(corner).to_have_text("chưa có mạng")
    expect(page.locator("#muc-phuong-huong .field-state")).to_have_count(0)
    page.context.set_offline(False)
    expect(corner).to_have_text(re.compile("^đã lưu"))
    forgive_failed_requests(person)


def test_remarks_come_and_go_beside_the_field(visitor):
    page = visitor(OFFICER).open(path_of(every_kind()))
    numerator, denominator = SHARE_CELLS[4], SHARE_CELLS[5]
    field(page, numerator).fill("24")
    field(page, denominator).fill("23")
    expect(remark(page, numerator)).to_contain_text("Tử số (24) lớn hơn mẫu số (23)")
    expect(field(page, numerator)).to_have_attribute("aria-invalid", "true")
    described = field(page, numerator).get_attribute("aria-describedby").split()
    assert described[0] == f"f-{numerator}-loi"
    assert all(page.locator(f'[id="{name}"]').count() == 1 for name in described)
    field(page, denominator).fill("25")  # cured in the neighbour
    expect(remark(page, numerator)).to_have_count(0)
    expect(field(page, numerator)).not_to_have_attribute("aria-invalid", "true")
    assert "-loi" not in (field(page, numerator).get_attribute("aria-describedby") or "")

    field(page, HELPED).fill("1.23")
    expect(remark(page, HELPED)).to_contain_text("Không rõ “1.23” là bao nhiêu")
    field(page, "ket-qua").fill("Số điện thoại của em là 0912345678.")
    expect(remark(page, "ket-qua")).to_contain_text("số điện thoại")
    field(page, "ket-qua").fill("Có trẻ em bị xâm hại, đã báo công an xã.")
    expect(remark(page, "ket-qua").get_by_role("link", name="111", exact=True)).to_have_attribute("href", "tel:111")
    assert not Axe().run(page).response["violations"]


def test_numbers_get_dots_sums_and_words(visitor):
    report = every_kind()
    page = visitor(OFFICER).open(path_of(report))
    sums = page.locator("#muc-tre-em-gap")
    field(page, "tre-em-gap.nam.v").fill("1234567")
    expect(sums.locator("[data-sum-total]")).to_have_text("1.234.567")
    expect(sums.get_by_text("(chưa đủ các nhóm)")).to_be_visible()
    field(page, "tre-em-gap.nu.v").fill("1 000")
    expect(field(page, "tre-em-gap.nam.v")).to_have_value("1.234.567")
    expect(sums.locator("[data-sum-total]")).to_have_text("1.235.567")
    expect(sums.get_by_text("(chưa đủ các nhóm)")).to_be_hidden()
    money = field(page, "tien-gap.v")
    money.fill("1250000000 đồng")
    expect(page.locator("#muc-tien-gap .figure__words")).to_have_text("1 tỷ 250 triệu đồng")
    money.blur()
    expect(money).to_have_value("1.250.000.000")
    for typed, number in (("12,5 triệu", "12.500.000"), ("1 tỷ 250 triệu đồng", "1.250.000.000"), ("500k", "500.000")):
        money.fill(typed)
        money.blur()
        expect(money).to_have_value(number)
    money.fill("1.500 triệu")
    money.blur()
    expect(money).to_have_value("1.500 triệu")  # 1,5 triệu to one person, 1,5 tỷ to another
    expect(remark(page, "tien-gap.v")).to_contain_text("Không rõ số tiền này")
    money.fill("12,5")
    money.blur()
    expect(money).to_have_value("12,5")  # asked about, not guessed
    expect(remark(page, "tien-gap.v")).to_contain_text("Không rõ “12,5” là bao nhiêu")
    wait_for_draft(page, report, tre_em_gap__nam__v="1.234.567", tien_gap__v="12,5")


def test_text_of_the_last_period_is_copied_in_place_to_be_changed(visitor):
    report = begun()
    before = drafts.previous_filing(report).content["texts"]["ket-qua"]
    page = visitor(OFFICER).open(path_of(report))
    page.evaluate("window.sameTime = true")
    field(page, "ket-qua").fill("Năm nay:")
    box = page.locator("#muc-ket-qua .text-before")
    box.locator("summary").click()
    box.get_by_role("button", name="Chép lại để sửa").click()
    expect(field(page, "ket-qua")).to_have_value(f"Năm nay:\n{before}")
    expect(field(page, "ket-qua")).to_be_focused()
    box.get_by_role("button", name="Chép lại để sửa").click()  # a second press doubles nothing
    wait_for_draft(page, report, ket_qua=f"Năm nay:\n{before}")
    assert page.evaluate("window.sameTime")


def test_length_of_a_text_is_counted(visitor):
    page = visitor(OFFICER).open(path_of(every_kind()))
    count = page.locator('[id="f-ngan-dem"]')
    expect(count).to_have_text("0/20 ký tự")
    field(page, "ngan").fill("Một hai ba bốn năm sáu")
    expect(count).to_have_text("22/20 ký tự, dài quá 2 ký tự")
    assert "f-ngan-dem" in field(page, "ngan").get_attribute("aria-describedby")


# --- two people in every kind of field ----------------------------------------------------------------------------


def test_two_people_choose_in_every_kind_of_field(visitor):
    report = every_kind()
    one, two = visitor(OFFICER), visitor(COLLEAGUE)
    mine, theirs = one.open(path_of(report)), two.open(path_of(report))
    theirs.locator("#muc-co-khong").get_by_label("Có", exact=True).check()
    theirs.locator("#muc-danh-gia").get_by_label("Khá").check()
    field(theirs, "tinh-huong").select_option(label="Tình huống 2")
    field(theirs, "tre-em-gap.nu.v").fill("20")
    field(theirs, HELPED.removesuffix("v") + "nil").check()
    wait_for_draft(
        theirs, report, co_khong="yes", danh_gia="kha", tinh_huong="tinh-2", tre_em_gap__nu__v="20",
        tre_em_om_dau_duoc_ho_tro__nil="on",
    )  # fmt: skip
    mine.locator("#muc-co-khong").get_by_label("Không", exact=True).check()
    field(mine, "tinh-huong").select_option(label="Tình huống 9")
    field(mine, "tre-em-gap.nu.v").fill("30")
    clashes = mine.locator(".field-clash")
    expect(clashes).to_have_count(3)
    for question, words in (("co-khong", "Có"), ("tinh-huong", "Tình huống 2"), ("tre-em-gap", "20")):
        expect(mine.locator(f"#muc-{question} .field-clash q")).to_have_text(words)  # words, not codes
    # What only the colleague answered has come in.
    expect(mine.locator("#muc-danh-gia").get_by_label("Khá")).to_be_checked()
    expect(field(mine, HELPED.removesuffix("v") + "nil")).to_be_checked()
    expect(mine.locator("#muc-co-khong .field-state")).to_have_text("hãy chọn một")
    described = mine.locator("#muc-co-khong [role=radiogroup]").get_attribute("aria-describedby")
    assert "f-co-khong-khac" in described
    mine.locator("#muc-co-khong").get_by_role("button", name="Dùng trả lời này").click()
    expect(mine.locator("#muc-co-khong").get_by_label("Có", exact=True)).to_be_checked()
    mine.locator("#muc-tinh-huong").get_by_role("button", name="Giữ trả lời của tôi").click()
    mine.locator("#muc-tre-em-gap").get_by_role("button", name="Giữ chữ của tôi").click()
    wait_for_draft(mine, report, co_khong="yes", tinh_huong="tinh-9", tre_em_gap__nu__v="30")
    expect(clashes).to_have_count(0)
    expect(mine.locator("#muc-tre-em-gap [data-sum-total]")).to_have_text("30")
    forgive_failed_requests(one)
    forgive_failed_requests(two)


def test_unsent_answers_of_every_kind_come_back(visitor):
    report = every_kind()
    person = visitor(OFFICER)
    page = person.open(path_of(report))
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no network')); }")
    page.locator("#muc-co-khong").get_by_label("Không", exact=True).check()
    field(page, "tinh-huong").select_option(label="Tình huống 3")
    field(page, HELPED.removesuffix("v") + "nil").check()
    expect(state(page)).to_contain_text("Chưa có mạng")
    page.reload()
    expect(page.locator("#muc-co-khong").get_by_label("Không", exact=True)).to_be_checked()
    expect(field(page, "tinh-huong")).to_have_value("tinh-3")
    expect(field(page, HELPED.removesuffix("v") + "nil")).to_be_checked()
    wait_for_draft(page, report, co_khong="no", tinh_huong="tinh-3", tre_em_om_dau_duoc_ho_tro__nil="on")
    forgive_failed_requests(person)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_helps_are_no_barrier_and_fit_the_screen(visitor, viewport):
    page = visitor(OFFICER).open(path_of(every_kind()))
    page.set_viewport_size(viewport)
    page.get_by_text("Phím tắt và cách dán từ Excel").click()
    field(page, "tien-gap.v").fill("999.999.999.999.999")
    field(page, "ngan").fill("Một câu dài hơn hai mươi ký tự")
    field(page, SHARE_CELLS[0]).focus()
    paste(page, "một ô rất dài để xem dòng báo có tràn ra ngoài không\tx\n1\t2\n3\t4\n")
    expect(page.locator("#muc-ngan .field-state")).to_have_text(re.compile("^đã lưu"))
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]
    found = Axe().run(page).response["violations"]
    assert not found, [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]
