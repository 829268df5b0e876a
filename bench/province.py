"""One made-up province, the same on every machine: 1,500 units, ten years of reports with forty values each.

Rows are written in bulk; the sums come from the product's own rebuild. Names are plainly generic.
"""

import datetime
import random
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from orgunits.models import Level, OrgUnit, Placement, Role, RoleAssignment, User
from orgunits.vietnamese import sort_key, without_marks
from plans.models import Document, DueRule, PeriodKind, Plan, Programme, ReportingDuty, Responsibility, Section, Task
from reports import rollups
from reports.models import FormItem, FormVersion, ItemKind, Obligation, Report, ReportForm, ReviewEvent, Revision
from reports.obligations import open_period
from targets.models import Indicator, Milestone, PopulationGroup, Target

UNITS = 1500
UNIONS = 30
YEARS = range(2017, 2027)
SHARES = 8  # of two groups each: 32 values
COUNTS = 8
IMPORTED = 500  # units that one workbook fills in
TODAY = datetime.date(2026, 11, 22)
BATCH = 1000


@dataclass(frozen=True)
class Province:
    """What the measurements need to know of it."""

    root: OrgUnit
    union: OrgUnit
    officer: User
    reviewer: User
    draft: Report
    filed: Report
    large: Report  # a draft of 60 items and 40 tasks, with last year's values beside
    waiting: Report
    upward: Report  # a draft of the whole province's report, with everybody's reports below
    writer: User  # who writes it
    many: ReportingDuty  # a report of 40 values that 500 units owe


def build() -> Province:
    """Write the province into an empty database; returns its actors."""
    chance = random.Random(28)
    units = _units()
    root, union, base = units[0], units[1], units[1 + UNIONS]
    officer, reviewer = _person("Cán bộ lập báo cáo", base, Role.REPORTER), _person("Xét duyệt", root, Role.REVIEWER)
    _everybody(units[1 + UNIONS :])
    duty, version, tasks = _duty(root)
    for year in YEARS:
        _file_year(duty, version, tasks, year, chance, by=officer)
    draft = Report.objects.get(obligation__org_unit=base, obligation__period__year=YEARS[-1])
    filed = Report.objects.get(obligation__org_unit=base, obligation__period__year=YEARS[-2])
    waiting = Report.objects.filter(status=Report.Status.SUBMITTED).order_by("pk")[:1].get()
    writer = _person("Tổng hợp", root, Role.REPORTER, address="writer")
    return Province(
        root=root,
        union=union,
        officer=officer,
        reviewer=reviewer,
        draft=draft,
        filed=filed,
        large=_large_draft(root, base, chance, by=officer),
        waiting=waiting,
        upward=_upward(duty.plan, root, by=writer),
        writer=writer,
        many=_many(duty.plan, root, units[-IMPORTED:]),
    )


def _units() -> list[OrgUnit]:
    """A federation, its thirty unions, and the grassroots unions spread over them."""
    OrgUnit.objects.bulk_create(
        [OrgUnit(sector="trade_union", code=f"DV{number:05d}", is_sample=True) for number in range(UNITS)],
        batch_size=BATCH,
    )
    units = list(OrgUnit.objects.order_by("pk"))
    levels = [
        Level.objects.create(sector="trade_union", code=code, name=name, rank=rank)
        for rank, (code, name) in enumerate(
            [("tinh", "Liên đoàn Lao động tỉnh"), ("nganh", "Công đoàn ngành"), ("co-so", "Công đoàn cơ sở")], start=1
        )
    ]
    places: list[Placement] = []
    for number, unit in enumerate(units):
        rank = 0 if number == 0 else 1 if number <= UNIONS else 2
        above = None if rank == 0 else places[0] if rank == 1 else places[1 + number % UNIONS]
        name = f"{levels[rank].name} số {number:04d}" if rank else "Liên đoàn Lao động tỉnh Đo Đạc"
        places.append(
            Placement(
                org_unit=unit,
                name=name,
                level=levels[rank],
                parent=above.org_unit if above else None,
                path=(above.path if above else "") + unit.segment,
                depth=rank,
                valid_from=datetime.date(2015, 1, 1),
                search_name=without_marks(name),
                sort_name=sort_key(name),
            )
        )
    Placement.objects.bulk_create(places, batch_size=BATCH)
    return units


def _person(name: str, unit: OrgUnit, role: str, *, address: str = "") -> User:
    user = User.objects.create_user(f"{address or role}@do-dac.example", full_name=name)
    RoleAssignment.objects.create(user=user, org_unit=unit, role=role, valid_from=datetime.date(2015, 1, 1))
    return user


def _everybody(units: list[OrgUnit]) -> None:
    """An officer for every grassroots union, so that lists of people are as long as in life."""
    people = [
        User(email=f"cb{unit.pk}@do-dac.example", full_name=f"Cán bộ {unit.pk}", search_name=f"can bo {unit.pk}")
        for unit in units[1:]
    ]
    made = User.objects.bulk_create(people, batch_size=BATCH)
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(user=user, org_unit=unit, role=Role.REPORTER, valid_from=datetime.date(2015, 1, 1))
            for user, unit in zip(made, units[1:], strict=True)
        ],
        batch_size=BATCH,
    )


def _plan(root: OrgUnit, number: str) -> Plan:
    programme = Programme.objects.get_or_create(
        code="do-dac", defaults={"name": "Chương trình đo đạc", "short_name": "Chương trình đo đạc"}
    )[0]
    document = Document.objects.create(
        kind=Document.Kind.PLAN,
        sector="trade_union",
        number=number,
        issuer_unit=root,
        issued_year=2016,
        programme=programme,
        is_sample=True,
    )
    return Plan.objects.create(document=document, org_unit=root, programme=programme, status=Plan.Status.ISSUED)


def _duty(root: OrgUnit) -> tuple[ReportingDuty, FormVersion, list[Task]]:
    plan = _plan(root, "01/KH-LĐLĐ")
    tasks = [_task(plan, number) for number in range(1, 13)]
    targets = [_target(plan, number) for number in range(1, SHARES + 1)]
    duty = ReportingDuty.objects.create(
        plan=plan,
        name="Báo cáo năm đo đạc",
        reporters=ReportingDuty.Reporters.ALL_BELOW,
        recipient_unit=root,
    )
    DueRule.objects.create(duty=duty, period_kind=PeriodKind.YEAR, month=11, day=10)
    version = FormVersion.objects.create(form=ReportForm.objects.create(duty=duty, period_kind=PeriodKind.YEAR))
    items = [
        FormItem(code=row.indicator.code, kind=ItemKind.SHARE, label=row.indicator.name, target=row) for row in targets
    ]
    items += [
        FormItem(code=f"so-luong-{n}", kind=ItemKind.COUNT, label=f"Số lượng thứ {n}", unit_of_count="trẻ em")
        for n in range(1, COUNTS + 1)
    ]
    items += [
        FormItem(code="nhiem-vu", kind=ItemKind.TASKS, label="Tình hình thực hiện nhiệm vụ"),
        FormItem(code="ket-qua", kind=ItemKind.NARRATIVE, label="Kết quả"),
        FormItem(code="phuong-huong", kind=ItemKind.NARRATIVE, label="Phương hướng"),
    ]
    for order, item in enumerate(items):
        item.version, item.order, item.section = version, order, "Số liệu"
    FormItem.objects.bulk_create(items)
    return duty, version, tasks


def _task(plan: Plan, number: int) -> Task:
    section = Section.objects.create(
        plan=plan, order=number, kind=Section.Kind.POINT, number=f"{number}.", heading=f"Nhiệm vụ thứ {number}"
    )
    lead = f"Ban thứ {1 + number % 3}"
    Responsibility.objects.create(section=section, part=Responsibility.Part.LEAD, label="Chủ trì", bodies=lead)
    return Task.objects.create(plan=plan, section=section, order=number)


def _target(plan: Plan, number: int) -> Target:
    indicator = Indicator.objects.create(
        programme=plan.programme,
        code=f"chi-tieu-{number}",
        name=f"Tỷ lệ thứ {number}",
        short_name=f"Chỉ tiêu thứ {number}",
        unit_of_count="người",
        numerator_label="Số đã đạt",
        denominator_label="Tổng số",
    )
    for order, code in enumerate(("nhom-a", "nhom-b")):
        PopulationGroup.objects.create(indicator=indicator, code=code, name=f"Nhóm {code[-1].upper()}", order=order)
    target = Target.objects.create(plan=plan, indicator=indicator, order=number)
    for year, percent in ((2025, 90), (2030, 95)):
        Milestone.objects.create(target=target, year=year, percent=percent)
    return target


def _file_year(
    duty: ReportingDuty, version: FormVersion, tasks: list[Task], year: int, chance: random.Random, *, by: User
) -> None:
    """Every unit files; in the last year one in ten has not yet, and one in ten waits for review."""
    period = open_period(duty, PeriodKind.YEAR, year, by=None, on=datetime.date(year, 12, 31)).period
    obligations = list(Obligation.objects.filter(duty=duty, period=period).order_by("pk"))
    at = timezone.make_aware(datetime.datetime(year, 11, 5, 9, 0))
    reports, contents = [], []
    for number, obligation in enumerate(obligations):
        turn = (number - UNIONS) % 10 if year == YEARS[-1] else 5
        status = {0: Report.Status.DRAFT, 1: Report.Status.SUBMITTED}.get(turn, Report.Status.APPROVED)
        content = _content(tasks, year, chance)
        report = Report(obligation=obligation, form_version=version, status=status)
        if status == Report.Status.DRAFT:
            report.draft = typed(content)
        else:
            report.submitted_at = report.first_submitted_at = at
            report.submitted_by = by
        reports.append(report)
        contents.append(content)
    made = Report.objects.bulk_create(reports, batch_size=BATCH)
    filed = [
        Revision(
            report=report,
            number=1,
            content=content,
            form_version_id=report.form_version_id,
            submitted_at=at,
            submitted_by=by,
        )
        for report, content in zip(made, contents, strict=True)
        if report.status != Report.Status.DRAFT
    ]
    revisions = Revision.objects.bulk_create(filed, batch_size=BATCH)
    ReviewEvent.objects.bulk_create(
        [ReviewEvent(report=row.report, revision=row, action=ReviewEvent.Action.SUBMIT, by=by) for row in revisions],
        batch_size=BATCH,
    )
    rollups.rebuild(duty, period)


def _content(tasks: list[Task], year: int, chance: random.Random) -> dict[str, Any]:
    figures: dict[str, dict[str, int]] = {}
    for number in range(1, SHARES + 1):
        cells: dict[str, int] = {}
        for group in ("nhom-a", "nhom-b"):
            total = chance.randint(20, 400)
            cells |= {f"{group}.n": round(total * min(1.0, chance.uniform(0.7, 0.95) + (year - 2017) * 0.01))}
            cells |= {f"{group}.d": total}
        figures[f"chi-tieu-{number}"] = cells
    for number in range(1, COUNTS + 1):
        figures[f"so-luong-{number}"] = {"v": chance.randint(0, 300)}
    return {
        "figures": figures,
        "texts": {"ket-qua": PARAGRAPH * 20, "phuong-huong": PARAGRAPH * 16},
        "tasks": {str(task.pk): {"status": chance.choice(["done", "ongoing"]), "note": ""} for task in tasks},
        "activities": [],
        "attachments": [],
        "explanations": {},
    }


def typed(content: dict[str, Any]) -> dict[str, str]:
    """The same content as an officer types it, by field name."""
    fields = {f"{code}.{cell}": str(n) for code, cells in content["figures"].items() for cell, n in cells.items()}
    fields |= content["texts"]
    fields |= {f"nhiem-vu.task{pk}.status": task["status"] for pk, task in content["tasks"].items()}
    return fields


PARAGRAPH = (
    "Đơn vị đã triển khai kế hoạch, phân công người phụ trách, phối hợp với các đơn vị liên quan và tổ chức các hoạt "
    "động chăm lo cho trẻ em là con đoàn viên, người lao động theo đúng thời gian quy định; kinh phí được sử dụng đúng "
    "mục đích, công khai và có kiểm tra. "
)


# --- a large form, a report upward, a report of many units -----------------------------------------------------------


def _large_draft(root: OrgUnit, base: OrgUnit, chance: random.Random, *, by: User) -> Report:
    """Sixty items and forty tasks, all typed, with an approved report of the year before."""
    plan = _plan(root, "02/KH-LĐLĐ")
    tasks = [_task(plan, number) for number in range(1, 41)]
    duty, version = _chosen_duty(plan, "Báo cáo có biểu mẫu lớn", [base], root, _large_items())
    content = _large_content(version, tasks, chance)
    before = _report(duty, version, base, YEARS[-2], Report.Status.APPROVED, by=by)
    Revision.objects.create(
        report=before,
        number=1,
        content=content,
        form_version_id=version.pk,
        submitted_at=_filed_at(YEARS[-2]),
        submitted_by=by,
    )
    large = _report(duty, version, base, YEARS[-1], Report.Status.DRAFT, by=by)
    Report.objects.filter(pk=large.pk).update(draft=typed(content) | content["choices"])
    return large


def _large_items() -> list[FormItem]:
    kinds = [ItemKind.SHARE] * 20 + [ItemKind.COUNT] * 20 + [ItemKind.MONEY] * 5 + [ItemKind.YES_NO] * 5
    kinds += [ItemKind.CHOICE] * 5 + [ItemKind.NARRATIVE] * 3
    items = [
        FormItem(
            code=f"muc-{number}",
            kind=kind,
            label=f"Câu hỏi thứ {number} về công tác chăm sóc, giáo dục và bảo vệ trẻ em",
            guide="Ghi theo sổ của đơn vị.",
            unit_of_count="trẻ em",
            choices=[{"code": "a", "name": "Đầy đủ"}, {"code": "b", "name": "Một phần"}],
        )
        for number, kind in enumerate(kinds, start=1)
    ]
    items.append(FormItem(code="nhiem-vu", kind=ItemKind.TASKS, label="Tình hình thực hiện nhiệm vụ"))
    items.append(FormItem(code="hoat-dong", kind=ItemKind.ACTIVITIES, label="Hoạt động đã tổ chức"))
    return items


def _large_content(version: FormVersion, tasks: list[Task], chance: random.Random) -> dict[str, Any]:
    content: dict[str, Any] = {"figures": {}, "texts": {}, "choices": {}, "activities": [], "attachments": []}
    for item in version.items.order_by("order"):
        match item.kind:
            case ItemKind.SHARE:
                content["figures"][item.code] = {"all.n": chance.randint(1, 50), "all.d": chance.randint(50, 99)}
            case ItemKind.COUNT | ItemKind.MONEY:
                content["figures"][item.code] = {"v": chance.randint(0, 300)}
            case ItemKind.YES_NO:
                content["choices"][item.code] = "yes"
            case ItemKind.CHOICE:
                content["choices"][item.code] = "a"
            case ItemKind.NARRATIVE:
                content["texts"][item.code] = PARAGRAPH * 5
    content["tasks"] = {str(task.pk): {"status": "done", "note": "Đã làm."} for task in tasks}
    return content | {"explanations": {}}


def _upward(plan: Plan, root: OrgUnit, *, by: User) -> Report:
    """The province's own report to a body above it, with the reports of all units below."""
    above = OrgUnit.objects.create(sector="trade_union", code="TREN", is_sample=True)
    Placement.objects.create(
        org_unit=above, name="Cơ quan cấp trên", level=root.placements.get().level, path=above.segment, depth=0,
        valid_from=datetime.date(2015, 1, 1), search_name="co quan cap tren", sort_name=sort_key("Cơ quan cấp trên"),
    )  # fmt: skip
    items = [
        FormItem(code="ket-qua", kind=ItemKind.NARRATIVE, label="Kết quả"),
        FormItem(code="phuong-huong", kind=ItemKind.NARRATIVE, label="Phương hướng"),
    ]
    duty, version = _chosen_duty(plan, "Báo cáo của tỉnh", [root], above, items)
    return _report(duty, version, root, YEARS[-1], Report.Status.DRAFT, by=by)


def _many(plan: Plan, root: OrgUnit, units: list[OrgUnit]) -> ReportingDuty:
    items = [
        FormItem(code=f"so-{number}", kind=ItemKind.COUNT, label=f"Số lượng thứ {number}", unit_of_count="trẻ em")
        for number in range(1, 41)
    ]
    duty, _ = _chosen_duty(plan, "Báo cáo số liệu của nhiều đơn vị", units, root, items)
    open_period(duty, PeriodKind.YEAR, YEARS[-1], by=None, on=TODAY)
    return duty


def _chosen_duty(
    plan: Plan, name: str, units: list[OrgUnit], receiver: OrgUnit, items: list[FormItem]
) -> tuple[ReportingDuty, FormVersion]:
    duty = ReportingDuty.objects.create(
        plan=plan, name=name, reporters=ReportingDuty.Reporters.CHOSEN, recipient_unit=receiver
    )
    duty.units.set(units)
    DueRule.objects.create(duty=duty, period_kind=PeriodKind.YEAR, month=11, day=25)
    version = FormVersion.objects.create(form=ReportForm.objects.create(duty=duty, period_kind=PeriodKind.YEAR))
    for order, item in enumerate(items):
        item.version, item.order, item.section = version, order, f"Phần {1 + order // 10}"
    FormItem.objects.bulk_create(items)
    return duty, version


def _report(duty: ReportingDuty, version: FormVersion, unit: OrgUnit, year: int, status: str, *, by: User) -> Report:
    open_period(duty, PeriodKind.YEAR, year, by=None, on=datetime.date(year, 12, 31))
    obligation = Obligation.objects.get(duty=duty, org_unit=unit, period__year=year)
    filed = {} if status == Report.Status.DRAFT else {"submitted_at": _filed_at(year), "submitted_by": by}
    if filed:
        filed["first_submitted_at"] = filed["submitted_at"]
    return Report.objects.create(obligation=obligation, form_version=version, status=status, **filed)


def _filed_at(year: int) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime(year, 11, 5, 9, 0))
