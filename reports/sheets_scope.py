"""The units whose reports of one duty and period a person may fill in with one workbook, read in few queries."""

import datetime
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from orgunits import roles
from orgunits.models import OrgUnit, User
from plans.models import ReportingDuty
from reports import drafts, form_building, form_fields, sheets_fields
from reports.form_fields import Question, Questionnaire
from reports.models import FormItem, FormVersion, ItemKind, Obligation, Period, Report, Revision
from reports.sheets_fields import SheetField
from reports.workflow import FILING_ROLES

# What one row of a table can hold; tasks, registers and files are written on the page or in the form of one unit.
KINDS = (ItemKind.SHARE, ItemKind.COUNT, ItemKind.MONEY, ItemKind.YES_NO, ItemKind.CHOICE, ItemKind.NARRATIVE)


@dataclass
class UnitRow:
    """One unit with its draft; ``report`` is not stored yet where nobody has begun."""

    obligation: Obligation
    report: Report
    form: Questionnaire
    previous: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.obligation.org_unit.code

    @property
    def name(self) -> str:
        return str(self.obligation.org_unit)

    @property
    def is_begun(self) -> bool:
        return self.report.pk is not None

    @cached_property
    def raw(self) -> dict[str, str]:
        return drafts.typed(self.report) if self.is_begun else {}

    @cached_property
    def fields(self) -> dict[str, SheetField]:
        """The open fields of this unit that the table can change, with *không phát sinh*."""
        return sheets_fields.all_by_name(question for question in self.questions if not question.is_closed)

    @cached_property
    def questions(self) -> list[Question]:
        return [question for question in self.form.questions if question.kind in KINDS]


@dataclass
class Scope:
    """The form's current version, the units by code, and those left out, each with a sentence."""

    duty: ReportingDuty
    period: Period
    version: FormVersion
    rows: dict[str, UnitRow] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    on_older_forms: list[str] = field(default_factory=list)  # names of units that have to be filled in one by one

    @cached_property
    def columns(self) -> list[tuple[Question, list[SheetField]]]:
        """Every question that any of the units answers, with the fields of its columns, in the form's order."""
        found: dict[str, tuple[Question, list[SheetField]]] = {}
        for form in {id(row.form): row.form for row in self.rows.values()}.values():
            for question in form.questions:
                if question.kind in KINDS and question.code not in found:
                    found[question.code] = (question, column_fields(question))
        order = {code: place for place, code in enumerate(_codes(self.version))}
        return [found[code] for code in sorted(found, key=lambda code: order.get(code, 0))]


def column_fields(question: Question) -> list[SheetField]:
    """The fields of a question that have a column; why a figure differs is written on the page."""
    if question.is_figure:
        return sheets_fields.numbers_of(question)
    answer = sheets_fields.answer_of(question)
    return [answer] if answer else []


def count(user: User, duty: ReportingDuty, period: Period, *, on: datetime.date) -> int:
    """How many units the person may file for that still owe this report."""
    return int(_obligations(user, duty, period, on=on).owed().count())


def offer(user: User, duty: ReportingDuty, period: Period, *, on: datetime.date) -> dict[str, int]:
    """For the pages that offer the table: its units, and how many more have a draft on an older form."""
    units = count(user, duty, period, on=on)
    if not units:
        return {"sheet_total": 0, "sheet_units": 0, "sheet_older": 0}
    versions = FormVersion.objects.filter(form__duty=duty, form__period_kind=period.kind, published_at__isnull=False)
    newest = versions.order_by("-number").values("pk")[:1]
    begun = _obligations(user, duty, period, on=on).owed().filter(report__isnull=False)
    older = begun.exclude(report__form_version__in=newest).count() if versions.exists() else 0
    return {"sheet_total": units, "sheet_units": units - older, "sheet_older": older}


def may_file(user: User, duty: ReportingDuty, period: Period, *, on: datetime.date) -> bool:
    """Whether the person may file for any unit that owes or owed this report."""
    return bool(_obligations(user, duty, period, on=on).exists())


def load(user: User, duty: ReportingDuty, period: Period, *, on: datetime.date) -> Scope:
    """All units of that duty and period for which the person may file."""
    scope = Scope(duty, period, form_building.ensure_form(duty, period.kind))
    obligations = list(
        _obligations(user, duty, period, on=on)
        .select_related("org_unit", "report__form_version", "receiving_unit", "period", "duty__plan")
        .prefetch_related("org_unit__placements")
        .order_by("pk")
    )
    obligations.sort(key=lambda row: row.org_unit.latest_placement.sort_name if row.org_unit.latest_placement else "")
    previous = _previous(obligations, period)
    forms: dict[int | None, Questionnaire] = {}
    for obligation in obligations:
        unit = obligation.org_unit
        report = getattr(obligation, "report", None)
        if sentence := _why_not(obligation, report, scope.version):
            scope.refused[unit.code] = sentence
            if report and report.is_editable and obligation.waived_at is None and obligation.closed_at is None:
                scope.on_older_forms.append(str(unit))
            continue
        report = report or Report(form_version=scope.version)
        report.obligation = obligation
        form = _form(report, forms)
        scope.rows[unit.code] = UnitRow(obligation, report, form, previous.get(unit.pk, {}))
    return scope


def hold(pks: list[int]) -> list[Obligation]:
    """These expected reports, locked until the end of the transaction, always in one order."""
    return list(Obligation.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def _obligations(user: User, duty: ReportingDuty, period: Period, *, on: datetime.date) -> Any:
    reach = roles.reach(user, FILING_ROLES, on=on)
    return Obligation.objects.filter(duty=duty, period=period, org_unit__in=reach)


def _why_not(obligation: Obligation, report: Report | None, version: FormVersion) -> str:
    if obligation.waived_at is not None:
        return "Đơn vị này đã được miễn nộp báo cáo. Hãy bỏ dòng này."
    if obligation.closed_at is not None:
        return "Báo cáo của đơn vị này đã đóng, không nhận nộp nữa. Hãy bỏ dòng này."
    if report is None:
        return ""
    if not report.is_editable:
        return "Báo cáo của đơn vị này đã nộp hoặc đã duyệt nên không nhập được nữa. Hãy bỏ dòng này."
    if report.form_version_id != version.pk:
        return (
            f"Bản nháp của đơn vị này theo phiên bản {report.form_version.number} của biểu mẫu, tệp này theo phiên bản "
            f"{version.number}. Hãy bỏ dòng này và nộp riêng cho đơn vị."
        )
    return ""


def _form(report: Report, forms: dict[int | None, Questionnaire]) -> Questionnaire:
    """The questions of the report; loaded once for each level, with what is closed for this very report."""
    unit, period = report.obligation.org_unit, report.obligation.period
    place = unit.placement_on(period.ends_on) or unit.latest_placement
    level_pk = place.level_id if place else None
    if level_pk not in forms:
        plain = Report(form_version=report.form_version, obligation=report.obligation)
        forms[level_pk] = form_fields.load(plain)
    shared = forms[level_pk]
    if not form_fields.is_restricted(report):
        return shared
    last = report.latest_revision
    questions = [replace(each, is_closed=form_fields.is_closed(report, each.code)) for each in shared.questions]
    return Questionnaire(report, questions, shared.checks, last.content if last else {})


def _previous(obligations: list[Obligation], period: Period) -> dict[int, dict[str, Any]]:
    """By unit the approved content of its latest earlier period of the same kind."""
    if not obligations:
        return {}
    found = (
        Revision.objects.filter(
            report__status=Report.Status.APPROVED,
            report__obligation__duty=obligations[0].duty_id,
            report__obligation__period__kind=period.kind,
            report__obligation__period__year__lt=period.year,
            report__obligation__org_unit__in={row.org_unit_id for row in obligations},
        )
        .order_by("report__obligation__period__year", "number")
        .values_list("report__obligation__org_unit_id", "pk")
    )
    latest = dict(found)  # the last one of each unit wins
    contents = dict(Revision.objects.filter(pk__in=latest.values()).values_list("pk", "content"))
    return {unit: contents[pk] for unit, pk in latest.items()}


def _codes(version: FormVersion) -> list[str]:
    return list(FormItem.objects.filter(version=version).order_by("order", "pk").values_list("code", flat=True))


def unit_visible(user: User, code: str, *, on: datetime.date) -> bool:
    """Whether a unit with this code is known to the person at all."""
    return OrgUnit.objects.visible_to(user, on).filter(code=code).exists()
