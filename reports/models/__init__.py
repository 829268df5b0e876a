"""What was achieved: forms, expected reports, what was filed, review, rollups, reminders."""

from reports.models.forms import AskedTask, FormItem, FormVersion, ItemKind, ReportForm
from reports.models.messages import Notice, Reminder
from reports.models.obligations import Obligation, Period
from reports.models.reports import Activity, Attachment, FundingSource, Occasion, Report, ReviewEvent, Revision
from reports.models.rollups import Rollup

__all__ = [
    "Activity",
    "AskedTask",
    "Attachment",
    "FormItem",
    "FormVersion",
    "FundingSource",
    "ItemKind",
    "Notice",
    "Obligation",
    "Occasion",
    "Period",
    "Reminder",
    "Report",
    "ReportForm",
    "ReviewEvent",
    "Revision",
    "Rollup",
]
