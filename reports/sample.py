"""Sets the sample duties in motion: due dates, obligations of some years, reports in every state.

Figures are made up by a seeded generator, the same on every machine; every unit is marked as sample data. Rows are
written directly and the rollups rebuilt, so that no letters go out for them.
"""

import datetime
import random
import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from orgunits.models import Role, User
from plans.models import DueRule, ReportingDuty
from reports import form_building, form_fields, obligations, rollups
from reports.form_fields import Question
from reports.models import FormItem, FormVersion, ItemKind, Obligation, Report, ReviewEvent, Revision

DATA = Path(__file__).parent / "data" / "sample.toml"
TEXT = "Dữ liệu mẫu: nội dung mục này do đơn vị ghi khi lập báo cáo."
# Nobody is to read an invented number of harmed children under the name of a real place: these stay không phát sinh.
HARM = {"tre-em-bi-xam-hai", "tre-em-bi-bao-luc", "tre-em-duoc-ho-tro-can-thiep", "vu-xu-ly-vi-pham-hanh-chinh"}
Status = Report.Status


@transaction.atomic
def load_reports(*, on: datetime.date) -> None:
    """Open the sample periods and file the sample reports; a duty that has obligations already is left alone."""
    for row in tomllib.loads(DATA.read_text(encoding="utf-8"))["duty"]:
        duty = ReportingDuty.objects.select_related("plan__org_unit").get(key=row["key"])
        if duty.obligations.exists():
            continue
        for rule in row.get("rule", []):
            _set_rule(duty, rule)
        years = row.get("years") or range(on.year - row["years_back"], on.year + 1)
        for year in years:
            for kind in duty.due_rules.values_list("period_kind", flat=True):
                _load_period(duty, kind, year, row, on=on)


def _set_rule(duty: ReportingDuty, rule: dict[str, Any]) -> None:
    values = {key: value for key, value in rule.items() if key != "period"}
    DueRule.objects.update_or_create(
        duty=duty, period_kind=rule["period"], defaults={**values, "set_by_administrator": True}
    )


def _load_period(duty: ReportingDuty, kind: str, year: int, row: dict[str, Any], *, on: datetime.date) -> None:
    opened = obligations.open_period(duty, kind, year, by=None, on=on)
    version = form_building.ensure_form(duty, kind)
    asked: dict[int | None, list[Question]] = {}  # what a unit is asked depends on its level and the units above it
    rows = Obligation.objects.filter(duty=duty, period=opened.period).select_related("org_unit").order_by("pk")
    for position, obligation in enumerate(rows, start=1):
        status = _status(position, row, obligation, on=on)
        if status:
            if obligation.parent_id not in asked:
                form = form_fields.load(Report(obligation=obligation, form_version=version))
                asked[obligation.parent_id] = form.questions
            made_up = random.Random(f"{obligation.org_unit.code} {kind} {year}")  # noqa: S311 (sample figures)
            _file(obligation, version, _content(asked[obligation.parent_id], made_up, year), status, made_up, on=on)
    rollups.rebuild(duty, opened.period)


def _status(position: int, row: dict[str, Any], obligation: Obligation, *, on: datetime.date) -> str | None:
    """What has become of the report so far; years that are over are approved."""
    if obligation.due_on.year < on.year or obligation.due_on < on - datetime.timedelta(days=60):
        return Status.APPROVED
    if obligation.due_on > on + datetime.timedelta(days=45) or position in row.get("not_filed", []):
        return None
    if position in row.get("waiting", []):
        return Status.SUBMITTED
    return Status.RETURNED if position in row.get("returned", []) else Status.APPROVED


def _content(questions: list[Question], made_up: random.Random, year: int) -> dict[str, Any]:
    content: dict[str, Any] = {
        "figures": {},
        "texts": {},
        "tasks": {},
        "activities": [],
        "attachments": [],
        "explanations": {},
    }
    for question in questions:
        item = question.item
        match item.kind:
            case ItemKind.SHARE:
                content["figures"][item.code] = _share(item, made_up, year)
            case ItemKind.COUNT:
                number = made_up.randint(0, 40)
                content["figures"][item.code] = {"nil": True} if item.code in HARM else {"v": number}
            case ItemKind.MONEY:
                content["figures"][item.code] = {"v": made_up.randint(1, 60) * 500_000}
            case ItemKind.NARRATIVE:
                content["texts"][item.code] = TEXT
            case ItemKind.TASKS:
                states = ["done", "ongoing", "ongoing", "not_started"]
                content["tasks"] = {
                    str(row.task.pk): {"status": made_up.choice(states), "note": ""} for row in question.tasks
                }
    return content


def _share(item: FormItem, made_up: random.Random, year: int) -> dict[str, int]:
    """Shares that rise from year to year, towards the milestone and not all beyond it."""
    groups = [group.code for group in item.target.indicator.groups.all()] if item.target else []
    cells: dict[str, int] = {}
    for group in groups or ["all"]:
        denominator = made_up.randint(8, 60)
        share = min(1.0, made_up.uniform(0.80, 0.93) + 0.035 * (year % 100 - 24))
        cells |= {f"{group}.n": round(denominator * share), f"{group}.d": denominator}
    return cells


def _file(
    obligation: Obligation,
    version: FormVersion,
    content: dict[str, Any],
    status: str,
    made_up: random.Random,
    *,
    on: datetime.date,
) -> None:
    late = made_up.random() < 0.12
    day = obligation.due_on + datetime.timedelta(days=made_up.randint(1, 6) if late else -made_up.randint(0, 14))
    filed_at = timezone.make_aware(
        datetime.datetime.combine(min(day, on - datetime.timedelta(days=2)), datetime.time(9, made_up.randint(0, 59)))
    )
    officer, reviewer = _people(obligation)
    decided = {} if status == Status.SUBMITTED else {"decided_at": filed_at + datetime.timedelta(days=1)}
    report = Report.objects.create(
        obligation=obligation,
        form_version=version,
        status=status,
        first_submitted_at=filed_at,
        submitted_at=filed_at,
        submitted_by=officer,
        decided_by=reviewer if decided else None,
        **decided,
    )
    revision = Revision.objects.create(
        report=report, number=1, content=content, submitted_at=filed_at, submitted_by=officer
    )
    _record(revision, ReviewEvent.Action.SUBMIT, officer, filed_at)
    if status == Status.APPROVED:
        _record(revision, ReviewEvent.Action.APPROVE, reviewer, decided["decided_at"])
    elif status == Status.RETURNED:
        reason = "Dữ liệu mẫu: đề nghị kiểm tra lại số gia đình và bổ sung nguyên nhân của các hạn chế."
        _record(revision, ReviewEvent.Action.RETURN, reviewer, decided["decided_at"], reason=reason)


def _record(revision: Revision, action: str, by: User, at: datetime.datetime, *, reason: str = "") -> None:
    event = ReviewEvent.objects.create(report=revision.report, revision=revision, action=action, by=by, reason=reason)
    ReviewEvent.objects.filter(pk=event.pk).update(at=at)


def _people(obligation: Obligation) -> tuple[User, User]:
    """The sample people of the two units; a unit without anybody is entered by the installation's administrator."""
    everybody = User.objects.filter(is_sample=True)
    standby = everybody.get(role_assignments__org_unit__isnull=True)
    officer = everybody.filter(
        role_assignments__org_unit=obligation.org_unit, role_assignments__role=Role.REPORTER
    ).first()
    reviewer = everybody.filter(
        role_assignments__org_unit=obligation.receiving_unit, role_assignments__role=Role.REVIEWER
    ).first()
    return officer or standby, reviewer or standby
