"""What was ordered: programmes, documents, plans with their text and tasks, reporting duties, printing jobs."""

from plans.models.batches import PrintBatch, PrintBatchItem
from plans.models.documents import Citation, Document, Programme, Recipient
from plans.models.due_rules import DueRule
from plans.models.duties import PeriodKind, ReportingDuty
from plans.models.letterheads import Letterhead, Signer
from plans.models.plans import Plan, Responsibility, Section, Task
from plans.models.printing import PrintJob
from plans.models.register import CommitteeTerm, IssuedFile, NumberSeries, OutgoingDocument

__all__ = [
    "Citation",
    "CommitteeTerm",
    "Document",
    "DueRule",
    "IssuedFile",
    "Letterhead",
    "NumberSeries",
    "OutgoingDocument",
    "PeriodKind",
    "Plan",
    "PrintBatch",
    "PrintBatchItem",
    "PrintJob",
    "Programme",
    "Recipient",
    "ReportingDuty",
    "Responsibility",
    "Section",
    "Signer",
    "Task",
]
