"""Sets the sample duties in motion: due dates, obligations of some years, reports in every state.

Figures are made up by a seeded generator, the same on every machine; every unit is marked as sample data. Rows are
written directly and the rollups rebuilt, so that no letters go out for them.
"""

import datetime
import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from orgunits.models import Role, User
from plans.models import DueRule, ReportingDuty
from reports import (
    form_building,
    form_fields,
    obligations,
    review_flags,
    rollups,
    sample_content,
    sample_registers,
    sample_work,
    snapshots,
)
from reports.form_fields import Question
from reports.models import FormVersion, Obligation, Period, Report, ReviewEvent, Revision, Snapshot

DATA = Path(__file__).parent / "data" / "sample.toml"
CORRECTION_DAYS = 7
Status = Report.Status


@dataclass(frozen=True)
class Opened:
    """One duty and period that is being filled: the row of the data file, the form, the day of loading."""

    row: dict[str, Any]
    period: Period
    version: FormVersion
    on: datetime.date

    @property
    def is_current(self) -> bool:
        return self.period.year == self.on.year


@transaction.atomic
def load_reports(*, on: datetime.date) -> None:
    """Open the sample periods and file the sample reports; a duty that has obligations already is left alone."""
    loaded = False
    sample_registers.load(on)  # first: reports freeze what the registers hold
    for row in tomllib.loads(DATA.read_text(encoding="utf-8"))["duty"]:
        duty = ReportingDuty.objects.select_related("plan__org_unit").get(key=row["key"])
        if duty.obligations.exists():
            continue
        loaded = True
        for rule in row.get("rule", []):
            _set_rule(duty, rule)
        years = row.get("years") or range(on.year - row["years_back"], on.year + 1)
        for year in years:
            for kind in sorted(set(duty.due_rules.values_list("period_kind", flat=True))):
                _load_period(duty, kind, year, row, on=on)
    if loaded:
        sample_work.load(on=on)


def _set_rule(duty: ReportingDuty, rule: dict[str, Any]) -> None:
    values = {key: value for key, value in rule.items() if key != "period"}
    DueRule.objects.update_or_create(
        duty=duty, period_kind=rule["period"], defaults={**values, "set_by_administrator": True}
    )


def _load_period(duty: ReportingDuty, kind: str, year: int, row: dict[str, Any], *, on: datetime.date) -> None:
    period = obligations.open_period(duty, kind, year, by=None, on=on).period
    opened = Opened(row, period, form_building.ensure_form(duty, kind), on)
    asked: dict[int | None, list[Question]] = {}  # what a unit is asked depends on its level and the units above it
    before: Obligation | None = None
    rows = Obligation.objects.filter(duty=duty, period=period).select_related("org_unit", "period", "receiving_unit")
    for position, obligation in enumerate(rows.order_by("pk"), start=1):
        status = _status(position, row, obligation, on=on)
        if status:
            report = Report(obligation=obligation, form_version=opened.version, status=status)
            if obligation.parent_id not in asked:
                asked[obligation.parent_id] = form_fields.load(report).questions
            content = sample_content.make(asked[obligation.parent_id], report)
            found = _mark(content, position, opened, obligation, before) if opened.is_current else {}
            _file(report, content, opened, found)
        before = obligation
    rollups.rebuild(duty, period)


def _status(position: int, row: dict[str, Any], obligation: Obligation, *, on: datetime.date) -> str | None:
    """What has become of the report so far; years that are over are approved."""
    if obligation.due_on.year < on.year or obligation.due_on < on - datetime.timedelta(days=60):
        return Status.APPROVED
    if obligation.due_on > on + datetime.timedelta(days=45) or position in row.get("not_filed", []):
        return None
    if position in row.get("waiting", []):
        return Status.SUBMITTED
    return Status.RETURNED if position in row.get("returned", []) else Status.APPROVED


def _mark(
    content: dict[str, Any], position: int, opened: Opened, obligation: Obligation, before: Obligation | None
) -> dict[str, Any]:
    """Put in what a reviewer is to find: old texts, the neighbour's texts, an explained fall; returns its flags."""
    row, key = opened.row, str(position)
    for code in row.get("same_as_before", {}).get(key, []):
        content["texts"][code] = sample_content.text(code, obligation, years_back=1)
    for code in row.get("same_as_sibling", {}).get(key, []):
        content["texts"][code] = sample_content.text(code, before or obligation)
    if code := row.get("explained", {}).get(key):
        return {"checks": [sample_content.fall(content, code, obligation)]}
    return {}


def _file(report: Report, content: dict[str, Any], opened: Opened, found: dict[str, Any]) -> None:
    obligation, on = report.obligation, opened.on
    made_up = random.Random(f"{obligation.org_unit.code} {opened.period.kind} {opened.period.year} days")  # noqa: S311
    late = made_up.random() < 0.12
    day = obligation.due_on + datetime.timedelta(days=made_up.randint(1, 6) if late else -made_up.randint(0, 14))
    filed_at = timezone.make_aware(
        datetime.datetime.combine(min(day, on - datetime.timedelta(days=2)), datetime.time(9, made_up.randint(0, 59)))
    )
    officer, reviewer = people_of(obligation)
    report.first_submitted_at = report.submitted_at = filed_at
    report.submitted_by = officer
    if report.status != Status.SUBMITTED:
        report.decided_at, report.decided_by = filed_at + datetime.timedelta(days=1), reviewer
    if report.status == Status.RETURNED:
        report.open_items = sorted(opened.row.get("returned_items", {}))
        report.correction_due_on = on + datetime.timedelta(days=CORRECTION_DAYS)
    report.save()
    if opened.row.get("collects"):
        content["collected"] = sample_work.collect(report, by=officer)
    revision = Revision.objects.create(
        report=report,
        number=1,
        content=content,
        form_version_id=report.form_version_id,
        submitted_at=filed_at,
        submitted_by=officer,
    )
    if opened.is_current:
        review_flags.write(revision, found)
    if opened.row.get("collects") and (snapshot := snapshots.take(revision)):
        Snapshot.objects.filter(pk=snapshot.pk).update(taken_at=filed_at)
    record(revision, ReviewEvent.Action.SUBMIT, officer, filed_at)
    _decide(revision, reviewer, opened)


def _decide(revision: Revision, reviewer: User, opened: Opened) -> None:
    report = revision.report
    if report.decided_at is None:
        return
    if report.status == Status.APPROVED:
        record(revision, ReviewEvent.Action.APPROVE, reviewer, report.decided_at)
        return
    reasons = opened.row.get("returned_items", {})
    reason = "" if reasons else "Dữ liệu mẫu: đề nghị kiểm tra lại số gia đình và bổ sung nguyên nhân của các hạn chế."
    record(
        revision, ReviewEvent.Action.RETURN, reviewer, report.decided_at,
        reason=reason, item_reasons=reasons, due_on=report.correction_due_on,
    )  # fmt: skip


def record(revision: Revision, action: str, by: User, at: datetime.datetime, **words: Any) -> None:
    """An event of the past."""
    event = ReviewEvent.objects.create(report=revision.report, revision=revision, action=action, by=by, **words)
    ReviewEvent.objects.filter(pk=event.pk).update(at=at)


def people_of(obligation: Obligation) -> tuple[User, User]:
    """The sample people of the two units; a unit without anybody is entered by the installation's administrator."""
    everybody = User.objects.filter(is_sample=True)
    standby = everybody.get(role_assignments__org_unit__isnull=True)
    officer = (
        everybody.filter(role_assignments__org_unit=obligation.org_unit, role_assignments__role=Role.REPORTER)
        .order_by("pk")
        .first()
    )
    reviewer = (
        everybody.filter(role_assignments__org_unit=obligation.receiving_unit, role_assignments__role=Role.REVIEWER)
        .order_by("pk")
        .first()
    )
    return officer or standby, reviewer or standby
