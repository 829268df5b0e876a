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
    return Province(root, union, officer, reviewer, draft, filed)


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


def _person(name: str, unit: OrgUnit, role: str) -> User:
    user = User.objects.create_user(f"{role}@do-dac.example", full_name=name)
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


def _duty(root: OrgUnit) -> tuple[ReportingDuty, FormVersion, list[Task]]:
    programme = Programme.objects.create(code="do-dac", name="Chương trình đo đạc", short_name="Chương trình đo đạc")
    document = Document.objects.create(
        kind=Document.Kind.PLAN,
        sector="trade_union",
        number="01/KH-LĐLĐ",
        issuer_unit=root,
        issued_year=2016,
        programme=programme,
        is_sample=True,
    )
    plan = Plan.objects.create(document=document, org_unit=root, programme=programme, status=Plan.Status.ISSUED)
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
        Revision(report=report, number=1, content=content, submitted_at=at, submitted_by=by)
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
