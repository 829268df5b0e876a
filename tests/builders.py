"""Small builders with defaults: a test names only what it is about.

``Cast`` is the one small company of people that most tests use: a provincial federation, a sector union under it,
two grassroots unions, another province; with an officer, a colleague, a reviewer, a viewer, administrators, a stranger.
"""

import datetime
import itertools
from types import SimpleNamespace
from typing import Any

from django.core.files.base import ContentFile

from orgunits import reorganisation, webhooks
from orgunits.models import Level, OrgUnit, Role, RoleAssignment, User, WebhookEndpoint, WebhookEvent
from plans.models import (
    Document,
    DueRule,
    IssuedFile,
    NumberSeries,
    OutgoingDocument,
    PeriodKind,
    Plan,
    Programme,
    ReportingDuty,
    Responsibility,
    Section,
    Task,
)
from reports import official_letters
from reports.form_building import ensure_form
from reports.models import (
    FormItem,
    FormVersion,
    ItemKind,
    Obligation,
    OfficialLetter,
    OfficialLetterNotice,
    Report,
    ReportForm,
)
from reports.obligations import open_period
from targets.models import Indicator, Milestone, PopulationGroup, Target

LONG_AGO = datetime.date(2020, 1, 1)
PASSWORD = "mat-khau-thu-nghiem-2026"
_numbers = itertools.count(1)


def make_level(sector: str = "trade_union", code: str = "co-so", name: str = "Công đoàn cơ sở", rank: int = 3) -> Level:
    return Level.objects.get_or_create(sector=sector, code=code, defaults={"name": name, "rank": rank})[0]


def make_unit(
    name: str = "",
    *,
    parent: OrgUnit | None = None,
    sector: str = "trade_union",
    level: Level | None = None,
    on: datetime.date = LONG_AGO,
    code: str = "",
    **fields: Any,
) -> OrgUnit:
    number = next(_numbers)
    return reorganisation.establish(
        sector=sector,
        code=code or f"DV{number:04d}",
        name=name or f"Công đoàn cơ sở số {number:02d}",
        level=level or make_level(sector=sector),
        parent=parent,
        on=on,
        by=None,
        **fields,
    )


def make_user(
    full_name: str = "Nguyễn Thị Thử", *, email: str = "", unit: OrgUnit | None = None, role: str = "", **fields: Any
) -> User:
    number = next(_numbers)
    user = User.objects.create_user(email or f"nguoi{number}@vi-du.vn", full_name=full_name, **fields)
    if role:
        give_role(user, role, unit)
    return user


def give_role(
    user: User, role: str, unit: OrgUnit | None, *, on: datetime.date = LONG_AGO, until: datetime.date | None = None
) -> RoleAssignment:
    return RoleAssignment.objects.create(user=user, org_unit=unit, role=role, valid_from=on, valid_to=until)


def make_programme(code: str = "ct28", short_name: str = "Chỉ thị 28-CT/TW") -> Programme:
    return Programme.objects.get_or_create(code=code, defaults={"name": short_name, "short_name": short_name})[0]


def make_plan(unit: OrgUnit, *, number: str = "57/KH-CĐVC", programme: Programme | None = None, **fields: Any) -> Plan:
    programme = programme or make_programme()
    document = Document.objects.create(
        kind=Document.Kind.PLAN,
        sector=unit.sector,
        number=number,
        issuer_unit=unit,
        issued_on=fields.pop("issued_on", datetime.date(2024, 5, 24)),
        issued_month=5,
        issued_year=2024,
        subject="Triển khai thực hiện Chỉ thị số 28-CT/TW",
        programme=programme,
        derives_from=fields.pop("derives_from", None),
    )
    return Plan.objects.create(
        document=document, org_unit=unit, programme=programme, status=Plan.Status.ISSUED, **fields
    )


def make_task(plan: Plan, heading: str = "Đẩy mạnh truyền thông", *, lead: str = "Công đoàn cơ sở") -> Task:
    order = plan.sections.count() + 1
    section = Section.objects.create(
        plan=plan, order=order, kind=Section.Kind.POINT, number=f"{order}.", heading=heading
    )
    Responsibility.objects.create(section=section, part=Responsibility.Part.LEAD, label="Chủ trì", bodies=lead)
    return Task.objects.create(plan=plan, section=section, order=order)


def make_target(
    plan: Plan,
    *,
    code: str = "can-bo",
    groups: tuple[str, ...] = ("chu-chot", "nu-cong"),
    milestones: tuple[tuple[int, str], ...] = ((2025, "90"), (2030, "95")),
) -> Target:
    indicator = Indicator.objects.create(
        programme=plan.programme,
        code=code,
        name="Tỷ lệ cán bộ công đoàn được truyền thông về công tác trẻ em",
        short_name="Cán bộ được truyền thông",
        unit_of_count="người",
        numerator_label="Số cán bộ được truyền thông",
        denominator_label="Tổng số cán bộ",
    )
    for order, group in enumerate(groups):
        PopulationGroup.objects.create(indicator=indicator, code=group, name=f"Nhóm {group}", order=order)
    target = Target.objects.create(plan=plan, indicator=indicator)
    for year, percent in milestones:
        Milestone.objects.create(target=target, year=year, percent=percent)
    return target


def make_duty(
    plan: Plan,
    *,
    name: str = "Báo cáo năm thực hiện Chỉ thị 28-CT/TW",
    kinds: tuple[str, ...] = (PeriodKind.YEAR,),
    month: int | None = 11,
    day: int | None = 10,
    comparison: str = DueRule.Comparison.BEFORE,
    reporters: str = ReportingDuty.Reporters.CHILDREN,
    **fields: Any,
) -> ReportingDuty:
    duty = ReportingDuty.objects.create(
        plan=plan,
        name=name,
        phrase="trước ngày 10/11",
        reporters=reporters,
        recipient_unit=fields.pop("recipient_unit", plan.org_unit),
        **fields,
    )
    for kind in kinds:
        DueRule.objects.create(duty=duty, period_kind=kind, comparison=comparison, month=month, day=day)
    return duty


def make_form(duty: ReportingDuty, *, kind: str = PeriodKind.YEAR) -> FormVersion:
    """One share for each target, one count, one amount, one text."""
    form, _ = ReportForm.objects.get_or_create(duty=duty, period_kind=kind)
    version = FormVersion.objects.create(form=form, number=form.versions.count() + 1)
    items = [
        FormItem(code=target.indicator.code, kind=ItemKind.SHARE, label=target.indicator.name, target=target)
        for target in duty.plan.targets.select_related("indicator")
    ]
    items += [
        FormItem(code="tre-em-duoc-ho-tro", kind=ItemKind.COUNT, label="Số trẻ em được hỗ trợ", unit_of_count="em"),
        FormItem(code="kinh-phi", kind=ItemKind.MONEY, label="Kinh phí công đoàn", unit_of_count="đồng"),
        FormItem(code="ket-qua", kind=ItemKind.NARRATIVE, label="Kết quả"),
    ]
    for order, item in enumerate(items):
        item.version, item.order = version, order
    FormItem.objects.bulk_create(items)
    return version


def plan_form(duty: ReportingDuty, *, kind: str = PeriodKind.YEAR) -> FormVersion:
    """The form that the plan makes, also where ``make_form`` has built one by hand before."""
    ReportForm.objects.filter(duty=duty, period_kind=kind).update(follows_plan=True)
    return ensure_form(duty, kind)


def open_year(duty: ReportingDuty, year: int = 2026, *, kind: str = PeriodKind.YEAR) -> list[Obligation]:
    """Obligations of the year, in unit order."""
    open_period(duty, kind, year, by=None, on=datetime.date(year, 1, 2))
    return list(Obligation.objects.filter(duty=duty, period__year=year, period__kind=kind).order_by("org_unit_id"))


def make_report(obligation: Obligation, **fields: Any) -> Report:
    """A draft with the duty's form."""
    form = ReportForm.objects.filter(duty=obligation.duty, period_kind=obligation.period.kind).first()
    version = (form and form.current) or make_form(obligation.duty, kind=obligation.period.kind)
    return Report.objects.create(obligation=obligation, form_version=version, **fields)


def content(
    *, people: tuple[int, int] | None = (45, 50), children: int | None = 12, text: str = "Đã làm tốt."
) -> dict[str, Any]:
    """Validated content for the form of ``make_form``: both groups get the same numerator and denominator."""
    figures: dict[str, dict[str, Any]] = {}
    if people is not None:
        n, d = people
        figures["can-bo"] = {"chu-chot.n": n, "chu-chot.d": d, "nu-cong.n": n, "nu-cong.d": d}
    if children is not None:
        figures["tre-em-duoc-ho-tro"] = {"v": children}
    figures["kinh-phi"] = {"nil": True}
    return {
        "figures": figures,
        "texts": {"ket-qua": text},
        "choices": {},
        "tasks": {},
        "activities": [],
        "models": [],
        "attachments": [],
        "explanations": {},
        "collected": {},
    }


def make_official_letter(
    cast: SimpleNamespace, *, kind: str = OfficialLetter.Kind.URGE, obligations: list[Obligation] | None = None
) -> OfficialLetter:
    """A drafted letter of the union about the report of its first grassroots union."""
    chosen = obligations or [cast.obligation]
    return official_letters.begin(kind, chosen, by=cast.reviewer, on=datetime.date(2026, 11, 20))


def send_official_letter(cast: SimpleNamespace, letter: OfficialLetter) -> OfficialLetterNotice:
    """Issued without the machinery: its number, its file and the notice to one officer."""
    unit, number = letter.org_unit, letter.pk
    outgoing = OutgoingDocument.objects.create(
        series=NumberSeries.objects.get_or_create(org_unit=unit, year=2026)[0], serial=number, org_unit=unit,
        kind=Document.Kind.LETTER, number=f"{number:02d}/CĐVC", subject=letter.subject, created_by=cast.administrator,
        status=OutgoingDocument.Status.ISSUED, issued_on=datetime.date(2026, 11, 20),
    )  # fmt: skip
    IssuedFile.objects.create(
        document=outgoing, kind="pdf", file=ContentFile(b"%PDF-1.7", name="cv.pdf"), sha256="0" * 64, size=8, pages=1,
        added_by=cast.administrator,
    )  # fmt: skip
    OfficialLetter.objects.filter(pk=letter.pk).update(outgoing=outgoing)
    return OfficialLetterNotice.objects.create(letter=letter, outgoing=outgoing, recipient=cast.officer)


def make_webhook(
    unit: OrgUnit,
    *,
    by: User,
    url: str = "https://cong.vi-du.vn/mang-non",
    events: list[str] | None = None,
    **fields: Any,
) -> WebhookEndpoint:
    """A gateway of the unit that hears of everything; the address is not resolved here."""
    return webhooks.add(
        unit, name=fields.pop("name", "Cổng Zalo của tỉnh"), url=url, events=events or list(WebhookEvent.values),
        with_phone=fields.pop("with_phone", False), by=by, on=datetime.date(2026, 1, 1),
    )  # fmt: skip


def make_cast() -> SimpleNamespace:
    """The company: units, people and one duty with its obligations for 2026 (trước ngày 10/11)."""
    province_level = make_level(code="tinh", name="Liên đoàn Lao động tỉnh", rank=1)
    sector_level = make_level(code="nganh", name="Công đoàn ngành", rank=2)
    province = make_unit("Liên đoàn Lao động tỉnh Thử Nghiệm", level=province_level)
    union = make_unit("Công đoàn Viên chức tỉnh Thử Nghiệm", parent=province, level=sector_level)
    base = make_unit("Công đoàn cơ sở số 01", parent=union)
    sibling = make_unit("Công đoàn cơ sở số 02", parent=union)
    elsewhere = make_unit("Liên đoàn Lao động tỉnh Nơi Khác", level=province_level)
    plan = make_plan(union)
    target = make_target(plan)
    duty = make_duty(plan)
    form = make_form(duty)
    obligations = open_year(duty)
    return SimpleNamespace(
        province=province,
        union=union,
        base=base,
        sibling=sibling,
        elsewhere=elsewhere,
        plan=plan,
        target=target,
        duty=duty,
        form=form,
        obligation=next(row for row in obligations if row.org_unit_id == base.pk),
        sibling_obligation=next(row for row in obligations if row.org_unit_id == sibling.pk),
        officer=make_user("Trần Thị Cán Bộ", unit=base, role=Role.REPORTER),
        colleague=make_user("Lê Văn Đồng Nghiệp", unit=base, role=Role.REPORTER),
        approver=make_user("Võ Thị Chủ Tịch", unit=base, role=Role.APPROVER),
        sibling_officer=make_user("Phạm Văn Bên Cạnh", unit=sibling, role=Role.REPORTER),
        reviewer=make_user("Đỗ Thị Xét Duyệt", unit=union, role=Role.REVIEWER),
        province_reviewer=make_user("Hồ Văn Cấp Tỉnh", unit=province, role=Role.REVIEWER),
        viewer=make_user("Ngô Thị Xem", unit=union, role=Role.VIEWER),
        unit_administrator=make_user("Bùi Văn Quản Trị", unit=union, role=Role.ADMINISTRATOR),
        administrator=make_user("Đặng Thị Hệ Thống", role=Role.ADMINISTRATOR),
        stranger=make_user("Lý Văn Người Lạ", unit=elsewhere, role=Role.REPORTER),
        stranger_reviewer=make_user("Mai Thị Nơi Khác", unit=elsewhere, role=Role.REVIEWER),
    )
