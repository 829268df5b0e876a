"""Changes of the passages picked into a report upward. Nobody's words are overwritten without being seen.

Every change first raises the report's ``draft_version`` by a conditional UPDATE: it holds the report's row, so nothing
is changed in what is being filed, and whoever was about to confirm a filing sees that the draft is another now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from orgunits import audit
from orgunits.models import User
from orgunits.transitions import Conflict
from reports import below, collected_texts, drafts, workflow
from reports.dashboard_figures import Counting
from reports.drafts import EDITABLE, BothTexts
from reports.models import Report, ReviewEvent, TextPick

MOST = 10_000  # characters of one passage
MOST_PICKS = 200  # passages of one item
GONE = "Đoạn này đã được bỏ khỏi báo cáo."


@dataclass(frozen=True)
class Edit:
    """One passage as it is on the page, and the text from which the page started."""

    base: str
    text: str


@dataclass
class Saved:
    """How many passages were saved, and those that somebody else changed meanwhile; ``gone`` were removed."""

    count: int = 0
    clashes: dict[int, BothTexts] = field(default_factory=dict)
    gone: dict[int, str] = field(default_factory=dict)


def is_closed(report: Report, code: str) -> bool:
    """Whether the item stays as it was filed: the report is open in other items only."""
    return report.status == Report.Status.RETURNED and bool(report.open_items) and code not in report.open_items


@transaction.atomic
def save(report: Report, code: str, edits: Mapping[int, Edit], *, by: User) -> Saved:
    """Save the passages whose text differs from where the page started, one by one.

    Raises Conflict when the report is filed or the item is not open.
    """
    saved = Saved()
    changed = {pk: edit for pk, edit in edits.items() if edit.text != edit.base}
    if not changed:
        return saved
    _hold(report, code, by=by)
    picks = TextPick.objects.filter(report=report, item_code=code)
    stored = dict(picks.filter(pk__in=changed).values_list("pk", "text"))
    for pk, edit in changed.items():
        if pk not in stored:
            saved.gone[pk] = edit.text
        elif stored[pk] == edit.text:
            continue
        elif picks.filter(pk=pk, text=edit.base).update(text=edit.text):
            saved.count += 1
        else:
            saved.clashes[pk] = BothTexts(stored[pk], edit.text)
    return saved


@transaction.atomic
def pick(report: Report, code: str, sources: Iterable[tuple[int, str]], *, by: User) -> int:
    """Take texts of filings below into the item, after those that are there; how many were new.

    A source is the number of a revision and the code of its text. Raises Conflict as ``save``, and where a filing is
    no longer the latest one of its report.
    """
    wanted = list(dict.fromkeys(sources))
    if not wanted:
        return 0
    _hold(report, code, by=by)
    picks = TextPick.objects.filter(report=report, item_code=code)
    there = set(picks.values_list("source_id", "source_code"))
    new = [source for source in wanted if source not in there]
    if len(there) + len(new) > MOST_PICKS:
        raise Conflict(f"Một mục nhận nhiều nhất {MOST_PICKS} đoạn. Hãy bỏ bớt các đoạn đã chọn.")
    rows = below.rows_below(report.obligation)
    known = {item.code for item in collected_texts.source_items(rows)}
    found = collected_texts.countable(rows, Counting.SUBMITTED).in_bulk([revision for revision, _ in new])
    texts = {
        (revision, source_code): (found[revision].content.get("texts") or {}).get(source_code, "")
        for revision, source_code in new
        if revision in found and source_code in known
    }
    if len(texts) < len(new):
        raise Conflict(
            "Một báo cáo vừa được nộp lại hoặc bị trả lại. Hãy tải lại trang rồi chọn lại đoạn của đơn vị đó."
        )
    last = picks.aggregate(last=Max("order"))["last"] or 0
    TextPick.objects.bulk_create(
        TextPick(
            report=report,
            item_code=code,
            source_id=source[0],
            source_code=source[1],
            text=drafts.storable(texts[source])[:MOST],
            order=last + place,
            picked_by=by,
        )
        for place, source in enumerate(new, start=1)
    )
    _record("report.collect", report, code, by=by, revisions=[source[0] for source in new])
    return len(new)


@transaction.atomic
def move(report: Report, code: str, pk: int, *, up: bool, by: User) -> None:
    """Put a passage before or after its neighbour; nothing happens at either end."""
    _hold(report, code, by=by)
    order = list(TextPick.objects.filter(report=report, item_code=code).order_by("order", "pk"))
    place = next((place for place, each in enumerate(order) if each.pk == pk), None)
    if place is None:
        raise Conflict(GONE)
    other = place - 1 if up else place + 1
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    for number, each in enumerate(order, start=1):
        if each.order != number:
            TextPick.objects.filter(pk=each.pk).update(order=number)


@transaction.atomic
def remove(report: Report, code: str, pk: int, *, base: str, by: User) -> None:
    """Take a passage out, as it was on the page. Raises Conflict where somebody has written in it since."""
    _hold(report, code, by=by)
    gone = TextPick.objects.filter(report=report, item_code=code, pk=pk)
    source = gone.values_list("source_id", flat=True).first()
    if source is None:
        return
    if not gone.filter(text=base).delete()[0]:
        raise Conflict("Đồng nghiệp vừa sửa đoạn này nên chưa bỏ. Hãy đọc nội dung mới rồi quyết định.")
    _record("report.collect_remove", report, code, by=by, revisions=[source])


@transaction.atomic
def renew(report: Report, code: str, pk: int, *, base: str, by: User) -> None:
    """Put the text of the source's latest filing in the place of the passage, as it was on the page."""
    _hold(report, code, by=by)
    passages = collected_texts.passages(report).get(code, [])
    passage = next((each for each in passages if each.pick.pk == pk), None)
    if passage is None:
        raise Conflict(GONE)
    if passage.newer is None or not passage.newer_text:
        raise Conflict("Báo cáo nguồn không có nội dung mới hơn cho đoạn này.")
    same = TextPick.objects.filter(
        report=report, item_code=code, source=passage.newer, source_code=passage.pick.source_code
    )
    if same.exists():
        raise Conflict("Nội dung mới của đơn vị này đã được chọn ở một đoạn khác.")
    renewed = TextPick.objects.filter(pk=pk, text=base).update(
        source=passage.newer, text=drafts.storable(passage.newer_text)[:MOST], picked_by=by, picked_at=timezone.now()
    )
    if not renewed:
        raise Conflict("Đồng nghiệp vừa sửa đoạn này nên chưa thay. Hãy đọc nội dung mới rồi quyết định.")
    _record("report.collect", report, code, by=by, revisions=[passage.newer.pk])


def _hold(report: Report, code: str, *, by: User) -> None:
    """Take the report's row, if its item can still be edited; see the head of this file."""
    current = Report.objects.get(pk=report.pk)
    if is_closed(current, code):
        raise Conflict("Mục này không bị trả lại nên giữ nguyên như bản đã nộp.")
    now = timezone.now()
    if not current.draft_version and (typed := drafts.typed(current)):
        # Of a returned report that was never typed here the draft is its last filing; that is kept with the new number.
        Report.objects.filter(pk=report.pk, draft_version=0, status__in=EDITABLE).update(draft=typed)
    held = Report.objects.filter(pk=report.pk, status__in=EDITABLE).update(
        draft_version=F("draft_version") + 1, draft_saved_at=now, draft_saved_by=by
    )
    if not held:
        raise Conflict(workflow.conflict_sentence(current, ReviewEvent.Action.SUBMIT))


def _record(action: str, report: Report, code: str, *, by: User, revisions: list[int]) -> None:
    audit.record(action, report, by=by, org_unit=report.obligation.org_unit, item=code, passages=revisions)
