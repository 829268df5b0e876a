"""Issuing: the number, the day, the frozen content and the state of what is issued, in one transaction; then the PDF.

The content is frozen as blocks with its number and day; what is printed later is printed from there, whatever becomes
of the plan or the letterhead. The PDF is made by a printing job and kept as the issued file.
"""

import dataclasses
import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from orgunits import audit
from orgunits.models import OrgUnit, User
from orgunits.transitions import Conflict
from plans import printing, register, verification
from plans.editing import replace_recipients
from plans.models import Document, IssuedFile, OutgoingDocument, Plan, PrintJob, Recipient
from plans.official.blocks import (
    DocumentNumber,
    IssueDate,
    OfficialDocument,
    Signature,
    content_hash,
    from_json,
    to_json,
)
from plans.official.from_plan import plan_document
from plans.official.layout import LAYOUT_VERSION, document_title


@dataclass(frozen=True)
class Order:
    """What the person who issues has decided: the day, who signs, who gets it, and a number kept before, if any."""

    on: datetime.date
    signer: Signature | None = None
    recipients: tuple[str, ...] | None = None
    reserved: OutgoingDocument | None = None


def with_number(document: OfficialDocument, order: Order, *, unit: OrgUnit, serial: int) -> OfficialDocument:
    """Return the document as it goes out under that number: with day, signer and recipients of the order."""
    day = order.on
    number = register.printed_number(unit, document.number, on=day)
    return dataclasses.replace(
        document,
        number=DocumentNumber(serial, number.type_code, number.body_code, number.drafting_code),
        date=IssueDate(document.date.place, day.day, day.month, day.year),
        signature=order.signer or document.signature,
        recipients=document.recipients if order.recipients is None else order.recipients,
        missing=(),
    )


@transaction.atomic
def issue(
    document: OfficialDocument, unit: OrgUnit, kind: str, order: Order, *, by: User, plan: Plan | None = None
) -> OutgoingDocument:
    """Give the document its number, freeze it and ask for its PDF; the caller changes what it was made from.

    The bell of the PDF is rung by the caller (``plans.tasks.keep_issued_file.delay_on_commit``).
    """
    signature = order.signer or document.signature
    recipients = document.recipients if order.recipients is None else order.recipients
    values: dict[str, Any] = {
        "number": document.number,
        "on": order.on,
        "by": by,
        "subject": document.subject,
        "signer_name": signature.name if signature else "",
        "recipients": "\n".join(recipients),
        "plan": plan,
    }
    outgoing = (
        register.issue_reserved(order.reserved, **values) if order.reserved else register.give(unit, kind, **values)
    )
    final = with_number(document, order, unit=unit, serial=outgoing.serial)
    content = to_json(dataclasses.replace(final, verify_url=verification.url_of(outgoing)))
    outgoing.content, outgoing.content_hash = content, content_hash(content)
    outgoing.save(update_fields=["content", "content_hash"])
    return outgoing


# --- a plan ----------------------------------------------------------------------------------------------------------
def outgoing_of(plan: Plan) -> OutgoingDocument | None:
    """Return the register's row under which the plan went out, if it did so here and stands."""
    return plan.outgoing.filter(status=OutgoingDocument.Status.ISSUED).order_by("-pk").first()


def can_be_issued(plan: Plan) -> bool:
    """Whether the plan waits for its number: a draft, or one that was put in force without a number."""
    unnumbered = plan.status == Plan.Status.ISSUED and plan.document.serial is None
    return (plan.status == Plan.Status.DRAFT or unnumbered) and outgoing_of(plan) is None


def document_of(plan: Plan, *, on: datetime.date) -> OfficialDocument:
    """Return what is printed of the plan: the frozen content of an issued one, else the plan as it stands."""
    outgoing = outgoing_of(plan)
    return from_json(outgoing.content) if outgoing and outgoing.content else plan_document(plan, on=on)


def draft_of(plan: Plan, *, on: datetime.date) -> OfficialDocument:
    """Return the plan as it would be issued on that day, still without its number."""
    plan.document.issued_on = on  # in memory only: head and place are those of the day of issue
    return plan_document(plan, on=on)


@transaction.atomic
def issue_plan(plan: Plan, order: Order, *, by: User, at: datetime.datetime) -> OutgoingDocument:
    """Issue a plan; Conflict when somebody has done so already."""
    Plan.objects.select_for_update().get(pk=plan.pk)
    plan = Plan.objects.select_related("document", "org_unit").get(pk=plan.pk)
    if not can_be_issued(plan):
        raise Conflict(f"{plan} đã được ban hành. Hãy tải lại trang kế hoạch.")
    draft = draft_of(plan, on=order.on)
    outgoing = issue(draft, plan.org_unit, plan.document.kind, order, by=by, plan=plan)
    frozen = from_json(outgoing.content)
    _write_plan(plan, outgoing, frozen, order, at=at)
    if frozen.recipients != draft.recipients:
        lines = plan.document.recipients.filter(kind=Recipient.Kind.ADDRESSEE).values_list("text", flat=True)
        replace_recipients(plan, addressees=list(lines), copies=list(frozen.recipients), by=by, at=at)
    audit.record("plan.issue", plan, by=by, org_unit=plan.org_unit, number=outgoing.number)
    return outgoing


def _write_plan(
    plan: Plan, outgoing: OutgoingDocument, frozen: OfficialDocument, order: Order, *, at: datetime.datetime
) -> None:
    signature = frozen.signature or Signature()
    Plan.objects.filter(pk=plan.pk).update(status=Plan.Status.ISSUED)
    Document.objects.filter(pk=plan.document_id).update(
        number=outgoing.number,
        serial=outgoing.serial,
        body_code=frozen.number.body_code[:40],
        place_name=frozen.date.place[:100],
        issued_on=order.on,
        issued_month=order.on.month,
        issued_year=order.on.year,
        issued_text="",
        signing_authority="\n".join(signature.authority)[:150],
        signer_post="\n".join(signature.posts)[:150],
        signer_name=signature.name[:150],
        edited_at=at,
    )


@transaction.atomic
def void(outgoing: OutgoingDocument, *, reason: str, by: User, at: datetime.datetime) -> None:
    """Declare a number void; the plan that went out under it is a draft without number and day again."""
    was_issued = outgoing.status == OutgoingDocument.Status.ISSUED
    register.void(outgoing, reason=reason, by=by)
    if not was_issued or outgoing.plan is None or outgoing.plan_id is None:
        return
    carrying = Document.objects.filter(pk=outgoing.plan.document_id, number=outgoing.number)
    freed = carrying.update(number="", serial=None, issued_on=None, issued_text="", edited_at=at)
    if freed:
        Plan.objects.filter(pk=outgoing.plan_id).update(status=Plan.Status.DRAFT)
        audit.record("plan.update", outgoing.plan, by=by, org_unit=outgoing.org_unit, fields=["number", "issued_on"])


# --- the issued file -------------------------------------------------------------------------------------------------
def without_file(*, limit: int = 200) -> Sequence[int]:
    """Return issued documents that still wait for their PDF; one whose job has failed waits for a person."""
    issued = OutgoingDocument.objects.filter(status=OutgoingDocument.Status.ISSUED).exclude(content_hash="")
    waiting = issued.exclude(files__kind=IssuedFile.Kind.PDF).order_by("pk")[:limit]
    return [each.pk for each in waiting if not _has_failed(print_job_of(each))]


def print_job_of(outgoing: OutgoingDocument) -> PrintJob | None:
    """Return the latest job that prints the frozen content."""
    digest = content_hash({"layout": LAYOUT_VERSION, "content": to_json(from_json(outgoing.content))})
    jobs = PrintJob.objects.filter(org_unit=outgoing.org_unit_id, content_hash=digest, kind=PrintJob.Kind.PDF)
    return jobs.order_by("-pk").first()


def _has_failed(job: PrintJob | None) -> bool:
    return job is not None and job.status == PrintJob.Status.FAILED


def make_file(pk: int) -> bool:
    """Print an issued document and keep the PDF; call it outside any transaction.

    False when there is nothing to do, another worker is at it, or the job failed.
    """
    outgoing = OutgoingDocument.objects.select_related("org_unit", "issued_by", "created_by").get(pk=pk)
    if outgoing.status != OutgoingDocument.Status.ISSUED or outgoing.files.filter(kind=IssuedFile.Kind.PDF).exists():
        return False
    document = from_json(outgoing.content)
    by = outgoing.issued_by or outgoing.created_by
    job = printing.request_print(document, by=by, org_unit=outgoing.org_unit, title=document_title(document))
    printing.run(job.pk)
    job.refresh_from_db()
    return job.status == PrintJob.Status.DONE and _keep(outgoing, job)


@transaction.atomic
def _keep(outgoing: OutgoingDocument, job: PrintJob) -> bool:
    """Copy the finished job's file into the private storage of issued files, once."""
    OutgoingDocument.objects.select_for_update().get(pk=outgoing.pk)
    if outgoing.files.filter(kind=IssuedFile.Kind.PDF).exists():
        return False
    with job.file.open("rb") as file:
        content = file.read()
    kept = IssuedFile(
        document=outgoing,
        kind=IssuedFile.Kind.PDF,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        pages=job.pages,
        added_by=job.requested_by,
    )
    kept.file.save(job.file_name, ContentFile(content), save=False)
    kept.save(force_insert=True)
    audit.record("outgoing.file", outgoing, by=job.requested_by, org_unit=outgoing.org_unit, size=kept.size)
    return True
