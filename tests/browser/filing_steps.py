"""What the tests of the filing form do again and again."""

import time

from playwright.sync_api import Locator, Page

from orgunits.models import User
from reports import workflow
from reports.models import Obligation, Report
from tests.browser.conftest import Visitor

OFFICER = "cdcs07@mau.example"
COLLEAGUE = "chutich.cdcs07@mau.example"
COMMUNE = "xacamtan@mau.example"
PEOPLE = "28-ct-tw-can-bo-duoc-truyen-thong"
HELPED = "tre-em-om-dau-duoc-ho-tro.v"


def begun(email: str = OFFICER) -> Report:
    """This year's report of the person's unit, begun and empty."""
    user = User.objects.get(email=email)
    unit = user.role_assignments.get().org_unit
    obligation = Obligation.objects.get(org_unit=unit, period__year=2026)
    report = Report.objects.filter(obligation=obligation).first() or workflow.start_report(obligation, by=user)
    empty = {"draft": {}, "draft_version": 0, "draft_saved_at": None, "draft_saved_by": None}
    Report.objects.filter(pk=report.pk).update(**empty)  # the sample has begun some
    return Report.objects.get(pk=report.pk)


def path_of(report: Report) -> str:
    return f"/bao-cao/{report.pk}/lap/"


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[name="{name}"]')


def state(page: Page) -> Locator:
    return page.locator("#filing-state")


def wait_for_draft(page: Page, report: Report, **wanted: str) -> None:
    """Until the server holds these texts; ``__`` stands for the dot of a field name, ``_`` for its dash."""
    texts = {name.replace("__", ".").replace("_", "-"): text for name, text in wanted.items()}
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        draft = Report.objects.get(pk=report.pk).draft
        if {name: draft.get(name, "") for name in texts} == texts:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the server holds {draft}, not {texts}")


def forgive_failed_requests(person: Visitor) -> None:
    """The browser logs each request that failed; here that is what the test is about."""
    failed = ("Failed to load resource", "error occurred when fetching the script")  # the worker's script, too
    person.complaints[:] = [line for line in person.complaints if not any(words in line for words in failed)]


def cut_off(page: Page) -> None:
    """Nothing that this page sends gets through, not even while it is closed; other pages have a network."""
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no network')); }")
