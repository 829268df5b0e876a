"""Ten years of made-up reports of every unit, written by the database itself: the only SQL of the bench.

A unit's figures follow from its key and the year, so that they can be worked out again at any time. One report in ten
is missing, one in seven late. The sums are written by one plain statement, and what the product's own check says of
them is part of the bench.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import connection, models
from django.utils import timezone

from bench.nation import SECTOR, Nation
from orgunits.models import OrgUnit, User
from plans.models import Document, DueRule, PeriodKind, Plan, Programme, ReportingDuty
from reports.models import FormItem, FormVersion, ItemKind, Obligation, Period, Report, ReportForm, Revision, Rollup
from reports.obligations import get_period

YEARS = range(2015, 2025)
DEPTHS = (1, 2, 3, 4, 5)

# A unit (u) in a year (%(year)s).
V = "((u * 37 + %(year)s * 11) %% 400)"
D = "(20 + (u * 13 + %(year)s * 7) %% 380)"
N = f"({D} - u %% 20)"
FILED = "(CASE WHEN (u + %(year)s) %% 10 = 0 THEN 0 ELSE 1 END)"
IN_TIME = f"(CASE WHEN (u + %(year)s) %% 7 = 0 THEN 0 ELSE {FILED} END)"


def a_duty(nation: Nation) -> tuple[ReportingDuty, FormVersion]:
    """A yearly report of every unit, with one count and one share."""
    programme = Programme.objects.create(code="do-dac-toan-quoc", name="Đo đạc", short_name="Đo đạc")
    document = Document.objects.create(
        kind=Document.Kind.PLAN, sector=SECTOR, number="01/KH", issuer_unit=nation.root, issued_year=2014,
        programme=programme, is_sample=True,
    )  # fmt: skip
    plan = Plan.objects.create(document=document, org_unit=nation.root, programme=programme, status=Plan.Status.ISSUED)
    duty = ReportingDuty.objects.create(
        plan=plan, name="Báo cáo năm đo đạc", reporters=ReportingDuty.Reporters.ALL_BELOW, recipient_unit=nation.root
    )
    DueRule.objects.create(duty=duty, period_kind=PeriodKind.YEAR, month=11, day=10)
    version = FormVersion.objects.create(form=ReportForm.objects.create(duty=duty, period_kind=PeriodKind.YEAR))
    for order, (code, kind) in enumerate((("so-tre", ItemKind.COUNT), ("ty-le", ItemKind.SHARE))):
        FormItem.objects.create(version=version, code=code, kind=kind, order=order, label=code, section="Số liệu")
    return duty, version


def file_year(duty: ReportingDuty, version: FormVersion, year: int, *, by: User) -> Period:
    """Obligations, reports, filed contents and sums of all units below the root in one year."""
    period = get_period(PeriodKind.YEAR, year)
    due_on = datetime.date(year, 11, 9)
    common: dict[str, Any] = {"year": year, "duty": duty.pk, "period": period.pk, "root": duty.plan.org_unit_id}
    obligations = {
        "org_unit_id": "org_unit_id", "duty_id": "%(duty)s", "period_id": "%(period)s", "parent_id": "parent_id",
        "path": "path", "receiving_unit_id": "%(root)s",
    }  # fmt: skip
    _insert(
        Obligation,
        obligations,
        "(SELECT * FROM orgunits_placement WHERE valid_to IS NULL AND parent_id IS NOT NULL) p",
        common,
        due_on=due_on,
        cut_off_on=period.cut_off_on,
    )
    owed = f"(SELECT id, org_unit_id AS u FROM {Obligation._meta.db_table} WHERE period_id = %(period)s) o"
    instant = f"(CASE WHEN {IN_TIME} = 1 THEN %(in_time)s ELSE %(late)s END)"
    instant = f"CAST({instant} AS timestamp with time zone)" if _is_postgres() else instant
    times = {"in_time": _text(_at(year, 11, 5)), "late": _text(_at(year, 11, 20))}
    _insert(
        Report,
        {"obligation_id": "o.id", "first_submitted_at": instant, "submitted_at": instant},
        f"{owed} WHERE {FILED} = 1",
        common | times,
        form_version_id=version.pk,
        status=Report.Status.APPROVED,
        submitted_by_id=by.pk,
    )
    filed = (
        f"(SELECT r.id, r.submitted_at AS at, o.u FROM {Report._meta.db_table} r JOIN {owed} ON o.id = obligation_id)"
    )
    _insert(
        Revision,
        {"report_id": "f.id", "submitted_at": "f.at", "content": _json(_content())},
        f"{filed} f",
        common,
        number=1,
        form_version_id=version.pk,
        submitted_by_id=by.pk,
    )
    _sum_up(common)
    return period


def _sum_up(common: Mapping[str, Any]) -> None:
    """One row for each unit on a path: what lies at or below it, added up."""
    depths = " UNION ALL ".join(f"SELECT {depth} AS n" for depth in DEPTHS)
    owing = f"(SELECT path, org_unit_id AS u FROM {Obligation._meta.db_table} WHERE period_id = %(period)s) o"
    each = f"""(SELECT path, 1 AS expected, {FILED} AS filed, {IN_TIME} AS on_time,
        {V} * {FILED} AS v, {N} * {FILED} AS n, {D} * {FILED} AS d
        FROM {owing})"""
    summed = f"""(SELECT substr(e.path, 1, 7 * step.n) AS path, max(step.n) - 1 AS depth, sum(expected) AS expected,
        sum(filed) AS filed, sum(on_time) AS on_time, sum(v) AS v, sum(e.n) AS n, sum(d) AS d
        FROM {each} e JOIN ({depths}) step ON length(e.path) >= 7 * step.n GROUP BY 1)"""
    unit = "CAST(substr(path, 1 + 7 * depth, 7) AS integer)"
    rows = f"(SELECT s.*, {unit} AS u FROM {summed} s) t"
    own = f"CASE WHEN t.depth > 0 AND {FILED} = 1 THEN {_json(_sums(V, N, D, '1'))} ELSE {_json('{}')} END"
    subtree = f"CASE WHEN t.filed > 0 THEN {_json(_sums('t.v', 't.n', 't.d', 't.filed'))} ELSE {_json('{}')} END"
    parent = "CASE WHEN depth > 0 THEN CAST(substr(path, 7 * depth - 6, 7) AS integer) END"
    _insert(
        Rollup,
        {
            "org_unit_id": "u", "parent_id": parent, "duty_id": "%(duty)s", "period_id": "%(period)s", "path": "path",
            "depth": "depth", "own": own, "subtree": subtree, "expected": "expected", "filed": "filed",
            "on_time": "on_time", "approved": "filed",
        },
        rows,
        common,
    )  # fmt: skip


def _content() -> str:
    return f'{{"figures": {{"so-tre": {{"v": <{V}>}}, "ty-le": {{"all.n": <{N}>, "all.d": <{D}>}}}}}}'


def _sums(v: str, n: str, d: str, units: str) -> str:
    answered = f'"units": <{units}>, "nil": 0, "met": 0'
    count, share = f'"v": <{v}>, {answered}', f'"all.n": <{n}>, "all.d": <{d}>, {answered}'
    return f'{{"approved": {{"so-tre": {{{count}}}, "ty-le": {{{share}}}}}}}'


def _json(text: str) -> str:
    """A JSON text with expressions in angle brackets as an SQL expression of both engines."""
    parts = text.replace("<", "' || (").replace(">", ") || '")
    whole = f"('{parts}')"
    return f"CAST({whole} AS jsonb)" if _is_postgres() else whole


def _insert(
    model: type[models.Model], columns: Mapping[str, str], source: str, values: Mapping[str, Any], **same: Any
) -> None:
    """``INSERT … SELECT``; what neither ``columns`` nor ``same`` names has the field's default."""
    expressions, bound = dict(columns), dict(values)
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if column in expressions or field.primary_key:
            continue
        is_stamp = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        value: Any = same[column] if column in same else timezone.now() if is_stamp else field.get_default()
        bound[column] = field.get_db_prep_save(value, connection)
        expressions[column] = f"%({column})s"
    names = ", ".join(f'"{name}"' for name in expressions)
    with connection.cursor() as cursor:
        if _is_postgres():
            cursor.execute("SET session_replication_role = replica")  # the keys are known to be right
        sql = f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(expressions.values())} FROM {source}"
        cursor.execute(sql, bound)
        if _is_postgres():
            cursor.execute("SET session_replication_role = origin")


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _at(year: int, month: int, day: int) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime(year, month, day, 9, 0))


def _text(instant: datetime.datetime) -> str:
    return instant.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S" + ("+00" if _is_postgres() else ""))


# --- what the figures are, once more in Python ---------------------------------------------------------------------


def figures(unit: OrgUnit | int, year: int) -> dict[str, int]:
    """One unit's own answers in a year, all zero where it has not filed."""
    u = unit if isinstance(unit, int) else unit.pk
    if (u + year) % 10 == 0:
        return {"v": 0, "all.n": 0, "all.d": 0}
    d = 20 + (u * 13 + year * 7) % 380
    return {"v": (u * 37 + year * 11) % 400, "all.n": d - u % 20, "all.d": d}
