"""What has changed below since a report upward was sent: which reports, and by how much each sum differs."""

import datetime
from dataclasses import dataclass, field

from django.db.models import Max

from reports import absent, below, due_dates
from reports.asked_items import REGISTERS, AskedItem
from reports.below import WAIVED, Child, Part, Picture
from reports.dashboard_figures import whole
from reports.models import ItemKind, Obligation, Report, ReviewEvent, Revision, Snapshot
from reports.own_sums import Cells, batches

COUNT_WORDS = {
    "expected": "Số báo cáo phải nộp",
    "filed": "Số báo cáo đã nộp",
    "on_time": "Số báo cáo nộp đúng hạn",
    "submitted": "Số báo cáo chờ duyệt",
    "returned": "Số báo cáo bị trả lại, đang sửa",
    "approved": "Số báo cáo đã duyệt",
    "waived": "Số báo cáo được miễn",
}
PART_WORDS = {"n": "tử số", "d": "mẫu số", "v": "", "c": ""}
OF_SNAPSHOT = ("revision__report__obligation__duty", "revision__report__obligation__period")
NOT_REPORTED = "chưa có số liệu"


@dataclass(frozen=True)
class SumChange:
    """One whole number of the sums; None where no report that counts answered."""

    label: str
    unit: str
    before: int | None
    after: int | None

    @property
    def texts(self) -> tuple[str, str, str]:
        """Before, after, and the difference with its sign."""
        difference = (self.after or 0) - (self.before or 0)
        sign = "+" if difference > 0 else "−" if difference < 0 else ""
        return _text(self.before), _text(self.after), f"{sign}{whole(abs(difference))}"


@dataclass(frozen=True)
class PartChanges:
    """The sums of one duty below that differ."""

    name: str
    sums: list[SumChange]


@dataclass(frozen=True)
class Changes:
    """From one picture to another; children by the number of the obligation, None where it was not expected."""

    parts: list[PartChanges] = field(default_factory=list)
    children: dict[int, tuple[Child | None, Child | None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.parts or self.children)


@dataclass(frozen=True)
class ChildLine:
    """One report below that changed, in words, with the last step taken on it."""

    obligation: Obligation
    name: str
    before: str
    after: str
    event: ReviewEvent | None
    note: str


def since_filed(revision: Revision) -> Changes:
    """As ``since_sent``; nothing for a revision with which no snapshot was taken."""
    snapshot = Snapshot.objects.filter(revision=revision).select_related(*OF_SNAPSHOT).first()
    return since_sent(snapshot) if snapshot else Changes()


def since_sent(snapshot: Snapshot) -> Changes:
    """What is different today from what was sent."""
    return compare(below.as_sent(snapshot), below.today(below.rows_below(snapshot.revision.report.obligation)))


def between(older: Snapshot, newer: Snapshot) -> Changes:
    """What differs between two filings."""
    return compare(below.as_sent(older), below.as_sent(newer))


def compare(before: Picture, after: Picture) -> Changes:
    """The sums and the reports that differ."""
    was, now = {part.duty: part for part in before.parts}, {part.duty: part for part in after.parts}
    parts = [_part_changes(was.get(duty), now.get(duty)) for duty in dict.fromkeys([*was, *now])]
    pks = sorted(before.children.keys() | after.children.keys())
    pairs = {pk: (before.children.get(pk), after.children.get(pk)) for pk in pks}
    return Changes(
        [part for part in parts if part.sums], {pk: pair for pk, pair in pairs.items() if pair[0] != pair[1]}
    )


def _part_changes(before: Part | None, after: Part | None) -> PartChanges:
    counts = (before.counts if before else {}, after.counts if after else {})
    sums = [SumChange(label, "", counts[0].get(key), counts[1].get(key)) for key, label in COUNT_WORDS.items()]
    figures = (before.figures if before else {}, after.figures if after else {})
    items = {item.code: item for part in (before, after) if part for item in part.items}
    for item in items.values():
        sums += _item_changes(item, figures[0].get(item.code) or {}, figures[1].get(item.code) or {})
    for key, cell, label, unit in REGISTERS:
        pair = [(found.get(key) or {}).get(cell) for found in figures]
        sums.append(SumChange(label, unit, pair[0], pair[1]))
    name = (after or before or Part(0, "", {}, {}, [])).name
    return PartChanges(name, [change for change in sums if change.before != change.after])


def _item_changes(item: AskedItem, before: Cells, after: Cells) -> list[SumChange]:
    cells = [cell for cell in dict.fromkeys([*before, *after]) if cell.rpartition(".")[2] in PART_WORDS]
    unit = "đồng" if item.kind == ItemKind.MONEY else item.unit_of_count
    names = dict(item.groups)
    changes = []
    for cell in cells:
        group, _, part = cell.rpartition(".")
        title = names.get(group, "" if group in ("", "all") else group)
        words = ", ".join(filter(None, [title, PART_WORDS[part]]))
        label = f"{item.label}: {words}" if words else item.label
        changes.append(SumChange(label, unit, before.get(cell), after.get(cell)))
    return changes


def _text(value: int | None) -> str:
    return NOT_REPORTED if value is None else whole(value)


# --- the reports, in words ------------------------------------------------------------------------------------------


def child_lines(changed: dict[int, tuple[Child | None, Child | None]], *, on: datetime.date) -> list[ChildLine]:
    """The changed reports by name, each with who last decided what about it and when."""
    names = absent.names_of(changed, on=on)
    numbers = _revision_numbers(changed)
    events, obligations = _last_events(changed), _obligations(changed)
    lines = [
        ChildLine(
            obligation=obligations[pk],
            name=names[pk][1],
            before=_words(before, numbers),
            after=_words(after, numbers),
            event=events.get(pk),
            note=_note(obligations[pk], before, after),
        )
        for pk, (before, after) in changed.items()
    ]
    return sorted(lines, key=lambda line: names[line.obligation.pk])


def _words(child: Child | None, numbers: dict[int, int]) -> str:
    if child is None:
        return "chưa phải nộp"
    if child.revision is not None:
        return f"đã duyệt, bản nộp lần {numbers.get(child.revision, '?')}"
    return absent.STATES.get(child.state, child.state)


def _note(obligation: Obligation, before: Child | None, after: Child | None) -> str:
    """The reason of what no review event tells: freed from the report, or given more time."""
    if after and after.state == WAIVED and (before is None or before.state != WAIVED):
        return f"Được miễn nộp: {obligation.waive_reason}"
    if after and after.extended and (before is None or before.extended != after.extended):
        until = due_dates.last_moment(datetime.date.fromisoformat(after.extended))
        return f"Gia hạn đến {until}: {obligation.extension_reason}"
    return ""


def _revision_numbers(changed: dict[int, tuple[Child | None, Child | None]]) -> dict[int, int]:
    wanted = {child.revision for pair in changed.values() for child in pair if child and child.revision}
    numbers: dict[int, int] = {}
    for batch in batches(sorted(wanted)):
        numbers |= dict(Revision.objects.filter(pk__in=batch).order_by().values_list("pk", "number"))
    return numbers


def _last_events(changed: dict[int, tuple[Child | None, Child | None]]) -> dict[int, ReviewEvent]:
    found: dict[int, ReviewEvent] = {}
    for batch in batches(sorted(changed)):
        reports = Report.objects.filter(obligation__in=batch).order_by()
        last = reports.annotate(last=Max("events")).values_list("last", flat=True)
        events = ReviewEvent.objects.filter(pk__in=list(last)).select_related("by", "report", "revision")
        found |= {event.report.obligation_id: event for event in events}
    return found


def _obligations(changed: dict[int, tuple[Child | None, Child | None]]) -> dict[int, Obligation]:
    found: dict[int, Obligation] = {}
    for batch in batches(sorted(changed)):
        rows = Obligation.objects.filter(pk__in=batch).select_related("report").defer("report__draft")
        found |= {row.pk: row for row in rows}
    return found
