"""Every page under axe: no barrier that a program can find, nothing that the browser complains of, nothing too wide.

The pages come from the table of tests/test_access.py, so that a new URL is either looked at here or named below as no
page of its own.
"""

import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from orgunits import invitations, outbox, preferences, reform_following, reorganisation, webhooks
from orgunits.models import (
    Bounce,
    Level,
    OrgUnit,
    Placement,
    Reform,
    Role,
    SpecialDay,
    User,
    WebhookDelivery,
    WorkbookImport,
)
from plans import batches
from plans.batches import Listing, Wanted
from plans.issuing import Order
from plans.models import DueRule, NumberSeries, OutgoingDocument, Plan, PrintBatch, PrintJob, ReportingDuty
from plans.printing import request_print
from plans.tasks import print_document
from reports import calendars, form_editing, official_letters, restated, workflow
from reports.models import (
    Activity,
    CareModel,
    CareModelStep,
    FormCheck,
    FormVersion,
    Obligation,
    OfficialLetter,
    Report,
    SheetImport,
    Snapshot,
)
from reports.official import report_document
from targets.models import Target
from tests import builders
from tests.browser.conftest import DAY, PHONE, Visitor
from tests.test_access import PERSONS, TABLE, url_names

pytestmark = pytest.mark.browser

OFFICER, REVIEWER = "cdcs07@mau.example", "xetduyet@mau.example"
EMAILS = {
    "anonymous": "",
    "officer": OFFICER,
    "reviewer": REVIEWER,
    "unit_administrator": "quantri.cdvc@mau.example",
    "administrator": "quantri@mau.example",
}
# Answers that are no pages of their own: files, parts of pages, data; and pages that need a second step to be there.
NOT_PAGES = {
    "filing_worker",
    "reports:calendar_feed",
    "healthz",
    "orgunits:unit_book_download",
    "orgunits:workbook_import_status",
    "orgunits:workbook_returned",
    "orgunits:reform_template",
    "orgunits:unit_branch",
    "orgunits:unit_suggestions",
    "orgunits:outbox_html",
    "plans:issued_file",
    "plans:letterhead_seal",
    "plans:letterhead_signature",
    "plans:letterhead_signer_image",
    "plans:outgoing_export",
    "plans:print_batch_status",
    "plans:print_batch_file",
    "plans:print_job_status",
    "plans:print_job_file",
    "reports:attachment_download",
    "reports:official_letter_file",
    "reports:sheet_download",
    "reports:sheet_import_status",
    "reports:unit_sheet_download",
    "reports:report_compare",
    "mfa_download_recovery_codes",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "account_signup",
    "account_inactive",
    "account_set_password",
    "account_logout",
}
# Where the cast of the table has nothing to show and the sample has: who looks at it here.
WITH_THE_SAMPLE = {
    "account_change_password": "officer",
    "reports:report_history": "officer",
    "reports:filing_submit": "officer",
    "reports:dashboard_home": "administrator",
    "orgunits:outbox_letter": "administrator",
    "plans:plan_issue": "administrator",
}
# Pages that look different to each who may read them.
MAIN = {
    "home",
    "orgunits:unit_detail",
    "plans:plan_list",
    "plans:programme_detail",
    "plans:plan_detail",
    "reports:report_list",
    "reports:report_detail",
    "reports:obligation_detail",
    "reports:dashboard",
    "reports:missing",
    "reports:review_queue",
    "reports:duty_list",
    "reports:duty_detail",
    "reports:duty_period",
    "reports:year_plan",
    "reports:due_month",
    "reports:due_year",
    "reports:who_owes",
    "reports:filing",
    "reports:reminder_list",
    "reports:official_letter_list",
    "reports:official_letter_detail",
    "reports:official_letter_edit",
    "channels:notification_list",
    "channels:webhook_list",
    "channels:webhook_detail",
    "channels:webhook_dead_list",
    "reports:address_problems",
    "reports:calendar",
}


# Forms that a person may send empty, with the words of their button.
FORMS = {
    "orgunits:unit_create": "Xem trước thay đổi",
    "orgunits:unit_merge": "Xem trước thay đổi",
    "orgunits:act_reverse": "Hủy quyết định",
    "orgunits:person_invite": "Gửi thư mời",
    "orgunits:level_create": "Lưu",
    "orgunits:special_day_create": "Lưu",
    "channels:webhook_create": "Lưu",
    "plans:programme_create": "Lưu",
    "plans:section_add": "Lưu",
    "plans:duty_add": "Lưu",
    "targets:indicator_add": "Lưu",
    "reports:due_rule_edit": "Lưu thời hạn",
    "reports:period_change": "Xem trước",
    "reports:sending_hours": "Lưu giờ gửi thư",
    "reports:message_template_edit": "Lưu mẫu thư",
    "reports:official_letter_edit": "Lưu bản nháp",
}


@pytest.fixture
def paths(sample, settings, tmp_path) -> dict[str, str]:
    """The address of every page of the table, of things in the branch of the sample's persons."""
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = outbox.FILE_BACKEND, str(tmp_path)
    things = arrange()
    return {name: reverse(name, kwargs=things[kind]) for name, (kind, _) in TABLE.items() if kind in things}


def arrange() -> dict[str, dict[str, object]]:
    """Arguments by the kinds of the table. The report was reopened and filed again, so that it has two versions."""
    unit, officer = OrgUnit.objects.get(code="cdcs-07"), User.objects.get(email=OFFICER)
    reviewer, above = User.objects.get(email=REVIEWER), User.objects.get(email=EMAILS["unit_administrator"])
    duty = ReportingDuty.objects.get(key="57-kh-cdvc-bao-cao-nam")
    plan = duty.plan
    obligation = Obligation.objects.get(org_unit=unit, duty=duty, period__year=2026)
    report = Report.objects.get(obligation__org_unit=unit, obligation__period__year=2025)
    content = report.revisions.get().content
    workflow.reopen(report, by=reviewer, reason="Đơn vị đề nghị sửa số gia đình.")
    workflow.submit(report, content | {"texts": {"ket-qua": "Đã rà soát lại số gia đình."}}, by=officer)
    Snapshot.objects.create(revision=report.revisions.get(number=1), rows=[])
    draft = workflow.start_report(obligation, by=officer)
    Report.objects.filter(pk=draft.pk).update(draft=typed_again(content))
    activity = Activity.objects.create(
        org_unit=unit, name="Tết Trung thu", occasion="mid_autumn", held_on="2026-09-25", recorded_by=officer
    )
    care_model = CareModel.objects.create(org_unit=unit, name="Tủ sách gia đình", recorded_by=officer)
    step = CareModelStep.objects.create(
        model=care_model, kind="spread", noted_on="2026-06-01", places=2, recorded_by=officer
    )
    sheet = SheetImport.objects.create(
        uploaded_by=officer,
        org_unit=unit,
        report=draft,
        duty=duty,
        period=obligation.period,
        original_name="Biểu mẫu.xlsx",
        status=SheetImport.Status.READY,
        changes={str(draft.pk): {"ket-qua": ["Đang có.", "Trong tệp."], "kien-nghi": ["Của họ.", "Của tôi.", "Cũ."]}},
        errors=[{"sheet": "Số liệu", "cell": "G7", "reason": "Chưa có số liệu.", "kind": "tell"}],
    )
    job = request_print(report_document(report, report.latest_revision, on=DAY), by=officer, org_unit=unit, title="BC")
    print_document(job.pk)
    _, invitation = invitations.invite(
        email="nguoi.moi@mau.example",
        full_name="Người được mời",
        unit=unit,
        role=Role.REPORTER,
        since=DAY,
        by=above,
        on=DAY,
    )
    assert invitation is not None
    invitations.deliver(invitation.pk)
    letter = outbox.letters(outbox.folder())[0]
    uid, _, key = invitations.letter(invitation).context["link"].rstrip("/").rpartition("/")[2].partition("-")
    target = Target.objects.filter(plan=plan).order_by("pk").first()
    issued = OutgoingDocument.objects.create(
        series=NumberSeries.objects.create(org_unit=unit, year=2026, last=1),
        serial=1,
        org_unit=unit,
        kind="plan",
        number="01/KH-CĐCS",
        subject="Kế hoạch chăm sóc trẻ em",
        status=OutgoingDocument.Status.ISSUED,
        issued_on=DAY,
        created_by=officer,
    )
    draft_letter = official_letters.begin(OfficialLetter.Kind.URGE, [obligation], by=reviewer, on=DAY)
    sent_letter = official_letters.begin(OfficialLetter.Kind.FORM, [obligation], by=reviewer, on=DAY)
    official_letters.issue(sent_letter, Order(DAY), seen=sent_letter.edits, by=above)
    unbegun = Obligation.objects.owed().filter(duty=duty, period=obligation.period, report__isnull=True)
    other = unbegun.exclude(org_unit=unit).order_by("pk")[:1].get()
    left = Report.objects.create(obligation=other, form_version=draft.form_version, draft={"ket-qua": "Đã làm."})
    reorganisation.end(other.org_unit, on=DAY, by=above, successors=[unit])
    workbook = WorkbookImport.objects.create(
        uploaded_by=above,
        kind="units",
        original_name="Đơn vị.xlsx",
        status="ready",
        counts={"create": 1, "invite": 2},
        changes=[["tạo", "cdcs-99", "Công đoàn cơ sở mới", "Công đoàn cơ sở, từ 01/01/2027"]],
    )
    reform = Reform.objects.create(sector=unit.sector, name="Sắp xếp", effective_on=DAY, recorded_by=above)
    with reorganisation.ordered(unit.sector, on=DAY, by=above, reform=reform) as order:
        order.change(unit, short_name="CĐCS 07")
        siblings = Placement.objects.as_of(DAY).filter(parent=unit.latest_placement.parent_id)
        order.end(siblings.exclude(org_unit__in=[unit, other.org_unit]).latest("org_unit").org_unit)
    reform_following.keep(reform, {"roles": "proposed", "duties": "left", "obligations": "left"})
    draft_plan = Plan.objects.filter(status=Plan.Status.DRAFT).order_by("pk")[:1].get()
    pks = {
        "workbook": workbook.pk,
        "reform": reform.pk,
        "special_day": SpecialDay.objects.create(
            day=datetime.date(2026, 8, 22), kind=SpecialDay.Kind.WORKING, name="Làm bù", source="Thông báo mẫu"
        ).pk,
        "unit": unit.pk,
        "level": Level.objects.order_by("pk").first().pk,
        "person": officer.pk,
        "role": officer.role_assignments.get().pk,
        "programme": plan.programme_id,
        "plan": plan.pk,
        "section": plan.tasks.order_by("order").first().section_id,
        "plan_duty": duty.pk,
        "duty": duty.pk,
        "job": job.pk,
        "batch": batch_of(officer, plan).pk,
        "target": target.pk,
        "obligation": obligation.pk,
        "report": report.pk,
        "draft": draft.pk,
        "rule": DueRule.objects.get(duty=duty).pk,
        "activity": activity.pk,
        "care_model": care_model.pk,
        "care_model_step": step.pk,
        "sheet": sheet.pk,
        "letterhead": unit.letterheads.get().pk,
        "outgoing": issued.pk,
        "draft_plan": draft_plan.pk,
        "draft_letter": draft_letter.pk,
        "sent_letter": sent_letter.pk,
        "act": unit.reorganisations.order_by("pk")[:1].get().pk,
    }
    return {
        "-": {},
        **{kind: {"pk": pk} for kind, pk in pks.items()},
        "letter": {"name": letter.name, "number": letter.number},
        "programme+unit": {"pk": plan.programme_id, "unit_pk": unit.pk},
        "unit_pk": {"unit_pk": unit.pk},
        "verify_code": {"code": issued.verify_code},
        "plan_pk": {"plan_pk": plan.pk},
        "plan_pk+indicator": {"plan_pk": plan.pk, "pk": target.indicator_id},
        "duty+period": {"pk": duty.pk, "period_pk": obligation.period_id},
        **forms_of(draft.form_version, by=above),
        "sent": {"pk": report.pk, "number": 1},
        "log": {"code": "cap-tren"},
        "message": {"code": "reminder_before"},
        "draft+source": {"pk": draft.pk, "source_pk": left.pk},
        "draft+text": {"pk": draft.pk, "code": "ket-qua"},
        **channels_of(officer, unit, by=above),
        "reset": {"uidb36": uid, "key": key},
    }


def batch_of(person: User, plan: Plan) -> PrintBatch:
    """A batch on its way, with all that its page can tell."""
    listing = Listing("plans", "Các kế hoạch", plan.org_unit, [Wanted(plan.pk, "Công đoàn")], [("Vắng", "Chưa nộp")])
    batch = batches.ask(listing, by=person, kind=PrintJob.Kind.PDF, shape=PrintBatch.Shape.ZIP)
    batch.items.create(position=2, target_pk=1, unit_name="Công đoàn", status="failed", reason="Quá dài.")
    return batch


def forms_of(version: FormVersion, *, by: User) -> dict[str, dict[str, object]]:
    """The form of a draft that stays with an older version, and a version with a rule that is being built."""
    form = version.form
    if form.draft:
        form_editing.discard(form.draft, seen=form.draft.edits, by=by)
    second = form_editing.begin(form, by=by, copied=version)
    form_editing.publish(second, seen=0, replaces=form_editing.stamp(version), note="Bản thứ hai", by=by)
    building = form_editing.begin(form, by=by, copied=second)
    item = building.items.get(code="tre-em-om-dau-duoc-ho-tro")
    check = FormCheck.objects.create(version=building, item=item, kind=FormCheck.Kind.DROP, percent=30)
    pk: dict[str, object] = {"pk": form.pk}
    return {
        "form": pk,
        "form+number": pk | {"number": version.number},
        "form+kind": pk | {"kind": "share"},
        "form+code": pk | {"code": item.code},
        "form+code+kind": pk | {"code": item.code, "kind": "item"},
        "form+check": pk | {"check_pk": check.pk},
    }


def channels_of(person: User, unit: OrgUnit, *, by: User) -> dict[str, dict[str, object]]:
    """Notifications read and unread, a letter that came back, a gateway with a message of every state."""
    row = person.notifications.create(key="1", title="Báo cáo bị trả lại để sửa", text="Báo cáo năm.", url="/")
    person.notifications.create(key="2", title="Báo cáo đã được duyệt", url="/", read_at=timezone.now())
    person.notifications.create(key="3", title="Ngoài phạm vi", url="/", org_unit=builders.make_unit("Nơi khác"))
    preferences.set_mode(by, preferences.DAILY, through="page")
    Bounce.objects.create(
        user=person,
        address=person.email,
        status="5.1.1",
        reason="User unknown",
        letter="<1@x>",
        bounced_at=timezone.now(),
    )
    calendars.renew(person, by=person)
    webhook = builders.make_webhook(unit, by=by)
    sent = [webhooks.write_test(webhook, by=by) for _ in WebhookDelivery.Status.values]
    for delivery, status in zip(sent, WebhookDelivery.Status.values, strict=True):
        WebhookDelivery.objects.filter(pk=delivery.pk).update(status=status, error="Cổng trả lời 500.", tries=8)
    token = preferences.unsubscribe_path(person).rstrip("/").rpartition("/")[2]
    return {
        "notification": {"pk": row.pk},
        "unsubscribe": {"token": token},
        "webhook": {"pk": webhook.pk},
        "webhook_delivery": {"pk": sent[0].pk},
    }


def typed_again(content: dict) -> dict[str, str]:
    """The content of a revision as somebody would type it: a draft that may be filed."""
    typed = {f"{code}.{cell}": str(n) for code, cells in content["figures"].items() for cell, n in cells.items()}
    typed |= {f"nhiem-vu.task{pk}.status": row["status"] for pk, row in content["tasks"].items()}
    return typed | content["texts"]


def pages_of(person: str) -> list[str]:
    """The main pages that the person may read, and of the others those that nobody before them in the table may."""
    column = PERSONS.index(person)
    found = []
    for name, (_, row) in TABLE.items():
        answers = row.split()
        first = next((who for who, answer in zip(PERSONS, answers, strict=True) if answer == "200"), "")
        first = WITH_THE_SAMPLE.get(name, first)
        is_mine = first == person or (name in MAIN and answers[column] == "200")
        if is_mine and name not in NOT_PAGES:
            found.append(name)
    return found


def test_every_url_is_looked_at_or_is_no_page() -> None:
    looked_at = {name for person in EMAILS for name in pages_of(person)}
    posted_to = {name for name, (_, row) in TABLE.items() if set(row.split()) == {"405"}}
    assert set(url_names(get_resolver())) - looked_at - posted_to - NOT_PAGES == set()


def test_what_the_policy_refuses_is_heard(visitor):
    """The control of all browser tests: after each of them, the browsers must have had nothing to complain of."""
    somebody = visitor()
    somebody.open("/").evaluate("document.body.setAttribute('style', 'color: red')")
    somebody.page.evaluate("setTimeout(() => { throw new Error('broken') })")
    for _ in range(600):
        if len(somebody.complaints) >= 2:
            break
        somebody.page.wait_for_timeout(100)
    assert len(somebody.complaints) == 2
    assert "Content Security Policy" in somebody.complaints[0]
    assert "broken" in somebody.complaints[1]
    somebody.complaints.clear()


@pytest.mark.parametrize("person", EMAILS)
def test_pages_have_no_barrier(visitor, paths, person):
    visit(visitor(EMAILS[person]), [paths[name] for name in pages_of(person)])


@pytest.mark.parametrize("person", ["officer", "reviewer", "unit_administrator"])
def test_main_pages_have_no_barrier_on_a_phone(visitor, paths, person):
    somebody = visitor(EMAILS[person], viewport=PHONE, has_touch=True, is_mobile=True)
    visit(somebody, [paths[name] for name in pages_of(person) if name in MAIN])


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_sums_in_todays_tree_have_no_barrier(visitor, paths, viewport):
    day = datetime.date(2026, 1, 1)
    for code in ("cdcs-01", "cdcs-02"):
        reorganisation.end(OrgUnit.objects.get(code=code), on=day, by=None, legal_basis="Dữ liệu mẫu")
    restated.refresh(on=timezone.localdate())
    more = {"viewport": viewport} if viewport else {}
    above = reverse("reports:dashboard", args=[OrgUnit.objects.get(code="cdcs-07").latest_placement.parent_id])
    visit(visitor(REVIEWER, **more), [f"{above}?to_chuc=hien-nay", f"{above}chua-nop/?to_chuc=hien-nay"])


def test_pages_that_tell_a_mistake_have_no_barrier(visitor, paths):
    found: list[str] = []
    nobody = visitor().open("/")
    nobody.get_by_label("Thư điện tử").fill(OFFICER)
    nobody.get_by_label("Mật khẩu").fill("khong-dung")
    nobody.get_by_role("button", name="Đăng nhập").click()
    expect(nobody.get_by_text("mật khẩu không đúng")).to_be_visible()
    found += judge(nobody)
    administrator = visitor(EMAILS["administrator"])
    for name, button in FORMS.items():
        page = administrator.open(paths[name])
        for field in page.locator("main input:is([type=text], [type=number], [type=email]), main textarea").all():
            field.fill("")
        page.get_by_role("button", name=button).click()
        expect(page.locator(".is-invalid").first).to_be_visible()
        found += judge(page)
    reviewer = visitor(REVIEWER)
    page = reviewer.open(paths["reports:report_detail"])
    page.get_by_role("link", name="Trả lại để đơn vị sửa").click()
    page.get_by_role("button", name="Trả lại kèm lý do").click()
    expect(page.locator(".is-invalid")).to_be_visible()
    found += judge(page)
    page = reviewer.open(paths["reports:obligation_detail"])
    page.get_by_role("button", name="Nhắc đơn vị").click()
    expect(page.get_by_role("heading", name="Nội dung thư")).to_be_visible()
    found += judge(page)
    assert found == []


def test_pages_for_errors_have_no_barrier(visitor, paths):
    officer = visitor(OFFICER)
    for path, status in (("/bao-cao/0/", 404), (paths["orgunits:unit_list"], 403), ("/khong-co/", 404)):
        response = officer.page.goto(officer.site + path)
        assert response is not None
        assert response.status == status
        assert judge(officer.page) == []
    nobody = visitor()
    assert nobody.page.goto(f"{nobody.site}/khong-co/").status == 404
    assert judge(nobody.page) == []


def visit(person: Visitor, paths: list[str]) -> None:
    """Open each page and have it judged; all that is wrong is told at once."""
    wrong: list[str] = []
    for path in paths:
        response = person.page.goto(person.site + path)
        if response is None or response.status != 200:
            wrong.append(f"{path}: {response and response.status}")
        else:
            wrong += [f"{path}: {line}" for line in judge(person.page)]
    assert wrong == []


def judge(page: Page) -> list[str]:
    """What axe finds with everything unfolded, and whether the page is wider than its window."""
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(box => { box.open = true })")
    found = [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in Axe().run(page).response["violations"]
        for node in rule["nodes"][:3]
    ]
    width = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{width} wide"] if width > page.viewport_size["width"] else [])
