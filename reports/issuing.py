"""Issuing a filed report: its number, its day and the frozen document; a correction gets a number of its own."""

import datetime

from django.db import transaction

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from plans import issuing
from plans.issuing import Order
from plans.models import Document, OutgoingDocument
from plans.official.blocks import OfficialDocument, from_json
from reports.models import IssuedRevision, Report, Revision
from reports.official import report_document


def outgoing_of(revision: Revision) -> OutgoingDocument | None:
    """Return the register's row under which this filing went out, if its number stands."""
    issued = IssuedRevision.objects.filter(revision=revision, outgoing__status=OutgoingDocument.Status.ISSUED)
    found = issued.select_related("outgoing").first()
    return found.outgoing if found else None


def can_be_issued(report: Report, revision: Revision) -> bool:
    """Whether this filing waits for its number: the latest one, and filed or approved, not returned."""
    return is_filed(report) and report.latest_revision == revision and outgoing_of(revision) is None


def is_filed(report: Report) -> bool:
    """Whether the latest filing stands: it waits for approval or has it."""
    return report.status in (Report.Status.SUBMITTED, Report.Status.APPROVED)


def document_of(report: Report, revision: Revision, *, on: datetime.date) -> OfficialDocument:
    """Return what is printed of a filing: the frozen document of an issued one, else the filing as it stands."""
    outgoing = outgoing_of(revision)
    return from_json(outgoing.content) if outgoing and outgoing.content else report_document(report, revision, on=on)


@transaction.atomic
def issue_report(report: Report, revision: Revision, order: Order, *, by: User, on: datetime.date) -> OutgoingDocument:
    """Issue a filing of a report; Conflict when it has its number, was returned, or a newer one is there.

    ``on`` is today, on which the text is built; the day of issue is the order's.
    """
    Report.objects.select_for_update().get(pk=report.pk)
    report = Report.objects.select_related("obligation__org_unit").get(pk=report.pk)
    if not can_be_issued(report, revision):
        raise Conflict("Báo cáo này đã được ban hành, bị trả lại hoặc đã có bản nộp mới. Hãy tải lại trang báo cáo.")
    unit = report.obligation.org_unit
    draft = report_document(report, revision, on=on)
    outgoing = issuing.issue(draft, unit, Document.Kind.REPORT, order, by=by)
    IssuedRevision.objects.update_or_create(revision=revision, defaults={"outgoing": outgoing})
    audit.record("report.issue", report, by=by, org_unit=unit, number=outgoing.number, revision=revision.number)
    return outgoing
