"""The report upward in a real browser: picked passages save themselves, two windows keep both texts, keys suffice."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from orgunits.models import User
from reports import collected_texts, text_picking, workflow
from reports.below import rows_below
from reports.dashboard_figures import Counting
from reports.models import Obligation, Report, TextPick
from tests.browser.conftest import PHONE
from tests.browser.filing_steps import forgive_failed_requests

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("consolidated")]

WRITER, RECEIVER = "baocao.cdvc@mau.example", "tinh@mau.example"
CODE = "ket-qua"


@pytest.fixture
def report(sample) -> Report:
    """The union's report of 2026 with two passages from below."""
    by = User.objects.get(email=WRITER)
    obligation = Obligation.objects.get(duty__key="57-kh-cdvc-bao-cao-len-ldld-tinh", period__year=2026)
    report = workflow.start_report(obligation, by=by)
    TextPick.objects.filter(report=report).delete()
    below = collected_texts.candidates(rows_below(obligation), CODE, counting=Counting.APPROVED, picked=set())
    text_picking.pick(report, CODE, [(each.revision, CODE) for each in below[:2]], by=by)
    return report


def passages(report: Report) -> list[str]:
    return [each["text"] for each in collected_texts.frozen(report)[CODE]]


def page_of(report: Report) -> str:
    return f"/bao-cao/{report.pk}/tong-hop/noi-dung/{CODE}/"


def test_passage_saves_itself_and_two_windows_keep_both_texts(visitor, report):
    mine, other = visitor(WRITER), visitor(WRITER)
    first = mine.open(page_of(report)).locator("[data-passage]").first
    second = other.open(page_of(report)).locator("[data-passage]").first
    first.fill("Của cửa sổ thứ nhất.")
    expect(mine.page.locator("[role=status]").first).to_have_text(re.compile(r"^Đã lưu \d\d:\d\d$"))
    assert passages(report)[0] == "Của cửa sổ thứ nhất."
    second.fill("Của cửa sổ thứ hai.")
    expect(other.page.locator("[role=status]").first).to_contain_text("Đồng nghiệp vừa sửa đoạn này")
    other.page.get_by_role("button", name="Lưu các đoạn").click()
    expect(other.page.get_by_text("Nội dung đồng nghiệp vừa lưu:")).to_be_visible()
    expect(other.page.get_by_text("Của cửa sổ thứ nhất.")).to_be_visible()
    expect(other.page.locator("[data-passage]").first).to_have_value("Của cửa sổ thứ hai.")
    assert Axe().run(other.page).response["violations"] == []
    other.page.get_by_role("button", name="Lưu các đoạn").click()
    expect(other.page.get_by_text("Đã lưu các đoạn đã chọn.")).to_be_visible()
    assert passages(report)[0] == "Của cửa sổ thứ hai."
    forgive_failed_requests(other)  # the 409


def test_passages_are_put_in_order_by_keys(visitor, report):
    before = passages(report)
    page = visitor(WRITER).open(page_of(report))
    page.get_by_role("button", name=re.compile(r"^Xuống\s+đoạn 1$")).focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-passage]").first).to_have_value(before[1])
    assert passages(report) == before[::-1]


@pytest.mark.parametrize("size", [{}, {"viewport": PHONE}], ids=["desktop", "phone"])
def test_pages_of_the_report_upward_have_no_barrier(visitor, report, size):
    """Before it is sent, after something has changed below, and after the correction."""
    person = visitor(WRITER, **size)
    found = judged(person, [f"/bao-cao/{report.pk}/tong-hop/", f"/bao-cao/{report.pk}/lap/", page_of(report)])
    by = User.objects.get(email=WRITER)
    empty = {"figures": {}, "texts": {}, "tasks": {}, "activities": [], "attachments": [], "explanations": {}}
    workflow.submit(report, empty | {"collected": collected_texts.frozen(report)}, by=by)
    child = Report.objects.filter(status="approved", obligation__receiving_unit=report.obligation.org_unit).latest("pk")
    workflow.reopen(child, by=User.objects.get(email="xetduyet@mau.example"), reason="Sai số.")
    found += judged(person, [f"/bao-cao/{report.pk}/", f"/bao-cao/{report.pk}/tong-hop/thay-doi/"])
    workflow.correct(report, by=by, reason="Một đơn vị sửa lại.")
    found += judged(person, [f"/bao-cao/{report.pk}/tong-hop/ban-chot/2/"])
    found += judged(visitor(RECEIVER, **size), [f"/bao-cao/{report.pk}/", f"/bao-cao/{report.pk}/tong-hop/ban-chot/2/"])
    assert found == []


def judged(person, paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        answer = person.page.goto(person.site + path)
        found += [f"{path}: {answer.status}"] if answer.status != 200 else []
        person.page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(box => { box.open = true })")
        for rule in Axe().run(person.page).response["violations"]:
            found.append(f"{path}: {rule['id']} {rule['nodes'][0]['html'][:160]}")
        width = person.page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path}: {width} wide"] if width > person.page.viewport_size["width"] else []
    return found
