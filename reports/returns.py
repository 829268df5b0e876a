"""What a unit is asked to do with a report that came back: which items, why, and by when."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from reports import due_dates
from reports.models import FormItem, ReviewEvent

Action = ReviewEvent.Action
GONE = "Mục không còn trong biểu mẫu"


@dataclass(frozen=True)
class ReturnedItem:
    """One item to correct; ``due_on`` only where it has a day of its own."""

    code: str
    label: str
    reason: str
    due_on: datetime.date | None


@dataclass
class Returned:
    """A return or a reopening in words. With ``only_items`` nothing but those items is open."""

    event: ReviewEvent
    items: list[ReturnedItem] = field(default_factory=list)

    @property
    def only_items(self) -> bool:
        return bool(self.items) and not self.event.reason

    @property
    def what(self) -> str:
        """What is to be done, as one sentence."""
        if self.event.action == Action.REOPEN:
            return "Báo cáo đã duyệt được mở lại. Hãy sửa theo lý do dưới đây rồi nộp lại."
        if self.only_items:
            return f"Chỉ cần sửa {len(self.items)} mục dưới đây; các mục khác giữ nguyên như bản đã nộp."
        return "Cả báo cáo mở ra để sửa. Hãy sửa theo lý do dưới đây rồi nộp lại."

    @property
    def until(self) -> str:
        """By when: "chậm nhất 23:59 ngày 30/11/2026 (thứ Hai)"; empty where no day was set."""
        return f"chậm nhất {due_dates.last_moment(self.event.due_on)}" if self.event.due_on else ""


def described(events: Iterable[ReviewEvent]) -> dict[int, Returned]:
    """The events by pk with their items in the order of the form; one query for any number of events."""
    found = {event.pk: Returned(event) for event in events}
    asked = {row.event.report_id for row in found.values() if row.event.item_reasons}
    labels = _labels(asked)
    for row in found.values():
        known = labels[row.event.report_id]
        reasons: dict[str, str] = row.event.item_reasons
        in_order = [code for code in known if code in reasons] + [code for code in reasons if code not in known]
        row.items = [_item(row.event, code, known.get(code, GONE)) for code in in_order]
    return found


def describe(event: ReviewEvent) -> Returned:
    return described([event])[event.pk]


def _item(event: ReviewEvent, code: str, label: str) -> ReturnedItem:
    day = event.item_due.get(code)
    return ReturnedItem(code, label, event.item_reasons[code], datetime.date.fromisoformat(day) if day else None)


def _labels(reports: set[int]) -> dict[int, dict[str, str]]:
    """The labels of the items by code, in the order of each report's form."""
    labels: dict[int, dict[str, str]] = defaultdict(dict)
    if reports:
        items = FormItem.objects.filter(version__reports__in=reports).order_by("order", "pk")
        for report, code, label in items.values_list("version__reports", "code", "label"):
            labels[report][code] = label
    return labels
