"""Enters the five source plans from ``plans/data``: whole, word for word, and as often as one likes.

Rows are found by their natural keys and written only where they differ. A row that a person has corrected
(``edited_at``) is left alone; so is a whole plan once somebody has edited its document or its structure.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from django.db import models, transaction

from orgunits.models import Level, OrgUnit
from plans.models import (
    Citation,
    Document,
    DueRule,
    Plan,
    Programme,
    Recipient,
    ReportingDuty,
    Responsibility,
    Section,
    Task,
)

DATA = Path(__file__).parent / "data"
PLAN_FILES = (
    "57-kh-cdvc.toml",
    "162-kh-duk.toml",
    "cong-van-ldld-tinh.toml",
    "60-kh-ldld.toml",
    "kh-ubnd-cam-tan.toml",
)

Data = dict[str, Any]
Units = Mapping[str, OrgUnit]
AnyModel = TypeVar("AnyModel", bound=models.Model)


def read(name: str) -> Data:
    """One data file as plain Python."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@transaction.atomic
def load_plans(units: Units) -> list[Plan]:
    """Load programmes, cited documents and the five plans; a second run changes nothing.

    ``units`` maps the keys of the data files (``cdvc-dak-lak`` …) to units. The issuers of the five plans must be
    there (KeyError); the issuer of a cited document may be missing, it then stays a name.
    """
    documents = _load_documents(units)
    programmes = _load_programmes(documents)
    _link_documents(documents, programmes, units)
    return [_load_plan(read(name), documents, programmes, units) for name in PLAN_FILES]


def _store(model: type[AnyModel], lookup: Data, values: Data) -> AnyModel:
    """The row with that natural key holding those values; written only where something differs."""
    row, created = model._default_manager.get_or_create(**lookup, defaults=values)
    if created or getattr(row, "edited_at", None):
        return row
    differing = [name for name, value in values.items() if getattr(row, name) != value]
    if differing:
        for name in differing:
            setattr(row, name, values[name])
        row.save(update_fields=differing)
    return row


def _store_list(model: type[AnyModel], parent: Data, rows: Iterable[Data]) -> None:
    """The ordered rows of a parent, by position; rows beyond the list go."""
    count = 0
    for count, values in enumerate(rows, start=1):
        _store(model, {**parent, "order": count}, values)
    model._default_manager.filter(**parent, order__gt=count).delete()


# --- programmes and cited documents ----------------------------------------------------------------------------------
def _document_values(data: Data) -> Data:
    issued_on = data.get("issued_on")
    signature = data.get("signature", {})
    return {
        "kind": data["kind"],
        "sector": data.get("sector", ""),
        "number": data.get("number", ""),
        "serial": data.get("serial"),
        "body_code": data.get("body_code", ""),
        "issuer_name": data.get("issuer_name", ""),
        "place_name": data.get("place_name", ""),
        "issued_on": issued_on,
        "issued_month": issued_on.month if issued_on else data.get("issued_month"),
        "issued_year": issued_on.year if issued_on else data.get("issued_year"),
        "issued_text": data.get("issued_text", ""),
        "subject": data.get("subject", ""),
        "signing_authority": signature.get("authority", ""),
        "signer_post": signature.get("post", ""),
        "signer_name": signature.get("name", ""),
    }


def _load_documents(units: Units) -> dict[str, Document]:
    return {
        data["key"]: _store(
            Document, {"key": data["key"]}, {**_document_values(data), "issuer_unit": units.get(data.get("unit", ""))}
        )
        for data in read("documents.toml")["document"]
    }


def _load_programmes(documents: Mapping[str, Document]) -> dict[str, Programme]:
    return {
        data["code"]: _store(
            Programme,
            {"code": data["code"]},
            {
                "name": data["name"],
                "short_name": data["short_name"],
                "year_from": data.get("year_from"),
                "year_to": data.get("year_to"),
                "root_document": documents[data["root_document"]],
            },
        )
        for data in read("programmes.toml")["programme"]
    }


def _link_documents(documents: Mapping[str, Document], programmes: Mapping[str, Programme], units: Units) -> None:
    for data in read("documents.toml")["document"]:
        programme = programmes.get(data.get("programme", ""))
        derives_from = documents.get(data.get("derives_from", ""))
        document = _store(Document, {"key": data["key"]}, {"programme": programme, "derives_from": derives_from})
        unit = units.get(data.get("unit", ""))
        if data.get("plan") and unit and programme:
            _store(
                Plan, {"document": document}, {"org_unit": unit, "programme": programme, "status": Plan.Status.ISSUED}
            )


# --- one plan --------------------------------------------------------------------------------------------------------
def _load_plan(
    data: Data, documents: Mapping[str, Document], programmes: Mapping[str, Programme], units: Units
) -> Plan:
    unit, programme = units[data["unit"]], programmes[data["programme"]]
    document = _store(
        Document,
        {"key": data["key"]},
        {
            **_document_values(data["document"]),
            "issuer_unit": unit,
            "programme": programme,
            "derives_from": documents[data["derives_from"]],
            "source_text": (DATA / "sources" / data["source"]).read_text(encoding="utf-8"),
        },
    )
    existing = Plan.objects.filter(document=document).first()
    if existing and document.edited_at:
        return existing
    plan = _store(
        Plan,
        {"document": document},
        {
            "org_unit": unit,
            "programme": programme,
            "status": data["status"],
            "year_from": data.get("year_from"),
            "year_to": data.get("year_to"),
        },
    )
    _load_citations_and_recipients(document, data, documents)
    sections = _load_sections(plan, data, units)
    _load_duties(plan, data, sections, units)
    return plan


def _load_citations_and_recipients(document: Document, data: Data, documents: Mapping[str, Document]) -> None:
    citations = [
        {"text": row["text"], "relation": row["relation"], "cited": documents[row["cites"]]}
        for row in data.get("citation", [])
    ]
    _store_list(Citation, {"document": document}, citations)
    for kind in Recipient.Kind:
        rows = [{"text": row["text"]} for row in data.get("recipient", []) if row["kind"] == kind]
        _store_list(Recipient, {"document": document, "kind": kind.value}, rows)


def section_kind(data: Data) -> str:
    """The kind of a section as its number tells it."""
    if "kind" in data:
        return str(data["kind"])
    number = data.get("number", "")
    if number == "-":
        return Section.Kind.BULLET
    if not number:
        return Section.Kind.PARAGRAPH
    return Section.Kind.POINT if "under" in data else Section.Kind.PART


def _load_sections(plan: Plan, data: Data, units: Units) -> dict[str, Section]:
    found: dict[str, Section] = {}
    tasks = 0
    for order, row in enumerate(data["section"], start=1):
        section = _store(
            Section,
            {"plan": plan, "key": row["key"]},
            {
                "parent": found[row["under"]] if "under" in row else None,
                "order": order,
                "kind": section_kind(row),
                "number": row.get("number", ""),
                "heading": row.get("heading", ""),
                "body": row.get("body", ""),
            },
        )
        found[row["key"]] = section
        if row.get("task"):
            tasks += 1
            _load_task(section, row, order=tasks)
        if not section.edited_at:
            _store_list(Responsibility, {"section": section}, _responsibilities(row, plan, units))
    return found


def _load_task(section: Section, row: Data, *, order: int) -> None:
    values = {
        "plan_id": section.plan_id,
        "order": order,
        "time_label": row.get("time_label", ""),
        "time_frame": row.get("time_frame", ""),
        "year_round": bool(row.get("year_round")),
    }
    if section.edited_at:
        Task.objects.get_or_create(section=section, defaults=values)
    else:
        _store(Task, {"section": section}, values)


def _responsibilities(row: Data, plan: Plan, units: Units) -> list[Data]:
    return [
        {
            "part": each["part"],
            "label": each.get("label", ""),
            "bodies": each["bodies"],
            "org_unit": units.get(each.get("unit", "")),
            "level": _level(plan.org_unit, each.get("level", "")),
        }
        for each in row.get("responsibility", [])
    ]


def _level(unit: OrgUnit, code: str) -> Level | None:
    return Level.objects.filter(sector=unit.sector, code=code).first() if code else None


def _load_duties(plan: Plan, data: Data, sections: Mapping[str, Section], units: Units) -> None:
    for row in data.get("duty", []):
        duty = _store(
            ReportingDuty,
            {"plan": plan, "key": row["key"]},
            {
                "section": sections[row["section"]],
                "name": row["name"],
                "phrase": row["phrase"],
                "reporters": row["reporters"],
                "recipient_unit": units.get(row.get("recipient_unit", "")),
                "recipient_name": row.get("recipient_name", ""),
                "route": row.get("route", ""),
                "embedded_in": row.get("embedded_in", ""),
            },
        )
        if duty.edited_at:
            continue
        levels = set(Level.objects.filter(sector=plan.org_unit.sector, code__in=row.get("levels", [])))
        if set(duty.levels.all()) != levels:
            duty.levels.set(levels)
        if set(duty.units.values_list("pk", flat=True)) != {units[key].pk for key in row.get("units", [])}:
            duty.units.set([units[key] for key in row.get("units", [])])
        for rule in row.get("rule", []):
            _load_rule(duty, rule)


def _load_rule(duty: ReportingDuty, rule: Data) -> None:
    level = _level(duty.plan.org_unit, rule.get("level", ""))
    lookup = {"duty": duty, "period_kind": rule["period"], "level": level, "unit": None}
    if DueRule.objects.filter(**lookup, set_by_administrator=True).exists():
        return
    _store(
        DueRule,
        lookup,
        {
            "phrase": rule["phrase"],
            "comparison": rule.get("comparison", DueRule.Comparison.BEFORE),
            "month": rule.get("month"),
            "day": rule.get("day"),
        },
    )
