"""Every change that a person makes to a plan: atomic, under the plan's lock, with its audit row.

A row that was edited carries ``edited_at``; the loader of the source plans then leaves it alone. A change of the
structure (a section added, moved or removed) marks the document, and the loader leaves the whole plan alone.
"""

import datetime
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError

from orgunits import audit
from orgunits.models import OrgUnit, User
from orgunits.transitions import Conflict
from plans.duty_forms import DutyForm
from plans.models import Citation, Document, DueRule, Plan, Programme, Recipient, ReportingDuty, Section, Task
from plans.outline import Node, outline, walk

Values = dict[str, Any]


# --- the document and its plan ---------------------------------------------------------------------------------------
def serial_of(number: str) -> int | None:
    """The running number at the head of a document's number: 57 of "57/KH-CĐVC"; None while it has none."""
    match = re.match(r"\s*(\d+)", number)
    return int(match[1]) if match else None


def settled(values: Values) -> Values:
    """Document values with what follows from them: serial, and month and year of a known day."""
    settled = {**values, "serial": serial_of(values.get("number", ""))}
    issued_on = values.get("issued_on")
    if issued_on:
        settled |= {"issued_month": issued_on.month, "issued_year": issued_on.year}
    return settled


@transaction.atomic
def create_plan(
    *, org_unit: OrgUnit, programme: Programme, document: Values, plan: Values, by: User, at: datetime.datetime
) -> Plan:
    """Make a plan of a unit together with its document."""
    written = Document.objects.create(
        sector=org_unit.sector, issuer_unit=org_unit, programme=programme, edited_at=at, **settled(document)
    )
    created = Plan.objects.create(document=written, org_unit=org_unit, programme=programme, **plan)
    audit.record("plan.create", created, by=by, org_unit=org_unit, number=written.number)
    return created


@transaction.atomic
def create_outside_document(programme: Programme, *, values: Values, by: User, at: datetime.datetime) -> Document:
    """Add a document of a body that has no plan of its own here (a directive, a plan of the national level)."""
    document = Document.objects.create(programme=programme, edited_at=at, **settled(values))
    audit.record("document.create", document, by=by, number=document.number)
    return document


@transaction.atomic
def update_plan(
    plan: Plan, *, document: Values, values: Values, seen: datetime.datetime | None, by: User, at: datetime.datetime
) -> None:
    """Change the data of a plan and its document; Conflict when somebody changed it since the page was opened."""
    before = Document.objects.get(pk=plan.document_id)
    document = settled(document)
    if (document.get("issued_on"), document.get("issued_month"), document.get("issued_year")) != (
        before.issued_on,
        before.issued_month,
        before.issued_year,
    ):
        document["issued_text"] = ""  # the verbatim words belong to the date that stood there
    changed = Document.objects.filter(pk=plan.document_id, edited_at=seen).update(edited_at=at, **document)
    if not changed:
        raise Conflict("Kế hoạch này vừa được người khác sửa. Hãy tải lại trang rồi sửa trên bản mới nhất.")
    Plan.objects.filter(pk=plan.pk).update(**values)
    plan.refresh_from_db()
    differing = sorted(name for name, value in document.items() if getattr(before, name) != value)
    audit.record("plan.update", plan, by=by, org_unit=plan.org_unit, fields=differing)


@transaction.atomic
def remove_plan(plan: Plan, *, by: User) -> None:
    """Remove a plan that nothing hangs on yet; ValidationError with the reason otherwise."""
    document, unit = plan.document, plan.org_unit
    if document.derived.exists() or document.cited_by.exists():
        raise ValidationError("Có văn bản khác đang dẫn kế hoạch này nên không xóa được.")
    if plan.outgoing.exists():
        raise ValidationError("Kế hoạch đã có số trong sổ văn bản đi nên không xóa được.")
    audit.record("plan.remove", plan, by=by, org_unit=unit, number=document.number)
    try:
        plan.delete()
    except ProtectedError as error:
        raise ValidationError("Đã có báo cáo theo kế hoạch này nên không xóa được.") from error
    document.delete()


def _touch(plan: Plan, *, at: datetime.datetime) -> None:
    Document.objects.filter(pk=plan.document_id).update(edited_at=at)


def _lock(plan: Plan) -> None:
    Plan.objects.select_for_update().get(pk=plan.pk)


# --- sections --------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_section(
    plan: Plan,
    *,
    values: Values,
    parent: Section | None,
    after: Section | None,
    task: Values | None,
    by: User,
    at: datetime.datetime,
) -> Section:
    """Add a section as the last one below ``parent``, or right after its sibling ``after``."""
    _lock(plan)
    last = plan.sections.aggregate(last=Max("order"))["last"] or 0
    section = Section.objects.create(plan=plan, parent=parent, order=last + 1, edited_at=at, **values)
    siblings, node = _siblings(top := outline(plan), section)
    siblings.remove(node)
    position = next((index for index, each in enumerate(siblings) if after and each.section.pk == after.pk), None)
    siblings.insert(len(siblings) if position is None else position + 1, node)
    _renumber(plan, top)
    set_task(section, task)
    _touch(plan, at=at)
    audit.record("plan.section_add", section, by=by, org_unit=plan.org_unit, plan=plan.pk)
    return section


@transaction.atomic
def update_section(
    section: Section,
    *,
    values: Values,
    task: Values | None,
    seen: datetime.datetime | None,
    by: User,
    at: datetime.datetime,
) -> None:
    """Change the text of a section; Conflict when somebody changed it since the page was opened."""
    before = Section.objects.filter(pk=section.pk).values(*values).get()
    changed = Section.objects.filter(pk=section.pk, edited_at=seen).update(edited_at=at, **values)
    if not changed:
        raise Conflict("Mục này vừa được người khác sửa. Hãy tải lại trang rồi sửa trên bản mới nhất.")
    section.refresh_from_db()
    set_task(section, task)
    audit.record("plan.section_update", section, by=by, org_unit=section.plan.org_unit, before=before)


@transaction.atomic
def move_section(section: Section, *, up: bool, by: User, at: datetime.datetime) -> bool:
    """Let a section, with everything below it, change places with its neighbour; False at the end of its row."""
    plan = section.plan
    _lock(plan)
    siblings, node = _siblings(top := outline(plan), section)
    index = siblings.index(node)
    other = index - 1 if up else index + 1
    if not 0 <= other < len(siblings):
        return False
    siblings[index], siblings[other] = siblings[other], siblings[index]
    _renumber(plan, top)
    _touch(plan, at=at)
    audit.record("plan.section_move", section, by=by, org_unit=plan.org_unit, up=up)
    return True


@transaction.atomic
def remove_section(section: Section, *, by: User, at: datetime.datetime) -> None:
    """Remove a section with everything below it; ValidationError when a report tells of one of its tasks."""
    plan = section.plan
    _lock(plan)
    audit.record("plan.section_remove", section, by=by, org_unit=plan.org_unit, heading=section.heading or section.body)
    try:
        section.delete()
    except ProtectedError as error:
        raise ValidationError("Đã có báo cáo về nhiệm vụ trong mục này nên không xóa được.") from error
    _renumber(plan, outline(plan))
    _touch(plan, at=at)


def set_task(section: Section, values: Values | None) -> None:
    """Make a section a task with those values, or no task; ValidationError when a report tells of it."""
    if values is not None:
        Task.objects.update_or_create(section=section, defaults={"plan": section.plan, **values})
        Task.objects.filter(section=section).update(order=min(section.order, 32_767))
        return
    try:
        Task.objects.filter(section=section).delete()
    except ProtectedError as error:
        raise ValidationError("Đã có báo cáo về nhiệm vụ này nên không bỏ đánh dấu được.") from error


def _siblings(top: list[Node], section: Section) -> tuple[list[Node], Node]:
    rows = [top, *(node.children for node in walk(top))]
    return next((row, node) for row in rows for node in row if node.section.pk == section.pk)


def _renumber(plan: Plan, top: list[Node]) -> None:
    moved = []
    tasks = []
    for order, node in enumerate(walk(top), start=1):
        if node.section.order != order:
            node.section.order = order
            moved.append(node.section)
        if node.task:
            node.task.order = order
            tasks.append(node.task)
    Section.objects.bulk_update(moved, ["order"])
    Task.objects.bulk_update(tasks, ["order"])


# --- recipients, citations -------------------------------------------------------------------------------------------
@transaction.atomic
def replace_recipients(
    plan: Plan, *, addressees: list[str], copies: list[str], by: User, at: datetime.datetime
) -> None:
    """Write the lines of Kính gửi and Nơi nhận anew."""
    _lock(plan)
    plan.document.recipients.all().delete()
    lines = [(Recipient.Kind.ADDRESSEE, addressees), (Recipient.Kind.COPY, copies)]
    Recipient.objects.bulk_create(
        Recipient(document=plan.document, kind=kind, order=order, text=text)
        for kind, texts in lines
        for order, text in enumerate(texts, start=1)
    )
    _touch(plan, at=at)
    audit.record("plan.recipients", plan, by=by, org_unit=plan.org_unit, addressees=addressees, copies=copies)


@transaction.atomic
def replace_citations(plan: Plan, *, citations: list[Values], by: User, at: datetime.datetime) -> None:
    """Write the cited documents anew, in the order given."""
    _lock(plan)
    plan.document.citations.all().delete()
    Citation.objects.bulk_create(
        Citation(document=plan.document, order=order, **values) for order, values in enumerate(citations, start=1)
    )
    _touch(plan, at=at)
    audit.record("plan.citations", plan, by=by, org_unit=plan.org_unit, texts=[row["text"] for row in citations])


# --- reporting duties ------------------------------------------------------------------------------------------------
@transaction.atomic
def save_duty(form: DutyForm, rules: Any, *, plan: Plan, by: User, at: datetime.datetime) -> ReportingDuty:
    """Write a duty and its due rules from a valid form and formset; a date that was typed counts as the editor's."""
    created = form.instance.pk is None
    form.instance.plan, form.instance.edited_at = plan, at
    duty: ReportingDuty = form.save()
    rules.instance = duty
    rules.save()
    dated = [each.instance.pk for each in rules.forms if each.instance.pk and each.sets_a_date]
    DueRule.objects.filter(pk__in=dated).update(set_by_administrator=True)
    audit.record(
        "duty.create" if created else "duty.update",
        duty,
        by=by,
        org_unit=plan.org_unit,
        fields=sorted(form.changed_data),
        due=[_told(rule) for rule in duty.due_rules.select_related("level", "unit", "duty")],
    )
    return duty


def _told(rule: DueRule) -> str:
    whose = rule.unit or rule.level
    return f"{rule.in_words} ({whose})" if whose else rule.in_words


@transaction.atomic
def remove_duty(duty: ReportingDuty, *, by: User, at: datetime.datetime) -> None:
    """Remove a duty under which no report is owed yet; ValidationError otherwise."""
    plan = duty.plan
    audit.record("duty.remove", duty, by=by, org_unit=plan.org_unit, phrase=duty.phrase)
    try:
        duty.delete()
    except ProtectedError as error:
        raise ValidationError(
            "Đã giao báo cáo theo chế độ này nên không xóa được. Hãy ghi ngày thôi áp dụng thay cho việc xóa."
        ) from error
    _touch(plan, at=at)
