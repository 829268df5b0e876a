"""What was achieved: forms, expected reports, what was filed, review, rollups, reminders."""

from reports.models.activities import Activity, CareModel, CareModelStep, FundingSource, Occasion
from reports.models.calendar import CalendarEntry
from reports.models.forms import AskedTask, FormCheck, FormItem, FormVersion, ItemKind, ReportForm
from reports.models.issuing import IssuedRevision
from reports.models.messages import Digest, DigestRound, Notice, Reminder, SuperiorReminder, TrialLetter
from reports.models.obligations import Obligation, Period
from reports.models.official_letters import OfficialLetter, OfficialLetterAddressee, OfficialLetterNotice
from reports.models.reports import Attachment, PhotoConsent, Report, ReviewEvent, Revision, TextPrint
from reports.models.rollups import Restatement, Rollup
from reports.models.sending import DutyLadder, MessageTemplate, SendingHours
from reports.models.sheets import SheetImport
from reports.models.snapshots import Snapshot, SnapshotChild, TextPick

__all__ = [
    "Activity",
    "AskedTask",
    "Attachment",
    "CalendarEntry",
    "CareModel",
    "CareModelStep",
    "Digest",
    "DigestRound",
    "DutyLadder",
    "FormCheck",
    "FormItem",
    "FormVersion",
    "FundingSource",
    "IssuedRevision",
    "ItemKind",
    "MessageTemplate",
    "Notice",
    "Obligation",
    "Occasion",
    "OfficialLetter",
    "OfficialLetterAddressee",
    "OfficialLetterNotice",
    "Period",
    "PhotoConsent",
    "Reminder",
    "Report",
    "ReportForm",
    "Restatement",
    "ReviewEvent",
    "Revision",
    "Rollup",
    "SendingHours",
    "SheetImport",
    "Snapshot",
    "SnapshotChild",
    "SuperiorReminder",
    "TextPick",
    "TextPrint",
    "TrialLetter",
]
