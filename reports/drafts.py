"""The typed draft of a report: saved at any time, valid or not, by several people, and never silently overwritten.

A save names the text from which it started. What only one side changed is taken; what both changed differently is a
``DraftClash`` with both texts. ``draft_version`` and a conditional UPDATE decide who was first.
"""

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format

from orgunits.models import User
from orgunits.transitions import Conflict
from orgunits.vietnamese import nfc
from reports import form_fields, workflow
from reports.form_fields import SUM
from reports.models import FormItem, ItemKind, Period, Report, ReviewEvent, Revision

MOST_BYTES = 200_000
TRIES = 5  # each try reads anew; five colleagues would have to save in the same milliseconds
EDITABLE = (Report.Status.DRAFT, Report.Status.RETURNED)

_NAME = re.compile(r"([-\w]+)(?:\.[-\w]+){0,2}", re.ASCII)


class DraftTooLarge(Exception):
    """The draft as a whole is above ``MOST_BYTES``; the message is a sentence for the user."""


@dataclass(frozen=True)
class BothTexts:
    """What two people wrote into one field."""

    theirs: str
    mine: str


class DraftClash(Exception):
    """Fields that somebody else changed meanwhile in another way; nothing was saved.

    ``report`` is the row as it stands now, ``merged`` what its draft would be with the other changes taken.
    """

    def __init__(self, report: Report, clashes: dict[str, BothTexts], merged: dict[str, str]) -> None:
        super().__init__(f"{len(clashes)} fields")
        self.report = report
        self.clashes = clashes
        self.merged = merged


@dataclass(frozen=True)
class Saved:
    """The draft after a save."""

    version: int
    saved_at: datetime.datetime | None
    draft: dict[str, str]


@dataclass(frozen=True)
class PreviousFiling:
    """The approved content of the same unit for the latest earlier period of the same duty and kind."""

    period: Period
    content: dict[str, Any]


def save(report: Report, mine: Mapping[str, str], *, base: Mapping[str, str], version: int, by: User) -> Saved:
    """Save some fields of the draft.

    ``mine`` holds the fields as they are now on the page, ``base`` as they were when the page was at ``version``.
    Raises DraftClash, DraftTooLarge, and Conflict when the report is filed.
    """
    for _ in range(TRIES):
        current = Report.objects.select_related("draft_saved_by").get(pk=report.pk)
        if current.status not in EDITABLE:
            raise Conflict(workflow.conflict_sentence(current, ReviewEvent.Action.SUBMIT))
        mine, base = cleaned(current, mine), cleaned(current, base)
        stored = typed(current)
        merged, clashes = merge(stored, stored if current.draft_version == version else base, mine)
        if clashes:
            raise DraftClash(current, clashes, merged)
        if merged == current.draft:
            return Saved(current.draft_version, current.draft_saved_at, merged)
        _refuse_too_large(merged)
        now = timezone.now()
        won = Report.objects.filter(pk=report.pk, draft_version=current.draft_version, status__in=EDITABLE).update(
            draft=merged, draft_version=current.draft_version + 1, draft_saved_at=now, draft_saved_by=by
        )
        if won:
            return Saved(current.draft_version + 1, now, merged)
    raise Conflict("Nhiều người đang lưu báo cáo này cùng một lúc. Hãy bấm lưu lại.")


@dataclass(frozen=True)
class Entry:
    """What to write into one of many drafts: texts by field name, and those from which they started.

    ``report`` is the row as it was read; the names are of open items of its form.
    """

    report: Report
    base: Mapping[str, str]
    mine: Mapping[str, str]


@transaction.atomic
def save_many(entries: Iterable[Entry], *, by: User) -> None:
    """``save`` for many reports, all or none.

    Raises DraftClash and DraftTooLarge, and Conflict where a report was filed or saved since it was read.
    """
    now = timezone.now()
    for entry in entries:
        report, mine = entry.report, {name: storable(text) for name, text in entry.mine.items()}
        merged, clashes = merge(typed(report), entry.base, mine)
        if clashes:
            raise DraftClash(report, clashes, merged)
        _refuse_too_large(merged)
        won = Report.objects.filter(pk=report.pk, draft_version=report.draft_version, status__in=EDITABLE).update(
            draft=merged, draft_version=report.draft_version + 1, draft_saved_at=now, draft_saved_by=by
        )
        if not won:
            raise Conflict(f"Bản nháp của {report.obligation.org_unit} vừa được người khác sửa hoặc nộp.")


def merge(
    stored: Mapping[str, str], base: Mapping[str, str], mine: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, BothTexts]]:
    """The stored fields with mine put in, and the fields that both sides changed from ``base`` in different ways."""
    merged, clashes = dict(stored), {}
    for name, now in mine.items():
        was, theirs = base.get(name, ""), stored.get(name, "")
        if now in (was, theirs):
            continue
        if theirs == was:
            merged[name] = now
        else:
            clashes[name] = BothTexts(theirs, now)
    return {name: text for name, text in merged.items() if text}, clashes


def cleaned(report: Report, raw: Mapping[str, str]) -> dict[str, str]:
    """The fields of the report's form, in one normal form.

    What names no item of the form is dropped, and so is what names an item that is closed for correction. Items of
    the form's other versions count: a window may have been open while its report was moved to another version.
    """
    of_form = FormItem.objects.filter(version__form__versions=report.form_version_id)
    codes = set(of_form.order_by().values_list("code", flat=True).distinct())
    if form_fields.is_restricted(report):
        codes &= set(report.open_items)
    found = {}
    for name, text in raw.items():
        match = _NAME.fullmatch(name)
        if match and match[1] in codes:
            found[name] = storable(text)
    return found


def storable(text: str) -> str:
    """The text as typed, in NFC with one kind of line end, without what PostgreSQL cannot store."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    return nfc(text.encode("utf-8", "ignore").decode())


def typed(report: Report) -> dict[str, str]:
    """The draft's text by field name; of a returned report that was never typed here, the text of its last filing."""
    if report.draft or report.draft_version or report.status != Report.Status.RETURNED:
        return report.draft
    last = report.latest_revision
    return from_content(last.content, tasks_code=_tasks_code(report)) if last else {}


def from_content(content: dict[str, Any], *, tasks_code: str) -> dict[str, str]:
    """Frozen content back as typed text."""
    raw: dict[str, str] = {}
    for code, figures in content.get("figures", {}).items():
        has_parts = any(cell.endswith(f".{SUM}") for cell in figures)
        for cell, value in figures.items():
            if not (has_parts and cell == SUM):  # the sum of the groups is computed, not typed
                raw[f"{code}.{cell}"] = "on" if cell == "nil" else number_format(value)
    raw |= content.get("texts", {}) | content.get("choices", {})
    raw |= {f"{code}.explanation": text for code, text in content.get("explanations", {}).items()}
    for pk, task in content.get("tasks", {}).items():
        raw[f"{tasks_code}.task{pk}.status"] = task.get("status", "")
        raw[f"{tasks_code}.task{pk}.note"] = task.get("note", "")
    return {name: text for name, text in raw.items() if text}


def previous_filing(report: Report) -> PreviousFiling | None:
    """What the unit last filed and had approved for an earlier period, to compare with."""
    obligation = report.obligation
    last = (
        Revision.objects.filter(
            report__status=Report.Status.APPROVED,
            report__obligation__org_unit=obligation.org_unit_id,
            report__obligation__duty=obligation.duty_id,
            report__obligation__period__kind=obligation.period.kind,
            report__obligation__period__year__lt=obligation.period.year,
        )
        .select_related("report__obligation__period")
        .order_by("-report__obligation__period__year", "-number")
        .first()
    )
    return PreviousFiling(last.report.obligation.period, last.content) if last else None


def last_return(report: Report) -> ReviewEvent | None:
    """Why the report came back, while it is back."""
    if report.status != Report.Status.RETURNED:
        return None
    wanted = [ReviewEvent.Action.RETURN, ReviewEvent.Action.REOPEN]
    return report.events.filter(action__in=wanted).select_related("by").order_by("-pk").first()


def _refuse_too_large(draft: Mapping[str, str]) -> None:
    if len(json.dumps(draft, ensure_ascii=False).encode()) > MOST_BYTES:
        raise DraftTooLarge("Bản nháp dài quá 200 kB nên chưa lưu được. Hãy rút gọn các phần nội dung.")


def _tasks_code(report: Report) -> str:
    found = FormItem.objects.filter(version=report.form_version_id, kind=ItemKind.TASKS)
    return found.values_list("code", flat=True).order_by("pk").first() or "nhiem-vu"
